"""The tensor operations of a function, written down as they are done.

Torch's own `make_fx` has a compiler behind it, which takes most of a second to import; what is asked for here is less.
The function is run once on real tensors, and every operation comes by below differentiation and batching.

    lambda x, y: (x * y).sum()   ->   mul = mul.Tensor(x, y); sum = sum.default(mul)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

try:
    from torch._functorch.eager_transforms import (
        _create_differentiable,
        _undo_create_differentiable,
        _wrap_all_tensors,
        grad_increment_nesting,
    )

    PARTS = True
except ImportError:
    # Torch keeps them to itself, and may move them.
    PARTS = False

aten = torch.ops.aten

# What is told of tensors by these depends on their shapes alone.
_OF_SHAPES = frozenset({aten.is_same_size.default, aten.size.default, aten.stride.default, aten.storage_offset.default})

# What only raises, where an example happens to be no argument of the function: written down and not done.
_CHECKS = frozenset({aten._linalg_check_errors.default})


class DependsOnData(Exception):
    """The function looks at a number that depends on its arguments: elsewhere its operations may be others."""


def record(
    function: Callable[..., Any], *examples: torch.Tensor, formulas: Mapping[Any, Callable[..., Any]] | None = None
) -> fx.GraphModule:
    """What `function` does to `examples`, no two of which are the same; it gives tensors, nested at will.

    Tensors that it closes over are constants of the graph. `formulas` are for operations that are to be written down
    as several others. `meta["val"]` of a node is what it gave without its numbers: a tensor on the device "meta".
    Raises DependsOnData, and what the function raises.
    """
    recorder = _Recorder(formulas or {})
    for position, example in enumerate(examples):
        recorder.argument(f"argument{position}", example)
    with recorder:
        given = function(*examples)
    recorder.graph.output(pytree.tree_map_only(torch.Tensor, recorder.node, given))
    return fx.GraphModule(recorder.root, recorder.graph)


def value_and_gradient(function: Callable[[torch.Tensor], Any]) -> Callable[[torch.Tensor], tuple[torch.Tensor, ...]]:
    """A function to a scalar as one to its value and its gradient; of one to a tuple, the first of it is the scalar,
    and the others follow the gradient.

    As `torch.func.grad_and_value`, whose parts it is made of, and which imports a compiler on the way to tell it to
    keep away; where these parts are not to be had it is that.
    """
    if not PARTS:
        reverse = torch.func.grad_and_value(function)
        return lambda u: reverse(u)[::-1]

    def both(u: torch.Tensor) -> tuple[torch.Tensor, ...]:
        with grad_increment_nesting() as level, torch.enable_grad():
            u = _create_differentiable(_wrap_all_tensors(u, level), level)
            given = function(u)
            value, *others = given if isinstance(given, tuple) else (given,)
            if value.requires_grad:
                (gradient,) = torch.autograd.grad(value, u, create_graph=True, materialize_grads=True)
            else:
                gradient = torch.zeros_like(u)
            return tuple(_undo_create_differentiable(found, level) for found in (value, gradient, *others))

    return both


class _Recorder(TorchDispatchMode):
    def __init__(self, formulas: Mapping[Any, Callable[..., Any]]) -> None:
        super().__init__()
        self.formulas = formulas
        self.root = torch.nn.Module()
        self.graph = fx.Graph(self.root)
        # Weak, so that what the function is done with makes room: with much data each step is as large as a column.
        self._nodes = WeakTensorKeyDictionary()
        self._moving: set[fx.Node] = set()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Torch would import its compiler, to tell it to keep away from the method below.
        return False

    def argument(self, name: str, value: torch.Tensor) -> None:
        self._keep(value, self.graph.placeholder(name), moving=True)

    def node(self, value: torch.Tensor) -> fx.Node:
        """The operation that gave a tensor; one that none gave is a constant."""
        if value not in self._nodes:
            name = f"constant{len(self.graph.nodes)}"
            # The module keeps the tensor, so that it stays the same one wherever it comes by again.
            self.root.register_buffer(name, value)
            self._keep(value, self.graph.get_attr(name), moving=False)
        return self._nodes[value]

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if operation is aten.lift_fresh.default:
            # It gives its argument itself, which is a constant: what writes to it would change that.
            operation = aten.lift_fresh_copy.default
        if operation in self.formulas:
            with self:
                return self.formulas[operation](*args, **kwargs)
        if operation not in _OF_SHAPES:
            with self:
                found = operation.decompose(*args, **kwargs)
            if found is not NotImplemented:
                return found
        given = pytree.tree_map_only(torch.Tensor, self.node, (args, kwargs))
        found = None if operation in _CHECKS else operation(*args, **kwargs)
        moving = any(leaf in self._moving for leaf in pytree.tree_leaves(given) if isinstance(leaf, fx.Node))
        told = any(not isinstance(leaf, torch.Tensor | None) for leaf in pytree.tree_leaves(found))
        if told:
            if moving and operation not in _OF_SHAPES:
                raise DependsOnData(f"{operation} gives a number that depends on the arguments")
            return found
        node = self.graph.call_function(operation, *given)
        if found is None:  # a check that would have raised
            return found
        if isinstance(found, torch.Tensor):
            self._keep(found, node, moving)
            return found
        node.meta["val"] = pytree.tree_map_only(torch.Tensor, _without_numbers, found)
        for place, part in enumerate(found):
            if isinstance(part, torch.Tensor):
                self._keep(part, self.graph.call_function(operator.getitem, (node, place)), moving)
        return found

    def _keep(self, value: torch.Tensor, node: fx.Node, moving: bool) -> None:
        node.meta["val"] = _without_numbers(value)
        self._nodes[value] = node
        if moving:
            self._moving.add(node)


def _without_numbers(value: torch.Tensor) -> torch.Tensor:
    return torch.empty_like(value, device="meta")
