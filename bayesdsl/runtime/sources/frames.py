"""Data frames of pandas, polars and pyarrow, and Parquet files by way of them.

None of these is imported unless an object of theirs was given, or a Parquet file is to be read.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.columns import NotAColumn, column_from_array, column_from_list, make_table
from bayesdsl.runtime.sources.content import refuse_other_format
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.options import Settings
from bayesdsl.runtime.sources.table import Missing, RawColumn, RawTable, text_array

_MARK = b"PAR1"

Maker = Callable[[str], RawColumn]


def read_parquet(data: bytes, file: str, settings: Settings, sha256: str) -> RawTable:
    """A table of a Parquet file, by pyarrow or else polars. Raises `SourceError`."""
    refuse_other_format(data, file, "parquet", "Parquet")
    reader = next((read for module, read in _PARQUET_READERS.items() if importlib.util.find_spec(module)), None)
    if reader is None:
        raise SourceError(errors.parquet_unavailable(file))
    check_ends(data, data[-8:], len(data), file)
    try:
        frame = reader(data)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as reason:  # a panic in a library's native code is no Exception
        text = " ".join(str(reason).split())[:120] or type(reason).__name__
        raise SourceError(errors.broken_parquet(file, text)) from None
    return read_frame(frame, file, settings.missing or Missing(), sha256)


def check_ends(head: bytes, tail: bytes, size: int, file: str) -> None:
    """Raises `SourceError` where a file of this size, by how it begins and its last eight bytes, is no Parquet.

    The most common damage is a file cut short, and not every library is sound on what is no Parquet at all.
    """
    if not head.startswith(_MARK) or not tail.endswith(_MARK) or int.from_bytes(tail[:4], "little") + 12 > size:
        raise SourceError(errors.broken_parquet(file, "it does not begin and end as one"))


def _by_polars(data: bytes) -> Any:
    import polars

    return polars.read_parquet(io.BytesIO(data))


def _by_pyarrow(data: bytes) -> Any:
    import pyarrow.parquet

    return pyarrow.parquet.read_table(io.BytesIO(data))


_PARQUET_READERS: dict[str, Callable[[bytes], Any]] = {"pyarrow": _by_pyarrow, "polars": _by_polars}


def is_frame(given: object) -> bool:
    return _library(given) is not None


def read_frame(frame: Any, name: str, lexicon: Missing, sha256: str | None = None) -> RawTable:
    """A table of a frame's columns. Raises `SourceError`."""
    entries, set_aside = _ENTRIES[_library(frame)](frame, lexicon)
    if not entries:
        raise SourceError(errors.no_columns(name, set_aside))
    table = make_table(name, [(title, _guarded(make)) for title, make in entries], sha256)
    return RawTable(name, table.columns, table.rows, table.sha256, set_aside | table.set_aside, table.places)


def is_series(given: object) -> bool:
    """Whether this is a single column of pandas or polars."""
    return any((c.__module__.split(".")[0], c.__name__) in _SERIES for c in type(given).__mro__)


def series_maker(series: Any, lexicon: Missing) -> Maker:
    """How to make a column of a Series of pandas or polars."""
    library = next(r for c in type(series).__mro__ if ((r := c.__module__.split(".")[0]), c.__name__) in _SERIES)
    return _guarded(partial(_SERIES[library, "Series"], series=series, lexicon=lexicon))


def _guarded(make: Maker) -> Maker:
    """The same, but what the library itself fails at is no column."""

    def make_or_set_aside(name: str) -> RawColumn:
        try:
            return make(name)
        except NotAColumn:
            raise
        except Exception as reason:
            text = " ".join(str(reason).split())[:120] or type(reason).__name__
            raise NotAColumn(f"a column that cannot be read: {text}") from None

    return make_or_set_aside


def _library(given: object) -> tuple[str, str] | None:
    """The library's name and the class's, for a frame or what is derived from one."""
    found = ((c.__module__.split(".")[0], c.__name__) for c in type(given).__mro__)
    return next((pair for pair in found if pair in _ENTRIES), None)


def _pandas_entries(frame: Any, lexicon: Missing) -> tuple[list[tuple[str, Maker]], dict[str, str]]:
    entries = [
        (str(name), partial(_pandas_column, series=frame.iloc[:, i], lexicon=lexicon))
        for i, name in enumerate(frame.columns)
    ]
    names = {name for name, _ in entries}
    index = {
        str(name): "the frame's index and not a column: call reset_index() first"
        for name in frame.index.names
        if name is not None and str(name) not in names
    }
    return entries, index


