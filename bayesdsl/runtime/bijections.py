"""Maps from the whole of R^n onto the support of a value, one to one.

Torch's and Pyro's own, and those that they lack. Nothing is registered with torch: its table is shared by everybody.
"""

from __future__ import annotations

import math
from functools import cache
from numbers import Number

import torch
from torch.distributions import biject_to, constraints
from torch.distributions.transforms import (
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    IndependentTransform,
    Transform,
    identity_transform,
)

_Real = type(constraints.real)
_HalfLines = (constraints.greater_than, constraints.greater_than_eq)


def free_shape(transform: Transform, shape: torch.Size) -> torch.Size:
    """The shape of what a map makes a value of this shape from. As `transform.inverse_shape`, which for affine maps
    imports a library of algebra that takes longer than all else that is done with them."""
    match transform:
        case ComposeTransform():
            for part in reversed(transform.parts):
                shape = free_shape(part, shape)
            return shape
        case IndependentTransform():
            return free_shape(transform.base_transform, shape)
        case AffineTransform():
            ends = (torch.as_tensor(transform.loc), torch.as_tensor(transform.scale))
            return torch.broadcast_tensors(torch.zeros(()).expand(shape), *ends)[0].shape
    return transform.inverse_shape(shape)


class LowerCholeskyVector(Transform):
    """A vector of n(n+1)/2 reals to a lower triangular n x n matrix with a positive diagonal.

    The first n entries are the logarithms of the diagonal, the rest fill the strict lower triangle by rows.
    """

    domain = constraints.real_vector
    codomain = constraints.lower_cholesky
    bijective = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LowerCholeskyVector)

    def __hash__(self) -> int:
        return hash(LowerCholeskyVector)

    def _call(self, x: torch.Tensor) -> torch.Tensor:
        n = _order(x.shape[-1])
        # The diagonal alone goes through exp: exp of a large entry elsewhere would be infinite and its gradient NaN.
        entries = torch.cat([x[..., :n].exp(), x[..., n:], x.new_zeros(*x.shape[:-1], 1)], -1)
        return entries[..., _positions(n, x.device)]

    def _inverse(self, y: torch.Tensor) -> torch.Tensor:
        n = y.shape[-1]
        rows, columns = torch.tril_indices(n, n, -1)
        return torch.cat([y.diagonal(dim1=-2, dim2=-1).log(), y[..., rows, columns]], -1)

    def log_abs_det_jacobian(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x[..., : _order(x.shape[-1])].sum(-1)

    def forward_shape(self, shape: torch.Size) -> torch.Size:
        n = _order(shape[-1])
        return torch.Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: torch.Size) -> torch.Size:
        n = shape[-1]
        return torch.Size((*shape[:-2], n * (n + 1) // 2))


class Gram(Transform):
    """A lower triangular matrix L with a positive diagonal to L L', which is positive definite."""

    domain = constraints.lower_cholesky
    codomain = constraints.positive_definite
    bijective = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Gram)

    def __hash__(self) -> int:
        return hash(Gram)

    def _call(self, x: torch.Tensor) -> torch.Tensor:
        return x @ x.mT

    def _inverse(self, y: torch.Tensor) -> torch.Tensor:
        return torch.linalg.cholesky(y)

    def log_abs_det_jacobian(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        n = x.shape[-1]
        powers = torch.arange(n, 0, -1, dtype=x.dtype)
        return (powers * x.diagonal(dim1=-2, dim2=-1).log()).sum(-1) + n * math.log(2.0)


_OURS = {
    type(constraints.lower_cholesky): lambda: LowerCholeskyVector(),
    type(constraints.positive_definite): lambda: ComposeTransform([LowerCholeskyVector(), Gram()]),
}


def bijection(support: constraints.Constraint) -> Transform:
    """A one-to-one map from unconstrained values onto `support`.

    Its log Jacobian may come with more dimensions than the support has batch dimensions: sum what is over.
    Raises NotImplementedError where none is known.
    """
    while isinstance(support, constraints.independent):
        support = support.base_constraint
    if isinstance(support, _Real):
        return identity_transform
    if isinstance(support, _HalfLines) and isinstance(support.lower_bound, Number) and support.lower_bound == 0:
        return ExpTransform()
    ours = _OURS.get(type(support))
    return ours() if ours else biject_to(support)


def known_to_torch(support: constraints.Constraint) -> bool:
    """Whether torch's own table has a one-to-one map for this support, so that Pyro's guides can use it."""
    try:
        biject_to(support)
    except NotImplementedError:
        return False
    return True


@cache
def _positions(n: int, device: torch.device) -> torch.Tensor:
    """Where in the vector each entry of the n x n matrix stands; those above the diagonal, in a last one of zero."""
    positions = torch.full((n, n), n * (n + 1) // 2, device=device)
    rows, columns = torch.tril_indices(n, n, -1, device=device)
    positions[rows, columns] = torch.arange(n, n * (n + 1) // 2, device=device)
    return positions.diagonal_scatter(torch.arange(n, device=device))


def _order(entries: int) -> int:
    """The order of the triangular matrix with so many entries."""
    return (math.isqrt(8 * entries + 1) - 1) // 2
