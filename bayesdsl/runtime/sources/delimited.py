"""Delimited text: CSV, TSV and their relatives.

Fields are read by the standard library's reader, a block of records at a time, and kept as text. Where a record
stands in the file is worked out only when a message needs it, by a second and slower pass over the same bytes.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic
from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.columns import make_table
from bayesdsl.runtime.sources.content import encoding_problem, refuse_binary
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.gathered import Gathering
from bayesdsl.runtime.sources.opened import LONG, LongFile, undecodable
from bayesdsl.runtime.sources.options import Settings
from bayesdsl.runtime.sources.records import Form, Placed, is_blank
from bayesdsl.runtime.sources.table import RawColumn, RawTable, clean, text_array

_BLOCK = 16384  # records; enough for whole-array work, little enough that their Python strings stay in cache
_SAMPLE = 20  # lines that are looked at to tell another separator
_SEPARATORS = (",", ";", "\t", "|")


def read_delimited(data: bytes | LongFile, file: str, settings: Settings, sha256: str, default_sep: str) -> RawTable:
    """A table of text columns; it keeps the bytes, or the file's path, to find places in them.

    Names and fields are stripped of surrounding blanks. Blank lines are skipped. A first column without a name holds
    the row names that R and pandas write, and is left out. Raises `SourceError`.
    """
    form = Form.of(settings, default_sep)
    refuse_binary(data.head if isinstance(data, LongFile) else data, file, "delimited text", form.encoding)
    source = data.path if isinstance(data, LongFile) else data
    try:
        return _read(source, file, form, sha256, _may_have_blanks(data, form), len(data))
    except UnicodeError:
        whole = source.read_bytes() if isinstance(source, Path) else source
        raise SourceError(encoding_problem(whole, file, form.encoding)) from None
    except csv.Error as reason:
        raise SourceError(_quoting_problem(source, file, form, str(reason))) from None


def _read(data: bytes | Path, file: str, form: Form, sha256: str, blanks: bool, size: int) -> RawTable:
    line, first = next(iter(Placed(data, form)), (0, None))
    if first is None:
        raise SourceError(errors.empty_file(file))
    names = _names(first, line, data, file, form)
    reader, blocks = _blocks(data, file, form, len(names))
    block = next(blocks, [])
    # What a record takes in the file, blocks of them being alike.
    record = sum(map(len, itertools.chain.from_iterable(block))) // max(1, len(block)) + len(names)
    columns = [_gathering(form, blanks, size > LONG, size // record + _BLOCK) for _ in names]
    while block:
        for column, fields in zip(columns, zip(*block, strict=True), strict=True):
            column.add(fields)
        block = next(blocks, [])
    rows = columns[0].rows
    if rows == 0:
        raise SourceError(errors.empty_table(file, names, form.header is None))

    def again(place: int) -> np.ndarray:
        column = _gathering(form, blanks, False)
        for block in _blocks(data, file, form, len(names))[1]:
            column.add([fields[place] for fields in block])
        if column.rows != rows:
            raise SourceError(errors.not_readable(file, Path(file), "it has changed while it was read"))
        return column.text()

    # Lines and records run in step unless a field spans lines or lines were skipped.
    in_step = reader is not None and reader.line_num == rows + (form.header is None)
    places = _Lines(data, file, form, {name: i for i, name in enumerate(names)}, rows, in_step)
    entries = [
        (name, partial(column.column, again=partial(again, i)))
        for i, (name, column) in enumerate(zip(names, columns, strict=True))
        if name
    ]
    return make_table(file, entries, sha256, places=places)


def _blocks(data: bytes | Path, file: str, form: Form, width: int) -> tuple[Any, Iterator[list[list[str]]]]:
    """The records in blocks, without the names; and the reader, where there is nothing between it and the file."""
    # In a single column, only the lines themselves can tell an empty field from a blank line.
    reader = csv.reader(form.open(data), **form.dialect) if form.comment is None and width > 1 else None
    records = (fields for _, fields in Placed(data, form, width)) if reader is None else reader

    def blocks() -> Iterator[list[list[str]]]:
        if form.header is None:
            next(fields for fields in records if width == 1 or not is_blank(fields))
        while block := list(islice(records, _BLOCK)):
            if set(map(len, block)) != {width}:
                block = [fields for fields in block if len(fields) == width or not is_blank(fields)]
                if any(len(fields) != width for fields in block):
                    raise SourceError(_ragged(data, file, form, width))
            if block:
                yield block

    return reader, blocks()


def _gathering(form: Form, blanks: bool, numbers: bool, expected: int = 0) -> Gathering:
    return Gathering(form.lexicon, form.decimal, np.strings.strip if blanks else np.asarray, numbers, expected)


def delimited_parts(
    path: Path, head: bytes, file: str, settings: Settings, sha256: str, default_sep: str, values: int
) -> Iterator[RawTable]:
    """As `read_delimited`, in tables of so many values; `head` is how the file begins. Raises `SourceError`."""
    form = Form.of(settings, default_sep)
    refuse_binary(head, file, "delimited text", form.encoding)
    try:
        yield from _parts(path, file, form, sha256, values)
    except UnicodeError:
        raise SourceError(undecodable(path, file, form.encoding)) from None
    except csv.Error as reason:
        raise SourceError(_quoting_problem(path, file, form, str(reason))) from None


def _parts(path: Path, file: str, form: Form, sha256: str, values: int) -> Iterator[RawTable]:
    line, first = next(iter(Placed(path, form)), (0, None))
    if first is None:
        raise SourceError(errors.empty_file(file))
    names = _names(first, line, path, file, form)
    records = (fields for _, fields in Placed(path, form, len(names)))
    if form.header is None:
        next(records)
    size, before = max(1, values // len(names)), 0
    while True:
        blocks: list[list[np.ndarray]] = []
        rows = 0
        while rows < size and (block := list(islice(records, min(_BLOCK, size - rows)))):
            if set(map(len, block)) != {len(names)}:
                raise SourceError(_ragged(path, file, form, len(names)))
            blocks.append([np.strings.strip(text_array(fields)) for fields in zip(*block, strict=True)])
            rows += len(block)
        if not rows:
            break
        places = _Lines(path, file, form, {name: i for i, name in enumerate(names)}, rows, False, before)
        entries = [
            (name, partial(RawColumn, cells=_joined(blocks, i), lexicon=form.lexicon, decimal=form.decimal))
            for i, name in enumerate(names)
            if name
        ]
        yield make_table(file, entries, sha256, places=places)
        before += rows
    if not before:
        raise SourceError(errors.empty_table(file, names, form.header is None))


def _joined(blocks: list[list[np.ndarray]], column: int) -> np.ndarray:
    """One column of all blocks, which give it up, so that the table is not held twice."""
    parts = [text_array([])]
    for block in blocks:
        if block:
            parts.append(block[column])
            block[column] = parts[0]
    return np.concatenate(parts)


def _may_have_blanks(data: bytes | LongFile, form: Form) -> bool:
    """Whether a field may have blanks around it: most large files have none, and looking is quicker than stripping."""
    blanks = [bytes([code]) for code in b" \t\v\f\x1c\x1d\x1e\x1f" if chr(code) != form.sep]
    return (
        form.encoding != "utf-8"
        or not data.isascii()
        or any(mark in data for mark in (*blanks, form.quote.encode() or b" "))
    )


def _names(first: list[str], line: int, data: bytes | Path, file: str, form: Form) -> list[str]:
    """The columns' names, "" for a first column without one; `first` is the first record, which begins on `line`."""
    names = [clean(field).strip() for field in first]
    if form.header is not None:
        if tuple(names) == form.header:
            reason = "the first line of the file is this header already"
            raise SourceError(errors.bad_option("header", list(form.header), reason, None))
        return list(form.header)
    if len(names) == 1:
        _check_separator(data, file, form)
    for position, name in enumerate(names, 1):
        if not name and (position > 1 or len(names) == 1):
            raise SourceError(errors.unnamed_column(file, position, line))
    return names


