"""One cell of the table, in a process of its own: `python -m benchmarks.engines.child JOB RESULT`, both files of JSON.

{"model": "rugged", "peer": "stan", "figure": "nuts", "repeats": 3, "quick": false, "budget": 60}
{"gradient_us": 2.1, "ess_per_second": [5100, 5300, 5200], "quantities": {"a": [9.18, 0.14, 2900]}, ..}
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engines import timing
from benchmarks.engines.setting import EVERY, Model

# As many members of an array are looked at, evenly spaced.
MOST = 100
GUIDES = {"autoencoder": ("amortised",)}
STEPS = {"small": 2000, "large": 200}


def main(arguments: list[str]) -> int:
    job = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    module = import_module(f"benchmarks.engines.peers.{job['peer']}")
    model = EVERY[job["model"]]
    for library in module.LIBRARIES:
        import_module(library)
    getattr(module, "libraries", lambda: None)()
    # For the effective draws, of every peer alike.
    import_module("arviz_stats.base")
    # Arrays that grow with the data are what counts; libraries are there with any data.
    before = timing.memory("VmRSS")
    arrays = model.make()
    timing.forget_peak()
    started = time.perf_counter()
    peer = module.Peer(model, arrays)
    found: dict[str, Any] = {"build_seconds": time.perf_counter() - started}
    found |= FIGURES[job["figure"]](peer, model, job)
    size = sum(values.nbytes for values in arrays.values())
    found |= memory(before, size)
    Path(arguments[1]).write_text(json.dumps(found), encoding="utf-8")
    return 0


def memory(before: int, size: int) -> dict[str, Any]:
    """The peak of this process, or of the largest of its workers, in bytes; and its growth, in sizes of the data."""
    peak = timing.memory("VmHWM")
    workers = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"peak_bytes": max(peak, workers), "data_bytes": size, "grown": (max(peak, workers) - before) / size}


def gradient(peer: Any, model: Model, job: dict[str, Any]) -> dict[str, Any]:
    return {"gradient_us": 1e6 * peer.gradient()}


def nuts(peer: Any, model: Model, job: dict[str, Any]) -> dict[str, Any]:
    """Several runs with seeds of their own, as many as `budget` seconds allow, one at least."""
    setting = model.setting_of("pyro" if peer.slow() else job["peer"], job["quick"])
    # Steps are counted with those of warmup by Pyro alone.
    setting = replace(setting, scaled=setting.scaled and job["peer"] == "pyro")
    started = time.perf_counter()
    peer.ready(setting)
    found: dict[str, Any] = {"setting": str(setting), "ready_seconds": time.perf_counter() - started}
    runs = []
    begun = time.perf_counter()
    while len(runs) < job["repeats"] and (not runs or time.perf_counter() - begun < job["budget"]):
        sampled = peer.sample(setting, len(runs) + 1)
        if setting.scaled:
            runs.append({"seconds": sampled.seconds, **sampled.notes})
            continue
        table = quantities(sampled.draws, model.reported)
        least = min(ess for _, _, ess in table.values())
        runs.append({"seconds": sampled.seconds, "ess": least, **sampled.notes})
    if setting.scaled:
        return found | {
            "runs": runs,
            "leapfrogs_per_second": [run["leapfrogs_with_warmup"] / run["seconds"] for run in runs],
        }
    return found | {
        "runs": runs,
        "ess_per_second": [run["ess"] / run["seconds"] for run in runs],
        "ess_per_leapfrog": [_per_leapfrog(run, setting) for run in runs],
        "quantities": table,
    }


def _per_leapfrog(run: dict[str, Any], setting: Any) -> float | None:
    """Effective draws a leapfrog step, if those of warmup are as many a draw as those counted."""
    if "leapfrogs" not in run:
        return None
    return run["ess"] / (run["leapfrogs"] * (setting.warmup + setting.draws) / setting.draws)


def quantities(draws: dict[str, np.ndarray], reported: tuple[str, ...]) -> dict[str, tuple[float, float, float]]:
    """Mean, standard deviation and effective draws (bulk) of every scalar."""
    from arviz_stats.base import array_stats

    found = {}
    for name in reported:
        values = draws[name].reshape(*draws[name].shape[:2], -1).astype(float)
        size = values.shape[2]
        for member in np.unique(np.linspace(0, size - 1, min(size, MOST)).astype(int)):
            one = values[:, :, member]
            ess = float(array_stats.ess(one, chain_axis=0, draw_axis=1, method="bulk"))
            found[name if size == 1 else f"{name}[{member}]"] = (float(one.mean()), float(one.std()), ess)
    return found


def svi(peer: Any, model: Model, job: dict[str, Any]) -> dict[str, Any]:
    guides = GUIDES.get(model.stem, ("AutoDiagonalNormal", "AutoNormal")[: 2 if model.size == "small" else 1])
    steps = 20 if job["quick"] else STEPS[model.size]
    return {"guides": {guide: peer.svi(guide, steps) for guide in guides}}


def both(peer: Any, model: Model, job: dict[str, Any]) -> dict[str, Any]:
    return gradient(peer, model, job) | nuts(peer, model, job)


FIGURES = {"gradient": gradient, "nuts": both, "svi": svi, "rows": gradient, "dimensions": both}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
