"""Arguments and values for every distribution, as smooth functions of unconstrained numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyro.distributions as dist
import scipy.special as sp
import torch
from independent_densities import REFERENCES

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.catalogue.rows import Distribution, Extent, Parameter
from bayesdsl.types.supports import Support, interval

EVENT, OWN = 3, 4


def constrained(support: Support, u: torch.Tensor) -> torch.Tensor:
    """A member of a support for unconstrained `u`, whose last dimensions are the event's."""
    match support.name:
        case "simplex":
            return torch.softmax(u, -1)
        case "ordered":
            return torch.cumsum(torch.cat([u[..., :1], torch.exp(u[..., 1:])], -1), -1)
        case "unit_vector":
            return u / u.norm(dim=-1, keepdim=True)
        case "lower_cholesky":
            return u.tril(-1) + torch.diag_embed(torch.exp(u.diagonal(dim1=-2, dim2=-1) / 2))
        case "covariance":
            factor = constrained(Support("lower_cholesky"), u)
            return factor @ factor.mT
        case "cholesky_corr":
            factor = constrained(Support("lower_cholesky"), u)
            return factor / factor.norm(dim=-1, keepdim=True)
        case "correlation":
            factor = constrained(Support("cholesky_corr"), u)
            return factor @ factor.mT
    if support.lo > -math.inf and support.hi < math.inf:
        return support.lo + (support.hi - support.lo) * torch.sigmoid(u)
    return support.lo + torch.exp(u) if support.lo > -math.inf else u


def event_size(row: Distribution) -> int:
    return row.event_sizes[-1] if row.event_sizes else EVENT


def shape_of(row: Distribution, parameter: Parameter) -> tuple[int, ...]:
    event, own = event_size(row), OWN
    if parameter.short:
        own = event - 1 if row.event else OWN
    return {
        Extent.SCALAR: (),
        Extent.VALUE: (event,) * min(row.event, 1),
        Extent.OWN: (own,),
        Extent.SQUARE: (event, event),
        Extent.VALUE_OWN: (event, own),
        Extent.OWN_VALUE: (own, event),
    }[parameter.extent]


# Supports narrower than the row's, where the reference or Pyro is not accurate everywhere, or where arguments must fit
# together. Each is exercised elsewhere in this file or is a condition of the distribution.
NARROWER = {
    ("Wishart", "df"): interval(2.5),  # over the dimension less 1
    ("ContinuousBernoulli", "probs"): interval(0.02, 0.45),  # Pyro expands around 1/2
    ("ContinuousBernoulli", "logits"): interval(0.3, 4.0),
    ("SineBivariateVonMises", "correlation"): interval(-0.2, 0.2),  # unimodal
}


def static_value(row: Distribution, parameter: Parameter) -> float | int:
    return {"total_count": 7, "num_quad_points": 8, "temperature": 0.7, "dim": event_size(row)}[parameter.name]


def given_sets(row: Distribution) -> list[set[str]]:
    """Every way to choose one argument of each set of choices."""
    optional = {name for choice in row.choices for name in choice}
    required = {p.name for p in row.parameters} - optional
    return [required | set(chosen) for chosen in itertools.product(*row.choices)]


def value_map(row: Distribution, arguments: dict[str, torch.Tensor], u: torch.Tensor) -> torch.Tensor:
    if row.name == "AffineBeta":
        return arguments["loc"] + arguments["scale"] * torch.sigmoid(u)
    if row.name == "Delta":
        return arguments["v"]
    low, high = (arguments.get(name) for name in row.bounds)
    if low is not None and high is not None:
        return low + (high - low) * torch.sigmoid(u)
    return low + torch.exp(u) if low is not None else constrained(row.support, u)


BASES = {
    "FoldedDistribution": lambda: dist.StudentT(*torch.tensor([3.5, 0.4, 1.3], dtype=torch.float64)),
    "ZeroInflatedDistribution": lambda: dist.Poisson(torch.tensor(2.3, dtype=torch.float64)),
}


