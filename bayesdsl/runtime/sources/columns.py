"""Making tables: columns out of arrays and Python values, and one table out of the columns."""

from __future__ import annotations

import datetime
import hashlib
import math
import numbers
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np

from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.table import Missing, Places, RawColumn, RawTable, clean, spell_float, text_array

# Rows that are looked at together, where all of a column would take as much room again.
_AT_ONCE = 1 << 16


class NotAColumn(Exception):
    """A value that cannot be a column; its text completes "`x` is ..."."""


def make_table(
    name: str,
    entries: Iterable[tuple[str, Callable[[str], RawColumn]]],
    sha256: str | None,
    *,
    wanted: tuple[str, ...] | None = None,
    selectable: bool = False,
    places: Places | None = None,
) -> RawTable:
    """Columns of one length from named values, each made by its function or set aside by `NotAColumn`.

    `wanted` reads these names only. `selectable` says that the source has the option to do so. `sha256` is computed
    from the values where it is None. Raises `SourceError` where they make no table.
    """
    entries = list(entries)
    for title, times in Counter(title for title, _ in entries).items():
        if times > 1:
            raise SourceError(
                errors.duplicate_columns(name, title, [i for i, (t, _) in enumerate(entries, 1) if t == title])
            )
    if wanted is not None:
        entries = _select(entries, wanted)
    columns: dict[str, RawColumn] = {}
    set_aside: dict[str, str] = {}
    for title, make in entries:
        try:
            columns[title] = make(title)
        except NotAColumn as reason:
            set_aside[title] = str(reason)
    lengths = {title: column.rows for title, column in columns.items()}
    if not columns:
        raise SourceError(errors.no_columns(name, set_aside))
    if len(set(lengths.values())) > 1:
        raise SourceError(errors.unequal_lengths(name, lengths, selectable))
    rows = next(iter(lengths.values()))
    if rows == 0:
        raise SourceError(errors.empty_table(name, list(columns)))
    return RawTable(name, columns, rows, sha256 or fingerprint(columns), set_aside, places)


def _select(entries: list[tuple[str, Any]], wanted: Sequence[str]) -> list[tuple[str, Any]]:
    names = [title for title, _ in entries]
    for title in wanted:
        if title not in names:
            near = errors.nearest(title, names)
            reason = f"there is no array `{title}`; there is {errors.some(near or names)}"
            raise SourceError(
                errors.bad_option("columns", list(wanted), reason, f'columns = ["{(near or names or ["y"])[0]}"]')
            )
    return [entry for entry in entries if entry[0] in wanted]


def column_from_array(array: np.ndarray, lexicon: Missing) -> Callable[[str], RawColumn]:
    """How to make a column of a numpy array of any dtype, of shape (rows,) or (rows, k)."""

    def make(name: str) -> RawColumn:
        if array.ndim not in (1, 2):
            what = "a single value" if array.ndim == 0 else f"an array of shape {array.shape}"
            raise NotAColumn(f"{what}, and a column has one or two dimensions")
        if array.dtype.kind == "O":
            return column_from_list(array.tolist(), lexicon)(name)
        cells, absent = _native(np.ma.getdata(array))
        if np.ma.isMaskedArray(array):
            masked = np.ma.getmaskarray(array)
            absent = masked if absent is None else absent | masked
        if cells.ndim == 2 and cells.dtype.kind not in "bif":
            raise NotAColumn("a matrix of text, and only numbers make a matrix")
        return RawColumn(name, cells, absent, lexicon)

    return make


