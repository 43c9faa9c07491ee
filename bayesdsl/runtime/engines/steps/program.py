"""A guide and a model under a loss as a list of tensor operations, held against Pyro.

What is run is Pyro: its guides, its plates, its losses' traces. Written down once, with parameters, data and noise as
arguments, it is a function; Pyro's own loss and gradient on the same noise say whether it is the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pyro
import torch
from pyro import poutine
from torch.func import grad_and_value

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.density import AGREEMENT
from bayesdsl.runtime.engines.guides import reals_as
from bayesdsl.runtime.engines.steps.listing import Listing, write_down
from bayesdsl.runtime.engines.steps.losses import Loss, Traces, log_ratio
from bayesdsl.runtime.engines.steps.noise import Recorded
from bayesdsl.runtime.engines.steps.parameters import Parameters
from bayesdsl.runtime.tracing import NotTraceable

# The same for reals of four bytes: their sums of thousands of terms.
_AGREEMENT_FLOAT32 = 1e-4

# How far from where the fit starts a second comparison is made, on the unconstrained scale.
_AWAY = 0.05


class Pair(Protocol):
    """A guide and a model with their data, as an engine has them."""

    bound: BoundModel
    guide: Callable[..., Any]

    @property
    def inputs(self) -> dict[str, Any]:
        """The arguments of both."""

    def model(self, *_: Any, **__: Any) -> Any:
        """The model with these arguments."""

    def on(self, inputs: dict[str, Any]) -> Any:
        """A context in which both have other arguments."""

    def traces(self) -> Traces:
        """The traces of the model and the guide for one draw."""

    def values(self, model: poutine.Trace) -> dict[str, torch.Tensor]:
        """What is kept of a draw, by name."""


@dataclass(frozen=True)
class Draw:
    """Where a draw's parts are in what a listing gives: the log ratio at 0, values from 1 on, by name."""

    listing: Listing
    names: tuple[str, ...]


class Program:
    """The loss of a fit as a function of tensors. `listing` gives the loss for (parameters, data.., noise..).

    `data` names those of the inputs that are arguments of the listing. Raises NotTraceable with the reason where it
    cannot be had, or is not Pyro's.
    """

    def __init__(self, pair: Pair, loss: Any) -> None:
        self.pair = pair
        self.loss = Loss(loss)
        self.data = tuple(name for name, value in pair.inputs.items() if isinstance(value, torch.Tensor))
        with torch.random.fork_rng(devices=[]):
            # Guides make some of their parameters when they first meet a gradient.
            self.parameters = self._learnable(loss)
            self.listing = self._written(lambda: (self.loss.value(self.loss.traces(pair.model, pair.guide)),))
            self._check(loss)

    @property
    def examples(self) -> tuple[torch.Tensor, ...]:
        """The data, as they are now."""
        return tuple(self.pair.inputs[name] for name in self.data)

    def again(self) -> Listing:
        """The loss for data of other shapes, those in force."""
        with torch.random.fork_rng(devices=[]):
            return self._written(lambda: (self.loss.value(self.loss.traces(self.pair.model, self.pair.guide)),))

    def draw(self) -> Draw:
        """A draw from the guide as it is now, and what the model makes of it."""
        names: tuple[str, ...] = ()

        def once() -> tuple[torch.Tensor, ...]:
            nonlocal names
            model, guide = self.pair.traces()
            values = self.pair.values(model)
            names = tuple(values)
            return log_ratio((_with_densities(model), _with_densities(guide))), *values.values()

        with torch.random.fork_rng(devices=[]):
            return Draw(self._written(once), names)

    def _written(self, run: Callable[[], tuple[torch.Tensor, ...]]) -> Listing:
        def function(vector: torch.Tensor, *data: torch.Tensor) -> tuple[torch.Tensor, ...]:
            inputs = {**self.pair.inputs, **dict(zip(self.data, data, strict=True))}
            with self.pair.on(inputs), reals_as(self.pair.guide, self.pair.bound.dtype), self.parameters.given(vector):
                return run()

        listing = write_down(function, (self.parameters.vector(), *self.examples))
        leaves = {id(leaf) for leaf in self.parameters.leaves.values()}
        if any(id(value) in leaves for value in listing.constants.values.values()):
            raise NotTraceable("the guide or the model uses a parameter in a way that cannot be followed")
        return listing

    def _learnable(self, loss: Any) -> Parameters:
        _run(loss, self.pair)
        named = list(pyro.get_param_store().named_parameters())
        moved = [name for name, leaf in named if leaf.grad is not None]
        for _, leaf in named:
            leaf.grad = None
        if not moved:
            raise NotTraceable("nothing is learned")
        return Parameters(moved, self.pair.bound.dtype)

    def _check(self, loss: Any) -> None:
        """Compare loss and gradient with Pyro's on the same noise, where the fit starts and near it."""
        start, both = self.parameters.vector(), grad_and_value(lambda *given: self.listing.function()(*given)[0])
        compared = 0
        with _kept(self.parameters, start):
            for vector in (start, start + _AWAY * torch.randn_like(start)):
                self.parameters.write(vector)
                value, gradient, noise = _recorded(loss, self.pair, self.parameters)
                if len(noise) != len(self.listing.noises):
                    raise NotTraceable("the guide does not draw the same every time")
                found_gradient, found = both(vector, *self.examples, *noise)
                compared += _agree(float(found.detach()), value, found_gradient, gradient)
        if not compared:
            raise NotTraceable("the loss is not finite where the fit starts")


def _agree(found: float, value: float, found_gradient: torch.Tensor, gradient: torch.Tensor) -> bool:
    """Whether there was something to compare. Raises NotTraceable where it differs."""
    if not torch.tensor(value).isfinite():
        return False
    within = AGREEMENT if gradient.dtype == torch.float64 else _AGREEMENT_FLOAT32
    if not abs(found - value) <= within * max(1.0, abs(value)):
        raise NotTraceable(f"the loss written down differs from Pyro's by {found - value:.3g}")
    difference = float((found_gradient - gradient).abs().max())
    if not difference <= within * max(1.0, float(gradient.abs().max())):
        raise NotTraceable(f"the gradient written down differs from Pyro's by {difference:.3g}")
    return True


@contextmanager
def _kept(parameters: Parameters, values: torch.Tensor) -> Iterator[None]:
    try:
        yield
    finally:
        parameters.write(values)


def _recorded(
    loss: Any, pair: Pair, parameters: Parameters
) -> tuple[float, torch.Tensor, Sequence[torch.Tensor]]:
    """Pyro's own loss and gradient, with the noise that they were made from."""
    with Recorded() as noise:
        value = _run(loss, pair)
    gradient = parameters.gradient().clone()
    for leaf in parameters.leaves.values():
        leaf.grad = None
    return value, gradient, noise.drawn


def _run(loss: Any, pair: Pair) -> float:
    with reals_as(pair.guide, pair.bound.dtype):
        return float(loss.loss_and_grads(pair.model, pair.guide))


def _with_densities(trace: poutine.Trace) -> poutine.Trace:
    trace.compute_log_prob()
    return trace
