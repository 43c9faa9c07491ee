"""A function of tensors as a list of operations, with sizes that follow those of plates.

The function is traced at a few made-up lengths of data. What is the same in all traces is fixed, what differs must be
a simple expression in the lengths; where it is not, the program holds for the lengths of the data at hand alone.

    sum(mul(x[11], 2)), sum(mul(x[23], 2)), sum(mul(x[31], 2))    traces
    sum(mul(x[n], 2))                                             operations
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import torch
from torch import fx

from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.formulas import formulas
from bayesdsl.runtime.compiled.sizes import Size, explain, explain_share
from bayesdsl.runtime.tracing import NotTraceable, recorded

aten = torch.ops.aten

# Tensors of one number everywhere: the number, or which argument says it.
_FILLED = {
    "full.default": 1, "full_like.default": 1, "new_full.default": 2, "scalar_tensor.default": 0,
    "zeros.default": 0.0, "zeros_like.default": 0.0, "new_zeros.default": 0.0, "empty.memory_format": 0.0,
    "empty_like.default": 0.0, "new_empty.default": 0.0, "new_empty_strided.default": 0.0, "empty_strided.default": 0.0,
    "ones.default": 1.0, "ones_like.default": 1.0, "new_ones.default": 1.0,
}  # fmt: skip

Function = Callable[..., tuple[torch.Tensor, ...]]


@dataclass(frozen=True)
class Kind:
    """What an operation gives: a tensor's shape and dtype."""

    shape: tuple[Size, ...]
    dtype: torch.dtype


@dataclass(eq=False)
class Operation:
    """`target` applied to `args`: other operations, numbers, sizes, dtypes, lists of these.

    `target` is `"input"` (`args` is its position), `"constant"` (the tensor), `"getitem"`, or aten's name of an
    operation with its overload, `"add.Tensor"`. `kinds` has an entry for each tensor that it gives.
    """

    name: str
    target: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    kinds: tuple[Kind, ...]

    @property
    def kind(self) -> Kind:
        return self.kinds[0]

    @property
    def shape(self) -> tuple[Size, ...]:
        return self.kinds[0].shape

    @property
    def dtype(self) -> torch.dtype:
        return self.kinds[0].dtype

    def sources(self) -> list[Operation]:
        """The operations among its arguments."""
        found: list[Operation] = []
        _each(self.args, found)
        _each(tuple(self.kwargs.values()), found)
        return found


@dataclass(frozen=True)
class Operations:
    """In order, with those that are given back."""

    list: tuple[Operation, ...]
    outputs: tuple[Operation, ...]

    @property
    def inputs(self) -> tuple[Kind, ...]:
        """What the function takes."""
        return tuple(operation.kind for operation in self.list if operation.target == "input")

    def giving(self, outputs: Sequence[Operation]) -> Operations:
        """Those that give some of the outputs, with all inputs."""
        needed: set[Operation] = set(outputs)
        for operation in reversed(self.list):
            if operation in needed:
                needed.update(operation.sources())
        kept = tuple(o for o in self.list if o in needed or o.target == "input")
        return Operations(kept, tuple(outputs))


@dataclass(frozen=True)
class Trial:
    """The lengths of the plates, and inputs of these lengths. `around` gives what the function must be called in,
    `parts` are the shapes of what a vector among the inputs is made of."""

    sizes: Mapping[str, int]
    inputs: Sequence[Any]
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    parts: Sequence[Sequence[int]] = ()


def operations(
    function: Callable[[Trial], Function],
    trials: Sequence[Trial],
    rewrite: Callable[[Trial, fx.GraphModule], fx.GraphModule] = lambda _, module: module,
) -> Operations:
    """The operations that `function(trial)(*trial.inputs)` does, the same in all trials but for sizes.

    `function` gives for each trial a function of tensors, `rewrite` may change what was written down of it for a
    trial, and add inputs behind those that it has. Raises NotCompilable where it cannot be traced, where it
    draws at random, or where the trials differ in more than sizes.
    """
    graphs = []
    for trial in trials:
        with trial.around():
            graphs.append(_traced(function(trial), trial.inputs, partial(rewrite, trial)))
    return _Unified(graphs, trials).operations()


