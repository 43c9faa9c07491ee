"""Layers as functions of torch, and what their weights are made with.

layer f = Linear(1, 5) -> Tanh -> Linear(5, 1)   ->   def f(x, weight_0, bias_0, weight_2, bias_2):
                                                          x = x.unsqueeze(-1)
                                                          x = F.linear(x, weight_0, bias_0)
                                                          x = torch.tanh(x)
                                                          x = F.linear(x, weight_2, bias_2)
                                                          return x.squeeze(-1)

The functions keep to what TorchScript compiles. Dimensions to the left of one value's own are rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bayesdsl.catalogue.rows import REQUIRED
from bayesdsl.catalogue.shapes import at, each
from bayesdsl.lower.inputs import Inputs
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py
from bayesdsl.types.sizes import Count

X = py.Name("x")


@dataclass(frozen=True)
class Layers:
    """Lowers the layers of a model or of one of its guides."""

    inputs: Inputs

    def function(self, name: str, layer: ir.Layer) -> py.FunctionDef:
        """A layer as a function of its inputs and its weights, in torch's order."""
        body = list(_entered(layer))
        rows = any(step.row.rows for step in layer.all_steps())
        if rows:
            dims = len(layer.all_steps()[0].before)
            body += [
                py.assign("rows", py.call("list", _shape(slice(None, -dims)))),
                py.assign(X, py.method(X, "reshape", _joined(py.List((py.Constant(-1),)), _shape(slice(-dims, None))))),
            ]
        for step in layer.steps:
            body += self._step(step, X, X)
        if layer.heads:
            names = [py.Name(f"x{i + 1}") for i in range(len(layer.heads))]
            for head, result in zip(layer.heads, names, strict=True):
                source = X
                for step in head:
                    body += self._step(step, source, result)
                    source = result
            results = [_left(n, plates, rows) for n, plates in zip(names, layer.outputs, strict=True)]
            body.append(py.Return(py.Tuple(tuple(results))))
        else:
            left = _left(X, layer.outputs[0], rows)
            if left == X and isinstance(body[-1], py.Assign) and body[-1].targets == (X,):
                left = body.pop().value
            body.append(py.Return(left))
        params = tuple(map(py.Param, (*arguments(layer), *_weights(layer))))
        doc = f"The layer `{layer.name}` of values on the right of their rows, with its weights."
        return py.FunctionDef(name, params, tuple(body), docstring=doc)

    # Steps

    def _step(self, step: ir.Step, source: py.Name, result: py.Name) -> list[py.Stmt]:
        row = step.row
        match row.lowering:
            case "identity":
                return [] if source == result else [py.assign(result, source)]
            case "unflatten":
                value = py.call(row.function, source, self._dim(step, "dim"), self._sizes(step, "unflattened_size"))
            case "pad":
                return [py.assign(result, _padded(step, source))]
            case "recurrent":
                return _recurrent(step, source, result)
            case _:
                value = self._call(step, source)
        return [py.assign(result, value)]

    def _call(self, step: ir.Step, source: py.Name) -> py.Expr:
        """The function of torch that a module applies."""
        row, settings = step.row, dict(step.settings)
        args = [source, *(self._leading(step, name, source) for name in row.leading)]
        weights = dict(step.weights)
        args += (py.Name(_parameter(step, leaf)) for leaf in ("weight", "bias") if leaf in weights)
        keywords: dict[str, py.Value] = {}
        defaults = {setting.name: setting.default for setting in row.settings}
        for name in row.dims:
            keywords[name] = self._dim(step, name)
        for name in row.keywords:
            if settings[name] != defaults[name] or defaults[name] is REQUIRED:
                keywords[name] = py.expr(_plain(settings[name]))
        return py.call(row.function, *args, **keywords)

    def _leading(self, step: ir.Step, name: str, source: py.Name) -> py.Expr:
        value = step.setting(name)
        if name == "normalized_shape":
            known = [size.known for size in value]
            return py.expr(known) if None not in known else py.call("list", _shape(slice(-len(value), None), source))
        return py.expr(_plain(value))

    def _dim(self, step: ir.Step, name: str) -> int:
        """A dimension counted from the right, whatever rows are on the left."""
        return at(step.before, step.setting(name)) - len(step.before)

    def _sizes(self, step: ir.Step, name: str) -> py.Expr:
        known = [-1 if size.known is None else size.known for size in step.setting(name)]
        return py.expr(known)

    # Weights

    def start(self, weight: str, layer: ir.Layer) -> py.Expr:
        """Where a learned weight starts: as torch's module does."""
        step = next(step for step in layer.all_steps() if any(name == weight for _, name in step.weights))
        leaf = next(leaf for leaf, name in step.weights if name == weight)
        args: list[py.Value] = []
        keywords: dict[str, py.Value] = {}
        for setting in step.row.settings:
            value = step.setting(setting.name)
            if setting.default is REQUIRED:
                args.append(self._given(value))
            elif value != setting.default:
                keywords[setting.name] = self._given(value)
        if step.row.lowering == "recurrent":
            keywords["batch_first"] = True
        made = py.call(f"torch.nn.{step.row.name}", *args, **keywords, dtype=py.Name("DTYPE"))
        return py.Lambda((), py.method(py.attr(made, leaf), "detach"))

    def _given(self, value: object) -> py.Value:
        if isinstance(value, Count):
            return self.inputs.count(value)
        if isinstance(value, tuple) and value and isinstance(value[0], Count):
            return [self.inputs.count(size) for size in value]
        return _plain(value)


