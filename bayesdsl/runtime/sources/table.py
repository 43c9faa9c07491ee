"""A table as its source gives it: columns that are read as numbers or as text when someone asks for one or the other.

A column from a text file keeps its fields as text, since only its use says what they are: `01` may be the number 1 or
a label. A column from JSON, an archive or a frame has the type it came with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from bayesdsl.diagnostics.diagnostic import Cell

TEXT = np.dtypes.StringDType()
_EXACT = 2.0**53  # below it every whole float is the integer it looks like
_BLOCK = 4096


class Reals(NamedTuple):
    """A column as numbers.

    `values` is float64 of shape (rows,) or (rows, k), NaN where `missing` (bool, same shape) holds. `bad_rows` are
    the rows, ascending from 0, with a cell that is neither missing nor a number; its value is NaN too.
    """

    values: np.ndarray
    missing: np.ndarray
    bad_rows: np.ndarray


@dataclass(frozen=True)
class Missing:
    """What stands for a missing value: `words` as written, `numbers` however they are written."""

    words: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()

    @cached_property
    def as_numbers(self) -> tuple[float, ...]:
        """Every finite number among them: what is looked for in a column of numbers."""
        found = [number(word) for word in self.words]
        return self.numbers + tuple(value for value in found if value is not None and math.isfinite(value))


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column.

    `cells` is float64, int64, bool or `TEXT`, of shape (rows,), or (rows, k) for a matrix of numbers. `absent` marks
    the cells that the source itself has no value for: there `cells` holds NaN, 0, False or "". `lexicon` are
    the spellings of a missing value, and `decimal` the decimal sign of numbers written as text.
    """

    name: str
    cells: np.ndarray
    absent: np.ndarray | None = None
    lexicon: Missing = Missing()
    decimal: str = "."

    @property
    def rows(self) -> int:
        return len(self.cells)

    @property
    def is_text(self) -> bool:
        return isinstance(self.cells.dtype, np.dtypes.StringDType)

    @property
    def width(self) -> int | None:
        """k for a matrix column, None for one with a single value a row."""
        return self.cells.shape[1] if self.cells.ndim == 2 else None

    @property
    def kind(self) -> str:
        """What the source says it is: "text", "bool", "int" or "real"."""
        return "text" if self.is_text else {"b": "bool", "i": "int", "f": "real"}[self.cells.dtype.kind]

    @cached_property
    def values(self) -> np.ndarray:
        """float64, int64 or bool as they came, or an object array of str, None where missing."""
        return self.as_text() if self.is_text else self.cells

    @cached_property
    def missing(self) -> np.ndarray:
        """bool, shape as `cells`, not to be written to: where the cell is missing."""
        if self.is_text:
            return self.as_real().missing if self.lexicon.numbers else self._missing_text()
        missing = np.zeros(self.cells.shape, dtype=bool) if self.absent is None else self.absent.copy()
        if self.cells.dtype.kind == "f":
            missing |= np.isnan(self.cells)
        if self.cells.dtype.kind != "b" and self.lexicon.as_numbers:
            missing |= np.isin(self.cells, self.lexicon.as_numbers)
        # Of most columns nothing is missing, and that takes no room.
        return missing if missing.any() else np.broadcast_to(np.False_, missing.shape)

    def as_real(self) -> Reals:
        """The column as numbers, new arrays at each call.

        A text column is one of numbers if its cells are; if every cell that is not missing is a spelling of true or
        false, these are 1 and 0. NaN is not a number here: it is missing where the lexicon says so, and bad elsewhere.
        """
        if self.is_text:
            return self._text_as_real()
        missing = self.missing.copy()
        values = self.cells.astype(np.float64)
        values[missing] = np.nan
        return Reals(values, missing, np.empty(0, dtype=np.int64))

    def numbers(self) -> Reals:
        """The same, not to be written to: the cells themselves where they are numbers that nothing stands in for."""
        if self.is_text or self.cells.dtype != np.float64:
            return self.as_real()
        missing = self.missing
        if (missing & ~np.isnan(self.cells)).any():
            return self.as_real()
        values = self.cells.view()
        values.flags.writeable = False
        return Reals(values, missing, np.empty(0, dtype=np.int64))

    def as_text(self) -> np.ndarray:
        """The column as an object array of str, None where missing, same shape as `cells`.

        Whole numbers are written without a point, whatever type held them; true and false as such.
        """
        if self.is_text:
            texts = self.cells.astype(object)
        else:
            spell = {"b": lambda b: "true" if b else "false", "i": str, "f": spell_float}[self.cells.dtype.kind]
            texts = np.empty(self.cells.size, dtype=object)
            texts[:] = [spell(value) for value in self.cells.ravel().tolist()]
            texts = texts.reshape(self.cells.shape)
        texts[self.missing] = None
        return texts

    def _missing_text(self) -> np.ndarray:
        missing = np.zeros(self.cells.shape, dtype=bool) if self.absent is None else self.absent.copy()
        for word in self.lexicon.words:
            missing |= self.cells == word
        return missing

    def _text_as_real(self) -> Reals:
        cells = self.cells
        # `float` skips underscores between digits, and knows no decimal sign but the point: neither may pass.
        marks = "_" if self.decimal == "." else "_."
        wrong = np.zeros(cells.shape, dtype=bool)
        for mark in marks:
            wrong |= np.strings.find(cells, mark) >= 0
        if self.decimal != ".":
            cells = np.strings.replace(cells, self.decimal, ".")
        try:
            values, missing = cells.astype(np.float64), None
        except ValueError:
            missing = self._missing_text()
            values = _parse(np.where(missing, np.array("nan", dtype=TEXT), cells))
        # Looking for words costs more than parsing; where all is finite, only words that are numbers can be missing.
        if missing is None:
            needed = self.absent is not None or self.lexicon.as_numbers or np.isnan(values).any()
            missing = self._missing_text() if needed else np.zeros(cells.shape, dtype=bool)
        if self.lexicon.numbers:
            missing |= np.isin(values, self.lexicon.numbers)
        bad = (np.isnan(values) | wrong) & ~missing
        if bad.any() and np.array_equal(bad, ~missing):
            answers = _truths(self.cells, missing)
            if answers is not None:
                values, bad = answers, np.zeros_like(bad)
        values[missing | bad] = np.nan
        return Reals(values, missing, np.flatnonzero(bad))


