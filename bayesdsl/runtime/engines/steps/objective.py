"""What a fit makes smaller, as a function of tensors, and what Pyro says of it.

What is run is Pyro: its guides, its plates, its losses' traces. Written down once, with parameters, data and noise as
arguments, it is a list of operations; Pyro's own loss and gradient on the same noise say whether it is the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import pyro
import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled.trials import MadeUp, made_up, numbers_of, sizes_of
from bayesdsl.runtime.engines.guides import reals_as
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.engines.steps.losses import Loss, Traces, log_ratio
from bayesdsl.runtime.engines.steps.noise import MadeAnew, Recorded
from bayesdsl.runtime.engines.steps.parameters import Parameters, Replaced
from bayesdsl.runtime.tracing import NotTraceable

# How far from where the fit starts a second comparison is made, on the unconstrained scale.
_AWAY = 0.05

# Guides whose parameters grow with the square of the unknowns, or nearly so. Made-up lengths of data may stand for
# thousands of unknowns: those of more than so many would take gigabytes.
_WIDE = frozenset(
    {
        "AutoMultivariateNormal",
        "AutoLowRankMultivariateNormal",
        "AutoIAFNormal",
        "AutoNormalizingFlow",
        "AutoStructured",
    }
)
_MOST_WIDE = 1000

Tensors = tuple[torch.Tensor, ...]

# What is kept of a draw, by name.
Pick = Callable[[Traces], dict[str, torch.Tensor]]


class Witness(NamedTuple):
    """What Pyro gives at a vector for some noise."""

    vector: torch.Tensor
    noise: Sequence[torch.Tensor]
    value: torch.Tensor
    gradient: torch.Tensor


class Objective(Protocol):
    """A loss as a function of (vector, data..), which may draw at random.

    `data` names the arguments that are tensors, the first `varying` of which differ from step to step, `about` is what
    else it depends on, told apart by how it is written. `names` are those of the values that it gives beside the loss,
    known once it was called: none, or the log density of the model less that of the guide and what some picks take.
    """

    bound: BoundModel
    data: tuple[str, ...]
    varying: int
    about: tuple[Any, ...]
    names: tuple[tuple[str, ...], ...]

    @property
    def start(self) -> torch.Tensor:
        """A vector."""

    @property
    def parts(self) -> Sequence[torch.Size]:
        """The shapes of what the vector is made of."""

    @property
    def examples(self) -> Tensors:
        """The data in force."""

    @property
    def sizes(self) -> dict[str, int] | None:
        """The sizes of the plates by their names in C; None where they are not known."""

    def value(self, vector: torch.Tensor, *data: torch.Tensor) -> Tensors:
        """The loss, and what else is taken."""

    def around(self) -> AbstractContextManager[Any]:
        """What it must be called in."""

    def others(self) -> Sequence[Objective]:
        """The same with data of made-up lengths; none where its lengths are not known."""

    def leaves(self) -> set[int]:
        """Tensors that may not be taken for constants, by their identity."""

    def witnesses(self) -> Sequence[Witness]:
        """What Pyro gives at some points. Raises NotTraceable where that is not finite."""


class Pair(Protocol):
    """A guide and a model with their data, as an engine has them."""

    bound: BoundModel
    guide: Callable[..., Any]
    about: tuple[Any, ...]

    @property
    def inputs(self) -> dict[str, Any]:
        """The arguments of both."""

    @property
    def picks(self) -> Sequence[Pick]:
        """What is kept of a draw."""

    @property
    def minibatch(self) -> tuple[str, int] | None:
        """The plate of which these are some rows, and how many; None for all."""

    def model(self, *_: Any, **__: Any) -> Any:
        """The model with these arguments."""

    def on(self, inputs: dict[str, Any]) -> AbstractContextManager[None]:
        """A context in which both have other arguments."""

    def loss(self) -> Any:
        """A loss of Pyro's."""

    def like(self, made: MadeUp) -> Pair:
        """The same guide for other data."""


