"""A function that draws at random as a list of tensor operations whose random numbers are arguments."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from bayesdsl.runtime.engines.steps.noise import Noise, lift
from bayesdsl.runtime.tracing import Constants, NotTraceable, compiled, listed, recorded, simplify, written

aten = torch.ops.aten


@dataclass(frozen=True)
class Listing:
    """The operations of a function of tensors: its own arguments, then its noise. It gives a tuple.

    `examples` are arguments of the shapes that it takes; the noise is not among them.
    """

    graph: fx.Graph
    constants: Constants
    examples: tuple[torch.Tensor, ...]
    noises: tuple[Noise, ...]

    def function(self) -> Callable[..., tuple[torch.Tensor, ...]]:
        """A Python function that can be differentiated and written down again."""
        return written(self._copy(), self.constants)

    def kernel(self) -> Callable[..., tuple[torch.Tensor, ...]]:
        """A Python function that runs the operations one after another."""
        graph, constants = self._copy(), self.constants.copy()
        simplify(graph, constants)
        return compiled(graph, constants)

    def _copy(self) -> fx.Graph:
        graph = fx.Graph()
        graph.output(graph.graph_copy(self.graph, {}))
        return graph

    @property
    def largest(self) -> int:
        """How many numbers the largest tensor in it has."""
        values = [node.meta.get("val") for node in self.graph.nodes]
        return max((value.numel() for value in values if isinstance(value, torch.Tensor)), default=1)

    def blanks(self) -> tuple[torch.Tensor, ...]:
        """Arguments for the noise, of the shapes that it has: values that each kind may have, always the same."""
        generator = torch.Generator().manual_seed(0)
        return tuple(torch.rand(noise.shape, dtype=noise.dtype, generator=generator) for noise in self.noises)


def write_down(
    function: Callable[..., tuple[torch.Tensor, ...]], examples: Sequence[torch.Tensor], leaves: Set[int] = frozenset()
) -> Listing:
    """Run `function` once at `examples` to see what it does; it must do the same wherever it is called. Raises
    NotTraceable, also where a tensor of `leaves`, by its identity, is taken for a constant.
    """
    try:
        with warnings.catch_warnings():
            # Torch warns of what it is about to refuse.
            warnings.simplefilter("ignore")
            # The same tensor passed twice would be one argument.
            module = recorded(function, *(example.detach() for example in examples))
    except NotTraceable:
        raise
    except Exception as error:
        # Whatever a program does that cannot be written down shows as one of many kinds of error.
        first = (str(error).strip().splitlines() or [""])[0]
        raise NotTraceable(f"{type(error).__name__}: {first}") from error
    graph, constants, noises = _prepared(module, leaves)
    return Listing(graph, constants, tuple(examples), noises)


def prepared(module: fx.GraphModule, leaves: Set[int]) -> tuple[fx.GraphModule, tuple[Noise, ...]]:
    """A module whose random numbers are arguments behind its own, and these. Raises NotTraceable as `write_down`."""
    graph, constants, noises = _prepared(module, leaves)
    return fx.GraphModule(constants.values, graph), noises


def _prepared(module: fx.GraphModule, leaves: Set[int]) -> tuple[fx.Graph, Constants, tuple[Noise, ...]]:
    graph, constants = listed(module)
    if any(id(value) in leaves for value in constants.values.values()):
        raise NotTraceable("the guide or the model uses a parameter in a way that cannot be followed")
    noises = lift(graph)
    _drop_copies(graph)
    simplify(graph, constants, final=False)
    if _drop_certainties(graph):
        simplify(graph, constants, final=False)
    return graph, constants, noises


def _drop_copies(graph: fx.Graph) -> None:
    """What is copied over a whole tensor is that tensor's value: torch has no derivative of the operation."""
    for node in graph.nodes:
        if node.target is not aten.copy.default:
            continue
        value, source = node.meta["val"], node.args[1]
        with graph.inserting_before(node):
            if source.meta["val"].dtype != value.dtype:
                like = torch.empty_like(source.meta["val"], dtype=value.dtype)
                source = _made(graph, like, aten._to_copy.default, (source,), {"dtype": value.dtype})
            source = _made(graph, value, aten.expand.default, (source, list(value.shape)))
        node.replace_all_uses_with(source)
        graph.erase_node(node)


def _drop_certainties(graph: fx.Graph) -> bool:
    """A value that is compared with itself to see whether it is what was drawn, as Pyro's Delta does, is.

    One that is not a number is not, but then the density of it is none either.
    """
    certain = [n for n in graph.nodes if n.target is aten.eq.Tensor and n.args[0] is n.args[1]]
    for node in certain:
        with graph.inserting_before(node):
            like = node.meta["val"]
            made = _made(graph, like, aten.full.default, (list(like.shape), True), {"dtype": torch.bool})
        node.replace_all_uses_with(made)
        graph.erase_node(node)
    return bool(certain)


def _made(graph: fx.Graph, like: torch.Tensor, target: Any, args: tuple[Any, ...], kwargs: Any = None) -> fx.Node:
    node = graph.call_function(target, args, kwargs)
    node.meta["val"] = like
    return node
