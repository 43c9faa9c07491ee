"""Simulated data: drawn from the model, with what is pinned, reproducible, and refused where they cannot be."""

from __future__ import annotations

import numpy as np
import pyro
import pytest
import torch
from scipy import stats

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver import compile_text
from bayesdsl.results.simulated import Simulation

LINE = """\
data point { x : real; y : real }
a, b  ~ Normal(0, 1)
sigma ~ HalfNormal(1)
mean  = a + b * x
observe y ~ Normal(mean, sigma)
derive twice = 2 * b
"""
GROUPS = """\
data county from "counties.csv" (key = "name") { uranium : positive }
data house from "radon.csv" (sep = ";", decimal = ",") {
    where present(radon)
    where floor < 3
    where_from : category(county) = county
    basement : binary = floor == 0
    log_radon : real = log(radon)
}
mu, g, b ~ Normal(0, 1)
tau, sigma ~ HalfNormal(1)
a[county] ~ Normal(mu + g * log(uranium), tau) noncentered
observe log_radon ~ Normal(a[where_from] + b * basement, sigma)
"""


def simulated(text: str, rows: dict | None = None, **asked) -> Simulation:
    return compile_text(text).simulate(rows, seed=1, **asked)


def findings(text: str, rows: dict | None = None, **asked) -> list[str]:
    with pytest.raises(BayesError) as caught:
        simulated(text, rows, **asked)
    for finding in caught.value.diagnostics:
        assert finding.hint, finding.message
    return [f"{finding.code} {finding.message}" for finding in caught.value.diagnostics]


# What is drawn


def test_unknowns_come_from_their_priors_and_outcomes_from_them():
    found = simulated(LINE, {"point": 50})
    assert set(found.truth) == {"a", "b", "sigma", "twice"}
    assert found.truth["twice"] == 2 * found.truth["b"]
    assert {name: len(values) for name, values in found.data["point"].items()} == {"x": 50, "y": 50}


def test_pinned_values_are_the_truth_and_what_follows_from_them_follows():
    found = simulated(LINE, {"point": 4000}, set={"a": 2, "b": -1.5, "sigma": 0.5})
    assert (found.truth["a"], found.truth["twice"]) == (2.0, -3.0)
    x, y = found.data["point"]["x"], found.data["point"]["y"]
    noise = (y - (2 - 1.5 * x)) / 0.5
    # With 4,000 draws a sample of another distribution would be far out; one of this has p over 0.01 at this seed.
    assert stats.kstest(noise, "norm").pvalue > 0.01
    assert stats.kstest(x, "norm").pvalue > 0.01


def test_the_prior_is_drawn_from_its_distribution():
    found = compile_text(LINE).simulate({"point": 1}, draws=400, seed=2)
    assert stats.kstest([one.truth["b"] for one in found], "norm").pvalue > 0.01
    assert stats.kstest([one.truth["sigma"] for one in found], "halfnorm").pvalue > 0.01


def test_members_can_be_pinned_by_their_labels():
    text = 'plate k = ["u", "v"]\ndata d { y : real }\nw[k] ~ Normal(0, 1)\nobserve y ~ Normal(sum[k](w), 1)\n'
    found = simulated(text, {"d": 3}, set={'w[k = "v"]': 9})
    assert found.truth["w"][1] == 9
    assert found.truth["w"][0] != 9
    assert simulated(text, {"d": 3}, set={"w": [3, 4]}).truth["w"].tolist() == [3, 4]
    assert simulated(text, {"d": 3}, set={"w": 3}).truth["w"].tolist() == [3, 3]


def test_a_noncentred_unknown_is_pinned_like_another():
    found = simulated(GROUPS, {"county": 3, "house": 2000}, set={"a": [1, 20, 300], "b": 0, "sigma": 0.01})
    assert found.truth["a"].tolist() == [1, 20, 300]
    house, labels = found.data["house"], found.data["county"]["name"].tolist()
    means = [np.log(house["radon"])[house["county"] == label].mean() for label in labels]
    np.testing.assert_allclose(means, [1, 20, 300], atol=0.01)


