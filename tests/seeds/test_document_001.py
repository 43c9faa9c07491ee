"""Document 001: the language of probabilistic programs. A test for each thing it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyro
import pytest

import bayesdsl as bd

WITH_PARAMS = """
data nation from "rugged.csv" (sep = ";") {
    where present(rgdppc_2000)
    africa  : binary = cont_africa
    rugged  : real
    log_gdp : real   = log(rgdppc_2000)
}
param a, bA, bR, bAR
param sigma : positive = 1
observe log_gdp ~ Normal(a + bA * africa + bR * rugged + bAR * africa * rugged, sigma)
infer mle(optim = Adam(lr = 0.05), steps = 1500)
"""
NAMES = ("a", "bA", "bR", "bAR")


def test_001_params_with_a_constraint_and_maximum_likelihood(rugged: bd.Bound, rugged_file: Path) -> None:
    """The same numbers as those of document 000, by params in the place of unknowns whose priors do not count."""
    fit = bd.compile_text(WITH_PARAMS).fit(data={"nation": rugged_file}, seed=2)
    other = rugged.fit("point", seed=1)

    for name in (*NAMES, "sigma"):
        # Both have converged, which is within a seventieth of a standard error: 0.005 at most here.
        assert fit[name].item() == pytest.approx(other[name].item(), abs=0.01), name
    assert fit["sigma"].item() > 0


def test_001_the_model_as_a_picture(rugged: bd.Bound) -> None:
    """Plates, what is observed and what is unknown, distributions, params with their types."""
    graph = rugged.compiled.graph()
    kinds = {name: graph.node(name).kind.value for name in (*NAMES, "sigma", "log_gdp")}
    (plate,) = [box for box in graph.walk() if box.plate == "nation"]
    assert kinds == {**dict.fromkeys((*NAMES, "sigma"), "latent"), "log_gdp": "observed"}
    assert "log_gdp" in plate.members()
    assert "sigma" not in plate.members()
    for text in (graph.svg(), graph.dot(), graph.mermaid()):
        assert "nation" in text
        assert "Uniform(0, 10)" in text

    params = bd.compile_text(WITH_PARAMS).graph()
    assert {params.node(name).kind.value for name in (*NAMES, "sigma")} == {"param"}
    assert "positive" in params.svg()


def test_001_a_model_apart_from_its_data(rugged: bd.Bound) -> None:
    """The program takes what is observed or draws it; Pyro's own `condition` then gives the same density."""
    model, inputs = rugged.compiled.model, dict(rugged.inputs)
    observed = inputs["log_gdp"]
    with pyro.poutine.trace() as drawn, pyro.poutine.seed(rng_seed=1):
        model(**{**inputs, "log_gdp": None})
    values = {name: drawn.trace.nodes[name]["value"] for name in (*NAMES, "sigma")}
    conditioned = pyro.condition(model, data={**values, "log_gdp": observed})
    given = pyro.condition(model, data=values)

    assert not drawn.trace.nodes["log_gdp"]["is_observed"]
    assert drawn.trace.nodes["log_gdp"]["value"].shape == observed.shape
    log_prob = pyro.poutine.trace(conditioned).get_trace(**{**inputs, "log_gdp": None}).log_prob_sum()
    assert log_prob == pyro.poutine.trace(given).get_trace(**inputs).log_prob_sum()


def test_001_guides_and_the_posterior_predictive_distribution(root: Path, rugged_file: Path) -> None:
    """A guide by hand and an autoguide answer alike, to three quarters of a posterior sd: the one has no correlations,
    and both move by a quarter of it with the optimiser's noise. Predicted incomes have the spread of those that were
    observed, to a tenth: sigma's posterior sd is a twentieth of it.
    """
    model = bd.compile(root / "benchmarks" / "comparison" / "doc_001.bayes").bind({"nation": rugged_file})
    by_hand = model.fit(seed=1, steps=800)
    auto = model.fit("auto", seed=1, optim="Adam(lr = 0.03)", steps=900)

    for name in NAMES:
        assert abs(by_hand[name].mean() - auto[name].mean()) < 0.75 * auto[name].std(), name
    residual = auto.predict(seed=1)["log_gdp"] - model.inputs["log_gdp"].numpy()
    # A draw of a row differs from what was observed there by two noises.
    assert np.sqrt((residual**2).mean()) == pytest.approx(np.sqrt(2) * auto["sigma"].mean(), rel=0.1)
