"""How a delimited file is written, and its records with the lines that they begin on."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.opened import OpenedFile
from bayesdsl.runtime.sources.options import MISSING_IN_TEXT, Settings
from bayesdsl.runtime.sources.table import Missing

_BYTE_ORDER_MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


@dataclass(frozen=True)
class Form:
    """How a delimited file is written. `header` are names for a file that has none of its own."""

    sep: str
    quote: str
    comment: str | None
    decimal: str
    encoding: str
    header: tuple[str, ...] | None
    lexicon: Missing

    @classmethod
    def of(cls, settings: Settings, default_sep: str) -> Form:
        """Raises `SourceError` where one character would mean two things."""
        form = cls(
            sep=settings.sep or default_sep,
            quote='"' if settings.quote is None else settings.quote,
            comment=settings.comment,
            decimal=settings.decimal or ".",
            encoding=settings.encoding or "utf-8",
            header=settings.header,
            lexicon=MISSING_IN_TEXT if settings.missing is None else settings.missing,
        )
        if form.decimal == form.sep:
            raise SourceError(_taken("decimal", form.decimal, "separator", 'sep = ";", decimal = ","'))
        if form.quote == form.sep:
            raise SourceError(_taken("quote", form.quote, "separator", 'quote = "\'"'))
        if form.comment is not None and form.comment in (form.sep, form.quote):
            raise SourceError(_taken("comment", form.comment, "separator or the quote", 'comment = "#"'))
        return form

    @property
    def dialect(self) -> dict[str, Any]:
        """Arguments of `csv.reader`."""
        return {
            "delimiter": self.sep,
            "quotechar": self.quote or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "skipinitialspace": self.sep != " ",
            "strict": True,
        }

    def skips(self, line: str) -> bool:
        """Whether a line on which a record may begin is blank or a comment. A separator makes it a record."""
        start = line.lstrip(" \t".replace(self.sep, ""))
        blank = not start.strip() and self.sep not in start
        return blank or (self.comment is not None and start.startswith(self.comment))

    def open(self, data: bytes | Path) -> io.TextIOWrapper:
        """The text, lines ended as in the file, without a byte order mark. Of a path, it is read as it is asked for."""
        stream = io.BufferedReader(OpenedFile(data)) if isinstance(data, Path) else io.BytesIO(data)
        mark = _BYTE_ORDER_MARKS.get(self.encoding, b"")
        stream.seek(len(mark) if stream.read(len(mark)) == mark else 0)
        return io.TextIOWrapper(stream, encoding=self.encoding, newline="")


def _taken(option: str, mark: str, role: str, example: str) -> Diagnostic:
    return errors.bad_option(option, mark, f"it is the {role} too", example)


def is_blank(fields: Sequence[str]) -> bool:
    return not fields or (len(fields) == 1 and not fields[0].strip())


class Placed:
    """The records of a file of `width` columns, each with the line it begins on (from 1).

    Blank lines and lines of comment are left out, as are records of one empty field where there are more columns.
    """

    def __init__(self, data: bytes | Path, form: Form, width: int = 1) -> None:
        self.first = 0
        self._text = form.open(data)
        self._form = form
        self._width = width
        self._fresh = True

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(self._lines(), **self._form.dialect)
        while True:
            self._fresh = True
            fields = next(reader, None)
            if fields is None:
                return
            if self._width == 1 or not is_blank(fields):
                yield self.first, fields

    def _lines(self) -> Iterator[str]:
        for number, line in enumerate(self._text, 1):
            # Only where a record may begin: inside quotes the same text is part of a field.
            if self._fresh:
                if self._form.skips(line):
                    continue
                self.first = number
                self._fresh = False
            yield line
