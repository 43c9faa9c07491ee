"""Across tables: the members of every plate, category columns as positions among them, matrices in their order.

{"house": BoundTable, "county": BoundTable}  ->  members {county: [AITKIN, ..]}, codes {county: int64[919]}

Only what is sound goes on: a plate whose members are not known, or a column in which something was found, is left out,
and so is what would follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.model.levels import in_order
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.tables import BoundTable


@dataclass(eq=False)
class Joined:
    """The data of all tables, fitted together.

    `members` are those of every plate that is known; `values` the numeric columns, float64 of shape (rows,) or
    (rows, k) with the matrix's columns in the order of its plate's members; `codes` the category columns, int64
    positions of shape (rows,).
    """

    model: ir.Model
    tables: dict[str, BoundTable]
    members: dict[str, Sequence[object]] = field(default_factory=dict)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    codes: dict[str, np.ndarray] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)

    def size(self, plate: str) -> int:
        return len(self.members[ir.base_plate(plate)])

    def table_of(self, column: str) -> BoundTable:
        return self.tables[self.model.columns[column].plates[0]]

    def sound(self, column: str) -> bool:
        return column in self.values or column in self.codes


def join(model: ir.Model, tables: dict[str, BoundTable], known: Mapping[str, Sequence[object]] | None = None) -> Joined:
    """Fit the bound tables together; what is wrong is in `found`. `known` are members that need not be looked for."""
    joined = Joined(model, tables)
    # The plates of the spec come first: the sizes of layers are made of theirs.
    for name, plate in sorted(model.plates.items(), key=lambda item: item[1].origin is ir.Origin.WEIGHTS):
        if known is not None and name in known:
            joined.members[name] = known[name]
            continue
        members = _members(joined, plate) if name == ir.base_plate(name) else None
        if members is not None:
            joined.members[name] = members
    for column in model.columns.values():
        table = tables.get(column.plates[0])
        if table is None:
            continue
        if column.name in table.labels:
            _encode(joined, table, column)
        elif column.name in table.values:
            _arrange(joined, table, column)
    return joined


def position_of(label: object, members: Sequence[object]) -> int:
    """The position of a label among members, -1 where it is none of them."""
    return positions_of([_text(label)], members)[0]


def positions_of(texts: Sequence[str], members: Sequence[object]) -> list[int]:
    """The position of each text among members, -1 where it is none of them. Numbered members are not written out."""
    if isinstance(members, range):
        numbers = (int(text) if text.isdecimal() and text.isascii() else 0 for text in texts)
        return [n - 1 if n in members and str(n) == text else -1 for n, text in zip(numbers, texts, strict=True)]
    position = {str(member): i for i, member in enumerate(members)}
    return [position.get(text, -1) for text in texts]


def _text(label: object) -> str:
    """A label as data spell it, whole numbers without a point."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


# Members


def _members(joined: Joined, plate: ir.Plate) -> Sequence[object] | None:
    """The members of a plate by name where they have one, None where what they come from is not sound."""
    match plate.origin:
        case ir.Origin.LABELS:
            return list(plate.labels)
        case ir.Origin.NUMBER:
            return range(1, plate.size + 1)
        case ir.Origin.ROWS:
            return _rows(joined.tables.get(plate.name))
        case ir.Origin.LEVELS:
            return _levels(joined, plate)
        case ir.Origin.COLUMNS:
            return list(plate.labels) if plate.labels is not None else _matrix_columns(joined, plate)
        case ir.Origin.WEIGHTS:
            return _weights(joined, plate)


def _rows(table: BoundTable | None) -> Sequence[object] | None:
    """The rows of a table: by their keys, or by their numbers in the source, from 1."""
    if table is None or table.key_broken:
        return None
    if table.keys is not None:
        return table.keys
    if len(table.rows) == table.raw.rows:
        return range(1, len(table.rows) + 1)
    return (table.rows + 1).tolist()


def _weights(joined: Joined, plate: ir.Plate) -> Sequence[object] | None:
    """The numbers of a layer's units along a dimension; the plates that its size is made of come before it."""
    size = plate.count.factor
    for name in plate.count.plates:
        if name not in joined.members:
            return None
        size *= joined.size(name)
    return range(1, size + 1)


def _levels(joined: Joined, plate: ir.Plate) -> list[object] | None:
    """The labels that occur in the category columns of a plate, in the order of the language."""
    texts: set[str] = set()
    for column in joined.model.columns.values():
        if column.category == plate.name:
            table = joined.tables.get(column.plates[0])
            if table is None or column.name not in table.labels:
                return None
            texts.update(table.labels[column.name].texts)
    return in_order(texts)


