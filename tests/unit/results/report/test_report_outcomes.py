"""Outcomes drawn anew: what the run's program gives at the rows of the data and along a predictor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from report_runs import bound_groups, cells, draws_of_groups, sampled

import bayesdsl as bd
from bayesdsl.driver import Bound
from bayesdsl.results.report.material import Material
from bayesdsl.results.report.outcomes import DRAWS, NotKnown, given, reads
from bayesdsl.results.rundir import open_run


def material(bound: Bound, draws: dict[str, np.ndarray], directory: Path) -> Material:
    """By way of a run directory, which is what a report may have."""
    sampled(bound, draws).save(directory / "run")
    return Material.of_run(open_run(directory / "run"))


def chosen(draws: np.ndarray) -> np.ndarray:
    """The draws that outcomes are made of."""
    pooled = draws.reshape(-1, *draws.shape[2:])
    return pooled[np.linspace(0, len(pooled) - 1, DRAWS).round().astype(int)]


def test_means_are_those_of_the_formula_draw_by_draw(tmp_path: Path):
    draws, bound = draws_of_groups(), bound_groups()
    (mass,) = material(bound, draws, tmp_path).outcomes.at_the_rows
    data = cells()["cell"]
    members = [str(member) for member in bound.data.coords["kind"]]
    kind = np.array([members.index(name) for name in data["kind"]])
    a, b, c = (chosen(draws[name]) for name in "abc")
    expected = a[:, kind] + b[:, None] * data["size"] + c[:, None] * data["warm"] * data["size"]
    # The same sum in another order: a few roundings of numbers of the size of 1.
    np.testing.assert_allclose(mass.mean, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(mass.observed, data["mass"])
    standard = (mass.draws - mass.mean) / chosen(draws["sigma"])[:, None]
    # 45,000 standard normals: four standard errors of their mean and of their sd.
    assert abs(standard.mean()) < 4 / np.sqrt(standard.size)
    assert abs(standard.std() - 1) < 4 / np.sqrt(2 * standard.size)


def test_along_a_predictor_the_rows_are_ones_own(tmp_path: Path):
    draws = draws_of_groups()
    found = material(bound_groups(), draws, tmp_path).outcomes
    grid = np.array([-1.0, 0.0, 2.0])
    columns = {"size": grid, "warm": np.array([1.0, 1, 1]), "kind": np.array([2, 2, 2])}
    mass = found.along("mass", columns)
    a, b, c = (chosen(draws[name]) for name in "abc")
    np.testing.assert_allclose(mass.mean, a[:, 2:3] + (b + c)[:, None] * grid, rtol=0, atol=1e-12)
    assert mass.observed is None
    assert len(mass.draws) > len(mass.mean)


NONCENTERED = """\
data obs { g : category; y : real }
tau ~ HalfNormal(1)
theta[g] ~ Normal(0, tau) noncentered
param s : positive = 1
observe y ~ Normal(theta[g], s)
infer svi(steps = 10)
"""


def test_noncentered_members_and_params_take_their_draws(tmp_path: Path):
    bound = bd.compile_text(NONCENTERED).bind({"obs": {"g": ["u", "v", "u", "v"], "y": [1.0, 2, 3, 4]}})
    rng = np.random.default_rng(2)
    draws = {"tau": np.ones((1, 60)), "theta": rng.normal(0, 5, (1, 60, 2)), "s": np.full((1, 60), 1e-9)}
    (y,) = material(bound, draws, tmp_path).outcomes.at_the_rows
    np.testing.assert_array_equal(y.mean, chosen(draws["theta"])[:, [0, 1, 0, 1]])
    # With a scale of 1e-9 a draw is within six of these of its mean.
    np.testing.assert_allclose(y.draws, y.mean, rtol=0, atol=6e-9)


LAYERS = """\
data point { x : real; y : real }
layer f = Linear(1, 3) -> Tanh -> Linear(3, 1)
layer g = Linear(1, 1) { weight ~ Normal(0, 1); bias ~ Normal(0, 1) }
s ~ HalfNormal(1)
observe y ~ Normal(f(x) + g(x), s)
infer svi(steps = 10)
"""


def test_weights_that_were_learned_have_their_one_value_and_the_others_their_draws(tmp_path: Path):
    x = np.linspace(-1, 1, 9)
    bound = bd.compile_text(LAYERS).bind({"point": {"x": x, "y": x}})
    rng = np.random.default_rng(6)
    inner, outer = rng.normal(0, 1, (3, 1)), rng.normal(0, 1, (1, 3))
    learned = {"f.0.weight": inner, "f.0.bias": np.zeros(3), "f.2.weight": outer, "f.2.bias": np.array([0.25])}
    weight, bias = rng.normal(0, 1, (1, 70, 1, 1)), rng.normal(0, 1, (1, 70, 1))
    draws = {"g.0.weight": weight, "g.0.bias": bias, "s": np.ones((1, 70))}
    sampled(bound, draws, learned=learned).save(tmp_path / "run")
    run = Material.of_run(open_run(tmp_path / "run"))
    network = outer @ np.tanh(inner * x) + 0.25
    (y,) = run.outcomes.at_the_rows
    expected = network + chosen(weight)[:, 0] * x + chosen(bias)
    # Sums of products in another order: a few roundings of numbers of the size of 1.
    np.testing.assert_allclose(y.mean, expected, rtol=0, atol=1e-12)
    again = run.outcomes.along("y", {"x": x[::-1]})
    np.testing.assert_allclose(again.mean, expected[:, ::-1], rtol=0, atol=1e-12)


TWO_PLATES = """\
plate rater = 3
data item { score[judge] = columns("s*") }
level[item] ~ Normal(0, 1)
bias[judge] ~ Normal(0, 1)
observe score ~ Normal(level + bias, 1)
infer nuts(chains = 4)
"""


def test_an_outcome_over_two_plates_has_them_in_the_order_of_its_column(tmp_path: Path):
    spec = TWO_PLATES.replace("plate rater = 3\n", "")
    data = {"item": {"s1": [1.0, 2, 3, 4], "s2": [2.0, 3, 4, 5]}}
    bound = bd.compile_text(spec).bind(data)
    rng = np.random.default_rng(3)
    draws = {"level": rng.normal(0, 1, (4, 30, 4)), "bias": rng.normal(0, 1, (4, 30, 2))}
    found = material(bound, draws, tmp_path).outcomes
    (score,) = found.at_the_rows
    expected = chosen(draws["level"])[:, :, None] + chosen(draws["bias"])[:, None, :]
    np.testing.assert_allclose(score.mean, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(score.observed, np.array([[1.0, 2], [2, 3], [3, 4], [4, 5]]))
    with pytest.raises(NotKnown, match="belongs to each item"):
        found.along("score", {"item": np.zeros(2)})


def test_what_a_likelihood_reads_goes_through_definitions():
    model = bd.compile_text("""
data row { x : real; g : category; se : positive; unused : real; y : real }
a[g] ~ Normal(0, 1)
b ~ Normal(0, 1)
line = b * x
observe y ~ Normal(a[g] + line, se)
""").spec
    likelihood = model.statements[-1]
    assert set(reads(model, likelihood)) == {"x", "g", "se"}
    assert given(likelihood) == {"se"}


def test_why_there_are_no_outcomes_is_a_sentence(tmp_path: Path):
    run = material(bound_groups(), draws_of_groups(), tmp_path)
    missing = {name: values for name, values in run.posterior.draws.items() if name != "tau"}
    from dataclasses import replace

    without = replace(run, posterior=replace(run.posterior, draws=missing))
    with pytest.raises(NotKnown, match="there are no draws of tau"):
        _ = without.outcomes.at_the_rows
