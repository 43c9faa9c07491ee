"""A fit by steps that were written down: blocks of them, and what there is to do in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.engines.components import Named
from bayesdsl.runtime.engines.drift import Drift
from bayesdsl.runtime.engines.minibatches import Minibatches
from bayesdsl.runtime.engines.steps.listing import Listing
from bayesdsl.runtime.engines.steps.loop import Block, Loop, Walk
from bayesdsl.runtime.engines.steps.native import loop_of
from bayesdsl.runtime.engines.steps.noise import Source
from bayesdsl.runtime.engines.steps.program import Pair, Pick, Program
from bayesdsl.runtime.engines.steps.rows import Rows
from bayesdsl.runtime.engines.steps.step import optimiser_of, step_of


@dataclass
class Steps:
    """The steps of one fit, ready to run. Raises NotTraceable where they cannot be written down, with the reason."""

    pair: Pair
    loss: Any
    optim: Named
    schedule: Named | None
    steps: int
    batches: Minibatches | None = None
    picks: Sequence[Pick] = ()
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.optimiser = optimiser_of(self.optim, self.schedule, self.steps, "svi")
        self.rows = None if self.batches is None or self.batches.alike else Rows(self.batches)
        if self.rows is not None:
            self.batches.look(self.batches.first)
        picks = self.picks if self.batches is None else ()
        self.program = Program(self.pair, self.loss, frozenset() if self.rows is None else self.rows.names, picks)
        self._varying = () if self.rows is None else self.program.data[: len(self.rows.names)]
        self._seed = int(torch.randint(2**62, ()))
        self._runs: dict[int, tuple[Loop, Source]] = {}
        self._run_of(0 if self.rows is None else len(self.batches.rows))

    @property
    def engine(self) -> str:
        return next(iter(self._runs.values()))[0].engine

    @property
    def note(self) -> str:
        """Why the steps are not machine code, empty where they are."""
        return next(iter(self._runs.values()))[0].note

    def run(self, drift: Drift, tell: Callable[[np.ndarray], None]) -> None:
        """Run the steps, and tell the losses of each block, the last of which may not be finite: that ends the fit.

        The parameters are in Pyro's store afterwards, also where `tell` or an interrupt ended the fit.
        """
        vector = self.program.parameters.vector()
        scalars = torch.as_tensor(self.optimiser.scalars).to(vector.dtype)
        walk = Walk([vector, *self.optimiser.state(vector)], scalars)

        def block(carried: list[torch.Tensor], now: torch.Tensor) -> tuple[Loop, Block]:
            loop, made = self._block(carried, now)
            if drift.window((walk.done + 1) / self.steps) is not None:
                made.summed = torch.zeros_like(vector)
            return loop, made

        def after(made: Block) -> None:
            if made.summed is not None:
                window = drift.window(walk.done / self.steps)
                window.add(self.program.parameters.split(made.summed).items(), made.done)
            tell(made.losses[: made.done])

        try:
            walk.go(drift.ends(self.steps), block, after)
        finally:
            self.program.parameters.write(walk.carried[0])

    def _block(self, carried: list[torch.Tensor], scalars: torch.Tensor) -> tuple[Loop, Block]:
        """A block of at most as many steps as there are scalars, and what runs it."""
        loop, source = self._run_of(0 if self.rows is None else self.rows.following())
        most = min(len(scalars), source.left())
        if self.rows is None:
            return loop, Block(carried, [scalars[:most], *source.take(most)], self.program.examples)
        rows = self.rows.run(most)
        data = self.rows.inputs(rows)
        varying = [scalars[: len(rows)], *source.take(len(rows)), *(data[name] for name in self._varying)]
        return loop, Block(carried, varying, self.program.examples[len(self._varying) :])

    def _run_of(self, size: int) -> tuple[Loop, Source]:
        """What runs steps with so many rows each, and their noise."""
        if size not in self._runs:
            listing = self._again(size) if self._runs else self.program.listing
            varying = 1 + len(listing.noises) + len(self._varying)
            loop = loop_of(step_of(listing, self.optimiser), self.optimiser.carried, varying)
            self._runs[size] = loop, Source(listing.noises, torch.Generator().manual_seed(self._seed + size))
        return self._runs[size]

    def _again(self, size: int) -> Listing:
        self.batches.look(size)
        return self.program.again()
