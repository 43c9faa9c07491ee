"""A step of a fit as one function of tensors: the loss, its gradient, and what the optimiser makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.engines.components import Named, resolve
from bayesdsl.runtime.engines.steps.listing import Listing, write_down
from bayesdsl.runtime.engines.steps.rates import rates, settings_of
from bayesdsl.runtime.engines.steps.updates import UPDATES, WITHOUT, Tensors, Update
from bayesdsl.runtime.recording import value_and_gradient
from bayesdsl.runtime.tracing import NotTraceable


@dataclass(frozen=True)
class Optimiser:
    """An optimiser of one vector. `scalars` are what it is given at each step, of shape (steps, numbers)."""

    update: Update
    settings: dict[str, Any]
    scalars: np.ndarray

    @property
    def carried(self) -> int:
        """How many vectors are handed on from step to step: the parameters and the state."""
        return 1 + len(self.update.start(self.settings))

    def state(self, vector: torch.Tensor) -> Tensors:
        """Its state at the start, for parameters like `vector`."""
        return tuple(torch.full_like(vector, value) for value in self.update.start(self.settings))


def optimiser_of(optim: Named, schedule: Named | None, steps: int, engine: str) -> Optimiser:
    """The optimiser of a run of so many steps. Raises NotTraceable for those that have no row, and
    OptimiserNotSupported."""
    made, given = resolve("optimiser", *optim)
    name = made.__name__
    if name not in UPDATES:
        raise NotTraceable(WITHOUT.get(name, f"there are no compiled steps for the optimiser {name}"))
    update = UPDATES[name]
    settings = settings_of(made, given) | update.fixed
    rate = rates(optim, schedule, steps, engine)
    scalars = update.scalars(settings, np.arange(1, steps + 1, dtype=float), rate)
    return Optimiser(update, settings | {"lr": float(rate[0])}, np.stack(scalars, axis=1))


def step_of(loss: Listing, optimiser: Optimiser) -> Listing:
    """A step as a function of parameters, state.., scalars, noise.., data.., which gives the loss before it, the
    parameters and the state.

    `loss` is a function of parameters, data.., noise... Raises NotTraceable.
    """
    vector, *data = loss.examples
    state, noises = optimiser.state(vector), loss.blanks()
    scalars = torch.ones(optimiser.scalars.shape[1], dtype=vector.dtype)
    function, kept, drawn = loss.function(), len(state), len(noises)

    def step(parameters: torch.Tensor, *rest: torch.Tensor) -> Tensors:
        before, now, noise, data = _parts(rest, kept, 1, drawn)
        value, gradient = value_and_gradient(lambda p: function(p, *data, *noise)[0])(parameters)
        after, states = optimiser.update.step(optimiser.settings, parameters, gradient, before, now[0].unbind(0))
        return value.to(parameters.dtype), after, *states

    return write_down(step, (vector, *state, scalars, *noises, *data))


def _parts(values: Sequence[torch.Tensor], *sizes: int) -> list[Tensors]:
    """The values in groups of these sizes, and the rest."""
    groups, start = [], 0
    for size in sizes:
        groups.append(tuple(values[start : start + size]))
        start += size
    return [*groups, tuple(values[start:])]