def test_an_outcome_that_another_depends_on_is_drawn_first():
    text = """\
data d { dose : real; answer : real }
b ~ Normal(0, 1)
observe dose ~ Normal(5, 0.1)
observe answer ~ Normal(b * dose, 0.001)
"""
    found = simulated(text, {"d": 30}, set={"b": 2})
    np.testing.assert_allclose(found.data["d"]["answer"], 2 * found.data["d"]["dose"], atol=0.01)


def test_params_have_the_value_they_start_from_or_the_pinned_one():
    text = "data d { y : real }\nparam s[k] : positive = 2\nplate k = 2\nobserve y ~ Normal(0, sum[k](s))\n"
    assert simulated(text, {"d": 3}).truth["s"].tolist() == [2, 2]
    assert simulated(text, {"d": 3}, set={"s[k = 1]": 5}).truth["s"].tolist() == [5, 2]


def test_a_prior_that_a_type_cuts_down_is_drawn_as_its_density_says():
    """Of m and s with s > 0, where s ~ N(m, 1) and m ~ N(0, 1), m is not standard normal any more: its mean is that of
    a half normal over the root of two."""
    text = "data d { y : real }\nm ~ Normal(0, 1)\ns : positive ~ Normal(m, 1)\nobserve y ~ Normal(m, s)\n"
    found = compile_text(text).simulate({"d": 1}, draws=500, seed=3)
    means = np.mean([one.truth["m"] for one in found])
    # Four standard errors of 500 draws with a standard deviation of 0.83.
    assert means == pytest.approx((2 / np.pi) ** 0.5 / 2**0.5, abs=4 * 0.83 / 500**0.5)
    assert all(one.truth["s"] > 0 for one in found)


def test_an_ordered_vector_is_drawn_in_order():
    text = """\
plate k = 9
data d { y : real }
t ~ HalfNormal(1)
c[k] : ordered ~ Normal(0, t)
observe y ~ Normal(max[k](c), t)
"""
    cuts = simulated(text, {"d": 2}).truth["c"]
    assert (np.diff(cuts) > 0).all()
    text = text.replace("ordered ~ Normal(0, t)", "positive_ordered ~ Normal(0, 1)")
    cuts = simulated(text, {"d": 2}).truth["c"]
    assert (np.diff(cuts) > 0).all()
    assert (cuts > 0).all()


# Data


def test_sources_are_such_that_the_columns_come_out_as_drawn():
    found = simulated(GROUPS, {"county": 4, "house": 60})
    house = found.data["house"]
    assert list(house) == ["county", "floor", "radon"]
    assert set(house["floor"]) == {0.0, 1.0}
    assert (house["radon"] > 0).all()
    assert list(found.data["county"]) == ["name", "uranium"]
    assert set(house["county"]) == set(found.data["county"]["name"])


def test_conditions_hold_in_all_rows():
    text = """\
data d from "d.csv" {
    where age >= 18 and age < 65
    where year == 2000 and kind != "test"
    age : positive
    y : real
}
b ~ Normal(0, 1)
observe y ~ Normal(b * age, 1)
"""
    columns = simulated(text, {"d": 30}).data["d"]
    assert ((columns["age"] >= 18) & (columns["age"] < 65)).all()
    assert (columns["year"] == 2000).all()
    assert "test" not in columns["kind"]


def test_a_matrix_of_columns_has_names_that_the_pattern_matches():
    text = """\
data d from "d.csv" { x[f] = columns("x*"); y : count }
b[f] ~ Normal(0, 1)
observe y ~ Poisson(exp(dot[f](b, x)))
"""
    assert list(simulated(text, {"d": 9}, levels={"f": 3}).data["d"]) == ["y", "x1", "x2", "x3"]
    found = simulated(text, {"d": 9}, levels={"f": "x_age,x_iq"})
    assert set(found.data["d"]) == {"x_age", "x_iq", "y"}
    assert found.coords["f"] == ["x_age", "x_iq"]


