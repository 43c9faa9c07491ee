"""Quantities in pairs: those that move together most, and those about which the sampler has trouble."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from bayesdsl.results.report.chains import worst
from bayesdsl.results.report.curves import thinned
from bayesdsl.results.report.drawing import calm, drawn, short
from bayesdsl.results.report.material import Material, Quantity
from bayesdsl.results.report.nodes import Element
from bayesdsl.results.report.style import colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 6
ABREAST = 3
# Elements among which pairs are looked for, and points drawn of a pair.
AMONG = 120
POINTS = 260
DIVERGENT_POINTS = 150
# From this correlation on two quantities are one, as when one is derived from the other.
_SAME = 0.9999
# A positive quantity that spans more than this many times its lower end is seen on a log scale.
_WIDE = 20


@dataclass(frozen=True, eq=False)
class Axis:
    """A scalar in one row of draws, and what stands on its axis."""

    label: str
    name: str
    draws: np.ndarray


def pairs(material: Material) -> list[Element] | None:
    """Scatters of a few pairs, divergent draws marked."""
    posterior = material.posterior
    if posterior.kind == "point" or posterior.draws_per_chain < 20:
        return None
    axes = [_axis(quantity, element) for quantity, element in _candidates(material)]
    axes = [axis for axis in axes if np.isfinite(axis.draws).all()]
    chosen = _chosen(axes, _in_trouble(material))
    if not chosen:
        return None
    diverging = np.asarray(posterior.stats.get("diverging", ()), dtype=bool).ravel()
    return [_scatters(axes, chosen, diverging)]


def _candidates(material: Material) -> list[tuple[Quantity, int]]:
    """Elements of unknowns: those of the chains' worst first, in all no more than can be compared. One weight of a
    network says little beside another."""
    unknown = [quantity for quantity in material.quantities if quantity.role != "derived" and quantity.layer is None]
    every = [(quantity, element) for quantity in unknown for element in range(len(quantity))]
    if len(every) <= AMONG:
        return every
    scalars = [pair for pair in every if len(pair[0]) == 1]
    first = {(q.name, e): (q, e) for q, e in [*scalars, *_worst_unknowns(material), *every]}
    return list(first.values())[:AMONG]


def _worst_unknowns(material: Material) -> list[tuple[Quantity, int]]:
    return [(quantity, element) for quantity, element in worst(material, AMONG) if quantity.role != "derived"]


def _axis(quantity: Quantity, element: int) -> Axis:
    draws, name = quantity.draws(element).ravel(), quantity.rows[element].name
    low, high = np.quantile(draws, [0.01, 0.99])
    if low > 0 and high > _WIDE * low and not quantity.signed:
        return Axis(f"log {short(name, 20)}", name, np.log(draws))
    return Axis(short(name, 24), name, draws)


def _in_trouble(material: Material) -> str | None:
    """The quantity that the verdict names, by divergences or by how it mixes."""
    kinds = ("divergences", "few_divergences", "rhat", "drift", "ess")
    named = {finding.kind: finding.parameter for finding in material.verdict.findings}
    return next((named[kind] for kind in kinds if named.get(kind)), None)


def _chosen(axes: list[Axis], trouble: str | None) -> list[tuple[int, int, float]]:
    """Pairs to show with their correlations of ranks, those with the quantity in trouble first."""
    from scipy.stats import rankdata

    if len(axes) < 2:
        return []
    with np.errstate(all="ignore"):
        correlations = np.corrcoef([rankdata(axis.draws) for axis in axes])
    found = [
        (first, second, float(correlations[first, second]))
        for first, second in combinations(range(len(axes)), 2)
        if abs(correlations[first, second]) < _SAME
    ]
    found.sort(key=lambda pair: -abs(round(pair[2], 3)))
    with_trouble = [pair for pair in found if trouble in (axes[pair[0]].name, axes[pair[1]].name)][: MOST // 2]
    telling = [pair for place, pair in enumerate(found) if place < ABREAST or abs(pair[2]) >= 0.3]
    return list(dict.fromkeys([*with_trouble, *telling]))[:MOST]


def _scatters(axes: list[Axis], chosen: list[tuple[int, int, float]], diverging: np.ndarray) -> Element:
    total = len(axes[0].draws)
    calm_draws = np.flatnonzero(~diverging) if diverging.size == total else np.arange(total)
    kept = calm_draws[thinned(len(calm_draws), POINTS)]
    bad = np.flatnonzero(diverging) if diverging.size == total else np.empty(0, dtype=int)
    bad = bad[thinned(len(bad), DIVERGENT_POINTS)]
    down = ceil(len(chosen) / ABREAST)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(down, ABREAST, squeeze=False)
        for panel in grid.flat[len(chosen) :]:
            panel.set_axis_off()
        for panel, (first, second, correlation) in zip(grid.flat, chosen, strict=False):
            x, y = axes[first], axes[second]
            panel.plot(x.draws[kept], y.draws[kept], ".", color=colour("c1"), markersize=3.2, alpha=0.45, mew=0)
            panel.plot(x.draws[bad], y.draws[bad], "x", color=colour("c2"), markersize=3.6, mew=0.9)
            panel.set_xlabel(x.label)
            panel.set_ylabel(y.label)
            sign = f"{correlation:.2f}".replace("-", "\N{MINUS SIGN}")
            panel.set_title(f"correlation {sign}", loc="right", color=colour("muted"), fontsize=7)
            calm(panel, across=4, up=4)

    names = "; ".join(f"{axes[first].name} and {axes[second].name}" for first, second, _ in chosen)
    caption = f"{len(kept)} of {total:,} draws" if len(kept) < len(calm_draws) else f"All {total:,} draws"
    caption += "; crosses are divergent ones" if len(bad) else ""
    caption += ". Correlations are of ranks."
    return drawn(paint, height=2.3 * down, alt=f"Draws of pairs: {names}.", caption=caption)
