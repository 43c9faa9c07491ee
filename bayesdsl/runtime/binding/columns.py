"""Column expressions: computed over the columns of a source, on some of its rows.

log_gdp : real = log(rgdppc_2000)   ->   Cells(numpy.log of the column, and where it is missing)

A name is looked for in the source first, then among the columns of the spec that stand above, then among its constants.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np

from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic
from bayesdsl.lower.training import Statistics, call_key
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.cells import (
    OWN_MISSING,
    WHOLE_COLUMN,
    Cells,
    Labels,
    WholeColumn,
    aligned,
    by_row,
    columns_of,
    either,
    elementwise,
    labels_of,
    numbered,
)
from bayesdsl.runtime.binding.wholes import Broken, Wholes
from bayesdsl.runtime.sources.table import RawTable, Reals
from bayesdsl.source import Source

SHOWN_CELLS = 5
COMPARED_AS_TEXT = frozenset({"==", "!="})


class Rejected(Exception):
    """An expression that has no values on these data; `finding` says why."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding)
        self.finding = finding


@dataclass(eq=False)
class Readings:
    """The columns of a source as numbers, text read once."""

    raw: RawTable
    _reals: dict[str, Reals] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.raw.columns

    def reals(self, name: str) -> Reals:
        column = self.raw.columns[name]
        if not column.is_text:
            return column.numbers()
        if name not in self._reals:
            self._reals[name] = column.numbers()
        return self._reals[name]

    def missing(self, name: str) -> np.ndarray:
        """The rows of the source in which the column, or an element of a matrix, is missing."""
        return by_row(self.raw.columns[name].missing)

    def cells(self, name: str, rows: np.ndarray) -> tuple[Cell, ...]:
        """The places of the first of these rows."""
        return tuple(self.raw.cell(int(row), name) for row in rows[:SHOWN_CELLS])


def names(expr: ir.RowExpr) -> Iterator[ir.RowName]:
    """Every name in an expression."""
    match expr:
        case ir.RowName():
            yield expr
        case ir.RowCall(_, args):
            for arg in args:
                yield from names(arg)


def row_calls(expr: ir.RowExpr) -> Iterator[ir.RowCall]:
    """Every call in an expression."""
    if isinstance(expr, ir.RowCall):
        yield expr
        for arg in expr.args:
            yield from row_calls(arg)


