"""The C compiler of this machine, and C texts compiled once.

    build("double twice(double x) { return 2 * x; }")  ->  ~/.cache/bayesdsl/compiled/5f..-a1..-77../kernel.so

A shared object is named by its text, the processor it is for, and the compiler with its flags. Which flags work is
tried once and kept with the compiler's path, time and size: a second run starts no compiler at all.
"""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path

from bayesdsl.runtime.compiled import cache as cached
from bayesdsl.runtime.compiled.artefact import NATIVE
from bayesdsl.runtime.compiled.cpu import cpu
from bayesdsl.runtime.compiled.entries import Cache, digest
from bayesdsl.runtime.compiled.flags import FLAGS, MAKE, OBJECT, TEXT, TRIAL, Compiler, called, first_lines, probed

COMPILERS = ("cc", "gcc", "clang")


class BuildError(Exception):
    """C could not be compiled. `reason` is a sentence without a full stop; `source` the text, kept for a look at it."""

    def __init__(self, reason: str, source: Path | None = None) -> None:
        self.reason = reason
        self.source = source
        super().__init__(reason if source is None else f"{reason}\n(the text is in {source})")


class NoCompiler(BuildError):
    """There is no compiler to be used, nor an object compiled before."""


def compiler(march: str = NATIVE) -> Compiler:
    """The compiler: `$CC`, else the first of cc, gcc and clang on the PATH. Raises NoCompiler with a reason to show.

    `march` is the kind of processor to compile for, as the compiler calls it.
    """
    refused: list[str] = []
    for command in _candidates():
        found = _remembered(command, march)
        if isinstance(found, Compiler):
            return found
        refused.append(found)
    raise NoCompiler("; ".join(refused) or _none_found())


def why_not() -> str | None:
    """Why nothing can be compiled here, for a run to show; None where it can."""
    try:
        compiler()
    except NoCompiler as error:
        return error.reason
    return None


def build(source: str, *, directory: Path | None = None) -> Path:
    """The shared object of a C text: compiled ahead, compiled before, or compiled now into the cache or `directory`.

    Raises BuildError with what the compiler said, NoCompiler where there is none, and NotRecorded.
    """
    text = digest(source)
    prepared = cached.ahead()
    if prepared is not None and (entry := prepared.find(text)) is not None:
        return entry / OBJECT
    recording = cached.recorded()
    try:
        entry = _built(source, cached.current() if directory is None else Cache(directory), recording)
    except NoCompiler as error:
        if prepared is None:
            raise
        raise NoCompiler(f"`{prepared.directory}` has no program for this, and {error.reason}") from None
    if recording is not None:
        with cached.writing():
            recording.place.copy(text, entry)
    return entry / OBJECT


def _built(source: str, place: Cache, recording: cached.Recording | None) -> Path:
    """The entry of a text, compiled now unless it was before."""
    march = NATIVE if recording is None else recording.march
    text, places = f"{digest(source)}-{_processor(march)}", [*filter(None, (place, cached.standing()))]
    try:
        made_by = compiler(march)
    except NoCompiler:
        known = next((entry for one in places for entry in one.matching(f"{text}-*")), None)
        if known is None:
            raise
        return known
    name = f"{text}-{made_by.name}"
    known = next(filter(None, (one.find(name) for one in places)), None)
    return known or _made(place, name, source, made_by)


def _made(place: Cache, name: str, source: str, made_by: Compiler) -> Path:
    try:
        with place.making(name) as made:
            (made / TEXT).write_text(source, encoding="utf-8")
            for told in _listeners:
                told()
            compile_into(made / OBJECT, made / TEXT, made_by)
    except OSError as error:
        raise BuildError(f"`{place.directory}` cannot be written: {cached.reason_of(error)}") from error
    return place.directory / name


_listeners: list[Callable[[], None]] = []


@contextmanager
def telling(compiling: Callable[[], None]) -> Iterator[None]:
    """Call `compiling` whenever a text has to be compiled meanwhile, in whatever thread."""
    _listeners.append(compiling)
    try:
        yield
    finally:
        _listeners.remove(compiling)


