"""Column expressions: computed over the columns of a source, on some of its rows.

log_gdp : real = log(rgdppc_2000)   ->   Cells(numpy.log of the column, and where it is missing)

A missing value makes what is computed from it missing, so a comparison with one neither holds nor fails. Only
`present` asks whether a value is there, `where` needs the branch it takes, and `and` and `or` may be settled by one
side alone.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import assert_never

import numpy as np

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS
from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.sources.table import RawColumn, RawTable, Reals, spell_float
from bayesdsl.source import Source

SHOWN_CELLS = 5
COMPARED_AS_TEXT = frozenset({"==", "!="})


class Rejected(Exception):
    """An expression that has no values on these data; `finding` says why."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding)
        self.finding = finding


class Broken(Exception):
    """An expression over a column that was reported already."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Numbers of shape (), (rows,) or (rows, k), and where they are missing: bool of that shape, None for nowhere."""

    values: np.ndarray
    absent: np.ndarray | None = None

    @property
    def gaps(self) -> np.ndarray | None:
        """The rows with something missing, None where there are none."""
        if self.absent is None or not self.absent.any():
            return None
        return by_row(self.absent)


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of a category column: `texts` without repeats, and the position in them of each row, -1 for none."""

    texts: list[str]
    positions: np.ndarray

    @property
    def gaps(self) -> np.ndarray | None:
        absent = self.positions < 0
        return absent if absent.any() else None


@dataclass(eq=False)
class Readings:
    """The columns of a source as numbers, each read once."""

    raw: RawTable
    _reals: dict[str, Reals] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.raw.columns

    def reals(self, name: str) -> Reals:
        if name not in self._reals:
            self._reals[name] = self.raw.columns[name].as_real()
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


@dataclass(eq=False)
class Evaluator:
    """Evaluates expressions over a source on its rows `rows` (ascending positions, None for all).

    `columns` and `labels` are columns of the spec that stand above, on the same rows; `broken` those that could not be
    computed; `leaves` the columns of the source that each is computed from. Where `strict` is False, cells that are no
    numbers pass as NaN.
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
                operands = aligned([self._evaluate(arg) for arg in args], self.source, expr)
                if function in OWN_MISSING:
                    return OWN_MISSING[function](*operands)
                if function in WHOLE_COLUMN:
                    return self._whole_column(expr, operands[0])
                return _elementwise(function, operands)
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
        return Cells(holds.astype(np.float64), _either(no_one, no_other))

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
        return _numbered(np.where(absent, 0.0, values), absent)

    # Functions of whole columns

    def _whole_column(self, call: ir.RowCall, cells: Cells) -> Cells:
        """A function of the rows that have a value; a matrix is taken column by column."""
        values = cells.values if cells.values.ndim else np.broadcast_to(cells.values, (self.count,))
        absent = np.zeros(values.shape, dtype=bool) if cells.absent is None else cells.absent
        unusable = ~np.isfinite(values) & ~absent
        if unusable.any() and self.strict:
            inner = call.args[0]
            raise Rejected(self.not_finite(inner, values, unusable, self.source.slice(inner.span)))
        matrix, gaps = _columns_of(values), _columns_of(absent)
        result = np.full(matrix.shape, np.nan)
        for i in range(matrix.shape[1]):
            result[~gaps[:, i], i] = self._of_column(call, matrix[~gaps[:, i], i])
        return Cells(result.reshape(values.shape), cells.absent)

    def _of_column(self, call: ir.RowCall, x: np.ndarray) -> np.ndarray:
        function = WHOLE_COLUMN[call.function]
        if function.spread and len(x) and x.min() == x.max() and self.strict:
            what = self.source.slice(call.args[0].span)
            raise Rejected(errors.no_spread(self.source, call.span, call.function, what, float(x[0]), len(x)))
        return function.compute(x) if len(x) else x

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


# Shapes


def by_row(mask: np.ndarray) -> np.ndarray:
    """Of a mask of shape (rows,) or (rows, k), the rows with any."""
    return mask if mask.ndim == 1 else mask.any(axis=1)


def _columns_of(values: np.ndarray) -> np.ndarray:
    return values if values.ndim == 2 else values[:, None]


def aligned(operands: list[Cells], source: Source, call: ir.RowCall) -> list[Cells]:
    """Operands that broadcast row by row: beside a matrix, a column stands for each of the matrix's columns."""
    widths = {cells.values.shape[1] for cells in operands if cells.values.ndim == 2}
    if not widths:
        return operands
    if len(widths) > 1:
        raise Rejected(errors.unlike_matrices(source, call.span, sorted(widths)))
    return [_upright(cells) if cells.values.ndim == 1 else cells for cells in operands]


