"""How far a guide is from the posterior, by the tail of the importance ratios of its draws.

The fit is that of Zhang and Stephens (2009), Technometrics 51, with the prior of Vehtari, Simpson, Gelman, Yao and
Gabry (2024), Journal of Machine Learning Research 25. arviz-stats has it as well, and takes a second to import; the
tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

# Importance ratios whose logarithms differ by less than this are equal.
_EQUAL = 1e-8

# Ratios of numbers whose logarithms differ by more than this are none that a computer has.
_OUT_OF_RANGE = 600.0

# The fewest draws of a guide that say something about the tail of its importance ratios.
FEWEST = 100


def khat(log_ratios: Sequence[float], unweighed: str, point: bool) -> dict[str, Any]:
    """The facts: Pareto's k-hat, or `khat_note` that says why there is none. `unweighed` says why there are few
    ratios, `point` that the guide has a single value for some latent."""
    if point:
        return {"khat_note": "the guide is a point: it has no density to compare"}
    ratios = np.array(log_ratios)
    if len(ratios) < FEWEST:
        return {"khat_note": unweighed}
    if not np.isfinite(ratios).all():
        return {"khat_note": "the guide draws values that the model rules out"}
    if ratios.std() < _EQUAL:
        return {"khat": 0.0, "khat_note": "the guide is the posterior, up to rounding"}
    found = _shape(ratios)
    return {"khat": found} if np.isfinite(found) else {"khat_note": "its tail has no shape"}


def _shape(log_ratios: np.ndarray) -> float:
    """The shape of the tail of the ratios: the higher, the heavier. Not finite where they have none, as where they are
    all alike."""
    count = len(log_ratios)
    size = int(3 * count**0.5) if count > 225 else count // 5
    cutoff, *tail = np.sort(log_ratios)[-size - 1 :]
    above = np.array(tail) - cutoff
    if above[-1] > _OUT_OF_RANGE:
        # So heavy a tail is Pareto's own, whose shape is the mean of the logarithms.
        return float(above.mean())
    # In units of the largest, so that none is too large a number.
    return _pareto(np.exp(above - above[-1]) - np.exp(-above[-1]))


def _pareto(tail: np.ndarray) -> float:
    """The shape k of the generalised Pareto distribution that excesses, in ascending order, are from."""
    count = len(tail)
    with np.errstate(all="ignore"):
        # The likelihood has a maximum in k for every theta = -k / scale: those are weighed over a grid.
        grid = 30 + int(count**0.5)
        quartile = tail[int(count / 4 + 0.5) - 1]
        thetas = 1 / tail[-1] + (1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3 * quartile)
        shapes = np.log1p(-np.outer(thetas, tail)).mean(axis=1)
        likelihoods = count * (np.log(-thetas / shapes) - shapes - 1)
        weights = np.exp(likelihoods - likelihoods.max())
        theta = (thetas * weights).sum() / weights.sum()
        shape = np.log1p(-theta * tail).mean()
    # A prior worth ten excesses at a half, without which few of them say little.
    return float((count * shape + 10 * 0.5) / (count + 10))
