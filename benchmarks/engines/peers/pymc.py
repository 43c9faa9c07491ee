"""nutpie on PyMC, compiled by numba."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.engines import timing
from benchmarks.engines.peers import Sampled
from benchmarks.engines.setting import CORES, Model, Setting

VARIABLES: dict[str, str] = {}
LIBRARIES = ("nutpie", "pymc")
# Constants let PyMC know shapes, and fold; of large arrays they would be written into the machine code.
LARGEST_CONSTANT = 10**5


def hold(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Data within a PyMC model."""
    import pymc

    large = max(values.size for values in arrays.values()) > LARGEST_CONSTANT
    return {name: pymc.Data(name, values) if large else values for name, values in arrays.items()}


class Peer:
    def __init__(self, model: Model, arrays: dict[str, np.ndarray]) -> None:
        import nutpie

        made = import_module(f"benchmarks.engines.models.{model.stem}").pymc(arrays, hold)
        self.compiled = nutpie.compile_pymc_model(made, backend="numba")

    def gradient(self) -> float:
        compiled = self.compiled
        return timing.seconds_per_density(
            compiled.compiled_logp_func.address, compiled.user_data.ctypes.data, compiled.n_dim
        )

    def slow(self) -> bool:
        return False

    def ready(self, setting: Setting) -> None:
        self._run(Setting(setting.chains, 10, 10, 4), 0)

    def sample(self, setting: Setting, seed: int) -> Sampled:
        started = time.perf_counter()
        found = self._run(setting, seed)
        draws = {name: np.asarray(value) for name, value in found.posterior.data_vars.items()}
        seconds = time.perf_counter() - started
        stats = found.sample_stats
        notes = {"divergences": int(stats["diverging"].sum()), "leapfrogs": int(stats["n_steps"].sum())}
        return Sampled(seconds, draws, notes)

    def _run(self, setting: Setting, seed: int) -> Any:
        import nutpie

        return nutpie.sample(
            self.compiled,
            chains=setting.chains,
            cores=CORES,
            tune=setting.warmup,
            draws=setting.draws,
            seed=seed,
            maxdepth=setting.depth,
            progress_bar=False,
            save_warmup=False,
        )
