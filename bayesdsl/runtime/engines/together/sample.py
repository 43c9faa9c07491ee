"""Many chains of NUTS at once: where they start, their warmup, their draws in blocks, and how far they are."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch

from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.chain import Chunk, NutsSettings
from bayesdsl.runtime.engines.errors import DeviceFull, NotTogether
from bayesdsl.runtime.engines.isolation import chain_seed
from bayesdsl.runtime.engines.native_chains import initial_point
from bayesdsl.runtime.engines.together.density import ManyPoints, ValuesAt
from bayesdsl.runtime.engines.together.trajectories import Ended, Points, Trajectories
from bayesdsl.runtime.engines.together.warmup import Warmed, warm
from bayesdsl.runtime.progress import Progress, Report

# How often, in seconds, progress is told.
_EVERY = 0.2
# The leaves made between two looks at how far chains are: each look waits for the device.
_LOOK = 16
# The draws that are on the device at a time, in bytes.
_BLOCK_BYTES = 1 << 28
# How often all chains that have no density where they start are put elsewhere at once, before the model itself is asked
# for each of them.
_TRIES = 10
# At so many of the starting points the density is compared with the model's where no random point has one.
_COMPARED = 6

# What is kept of each trajectory besides its draw, and its type for ArviZ.
_STATISTICS: dict[str, tuple[Callable[[Ended], torch.Tensor], type]] = {
    "lp": (lambda ended: ended.points.value, np.float64),
    "energy": (lambda ended: ended.energy, np.float64),
    "diverging": (lambda ended: ended.diverging, np.bool_),
    "step_size": (lambda ended: ended.step_size, np.float64),
    "tree_depth": (lambda ended: ended.depth, np.int64),
    "n_steps": (lambda ended: ended.steps, np.int64),
    "acceptance_rate": (lambda ended: ended.acceptance, np.float64),
}


@dataclass
class ManyChains:
    """All chains of a run on a device. After `run`, `chunks` has each one's draws, the unconstrained ones under the
    name of `u`, of shape (draw, dimension), and `interrupted` says whether they were stopped.

    Two runs with the same seed on the same device give the same draws. Raises NotTogether and InitFailed when it is
    made, DeviceFull then and later.
    """

    density: Density
    names: tuple[str, ...]
    settings: NutsSettings
    seed: int
    device: torch.device
    chunks: dict[int, list[Chunk]] = field(default_factory=dict)
    interrupted: bool = False

    def __post_init__(self) -> None:
        with self._on_device():
            self._many = ManyPoints(self.density, self.settings.chains, self.device)
            us = starts(self.density, self._many, self.settings, self.seed)
            value, gradient = self._many(us.to(self.device))
            if not value.isfinite().all():
                raise NotTogether("its density is not finite at a starting point where the model's is")
            if not self._many.compared:
                self._many.compare([*us[:_COMPARED]])
            self._starts = Points(us.to(self.device), value, gradient)
            total = self.settings.chains * self.settings.draws
            self._values = ValuesAt(self.density, self.names, total, self.device)

    def run(self, report: Report) -> None:
        """Run them all. A KeyboardInterrupt ends them with the draws so far."""
        self.chunks = {chain: [] for chain in range(self.settings.chains)}
        generator = torch.Generator(self.device).manual_seed(chain_seed(self.seed, self.settings.chains))
        chains = Trajectories(self._many, generator, self.settings.max_tree_depth)
        news = _News(self.settings, report)
        with self._on_device():
            try:
                self._draw(chains, warm(chains, self._starts, self.settings, news.warmup), news)
            except KeyboardInterrupt:
                self.interrupted = True

    def values(self, us: np.ndarray) -> dict[str, np.ndarray]:
        """Values, of shape (chain, draw, *site), at unconstrained ones of shape (chain, draw, dimension)."""
        with self._on_device():
            return self._values(us)

    def _draw(self, chains: Trajectories, warmed: Warmed, news: _News) -> None:
        points, done = warmed.points, 0
        step_size = points.value.new_tensor(warmed.step_size)
        most = max(1, _BLOCK_BYTES // (8 * points.position.numel()))
        while done < self.settings.draws:
            block = _Block(points, min(most, self.settings.draws - done))
            chains.begin(points, warmed.metric, step_size)
            try:
                while not block.full:
                    for ended in chains.advance(_LOOK):
                        block.add(ended)
                    block.look()
                    news.draws(done, block, warmed.step_size)
            except KeyboardInterrupt:
                self._keep(block)
                raise
            self._keep(block)
            points, done = block.points, done + block.length
            news.block(block)

    def _keep(self, block: _Block) -> None:
        for chain, (draws, stats) in enumerate(block.taken()):
            if len(draws):
                self.chunks[chain].append(Chunk(chain, {"u": draws}, stats))

    @contextmanager
    def _on_device(self) -> Iterator[None]:
        """Operations whose sums depend on the order of threads are done in a fixed one inside, where torch can."""
        before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.use_deterministic_algorithms(True, warn_only=True)
            try:
                yield
            except torch.OutOfMemoryError as error:
                raise DeviceFull(str(self.device), self.settings.chains, self.density.dimension) from error
            finally:
                torch.use_deterministic_algorithms(before[0], warn_only=before[1])


def starts(density: Density, many: ManyPoints, settings: NutsSettings, seed: int) -> torch.Tensor:
    """Where the chains start, on the cores, of shape (chains, dimension): as chains by themselves do. Raises
    InitFailed."""
    if settings.init_strategy != "init_to_uniform":
        seeds = (chain_seed(seed, chain) for chain in range(settings.chains))
        return torch.stack([torch.from_numpy(initial_point(density, settings, one)) for one in seeds])
    generator = torch.Generator().manual_seed(chain_seed(seed, settings.chains + 1))
    us = torch.stack([density.anywhere(generator, settings.init_radius) for _ in range(settings.chains)])
    for _ in range(_TRIES):
        nowhere = ~many(us.to(many.device))[0].isfinite().cpu()
        if not nowhere.any():
            return us
        for chain in nowhere.nonzero().flatten().tolist():
            us[chain] = density.anywhere(generator, settings.init_radius)
    nowhere = ~many(us.to(many.device))[0].isfinite().cpu()
    for chain in nowhere.nonzero().flatten().tolist():
        us[chain] = density.initial(generator, settings.init_radius)
    return us


class _Block:
    """Some draws of every chain, on the device: `length` of each, from `points` on. What a chain does beyond is left
    out, and the next block begins where its draws ended."""

    def __init__(self, points: Points, length: int) -> None:
        chains, dimension = points.position.shape
        self.points, self.length = points, length
        # What is left out goes to a row of its own.
        self._draws = points.position.new_empty(length + 1, chains, dimension)
        self._stats = points.position.new_empty(len(_STATISTICS), length + 1, chains)
        self._count = torch.zeros(chains, dtype=torch.int64, device=points.position.device)
        self._each = torch.arange(chains, device=points.position.device)
        self._divergences = torch.zeros_like(self._count)
        self.full, self.made, self.divergences = False, 0, 0

    def add(self, ended: Ended) -> None:
        taken = ended.chains & (self._count < self.length)
        row = torch.where(taken, self._count, self.length)
        self._draws[row, self._each] = ended.points.position
        self._stats[:, row, self._each] = torch.stack([of(ended).double() for of, _ in _STATISTICS.values()])
        self.points = ended.points.where(taken, self.points)
        self._divergences = self._divergences + (taken & ended.diverging)
        self._count = self._count + taken

    def look(self) -> None:
        """Wait for the device, and see how far it is."""
        figures = torch.stack([self._count.min(), self._count.sum(), self._divergences.sum()]).tolist()
        self.full, self.made, self.divergences = figures[0] == self.length, figures[1], figures[2]

    def taken(self) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
        """Each chain's draws so far, of shape (draw, dimension), and its statistics, of shape (draw,)."""
        counts = self._count.tolist()
        length = max(counts)
        draws = self._draws[:length].transpose(0, 1).cpu().numpy()
        stats = self._stats[:, :length].transpose(1, 2).cpu().numpy()
        typed = {name: s.astype(kind) for (name, (_, kind)), s in zip(_STATISTICS.items(), stats, strict=True)}
        for chain, count in enumerate(counts):
            yield draws[chain, :count], {name: values[chain, :count] for name, values in typed.items()}


@dataclass
class _News:
    """Tells of all chains as if they were one: how far they are on average."""

    settings: NutsSettings
    report: Report
    told: float = 0.0
    divergences: int = 0

    def warmup(self, done: int, step_size: float, divergences: int) -> None:
        self._tell("warmup", done, self.settings.warmup, step_size, divergences)

    def draws(self, done: int, block: _Block, step_size: float) -> None:
        done += block.made // self.settings.chains
        self._tell("draws", done, self.settings.draws, step_size, self.divergences + block.divergences)

    def block(self, block: _Block) -> None:
        self.divergences += block.divergences

    def _tell(self, phase: str, done: int, total: int, step_size: float, divergences: int) -> None:
        now = time.monotonic()
        if done < total and now - self.told < _EVERY:
            return
        self.told = now
        self.report(Progress(0, phase, done, total, {"step_size": step_size, "divergences": float(divergences)}))
