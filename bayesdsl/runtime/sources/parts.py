"""Files read a part at a time, for tables that memory does not hold.

rows.csv, 30,000,000 rows of 8 columns   ->   RawTable of 125,000 rows, RawTable of 125,000 rows, ..
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bayesdsl.diagnostics.diagnostic import Cell
from bayesdsl.runtime.sources import content, errors, remote
from bayesdsl.runtime.sources.arrays import HEADERS, reason_of
from bayesdsl.runtime.sources.columns import column_from_array, make_table
from bayesdsl.runtime.sources.delimited import delimited_parts
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.frames import check_ends, read_frame
from bayesdsl.runtime.sources.options import Settings, check_applies, read_options
from bayesdsl.runtime.sources.read import format_of, located
from bayesdsl.runtime.sources.table import Missing, RawTable

# Values in a part. As text they take some 50 bytes each while they are read, and half of that as numbers.
VALUES = 1_000_000

_HEAD = 2**20
_LOCAL = struct.Struct("<4s22sHH")  # the header of a zip archive's member, up to the lengths of its name and the rest


@dataclass(frozen=True)
class Parts:
    """A table in parts. `tables` gives them from the first row on, as often as it is called."""

    name: str
    sha256: str
    tables: Callable[[], Iterator[RawTable]]


def open_parts(
    given: str | os.PathLike[str], options: Mapping[str, object], base_dir: Path, *, name: str, replaced: bool = False
) -> Parts:
    """The table of a file that is read in parts; arguments as those of `read_source`. Raises `SourceError`, also while
    the parts are read."""
    file = os.fsdecode(os.fspath(given))
    settings = read_options(options, file)
    if replaced:
        settings = replace(settings, sha256=None, format=None)
    if remote.is_address(file):
        raise SourceError(errors.not_in_parts(file, "an address", "download it, and name the file"))
    path = located(file, name, base_dir)
    format = settings.format or format_of(file, file)
    if not replaced:
        check_applies(settings, format, file)
    reader = _READERS.get(format)
    if reader is None:
        raise SourceError(errors.not_in_parts(file, format.upper(), "save it as CSV, Parquet or npz"))
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            stream.seek(0)
            actual = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as reason:
        raise SourceError(errors.not_readable(file, path, reason.strerror or str(reason))) from None
    if settings.sha256 not in (None, actual):
        raise SourceError(errors.checksum_mismatch(file, str(settings.sha256), actual))
    if not head:
        raise SourceError(errors.empty_file(file))
    if head.startswith(content.GZIP):
        raise SourceError(errors.not_in_parts(file, "compressed", "unpack it"))
    return Parts(file, actual, lambda: reader(path, head, file, settings, actual))


@dataclass(frozen=True)
class _Places:
    """The places of the cells of a part, by the rows of the whole table from 1."""

    part: RawTable
    before: int

    def cell(self, row: int, column: str) -> Cell:
        found = self.part.cell(row, column)
        return replace(found, line=found.line + self.before)


def _placed(part: RawTable, before: int) -> RawTable:
    return replace(part, places=_Places(part, before))


# Delimited text


def _by_records(sep: str) -> Callable[[Path, bytes, str, Settings, str], Iterator[RawTable]]:
    return lambda path, head, file, settings, sha256: delimited_parts(path, head, file, settings, sha256, sep, VALUES)


# Archives of numpy


def _by_slices(path: Path, head: bytes, file: str, settings: Settings, sha256: str) -> Iterator[RawTable]:
    """Rows of the arrays of an archive, which are mapped into memory and not read."""
    content.refuse_other_format(head, file, "npz", "npz")
    arrays = {name: array for name, array in _mapped(path, file).items() if array.ndim in (1, 2)}
    if settings.columns is not None:
        arrays = {name: array for name, array in arrays.items() if name in settings.columns} or arrays
    lengths = {name: len(array) for name, array in arrays.items()}
    if not arrays:
        raise SourceError(errors.broken_npz(file, "there are no arrays in it"))
    if len(set(lengths.values())) > 1:
        raise SourceError(errors.unequal_lengths(file, lengths, selectable=True))
    rows = next(iter(lengths.values()))
    size = max(1, VALUES // sum(array.shape[1] if array.ndim == 2 else 1 for array in arrays.values()))
    for start in range(0, max(rows, 1), size):
        entries = [
            (name, column_from_array(np.array(array[start : start + size]), settings.missing or Missing()))
            for name, array in arrays.items()
        ]
        yield _placed(make_table(file, entries, sha256, wanted=settings.columns, selectable=True), start)


def _mapped(path: Path, file: str) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            remedy = "save it with np.savez, which does not compress"
            raise SourceError(errors.not_in_parts(file, "compressed", remedy))
        return {m.filename.removesuffix(".npy"): _map(path, m) for m in members if m.filename.endswith(".npy")}
    except SourceError:
        raise
    except Exception as reason:  # a damaged archive can make the standard library and numpy raise nearly anything
        raise SourceError(errors.broken_npz(file, reason_of(reason))) from None


def _map(path: Path, member: zipfile.ZipInfo) -> np.ndarray:
    """An array of an archive that is not compressed, where it stands in the file."""
    with path.open("rb") as stream:
        stream.seek(member.header_offset)
        _, _, name, rest = _LOCAL.unpack(stream.read(_LOCAL.size))
        start = member.header_offset + _LOCAL.size + name + rest
        stream.seek(start)
        shape, by_columns, dtype = HEADERS[np.lib.format.read_magic(stream)](stream)
        offset = stream.tell()
    if dtype.hasobject:
        raise ValueError(f"array `{member.filename}` holds Python objects")
    if int(np.prod(shape)) * dtype.itemsize != member.file_size - (offset - start):
        raise ValueError(f"array `{member.filename}` is not as long as it says")
    if 0 in shape:
        return np.empty(shape, dtype=dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape, order="F" if by_columns else "C")


# Parquet


def _by_groups(path: Path, head: bytes, file: str, settings: Settings, sha256: str) -> Iterator[RawTable]:
    content.refuse_other_format(head, file, "parquet", "Parquet")
    reader = next((read for module, read in _PARQUET_READERS.items() if importlib.util.find_spec(module)), None)
    if reader is None:
        raise SourceError(errors.parquet_unavailable(file))
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - 8, 0))
        check_ends(head, stream.read(), size, file)
    before = 0
    try:
        for frame in reader(path):
            part = read_frame(frame, file, settings.missing or Missing(), sha256)
            yield _placed(part, before)
            before += part.rows
    except (KeyboardInterrupt, SystemExit, GeneratorExit, SourceError):
        raise
    except BaseException as reason:  # a panic in a library's native code is no Exception
        raise SourceError(errors.broken_parquet(file, reason_of(reason))) from None


def _by_pyarrow(path: Path) -> Iterator[Any]:
    import pyarrow
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as stream:
        for batch in stream.iter_batches(max(1, VALUES // max(1, len(stream.schema_arrow)))):
            yield pyarrow.Table.from_batches([batch])


def _by_polars(path: Path) -> Iterator[Any]:
    import polars

    scan = polars.scan_parquet(path)
    rows = int(scan.select(polars.len()).collect().item())
    size = max(1, VALUES // max(1, len(scan.collect_schema())))
    for start in range(0, max(rows, 1), size):
        yield scan.slice(start, size).collect()


_PARQUET_READERS: dict[str, Callable[[Path], Iterator[Any]]] = {"pyarrow": _by_pyarrow, "polars": _by_polars}

_READERS: Mapping[str, Callable[[Path, bytes, str, Settings, str], Iterator[RawTable]]] = {
    "csv": _by_records(","),
    "tsv": _by_records("\t"),
    "npz": _by_slices,
    "parquet": _by_groups,
}
