"""The log density of a Pyro model as a function of one vector of unconstrained values.

Every latent takes its slice of the vector when the program reaches it and is mapped into the support of that very
distribution, made from the values that came before. So a support that depends on another latent, `Uniform(0, 1 - a)`,
is right at every point, and an improper prior needs no draw to start from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.engines.errors import InitFailed, ParamsNotSupported
from bayesdsl.runtime.handlers import (
    LogDensity,
    Prototype,
    Start,
    Substitution,
    Unconstrain,
    Values,
    no_validation,
    run,
)

# The list of operations must give what the model gives: the same sums in another order, so a few hundred roundings.
AGREEMENT = 1e-10
_CHECK_POINTS = 6

ValueAndGrad = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


class Density:
    """The log density of a bound model over R^`dimension`.

    `jacobian=False` leaves out the volume change of the maps into the supports: the density of the constrained values,
    whose mode is the MAP. `prior=False` leaves out the latents' own terms and the factors of priors and keeps the
    observed sites and the other factors: the likelihood. With `params=True`, `pyro.param` sites are entries of the
    vector as well.

    Raises DiscreteLatent, UnsupportedSupport, Subsampled and, without `params`, ParamsNotSupported. A vector is a
    float64 tensor of shape (dimension,); the model computes in `bound.dtype`, the terms are added in float64.
    """

    def __init__(self, bound: BoundModel, *, jacobian: bool = True, prior: bool = True, params: bool = False) -> None:
        self.bound = bound
        self.jacobian = jacobian
        self.prior = prior
        self.learnable = params
        prototype = Prototype(bound.dtype)
        run(bound, prototype)
        if prototype.params and not params:
            raise ParamsNotSupported(tuple(prototype.params))
        self._initial_params = prototype.params
        self.sites = tuple(prototype.sites)
        self.dimension = sum(site.size for site in self.sites)
        self._sizes = [site.size for site in self.sites]
        self._index = {site.name: (i, site.free_shape) for i, site in enumerate(self.sites)}
        self._traced: ValueAndGrad | None = None
        self.gradient = "eager"
        self.gradient_note = "not traced"

    @property
    def latents(self) -> tuple[str, ...]:
        return tuple(site.name for site in self.sites if site.role == "latent")

    @property
    def params(self) -> tuple[str, ...]:
        return tuple(site.name for site in self.sites if site.role == "param")

    def log_density(self, u: torch.Tensor) -> torch.Tensor:
        """The log density at `u`, a float64 scalar that can be differentiated."""
        handler = self._evaluate(u, self._log_density())
        return _total([term for _, term in handler.terms], u)

    def value_and_grad(self, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The log density at `u` and its gradient, of shape (dimension,); neither can be differentiated.

        Where the value is NaN, or a matrix that must be positive definite is not, the value is -inf.
        """
        try:
            value, gradient = self._traced(u) if self._traced else self._eager(u)
        except torch.linalg.LinAlgError:
            return u.new_full((), -torch.inf), torch.zeros_like(u)
        return (torch.full_like(value, -torch.inf) if value.isnan() else value), gradient

    def use(self, found: ValueAndGrad) -> None:
        """Let `value_and_grad` ask `found`, which is known to give the same: machine code, as `gradient` then says."""
        self._traced, self.gradient, self.gradient_note = found, "compiled", "agrees with the model at random points"

    def constrain(self, u: torch.Tensor) -> dict[str, torch.Tensor]:
        """Every latent, learnable value and `pyro.deterministic` at `u`, by the name of its site, as the model lays
        them out; they can be differentiated."""
        return self._evaluate(u, Values()).values

    def unconstrain(self, values: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The vector at which `constrain` gives `values`, which must name every latent and learnable value."""
        handler = Unconstrain(values, self.bound.dtype)
        run(self.bound, handler)
        parts = [handler.free[site.name].reshape(-1).double() for site in self.sites]
        return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.float64)

    def initial(
        self,
        generator: torch.Generator,
        radius: float = 2.0,
        tries: int = 100,
        strategy: Callable[[dict[str, Any]], torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """A point whose log density and gradient are finite: latents uniform in (-radius, radius) before their maps,
        learnable values where the model starts them. With `strategy`, one of Pyro's ways to choose a start, latents
        with a proper prior start there (those draw from the global generator). Raises InitFailed."""
        for _ in range(tries):
            u = self.anywhere(generator, radius)
            if strategy is not None:
                with torch.no_grad():
                    u = self._evaluate(u, Start(strategy)).vector(self.sites)
            for site in self.sites:
                if site.role == "param":
                    u[site.start : site.start + site.size] = self._initial_params[site.name].reshape(-1)
            value, gradient = self.value_and_grad(u)
            if value.isfinite() and gradient.isfinite().all():
                return u
        if value.isfinite():
            raise InitFailed(self._site_at(int((~gradient.isfinite()).nonzero()[0, 0])), "gradient", tries)
        raise InitFailed(self._first_not_finite(u), "log density", tries)

    def anywhere(self, generator: torch.Generator, radius: float = 2.0) -> torch.Tensor:
        """A point uniform in (-radius, radius), where the density need not be finite; what an earlier run knew is
        within a standard deviation of where it was."""
        u = (2 * torch.rand(self.dimension, generator=generator, dtype=torch.float64) - 1) * radius
        sites = {site.name: site for site in self.sites}
        for start in self.bound.starts:
            at = sites[start.site].start + start.places
            u[at] = start.centre + start.spread * u[at] / radius
        return u

    def trace(self, seed: int = 0) -> bool:
        """Write the value and the gradient down as a list of tensor operations, and use it from now on.

        It is compared with the model at several random points; where it differs, or cannot be made, the model itself
        goes on being run. `gradient` says which of the two is used, `"traced"` or `"eager"`, `gradient_note` why.
        """
        from bayesdsl.runtime.tracing import NotTraceable, trace

        points = self._points(seed)
        try:
            # The first point shows the operations; it is not among those that check them.
            with no_validation():
                candidate = trace(self.log_density, points[0])
            difference = self.difference(candidate, points[1:])
        except NotTraceable as reason:
            self.gradient_note = str(reason)
            return False
        except torch.linalg.LinAlgError as reason:
            self.gradient_note = f"not traced: {reason}"
            return False
        if difference:
            self.gradient_note = difference
            return False
        self._traced, self.gradient, self.gradient_note = candidate, "traced", "agrees with the model at random points"
        return True

    def _points(self, seed: int = 0) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(seed)
        return [
            4 * torch.rand(self.dimension, generator=generator, dtype=torch.float64) - 2 for _ in range(_CHECK_POINTS)
        ]

    def witnesses(
        self, points: list[torch.Tensor] | None = None
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Some random points or `points`, with the model's own value and gradient there, finite or not."""
        for u in self._points() if points is None else points:
            try:
                yield u, *self._eager(u)
            except torch.linalg.LinAlgError:
                yield u, u.new_full((), -torch.inf), torch.zeros_like(u)

    def difference(self, candidate: ValueAndGrad, points: list[torch.Tensor] | None = None) -> str:
        """What differs between the model and a function that is to give its value and gradient, at some random points
        or at `points`; empty where nothing does."""
        compared = 0
        for u, value, gradient in self.witnesses(points):
            other, other_gradient = candidate(u)
            if not value.isfinite():
                if other.isfinite():
                    return "it is finite where the model's is not"
                continue
            compared += 1
            scale = gradient.abs().max().clamp(min=1.0)
            if not (other - value).abs() <= AGREEMENT * value.abs().clamp(min=1.0):
                return f"its value differs by {float(other - value):.3g}"
            if not (other_gradient - gradient).abs().max() <= AGREEMENT * scale:
                return f"its gradient differs by {float((other_gradient - gradient).abs().max()):.3g}"
        return "" if compared else "no random point has a finite density to compare at"

    def _eager(self, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        u = u.detach().requires_grad_(True)
        with torch.enable_grad():
            value = self.log_density(u)
            if not value.requires_grad:
                return value, torch.zeros_like(u)
            (gradient,) = torch.autograd.grad(value, u)
        return value.detach(), gradient

    def _log_density(self) -> LogDensity:
        return LogDensity(self.jacobian, self.prior, () if self.prior else self.bound.prior_terms)

    def _evaluate(self, u: torch.Tensor, handler: Substitution) -> Substitution:
        handler.index = self._index
        handler.parts = u.to(self.bound.dtype).split_with_sizes(self._sizes) if self.sites else ()
        run(self.bound, handler)
        return handler

    def _site_at(self, position: int) -> str:
        return next(s.name for s in self.sites if s.start <= position < s.start + s.size)

    def _first_not_finite(self, u: torch.Tensor) -> str | None:
        with torch.no_grad():
            try:
                terms = self._evaluate(u, self._log_density()).terms
            except torch.linalg.LinAlgError:
                return None
        return next((name for name, term in terms if not term.isfinite()), None)


def _total(terms: list[torch.Tensor], u: torch.Tensor) -> torch.Tensor:
    if not terms:
        return u.new_zeros(())
    total = terms[0].double()
    for term in terms[1:]:
        total = total + term.double()
    return total
