"""Tables written in the spec itself, read as if they had been given, with the spec as the place of their cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from bayesdsl.diagnostics.diagnostic import Cell
from bayesdsl.model import ir
from bayesdsl.runtime.sources.read import read_source
from bayesdsl.runtime.sources.table import RawTable
from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast
from bayesdsl.syntax.parser import parse


def read(model: ir.Model, table: ir.Table) -> RawTable:
    """The values that a data block holds. Raises `BayesError` where they make no table."""
    values = {column.name: list(column.literal) for column in table.columns if column.literal is not None}
    raw = read_source(values, {}, Path(), name=table.plate)
    return replace(raw, name=table.plate, sha256=None, places=_Places(model.source, table.plate))


@dataclass(frozen=True, eq=False)
class _Places:
    """Where the values of a table stand in the spec, found by parsing it again when a message needs it."""

    source: Source
    plate: str

    @cached_property
    def spans(self) -> dict[str, tuple[Span, ...]]:
        """The places of a column's values, by its name."""
        return {
            item.target.name: tuple(element.span for element in item.value.items)
            for statement in parse(self.source).spec.statements
            if isinstance(statement, ast.Data) and statement.plate.name == self.plate
            for item in statement.items
            if isinstance(item, ast.Column) and isinstance(item.value, ast.ListOf)
        }

    def cell(self, row: int, column: str) -> Cell:
        span = self.spans[column][row]
        line, at = self.source.position(span.start)
        return Cell(self.source.name, line, at, self.source.slice(span))
