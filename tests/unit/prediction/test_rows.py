"""New rows: columns computed as for the fit, levels, grids, what is missing or wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from reference.gallery import fit_of_prior

import bayesdsl as bd

HOUSES = """
data house {
    where present(radon)
    missing drop
    county   : category
    basement : binary = floor == 0
    area     : real = zscore(square_metres)
    y        : real = log(radon)
}
mu, b, c   ~ Normal(0, 1)
tau, sigma ~ HalfNormal(1)
a[county]  ~ Normal(mu, tau)
mean = a[county] + b * basement + c * area
observe y ~ Normal(mean, sigma)
derive spread = tau * 2
"""
DATA = {
    "county": ["A", "B", "A", "C", "B", "C"],
    "floor": [0, 1, 0, 1, 1, 0],
    "square_metres": [80.0, 100.0, None, 120.0, 95.0, 60.0],
    "radon": [1.0, 2.0, 3.0, None, 0.5, 4.0],
}
NEW = {"county": ["A", "C"], "floor": [1, 0], "square_metres": [100.0, 50.0]}


def fitted(text: str = HOUSES, data: dict | None = None, draws: int = 50):
    (table,) = bd.compile_text(text).spec.tables
    return fit_of_prior(bd.compile_text(text).bind({table: DATA if data is None else data}), draws=draws)


@pytest.fixture(scope="module")
def houses():
    return fitted()


def codes(caught) -> list[str]:
    return [finding.code for finding in caught.value.diagnostics]


# The rows of the fit, and new ones


def test_without_data_the_rows_of_the_fit_are_predicted(houses):
    found = houses.predict(seed=1)
    assert found.rows["house"].tolist() == [1, 2, 5, 6]
    assert found.rows["county"].tolist() == ["A", "B", "B", "C"]
    assert found["y"].shape == (50, 4)
    assert found["mean"].shape == (50, 4)
    assert found["spread"].shape == (50,)
    assert np.array_equal(found["spread"], houses["spread"][0])


def test_the_same_rows_given_as_data_give_the_same_numbers(houses):
    kept = [0, 1, 4, 5]
    rows = {name: [values[i] for i in kept] for name, values in DATA.items()}
    given, of_fit = houses.predict(rows, seed=1), houses.predict(seed=1)
    for name in given.draws:
        assert np.array_equal(given[name], of_fit[name]), name


def test_functions_of_whole_columns_take_the_statistics_of_the_fit(houses):
    used = np.array([80.0, 100.0, 95.0, 60.0])
    scaled = (np.array([100.0, 50.0]) - used.mean()) / used.std(ddof=1)
    mean = houses.predict(NEW)["mean"]
    a, b, c = houses["a"][0], houses["b"][0], houses["c"][0]
    expected = a[:, [0, 2]] + b[:, None] * np.array([0.0, 1.0]) + c[:, None] * scaled
    np.testing.assert_allclose(mean, expected, rtol=1e-12)


def test_a_row_alone_is_predicted_as_among_others(houses):
    alone = houses.predict({name: values[1:] for name, values in NEW.items()})
    np.testing.assert_array_equal(alone["mean"][:, 0], houses.predict(NEW)["mean"][:, 1])


def test_filters_of_the_fit_do_not_drop_new_rows(houses):
    # `where present(radon)` is about the rows that are fitted: new ones have no radon.
    assert len(houses.predict(NEW)) == 2


def test_a_column_of_the_spec_may_be_given_itself(houses):
    given = houses.predict({"county": ["A", "C"], "basement": [0, 1], "square_metres": [100.0, 50.0]})
    np.testing.assert_array_equal(given["mean"], houses.predict(NEW)["mean"])


RANKED = """
data d {{
    x[k] = columns("x*")
    r : real = rank(x1)
    s : real = rescale(x2) + center(x1)
    gap : real = where(present(z), z, -1)
    north : binary = region != "south" and present(z)
    z_matrix[k] = x - x1
    w[both] = [x1 * x2, log(x1), 3]
    y : real
}}
b ~ Normal(0, 1)
out = b * (r + s + gap + north) + sum[k](x) * b + sum[k](z_matrix) + sum[both](w)
observe y ~ Normal(out, 1)
""".replace("{{", "{").replace("}}", "}")


def test_expressions_of_columns_are_computed_as_binding_does():
    rows = {
        "x1": [1.5, 2.0, 2.0, 7.0],
        "x2": [3.0, -1.0, 0.5, 8.0],
        "z": [1.0, None, 2.0, 4.0],
        "region": ["south", "north", "north", "east"],
        "y": [1, 2, 3, 4],
    }
    fit = fitted(RANKED, rows)
    new = fit.predict(rows, seed=1)
    np.testing.assert_allclose(new["out"], fit.predict(seed=1)["out"], rtol=1e-12)
    one = {name: values[2:3] for name, values in rows.items()}
    np.testing.assert_allclose(fit.predict(one)["out"][:, 0], new["out"][:, 2], rtol=1e-12)
    compiled = fit.predictor().draws({**rows, "z": [1.0, np.nan, 2.0, 4.0]}, seed=1)
    np.testing.assert_array_equal(compiled["out"], new["out"])


def test_data_may_be_given_under_the_name_of_their_table(houses):
    np.testing.assert_array_equal(houses.predict({"house": NEW})["y"], houses.predict(NEW)["y"])


# Levels


def test_a_level_that_the_fit_does_not_know_is_an_error(houses):
    with pytest.raises(bd.BayesError, match="unseen county redraw") as caught:
        houses.predict({**NEW, "county": ["A", "D"]})
    assert codes(caught) == ["BD755"]
    assert caught.value.diagnostics[0].cells[0].line == 2


def test_a_misspelt_level_is_told_what_may_be_meant():
    fit = fitted(HOUSES, {**DATA, "county": ["Aitkin", "Anoka", "Aitkin", "Becker", "Anoka", "Becker"]})
    with pytest.raises(bd.BayesError, match='did you mean "Aitkin"'):
        fit.predict({**NEW, "county": ["Aitkn", "Anoka"]})


def test_unseen_levels_are_drawn_from_their_prior_given_each_draw():
    """Given mu and tau of each draw, a new county is Normal(mu, tau): standardised, it is a standard normal. Rows of
    one new county share it."""
    fit = fitted(HOUSES + "unseen county redraw\n", draws=1000)
    rows = {"county": ["X", "Y", "X"], "floor": [1, 1, 1], "square_metres": [83.75, 83.75, 83.75]}
    mean = fit.predict(rows, seed=3)["mean"]
    standard = (mean - fit["mu"][0][:, None]) / fit["tau"][0][:, None]
    np.testing.assert_array_equal(mean[:, 0], mean[:, 2])
    # Four standard errors of a mean, of a variance and of a correlation of 1,000 draws.
    error = 4 / np.sqrt(1000)
    assert np.abs(standard.mean(axis=0)).max() < error
    assert np.abs(standard.var(axis=0) - 1).max() < error * np.sqrt(2)
    assert abs(np.corrcoef(standard[:, 0], standard[:, 1])[0, 1]) < error
    drawn = fit.predictor().draws(rows, seed=3)
    np.testing.assert_array_equal(drawn["mean"], mean)


def test_levels_of_the_fit_keep_their_own_beside_unseen_ones():
    fit = fitted(HOUSES + "unseen county redraw\n")
    mixed = fit.predict({"county": ["A", "X"], "floor": [1, 0], "square_metres": [100.0, 50.0]})
    np.testing.assert_array_equal(mixed["mean"][:, 0], fit.predict(NEW)["mean"][:, 0])


def test_a_level_whose_prior_needs_data_of_it_cannot_be_drawn():
    fit = bd.compile_text("""
