"""Chains of nutpie's sampler over a compiled density: where they start, side by side, told of, stopped."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import torch

from bayesdsl.runtime.compiled.cache import announcement
from bayesdsl.runtime.compiled.density import native_density
from bayesdsl.runtime.compiled.trials import is_large
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.chain import Chunk, NutsSettings
from bayesdsl.runtime.engines.components import initialisation
from bayesdsl.runtime.engines.errors import SURPRISES, SamplerFailed
from bayesdsl.runtime.engines.errors import reason as said
from bayesdsl.runtime.engines.isolation import Isolated, chain_seed
from bayesdsl.runtime.engines.nutpie import Chain, Failed, Native, refusal
from bayesdsl.runtime.progress import Progress, Report, silent

# How often, in seconds, a chain tells of itself, and how often all of them together may.
_EVERY, _EVERY_IN_ALL = 0.2, 0.1
# How long, in seconds, a chain that has ended may go unnoticed.
_POLL = 0.002
# nutpie cannot start where the density is level in some direction. So far is moved, relative to the position or 1, from
# points where it happens to be, such as the mean of a prior that the data say nothing of.
_NUDGE = 1e-3


@dataclass(frozen=True)
class NativeRun:
    """A compiled density, and a starting point, of shape (dimension,), for each chain."""

    density: Native
    starts: list[np.ndarray]

    def values(self, us: np.ndarray) -> dict[str, np.ndarray]:
        """Values, of shape (chain, draw, *site), at unconstrained ones of shape (chain, draw, dimension)."""
        chains, draws, dimension = us.shape
        found = self.density.values(us.reshape(-1, dimension))
        return {name: value.reshape(chains, draws, *value.shape[1:]) for name, value in found.items()}


def prepare(
    density: Density, settings: NutsSettings, seed: int, threads: int = 1, report: Report = silent
) -> NativeRun | str:
    """The compiled density and where the chains start, or why there is none, as a clause.

    Chains start where Pyro's would. `report` is told where something is compiled. `threads` share large data within
    each chain, which changes no draw. Raises InitFailed.
    """
    reason = refusal(settings)
    if reason is not None:
        return reason
    seeds = [chain_seed(seed, chain) for chain in range(settings.chains)]
    initial, large = [], is_large(density.bound)
    if not large:
        # Before anything is compiled: of a model that has no density anywhere it is soonest said.
        initial = [initial_point(density, settings, one) for one in seeds]
    try:
        native = native_density(
            density, threads, lambda: report(Progress(0, "warmup", 0, settings.warmup, note=announcement()))
        )
    except SURPRISES as error:
        return f"it could not be compiled: {said(error)}"
    if isinstance(native, str):
        return native
    if large:
        # Python would take long, and many times their memory.
        density.use(native.value_and_grad)
        initial = [initial_point(density, settings, one) for one in seeds]
    starts = []
    for chain, u in enumerate(initial):
        start = _start(native, u, seed, chain)
        if isinstance(start, str):
            return start
        starts.append(start)
    return NativeRun(native, starts)


def initial_point(density: Density, settings: NutsSettings, seed: int) -> np.ndarray:
    """Where a chain with that seed starts, of shape (dimension,). Raises InitFailed."""
    uniform = settings.init_strategy == "init_to_uniform"
    strategy = None if uniform else initialisation(settings.init_strategy)
    with Isolated(seed, threads=1):
        found = density.initial(torch.default_generator, settings.init_radius, strategy=strategy)
    return np.ascontiguousarray(found.numpy(), dtype=np.float64)


def _start(native: Native, u: np.ndarray, seed: int, chain: int) -> np.ndarray | str:
    """`u`, or a point beside it where no element of the gradient is zero; a clause where there is none."""
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chain, 1)))
    for _ in range(3):
        value, gradient = native.value_and_grad(torch.from_numpy(u))
        if not (value.isfinite() and gradient.isfinite().all()):
            return "the compiled density is not finite at a starting point where the model's is"
        level = (gradient == 0).numpy()
        if not level.any():
            return u
        u = u + np.where(level, _NUDGE * np.maximum(1, np.abs(u)) * random.uniform(-1, 1, len(u)), 0)
    # It is level all over, and what it gives nutpie there is a tiny slope.
    return u


@dataclass
class NativeChains:
    """Chains of a run, so many at a time. After `run`, `chunks` has each one's draws, the unconstrained ones under
    the name of `u`, of shape (draw, dimension), and `interrupted` says whether they were stopped."""

    prepared: NativeRun
    settings: NutsSettings
    seed: int
    cores: int
    chunks: dict[int, list[Chunk]] = field(default_factory=dict)
    interrupted: bool = False

    def run(self, report: Report) -> None:
        """Run them all. A KeyboardInterrupt ends them with the draws so far. Raises SamplerFailed."""
        self.chunks = {chain: [] for chain in range(self.settings.chains)}
        waiting, running = list(range(self.settings.chains)), {}
        news = _News(self.settings, report)
        try:
            while waiting or running:
                while waiting and len(running) < self.cores:
                    chain = waiting.pop(0)
                    running[chain] = self._begin(chain)
                for chain, sampler in list(running.items()):
                    if self._ended(chain, sampler, _POLL / len(running)):
                        self._keep(chain, sampler)
                        del running[chain]
                        news.ended(chain, self.chunks[chain][0])
                    else:
                        news.of(chain, sampler)
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            # Of all before any is waited for, and whatever ends the run: a chain left behind would sample on.
            for chain, sampler in running.items():
                self._stop(chain, sampler)
        if self.interrupted:
            for chain, sampler in running.items():
                self._keep(chain, sampler)

    def _begin(self, chain: int) -> Chain:
        every = max(_EVERY, _EVERY_IN_ALL * min(self.cores, self.settings.chains))
        start = self.prepared.starts[chain]
        return Chain(self.prepared.density, self.settings, chain_seed(self.seed, chain), start, every)

    def _ended(self, chain: int, sampler: Chain, seconds: float) -> bool:
        try:
            return sampler.wait(seconds)
        except Failed as error:
            raise SamplerFailed(chain, str(error)) from error

    def _stop(self, chain: int, sampler: Chain) -> None:
        # Where it fails it is being stopped for another reason, which is the one to tell.
        with suppress(Failed):
            sampler.stop()

    def _keep(self, chain: int, sampler: Chain) -> None:
        try:
            draws, stats = sampler.drawn()
        except Failed as error:
            if self.interrupted:
                return
            raise SamplerFailed(chain, str(error)) from error
        if len(draws):
            self.chunks[chain] = [Chunk(chain, {"u": draws}, stats)]


@dataclass
class _News:
    """Tells of chains when there is something new, and of the end of both phases."""

    settings: NutsSettings
    report: Report
    told: dict[int, int] = field(default_factory=dict)
    warmed: set[int] = field(default_factory=set)

    def of(self, chain: int, sampler: Chain) -> None:
        done, divergences, step_size = sampler.news
        if done == self.told.get(chain, 0):
            return
        self.told[chain] = done
        self._tell(chain, done, divergences, step_size)

    def ended(self, chain: int, chunk: Chunk) -> None:
        done, divergences = self.settings.warmup + self.settings.draws, int(chunk.stats["diverging"].sum())
        self._tell(chain, done, divergences, float(chunk.stats["step_size"][-1]))

    def _tell(self, chain: int, done: int, divergences: int, step_size: float) -> None:
        warmup, draws = self.settings.warmup, self.settings.draws
        facts = {"divergences": float(divergences)}
        # nutpie says a small one as 0, and the first before it has looked for one.
        facts |= {"step_size": step_size} if step_size else {}
        if done > warmup and chain not in self.warmed:
            self.warmed.add(chain)
            self.report(Progress(chain, "warmup", warmup, warmup, facts))
        if done <= warmup:
            self.report(Progress(chain, "warmup", done, warmup, facts))
        else:
            self.report(Progress(chain, "draws", done - warmup, draws, facts))