def _native(array: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The array in one of the four types of a column, itself where it is of that type, and where it has no value."""
    if isinstance(array.dtype, np.dtypes.StringDType):
        return text_array(array.ravel().tolist()).reshape(array.shape), None
    match array.dtype.kind:
        case "b":
            return array.astype(bool, copy=False), None
        case "u" if array.size and int(array.max()) > np.iinfo(np.int64).max:
            return text_array([str(value) for value in array.ravel().tolist()]).reshape(array.shape), None
        case "i" | "u":
            return array.astype(np.int64, copy=False), None
        case "f":
            with np.errstate(over="ignore"):
                return array.astype(np.float64, copy=False), None
        case "U":
            return text_array(array.ravel().tolist()).reshape(array.shape), None
        case "S":
            try:
                texts = [value.decode("utf-8") for value in array.ravel().tolist()]
            except UnicodeDecodeError as reason:
                raise NotAColumn("an array of bytes that are not UTF-8 text") from reason
            return text_array(texts).reshape(array.shape), None
        case "M":
            gaps = np.isnat(array)
            texts = np.datetime_as_string(_coarsened(array)).ravel().tolist()
            return text_array(["" if text == "NaT" else text for text in texts]).reshape(array.shape), gaps
    raise NotAColumn(f"an array of type {array.dtype}, which is neither numbers nor text")


def _coarsened(times: np.ndarray) -> np.ndarray:
    """Times in days if all are midnights, else in seconds if all are whole ones: dates that read as dates."""
    for unit in ("D", "s"):
        if np.datetime_data(times.dtype)[0] in ("Y", "M", "W", unit):
            return times
        coarse = times.astype(f"datetime64[{unit}]")
        if np.array_equal(coarse[~np.isnat(coarse)], times[~np.isnat(times)]):
            return coarse
    return times


def column_from_list(values: Sequence[Any], lexicon: Missing) -> Callable[[str], RawColumn]:
    """How to make a column of Python values, a value a row.

    All of one kind keep it (bool, int, real, text); numbers of both kinds are real; numbers among text become text,
    to be read again as numbers if that is what the column is used as. None, NaN and a library's own sign for no value
    are missing. Lists of numbers of one length make a matrix.
    """

    def make(name: str) -> RawColumn:
        kinds = set(map(type, values))
        if not kinds <= _PLAIN.keys():
            plain = [_plain(value) for value in values]
            kinds = set(map(type, plain))
        else:
            plain = list(values)
        if list in kinds:
            return RawColumn(name, _matrix(plain, kinds), None, lexicon)
        gaps = None
        if type(None) in kinds:
            gaps = np.fromiter((value is None for value in plain), dtype=bool, count=len(plain))
            kinds.discard(type(None))
        cells, more = _cells(plain, kinds)
        if more is not None:
            gaps = more if gaps is None else gaps | more
        return RawColumn(name, cells, gaps, lexicon)

    return make


_PLAIN: Mapping[type, None] = dict.fromkeys((type(None), bool, int, float, str, list))


def _cells(plain: list[Any], kinds: set[type]) -> tuple[np.ndarray, np.ndarray | None]:
    """Cells of values of the given kinds, None apart, and what else is missing among them."""
    fillers: dict[type, Any] = {bool: False, int: 0, float: math.nan, str: ""}
    if not kinds:
        return np.full(len(plain), np.nan), None
    if len(kinds) == 1 or kinds == {int, float}:
        kind = float if float in kinds else next(iter(kinds))
        filled = [fillers[kind] if value is None else value for value in plain]
        try:
            match kind:
                case _ if kind is str:
                    return text_array(filled), None
                case _ if kind is bool:
                    return np.array(filled, dtype=bool), None
                case _ if kind is int:
                    return np.array(filled, dtype=np.int64), None
                case _:
                    return np.array(filled, dtype=np.float64), None
        except OverflowError:
            pass  # whole numbers too long for a machine's: they keep their digits as text
    nan = np.fromiter((value != value for value in plain), dtype=bool, count=len(plain))
    return text_array(["" if value is None or value != value else _spell(value) for value in plain]), nan


def _spell(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return spell_float(value) if math.isfinite(value) else repr(value)
        case int():
            return _digits(value)
    return str(value)


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # longer than the interpreter is willing to write out
        return hex(value)


def _matrix(rows: list[Any], kinds: set[type]) -> np.ndarray:
    """Lists of numbers of one length as a float64 or int64 array of shape (rows, k)."""
    if kinds != {list}:
        raise NotAColumn("an array of both lists and other values")
    lengths = set(map(len, rows))
    if len(lengths) > 1:
        raise NotAColumn(f"an array of lists of different lengths, from {min(lengths)} to {max(lengths)}")
    leaves = [_plain(value) for value in chain.from_iterable(rows)]
    kinds = set(map(type, leaves))
    if list in kinds:
        raise NotAColumn("an array of more than two dimensions")
    if not kinds <= {bool, int, float, type(None)}:
        raise NotAColumn("a matrix with text in it, and only numbers make a matrix")
    shape = (len(rows), next(iter(lengths)))
    try:
        if kinds == {bool} or kinds == {int}:
            return np.array(leaves, dtype=np.int64 if int in kinds else bool).reshape(shape)
        filled = [math.nan if value is None else value for value in leaves]
        return np.array(filled, dtype=np.float64).reshape(shape)
    except OverflowError:
        raise NotAColumn("a matrix of whole numbers that are too large") from None


def _plain(value: Any) -> Any:
    """A value as None, bool, int, float, str or list."""
    match value:
        case None | bool() | str():
            return clean(value) if isinstance(value, str) and type(value) is not str else value
        case datetime.date() | datetime.time():
            # A library's "not a time" is a datetime that differs from itself.
            return None if value != value else value.isoformat()
        case Decimal():
            return None if value.is_nan() else _float(value)
        case numbers.Integral():
            return int(value)
        case numbers.Real():
            return _float(value)
        case list() | tuple():
            return list(value)
        case np.ndarray():
            return value.tolist() if value.ndim else _plain(value.item())
        case np.generic():
            return _plain(value.item())
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if callable(getattr(value, "item", None)) and getattr(value, "ndim", None) == 0:
        return _plain(value.item())
    raise NotAColumn(f"an array with values of type `{type(value).__name__}`, which are neither numbers nor text")


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        raise NotAColumn("an array with a number that is too large") from None


def fingerprint(columns: Mapping[str, RawColumn]) -> str:
    """SHA-256 of names, kinds and values: equal tables have equal fingerprints, whatever held them."""
    digest = hashlib.sha256()
    for name, column in columns.items():
        digest.update(f"{len(name)}:{name}:{column.kind}:{column.cells.shape}:".encode("utf-8", "replace"))
        missing = column.missing
        if column.is_text:
            texts = column.as_text().tolist()
            digest.update("".join("-" if text is None else f"{len(text)}:{text}" for text in texts).encode())
        else:
            for start in range(0, column.rows, _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                cells = np.where(missing[part], column.cells.dtype.type(0), column.cells[part])
                digest.update(cells.astype(cells.dtype.newbyteorder("<"), copy=False).tobytes())
        digest.update(np.packbits(missing).tobytes())
    return digest.hexdigest()
