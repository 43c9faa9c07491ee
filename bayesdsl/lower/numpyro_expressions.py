"""Expressions of a Pyro program as expressions of the same NumPyro program.

dist.Normal(real(0), torch.exp(s))        ->  dist.Normal(0.0, jnp.exp(s))
(x > 0).to(DTYPE) + mu.std(-1)            ->  (x > 0).astype(float) + mu.std(-1, ddof=1)
dist.ZeroInflatedPoisson(rate, gate=g)    ->  dist.ZeroInflatedDistribution(dist.Poisson(rate), gate=g)

JAX takes Python's numbers where torch wants tensors, and has one precision for the whole process: `float` is its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.catalogue.inference import GUIDES
from bayesdsl.catalogue.numpyro import (
    ARGUMENTS,
    CALLABLES,
    DISTRIBUTION_METHODS,
    FORMS,
    GUIDE_SETTINGS,
    KEYWORDS,
    MADE_CONSTRAINTS,
    METHODS,
    MISSING_CONSTRAINTS,
    MISSING_DISTRIBUTIONS,
    MISSING_GUIDES,
    NEEDLESS_METHODS,
    OTHER_DISTRIBUTIONS,
    PRIMITIVES,
)
from bayesdsl.catalogue.rows import Distribution
from bayesdsl.catalogue.types import CONSTRAINTS
from bayesdsl.lower import numpyro_layers as layers
from bayesdsl.pysrc import nodes as py
from bayesdsl.pysrc.reader import read_expression

MODULES = frozenset({"torch", "F", "pyro", "dist", "constraints", "autoguide", "poutine"})
# Attributes that tensors and arrays share.
ATTRIBUTES = frozenset({"T", "shape"})
FLOAT = py.Name("float")
# The largest whole number, and more, that JAX takes in single precision.
MOST_INT = 2**31


class NoCounterpartError(Exception):
    """Something of a Pyro program for which nothing is known in NumPyro, by its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def rewrite(node: py.Expr) -> py.Expr:
    """The same value in NumPyro. Raises NoCounterpartError."""
    match node:
        case py.Name("DTYPE"):
            return FLOAT
        case py.Name():
            return node
        case py.Constant(value):
            return py.Constant(float(value)) if type(value) is int and abs(value) >= MOST_INT else node
        case py.Call():
            return _call(node)
        case py.Attribute(value, attr):
            path = path_of(node)
            if path is not None and _first(path) in MODULES:
                return py.dotted(_named(path))
            if attr not in ATTRIBUTES:
                raise NoCounterpartError(f".{attr}")
            return py.Attribute(rewrite(value), attr)
        case py.Subscript(value, items):
            return py.Subscript(rewrite(value), tuple(map(_item, items)))
        case py.BinOp(op, left, right) | py.Compare(op, left, right):
            return type(node)(op, rewrite(left), rewrite(right))
        case py.UnaryOp(op, operand):
            return py.UnaryOp(op, rewrite(operand))
        case py.BoolOp(op, values):
            return py.BoolOp(op, tuple(map(rewrite, values)))
        case py.IfExp(test, body, orelse):
            return py.IfExp(rewrite(test), rewrite(body), rewrite(orelse))
        case py.Tuple(items) | py.List(items):
            return type(node)(tuple(map(_argument, items)))
        case py.Dict(items):
            return py.Dict(tuple((None if key is None else rewrite(key), rewrite(value)) for key, value in items))
        case py.Lambda((), py.Call(py.Attribute(py.Attribute(py.Call() as made, leaf), "detach"), ())):
            return _start(made, leaf)
        case py.Lambda():
            raise NoCounterpartError("lambda")
        case _:
            assert_never(node)


def rewrite_value(node: py.Expr) -> py.Expr:
    """As `rewrite`, a known number as an array: something with its methods. Raises NoCounterpartError."""
    made = rewrite(node)
    return py.call("jnp.array", made) if _is_number(node) else made


def path_of(node: py.Expr) -> str | None:
    """`dist.Normal` for a name and its attributes, None for anything else."""
    match node:
        case py.Name(id):
            return id
        case py.Attribute(value, attr):
            before = path_of(value)
            return None if before is None else f"{before}.{attr}"
    return None


def _first(path: str) -> str:
    return path.partition(".")[0]


