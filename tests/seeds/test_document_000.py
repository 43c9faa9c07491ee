"""Document 000: Bayesian regression, from point estimates to a served predictor. A test for each thing it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesdsl as bd

# Posterior standard deviations of bA, bR, bAR, a, by NUTS: the scale on which an approximate answer is judged.
SDS = {"bA": 0.22, "bR": 0.08, "bAR": 0.13, "a": 0.14}


def test_000_point_estimates_of_a_linear_model_with_adam(rugged: bd.Bound) -> None:
    """The optimum is the document's to its digits, a hundredth; Adam has arrived there."""
    fit = rugged.fit("point", seed=1)

    for name, value in {"bA": -1.948, "bR": -0.203, "bAR": 0.393, "a": 9.223}.items():
        assert fit[name].item() == pytest.approx(value, abs=0.01), name
    assert fit.posterior.facts["converged"]


def test_000_priors_on_a_linear_layer_by_an_autodiagonalnormal(regression: bd.Fit) -> None:
    """Medians within 0.8 posterior sd of the document's: from seed to seed a fit by its settings moves by 0.15 to 0.3,
    as the document's own did. The loss per row has the same noise, some 0.01.
    """
    weight, bias = weights(regression)
    found = dict(zip(("bA", "bR", "bAR", "a"), np.median(np.column_stack([weight, bias]), axis=0), strict=True))

    for name, value in {"bA": -1.81, "bR": -0.17, "bAR": 0.38, "a": 9.18}.items():
        assert abs(found[name] - value) < 0.8 * SDS[name], name
    assert abs(np.median(regression["sigma"]) - 0.965) < 0.05
    assert abs(regression.posterior.losses[-100:].mean() / 170 - 1.46) < 0.03
    assert regression["sigma"].shape == (1, 800)


def test_000_quantiles_and_a_summary_of_800_predictive_draws(regression: bd.Fit, rugged_file: Path) -> None:
    """90 % intervals of incomes hold nine in ten of 170 rows, give or take three standard errors of 0.023; those of
    the regression line hold few.
    """
    prediction = regression.predict(interval=0.9)
    table = pd.read_csv(rugged_file, sep=";")
    actual = np.log(table.rgdppc_2000.dropna().to_numpy())
    covered = {}
    for name in ("log_gdp", "mean"):
        low, high = np.quantile(prediction[name], [0.05, 0.95], axis=0)
        covered[name] = ((low < actual) & (actual < high)).mean()

    assert prediction["log_gdp"].shape == (800, 170)
    assert 0.83 < covered["log_gdp"] < 0.97
    assert covered["mean"] < 0.5
    row = regression.summary(0.9)["sigma"]
    draws = regression["sigma"]
    assert row.mean == pytest.approx(draws.mean())
    assert row.sd == pytest.approx(draws.std(ddof=1), rel=1e-6)
    # Quantiles of 800 draws are between neighbouring draws, however they are interpolated.
    assert (row.lower, row.upper) == pytest.approx(np.quantile(draws, [0.05, 0.95]), abs=0.01)


def test_000_slopes_inside_and_outside_africa(rugged: bd.Bound, tmp_path: Path) -> None:
    """Ruggedness goes with income in Africa and against it elsewhere; the page shows densities and lines with bands.

    By NUTS 97 and 99 % of the draws say so; by a fit with these settings 79 to 100 %, from seed to seed.
    """
    fit = rugged.fit(seed=3, steps=1000)

    assert (fit["slope_in_africa"] > 0).mean() > 0.75
    assert (fit["slope_elsewhere"] < 0).mean() > 0.75

    pytest.importorskip("matplotlib")
    page = fit.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "slope_in_africa" in page
    assert "slope_elsewhere" in page
    assert page.count("<svg") >= 2


def test_000_a_served_predictor_draws_what_the_posterior_predicts(regression: bd.Fit, tmp_path: Path) -> None:
    """Saved, loaded by torch alone, asked for any number of rows. Its draws have the mean of `predict`'s to four
    standard errors of a difference of two means of 800 draws, sqrt(2 / 800) of a standard deviation each, and its
    standard deviation to 15 %, four of its errors of 2.5 % and some of `predict`'s.
    """
    import torch

    path = regression.predictor().save(tmp_path / "regression.pt")
    served = torch.jit.load(str(path))
    for rows in (1, 7, 300):
        columns = {
            "cont_africa": torch.arange(rows, dtype=torch.float64) % 2,
            "rugged": torch.linspace(0, 6, rows, dtype=torch.float64),
        }
        draws = served.draws(columns, {}, 5)["log_gdp"].numpy()
        expected = regression.predict({name: c.numpy() for name, c in columns.items()}, seed=6)["log_gdp"]

        assert draws.shape == expected.shape == (800, rows)
        sd = expected.std(axis=0)
        # The largest of 300 dependent differences is a normal's 3 to 4 errors away: five are allowed.
        assert (np.abs(draws.mean(axis=0) - expected.mean(axis=0)) < 5 * sd * np.sqrt(2 / 800)).all()
        assert np.allclose(draws.std(axis=0) / sd, 1, atol=0.2)


PARTS = """
guide parts {
    sigma         : AutoDelta
    a, bA, bR, bAR : AutoMultivariateNormal
}
"""


def test_000_autodelta_and_a_list_of_autoguides(specs: Path, rugged_file: Path) -> None:
    """A point for every unknown, and a guide put together from parts: a point for sigma, normals for the others."""
    text = (specs / "rugged.bayes").read_text(
        encoding="utf-8"
    ) + "\nguide parts {\n sigma : AutoDelta\n a, bA, bR, bAR : AutoMultivariateNormal\n}\n"
    model = bd.compile_text(text).bind({"nation": rugged_file})
    point = model.fit("svi", guide="AutoDelta", optim="Adam(lr = 0.05)", steps=600, draws=10, seed=1)
    parts = model.fit("svi", guide="parts", optim="Adam(lr = 0.03)", steps=600, draws=200, seed=1)

    assert all(np.ptp(point[name]) == 0 for name in (*SDS, "sigma"))
    assert np.ptp(parts["sigma"]) == 0
    for name, sd in SDS.items():
        assert 0.5 < parts[name].std() / sd < 2, name
        assert abs(parts[name].mean() - point[name].mean()) < sd, name


def weights(fit: bd.Fit) -> tuple[np.ndarray, np.ndarray]:
    """Draws of the weights, (draw, feature), and of the bias, (draw,), of the only layer."""
    (weight,) = [v for name, v in fit.draws.items() if name.endswith("weight")]
    (bias,) = [v for name, v in fit.draws.items() if name.endswith("bias")]
    return weight.reshape(-1, 3), bias.reshape(-1)
