"""Other parameterisations: what they promise holds of SciPy's distribution with the arguments they give."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.special as sp
import scipy.stats as st

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.catalogue.functions import FUNCTIONS
from bayesdsl.catalogue.rows import Alternative, Distribution, Parameter

CASES = [(row, alternative) for row in DISTRIBUTIONS.values() for alternative in row.alternatives]


def name_of(case: tuple[Distribution, Alternative]) -> str:
    row, alternative = case
    return "-".join([row.name, *(p.name for p in alternative.parameters)])


MATHS = {name: getattr(math, row.math[5:]) for name, row in FUNCTIONS.items() if row.math.startswith("math.")}


def evaluated(text: str, values: dict[str, float]) -> float:
    """An expression of the language, all of whose operators but one are Python's."""
    return eval(text.replace("^", "**"), {"__builtins__": {}}, {**MATHS, **values})


def given(row: Distribution, alternative: Alternative) -> list[Parameter]:
    """The alternative's parameters, and Pyro's own that it leaves to the user: one of each choice."""
    replaced = {name for name, _ in alternative.gives} | {p.name for p in alternative.parameters}
    kept = []
    for parameter in row.parameters:
        choice = next((c for c in row.choices if parameter.name in c), (parameter.name,))
        if not replaced & set(choice) and choice[0] == parameter.name:
            kept.append(parameter)
    return [*alternative.parameters, *kept]


def drawn(parameter: Parameter, generator: np.random.Generator) -> float:
    support = parameter.support
    if support.integer:
        return float(generator.integers(5, 9))
    if support.hi < math.inf:
        return support.lo + (support.hi - support.lo) * generator.uniform(0.2, 0.8)
    return (support.lo if support.lo > -math.inf else -2.0) + generator.uniform(0.3, 2.5)


def values_of(row: Distribution, alternative: Alternative, seed: int) -> dict[str, float]:
    generator = np.random.default_rng(seed)
    values = {p.name: drawn(p, generator) for p in given(row, alternative)}
    if row.name == "Beta" and "sd" in values:
        # No distribution on the unit interval has a greater one than the coin's.
        values["sd"] = math.sqrt(values["mean"] * (1 - values["mean"])) * generator.uniform(0.1, 0.9)
    if "low" in values:
        values["high"] = values["low"] + abs(values["high"])
    return values


def frozen(row: Distribution, a: dict[str, float]):
    """SciPy's distribution with Pyro's arguments."""
    if "logits" in a:
        a = {**a, "probs": sp.expit(a["logits"])}
    return {
        "Normal": lambda: st.norm(a["loc"], a["scale"]),
        "LogNormal": lambda: st.lognorm(a["scale"], scale=math.exp(a["loc"])),
        "Laplace": lambda: st.laplace(a["loc"], a["scale"]),
        "Logistic": lambda: st.logistic(a["loc"], a["scale"]),
        "Exponential": lambda: st.expon(scale=1 / a["rate"]),
        "Gamma": lambda: st.gamma(a["concentration"], scale=1 / a["rate"]),
        "InverseGamma": lambda: st.invgamma(a["concentration"], scale=a["rate"]),
        "Weibull": lambda: st.weibull_min(a["concentration"], scale=a["scale"]),
        "Pareto": lambda: st.pareto(a["alpha"], scale=a["scale"]),
        "Beta": lambda: st.beta(a["concentration1"], a["concentration0"]),
        "AffineBeta": lambda: st.beta(a["concentration1"], a["concentration0"], a["loc"], a["scale"]),
        "BetaBinomial": lambda: st.betabinom(a["total_count"], a["concentration1"], a["concentration0"]),
        "ExtendedBetaBinomial": lambda: st.betabinom(a["total_count"], a["concentration1"], a["concentration0"]),
        "Geometric": lambda: st.geom(a["probs"], loc=-1),
        "Poisson": lambda: st.poisson(a["rate"]),
        "GammaPoisson": lambda: st.nbinom(a["concentration"], a["rate"] / (1 + a["rate"])),
        "NegativeBinomial": lambda: st.nbinom(a["total_count"], 1 - a["probs"]),
        # The count that is inflated.
        "ZeroInflatedNegativeBinomial": lambda: st.nbinom(a["total_count"], 1 - a["probs"]),
    }[row.name]()


def mode(d) -> float:
    """Where the density is greatest, on a grid of a hundred thousand steps."""
    grid = np.linspace(0, 1, 100_001)
    return grid[np.argmax(d.pdf(grid))]


