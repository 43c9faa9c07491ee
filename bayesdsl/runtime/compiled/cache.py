"""Where what was compiled is: the user's cache, programs that were compiled ahead, and those that are being.

    store("5f..", {"plan.json": b".."})     find("5f..")  ->  {"plan.json": b".."}

`bayesdsl compile` lets a spec's kernels be made as for a run and keeps a copy of each beside the spec (`recording`);
a machine that is given the copies finds them there before it looks into its cache, and needs no compiler.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bayesdsl.resources import cache_directory
from bayesdsl.runtime.compiled import artefact
from bayesdsl.runtime.compiled.entries import Cache, digest, read
from bayesdsl.runtime.progress import COMPILING

__all__ = [
    "AHEAD",
    "NotRecorded",
    "Recording",
    "ahead",
    "announcement",
    "current",
    "digest",
    "find",
    "recorded",
    "recording",
    "store",
    "using",
]

# Where the directory of programs compiled ahead is named, for this process and those it starts.
AHEAD = "BAYESDSL_COMPILED"

# In bytes: more than a program and its object take.
ROOM = 2**20


@dataclass(frozen=True)
class Recording:
    """Programs being compiled ahead: what is used from now on is copied to `place`, compiled for `march`."""

    place: Cache
    march: str


class NotRecorded(Exception):
    """A program could not be copied to where it is recorded; the message says why, as a clause."""


_recordings: list[Recording] = []


def current() -> Cache:
    """The cache of this process: where the environment says, or a directory of its own where that cannot be written."""
    wanted = _wanted()
    if wanted is None:
        return _temporary("there is no home directory")
    reason = _unwritable(wanted)
    return Cache(wanted) if reason is None else _temporary(f"`{wanted}` cannot be written: {reason}")


def announcement() -> str:
    """What a run says that has to compile something."""
    note = current().note
    return COMPILING if note is None else f"compiling the program: {note}"


def standing() -> Cache | None:
    """The cache that the environment names, where it cannot be written but may be read; None elsewhere."""
    wanted = _wanted()
    return None if wanted is None or _unwritable(wanted) is None else Cache(wanted)


def _wanted() -> Path | None:
    try:
        return cache_directory() / "compiled"
    except RuntimeError:
        return None


@cache
def _unwritable(directory: Path) -> str | None:
    """Why nothing can be written there; None where it can."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return None if shutil.disk_usage(directory).free > ROOM else "there is no room left"
    except OSError as error:
        return reason_of(error)


def reason_of(error: OSError) -> str:
    """What the system says, as a clause."""
    return (error.strerror or str(error)).lower()


@cache
def _temporary(reason: str) -> Cache:
    """A cache for as long as this process lives. It is nobody else's: what is loaded from it is run."""
    try:
        directory = tempfile.mkdtemp(prefix="bayesdsl-")
    except OSError as error:
        # One in which nothing can be kept, which is found out where it is to be.
        return Cache(Path(os.devnull), f"{reason}, nor can a temporary directory: {reason_of(error)}")
    owner = os.getpid()

    def leave() -> None:
        if os.getpid() == owner:  # not a process that was forked from this one
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(leave)
    return Cache(Path(directory), f"{reason}; what is compiled is kept for this process alone")


def ahead() -> Cache | None:
    """The programs that were compiled ahead and that this process is to use; None where they cannot run here."""
    given = os.environ.get(AHEAD)
    return None if not given or artefact.unusable(Path(given)) else Cache(Path(given))


@contextmanager
def using(directory: Path) -> Iterator[None]:
    """Use the programs that were compiled ahead in a directory, in this process and those that it starts."""
    before = os.environ.get(AHEAD)
    os.environ[AHEAD] = str(directory)
    try:
        yield
    finally:
        if before is None:
            del os.environ[AHEAD]
        else:
            os.environ[AHEAD] = before


@contextmanager
def recording(directory: Path, march: str = artefact.NATIVE) -> Iterator[Recording]:
    """Copy every program that is used from now on, in all threads of this process, to a directory."""
    made = Recording(Cache(directory), march)
    _recordings.append(made)
    try:
        yield made
    finally:
        _recordings.remove(made)


def recorded() -> Recording | None:
    """The recording that this process is making."""
    return _recordings[-1] if _recordings else None


def store(key: str, files: Mapping[str, bytes]) -> Path:
    """Keep the files of a program under a key (32 hexadecimal digits of `digest`, say), and give their directory.

    Nothing is written where the key has an entry. Raises OSError where the files cannot be written, NotRecorded where
    they cannot be recorded.
    """
    record(key, files)
    return current().store(key, files)


def record(key: str, files: Mapping[str, bytes]) -> None:
    """Copy files to the recording that is being made, where there is one. Raises NotRecorded."""
    made = recorded()
    if made is not None:
        with writing():
            made.place.store(key, files)


@contextmanager
def writing() -> Iterator[None]:
    """Writing a directory of programs. Raises NotRecorded where the system does not let it."""
    try:
        yield
    except OSError as error:
        raise NotRecorded(reason_of(error)) from error


def find(key: str) -> dict[str, bytes] | None:
    """The files that were kept under a key, by name: those compiled ahead, or those of the cache. None for none.
    Raises NotRecorded."""
    for place in filter(None, (ahead(), current(), standing())):
        entry = place.find(key)
        if entry is None:
            continue
        try:
            files = read(entry)
        except OSError:
            continue
        record(key, files)
        return files
    return None
