"""Densities of the posterior: what is derived first, quantities that compare in one drawing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from bayesdsl.results.report import curves
from bayesdsl.results.report.drawing import BESIDE, at_zero, bare, calm, drawn, short
from bayesdsl.results.report.material import Material, Quantity
from bayesdsl.results.report.nodes import Element, h
from bayesdsl.results.report.style import SERIES, colour, series
from bayesdsl.results.summary import Row
from bayesdsl.types.supports import Support

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Curves in one drawing; a quantity over more members than this has a forest instead.
TOGETHER = 6
# Drawings of a single quantity, and how many stand side by side.
MOST_SINGLE = 24
ABREAST = 3


@dataclass(frozen=True, eq=False)
class Curve:
    """A scalar: its row in the summary and its draws."""

    row: Row
    draws: np.ndarray
    support: Support | None
    signed: bool

    @property
    def name(self) -> str:
        return self.row.name

    def share(self) -> str | None:
        return curves.positive_share(self.draws) if self.signed else None


def densities(material: Material) -> list[Element] | None:
    """Curves of what is derived and of quantities over a few members, each with its key; then one of each scalar."""
    if material.posterior.kind == "point" or material.posterior.draws_per_chain < 2:
        return None
    together, single = [], []
    for group in _groups(material.quantities):
        (together if len(group) > 1 else single).append(group)
    parts = [_beside(material, group) for group in together]
    curves_left = [group[0] for group in single]
    if curves_left:
        parts.append(_singles(material, curves_left[:MOST_SINGLE]))
    if rest := curves_left[MOST_SINGLE:]:
        parts.append(h("p", f"{len(rest)} more quantities are in the table alone.", class_="note"))
    return parts or None


def _groups(quantities: Iterable[Quantity]) -> list[list[Curve]]:
    """Curves that stand together: derived scalars that compare, the members of a small plate."""
    groups: list[list[Curve]] = []
    derived: list[list[Curve]] = []
    for quantity in quantities:
        if not 1 <= len(quantity) <= TOGETHER or quantity.layer is not None:
            continue
        found = [_curve(quantity, element) for element in range(len(quantity))]
        found = [curve for curve in found if len(curves.finite(curve.draws)) > 1]
        if quantity.role == "derived" and len(found) == 1:
            home = next((g for g in derived if _joins(found[0], g)), None)
            if home is not None:
                home.extend(found)
                continue
            derived.append(found)
            groups.append(found)
        elif found and all(curves.comparable(found[0].draws, other.draws) for other in found[1:]):
            groups.append(found)
        else:
            groups.extend([curve] for curve in found)
    return groups


def _curve(quantity: Quantity, element: int) -> Curve:
    draws = quantity.draws(element).ravel()
    return Curve(quantity.rows[element], draws, quantity.support, quantity.signed)


def _joins(curve: Curve, group: list[Curve]) -> bool:
    alike = all(_name(other.support) == _name(curve.support) for other in group)
    return len(group) < TOGETHER and alike and all(curves.comparable(curve.draws, other.draws) for other in group)


def _name(support: Support | None) -> str:
    return "" if support is None else support.name


# Several curves, with a key


def _beside(material: Material, group: list[Curve]) -> Element:
    names = curves.listed([curve.name for curve in group])

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for number, curve in enumerate(group):
            _draw(axes, curve, series(number), alpha=0.13)
        _finish(axes)

    picture = drawn(paint, width=BESIDE, height=2.35, alt=f"Posterior densities of {names}.")
    return h("div", picture, _key(material, group), class_="beside")


def _key(material: Material, group: list[Curve]) -> Element:
    """What the colours stand for, with mean, interval and the probability of being positive."""
    signed = any(curve.signed and _near_zero(curve) for curve in group)
    interval = f"{100 * material.summary.interval:.4g} % interval"
    columns = ["mean", interval, *(["P(> 0)"] if signed else [])]
    head = h("thead", h("tr", h("th"), [h("th", column, scope="col") for column in columns]))
    spread = min(curve.row.sd or 0 for curve in group)
    rows = [_key_row(curve, number, spread, signed) for number, curve in enumerate(group)]
    return h("table", head, h("tbody", rows), class_="key")


def _key_row(curve: Curve, number: int, spread: float, signed: bool) -> Element:
    row = curve.row
    low, high, mean = (curves.figures(value, spread) for value in (row.lower, row.upper, row.mean))
    swatch = h("span", class_="swatch", style=f"background:var(--{SERIES[number % len(SERIES)]})")
    cells = [h("td", mean), h("td", f"{low} to {high}")]
    if signed:
        cells.append(h("td", curve.share() or ""))
    return h("tr", h("th", swatch, curve.name, scope="row"), cells)


def _near_zero(curve: Curve) -> bool:
    """Whether its sign is a question: zero is no further off than the draws reach from side to side."""
    low, high = np.quantile(curve.draws, [0.005, 0.995])
    return low - (high - low) < 0 < high + (high - low)


# One curve a drawing


def _singles(material: Material, group: list[Curve]) -> Element:
    down = ceil(len(group) / ABREAST)

    def paint(figure: Figure) -> None:
        figure.get_layout_engine().set(wspace=0.07)
        grid = figure.subplots(down, ABREAST, squeeze=False)
        for axes in grid.flat[len(group) :]:
            axes.set_axis_off()
        for axes, curve in zip(grid.flat, group, strict=False):
            _draw(axes, curve, colour("c1"), alpha=0.16)
            _finish(axes)
            _interval_below(axes, curve)
            axes.set_title(short(curve.name))
            if curve.signed and axes.get_xlim()[0] < 0 < axes.get_xlim()[1]:
                axes.set_title(
                    f"P(> 0) = {curve.share()}".replace("= >", ">").replace("= <", "<"),
                    loc="right",
                    color=colour("muted"),
                    fontsize=7,
                )

    percent = f"{100 * material.summary.interval:.4g} %"
    return drawn(
        paint,
        height=1.42 * down + 0.1,
        alt=f"Posterior densities of {curves.listed([curve.name for curve in group])}, one a panel.",
        caption=f"Below each density its median and its {percent} interval.",
    )


def _draw(axes: Axes, curve: Curve, shade: str, alpha: float) -> None:
    if curves.discrete(curve.draws, curve.support):
        values, shares = curves.shares(curve.draws)
        axes.bar(values, shares, width=0.8, color=shade, alpha=0.55)
        return
    grid, heights = curves.density(curve.draws, curve.support)
    axes.fill_between(grid, heights, color=shade, alpha=alpha, linewidth=0)
    axes.plot(grid, heights, color=shade)


def _finish(axes: Axes) -> None:
    bare(axes)
    calm(axes)
    axes.set_ylim(bottom=0)
    axes.margins(x=0.02)
    at_zero(axes)


def _interval_below(axes: Axes, curve: Curve) -> None:
    """The interval as a bar under the density, with room made for it."""
    row = curve.row
    top = axes.get_ylim()[1]
    axes.set_ylim(-0.13 * top, top)
    axes.plot([row.lower, row.upper], [-0.065 * top] * 2, color=colour("ink"), linewidth=1.4)
    axes.plot([row.median], [-0.065 * top], "o", markersize=3.4, color=colour("ink"))
