"""A fit by steps that were written down: blocks of them, and what there is to do in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from bayesdsl.runtime.compiled.compiler import BuildError
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.engines.components import Named
from bayesdsl.runtime.engines.drift import Drift
from bayesdsl.runtime.engines.minibatches import Minibatches
from bayesdsl.runtime.engines.steps.listed import Listed
from bayesdsl.runtime.engines.steps.loop import Block, Loop, Walk
from bayesdsl.runtime.engines.steps.native import Native
from bayesdsl.runtime.engines.steps.noise import Source
from bayesdsl.runtime.engines.steps.objective import GuideLoss, Objective, Pair
from bayesdsl.runtime.engines.steps.rows import Rows
from bayesdsl.runtime.engines.steps.step import Optimiser, optimiser_of


def maker(objective: Objective, optimiser: Optimiser, compiling: Callable[[], None]) -> Native | Listed:
    """What makes the steps: machine code where that can be had, else the operations one by one. Raises NotTraceable."""
    try:
        return Native(objective, optimiser, compiling)
    except NotCompilable as error:
        return Listed(objective, optimiser, str(error))
    except BuildError as error:
        return Listed(objective, optimiser, str(error))


@dataclass
class Steps:
    """The steps of one fit, ready to run. Raises NotTraceable where they cannot be written down, with the reason.

    `compiling` is called where they have to be compiled.
    """

    pair: Pair
    optim: Named
    schedule: Named | None
    steps: int
    batches: Minibatches | None = None
    compiling: Callable[[], None] = lambda: None
    objective: GuideLoss = field(init=False)
    made: Native | Listed = field(init=False)

    def __post_init__(self) -> None:
        self._seed = int(torch.randint(2**62, ()))
        self.optimiser = optimiser_of(self.optim, self.schedule, self.steps, "svi")
        self.rows = None if self.batches is None or self.batches.alike else Rows(self.batches)
        if self.rows is not None:
            self.batches.look(self.batches.first)
        self.objective = GuideLoss(self.pair, frozenset() if self.rows is None else self.rows.names)
        self.made = maker(self.objective, self.optimiser, self.compiling)
        self._runs: dict[int, tuple[Loop, Source]] = {}

    @property
    def engine(self) -> str:
        return self.made.engine

    @property
    def note(self) -> str:
        """Why the steps are not machine code, empty where they are."""
        return self.made.note

    def run(self, drift: Drift, tell: Callable[[np.ndarray], None]) -> None:
        """Run the steps, and tell the losses of each block, the last of which may not be finite: that ends the fit.

        The parameters are in Pyro's store afterwards, also where `tell` or an interrupt ended the fit.
        """
        parameters = self.objective.parameters
        vector = parameters.vector()
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
                window.add(parameters.split(made.summed).items(), made.done)
            tell(made.losses[: made.done])

        try:
            walk.go(drift.ends(self.steps), block, after)
        finally:
            parameters.write(walk.carried[0])

    def _block(self, carried: list[torch.Tensor], scalars: torch.Tensor) -> tuple[Loop, Block]:
        """A block of at most as many steps as there are scalars, and what runs it."""
        loop, source = self._run_of(0 if self.rows is None else self.rows.following())
        most = min(len(scalars), source.left())
        if self.rows is None:
            return loop, Block(carried, scalars[:most], source.take(most))
        rows = self.rows.run(most)
        data = self.rows.inputs(rows)
        of_rows = [data[name] for name in self.objective.data[: self.objective.varying]]
        return loop, Block(carried, scalars[: len(rows)], source.take(len(rows)), of_rows)

    def _run_of(self, size: int) -> tuple[Loop, Source]:
        """What runs steps with so many rows each, and their noise."""
        if size not in self._runs:
            if self.rows is not None:
                self.batches.look(size)
            loop = self.made.loop()
            self._runs[size] = loop, Source(loop.noises, torch.Generator().manual_seed(self._seed + size))
        return self._runs[size]
