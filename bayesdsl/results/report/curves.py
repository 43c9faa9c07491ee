"""Figures behind the drawings: smoothed densities, coverage, bands, which quantities compare."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np

from bayesdsl.types.supports import Support

GRID = 160
# Of a density with heavy tails only the part between these quantiles is drawn.
_SHOWN = (0.002, 0.998)
_MARGIN = 0.12


def finite(draws: np.ndarray) -> np.ndarray:
    """All numbers of an array that are numbers, in one row."""
    flat = np.asarray(draws, dtype=np.float64).ravel()
    return flat[np.isfinite(flat)]


def density(draws: np.ndarray, support: Support | None = None, points: int = GRID) -> tuple[np.ndarray, np.ndarray]:
    """A smoothed density of draws and where it stands. It ends where the support does. Two empty arrays where there
    is nothing to smooth."""
    from arviz_stats.base.array import array_stats

    values = finite(draws)
    if len(values) < 2 or values.min() == values.max():
        return np.empty(0), np.empty(0)
    low, high = np.quantile(values, _SHOWN)
    margin = _MARGIN * (high - low)
    low, high = max(low - margin, values.min() - margin / 2), min(high + margin, values.max() + margin / 2)
    if support is not None and support.known:
        low, high = max(low, support.lo), min(high, support.hi)
    inside = values[(values >= low) & (values <= high)]
    if len(inside) < 2 or inside.min() == inside.max():
        return np.empty(0), np.empty(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        grid, heights, _ = array_stats.kde_linear(inside, custom_lims=(low, high), grid_len=points)
    return grid, heights * len(inside) / len(values)


def discrete(draws: np.ndarray, support: Support | None) -> bool:
    """Whether draws are whole numbers, of which bars are drawn."""
    if support is not None and support.known and support.integer:
        return True
    values = finite(draws)
    return len(values) > 0 and bool((values == np.round(values)).all()) and len(np.unique(values)) <= 60


def shares(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers and how often each comes up."""
    values, counts = np.unique(finite(draws), return_counts=True)
    return values, counts / counts.sum()


def band(draws: np.ndarray, probability: float) -> tuple[np.ndarray, np.ndarray]:
    """The equal-tailed interval of (draw, ..) over the draws."""
    low, high = np.quantile(draws, [(1 - probability) / 2, (1 + probability) / 2], axis=0)
    return low, high


def coverage(observed: np.ndarray, draws: np.ndarray, probability: float) -> float:
    """The share of the observed that lies in its interval of this probability; missing ones do not count."""
    low, high = band(draws, probability)
    there = np.isfinite(observed)
    return float(((observed >= low) & (observed <= high))[there].mean())


def scattered(count: int) -> np.ndarray:
    """Numbers between 0 and 1 that look like chance and are always the same: multiples of the golden ratio."""
    return (np.arange(count) * 0.6180339887498949) % 1


def reach(observed: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """The probability of the smallest central interval that holds each observed number.

    They are uniform where the model is right. Ties, as of counts, are broken evenly.
    """
    below, equal = (draws < observed).mean(axis=0), (draws == observed).mean(axis=0)
    return np.abs(2 * (below + scattered(len(observed)) * equal) - 1)


def comparable(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the densities of two quantities can be read in one drawing: spreads alike, and not far apart."""
    (low, high), (other_low, other_high) = (np.quantile(finite(d), [0.05, 0.95]) for d in (one, other))
    widths = sorted((high - low, other_high - other_low))
    return 0 < widths[1] <= 6 * widths[0] and max(high, other_high) - min(low, other_low) <= 8 * widths[1]


def thinned(count: int, most: int) -> np.ndarray:
    """At most `most` of `count` positions, evenly spread."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).round().astype(int)


def positive_share(draws: np.ndarray) -> str:
    """`0.97`, as far as the draws tell; `> 0.99` where hardly any lies on the other side."""
    share = float((finite(draws) > 0).mean())
    if share >= 0.995 or share <= 0.005:
        fewest = max(1 / max(len(finite(draws)), 1), min(share, 1 - share))
        places = max(2, math.ceil(-math.log10(fewest)))
        if share == 1:
            return f"> {1 - 10.0**-places:.{places}f}"
        if share == 0:
            return f"< {10.0**-places:.{places}f}"
        return f"{share:.{places}f}"
    return f"{share:.2f}"


def figures(value: float, spread: float) -> str:
    """A number with as many decimals as its spread deserves: two digits of it."""
    if not (math.isfinite(value) and math.isfinite(spread)) or spread <= 0:
        return f"{value:.4g}"
    decimals = 1 - math.floor(math.log10(spread))
    if not 0 <= decimals <= 6 or abs(value) >= 1e7:
        return f"{value:.3g}"
    text = f"{value:.{max(decimals, 0)}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "\N{MINUS SIGN}")


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
