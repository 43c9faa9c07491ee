"""Networks by numpy, for the interpreter: plain pipelines of matrix products and functions of single values.

f(x) with Linear(1, 5) -> Tanh -> Linear(5, 1)  ->  tanh(x W0' + b0) W2' + b2
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayesdsl.model import ir

if TYPE_CHECKING:
    from reference.interpreter import World

ACTIVATIONS = {
    "Identity": lambda x: x,
    "Tanh": np.tanh,
    "ReLU": lambda x: np.maximum(x, 0.0),
    "Softplus": lambda x: np.logaddexp(x, 0.0),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


def apply_network(world: World, network: ir.Network, args: Sequence[xr.DataArray]) -> xr.DataArray:
    """The layer's result for every member of the plates that its arguments vary over beside those it takes."""
    layer = world.model.layers[network.layer]
    batch = tuple(dict.fromkeys(p for a, own in zip(args, layer.inputs, strict=True) for p in a.dims if p not in own))
    sizes = world.sizes(batch)
    x = np.concatenate([_rows(world, a, batch, own) for a, own in zip(args, layer.inputs, strict=True)], axis=-1)
    head = layer.heads[network.output] if layer.heads else ()
    for step in (*layer.steps, *head):
        x = _apply(step, {name: world.values[weight].values for name, weight in step.weights}, x)
    plates = layer.outputs[network.output]
    return xr.DataArray(x.reshape(*sizes.values(), *world.sizes(plates).values()), dims=(*batch, *plates))


def _rows(world: World, value: xr.DataArray, batch: ir.Plates, own: ir.Plates) -> np.ndarray:
    """What goes in, side by side: (member of the batch, element)."""
    wide = world.full(value, (*batch, *own)).values
    return wide.reshape(-1, prod(world.sizes(own).values()))


def _apply(step: ir.Step, weights: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    if step.row.name == "Linear":
        return x @ weights["weight"].T + weights.get("bias", 0.0)
    return ACTIVATIONS[step.row.name](x)