def _item(item: py.Expr | py.Slice) -> py.Expr | py.Slice:
    if isinstance(item, py.Slice):
        bounds = (item.lower, item.upper, item.step)
        return py.Slice(*(None if bound is None else rewrite(bound) for bound in bounds))
    return rewrite(item)


def _argument(node: py.Expr | py.Starred) -> py.Expr | py.Starred:
    return py.Starred(rewrite(node.value)) if isinstance(node, py.Starred) else rewrite(node)


def _keywords(kwargs: Iterable[tuple[str | None, py.Expr]]) -> tuple[tuple[str | None, py.Expr], ...]:
    return tuple((name, rewrite(value)) for name, value in kwargs)


def _start(made: py.Call, leaf: str) -> py.Expr:
    """Where a learned weight starts: as the module of torch that the program for Pyro makes."""
    path = path_of(made.func) or ""
    keywords = {name: rewrite(value) for name, value in made.kwargs if name != "dtype"}
    found = layers.start(path.removeprefix("torch.nn."), leaf, tuple(map(rewrite, made.args)), keywords)
    if found is None:
        raise NoCounterpartError(path)
    return found


def _named(path: str) -> str:
    """What a module's member is called in JAX or NumPyro."""
    module, _, name = path.rpartition(".")
    known = CALLABLES.get(path) or PRIMITIVES.get(path)
    if known is not None:
        return known
    if module == "autoguide" and name.startswith("init_to_"):
        return f"numpyro.infer.{name}"
    present = {
        "dist": (name in DISTRIBUTIONS and name not in MISSING_DISTRIBUTIONS) or name in OTHER_DISTRIBUTIONS,
        "constraints": (path in CONSTRAINTS.values() and path not in MISSING_CONSTRAINTS) or path in MADE_CONSTRAINTS,
        "autoguide": (name in GUIDES and name not in MISSING_GUIDES) or name == "AutoGuideList",
    }
    if not present.get(module, False):
        raise NoCounterpartError(path)
    return path


# Calls


def _call(node: py.Call) -> py.Expr:
    path = path_of(node.func)
    if path == "real":
        return _number(node)
    if path == "mixture":
        # NumPyro's mixtures have the support of their components.
        return _call(py.call("dist.MixtureSameFamily", *node.args[:2]))
    if path is not None and _first(path) in MODULES:
        if path.startswith("dist."):
            return _distribution(node)
        if path.startswith("autoguide."):
            return _guide(node, path.removeprefix("autoguide."))
        return _callable(node, path)
    if isinstance(node.func, py.Attribute):
        return _method(node, node.func.value, node.func.attr)
    return py.Call(rewrite(node.func), tuple(map(_argument, node.args)), _keywords(node.kwargs))


def _number(node: py.Call) -> py.Expr:
    """A known number, which needs no array."""
    (value,) = node.args
    if isinstance(value, py.Constant) and isinstance(value.value, int | float):
        return py.Constant(float(value.value))
    return py.Call(FLOAT, (rewrite(value),))


def _callable(node: py.Call, path: str) -> py.Expr:
    if path in PRIMITIVES:
        unknown = [keyword for keyword, _ in node.kwargs if keyword not in KEYWORDS.get(path, ())]
        if unknown:
            raise NoCounterpartError(f"{unknown[0]} of {path}")
    # What becomes a value of the program is an array, even where it is a known number.
    take = rewrite_value if path in PRIMITIVES else _argument
    args = tuple(map(take, node.args))
    if layers.is_function(path):
        made = layers.function(path, args, dict(_keywords(node.kwargs)))
        if made is None:
            raise NoCounterpartError(path)
        return made
    if path == "torch.ones":
        args = (py.Tuple(args),)
    return py.Call(py.dotted(_named(path)), args, _keywords(node.kwargs))


def _guide(node: py.Call, name: str) -> py.Expr:
    """A guide of NumPyro's; how latents start is a function of it."""
    other = GUIDE_SETTINGS.get(name, {})
    kwargs = []
    for keyword, value in node.kwargs:
        if keyword == "init_loc_fn" and isinstance(value, py.Constant) and isinstance(value.value, str):
            value = py.dotted(f"autoguide.{value.value}")
        kwargs.append((other.get(keyword, keyword) if keyword else None, rewrite(value)))
    return py.Call(py.dotted(_named(f"autoguide.{name}")), tuple(map(_argument, node.args)), tuple(kwargs))


# Methods


