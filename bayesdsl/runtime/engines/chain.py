"""One chain of NUTS: Pyro's sampler over our density, told draw by draw."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pyro.infer.mcmc import NUTS

from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.components import initialisation
from bayesdsl.runtime.engines.isolation import Isolated, chain_seed
from bayesdsl.runtime.progress import Progress

# How often, in seconds, draws and progress are handed on. Draws not yet handed on are lost where a process is killed.
_EVERY = 0.2


@dataclass(frozen=True)
class NutsSettings:
    """The settings of the engine, by the names that a spec uses.

    Two more: `cores` bounds the threads or processes, None for as many as the machine has; `parallel=False` runs the
    chains one after another, Pyro's in this process.
    """

    chains: int = 4
    warmup: int = 1000
    draws: int = 1000
    step_size: float = 1.0
    adapt_step_size: bool = True
    adapt_mass_matrix: bool = True
    full_mass: bool = False
    target_accept_prob: float = 0.8
    max_tree_depth: int = 10
    init_strategy: str = "init_to_uniform"
    init_radius: float = 2.0
    engine: str = "compiled"
    cores: int | None = None
    parallel: bool = True


@dataclass(frozen=True)
class Chunk:
    """Some draws of a chain, in order: arrays of shape (draw, *site) by site, statistics of shape (draw,)."""

    chain: int
    draws: dict[str, np.ndarray]
    stats: dict[str, np.ndarray]


def sample_chain(
    density: Density, names: tuple[str, ...], settings: NutsSettings, seed: int, chain: int
) -> Iterator[Chunk | Progress]:
    """Run one chain, giving its draws of the sites `names` in chunks, and its progress.

    What it gives depends on the arguments alone, not on the process, on other chains or on the clock (but for where
    the chunks are cut). Raises InitFailed. On KeyboardInterrupt the draws so far are given first.
    """
    with Isolated(chain_seed(seed, chain), threads=1) as isolation:
        run = _Run(density, names, settings, chain)
        while not run.finished:
            try:
                run.advance(_EVERY)
            except KeyboardInterrupt:
                if chunk := run.chunk():
                    with isolation.paused():
                        yield chunk
                raise
            with isolation.paused():
                if chunk := run.chunk():
                    yield chunk
                yield run.progress()


class _Run:
    """A chain under way."""

    def __init__(self, density: Density, names: tuple[str, ...], settings: NutsSettings, chain: int) -> None:
        self.density, self.names, self.settings, self.chain = density, names, settings, chain
        self.kernel = _kernel(density, settings)
        uniform = settings.init_strategy == "init_to_uniform"
        strategy = None if uniform else initialisation(settings.init_strategy)
        self.position = {
            "u": density.initial(torch.default_generator, settings.init_radius, strategy=strategy),
        }
        self.kernel.initial_params = self.position
        self.kernel.setup(settings.warmup)
        self.done = self.divergences = 0
        self._draws: list[dict[str, np.ndarray]] = []
        self._stats: list[dict[str, Any]] = []

    @property
    def finished(self) -> bool:
        return self.done == self.settings.warmup + self.settings.draws

    def advance(self, seconds: float) -> None:
        """Go on for a while, and not past the end of the warmup."""
        until = time.monotonic() + seconds
        while not self.finished:
            self.position = self.kernel.sample(self.position)
            if self.done >= self.settings.warmup:
                self._keep()
            self.done += 1
            if self.done == self.settings.warmup or time.monotonic() > until:
                return

    def _keep(self) -> None:
        stats = self.kernel.stats()
        with torch.no_grad():
            values = self.density.constrain(self.position["u"])
        self._draws.append({name: values[name].numpy() for name in self.names})
        self._stats.append(stats)
        self.divergences += stats["diverging"]

    def chunk(self) -> Chunk | None:
        """The draws since it was last asked."""
        count = min(len(self._draws), len(self._stats))
        if not count:
            return None
        draws = {name: np.stack([d[name] for d in self._draws[:count]]) for name in self._draws[0]}
        stats = {name: np.array([s[name] for s in self._stats[:count]]) for name in self._stats[0]}
        self._draws, self._stats = [], []
        return Chunk(self.chain, draws, stats)

    def progress(self) -> Progress:
        warmup, draws = self.settings.warmup, self.settings.draws
        facts = {"step_size": float(self.kernel.step_size), "divergences": float(self.divergences)}
        if self.done <= warmup and warmup:
            return Progress(self.chain, "warmup", self.done, warmup, facts)
        return Progress(self.chain, "draws", self.done - warmup, draws, facts)


def _kernel(density: Density, settings: NutsSettings) -> Kernel:
    return Kernel(
        potential_fn=lambda z: _Potential.apply(z["u"], density),
        step_size=settings.step_size,
        adapt_step_size=settings.adapt_step_size,
        adapt_mass_matrix=settings.adapt_mass_matrix,
        full_mass=settings.full_mass,
        target_accept_prob=settings.target_accept_prob,
        max_tree_depth=settings.max_tree_depth,
    )


class _Potential(torch.autograd.Function):
    """Minus the log density, its gradient worked out along with its value."""

    @staticmethod
    def forward(ctx: Any, u: torch.Tensor, density: Density) -> torch.Tensor:
        value, gradient = density.value_and_grad(u.detach())
        ctx.save_for_backward(gradient)
        return -value

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return -gradient * upstream, None


class _Point(dict):
    """A position with the energy it was proposed at."""

    def __init__(self, position: dict[str, torch.Tensor], energy: torch.Tensor) -> None:
        super().__init__(position)
        self.energy = energy


class Kernel(NUTS):
    """Pyro's NUTS, which keeps what it knows of the last draw and would throw away.

    Pyro builds a trajectory by doublings, each a call of `_build_tree` from outside, which calls itself for halves.
    """

    def sample(self, params: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        self._inside = False
        self._steps, self._accept, self._depth, self._diverged = 0, 0.0, 0, False
        before = self._z_last
        result = super().sample(params)
        if self._z_last is not before:
            self._energy = self._z_last.energy
        return result

    def stats(self) -> dict[str, Any]:
        """What ArviZ asks about the last draw, by ArviZ's names."""
        return {
            "lp": -float(self._potential_energy_last),
            "energy": float(self._energy),
            "diverging": bool(self._diverged),
            "step_size": float(self.step_size),
            "tree_depth": self._depth,
            "n_steps": self._steps,
            "acceptance_rate": float(self._accept) / self._steps,
        }

    def _build_tree(self, z, r, z_grads, log_slice, direction, tree_depth, energy_current):
        outermost, self._inside = not self._inside, True
        tree = super()._build_tree(z, r, z_grads, log_slice, direction, tree_depth, energy_current)
        if outermost:
            self._inside = False
            if self._steps == 0:
                self._energy = energy_current
            self._steps += tree.num_proposals
            self._accept = self._accept + tree.sum_accept_probs
            self._diverged = self._diverged or bool(tree.diverging)
            self._depth += not (tree.turning or tree.diverging)
        return tree

    def _build_basetree(self, z, r, z_grads, log_slice, direction, energy_current):
        tree = super()._build_basetree(z, r, z_grads, log_slice, direction, energy_current)
        # The weight of a single point is minus its energy above that of the slice.
        return tree._replace(z_proposal=_Point(tree.z_proposal, -tree.weight - log_slice))
