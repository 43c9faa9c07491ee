"""The model held against its data: what was observed among what the posterior would draw anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesdsl.results.report import curves
from bayesdsl.results.report.drawing import BESIDE, bare, calm, drawn, short
from bayesdsl.results.report.material import Material
from bayesdsl.results.report.nodes import Element, h
from bayesdsl.results.report.outcomes import NotKnown, Outcome
from bayesdsl.results.report.style import colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Sets of data drawn anew in one drawing.
SETS = 40
POINTS = 90
# Fewer observations than these are shown one by one; of more than the second number a part gives the densities.
FEW = 25
ENOUGH = 4_000
_LEVELS = (0.5, 0.9)
_BINS = 10
_MOST_VALUES = 40
MOST_LIKELIHOODS = 6


def checks(material: Material) -> list[Element] | None:
    """A drawing for each likelihood, with the share of its observations inside their intervals."""
    if material.model is not None and not _observed(material):
        return None
    try:
        outcomes = material.outcomes.at_the_rows
    except NotKnown as reason:
        return [h("p", f"There are none: {reason}.", class_="note")]
    found = [_check(material, outcome) for outcome in outcomes[:MOST_LIKELIHOODS]]
    if material.posterior.kind == "point" and found:
        found.append(h("p", "Drawn at the point: its own uncertainty is left out.", class_="note"))
    return found or None


def _observed(material: Material) -> bool:
    from bayesdsl.model import ir

    return bool(material.model.of(ir.Observed))


def _check(material: Material, outcome: Outcome) -> Element:
    values = outcome.observed.ravel()
    draws = outcome.draws.reshape(len(outcome.draws), -1)
    means = None if outcome.mean is None else outcome.mean.reshape(len(outcome.mean), -1)
    there = np.isfinite(values)
    values, draws = values[there], draws[:, there]
    means = None if means is None else means[:, there]
    if not len(values):
        return h("p", f"No value of {outcome.name} is observed.", class_="note")
    whole = bool((values == np.round(values)).all())
    # Shares that are taken for draws of ones have nothing that they could be counted among.
    picture = _picture(material, outcome, values, draws, there) if whole or not outcome.discrete else None
    beside: Element | None = None
    if outcome.labels is None and outcome.binary:
        beside = _calibration(outcome, values, means) or _share(values, draws)
    elif outcome.labels is None:
        # At a point the mean is a point as well, and nothing lies inside it.
        beside = _coverages(outcome, values, draws, None if material.posterior.kind == "point" else means)
    return h("div", h("h3", outcome.name), h("div", picture, beside, class_="beside"))


def _picture(material: Material, outcome: Outcome, values: np.ndarray, draws: np.ndarray, there: np.ndarray) -> Element:
    if outcome.labels is not None or (outcome.discrete and len(np.unique(values)) <= _MOST_VALUES):
        return _bars(outcome, values, draws)
    if len(values) < FEW:
        return _each(material, outcome, values, draws, there)
    return _densities(outcome, values, draws)


def _densities(outcome: Outcome, values: np.ndarray, draws: np.ndarray) -> Element:
    part = curves.thinned(len(values), ENOUGH)
    sets = draws[curves.thinned(len(draws), SETS)][:, part]
    support = outcome.support

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        low, high = np.quantile(np.concatenate([values, sets.ravel()]), [0.002, 0.998])
        for one in sets:
            axes.plot(*curves.density(one, support, POINTS), color=colour("c6"), linewidth=0.5, alpha=0.55)
        axes.plot(*curves.density(values[part], support), color=colour("ink"), linewidth=1.7)
        axes.set_xlim(min(low, values.min()), max(high, values.max()))
        axes.set_ylim(bottom=0)
        axes.set_xlabel(short(outcome.name))
        bare(axes)
        calm(axes, across=5)

    return drawn(
        paint,
        width=BESIDE,
        height=2.5,
        alt=f"Density of the observed {outcome.name} among those of {len(sets)} sets of data drawn anew.",
        caption=f"The observed {outcome.name} (thick) and {len(sets)} sets of data drawn anew.",
    )


def _bars(outcome: Outcome, values: np.ndarray, draws: np.ndarray) -> Element:
    low = min(values.min(), np.quantile(draws, 0.001))
    high = max(values.max(), min(np.quantile(draws, 0.999), values.max() + 10))
    grid = np.arange(low, high + 1)
    counts = np.array([(values == value).sum() for value in grid])
    anew = np.array([(draws == value).sum(axis=1) for value in grid])
    middle, (lower, upper) = np.median(anew, axis=1), curves.band(anew.T, 0.9)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.bar(grid, counts, width=0.72, color=colour("rule"))
        axes.vlines(grid, lower, upper, color=colour("c1"), linewidth=1.5)
        axes.plot(grid, middle, "o", markersize=3.6, color=colour("c1"))
        axes.set_xlabel(short(outcome.name))
        axes.set_ylabel("observations")
        calm(axes, across=min(len(grid), 10), up=4)
        if len(grid) <= 12:
            axes.set_xticks(grid, [_level(outcome, int(value)) for value in grid])

    return drawn(
        paint,
        width=BESIDE,
        height=2.4,
        alt=f"How often each value of {outcome.name} was observed, and how often it is drawn anew.",
        caption=f"How often each {outcome.name} was observed (bars) and is drawn anew (medians and 90 % intervals).",
    )


def _level(outcome: Outcome, value: int) -> str:
    known = outcome.labels is not None and value < len(outcome.labels)
    return short(outcome.labels[value], 10) if known else str(value)


def _each(material: Material, outcome: Outcome, values: np.ndarray, draws: np.ndarray, there: np.ndarray) -> Element:
    """Every observation with its own interval."""
    labels = _labels(material, outcome, there)
    (low, high), (inner_low, inner_high) = curves.band(draws, 0.9), curves.band(draws, 0.5)
    places = np.arange(len(values))

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.hlines(places, low, high, color=colour("c6"), linewidth=1.2)
        axes.hlines(places, inner_low, inner_high, color=colour("c6"), linewidth=3.4)
        axes.plot(values, places, "o", markersize=4, color=colour("ink"))
        axes.set_yticks(places, labels)
        axes.tick_params(axis="y", length=0, labelcolor=colour("ink"))
        axes.set_ylim(len(values) - 0.4, -0.6)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(short(outcome.name))
        calm(axes, across=5)

    return drawn(
        paint,
        width=BESIDE,
        height=0.75 + 0.2 * len(values),
        alt=f"Each observed {outcome.name} and the interval in which it is drawn anew.",
        caption=f"Each observed {outcome.name} (point) with the 50 % and 90 % intervals of what is drawn anew.",
    )


def _labels(material: Material, outcome: Outcome, there: np.ndarray) -> list[str]:
    """What the observations are called: by their plate's members, else counted from 1."""
    labels = [""]
    for plate, size in zip(outcome.plates, outcome.observed.shape, strict=True):
        known = material.coords.get(plate.rstrip("'"))
        own = [str(label) for label in known] if known and len(known) == size else [str(i + 1) for i in range(size)]
        labels = [f"{left}, {right}" if left else right for left in labels for right in own]
    return [short(label, 18) for label, kept in zip(labels, there, strict=True) if kept]


