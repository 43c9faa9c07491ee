"""Evaluates a checked model on given values and data, by name.

Plates are the dimensions of xarray's arrays, so that broadcasting is by name; there are no layouts, no transposes and
no torch code as text. What is slow and plain on purpose:

    Normal(a[county] + b * x, sigma)  over (house)
    ->  norm.logpdf(y, a.isel(county=code_of_house) + b * x, sigma), summed over everything

Every expression is held against what the checker said of it as well: its plates, and the set its values lie in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import scipy.special as sp
import xarray as xr

from bayesdsl.model import ir
from reference.densities import ELEMENTWISE, WHOLE_VALUE, by_member
from reference.networks import apply_network

# A value a rounding error outside its set is still in it.
SLACK = 1e-12

FUNCTIONS: dict[str, Callable] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a - b * np.floor(a / b),
    "^": lambda a, b: a**b,
    "neg": lambda a: -a,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "and": lambda a, b: (a != 0) & (b != 0),
    "or": lambda a, b: (a != 0) | (b != 0),
    "not": lambda a: a == 0,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "square": lambda a: a * a,
    "abs": abs,
    "sign": np.sign,
    "logit": lambda a: np.log(a) - np.log1p(-a),
    "inv_logit": sp.expit,
    "probit": sp.ndtri,
    "inv_probit": sp.ndtr,
    "softplus": lambda a: np.logaddexp(a, 0.0),
    "relu": lambda a: np.maximum(a, 0.0),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "lgamma": sp.gammaln,
    "digamma": sp.digamma,
    "erf": sp.erf,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "logaddexp": np.logaddexp,
    "clamp": lambda x, lo, hi: np.minimum(np.maximum(x, lo), hi),
    "where": lambda condition, a, b: np.where(condition != 0, a, b),
}

REDUCTIONS: dict[str, Callable[[xr.DataArray, ir.Plates], xr.DataArray]] = {
    "sum": lambda a, over: a.sum(over),
    "mean": lambda a, over: a.mean(over),
    "prod": lambda a, over: a.prod(over),
    "min": lambda a, over: a.min(over),
    "max": lambda a, over: a.max(over),
    "logsumexp": lambda a, over: np.log(np.exp(a - a.max(over)).sum(over)) + a.max(over),
    "sd": lambda a, over: a.std(over, ddof=1),
    "var": lambda a, over: a.var(over, ddof=1),
    "any": lambda a, over: (a != 0).any(over),
    "all": lambda a, over: (a != 0).all(over),
}

SCANS: dict[str, Callable[[xr.DataArray, str], xr.DataArray]] = {
    "softmax": lambda a, plate: np.exp(a - a.max(plate)) / np.exp(a - a.max(plate)).sum(plate),
    "cumsum": lambda a, plate: a.cumsum(plate),
    "cumprod": lambda a, plate: a.cumprod(plate),
}


class Disagreement(AssertionError):
    """What the checker said of an expression is not so."""


@dataclass
class World:
    """The members of every plate, the data by name, and the values of latents and params by name.

    `codes` are the category columns: for each row the position of its level. Everything has its plates as dimensions.
    """

    model: ir.Model
    members: Mapping[str, list[object]]
    columns: Mapping[str, xr.DataArray]
    codes: Mapping[str, xr.DataArray]
    values: dict[str, xr.DataArray] = field(default_factory=dict)

    def size(self, plate: str) -> int:
        return len(self.members[ir.base_plate(plate)])

    def sizes(self, plates: Iterable[str]) -> dict[str, int]:
        return {plate: self.size(plate) for plate in plates}

    def full(self, value: xr.DataArray, plates: ir.Plates) -> xr.DataArray:
        """The value at every member of these plates, in their order."""
        missing = self.sizes(plate for plate in plates if plate not in value.dims)
        return value.expand_dims(missing).transpose(*plates)


def log_density(world: World, statements: tuple[ir.Statement, ...] | None = None) -> float:
    """The joint log density of latents and data: constrained values, no change of volume.

    Definitions are evaluated on the way and kept in `world.values`. `statements` are the model's, or those of a guide.
    """
    return sum(terms(world, statements).values(), start=0.0)


def terms(world: World, statements: tuple[ir.Statement, ...] | None = None) -> dict[str, float]:
    """The terms of the joint log density by the name of the latent or of the data."""
    found: dict[str, float] = {}
    for statement in statements if statements is not None else world.model.statements:
        match statement:
            case ir.Let(name, plates, expr):
                world.values[name] = world.full(evaluate(world, expr), plates)
            case ir.Sample():
                found[statement.name] = _latent(world, statement)
            case ir.Observed(name, plates, event, dist):
                data = world.codes[name] if name in world.codes else world.columns[name]
                found[f"observed {name}"] = float(_density(world, dist, data, plates, event).sum())
            case ir.Parameter():
                pass
    return found


def _latent(world: World, statement: ir.Sample) -> float:
    everything = (*statement.plates, *statement.event)
    split = len(everything) - _event_dims(statement.dist)
    value = world.values[statement.name]
    if sorted(value.dims) != sorted(everything):
        raise Disagreement(f"{statement.name} has dimensions {value.dims}, not {everything}")
    _hold(statement.name, value, statement.support)
    if isinstance(statement.dist, ir.Improper):
        return 0.0
    found = float(_density(world, statement.dist, value, everything[:split], everything[split:]).sum())
    if statement.noncentered:
        # The sampler moves the standard draw: the density is that of loc + scale * z as a function of z.
        scale = statement.dist.arg(statement.dist.row.location_scale[1])
        found += float(np.log(world.full(evaluate(world, scale), everything)).sum()) if scale is not None else 0.0
    return found


def _event_dims(dist: ir.Dist) -> int:
    match dist:
        case ir.Call(row):
            return row.event
        case ir.Mix(component=component):
            return component.row.event
        case ir.Improper(support=support):
            return support.event


# Densities


def _density(world: World, dist: ir.Dist, x: xr.DataArray, batch: ir.Plates, event: ir.Plates) -> xr.DataArray:
    """The log density at every member of `batch`."""
    match dist:
        case ir.Mix(weights, component, plate):
            inside = _density(world, component, x, (*batch, plate), event)
            weighted = inside + np.log(evaluate(world, weights))
            return world.full(REDUCTIONS["logsumexp"](weighted, (plate,)), batch)
        case ir.Call(row) if row.name == "FoldedDistribution":
            base = dist.arg("base_dist")
            both = [_density(world, base, value, batch, event) for value in (x, -x)]
            return np.logaddexp(*both)
        case ir.Call(row) if row.name == "ZeroInflatedDistribution":
            base = _density(world, dist.arg("base_dist"), x, batch, event)
            return _zero_inflated(world, dist, x, base)
        case ir.Call():
            return _call(world, dist, x, batch, event)
        case _:
            raise AssertionError(dist)


def _zero_inflated(world: World, dist: ir.Call, x: xr.DataArray, base: xr.DataArray) -> xr.DataArray:
    logits = dist.arg("gate_logits")
    gate = sp.expit(evaluate(world, logits)) if logits is not None else evaluate(world, dist.arg("gate"))
    return xr.where(x == 0, np.log(gate + (1 - gate) * np.exp(base)), np.log1p(-gate) + base)


def _call(world: World, dist: ir.Call, x: xr.DataArray, batch: ir.Plates, event: ir.Plates) -> xr.DataArray:
    args: dict[str, xr.DataArray] = {}
    for name, expr in dist.args:
        parameter = dist.row.parameter(name)
        value = evaluate(world, expr)
        wide = _span(parameter.extent.name, event, dict(dist.own).get(name))
        if wide:
            value = world.full(value, (*(plate for plate in batch if plate in value.dims), *wide))
        args[name] = value
    if dist.row.name in ELEMENTWISE:
        names = list(args)
        first, *rest = xr.broadcast(x, *(args[name] for name in names))
        result = ELEMENTWISE[dist.row.name](first.values, **{n: a.values for n, a in zip(names, rest, strict=True)})
        return world.full(xr.DataArray(result, dims=first.dims), batch)
    density = WHOLE_VALUE.get(dist.row.name) or by_member(dist.row)
    sizes = world.sizes(batch)
    result = np.empty(tuple(sizes.values()))
    for index in product(*(range(size) for size in sizes.values())):
        at = dict(zip(batch, index, strict=True))
        here = _member(x, at).transpose(*event)
        result[index] = density(here.values, **{name: _member(a, at).values for name, a in args.items()})
    return xr.DataArray(result, dims=batch)


def _member(value: xr.DataArray, at: Mapping[str, int]) -> xr.DataArray:
    return value.isel({plate: i for plate, i in at.items() if plate in value.dims})


def _span(extent: str, event: ir.Plates, own: str | None) -> ir.Plates:
    """The plates of an argument that belong to one value of the distribution, in Pyro's order."""
    square = event if len(event) == 2 else (*event, *(f"{plate}'" for plate in event))
    return {
        "SCALAR": (),
        "VALUE": event,
        "OWN": (own,),
        "SQUARE": square,
        "VALUE_OWN": (*event, own),
        "OWN_VALUE": (own, *event),
    }[extent]


