"""What lengths mean to the sampler: an estimate of the posterior's variances, shared by all chains."""

from __future__ import annotations

import torch

# Variances are drawn towards a small one by as much as so many draws of it would (Stan's numbers).
_PRIOR_DRAWS, _PRIOR_VARIANCE = 5.0, 1e-3


class Metric:
    """A covariance of positions, whose inverse is the mass matrix: `covariance` has shape (dimension,) where it is
    diagonal, and (dimension, dimension) where it is not."""

    def __init__(self, covariance: torch.Tensor) -> None:
        self.covariance = covariance
        if covariance.dim() == 1:
            self._scale = covariance.rsqrt()
        else:
            # For noise z, L^-T z has the covariance (L L')^-1.
            factor = torch.linalg.cholesky(covariance)
            eye = torch.eye(len(covariance), dtype=covariance.dtype, device=covariance.device)
            self._scale = torch.linalg.solve_triangular(factor, eye, upper=False)

    def velocity(self, momentum: torch.Tensor) -> torch.Tensor:
        """The covariance times momenta, of shape (.., dimension)."""
        return momentum * self.covariance if self.covariance.dim() == 1 else momentum @ self.covariance

    def momentum(self, noise: torch.Tensor) -> torch.Tensor:
        """Momenta from standard normal numbers, of shape (.., dimension)."""
        return noise * self._scale if self.covariance.dim() == 1 else noise @ self._scale

    def kinetic(self, momentum: torch.Tensor) -> torch.Tensor:
        return 0.5 * (momentum * self.velocity(momentum)).sum(-1)


class Moments:
    """The variances of positions about the mean of their own chain, averaged over chains: those that are in different
    places, on the way or for good, do not make it wider. Nothing of it leaves the device."""

    def __init__(self, around: torch.Tensor, full: bool) -> None:
        # Sums are of distances from a place near each chain, of shape (chains, dimension), so that nothing is lost
        # where chains are far from zero.
        self._around, self._full = around, full
        chains, dimension = around.shape
        self._counts = around.new_zeros(chains)
        self._sums = torch.zeros_like(around)
        self._squares = around.new_zeros((dimension, dimension) if full else (dimension,))

    def add(self, taken: torch.Tensor, positions: torch.Tensor) -> None:
        """Take the positions, of shape (chains, dimension), of the chains for which `taken` is true."""
        moved = torch.where(taken[:, None], positions - self._around, 0.0)
        self._counts += taken
        self._sums += moved
        self._squares += self._squared(moved, moved)

    def metric(self) -> Metric:
        """The metric of the positions so far; some chain has at least two."""
        means = self._sums / self._counts.clamp(min=1)[:, None]
        count = (self._counts - 1).clamp(min=0).sum()
        variance = (self._squares - self._squared(self._sums, means)) / count
        share = count / (count + _PRIOR_DRAWS)
        small = torch.full_like(means[0], _PRIOR_VARIANCE)
        return Metric(share * variance + (1 - share) * (small.diag() if self._full else small))

    def _squared(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return one.T @ other if self._full else (one * other).sum(0)
