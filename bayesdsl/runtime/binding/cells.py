"""Columns of values with their gaps, and what is computed from them row by row.

A missing value makes what is computed from it missing, so a comparison with one neither holds nor fails. Only `where`
needs no more than the branch it takes, and `and` and `or` may be settled by one side alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS
from bayesdsl.runtime.binding.wholes import Moments
from bayesdsl.runtime.sources.table import RawColumn, spell_float


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


# Shapes


def by_row(mask: np.ndarray) -> np.ndarray:
    """Of a mask of shape (rows,) or (rows, k), the rows with any."""
    return mask if mask.ndim == 1 else mask.any(axis=1)


def columns_of(values: np.ndarray) -> np.ndarray:
    return values if values.ndim == 2 else values[:, None]


def aligned(operands: Sequence[Cells]) -> list[Cells]:
    """Operands that broadcast row by row: beside a matrix, a column stands for each of the matrix's columns."""
    if all(cells.values.ndim < 2 for cells in operands):
        return list(operands)
    return [_upright(cells) if cells.values.ndim == 1 else cells for cells in operands]


def _upright(cells: Cells) -> Cells:
    return Cells(cells.values[:, None], None if cells.absent is None else cells.absent[:, None])


def either(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
    if a is None or b is None:
        return b if a is None else a
    return a | b


def side_by_side(parts: list[Cells], rows: int, flat: bool = False, by_column: bool = False) -> Cells:
    """Columns as one new array of shape (rows, k), column after column in memory where that is asked for, or (rows,)
    for a single one that is to be `flat`. They are taken out of `parts` on the way, so as not to be held twice."""
    shape = (rows, len(parts))
    values, absent = np.empty(shape, order="F" if by_column else "C"), None
    for i in range(len(parts)):
        cells = parts.pop(0)
        values[:, i] = cells.values
        if cells.absent is not None:
            absent = np.zeros(shape, dtype=bool) if absent is None else absent
            absent[:, i] = cells.absent
    if not flat:
        return Cells(values, absent)
    return Cells(values[:, 0], None if absent is None else absent[:, 0])


# Elementwise functions


def elementwise(function: str, operands: list[Cells]) -> Cells:
    row = FUNCTIONS.get(function) or OPERATORS[function]
    values = np.asarray(_function(row.numpy)(*(cells.values for cells in operands)), dtype=np.float64)
    absent = None
    for cells in operands:
        absent = either(absent, cells.absent)
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
    absent = either(a.absent, b.absent)
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
    """A function of the values of a column; `spread` says that they may not all be equal.

    `fit` gives what it has to know of the column, `apply` its values on numbers that need not be the column's: a
    prediction computes with what was fitted to the rows of the fit. `of_moments` fits it to all values of a column of
    which only some are at hand; None where it takes more than their moments.
    """

    fit: Callable[[np.ndarray], np.ndarray]
    apply: Callable[[np.ndarray, np.ndarray], np.ndarray]
    spread: bool = False
    of_moments: Callable[[Moments], np.ndarray] | None = None


def _mean_and_sd(x: np.ndarray) -> np.ndarray:
    return np.array([x.mean(), x.std(ddof=1) if len(x) > 1 else np.nan])


def _rank(x: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Ranks among the numbers of `ordered`, which ascend; equal ones share their mean rank."""
    below, up_to = np.searchsorted(ordered, x, "left"), np.searchsorted(ordered, x, "right")
    return (below + up_to + 1) / 2


# By their names in the catalogue.
WHOLE_COLUMN = {
    "zscore": WholeColumn(
        _mean_and_sd,
        lambda x, known: (x - known[0]) / known[1],
        spread=True,
        of_moments=lambda m: np.array([m.mean, m.sd if m.count > 1 else np.nan]),
    ),
    "center": WholeColumn(
        lambda x: np.array([x.mean()]), lambda x, known: x - known[0], of_moments=lambda m: np.array([m.mean])
    ),
    "rescale": WholeColumn(
        lambda x: np.array([x.min(), x.max()]),
        lambda x, known: (x - known[0]) / (known[1] - known[0]),
        spread=True,
        of_moments=lambda m: np.array([m.least, m.greatest]),
    ),
    "rank": WholeColumn(np.sort, _rank),
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
        return numbered(cells, absent)
    found: dict[str, int] = {}
    positions = np.array([found.setdefault(text, len(found)) for text in cells.tolist()], dtype=np.int64)
    return _without_absent(Labels(list(found), positions), absent)


def numbered(values: np.ndarray, absent: np.ndarray) -> Labels:
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