# Whether intervals hold what they promise


def _coverages(outcome: Outcome, values: np.ndarray, draws: np.ndarray, means: np.ndarray | None) -> Element:
    rows = [(f"{100 * p:.0f} % interval", curves.coverage(values, draws, p)) for p in _LEVELS]
    if means is not None:
        rows.append(("90 % interval of the mean", curves.coverage(values, means, 0.9)))
    head = h("thead", h("tr", h("th"), h("th", "observations inside", scope="col")))
    body = h("tbody", [h("tr", h("th", name, scope="row"), h("td", f"{100 * share:.0f} %")) for name, share in rows])
    table = h("table", head, body, class_="key")
    if len(values) < FEW:
        return h("div", table, h("p", f"{len(values)} observations.", class_="note"))
    return h("div", table, _curve(outcome, curves.reach(values, draws)))


def _curve(outcome: Outcome, reach: np.ndarray) -> Element:
    levels = np.linspace(0, 1, 51)
    held = np.array([(reach <= level).mean() for level in levels])
    error = 1.96 * np.sqrt(levels * (1 - levels) / len(reach))

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.fill_between(levels, levels - error, levels + error, color=colour("rule"), alpha=0.5, linewidth=0)
        axes.plot(levels, held, color=colour("c1"))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
        axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
        axes.set_xlabel("interval")
        axes.set_ylabel("inside")

    return drawn(
        paint,
        width=3.4,
        height=1.75,
        alt=f"Share of the observed {outcome.name} inside central intervals of every probability.",
        caption="Intervals of every probability; the shaded band is chance.",
    )


def _share(values: np.ndarray, draws: np.ndarray) -> Element:
    """The share of ones, observed and drawn anew."""
    anew = draws.mean(axis=1)
    low, high = curves.band(anew, 0.9)
    rows = [
        ("observed", f"{values.mean():.3g}"),
        ("drawn anew, mean", f"{anew.mean():.3g}"),
        ("drawn anew, 90 % interval", f"{low:.3g} to {high:.3g}"),
    ]
    head = h("thead", h("tr", h("th"), h("th", "share of 1", scope="col")))
    return h(
        "table", head, h("tbody", [h("tr", h("th", name, scope="row"), h("td", v)) for name, v in rows]), class_="key"
    )


def _calibration(outcome: Outcome, values: np.ndarray, means: np.ndarray | None) -> Element | None:
    """Observed shares by predicted probability; None where the probability is the same for all."""
    if means is None or len(values) < 2 * _BINS:
        return None
    predicted = means.mean(axis=0)
    if np.ptp(predicted) < 1e-6 or len(np.unique(predicted)) < 3:
        return None
    parts = [part for part in np.array_split(np.argsort(predicted, kind="stable"), _BINS) if len(part)]
    x = np.array([predicted[part].mean() for part in parts])
    y = np.array([values[part].mean() for part in parts])
    error = np.array([1.96 * np.sqrt(max(p * (1 - p), 0) / len(part)) for p, part in zip(x, parts, strict=True)])

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=colour("rule"), linewidth=0.9)
        axes.vlines(x, np.maximum(x - error, 0), np.minimum(x + error, 1), color=colour("rule"), linewidth=3)
        axes.plot(x, y, "o", markersize=4, color=colour("c1"))
        axes.set_xlabel("predicted probability")
        axes.set_ylabel("observed share")
        calm(axes, across=5, up=5)

    return drawn(
        paint,
        width=3.6,
        height=2.4,
        alt=f"Observed shares of {outcome.name} against predicted probabilities.",
        caption="Rows in tenths by their predicted probability; shaded bars are chance.",
    )
