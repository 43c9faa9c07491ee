"""The C compiler of this machine, and C texts compiled once.

    build("double twice(double x) { return 2 * x; }")  ->  ~/.cache/bayesdsl/compiled/5f..-a1..-77../kernel.so

A shared object is named by its text, the processor it is for, and the compiler with its flags. Which flags work is
tried once and kept with the compiler's path, time and size: a second run starts no compiler at all.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from bayesdsl.runtime.compiled import cache as cached
from bayesdsl.runtime.compiled.artefact import NATIVE
from bayesdsl.runtime.compiled.cpu import FEATURES, cpu
from bayesdsl.runtime.compiled.entries import PARTIAL, Cache, digest

COMPILERS = ("cc", "gcc", "clang")
OBJECT, TEXT = "kernel.so", "kernel.c"
# A change to how texts are compiled that nothing else in the name of an entry shows.
MAKE = "1"
# What keeps a loop from being vector code, and no more than that. Neither -ffast-math nor its parts -fassociative-math
# and -fno-signed-zeros: gcc then takes 0 * x for 0 and (x + 1) - x for 1 where x is NaN or infinite, and a density that
# is NaN would look like a number. Sums become vector code by `#pragma omp simd reduction(+:s)` before their loop, as
# fast as with those flags.
FLAGS = (
    "-O3",
    "-shared",
    "-fPIC",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
)
SHOWN_LINES = 12

# What the compiler must take beyond C, if it is to be used.
_TRIAL = """
#include <math.h>
#include <stdint.h>
#ifdef BD_LIBMVEC
__attribute__((simd("notinbranch"))) double exp(double);
#endif
double trial(double *restrict x, int64_t n, uint8_t *busy) {
    double total = 0;
    if (__atomic_test_and_set(busy, __ATOMIC_ACQUIRE)) return 0;
    #pragma omp parallel for simd reduction(+:total) if(n > 100000)
    for (int64_t i = 0; i < n; i++) total += x[i];
    for (int64_t i = 0; i < n; i++) x[i] = exp(-x[i]);
    return total;
}
"""


class BuildError(Exception):
    """C could not be compiled. `reason` is a sentence without a full stop; `source` the text, kept for a look at it."""

    def __init__(self, reason: str, source: Path | None = None) -> None:
        self.reason = reason
        self.source = source
        super().__init__(reason if source is None else f"{reason}\n(the text is in {source})")


class NoCompiler(BuildError):
    """There is no compiler to be used, nor an object compiled before."""


@dataclass(frozen=True)
class Compiler:
    """A compiler and the flags that were found to work with it.

    `command` starts it, `libraries` stand behind the text. `openmp` says that threads can be used, `vector_math` that
    exp, log and the like are called for several numbers at once.
    """

    command: tuple[str, ...]
    version: str
    flags: tuple[str, ...]
    libraries: tuple[str, ...]
    openmp: bool
    vector_math: bool
    march: str = NATIVE

    @property
    def name(self) -> str:
        """What objects of this compiler and its flags are named by."""
        flags = " ".join((*self.flags, *self.libraries))
        return digest(MAKE, self.version, flags, "-".join(platform.libc_ver()))[:12]

    def line(self, text: Path, made: Path) -> list[str]:
        """The command that compiles a text."""
        return [*self.command, *self.flags, str(text), "-o", str(made), *self.libraries]

    def features(self) -> frozenset[str]:
        """The features of a processor that its objects may use, as `cpu.Cpu.features` calls them."""
        machine = [flag for flag in self.flags if flag.startswith("-m")]
        done = _called([*self.command, *machine, "-dM", "-E", "-x", "c", os.devnull])
        macros = {words[1] for words in map(str.split, done.stdout.splitlines()) if len(words) > 1}
        return frozenset(feature for macro, feature in FEATURES.items() if macro in macros)


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
    done = _called(made_by.line(Path(text.name), made.absolute()), text.parent)
    if done.returncode:
        raise BuildError(f"{made_by.command[0]} refused the generated C:\n{_first(done.stderr)}", _kept(text))


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
    return (
        sys.platform == "darwin" and path.startswith("/usr/bin/") and bool(_called(["xcode-select", "-p"]).returncode)
    )


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
    return _tried(command, march, digest(MAKE, _TRIAL, *FLAGS, made_of), cached.current())


@cache
def _tried(command: tuple[str, ...], march: str, key: str, place: Cache) -> Compiler | str:
    """As `_remembered`, with the name that the answer is kept by."""
    name = f"compiler-{key}"
    entry = place.find(name)
    if entry is not None and (known := _read(entry / "compiler.json")) is not None:
        return known
    try:
        found = _probed(command, march, place.directory)
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


def _probed(command: tuple[str, ...], march: str, place: Path) -> Compiler | str:
    """Try which flags a compiler takes: all that are wished for at once, and where that fails one by one.

    It is tried where objects will be, as there are directories from which nothing can be loaded."""
    version = _called([*command, "--version"])
    if version.returncode:
        return f"`{shlex.join(command)}` does not work: {_first(version.stderr, 1)}"
    plain = Compiler(command, _first(version.stdout, 1), FLAGS, ("-lm",), False, False, march)
    with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=place) as directory:
        text = Path(directory) / TEXT
        text.write_text(_TRIAL, encoding="utf-8")
        refused = _refused(plain, text)
        if refused:
            return f"`{shlex.join(command)}` does not compile C: {_first(refused, 1)}"
        wishes = _wishes(march, "clang" in version.stdout)
        whole = _with(plain, wishes)
        if not _refused(whole, text):
            return whole
        if march != NATIVE and (refused := _refused(_with(plain, wishes[:1]), text)):
            return f"`{shlex.join(command)}` does not compile for {march}: {_first(refused, 1)}"
        for wish in wishes:
            tried = _with(plain, (wish,))
            if not _refused(tried, text):
                plain = tried
        return plain


@dataclass(frozen=True)
class _Wish:
    """Flags that make code faster, where they work."""

    flags: tuple[str, ...]
    libraries: tuple[str, ...] = ()
    openmp: bool = False
    vector_math: bool = False


def _wishes(march: str, clang: bool) -> tuple[_Wish, ...]:
    x86 = cpu().architecture in ("x86_64", "amd64")
    glibc = platform.libc_ver()[0] == "glibc"
    machine = "-march" if x86 or march != NATIVE else "-mcpu"
    wishes = [_Wish((f"{machine}={march}",))]
    if march == NATIVE and "avx512f" in (cpu().features or ()) and not clang:
        # Vectors of 512 against 256 bits, gcc 12 with glibc 2.36 on Zen 5: in loops of 4,000 numbers exp 1.43 for 1.51
        # ns a number, log1p 1.37 for 2.22, atanh 1.54 for 4.29; a gradient of logistic regression on 10,000 rows 46 for
        # 101 us, of negative binomial regression on 1,000 rows 9.6 for 17.8 us, of a line on 170 rows 0.36 for 0.39.
        wishes.append(_Wish(("-mprefer-vector-width=512",)))
    if x86 and glibc:
        # clang knows which functions there are, gcc reads it off declarations in the text.
        flag = "-fveclib=libmvec" if clang else "-DBD_LIBMVEC"
        wishes.append(_Wish((flag,), ("-lmvec",), vector_math=True))
    if clang and sys.platform == "darwin":
        wishes.append(_Wish(("-fveclib=Darwin_libsystem_m",), vector_math=True))
    wishes += [_Wish(("-fopenmp-simd",)), _Wish(("-fopenmp",), openmp=True)]
    return tuple(wishes)


def _with(base: Compiler, wishes: tuple[_Wish, ...]) -> Compiler:
    flags = tuple(flag for wish in wishes for flag in wish.flags)
    libraries = tuple(name for wish in wishes for name in wish.libraries)
    return replace(
        base,
        flags=(*base.flags, *flags),
        libraries=(*libraries, *base.libraries),
        openmp=base.openmp or any(wish.openmp for wish in wishes),
        vector_math=base.vector_math or any(wish.vector_math for wish in wishes),
    )


def _refused(tried: Compiler, text: Path) -> str:
    """What a compiler says to a text with these flags, where what it makes cannot be loaded; "" where it can."""
    made = Path(tempfile.mkdtemp(dir=text.parent)) / OBJECT
    done = _called(tried.line(text, made))
    if done.returncode:
        return done.stderr or f"it ended with status {done.returncode}"
    if not made.exists():
        return "it says nothing and writes nothing"
    try:
        ctypes.CDLL(str(made))
    except OSError as error:
        return str(error)
    return ""


def _called(command: list[str], directory: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command, its messages in English. One that cannot be started has a status, too."""
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            cwd=directory,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", (error.strerror or str(error)).lower())


def _first(text: str, lines: int = SHOWN_LINES) -> str:
    return "\n".join(text.strip().splitlines()[:lines])


def _kept(text: Path) -> Path | None:
    """A copy of a text that was refused."""
    try:
        directory = Path(tempfile.mkdtemp(prefix="bayesdsl-refused-"))
        return Path(shutil.copy(text, directory / TEXT))
    except OSError:
        return None
