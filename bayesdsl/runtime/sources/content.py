"""What bytes look like, whatever their name says."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.errors import SourceError

GZIP = b"\x1f\x8b"

# (first bytes, what it is, what to do about it, the format that reads it)
_SIGNATURES: tuple[tuple[bytes, str, str, str | None], ...] = (
    (b"PAR1", "a Parquet file", 'say so: format = "parquet"', "parquet"),
    (
        b"PK\x03\x04",
        "a zip archive: an Excel workbook, or arrays saved by numpy",
        "save it as CSV, or name it .npz",
        "npz",
    ),
    (b"PK\x05\x06", "an empty zip archive", "write it again", "npz"),
    (b"\x93NUMPY", "a single numpy array", "save it with a name: np.savez(path, y=y)", None),
    (b"\x89HDF", "an HDF5 file", "save the table as CSV or Parquet", None),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save it as CSV from the spreadsheet", None),
    (b"RDX", "an R workspace", "save the data frame with write.csv(d, path, row.names = FALSE)", None),
    (b"%PDF", "a PDF document", "get the data as CSV", None),
    (b"BZh", "compressed with bzip2", "unpack it, or compress it with gzip", None),
    (b"\xfd7zXZ\x00", "compressed with xz", "unpack it, or compress it with gzip", None),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it, or compress it with gzip", None),
    (b"\x80\x04\x95", "a Python pickle, which is never read", "save the table as CSV or Parquet", None),
    (b"\x80\x05\x95", "a Python pickle, which is never read", "save the table as CSV or Parquet", None),
    (b"version https://git-lfs", "a Git LFS pointer and not the data itself", "fetch the data: git lfs pull", None),
)

_MARKED_AS_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def unpack(data: bytes, file: str, limit: int) -> bytes:
    """The bytes that gzip packed, at most `limit` of them. Raises `SourceError`."""
    parts, size = [], 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while part := stream.read(2**20):
                size += len(part)
                if size > limit:
                    raise SourceError(errors.too_large(file, None, limit))
                parts.append(part)
    except EOFError:
        raise SourceError(errors.broken_gzip(file, "it ends early")) from None
    except (OSError, zlib.error) as reason:
        raise SourceError(errors.broken_gzip(file, str(reason))) from None
    return b"".join(parts)


def refuse_other_format(data: bytes, file: str, format: str, expected: str) -> None:
    """Raises `SourceError` if the first bytes are plainly those of a format other than `format`."""
    for first, what, remedy, reads in _SIGNATURES:
        if data.startswith(first) and reads != format:
            raise SourceError(errors.other_format(file, expected, what, remedy))


def refuse_binary(data: bytes, file: str, expected: str, encoding: str) -> None:
    """Raises `SourceError` if the bytes cannot be text in this encoding, or are a web page, or blank."""
    refuse_other_format(data, file, "", expected)
    refuse_web_page(data, file)
    if not data.strip(b" \t\r\n\xef\xbb\xbf"):
        raise SourceError(errors.empty_file(file))
    if encoding.startswith(("utf-16", "utf-32")):
        return
    zero = data.find(b"\0")
    if data.startswith(_MARKED_AS_UTF16) or (zero >= 0 and _wide(data)):
        raise SourceError(encoding_problem(data, file, encoding, at=0 if data.startswith(_MARKED_AS_UTF16) else zero))
    if zero >= 0:
        raise SourceError(errors.nul_bytes(file, zero, line_of(data, zero)))


def refuse_web_page(data: bytes, file: str) -> None:
    """Raises `SourceError` if the bytes are HTML."""
    head = data[:512].removeprefix(codecs.BOM_UTF8).lstrip()
    if head[:14].lower().startswith((b"<!doctype html", b"<html")):
        raise SourceError(errors.web_page(file))


def encoding_problem(data: bytes, file: str, encoding: str, at: int | None = None) -> Diagnostic:
    """What to say of bytes that are not text in this encoding; `at` is where that shows, found if None."""
    if at is None:
        try:
            data.decode(encoding)
            at = 0
        except UnicodeDecodeError as reason:
            at = reason.start
        except UnicodeError:
            at = 0
    guess = _guess(data, encoding)
    byte = data[at] if at < len(data) else None
    sample = _around(data, at).decode(guess, "replace").strip() if guess and not guess.startswith("utf-16") else ""
    return errors.wrong_encoding(file, encoding, at, line_of(data, at), byte, guess, sample)


def line_of(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _wide(data: bytes) -> str | None:
    """The UTF-16 that text without a mark is in: one byte of each pair is mostly zero."""
    sample = data[:4096]
    low, high = sample[0::2], sample[1::2]
    if high and high.count(0) > 0.6 * len(high) and low.count(0) == 0:
        return "utf-16-le"
    if low and low.count(0) > 0.6 * len(low) and high.count(0) == 0:
        return "utf-16-be"
    return None


def _guess(data: bytes, encoding: str) -> str | None:
    """The encoding these bytes are most likely in, other than the one that failed."""
    guess = "utf-16" if data.startswith(_MARKED_AS_UTF16) else _wide(data)
    if guess is None and encoding != "utf-8":
        try:
            data.decode("utf-8")
            guess = "utf-8"
        except UnicodeDecodeError:
            pass
    if guess is None:
        # Latin-1 has control characters where Windows has quotes and dashes, and no one writes those.
        guess = "cp1252" if any(0x80 <= byte <= 0x9F for byte in set(data)) else "latin-1"
    return None if guess == encoding else guess


def _around(data: bytes, offset: int) -> bytes:
    """A few words around an offset, within its line."""
    start = max(data.rfind(b"\n", 0, offset) + 1, offset - 12)
    end = data.find(b"\n", offset)
    return data[start : min(offset + 12, len(data) if end < 0 else end)]
