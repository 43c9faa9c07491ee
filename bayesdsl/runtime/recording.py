"""A run of a function of tensors, written down operation by operation.

    def f(u): return (2 * u).sum()        %mul = mul(u, 2) ; %sum = sum(%mul) ; return (%sum,)

Torch's own `make_fx` does the same; it also makes a stand-in for every value, with a look at Python's stack for each,
which is most of the time that it takes.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import fx
from torch.func import functionalize
from torch.fx.node import map_aggregate
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

aten = torch.ops.aten

# What reads a number out of a tensor.
_READS = (aten._local_scalar_dense.default, aten.equal.default, aten.is_nonzero.default)

# What makes a tensor of what Python holds: a constant.
_LIFTS = (aten.lift_fresh.default, aten.lift_fresh_copy.default)


class ReadsNumber(Exception):
    """The function decides on a number that depends on its arguments, so other arguments may do other operations."""


def record(
    function: Callable[..., Any],
    examples: Sequence[torch.Tensor],
    formulas: Mapping[Any, Callable[..., Any]] | None = None,
    pure: bool = False,
) -> fx.GraphModule:
    """The operations that `function(*examples)` does, without those that write into their argument where torch can
    tell. Operations in `formulas` are replaced by what these do.

    A function that is `pure` writes into nothing, and may use torch.autograd, which others may not.

    Each node's `meta["val"]` is a tensor without data that is like its value. Raises ReadsNumber, and whatever the
    function does.
    """
    recorder = _Recorder(dict(formulas or {}))
    # The same tensor passed twice would be one argument.
    inputs = [example.detach() for example in examples]
    for value in inputs:
        recorder.argument(value)
    with warnings.catch_warnings():
        # Torch warns of what it is about to refuse.
        warnings.simplefilter("ignore")
        with recorder:
            results = (function if pure else functionalize(function))(*inputs)
    return recorder.finish(results)


def gradient_and_value(
    function: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """As torch.func's, which loads torch's compiler when it is first used; that takes a second and more."""
    at = at.detach().requires_grad_(True)
    with torch.enable_grad():
        value = function(at)
        (gradient,) = torch.autograd.grad(value, at) if value.requires_grad else (torch.zeros_like(at),)
    return gradient, value.detach()


class _Recorder(TorchDispatchMode):
    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Torch would load its compiler, which takes a second and more, to keep it from looking in here.
        return False

    def __init__(self, formulas: dict[Any, Callable[..., Any]]) -> None:
        super().__init__()
        self.formulas = formulas
        self.graph = fx.Graph()
        self.root = torch.nn.Module()
        self.nodes: WeakIdKeyDictionary = WeakIdKeyDictionary()
        self.constants = 0

    def argument(self, value: torch.Tensor) -> None:
        self._is(value, self.graph.placeholder(f"arg{len(self.graph.nodes)}"), live=True)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in self.formulas:
            with self:
                found = self.formulas[func](*args, **kwargs)
            if found is not NotImplemented:
                return found
        if _has_parts(func):
            with self:
                return func.decompose(*args, **kwargs)
        given = [self._node(v) for v in (*_tensors(args), *_tensors(kwargs))]
        live = any(node.meta["live"] for node in given)
        value = func(*args, **kwargs)
        if func in _READS:
            if live:
                raise ReadsNumber(f"it decides on a number that depends on its arguments ({func})")
            return value
        node = self.graph.call_function(func, *map_aggregate((args, kwargs), self._written))
        live |= torch.Tag.nondeterministic_seeded in func.tags
        if isinstance(value, torch.Tensor):
            self._is(value, node, live)
        elif isinstance(value, (tuple, list)):
            node.meta["val"] = type(value)(map(_like, value))
            for position, part in enumerate(value):
                if isinstance(part, torch.Tensor):
                    self._is(part, self.graph.call_function(operator.getitem, (node, position)), live)
        else:
            node.meta["val"] = value
        return value

    def finish(self, results: Any) -> fx.GraphModule:
        several = isinstance(results, (tuple, list))
        found = tuple(self._node(value) for value in (results if several else (results,)))
        self.graph.output(found if several else found[0])
        return fx.GraphModule(self.root, self.graph)

    def _is(self, value: torch.Tensor, node: fx.Node, live: bool) -> None:
        node.meta["val"], node.meta["live"] = _like(value), live
        self.nodes[value] = node

    def _node(self, value: torch.Tensor) -> fx.Node:
        """The node of a value; one that comes from outside is a constant."""
        if value not in self.nodes:
            name = f"constant{self.constants}"
            self.constants += 1
            setattr(self.root, name, value.detach() if value.requires_grad else value)
            self._is(value, self.graph.get_attr(name), live=False)
        return self.nodes[value]

    def _written(self, value: Any) -> Any:
        return self._node(value) if isinstance(value, torch.Tensor) else value


@cache
def _has_parts(func: Any) -> bool:
    """Whether an operation is nothing but others."""
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")


def _tensors(values: Any) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    map_aggregate(values, lambda value: found.append(value) if isinstance(value, torch.Tensor) else None)
    return found


def _like(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    return torch.empty(value.shape, dtype=value.dtype, device="meta")
