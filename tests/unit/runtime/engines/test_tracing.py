"""Functions written down as lists of tensor operations."""

from __future__ import annotations

import pytest
import torch

from bayesdsl.runtime.tracing import NotTraceable, trace

DATA = torch.linspace(-1, 1, 7, dtype=torch.float64)
U = torch.tensor([0.3, -0.7, 1.1], dtype=torch.float64)


def operations(function: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that are left of a function, in their order."""
    from bayesdsl.runtime import tracing

    seen: list[str] = []
    compiled = tracing.compiled

    def look(graph: object, constants: object) -> object:
        seen.extend(n.target.__name__.split(".")[0] for n in graph.nodes if n.op == "call_function")
        return compiled(graph, constants)

    monkeypatch.setattr(tracing, "compiled", look)
    trace(function, U)
    return seen


@pytest.mark.parametrize(
    "function",
    [
        lambda u: (u * u).sum(),
        lambda u: torch.distributions.Normal(u[0], u[1].exp(), validate_args=False).log_prob(DATA).sum() + u[2],
        lambda u: torch.cat([u[:1], u[1:].flip(0)]).cumsum(0).prod(),
        lambda u: torch.linalg.cholesky(torch.outer(u, u) + torch.eye(3, dtype=u.dtype)).logdet(),
        lambda u: torch.logsumexp(u.unsqueeze(-1) * DATA, 0).sum() + torch.lgamma(u.exp()).sum(),
    ],
)
def test_value_and_gradient_are_those_of_the_function(function: object) -> None:
    traced = trace(function, U)
    for shift in (0.0, 0.4, -0.9):
        u = (U + shift).requires_grad_(True)
        value = function(u)
        (gradient,) = torch.autograd.grad(value, u)
        found, slope = traced(u.detach())
        # The same operations in the same order, but for what is worked out beforehand: rounding in the last places.
        assert found.item() == pytest.approx(value.item(), rel=1e-13)
        assert torch.allclose(slope, gradient, rtol=1e-13, atol=1e-13)
        assert not found.requires_grad
        assert not slope.requires_grad


def test_the_argument_is_not_changed() -> None:
    u = U.clone()
    trace(lambda v: (v.clone().mul_(2)).sum(), u)(u)
    assert torch.equal(u, U)
    assert not u.requires_grad


def test_what_depends_on_data_alone_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "exp" not in operations(lambda u: u.sum() * DATA.exp().sum(), monkeypatch)
    assert "exp" in operations(lambda u: u.exp().sum() * DATA.sum(), monkeypatch)


def test_what_is_done_twice_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert operations(lambda u: (u.sin() + u.sin() * 2).sum(), monkeypatch).count("sin") == 1


def test_filling_a_tensor_slice_by_slice_is_fine() -> None:
    def function(u: torch.Tensor) -> torch.Tensor:
        filled = u.new_zeros(3)
        filled[0] = u[0]
        filled[1:] = u[1:] * 2
        return filled.square().sum()

    value, gradient = trace(function, U)(U)
    assert value.item() == pytest.approx(float(U[0] ** 2 + 4 * (U[1:] ** 2).sum()), rel=1e-14)
    assert torch.allclose(gradient, U * torch.tensor([2.0, 8.0, 8.0], dtype=torch.float64), rtol=1e-14)


def test_a_function_that_does_not_depend_on_its_argument_has_gradient_zero() -> None:
    value, gradient = trace(lambda u: DATA.square().sum(), U)(U)
    assert value.item() == pytest.approx(float(DATA.square().sum()), rel=1e-14)
    assert torch.equal(gradient, torch.zeros(3, dtype=torch.float64))


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda u: u.sum() * torch.rand(()), "random"),
        (lambda u: torch.nn.functional.dropout(u).sum(), "random"),
        (lambda u: u.sum() if u[0] > 0 else -u.sum(), "depends on the arguments"),
        (lambda u: u.sum() * u[0].item(), "depends on the arguments"),
        (lambda u: u.numpy().sum(), "Error"),
    ],
)
def test_what_cannot_be_written_down_is_refused(function: object, reason: str) -> None:
    with pytest.raises(NotTraceable, match=reason):
        trace(function, U)
