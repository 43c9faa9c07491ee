"""What the tests of engines share: how a model by hand is bound, closed forms, and a look at everything global."""

from __future__ import annotations

import random
import textwrap
import warnings
from typing import Any

import numpy as np
import pyro
import torch

from bayesdsl.runtime.bound import BoundModel, Variable
from bayesdsl.runtime.load import load

HEADER = """
import torch, pyro
import pyro.distributions as dist
from torch.distributions import constraints
from pyro import poutine
def real(value):
    return torch.tensor(value, dtype=torch.float64)
"""

RUGGED = """
def model(africa, rugged, log_gdp):
    a = pyro.sample("a", dist.Normal(real(0.0), real(10.0)))
    bA = pyro.sample("bA", dist.Normal(real(0.0), real(1.0)))
    bR = pyro.sample("bR", dist.Normal(real(0.0), real(1.0)))
    bAR = pyro.sample("bAR", dist.Normal(real(0.0), real(1.0)))
    sigma = pyro.sample("sigma", dist.Uniform(real(0.0), real(10.0)))
    mean = a + bA * africa + bR * rugged + bAR * africa * rugged
    pyro.deterministic("slope_in_africa", bR + bAR)
    with pyro.plate("nation", len(log_gdp), dim=-1):
        pyro.sample("log_gdp", dist.Normal(mean, sigma), obs=log_gdp)
"""


def bind(
    text: str,
    inputs: dict[str, Any] | None = None,
    latents: str = "",
    derived: str = "",
    params: str = "",
    coords: dict[str, list[Any]] | None = None,
    name: str = "by_hand",
    **rest: Any,
) -> BoundModel:
    """A program's text and data as a bound model; variables are named in strings, scalar, or `x[p]` over a plate."""
    source = HEADER + textwrap.dedent(text)
    module = load(source, name)
    roles = {"latent": latents, "derived": derived, "param": params}
    variables = tuple(_variable(word, role) for role, words in roles.items() for word in words.split())
    guides = {k: getattr(module, v) for k, v in rest.pop("guides", {}).items()}
    return BoundModel(name, source, module.model, inputs or {}, variables, coords or {}, guides=guides, **rest)


def _variable(word: str, role: str) -> Variable:
    name, _, plates = word.rstrip("]").partition("[")
    dims = tuple(plates.split(",")) if plates else ()
    return Variable(name, role, dims, dims)


def normal_mean_posterior(bound: BoundModel) -> tuple[float, float]:
    """Mean and standard deviation, in closed form."""
    y = bound.inputs["y"]
    precision = 1 / 3.0**2 + len(y) / 2.0**2
    return float(y.sum()) / 2.0**2 / precision, precision**-0.5


def world() -> dict[str, Any]:
    """Everything global that an engine could disturb."""
    store = pyro.get_param_store()
    return {
        "torch": torch.get_rng_state().tolist(),
        "numpy": str(np.random.get_state()),
        "python": random.getstate(),
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "grad": torch.is_grad_enabled(),
        "log": pyro.log.level,
        "checks": {
            name: pyro.settings.get(name)
            for name in (
                "validate_distributions_torch",
                "validate_distributions_pyro",
                "validate_poutine",
                "validate_infer",
            )
        },
        "params": {name: (id(value), value.tolist()) for name, value in store._params.items()},
        "warnings": list(warnings.filters),
        "stack": len(pyro.poutine.runtime._PYRO_STACK),
    }
