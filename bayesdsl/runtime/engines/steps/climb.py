"""A climb to the mode of a density by steps that were written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled.trials import made_up, sizes_of
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.components import Named
from bayesdsl.runtime.engines.steps.fit import maker
from bayesdsl.runtime.engines.steps.loop import Block, Loop, Walk
from bayesdsl.runtime.engines.steps.objective import Tensors, Witness
from bayesdsl.runtime.engines.steps.step import optimiser_of
from bayesdsl.runtime.tracing import NotTraceable


@dataclass
class MinusDensity:
    """Minus the log density of a model, as a function of its vector: see `Objective`."""

    density: Density
    varying: int = 0
    names: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        self.data = tuple(n for n, v in self.density.bound.inputs.items() if isinstance(v, torch.Tensor))

    @property
    def bound(self) -> BoundModel:
        return self.density.bound

    @property
    def about(self) -> tuple[Any, ...]:
        return self.density.jacobian, self.density.prior, self.density.learnable, self.data

    @property
    def start(self) -> torch.Tensor:
        return torch.zeros(self.density.dimension, dtype=torch.float64)

    @property
    def parts(self) -> Sequence[torch.Size]:
        return [site.free_shape for site in self.density.sites]

    @property
    def examples(self) -> Tensors:
        return tuple(self.bound.inputs[name] for name in self.data)

    @property
    def sizes(self) -> dict[str, int] | None:
        return sizes_of(self.bound)

    def value(self, vector: torch.Tensor, *data: torch.Tensor) -> Tensors:
        before = self.density.bound
        self.density.bound = replace(before, inputs={**before.inputs, **dict(zip(self.data, data, strict=True))})
        try:
            return (-self.density.log_density(vector),)
        finally:
            self.density.bound = before

    def around(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def leaves(self) -> set[int]:
        return set()

    def others(self) -> Sequence[MinusDensity]:
        given = {"jacobian": self.density.jacobian, "prior": self.density.prior, "params": self.density.learnable}
        return [MinusDensity(Density(made.bound, **given)) for made in made_up(self.bound)]

    def witnesses(self) -> Sequence[Witness]:
        found = [Witness(u, (), -value, -slope) for u, value, slope in self.density.witnesses() if value.isfinite()]
        if not found:
            raise NotTraceable("no random point has a finite density to compare at")
        return found


class Climb:
    """The steps of a climb, ready to run. Raises NotTraceable where they cannot be written down, with the reason, and
    OptimiserNotSupported. `compiling` is called where they have to be compiled."""

    def __init__(
        self,
        density: Density,
        optim: Named,
        schedule: Named | None,
        steps: int,
        engine: str,
        compiling: Callable[[], None] = lambda: None,
    ) -> None:
        self.steps = steps
        self.optimiser = optimiser_of(optim, schedule, steps, engine)
        made = maker(MinusDensity(density), self.optimiser, compiling)
        self._loop = made.loop()
        self.engine, self.note = made.engine, made.note

    def run(self, u: torch.Tensor, tell: Callable[[np.ndarray, torch.Tensor], None]) -> None:
        """Run the steps from `u`, and tell the losses of each block, the last of which may not be finite, with the
        point after it."""

        def block(carried: list[torch.Tensor], scalars: torch.Tensor) -> tuple[Loop, Block]:
            return self._loop, Block(carried, scalars)

        walk = Walk([u.detach(), *self.optimiser.state(u.detach())], torch.as_tensor(self.optimiser.scalars))
        walk.go((self.steps,), block, lambda made: tell(made.losses[: made.done], made.carried[0]))
