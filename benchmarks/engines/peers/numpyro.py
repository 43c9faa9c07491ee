"""NumPyro on models by hand, in double precision, each chain on a device of its own."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.engines import timing
from benchmarks.engines.peers import Sampled
from benchmarks.engines.peers.ours import RATE, loss_of
from benchmarks.engines.setting import CHAINS, Model, Setting

VARIABLES = {
    "XLA_FLAGS": f"--xla_force_host_platform_device_count={CHAINS} --xla_cpu_multi_thread_eigen=false",
    "JAX_ENABLE_X64": "1",
}
LIBRARIES = ("numpyro.infer.autoguide",)
BATCH = 256


class Peer:
    def __init__(self, model: Model, arrays: dict[str, np.ndarray]) -> None:
        import jax.numpy as jnp

        self.model = model
        self.arrays = {name: jnp.asarray(values) for name, values in arrays.items()}
        self.program = import_module(f"benchmarks.engines.models.{model.stem}").numpyro(arrays)

    def gradient(self) -> float:
        """Within one compiled loop, as its sampler runs it."""
        import jax
        from jax.flatten_util import ravel_pytree
        from numpyro.infer.util import initialize_model

        found = initialize_model(jax.random.key(0), self.program, model_kwargs=self.arrays, dynamic_args=True)
        start, back = ravel_pytree(found.param_info.z)

        @jax.jit
        def loop(calls, u, arrays):
            density = found.potential_fn(**arrays)
            slope = jax.value_and_grad(lambda u: density(back(u)))

            def body(_, carry):
                u, total = carry
                value, gradient = slope(u)
                # A step of no length: the next call needs what this one gave.
                return u + 1e-300 * gradient, total + value

            return jax.lax.fori_loop(0, calls, body, (u, 0.0))

        u = jax.numpy.asarray(timing.point(len(start)))

        def run(calls: int) -> float:
            started = time.perf_counter()
            jax.block_until_ready(loop(calls, u, self.arrays))
            return time.perf_counter() - started

        run(1)
        return timing.seconds_per_call(run)

    def slow(self) -> bool:
        return False

    def ready(self, setting: Setting) -> None:
        """Compiles the chains, apart: `MCMC.run` does so at each call, and that is no part of a warm run."""
        import jax
        from numpyro.infer import NUTS

        kernel = NUTS(self.program, max_tree_depth=setting.depth)
        self.kernel = kernel

        def chain(state, arrays):
            def step(state, _):
                state = kernel.sample(state, (), arrays)
                return state, (state.z, state.num_steps, state.diverging)

            state, _ = jax.lax.scan(lambda state, _: (step(state, _)[0], None), state, None, setting.warmup)
            return jax.lax.scan(step, state, None, setting.draws)[1]

        start = self._start(setting, 0)
        constrain = kernel.postprocess_fn((), self.arrays)
        self.chains = jax.pmap(chain, in_axes=(0, None)).lower(start, self.arrays).compile()
        drawn = jax.eval_shape(jax.vmap(chain, in_axes=(0, None)), start, self.arrays)[0]
        self.constrain = jax.jit(jax.vmap(jax.vmap(constrain))).lower(drawn).compile()

    def _start(self, setting: Setting, seed: int) -> Any:
        """The states of all chains at their start."""
        import jax

        keys = jax.random.split(jax.random.PRNGKey(seed), setting.chains)
        states = [self.kernel.init(key, setting.warmup, None, (), self.arrays) for key in keys]
        return jax.tree.map(lambda *parts: jax.numpy.stack(parts), *states)

    def sample(self, setting: Setting, seed: int) -> Sampled:
        import jax

        start = jax.block_until_ready(self._start(setting, seed))
        started = time.perf_counter()
        drawn, steps, diverging = jax.device_get(self.chains(start, self.arrays))
        draws = {name: np.asarray(value) for name, value in self.constrain(drawn).items()}
        seconds = time.perf_counter() - started
        return Sampled(seconds, draws, {"divergences": int(diverging.sum()), "leapfrogs": int(steps.sum())})

    def svi(self, guide: str, steps: int) -> dict[str, float]:
        """Steps in a compiled scan; what is timed is its second run."""
        import jax
        import numpyro.infer.autoguide
        from numpyro.infer import SVI, Trace_ELBO
        from numpyro.optim import Adam

        if guide == "amortised":
            model, family = self.program
            pixels = self.arrays["pixels"]

            def arguments(key):
                return {"batch": pixels[jax.random.permutation(key, len(pixels))[:BATCH]]}
        else:
            model, family = self.program, getattr(numpyro.infer.autoguide, guide)(self.program)

            def arguments(key):
                return self.arrays

        svi = SVI(model, family, Adam(0.001 if guide == "amortised" else RATE), Trace_ELBO())
        key = jax.random.key(1)
        state = svi.init(key, **arguments(key))

        def scan(state, key, steps):
            def body(state, key):
                return svi.update(state, **arguments(key))

            return jax.lax.scan(body, state, jax.random.split(key, steps))

        scan = jax.jit(scan, static_argnums=2)
        state, losses = jax.block_until_ready(scan(state, key, steps))
        started = time.perf_counter()
        jax.block_until_ready(scan(state, key, steps))
        taken = time.perf_counter() - started
        many = max(steps, int(steps * 5 * timing.LONG_ENOUGH / taken))
        jax.block_until_ready(scan(state, key, many))

        def run(calls: int) -> float:
            started = time.perf_counter()
            for _ in range(calls):
                jax.block_until_ready(scan(state, key, many))
            return time.perf_counter() - started

        return {"steps_per_second": many / timing.seconds_per_call(run), **loss_of(np.asarray(losses))}
