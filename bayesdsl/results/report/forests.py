"""Quantities over a plate: an interval for each member, by name."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from bayesdsl.results.report.densities import TOGETHER
from bayesdsl.results.report.drawing import at_zero, calm, drawn, short
from bayesdsl.results.report.material import Material, Quantity
from bayesdsl.results.report.nodes import Element, h
from bayesdsl.results.report.style import colour
from bayesdsl.results.summary import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Members with a line of their own in the order of the plate; up to the second number they are sorted, in columns.
IN_ORDER = 30
NAMED = 150
# From the third on they are a curve of ranks, of which so many points are drawn.
RANKS = 400
PER_COLUMN = 45
MOST_FORESTS = 12
_NORMAL_90 = 1.6449


def forests(material: Material) -> list[Element] | None:
    """A drawing for each quantity with more members than curves could show."""
    if not material.posterior.draws_per_chain:
        return None
    wanted = [quantity for quantity in material.quantities if _wanted(material, quantity)]
    parts = [_forest(material, quantity) for quantity in wanted[:MOST_FORESTS]]
    if rest := wanted[MOST_FORESTS:]:
        names = ", ".join(quantity.name for quantity in rest)
        parts.append(h("p", f"Not drawn, and in the table: {names}.", class_="note"))
    return parts or None


def _wanted(material: Material, quantity: Quantity) -> bool:
    fewest = 3 if material.posterior.kind == "point" else TOGETHER + 1
    return len(quantity) >= (2 if quantity.layer is not None else fewest)


def _forest(material: Material, quantity: Quantity) -> Element:
    bars = [_bar(row) for row in quantity.rows]
    middles = np.array([bar[0] for bar in bars])
    order = np.arange(len(bars)) if len(bars) <= IN_ORDER else np.argsort(-middles, kind="stable")
    over = " and ".join(dict.fromkeys(plate.rstrip("'") for plate in quantity.plates))
    of = f"{quantity.name} over {over}" if quantity.layer is None else f"{quantity.name}, weights of {quantity.layer}"
    # The places of weights say nothing to a reader, beyond how many there are.
    if len(bars) > (NAMED if quantity.layer is None else IN_ORDER):
        picture = _ranked(material, quantity, bars, order[::-1])
    else:
        picture = _named(material, quantity, bars, order)
    return h("div", h("h3", of), picture)


def _bar(row: Row) -> tuple[float, float, float]:
    """Middle and ends of a member's interval; the ends are NaN where nothing is known of them."""
    if row.estimate is not None:
        reach = _NORMAL_90 * row.std_error if row.std_error is not None else np.nan
        return row.estimate, row.estimate - reach, row.estimate + reach
    return row.median, row.lower, row.upper


def _meaning(material: Material) -> str:
    if material.posterior.kind == "point":
        return "Estimates with 90 % intervals from their standard errors"
    return f"Medians with {100 * material.summary.interval:.4g} % intervals (thin) and 50 % intervals (thick)"


def _named(material: Material, quantity: Quantity, bars: list, order: np.ndarray) -> Element:
    columns = ceil(len(order) / PER_COLUMN)
    height = ceil(len(order) / columns)
    labels = quantity.labels
    halves = _halves(material, quantity)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(1, columns, squeeze=False, sharex=True)[0]
        for column, axes in enumerate(grid):
            for place, member in enumerate(order[column * height : (column + 1) * height]):
                middle, low, high = bars[member]
                axes.plot([low, high], [place] * 2, color=colour("c1"), linewidth=1)
                if halves is not None:
                    axes.plot(halves[member], [place] * 2, color=colour("c1"), linewidth=2.6)
                axes.plot([middle], [place], "o", markersize=3.2, color=colour("ink"))
            shown = order[column * height : (column + 1) * height]
            axes.set_yticks(range(len(shown)), [short(labels[member], 30 // columns + 8) for member in shown])
            axes.tick_params(axis="y", length=0, labelcolor=colour("ink"), labelsize=7.5 if height <= 30 else 6.5)
            axes.set_ylim(height - 0.4, -0.6)
            axes.spines["left"].set_visible(False)
            axes.axvline(_centre(bars), color=colour("muted"), linewidth=0.8, linestyle=":", zorder=0)
            calm(axes, across=6 if columns == 1 else 4)
        for axes in grid:
            at_zero(axes)

    sort = "" if len(order) <= IN_ORDER else ", sorted by their medians"
    return drawn(
        paint,
        height=0.5 + (0.19 if height <= 30 else 0.15) * height,
        alt=f"Intervals of {quantity.name} for each of {len(order)} members.",
        caption=f"{_meaning(material)}{sort}. The dotted line is at the median of all.",
    )


def _halves(material: Material, quantity: Quantity) -> np.ndarray | None:
    """The 50 % interval of every member, of shape (member, 2)."""
    if material.posterior.kind == "point":
        return None
    return np.array([np.quantile(quantity.draws(member), [0.25, 0.75]) for member in range(len(quantity))])


def _centre(bars: list) -> float:
    return float(np.median([middle for middle, _, _ in bars]))


def _ranked(material: Material, quantity: Quantity, bars: list, order: np.ndarray) -> Element:
    """Too many to name: intervals by rank, as a band around the curve of the medians."""
    kept = order[np.linspace(0, len(order) - 1, min(len(order), RANKS)).round().astype(int)]
    ranks = np.linspace(1, len(order), len(kept))
    middle, low, high = np.array([bars[member] for member in kept]).T

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.vlines(ranks, low, high, color=colour("c1"), linewidth=0.7, alpha=0.55)
        axes.plot(ranks, middle, color=colour("ink"), linewidth=1.1)
        axes.axhline(0, color=colour("rule"), linewidth=0.8, zorder=0)
        axes.set_xlabel(f"elements of {short(quantity.name)} by their medians")
        axes.margins(x=0.01)
        calm(axes, across=6, up=5)

    lowest, highest = (quantity.rows[order[place]].name for place in (0, -1))
    most = f" ({len(kept)} of them drawn)" if len(kept) < len(order) else ""
    return drawn(
        paint,
        height=2.5,
        alt=f"Intervals of the {len(order)} elements of {quantity.name}, sorted.",
        caption=f"{_meaning(material).split(' and 50')[0].replace(' (thin)', '')} of {len(order):,} elements, sorted"
        f"{most}. Lowest: {lowest}; highest: {highest}.",
    )
