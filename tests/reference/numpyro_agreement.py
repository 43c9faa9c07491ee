"""Runs the program for NumPyro on the values of a point, and holds it against Pyro's trace there.

JAX's precision is that of its process: it is set inside a context alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pyro
import torch
from numpyro.infer.util import log_density

from bayesdsl.driver import Bound
from reference.agreement import RELATIVE, Point, at_random_point, imports_of, pyro_log_density

MODULES = {"jax", "numpyro"}


def emitted(bound: Bound) -> dict[str, Any]:
    """The namespace of the program for NumPyro, which imports jax and numpyro alone and is the same every time."""
    source = bound.compiled.emit("numpyro")
    assert source == bound.compiled.emit("numpyro")
    assert {module.split(".")[0] for module in imports_of(source)} <= MODULES
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source, "emitted_numpyro.py", "exec", dont_inherit=True), namespace)
    return namespace


def as_arrays(values: Mapping[str, Any]) -> dict[str, Any]:
    """Tensors as JAX's arrays, in the precision that holds where this is called."""
    return {
        name: jnp.asarray(value.detach().numpy()) if isinstance(value, torch.Tensor) else value
        for name, value in values.items()
    }


def sampled_sites(bound: Bound, tensors: Mapping[str, torch.Tensor]) -> set[str]:
    """The latents and params of the program: what has a value of its own."""
    with pyro.get_param_store().scope():
        conditioned = pyro.poutine.condition(bound.model.model, dict(tensors))
        nodes = pyro.poutine.trace(conditioned).get_trace(**bound.inputs).nodes
    fixed = {name for name, node in nodes.items() if node.get("infer", {}).get("_deterministic")}
    return tensors.keys() - fixed


def numpyro_agrees(bound: Bound, seed: int = 0) -> Point:
    """The program for NumPyro has Pyro's log density, and its derived values, at a random point."""
    point = at_random_point(bound, seed)
    expected = pyro_log_density(bound, point.tensors)
    assert np.isfinite(expected)
    sites = sampled_sites(bound, point.tensors)
    with jax.enable_x64(True):
        model = emitted(bound)["model"]
        inputs, values = as_arrays(bound.inputs), as_arrays({name: point.tensors[name] for name in sites})

        @jax.jit
        def evaluated(values):
            found, trace = log_density(model, (), inputs, values)
            return found, {name: site["value"] for name, site in trace.items() if site["type"] == "deterministic"}

        found, derived = evaluated(values)
        found, derived = float(found), {name: np.asarray(value) for name, value in derived.items()}
    assert abs(found - expected) <= RELATIVE * max(1.0, abs(expected)), f"NumPyro gives {found}, Pyro {expected}"
    assert derived.keys() == point.tensors.keys() - sites
    for name, value in derived.items():
        np.testing.assert_allclose(value, point.tensors[name].numpy(), rtol=1e-9, atol=1e-9, err_msg=name)
    return point
