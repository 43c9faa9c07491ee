"""One table: its source read, rows filtered, columns computed and checked against their types.

data nation from "rugged.csv" (sep = ";") { where present(rgdppc_2000); log_gdp : real = log(rgdppc_2000) }
->  BoundTable(170 of 234 rows, values {log_gdp: float64[170]})

What is wrong with one column leaves the others to be looked at, so that all findings come in one go; what would follow
from a column in which something was found is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from bayesdsl.diagnostics.diagnostic import BayesError, Cell, Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors, in_place
from bayesdsl.runtime.binding.columns import (
    COMPARED_AS_TEXT,
    SHOWN_CELLS,
    Broken,
    Cells,
    Evaluator,
    Labels,
    Readings,
    Rejected,
    by_row,
    labels_of,
    names,
)
from bayesdsl.runtime.binding.supports import violations
from bayesdsl.runtime.sources.read import read_source
from bayesdsl.runtime.sources.table import RawTable
from bayesdsl.source import Span

# No data were given for a table in place of those of the spec. (None is something that can be given, if wrongly.)
NOT_GIVEN = object()


@dataclass(eq=False)
class BoundTable:
    """The kept rows of a table.

    `rows` are their positions in the source, from 0. `values` are float64 arrays of shape (rows,) or (rows, k) of the
    columns that are sound; `labels` those of category columns. `keys` are the labels of the rows: None for a table
    without a key, or one whose key is not sound (`key_broken`). `members` are the names of each matrix's columns, None
    where the source does not tell. `parts` are each column's expressions. `replaced` says that the data are not those
    of the spec.
    """

    table: ir.Table
    raw: RawTable
    replaced: bool
    rows: np.ndarray
    evaluator: Evaluator
    parts: dict[str, tuple[ir.RowExpr, ...]]
    values: dict[str, np.ndarray] = field(default_factory=dict)
    labels: dict[str, Labels] = field(default_factory=dict)
    members: dict[str, list[str] | None] = field(default_factory=dict)
    keys: list[str] | None = None
    key_broken: bool = False

    def keys_left_out(self) -> frozenset[str]:
        """The keys of rows that were filtered out."""
        if self.keys is None:
            return frozenset()
        return frozenset(labels_of(self.raw.columns[self.table.key], None).texts).difference(self.keys)

    def cells(self, column: str, selected: np.ndarray) -> tuple[Cell, ...]:
        """The places of the first of the values that a mask of shape (rows,) or (rows, k) selects."""
        parts = self.parts[column]
        if selected.ndim == 1 or len(parts) == 1:
            found = [cell for part in parts for cell in self.evaluator.cells(part, by_row(selected))]
            return tuple(dict.fromkeys(found))[:SHOWN_CELLS]
        cells: dict[Cell, None] = {}
        for row, member in np.argwhere(selected)[:SHOWN_CELLS]:
            here = np.zeros(len(selected), dtype=bool)
            here[row] = True
            cells |= dict.fromkeys(self.evaluator.cells(parts[member], here))
        return tuple(cells)[:SHOWN_CELLS]


def bind_table(
    model: ir.Model,
    table: ir.Table,
    given: object = NOT_GIVEN,
    base_dir: Path = Path(),
    gaps_allowed: frozenset[str] = frozenset(),
) -> tuple[BoundTable | None, list[Diagnostic]]:
    """Read and check one table: what could be bound of it, None where not even its rows are known, and findings.

    `given` takes the place of the spec's source. `gaps_allowed` are columns whose missing values are kept, as NaN.
    """
    try:
        raw = _read(model, table, given, base_dir)
    except BayesError as error:
        place = table.source_span or table.span
        return None, [errors.placed(d, model.source, place) for d in error.diagnostics]
    binder = _Binder(model, table, raw, given, gaps_allowed)
    return binder.bound(), binder.found


def _read(model: ir.Model, table: ir.Table, given: object, base_dir: Path) -> RawTable:
    """The source of a table. Raises `BayesError`."""
    if given is not NOT_GIVEN:
        return read_source(given, dict(table.options), base_dir, name=table.plate, replaced=True)
    if table.in_place:
        return in_place.read(model, table)
    if table.source is None:
        raise BayesError((errors.no_data(model.source, table.span, table.plate),))
    return read_source(table.source, dict(table.options), base_dir, name=table.plate)


class _Binder:
    """The steps of binding a table, with what they find."""

    def __init__(
        self, model: ir.Model, table: ir.Table, raw: RawTable, given: object, gaps_allowed: frozenset[str]
    ) -> None:
        self.model = model
        self.source = model.source
        self.table = table
        self.raw = raw
        self.given = given
        self.gaps_allowed = gaps_allowed
        self.readings = Readings(raw)
        self.found: list[Diagnostic] = []
        self.broken: set[str] = set()
        self.parts: dict[str, tuple[ir.RowExpr, ...]] = {}
        # What each filter keeps, in words; where which columns of the source are missing, by their names.
        self.filters: list[str] = []
        self.missing: dict[str, tuple[Span, np.ndarray]] = {}

    def report(self, finding: Diagnostic) -> None:
        if finding not in self.found:
            self.found.append(finding)

    def bound(self) -> BoundTable | None:
        """The table; None where its rows are not known, or there are none."""
        self._find_columns()
        rows = self._filtered()
        if rows is None:
            return None
        rows = self._complete(rows)
        if not len(rows):
            self.report(errors.no_rows(self.source, self.table.span, self.table.plate, self.filters, self._near()))
            return None
        replaced = self.given is not NOT_GIVEN
        bound = BoundTable(self.table, self.raw, replaced, rows, self._evaluator(rows), self.parts)
        for column in self.table.columns:
            self._column(bound, column)
        if self.table.key is not None:
            self._keys(bound)
        for name, (span, gaps) in self.missing.items():
            where = bound.evaluator.positions(gaps)
            self.report(errors.missing_values(self.source, span, name, self.readings.cells(name, where), len(where)))
        return bound

    def _evaluator(self, rows: np.ndarray, strict: bool = True) -> Evaluator:
        kept = None if len(rows) == self.raw.rows else rows
        return Evaluator(self.source, self.readings, self.model.constants, kept, broken=set(self.broken), strict=strict)

    # Which columns of the source are needed

    def _find_columns(self) -> None:
        """The expressions of each column over the source's columns; findings where one does not exist."""
        declared: list[str] = []
        for column in self.table.columns:
            self.parts[column.name] = self._expressions(column)
            for expr in self.parts[column.name]:
                for name in self._unknown(expr, declared):
                    self.broken.add(column.name)
                    self.report(self._missing_column(name.span, name.name, declared))
            declared.append(column.name)
        for condition in self.table.where:
            for name in self._unknown(condition, ()):
                self.broken.add(name.name)
                if name.name in declared:
                    self.report(errors.condition_on_declared(self.source, name.span, name.name, self._named()))
                else:
                    self.report(self._missing_column(name.span, name.name, ()))
        if self.table.key is not None and self.table.key not in self.readings:
            self.report(self._missing_column(self.table.source_span or self.table.span, self.table.key, ()))

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

    def _unknown(self, expr: ir.RowExpr, declared: Sequence[str]) -> Iterator[ir.RowName]:
        """The names of an expression that mean nothing."""
        for name in names(expr):
            if not (name.name in self.readings or name.name in declared or name.name in self.model.constants):
                yield name

    def _missing_column(self, span: Span, name: str, declared: Sequence[str]) -> Diagnostic:
        known, others = list(self.raw.columns), [*declared, *self.model.constants]
        aside, own = self.raw.set_aside.get(name), any(c.name == name and c.span == span for c in self.table.columns)
        return errors.missing_column(self.source, span, name, self._named(), known, others, aside, own)

    def _named(self) -> str:
        """The data as a message calls them."""
        if self.given is NOT_GIVEN or isinstance(self.given, str | os.PathLike):
            return f"`{self.raw.name}`"
        return f"the {self.raw.name} given for `{self.table.plate}`"

    # Which rows are kept

    def _filtered(self) -> np.ndarray | None:
        """The rows for which every condition holds, each asked of the rows that those above it keep."""
        rows = np.arange(self.raw.rows)
        for condition in self.table.where:
            try:
                holds = self._holds(self._evaluator(rows), condition)
            except Rejected as rejected:
                self.report(rejected.finding)
                return None
            except Broken:
                return None
            before, rows = len(rows), rows[holds]
            text = self.source.slice(condition.span)
            self.filters.append(f"`where {text}` keeps {len(rows):,} of {before:,} rows")
        return rows

    def _holds(self, evaluator: Evaluator, condition: ir.RowExpr) -> np.ndarray:
        """The rows for which a condition surely holds. Raises `Rejected` and `Broken`."""
        cells = evaluator.evaluate(condition)
        if cells.values.ndim == 2:
            raise Rejected(errors.matrix_as_condition(self.source, condition.span, cells.values.shape[1]))
        holds = (cells.values != 0) & ~np.isnan(cells.values)
        if cells.absent is not None:
            holds &= ~cells.absent
        return np.broadcast_to(holds, (evaluator.count,))

    def _complete(self, rows: np.ndarray) -> np.ndarray:
        """With `missing drop`, the rows in which nothing is missing that the table needs."""
        if not self.table.drop_missing or not len(rows):
            return rows
        gaps = np.zeros(len(rows), dtype=bool)
        evaluator = self._evaluator(rows, strict=False)
        if self.table.key in self.readings:
            gaps |= evaluator.of_rows(self.readings.missing(self.table.key))
        for column in self.table.columns:
            missing = self._gaps(evaluator, column)
            if missing is not None and column.name not in self.gaps_allowed:
                gaps |= missing
        if not gaps.any():
            return rows
        self.filters.append(f"`missing drop` keeps {int((~gaps).sum()):,} of {len(rows):,} rows")
        return rows[~gaps]

    def _gaps(self, evaluator: Evaluator, column: ir.Column) -> np.ndarray | None:
        """The rows in which a column is missing. What else is wrong with it is found later."""
        if column.name in evaluator.broken:
            return None
        try:
            if column.category is not None:
                labels = evaluator.categories(self.parts[column.name][0])
                evaluator.labels[column.name] = labels
                return labels.gaps
            parts = [evaluator.evaluate(expr) for expr in self.parts[column.name]]
        except (Rejected, Broken):
            evaluator.broken.add(column.name)
            return None
        if len(column.plates) == 1 or any(cells.values.ndim == 2 for cells in parts):
            evaluator.columns[column.name] = parts[0]
        else:
            evaluator.columns[column.name] = _side_by_side(parts, evaluator.count)
        found = [cells.gaps for cells in parts if cells.gaps is not None]
        return np.logical_or.reduce([np.broadcast_to(gaps, (evaluator.count,)) for gaps in found]) if found else None

    def _near(self) -> tuple[str, str] | None:
        """For conditions that hold in no row: a text that no row has, and a label that may have been meant."""
        for condition in self.table.where:
            for name, text in _compared(condition):
                column = self.raw.columns.get(name)
                if column is None or column.width is not None:
                    continue
                known = labels_of(column, None).texts
                near = errors.near_label(text, known) if text not in known else None
                if near is not None:
                    return text, near
        return None

    # Columns

    def _column(self, bound: BoundTable, column: ir.Column) -> None:
        """Compute a column and hold it against its type."""
        evaluator = bound.evaluator
        leaves = (leaf for expr in self.parts[column.name] for leaf in evaluator.sources_of(expr))
        evaluator.leaves[column.name] = tuple(dict.fromkeys(leaves))
        if column.name in evaluator.broken:
            return
        try:
            if column.category is not None:
                self._category(bound, column)
            else:
                self._numbers(bound, column)
        except Rejected as rejected:
            self.report(rejected.finding)
            evaluator.broken.add(column.name)
        except Broken:
            evaluator.broken.add(column.name)

    def _category(self, bound: BoundTable, column: ir.Column) -> None:
        expr = self.parts[column.name][0]
        labels = bound.evaluator.categories(expr)
        if labels.gaps is not None:
            self._note_missing(bound, expr, labels.gaps)
            raise Broken
        bound.labels[column.name] = bound.evaluator.labels[column.name] = labels

    def _numbers(self, bound: BoundTable, column: ir.Column) -> None:
        parts = self._parts(bound, column)
        cells = self._matrix(bound, column, parts) if len(column.plates) > 1 else self._vector(bound, column, parts[0])
        self._check(bound, column, cells)
        if cells.absent is not None:
            cells.values[cells.absent] = np.nan
        bound.values[column.name] = cells.values
        bound.evaluator.columns[column.name] = cells

    def _parts(self, bound: BoundTable, column: ir.Column) -> list[Cells]:
        """The values of a column's expressions; all that is wrong with any of them is reported. Raises `Broken`."""
        result: list[Cells] = []
        for expr in self.parts[column.name]:
            try:
                cells = bound.evaluator.evaluate(expr)
            except Rejected as rejected:
                self.report(rejected.finding)
                continue
            if cells.gaps is not None and column.name not in self.gaps_allowed:
                self._note_missing(bound, expr, np.broadcast_to(cells.gaps, bound.rows.shape))
                continue
            result.append(cells)
        if len(result) < len(self.parts[column.name]):
            raise Broken
        return result

    def _vector(self, bound: BoundTable, column: ir.Column, cells: Cells) -> Cells:
        if cells.values.ndim == 2:
            raise Rejected(errors.matrix_as_column(self.source, column.span, column.name, cells.values.shape[1]))
        return _side_by_side([cells], len(bound.rows), flat=True)

    def _matrix(self, bound: BoundTable, column: ir.Column, parts: list[Cells]) -> Cells:
        """The columns of a matrix side by side; notes the names of its members."""
        bound.members[column.name] = None
        if parts[0].values.ndim == 2 and len(parts) == 1:
            return Cells(parts[0].values.copy(), parts[0].absent)
        if any(cells.values.ndim == 2 for cells in parts):
            raise Rejected(errors.stacked_matrices(self.source, column.span, column.name))
        found = column.pattern is not None
        exprs = self.parts[column.name]
        bound.members[column.name] = [expr.name if found else self.source.slice(expr.span) for expr in exprs]
        return _side_by_side(parts, len(bound.rows))

    def _check(self, bound: BoundTable, column: ir.Column, cells: Cells) -> None:
        """Hold values against the column's type. Raises `Rejected`."""
        there = np.True_ if cells.absent is None else ~cells.absent
        infinite = ~np.isfinite(cells.values) & there
        if infinite.any():
            direct = all(isinstance(e, ir.RowName) and e.name in self.readings for e in self.parts[column.name])
            places, rows = bound.cells(column.name, infinite), int(by_row(infinite).sum())
            example = float(cells.values[infinite][0])
            raise Rejected(errors.not_finite(self.source, column.span, column.name, places, rows, example, direct))
        if column.type is None or column.type.event:
            return
        bad = violations(cells.values, column.type) & there
        if bad.any():
            places, example = bound.cells(column.name, bad), float(cells.values[bad][0])
            raise Rejected(
                errors.outside_type(self.source, column.span, column.name, column.type, places, int(bad.sum()), example)
            )

    def _note_missing(self, bound: BoundTable, expr: ir.RowExpr, gaps: np.ndarray) -> None:
        """Remember which columns of the source are missing where an expression is, to be said once of each."""
        for name in names(expr):
            if name.name not in self.readings:
                continue
            missing = bound.evaluator.of_rows(self.readings.missing(name.name)) & gaps
            if missing.any():
                span, before = self.missing.get(name.name, (name.span, False))
                self.missing[name.name] = (span, before | missing)

    # Keys

    def _keys(self, bound: BoundTable) -> None:
        """The labels of a table's rows, each its own."""
        bound.key_broken = True
        key, place = self.table.key, self.table.source_span or self.table.span
        if key not in self.readings:
            return
        column = self.raw.columns[key]
        if column.width is not None:
            self.report(errors.matrix_as_category(self.source, place, column.width))
            return
        labels = labels_of(column, bound.evaluator.rows)
        if labels.gaps is not None:
            _, before = self.missing.get(key, (place, False))
            self.missing[key] = (place, before | labels.gaps)
        repeated = np.flatnonzero(np.bincount(labels.positions[labels.positions >= 0]) > 1)
        if len(repeated):
            rows = bound.evaluator.positions(labels.positions == repeated[0])
            cells, label = self.readings.cells(key, rows), labels.texts[repeated[0]]
            self.report(errors.duplicate_keys(self.source, place, key, label, cells, len(repeated) - 1))
        elif labels.gaps is None:
            bound.keys = [labels.texts[i] for i in labels.positions]
            bound.key_broken = False


def _side_by_side(parts: Sequence[Cells], rows: int, flat: bool = False) -> Cells:
    """Columns as one new array of shape (rows, k), or (rows,) for a single one that is to be `flat`."""
    shape = (rows, len(parts))
    values, absent = np.empty(shape), None
    for i, cells in enumerate(parts):
        values[:, i] = cells.values
        if cells.absent is not None:
            absent = np.zeros(shape, dtype=bool) if absent is None else absent
            absent[:, i] = cells.absent
    if not flat:
        return Cells(values, absent)
    return Cells(values[:, 0], None if absent is None else absent[:, 0])


def _compared(expr: ir.RowExpr) -> Iterator[tuple[str, str]]:
    """The names and texts that a condition compares."""
    match expr:
        case ir.RowCall(op, (ir.RowName(name), ir.RowValue(str(text)))) if op in COMPARED_AS_TEXT:
            yield name, text
        case ir.RowCall(op, (ir.RowValue(str(text)), ir.RowName(name))) if op in COMPARED_AS_TEXT:
            yield name, text
        case ir.RowCall(_, args):
            for arg in args:
                yield from _compared(arg)
