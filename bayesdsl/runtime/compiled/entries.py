"""Entries of a few files each by name, in a directory of bounded size: what was compiled once.

An entry is a directory that is written beside its place and moved into it, so that another process sees all of it or
nothing; two that make the same entry at once both end with a whole one. What was not used for longest goes first.

An entry is sealed with a digest of its files, and one that does not match it is none: an object of which a part is
missing, as after a full disk or a power cut, would end the process that loads it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 256 * 2**20
# What was used this recently may be about to be loaded by another process, and stays.
AT_WORK_SECONDS = 3600.0
# What a process that was killed left half written.
PARTIAL, PARTIAL_SECONDS = ".part-", 24 * 3600.0
# The file that holds the digest of the others.
SEAL = "seal"


@dataclass(frozen=True)
class Size:
    """How full a cache is."""

    entries: int
    bytes: int


@dataclass(frozen=True)
class Cache:
    """A directory of entries by name. `note` says why it is not where one would look for it."""

    directory: Path
    note: str | None = None
    most_bytes: int = MOST_BYTES

    def find(self, name: str) -> Path | None:
        """The directory of an entry, which counts as used now; None where there is none, or a damaged one."""
        path = self.directory / name
        if not is_whole(path):
            return None
        with suppress(OSError):  # One may read from a cache that one may not write to.
            os.utime(path)
        return path

    def matching(self, pattern: str) -> Iterator[Path]:
        """The directories of whole entries whose names match, the newest first."""
        found = [path for path in self.directory.glob(pattern) if not path.name.startswith(".") and is_whole(path)]
        yield from sorted(found, key=_used, reverse=True)

    def store(self, name: str, files: Mapping[str, bytes]) -> Path:
        """Keep files under a name, unless an entry is there, and give its directory. Raises OSError."""
        with self.making(name) as made:
            for file, content in files.items():
                (made / file).write_bytes(content)
        return self.directory / name

    @contextmanager
    def making(self, name: str) -> Iterator[Path]:
        """A directory to write the files of an entry into, which becomes the entry. Raises OSError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=self.directory))
        try:
            yield partial
            (partial / SEAL).write_bytes(_seal(read(partial)))
            with suppress(FileExistsError):
                _move(partial, self.directory / name)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self.prune()

    def copy(self, name: str, entry: Path) -> None:
        """Keep the files of an entry of another cache, unless there is one of that name. Raises OSError."""
        if not is_whole(self.directory / name):
            self.store(name, read(entry))

    def discard(self, name: str) -> None:
        """Forget an entry, as one whose files are damaged."""
        shutil.rmtree(self.directory / name, ignore_errors=True)

    def size(self) -> Size:
        sizes = [_bytes_in(path) for path in self._entries()]
        return Size(len(sizes), sum(sizes))

    def clear(self) -> Size:
        """Forget everything, and give how much that was."""
        was = self.size()
        for path in self._inside():
            shutil.rmtree(path, ignore_errors=True)
        return was

    def prune(self) -> None:
        """Let the least recently used entries go until the rest fits, and what was left half written."""
        now = time.time()
        for path in self._inside():
            if path.name.startswith(PARTIAL) and now - _used(path) > PARTIAL_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
        entries = sorted(((_used(path), _bytes_in(path), path) for path in self._entries()), reverse=True)
        total = 0
        for used, size, path in entries:
            total += size
            if total > self.most_bytes and now - used > AT_WORK_SECONDS:
                shutil.rmtree(path, ignore_errors=True)

    def _entries(self) -> Iterator[Path]:
        return (path for path in self._inside() if not path.name.startswith(PARTIAL))

    def _inside(self) -> list[Path]:
        try:
            return [path for path in self.directory.iterdir() if path.is_dir()]
        except OSError:
            return []


def _move(partial: Path, place: Path) -> None:
    os.chmod(partial, 0o777 & ~_mask())  # mkdtemp makes it for its owner alone, who may share the cache
    try:
        os.rename(partial, place)
    except OSError as error:
        # What is there already, by another process, is as good as this one.
        if is_whole(place):
            raise FileExistsError(place) from error
        shutil.rmtree(place, ignore_errors=True)
        os.rename(partial, place)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _used(path: Path) -> float:
    """When an entry was last used, in seconds since 1970; 0 where it is gone by now."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _bytes_in(path: Path) -> int:
    total = 0
    for place, _, files in os.walk(path):
        for file in files:
            with suppress(OSError):
                total += os.path.getsize(os.path.join(place, file))
    return total


def read(entry: Path) -> dict[str, bytes]:
    """The files of an entry by name, without its seal. Raises OSError."""
    return {path.name: path.read_bytes() for path in entry.iterdir() if path.is_file() and path.name != SEAL}


def is_whole(entry: Path) -> bool:
    """Whether an entry is there and its files are those that were written."""
    try:
        return (entry / SEAL).read_bytes() == _seal(read(entry))
    except OSError:
        return False


def _seal(files: Mapping[str, bytes]) -> bytes:
    return digest(*(part for name in sorted(files) for part in (name, files[name]))).encode()


def digest(*parts: str | bytes) -> str:
    """A name for some texts: 32 hexadecimal digits, others for other texts."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "little") + data)
    return made.hexdigest()
