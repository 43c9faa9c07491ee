"""Document 002: a linear regression three ways, and NumPyro. A test for each thing it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bayesdsl as bd

TRUTH = {"w": np.array([1.5, -2.8]), "b": 10.5, "sigma": 1.0}


def test_002_one_linear_model_by_sgd_adam_and_nuts(specs: Path) -> None:
    """The three agree within 0.6 of a posterior sd: the error of the draws is a tenth at most, Adam's noise at this
    rate is 0.2 to 0.4, and the maximum of the likelihood has a sigma that is a quarter of an sd under its mean. The
    truth is within three sd of each.
    """
    model = bd.compile(specs / "linear.bayes").bind()
    chain = model.fit(seed=1, chains=1, warmup=250, draws=400)
    answers = {
        "nuts": {name: chain[name].mean(axis=(0, 1)) for name in TRUTH},
        "adam": {name: v.mean(axis=(0, 1)) for name, v in model.fit("adam", seed=1, steps=1500).draws.items()},
        "sgd": {name: v[0, 0] for name, v in model.fit("sgd", seed=1).draws.items()},
    }

    sds = {name: chain[name].std(axis=(0, 1)) for name in TRUTH}
    for name, truth in TRUTH.items():
        for way in ("adam", "sgd"):
            assert (np.abs(answers[way][name] - answers["nuts"][name]) < 0.6 * sds[name]).all(), (way, name)
        for way, found in answers.items():
            assert (np.abs(found[name] - truth) < 3 * sds[name]).all(), (way, name)


def test_002_the_standard_errors_of_sgd_are_the_spread_of_nuts(specs: Path) -> None:
    """By the curvature at the maximum, against the closed form of least squares there: rounding."""
    fit = bd.compile(specs / "linear.bayes").bind().fit("sgd", seed=2)
    x = fit.bound.inputs["x"].numpy()
    design = np.column_stack([x, np.ones(len(x))])
    expected = np.sqrt(np.diag(np.linalg.inv(design.T @ design))) * fit["sigma"].item()
    found = fit.posterior.facts["std_errors"]

    assert np.ravel([*found["w"], found["b"]]) == pytest.approx(expected, rel=1e-3)


def test_002_the_model_for_numpyro_has_the_same_density(specs: Path) -> None:
    """To 1e-10 of its size, at a random point, in double precision on both sides."""
    pytest.importorskip("numpyro")
    from reference.numpyro_agreement import numpyro_agrees

    numpyro_agrees(bd.compile(specs / "linear.bayes").bind())
