"""A function of one vector as a flat list of tensor operations.

What a Pyro model spends on a small data set is Python: handlers, plates, distributions made anew each time. Run once
with every tensor operation written down, value and gradient together, all of that falls away. What depends on nothing
but the data is worked out once; what is worked out twice is worked out once.

    sub(u0, loc) ; pow ; neg ; mul(pow(scale, 2), 2) ; div ..   before
    sub(u0, loc) ; pow ; neg ; div(.., _c7) ..                   after
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import fx
from torch.func import functionalize
from torch.fx.node import map_arg

from bayesdsl.runtime.recording import record, value_and_gradient

aten = torch.ops.aten

ValueAndGrad = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


class NotTraceable(Exception):
    """The function cannot be written down as a list of operations; the message says why."""


# What gives back its argument as it is, once nothing is differentiated any more.
_SAME = (aten.detach.default, aten.alias.default, aten.lift_fresh_copy.default, aten.lift_fresh.default)

# What is known from the shape of its argument alone.
_FROM_SHAPE = (aten.ones_like.default, aten.zeros_like.default, aten.full_like.default)

# Torch's own functions are called with less overhead than the operators behind them; these take the same arguments.
_NAMES = (
    "abs add addmm all amax amin any arange bmm cat ceil clamp cos cumsum digamma div dot eq erf erfinv exp expm1 "
    "floor full full_like gather ge gt index_select le lgamma log log1p logical_and logical_not logical_or "
    "logsumexp lt matmul maximum mean minimum mm mul mv ne neg ones_like permute pow prod reciprocal rsqrt rsub "
    "select sigmoid sign sin sqrt square squeeze stack sub sum tanh tril triu unbind unsqueeze where zeros_like"
)
_DIRECT = {
    overload: getattr(torch, name)
    for name in _NAMES.split()
    for overload in [getattr(getattr(aten, name), o) for o in getattr(aten, name).overloads() if "out" not in o]
} | {
    aten.view.default: torch.reshape,
    aten.expand.default: torch.broadcast_to,
}


def trace(function: Callable[[torch.Tensor], torch.Tensor], example: torch.Tensor) -> ValueAndGrad:
    """The value of `function` and its gradient as a list of operations, run once at `example` to see what they are.

    `function` takes a vector, gives a scalar, and must do the same operations wherever it is called: who calls this
    must compare the two at other points. Tensors it closes over become constants. Raises NotTraceable.
    """

    try:
        with warnings.catch_warnings():
            # Torch warns of what it is about to refuse.
            warnings.simplefilter("ignore")
            module = recorded(value_and_gradient(function), example.clone())
    except Exception as error:
        # Whatever a model does that cannot be written down shows as one of many kinds of error.
        raise NotTraceable(f"{type(error).__name__}: {_first_line(error)}") from error
    graph, constants = listed(module)
    simplify(graph, constants)
    return compiled(graph, constants)


def recorded(
    function: Callable[..., Any],
    *examples: torch.Tensor,
    formulas: Mapping[Any, Callable[..., Any]] | None = None,
    rewrite: Callable[[fx.GraphModule], fx.GraphModule] = lambda module: module,
) -> fx.GraphModule:
    """As `record`, with no operation that writes into its argument; `rewrite` may change the graph before.

    Raises NotTraceable, and what `record` raises.
    """
    try:
        module = rewrite(record(function, *examples, formulas=formulas))
        make_functional(module.graph)
    except NotTraceable:
        # A model that fills a tensor slice by slice writes into what others see. Torch knows how to do without, and to
        # tell what is written it loads a library for symbols, and at times its compiler: half a second and more.
        module = rewrite(record(functionalize(function), *examples, formulas=formulas))
        make_functional(module.graph)
    return module


def listed(module: fx.GraphModule) -> tuple[fx.Graph, Constants]:
    """The operations of a module in a graph of their own, with its constants: one that belongs to a module checks its
    constants against that module's."""
    graph = fx.Graph()
    graph.output(graph.graph_copy(module.graph, {}))
    return graph, Constants(module, graph)


def simplify(graph: fx.Graph, constants: Constants, *, final: bool = True) -> None:
    """Work out what depends on constants alone, leave out what changes nothing, do once what is done twice.

    What is not `final`, as it is to be differentiated or written down again, keeps the places where gradients end, and
    makes no tensors of constants. Raises NotTraceable where an operation draws at random.
    """
    _refuse_random(graph)
    make_functional(graph)
    if final:
        _fold(graph, constants)
    _drop_identities(graph, constants, final)
    _share(graph)
    graph.eliminate_dead_code()


class Constants:
    """The tensors that the operations refer to by name, each once."""

    def __init__(self, module: fx.GraphModule, graph: fx.Graph) -> None:
        self.values: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        for node in graph.nodes:
            if node.op == "get_attr":
                node.target = self.name(operator.attrgetter(node.target)(module))

    def copy(self) -> Constants:
        """The same, to be added to elsewhere."""
        made = copy(self)
        made.values, made._names = dict(self.values), dict(self._names)
        return made

    def name(self, value: Any) -> str:
        if id(value) not in self._names:
            self._names[id(value)] = name = f"c{len(self.values)}"
            self.values[name] = value
        return self._names[id(value)]


def _refuse_random(graph: fx.Graph) -> None:
    # Folded, a random operation would freeze one draw; not folded, the list would not be a function.
    for node in _calls(graph):
        if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()):
            raise NotTraceable(f"{node.target} draws at random")


