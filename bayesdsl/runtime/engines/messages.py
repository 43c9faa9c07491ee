"""What a run and its workers say to each other: values over a pipe, one after another."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class Job:
    """What a worker needs to make a model and its density: the program's text and data, never callables."""

    source: str
    module_name: str
    inputs: dict[str, Any]
    dtype: Any
    names: tuple[str, ...]
    settings: Any
    seed: int
    starts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Ready:
    """The worker has its density and waits for a chain."""

    facts: dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A chain has given all its draws."""

    chain: int


@dataclass(frozen=True)
class Failure:
    """A chain cannot go on: `error` is an EngineError, or None for an error of another kind, told in words."""

    chain: int
    error: Exception | None
    reason: str
    traceback: str


def write(stream: BinaryIO, value: Any) -> None:
    """Send a value. Raises BrokenPipeError where nobody reads any more."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read(stream: BinaryIO) -> Any:
    """The next value. Raises EOFError where the other side has gone, in the middle of a value or between two."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return pickle.loads(_exactly(stream, length))


def _exactly(stream: BinaryIO, length: int) -> bytes:
    parts = []
    while length:
        part = stream.read(length)
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
