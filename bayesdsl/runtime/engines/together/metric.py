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
    """The variances of positions of all chains together, about their common mean. Nothing of it leaves the device."""

    def __init__(self, around: torch.Tensor, full: bool) -> None:
        # Sums of squares are taken about a place among the positions, so that nothing is lost where they are far from
        # zero.
        self.around = around
        dimension = len(around)
        self._count = around.new_zeros(())
        self._sum = around.new_zeros(dimension)
        self._squares = around.new_zeros((dimension, dimension) if full else (dimension,))

    def add(self, taken: torch.Tensor, positions: torch.Tensor) -> None:
        """Take the positions, of shape (chains, dimension), of the chains for which `taken` is true."""
        moved = torch.where(taken[:, None], positions - self.around, 0.0)
        self._count += taken.sum()
        self._sum += moved.sum(0)
        self._squares += moved.square().sum(0) if self._squares.dim() == 1 else moved.T @ moved

    def metric(self) -> Metric:
        """The metric of the positions so far, of which there are at least two."""
        count, mean = self._count, self._sum / self._count
        diagonal = self._squares.dim() == 1
        between = mean.square() if diagonal else torch.outer(mean, mean)
        variance = (self._squares / count - between) * (count / (count - 1))
        share = count / (count + _PRIOR_DRAWS)
        small = torch.full_like(mean, _PRIOR_VARIANCE)
        return Metric(share * variance + (1 - share) * (small if diagonal else small.diag()))
