"""Tables in JSON: a list of objects, one a row, or an object of arrays, one a column."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from json.decoder import JSONDecodeError, scanstring
from typing import Any

from bayesdsl.diagnostics.diagnostic import Cell
from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.columns import NotAColumn, column_from_list, make_table
from bayesdsl.runtime.sources.content import encoding_problem, refuse_binary
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.options import Settings
from bayesdsl.runtime.sources.table import Missing, RawColumn, RawTable, clean

_LONGEST_SHOWN = 60
_BLANKS = re.compile(r"[ \t\n\r]*")


class _Repeated(Exception):
    """An object that has a name twice."""


def read_json(data: bytes, file: str, settings: Settings, sha256: str) -> RawTable:
    """A table of JSON. In an object of arrays, what is no array is set aside. Raises `SourceError`."""
    encoding = settings.encoding or "utf-8"
    refuse_binary(data, file, "JSON", encoding)
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError:
        raise SourceError(encoding_problem(data, file, encoding)) from None
    text = text.removeprefix("\ufeff")
    value = _parse(text, file)
    lexicon = settings.missing or Missing()
    places = _JsonPlaces(text, file, isinstance(value, list))
    return table_of_json(value, file, sha256, lexicon, wanted=settings.columns, places=places)


def table_of_json(
    value: Any,
    file: str,
    sha256: str | None,
    lexicon: Missing,
    *,
    wanted: tuple[str, ...] | None = None,
    places: _JsonPlaces | None = None,
) -> RawTable:
    """A table of parsed JSON, or of a list of dicts in memory. Raises `SourceError`."""
    match value:
        case []:
            raise SourceError(errors.empty_table(file, ()))
        case list():
            entries = _of_records(value, file, lexicon)
        case dict():
            entries = [(clean(name), _array(array, lexicon)) for name, array in value.items()]
            if not any(isinstance(array, list) for array in value.values()):
                raise SourceError(errors.json_shape(file, *_about_object(value)))
        case _:
            raise SourceError(errors.json_shape(file, f"it is {_described(value)}"))
    return make_table(file, entries, sha256, wanted=wanted, selectable=sha256 is not None, places=places)


def _parse(text: str, file: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except _Repeated as repeated:
        raise SourceError(errors.duplicate_columns(file, str(repeated), ())) from None
    except JSONDecodeError as reason:
        position, what, remedy = _explained(reason)
        line, column = _line_and_column(text, position)
        raise SourceError(errors.broken_json(file, line, column, what, remedy)) from None
    except RecursionError:
        raise SourceError(errors.json_shape(file, "arrays or objects are nested too deeply")) from None
    except ValueError:
        raise SourceError(errors.broken_json(file, 0, 0, "a whole number has thousands of digits")) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        raise _Repeated(next(clean(name) for name, _ in pairs if name in seen or seen.add(name)))
    return made


def _explained(reason: JSONDecodeError) -> tuple[int, str, str | None]:
    """Where the text stops being JSON, what stands there, as part of a sentence, and what to do if that can be told."""
    text, position = reason.doc, reason.pos
    here = text[position : position + 1]
    # Versions of the parser differ in whether they point at the comma or at the bracket after it.
    before = text[: position + (here == ",")].rstrip()
    bracket = _BLANKS.match(text, position + (here == ",")).end()
    if before.endswith(",") and text[bracket : bracket + 1] in ("]", "}"):
        return len(before) - 1, f"a comma stands before `{text[bracket]}`", "remove the comma"
    if reason.msg == "Extra data" and here == "{":
        return position, "a second value follows the first", "put the objects into one list: [{...}, {...}]"
    if here == "'":
        return position, "text is in single quotes", 'use double quotes: "..."'
    if here in ("#", "/"):
        return position, "there is a comment", "remove it; JSON has none"
    if bracket == len(text):
        return position, "it ends early", "fetch or write the file again"
    return position, reason.msg[:1].lower() + reason.msg[1:], None


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _of_records(records: list[Any], file: str, lexicon: Missing) -> list[tuple[str, Callable[[str], RawColumn]]]:
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            remedy = 'name the columns: {"x": [...], "y": [...]}' if number == 1 else None
            found = f"element {number} of the list is {_described(record)}, not an object"
            raise SourceError(errors.json_shape(file, found, remedy))
    names = dict.fromkeys(chain.from_iterable(records))
    return [(clean(str(name)), column_from_list([record.get(name) for record in records], lexicon)) for name in names]


def _array(value: Any, lexicon: Missing) -> Callable[[str], RawColumn]:
    def make(name: str) -> RawColumn:
        if not isinstance(value, list):
            raise NotAColumn(_described(value))
        return column_from_list(value, lexicon)(name)

    return make


def _about_object(value: dict[str, Any]) -> tuple[str, str | None]:
    inner = [item for item in value.values() if isinstance(item, dict)]
    if inner and len(inner) == len(value):
        return "it is an object of objects", "with pandas, write it by frame.to_json(path, orient='records')"
    return "it is an object without arrays", None


def _described(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "text"
        case int() | float():
            return f"a single number, {value}" if abs(value) < 1e15 else "a single number"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
    return f"of type `{type(value).__name__}`"


@dataclass(frozen=True, eq=False)
class _JsonPlaces:
    """Places of values in the text of a table in JSON."""

    text: str
    file: str
    by_record: bool

    @cached_property
    def _decoder(self) -> json.JSONDecoder:
        return json.JSONDecoder()

    def cell(self, row: int, column: str) -> Cell:
        """The place of a value; where a record does not have the name, that of the record."""
        if self.by_record:
            start = next(islice(self._elements(self._skip(0)), row, None))
            start = next((at for name, at in self._members(start) if clean(name) == column), start)
        else:
            array = next(at for name, at in self._members(self._skip(0)) if clean(name) == column)
            start = next(islice(self._elements(array), row, None))
        written = self.text[start : self._decoder.raw_decode(self.text, start)[1]]
        shown = written if len(written) <= _LONGEST_SHOWN else written[: _LONGEST_SHOWN - 3] + "..."
        return Cell(self.file, *_line_and_column(self.text, start), clean(shown))

    def _skip(self, position: int) -> int:
        return _BLANKS.match(self.text, position).end()

    def _elements(self, start: int) -> Iterator[int]:
        """Where the elements of the array at `start` begin."""
        position = self._skip(start + 1)
        while self.text[position] != "]":
            yield position
            position = self._skip(self._decoder.raw_decode(self.text, position)[1])
            if self.text[position] == ",":
                position = self._skip(position + 1)

    def _members(self, start: int) -> Iterator[tuple[str, int]]:
        """The names in the object at `start` and where their values begin."""
        position = self._skip(start + 1)
        while self.text[position] != "}":
            name, position = scanstring(self.text, position + 1, True)
            position = self._skip(self._skip(position) + 1)
            yield name, position
            position = self._skip(self._decoder.raw_decode(self.text, position)[1])
            if self.text[position] == ",":
                position = self._skip(position + 1)
