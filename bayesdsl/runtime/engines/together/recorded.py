"""A function of one vector as a list of operations on many vectors at once, with its constants on a device.

The list is written down on the cores, where everything that a program makes is at hand, and what it refers to is moved
afterwards: nothing of a program runs on the device but the operations themselves.

    mul(u[3], scale) ; exp ; sum                          at one point
    mul(us[512, 3], scale) ; exp ; sum(dims=[1])          written down for 512
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx
from torch.func import vmap
from torch.fx.node import map_aggregate

from bayesdsl.runtime.engines.errors import NotTogether
from bayesdsl.runtime.engines.errors import reason as said
from bayesdsl.runtime.handlers import no_validation
from bayesdsl.runtime.recording import DependsOnData
from bayesdsl.runtime.tracing import Constants, compiled, listed, recorded, simplify

aten = torch.ops.aten
# Torch keeps the switch to itself. It is this thread's and set back at once.
_functorch = getattr(torch._C, "_functorch", None)

# How torch says that a program looks at a number, with and without many points at once.
_LOOKS = ("data-dependent control flow", "_local_scalar_dense", "dynamic shape")
_RANDOM = "random operation"
_POINT_BY_POINT = " hit the vmap fallback"
_WRITES = "vmap: inplace arithmetic"


class Recorded:
    """`function`, which takes a vector and gives tensors, at the rows of a matrix, `size` rows at a time.

    `example` has shape (size, dimension) and shows the operations; they must be the same at any other points. `widest`
    is how many numbers the largest of them gives a row. Raises NotTogether where they cannot be written down.
    """

    def __init__(
        self, function: Callable[[torch.Tensor], tuple[torch.Tensor, ...]], example: torch.Tensor, device: torch.device
    ) -> None:
        self.size = len(example)
        graph, constants = _recorded(function, example)
        self.widest = max(map(_numbers, graph.nodes), default=0) / self.size
        self._run = _written(graph, constants, device)

    def __call__(self, us: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What the function gives, each of shape (rows, *its own), at `us`, of shape (rows, dimension), on the
        device."""
        parts = [self._part(part) for part in us.split(self.size)]
        if len(parts) == 1:
            return parts[0]
        return tuple(torch.cat(pieces) for pieces in zip(*parts, strict=True))

    def _part(self, us: torch.Tensor) -> tuple[torch.Tensor, ...]:
        rows = len(us)
        if rows == self.size:
            return self._run(us)
        # The list holds for `size` rows: the last stands for those that are not there.
        filled = torch.cat([us, us[-1:].expand(self.size - rows, -1)])
        return tuple(value[:rows] for value in self._run(filled))


def _recorded(
    function: Callable[[torch.Tensor], tuple[torch.Tensor, ...]], example: torch.Tensor
) -> tuple[fx.Graph, Constants]:
    try:
        with warnings.catch_warnings(), no_validation(), _one_operation_each():
            # Torch warns of what it is about to refuse.
            warnings.simplefilter("ignore")
            module = recorded(vmap(function), example.clone(), rewrite=_forgiven)
        graph, constants = listed(module)
        simplify(graph, constants)
    except Exception as error:
        # Whatever a model does that cannot be written down shows as one of many kinds of error.
        raise NotTogether(_reason(error)) from error
    return graph, constants


def _numbers(node: fx.Node) -> int:
    given = node.meta.get("val")
    return given.numel() if node.op == "call_function" and isinstance(given, torch.Tensor) else 0


def _written(
    graph: fx.Graph, constants: Constants, device: torch.device
) -> Callable[[torch.Tensor], tuple[torch.Tensor, ...]]:
    """The operations as a function, with all that they refer to on the device."""
    _number(graph, constants)
    _move(graph, device)
    constants.values = {name: value.to(device) for name, value in constants.values.items()}
    return compiled(graph, constants)


@contextmanager
def _one_operation_each() -> Iterator[None]:
    """What torch can only do point by point is an error inside: it would be written down once for every point."""
    if not hasattr(_functorch, "_set_vmap_fallback_enabled"):  # a torch that has moved it: slower, and as right
        yield
        return
    before = _functorch._is_vmap_fallback_enabled()
    _functorch._set_vmap_fallback_enabled(False)
    try:
        yield
    finally:
        _functorch._set_vmap_fallback_enabled(before)


def _forgiven(module: fx.GraphModule) -> fx.GraphModule:
    """A matrix that is not positive definite is NaN at its own point, where torch would raise for all of them."""
    for node in list(module.graph.nodes):
        if node.target is aten._linalg_check_errors.default:
            module.graph.erase_node(node)
        elif node.target is aten.linalg_cholesky_ex.default:
            node.target = _cholesky
    return module


def _cholesky(matrices: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
    factors, failed = aten.linalg_cholesky_ex(matrices, *args, **kwargs)
    return torch.where((failed == 0)[..., None, None], factors, torch.nan), failed


def _number(graph: fx.Graph, constants: Constants) -> None:
    """Choose by numbers what a constant mask chooses: a device would count that anew each time, and wait."""
    for node in graph.nodes:
        if node.target in (aten.index.Tensor, aten.index_put.default):
            chosen: list[fx.Node | None] = []
            for index in node.args[1]:
                values = constants.values[index.target] if index is not None and index.op == "get_attr" else None
                if values is None or values.dtype is not torch.bool:
                    chosen.append(index)
                    continue
                with graph.inserting_before(node):
                    chosen += [graph.get_attr(constants.name(place)) for place in values.nonzero(as_tuple=True)]
            node.args = (node.args[0], chosen, *node.args[2:])


def _move(graph: fx.Graph, device: torch.device) -> None:
    """Let operations that make tensors make them on the device."""

    def moved(value: Any) -> Any:
        return device if isinstance(value, torch.device) else value

    for node in graph.nodes:
        if node.op == "call_function" and node.target is not operator.getitem:
            node.args, node.kwargs = map_aggregate(node.args, moved), map_aggregate(node.kwargs, moved)


def _reason(error: Exception) -> str:
    """Why a function cannot be written down, as a clause."""
    text = str(error)
    if isinstance(error, DependsOnData) or any(words in text for words in _LOOKS):
        return "the program looks at a number in Python, as an `if` does"
    if _RANDOM in text:
        return "the program draws at random"
    if _WRITES in text:
        # Pyro's OrderedLogistic does where its predictor is the same for all.
        return "the program fills a tensor of its own with what differs from chain to chain"
    operation, point_by_point, _ = text.partition(_POINT_BY_POINT)
    if point_by_point:
        return f"torch does {operation} for one point at a time"
    return f"its operations cannot be written down: {said(error)}"
