"""One table: its source read, rows filtered, columns computed and checked against their types.

data nation from "rugged.csv" (sep = ";") { where present(rgdppc_2000); log_gdp : real = log(rgdppc_2000) }
->  BoundTable(170 of 234 rows, values {log_gdp: float64[170]})

What is wrong with one column leaves the others to be looked at, so that all findings come in one go; what would follow
from a column in which something was found is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bayesdsl.diagnostics.diagnostic import BayesError, Cell, Diagnostic
from bayesdsl.lower.training import Statistics
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors, in_place
from bayesdsl.runtime.binding.cells import Cells, Labels, by_row, labels_of, side_by_side
from bayesdsl.runtime.binding.columns import SHOWN_CELLS, Broken, Evaluator, Rejected, names
from bayesdsl.runtime.binding.reading import NOT_GIVEN, Reading
from bayesdsl.runtime.binding.rows import kept_rows
from bayesdsl.runtime.binding.supports import violations
from bayesdsl.runtime.binding.wholes import Wholes
from bayesdsl.runtime.sources.read import read_source
from bayesdsl.runtime.sources.table import RawTable
from bayesdsl.source import Span


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
    by_column: frozenset[str] = frozenset(),
) -> tuple[BoundTable | None, list[Diagnostic]]:
    """Read and check one table: what could be bound of it, None where not even its rows are known, and findings.

    `given` takes the place of the spec's source. `gaps_allowed` are columns whose missing values are kept, as NaN,
    `by_column` the matrices that are laid out column after column.
    """
    try:
        raw = _read(model, table, given, base_dir)
    except BayesError as error:
        place = table.source_span or table.span
        return None, [errors.placed(d, model.source, place) for d in error.diagnostics]
    reading = Reading(model, table, raw, given, gaps_allowed, by_column=by_column)
    rows = kept_rows(reading)
    bound = None if rows is None else _Binder(reading, rows).bound
    return bound, reading.found


def bind_rows(
    model: ir.Model, table: ir.Table, raw: RawTable, fitted: Statistics
) -> tuple[BoundTable, list[Diagnostic]]:
    """All rows of a source as rows of a table that was fitted on others: nothing is filtered, and functions of whole
    columns take what they found then (`fitted`). What could be bound of it, and findings."""
    reading = Reading(model, table, raw, raw, fitted=fitted)
    return _Binder(reading, np.arange(raw.rows)).bound, reading.found


def bind_part(
    model: ir.Model, table: ir.Table, raw: RawTable, given: object, gaps_allowed: frozenset[str], wholes: Wholes
) -> tuple[BoundTable | None, list[Diagnostic]]:
    """As `bind_table`, for a part of a table. None also where none of its rows are kept."""
    reading = Reading(model, table, raw, given, gaps_allowed, wholes)
    rows = kept_rows(reading)
    bound = None if rows is None or not len(rows) else _Binder(reading, rows).bound
    return bound, reading.found


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
    """Computes the columns of a table on the rows that are kept."""

    def __init__(self, reading: Reading, rows: np.ndarray) -> None:
        self.reading = reading
        self.source = reading.source
        self.table = reading.table
        self.evaluator = reading.evaluator(rows)
        self.bound = BoundTable(self.table, reading.raw, reading.replaced, rows, self.evaluator, reading.parts)
        # Where columns of the source are missing, and where they stand in the spec, by their names.
        self.missing: dict[str, tuple[Span, np.ndarray]] = {}
        for column in self.table.columns:
            self._column(column)
        if self.table.key is not None:
            self._keys(self.table.key)
        self._report_missing()

    # Columns

    def _column(self, column: ir.Column) -> None:
        """Compute a column and hold it against its type."""
        evaluator = self.evaluator
        leaves = (leaf for expr in self.reading.parts[column.name] for leaf in evaluator.sources_of(expr))
        evaluator.leaves[column.name] = tuple(dict.fromkeys(leaves))
        if column.name in evaluator.broken:
            return
        try:
            if column.category is not None:
                self._category(column)
            else:
                self._numbers(column)
        except Rejected as rejected:
            self.reading.report(rejected.finding)
            evaluator.broken.add(column.name)
        except Broken:
            evaluator.broken.add(column.name)

    def _category(self, column: ir.Column) -> None:
        expr = self.reading.parts[column.name][0]
        labels = self.evaluator.categories(expr)
        if labels.gaps is not None:
            self._note_missing(expr, labels.gaps)
            raise Broken
        self.bound.labels[column.name] = self.evaluator.labels[column.name] = labels

    def _numbers(self, column: ir.Column) -> None:
        parts = self._parts(column)
        cells = self._matrix(column, parts) if len(column.plates) > 1 else self._vector(column, parts[0])
        self._check(column, cells)
        if cells.absent is not None:
            cells.values[cells.absent] = np.nan
        self.bound.values[column.name] = cells.values
        self.evaluator.columns[column.name] = cells

    def _parts(self, column: ir.Column) -> list[Cells]:
        """The values of a column's expressions; all that is wrong with any of them is reported. Raises `Broken`."""
        result: list[Cells] = []
        for expr in self.reading.parts[column.name]:
            try:
                cells = self.evaluator.evaluate(expr)
            except Rejected as rejected:
                self.reading.report(rejected.finding)
                continue
            if cells.gaps is not None and column.name not in self.reading.gaps_allowed:
                self._note_missing(expr, np.broadcast_to(cells.gaps, self.bound.rows.shape))
                continue
            result.append(cells)
        if len(result) < len(self.reading.parts[column.name]):
            raise Broken
        return result

    def _vector(self, column: ir.Column, cells: Cells) -> Cells:
        if cells.values.ndim == 2:
            raise Rejected(errors.matrix_as_column(self.source, column.span, column.name, cells.values.shape[1]))
        return side_by_side([cells], len(self.bound.rows), flat=True)

    def _matrix(self, column: ir.Column, parts: list[Cells]) -> Cells:
        """The columns of a matrix side by side; notes the names of its members."""
        self.bound.members[column.name] = None
        if parts[0].values.ndim == 2 and len(parts) == 1:
            order = "F" if column.name in self.reading.by_column else "C"
            return Cells(parts[0].values.copy(order=order), parts[0].absent)
        if any(cells.values.ndim == 2 for cells in parts):
            raise Rejected(errors.stacked_matrices(self.source, column.span, column.name))
        found = column.pattern is not None
        exprs = self.reading.parts[column.name]
        self.bound.members[column.name] = [expr.name if found else self.source.slice(expr.span) for expr in exprs]
        return side_by_side(parts, len(self.bound.rows), by_column=column.name in self.reading.by_column)

    def _check(self, column: ir.Column, cells: Cells) -> None:
        """Hold values against the column's type. Raises `Rejected`."""
        there = np.True_ if cells.absent is None else ~cells.absent
        infinite = np.isfinite(cells.values)
        np.logical_not(infinite, out=infinite)
        infinite &= there
        if infinite.any():
            read = self.reading.readings
            direct = all(isinstance(e, ir.RowName) and e.name in read for e in self.reading.parts[column.name])
            places, rows = self.bound.cells(column.name, infinite), int(by_row(infinite).sum())
            example = float(cells.values[infinite][0])
            raise Rejected(errors.not_finite(self.source, column.span, column.name, places, rows, example, direct))
        if column.type is None or column.type.event:
            return
        bad = violations(cells.values, column.type) & there
        if bad.any():
            places, example = self.bound.cells(column.name, bad), float(cells.values[bad][0])
            raise Rejected(
                errors.outside_type(self.source, column.span, column.name, column.type, places, int(bad.sum()), example)
            )

    def _note_missing(self, expr: ir.RowExpr, gaps: np.ndarray) -> None:
        """Remember which columns of the source are missing where an expression is, to be said once of each."""
        for name in names(expr):
            if name.name not in self.reading.readings:
                continue
            missing = self.evaluator.of_rows(self.reading.readings.missing(name.name)) & gaps
            if missing.any():
                span, before = self.missing.get(name.name, (name.span, False))
                self.missing[name.name] = (span, before | missing)

    def _report_missing(self) -> None:
        readings = self.reading.readings
        for name, (span, gaps) in self.missing.items():
            where = self.evaluator.positions(gaps)
            cells = readings.cells(name, where)
            self.reading.report(errors.missing_values(self.source, span, name, cells, len(where)))

    # Keys

    def _keys(self, key: str) -> None:
        """The labels of a table's rows, each its own."""
        self.bound.key_broken = True
        place = self.reading.place
        if key not in self.reading.readings:
            return
        column = self.reading.raw.columns[key]
        if column.width is not None:
            self.reading.report(errors.matrix_as_category(self.source, place, column.width))
            return
        labels = labels_of(column, self.evaluator.rows)
        if labels.gaps is not None:
            _, before = self.missing.get(key, (place, False))
            self.missing[key] = (place, before | labels.gaps)
        repeated = np.flatnonzero(np.bincount(labels.positions[labels.positions >= 0]) > 1)
        if len(repeated):
            rows = self.evaluator.positions(labels.positions == repeated[0])
            cells, label = self.reading.readings.cells(key, rows), labels.texts[repeated[0]]
            self.reading.report(errors.duplicate_keys(self.source, place, key, label, cells, len(repeated) - 1))
        elif labels.gaps is None:
            self.bound.keys = [labels.texts[i] for i in labels.positions]
            self.bound.key_broken = False