@dataclass(eq=False)
class Evaluator:
    """Evaluates expressions over a source on its rows `rows` (ascending positions, None for all).

    `columns` and `labels` are columns of the spec that stand above, on the same rows; `broken` those that could not be
    computed; `leaves` the columns of the source that each is computed from. Where `strict` is False, cells that are no
    numbers pass as NaN. Where the source is a part of a table, `wholes` knows functions of whole columns.

    `statistics` is what functions of whole columns found in theirs, by the place of the call and for each column of a
    matrix; with `fitted`, they take what was found in another table instead.
    """

    source: Source
    readings: Readings
    constants: Mapping[str, float]
    rows: np.ndarray | None = None
    columns: dict[str, Cells] = field(default_factory=dict)
    labels: dict[str, Labels] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    leaves: dict[str, tuple[str, ...]] = field(default_factory=dict)
    strict: bool = True
    wholes: Wholes | None = None
    statistics: Statistics = field(default_factory=dict)
    fitted: Statistics | None = None

    @property
    def count(self) -> int:
        return self.readings.raw.rows if self.rows is None else len(self.rows)

    def of_rows(self, array: np.ndarray) -> np.ndarray:
        """The rows of an array over all rows of the source."""
        return array if self.rows is None else array[self.rows]

    def positions(self, selected: np.ndarray) -> np.ndarray:
        """The positions in the source of the rows that a mask selects."""
        found = np.flatnonzero(selected)
        return found if self.rows is None else self.rows[found]

    def sources_of(self, expr: ir.RowExpr) -> tuple[str, ...]:
        """The columns of the source that an expression is computed from."""
        found: dict[str, None] = {}
        for name in names(expr):
            if name.name in self.readings:
                found[name.name] = None
            else:
                found |= dict.fromkeys(self.leaves.get(name.name, ()))
        return tuple(found)

    def cells(self, expr: ir.RowExpr, selected: np.ndarray) -> tuple[Cell, ...]:
        """The cells behind an expression in the first of the rows that a mask selects."""
        rows = self.positions(selected)[:SHOWN_CELLS]
        leaves = self.sources_of(expr)
        return tuple(self.readings.raw.cell(int(row), name) for row in rows for name in leaves)[:SHOWN_CELLS]

    # Numbers

    def evaluate(self, expr: ir.RowExpr) -> Cells:
        """The values of an expression. Raises `Rejected` and `Broken`."""
        with np.errstate(all="ignore"):
            return self._evaluate(expr)

    def _evaluate(self, expr: ir.RowExpr) -> Cells:
        match expr:
            case ir.RowValue(str(), span):
                raise Rejected(errors.text_as_number(self.source, span))
            case ir.RowValue(value):
                return Cells(np.asarray(_float(value)))
            case ir.RowName():
                return self._name(expr)
            case ir.RowCall(op, (left, right)) if op in COMPARED_AS_TEXT and self._as_text(left, right):
                return self._text_comparison(op, left, right)
            case ir.RowCall("present", args):
                return Cells(self._present(args))
            case ir.RowCall(function, args):
                operands = self._aligned(expr, [self._evaluate(arg) for arg in args])
                if function in OWN_MISSING:
                    return OWN_MISSING[function](*operands)
                if function in WHOLE_COLUMN:
                    return self._whole_column(expr, operands[0])
                return elementwise(function, operands)
        assert_never(expr)

    def _name(self, name: ir.RowName) -> Cells:
        if name.name in self.readings:
            return self._read(name)
        if name.name in self.broken:
            raise Broken
        if name.name in self.columns:
            return self.columns[name.name]
        if name.name in self.labels:
            raise Rejected(errors.category_as_number(self.source, name.span, name.name))
        return Cells(np.asarray(_float(self.constants[name.name])))

    def _read(self, name: ir.RowName) -> Cells:
        """A column of the source as numbers."""
        reals = self.readings.reals(name.name)
        values, missing = self.of_rows(reals.values), self.of_rows(reals.missing)
        if self.strict and len(reals.bad_rows):
            self._refuse_bad_cells(name, reals, missing)
        return Cells(values, missing if missing.any() else None)

    def _refuse_bad_cells(self, name: ir.RowName, reals: Reals, missing: np.ndarray) -> None:
        bad = reals.bad_rows if self.rows is None else np.intersect1d(reals.bad_rows, self.rows, assume_unique=True)
        if not len(bad):
            return
        cells = self.readings.cells(name.name, bad)
        if len(bad) == self.count - int(by_row(missing).sum()):
            raise Rejected(errors.text_column(self.source, name.span, name.name, cells))
        raise Rejected(errors.bad_cells(self.source, name.span, name.name, cells, len(bad)))

    def _present(self, args: tuple[ir.RowExpr, ...]) -> np.ndarray:
        """Whether everything that is named has a value, by row."""
        present = np.ones(self.count, dtype=bool)
        for name in {n.name for arg in args for n in names(arg)}:
            if name in self.readings:
                present &= ~self.of_rows(self.readings.missing(name))
            elif name in self.broken:
                raise Broken
            else:
                declared = self.columns.get(name) or self.labels.get(name)
                if declared is not None and declared.gaps is not None:
                    present &= ~declared.gaps
        return present.astype(np.float64)

    def _aligned(self, call: ir.RowCall, operands: list[Cells]) -> list[Cells]:
        widths = {cells.values.shape[1] for cells in operands if cells.values.ndim == 2}
        if len(widths) > 1:
            raise Rejected(errors.unlike_matrices(self.source, call.span, sorted(widths)))
        return aligned(operands)

    # Text

    def _as_text(self, left: ir.RowExpr, right: ir.RowExpr) -> bool:
        """Whether to compare two operands as text: one of them can be nothing else, or both are columns of it."""
        match left, right:
            case (ir.RowValue(str()), _) | (_, ir.RowValue(str())):
                return True
            case ir.RowName(one), ir.RowName(other):
                if all(name in self.readings and self.readings.raw.columns[name].is_text for name in (one, other)):
                    return any(len(self.readings.reals(name).bad_rows) for name in (one, other))
                return any(name in self.labels and name not in self.readings for name in (one, other))
        return False

    def _text_comparison(self, op: str, left: ir.RowExpr, right: ir.RowExpr) -> Cells:
        (one, no_one), (other, no_other) = self._texts(left), self._texts(right)
        holds = np.asarray(one == other) == (op == "==")
        return Cells(holds.astype(np.float64), either(no_one, no_other))

    def _texts(self, expr: ir.RowExpr) -> tuple[np.ndarray | str, np.ndarray | None]:
        """What an expression says as text, and where it is missing."""
        match expr:
            case ir.RowValue(str(value)):
                return value, None
            case ir.RowName(name) if name in self.readings and self.readings.raw.columns[name].width is None:
                column = self.readings.raw.columns[name]
                return self.of_rows(column.as_text()), self.of_rows(column.missing)
            case ir.RowName(name) if name in self.broken:
                raise Broken
            case ir.RowName(name) if name in self.labels:
                found = self.labels[name]
                return np.array([*found.texts, None], dtype=object)[found.positions], found.gaps
        raise Rejected(errors.not_text(self.source, expr.span))

    def categories(self, expr: ir.RowExpr) -> Labels:
        """An expression's values as labels. Raises `Rejected` and `Broken`."""
        match expr:
            case ir.RowName(name, span) if name in self.readings:
                column = self.readings.raw.columns[name]
                if column.width is not None:
                    raise Rejected(errors.matrix_as_category(self.source, span, column.width))
                return labels_of(column, self.rows)
            case ir.RowName(name) if name in self.labels:
                return self.labels[name]
        found = self.evaluate(expr)
        if found.values.ndim == 2:
            raise Rejected(errors.matrix_as_category(self.source, expr.span, found.values.shape[1]))
        values = np.broadcast_to(found.values, (self.count,))
        absent = np.zeros(self.count, dtype=bool) if found.absent is None else found.absent
        unusable = ~np.isfinite(values) & ~absent
        if unusable.any():
            raise Rejected(self.not_finite(expr, values, unusable, self.source.slice(expr.span)))
        return numbered(np.where(absent, 0.0, values), absent)

    # Functions of whole columns

    def _whole_column(self, call: ir.RowCall, cells: Cells) -> Cells:
        """A function of the rows that have a value; a matrix is taken column by column."""
        values = cells.values if cells.values.ndim else np.broadcast_to(cells.values, (self.count,))
        absent = np.zeros(values.shape, dtype=bool) if cells.absent is None else cells.absent
        unusable = ~np.isfinite(values) & ~absent
        if unusable.any() and self.strict:
            inner = call.args[0]
            raise Rejected(self.not_finite(inner, values, unusable, self.source.slice(inner.span)))
        if self.wholes is not None and not self.strict:
            # Only where it is missing is asked for.
            return Cells(values, cells.absent)
        matrix, gaps = columns_of(values), columns_of(absent)
        result = np.full(matrix.shape, np.nan)
        for i in range(matrix.shape[1]):
            result[~gaps[:, i], i] = self._of_column(call, matrix[~gaps[:, i], i], i)
        if self.wholes is not None:
            self.wholes.settled(call)
        return Cells(result.reshape(values.shape), cells.absent)

    def _of_column(self, call: ir.RowCall, x: np.ndarray, column: int) -> np.ndarray:
        function = WHOLE_COLUMN[call.function]
        if self.fitted is not None:
            return function.apply(x, np.array(self.fitted[call_key(call)][column]))
        if self.wholes is not None:
            return self._of_whole(call, function, x, column)
        if function.spread and len(x) and x.min() == x.max() and self.strict:
            what = self.source.slice(call.args[0].span)
            raise Rejected(errors.no_spread(self.source, call.span, call.function, what, float(x[0]), len(x)))
        if not len(x):
            return x
        known = function.fit(x)
        self.statistics.setdefault(call_key(call), []).append(known.tolist())
        return function.apply(x, known)

    def _of_whole(self, call: ir.RowCall, function: WholeColumn, x: np.ndarray, column: int) -> np.ndarray:
        """The same of a part of a column."""
        if function.of_moments is None:
            raise Rejected(errors.not_of_parts(self.source, call.span, call.function))
        found = self.wholes.of(call, column, x)
        if found is None:
            return x
        if function.spread and found.least == found.greatest:
            what = self.source.slice(call.args[0].span)
            raise Rejected(errors.no_spread(self.source, call.span, call.function, what, found.least, found.count))
        known = function.of_moments(found)
        self.statistics.setdefault(call_key(call), []).append(known.tolist())
        return function.apply(x, known)

    def not_finite(self, expr: ir.RowExpr, values: np.ndarray, selected: np.ndarray, what: str) -> Diagnostic:
        """The finding for values that are infinite or no number, in the rows that a mask selects."""
        rows = by_row(selected)
        direct = isinstance(expr, ir.RowName) and expr.name in self.readings
        example = float(np.broadcast_to(values, selected.shape)[selected][0])
        cells = self.cells(expr, rows)
        return errors.not_finite(self.source, expr.span, what, cells, int(rows.sum()), example, direct)


def _float(value: float | int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
