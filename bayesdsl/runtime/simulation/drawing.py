"""Draws of a model's unknowns and outcomes, by the program that is emitted.

A prior that a type cuts down, `s : positive ~ Normal(0, 1)`, stands in the program as a flat one and a density, which
cannot be drawn from. For a simulation the program is made without the type, and draws that are not of it are rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
import pyro
import torch
from pyro.poutine.messenger import Messenger

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.lower.distributions import event_count
from bayesdsl.lower.layout import Layout, assign_dims, batch_layout
from bayesdsl.lower.program import Program
from bayesdsl.lower.statements import Reported
from bayesdsl.model import ir
from bayesdsl.runtime.binding.supports import violations
from bayesdsl.runtime.bound import Variable
from bayesdsl.runtime.engines.collect import arranged
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.simulation import errors
from bayesdsl.runtime.simulation.pins import Pin

# Draws of a value, and of the whole model, before a type is taken to be out of reach.
TRIES, RUNS = 10_000, 1_000
# What the seeds of a simulation are spawned by.
DRAWING = 1_000_000
SORTED = frozenset({"ordered", "positive_ordered"})


def draw_seed(seed: int, number: int) -> int:
    """The seed of one data set: unrelated to those of a fit with the same seed, and to those of predictors."""
    words = np.random.SeedSequence(seed, spawn_key=(DRAWING, number)).generate_state(2)
    return int(words[0]) << 32 | int(words[1])


def drawable(model: ir.Model) -> ir.Model:
    """The model without the types that cut priors down; the same model where there are none."""
    statements = tuple(
        _uncut(s) if isinstance(s, ir.Sample) and s.restricted and not isinstance(s.dist, ir.Improper) else s
        for s in model.statements
    )
    return replace(model, statements=statements) if statements != model.statements else model


def _uncut(sample: ir.Sample) -> ir.Sample:
    plates = (*sample.plates, *sample.event)
    split = len(plates) - event_count(sample.dist)
    support = sample.dist.support
    return replace(sample, plates=plates[:split], event=plates[split:], support=support, restricted=False)


def undrawable(model: ir.Model, pins: Mapping[str, Pin]) -> list[Diagnostic]:
    """What cannot be drawn and is not pinned."""
    found: list[Diagnostic] = []
    for statement in model.statements:
        name = statement.name
        if name in pins and pins[name].whole:
            continue
        match statement:
            case ir.Sample(dist=ir.Improper()):
                found.append(errors.improper(model, statement))
            case ir.Sample(dist=dist) | ir.Observed(dist=dist):
                rows = [call.row for call in _calls(dist) if not call.row.samples]
                found += [errors.no_sampler(model, statement, row.name) for row in rows[:1]]
            case ir.Parameter(init=None, layer=None):
                found.append(errors.no_start(model, statement))
    return found


def _calls(dist: ir.Dist) -> list[ir.Call]:
    match dist:
        case ir.Call():
            return [dist, *(c for _, arg in dist.args if isinstance(arg, ir.Dist) for c in _calls(arg))]
        case ir.Mix(component=component):
            return _calls(component)
    return []


def quantities(model: ir.Model, program: Program) -> tuple[Reported, ...]:
    """What has a value in each draw: what runs report, and the weights of layers that are learned."""
    names = {statement.name for statement in model.statements}
    return (*program.reported, *(item for item in program.learned if item.name in names))


@dataclass(frozen=True)
class Drawn:
    """One run of the program: values over their plates, in the order of the spec's left sides."""

    unknowns: dict[str, np.ndarray]
    outcomes: dict[str, np.ndarray]


