"""A step of a fit as one function of tensors: the loss, its gradient, and what the optimiser makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.engines.components import Named, resolve
from bayesdsl.runtime.engines.steps.listing import Listing, write_down
from bayesdsl.runtime.engines.steps.rates import rates, settings_of
from bayesdsl.runtime.engines.steps.updates import UPDATES, WITHOUT, Tensors, Update
from bayesdsl.runtime.recording import value_and_gradient
from bayesdsl.runtime.tracing import NotTraceable

# Settings that tell what the scalars and the first state are, and nothing of the step.
_OF_SCALARS = ("lr", "lrd")


@dataclass(frozen=True)
class Optimiser:
    """An optimiser of one vector. `scalars` are what it is given at each step, of shape (steps, numbers)."""

    name: str
    update: Update
    settings: dict[str, Any]
    scalars: np.ndarray

    @property
    def carried(self) -> int:
        """How many vectors are handed on from step to step: the parameters and the state."""
        return 1 + len(self.update.start(self.settings))

    @property
    def about(self) -> tuple[Any, ...]:
        """What its step is made of, told apart by how it is written."""
        settings = {name: value for name, value in self.settings.items() if name not in _OF_SCALARS}
        return self.name, sorted(settings.items()), self.scalars.shape[1]

    def example(self, vector: torch.Tensor) -> torch.Tensor:
        """Scalars of a step, for parameters like `vector`."""
        return torch.as_tensor(self.scalars[0]).to(vector.dtype)

    def after(self, vector: torch.Tensor, gradient: torch.Tensor, state: Tensors, scalars: torch.Tensor) -> Any:
        """The parameters and the state after a step."""
        return self.update.step(self.settings, vector, gradient, state, scalars.unbind(0))

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
    return Optimiser(name, update, settings | {"lr": float(rate[0])}, np.stack(scalars, axis=1))


def step_of(loss: Listing, optimiser: Optimiser) -> Listing:
    """A step as `step_with` has it, of a loss that was written down, with the noise behind its own arguments.

    Raises NotTraceable.
    """
    vector, *data = loss.examples
    function = loss.function()

    def value(*given: torch.Tensor) -> Tensors:
        return function(*given)[:1]

    step = step_with(value, optimiser)
    examples = (vector, *optimiser.state(vector), optimiser.example(vector), *data)
    return replace(write_down(step, (*examples, *loss.blanks())), examples=examples, noises=loss.noises)


def step_with(loss: Callable[..., Tensors], optimiser: Optimiser) -> Callable[..., Tensors]:
    """A step as a function of parameters, state.., scalars, and what else the loss takes. It gives the loss before it,
    the parameters and the state, and what the loss gives beside its value.

    `loss` is a function of parameters and others.
    """
    kept = optimiser.carried - 1

    def step(parameters: torch.Tensor, *rest: torch.Tensor) -> Tensors:
        before, scalars, others = rest[:kept], rest[kept], rest[kept + 1 :]
        value, gradient, *drawn = value_and_gradient(lambda p: loss(p, *others))(parameters)
        after, states = optimiser.after(parameters, gradient, before, scalars)
        return value.to(parameters.dtype), after, *states, *drawn

    return step
