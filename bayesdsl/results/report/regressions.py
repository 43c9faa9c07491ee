"""The outcome against its predictors, with the band in which it is drawn and the band of its mean.

Where a likelihood depends on one number of each row, and at most on a few groups besides, it is evaluated along that
number, a panel a group: `mass ~ Normal(a[species] + b[species] * flipper, sigma)` gives three panels with a line each.
Where it depends on more, rows with nearby values of a predictor are taken together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from bayesdsl.model import ir
from bayesdsl.results.report import curves
from bayesdsl.results.report.drawing import calm, drawn, short
from bayesdsl.results.report.material import Material
from bayesdsl.results.report.nodes import Element, h
from bayesdsl.results.report.outcomes import NotKnown, Outcome, given, reads
from bayesdsl.results.report.style import colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = 6
ABREAST = 3
GRID = 80
# Rows drawn as points in one panel, and stretches of a predictor whose rows are taken together.
POINTS = 300
BINS = 12
LEVELS = 12
MOST_PREDICTORS = 6
MOST_LIKELIHOODS = 4
_MARGIN = 0.03
_GATHERED = (
    " The model has several predictors: rows with nearby values of one are taken together, each with its own "
    "values of the others. Rings are what was observed in them on average."
)


@dataclass(frozen=True, eq=False)
class Predictor:
    """A column that a likelihood depends on. `labels` names the levels of a group, of which `values` are positions."""

    name: str
    values: np.ndarray
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Panel:
    """One panel: rows, and bands over `x`, with `band` for outcomes and `mean` for the mean where they are known.

    `seen` is what was observed on average at each `x` where rows are taken together.
    """

    predictor: Predictor
    title: str
    rows: np.ndarray
    x: np.ndarray
    band: tuple[np.ndarray, np.ndarray] | None
    mean: tuple[np.ndarray, np.ndarray] | None
    middle: np.ndarray
    seen: np.ndarray | None = None


def regressions(material: Material) -> list[Element] | None:
    """A drawing for each likelihood of a column that depends on columns of the same rows."""
    if material.model is None:
        return None
    try:
        outcomes = {outcome.name: outcome for outcome in material.outcomes.at_the_rows}
    except NotKnown:
        return None
    found: list[Element] = []
    for statement in material.model.of(ir.Observed)[:MOST_LIKELIHOODS]:
        outcome = outcomes[statement.name]
        if len(outcome.plates) == 1 and len(outcome.observed) > 2 and outcome.labels is None:
            found += _drawings(material, statement, outcome)
    return found or None


def _drawings(material: Material, statement: ir.Observed, outcome: Outcome) -> Iterator[Element]:
    predictors = list(_predictors(material, statement))
    numbers = [predictor for predictor in predictors if predictor.labels is None]
    groups = [predictor for predictor in predictors if predictor.labels is not None]
    matrices = any(len(material.model.columns[name].plates) > 1 for name in reads(material.model, statement))
    if len(numbers) == 1 and not matrices and len(groups) <= 2 and not given(statement):
        try:
            yield _along(material, outcome, numbers[0], groups)
            return
        except NotKnown:
            pass
    if numbers:
        yield _drawing(outcome, [_gathered(outcome, predictor) for predictor in numbers[:MOST_PREDICTORS]], _GATHERED)
    else:
        for predictor in groups[:MOST_PREDICTORS]:
            yield _by_level(outcome, predictor)
    if rest := numbers[MOST_PREDICTORS:]:
        yield h("p", f"{len(rest)} more predictors of {outcome.name} are not drawn.", class_="note")


def _predictors(material: Material, statement: ir.Observed) -> Iterator[Predictor]:
    """The columns of the outcome's own rows that its likelihood depends on; those of a matrix one by one."""
    model = material.model
    plate = model.columns[statement.name].plates[0]
    data = {**material.observed, **material.constant}
    for name in reads(model, statement):
        column = model.columns[name]
        if name == statement.name or name not in data or column.plates[0] != plate or name in given(statement):
            continue
        values = np.asarray(data[name][1])
        if column.category is not None:
            members = material.coords.get(column.category) or range(int(values.max()) + 1)
            yield Predictor(name, values.astype(int), tuple(map(str, members)))
        elif len(column.plates) == 1:
            yield _number(name, values.astype(np.float64))
        elif len(column.plates) == 2:
            members = material.coords.get(column.plates[1]) or range(1, values.shape[1] + 1)
            for place, member in enumerate(members):
                yield _number(str(member), values[:, place].astype(np.float64))