def _pandas_column(name: str, series: Any, lexicon: Missing) -> RawColumn:
    gaps = series.isna().to_numpy(dtype=bool)
    kind = getattr(series.dtype, "kind", "O")
    if kind == "f":
        plain = isinstance(series.dtype, np.dtype)
        values = series.to_numpy() if plain else series.to_numpy(dtype=np.float64, na_value=np.nan)
    elif kind in "biu":
        numpy_type, filler = {"b": (bool, False), "i": (np.int64, 0), "u": (np.uint64, 0)}[kind]
        values = (series.fillna(filler) if gaps.any() else series).to_numpy(dtype=numpy_type)
    elif kind == "M" and getattr(series.dtype, "tz", None) is None:
        values = series.to_numpy()
    else:
        cells = series.astype(object).tolist()
        filled = [None if gap else cell for cell, gap in zip(cells, gaps.tolist(), strict=True)]
        return column_from_list(filled, lexicon)(name)
    return _with_gaps(column_from_array(values, lexicon)(name), gaps)


def _with_gaps(column: RawColumn, gaps: np.ndarray) -> RawColumn:
    """The column with these rows missing besides those that are."""
    if not gaps.any() or column.width is not None:
        return column
    absent = gaps if column.absent is None else column.absent | gaps
    return RawColumn(column.name, column.cells, absent, column.lexicon)


def _polars_entries(frame: Any, lexicon: Missing) -> tuple[list[tuple[str, Maker]], dict[str, str]]:
    return [(s.name, partial(_polars_column, series=s, lexicon=lexicon)) for s in frame.get_columns()], {}


def _polars_column(name: str, series: Any, lexicon: Missing) -> RawColumn:
    dtype = series.dtype
    gaps = series.is_null().to_numpy().astype(bool)
    if dtype.is_integer() or dtype.is_float() or str(dtype) == "Boolean":
        filler = False if str(dtype) == "Boolean" else np.nan if dtype.is_float() else 0
        filled = series.fill_null(filler) if gaps.any() else series
        column = column_from_array(filled.to_numpy(), lexicon)(name)
    elif str(dtype) == "String" or str(dtype).startswith(("Categorical", "Enum")):
        column = RawColumn(name, text_array(["" if v is None else v for v in series.to_list()]), None, lexicon)
    elif str(dtype).startswith("Datetime") and getattr(dtype, "time_zone", None) is None:
        column = column_from_array(series.to_numpy(), lexicon)(name)
    else:
        column = column_from_list(series.to_list(), lexicon)(name)
    return _with_gaps(column, gaps)


def _pyarrow_entries(table: Any, lexicon: Missing) -> tuple[list[tuple[str, Maker]], dict[str, str]]:
    return [
        (field.name, partial(_pyarrow_column, array=table.column(i), lexicon=lexicon))
        for i, field in enumerate(table.schema)
    ], {}


def _pyarrow_column(name: str, array: Any, lexicon: Missing) -> RawColumn:
    import pyarrow

    types = pyarrow.types
    kind = array.type
    gaps = array.is_null().to_numpy().astype(bool)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        filler = False if types.is_boolean(kind) else np.nan if types.is_floating(kind) else 0
        filled = array.fill_null(pyarrow.scalar(filler).cast(kind)) if gaps.any() else array
        column = column_from_array(filled.to_numpy(), lexicon)(name)
    elif types.is_timestamp(kind) and kind.tz is None:
        column = column_from_array(array.to_numpy(), lexicon)(name)
    else:
        column = column_from_list(array.to_pylist(), lexicon)(name)
    return _with_gaps(column, gaps)


_ENTRIES: dict[tuple[str, str] | None, Callable[..., tuple[list[tuple[str, Maker]], dict[str, str]]]] = {
    ("pandas", "DataFrame"): _pandas_entries,
    ("polars", "DataFrame"): _polars_entries,
    ("pyarrow", "Table"): _pyarrow_entries,
}
_SERIES: dict[tuple[str, str], Callable[..., RawColumn]] = {
    ("pandas", "Series"): _pandas_column,
    ("polars", "Series"): _polars_column,
}
