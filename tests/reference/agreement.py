"""Runs a spec three ways on the same values: our density, Pyro's own trace, and the interpreter."""

from __future__ import annotations

import ast as python_ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyro
import torch
import xarray as xr

from bayesdsl.driver import Bound, Compiled, compile_text
from bayesdsl.model import ir
from bayesdsl.runtime.density import Density
from reference.interpreter import World, log_density

# Both sides add the same float64 terms in another order: a few hundred roundings of 1e-16.
RELATIVE = 1e-10


@dataclass
class Point:
    """A bound model at one point: the interpreter's world there, and the program's tensors by site."""

    bound: Bound
    world: World
    tensors: dict[str, torch.Tensor]
    density: float
    gradient: torch.Tensor


def world_of(bound: Bound) -> World:
    """The data of a bound model by name."""
    model = bound.compiled.spec
    named = {
        name: xr.DataArray(np.asarray(values), dims=plates)
        for name, (plates, values) in {**bound.data.observed, **bound.data.constant}.items()
    }
    categories = {c.name for c in model.columns.values() if c.category is not None}
    return World(
        model,
        bound.data.coords,
        {name: values for name, values in named.items() if name not in categories},
        {name: values for name, values in named.items() if name in categories},
    )


def by_name(world: World, dims: tuple[str, ...], layout: tuple[str | None, ...], value: torch.Tensor) -> xr.DataArray:
    """A tensor as the program lays it out, over the plates of the spec. Fails where it has another shape."""
    shape = tuple(1 if plate is None else world.size(plate) for plate in layout)
    assert tuple(value.shape) == shape, f"shape {tuple(value.shape)} where the layout {layout} says {shape}"
    gaps = [i for i, plate in enumerate(layout) if plate is None]
    array = value.detach().double().numpy().reshape([n for i, n in enumerate(shape) if i not in gaps])
    return xr.DataArray(array, dims=[plate for plate in layout if plate is not None]).transpose(*dims)


def at_random_point(bound: Bound, seed: int = 0) -> Point:
    """A bound model where the density is finite."""
    density = Density(bound.model, jacobian=False, params=True)
    u = density.initial(torch.Generator().manual_seed(seed), radius=1.0)
    # Learnable values start where the spec says; away from there they may be wrong unnoticed.
    u = u + 0.1 * torch.randn(u.shape, generator=torch.Generator().manual_seed(seed + 1), dtype=u.dtype)
    value, gradient = density.value_and_grad(u)
    tensors = {name: tensor.detach() for name, tensor in density.constrain(u).items()}
    world = world_of(bound)
    for variable in bound.model.variables:
        if isinstance(_statement(world.model, variable.name), ir.Sample | ir.Parameter):
            tensor = tensors[variable.name]
            world.values[variable.name] = by_name(world, variable.dims, variable.layout, tensor)
    for name in tensors.keys() & {s.name for s in world.model.of(ir.Parameter)} - world.values.keys():
        # A learned weight of a network: its dimensions have no plates.
        world.values[name] = xr.DataArray(tensors[name].numpy())
    return Point(bound, world, tensors, float(value), gradient)


def _statement(model: ir.Model, name: str) -> ir.Statement:
    return next(s for s in model.statements if s.name == name and not isinstance(s, ir.Observed))


def pyro_log_density(bound: Bound, tensors: Mapping[str, torch.Tensor]) -> float:
    """The log density of Pyro's trace at these values; leaves Pyro's parameter store as it was."""
    model = bound.compiled.spec
    params = {s.name for s in model.of(ir.Parameter)}
    sites = {name: value for name, value in tensors.items() if name not in params}
    before = pyro.get_param_store().get_state()
    pyro.clear_param_store()
    try:
        for statement in model.of(ir.Parameter):
            pyro.get_param_store()[statement.name] = tensors[statement.name]
        conditioned = pyro.poutine.condition(bound.model.model, sites)
        trace = pyro.poutine.trace(conditioned).get_trace(**bound.inputs)
        return trace.log_prob_sum().item()
    finally:
        pyro.get_param_store().set_state(before)


def imports_of(source: str) -> set[str]:
    """The modules that a program imports."""
    found: set[str] = set()
    for node in python_ast.walk(python_ast.parse(source)):
        if isinstance(node, python_ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, python_ast.ImportFrom):
            found.add(node.module)
    return found


def compiled_twice(text: str, name: str = "model.bayes") -> Compiled:
    """A compiled spec, whose program imports torch and pyro alone and is the same every time."""
    first, second = compile_text(text, name=name), compile_text(text, name=name)
    assert first.source == second.source
    assert {module.split(".")[0] for module in imports_of(first.source)} <= {"torch", "pyro"}
    return first


def agree(text: str, data: Mapping[str, Any] | None = None, seed: int = 0, name: str = "model.bayes") -> Point:
    """Compile, bind and hold the program against the interpreter: densities, gradients, derived values."""
    return bound_agrees(compiled_twice(text, name).bind(data), seed)


def bound_agrees(bound: Bound, seed: int = 0) -> Point:
    point = at_random_point(bound, seed)
    expected = log_density(point.world)
    scale = RELATIVE * max(1.0, abs(expected))
    assert np.isfinite(expected)
    assert abs(point.density - expected) <= scale, f"the program gives {point.density}, the interpreter {expected}"
    by_pyro = pyro_log_density(bound, point.tensors)
    assert abs(by_pyro - expected) <= scale, f"Pyro's trace gives {by_pyro}, the interpreter {expected}"
    assert point.gradient.isfinite().all()
    for variable in bound.model.variables:
        values = by_name(point.world, variable.dims, variable.layout, point.tensors[variable.name])
        wanted = point.world.values[variable.name].transpose(*variable.dims)
        np.testing.assert_allclose(values, wanted, rtol=1e-9, atol=1e-9, err_msg=variable.name)
    return point
