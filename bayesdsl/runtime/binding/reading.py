"""A table as it is read: its source, what is found in it, and which of the source's columns the spec asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.lower.training import Statistics
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.columns import Evaluator, Readings, names
from bayesdsl.runtime.binding.wholes import Wholes
from bayesdsl.runtime.sources.table import RawTable
from bayesdsl.source import Source, Span

# No data were given for a table in place of those of the spec. (None is something that can be given, if wrongly.)
NOT_GIVEN = object()


@dataclass(eq=False)
class Reading:
    """What is known of a table while it is bound.

    `given` is what the data were given as, if they were. `parts` are the expressions of each column of the spec over
    the source's columns, one of them or one for each column of a matrix; `broken` the columns (and names in
    conditions) that mean nothing in this source. `gaps_allowed` are columns whose missing values are kept,
    `by_column` the matrices that are laid out column after column. Where the
    source is a part of the table, `wholes` knows functions of whole columns. `fitted` is what these found in the rows
    of a fit, which they then take instead of looking at these.
    """

    model: ir.Model
    table: ir.Table
    raw: RawTable
    given: object = NOT_GIVEN
    gaps_allowed: frozenset[str] = frozenset()
    wholes: Wholes | None = None
    fitted: Statistics | None = None
    by_column: frozenset[str] = frozenset()
    found: list[Diagnostic] = field(default_factory=list)
    parts: dict[str, tuple[ir.RowExpr, ...]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.readings = Readings(self.raw)
        self._find_columns()
        self._find_names_of_conditions()
        if self.table.key is not None and self.table.key not in self.readings:
            self.report(self._missing(self.place, self.table.key, ()))

    @property
    def source(self) -> Source:
        return self.model.source

    @property
    def place(self) -> Span:
        """Where the spec names the source."""
        return self.table.source_span or self.table.span

    @property
    def replaced(self) -> bool:
        return self.given is not NOT_GIVEN

    def report(self, finding: Diagnostic) -> None:
        if finding not in self.found:
            self.found.append(finding)

    def evaluator(self, rows: np.ndarray, strict: bool = True) -> Evaluator:
        """Evaluates expressions on these rows of the source."""
        kept = None if len(rows) == self.raw.rows else rows
        broken = set(self.broken)
        made = Evaluator(
            self.source, self.readings, self.model.constants, kept, broken=broken, strict=strict, wholes=self.wholes
        )
        made.fitted = self.fitted
        return made

    # Which columns of the source are asked for

    def _find_columns(self) -> None:
        """The expressions of each column; findings where they name what does not exist."""
        declared: list[str] = []
        for column in self.table.columns:
            self.parts[column.name] = self._expressions(column)
            for expr in self.parts[column.name]:
                for name in self._unknown(expr, declared):
                    self.broken.add(column.name)
                    self.report(self._missing(name.span, name.name, declared))
            declared.append(column.name)

    def _expressions(self, column: ir.Column) -> tuple[ir.RowExpr, ...]:
        if column.stack is not None:
            return column.stack
        if column.value is not None:
            return (column.value,)
        if column.pattern is None:
            return (ir.RowName(column.name, column.span),)
        found = [name for name in self.raw.columns if fnmatchcase(name, column.pattern)]
        if not found:
            self.broken.add(column.name)
            known = list(self.raw.columns)
            self.report(errors.no_match(self.source, column.span, column.pattern, self._named(), known))
        return tuple(ir.RowName(name, column.span) for name in found)

    def _find_names_of_conditions(self) -> None:
        declared = {column.name for column in self.table.columns}
        for condition in self.table.where:
            for name in self._unknown(condition, ()):
                self.broken.add(name.name)
                if name.name in declared:
                    self.report(errors.condition_on_declared(self.source, name.span, name.name, self._named()))
                else:
                    self.report(self._missing(name.span, name.name, ()))

    def _unknown(self, expr: ir.RowExpr, declared: Sequence[str]) -> Iterator[ir.RowName]:
        """The names of an expression that mean nothing."""
        for name in names(expr):
            if not (name.name in self.readings or name.name in declared or name.name in self.model.constants):
                yield name

    def _missing(self, span: Span, name: str, declared: Sequence[str]) -> Diagnostic:
        known, others = list(self.raw.columns), [*declared, *self.model.constants]
        aside, own = self.raw.set_aside.get(name), any(c.name == name and c.span == span for c in self.table.columns)
        return errors.missing_column(self.source, span, name, self._named(), known, others, aside, own)

    def _named(self) -> str:
        """The data as a message calls them."""
        if not self.replaced or isinstance(self.given, str | os.PathLike):
            return f"`{self.raw.name}`"
        return f"the {self.raw.name} given for `{self.table.plate}`"
