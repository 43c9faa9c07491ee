"""NumPyro's counterparts: each distribution, function, guide and constraint of the catalogue, held against Pyro's.

A row of the tables is rewritten as the compiler does it, and run. Log densities are held to 1e-10 relative, in float64.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from density_cases import EVERY_CASE, Case, name_of

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS, REDUCTIONS, SCANS
from bayesdsl.catalogue.inference import GUIDES, INITIALISATIONS
from bayesdsl.catalogue.numpyro import (
    CALLABLES,
    FORMS,
    GUIDE_SETTINGS,
    KEYWORDS,
    MADE_CONSTRAINTS,
    METHODS,
    MISSING_CONSTRAINTS,
    MISSING_DISTRIBUTIONS,
    MISSING_GUIDES,
    OTHER_DISTRIBUTIONS,
    PRIMITIVES,
    UNMIXED,
)
from bayesdsl.catalogue.types import CONSTRAINTS
from bayesdsl.lower.expressions import METHODS as METHODS_OF_REDUCTIONS
from bayesdsl.lower.numpyro_expressions import rewrite
from bayesdsl.pysrc import nodes as py
from bayesdsl.pysrc.printer import print_module

pytest.importorskip("numpyro", reason="NumPyro is not installed")

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints
from numpyro.infer import autoguide

PRESENT = [case for case in EVERY_CASE if case[0].name not in MISSING_DISTRIBUTIONS]
BASES = {
    "FoldedDistribution": py.call("dist.StudentT", 3.5, 0.4, 1.3),
    "ZeroInflatedDistribution": py.call("dist.Poisson", 2.3),
}

# Where the two differ by more, by how much, and why.
TOLERANCE = {
    "BetaBinomial": 1e-6,  # JAX's betaln is good to six digits
    "SineBivariateVonMises": 1e-7,  # Pyro's normaliser has log(2 pi) in single precision
    "VonMises": 1e-6,  # Pyro's Bessel function is a polynomial good to single precision
}
# NumPyro has the densities of some sizes alone, and says so.
SIZES = {"ProjectedNormal": (2, 3)}


def as_array(value: Any) -> Any:
    return jnp.asarray(value.numpy()) if isinstance(value, torch.Tensor) else value


def made(expression: py.Expr, values: dict[str, Any]) -> Any:
    """What a rewritten expression gives for some values."""
    source = print_module(py.Module(None, (py.assign("result", rewrite(expression)),))).text
    namespace: dict[str, Any] = {"jax": jax, "jnp": jnp, "dist": dist, "constraints": constraints, **values}
    exec(source, namespace)
    return namespace["result"]


def counterpart(case: Case, arguments: dict[str, Any]) -> dist.Distribution:
    given = {name: py.Name(f"a_{name}") for name in arguments}
    bases = [BASES[case.row.name] for _ in case.row.takes]
    values = {f"a_{name}": as_array(value) for name, value in arguments.items()}
    return made(py.call(f"dist.{case.row.name}", *bases, **given), values)


def same_density(chosen: Any, seed: int) -> None:
    row, _ = chosen
    sizes, case = SIZES.get(row.name), Case(*chosen, seed)
    if sizes is not None and case.value_shape[-1] not in sizes:
        with jax.enable_x64(True), pytest.raises(NotImplementedError):
            counterpart(case, case.at(torch.tensor(0.0))[0]).log_prob(jnp.ones(case.value_shape))
        return
    arguments, value = case.at(torch.tensor(0.0, dtype=torch.float64))
    expected = float(case.log_prob(torch.tensor(0.0, dtype=torch.float64)))
    with jax.enable_x64(True):
        moving = {name: as_array(a) for name, a in arguments.items() if name in case.moving}
        fixed = {name: as_array(a) for name, a in arguments.items() if name not in case.moving}
        density = jax.jit(lambda moving, value: counterpart(case, fixed | moving).log_prob(value))
        found = float(density(moving, as_array(value)))
    tolerance = TOLERANCE.get(row.name, 1e-10)
    assert found == pytest.approx(expected, rel=tolerance, abs=tolerance / 10)


@pytest.mark.parametrize("chosen", PRESENT, ids=name_of)
def test_a_distribution_has_pyros_density(chosen):
    same_density(chosen, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("chosen", PRESENT, ids=name_of)
def test_a_distribution_has_pyros_density_at_more_points(chosen, seed):
    same_density(chosen, seed)


def test_what_is_said_to_be_missing_is_missing():
    assert [name for name in MISSING_DISTRIBUTIONS if hasattr(dist, name)] == []
    assert [name for name in MISSING_GUIDES if hasattr(autoguide, name)] == []
    assert [path for path in MISSING_CONSTRAINTS if hasattr(constraints, path.removeprefix("constraints."))] == []


def test_what_programs_name_beside_the_catalogue_is_numpyros():
    assert [name for name in OTHER_DISTRIBUTIONS if not hasattr(dist, name)] == []
    assert [path for path in MADE_CONSTRAINTS if not hasattr(constraints, path.removeprefix("constraints."))] == []
    for path, keywords in KEYWORDS.items():
        owner: Any = {"numpyro": numpyro, "handlers": numpyro.handlers}[PRIMITIVES[path].partition(".")[0]]
        taken = inspect.signature(getattr(owner, PRIMITIVES[path].partition(".")[2])).parameters
        # `param` hands its keywords on.
        assert keywords <= taken.keys() or "kwargs" in taken


def test_forms_are_of_distributions_of_the_catalogue():
    names = {row.name for row, _ in EVERY_CASE}
    assert FORMS.keys() <= names
    assert MISSING_DISTRIBUTIONS.keys() <= names
    assert FORMS.keys() & MISSING_DISTRIBUTIONS.keys() == set()


@pytest.mark.parametrize("chosen", [case for case in PRESENT if not case[0].takes], ids=name_of)
def test_numpyro_mixes_all_but_what_is_said_not_to_be_mixed(chosen):
    case = Case(*chosen, 0)
    support = counterpart(case, case.at(torch.tensor(0.0))[0]).support
    while isinstance(support, constraints.independent):
        support = support.base_constraint
    assert isinstance(support, constraints.ParameterFreeConstraint) == (chosen[0].name not in UNMIXED)


@pytest.mark.parametrize("path", CONSTRAINTS.values())
def test_a_constraint_is_numpyros(path: str):
    assert (path in MISSING_CONSTRAINTS) != hasattr(constraints, path.removeprefix("constraints."))


# Functions

POINTS = torch.tensor([[0.15, 0.5, 0.9], [0.35, 0.6, 0.25]], dtype=torch.float64)


def evaluated(expression: py.Expr, *arguments: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The values of an expression in torch, and of its counterpart in JAX."""
    names = [f"x{i}" for i in range(len(arguments))]
    namespace: dict[str, Any] = {"torch": torch, **dict(zip(names, arguments, strict=True))}
    exec(print_module(py.Module(None, (py.assign("result", expression),))).text, namespace)
    with jax.enable_x64(True):
        found = np.asarray(made(expression, {name: as_array(a) for name, a in zip(names, arguments, strict=True)}))
    return found, namespace["result"].numpy()