class Redo(Exception):
    """A draw outside of its type, of a prior that depends on other draws: those have to be drawn anew as well."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Cut:
    """A prior that a type cuts down.

    `alone` says that how much is cut off does not depend on other draws, so that a value may be drawn again by itself.
    `exchangeable` is for orders: the members are alike, and a draw can be put in order.
    """

    statement: ir.Sample
    alone: bool
    exchangeable: bool


class Drawer:
    """Runs the program of a drawable model."""

    def __init__(
        self,
        model: ir.Model,
        program: Program,
        function: Callable[..., Any],
        inputs: Mapping[str, object],
        coords: Mapping[str, Any],
        pins: Mapping[str, Pin],
        dtype: torch.dtype,
    ) -> None:
        """`model` is the spec's; `program`, `function` and `inputs` are of `drawable(model)`."""
        self.model, self.function, self.inputs, self.coords = model, function, dict(inputs), coords
        self.pins, self.dtype = pins, dtype
        self.variables = {r.name: Variable(r.name, r.role, r.dims, r.layout) for r in quantities(model, program)}
        self.observed = {v.name: v for v in _observed(drawable(model))}
        self.cuts = {
            s.name: _cut(model, s, pins)
            for s in model.of(ir.Sample)
            if s.restricted and not isinstance(s.dist, ir.Improper)
        }

    def draw(self, seed: int, number: int, drawn: frozenset[str]) -> Drawn:
        """The draws number `number`: the same for a seed, however many there are. Raises `BayesError`."""
        with Isolated(draw_seed(seed, number)):
            values = self._run()
        unknowns = {name: self._value(variable, values[name]) for name, variable in self.variables.items()}
        outcomes = {name: self._value(self.observed[name], values[name]) for name in sorted(drawn)}
        return Drawn(unknowns, outcomes)

    def _run(self) -> dict[str, torch.Tensor]:
        failed = ""
        for _ in range(RUNS):
            # Params start anew in each run.
            pyro.get_param_store().clear()
            recorder = _Recorder(self)
            try:
                with torch.no_grad(), recorder:
                    self.function(**self.inputs)
            except Redo as redo:
                failed = redo.name
                continue
            return recorder.values
        raise BayesError((errors.rarely_within(self.model, self.cuts[failed].statement, RUNS),))

    def _value(self, variable: Variable, value: torch.Tensor) -> np.ndarray:
        return arranged(variable, value.detach().cpu().numpy(), self.coords, lead=0)

    # What the recorder asks

    def pinned(self, name: str) -> torch.Tensor | None:
        """The value of an unknown that is pinned as a whole, as the program lays it out."""
        pin = self.pins.get(name)
        if pin is None or not pin.whole:
            return None
        return self._laid_out(name, pin.values)

    def merged(self, name: str, value: torch.Tensor) -> torch.Tensor:
        """A drawn value with the pinned members in it."""
        pin = self.pins[name]
        drawn = self._value(self.variables[name], value)
        return self._laid_out(name, np.where(pin.where, pin.values, drawn)).to(value.dtype)

    def _laid_out(self, name: str, values: np.ndarray) -> torch.Tensor:
        variable = self.variables[name]
        return torch.tensor(laid_out(values, variable.dims, variable.layout), dtype=self.dtype)

    def within(self, name: str, fn: Any) -> torch.Tensor:
        """A draw of a prior that a type cuts down."""
        cut, variable = self.cuts[name], self.variables[name]
        value = fn.sample()
        for _ in range(TRIES):
            values = self._value(variable, value)
            if cut.exchangeable:
                values = np.sort(values, axis=-1)
                value = self._laid_out(name, values)
            bad = _outside(values, cut.statement)
            if not bad.any():
                return value
            if not cut.alone:
                raise Redo(name)
            mask = torch.tensor(laid_out(bad, variable.dims, variable.layout))
            value = torch.where(mask, fn.sample(), value)
        raise BayesError((errors.rarely_within(self.model, cut.statement, TRIES),))


class _Recorder(Messenger):
    """Puts pinned values in the place of draws, and writes down what every site had."""

    def __init__(self, drawer: Drawer) -> None:
        super().__init__()
        self.drawer = drawer
        self.values: dict[str, torch.Tensor] = {}

    def _pyro_sample(self, msg: dict[str, Any]) -> None:
        name = msg["name"]
        if msg["is_observed"] or name not in self.drawer.variables:
            return
        pinned = self.drawer.pinned(name)
        if pinned is not None:
            if not bool(_allowed(msg["fn"], pinned)):
                raise BayesError((self._not_allowed(name),))
            msg["value"] = pinned
        elif name in self.drawer.cuts:
            msg["value"] = self.drawer.within(name, msg["fn"])

    def _pyro_post_sample(self, msg: dict[str, Any]) -> None:
        name = msg["name"]
        if name in self.drawer.pins and name in self.drawer.variables:
            msg["value"] = self.drawer.merged(name, msg["value"])
        self.values[name] = msg["value"]

    def _pyro_param(self, msg: dict[str, Any]) -> None:
        msg["value"] = self.drawer.pinned(msg["name"])

    def _pyro_post_param(self, msg: dict[str, Any]) -> None:
        name = msg["name"]
        if name in self.drawer.pins:
            msg["value"] = self.drawer.merged(name, msg["value"])
        self.values[name] = msg["value"]

    def _not_allowed(self, name: str) -> Diagnostic:
        statement = next(s for s in self.drawer.model.of(ir.Sample) if s.name == name)
        moving = statement.moving
        support = None if moving else statement.support
        return errors.outside_support(self.drawer.model, f"--set {name}", name, statement.span, support, None)