def test_a_stack_is_computed_from_what_it_is_made_of():
    text = """\
data d from "d.csv" { x[f] = [1, iq, log(age), iq * log(age)]; y : real }
b[f] ~ Normal(0, 1)
observe y ~ Normal(dot[f](b, x), 1)
"""
    columns = simulated(text, {"d": 20}).data["d"]
    assert set(columns) == {"iq", "age", "y"}
    assert (columns["age"] > 0).all()


def test_a_matrix_that_is_one_array_is_drawn_as_one():
    text = """\
plate latent = 2
data image from "d.npz" { pixels[pixel] : unit }
w[latent, pixel] ~ Normal(0, 1)
z[image, latent] ~ Normal(0, 1)
observe pixels ~ Bernoulli(logits = dot[latent](z, w))
"""
    found = simulated(text, {"image": 7}, levels={"pixel": 4})
    assert found.data["image"]["pixels"].shape == (7, 4)
    assert found.truth["z"].shape == (7, 2)


def test_a_predictor_under_a_zscore_is_made_up_before_it():
    text = """\
data d from "d.csv" { x : real = zscore(log(size)); y : real }
b ~ Normal(0, 1)
observe y ~ Normal(b * x, 0.001)
"""
    found = simulated(text, {"d": 50}, set={"b": 1}, columns={"x": "normal(3, 1)"})
    size = found.data["d"]["size"]
    assert np.log(size).mean() == pytest.approx(3, abs=4 / 50**0.5)
    np.testing.assert_allclose(found.data["d"]["y"], stats.zscore(np.log(size), ddof=1), atol=0.01)


def test_every_level_occurs_and_those_that_the_spec_names_are_among_them():
    text = """\
data d from "d.csv" { g : category; north : binary = region == "N"; region : category; y : real }
a[g] ~ Normal(0, 1)
c[region] ~ Normal(0, 1)
observe y ~ Normal(a[g] + c[region] * north, 1)
derive first = a[g = "Adelie"]
"""
    columns = simulated(text, {"d": 12}, levels={"g": 12}).data["d"]
    assert len(set(columns["g"])) == 12
    assert "Adelie" in columns["g"]
    assert "N" in columns["region"]
    assert len(set(columns["region"])) == 5


def test_predictors_are_taken_from_data_whose_outcomes_need_not_be_there():
    given = {"x": [1.0, 2.0, 3.0], "unused": ["a", "b", "c"]}
    found = simulated(LINE, data={"point": given}, set={"a": 0, "b": 1, "sigma": 1e-9})
    np.testing.assert_allclose(found.data["point"]["y"], [1, 2, 3], atol=1e-6)
    assert found.made_up == ()
    replaced = simulated(LINE, data={"point": {**given, "y": [7.0, 8.0, 9.0]}}, set={"a": 0, "b": 1, "sigma": 1e-9})
    np.testing.assert_allclose(replaced.data["point"]["y"], [1, 2, 3], atol=1e-6)


def test_rows_that_the_spec_leaves_out_of_given_data_are_left_out():
    data = {
        "county": {"name": ["A", "B"], "uranium": [1.0, 2.0]},
        "house": {"county": ["A", "B", "A"], "floor": [0, 5, 1]},
    }
    found = simulated(GROUPS, data=data)
    assert found.data["house"]["floor"].tolist() == [0, 1]
    assert found.data["house"]["county"].tolist() == ["A", "A"]
    data["house"]["radon"] = [None, 2.0, 3.0]
    assert simulated(GROUPS, data=data).data["house"]["floor"].tolist() == [1]