def load(source: str, *, directory: Path | None = None) -> ctypes.CDLL:
    """The library of a C text; its functions run without the GIL. Raises as `build` does.

    An object that cannot be loaded, as after a full disk, is compiled anew.
    """
    path = build(source, directory=directory)
    with suppress(OSError):
        return ctypes.CDLL(str(path))
    place = cached.current() if directory is None else Cache(directory)
    if path.is_relative_to(place.directory):  # not what somebody compiled ahead
        place.discard(path.parent.name)
    path = _built(source, place, cached.recorded()) / OBJECT
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise BuildError(f"what was compiled cannot be loaded: {error}", path.parent / TEXT) from error


def compile_into(made: Path, text: Path, made_by: Compiler) -> None:
    """Compile the file `text` to `made`. Raises BuildError."""
    done = called(made_by.line(Path(text.name), made.absolute()), text.parent)
    if done.returncode:
        raise BuildError(f"{made_by.command[0]} refused the generated C:\n{first_lines(done.stderr)}", _kept(text))


def _processor(march: str) -> str:
    """What objects are named by for the processor: this one, or a kind of them."""
    if march != NATIVE:
        return f"{cpu().architecture}.{march}".replace("-", "_")
    return digest(cpu().architecture, cpu().model, *sorted(cpu().features or ()))[:12]


def _candidates() -> list[tuple[str, ...]]:
    given = shlex.split(os.environ.get("CC", ""))
    if given:
        return [(path, *given[1:]) if (path := shutil.which(given[0])) else tuple(given)]
    if sys.platform == "win32":  # what their C interface needs is a compiler of the GNU kind, which is named by CC
        return []
    found = dict.fromkeys(path for name in COMPILERS if (path := shutil.which(name)))
    return [(path,) for path in found if not _opens_a_window(path)]


def _opens_a_window(path: str) -> bool:
    """Whether it is the placeholder of macOS, which asks whether to install the developer tools."""
    return sys.platform == "darwin" and path.startswith("/usr/bin/") and bool(called(["xcode-select", "-p"]).returncode)


def _none_found() -> str:
    return (
        f"no C compiler was found (looked for {', '.join(COMPILERS)}); set CC, or compile elsewhere with "
        "`bayesdsl compile`"
    )


def _remembered(command: tuple[str, ...], march: str) -> Compiler | str:
    """A compiler with the flags that work, from the cache where it was tried before; why it cannot be used."""
    try:
        facts = os.stat(os.path.realpath(command[0]))
    except OSError:
        return f"CC names `{command[0]}`, which is not there"
    made_of = f"{facts.st_mtime_ns} {facts.st_size} {march} {_processor(NATIVE)} {shlex.join(command)}"
    return _tried(command, march, digest(MAKE, TRIAL, *FLAGS, made_of), cached.current())


@cache
def _tried(command: tuple[str, ...], march: str, key: str, place: Cache) -> Compiler | str:
    """As `_remembered`, with the name that the answer is kept by."""
    name = f"compiler-{key}"
    entry = place.find(name)
    if entry is not None and (known := _read(entry / "compiler.json")) is not None:
        return known
    try:
        found = probed(command, march, place.directory)
    except OSError as error:
        return f"`{shlex.join(command)}` cannot be tried: {cached.reason_of(error)}"
    if isinstance(found, Compiler):
        place.discard(name)
        with suppress(OSError):
            place.store(name, {"compiler.json": json.dumps(asdict(found), indent=1).encode()})
    return found


def _read(path: Path) -> Compiler | None:
    try:
        fields = json.loads(path.read_bytes())
        return Compiler(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _kept(text: Path) -> Path | None:
    """A copy of a text that was refused."""
    try:
        directory = Path(tempfile.mkdtemp(prefix="bayesdsl-refused-"))
        return Path(shutil.copy(text, directory / TEXT))
    except OSError:
        return None
