"""What bound data leave behind for predictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bayesdsl.lower.training import TrainedTable, Training
from bayesdsl.model import ir
from bayesdsl.runtime.binding.columns import COMPARED_AS_TEXT, names
from bayesdsl.runtime.binding.plates import Joined, member_order
from bayesdsl.runtime.binding.tables import BoundTable


def training(joined: Joined) -> Training:
    """The facts that predictions need of sound data."""
    tables = {name: _table(joined, table) for name, table in joined.tables.items()}
    sizes = {plate: len(members) for plate, members in joined.members.items()}
    labels = {
        plate: tuple(map(str, members))
        for plate, members in joined.members.items()
        if not isinstance(members, range) and _named(joined, plate)
    }
    return Training(tables, sizes, labels)


def training_of_parts(joined: Joined, plate: str, rows: int) -> Training:
    """The same, where `joined` has the last part of a table that was read in parts, of so many rows in all."""
    made = training(joined)
    table = replace(made.tables[plate], rows=rows, numbers=None)
    return replace(made, tables={**made.tables, plate: table}, sizes={**made.sizes, plate: rows})


def _named(joined: Joined, plate: str) -> bool:
    """Whether members have names; rows without a key are known by their numbers in the source."""
    table = joined.tables.get(plate)
    return table is None or table.keys is not None


def _table(joined: Joined, table: BoundTable) -> TrainedTable:
    columns = table.raw.columns
    parts = [expr for column in table.table.columns for expr in table.parts[column.name]]
    sources = dict.fromkeys(name.name for expr in parts for name in names(expr) if name.name in columns)
    orders = {}
    for column in table.table.columns:
        if len(column.plates) > 1:
            order = member_order(joined, table, column)
            if order != tuple(range(len(order))):
                orders[column.name] = order
    return TrainedTable(
        rows=len(table.rows),
        sources=tuple(sources),
        texts=tuple(name for name in sources if name in set(_compared(table, parts))),
        matrices=tuple(name for name in sources if columns[name].width is not None),
        patterns={
            column.name: tuple(expr.name for expr in table.parts[column.name])
            for column in table.table.columns
            if column.pattern is not None
        },
        orders=orders,
        statistics=table.evaluator.statistics,
        numbers=tuple((table.rows + 1).tolist()) if len(table.rows) < table.raw.rows else None,
    )


def _compared(table: BoundTable, exprs: list[ir.RowExpr]) -> Iterator[str]:
    """The columns of the source that are compared with each other as text."""
    readings = table.evaluator.readings
    for expr in exprs:
        match expr:
            case ir.RowCall(op, (ir.RowName(one), ir.RowName(other))) if op in COMPARED_AS_TEXT:
                both = [name for name in (one, other) if name in readings and readings.raw.columns[name].is_text]
                if len(both) == 2 and any(len(readings.reals(name).bad_rows) for name in both):
                    yield from both
            case ir.RowCall(_, args):
                yield from _compared(table, list(args))