def test_a_table_in_place_keeps_its_predictors_and_its_size():
    text = "data school { y = [28, 8, -3]; sigma = [15, 10, 16] }\nmu ~ Normal(0, 5)\nobserve y ~ Normal(mu, sigma)\n"
    columns = simulated(text).data["school"]
    assert columns["sigma"].tolist() == [15, 10, 16]
    assert columns["y"].tolist() != [28, 8, -3]


def test_an_outcome_that_is_used_before_it_is_drawn_is_kept_where_it_is_given():
    text = (
        "data d { x : real; y : real }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b * x, 0.001)\nobserve x ~ Normal(0, 1)\n"
    )
    assert findings(text, {"d": 3}) == ["BD855 `x` is used above the likelihood that it is to be drawn from"]
    found = simulated(text, data={"d": {"x": [1.0, 2.0]}}, set={"b": 3})
    assert found.data["d"]["x"].tolist() == [1, 2]
    np.testing.assert_allclose(found.data["d"]["y"], [3, 6], atol=0.01)


def test_a_level_that_was_not_drawn_is_told():
    text = "data d { party : category }\np[party] ~ Dirichlet(1)\nobserve party ~ Categorical(p)\n"
    found = simulated(text, {"d": 6}, levels={"party": "red,green,blue"}, set={"p": [0.5, 0.5, 0]})
    assert [warning.code for warning in found.warnings] == ["BD859"]
    # The order is that of levels, which is by name: blue, green, red.
    assert "`red`" in found.warnings[0].message


# Seeds


def test_the_same_seed_gives_the_same_data_however_many_there_are():
    model = compile_text(LINE)
    one, three = (model.simulate({"point": 5}, draws=draws, seed=7) for draws in (1, 3))
    assert one.truth == three.truth
    np.testing.assert_array_equal(one.data["point"]["y"], three.data["point"]["y"])
    assert len({other.truth["a"] for other in three}) == 3
    assert model.simulate({"point": 5}, seed=8).truth != one.truth
    np.testing.assert_array_equal(three[0].data["point"]["x"], three[2].data["point"]["x"])


def test_nothing_global_is_changed():
    torch.manual_seed(5)
    np.random.seed(5)
    pyro.get_param_store()["kept"] = torch.tensor(1.0)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    simulated("data d { y : real }\nparam s : positive = 1\nobserve y ~ Normal(0, s)\n", {"d": 3})
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])
    assert list(pyro.get_param_store()) == ["kept"]


# What cannot be