data county from "counties.csv" (key = "name") { uranium : real }
data house { county : category; y : real }
g ~ Normal(0, 1)
a[county] ~ Normal(g * uranium, 1)
observe y ~ Normal(a[county], 1)
unseen county redraw
""").bind({"county": {"name": ["A", "B"], "uranium": [0.3, 1.2]}, "house": {"county": ["A", "B"], "y": [1.0, 2.0]}})
    with pytest.raises(bd.BayesError, match="`uranium` of a level that is not in the data") as caught:
        fit_of_prior(fit).predict({"county": ["A", "C"]})
    assert codes(caught) == ["BD755"]


# Latents of the rows

SCHOOLS = """
data school {
    y     : real
    sigma : positive
}
mu  ~ Normal(0, 5)
tau ~ HalfNormal(5)
theta[school] ~ Normal(mu, tau) noncentered
observe y ~ Normal(theta, sigma)
"""
SMALL = {"y": [28.0, 8.0, -3.0], "sigma": [1e-9] * 3}


def test_latents_of_rows_are_those_of_the_fit_where_the_rows_are():
    fit = fitted(SCHOOLS, SMALL)
    # With next to no noise the outcome is the latent.
    np.testing.assert_allclose(fit.predict()["y"], fit["theta"][0], atol=1e-7)


def test_latents_of_new_rows_are_not_known_unless_the_spec_says_how():
    with pytest.raises(bd.BayesError, match="unseen school redraw") as caught:
        fitted(SCHOOLS, SMALL).predict({"sigma": [1.0, 2.0]})
    assert codes(caught) == ["BD824"]


def test_latents_of_new_rows_are_drawn_from_their_prior_where_it_does():
    fit = fitted(SCHOOLS + "unseen school redraw\n", SMALL, draws=1000)
    y = fit.predict({"sigma": [1e-9, 1e-9]}, seed=1)["y"]
    standard = (y - fit["mu"][0][:, None]) / fit["tau"][0][:, None]
    error = 4 / np.sqrt(1000)  # four standard errors
    assert np.abs(standard.mean(axis=0)).max() < error
    assert np.abs(standard.var(axis=0) - 1).max() < error * np.sqrt(2)
    assert abs(np.corrcoef(standard.T)[0, 1]) < error


def test_rows_of_the_fit_are_known_again_by_their_keys():
    keyed = SCHOOLS.replace("data school {", 'data school from "schools.csv" (key = "name") {')
    fit = fitted(keyed, {"name": ["a", "b", "c"], **SMALL})
    y = fit.predict({"name": ["c", "a", "c"], "sigma": [1e-9] * 3})["y"]
    np.testing.assert_allclose(y, fit["theta"][0][:, [2, 0, 2]], atol=1e-7)
    compiled = fit.predictor().draws({"name": ["c", "a", "c"], "sigma": [1e-9] * 3})
    np.testing.assert_array_equal(compiled["y"], y)
    with pytest.raises(bd.BayesError, match="not among its keys") as caught:
        fit.predict({"name": ["d"], "sigma": [1.0]})
    assert codes(caught) == ["BD824"]


AMORTISED = """
data point { x : real; y : real }
s ~ HalfNormal(1)
z[point] ~ Normal(0, 1)
m = z * 2
observe y ~ Normal(m, s)