def _traced(
    function: Function, inputs: Sequence[torch.Tensor], rewrite: Callable[[fx.GraphModule], fx.GraphModule]
) -> fx.GraphModule:
    try:
        with warnings.catch_warnings():
            # Torch warns of what it is about to refuse.
            warnings.simplefilter("ignore")
            # The same tensor passed twice would be one input.
            copies = [value.clone() for value in inputs]
            module = recorded(function, *copies, formulas=formulas(), rewrite=lambda m: rewrite(_unchecked(m)))
    except NotTraceable as error:
        raise NotCompilable(str(error)) from error
    except Exception as error:
        # Whatever a model does that cannot be written down shows as one of many kinds of error.
        if "_local_scalar_dense" in str(error):
            raise NotCompilable("the program looks at a number in Python, as an `if` does") from error
        raise NotCompilable(f"its operations cannot be written down: {_first_line(error)}") from error
    module.graph.eliminate_dead_code()
    _note_kinds(module, inputs)
    return module


def _unchecked(module: fx.GraphModule) -> fx.GraphModule:
    """Without what raises where a matrix is not positive definite: then the result is not a number."""
    for node in list(module.graph.nodes):
        if node.target is aten._linalg_check_errors.default:
            module.graph.erase_node(node)
    return module


def _note_kinds(module: fx.GraphModule, inputs: Sequence[torch.Tensor]) -> None:
    """Write beside each node the shapes and types of what it gives."""
    waiting = iter(inputs)
    for node in module.graph.nodes:
        match node.op:
            case "placeholder":
                node.meta["given"] = next(waiting, node.meta.get("val"))
            case "get_attr":
                node.meta["given"] = operator.attrgetter(node.target)(module)
            case "call_function":
                node.meta["given"] = node.meta.get("val", node.meta.get("tensor_meta"))
    if any(node.op == "call_function" and node.meta["given"] is None for node in module.graph.nodes):
        _run_for_kinds(module.graph)


def _run_for_kinds(graph: fx.Graph) -> None:
    from torch.fx.node import map_arg

    with torch.no_grad():
        for node in graph.nodes:
            if node.op == "call_function":
                args, kwargs = (map_arg(a, lambda n: n.meta["given"]) for a in (node.args, node.kwargs))
                node.meta["given"] = node.target(*args, **kwargs)


