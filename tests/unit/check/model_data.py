"""Data for the specs in `models/`: a few plausible rows of every column of the source that a spec reads."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import numpy as np

from bayesdsl.model import ir
from bayesdsl.types.supports import Support

ROWS = 12
WIDTH = 3

# Columns that must agree with others: numbers of trials, what filters look for, members of other tables.
GIVEN: dict[str, dict[str, list]] = {
    "baseball.csv": {"hits": [3, 5, 7, 4], "at_bats": [20, 21, 25, 22]},
    "polls.csv": {
        "yes": [40, 52, 61, 38, 47],
        "asked": [100, 110, 120, 90, 100],
        "year": [2016, 2017, 2018, 2019, 2020],
    },
    "trials.csv": {
        "died_treated": [3, 7, 5],
        "n_treated": [38, 114, 69],
        "died_control": [3, 14, 11],
        "n_control": [39, 116, 93],
        "effect": [0.03, -0.7, -0.8],
        "se": [0.8, 0.5, 0.6],
    },
    "tests.csv": {"tested": [1200, 900, 400], "positive_tests": [30, 41, 12]},
    "contrast.csv": {
        "trials": [40, 40, 40],
        "correct": [22, 31, 39],
        "contrast": [0.05, 0.1, 0.3],
        "subject": ["a", "b", "b"],
    },
    "food.csv": {"food": [40, 55, 30], "income": [100, 210, 70], "persons": [3, 4, 1]},
    "hours.csv": {"hours": [0, 1200, 1900, 0, 800], "educ": [10, 12, 16, 9, 13]},
    "leukemia.csv": {"status": [1, 1, 0, 1, 0], "time": [5, 12, 20, 3, 32], "treat": [0, 1, 1, 0, 1]},
    "milk.csv": {"neocortex": [55.2, None, 64.5, 70.1], "kcal": [0.5, 0.6, 0.8, 0.7], "body_mass": [2, 5, 9, 0.1]},
    "microbiome.csv": {
        "arm": ["control", "treated", "treated"],
        "taxon_1": [3, 0, 5],
        "taxon_2": [1, 8, 2],
        "depth": [4, 8, 7],
    },
    "kline.csv": {
        "culture": ["Malekula", "Tikopia", "Santa Cruz"],
        "total_tools": [13, 22, 24],
        "population": [1100, 1500, 3600],
        "to_1": [0, 0.48, 0.63],
        "to_2": [0.48, 0, 0.32],
        "to_3": [0.63, 0.32, 0],
    },
    "teams.csv": {"team": ["Ajax", "Benfica", "Celtic"], "budget": [100, 140, 50]},
    "games.csv": {"home": ["Ajax", "Celtic"], "away": ["Benfica", "Ajax"], "home_won": [1, 0]},
    "scotland.csv": {
        "name": ["Skye", "Banff", "Caithness"],
        "cases": [9, 39, 11],
        "expected": [1.4, 8.7, 3.0],
        "percent_outdoors": [16, 16, 10],
    },
    "borders.csv": {"left": ["Skye", "Banff"], "right": ["Banff", "Caithness"]},
    "iris.csv": {
        part: list(values)
        for part, values in zip(
            ("sepal_length", "sepal_width", "petal_length", "petal_width"),
            np.random.default_rng(1).gamma(5.0, size=(4, 9)).round(2).tolist(),
            strict=True,
        )
    },
}


def data_for(model: ir.Model) -> dict[str, dict[str, list]]:
    """Columns by name for each table that is not written in place."""
    return {name: _table(model, table) for name, table in model.tables.items() if not table.in_place}


def _table(model: ir.Model, table: ir.Table) -> dict[str, list]:
    given = dict(GIVEN.get(table.source or "", {}))
    rng = np.random.default_rng(len(table.plate))
    if table.key is not None and table.key not in given:
        given[table.key] = _labels(model, table.plate)
    rows = len(next(iter(given.values()))) if given else ROWS
    above: set[str] = set(model.constants)
    for name in (name for condition in table.where for name in _names(condition)):
        given.setdefault(name, (1 + rng.gamma(2.0, size=rows)).round(2).tolist())
    for column in table.columns:
        for name, values in _column(model, column, given, rows, rng):
            if name not in above:
                given.setdefault(name, values)
        above.add(column.name)
    return given


def _column(
    model: ir.Model, column: ir.Column, given: dict[str, list], rows: int, rng: np.random.Generator
) -> Iterator[tuple[str, list]]:
    """The columns of the source that one of the spec is computed from."""
    if column.pattern is not None:
        if not any(fnmatchcase(name, column.pattern) for name in given):
            for number in range(1, WIDTH + 1):
                yield column.pattern.replace("*", str(number)), _values(column.type, rows, rng)
        return
    exprs = column.stack or ((column.value,) if column.value is not None else (ir.RowName(column.name, column.span),))
    for expr in exprs:
        plain = isinstance(expr, ir.RowName)
        for name in _names(expr):
            if column.category is not None:
                labels = _labels(model, column.category)
                yield name, [labels[row % len(labels)] for row in range(rows)]
            elif _compared(expr, name):
                yield name, [_compared(expr, name), "another"] * (rows // 2) + ["another"] * (rows % 2)
            else:
                yield name, _values(column.type if plain else None, rows, rng)


def _names(expr: ir.RowExpr) -> Iterator[str]:
    match expr:
        case ir.RowName(name):
            yield name
        case ir.RowCall(_, args):
            for arg in args:
                yield from _names(arg)


def _compared(expr: ir.RowExpr, name: str) -> str | None:
    """The text that a column is compared with."""
    match expr:
        case ir.RowCall("==" | "!=", (ir.RowName(compared), ir.RowValue(str(text)))) if compared == name:
            return text
        case ir.RowCall(_, args):
            return next((text for arg in args if (text := _compared(arg, name))), None)
    return None


def _labels(model: ir.Model, plate: str) -> list[str]:
    known = model.plates[plate]
    for table in model.tables.values():
        if table.plate == plate and table.key in GIVEN.get(table.source or "", {}):
            return GIVEN[table.source][table.key]
    if known.labels is not None:
        return [str(label) for label in known.labels]
    if known.size is not None:
        return [str(number) for number in range(1, known.size + 1)]
    return ["one", "two", "three"]


def _values(support: Support | None, rows: int, rng: np.random.Generator) -> list[float]:
    """Numbers of a type; where none is known, positive ones, of which most functions have a value."""
    if support is None:
        return (0.5 + rng.gamma(2.0, size=rows)).round(3).tolist()
    low, high = max(support.lo, -2.0), min(support.hi, 3.0)
    if support.integer:
        return [float(low + row % int(high - low + 1)) for row in range(rows)]
    return (low + (high - low) * rng.uniform(0.05, 0.95, size=rows)).round(3).tolist()
