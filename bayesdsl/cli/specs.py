"""Specs from files, directories and standard input, and texts back into files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from bayesdsl.cli.failures import Usage
from bayesdsl.source import Source

STDIN = "-"
STDIN_NAME = "<stdin>"
SUFFIX = ".bayes"
# The files by which the directory of a run is known.
OF_A_RUN = frozenset({"manifest.json", "draws.nc"})


def read(name: str) -> Source:
    """The spec called `name`, `-` for standard input. Raises BayesError where it cannot be read."""
    from bayesdsl.driver import decode_spec, read_spec

    if name != STDIN:
        return read_spec(name)
    return decode_spec(STDIN_NAME, _standard_input())


def _standard_input() -> bytes:
    buffer = getattr(sys.stdin, "buffer", None)
    return buffer.read() if buffer is not None else sys.stdin.read().encode("utf-8", "surrogateescape")


def found(names: Sequence[str]) -> list[str]:
    """Files as given, each once, and the specs in the directories among them. Raises Usage for one without any."""
    return list(dict.fromkeys(path for name in names for path in _expanded(name)))


def _expanded(name: str) -> list[str]:
    if not os.path.isdir(name):
        return [name]
    inside = sorted(_specs_under(name))
    if not inside:
        raise Usage(f"there is no *{SUFFIX} file in `{name}`")
    return inside


def _specs_under(directory: str) -> Iterator[str]:
    """Specs in a directory and those below it, but for hidden ones and the copies that runs keep of their specs."""
    for place, below, files in os.walk(directory):
        below[:] = [name for name in below if not name.startswith(".")]
        if not OF_A_RUN.issubset(files):
            yield from (os.path.join(place, name) for name in files if name.endswith(SUFFIX))


def write_whole(path: Path, text: str) -> None:
    """Write a file at once: whoever reads it meanwhile sees the old text or the new one, never a part.

    The file keeps its permissions, and a symbolic link stays one; pipes and devices are written to as they are.
    Raises Usage where it cannot be written.
    """
    import tempfile

    target = Path(os.path.realpath(path))
    partial = None
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            return
        descriptor, partial = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.chmod(partial, _permissions(target))
        os.replace(partial, target)
    except BaseException as error:
        if partial is not None:
            with suppress(OSError):
                os.unlink(partial)
        if isinstance(error, OSError):
            reason = (error.strerror or str(error)).lower()
            raise Usage(f"`{path}` cannot be written: {reason}", "check the path and its permissions") from error
        raise


def _permissions(target: Path) -> int:
    """Those of the file, or what a new one gets."""
    try:
        return target.stat().st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
