"""Data for specs whose files are elsewhere: made up, of the types that the spec declares."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bayesdsl.model import ir
from bayesdsl.types.supports import Support

ROWS, LEVELS, COLUMNS = 12, 3, 4


def synthetic(model: ir.Model, seed: int = 0) -> dict[str, dict[str, object]]:
    """For each table that names a file or none, a value for every column of its source."""
    rng = np.random.default_rng(seed)
    return {name: _table(model, table, rng) for name, table in model.tables.items() if not table.in_place}


def _table(model: ir.Model, table: ir.Table, rng: np.random.Generator) -> dict[str, object]:
    given: dict[str, object] = {}
    rows = LEVELS if table.key is not None else ROWS
    if table.key is not None:
        given[table.key] = _labels(model, table.plate)
    for column in table.columns:
        if column.category is not None and column.value is None:
            labels = _labels(model, column.category)
            given[column.name] = [labels[i % len(labels)] for i in range(rows)]
        elif column.pattern is not None:
            for i in range(COLUMNS):
                given[column.pattern.replace("*", str(i))] = _values(column.support, rows, rng)
        else:
            for name in _sources(column):
                # What is computed from others is of the declared type whatever these are, as far as they are positive.
                computed = isinstance(column.value, ir.RowCall) or column.stack is not None
                support = Support("positive", lo=0.0) if computed else column.support
                given.setdefault(name, _values(support, rows, rng))
    for condition in table.where:
        for name in _names(condition):
            given.setdefault(name, _values(Support("positive", lo=0.0), rows, rng))
    return given


def _sources(column: ir.Column) -> Iterator[str]:
    expressions = column.stack or ((column.value,) if column.value is not None else ())
    if not expressions:
        yield column.name
    for expression in expressions:
        yield from _names(expression)


def _names(expression: ir.RowExpr) -> Iterator[str]:
    match expression:
        case ir.RowName(name):
            yield name
        case ir.RowCall(args=args):
            for arg in args:
                yield from _names(arg)


def _labels(model: ir.Model, plate: str) -> list[object]:
    """The members of a plate, among them those that the spec picks by label."""
    known = model.plates[plate]
    if known.labels is not None:
        return list(known.labels)
    if known.size is not None:
        return list(range(1, known.size + 1))
    picked = [
        index.label
        for statement in model.of(ir.Let)
        for node in ir.walk(statement.expr)
        if isinstance(node, ir.At)
        for at, index in node.indices
        if at == plate and isinstance(index, ir.Member)
    ]
    others = [f"{plate} {i}" for i in range(LEVELS)]
    return [*dict.fromkeys(picked), *others][: max(LEVELS, len(set(picked)))]


def _values(support: Support, rows: int, rng: np.random.Generator) -> list[float]:
    if support.integer:
        return rng.integers(0, 2 if support.hi == 1 else 6, size=rows).tolist()
    if support.lo > -np.inf and support.hi < np.inf:
        return rng.uniform(support.lo, support.hi, size=rows).tolist()
    return (rng.gamma(3.0, size=rows) if support.lo >= 0 else rng.normal(size=rows)).tolist()