class Places(Protocol):
    """Where the cells of a table stand in its source."""

    def cell(self, row: int, column: str) -> Cell: ...


@dataclass(frozen=True, eq=False)
class RawTable:
    """Columns of one length.

    `name` is what the table is called in messages: its path or address as written, or "DataFrame", "dict" and the
    like. `columns` stand in the order of the source. `sha256` is that of the file's bytes, before any unpacking; for
    data in memory, of the names and values. `set_aside` names what is in the source but is no column, and why.
    """

    name: str
    columns: dict[str, RawColumn]
    rows: int
    sha256: str | None
    set_aside: dict[str, str] = field(default_factory=dict)
    places: Places | None = field(default=None, repr=False)

    def cell(self, row: int, column: str) -> Cell:
        """The place of a cell; `row` counts from 0.

        In a text file: the physical line and the character in it that the field begins with, both from 1, and the
        field as written, quotes included. Elsewhere: the row from 1 as the line, column 0, and the value as text.
        """
        if self.places is not None:
            return self.places.cell(row, column)
        raw = self.columns[column]
        here = RawColumn(column, raw.cells[row : row + 1]).as_text().ravel().tolist()
        text = ", ".join("NaN" if value is None else value for value in here)
        is_gap = raw.absent is not None and raw.width is None and raw.absent[row]
        return Cell(self.name, row + 1, 0, "" if is_gap else text)

    def matrix(self, column: str) -> Reals:
        """A matrix column as numbers of shape (rows, k); one with a single value a row has k = 1."""
        reals = self.columns[column].as_real()
        if reals.values.ndim == 2:
            return reals
        return Reals(reals.values[:, None], reals.missing[:, None], reals.bad_rows)


def text_array(values: Sequence[str]) -> np.ndarray:
    """Strings as a `TEXT` array; halves of surrogate pairs, which are no characters, become U+FFFD."""
    try:
        return np.array(values, dtype=TEXT)
    except UnicodeEncodeError:
        return np.array([clean(value) for value in values], dtype=TEXT)


def clean(text: str) -> str:
    """The text with U+FFFD for every half of a surrogate pair."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def number(text: str) -> float | None:
    """The number that a text is, as columns read it; None if it is none."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def spell_float(value: float) -> str:
    """The shortest text for a float, whole numbers without a point: 3.0 is "3"."""
    return str(int(value)) if abs(value) < _EXACT and value == int(value) else repr(value)


def _parse(cells: np.ndarray) -> np.ndarray:
    """Numbers of text cells, NaN where a cell is none. Whole blocks at a time, cells alone where a block fails."""
    values = np.empty(len(cells))
    for start in range(0, len(cells), _BLOCK):
        block = cells[start : start + _BLOCK]
        try:
            values[start : start + _BLOCK] = block.astype(np.float64)
        except ValueError:
            found = (number(text) for text in block.tolist())
            values[start : start + _BLOCK] = [math.nan if value is None else value for value in found]
    return values


def _truths(cells: np.ndarray, missing: np.ndarray) -> np.ndarray | None:
    """1 for true and 0 for false, if every cell that is not missing is one of them."""
    lowered = np.strings.lower(cells)
    true = lowered == "true"
    return true.astype(np.float64) if (true | (lowered == "false") | missing).all() else None