def _matrix_columns(joined: Joined, plate: ir.Plate) -> Sequence[object] | None:
    """The names of the columns of the first matrix over a plate, or their numbers from 1."""
    for column in joined.model.columns.values():
        if column.plates[1:] != (plate.name,):
            continue
        table = joined.tables.get(column.plates[0])
        if table is None or column.name not in table.values:
            return None
        labels = table.members[column.name]
        return labels if labels is not None else range(1, table.values[column.name].shape[1] + 1)
    return None


# Categories


def _encode(joined: Joined, table: BoundTable, column: ir.Column) -> None:
    """A category column as positions among its plate's members."""
    members = joined.members.get(column.category)
    if members is None:
        return
    labels = table.labels[column.name]
    lookup = np.array(positions_of(labels.texts, members), dtype=np.int64)
    codes = lookup[labels.positions]
    if (lookup < 0).any():
        _report_unseen(joined, table, column, codes < 0)
    else:
        joined.codes[column.name] = codes


def _report_unseen(joined: Joined, table: BoundTable, column: ir.Column, unseen: np.ndarray) -> None:
    """Say which labels are no members, the most frequent first."""
    labels, plate = table.labels[column.name], joined.model.plates[column.category]
    counts = np.bincount(labels.positions[unseen], minlength=len(labels.texts))
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    cells = table.cells(column.name, labels.positions == order[0])
    owner = joined.tables.get(plate.name)
    left_out = owner.keys_left_out() if owner is not None else frozenset()
    found = {labels.texts[i]: int(counts[i]) for i in order}
    members = joined.members[plate.name]
    joined.found.append(
        errors.unseen_levels(joined.model.source, column.span, plate, found, members, left_out & found.keys(), cells)
    )


# Matrices


def _arrange(joined: Joined, table: BoundTable, column: ir.Column) -> None:
    """A numeric column; a matrix with its columns in the order of its plate's members."""
    values = table.values[column.name]
    if len(column.plates) == 1:
        joined.values[column.name] = values
        return
    plate = joined.model.plates[ir.base_plate(column.plates[1])]
    if plate.name not in joined.members:
        return
    members, names, width = joined.members[plate.name], table.members[column.name], values.shape[1]
    order = _order(names, width, members, joined.tables.get(plate.name))
    if order is not None:
        joined.values[column.name] = values if np.array_equal(order, np.arange(width)) else values[:, order]
    elif width != len(members):
        size = len(members)
        joined.found.append(
            errors.wrong_width(joined.model.source, column.span, column.name, width, plate.name, size, plate.span)
        )
    else:
        joined.found.append(_crossed(joined, column, plate, names))


def member_order(joined: Joined, table: BoundTable, column: ir.Column) -> tuple[int, ...]:
    """Which column of a sound matrix stands for each member of its plate."""
    plate = ir.base_plate(column.plates[1])
    width = table.values[column.name].shape[1]
    order = _order(table.members[column.name], width, joined.members[plate], joined.tables.get(plate))
    return tuple(int(place) for place in order)


def _order(
    names: Sequence[str] | None, width: int, members: Sequence[object], rows: BoundTable | None
) -> Sequence[int] | np.ndarray | None:
    """Which column of a matrix stands for each member; None where that cannot be told.

    By name, where the members are among the names; else by position, unless a name stands at another one. `rows` is
    the table whose rows the members are: a matrix may have a column for each row of its source, those left out too.
    """
    sources = rows.raw.rows if rows is not None else len(members)
    if width not in (len(members), sources):
        return None
    if names is not None and len(set(names)) == width:
        found = positions_of([str(member) for member in members], names)
        if min(found) >= 0:
            return found
        if any(i not in (-1, at) for at, i in enumerate(found)):
            return None
    return rows.rows if rows is not None and width == sources else range(width)


def _crossed(joined: Joined, column: ir.Column, plate: ir.Plate, names: Sequence[str]) -> Diagnostic:
    """The first column of a matrix that is called as a member at another position."""
    at = positions_of(names, joined.members[plate.name])
    here, there = next((i, found) for i, found in enumerate(at) if found not in (-1, i))
    source, declared = joined.model.source, plate.span
    return errors.members_differ(
        source, column.span, column.name, names[here], here + 1, plate.name, there + 1, declared
    )