def _number(name: str, values: np.ndarray) -> Predictor:
    """A numeric column; one of no more than two values makes groups."""
    levels, places = np.unique(values, return_inverse=True)
    if len(levels) <= 2:
        return Predictor(name, places, tuple(f"{level:g}" for level in levels))
    return Predictor(name, values)


# Along one number, a panel a group


def _along(material: Material, outcome: Outcome, predictor: Predictor, groups: list[Predictor]) -> Element:
    cells = _cells(groups, len(predictor.values))
    kept = sorted(sorted(cells, key=lambda cell: -len(cell[1]))[:PANELS], key=lambda cell: cell[0])
    if not kept:
        raise NotKnown("there are no rows")
    grids = [_grid(predictor.values[rows]) for _, rows in kept]
    names = [predictor.name, *(group.name for group in groups)]
    columns = {
        name: np.concatenate(
            [
                grid if place == 0 else np.full(len(grid), _stored(material, name)[rows[0]])
                for grid, (_, rows) in zip(grids, kept, strict=True)
            ]
        )
        for place, name in enumerate(names)
    }
    found = material.outcomes.along(outcome.name, columns)
    panels, start = [], 0
    for grid, (places, rows) in zip(grids, kept, strict=True):
        part = slice(start, start + len(grid))
        start += len(grid)
        draws, mean = found.draws[:, part], None if found.mean is None else found.mean[:, part]
        panels.append(_panel(predictor, _title(groups, places), rows, grid, outcome, draws, mean))
    left_out = f" {len(cells) - len(kept)} more groups, with fewer rows, are not drawn." if len(cells) > PANELS else ""
    return _drawing(outcome, panels, left_out)


def _stored(material: Material, name: str) -> np.ndarray:
    return np.asarray({**material.observed, **material.constant}[name][1])


def _cells(groups: list[Predictor], count: int) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """The combinations of levels that have rows, and these."""
    found = []
    for places in product(*(range(len(group.labels)) for group in groups)):
        inside = np.ones(count, dtype=bool)
        for group, place in zip(groups, places, strict=True):
            inside &= group.values == place
        if inside.any():
            found.append((places, np.flatnonzero(inside)))
    return found


def _title(groups: list[Predictor], places: tuple[int, ...]) -> str:
    return ", ".join(
        f"{short(group.name, 14)} = {short(group.labels[place], 20)}"
        for group, place in zip(groups, places, strict=True)
    )