def _check_separator(data: bytes | Path, file: str, form: Form) -> None:
    """A header of one field that is several with another separator, as are the lines below it, has the wrong one."""
    for sep in _SEPARATORS:
        if sep in (form.sep, form.quote):
            continue
        lines = islice((line for line in form.open(data) if not form.skips(line)), _SAMPLE)
        try:
            rows = list(csv.reader(lines, **(form.dialect | {"delimiter": sep, "strict": False})))
        except csv.Error:
            continue
        widths = {len(row) for row in rows if not is_blank(row)}
        if len(widths) == 1 and max(widths) > 1:
            fields = [field.strip() for row in rows[1:] for field in row]
            commas = any(re.fullmatch(r"[-+]?\d+,\d+", field) for field in fields)
            points = any(re.fullmatch(r"[-+]?\d*\.\d+", field) for field in fields)
            raise SourceError(errors.wrong_separator(file, form.sep, sep, max(widths), commas and not points))


def _ragged(data: bytes | Path, file: str, form: Form, expected: int) -> Diagnostic:
    """What to say of the first record without the expected number of fields; there is one."""
    records = Placed(data, form, expected)
    line, fields = next((line, fields) for line, fields in records if len(fields) != expected)
    text = next(islice(form.open(data), line - 1, None)).rstrip("\r\n")
    shown = text if len(text) <= 120 else text[:117] + "..."
    widths = {len(row) for _, row in islice(Placed(data, form, expected), 1, _SAMPLE)}
    match len(fields) - expected:
        case 1 if widths == {expected + 1} and not fields[-1].strip():
            reason = "remove the separator at the end of each line, or add one to the header"
        case 1 if widths == {expected + 1}:
            reason = "if each line begins with a row name, give the header a name for it"
        case extra if extra > 0 and form.sep == ",":
            reason = "put quotes around a field that has a comma in it, or separate fields by semicolons"
        case extra if extra > 0:
            reason = f"put quotes around a field that has `{errors.escaped(form.sep)}` in it"
        case _:
            reason = "complete the line: an empty field still needs its separator"
    return errors.ragged_row(file, line, expected, len(fields), shown, reason)


