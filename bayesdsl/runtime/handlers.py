"""Runs of a Pyro model in which every latent is decided from outside.

A handler at the bottom of Pyro's stack gives values to latents and learnable values, and collects what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from pyro.distributions.util import scale_and_mask
from pyro.poutine.messenger import Messenger
from torch.distributions import constraints, transform_to
from torch.distributions.transforms import Transform, identity_transform

from bayesdsl.runtime.bijections import bijection, free_shape
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.engines.errors import DiscreteLatent, Subsampled, UnsupportedSupport


@dataclass(frozen=True, slots=True)
class Site:
    """A latent (`role` is `"latent"`) or a learnable value (`"param"`) and its part of the vector.

    `shape` is that of its values, `free_shape` that of the unconstrained ones, `start:start + size` their place.
    """

    name: str
    role: str
    shape: tuple[int, ...]
    free_shape: tuple[int, ...]
    start: int
    size: int


class Handler(Messenger):
    """What every run of a model here shares: it decides every latent and learnable value, and nobody outside sees it.

    It stands at the bottom of Pyro's stack, so the plates, masks and scales of the program have had their say on a
    message before it comes here.
    """

    def latent(self, msg: dict[str, Any]) -> torch.Tensor:
        """The value of a latent."""
        raise NotImplementedError

    def param(self, msg: dict[str, Any]) -> torch.Tensor:
        """The value of a learnable value."""
        raise NotImplementedError

    def observed(self, msg: dict[str, Any]) -> None:
        """An observed site or a factor."""

    def deterministic(self, msg: dict[str, Any]) -> None:
        """A `pyro.deterministic`."""

    def _process_message(self, msg: dict[str, Any]) -> None:
        msg["stop"] = True
        if msg["type"] == "param":
            msg["value"] = self.param(msg)
        elif msg["type"] != "sample":
            return
        elif msg["infer"].get("_deterministic"):
            self.deterministic(msg)
        elif msg["is_observed"]:
            self.observed(msg)
        elif type(msg["fn"]).__name__ == "_Subsample":
            _refuse_subsampling(msg)
            return
        else:
            msg["value"] = self.latent(msg)
        msg["done"] = True

    def _postprocess_message(self, msg: dict[str, Any]) -> None:
        pass


class Substitution(Handler):
    """Takes values from a vector, by site."""

    index: dict[str, tuple[int, tuple[int, ...]]]
    parts: tuple[torch.Tensor, ...]

    def free(self, name: str) -> torch.Tensor:
        position, shape = self.index[name]
        return self.parts[position].view(shape)

    def param(self, msg: dict[str, Any]) -> torch.Tensor:
        return _param_transform(msg)(self.free(msg["name"]))


class LogDensity(Substitution):
    """Collects the terms of the log density, each a scalar, with the name of its site."""

    def __init__(self, jacobian: bool, prior: bool, left_out: tuple[str, ...]) -> None:
        super().__init__()
        self.jacobian = jacobian
        self.prior = prior
        self.left_out = left_out
        self.terms: list[tuple[str, torch.Tensor]] = []

    def latent(self, msg: dict[str, Any]) -> torch.Tensor:
        name = msg["name"]
        free, transform = self.free(name), bijection(msg["fn"].support)
        value = transform(free)
        if self.prior:
            self.terms.append((name, _log_prob(msg, value)))
        # A mask or a scale is on the density of the value, not on the volume that the map takes up.
        if self.jacobian and transform is not identity_transform:
            self.terms.append((name, _summed(transform.log_abs_det_jacobian(free, value))))
        return value

    def observed(self, msg: dict[str, Any]) -> None:
        if msg["name"] not in self.left_out:
            self.terms.append((msg["name"], _log_prob(msg, msg["value"])))


class Values(Substitution):
    """Collects the values of latents, learnable values and deterministic sites."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, torch.Tensor] = {}

    def latent(self, msg: dict[str, Any]) -> torch.Tensor:
        value = self.values[msg["name"]] = bijection(msg["fn"].support)(self.free(msg["name"]))
        return value

    def param(self, msg: dict[str, Any]) -> torch.Tensor:
        value = self.values[msg["name"]] = super().param(msg)
        return value

    def deterministic(self, msg: dict[str, Any]) -> None:
        self.values[msg["name"]] = msg["value"]


