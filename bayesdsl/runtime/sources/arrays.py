"""Arrays saved by numpy: npz archives, read without ever unpickling."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import partial

import numpy as np

from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.columns import NotAColumn, column_from_array, make_table
from bayesdsl.runtime.sources.content import refuse_other_format
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.options import Settings
from bayesdsl.runtime.sources.table import Missing, RawColumn, RawTable

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npz(data: bytes, file: str, settings: Settings, sha256: str) -> RawTable:
    """A table of the archive's arrays of one or two dims; the others are set aside. Raises `SourceError`."""
    refuse_other_format(data, file, "npz", "npz")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except Exception as reason:
        raise SourceError(errors.broken_npz(file, reason_of(reason))) from None
    unpacked = sum(member.file_size for member in members)
    if unpacked > settings.max_bytes:
        raise SourceError(errors.too_large(file, unpacked, settings.max_bytes))
    lexicon = settings.missing or Missing()
    entries = [
        (m.filename.removesuffix(".npy"), partial(_member, archive=archive, member=m, file=file, lexicon=lexicon))
        for m in members
    ]
    if not entries:
        raise SourceError(errors.broken_npz(file, "there are no arrays in it"))
    return make_table(file, entries, sha256, wanted=settings.columns, selectable=True)


def _member(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: str, lexicon: Missing) -> RawColumn:
    if not member.filename.endswith(".npy"):
        raise NotAColumn("a file that is not an array")
    # A damaged archive can make the standard library and numpy raise nearly anything.
    try:
        array = _array(archive.read(member))
    except _HoldsObjects:
        raise SourceError(errors.object_array(file, name)) from None
    except Exception as reason:
        raise SourceError(errors.broken_npz(file, f"array `{name}`: {reason_of(reason)}")) from None
    make: Callable[[str], RawColumn] = column_from_array(array, lexicon)
    return make(name)


class _HoldsObjects(Exception):
    pass


def _array(data: bytes) -> np.ndarray:
    """The array in the bytes of a .npy file; its header is held against their number before anything is made of it."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in HEADERS:
        raise ValueError(f"version {version[0]}.{version[1]} of the format is not read")
    shape, by_columns, dtype = HEADERS[version](stream)
    if dtype.hasobject:
        raise _HoldsObjects
    count = 1
    for size in shape:
        if size < 0:
            raise ValueError("its shape has a negative size")
        count *= size
    body = data[stream.tell() :]
    if count * dtype.itemsize != len(body):
        raise ValueError(f"it should have {count * dtype.itemsize} bytes and has {len(body)}")
    flat = np.frombuffer(body, dtype=dtype, count=count) if body else np.empty(count, dtype=dtype)
    return flat.reshape(shape, order="F" if by_columns else "C")


def reason_of(reason: BaseException) -> str:
    """What a library says of damage, in a line."""
    text = " ".join(str(reason).split())
    return (text[:120] or type(reason).__name__).rstrip(".")
