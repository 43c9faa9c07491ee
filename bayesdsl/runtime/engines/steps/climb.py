"""A climb to the mode of a density by steps that were written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.components import Named
from bayesdsl.runtime.engines.steps.listing import Listing, write_down
from bayesdsl.runtime.engines.steps.loop import Block, Loop, Walk
from bayesdsl.runtime.engines.steps.native import loop_of
from bayesdsl.runtime.engines.steps.step import optimiser_of, step_of
from bayesdsl.runtime.recording import value_and_gradient
from bayesdsl.runtime.tracing import NotTraceable


class Climb:
    """The steps of a climb, ready to run. Raises NotTraceable where they cannot be written down, with the reason, and
    OptimiserNotSupported."""

    def __init__(self, density: Density, optim: Named, schedule: Named | None, steps: int, engine: str) -> None:
        self.steps = steps
        self.optimiser = optimiser_of(optim, schedule, steps, engine)
        self._data = {n: v for n, v in density.bound.inputs.items() if isinstance(v, torch.Tensor)}
        loss = self._loss(density)
        self._loop = loop_of(step_of(loss, self.optimiser), self.optimiser.carried, 1)
        self.engine, self.note = self._loop.engine, self._loop.note

    def _loss(self, density: Density) -> Listing:
        """Minus the log density as a function of the vector and the data, compared with the model at random points."""

        def loss(u: torch.Tensor, *data: torch.Tensor) -> tuple[torch.Tensor, ...]:
            before = density.bound
            density.bound = replace(before, inputs={**before.inputs, **dict(zip(self._data, data, strict=True))})
            try:
                return (-density.log_density(u),)
            finally:
                density.bound = before

        data = tuple(self._data.values())
        found = write_down(loss, (torch.zeros(density.dimension, dtype=torch.float64), *data))
        function = found.function()

        def candidate(u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            value, gradient = value_and_gradient(lambda v: function(v, *data)[0])(u)
            return -value.detach(), -gradient.detach()

        difference = density.difference(candidate)
        if difference:
            raise NotTraceable(difference)
        return found

    def run(self, u: torch.Tensor, tell: Callable[[np.ndarray, torch.Tensor], None]) -> None:
        """Run the steps from `u`, and tell the losses of each block, the last of which may not be finite, with the
        point after it."""
        data = tuple(self._data.values())

        def block(carried: list[torch.Tensor], scalars: torch.Tensor) -> tuple[Loop, Block]:
            return self._loop, Block(carried, [scalars], data)

        walk = Walk([u.detach(), *self.optimiser.state(u.detach())], torch.as_tensor(self.optimiser.scalars))
        walk.go((self.steps,), block, lambda made: tell(made.losses[: made.done], made.carried[0]))
