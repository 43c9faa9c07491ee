"""Data for the tables of a model that come from files: a few plausible rows of every column that the spec reads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bayesdsl.model import ir
from bayesdsl.types.supports import Support

ROWS = 12
WIDTH = 3  # columns of a pattern, and of a matrix whose plate tells no number


def synthetic_data(model: ir.Model) -> dict[str, dict[str, list]]:
    """Columns by name for each table that is not written in place."""
    labels = {name: _members(model, name) for name in model.plates}
    return {name: _columns(model, table, labels) for name, table in model.tables.items() if not table.in_place}


def _members(model: ir.Model, plate: str) -> list[str]:
    """Labels for a plate: its own, or those that the spec selects and a few more."""
    known = model.plates[plate]
    if known.labels is not None:
        return [str(label) for label in known.labels]
    if known.size is not None:
        return [str(number) for number in range(1, known.size + 1)]
    selected = [
        str(index.label)
        for expr in _expressions(model)
        for node in ir.walk(expr)
        if isinstance(node, ir.At)
        for at, index in node.indices
        if at == plate and isinstance(index, ir.Member)
    ]
    return list(dict.fromkeys([*selected, "one", "two"]))


def _expressions(model: ir.Model) -> Iterator[ir.Expr]:
    for statement in model.statements:
        match statement:
            case ir.Let(expr=expr):
                yield expr
            case ir.Sample(dist=dist) | ir.Observed(dist=dist):
                yield from ir.dist_exprs(dist)


@dataclass
class _Reading:
    """What a spec reads of a source: names of numbers, of texts and what they are compared with, of categories."""

    numbers: dict[str, Support | None] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)

    def expression(self, expr: ir.RowExpr) -> None:
        match expr:
            case ir.RowCall("==" | "!=", (ir.RowName(name), ir.RowValue(str(text)))):
                self.texts.setdefault(name, []).append(text)
            case ir.RowCall(_, args):
                for arg in args:
                    self.expression(arg)
            case ir.RowName(name):
                self.numbers.setdefault(name, None)

    def column(self, column: ir.Column, table: ir.Table) -> None:
        match column.value:
            case _ if column.pattern is not None:
                for number in range(1, WIDTH + 1):
                    self.numbers[column.pattern.replace("*", str(number))] = column.type
            case _ if column.stack is not None:
                for part in column.stack:
                    self.expression(part)
            case None | ir.RowName():
                name = column.name if column.value is None else column.value.name
                if column.category is not None:
                    self.categories[name] = column.category
                else:
                    self.numbers[name] = column.type
            case expr:
                self.expression(expr)


def _columns(model: ir.Model, table: ir.Table, labels: dict[str, list[str]]) -> dict[str, list]:
    reading = _Reading()
    for condition in table.where:
        reading.expression(condition)
    for column in table.columns:
        reading.column(column, table)
    rows = len(labels[table.plate]) if table.key is not None else ROWS
    made = {name: _numbers(support, rows, seed) for seed, (name, support) in enumerate(reading.numbers.items())}
    for name, texts in reading.texts.items():
        made[name] = _cycled([*texts, "another"], rows)
    for name, plate in reading.categories.items():
        made[name] = _cycled(labels[plate], rows)
    if table.key is not None:
        made[table.key] = labels[table.plate]
    for column in table.columns:
        if len(column.plates) > 1 and column.value is None and column.stack is None and column.pattern is None:
            width = model.plates[column.plates[1]].size or WIDTH
            made[column.name] = np.array([_numbers(column.type, rows, seed) for seed in range(width)]).T
    computed = {c.name for c in table.columns if not _is_read(c)}
    return {name: values for name, values in made.items() if name not in computed and name not in model.constants}


def _is_read(column: ir.Column) -> bool:
    """Whether a column is read from the source under its own name."""
    return column.value is None or (isinstance(column.value, ir.RowName) and column.value.name == column.name)


def _cycled(values: list[str], rows: int) -> list[str]:
    return [values[row % len(values)] for row in range(rows)]


def _numbers(support: Support | None, rows: int, seed: int) -> list[float]:
    """Numbers of a type; where none is known, positive ones, of which most functions have a value."""
    shares = [0.05 + 0.9 * (0.5 + 0.5 * math.sin(3.7 * row + seed)) for row in range(rows)]
    if support is None:
        return [round(0.5 + 3 * share, 3) for share in shares]
    if support.integer:
        top = min(support.hi, max(support.lo, 0) + 5)
        return [float(max(support.lo, 0) + round(share * (top - max(support.lo, 0)))) for share in shares]
    low, high = max(support.lo, -2.0), min(support.hi, 3.0)
    return [round(low + share * (high - low), 3) for share in shares]
