"""Two steps give what one gives: a posterior as the prior for more data, on models with a closed form.

The earlier run is 4,000 exact draws, so all that can differ is the density fitted to them. To first order an error d of
the earlier mean moves the final mean by V12 V1^-1 d, whose covariance is V12 V1^-1 V12 / 4,000, not over V12 / 4,000 as
data only add precision. Spreads and shapes have errors, too: over a dozen repetitions of the regression the final means
were off by up to 1.8 times sd / sqrt(4,000), as a standard deviation, and a third of that in one direction. So means
agree within six times sd / sqrt(4,000), a tenth of a posterior sd; standard deviations within six times
sd / sqrt(2 * 4,000), a correlation r within six times (1 - r^2) / sqrt(4,000).
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
import torch
from reference.known_fits import fit_with
from scipy import stats

import bayesdsl as bd
from bayesdsl.runtime.density import Density

DRAWS = 4_000
MEAN, SD = 6 / sqrt(DRAWS), 6 / sqrt(2 * DRAWS)


def on_a_grid(bound: bd.Bound, points: np.ndarray) -> np.ndarray:
    """The probabilities of a posterior of one unconstrained number at evenly spaced points."""
    density = Density(bound.model)
    with torch.no_grad():
        found = np.array([float(density.log_density(torch.tensor([u], dtype=torch.float64))) for u in points])
    weights = np.exp(found - found.max())
    return weights / weights.sum()


def moments(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    mean = float(weights @ values)
    return mean, sqrt(float(weights @ (values - mean) ** 2))


def test_a_normal_mean_with_known_sd():
    model = bd.compile_text(
        "data obs { y : real }\nmu ~ Normal(0, 3)\nobserve y ~ Normal(mu, 2)\ninfer nuts(chains = 1)"
    )
    rng = np.random.default_rng(1)
    y = rng.normal(1.5, 2, size=30)

    def closed_form(data: np.ndarray) -> tuple[float, float]:
        precision = 1 / 9 + len(data) / 4
        return data.sum() / 4 / precision, 1 / sqrt(precision)

    first = fit_with(model, {"obs": {"y": y[:10]}}, {"mu": rng.normal(*closed_form(y[:10]), size=DRAWS)})
    bound = model.bind({"obs": {"y": y[10:]}}, prior_from=first)
    points = np.linspace(-2, 5, 300)
    mean, sd = moments(points, on_a_grid(bound, points))

    expected, spread = closed_form(y)
    assert abs(mean - expected) < MEAN * spread
    assert abs(sd - spread) < SD * spread


def test_the_chance_of_heads_after_few_tosses():
    """Ten tosses, then five: the first posterior is skewed on the real line, where a normal would be visibly wrong."""
    model = bd.compile_text(
        "data toss { heads : binary }\np ~ Beta(1, 1)\nobserve heads ~ Bernoulli(p)\ninfer nuts(chains = 1)"
    )
    first_tosses, more = [1, 0, 0, 0, 0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0]
    rng = np.random.default_rng(2)
    first = fit_with(model, {"toss": {"heads": first_tosses}}, {"p": rng.beta(3, 9, size=DRAWS)})
    bound = model.bind({"toss": {"heads": more}}, prior_from=first)
    points = np.linspace(-9, 3, 300)
    mean, sd = moments(1 / (1 + np.exp(-points)), on_a_grid(bound, points))

    expected = stats.beta(3, 14)
    assert abs(mean - expected.mean()) < MEAN * expected.std()
    assert abs(sd - expected.std()) < SD * expected.std()


REGRESSION = """
data row { x : real; y : real }
v ~ InverseGamma(3, 4)
a, b ~ Normal(0, 10 * sqrt(v))
observe y ~ Normal(a + b * x, var = v)
infer nuts(chains = 2, warmup = 150, draws = 300)
"""


class Regression:
    """The conjugate posterior: v is inverse gamma, the coefficients are normal given v."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        design = np.column_stack([np.ones_like(x), x])
        precision = np.eye(2) / 100 + design.T @ design
        self.mean = np.linalg.solve(precision, design.T @ y)
        self.cov = np.linalg.inv(precision)
        self.shape = 3 + len(y) / 2
        self.scale = 4 + (y @ y - self.mean @ precision @ self.mean) / 2

    def draws(self, rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        v = self.scale / rng.gamma(self.shape, size=count)
        noise = rng.normal(size=(count, 2)) @ np.linalg.cholesky(self.cov).T
        a, b = (self.mean + np.sqrt(v)[:, None] * noise).T
        return {"v": v, "a": a, "b": b}

    def moments(self) -> dict[str, tuple[float, float]]:
        spread = np.sqrt(np.diag(self.cov) * self.scale / (self.shape - 1))
        v = stats.invgamma(self.shape, scale=self.scale)
        return {"v": (v.mean(), v.std()), "a": (self.mean[0], spread[0]), "b": (self.mean[1], spread[1])}

    def correlation(self) -> float:
        return self.cov[0, 1] / sqrt(self.cov[0, 0] * self.cov[1, 1])


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """Twelve rows and eighteen more, of x between 4 and 6: level and slope are correlated at -0.99."""
    rng = np.random.default_rng(3)
    x = rng.uniform(4, 6, size=30)
    return x, 1 + 2 * x + rng.normal(0, 1, size=30)


def weighted(bound: bd.Bound, one_step: bd.Bound, draws: dict[str, np.ndarray]) -> np.ndarray:
    """The weights that turn exact draws of one posterior into draws of another."""
    ours, exact = Density(bound.model), Density(one_step.model)
    points = torch.tensor(np.column_stack([np.log(draws["v"]), draws["a"], draws["b"]]))
    with torch.no_grad():
        ratios = np.array([float(ours.log_density(u) - exact.log_density(u)) for u in points])
    weights = np.exp(ratios - ratios.max())
    return weights / weights.sum()


def test_a_regression_with_unknown_sigma_and_correlated_coefficients(rows):
    """Exact draws of the one-step posterior, weighted to those of the two-step one, are nearly all as good as before.

    Means by weights of N draws have an error of their own, sd * sqrt(relative variance of the weights / N), which is
    a tenth of the tolerance here.
    """
    x, y = rows
    model = bd.compile_text(REGRESSION)
    rng = np.random.default_rng(4)
    everything = Regression(x, y)
    assert everything.correlation() < -0.985
    first = fit_with(model, {"row": {"x": x[:12], "y": y[:12]}}, Regression(x[:12], y[:12]).draws(rng, DRAWS))
    bound = model.bind({"row": {"x": x[12:], "y": y[12:]}}, prior_from=first)
    one_step = model.bind({"row": {"x": x, "y": y}})
    draws = everything.draws(rng, 2_000)
    weights = weighted(bound, one_step, draws)

    assert 1 / (len(weights) * (weights**2).sum()) > 0.97
    # The exact draws' own error cancels: both means are of the same draws.
    for name, (_, spread) in everything.moments().items():
        plain = moments(draws[name], np.full(len(weights), 1 / len(weights)))
        ours = moments(draws[name], weights)
        assert abs(ours[0] - plain[0]) < MEAN * spread, name
        assert abs(ours[1] - plain[1]) < SD * spread, name
    found = np.cov(draws["a"], draws["b"], aweights=weights)
    correlation = found[0, 1] / sqrt(found[0, 0] * found[1, 1])
    rho = everything.correlation()
    assert abs(correlation - rho) < 6 * (1 - rho**2) / sqrt(DRAWS)


def test_without_correlations_the_two_steps_differ(rows):
    """What the tolerances can tell: the same margins, put together at random, miss by far."""
    x, y = rows
    model = bd.compile_text(REGRESSION)
    rng = np.random.default_rng(5)
    draws = Regression(x[:12], y[:12]).draws(rng, DRAWS)
    shuffled = {name: rng.permutation(values) for name, values in draws.items()}
    first = fit_with(model, {"row": {"x": x[:12], "y": y[:12]}}, shuffled)
    bound = model.bind({"row": {"x": x[12:], "y": y[12:]}}, prior_from=first)
    exact = Regression(x, y).draws(rng, 1_000)
    weights = weighted(bound, model.bind({"row": {"x": x, "y": y}}), exact)

    assert 1 / (len(weights) * (weights**2).sum()) < 0.8


def test_two_runs_by_nuts(rows):
    """Both steps by NUTS, workers and all: means within four Monte Carlo errors of both runs, the first one's counted
    1.8 times (see above)."""
    x, y = rows
    text = REGRESSION.replace("a + b * x", "a + b * (x - 5)")
    model = bd.compile_text(text)
    first = model.fit(data={"row": {"x": x[:12], "y": y[:12]}}, seed=1)
    second = model.fit(data={"row": {"x": x[12:], "y": y[12:]}}, prior_from=first, seed=2)

    everything = Regression(x - 5, y).moments()
    for name, (mean, spread) in everything.items():
        worth = [fit.summary()[name].ess_bulk for fit in (first, second)]
        error = sqrt(1.8**2 / worth[0] + 1 / worth[1])
        assert abs(second[name].mean() - mean) < 4 * spread * error, name
        assert second[name].std() == pytest.approx(spread, rel=4 * error / sqrt(2)), name
    assert second.posterior.facts["divergences"] == 0
    assert second.posterior.facts["gradient"] in ("compiled", "traced")


COIN = """
data toss { heads : binary }
p ~ Beta(1, 1)
observe heads ~ Bernoulli(p)
guide by_hand {
    param a : positive = 3
    param b : positive = 9
    p ~ Beta(a, b)
}
guide parts { p : AutoNormal }
infer svi(guide = by_hand, optim = Adam(lr = 0.01), steps = 800)
infer parts = svi(guide = parts, optim = Adam(lr = 0.02), steps = 600)
infer auto = svi(guide = AutoDiagonalNormal, optim = Adam(lr = 0.02), steps = 600)
infer point = map(optim = Adam(lr = 0.05), steps = 500)
"""


@pytest.mark.parametrize("inference", ["svi", "parts", "auto"])
def test_every_kind_of_guide_takes_the_prior(inference):
    """Within a quarter of a standard deviation, which is what the noise of so short a fit leaves; the posterior without
    the earlier run is two away."""
    rng = np.random.default_rng(6)
    model = bd.compile_text(COIN)
    first = fit_with(model, {"toss": {"heads": [1, 0, 0, 0, 0, 0, 0, 1, 0, 0]}}, {"p": rng.beta(3, 9, size=DRAWS)})
    more = {"toss": {"heads": [0, 1, 0, 0, 1]}}
    fit = model.fit(inference, data=more, prior_from=first, seed=1)

    expected = stats.beta(5, 12)
    assert abs(fit["p"].mean() - expected.mean()) < 0.25 * expected.std()
    assert abs(stats.beta(3, 4).mean() - expected.mean()) > expected.std()


def test_the_mode_counts_the_prior_without_its_volume():
    """The mode of the chance itself, (5 - 1) / (17 - 2): on the real line it would be 5 / 17.

    The tolerance is the noise of the fitted density and what a smooth family bends the mode of a skewed margin by, a
    twentieth of a standard deviation.
    """
    rng = np.random.default_rng(7)
    model = bd.compile_text(COIN)
    first = fit_with(model, {"toss": {"heads": [1, 0, 0, 0, 0, 0, 0, 1, 0, 0]}}, {"p": rng.beta(3, 9, size=DRAWS)})
    fit = model.fit("point", data={"toss": {"heads": [0, 1, 0, 0, 1]}}, prior_from=first)

    spread = stats.beta(5, 12).std()
    assert abs(fit["p"].item() - 4 / 15) < (0.05 + MEAN) * spread
    assert abs(5 / 17 - 4 / 15) > (0.05 + MEAN) * spread


def test_three_steps_are_one(tmp_path):
    """RUN3 from RUN2 from RUN1, each from its directory: the chance after all tosses, within half a tenth more for each
    step than one step may differ by."""
    model = bd.compile_text(COIN.replace("infer svi", "infer nuts(chains = 1, warmup = 150, draws = 600)\ninfer svi"))
    tosses = [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 1], [1, 1, 0, 1, 0, 0, 0]]
    before = None
    worth = []
    for step, heads in enumerate(tosses):
        fit = model.fit(data={"toss": {"heads": heads}}, prior_from=before, seed=step)
        worth.append(fit.summary()["p"].ess_bulk)
        before = fit.save(tmp_path / f"run{step}")
    everything = [toss for heads in tosses for toss in heads]
    expected = stats.beta(1 + sum(everything), 1 + len(everything) - sum(everything))
    assert abs(fit["p"].mean() - expected.mean()) < 4 * expected.std() * sqrt(sum(1 / ess for ess in worth))
    record = bd.open_run(before).manifest.prior
    assert record.run.endswith("run1")
    assert [latent.name for latent in record.latents] == ["p"]
    assert replace(fit.bound.compiled, earlier=None).source != bd.open_run(before).program == fit.bound.compiled.source


def test_the_example_learns_week_by_week(tmp_path, root):
    """specs/updating.bayes as it says, in a short setting: what is carried, and that two weeks tell more than one.

    The slope that the data were drawn with is 3; four posterior sds leave room for the draws of both weeks.
    """
    model = bd.compile(root / "specs" / "updating.bayes")
    short = {"chains": 1, "warmup": 150, "draws": 200}
    first = model.fit(seed=1, **short)
    directory = first.save(tmp_path / "week1")
    second = model.fit(data={"batch": root / "specs" / "updating_week2.csv"}, prior_from=directory, seed=2, **short)

    assert first.posterior.coords["machine"] == ["A", "B", "C"]
    assert second.posterior.coords["machine"] == ["B", "C", "D"]
    prior = second.bound.prior
    assert prior.names == ("tau", "sigma", "mu", "level", "slope")
    assert prior.earlier.of("level").known == (True, True, False)
    assert second["slope"].std() < 0.85 * first["slope"].std()
    assert abs(second["slope"].mean() - 3) < 4 * second["slope"].std()
