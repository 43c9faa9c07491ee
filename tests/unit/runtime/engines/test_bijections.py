"""Maps onto supports: inverses, volumes, shapes."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import constraints

from bayesdsl.runtime.bijections import bijection, known_to_torch


def vectors(size: int, *batch: int) -> torch.Tensor:
    return torch.randn(*batch, size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("support", [constraints.lower_cholesky, constraints.positive_definite])
def test_matrices_come_back_and_lie_in_their_support(support: constraints.Constraint, n: int) -> None:
    transform, free = bijection(support), vectors(n * (n + 1) // 2, 5)
    value = transform(free)
    assert value.shape == transform.forward_shape(free.shape) == (5, n, n)
    assert transform.inverse_shape(value.shape) == free.shape
    assert support.check(value).all()
    # A Cholesky factorisation loses digits where the matrix is nearly singular, as some of these are.
    assert torch.allclose(transform.inv(value), free, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("support", [constraints.lower_cholesky, constraints.positive_definite])
def test_volumes_of_matrices_are_those_of_the_jacobian(support: constraints.Constraint, n: int) -> None:
    transform, free = bijection(support), vectors(n * (n + 1) // 2)
    rows, columns = torch.tril_indices(n, n)
    jacobian = torch.autograd.functional.jacobian(lambda u: transform(u)[rows, columns], free)
    found = transform.log_abs_det_jacobian(free, transform(free))
    assert found.item() == pytest.approx(torch.linalg.slogdet(jacobian)[1].item(), rel=1e-12, abs=1e-12)


def test_an_entry_off_the_diagonal_may_be_large() -> None:
    free = torch.tensor([0.0, 0.0, 1e4], dtype=torch.float64, requires_grad=True)
    value = bijection(constraints.lower_cholesky)(free)
    (gradient,) = torch.autograd.grad(value.sum(), free)
    assert value[1, 0] == 1e4
    assert torch.equal(gradient, torch.ones(3, dtype=torch.float64))


@pytest.mark.parametrize("bound", [0.0, 0, -2.5, torch.tensor([1.0, 2.0], dtype=torch.float64)])
def test_half_lines_start_at_their_bound(bound: float | torch.Tensor) -> None:
    transform, free = bijection(constraints.greater_than(bound)), vectors(2)
    assert torch.allclose(transform(free), free.exp() + bound, rtol=1e-15)


def test_independent_copies_have_the_map_of_one() -> None:
    free = vectors(3)
    assert torch.equal(bijection(constraints.independent(constraints.positive, 1))(free), free.exp())
    assert torch.equal(bijection(constraints.real_vector)(free), free)


def test_torch_is_told_of_nothing() -> None:
    bijection(constraints.positive_definite)
    assert not known_to_torch(constraints.positive_definite)
    assert known_to_torch(constraints.simplex)