# Expressions


def evaluate(world: World, expr: ir.Expr) -> xr.DataArray:
    """The value of an expression over its plates. Raises `Disagreement` where the checker said something else."""
    value = _evaluate(world, expr)
    if set(value.dims) != set(expr.plates):
        raise Disagreement(f"{expr} has plates {value.dims}, not {expr.plates}")
    _hold(expr, value, expr.support)
    return value


def _evaluate(world: World, expr: ir.Expr) -> xr.DataArray:
    match expr:
        case ir.Number(value):
            return xr.DataArray(float(value))
        case ir.Ref(name):
            return world.values[name] if name in world.values else world.columns[name]
        case ir.At(base, indices):
            return _indexed(world, evaluate(world, base), indices)
        case ir.Apply(function, args):
            values = xr.broadcast(*(evaluate(world, arg) for arg in args))
            result = FUNCTIONS[function](*(value.values for value in values))
            return xr.DataArray(np.asarray(result, dtype=float), dims=values[0].dims)
        case ir.Reduce("dot", over, (left, right)):
            return (evaluate(world, left) * evaluate(world, right)).sum(over)
        case ir.Reduce(function, (plate,), (arg,), keeps=True):
            return SCANS[function](evaluate(world, arg), plate)
        case ir.Reduce(function, over, (arg,)):
            return REDUCTIONS[function](evaluate(world, arg), over).astype(float)
        case ir.Network():
            return apply_network(world, expr, [evaluate(world, arg) for arg in expr.args])
        case _:
            raise AssertionError(expr)


def _indexed(world: World, value: xr.DataArray, indices: tuple[tuple[str, ir.Index], ...]) -> xr.DataArray:
    where: dict[str, object] = {}
    names: dict[str, str] = {}
    for plate, index in indices:
        match index:
            case ir.Rows(column):
                where[plate] = world.codes[column]
            case ir.Member(label):
                members = [str(member) for member in world.members[ir.base_plate(plate)]]
                where[plate] = members.index(str(label))
            case ir.Rename(name):
                names[plate] = name
    # An index by row along a dimension that the value has already takes the same row there: the diagonal.
    return value.isel(where).rename(names)


def _hold(what: object, value: xr.DataArray, support) -> None:
    """Whether values lie where the checker said they would."""
    if not support.known:
        raise Disagreement(f"{what} has no known support")
    values = value.values
    if not np.isfinite(values).all():
        return
    width = SLACK * np.maximum(1.0, np.abs(values))
    if (values < support.lo - width).any() or (values > support.hi + width).any():
        raise Disagreement(f"{what} is {values}, outside {support}")
    if support.integer and (values != np.round(values)).any():
        raise Disagreement(f"{what} is {values}, not whole numbers")
