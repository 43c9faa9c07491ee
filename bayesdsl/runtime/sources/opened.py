"""Text files that are read as they are asked for."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.runtime.sources import errors

# Bytes of text from which on a table is long: its text is not kept beside its numbers.
LONG = 2**22


class OpenedFile(io.RawIOBase):
    """The bytes of a file, which is closed when nobody reads it any more."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return os.lseek(self._number, offset, whence)

    def readinto(self, buffer: Any) -> int:
        data = os.read(self._number, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            os.close(self._number)
        super().close()


@dataclass(frozen=True, eq=False)
class LongFile:
    """A file that is looked through once, and then read again as it is needed. `in` and `isascii` are as of bytes.

    `head` is how it begins; `seen` says of each byte whether it occurs.
    """

    path: Path
    size: int
    sha256: str
    head: bytes
    seen: np.ndarray

    @classmethod
    def of(cls, path: Path) -> LongFile:
        digest, seen, head, size = hashlib.sha256(), np.zeros(256, dtype=bool), b"", 0
        with path.open("rb") as stream:
            while block := stream.read(2**20):
                head, size = head or block, size + len(block)
                digest.update(block)
                seen |= np.bincount(np.frombuffer(block, dtype=np.uint8), minlength=256) > 0
        return cls(path, size, digest.hexdigest(), head, seen)

    def __len__(self) -> int:
        return self.size

    def __contains__(self, mark: bytes) -> bool:
        return bool(self.seen[mark[0]])

    def isascii(self) -> bool:
        return not self.seen[128:].any()


def undecodable(path: Path, file: str, encoding: str) -> Diagnostic:
    """The first byte of a file that is no text in its encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = lines = 0
    with path.open("rb") as stream:
        while block := stream.read(2**20):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
            except UnicodeDecodeError as reason:
                at = max(reason.start - pending, 0)
                lines += block.count(b"\n", 0, at)
                return errors.wrong_encoding(file, encoding, offset + at, lines + 1, block[at], None, "")
            offset += len(block)
            lines += block.count(b"\n")
    return errors.wrong_encoding(file, encoding, offset, lines + 1, None, None, "")