class _Unified:
    """One list of operations from several graphs."""

    def __init__(self, graphs: list[fx.GraphModule], trials: Sequence[Trial]) -> None:
        self.graphs = [list(graph.graph.nodes) for graph in graphs]
        self.sizes = [dict(trial.sizes) for trial in trials]
        self.known: dict[tuple[int, ...], Size] = {}
        self._learn_parts([trial.parts for trial in trials])
        self.made: dict[fx.Node, Operation] = {}

    def operations(self) -> Operations:
        if len({len(nodes) for nodes in self.graphs}) > 1:
            raise NotCompilable("the program does other operations for other lengths of data")
        listed, outputs, position = [], (), 0
        for nodes in zip(*self.graphs, strict=True):
            first = nodes[0]
            if len({(node.op, str(node.target) if node.op != "placeholder" else "") for node in nodes}) > 1:
                raise NotCompilable("the program does other operations for other lengths of data")
            match first.op:
                case "placeholder":
                    made = Operation(first.name, "input", (position,), {}, self._kinds(nodes))
                    position += 1
                case "get_attr":
                    made = Operation(first.name, "constant", (self._constant(nodes),), {}, self._kinds(nodes))
                case "output":
                    outputs = tuple(
                        self._value(*parts) for parts in zip(*(node.args[0] for node in nodes), strict=True)
                    )
                    continue
                case _:
                    made = self._call(nodes)
            for node in nodes:
                self.made[node] = made
            listed.append(made)
        return Operations(tuple(listed), outputs)

    def _call(self, nodes: tuple[fx.Node, ...]) -> Operation:
        first = nodes[0]
        if torch.Tag.nondeterministic_seeded in getattr(first.target, "tags", ()):
            # Folded, it would freeze one draw; not folded, the list would not be a function.
            raise NotCompilable(f"{first.target} draws at random")
        target = "getitem" if first.target is operator.getitem else str(first.target).removeprefix("aten.")
        if target in _FILLED:
            return self._filled(nodes, _FILLED[target])
        args = tuple(self._value(*values) for values in zip(*(node.args for node in nodes), strict=True))
        names = list(first.kwargs)
        kwargs = {name: self._value(*(node.kwargs[name] for node in nodes)) for name in names}
        return Operation(first.name, target, args, kwargs, self._kinds(nodes))

    def _filled(self, nodes: tuple[fx.Node, ...], value: int | float) -> Operation:
        """Made from a shape alone, whatever tensor that was taken from."""
        (kind,) = self._kinds(nodes)
        if isinstance(value, int):
            value = self._value(*(node.args[value] for node in nodes))
        return Operation(nodes[0].name, "full.default", (kind.shape, value), {"dtype": kind.dtype}, (kind,))

    def _value(self, *values: Any) -> Any:
        first = values[0]
        if isinstance(first, fx.Node):
            return self.made[first]
        if isinstance(first, bool) or first is None:
            return first
        if isinstance(first, int):
            return self._size(values)
        if isinstance(first, list | tuple):
            return tuple(self._value(*parts) for parts in zip(*values, strict=True))
        if len(set(map(repr, values))) > 1:
            share = explain_share(values, self.sizes, self.known.values()) if isinstance(first, float) else None
            if share is not None:
                return share
            raise NotCompilable("a number in the program depends on the lengths of the data")
        return first

    def _learn_parts(self, parts: Sequence[Sequence[Sequence[int]]]) -> None:
        """Where parts of a vector begin and end is a sum of products, of too many terms to be told by looking at it."""
        total = [0] * len(parts), Size()
        for shapes in zip(*parts, strict=True):
            size = Size.of(1)
            for lengths in zip(*shapes, strict=True):
                size = size * self._size(lengths)
            counts = [prod(shape) for shape in shapes]
            total = [a + b for a, b in zip(total[0], counts, strict=True)], total[1] + size
            self.known[tuple(counts)], self.known[tuple(total[0])] = size, total[1]

    def _size(self, values: Sequence[int]) -> int | Size:
        size = self.known.get(tuple(values)) or explain(tuple(values), self.sizes)
        if size is None:
            raise NotCompilable("a size in the program is no simple expression of the lengths of the data")
        self.known[tuple(values)] = size
        return size if size.constant is None else size.constant

    def _kinds(self, nodes: tuple[fx.Node, ...]) -> tuple[Kind, ...]:
        given = [node.meta["given"] for node in nodes]
        several = [list(g) if isinstance(g, tuple | list) else [g] for g in given]
        return tuple(self._kind(parts) for parts in zip(*several, strict=True))

    def _kind(self, values: Sequence[Any]) -> Kind:
        first = values[0]
        if not isinstance(first, torch.Tensor):
            return Kind((), torch.float64)
        shape = tuple(Size.of(self._size(sizes)) for sizes in zip(*(v.shape for v in values), strict=True))
        return Kind(shape, first.dtype)

    def _constant(self, nodes: tuple[fx.Node, ...]) -> torch.Tensor:
        values = [node.meta["given"] for node in nodes]
        if any(v.shape != values[0].shape or not torch.equal(v, values[0]) for v in values):
            raise NotCompilable("a constant in the program depends on the lengths of the data")
        return values[0].detach()


def _each(value: Any, found: list[Operation]) -> None:
    if isinstance(value, Operation):
        found.append(value)
    elif isinstance(value, tuple):
        for part in value:
            _each(part, found)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
