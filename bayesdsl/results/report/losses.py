"""The loss of an optimiser, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesdsl.results.report.curves import thinned
from bayesdsl.results.report.drawing import calm, drawn
from bayesdsl.results.report.material import Material
from bayesdsl.results.report.nodes import Element
from bayesdsl.results.report.style import colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 600
# Steps that the smoothed curve takes together, as a share of all.
_WINDOW = 0.02
# The end of a run is what one wants to see, and at the scale of its beginning it would be a flat line.
_LATER = 0.5
_FOLD = 40
_LATER_FOLD = 8


def losses(material: Material) -> list[Element] | None:
    """The loss of every step and smoothed; None for runs without one."""
    given = material.posterior.losses
    if given is None or len(given) < 2 or not np.isfinite(given).any():
        return None
    values = np.asarray(given, dtype=np.float64)
    steps = np.arange(1, len(values) + 1)
    kept = thinned(len(values), POINTS)
    smoothed = _smoothed(values)
    later = kept[steps[kept] > _LATER * len(values)]
    parts = [kept, later] if _varies(values[later]) else [kept]

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, len(parts), squeeze=False)[0]
        for axes, part, fold in zip(panels, parts, (_FOLD, _LATER_FOLD), strict=False):
            axes.plot(steps[part], values[part], color=colour("c1"), alpha=0.35, linewidth=0.6)
            axes.plot(steps[part], smoothed[part], color=colour("c1"), linewidth=1.3)
            axes.margins(x=0.01)
            axes.set_ylim(*_sight(values[part], fold))
            axes.set_xlabel("step")
            calm(axes, across=5, up=4)
        panels[0].set_ylabel("loss (nats)")
        if len(panels) > 1:
            panels[0].set_title("all steps")
            panels[1].set_title("the second half")

    finite = values[np.isfinite(values)]
    caption = "The loss of single steps (faint) and their running mean."
    if _sight(values[kept], _FOLD)[1] < finite.max():
        caption += f" Single steps reach up to {finite.max():.4g}, out of sight."
    alt = f"The loss over {len(values):,} steps, from {finite[0]:.4g} to {smoothed[-1]:.4g}."
    return [drawn(paint, height=2.25, alt=alt, caption=caption)]


def _varies(values: np.ndarray) -> bool:
    """Whether there is more to see than rounding."""
    finite = values[np.isfinite(values)]
    return len(finite) > 1 and float(np.ptp(finite)) > 1e-6 * max(1.0, float(np.abs(finite).max()))


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Running means over a small share of the steps, fewer at the ends."""
    reach = max(int(_WINDOW * len(values)) // 2, 1)
    filled = np.where(np.isfinite(values), values, np.nanmedian(values[np.isfinite(values)]))
    total = np.concatenate([[0.0], np.cumsum(filled)])
    middle = np.arange(len(values))
    low, high = np.maximum(middle - reach, 0), np.minimum(middle + reach + 1, len(values))
    return (total[high] - total[low]) / (high - low)


def _sight(values: np.ndarray, fold: float) -> tuple[float, float]:
    """Bounds for the whole curve: all of it, unless its beginning dwarfs the rest."""
    finite = values[np.isfinite(values)]
    low, middle, high = finite.min(), float(np.median(finite)), finite.max()
    spread = float(np.subtract(*np.quantile(finite, [0.9, 0.1]))) or high - low or 1.0
    top = min(high, middle + fold * spread)
    return low - 0.04 * (top - low), top + 0.04 * (top - low)