def make_functional(graph: fx.Graph) -> None:
    """Replace operations that write into their argument by those that do not.

    Torch writes into tensors that it makes in passing (1 - data, in a loss; sums of gradients). It is the same where
    nobody else looks at what is written into: it is no view, has no views, and whoever used it did so before.
    """
    order = {node: position for position, node in enumerate(graph.nodes)}
    for node in _calls(graph):
        schema = getattr(node.target, "_schema", None)
        if schema is None or not schema.is_mutable:
            continue
        if any(argument.is_out for argument in schema.arguments):
            raise NotTraceable(f"{node.target} writes into a tensor that it is given")
        written = node.args[0]
        packet = getattr(aten, schema.name.split("::")[1].rstrip("_"), None)
        overload = getattr(packet, node.target._overloadname, None) if packet else None
        alone = isinstance(written, fx.Node) and not _shares_memory(written)
        others = [user for user in written.users if user is not node] if alone else []
        if overload is None or not alone or any(_shares_memory(u) or order[u] > order[node] for u in others):
            raise NotTraceable(f"{node.target} writes into a tensor that others use")
        node.target = overload


def _shares_memory(node: fx.Node) -> bool:
    """Whether the node's value may be a view of another tensor, or one that the function closes over."""
    return node.op != "call_function" or getattr(node.target, "is_view", True)


def _fold(graph: fx.Graph, constants: Constants) -> None:
    """Work out what depends on constants alone."""
    known: dict[fx.Node, Any] = {n: constants.values[n.target] for n in graph.nodes if n.op == "get_attr"}
    for node in _calls(graph):
        if all(n in known for n in node.all_input_nodes):
            known[node] = _apply(node, known)
    for node in _calls(graph):
        if isinstance(known.get(node), torch.Tensor):
            _replace_by_constant(graph, node, constants.name(known[node]))


def _drop_identities(graph: fx.Graph, constants: Constants, final: bool) -> None:
    """Leave out operations that give back their argument, as their shapes show."""
    for node in _calls(graph):
        if final and node.target in _FROM_SHAPE:
            made = _apply(node, {node.args[0]: torch.empty_like(node.args[0].meta["val"], device="cpu")})
            _replace_by_constant(graph, node, constants.name(made))
        elif _is_identity(node) and (final or node.target is not aten.detach.default):
            node.replace_all_uses_with(node.args[0])
    # Constants made from shapes can be worked on at once, like any other.
    if final:
        _fold(graph, constants)


def _apply(node: fx.Node, values: dict[fx.Node, Any]) -> Any:
    args, kwargs = (map_arg(a, values.__getitem__) for a in (node.args, node.kwargs))
    return node.target(*args, **kwargs)


def _is_identity(node: fx.Node) -> bool:
    target, args = node.target, node.args
    if not args or not isinstance(args[0], fx.Node):
        return False
    before, after = args[0].meta.get("val"), node.meta.get("val")
    if not isinstance(before, torch.Tensor) or not isinstance(after, torch.Tensor):
        return False
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    if target in _SAME or target in (aten.expand.default, aten.view.default, aten._unsafe_view.default):
        return True
    if target is aten.sum.default:
        return before.dim() == 0
    operand = args[1] if len(args) > 1 else None
    if not isinstance(operand, (int, float)):
        return False
    if target in (aten.add.Tensor, aten.sub.Tensor):
        return operand == 0
    return target in (aten.mul.Tensor, aten.div.Tensor, aten.pow.Tensor_Scalar) and operand == 1


def _share(graph: fx.Graph) -> None:
    """Do once what is done twice to the same arguments."""
    seen: dict[tuple[Any, ...], fx.Node] = {}
    for node in list(graph.nodes):
        if node.op not in ("call_function", "get_attr"):
            continue
        key = (node.op, node.target, repr(node.args), repr(node.kwargs))
        if key in seen:
            node.replace_all_uses_with(seen[key])
            graph.erase_node(node)
        else:
            seen[key] = node


def compiled(graph: fx.Graph, constants: Constants) -> Callable[..., Any]:
    """The list as a Python function of its arguments, which gives nothing that can be differentiated."""
    forward = written(graph, constants)

    def run(*arguments: torch.Tensor) -> Any:
        with torch.no_grad():
            return forward(*arguments)

    return run


def written(graph: fx.Graph, constants: Constants) -> Callable[..., Any]:
    """The list as a Python function of its arguments."""
    for node in _calls(graph):
        node.target = _DIRECT.get(node.target, node.target)
    used = {n.target for n in graph.nodes if n.op == "get_attr"}
    code = graph.python_code("self")
    namespace = dict(code.globals)
    exec(compile(code.src, "<traced>", "exec"), namespace)
    return partial(namespace["forward"], SimpleNamespace(**{n: constants.values[n] for n in used}))


def _replace_by_constant(graph: fx.Graph, node: fx.Node, name: str) -> fx.Node:
    with graph.inserting_before(node):
        constant = graph.get_attr(name)
    constant.meta = dict(node.meta)
    node.replace_all_uses_with(constant)
    graph.erase_node(node)
    return constant


def _calls(graph: fx.Graph) -> Iterable[fx.Node]:
    return [node for node in graph.nodes if node.op == "call_function"]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]
