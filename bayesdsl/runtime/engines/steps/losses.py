"""Pyro's losses as functions of the traces of model and guide, without a number being read out of a tensor.

Every value of the guide must be a differentiable function of its parameters and of noise: then the gradient of each of
these is that of Pyro's surrogate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from pyro import poutine
from pyro.distributions.util import scale_and_mask
from pyro.infer import RenyiELBO, Trace_ELBO, TraceMeanField_ELBO
from pyro.infer.util import get_dependent_plate_dims, torch_sum
from torch.distributions import kl_divergence

from bayesdsl.runtime.tracing import NotTraceable

Traces = tuple[poutine.Trace, poutine.Trace]


def _samples(trace: poutine.Trace) -> Iterable[tuple[str, dict[str, Any]]]:
    return ((name, site) for name, site in trace.nodes.items() if site["type"] == "sample")


def log_ratio(traces: Traces) -> torch.Tensor:
    """The log density of the model less that of the guide."""
    model, guide = traces
    return sum(site["log_prob_sum"] for _, site in _samples(model)) - sum(
        site["log_prob_sum"] for _, site in _samples(guide)
    )


def _elbo(loss: Any, traces: list[Traces]) -> torch.Tensor:
    return -sum(log_ratio(pair) / loss.num_particles for pair in traces)


def _mean_field(loss: Any, traces: list[Traces]) -> torch.Tensor:
    return -sum(_with_divergences(*pair) / loss.num_particles for pair in traces)


def _with_divergences(model: poutine.Trace, guide: poutine.Trace) -> torch.Tensor:
    total = torch.zeros(())
    for name, site in _samples(model):
        if site["is_observed"]:
            total = total + site["log_prob_sum"]
            continue
        drawn = guide.nodes[name]
        try:
            divergence = kl_divergence(drawn["fn"], site["fn"])
        except NotImplementedError:
            total = total + site["log_prob_sum"] - drawn["log_prob_sum"]
            continue
        divergence = scale_and_mask(divergence, scale=drawn["scale"], mask=drawn["mask"])
        total = total - (
            divergence.sum() if torch.is_tensor(divergence) else divergence * drawn["fn"].batch_shape.numel()
        )
    for name, site in _samples(guide):
        if name not in model.nodes:
            total = total - site["log_prob_sum"]
    return total


def _renyi(loss: Any, traces: list[Traces]) -> torch.Tensor:
    bounds = [_over_plates(*pair) for pair in traces]
    at_once = loss.vectorize_particles and loss.num_particles > 1
    weights = (1 - loss.alpha) * (bounds[0] if at_once else torch.stack(bounds))
    means = torch.logsumexp(weights, dim=0) - math.log(loss.num_particles)
    return -means.sum() / (1 - loss.alpha)


def _over_plates(model: poutine.Trace, guide: poutine.Trace) -> torch.Tensor:
    """The bound of each independent member of plates that all sites share."""
    dims = get_dependent_plate_dims(model.nodes.values())
    return sum(torch_sum(site["log_prob"], dims) for _, site in _samples(model)) - sum(
        torch_sum(site["log_prob"], dims) for _, site in _samples(guide)
    )


# By the class of the loss: how its traces are made, and what is done with them. With a guide whose every value is
# reparameterised and no discrete latents, those that deal with such values are plain Trace_ELBO.
_LOSSES: dict[str, tuple[type, Callable[[Any, list[Traces]], torch.Tensor]]] = {
    "Trace_ELBO": (Trace_ELBO, _elbo),
    "TraceGraph_ELBO": (Trace_ELBO, _elbo),
    "TraceEnum_ELBO": (Trace_ELBO, _elbo),
    "TraceMeanField_ELBO": (TraceMeanField_ELBO, _mean_field),
    "RenyiELBO": (RenyiELBO, _renyi),
}


class Loss:
    """One of Pyro's losses, as made for a run. Raises NotTraceable for those that are no function of the traces."""

    def __init__(self, loss: Any) -> None:
        name = type(loss).__name__
        if name not in _LOSSES:
            raise NotTraceable(f"{name} is more than a function of the draws of the guide")
        made, self._value = _LOSSES[name]
        options = {"num_particles": loss.num_particles, "vectorize_particles": loss.vectorize_particles}
        self.loss = made(**options, **({"alpha": loss.alpha} if made is RenyiELBO else {}))

    @property
    def at_once(self) -> bool:
        """Whether a pair of traces is of several draws."""
        return self.loss.vectorize_particles and self.loss.num_particles > 1

    def traces(self, model: Callable[..., Any], guide: Callable[..., Any]) -> list[Traces]:
        """A pair of traces for each draw, or one for all of them at once, with their log densities.

        Raises NotTraceable where the guide draws a value that is no function of its parameters.
        """
        pairs = list(self.loss._get_traces(model, guide, (), {}))
        for _, drawn in pairs:
            for name, site in _samples(drawn):
                if not site["fn"].has_rsample:
                    kind = type(site["fn"]).__name__
                    raise NotTraceable(f"the guide's draws of `{name}` do not move smoothly with it ({kind})")
        return pairs

    def value(self, traces: list[Traces]) -> torch.Tensor:
        return self._value(self.loss, traces)
