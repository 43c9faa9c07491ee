"""A guide and a model under a loss as a list of tensor operations, held against Pyro.

What is run is Pyro: its guides, its plates, its losses' traces. Written down once, with parameters, data and noise as
arguments, it is a function; Pyro's own loss and gradient on the same noise say whether it is the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol

import pyro
import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.density import AGREEMENT
from bayesdsl.runtime.engines.guides import reals_as
from bayesdsl.runtime.engines.steps.listing import Listing, write_down
from bayesdsl.runtime.engines.steps.losses import Loss, Traces, log_ratio
from bayesdsl.runtime.engines.steps.noise import MadeAnew, Recorded
from bayesdsl.runtime.engines.steps.parameters import Parameters
from bayesdsl.runtime.recording import value_and_gradient
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

    def on(self, inputs: dict[str, Any]) -> AbstractContextManager[None]:
        """A context in which both have other arguments."""


class Writer:
    """Writes down what a guide and a model do, as a function of (parameters, data.., noise..).

    `data` names those of the inputs that are arguments, the `varying` ones first.
    """

    def __init__(self, pair: Pair, parameters: Parameters, varying: frozenset[str] = frozenset()) -> None:
        self.pair, self.parameters = pair, parameters
        data = [name for name, value in pair.inputs.items() if isinstance(value, torch.Tensor)]
        self.data = tuple(sorted(data, key=lambda name: name not in varying))

    @property
    def examples(self) -> tuple[torch.Tensor, ...]:
        """The data in force."""
        return tuple(self.pair.inputs[name] for name in self.data)

    def write(self, run: Callable[[], tuple[torch.Tensor, ...]]) -> Listing:
        """What `run` gives. Raises NotTraceable."""

        def function(vector: torch.Tensor, *data: torch.Tensor) -> tuple[torch.Tensor, ...]:
            inputs = {**self.pair.inputs, **dict(zip(self.data, data, strict=True))}
            with (
                self.pair.on(inputs),
                reals_as(self.pair.guide, self.pair.bound.dtype),
                MadeAnew(),
                self.parameters.given(vector),
            ):
                return run()

        with torch.random.fork_rng(devices=[]):
            listing = write_down(function, (self.parameters.vector(), *self.examples))
        leaves = {id(leaf) for leaf in self.parameters.leaves.values()}
        if any(id(value) in leaves for value in listing.constants.values.values()):
            raise NotTraceable("the guide or the model uses a parameter in a way that cannot be followed")
        return listing


# What is kept of a draw, by name.
Pick = Callable[[Traces], dict[str, torch.Tensor]]


class Drawn(NamedTuple):
    """A listing that gives the log density of the model less that of the guide, and the values of some picks, of which
    `names` tells the names."""

    listing: Listing
    names: tuple[tuple[str, ...], ...]


def drawn_of(traces: Traces, picks: Sequence[Pick]) -> tuple[tuple[torch.Tensor, ...], tuple[tuple[str, ...], ...]]:
    """What a listing of draws gives, and the names."""
    picked = [pick(traces) for pick in picks]
    values = (value for found in picked for value in found.values())
    return (log_ratio(traces), *values), tuple(tuple(found) for found in picked)


class Program:
    """The loss of a fit as a function of (parameters, data.., noise..): `listing`.

    `drawn` is what `picks` take of a draw, where the loss is made from a single one. Raises NotTraceable with the
    reason where it cannot be had, or is not Pyro's.
    """

    def __init__(
        self, pair: Pair, loss: Any, varying: frozenset[str] = frozenset(), picks: Sequence[Pick] = ()
    ) -> None:
        self.pair, self.picks = pair, picks
        self.loss = Loss(loss)
        self.drawn: Drawn | None = None
        # Guides make some of their parameters when they first meet a gradient.
        self.parameters = _learnable(loss, pair)
        self.loss.loss.max_plate_nesting = loss.max_plate_nesting
        self.writer = Writer(pair, self.parameters, varying)
        self.listing = self.again()
        with torch.random.fork_rng(devices=[]):
            self._check(loss)

    @property
    def data(self) -> tuple[str, ...]:
        return self.writer.data

    @property
    def examples(self) -> tuple[torch.Tensor, ...]:
        return self.writer.examples

    def again(self) -> Listing:
        """The loss for data of the shapes in force."""
        names: tuple[tuple[str, ...], ...] = ()

        def once() -> tuple[torch.Tensor, ...]:
            nonlocal names
            traces = self.loss.traces(self.pair.model, self.pair.guide)
            if not self.picks or self.loss.particles > 1:
                return (self.loss.value(traces),)
            values, names = drawn_of(traces[0], self.picks)
            return self.loss.value(traces), *values

        listing = self.writer.write(once)
        self.drawn = Drawn(listing.without_first(), names) if names else None
        return listing

    def _check(self, loss: Any) -> None:
        """Compare loss and gradient with Pyro's on the same noise, where the fit starts and near it."""
        start, function = self.parameters.vector(), self.listing.function()
        compared = 0
        with _kept(self.parameters, start):
            for vector in (start, start + _AWAY * torch.randn_like(start)):
                self.parameters.write(vector)
                value, gradient, noise = _recorded(loss, self.pair, self.parameters)
                if len(noise) != len(self.listing.noises):
                    raise NotTraceable("the guide does not draw the same every time")
                given = (*self.examples, *noise)
                found, found_gradient = value_and_gradient(lambda u, given=given: function(u, *given)[0])(vector)
                compared += _agree(float(found.detach()), value, found_gradient.detach(), gradient)
        if not compared:
            raise NotTraceable("the loss is not finite where the fit starts")


def _learnable(loss: Any, pair: Pair) -> Parameters:
    """What has a gradient. Raises NotTraceable where something is drawn that is no fixed function of noise."""
    with Recorded():
        _run(loss, pair)
    named = list(pyro.get_param_store().named_parameters())
    moved = [name for name, leaf in named if leaf.grad is not None]
    for _, leaf in named:
        leaf.grad = None
    if not moved:
        raise NotTraceable("nothing is learned")
    return Parameters(moved, pair.bound.dtype)


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


def _recorded(loss: Any, pair: Pair, parameters: Parameters) -> tuple[float, torch.Tensor, Sequence[torch.Tensor]]:
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
