"""The options of a data source, as rows: what each is for, what it may be, and what it is read as."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.table import Missing

FORMATS: Mapping[str, tuple[str, ...]] = {
    "csv": (".csv", ".txt"),
    "tsv": (".tsv", ".tab"),
    "json": (".json",),
    "npz": (".npz",),
    "parquet": (".parquet", ".pq"),
}
_DELIMITED = ("csv", "tsv")
_TEXT = ("csv", "tsv", "json")
_ALL = tuple(FORMATS)

DEFAULT_MAX_BYTES = 2 * 2**30
# What stands for a missing value in delimited text unless the spec says otherwise. A point does only if it says so.
MISSING_IN_TEXT = Missing(("", "NA", "N/A", "NaN", "nan", "null", "None"))


class Refused(ValueError):
    """A value an option cannot have; its text says what it must be."""


@dataclass(frozen=True)
class Option:
    """`read` turns the value of a spec into the value of `Settings`, or raises `Refused`."""

    name: str
    formats: tuple[str, ...]
    read: Callable[[object], object]
    example: str
    doc: str


@dataclass(frozen=True)
class Settings:
    """The options that were given, read; None where one was not."""

    sep: str | None = None
    quote: str | None = None
    comment: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    header: tuple[str, ...] | None = None
    missing: Missing | None = None
    columns: tuple[str, ...] | None = None
    sha256: str | None = None
    format: str | None = None
    max_gb: float | None = None
    key: str | None = None
    stream: bool | None = None

    @property
    def max_bytes(self) -> int:
        return DEFAULT_MAX_BYTES if self.max_gb is None else int(self.max_gb * 2**30)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Refused("it must be text in quotes")
    return value


def _separator(value: object) -> str:
    sep = {"\\t": "\t", "tab": "\t"}.get(_text(value), _text(value))
    if len(sep) != 1:
        raise Refused("it must be one character")
    if sep.isalnum() or sep in '\r\n"\0_+-.':
        raise Refused("this character is part of fields or lines")
    return sep


def _mark(value: object) -> str:
    mark = _text(value)
    if len(mark) > 1 or mark.isalnum() or mark in tuple("\r\n\0 "):
        raise Refused('it must be one character that is no letter, digit or blank, or "" for none')
    return mark


def _comment(value: object) -> str:
    mark = _text(value).strip()
    if not mark or "\n" in mark or "\r" in mark:
        raise Refused("it must be what the lines to skip begin with")
    return mark


def _decimal(value: object) -> str:
    if value not in (".", ","):
        raise Refused('it must be "." or ","')
    return str(value)


# Codecs for names and program text rather than for files.
_NOT_FOR_FILES = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}


def _encoding(value: object) -> str:
    try:
        codec = codecs.lookup(_text(value))
    except (LookupError, ValueError):
        raise Refused("no such encoding is known") from None
    if not codec._is_text_encoding or codec.name.replace("_", "-") in _NOT_FOR_FILES:
        raise Refused("it is not an encoding of text files")
    return codec.name


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(item, str) for item in value):
        raise Refused("it must be a list of names in quotes")
    names = tuple(item.strip() for item in value)
    if "" in names:
        raise Refused("a name cannot be empty")
    if len(set(names)) < len(names):
        raise Refused("a name stands in it twice")
    return names


def _missing(value: object) -> Missing:
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(item, (str, int, float)) and not isinstance(item, bool) for item in items):
        raise Refused("it must be a list of words in quotes and numbers")
    try:
        numbers = tuple(float(item) for item in items if not isinstance(item, str))
    except OverflowError:
        raise Refused("a number in it is too large") from None
    return Missing(tuple(item.strip() for item in items if isinstance(item, str)), numbers)


def _sha256(value: object) -> str:
    text = _text(value).lower()
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise Refused("it must be 64 hexadecimal digits")
    return text


def _format(value: object) -> str:
    if value not in FORMATS:
        raise Refused(f"formats are {', '.join(FORMATS)}")
    return str(value)


def _gigabytes(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 2**20:
        raise Refused("it must be a number over 0")
    return float(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise Refused("it must be true or false")
    return value


OPTIONS: Mapping[str, Option] = {
    row.name: row
    for row in (
        Option("sep", _DELIMITED, _separator, 'sep = ";"', "what stands between fields; a tab is written \\t"),
        Option("quote", _DELIMITED, _mark, 'quote = "\'"', 'what encloses a field; "" if nothing does'),
        Option("comment", _DELIMITED, _comment, 'comment = "#"', "what the lines to skip begin with"),
        Option("decimal", _DELIMITED, _decimal, 'decimal = ","', "the decimal sign of numbers"),
        Option("header", _DELIMITED, _names, 'header = ["x", "y"]', "names for a file whose first line is data"),
        Option(
            "encoding", _TEXT, _encoding, 'encoding = "latin-1"', "how bytes stand for characters; UTF-8 if not said"
        ),
        Option(
            "missing", _ALL, _missing, 'missing = ["", "NA", -99]', "what stands for no value, in place of the defaults"
        ),
        Option(
            "columns",
            ("json", "npz"),
            _names,
            'columns = ["x", "y"]',
            "the arrays that make the table; all if not said",
        ),
        Option("sha256", _ALL, _sha256, f'sha256 = "{"0123456789abcdef" * 4}"', "the checksum that the file must have"),
        Option("format", _ALL, _format, 'format = "csv"', "the format, where the name does not say it"),
        Option("max_gb", _ALL, _gigabytes, "max_gb = 8", "the largest size to read, in GiB; 2 if not said"),
        Option("key", _ALL, _text, 'key = "name"', "the column whose values label the rows; used when data is bound"),
        Option(
            "stream",
            ("csv", "tsv", "npz", "parquet"),
            _truth,
            "stream = true",
            "whether to read the file in parts and keep its rows on disk, for files that memory does not hold",
        ),
    )
}


def option_problems(options: Mapping[str, object], file: str = "the source") -> dict[str, Diagnostic]:
    """What is wrong with each option by itself, by its name, so that a caller can point at it."""
    return _read_options(options, file)[1]


def read_options(options: Mapping[str, object], file: str) -> Settings:
    """The options as settings. Raises `SourceError` with a finding for each that is unknown or cannot be."""
    values, problems = _read_options(options, file)
    if problems:
        raise SourceError(*problems.values())
    return Settings(**values)


def _read_options(options: Mapping[str, object], file: str) -> tuple[dict[str, object], dict[str, Diagnostic]]:
    values: dict[str, object] = {}
    problems: dict[str, Diagnostic] = {}
    for name, value in options.items():
        if name not in OPTIONS:
            problems[name] = errors.unknown_option(file, name, list(OPTIONS))
            continue
        try:
            values[name] = OPTIONS[name].read(value)
        except Refused as reason:
            problems[name] = errors.bad_option(name, value, str(reason), OPTIONS[name].example)
    return values, problems


def check_applies(settings: Settings, format: str, file: str) -> None:
    """Raises `SourceError` if an option was given that does nothing for this format."""
    idle = [
        errors.option_not_for_format(file, name, format, option.formats)
        for name, option in OPTIONS.items()
        if getattr(settings, name) is not None and format not in option.formats
    ]
    if idle:
        raise SourceError(*idle)