def _upright(cells: Cells) -> Cells:
    return Cells(cells.values[:, None], None if cells.absent is None else cells.absent[:, None])


def _either(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
    if a is None or b is None:
        return b if a is None else a
    return a | b


# Elementwise functions


def _elementwise(function: str, operands: list[Cells]) -> Cells:
    row = FUNCTIONS.get(function) or OPERATORS[function]
    values = np.asarray(_function(row.numpy)(*(cells.values for cells in operands)), dtype=np.float64)
    absent = None
    for cells in operands:
        absent = _either(absent, cells.absent)
    return Cells(values, absent if absent is None else np.broadcast_to(absent, values.shape))


def _and(a: Cells, b: Cells) -> Cells:
    false = _holds(a, negated=True) | _holds(b, negated=True)
    return Cells((_holds(a) & _holds(b)).astype(np.float64), _unsettled(a, b, false))


def _or(a: Cells, b: Cells) -> Cells:
    true = _holds(a) | _holds(b)
    return Cells(true.astype(np.float64), _unsettled(a, b, true))


def _holds(cells: Cells, negated: bool = False) -> np.ndarray:
    """Where a condition surely holds, or surely does not."""
    truth = (cells.values != 0) != negated
    return truth if cells.absent is None else truth & ~cells.absent


def _unsettled(a: Cells, b: Cells, settled: np.ndarray) -> np.ndarray | None:
    absent = _either(a.absent, b.absent)
    return None if absent is None else absent & ~settled


def _where(condition: Cells, yes: Cells, no: Cells) -> Cells:
    truth = condition.values != 0
    values = np.where(truth, yes.values, no.values)
    if condition.absent is None and yes.absent is None and no.absent is None:
        return Cells(values)
    gaps = [np.False_ if cells.absent is None else cells.absent for cells in (condition, yes, no)]
    return Cells(values, np.broadcast_to(gaps[0] | np.where(truth, gaps[1], gaps[2]), values.shape))


# The functions that need not be missing where an operand is.
OWN_MISSING: dict[str, Callable[..., Cells]] = {"and": _and, "or": _or, "where": _where}


@dataclass(frozen=True)
class WholeColumn:
    """A function of the values of a column; `spread` says that they may not all be equal."""

    compute: Callable[[np.ndarray], np.ndarray]
    spread: bool = False


def _zscore(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / (x.std(ddof=1) if len(x) > 1 else np.nan)


def _center(x: np.ndarray) -> np.ndarray:
    return x - x.mean()


def _rescale(x: np.ndarray) -> np.ndarray:
    return (x - x.min()) / (x.max() - x.min())


def _rank(x: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return rankdata(x)


# By their names in the catalogue.
WHOLE_COLUMN = {
    "zscore": WholeColumn(_zscore, spread=True),
    "center": WholeColumn(_center),
    "rescale": WholeColumn(_rescale, spread=True),
    "rank": WholeColumn(_rank),
}


@cache
def _function(dotted: str) -> Callable[..., np.ndarray]:
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)


# Labels


def labels_of(column: RawColumn, rows: np.ndarray | None) -> Labels:
    """A column of the source as labels, on these rows."""
    absent = column.missing if rows is None else column.missing[rows]
    cells = column.cells if rows is None else column.cells[rows]
    if not column.is_text:
        return _numbered(cells, absent)
    found: dict[str, int] = {}
    positions = np.array([found.setdefault(text, len(found)) for text in cells.tolist()], dtype=np.int64)
    return _without_absent(Labels(list(found), positions), absent)


def _numbered(values: np.ndarray, absent: np.ndarray) -> Labels:
    """Numbers and truth values as labels, spelled as a source spells them."""
    distinct, positions = np.unique(values, return_inverse=True)
    spell = {"b": lambda truth: "true" if truth else "false", "i": str, "f": spell_float}[values.dtype.kind]
    texts = ["" if value != value else spell(value) for value in distinct.tolist()]
    return _without_absent(Labels(texts, positions.astype(np.int64)), absent)


def _without_absent(labels: Labels, absent: np.ndarray) -> Labels:
    """Labels of which those of missing cells alone are gone."""
    if not absent.any():
        return labels
    positions = np.where(absent, -1, labels.positions)
    used = np.unique(positions[~absent])
    moved = np.full(len(labels.texts) + 1, -1, dtype=np.int64)
    moved[used] = np.arange(len(used))
    return replace(labels, texts=[labels.texts[i] for i in used], positions=moved[positions])
