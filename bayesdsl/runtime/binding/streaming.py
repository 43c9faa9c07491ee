"""A table that memory does not hold: bound part by part, its columns on disk and mapped into memory.

data visit from "visits.csv" (stream = true) { seconds : positive }
->  inputs {n_visit: 30_000_000, seconds: a tensor over a file that is nowhere to be seen}

Each part is bound as a table of its own, with every check there is. What needs all rows is gathered the first time
through: the levels of categories, and the moments that `zscore` and its like take.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.lower.inputs import Codes, Input, Size, Values
from bayesdsl.model import ir
from bayesdsl.model.levels import in_order
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.arguments import argument_findings, arguments
from bayesdsl.runtime.binding.cells import WHOLE_COLUMN
from bayesdsl.runtime.binding.columns import row_calls
from bayesdsl.runtime.binding.plates import Joined, join
from bayesdsl.runtime.binding.reading import NOT_GIVEN
from bayesdsl.runtime.binding.tables import BoundTable, bind_part
from bayesdsl.runtime.binding.wholes import Wholes
from bayesdsl.runtime.sources.parts import Parts, open_parts

# What holds a part against the model's statements.
Check = Callable[[Joined], list[Diagnostic]]


@dataclass(frozen=True)
class Streamed:
    """A table with its rows on disk: the program's arguments and the members of every plate.

    `joined` are the other tables, with the last part in the place of the table.
    """

    inputs: dict[str, object]
    members: dict[str, Sequence[object]]
    joined: Joined
    name: str
    sha256: str
    rows: int
    rows_dropped: int


def is_streamed(table: ir.Table, given: object = NOT_GIVEN) -> bool:
    """Whether a table is to be read in parts: the spec says so, and it is read from a file."""
    from_file = isinstance(given, str | os.PathLike) or (given is NOT_GIVEN and table.source is not None)
    return from_file and bool(dict(table.options).get("stream"))


def stream_findings(model: ir.Model, streamed: Sequence[str]) -> list[Diagnostic]:
    """What stands in the way of reading these tables in parts."""
    found: list[Diagnostic] = []
    for plate in streamed:
        table = model.tables[plate]
        looked_up = next((c for c in model.columns.values() if _is_of(c, plate)), None)
        if table.key is not None:
            why, hint = f"its rows have names, by the key `{table.key}`", "leave `key` or `stream` out"
        elif looked_up is not None:
            why, hint = f"the column `{looked_up.name}` refers to its rows", "leave `stream` out"
        elif plate != streamed[0]:
            why, hint = f"`{streamed[0]}` is already", "leave `stream` out of the smaller table"
        else:
            continue
        found.append(errors.not_streamed(model.source, table.source_span or table.span, plate, why, hint))
    return found


def _is_of(column: ir.Column, plate: str) -> bool:
    """Whether a column is over another table, or the same, and has the rows of this one for its members."""
    return column.category == plate or plate in map(ir.base_plate, column.plates[1:])


def stream(
    model: ir.Model,
    plate: str,
    given: object,
    others: dict[str, BoundTable],
    inputs: Mapping[str, Input],
    *,
    base_dir: Path,
    gaps_allowed: frozenset[str],
    dtype: torch.dtype,
    check: Check,
) -> Streamed:
    """Bind a table part by part. Raises `BayesError` with what is found in the first part where there is something."""
    table = model.tables[plate]
    try:
        parts = _opened(table, given, base_dir)
        return _Streaming(model, table, given, others, inputs, gaps_allowed, dtype, check, parts).result()
    except BayesError as error:
        place = table.source_span or table.span
        raise BayesError(tuple(errors.placed(d, model.source, place) for d in error.diagnostics)) from None


def _opened(table: ir.Table, given: object, base_dir: Path) -> Parts:
    source = table.source if given is NOT_GIVEN else given
    options = dict(table.options)
    return open_parts(source, options, base_dir, name=table.plate, replaced=given is not NOT_GIVEN)


@dataclass
class _Streaming:
    model: ir.Model
    table: ir.Table
    given: object
    others: dict[str, BoundTable]
    inputs: Mapping[str, Input]
    gaps_allowed: frozenset[str]
    dtype: torch.dtype
    check: Check
    parts: Parts
    wholes: Wholes = field(default_factory=Wholes)
    read: int = 0
    rows: int = 0

    def result(self) -> Streamed:
        levels = self._gathered() if self._needs_all_rows() else {}
        files = {name: _Rows() for name, given in self.inputs.items() if self._is_by_row(given)}
        self.read, found, joined = 0, {}, None
        for part in self._bound():
            joined = join(self.model, {**self.others, self.table.plate: part}, levels)
            findings = [*joined.found, *argument_findings(joined, self.inputs, self.dtype), *self.check(joined)]
            if findings:
                raise BayesError(tuple(dict.fromkeys(findings)))
            found = arguments(joined, self.inputs, self.dtype)
            for name, file in files.items():
                file.add(found[name])
            self.rows += len(part.rows)
        if joined is None:
            none = errors.no_rows(self.model.source, self.table.span, self.table.plate, (), None)
            raise BayesError((none,))
        for name, given in self.inputs.items():
            if given == Size(self.table.plate):
                found[name] = self.rows
        found |= {name: file.tensor() for name, file in files.items()}
        members = {**joined.members, self.table.plate: range(1, self.rows + 1)}
        dropped = self.read - self.rows
        return Streamed(found, members, joined, self.parts.name, self.parts.sha256, self.rows, dropped)

    def _is_by_row(self, given: Input) -> bool:
        if not isinstance(given, Values | Codes):
            return False
        return self.model.columns[given.column].plates[0] == self.table.plate

    def _bound(self) -> Iterator[BoundTable]:
        """The parts, bound. Raises `BayesError` with the findings of the first that has any."""
        for raw in self.parts.tables():
            part, found = bind_part(self.model, self.table, raw, self.given, self.gaps_allowed, self.wholes)
            self.read += raw.rows
            if found:
                raise BayesError(tuple(found))
            if part is not None:
                yield part

    # What takes all rows

    def _needs_all_rows(self) -> bool:
        exprs = [*self.table.where]
        for column in self.table.columns:
            exprs += [e for e in (column.value, *(column.stack or ())) if e is not None]
        calls = {call.function for expr in exprs for call in row_calls(expr)}
        return bool(calls & set(WHOLE_COLUMN)) or any(c.category is not None for c in self.table.columns)

    def _gathered(self) -> dict[str, list[object]]:
        """Go through the parts until functions of whole columns are known; the levels that were seen, by plate."""
        while True:
            texts: dict[str, set[str]] = {}
            for part in self._bound():
                for name, labels in part.labels.items():
                    texts.setdefault(name, set()).update(labels.texts)
            if not self.wholes.next_time():
                return self._levels(texts)

    def _levels(self, texts: Mapping[str, set[str]]) -> dict[str, list[object]]:
        """The members of plates of levels that columns of the table have."""
        found: dict[str, set[str]] = {}
        for column in self.model.columns.values():
            plate = self.model.plates.get(column.category) if column.category is not None else None
            if plate is None or plate.origin is not ir.Origin.LEVELS:
                continue
            if column.name in texts:
                found.setdefault(plate.name, set()).update(texts[column.name])
            elif (other := self.others.get(column.plates[0])) is not None and column.name in other.labels:
                found.setdefault(plate.name, set()).update(other.labels[column.name].texts)
        mine = {column.category for column in self.table.columns}
        return {plate: in_order(labels) for plate, labels in found.items() if plate in mine}


class _Rows:
    """An argument that is written to a file, part after part. The file has no name: it goes when nobody maps it."""

    def __init__(self) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the tensor over it
        self._rows = 0
        self._like: torch.Tensor | None = None

    def add(self, part: torch.Tensor) -> None:
        self._file.write(np.ascontiguousarray(part.numpy()).data)
        self._rows += len(part)
        self._like = part[:0]

    def tensor(self) -> torch.Tensor:
        """All parts, of shape (rows, ..), over the file."""
        self._file.flush()
        shape = (self._rows, *self._like.shape[1:])
        mapped = np.memmap(self._file, dtype=self._like.numpy().dtype, mode="r+", shape=shape)
        self._file.close()
        return torch.from_numpy(mapped)
