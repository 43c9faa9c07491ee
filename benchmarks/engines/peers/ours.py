"""bayesdsl, through its Python API."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from benchmarks.engines import timing
from benchmarks.engines.peers import Sampled
from benchmarks.engines.setting import MODELS_AT, Model, Setting

VARIABLES: dict[str, str] = {}
LIBRARIES = (
    "bayesdsl.runtime.density",
    "bayesdsl.runtime.engines.nuts",
    "bayesdsl.runtime.engines.svi",
    "torch._decomp",
    "torch.func",
)
RATE = 0.02


def libraries() -> None:
    """Load what a fit does, beside the modules."""
    from bayesdsl.runtime.engines.nutpie import library

    library()


class Peer:
    def __init__(self, model: Model, arrays: dict[str, np.ndarray]) -> None:
        import torch

        import bayesdsl as bd

        torch.set_num_threads(1)
        dtype = "float32" if model.stem == "autoencoder" else "float64"
        self.model = model
        self.bound = bd.compile(MODELS_AT / f"{model.stem}.bayes", dtype=dtype).bind(model.tables(arrays))

    def gradient(self) -> float:
        """Of the machine code, as the sampler calls it; of the list of operations where there is none."""
        from bayesdsl.runtime.compiled.density import native_density
        from bayesdsl.runtime.density import Density

        density = Density(self.bound.model)
        native = native_density(density, int(os.environ.get("BENCH_THREADS", "1")))
        if not isinstance(native, str):
            return timing.seconds_per_density(native.address, native.context, native.dimension)
        import torch

        density.trace()
        u = torch.from_numpy(timing.point(density.dimension))
        return timing.seconds_per_python_call(lambda: density.value_and_grad(u))

    def slow(self) -> bool:
        """Whether NUTS is Pyro's, which has to make do with fewer draws."""
        return self._fit(_short(1), 0).posterior.facts.get("engine", "pyro") == "pyro"

    def ready(self, setting: Setting) -> None:
        self._fit(_short(setting.chains), 0)

    def sample(self, setting: Setting, seed: int) -> Sampled:
        started = time.perf_counter()
        fit = self._fit(setting, seed)
        seconds = time.perf_counter() - started
        stats = fit.posterior.stats
        notes = {"divergences": int(stats["diverging"].sum()), "leapfrogs": int(stats["n_steps"].sum())}
        return Sampled(seconds, fit.draws, {**notes, "engine": fit.posterior.facts.get("engine", "pyro")})

    def _fit(self, setting: Setting, seed: int) -> Any:
        return self.bound.fit(
            "nuts",
            seed=seed,
            chains=setting.chains,
            warmup=setting.warmup,
            draws=setting.draws,
            max_tree_depth=setting.depth,
        )

    def svi(self, guide: str, steps: int) -> dict[str, float]:
        settings: dict[str, Any] = {"draws": 1, "optim": f"Adam(lr = {RATE})"}
        if guide == "amortised":
            settings |= {"batch": "256 of image", "optim": "Adam(lr = 0.001)"}

        def run(steps: int) -> tuple[float, np.ndarray]:
            started = time.perf_counter()
            fit = self.bound.fit("svi", guide=guide, seed=1, steps=steps, **settings)
            return time.perf_counter() - started, fit.posterior.losses

        # Of fewer steps the engine leaves the work to Pyro.
        few, many = max(steps // 4, 200), max(steps, 800)
        run(few)
        _, losses = run(max(steps, 200))
        # What a run does before its first step and after its last one is in both, and falls out.
        while True:
            long, short = run(many)[0], run(few)[0]
            if long - short > 10 * timing.LONG_ENOUGH or many > 10**7:
                return {"steps_per_second": (many - few) / (long - short), **loss_of(losses)}
            few, many = 4 * few, 4 * many


def _short(chains: int) -> Setting:
    """What compiles, and runs hardly; shorter warmups are left to Pyro."""
    return Setting(chains, 30, 10, 4)


def loss_of(losses: np.ndarray) -> dict[str, float]:
    """The loss near the end, and its standard error."""
    last = np.asarray(losses, dtype=float)[-max(len(losses) // 5, 2) :]
    return {"loss": float(last.mean()), "loss_error": float(last.std(ddof=1) / np.sqrt(len(last)))}
