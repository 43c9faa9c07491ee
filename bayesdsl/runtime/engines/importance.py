"""How far a guide is from the posterior, by the tail of the importance ratios of its draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bayesdsl.runtime.engines.errors import reason

# Importance ratios whose logarithms differ by less than this are equal.
_EQUAL = 1e-8

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
    from arviz_stats.base import array_stats

    try:
        _, found = array_stats.psislw(ratios)
    except ValueError as error:
        return {"khat_note": reason(error)}
    return {"khat": float(found)} if np.isfinite(found) else {"khat_note": "its tail has no shape"}
