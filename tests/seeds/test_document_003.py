"""Document 003: Bayesian neural networks, and updating them. A test for each thing it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bayesdsl as bd

GRID = {"x": "-0.5:1.5:3000"}


def test_003_a_network_with_one_hidden_layer_is_unsure_in_the_gap(specs: Path) -> None:
    """The band of the curve on the document's grid, from four short chains: at least three times as wide in the middle
    of the gap as on the data. It is five to six times as wide from this seed and from others.
    """
    fit = bd.compile(specs / "bnn.bayes").fit("short", seed=1)

    assert fit["f.0.weight"].size == 5 * fit["s"].size
    assert width_of_the_gap(fit) > 3


@pytest.mark.slow
def test_003_a_network_with_one_hidden_layer_as_written(specs: Path) -> None:
    """The figure of the document: narrow on the data, at least three times as wide in the middle of the gap."""
    fit = bd.compile(specs / "bnn.bayes").fit(seed=1)

    assert width_of_the_gap(fit) > 3
    # What is left of the points is the noise along the wave and off it.
    assert 0.06 < np.sqrt(np.median(fit["s"])) < 0.09


def test_003_five_hidden_layers_with_scales_by_fan_in(specs: Path) -> None:
    """471 weights and biases, whose prior scales are those of the document, fitted and predicted on the grid."""
    model = bd.compile(specs / "deep_bnn.bayes")
    fit = model.fit("short", seed=1)
    weights = {name: draws for name, draws in fit.draws.items() if name.startswith("f.")}

    assert len(weights) == 12
    assert sum(draws[0, 0].size for draws in weights.values()) == 20 + 4 * 110 + 11
    assert fit.posterior.losses[-20:].mean() < 0.75 * fit.posterior.losses[:20].mean()
    assert fit.predict(grid=GRID)["curve"].shape == (100, 3000)


@pytest.mark.slow
def test_003_five_hidden_layers_as_written(specs: Path) -> None:
    """25,000 steps in a third of the document's twelve minutes at most, on any machine of these years."""
    fit = bd.compile(specs / "deep_bnn.bayes").fit(seed=1)

    assert (fit.finished - fit.started).total_seconds() < 240
    assert fit.posterior.losses[-1000:].mean() < fit.posterior.losses[1000:2000].mean()


CONJUGATE = """
data row { x : real; y : real }
a ~ Normal(0, 2)
b ~ Normal(0, 2)
observe y ~ Normal(a + b * x, 0.5)
infer nuts(chains = 1, warmup = 200, draws = 500, full_mass = true)
"""


def test_003_updating_in_two_steps_equals_one_step() -> None:
    """A conjugate model, whose posterior is known: after the first rows, and after the others with the first posterior
    as prior. x is far from 0, so a and b are correlated, and carrying them one by one would be far off.

    500 draws of a chain with full mass are worth 300 or so: means to three errors of 0.06 sd, sds to four of 4 %.
    """
    rng = np.random.default_rng(7)
    x = rng.normal(3, 1, size=40)
    y = 1.0 - 0.5 * x + 0.5 * rng.normal(size=40)
    model = bd.compile_text(CONJUGATE)
    first = model.fit(data={"row": {"x": x[:25], "y": y[:25]}}, seed=1)
    second = model.fit(data={"row": {"x": x[25:], "y": y[25:]}}, prior_from=first, seed=2)

    for fit, rows in ((first, slice(0, 25)), (second, slice(0, 40))):
        mean, covariance = exact(x[rows], y[rows])
        draws = np.stack([fit["a"].ravel(), fit["b"].ravel()])
        sds = np.sqrt(np.diag(covariance))
        assert (np.abs(draws.mean(axis=1) - mean) < 0.2 * sds).all()
        assert np.allclose(draws.std(axis=1) / sds, 1, atol=0.17)
        correlation = covariance[0, 1] / sds.prod()
        assert correlation < -0.9
        assert np.corrcoef(draws)[0, 1] == pytest.approx(correlation, abs=0.02)


def test_003_updating_carries_the_noise() -> None:
    """What was learned of sigma is the prior of sigma: two further rows, which are far too near to each other for it,
    barely move it. With the model's own prior they would.
    """
    rng = np.random.default_rng(8)
    model = bd.compile_text("""
data row { y : real }
mu ~ Normal(0, 5)
sigma ~ HalfNormal(5)
observe y ~ Normal(mu, sigma)
infer svi(guide = AutoNormal, optim = Adam(lr = 0.005), steps = 3000)
""")
    first = model.fit(data={"row": {"y": rng.normal(1, 2, size=200)}}, seed=1)
    more = {"row": {"y": np.array([1.0, 1.01])}}
    second = model.fit(data=more, prior_from=first, seed=2)
    alone = model.fit(data=more, seed=2)

    before = first["sigma"]
    assert abs(second["sigma"].mean() - before.mean()) < 0.5 * before.std()
    assert np.median(alone["sigma"]) < 0.5 * before.mean()


def exact(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and covariance of (a, b) under the conjugate model."""
    design = np.column_stack([np.ones_like(x), x])
    covariance = np.linalg.inv(design.T @ design / 0.5**2 + np.eye(2) / 2**2)
    return covariance @ (design.T @ y) / 0.5**2, covariance


def width_of_the_gap(fit: bd.Fit) -> float:
    """The curve's standard deviation in the middle of the gap, over its mean on the data."""
    prediction = fit.predict(grid=GRID)
    x = np.linspace(-0.5, 1.5, 3000)
    sd = prediction["curve"].std(axis=0)
    on_the_data = ((x > -0.2) & (x < 0.2)) | ((x > 0.6) & (x < 1.0))
    return sd[np.abs(x - 0.4).argmin()] / sd[on_the_data].mean()
