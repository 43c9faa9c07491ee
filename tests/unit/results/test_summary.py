"""What a summary says of each quantity."""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

from bayesdsl.results.summary import Summary, summarise
from bayesdsl.runtime.posterior import Posterior


def scalar(values: np.ndarray, kind: str = "mcmc", **changes: object) -> Posterior:
    return Posterior(kind, "test", {"x": values}, {"x": ()}, {}, **changes)


def autoregression(rho: float, chains: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Stationary AR(1) chains of unit variance."""
    x = np.empty((chains, draws))
    x[:, 0] = rng.normal(size=chains)
    for t in range(1, draws):
        x[:, t] = rho * x[:, t - 1] + np.sqrt(1 - rho**2) * rng.normal(size=chains)
    return x


def test_location_and_spread_are_those_of_the_pooled_draws(penguins):
    posterior = penguins()
    row = summarise(posterior, interval=0.8)["a[Gentoo]"]
    pooled = posterior.draws["a"][:, :, 2].ravel()
    assert row.mean == pytest.approx(pooled.mean(), rel=1e-12)
    assert row.sd == pytest.approx(pooled.std(ddof=1), rel=1e-12)
    assert (row.lower, row.median, row.upper) == pytest.approx(tuple(np.quantile(pooled, [0.1, 0.5, 0.9])), rel=1e-12)


def test_rows_come_in_the_order_of_the_draws_and_are_named_by_labels(penguins):
    names = [row.name for row in summarise(penguins())]
    assert names == ["mu", "tau", "a[Adelie]", "a[Chinstrap]", "a[Gentoo]", "sigma"]


def test_a_matrix_has_both_labels_the_last_fastest_and_a_primed_plate_those_of_its_plate():
    draws = {"w": np.zeros((1, 5, 2, 2)), "L": np.zeros((1, 5, 2, 2))}
    posterior = Posterior("svi", "test", draws, {"w": ("s", "k"), "L": ("k", "k'")}, {"s": ["A", "B"], "k": [1, 2]})
    names = [row.name for row in summarise(posterior)]
    assert names == ["w[A, 1]", "w[A, 2]", "w[B, 1]", "w[B, 2]", "L[1, 1]", "L[1, 2]", "L[2, 1]", "L[2, 2]"]


def test_labels_that_would_be_ambiguous_or_not_print_are_quoted():
    labels = ["a, b", "x]", "", " lead", "tab\there", "Ærø"]
    posterior = Posterior("svi", "test", {"a": np.zeros((1, 4, 6))}, {"a": ("p",)}, {"p": labels})
    names = [row.name for row in summarise(posterior)]
    assert names == ['a["a, b"]', 'a["x]"]', 'a[""]', 'a[" lead"]', 'a["tab\\there"]', "a[Ærø]"]


def test_a_plate_without_labels_is_counted():
    posterior = Posterior("svi", "test", {"a": np.zeros((1, 4, 2))}, {"a": ("p",)}, {})
    assert [row.name for row in summarise(posterior)] == ["a[0]", "a[1]"]


def test_effective_sample_size_is_that_of_an_autoregression():
    rho, chains, draws = 0.6, 4, 5000
    row = summarise(scalar(autoregression(rho, chains, draws, np.random.default_rng(1))))["x"]
    exact = chains * draws * (1 - rho) / (1 + rho)
    # Over 60 seeds the estimates scattered by 4 % and 2.5 % around these values; the tolerances are three times that.
    assert row.ess_bulk == pytest.approx(exact, rel=0.13)
    assert row.mcse_mean == pytest.approx(1 / np.sqrt(exact), rel=0.08)
    assert row.rhat < 1.01


def test_rhat_tells_a_chain_that_stands_elsewhere():
    draws = np.random.default_rng(2).normal(size=(4, 500))
    assert summarise(scalar(draws))["x"].rhat < 1.01
    draws[2] += 1
    # Between split chains the means' variance is then 3/14 of the variance within: R-hat is near 1.1, and a little
    # less as ranks are normalised over all chains.
    assert 1.05 < summarise(scalar(draws))["x"].rhat < 1.11


def test_one_chain_that_drifts_is_told_by_its_halves():
    draws = np.random.default_rng(3).normal(size=(1, 1000))
    assert summarise(scalar(draws))["x"].rhat < 1.01
    assert summarise(scalar(draws + np.linspace(0, 2, 1000)))["x"].rhat > 1.05


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["mcmc", "svi"])
def test_a_constant_has_no_spread_no_diagnostics_and_no_warnings(kind, dtype):
    values = np.full((2, 200), 1, dtype=dtype)
    values[:, ::2] += np.finfo(dtype).eps  # what a correlation's diagonal looks like
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = summarise(scalar(values, kind))["x"]
    assert row.sd == 0
    assert row.mean == pytest.approx(1, abs=1e-6)
    assert (row.ess_bulk, row.ess_tail, row.rhat, row.mcse_mean) == (None, None, None, None)


def test_a_small_spread_around_a_large_value_is_not_a_constant():
    row = summarise(scalar(1e6 + 1e-4 * np.random.default_rng(4).normal(size=(4, 500))))["x"]
    assert row.sd == pytest.approx(1e-4, rel=0.1)  # the standard error of an sd from 2000 draws is 1.6 %
    assert row.rhat < 1.02


def test_draws_of_a_guide_have_a_monte_carlo_error_and_no_chain_diagnostics(penguins):
    row = summarise(penguins(chains=1, draws=800, kind="svi"))["mu"]
    assert (row.ess_bulk, row.ess_tail, row.rhat, row.estimate) == (None, None, None, None)
    assert row.mcse_mean == pytest.approx(row.sd / np.sqrt(800), rel=1e-12)


def test_a_point_has_estimates_and_the_standard_errors_that_its_engine_gives(penguins):
    facts = {"std_errors": {"mu": 0.21, "a": [0.03, float("nan"), 0.02], "sigma": [1, 2]}}
    posterior = penguins(chains=1, draws=1, kind="point", facts=facts)
    summary = summarise(posterior)
    assert summary["mu"].estimate == posterior.draws["mu"][0, 0]
    assert summary["mu"].mean is None
    errors = {row.name: row.std_error for row in summary}
    expected = {"mu": 0.21, "tau": None, "a[Adelie]": 0.03, "a[Chinstrap]": None, "a[Gentoo]": 0.02, "sigma": None}
    assert errors == expected


def test_draws_that_are_not_finite_stay_so_without_warnings():
    draws = np.random.default_rng(5).normal(size=(2, 100))
    draws[0, 0] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = summarise(scalar(draws))["x"]
    assert np.isnan(row.mean)
    assert row.rhat is None


def test_no_draws_give_rows_without_figures():
    row = summarise(scalar(np.zeros((4, 0))))["x"]
    assert (row.mean, row.rhat) == (None, None)


def test_an_empty_plate_has_no_rows():
    posterior = Posterior("mcmc", "test", {"a": np.zeros((4, 50, 0))}, {"a": ("p",)}, {"p": []})
    assert len(summarise(posterior)) == 0


def test_whole_numbers_and_truths_are_summarised_as_reals():
    draws = np.random.default_rng(6).integers(0, 2, (2, 200))
    as_int, as_bool = summarise(scalar(draws))["x"], summarise(scalar(draws.astype(bool)))["x"]
    assert as_int == as_bool
    assert as_int.mean == pytest.approx(draws.mean(), rel=1e-12)


@pytest.mark.parametrize("interval", [0, 1, -0.5, 90])
def test_an_interval_that_is_no_probability_is_refused(penguins, interval):
    with pytest.raises(ValueError, match="between 0 and 1"):
        summarise(penguins(), interval)


def test_rows_are_found_by_name_whatever_the_blanks_and_a_wrong_name_says_what_there_is(penguins):
    summary = summarise(penguins())
    assert summary[" a[ Adelie ]"] is summary["a[Adelie]"]
    assert "a[Adelie]" in summary
    with pytest.raises(KeyError, match=r"a\[Adelie\]"):
        summary["a[Adelia]"]


@pytest.mark.parametrize("kind", ["mcmc", "svi", "point"])
def test_json_round_trip_gives_the_same_summary(penguins, kind):
    summary = summarise(penguins(chains=1, draws=1 if kind == "point" else 200, kind=kind))
    assert Summary.from_dict(json.loads(summary.to_json())) == summary


def test_json_is_strict_where_figures_are_not_finite(penguins):
    posterior = penguins()
    posterior.draws["mu"][0, 0] = np.inf

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    values = json.loads(summarise(posterior).to_json(), parse_constant=refuse)
    assert values["rows"][0]["mean"] is None


def test_pandas_frame_has_the_figures_that_apply(penguins):
    frame = summarise(penguins()).to_pandas()
    assert list(frame.index) == ["mu", "tau", "a[Adelie]", "a[Chinstrap]", "a[Gentoo]", "sigma"]
    assert "estimate" not in frame.columns
    assert frame.loc["a[Gentoo]", "mean"] == pytest.approx(5.08, abs=0.01)
    assert frame["rhat"].dtype == float


def test_without_pandas_the_error_says_what_to_install(penguins, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        summarise(penguins()).to_pandas()


def test_the_summary_is_the_same_however_often_it_is_made(penguins):
    assert summarise(penguins()) == summarise(replace(penguins(), facts={"seconds": 3.0}))
