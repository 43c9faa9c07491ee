"""Reading a run's records must not wait for the libraries that its draws need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "pyro", "pandas", "polars", "xarray", "arviz_stats", "scipy", "h5py", "h5netcdf", "rich"}
MODULES = ("summary", "table", "verdict", "netcdf", "manifest", "rundir", "terminal")


@pytest.mark.parametrize("module", MODULES)
def test_importing_is_light(module):
    root = Path(__file__).parents[3]
    script = f"import sys, bayesdsl.results.{module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