def test_everything_that_is_wrong_is_told_in_one_go():
    text = """\
data d from "d.csv" { x : real; y : real }
a, b ~ Flat()
param s : positive
observe y ~ Normal(a + b * x, s)
"""
    found = findings(text, set={"c": 1, "y": 2}, columns={"z": 1, "x": "norm(0, 1)"}, levels={"q": 2})
    assert [line[:5] for line in found].count("BD855") == 3
    assert {line[:5] for line in found} == {"BD853", "BD854", "BD855", "BD858"}
    assert len(found) == 9


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"rows": {}}, "BD853 table `county` needs a number of rows"),
        ({"rows": {"house": 0}}, "BD853 table `house` cannot have 0 rows"),
        ({"rows": {"houses": 3}}, "BD853 --rows names `houses`"),
        ({"levels": {"county": "a,a"}}, "BD853 `a,a` is neither"),
        ({"levels": {"where_from": 3}}, "BD853 --levels names `where_from`"),
        ({"data": {"hous": {}}}, "BD7"),
        ({"set": {"sigma": -1}}, "BD854 `--set sigma`: -1 is no value of `sigma`, which is nonnegative"),
        ({"set": {"sigma": [1, 2]}}, "BD854 `sigma=[1, 2]` gives 2 values, and there is one"),
        ({"set": {"a": [1, 2, 3]}}, "BD854 `a=[1, 2, 3]` gives 3 values, and there are 4 of county"),
        ({"set": {'a[county = "nowhere"]': 1}}, "names a `county` that there is not"),
        ({"set": {'a[house = "1"]': 1}}, "selects by `house`, which `a` does not have"),
        ({"set": {"a[where_from]": 1}}, "selects members in another way than by label"),
        ({"set": {"a[": 1}}, "does not name an unknown"),
        ({"set": {"sgma": 1}}, "BD854 `sgma=1`: the spec has no unknown `sgma`"),
        ({"set": {"basement": 1}}, "`basement` is a column of data"),
        ({"set": {"log_radon": 1}}, "`log_radon` is data"),
        ({"set": {"mu": "high"}}, "BD854 `mu=high` has a value that is no number"),
        ({"set": {"a": 1, 'a[county = "county 1"]': 2}}, "`a` has a value already"),
        ({"columns": {"radon": "0:1"}}, "BD858 `radon` is drawn by the model, not made up"),
        ({"columns": {"basement": "[1, 0]"}}, "BD858 what is said of column `basement` has 2 values for 9 rows"),
        ({"columns": {"county": "[1, 0]", "q": 1}}, "BD858 --column names `q`"),
    ],
)
def test_what_was_asked_and_cannot_be(asked, said):
    asked = {"rows": {"county": 4, "house": 9}, **asked}
    assert any(said in line for line in findings(GROUPS, asked.pop("rows"), **asked))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "data d { y : real = zscore(m) }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b, 1)\n",
            "BD857 `y` is drawn, and no source gives it the drawn values: `zscore` depends on all rows together",
        ),
        (
            "data d { y : real = u * v }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b, 1)\n",
            "BD857 `y` is drawn, and no source gives it the drawn values: it is computed from several",
        ),
        (
            "data d { y : real = log(u) }\nb ~ Normal(0, 1)\nobserve y ~ Normal(2000 + b, 1)\n",
            "BD857 `y` was drawn as ",
        ),
        (
            "data d { x : real = u; y : real = u * 2 }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b * x, 1)\n",
            "BD857 `y` is drawn, and no source gives it the drawn values: its source is that of another column",
        ),
        (
            "data d { x : real = 2 * u; y : real = u }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b * x, 1)\n",
            "BD858 `x` is computed from the column `u`, which the model draws",
        ),
        (
            "data d { y : interval(0, 1) }\nb ~ Normal(0, 1)\nobserve y ~ Normal(50, 1)\n",
            "which is not",
        ),
        (
            "data d { where y > 0; y : real }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b, 1)\n",
            "BD856 this condition would leave out",
        ),
        (
            "data d { where x > 2 and x < 1; x : real; y : real }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b * x, 1)\n",
            "BD858 no rows of `d` were found for which its conditions hold",
        ),
        (
            "data d { x : interval(5, 6) = sin(u) + v * 0; y : real }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b * x, 1)",
            "BD858 no values were found for `u`, `v`",
        ),
        (
            "data d { y : real }\ns : interval(50, 60) ~ Normal(0, 1)\nobserve y ~ Normal(s, 1)\n",
            "BD855 none of 10,000 draws of `s`",
        ),
        (
            "data d { g : category; y : real }\na[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)\n",
            "BD853 20 rows cannot have 30 levels",
        ),
    ],
)
def test_models_whose_data_cannot_be(text, said):
    levels = {"g": 30} if "category" in text else None
    assert any(said in line for line in findings(text, {"d": 20}, levels=levels))


def test_a_value_that_the_bounds_of_the_moment_do_not_allow_is_told():
    text = "data d { y : real }\nt ~ HalfNormal(1)\nu ~ Uniform(0, t)\nobserve y ~ Normal(u, 1)\n"
    assert simulated(text, {"d": 2}, set={"t": 3, "u": 2}).truth["u"] == 2
    assert findings(text, {"d": 2}, set={"t": 1, "u": 2})[0].startswith("BD854 `--set u`: this is no value of `u`")


