"""Layers as functions of every draw of their weights.

layer f = Linear(1, 5) -> Tanh -> Linear(5, 1)   ->   def f_of_draws(count, x, weight_0, bias_0, weight_2, bias_2):
                                                          x = x.unsqueeze(-1)
                                                          x = layers.linear(x, weight_0, bias_0)
                                                          ..

Where all modules are linear maps and functions of single values, one product of matrices does all draws. Other layers
are run once for every draw. Everything has a dimension of draws on the left, of size one where all are the same.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

from bayesdsl.lower.layers import Layers
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py

LINEAR = py.dotted("F.linear")
INT, TENSOR = py.Name("int"), py.Name("Tensor")


def of_draws(layers: Layers, name: str, plain: py.FunctionDef, layer: ir.Layer) -> py.FunctionDef:
    """The function `name` of a layer over draws. `plain` is its function of one draw."""
    if all(map(_is_batched, layer.all_steps())):
        made = layers.function(name, layer)
        body = _with_batched_maps(made.body)
    else:
        body = _loop(plain, layer)
    params = (py.Param("count", annotation=INT), *(py.Param(p.name, annotation=TENSOR) for p in plain.params))
    doc = f"The layer `{layer.name}` for `count` draws, which are the first dimension of everything."
    return py.FunctionDef(name, params, body, docstring=doc)


def _is_batched(step: ir.Step) -> bool:
    """Whether a module treats every value on the right alike, whatever stands on the left of it."""
    if step.row.rows or step.row.takes_category:
        return False
    return step.row.function == "F.linear" or (not step.weights and step.row.lowering in (None, "identity"))


def _with_batched_maps(node):
    """A piece of source with linear maps over draws."""
    if isinstance(node, tuple):
        return tuple(map(_with_batched_maps, node))
    if isinstance(node, py.Call) and node.func == LINEAR:
        return py.Call(py.dotted("layers.linear"), _with_batched_maps(node.args), node.kwargs)
    if is_dataclass(node) and not isinstance(node, py.Constant):
        return replace(node, **{f.name: _with_batched_maps(getattr(node, f.name)) for f in fields(node)})
    return node


def _loop(plain: py.FunctionDef, layer: ir.Layer) -> tuple[py.Stmt, ...]:
    """One call of the plain function for every draw, results side by side."""
    results = [py.Name(f"found_{i + 1}") for i in range(len(layer.outputs))]
    tensors = py.index("list", TENSOR)
    draw = py.Name("draw")
    args = (py.call("layers.of_draw", py.Name(param.name), draw) for param in plain.params)
    called = py.call(plain.name, *args)
    body: list[py.Stmt] = [py.assign("made", called)]
    for i, result in enumerate(results):
        value = py.Name("made") if len(results) == 1 else py.index("made", i)
        body.append(py.ExprStmt(py.method(result, "append", value)))
    stacked = [py.call("torch.stack", result) for result in results]
    return (
        *(py.AnnAssign(result, tensors, py.List()) for result in results),
        py.For(draw, py.call("range", py.Name("count")), tuple(body)),
        py.Return(stacked[0] if len(stacked) == 1 else py.Tuple(tuple(stacked))),
    )
