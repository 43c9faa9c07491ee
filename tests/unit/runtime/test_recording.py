"""Operations as they are recorded: what torch's own tracer finds, without its compiler."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest
import torch
from torch.func import functionalize, grad_and_value
from torch.fx.experimental.proxy_tensor import make_fx

from bayesdsl.runtime import recording
from bayesdsl.runtime.recording import DependsOnData, record, value_and_gradient

aten = torch.ops.aten
U = torch.tensor([0.3, -1.2, 2.0], dtype=torch.float64)
DATA = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
MATRIX = torch.eye(3, dtype=torch.float64) + 0.1


def filled(u: torch.Tensor) -> torch.Tensor:
    out = torch.zeros(4, dtype=u.dtype)
    out[1:] = u * DATA
    return out.square().sum()


FUNCTIONS = {
    "products": lambda u: (u * DATA).sum().exp(),
    "writes": filled,
    "parts": lambda u: sum(part.square().sum() for part in u.split([1, 2])),
    "matrices": lambda u: torch.linalg.cholesky(MATRIX + u.square().diag()).diagonal().log().sum(),
    "largest": lambda u: u.max(dim=0).values + u.sort().values[0],
    "mapped": lambda u: torch.vmap(lambda x: (x * u).sum())(MATRIX).logsumexp(0),
    "made anew": lambda u: (u + torch.tensor([1.0, 0.0, 2.0])).sum() * torch.ones(()),
    "of another precision": lambda u: u.to(torch.float32).cumsum(0).double().reshape(3, 1).squeeze(-1).prod(),
    "of nothing": lambda u: DATA.sum(),
}


def operations(graph: torch.fx.Graph) -> list[object]:
    return [node.target for node in graph.nodes if node.op == "call_function"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_operations_are_those_of_make_fx(name: str) -> None:
    function = FUNCTIONS[name]

    def theirs(u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gradient, value = grad_and_value(function)(u)
        return value, gradient

    found = record(functionalize(value_and_gradient(function)), U.clone())
    expected = make_fx(functionalize(theirs))(U.clone())
    for graph in (found.graph, expected.graph):
        graph.eliminate_dead_code()
    assert operations(found.graph) == operations(expected.graph)
    for u in (U, U + 0.5, -U):
        for mine, other in zip(found(u), expected(u), strict=True):
            assert torch.equal(mine, other)


def test_arguments_come_in_order_and_what_is_closed_over_is_a_constant() -> None:
    found = record(lambda x, y: (x - y) * DATA, U.clone(), U + 1)
    assert torch.equal(found(U, DATA), (U - DATA) * DATA)
    assert [node.op for node in found.graph.nodes][:2] == ["placeholder", "placeholder"]
    (constant,) = [node for node in found.graph.nodes if node.op == "get_attr"]
    assert getattr(found, constant.target) is DATA


def test_each_operation_tells_what_it_gives_without_keeping_it() -> None:
    found = record(lambda u: u.max(dim=0), U.clone())
    for node in found.graph.nodes:
        if node.op != "output":
            given = node.meta["val"] if isinstance(node.meta["val"], tuple) else (node.meta["val"],)
            assert all(value.device.type == "meta" for value in given)
    assert [node.meta["val"].dtype for node in found.graph.nodes if "getitem" in node.name] == [U.dtype, torch.int64]


def test_operations_can_be_written_as_others() -> None:
    formulas = {aten.silu.default: lambda x: x * torch.sigmoid(x)}
    found = record(torch.nn.functional.silu, U.clone(), formulas=formulas)
    assert operations(found.graph) == [aten.sigmoid.default, aten.mul.Tensor]
    assert torch.allclose(found(DATA), torch.nn.functional.silu(DATA), rtol=1e-15)


@pytest.mark.parametrize("function", [lambda u: u * u[0].item(), lambda u: u if u.sum() > 0 else -u])
def test_what_depends_on_numbers_is_refused(function: object) -> None:
    with pytest.raises(DependsOnData, match="depends on the arguments"):
        record(function, U.clone())


def test_numbers_of_constants_may_be_looked_at() -> None:
    found = record(lambda u: u * DATA[1].item(), U.clone())
    assert torch.equal(found(DATA), 2 * DATA)


def _without_parts() -> ModuleType:
    """The module as it is where torch has moved what it keeps to itself."""
    found = spec_from_file_location("recording_elsewhere", recording.__file__)
    made = module_from_spec(found)
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "torch._functorch.eager_transforms", ModuleType("nothing"))
        found.loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", FUNCTIONS)
def test_where_torch_has_moved_its_parts_its_own_function_does(name: str) -> None:
    other = _without_parts()
    assert (recording.PARTS, other.PARTS) == (True, False)
    for u in (U, U + 0.5):
        found, expected = other.value_and_gradient(FUNCTIONS[name])(u), value_and_gradient(FUNCTIONS[name])(u)
        assert all(torch.equal(one, two) for one, two in zip(found, expected, strict=True))
