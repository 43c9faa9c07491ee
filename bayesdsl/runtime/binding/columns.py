"""Column expressions: computed over the columns of a source, on the rows that are kept.

log_gdp : real = log(rgdppc_2000)   ->   numpy.log of the column, row by row
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS
from bayesdsl.model import ir
from bayesdsl.runtime.sources.table import RawTable
from bayesdsl.source import Span


class TextInArithmetic(Exception):
    """A column of text stands where a number is needed."""

    def __init__(self, name: str, span: Span) -> None:
        super().__init__(name)
        self.name = name
        self.span = span


def names(expr: ir.RowExpr) -> Iterator[ir.RowName]:
    """Every name in an expression."""
    match expr:
        case ir.RowName():
            yield expr
        case ir.RowCall(_, args):
            for arg in args:
                yield from names(arg)


def needed(expr: ir.RowExpr) -> Iterator[ir.RowName]:
    """The names whose values an expression needs: all but those that it only asks about with `present`."""
    match expr:
        case ir.RowName():
            yield expr
        case ir.RowCall(function, args) if function != "present":
            for arg in args:
                yield from needed(arg)


@dataclass
class Evaluator:
    """Evaluates expressions over `raw`, on the rows of `keep` (a mask of its rows).

    `declared` are columns of the spec computed before, on the kept rows; `constants` the spec's.
    """

    raw: RawTable
    keep: np.ndarray
    constants: Mapping[str, float]
    declared: dict[str, np.ndarray] = field(default_factory=dict)
    _reals: dict[str, np.ndarray] = field(default_factory=dict)

    def real(self, name: str) -> np.ndarray:
        """A column of the source as float64 on the kept rows; NaN where it is missing or bad."""
        if name not in self._reals:
            self._reals[name] = self.raw.columns[name].as_real().values
        return self._reals[name][self.keep]

    def evaluate(self, expr: ir.RowExpr) -> np.ndarray:
        """The values of an expression, float64 of shape (kept rows,) or a scalar. Raises `TextInArithmetic`."""
        with np.errstate(all="ignore"):
            return np.asarray(self._evaluate(expr), dtype=np.float64)

    def _evaluate(self, expr: ir.RowExpr) -> np.ndarray | float:
        match expr:
            case ir.RowValue(str(), span):
                raise TextInArithmetic("text", span)
            case ir.RowValue(value):
                return float(value)
            case ir.RowName():
                return self._name(expr)
            case ir.RowCall("==" | "!=" as op, (left, right)) if _is_text(left) or _is_text(right):
                return self._text_comparison(op, left, right)
            case ir.RowCall("present", args):
                present = np.ones(int(self.keep.sum()), dtype=bool)
                for arg in args:
                    for name in names(arg):
                        present &= ~self._missing(name.name)
                return present
            case ir.RowCall(function, args):
                values = [self._operand(arg) for arg in args]
                if function in WHOLE_COLUMN:
                    return WHOLE_COLUMN[function](*values)
                row = FUNCTIONS.get(function) or OPERATORS[function]
                return _function(row.numpy)(*values)
        raise AssertionError(expr)

    def _operand(self, expr: ir.RowExpr) -> np.ndarray | float:
        value = self._evaluate(expr)
        # Truth values are numbers here: `2 * (x > 0)`, and numpy's booleans have no minus.
        return np.asarray(value, dtype=np.float64) if getattr(value, "dtype", None) == bool else value

    def _missing(self, name: str) -> np.ndarray:
        missing = self.raw.columns[name].missing if name in self.raw.columns else np.zeros(self.raw.rows, dtype=bool)
        return (missing if missing.ndim == 1 else missing.any(axis=1))[self.keep]

    def _name(self, name: ir.RowName) -> np.ndarray | float:
        if name.name in self.raw.columns:
            column = self.raw.columns[name.name]
            if column.is_text and self._all_text(name.name):
                raise TextInArithmetic(name.name, name.span)
            return self.real(name.name)
        if name.name in self.declared:
            return self.declared[name.name]
        return float(self.constants[name.name])

    def _all_text(self, name: str) -> bool:
        reals = self.raw.columns[name].as_real()
        found = (~reals.missing)[self.keep].sum()
        bad = np.isin(np.flatnonzero(self.keep), reals.bad_rows).sum()
        return bool(found) and bad == found

    def _text_comparison(self, op: str, left: ir.RowExpr, right: ir.RowExpr) -> np.ndarray:
        text, other = (left, right) if _is_text(left) else (right, left)
        if _is_text(other):
            equal: object = text.value == other.value
        elif isinstance(other, ir.RowName) and other.name in self.raw.columns:
            equal = self.raw.columns[other.name].as_text()[self.keep] == text.value
        else:
            raise TextInArithmetic("text", text.span)
        return np.equal(equal, op == "==")


def _is_text(expr: ir.RowExpr) -> bool:
    return isinstance(expr, ir.RowValue) and isinstance(expr.value, str)


def _zscore(x: np.ndarray) -> np.ndarray:
    return (x - np.mean(x)) / np.std(x, ddof=1)


def _center(x: np.ndarray) -> np.ndarray:
    return x - np.mean(x)


def _rescale(x: np.ndarray) -> np.ndarray:
    return (x - np.min(x)) / (np.max(x) - np.min(x))


def _rank(x: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return rankdata(x)


# The functions of whole columns, by their names in the catalogue; they see the rows that are kept.
WHOLE_COLUMN = {"zscore": _zscore, "center": _center, "rescale": _rescale, "rank": _rank}


@cache
def _function(dotted: str):
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)