# What each name means, as a property of a distribution. `scale`, `shape` and `concentration` mean different things to
# different families.
MEANINGS: dict[str, Callable] = {
    "mean": lambda d: d.mean(),
    "sd": lambda d: d.std(),
    "var": lambda d: d.var(),
    "precision": lambda d: 1 / d.var(),
    "median": lambda d: d.median(),
    "mode": mode,
    "low": lambda d: d.support()[0],
    "high": lambda d: d.support()[1],
    "dispersion": lambda d: (d.var() - d.mean()) / d.mean() ** 2,
    ("Exponential", "scale"): lambda d: d.mean(),
    ("Gamma", "shape"): lambda d: d.mean() ** 2 / d.var(),
    ("Gamma", "scale"): lambda d: d.var() / d.mean(),
    ("InverseGamma", "shape"): lambda d: 2 + d.mean() ** 2 / d.var(),
    ("InverseGamma", "scale"): lambda d: d.mean() * (1 + d.mean() ** 2 / d.var()),
    # The logarithm of the survival function is -(x / scale)^shape.
    ("Weibull", "shape"): lambda d: math.log2(d.logsf(2.0) / d.logsf(1.0)),
    # The survival function falls by 2^-shape from x to 2 x.
    ("Pareto", "shape"): lambda d: math.log2(d.sf(20.0) / d.sf(40.0)),
    ("Beta", "concentration"): lambda d: d.mean() * (1 - d.mean()) / d.var() - 1,
    ("NegativeBinomial", "concentration"): lambda d: d.mean() ** 2 / (d.var() - d.mean()),
    ("ZeroInflatedNegativeBinomial", "concentration"): lambda d: d.mean() ** 2 / (d.var() - d.mean()),
    ("Beta", "alpha"): lambda d: d.args[0],
    ("Beta", "beta"): lambda d: d.args[1],
}


def beta_binomial(name: str) -> Callable:
    """The properties of the Beta distribution of the probability, of which SciPy's frozen distribution has the two."""
    return lambda d: MEANINGS.get(("Beta", name), MEANINGS.get(name))(st.beta(*d.args[1:]))


def meaning(row: Distribution, name: str) -> Callable:
    if row.name in ("BetaBinomial", "ExtendedBetaBinomial"):
        return beta_binomial(name)
    return MEANINGS.get((row.name, name)) or MEANINGS[name]


def arguments_of(row: Distribution, alternative: Alternative, values: dict[str, float]) -> dict[str, float]:
    own = {p.name: values[p.name] for p in given(row, alternative) if row.parameter(p.name) is p}
    return {**own, **{name: evaluated(text, values) for name, text in alternative.gives}}


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_parameterisation_gives_what_its_names_promise(case):
    row, alternative = case
    for seed in range(4):
        values = values_of(row, alternative, seed)
        if row.name == "InverseGamma" and "shape" in values and "mean" not in values:
            values["shape"] += 3  # so that it has a variance to tell it by
        if row.name == "InverseGamma" and "concentration" in values:
            values["concentration"] += 3
        d = frozen(row, arguments_of(row, alternative, values))
        for parameter in alternative.parameters:
            # A mode is found on a grid of 1e-5; the rest is arithmetic, and SciPy's moments are good to 1e-9.
            tolerance = 1e-4 if parameter.name == "mode" else 1e-9
            assert meaning(row, parameter.name)(d) == pytest.approx(values[parameter.name], rel=tolerance), parameter


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_parameterisation_gives_legal_arguments(case):
    row, alternative = case
    for seed in range(20):
        arguments = arguments_of(row, alternative, values_of(row, alternative, seed))
        for name, value in arguments.items():
            assert row.parameter(name).support.holds(value), (name, value)


@pytest.mark.parametrize("row", [row for row in DISTRIBUTIONS.values() if row.alternatives], ids=lambda r: r.name)
def test_the_keywords_given_tell_which_parameterisation_is_meant(row: Distribution):
    names = [frozenset(p.name for p in alternative.parameters) for alternative in row.alternatives]
    assert len(set(names)) == len(names)
    own = {p.name for p in row.parameters}
    for alternative, foreign in zip(row.alternatives, names):
        # A name of Pyro's own may come with a new one only if it keeps its meaning or the new ones replace it.
        assert foreign - own
        replaced = {name for name, _ in alternative.gives}
        assert foreign & own <= replaced


def test_a_large_dispersion_is_a_large_variance():
    row = DISTRIBUTIONS["NegativeBinomial"]
    by_dispersion = next(a for a in row.alternatives if "dispersion" in {p.name for p in a.parameters})
    variances = [
        frozen(row, arguments_of(row, by_dispersion, {"mean": 3.0, "dispersion": d})).var() for d in (0.1, 1.0, 10.0)
    ]
    # mean + dispersion * mean^2
    assert variances == pytest.approx([3.9, 12.0, 93.0])
