"""Where params start: as the spec says, or well inside the values they may have.

param s[k] : positive = 2     ->  torch.full((n_k,), 2, dtype=DTYPE)
param c[g, k] : ordered       ->  torch.arange(1, n_k + 1, dtype=DTYPE).expand(n_g, n_k).clone()
"""

from __future__ import annotations

from math import inf

from bayesdsl.lower.expressions import Expressions, is_number, real
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py
from bayesdsl.types.supports import Support

DTYPE = py.Name("DTYPE")


def start(parameter: ir.Parameter, expressions: Expressions) -> py.Expr:
    """The start of a param, a new tensor laid out as its plates: all members of them, those of a minibatch or not."""
    sizes = tuple(expressions.inputs.whole(plate) for plate in parameter.plates)
    init, support = parameter.init, parameter.support
    if init is None:
        return _structured(support, sizes) if support.event else _filled(sizes, py.Constant(_inside(support)))
    if is_number(init):
        return _filled(sizes, expressions.lower(init, ()))
    node = expressions.tensor(init, parameter.plates)
    if set(init.plates) != set(parameter.plates):
        node = py.method(node, "expand", *sizes)
    return py.method(node, "clone")


def _filled(sizes: tuple[py.Expr, ...], value: py.Expr) -> py.Expr:
    return py.call("torch.full", sizes, value, dtype=DTYPE) if sizes else real(value)


def _inside(support: Support) -> float:
    """0, or a point well inside the bounds."""
    if support.lo == -inf and support.hi == inf:
        return 0.0
    if support.hi == inf:
        return support.lo + 1.0
    if support.lo == -inf:
        return support.hi - 1.0
    return (support.lo + support.hi) / 2


def _structured(support: Support, sizes: tuple[py.Expr, ...]) -> py.Expr:
    """A vector or matrix: equal probabilities, the numbers in order, the identity."""
    last = sizes[-1]
    match support.name:
        case "simplex":
            return py.method(py.call("torch.ones", *sizes, dtype=DTYPE), "div", last)
        case "ordered" | "positive_ordered":
            first = py.call("torch.arange", 1, py.binary("+", last, 1), dtype=DTYPE)
        case _:
            first = py.call("torch.eye", last, dtype=DTYPE)
    return py.method(py.method(first, "expand", *sizes), "clone") if len(sizes) > support.event else first
