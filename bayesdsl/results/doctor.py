"""What there is on this machine for a run: versions, compiler, threads, cache, devices, and what each engine can use.

A finding is a `Row`; `state` is "broken" for what is installed and does not work, which is what a doctor is for, and
"absent" for what is not there and need not be.
"""

from __future__ import annotations

import ctypes
import math
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from bayesdsl.results.versions import UNKNOWN, version_of

OK, ABSENT, BROKEN = "ok", "absent", "broken"


@dataclass(frozen=True)
class Row:
    """One thing that was looked at. `value` is what was found, `note` what follows from it or why it is not there."""

    name: str
    value: str
    state: str = OK
    note: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Package:
    """A library: what it is called to install and to import, and what for, "" for what nothing goes without. `load`
    imports the part of it that is used, where that is not all of it."""

    distribution: str
    module: str
    purpose: str = ""
    load: Callable[[], object] | None = None


def _sampler() -> object:
    from bayesdsl.runtime.engines.nutpie import library

    return library()


PACKAGES = (
    Package("torch", "torch"),
    Package("pyro-ppl", "pyro"),
    Package("numpy", "numpy"),
    Package("scipy", "scipy"),
    Package("nutpie", "nutpie", "compiled NUTS", _sampler),
    Package("numpyro", "numpyro", "running what `bayesdsl emit --target numpyro` writes"),
    Package("matplotlib", "matplotlib", "`bayesdsl report`"),
    Package("pyarrow", "pyarrow", "tables in parquet files"),
    Package("pandas", "pandas", "tables given as frames of pandas"),
    Package("polars", "polars", "tables given as frames of polars"),
)
ENGINES = ("nuts", "svi", "map", "mle")
# What else there is to be used, and the package that it takes.
USES = (("NumPyro", "numpyro"), ("report", "matplotlib"), ("parquet", "pyarrow"))

TRIAL = """
#ifdef _OPENMP
#include <omp.h>
#endif
int trial_threads(void) {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}
double trial_sum(int64_t n) {
    double total = 0;
    #pragma omp simd reduction(+:total)
    for (int64_t i = 0; i < n; i++) total += exp(-0.001 * (double)i) + bd_lgamma(1.0 + (double)i);
    return total;
}
"""
TERMS = 1000


@dataclass(frozen=True)
class Trial:
    """A small C program that was compiled, loaded and run. `problem` is "" where it gave the right number."""

    seconds: float
    threads: int
    problem: str
    openmp: bool = True


def examine() -> tuple[Section, ...]:
    """Look at everything. It takes some seconds: libraries are imported and a program is compiled."""
    packages = tuple(_package(package) for package in PACKAGES)
    compiler, trial = _compiler()
    working = {row.name for row in packages if row.state == OK}
    return (
        Section("versions", (Row("bayesdsl", version_of("bayesdsl")), Row("Python", _python()), *packages)),
        Section("compiler", compiler),
        Section("threads", tuple(_threads(trial))),
        Section("cache", tuple(_cache())),
        Section("devices", tuple(_devices())),
        Section("engines", tuple(_engines(working, compiler))),
    )


def broken(sections: tuple[Section, ...]) -> tuple[Row, ...]:
    """What is installed and does not work."""
    return tuple(row for section in sections for row in section.rows if row.state == BROKEN)


def _python() -> str:
    return f"{platform.python_version()} ({platform.platform(terse=True)})"


def _package(package: Package) -> Row:
    version = version_of(package.distribution)
    if version == UNKNOWN:
        if not package.purpose:
            return Row(package.distribution, "not installed", BROKEN, "bayesdsl needs it: pip install bayesdsl")
        return Row(package.distribution, "not installed", ABSENT, f"it is for {package.purpose}")
    try:
        if package.load is None:
            import_module(package.module)
        else:
            package.load()
    except Exception as error:  # what a library raises that is half installed is not known
        return Row(package.distribution, version, BROKEN, f"it cannot be imported: {_said(error)}")
    return Row(package.distribution, version)


def _said(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0]}" if words else type(error).__name__


