"""Columns of text files as they are gathered, a block of records at a time.

Only its use says what a column of text is, so short tables keep the text. Of a long one the text takes several times
the room of the numbers, so there a column is kept as numbers for as long as each cell is one; where somebody asks for
its text after all, that is read again.

    "0.5", "1.25", "NA", ..   ->   float64 [0.5, 1.25, nan, ..], missing [.., .., True, ..]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bayesdsl.runtime.sources.table import TEXT, Missing, RawColumn, Reals, number, text_array

_EXACT = 2.0**53  # below it every whole float is the integer it looks like


class NumberedText(RawColumn):
    """A column of text of which every cell is a number or missing. `texts` reads its cells as text."""

    def __init__(
        self, name: str, numbers: Reals, lexicon: Missing, decimal: str, texts: Callable[[], np.ndarray]
    ) -> None:
        vars(self).update(name=name, absent=None, lexicon=lexicon, decimal=decimal, _numbers=numbers, _texts=texts)

    @cached_property
    def cells(self) -> np.ndarray:
        return self._texts()

    @property
    def rows(self) -> int:
        return len(self._numbers.values)

    @property
    def is_text(self) -> bool:
        return True

    @property
    def width(self) -> None:
        return None

    @property
    def missing(self) -> np.ndarray:
        return self._numbers.missing

    def as_real(self) -> Reals:
        """As of any column, but the same arrays at each call, which cannot be written to."""
        return self._numbers

    def numbers(self) -> Reals:
        return self._numbers


@dataclass(eq=False)
class Gathering:
    """One column. `numbers` says that it may be kept as numbers; `expected` is about how many rows will come."""

    lexicon: Missing
    decimal: str
    strip: Callable[[np.ndarray], np.ndarray]
    numbers: bool
    expected: int = 0

    def __post_init__(self) -> None:
        self.rows = 0
        self._texts: list[np.ndarray] = []
        self._values = np.empty(0)
        self._missing: list[tuple[int, np.ndarray]] = []
        # Whether the numbers are whole and spelled as numbers are, so that they tell the text.
        self._spelled = True

    @property
    def torn(self) -> bool:
        """Whether only its last rows are kept, as text: all were numbers before."""
        return not self.numbers and len(self._values) > 0

    def add(self, fields: Sequence[str]) -> None:
        found = self._read(fields) if self.numbers else None
        if found is not None:
            self._keep(*found)
        else:
            self.numbers = False
            self._texts.append(self.strip(text_array(fields)))
        self.rows += len(fields)

    def column(self, name: str, again: Callable[[], np.ndarray]) -> RawColumn:
        """The whole column; `again` reads its text once more. It can be asked for once."""
        if self.numbers:
            reals = self._reals()
            texts = (lambda: _whole(reals.values)) if self._spelled and not self._missing else again
            return NumberedText(name, reals, self.lexicon, self.decimal, texts)
        return RawColumn(name, again() if self.torn else self.text(), lexicon=self.lexicon, decimal=self.decimal)

    def text(self) -> np.ndarray:
        """The cells of a column that is kept as text, which it gives up: the table is not held twice."""
        texts, self._texts = self._texts, []
        return np.concatenate([text_array([]), *texts])

    def _read(self, fields: Sequence[str]) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Fields as numbers, and where they are missing; None where one is neither."""
        if self.decimal == "." and not self.lexicon.as_numbers and "_" not in "".join(fields):
            try:
                values = np.fromiter(map(float, fields), dtype=np.float64, count=len(fields))
            except ValueError:
                pass
            else:
                if np.isfinite(values).all():
                    self._spelled = self._spelled and _is_spelled(values, fields)
                    return values, None
        cells = self.strip(text_array(fields))
        reals = RawColumn("", cells, lexicon=self.lexicon, decimal=self.decimal).as_real()
        there = np.flatnonzero(~reals.missing)
        if len(reals.bad_rows) or not np.isfinite(reals.values[there]).all():
            return None
        if len(there) and number(cells[there[0]].replace(self.decimal, ".")) is None:  # true and false
            return None
        self._spelled = False
        return reals.values, reals.missing if len(there) < len(cells) else None

    def _keep(self, values: np.ndarray, missing: np.ndarray | None) -> None:
        end = self.rows + len(values)
        if end > len(self._values):
            # Room that is never written to is never taken.
            room = np.empty(max(end, self.expected, 2 * len(self._values)))
            room[: self.rows] = self._values[: self.rows]
            self._values = room
        self._values[self.rows : end] = values
        if missing is not None:
            self._missing.append((self.rows, missing))

    def _reals(self) -> Reals:
        values = self._values[: self.rows]
        values.flags.writeable = False
        if not self._missing:
            return Reals(values, np.broadcast_to(np.False_, values.shape), np.empty(0, dtype=np.int64))
        missing = np.zeros(self.rows, dtype=bool)
        for start, part in self._missing:
            missing[start : start + len(part)] = part
        missing.flags.writeable = False
        return Reals(values, missing, np.empty(0, dtype=np.int64))


def _is_spelled(values: np.ndarray, fields: Sequence[str]) -> bool:
    if not (np.abs(values) < _EXACT).all() or (values != np.floor(values)).any():
        return False
    return list(map(str, values.astype(np.int64).tolist())) == list(fields)


def _whole(values: np.ndarray) -> np.ndarray:
    return values.astype(np.int64).astype(TEXT)