def _grid(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    margin = _MARGIN * ((high - low) or 1.0)
    if (values == np.round(values)).all():  # such as a year: it need not go beyond what was seen
        return np.unique(np.round(np.linspace(low, high, GRID)))
    start = max(low - margin, 0.0) if low >= 0 else low - margin  # what is never negative stays so
    return np.linspace(start, high + margin, GRID)


def _panel(
    predictor: Predictor,
    title: str,
    rows: np.ndarray,
    x: np.ndarray,
    outcome: Outcome,
    draws: np.ndarray,
    mean: np.ndarray | None,
) -> Panel:
    certain = mean is None or len(np.unique(mean[:, 0])) == 1
    return Panel(
        predictor=predictor,
        title=title,
        rows=rows,
        x=x,
        band=None if outcome.binary else curves.band(draws, 0.9),
        mean=None if certain else curves.band(mean, 0.9),
        middle=np.median(draws, axis=0) if mean is None else mean.mean(axis=0),
    )


# By stretches of one number among others


def _gathered(outcome: Outcome, predictor: Predictor) -> Panel:
    """Rows with nearby values together: their outcomes' interval, and that of the mean of their means."""
    order = np.argsort(predictor.values, kind="stable")
    levels = np.unique(predictor.values)
    if len(levels) <= BINS:
        parts = [np.flatnonzero(predictor.values == level) for level in levels]
    else:
        parts = [part for part in np.array_split(order, min(BINS, max(len(order) // 8, 2))) if len(part)]
    draws = [outcome.draws[:, part] for part in parts]
    low, high = np.array([np.quantile(d, [0.05, 0.95]) for d in draws]).T
    mean, middle = None, np.array([np.median(d) for d in draws])
    if outcome.mean is not None:
        means = np.stack([outcome.mean[:, part].mean(axis=1) for part in parts], axis=1)
        mean, middle = curves.band(means, 0.9), means.mean(axis=0)
    return Panel(
        predictor=predictor,
        title="",
        rows=np.arange(len(predictor.values)),
        x=np.array([predictor.values[part].mean() for part in parts]),
        band=None if outcome.binary else (low, high),
        mean=mean,
        middle=middle,
        seen=np.array([np.nanmean(outcome.observed[part]) for part in parts]),
    )


# By level


def _by_level(outcome: Outcome, group: Predictor) -> Element:
    """The outcome at each level of a group, where no number is there to draw it against."""
    sizes = np.bincount(group.values, minlength=len(group.labels))
    levels = np.sort(np.argsort(-sizes, kind="stable")[:LEVELS])
    levels = levels[sizes[levels] > 0]
    parts = [np.flatnonzero(group.values == level) for level in levels]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for place, part in enumerate(parts):
            _points(axes, outcome, place + _spread(len(part)), outcome.observed[part])
            if not outcome.binary:
                axes.vlines(
                    place, *np.quantile(outcome.draws[:, part], [0.05, 0.95]), color=colour("c6"), linewidth=1.6
                )
            if outcome.mean is not None:
                means = outcome.mean[:, part].mean(axis=1)
                axes.vlines(place, *np.quantile(means, [0.05, 0.95]), color=colour("c1"), linewidth=4.5)
        axes.set_xticks(range(len(parts)), [short(group.labels[level], 14) for level in levels])
        axes.set_xlabel(group.name)
        axes.set_ylabel(short(outcome.name))
        if len(parts) > 6:
            axes.tick_params(axis="x", labelrotation=30)
        axes.set_xlim(-0.6, len(parts) - 0.4)

    more = "" if len(levels) == (sizes > 0).sum() else f" The {len(levels)} largest of {(sizes > 0).sum()}."
    return drawn(
        paint,
        height=2.8,
        alt=f"{outcome.name} by {group.name}, with the interval of new outcomes and of their mean.",
        caption=f"{outcome.name} by {group.name}: observed (points), the 90 % interval of new outcomes (thin) and of "
        f"their mean (thick).{more}",
    )


def _spread(count: int) -> np.ndarray:
    """Places beside each other, so that equal values do not hide each other."""
    return 0.28 * (2 * curves.scattered(count) - 1)


# Drawing


def _drawing(outcome: Outcome, panels: list[Panel], note: str) -> Element:
    abreast = min(len(panels), ABREAST if len(panels) not in (2, 4) else 2)
    down = ceil(len(panels) / abreast)
    names = list(dict.fromkeys(panel.predictor.name for panel in panels))

    def paint(figure: Figure) -> None:
        grid = figure.subplots(down, abreast, squeeze=False, sharex=len(names) == 1, sharey=True)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        for place, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
            _paint(axes, outcome, panel)
            if len(names) > 1 or place >= len(panels) - abreast:
                axes.set_xlabel(short(panel.predictor.name))
                axes.tick_params(labelbottom=True)
            if place % abreast == 0:
                axes.set_ylabel(short(outcome.name))

    parts = ["the mean" if outcome.mean is not None else "the median"]
    parts += ["the mean's 90 % band"] if any(panel.mean for panel in panels) else []
    parts += ["the 90 % band of new outcomes (wider)"] if any(panel.band for panel in panels) else []
    what = f"{outcome.name} against {curves.listed(names)}"
    return drawn(
        paint,
        height=(2.75 if down == 1 else 2.2 * down) + (0.35 if len(panels) == 1 else 0),
        alt=f"{what}, with {curves.listed(parts)}.",
        caption=f"{what}: observed (points), {curves.listed(parts)}.{note}",
    )


def _paint(axes: Axes, outcome: Outcome, panel: Panel) -> None:
    if panel.band is not None:
        axes.fill_between(panel.x, *panel.band, color=colour("c6"), alpha=0.2, linewidth=0)
    if panel.mean is not None:
        axes.fill_between(panel.x, *panel.mean, color=colour("c1"), alpha=0.34, linewidth=0)
    axes.plot(panel.x, panel.middle, color=colour("c1"), linewidth=1.4)
    kept = panel.rows[curves.thinned(len(panel.rows), POINTS)]
    shift = 0.06 * _spread(len(kept)) if outcome.binary else 0.0
    _points(axes, outcome, panel.predictor.values[kept], outcome.observed[kept] + shift)
    if panel.seen is not None:
        axes.plot(panel.x, panel.seen, "o", markersize=4, markerfacecolor="none", color=colour("c2"), mew=0.9)
    if panel.title:
        axes.set_title(panel.title)
    calm(axes, across=5, up=5)


def _points(axes: Axes, outcome: Outcome, x: np.ndarray, y: np.ndarray) -> None:
    count = len(outcome.observed)
    size, alpha = (6, 0.6) if count <= 60 else (4.5, 0.55) if count <= 400 else (3.5, 0.4)
    axes.plot(x, y, ".", color=colour("ink"), markersize=size, alpha=alpha, mew=0)