def _method(node: py.Call, value: py.Expr, name: str) -> py.Expr:
    args = tuple(map(_argument, node.args))
    if _is_distribution(value):
        return _distribution_method(value, name, args)
    if name == "expand":
        return _expanded(value, args)
    receiver = rewrite_value(value)
    if name in NEEDLESS_METHODS:
        return rewrite(value)
    if name == "to":
        return py.method(receiver, "astype", *args)
    if name == "div":
        return py.binary("/", receiver, *args)
    if name in METHODS:
        other, extra = METHODS[name]
        return py.Call(py.attr(receiver, other), args, tuple((key, py.Constant(number)) for key, number in extra))
    if name == "unsqueeze" and args == (py.Constant(-1),):
        return py.index(receiver, ..., None)
    if name in ("append", "reshape", "squeeze"):
        return py.method(receiver, name, *args)
    raise NoCounterpartError(f".{name}()")


def _is_number(node: py.Expr) -> bool:
    return isinstance(node, py.Call) and path_of(node.func) == "real"


def _expanded(value: py.Expr, sizes: tuple[py.Expr, ...]) -> py.Expr:
    if _is_number(value):
        return py.call("jnp.full", sizes[0] if len(sizes) == 1 else py.Tuple(sizes), rewrite(value))
    if py.Constant(-1) in sizes:
        return py.call("expand", rewrite(value), sizes)
    return py.call("jnp.broadcast_to", rewrite(value), py.Tuple(sizes))


# Distributions


def _is_distribution(node: py.Expr) -> bool:
    if not isinstance(node, py.Call):
        return False
    path = path_of(node.func)
    if path is not None:
        return path == "mixture" or path.startswith("dist.")
    return isinstance(node.func, py.Attribute) and node.func.attr != "log_prob" and _is_distribution(node.func.value)


def _distribution_method(value: py.Call, name: str, args: tuple[py.Expr, ...]) -> py.Expr:
    if name == "expand_by" and args == (py.Tuple(()),):
        # For plates of Pyro's that cannot expand a distribution; NumPyro's can.
        return rewrite(value)
    if name not in DISTRIBUTION_METHODS:
        raise NoCounterpartError(f".{name}()")
    made = rewrite(value)
    if name == "log_prob" and isinstance(value.func, py.Attribute) and _bounded(_row(value)):
        made = _checked(made)
    return py.method(made, name, *args)


def _row(node: py.Call) -> Distribution | None:
    return DISTRIBUTIONS.get((path_of(node.func) or "").removeprefix("dist."))


def _bounded(row: Distribution | None) -> bool:
    return row is not None and row.bounds != (None, None)


def _checked(made: py.Expr) -> py.Expr:
    """NumPyro gives values out of bounds the density 0 only where it checks them."""
    kwargs = tuple(pair for pair in made.kwargs if pair[0] != "validate_args")
    return replace(made, kwargs=(*kwargs, ("validate_args", py.Constant(True))))


def _distribution(node: py.Call) -> py.Expr:
    path = path_of(node.func)
    name = path.removeprefix("dist.")
    func = py.dotted(_named(path))
    row = _row(node)
    if row is None:
        return py.Call(func, tuple(map(_argument, node.args)), _keywords(node.kwargs))
    names = (*row.takes, *(parameter.name for parameter in row.parameters))
    args = [(name, _value(row, name, arg)) for name, arg in zip(names, node.args, strict=False)]
    kwargs = [(name, _value(row, name, arg)) for name, arg in node.kwargs]
    settings = [pair for pair in kwargs if pair[0] == "validate_args"]
    kwargs = [pair for pair in kwargs if pair not in settings]
    if name in FORMS:
        given = dict([*args, *kwargs])
        made = read_expression(FORMS[name], given, frozenset(names) - given.keys())
    else:
        other = ARGUMENTS.get(name, {})
        made = py.Call(func, tuple(arg for _, arg in args), tuple((other.get(k, k), arg) for k, arg in kwargs))
    if not settings:
        return made
    # Data beyond the values, to which a density is extended, need no check; those beyond moving bounds do.
    return _checked(made) if _bounded(row) else replace(made, kwargs=(*made.kwargs, *settings))


def _value(row: Distribution, name: str, arg: py.Expr) -> py.Expr:
    parameter = row.parameter(name)
    if parameter is not None and parameter.support.integer and _is_number(arg) and isinstance(arg.args[0], py.Constant):
        return arg.args[0]
    return rewrite(arg)
