"""What a compiler takes: which flags work with it, tried on a small text.

gcc  ->  -O3 .. -march=native -fopenmp -DBD_LIBMVEC, which it takes and of which what it makes can be loaded
"""

from __future__ import annotations

import ctypes
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from bayesdsl.runtime.compiled.artefact import NATIVE
from bayesdsl.runtime.compiled.cpu import FEATURES, cpu
from bayesdsl.runtime.compiled.entries import PARTIAL, digest

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
TRIAL = """
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
        done = called([*self.command, *machine, "-dM", "-E", "-x", "c", os.devnull])
        macros = {words[1] for words in map(str.split, done.stdout.splitlines()) if len(words) > 1}
        return frozenset(feature for macro, feature in FEATURES.items() if macro in macros)


def probed(command: tuple[str, ...], march: str, place: Path) -> Compiler | str:
    """Try which flags a compiler takes: all that are wished for at once, and where that fails one by one.

    It is tried where objects will be, as there are directories from which nothing can be loaded."""
    version = called([*command, "--version"])
    if version.returncode:
        return f"`{shlex.join(command)}` does not work: {first_lines(version.stderr, 1)}"
    plain = Compiler(command, first_lines(version.stdout, 1), FLAGS, ("-lm",), False, False, march)
    with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=place) as directory:
        text = Path(directory) / TEXT
        text.write_text(TRIAL, encoding="utf-8")
        refused = _refused(plain, text)
        if refused:
            return f"`{shlex.join(command)}` does not compile C: {first_lines(refused, 1)}"
        wishes = _wishes(march, "clang" in version.stdout)
        whole = _with(plain, wishes)
        if not _refused(whole, text):
            return whole
        if march != NATIVE and (refused := _refused(_with(plain, wishes[:1]), text)):
            return f"`{shlex.join(command)}` does not compile for {march}: {first_lines(refused, 1)}"
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
    done = called(tried.line(text, made))
    if done.returncode:
        return done.stderr or f"it ended with status {done.returncode}"
    if not made.exists():
        return "it says nothing and writes nothing"
    try:
        ctypes.CDLL(str(made))
    except OSError as error:
        return str(error)
    return ""


def called(command: list[str], directory: Path | None = None) -> subprocess.CompletedProcess[str]:
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


def first_lines(text: str, lines: int = SHOWN_LINES) -> str:
    return "\n".join(text.strip().splitlines()[:lines])
