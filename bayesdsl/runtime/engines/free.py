"""Latents that Pyro's guides cannot hold as they are, shown to them as unconstrained ones.

Pyro's guides look at the model once: they draw from each prior and keep its map to unconstrained values. An improper
prior cannot be drawn from, and a support that depends on other latents is then frozen where it was first seen. Such a
site keeps its name and its place in the model; what a guide sees there is its unconstrained value, whose density has
the volume change in it, and what the program gets back is that value mapped into the support of the moment.

    x ~ Uniform(0, 1 - a)          the program
    x ~ Free(Uniform(0, 1 - a))    what a guide sees: any real number
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pyro.distributions import ImproperUniform
from pyro.distributions.torch_distribution import TorchDistribution, TorchDistributionMixin
from pyro.distributions.util import sum_rightmost
from pyro.poutine.messenger import Messenger
from torch.distributions import constraints

from bayesdsl.runtime.bijections import bijection, known_to_torch

# Where an improper prior is looked at first, as wide as a chain's starting points.
_RADIUS = 2.0


class Free(TorchDistribution):
    """The distribution of the unconstrained value of a draw from `fn`.

    Batch shape that of `fn`, event shape that of the unconstrained event. Without `jacobian` the density is that of
    the constrained value, which is what the mode of the constrained value is the mode of.
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}
    has_rsample = False

    def __init__(self, fn: Any, jacobian: bool = True) -> None:
        self.fn = fn
        self.jacobian = jacobian
        self.transform = bijection(fn.support)
        batch = len(fn.batch_shape)
        event_shape = self.transform.inverse_shape(fn.shape())[batch:]
        super().__init__(fn.batch_shape, event_shape, validate_args=False)

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> constraints.Constraint:
        dims = len(self.event_shape)
        return constraints.independent(constraints.real, dims) if dims else constraints.real

    def expand(self, batch_shape: torch.Size, _instance: Any = None) -> Free:
        return Free(self.fn.expand(batch_shape), self.jacobian)

    def constrained(self, free: torch.Tensor) -> torch.Tensor:
        """The value in the support."""
        return self.transform(free)

    def log_prob(self, free: torch.Tensor) -> torch.Tensor:
        value = self.constrained(free)
        log_prob = self.fn.log_prob(value)
        if self.jacobian:
            volume = self.transform.log_abs_det_jacobian(free, value)
            log_prob = log_prob + sum_rightmost(volume, volume.dim() - (free.dim() - len(self.event_shape)))
        return log_prob

    def sample(self, sample_shape: torch.Size = torch.Size()) -> torch.Tensor:  # noqa: B008  torch's own signature
        shape = self.shape(sample_shape)
        anywhere = (2 * torch.rand(shape, dtype=torch.float64) - 1) * _RADIUS
        if _improper(self.fn):
            return anywhere
        with torch.no_grad():
            free = self.transform.inv(self.fn.sample(sample_shape)).double()
        return torch.where(free.isfinite(), free, anywhere)


class FreeSites(Messenger):
    """Puts `Free` in the place of the latents of a model that need it; wrap the model alone in it.

    `names` are those whose support moves; improper priors and supports unknown to torch are found as they are met.
    Those in `plain` are given without the volume change. `values` holds the constrained values of the last run.
    """

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.names = frozenset(names)
        self.plain: set[str] = set()
        self.values: dict[str, torch.Tensor] = {}

    def _pyro_sample(self, msg: dict[str, Any]) -> None:
        fn, name = msg["fn"], msg["name"]
        if msg["is_observed"] or not isinstance(fn, TorchDistributionMixin) or fn.support.is_discrete:
            return
        if name in self.names or _improper(fn) or not known_to_torch(fn.support):
            msg["fn"] = msg["infer"]["_free"] = Free(fn, jacobian=name not in self.plain)

    def _pyro_post_sample(self, msg: dict[str, Any]) -> None:
        # Those outside have written down the unconstrained value by now; the program gets the other. Replaying puts
        # the guide's notes in the place of ours, a guide that runs the model itself its own distribution.
        free = msg["fn"] if isinstance(msg["fn"], Free) else msg["infer"].get("_free")
        if free is not None:
            msg["value"] = self.values[msg["name"]] = free.constrained(msg["value"])


def _improper(fn: Any) -> bool:
    while not isinstance(fn, ImproperUniform) and hasattr(fn, "base_dist"):
        fn = fn.base_dist
    return isinstance(fn, ImproperUniform)
