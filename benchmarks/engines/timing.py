"""Time of a call, and the memory of a process."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import median

import numpy as np

HERE = Path(__file__).resolve().parent
# A time is taken over at least this long, as the median of several.
LONG_ENOUGH, TIMES = 0.1, 5


def built(name: str, *sources: bytes) -> Path:
    """Where a file made from these sources is kept: a new place whenever they change."""
    folder = Path(os.environ["BENCH_BUILD"])
    folder.mkdir(parents=True, exist_ok=True)
    digest = sha256(b"\0".join(sources)).hexdigest()[:16]
    return folder / f"{digest}-{name}"


def seconds_per_call(run: Callable[[int], float]) -> float:
    """`run(calls)` gives the seconds that so many calls took; calls are added until that can be measured."""
    calls, taken = 1, run(1)
    while taken < LONG_ENOUGH:
        calls = max(2 * calls, int(1.2 * calls * LONG_ENOUGH / max(taken, 1e-9))) if taken > 1e-4 else 10 * calls
        taken = run(calls)
    return median([taken / calls, *(run(calls) / calls for _ in range(TIMES - 1))])


def seconds_per_python_call(function: Callable[[], object]) -> float:
    def run(calls: int) -> float:
        started = time.perf_counter()
        for _ in range(calls):
            function()
        return time.perf_counter() - started

    return seconds_per_call(run)


def seconds_per_density(address: int, context: int, dimension: int) -> float:
    """Of a C function `int64_t f(uint64_t, const double *, double *, double *, void *)` at `address`."""
    source = HERE / "timing.c"
    library = built("timing.so", source.read_bytes())
    if not library.exists():
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", source, "-o", library], check=True)
    seconds_of = ctypes.CDLL(str(library)).seconds_of
    seconds_of.restype = ctypes.c_double
    u = point(dimension)
    gradient, value = np.zeros(dimension), np.zeros(1)
    arrays = [ctypes.c_void_p(array.ctypes.data) for array in (u, gradient, value)]

    def run(calls: int) -> float:
        return seconds_of(
            ctypes.c_void_p(address),
            ctypes.c_int64(calls),
            ctypes.c_uint64(dimension),
            *arrays,
            ctypes.c_void_p(context),
        )

    found = seconds_per_call(run)
    if not (np.isfinite(value).all() and np.isfinite(gradient).all()):
        raise ArithmeticError("the density is not finite where it is timed")
    return found


def point(dimension: int) -> np.ndarray:
    """Where densities are called: unconstrained values near 0."""
    return 0.1 * np.random.default_rng(1).normal(size=dimension)


def forget_peak() -> None:
    """Let the peak of this process's memory begin anew."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(field: str) -> int:
    """Bytes, of `VmRSS` (now) or `VmHWM` (the peak)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return 1024 * int(line.split()[1])
    raise KeyError(field)
