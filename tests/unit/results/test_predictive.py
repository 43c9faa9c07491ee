"""Predictions as tables and files: what stands in them, for numbers, vectors and categories."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from reference.gallery import fit_of_prior

import bayesdsl as bd
from bayesdsl.results.errors import RunError
from bayesdsl.results.predictive import figures_of

PARTIES = """
data voter { party : category; age : real }
a[party], b[party] ~ Normal(0, 1)
chances[voter, party] = softmax[party](a + b * age)
observe party ~ Categorical(chances)
"""


@pytest.fixture(scope="module")
def parties():
    data = {"voter": {"party": ["red", "green", "red", "blue"], "age": [0.2, 1.0, -0.5, 0.0]}}
    return fit_of_prior(bd.compile_text(PARTIES).bind(data), draws=200).predict({"age": [0.0, 3.0]}, seed=1)


def test_figures_are_those_of_numpy():
    draws = np.random.default_rng(0).normal(size=(101, 7, 2))
    found = figures_of(draws, 0.8)
    np.testing.assert_allclose(found.mean, draws.mean(axis=0))
    np.testing.assert_allclose(found.sd, draws.std(axis=0, ddof=1))
    np.testing.assert_allclose([found.lower, found.upper], np.quantile(draws, [0.1, 0.9], axis=0))


def test_figures_leave_the_draws_as_they_are():
    draws = np.array([3.0, 1.0, 2.0])
    figures_of(draws, 0.9)
    assert draws.tolist() == [3.0, 1.0, 2.0]


def test_of_one_draw_there_is_no_spread():
    found = figures_of(np.array([[1.0, 2.0]]), 0.9)
    assert np.isnan(found.sd).all()
    assert found.lower.tolist() == found.upper.tolist() == [1.0, 2.0]


def test_a_category_has_its_likeliest_level_and_the_probability_of_each(parties):
    table = parties.summary()
    shares = np.stack([table[f"party[{level}]_mean"] for level in ("blue", "green", "red")])
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert table["party_mode"].tolist() == [("blue", "green", "red")[i] for i in shares.argmax(axis=0)]
    np.testing.assert_allclose(shares[1], (parties["party"] == 1).mean(axis=0))
    assert "party_mean" not in table.columns


def test_a_value_over_further_plates_has_columns_for_each_member(parties):
    names = [name for name in parties.summary().columns if name.startswith("chances")]
    assert names[:4] == ["chances[blue]_mean", "chances[blue]_sd", "chances[blue]_5%", "chances[blue]_95%"]
    assert len(names) == 12


def test_another_interval_is_taken_from_the_draws(parties):
    half = parties.summary(interval=0.5)
    expected = np.quantile(parties["chances"][:, :, 0], 0.25, axis=0)
    np.testing.assert_allclose(half["chances[blue]_25%"], expected)
    with pytest.raises(ValueError, match="probability"):
        parties.summary(interval=1.0)


def test_a_table_is_written_in_all_digits(parties, tmp_path):
    path = parties.save(tmp_path / "p.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = parties.summary()
    assert list(rows[0]) == list(table.columns)
    assert [float(row["chances[red]_sd"]) for row in rows] == table["chances[red]_sd"].tolist()


def test_a_prediction_prints_as_a_table(parties):
    lines = str(parties).splitlines()
    assert lines[0].split()[:2] == ["age", "chances[blue]_mean"]
    assert len(lines) == 3


@pytest.mark.parametrize("name", ["p.txt", "nowhere/p.csv"])
def test_a_file_that_cannot_be_written_is_told(parties, tmp_path, name):
    with pytest.raises(RunError, match="cannot be written"):
        parties.save(tmp_path / name)


def test_draws_are_a_tree_of_arviz(parties):
    tree = parties.to_datatree()
    chances = tree["predictions"]["chances"]
    # A plate that is called as a quantity has another name in the file.
    assert chances.dims == ("chain", "draw", "voter", "party_2")
    assert chances.coords["party_2"].values.tolist() == ["blue", "green", "red"]
    assert tree["predictions_constant_data"]["age"].values.tolist() == [0.0, 3.0]


LINE = """
data point { x : real; y : real }
a, b  ~ Normal(0, 5)
sigma ~ HalfNormal(2)
mean = a + b * x
observe y ~ Normal(mean, sigma)
infer svi(guide = AutoMultivariateNormal, optim = Adam(lr = 0.05), steps = 600, draws = 400)
"""


def test_the_interval_of_the_outcome_covers_the_rows_and_that_of_the_mean_does_not():
    """80 rows around a line: of a 90 % interval of the outcome some 72 rows are expected inside, give or take 3; the
    interval of the mean narrows with the rows, and holds a quarter or so of them."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=80)
    y = 1.5 - 2 * x + rng.normal(size=80)
    fit = bd.compile_text(LINE).bind({"point": {"x": x, "y": y}}).fit(seed=1)
    table = fit.predict(seed=1).summary()
    inside = {q: np.mean((table[f"{q}_5%"] < y) & (y < table[f"{q}_95%"])) for q in ("y", "mean")}
    assert inside["y"] > 0.75
    assert inside["mean"] < 0.5