def _compiler() -> tuple[tuple[Row, ...], Trial | None]:
    from bayesdsl.runtime.compiled.compiler import NoCompiler, compiler

    try:
        found = compiler()
    except NoCompiler as error:
        # A compiler that was named is meant to work.
        state = BROKEN if os.environ.get("CC") else ABSENT
        return (Row("C", "none", state, error.reason),), None
    trial = replace(_tried(), openmp=found.openmp)
    said = trial.problem or f"compiled, loaded and run in {trial.seconds:.2f} s"
    return (
        Row("C", " ".join(found.command), note=found.version),
        Row("flags", " ".join((*found.flags, *found.libraries))),
        Row("vector math", "yes" if found.vector_math else "no", OK if found.vector_math else ABSENT),
        Row("trial", "failed" if trial.problem else "passed", BROKEN if trial.problem else OK, said),
    ), trial


def _tried() -> Trial:
    """Compile a program that nothing has compiled before, and hold its number against Python's."""
    from bayesdsl.runtime.compiled.compiler import BuildError, build
    from bayesdsl.runtime.compiled.prelude import PRELUDE

    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bayesdsl-") as directory:
        try:
            library = ctypes.CDLL(str(build(PRELUDE + TRIAL, directory=Path(directory))))
        except (BuildError, OSError) as error:
            return Trial(time.perf_counter() - began, 1, _said(error))
        library.trial_sum.restype, library.trial_sum.argtypes = ctypes.c_double, [ctypes.c_int64]
        found, threads = library.trial_sum(TERMS), library.trial_threads()
    expected = math.fsum(math.exp(-0.001 * i) + math.lgamma(1.0 + i) for i in range(TERMS))
    seconds = time.perf_counter() - began
    # Terms are exact to some 1e-15, and there are a thousand of them.
    wrong = not math.isclose(found, expected, rel_tol=1e-12)
    return Trial(seconds, threads, f"it gave {found!r} for {expected!r}" if wrong else "")


def _threads(trial: Trial | None) -> Iterator[Row]:
    import torch

    from bayesdsl.runtime.compiled import blas

    yield Row("cores", str(_cores()))
    yield Row("torch", str(torch.get_num_threads()))
    if trial is None or not trial.openmp:
        yield Row(
            "OpenMP", "none", ABSENT, "" if trial is None else "the compiler has none: one thread does each density"
        )
    else:
        yield Row("OpenMP", str(trial.threads))
    number = blas.threads()
    yield Row("BLAS", "unknown" if number is None else str(number))


def _cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def _cache() -> Iterator[Row]:
    from bayesdsl.runtime.compiled import artefact, cache

    kept = cache.current()
    size = kept.size()
    yield Row("directory", str(kept.directory), ABSENT if kept.note else OK, kept.note or "")
    yield Row("entries", f"{size.entries:,}", note=f"{megabytes(size.bytes)} of at most {megabytes(kept.most_bytes)}")
    given = os.environ.get(cache.AHEAD)
    if given:
        reason = artefact.unusable(Path(given))
        yield Row("ahead", given, BROKEN if reason else OK, reason or "")


def megabytes(number: int) -> str:
    return f"{number / 2**20:.1f} MB"


def _devices() -> Iterator[Row]:
    import torch

    from bayesdsl.runtime.compiled.cpu import cpu

    here = cpu()
    yield Row("cpu", here.name or here.architecture)
    if not torch.cuda.is_available():
        built = torch.version.cuda is not None
        yield Row("cuda", "none", ABSENT, "torch finds no GPU" if built else "this torch is built for the CPU alone")
        return
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        yield Row(f"cuda:{index}", facts.name, note=f"{facts.total_memory / 2**30:.0f} GB")


def _engines(working: set[str], compiler: tuple[Row, ...]) -> Iterator[Row]:
    """What each engine runs on here, and for what is not there the reason."""
    works = all(row.state == OK for row in compiler if row.name in ("C", "trial"))
    for name in ENGINES:
        missing = "nutpie is not there" if name == "nuts" and "nutpie" not in working else ""
        why = missing if works else "no C compiler that works, see above"
        without = "Pyro's own" if name == "nuts" else "uncompiled"
        yield Row(name, without if why else "compiled", ABSENT if why else OK, why)
    for name, package in USES:
        there = package in working
        yield Row(name, "yes" if there else "no", OK if there else ABSENT, "" if there else f"{package} is not there")
