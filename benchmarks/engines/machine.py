"""On what was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.engines.setting import CORES

PACKAGES = (
    "bayesdsl",
    "torch",
    "pyro-ppl",
    "numpyro",
    "jax",
    "pymc",
    "pytensor",
    "numba",
    "nutpie",
    "pystan",
    "httpstan",
    "numpy",
)


def hold_to_cores() -> int:
    """Keep this process, and all that it starts, on the first cores; says how many these are."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    return len(cores)


def machine(cores: int) -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": cores,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