guide q {
    param w : positive = 3
    layer f = Linear(1, 4) -> Tanh -> Linear(4, 1)
    shift = f(y)
    s ~ LogNormal(0, 0.1)
    z[point] ~ Normal(w * x + shift, 0.000001)
}
infer svi(guide = q, steps = 5, draws = 20)
"""


def test_latents_of_new_rows_come_from_an_amortised_guide(tmp_path):
    data = {"x": [0.5, -1.0, 2.0], "y": [1.0, 0.0, 3.0]}
    fit = bd.compile_text(AMORTISED).bind({"point": data}).fit(seed=1)
    # With next to no noise in the guide, a row of the fit given anew has the fit's own latent.
    np.testing.assert_allclose(fit.predict(data)["m"], fit.predict()["m"], atol=1e-4)
    np.testing.assert_allclose(fit.predict()["m"], 2 * fit["z"][0], atol=1e-12)
    new = {"x": [5.0], "y": [0.0]}
    assert list(fit.predict(new).draws) == ["m", "y"]
    run = bd.open_run(fit.save(tmp_path / "run"))
    np.testing.assert_array_equal(run.predict(new, seed=1)["y"], fit.predict(new, seed=1)["y"])
    # The compiler of TorchScript may put operations together, and the last bit may differ.
    np.testing.assert_allclose(fit.predictor().draws(new, seed=1)["y"], fit.predict(new, seed=1)["y"], rtol=1e-12)
    prior = bd.compile_text(AMORTISED.replace("infer", "unseen point redraw\ninfer"))
    drawn = prior.bind({"point": data}).fit(seed=1, draws=500).predict({"x": [5.0]})["m"] / 2
    # Where the spec says so, from the prior instead: a standard normal, to four standard errors.
    assert abs(drawn.mean()) < 4 / np.sqrt(500)
    assert abs(drawn.std() - 1) < 4 / np.sqrt(1000)


# What is wrong with rows


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        ({**NEW, "square_metres": [100.0, None]}, "BD751", "leave these rows out of the data"),
        ({"county": ["A"], "floor": [0]}, "BD752", "square_metres"),
        ({**NEW, "square_metres": ["large", "small"]}, "BD750", "holds text"),
        ({"county": ["A"], "basement": [2], "square_metres": [50.0]}, "BD753", "basement"),
    ],
    ids=["missing", "no_column", "text", "outside_type"],
)
def test_what_is_wrong_with_new_rows_is_found_as_by_binding(houses, rows, code, words):
    with pytest.raises(bd.BayesError, match=words) as caught:
        houses.predict(rows)
    assert codes(caught) == [code]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({**NEW, "county": ["A", "Z"]}, "has no level 'Z'"),
        ({**NEW, "square_metres": [1.0, np.nan]}, "square_metres has missing values"),
        ({**NEW, "floor": [1]}, "different number of rows"),
        ({"county": ["A"], "floor": [1]}, "no column square_metres"),
        ({}, "no columns were given"),
    ],
)
def test_a_predictor_refuses_what_it_cannot_answer(houses, rows, words):
    with pytest.raises(Exception, match=words):
        houses.predictor().draws(rows)


# Grids


def test_grids_make_every_combination_and_the_last_moves_fastest(houses):
    found = houses.predict(grid={"square_metres": "50:100:3", "county": "A,C"}, at={"floor": 1})
    assert found.rows["square_metres"].tolist() == [50, 50, 75, 75, 100, 100]
    assert found.rows["county"].tolist() == ["A", "C"] * 3
    same = houses.predict({"square_metres": [50.0, 75, 100], "county": ["C"] * 3, "floor": [1] * 3})
    np.testing.assert_array_equal(found["mean"][:, 1::2], same["mean"])


def test_a_grid_may_be_of_a_column_of_the_spec(houses):
    found = houses.predict(grid={"area": np.linspace(-1, 1, 3)}, at={"county": "B", "basement": 1})
    expected = houses["a"][0][:, [1]] + houses["b"][0][:, None] + houses["c"][0][:, None] * np.linspace(-1, 1, 3)
    np.testing.assert_allclose(found["mean"], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("grid", "at", "words"),
    [
        ({"square_meters": [1.0]}, {}, "did you mean `square_metres`"),
        ({"square_metres": [1.0]}, {"county": "A"}, "`basement` is needed"),
        ({"square_metres": "1:2"}, {"county": "A", "floor": 1}, "LOW:HIGH:NUMBER"),
        ({"square_metres": "1:inf:3"}, {"county": "A", "floor": 1}, "finite"),
        ({"square_metres": "1:2:4000", "area": "1:2:4000"}, {"county": "A", "floor": 1}, "16,000,000 rows"),
    ],
)
def test_what_is_wrong_with_a_grid_is_told(houses, grid, at, words):
    with pytest.raises(bd.BayesError, match=words) as caught:
        houses.predict(grid=grid, at=at)
    assert codes(caught) == ["BD823"]


def test_rows_are_given_in_one_way(houses):
    with pytest.raises(bd.BayesError, match="leave one of them out"):
        houses.predict(NEW, grid={"area": [1.0]})


# Seeds and blocks


def test_a_seed_gives_the_same_numbers_and_nothing_global_is_touched(houses):
    before = torch.get_rng_state()
    one, two, other = (houses.predict(NEW, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    np.testing.assert_array_equal(one["y"], two["y"])
    assert not np.array_equal(one["y"], other["y"])


def test_more_rows_than_a_block_are_drawn_as_by_the_compiled_predictor(houses):
    rows = {name: [values[i % 2] for i in range(2500)] for name, values in NEW.items()}
    found = houses.predict(rows, seed=4)
    drawn = houses.predictor().draws(rows, seed=4)
    np.testing.assert_array_equal(found["y"], drawn["y"])
    # Blocks have random numbers of their own: equal rows in two blocks are drawn independently.
    assert abs(np.corrcoef((found["y"] - found["mean"])[:, [0, 1000]].T)[0, 1]) < 0.9
    first = houses.predict({name: values[:1000] for name, values in rows.items()}, seed=4)
    np.testing.assert_array_equal(first["y"], found["y"][:, :1000])


def test_some_of_the_draws_are_evenly_spread(houses):
    found = houses.predict(draws=5)
    places = np.linspace(0, 49, 5).round().astype(int)
    np.testing.assert_array_equal(found["spread"], houses["spread"][0][places])
    with pytest.raises(ValueError, match="positive"):
        houses.predict(draws=0)


def test_outcomes_vary_around_a_point():
    spec = bd.compile_text("""
    data row { x : real; y : real }
    param a, b
    param s : positive
    m = a + b * x
    observe y ~ Normal(m, s)
    infer mle(optim = Adam(lr = 0.1), steps = 2000)
    """)
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    fit = spec.fit(data={"row": {"x": x, "y": 1 + 2 * x + 0.5 * rng.normal(size=200)}})
    found = fit.predict(data={"row": {"x": [0.0, 1.0]}}, seed=2)
    mean = np.array([1.0, 3.0])
    # The estimates are off by about 0.5 / sqrt(200), the spread of 1,000 draws by 2 % of itself.
    assert found.draws["m"].mean(0) == pytest.approx(mean, abs=0.15)
    assert found.draws["m"].std(0) == pytest.approx([0, 0], abs=1e-12)
    assert found.draws["y"].std(0) == pytest.approx([0.5, 0.5], rel=0.2)
