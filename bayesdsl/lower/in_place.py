"""The data that a spec itself holds, as the program's arguments.

data school { y = [28, 8]; sigma = [15, 10] }
->  IN_PLACE = {"n_school": 2, "sigma": torch.tensor([15, 10], dtype=DTYPE), "y": ..}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from bayesdsl.lower.inputs import Codes, Input, Position, Size, Values
from bayesdsl.model import ir
from bayesdsl.model.levels import in_order
from bayesdsl.pysrc import nodes as py


def in_place(model: ir.Model, arguments: Iterable[tuple[Input, str]]) -> py.Stmt | None:
    """All arguments with their values, None where there are none or one is not known from the spec.

    Which rows a condition keeps is for the binding to say, so a table with one is not known from the spec.
    """
    if any(table.in_place and table.where for table in model.tables.values()):
        return None
    values = {name: _value(model, kind) for kind, name in arguments}
    if not values or None in values.values():
        return None
    items = py.Dict(tuple((py.Constant(name), value) for name, value in values.items()))
    return py.Assign((py.Name("IN_PLACE"),), items, comment="The data written in the spec: model(**IN_PLACE).")


def _value(model: ir.Model, kind: Input) -> py.Expr | None:
    match kind:
        case Size(plate):
            found = members(model, plate)
            return None if found is None else py.Constant(len(found))
        case Position(plate, label):
            found = members(model, plate)
            return py.Constant(found.index(str(label))) if found is not None and str(label) in found else None
        case Values(column):
            literal = model.columns[column].literal
            return None if literal is None else py.call("torch.tensor", list(literal), dtype=py.Name("DTYPE"))
        case Codes(column):
            return _codes(model, model.columns[column])
        case _:
            assert_never(kind)


def _codes(model: ir.Model, column: ir.Column) -> py.Expr | None:
    found = members(model, column.category)
    if column.literal is None or found is None:
        return None
    labels = [str(label) for label in column.literal]
    return py.call("torch.tensor", [found.index(label) for label in labels]) if set(labels) <= set(found) else None


def members(model: ir.Model, plate: str) -> list[str] | None:
    """The labels of a plate's members, None where only the data tell."""
    found = model.plates[plate]
    if found.labels is not None:
        return list(map(str, found.labels))
    if found.size is not None:
        return [str(number) for number in range(1, found.size + 1)]
    columns = [column for column in model.columns.values() if column.category == plate]
    if found.origin is not ir.Origin.LEVELS or not columns or any(column.literal is None for column in columns):
        return None
    return in_order(str(label) for column in columns for label in column.literal)