class Unconstrain(Handler):
    """Maps given values back to unconstrained ones."""

    def __init__(self, values: Mapping[str, torch.Tensor], dtype: torch.dtype) -> None:
        super().__init__()
        self.values = values
        self.dtype = dtype
        self.free: dict[str, torch.Tensor] = {}

    def latent(self, msg: dict[str, Any]) -> torch.Tensor:
        return self._take(msg, bijection(msg["fn"].support), msg["fn"].shape())

    def param(self, msg: dict[str, Any]) -> torch.Tensor:
        return self._take(msg, _param_transform(msg), None)

    def _take(self, msg: dict[str, Any], transform: Transform, shape: torch.Size | None) -> torch.Tensor:
        value = torch.as_tensor(self.values[msg["name"]], dtype=self.dtype)
        value = value.expand(shape) if shape is not None else value
        self.free[msg["name"]] = transform.inv(value)
        return value


class Start(Substitution):
    """Takes the latents where a strategy puts them, and from the vector where it cannot."""

    def __init__(self, strategy: Callable[[dict[str, Any]], torch.Tensor]) -> None:
        super().__init__()
        self.strategy = strategy
        self.started: dict[str, torch.Tensor] = {}

    def latent(self, msg: dict[str, Any]) -> torch.Tensor:
        transform, free = bijection(msg["fn"].support), self.free(msg["name"])
        with suppress(NotImplementedError):
            chosen = transform.inv(self.strategy(msg).to(free.dtype))
            free = torch.where(chosen.isfinite(), chosen, free)
        self.started[msg["name"]] = free
        return transform(free)

    def vector(self, sites: tuple[Site, ...]) -> torch.Tensor:
        parts = [self.started.get(s.name, torch.zeros(s.size)).reshape(-1).double() for s in sites]
        return torch.cat(parts)


class Prototype(Handler):
    """Finds the sites and their shapes, with every unconstrained value at zero: nothing is drawn."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.sites: list[Site] = []
        self.params: dict[str, torch.Tensor] = {}
        self._values: dict[str, torch.Tensor] = {}
        self._end = 0

    def latent(self, msg: dict[str, Any]) -> torch.Tensor:
        name, fn = msg["name"], msg["fn"]
        if fn.support.is_discrete:
            raise DiscreteLatent(name)
        shape = fn.shape()
        try:
            transform = bijection(fn.support)
            free = torch.zeros(free_shape(transform, shape), dtype=self.dtype)
        except NotImplementedError:
            raise UnsupportedSupport(name, _support_name(fn.support)) from None
        self._add(name, "latent", shape, free.shape)
        return transform(free)

    def param(self, msg: dict[str, Any]) -> torch.Tensor:
        name = msg["name"]
        if name not in self._values:
            initial = msg["args"][1] if len(msg["args"]) > 1 else None
            initial = initial() if callable(initial) else initial
            if initial is None:
                raise ValueError(f"pyro.param({name!r}) has no initial value")
            value = self._values[name] = initial.detach().to(self.dtype)
            free = self.params[name] = _param_transform(msg).inv(value).double()
            self._add(name, "param", value.shape, free.shape)
        return self._values[name]

    def _add(self, name: str, role: str, shape: torch.Size, free_shape: torch.Size) -> None:
        size = prod(free_shape)
        self.sites.append(Site(name, role, tuple(shape), tuple(free_shape), self._end, size))
        self._end += size


def run(bound: BoundModel, handler: Handler) -> None:
    with no_validation(), handler:
        bound.model(**bound.inputs)


@contextmanager
def no_validation() -> Iterator[None]:
    """Distributions do not check their arguments inside: that costs more than the density of a small model."""
    before = torch.distributions.Distribution._validate_args
    torch.distributions.Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        torch.distributions.Distribution.set_default_validate_args(before)


def _log_prob(msg: dict[str, Any], value: torch.Tensor) -> torch.Tensor:
    log_prob = msg["fn"].log_prob(value, *msg["args"], **msg["kwargs"])
    scale, mask = msg["scale"], msg["mask"]
    if mask is not None or not (isinstance(scale, float) and scale == 1.0):
        log_prob = scale_and_mask(log_prob, scale, mask)
    return _summed(log_prob)


def _summed(term: torch.Tensor) -> torch.Tensor:
    return term.sum() if term.dim() else term


def _param_transform(msg: dict[str, Any]) -> Transform:
    """One to one where such a map is known, so that the optimum is a point; Pyro's own map elsewhere."""
    constraint = msg["kwargs"].get("constraint", constraints.real)
    try:
        return bijection(constraint)
    except NotImplementedError:
        return transform_to(constraint)


def _refuse_subsampling(msg: dict[str, Any]) -> None:
    fn = msg["fn"]
    if msg["value"] is None and fn.subsample_size is not None and fn.subsample_size < fn.size:
        raise Subsampled(msg["name"])


def _support_name(support: constraints.Constraint) -> str:
    return type(support).__name__.lstrip("_").lower()
