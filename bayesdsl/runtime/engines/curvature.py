"""How sharply a log density falls away from a point, and the standard errors that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bayesdsl.runtime.density import Density

# Beyond so many values the Hessian takes longer than a fit.
LARGEST = 1000

# Less than this much of the sharpest curvature, or of the slope, is none: it is what rounding leaves of zero.
_FLAT = 1e-12


@dataclass(frozen=True)
class Curvature:
    """The curvature of a log density at a point, along its principal directions.

    `values` are minus the eigenvalues of the Hessian, rising, `directions` the eigenvectors in columns, `gradient` the
    gradient there, all in unconstrained values.
    """

    values: torch.Tensor
    directions: torch.Tensor
    gradient: torch.Tensor

    @property
    def _threshold(self) -> float:
        return _FLAT * max(float(self.values.abs().max()), float(self.gradient.abs().max()))

    @property
    def is_maximum(self) -> bool:
        """Whether the log density falls in every direction."""
        return bool(self.values[0] > self._threshold)

    @property
    def gain(self) -> float:
        """By how much, in nats, a better point would beat this one, by the quadratic through it; infinite where the
        density rises or is level with a slope."""
        slope = self.directions.mT @ self.gradient
        curved = self.values > self._threshold
        if (self.values < -self._threshold).any() or (slope[~curved].abs() > 1e-6).any():
            return float("inf")
        return float(0.5 * (slope[curved] ** 2 / self.values[curved]).sum())

    def flattest(self, density: Density) -> tuple[str, ...]:
        """The values that change the most along the direction in which the density falls the least."""
        weights = self.directions[:, 0].abs()
        return tuple(s.name for s in density.sites if (weights[s.start : s.start + s.size] > weights.max() / 2).any())

    def scale(self) -> torch.Tensor:
        """A square root of the covariance that the curvature stands for, shape (dimension, dimension)."""
        return self.directions / self.values.sqrt()


def curvature(density: Density, u: torch.Tensor) -> Curvature:
    """The curvature of the log density at `u`. Raises RuntimeError where an operation has no second derivative."""
    u = u.detach().requires_grad_(True)
    with torch.enable_grad():
        value = density.log_density(u)
        (gradient,) = torch.autograd.grad(value, u, create_graph=True)
        rows = [_grad(entry, u) for entry in gradient]
    hessian = torch.stack(rows)
    values, directions = torch.linalg.eigh(-(hessian + hessian.mT) / 2)
    return Curvature(values, directions, gradient.detach())


def standard_errors(density: Density, u: torch.Tensor, scale: torch.Tensor) -> dict[str, torch.Tensor]:
    """Of everything that `density.constrain` gives, to first order: how much it varies when `u` varies with the
    covariance `scale scale'`. Each has the shape of its value."""
    u = u.detach().requires_grad_(True)
    with torch.enable_grad():
        outputs = {name: value for name, value in density.constrain(u).items() if value.is_floating_point()}
        flat = torch.cat([value.reshape(-1) for value in outputs.values()]).double()
        # Differentiated twice: the columns of the Jacobian, one for each entry of u, however many outputs there are.
        weights = torch.zeros_like(flat, requires_grad=True)
        (pulled,) = torch.autograd.grad(flat, u, weights, create_graph=True)
        jacobian = torch.stack([_grad(entry, weights) for entry in pulled], 1)
    errors = (jacobian @ scale).square().sum(1).sqrt()
    parts = errors.split([value.numel() for value in outputs.values()])
    return {name: part.reshape(value.shape) for (name, value), part in zip(outputs.items(), parts, strict=True)}


def _grad(scalar: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
    if not scalar.requires_grad:
        return torch.zeros_like(of)
    return torch.autograd.grad(scalar, of, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
