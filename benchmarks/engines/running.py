"""Cells of the table, each run in a fresh process with two cores and one thread a chain."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.engines.setting import (
    AUTOENCODER,
    BY_DIMENSIONS,
    BY_ROWS,
    CORES,
    EVERY,
    MODELS,
    MODELS_AT,
    PEERS,
    rugged_file,
)

ROOT = Path(__file__).resolve().parents[2]
# Libraries that bring threads of their own get one each: chains are what runs side by side.
ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")
}
# A cell that takes longer is given up: what is known by then says enough. One of many runs may take this for each.
LONGEST = 300.0
EACH = 100.0
# Seconds that repeats of one cell may take together, where it is not said how many there are.
BUDGET = 25.0
ERROR = re.compile(r"[\w.]*(Error|Exception|Missing)\b")
# Peers whose cold runs take a minute make one.
COLD_ONCE = ("pyro", "stan")


@dataclass(frozen=True)
class Cell:
    figure: str
    model: str
    peer: str

    @property
    def key(self) -> str:
        return f"{self.figure}/{self.model}/{self.peer}"


_SVI = tuple(peer for peer in PEERS if peer in ("ours", "pyro", "numpyro"))
FIGURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "cold": (("rugged",), PEERS),
    "gradient": (tuple(MODELS), PEERS),
    "nuts": (tuple(MODELS), PEERS),
    "svi": ((*MODELS, AUTOENCODER.name), _SVI),
    "rows": (tuple(BY_ROWS), PEERS),
    "dimensions": (tuple(BY_DIMENSIONS), PEERS),
    "threads": (("million",), ("ours",)),
}


def plan(only: str | None) -> list[Cell]:
    """All cells, peers in turn; `only` names models, peers and figures, of each kind that it names those alone.

    Gradients are taken with NUTS, and by themselves where they are named. Raises ValueError for an unknown name.
    """
    named = set(filter(None, (only or "").split(",")))
    unknown = named - set(EVERY) - set(PEERS) - set(FIGURES)
    if unknown:
        raise ValueError(f"no model, peer or figure: {', '.join(sorted(unknown))}")

    def wanted(name: str, kind: Mapping[str, Any] | tuple[str, ...]) -> bool:
        return name in named or not named & set(kind)

    return [
        Cell(figure, model, peer)
        for figure, (models, peers) in FIGURES.items()
        for model in models
        for peer in peers
        if (figure in named if figure == "gradient" else wanted(figure, FIGURES))
        and wanted(model, EVERY)
        and wanted(peer, PEERS)
    ]


def run(cell: Cell, repeats: int, quick: bool, build: Path) -> dict[str, Any]:
    """The figures of a cell, or why there are none, under `failed`."""
    started = time.perf_counter()
    try:
        found = _RUNNERS.get(cell.figure, _child)(cell, repeats, quick, build)
    except subprocess.TimeoutExpired as error:
        found = {"failed": f"took more than {error.timeout:.0f} s"}
    except subprocess.CalledProcessError as error:
        found = {"failed": _reason(error)}
    return {**found, "took": round(time.perf_counter() - started, 1)}


def _reason(error: subprocess.CalledProcessError) -> str:
    """The last error that a process named, which libraries may have written more behind."""
    lines = [line.strip() for line in (error.stderr or "").splitlines() if line.strip()]
    named = [line for line in lines if ERROR.match(line)]
    return (named or lines or [f"exit status {error.returncode}"])[-1]


def environment(peer: str, build: Path) -> dict[str, str]:
    variables = import_module(f"benchmarks.engines.peers.{peer}").VARIABLES
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {
        **os.environ,
        **ONE_THREAD,
        **variables,
        "PYTHONPATH": paths,
        "BENCH_BUILD": str(build),
        "BAYESDSL_CACHE": str(build / "bayesdsl"),
    }


def _child(
    cell: Cell, repeats: int, quick: bool, build: Path, variables: Mapping[str, str] | None = None
) -> dict[str, Any]:
    variables = {**environment(cell.peer, build), **(variables or {})}
    if cell.peer == "stan":
        command = [sys.executable, "-m", "benchmarks.engines.peers.stan", EVERY[cell.model].stem]
        subprocess.run(command, check=True, env=variables, capture_output=True, text=True)
    with tempfile.TemporaryDirectory() as folder:
        job, result = Path(folder, "job.json"), Path(folder, "result.json")
        figure = "gradient" if cell.figure == "threads" else cell.figure
        seeds = None if quick or figure != "nuts" else EVERY[cell.model].seeds
        asked = {"model": cell.model, "peer": cell.peer, "figure": figure, "quick": quick}
        runs = {"repeats": seeds or repeats, "budget": LONGEST * seeds if seeds else BUDGET}
        job.write_text(json.dumps({**asked, **runs}), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.engines.child", str(job), str(result)]
        _finish(command, variables, folder, max(LONGEST, EACH * (seeds or 0)))
        return json.loads(result.read_text(encoding="utf-8"))


def _finish(command: list[str], variables: Mapping[str, str], folder: str, longest: float = LONGEST) -> float:
    """Run a command to its end, with all that it started; gives its seconds."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=variables,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=longest)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        # Its chains have processes of their own, in the same group.
        os.killpg(process.pid, 9)
        process.communicate()
        raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, out, err)
    return time.perf_counter() - started


def _threads(cell: Cell, repeats: int, quick: bool, build: Path) -> dict[str, Any]:
    """A gradient with one thread and with as many as there are cores."""
    found = {}
    for threads in (1, CORES):
        variables = {name: str(threads) for name in (*ONE_THREAD, "BENCH_THREADS")}
        found[str(threads)] = _child(cell, repeats, quick, build, variables)["gradient_us"]
    return {"gradient_us": found}


def _cold(cell: Cell, repeats: int, quick: bool, build: Path) -> dict[str, Any]:
    """From the shell to the summary: with caches that are empty, and once more with what that left."""
    from benchmarks.engines import data

    runs = list(_cold_runs(cell, 1 if quick or cell.peer in COLD_ONCE else repeats, build, data.rugged(rugged_file())))
    return {"first_seconds": [first for first, _ in runs], "second_seconds": [second for _, second in runs]}


def _cold_runs(cell: Cell, repeats: int, build: Path, arrays: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as home:
            table = Path(home, "rugged.csv")
            with table.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(arrays)
                writer.writerows(zip(*arrays.values()))
            variables = {
                **environment(cell.peer, build),
                "HOME": home,
                "XDG_CACHE_HOME": str(Path(home, "cache")),
                "BAYESDSL_CACHE": str(Path(home, "bayesdsl")),
                "NUMBA_CACHE_DIR": str(Path(home, "numba")),
                "PYTENSOR_FLAGS": f"base_compiledir={home}/pytensor",
            }
            command = _cold_command(cell.peer, table)
            first = _finish(command, variables, home)
            # Pyro keeps nothing between runs, and takes minutes.
            yield first, first if cell.peer == "pyro" else _finish(command, variables, home)


def _cold_command(peer: str, table: Path) -> list[str]:
    if peer != "ours":
        return [sys.executable, "-m", "benchmarks.engines.cold", peer, str(table)]
    spec = str(MODELS_AT / "rugged.bayes")
    program = Path(sys.executable).with_name("bayesdsl")
    command = [str(program)] if program.exists() else [sys.executable, "-m", "bayesdsl"]
    return [*command, "run", spec, "--seed", "1", "--no-save", "--quiet", "--data", f"nation={table}"]


_RUNNERS = {"cold": _cold, "threads": _threads}
