"""Hints lead to names that exist."""

from __future__ import annotations

import re

import pytest

from bayesdsl.catalogue.distributions import DISTRIBUTIONS, SPECIAL
from bayesdsl.catalogue.functions import ALIASES, COLUMN_FUNCTIONS, FUNCTIONS, REDUCTIONS, SCANS
from bayesdsl.catalogue.inference import ENGINES, GUIDES, LOSSES, OPTIMISERS
from bayesdsl.catalogue.spelling import (
    DENSITY_SUFFIXES,
    FOREIGN_ARGUMENTS,
    FOREIGN_DISTRIBUTIONS,
    FOREIGN_ENGINES,
    FOREIGN_FUNCTIONS,
    FOREIGN_SETTINGS,
    FOREIGN_TYPES,
    foreign_argument,
    foreign_distribution,
    nearest,
)
from bayesdsl.catalogue.types import DATA_TYPES

CALLABLE = FUNCTIONS.keys() | REDUCTIONS.keys() | SCANS.keys() | COLUMN_FUNCTIONS.keys()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Nromal", "Normal"),
        ("normal", "Normal"),
        ("halfcauchy", "HalfCauchy"),
        ("Half_Normal", "HalfNormal"),
        ("Poison", "Poisson"),
        ("Berloulli", "Bernoulli"),
        ("Dirichlett", "Dirichlet"),
        ("Exponental", "Exponential"),
        ("StudentsT", "StudentT"),
        ("MultiVariateNormal", "MultivariateNormal"),
        ("Zebra", None),
        ("x", None),
    ],
)
def test_a_misspelt_distribution_is_recognised(written, meant):
    assert nearest(written, DISTRIBUTIONS) == meant


def test_case_alone_decides_before_likeness():
    assert nearest("beta", ["Betas", "bet", "Beta"]) == "Beta"


def test_short_names_are_not_taken_for_one_another():
    assert nearest("mu", ["nu", "tau"]) is None
    assert nearest("sgima", ["sigma", "mu"]) == "sigma"


def test_nothing_is_near_where_there_is_nothing():
    assert nearest("Normal", []) is None
    assert nearest("", ["a"]) is None


@pytest.mark.parametrize(("theirs", "ours"), FOREIGN_DISTRIBUTIONS.items())
def test_foreign_distributions_lead_to_a_distribution_and_its_arguments(theirs: str, ours: str):
    name = re.match(r"\w+", ours).group()
    assert theirs not in DISTRIBUTIONS
    assert name in DISTRIBUTIONS or name in SPECIAL
    if name in DISTRIBUTIONS:
        row = DISTRIBUTIONS[name]
        known = {p.name for p in row.parameters} | {p.name for a in row.alternatives for p in a.parameters}
        assert set(re.findall(r"(\w+) =", ours)) <= known


@pytest.mark.parametrize("suffix", DENSITY_SUFFIXES)
def test_densities_of_stan_are_recognised(suffix: str):
    assert foreign_distribution("double_exponential" + suffix) == "Laplace"


def test_what_is_nobodys_name_has_no_hint():
    assert foreign_distribution("zebra") is None
    assert foreign_argument("zebra", DISTRIBUTIONS["Normal"]) is None


@pytest.mark.parametrize(
    ("distribution", "theirs", "ours"),
    [
        ("Normal", "mu", "loc"),
        ("Normal", "sd", "scale"),
        ("Normal", "sigma", "scale"),
        ("Normal", "sigma2", "var"),
        ("Normal", "tau", "precision"),
        ("StudentT", "nu", "df"),
        ("Gamma", "alpha", "concentration"),
        ("Gamma", "beta", "rate"),
        ("Beta", "a", "concentration1"),
        ("Beta", "b", "concentration0"),
        ("Binomial", "n", "total_count"),
        ("Binomial", "p", "probs"),
        ("Poisson", "mu", "mean"),
        ("Poisson", "lam", "rate"),
        ("LKJCholesky", "eta", "concentration"),
        ("OrderedLogistic", "c", "cutpoints"),
        ("MultivariateNormal", "cov", "covariance_matrix"),
        ("MultivariateNormal", "chol", "scale_tril"),
        ("ZeroInflatedPoisson", "psi", "gate"),
        ("Uniform", "lower", "low"),
        ("HalfNormal", "mu", None),
    ],
)
def test_foreign_arguments_are_recognised(distribution, theirs, ours):
    assert foreign_argument(theirs, DISTRIBUTIONS[distribution]) == ours


@pytest.mark.parametrize(("theirs", "ours"), FOREIGN_ARGUMENTS.items())
def test_every_foreign_argument_is_of_some_distribution(theirs: str, ours: tuple[str, ...]):
    rows = DISTRIBUTIONS.values()
    known = {p.name for row in rows for p in row.parameters}
    known |= {p.name for row in rows for a in row.alternatives for p in a.parameters}
    assert set(ours) <= known


def test_foreign_functions_settings_engines_and_types_exist_here():
    assert set(FOREIGN_FUNCTIONS.values()) <= CALLABLE
    assert not FOREIGN_FUNCTIONS.keys() & (CALLABLE | ALIASES.keys())
    components = [*ENGINES.values(), *GUIDES.values(), *LOSSES.values(), *OPTIMISERS.values()]
    settings = {setting.name for row in components for setting in row.settings}
    assert set(FOREIGN_SETTINGS.values()) <= settings
    assert set(FOREIGN_ENGINES.values()) <= ENGINES.keys()
    assert not FOREIGN_ENGINES.keys() & ENGINES.keys()
    assert set(FOREIGN_TYPES.values()) <= DATA_TYPES.keys()
    assert not FOREIGN_TYPES.keys() & DATA_TYPES.keys()
