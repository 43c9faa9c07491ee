"""Reading whatever a spec, or who runs it, gives as data: the steps from a name to a table."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bayesdsl.runtime.sources import content, errors, remote
from bayesdsl.runtime.sources.arrays import read_npz
from bayesdsl.runtime.sources.delimited import read_delimited
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.frames import read_parquet
from bayesdsl.runtime.sources.json_tables import read_json
from bayesdsl.runtime.sources.memory import read_memory
from bayesdsl.runtime.sources.opened import LONG, LongFile
from bayesdsl.runtime.sources.options import FORMATS, Settings, check_applies, read_options
from bayesdsl.runtime.sources.table import RawTable

Reader = Callable[[Any, str, Settings, str], RawTable]

_READERS: Mapping[str, Reader] = {
    "csv": lambda data, file, settings, sha256: read_delimited(data, file, settings, sha256, ","),
    "tsv": lambda data, file, settings, sha256: read_delimited(data, file, settings, sha256, "\t"),
    "json": read_json,
    "npz": read_npz,
    "parquet": read_parquet,
}

# Formats that people have and that are not read, with what to do.
_FOREIGN: Mapping[str, str] = {
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".ods": "save the sheet as CSV",
    ".rds": "in R: write.csv(readRDS(path), out, row.names = FALSE)",
    ".rda": "in R: load(path), then write.csv(d, out, row.names = FALSE)",
    ".rdata": "in R: load(path), then write.csv(d, out, row.names = FALSE)",
    ".dta": 'with pandas: pandas.read_stata(path).to_parquet("data.parquet")',
    ".sav": 'with pandas: pandas.read_spss(path).to_parquet("data.parquet")',
    ".pkl": "a pickle can run any code and is never read; save the table as CSV or Parquet",
    ".pickle": "a pickle can run any code and is never read; save the table as CSV or Parquet",
    ".npy": "save it with a name: np.savez(path, y=y)",
    ".pt": "save the tensors with np.savez(path, y=y.numpy())",
    ".jsonl": "put the objects into one list and name the file .json",
    ".ndjson": "put the objects into one list and name the file .json",
    ".zip": "unpack it, or compress the file with gzip",
    ".feather": "save it as Parquet",
    ".arrow": "save it as Parquet",
    ".h5": "save the table as CSV or Parquet",
    ".nc": "save the table as CSV or Parquet",
    ".mat": "save the arrays with np.savez(path, y=y)",
}


def read_source(
    given: object, options: Mapping[str, object], base_dir: Path, *, name: str, replaced: bool = False
) -> RawTable:
    """The table that `given` stands for.

    `given` is a path (relative to `base_dir`), an address, a DataFrame of pandas or polars, a dict of arrays or a
    list of dicts. `options` are those of the spec, by name, see `OPTIONS`; `name` is the data block's. `replaced`
    says that `given` stands in for the source that the spec names: then its checksum and format, and options for
    another format, are not held against it. For objects in memory that is always so.

    Raises `SourceError`, whose diagnostics have no place in the spec yet.
    """
    if not isinstance(given, (str, os.PathLike)):
        settings = read_options(options, name)
        return read_memory(given, name, settings.missing, settings.columns)
    file = os.fsdecode(os.fspath(given))
    settings = read_options(options, file)
    if replaced:
        settings = replace(settings, sha256=None, format=None)
    remotely = remote.is_address(file)
    path = None if remotely else located(file, name, base_dir)
    format = settings.format or format_of(remote.file_name(file) if remotely else file, file)
    if not replaced:
        check_applies(settings, format, file)
    long = path is not None and _long(path, format, file, settings.max_bytes)
    if long:
        data = long
    elif path is None:
        data = remote.fetch(file, name, settings.sha256, settings.max_bytes, fixed=not replaced)
    else:
        data = _read_file(path, file, settings.max_bytes)
    actual = data.sha256 if isinstance(data, LongFile) else hashlib.sha256(data).hexdigest()
    if settings.sha256 not in (None, actual):
        raise SourceError(errors.checksum_mismatch(file, str(settings.sha256), actual))
    if not data:
        raise SourceError(errors.empty_file(file))
    if isinstance(data, LongFile):
        return _READERS[format](data, file, settings, actual)
    return _READERS[format](_unpacked(data, file, remotely, settings.max_bytes), file, settings, actual)


def format_of(path: str, file: str) -> str:
    """The format that a file's name tells."""
    suffix = Path(path.lower().removesuffix(".gz")).suffix
    for format, suffixes in FORMATS.items():
        if suffix in suffixes:
            return format
    raise SourceError(errors.unknown_format(file, suffix, list(FORMATS), _FOREIGN.get(suffix)))


def _unpacked(data: bytes, file: str, remotely: bool, limit: int) -> bytes:
    """The file's bytes without their gzip. Packed bytes need not be named so, but what is named so must be packed."""
    if data.startswith(content.GZIP):
        return content.unpack(data, file, limit)
    if (remote.file_name(file) if remotely else file).lower().endswith(".gz"):
        content.refuse_web_page(data, file)
        raise SourceError(errors.not_gzip(file))
    return data


def located(file: str, table: str, base_dir: Path) -> Path:
    """The path of a regular file."""
    path = base_dir / _expanded(file)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise SourceError(errors.file_not_found(file, table, path, _names(path.parent))) from None
    except OSError as reason:
        raise SourceError(errors.not_readable(file, path, reason.strerror or str(reason))) from None
    if stat.S_ISDIR(mode):
        raise SourceError(errors.not_a_file(file, "a directory", _data_files(path)))
    if not stat.S_ISREG(mode):
        # Reading a pipe or a device might never end.
        raise SourceError(errors.not_a_file(file, "a device or a pipe", ()))
    return path


def _long(path: Path, format: str, file: str, limit: int) -> LongFile | None:
    """A file of plain text that is not to be held in memory. None for others: packed ones, and those that are no text
    after all, of which is said what they are from all that is in them."""
    try:
        if format not in ("csv", "tsv") or not LONG < path.stat().st_size <= limit:
            return None
        found = LongFile.of(path)
    except OSError as reason:
        raise SourceError(errors.not_readable(file, path, reason.strerror or str(reason))) from None
    plain = not found.head.startswith(content.GZIP) and b"\0" not in found and not path.name.lower().endswith(".gz")
    return found if plain and LONG < len(found) <= limit else None


def _read_file(path: Path, file: str, limit: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > limit:
            raise SourceError(errors.too_large(file, size, limit))
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as reason:
        raise SourceError(errors.not_readable(file, path, reason.strerror or str(reason))) from None
    if len(data) > limit:
        raise SourceError(errors.too_large(file, None, limit))
    return data


def _expanded(file: str) -> Path:
    try:
        return Path(file).expanduser()
    except RuntimeError:  # ~name, and no user of that name
        return Path(file)


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except (OSError, ValueError):
        return []


def _data_files(directory: Path) -> list[str]:
    suffixes = tuple(suffix for format in FORMATS.values() for suffix in format)
    return [name for name in _names(directory) if name.lower().removesuffix(".gz").endswith(suffixes)]