def arguments(layer: ir.Layer) -> tuple[str, ...]:
    """The names of what goes in."""
    return ("x",) if len(layer.inputs) == 1 else tuple(f"x{i + 1}" for i in range(len(layer.inputs)))


def _weights(layer: ir.Layer) -> Iterator[str]:
    for step in layer.all_steps():
        for leaf, _ in step.weights:
            yield _parameter(step, leaf)


def _parameter(step: ir.Step, leaf: str) -> str:
    """What a weight is called inside the function."""
    return f"{leaf}_{step.place.replace('.', '_')}"


def _entered(layer: ir.Layer) -> Iterator[py.Stmt]:
    """What goes in as one tensor, with the dimensions of one value on the right."""
    if layer.all_steps()[0].row.takes_category:
        return
    values = [py.Name(name) for name in arguments(layer)]
    if len(values) == 1:
        if not layer.inputs[0]:
            yield py.assign(X, py.method(values[0], "unsqueeze", -1))
    else:
        # Values of other rows are brought to the same ones by what broadcasting makes of them.
        parts = [
            value if plates else py.method(value, "unsqueeze", -1)
            for value, plates in zip(values, layer.inputs, strict=True)
        ]
        firsts = [py.index(part, ..., slice(None, 1)) for part in parts]
        yield py.assign("blank", py.call("torch.zeros_like", py.binary("+", *firsts)))
        yield py.assign(X, py.call("torch.cat", [py.binary("+", part, py.Name("blank")) for part in parts], -1))


def _left(value: py.Expr, plates: ir.Plates, rows: bool) -> py.Expr:
    """A result as it leaves the function: without the dimension of one number, and with its rows."""
    if rows:
        own = py.call("list", _shape(slice(1, None), value))
        value = py.method(value, "reshape", py.binary("+", py.Name("rows"), own))
    return value if plates else py.method(value, "squeeze", -1)


def _shape(part: slice, value: py.Expr = X) -> py.Expr:
    return py.index(py.attr(value, "shape"), part)


def _joined(first: py.Expr, second: py.Expr) -> py.Expr:
    return py.binary("+", first, py.call("list", second))


def _plain(value: object) -> py.Value:
    if isinstance(value, Count):
        return value.known
    return list(value) if isinstance(value, tuple) else value


def _padded(step: ir.Step, source: py.Name) -> py.Expr:
    function, mode = step.row.function.split(" ")
    dims = len(step.before) - 1
    keywords: dict[str, py.Value] = {} if mode == "constant" else {"mode": mode}
    if any(name == "value" for name, _ in step.settings):
        keywords["value"] = step.setting("value")
    return py.call(function, source, list(each(step.setting("padding"), 2 * dims)), **keywords)


def _recurrent(step: ir.Step, source: py.Name, result: py.Name) -> list[py.Stmt]:
    """The states at every time, from a state of zeros."""
    settings = dict(step.settings)
    directions = 2 if settings["bidirectional"] else 1
    weights = [py.Name(_parameter(step, leaf)) for leaf, _ in step.weights]
    hidden = py.index(py.attr(weights[1], "shape"), 1)
    rows = py.index(py.attr(source, "shape"), 0)
    zeros = py.method(source, "new_zeros", py.List((py.Constant(settings["num_layers"] * directions), rows, hidden)))
    function = step.row.function
    if step.row.name == "RNN":
        function = f"torch.rnn_{settings['nonlinearity']}"
    state: py.Expr = py.Name("state")
    if step.row.name == "LSTM":
        state = py.List((state, state))
    flags = (settings["bias"], settings["num_layers"], 0.0, False, settings["bidirectional"], True)
    made = py.call(function, source, state, py.List(tuple(weights)), *flags)
    return [py.assign("state", zeros), py.assign(result, py.index(made, 0))]