def test_members_of_one_draw_are_not_pinned_one_by_one():
    text = "plate k = 3\ndata d { y : real }\nw[k] ~ Dirichlet(1)\nobserve y ~ Normal(max[k](w), 1)\n"
    assert "make up one draw of `w`" in findings(text, {"d": 2}, set={"w[k = 1]": 0.5})[0]
    assert findings(text, {"d": 2}, set={"w": [0.5, 0.5, 0.5]})[0].startswith("BD854 `--set w`: this is no value")
    assert simulated(text, {"d": 2}, set={"w": [0.5, 0.25, 0.25]}).truth["w"].tolist() == [0.5, 0.25, 0.25]


def test_draws_that_are_no_numbers_are_told():
    text = "data d { y : count }\na ~ Normal(0, 1)\nobserve y ~ Poisson(exp(a))\n"
    found = findings(text, {"d": 5}, set={"a": 800})
    assert found[0].startswith(("BD856", "BD811"))


# Layers

NETWORK = """\
data point { x : real; y : real }
layer f = Linear(1, 3) -> Tanh -> Linear(3, 1) { weight, bias ~ Normal(0, 5) }
observe y ~ Normal(f(x), 0.01)
"""


def test_weights_with_priors_are_drawn_like_other_unknowns():
    found = simulated(NETWORK, {"point": 30}, set={"f.2.bias": 7, "f.2.weight": 0})
    assert found.truth["f.0.weight"].shape == (3, 1)
    # The last layer gives its bias alone; 0.06 is six standard deviations of the noise.
    np.testing.assert_allclose(found.data["point"]["y"], 7, atol=0.06)


def test_learned_weights_start_as_those_of_torch_do_from_the_seed():
    text = NETWORK.replace(" { weight, bias ~ Normal(0, 5) }", "")
    found, again = simulated(text, {"point": 5}), simulated(text, {"point": 5})
    bound = 1 / 3**0.5  # torch's start of a module with three inputs
    assert np.abs(found.truth["f.2.weight"]).max() <= bound
    np.testing.assert_array_equal(found.truth["f.2.weight"], again.truth["f.2.weight"])
    other = compile_text(text).simulate({"point": 5}, seed=2)
    assert not np.array_equal(found.truth["f.2.weight"], other.truth["f.2.weight"])


def test_sizes_may_be_numbers_of_another_library():
    found = simulated(GROUPS, {"county": np.int64(3), "house": torch.tensor(9)}, levels={"county": np.int64(3)})
    assert len(found.data["county"]["name"]) == 3
    named = simulated(GROUPS, {"county": 2, "house": 9}, levels={"county": np.array(["A", "B"])})
    assert named.data["county"]["name"].tolist() == ["A", "B"]


def test_a_value_that_cannot_be_is_not_told_as_a_missing_one_too():
    text = "data d { y : real }\na, b ~ Flat(positive)\nobserve y ~ Normal(a, b)\n"
    assert [line[:5] for line in findings(text, {"d": 3}, set={"a": -1})] == ["BD854", "BD855"]
    assert findings(text, {"d": 3}, set={"a": 1})[0].startswith("BD855 `b` has an improper prior")


# Levels that the data tell


def test_levels_are_those_that_a_rule_gives_or_an_expression_has():
    text = "data d { g : category; y : real }\na[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)\n"
    found = simulated(text, {"d": 3}, columns={"g": ["u", "v", "u"]})
    assert found.coords["g"] == ["u", "v"]
    computed = simulated(text.replace("category", "category = x > 0"), {"d": 30})
    assert computed.coords["g"] == ["0", "1"]


def test_levels_that_a_condition_compares_with_numbers_are_numbers():
    text = """\
data d { where year > 2000; year : category; y : real }
a[year] ~ Normal(0, 1)
observe y ~ Normal(a[year], 1)
"""
    found = simulated(text, {"d": 30})
    assert found.coords["year"] == ["2001", "2002"]
    assert len(found.truth["a"]) == 2
