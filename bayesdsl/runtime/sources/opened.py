"""Text files that are read as they are asked for."""

from __future__ import annotations

import codecs
import io
import os
from pathlib import Path
from typing import Any

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.runtime.sources import errors


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
