"""Pyro's own engines on the program that our spec becomes, as anybody would run it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.engines import timing
from benchmarks.engines.forked import forked
from benchmarks.engines.peers import Sampled
from benchmarks.engines.peers.ours import RATE, loss_of
from benchmarks.engines.setting import CORES, MODELS_AT, Model, Setting

VARIABLES: dict[str, str] = {}
LIBRARIES = ("pyro.infer.autoguide", "bayesdsl.driver", "bayesdsl.runtime.binding.bind")
BATCH = 256


class Peer:
    def __init__(self, model: Model, arrays: dict[str, np.ndarray]) -> None:
        import torch

        torch.set_num_threads(1)
        self.model = model
        self.arrays = arrays
        if model.stem == "autoencoder":
            return
        import bayesdsl as bd

        compiled = bd.compile(MODELS_AT / f"{model.stem}.bayes")
        self.program, self.inputs = compiled.model, compiled.inputs(model.tables(arrays))

    def gradient(self) -> float:
        import torch
        from pyro.infer.mcmc.util import initialize_model
        from pyro.ops.integrator import potential_grad

        _, potential, transforms, _ = initialize_model(self.program, model_kwargs=self.inputs)
        from pyro import poutine

        trace = poutine.trace(self.program).get_trace(**self.inputs)
        values = {}
        for name, transform in transforms.items():
            shape = transform(trace.nodes[name]["value"]).shape
            size = int(np.prod(shape, dtype=int))
            values[name] = torch.from_numpy(timing.point(size)).reshape(shape)
        return timing.seconds_per_python_call(lambda: potential_grad(potential, values))

    def slow(self) -> bool:
        return True

    def ready(self, setting: Setting) -> None:
        """Nothing is compiled."""

    def sample(self, setting: Setting, seed: int) -> Sampled:
        started = time.perf_counter()
        chains = forked(lambda chain: self._chain(setting, 100 * seed + chain), range(setting.chains), CORES)
        seconds = time.perf_counter() - started
        draws = {name: np.stack([chain[name] for chain, *_ in chains]) for name in chains[0][0]}
        notes = {"divergences": sum(count for _, count, _ in chains)}
        if setting.scaled:
            notes["leapfrogs_with_warmup"] = sum(steps for _, _, steps in chains)
        return Sampled(seconds, draws, notes)

    def _chain(self, setting: Setting, seed: int) -> tuple[dict[str, np.ndarray], int, int]:
        """Draws, and how many divergences and gradients there were."""
        import pyro
        from pyro.infer import MCMC, NUTS, Predictive
        from pyro.ops import integrator

        plain, steps = integrator.potential_grad, 0

        def counted(*arguments: Any) -> Any:
            nonlocal steps
            steps += 1
            return plain(*arguments)

        # This process ends with the chain.
        integrator.potential_grad = counted

        pyro.set_rng_seed(seed)
        kernel = NUTS(self.program, max_tree_depth=setting.depth)
        mcmc = MCMC(kernel, setting.draws, warmup_steps=setting.warmup, disable_progbar=True)
        mcmc.run(**self.inputs)
        samples = mcmc.get_samples()
        missing = [name for name in self.model.reported if name not in samples]
        if missing:
            samples |= Predictive(self.program, samples, return_sites=missing)(**self.inputs)
        divergences = sum(map(len, mcmc.diagnostics()["divergences"].values()))
        shape = {name: value.reshape(len(value), -1).squeeze(-1) for name, value in samples.items()}
        return {name: shape[name].numpy() for name in self.model.reported}, divergences, steps

    def svi(self, guide: str, steps: int) -> dict[str, float]:
        import pyro
        from pyro.infer import SVI, Trace_ELBO

        pyro.set_rng_seed(1)
        pyro.clear_param_store()
        step = self._amortised() if guide == "amortised" else None
        if step is None:
            family = getattr(pyro.infer.autoguide, guide)(self.program)
            svi = SVI(self.program, family, pyro.optim.Adam({"lr": RATE}), Trace_ELBO())

            def step() -> float:
                return svi.step(**self.inputs)

        losses = np.array([step() for _ in range(steps)])
        return {"steps_per_second": 1 / timing.seconds_per_python_call(step), **loss_of(losses)}

    def _amortised(self) -> Any:
        import pyro
        import torch
        from pyro.infer import SVI, Trace_ELBO

        from benchmarks.engines.models import autoencoder

        model, guide = autoencoder.pyro(self.arrays)
        svi = SVI(model, guide, pyro.optim.Adam({"lr": 0.001}), Trace_ELBO())
        pixels = torch.from_numpy(self.arrays["pixels"])
        return lambda: svi.step(pixels[torch.randperm(len(pixels))[:BATCH]])


def by_hand(program: Any, inputs: dict[str, Any]) -> None:
    """Four chains, two at a time, and a summary on the screen."""
    import torch
    from pyro.infer import MCMC, NUTS

    torch.set_num_threads(1)

    def half(seed: int) -> dict[str, Any]:
        import pyro

        pyro.set_rng_seed(seed)
        mcmc = MCMC(NUTS(program), 1000, warmup_steps=1000, num_chains=1, disable_progbar=True)
        mcmc.run(**inputs)
        return {name: value.numpy() for name, value in mcmc.get_samples().items()}

    from pyro.infer.mcmc.util import print_summary

    chains = forked(half, range(4), CORES)
    print_summary({name: torch.from_numpy(np.stack([chain[name] for chain in chains])) for name in chains[0]})