class Case:
    """A distribution with arguments and a value at `origin + t * direction` of an unconstrained space."""

    def __init__(self, row: Distribution, given: set[str], seed: int) -> None:
        self.row = row
        self.generator = torch.Generator().manual_seed(seed)
        self.fixed: dict[str, torch.Tensor | int] = {}
        self.moving: dict[str, tuple[Support, torch.Tensor, torch.Tensor]] = {}
        for parameter in row.parameters:
            if parameter.name in given:
                self._add(parameter)
        size = event_size(row)
        self.value_shape = (size,) * row.event
        self.value_u = self.normal(self.value_shape), self.normal(self.value_shape)
        self.value: torch.Tensor | None = None
        if row.discrete:
            self.value = self._drawn()

    def normal(self, shape: tuple[int, ...]) -> torch.Tensor:
        return torch.randn(shape, generator=self.generator, dtype=torch.float64) * 0.8

    def _add(self, parameter: Parameter) -> None:
        support = NARROWER.get((self.row.name, parameter.name), parameter.support)
        if parameter.static:
            value = static_value(self.row, parameter)
            self.fixed[parameter.name] = torch.tensor(value, dtype=torch.float64) if parameter.tensor else value
        elif support.integer:
            drawn = torch.randint(4, 9, (), generator=self.generator)
            self.fixed[parameter.name] = drawn.double()
        else:
            shape = shape_of(self.row, parameter)
            self.moving[parameter.name] = support, self.normal(shape), self.normal(shape)

    def _drawn(self) -> torch.Tensor:
        if not self.row.samples:
            return torch.tensor(5.0, dtype=torch.float64)
        with torch.random.fork_rng():
            torch.manual_seed(int(torch.randint(1000, (), generator=self.generator)))
            return self.distribution(self.arguments(torch.tensor(0.0))).sample()

    def arguments(self, t: torch.Tensor) -> dict[str, torch.Tensor | int]:
        moving = {name: constrained(support, u + t * v) for name, (support, u, v) in self.moving.items()}
        if {"low", "high"} <= moving.keys():
            moving["high"] = moving["low"] + torch.exp(moving["high"])
        return {**self.fixed, **moving}

    def distribution(self, arguments: dict[str, torch.Tensor | int]) -> dist.TorchDistribution:
        bases = {name: BASES[self.row.name]() for name in self.row.takes}
        return getattr(dist, self.row.name)(**bases, **arguments)

    def at(self, t: torch.Tensor) -> tuple[dict[str, torch.Tensor | int], torch.Tensor]:
        arguments = self.arguments(t)
        u, v = self.value_u
        return arguments, self.value if self.value is not None else value_map(self.row, arguments, u + t * v)

    def log_prob(self, t: torch.Tensor) -> torch.Tensor:
        arguments, value = self.at(t)
        return self.distribution(arguments).log_prob(value)

    def reference(self, t: float) -> float:
        arguments, value = self.at(torch.tensor(t, dtype=torch.float64))
        plain = {name: a.numpy() if torch.is_tensor(a) else a for name, a in arguments.items()}
        return float(REFERENCES[self.row.name](value.numpy(), **canonical(plain)))


def canonical(arguments: dict) -> dict:
    """Log odds as probabilities, and matrices as covariances, so that a reference knows one way only."""
    out = dict(arguments)
    if "logits" in out:
        logits = out.pop("logits")
        out["probs"] = sp.softmax(logits) if np.ndim(logits) else sp.expit(logits)
    if "gate_logits" in out:
        out["gate"] = sp.expit(out.pop("gate_logits"))
    if "precision_matrix" in out:
        out["covariance"] = np.linalg.inv(out.pop("precision_matrix"))
    if "covariance_matrix" in out:
        out["covariance"] = out.pop("covariance_matrix")
    if "scale_tril" in out:
        out["covariance"] = out["scale_tril"] @ out.pop("scale_tril").T
    return out


EVERY_CASE = [(row, given) for row in DISTRIBUTIONS.values() for given in given_sets(row)]


def name_of(case: tuple[Distribution, set[str]]) -> str:
    row, given = case
    return "-".join([row.name, *sorted(given & {name for choice in row.choices for name in choice})])