def _allowed(fn: Any, value: torch.Tensor) -> bool:
    """Whether a value lies in a distribution's support, which may depend on what was drawn before."""
    try:
        return bool(fn.support.check(value).all())
    except NotImplementedError:
        return True


def laid_out(values: np.ndarray, dims: ir.Plates, layout: Layout) -> np.ndarray:
    """Values over `dims` as the program lays them out: of size 1 where the layout has no plate."""
    kept = [dim for dim in layout if dim is not None]
    moved = values.transpose([dims.index(dim) for dim in kept])
    sizes = iter(moved.shape)
    return moved.reshape([1 if dim is None else next(sizes) for dim in layout])


def _observed(model: ir.Model) -> list[Variable]:
    """How the program lays out what is observed; the dimensions of columns are those of the spec."""
    dims = assign_dims(model)
    return [
        Variable(s.name, "observed", model.columns[s.name].plates, (*batch_layout(s.plates, dims), *s.event))
        for s in model.of(ir.Observed)
    ]


# Priors that a type cuts down


def _cut(model: ir.Model, statement: ir.Sample, pins: Mapping[str, Pin]) -> Cut:
    drawn = _drawn_names(model, pins)
    dist, support = statement.dist, statement.support
    exprs = list(ir.dist_exprs(dist))
    fixed = not any(_depends(expr, drawn) for expr in exprs)
    last = statement.event[-1] if statement.event else None
    alike = support.name in SORTED and event_count(dist) == 0 and not any(last in expr.plates for expr in exprs)
    unbounded = support.lo == -inf and support.hi == inf
    return Cut(statement, fixed or (alike and unbounded) or _half(statement, drawn), alike)


def _half(statement: ir.Sample, drawn: frozenset[str]) -> bool:
    """Whether a type takes one half of a prior that is symmetric about 0, whatever its scale."""
    dist, support = statement.dist, statement.support
    if not isinstance(dist, ir.Call) or dist.row.location_scale is None or dist.row.name not in SYMMETRIC:
        return False
    loc, scale = dist.row.location_scale
    centre = dist.arg(loc)
    others = [arg for name, arg in dist.args if name != scale]
    at_zero = centre is None or (isinstance(centre, ir.Number) and centre.value == 0)
    half = (support.lo, support.hi) in ((0, inf), (-inf, 0)) and support.event == 0
    return at_zero and half and not any(isinstance(arg, ir.Expr) and _depends(arg, drawn) for arg in others)


SYMMETRIC = frozenset({"Normal", "StudentT", "Cauchy", "Laplace", "Logistic"})


def _drawn_names(model: ir.Model, pins: Mapping[str, Pin]) -> frozenset[str]:
    """Names whose values differ from draw to draw."""
    drawn: set[str] = set()
    for statement in model.statements:
        pinned = statement.name in pins and pins[statement.name].whole
        match statement:
            case ir.Sample() if not pinned:
                drawn.add(statement.name)
            case ir.Observed():
                drawn.add(statement.name)
            case ir.Let(expr=expr) if _depends(expr, frozenset(drawn)):
                drawn.add(statement.name)
    return frozenset(drawn)


def _depends(expr: ir.Expr, drawn: frozenset[str]) -> bool:
    """Whether an expression differs from draw to draw; a network is taken to, by its weights."""
    nodes = ir.walk(expr)
    return any(isinstance(node, ir.Network) or (isinstance(node, ir.Ref) and node.name in drawn) for node in nodes)


def _outside(values: np.ndarray, statement: ir.Sample) -> np.ndarray:
    """Where a value is not of its type: of its shape, whole vectors where one draw or one order is one."""
    support = statement.support
    bad = violations(values, support)
    if support.name in SORTED:
        order = (np.diff(values, axis=-1) <= 0).any(axis=-1) | bad.any(axis=-1)
        return np.broadcast_to(order[..., None], values.shape)
    together = event_count(statement.dist)
    if together:
        axes = tuple(range(values.ndim - together, values.ndim))
        return np.broadcast_to(bad.any(axis=axes, keepdims=True), values.shape)
    return bad
