"""Python text of our own as nodes: for what is easier to read as Python than as the building of it.

read_expression("dist.Poisson(rate) * 2", {"rate": py.Name("r")})   ->   the nodes of dist.Poisson(r) * 2

Only what programs are made of is read: anything else is a mistake of ours, and raises TypeError.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from bayesdsl.pysrc import nodes as py

_OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.USub: "-",
    ast.Not: "not",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def read_expression(
    text: str, given: Mapping[str, py.Expr] | None = None, dropped: frozenset[str] = frozenset()
) -> py.Expr:
    """An expression, with `given` in the place of names. A keyword whose value names one of `dropped` falls away."""
    return _Reader(given or {}, dropped).expression(ast.parse(text, mode="eval").body)


def read_function(text: str) -> py.FunctionDef:
    """A function of assignments and a return, with its docstring."""
    (function,) = ast.parse(dedent(text)).body
    if not isinstance(function, ast.FunctionDef):
        raise TypeError("not a function")
    reader = _Reader()
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = tuple(reader.statement(node) for node in function.body[int(documented) :])
    return py.FunctionDef(
        function.name, reader.parameters(function.args), body, docstring=first.value.value if documented else None
    )


@dataclass(frozen=True)
class _Reader:
    given: Mapping[str, py.Expr] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()

    def statement(self, node: ast.stmt) -> py.Stmt:
        match node:
            case ast.Assign(targets, value):
                return py.Assign(tuple(map(self.expression, targets)), self.expression(value))
            case ast.Return(value) if value is not None:
                return py.Return(self.expression(value))
            case _:
                raise TypeError(f"no such statement in a program: {ast.dump(node)}")

    def parameters(self, arguments: ast.arguments) -> tuple[py.Param, ...]:
        defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + arguments.defaults
        return tuple(
            py.Param(parameter.arg, None if default is None else self.expression(default))
            for parameter, default in zip(arguments.args, defaults, strict=True)
        )

    def expression(self, node: ast.expr) -> py.Expr:
        match node:
            case ast.Name(id):
                return self.given.get(id, py.Name(id))
            case ast.Constant(value):
                return py.Constant(value)
            case ast.Attribute(value, attr):
                return py.Attribute(self.expression(value), attr)
            case ast.Subscript(value, ast.Tuple(items)):
                return py.Subscript(self.expression(value), tuple(map(self._item, items)))
            case ast.Subscript(value, item):
                return py.Subscript(self.expression(value), (self._item(item),))
            case ast.Tuple(items):
                return py.Tuple(tuple(map(self.expression, items)))
            case ast.List(items):
                return py.List(tuple(map(self.expression, items)))
            case ast.Dict(keys, values):
                return py.Dict(tuple(zip(map(self.expression, keys), map(self.expression, values), strict=True)))
            case ast.BinOp(left, op, right):
                return py.BinOp(_OPERATORS[type(op)], self.expression(left), self.expression(right))
            case ast.UnaryOp(op, ast.Constant(value)) if isinstance(op, ast.USub):
                return py.Constant(-value)
            case ast.UnaryOp(op, operand):
                return py.UnaryOp(_OPERATORS[type(op)], self.expression(operand))
            case ast.Compare(left, [op], [right]):
                return py.Compare(_OPERATORS[type(op)], self.expression(left), self.expression(right))
            case ast.IfExp(test, body, orelse):
                return py.IfExp(*map(self.expression, (test, body, orelse)))
            case ast.Lambda(args, body):
                return py.Lambda(self.parameters(args), self.expression(body))
            case ast.Call(func, args, keywords):
                kept = [keyword for keyword in keywords if not names_in(keyword.value) & self.dropped]
                return py.Call(
                    self.expression(func),
                    tuple(map(self.expression, args)),
                    tuple((keyword.arg, self.expression(keyword.value)) for keyword in kept),
                )
            case _:
                raise TypeError(f"no such expression in a program: {ast.dump(node)}")

    def _item(self, node: ast.expr) -> py.Expr | py.Slice:
        if not isinstance(node, ast.Slice):
            return self.expression(node)
        bounds = (node.lower, node.upper, node.step)
        return py.Slice(*(None if bound is None else self.expression(bound) for bound in bounds))


def names_in(node: ast.AST) -> set[str]:
    """Every name in a piece of Python."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