ELEMENTWISE = [row for row in (*FUNCTIONS.values(), *OPERATORS.values()) if row.torch.startswith("torch.")]


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_a_function_is_torchs(row):
    """The points are in the domain of every function."""
    arguments = [POINTS, POINTS.flip(0), POINTS.flip(1)][: row.arity[1]]
    if (row.domain is not None and row.domain.integer) or row.name == "where":
        arguments[0] = arguments[0] > 0.4
    if row.name == "clamp":
        arguments[1:] = [POINTS * 0 + 0.3, POINTS * 0 + 0.7]
    names = [py.Name(f"x{i}") for i in range(len(arguments))]
    found, expected = evaluated(py.call(row.torch, *names), *arguments)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


def reduction(row, dims: int | tuple[int, ...]) -> py.Expr:
    x = py.Name("x0")
    if row.name in METHODS_OF_REDUCTIONS:
        return py.method(x, METHODS_OF_REDUCTIONS[row.name], dims)
    return py.call(row.torch, x, dims)


@pytest.mark.parametrize("row", [r for r in REDUCTIONS.values() if r.name != "dot"], ids=lambda row: row.name)
def test_a_reduction_is_torchs(row):
    points = POINTS > 0.3 if row.name in ("any", "all") else POINTS
    found, expected = evaluated(reduction(row, -1), points)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    if row.name not in ("any", "all", "prod"):
        found, expected = evaluated(reduction(row, (-2, -1)), points)
        np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("row", SCANS.values(), ids=lambda row: row.name)
@pytest.mark.parametrize("dim", [-1, -2])
def test_a_scan_is_torchs(row, dim):
    found, expected = evaluated(py.call(row.torch, py.Name("x0"), dim), POINTS)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_every_method_of_a_reduction_has_a_counterpart():
    assert set(METHODS_OF_REDUCTIONS.values()) <= METHODS.keys()


def test_every_callable_exists():
    for path in CALLABLES.values():
        found: Any = {"jnp": jnp, "jax": jax}[path.split(".")[0]]
        for name in path.split(".")[1:]:
            found = getattr(found, name)
        assert callable(found), path


# Guides


@pytest.mark.parametrize("name", [name for name in GUIDES if name not in MISSING_GUIDES])
def test_a_guide_takes_its_settings(name: str):
    other = GUIDE_SETTINGS.get(name, {})
    taken = inspect.signature(getattr(autoguide, name)).parameters
    assert [s.name for s in GUIDES[name].settings if other.get(s.name, s.name) not in taken] == []
    assert "prefix" in taken


def test_latents_can_start_where_pyros_do():
    assert [name for name in INITIALISATIONS if not hasattr(numpyro.infer, name)] == []
