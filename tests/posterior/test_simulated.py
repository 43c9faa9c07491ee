"""Data that are simulated and fitted give back what they were simulated with, from files, for specs of every kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import bayesdsl as bd

LINE = """\
data point from "line.csv" (sep = ";", decimal = ",") {
    where present(speed)
    x : real = zscore(size)
    y : real = log(speed) / 2
}
a, w  ~ Normal(0, 10)
sigma ~ HalfNormal(10)
observe y ~ Normal(a + w * x, sigma)
"""
CATEGORIES = """\
data penguin from "penguins.csv" {
    missing drop
    species : category
    male    : binary = sex == "male"
    mass    : real = grams / 1000
}
a[species] ~ Normal(4, 2)
b          ~ Normal(0, 1)
sigma      ~ HalfNormal(1)
observe mass ~ Normal(a[species] + b * male, sigma)
"""
COUNTS = """\
data day from "calls.csv" { hours : positive; calls : count }
a ~ Normal(0, 2)
b ~ Normal(0, 2)
observe calls ~ Poisson(exp(a + b * log(hours)))
"""
BINARY = """\
data child from "children.csv" { x[f] = columns("x*"); passed : binary = score >= 50 }
a    ~ Normal(0, 2)
b[f] ~ Normal(0, 2)
observe passed ~ Bernoulli(logits = a + dot[f](x, b))
"""
TABLES = """\
data county from "counties.csv" (key = "name") { uranium : positive = exp(log_uranium) }
data house from "radon.csv" { county : category; basement : binary = floor == 0; log_radon : real }
g, h, b   ~ Normal(0, 2)
tau       ~ HalfNormal(1)
sigma     ~ HalfNormal(1)
a[county] ~ Normal(g + h * log(uranium), tau)
observe log_radon ~ Normal(a[county] + b * basement, sigma)
"""
CUTS = """\
plate cut = 2
data voter from "voters.csv" { x : real; party : category }
b      ~ Normal(0, 2)
c[cut] : ordered ~ Normal(0, 3)
observe party ~ OrderedLogistic(b * x, c)
"""

ROUND_TRIPS = {
    "line": (LINE, {"point": 400}, {}, {"a": 1.0, "w": 1.5, "sigma": 0.5}),
    "categories": (
        CATEGORIES,
        {"penguin": 500},
        {"species": "Adelie,Chinstrap,Gentoo"},
        {"a": [3.5, 4.0, 5.5], "b": 0.7, "sigma": 0.4},
    ),
    "counts": (COUNTS, {"day": 300}, {}, {"a": 1.0, "b": 0.8}),
    "binary": (BINARY, {"child": 600}, {"f": 3}, {"a": -0.5, "b": [1.0, -1.0, 0.3]}),
    "tables": (
        TABLES,
        {"county": 30, "house": 600},
        {},
        {"g": 1.0, "h": 0.7, "b": -0.6, "tau": 0.3, "sigma": 0.5},
    ),
    "cuts": (CUTS, {"voter": 600}, {"party": 3}, {"b": 1.0, "c": [-1.0, 0.8]}),
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_fit_to_simulated_files_gives_the_values_back(name: str, tmp_path: Path) -> None:
    """A short chain: what is asked of it is the posterior's place, not its tails."""
    text, rows, levels, truth = ROUND_TRIPS[name]
    model = bd.compile_text(text)
    found = model.simulate(rows, set=truth, levels=levels, seed=5)
    target = tmp_path / ("sim.csv" if len(rows) == 1 else "sim")
    files = dict(zip(model.spec.tables, found.save(target), strict=True))

    fit = model.fit("nuts", data=files, seed=1, chains=1, warmup=150, draws=200)

    for unknown, value in truth.items():
        draws = fit[unknown].reshape(-1, *np.shape(value))
        # Four posterior standard deviations, which one of some twenty quantities leaves once in a thousand times.
        off = np.abs(draws.mean(axis=0) - value) / draws.std(axis=0)
        assert (off < 4).all(), (unknown, draws.mean(axis=0), value)


def test_a_fit_takes_simulated_data_as_they_are() -> None:
    model = bd.compile_text(COUNTS)
    found = model.simulate({"day": 300}, set={"a": 1, "b": 0.8}, seed=2)
    fit = model.fit("map", data=found.data, seed=1, steps=800, optim="Adam(lr = 0.03)")
    assert fit["b"].item() == pytest.approx(0.8, abs=0.15)


CONJUGATE = """\
data point { y : real }
mu ~ Normal(1, 2)
observe y ~ Normal(mu, 3)
"""
COIN = """\
data toss { heads : binary }
p ~ Beta(2, 3)
observe heads ~ Bernoulli(p)
"""


def uniform(quantiles: list[float]) -> float:
    """The p-value of a test that quantiles of the truth in its posterior are uniform: over 0.01 at these seeds, and
    under 1e-6 where a prior's sd or a likelihood's is off by a third, as the next test shows."""
    return float(stats.kstest(quantiles, "uniform").pvalue)


def normal_quantile(truth: float, y: np.ndarray, noise: float = 3.0) -> float:
    precision = 1 / 2**2 + len(y) / noise**2
    mean = (1 / 2**2 + y.sum() / noise**2) / precision
    return float(stats.norm.cdf(truth, mean, precision**-0.5))


def test_simulation_and_posterior_are_calibrated() -> None:
    """The truth lies anywhere in its posterior with the same probability: closed forms, 500 data sets each."""
    model = bd.compile_text(CONJUGATE)
    line = [
        normal_quantile(one.truth["mu"], one.data["point"]["y"])
        for one in model.simulate({"point": 6}, draws=500, seed=11)
    ]
    assert uniform(line) > 0.01

    coin = []
    for one in bd.compile_text(COIN).simulate({"toss": 6}, draws=500, seed=12):
        heads = one.data["toss"]["heads"].sum()
        coin.append(float(stats.beta.cdf(one.truth["p"], 2 + heads, 3 + 6 - heads)))
    assert uniform(coin) > 0.01


def test_the_test_of_calibration_sees_a_likelihood_that_is_off() -> None:
    sets = bd.compile_text(CONJUGATE).simulate({"point": 6}, draws=500, seed=11)
    line = [normal_quantile(one.truth["mu"], one.data["point"]["y"], noise=1.5) for one in sets]
    assert uniform(line) < 1e-4


@pytest.mark.slow
def test_fits_of_simulated_data_are_calibrated() -> None:
    """The same through the project's own fits: the rank of the truth among 19 draws of a chain, thinned, is uniform."""
    model = bd.compile_text(CONJUGATE)
    ranks = []
    for one in model.simulate({"point": 6}, draws=60, seed=13):
        fit = model.fit("nuts", data=one.data, seed=1, chains=1, warmup=80, draws=5 * 19)
        ranks.append(int((fit["mu"].ravel()[::5] < one.truth["mu"]).sum()))
    counts = np.bincount(np.array(ranks) // 4, minlength=5)
    # Over 0.01 at this seed; ranks in posteriors that are off pile up in the first or the last of five bins.
    assert stats.chisquare(counts).pvalue > 0.01
