"""Predictions for the rows of the fit: what the model computes there, and draws as Pyro's `Predictive` gives them.

Draws stand in for a posterior's: they are the prior's, so that no model has to be fitted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyro
import pytest
import torch
from pyro.infer import Predictive
from reference.gallery import fit_of_prior
from reference.synthetic import synthetic
from scipy.stats import ks_2samp

import bayesdsl as bd
from bayesdsl.lower.predictable import tables_to_predict

MODELS = Path(__file__).resolve().parents[1] / "check" / "models"
# Of each kind of model one, or more where they differ in what a predictor has to do: indexing by row and by label,
# local latents, matrices of columns, events, mixtures, params, gathering along several plates.
NAMES = [
    "bradley_terry",
    "correlated_effects",
    "gaussian_process",
    "hierarchical_logistic",
    "latent_factors",
    "measurement_error",
    "mixture_of_regressions",
    "mixture_of_vectors",
    "multinomial_logit",
    "negative_binomial",
    "radon_groups",
    "seemingly_unrelated",
    "spatial",
    "topics",
    "zero_inflated",
]
DRAWS = 50


@pytest.mark.parametrize("name", NAMES)
def test_draws_are_distributed_as_those_of_predictive(name):
    """By the Kolmogorov-Smirnov test, element by element. Seeds are fixed; with some three hundred elements the least
    p-value of samplers that are right is near 1/300, and 1e-5 leaves room."""
    compiled = bd.compile(MODELS / f"{name}.bayes")
    bound = compiled.bind(synthetic(compiled.spec))
    fit = fit_of_prior(bound, draws=DRAWS)
    sizes = bound.data.training.sizes
    samples = {
        v.name: torch.tensor(fit[v.name][0]).reshape(
            DRAWS, *(1 if dim is None else sizes[dim.rstrip("'")] for dim in v.layout)
        )
        for v in bound.model.variables
    }
    inputs = {key: None if key in compiled.program.optional else value for key, value in bound.inputs.items()}
    for table in tables_to_predict(compiled.spec):
        found = fit.predict(table=table, seed=1)
        sites = [q.name for q in found.quantities if q.kind != "definition"]
        with torch.no_grad(), torch.random.fork_rng(), pyro.validation_enabled(False):
            torch.manual_seed(1)
            model = bound.model.model
            theirs = Predictive(model, posterior_samples=samples, return_sites=sites)(**inputs)
        for quantity in found.quantities:
            if quantity.name not in theirs:
                continue
            ours = found[quantity.name].reshape(DRAWS, -1)
            pyros = theirs[quantity.name].double().numpy().reshape(DRAWS, -1)
            assert ours.shape == pyros.shape
            if quantity.kind == "derived":
                np.testing.assert_allclose(ours, pyros, rtol=1e-10)
                continue
            for mine, other in zip(ours.T, pyros.T, strict=True):
                assert ks_2samp(mine, other).pvalue > 1e-5, quantity.name


LAYERS = """
data image {
    pixels[pixel] = columns("px*")
    place : category
    age : real
    weight : real
    grade : category
}
plate hidden = 4
lam[pixel] ~ HalfCauchy(1)
layer pictures : [pixel] -> [hidden] =
    Unflatten(1, [1, 4, 4]) -> Conv2d(1, 3, 3) -> ReLU -> Flatten -> Linear(12, hidden) {
        weight, bias ~ Normal(0, 1)
    }
layer sparse : [pixel] -> [hidden] = Linear(pixel, hidden) -> Tanh { weight ~ Normal(0, lam); bias ~ Normal(0, 1) }
layer spot : [] -> [hidden] = Embedding(place, hidden) { weight ~ Normal(0, 1) }
layer person : [], [] -> [hidden] = Linear(2, 6) -> LayerNorm(6) -> Tanh -> Linear(6, hidden)
layer head : [hidden], [hidden] -> [grade] = Linear(8, grade) -> Softmax { weight, bias ~ Normal(0, 1) }
derive chances = head(pictures(pixels) + sparse(pixels), spot(place) + person(age, weight))
observe grade ~ Categorical(probs = chances)
infer svi(guide = AutoNormal, steps = 3, draws = 20)
"""


def test_layers_of_every_make_give_what_the_program_gave():
    """Convolutions and embeddings run once for every draw, linear maps for all at once, learned weights as they are."""
    rng = np.random.default_rng(0)
    rows = {f"px{i:02}": rng.normal(size=9) for i in range(16)}
    rows |= {"place": ["a", "b", "c"] * 3, "age": rng.normal(size=9), "weight": rng.normal(size=9)}
    data = {**rows, "grade": ["low", "high", "high"] * 3}
    fit = bd.compile_text(LAYERS).bind({"image": data}).fit(seed=1)
    found = fit.predict(rows, seed=1)
    # The run has the chances of its rows: computed there draw by draw, here together.
    np.testing.assert_allclose(found["chances"], fit["chances"][0], rtol=1e-9)
    drawn = fit.predictor().draws(rows, seed=1)
    np.testing.assert_allclose(drawn["chances"], found["chances"], rtol=1e-12)
    assert np.array_equal(drawn["grade"], found["grade"])