def _quoting_problem(data: bytes | Path, file: str, form: Form, reason: str) -> Diagnostic:
    placed = Placed(data, form)
    try:
        for _ in placed:
            pass
    except csv.Error:
        pass
    if "unexpected end" in reason:
        what = "a quote is opened and never closed"
    elif "field larger" in reason:
        what = f"a field has more than {csv.field_size_limit()} characters, as where a quote is never closed"
    else:
        what = f"text follows a closing quote, not `{errors.escaped(form.sep)}`"
    return errors.bad_quoting(file, placed.first, form.quote or '"', what)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Places of the cells of a delimited file, or of `rows` of its rows after the `before` first."""

    data: bytes | Path
    file: str
    form: Form
    columns: dict[str, int]
    rows: int
    in_step: bool
    before: int = 0

    @cached_property
    def starts(self) -> np.ndarray:
        """The line that each row begins on, from 1, and that of the row after them."""
        skipped = self.before + (1 if self.form.header is None else 0)
        if self.in_step:
            return np.arange(self.rows) + 1 + skipped
        lines = (line for line, _ in Placed(self.data, self.form, len(self.columns)))
        return np.fromiter(islice(lines, skipped, skipped + self.rows + 1), dtype=np.int64)

    def cell(self, row: int, column: str) -> Cell:
        first = int(self.starts[row])
        after = int(self.starts[row + 1]) if row + 1 < len(self.starts) else None
        text = "".join(islice(self.form.open(self.data), first - 1, None if after is None else after - 1))
        start, end = next(islice(_fields(text, self.form), self.columns[column], None))
        before = re.split("\r\n|\r|\n", text[:start])
        return Cell(self.file, first + len(before) - 1, len(before[-1]) + 1, text[start:end].rstrip())


def _fields(text: str, form: Form) -> Iterator[tuple[int, int]]:
    """Where the fields of the record that `text` begins with stand in it, without the blanks before them."""
    ends = re.compile(f"[{re.escape(form.sep)}\r\n]")
    position = 0
    while True:
        start = position
        while form.sep != " " and text.startswith(" ", start):
            start += 1
        position = start
        if form.quote and text.startswith(form.quote, position):
            position = _closing(text, position, form.quote)
        end = ends.search(text, position)
        position = end.start() if end else len(text)
        yield start, position
        if not text.startswith(form.sep, position):
            return
        position += 1


def _closing(text: str, start: int, quote: str) -> int:
    """The offset after the quote that closes the one at `start`; a doubled quote stands for itself."""
    position = start + 1
    while True:
        position = text.find(quote, position)
        if position < 0:
            return len(text)
        if not text.startswith(quote, position + 1):
            return position + 1
        position += 2