class GuideLoss:
    """The loss of a guide and a model. Raises NotTraceable with the reason where it cannot be had.

    `rows` names the arguments that differ from step to step.
    """

    def __init__(self, pair: Pair, rows: frozenset[str] = frozenset()) -> None:
        self.pair, self.bound, self._rows = pair, pair.bound, rows
        self._pyros = pair.loss()
        self.loss = Loss(self._pyros)
        # Guides make some of their parameters when they first meet a gradient.
        self.parameters = _learnable(self._pyros, pair)
        self.loss.loss.max_plate_nesting = self._pyros.max_plate_nesting
        data = [name for name, value in pair.inputs.items() if isinstance(value, torch.Tensor)]
        self.data = tuple(sorted(data, key=lambda name: name not in rows))
        self.varying = sum(name in rows for name in data)
        self.about = (*pair.about, self.data, self.varying, tuple(self.parameters.leaves))
        self.names: tuple[tuple[str, ...], ...] = ()
        self._scope: Isolated | None = None

    @property
    def start(self) -> torch.Tensor:
        return self.parameters.vector()

    @property
    def parts(self) -> Sequence[torch.Size]:
        return [leaf.shape for leaf in self.parameters.leaves.values()]

    @property
    def examples(self) -> Tensors:
        return tuple(self.pair.inputs[name] for name in self.data)

    @property
    def sizes(self) -> dict[str, int] | None:
        _, rows = self.pair.minibatch or (None, None)
        return sizes_of(self.bound, rows)

    def value(self, vector: torch.Tensor, *data: torch.Tensor) -> Tensors:
        given = self.parameters.given(vector)
        with running(self.pair, dict(zip(self.data, data, strict=True)), given):
            traces = self.loss.traces(self.pair.model, self.pair.guide)
            if self.loss.at_once:
                return (self.loss.value(traces),)
            values, self.names = drawn_of(traces[0], self.pair.picks)
            return self.loss.value(traces), *map(given.other, values)

    def around(self) -> AbstractContextManager[Any]:
        return torch.random.fork_rng(devices=[]) if self._scope is None else self._scope

    def others(self) -> Sequence[GuideLoss]:
        plate, _ = self.pair.minibatch or (None, None)
        made = made_up(self.bound, plate)
        if is_wide(self.pair.guide) and any(numbers_of(one.bound) > _MOST_WIDE for one in made):
            return ()
        return [self._like(one) for one in made]

    def _like(self, made: MadeUp) -> GuideLoss:
        # Its parameters are of other lengths, in a store of their own.
        scope = Isolated(0)
        with scope:
            found = GuideLoss(self.pair.like(made), self._rows)
        found._scope = scope
        return found

    def leaves(self) -> set[int]:
        return self.parameters.identities()

    @cached_property
    def _witnesses(self) -> list[Witness]:
        found, start = [], self.start
        with torch.random.fork_rng(devices=[]), _kept(self.parameters, start):
            for vector in (start, start + _AWAY * torch.randn_like(start)):
                self.parameters.write(vector)
                value, gradient, noise = _recorded(self._pyros, self.pair, self.parameters)
                if torch.tensor(value).isfinite():
                    found.append(Witness(vector, noise, torch.tensor(value, dtype=vector.dtype), gradient))
        return found

    def witnesses(self) -> Sequence[Witness]:
        if not self._witnesses:
            raise NotTraceable("the loss is not finite where the fit starts")
        return self._witnesses


def is_wide(guide: Callable[..., Any]) -> bool:
    """Whether a guide has numbers for every pair of unknowns, or nearly so many."""
    parts = guide.modules() if isinstance(guide, torch.nn.Module) else ()
    return any(type(part).__name__ in _WIDE for part in parts)


@contextmanager
def running(pair: Pair, data: dict[str, torch.Tensor], parameters: Replaced) -> Iterator[None]:
    """Guide and model with other parameters and data, and noise that can be written down."""
    with pair.on({**pair.inputs, **data}), reals_as(pair.guide, pair.bound.dtype), MadeAnew(), parameters:
        yield


def drawn_of(traces: Traces, picks: Sequence[Pick]) -> tuple[Tensors, tuple[tuple[str, ...], ...]]:
    """The log density of the model less that of the guide, and the values of some picks, with their names."""
    picked = [pick(traces) for pick in picks]
    values = (value for found in picked for value in found.values())
    return (log_ratio(traces), *values), tuple(tuple(found) for found in picked)


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
