"""What is bound: the values of columns, the members of plates, the positions of categories, the rows that are kept."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from bayesdsl.runtime.binding.bind import TableFacts

MODEL = "mu ~ Normal(0, 1)\nobserve y ~ Normal(mu, 1)\n"
GROUPS = "a[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)\n"

SOURCE = {
    "x": [1.0, 2.0, None, 4.0],
    "n": [3, 1, 2, 2],
    "sex": ["male", None, "female", "male"],
    "old": [True, False, True, False],
    "day": [datetime.date(2020, 1, d) for d in (1, 2, 3, 3)],
}

# (expression, its values on the rows of SOURCE; None where it is missing)
EXPRESSIONS = [
    ("x", [1, 2, None, 4]),
    ("2 * x + n", [5, 5, None, 10]),
    ("x - -1", [2, 3, None, 5]),
    ("n^2", [9, 1, 4, 4]),
    ("-n^2", [-9, -1, -4, -4]),
    ("n % 2", [1, 1, 0, 0]),
    ("log(exp(n))", [3, 1, 2, 2]),
    ("base - n", [7, 9, 8, 8]),
    ("old", [1, 0, 1, 0]),
    ("2 * old", [2, 0, 2, 0]),
    ("-(n > 1)", [-1, 0, -1, -1]),
    ("n > x", [1, 0, None, 0]),
    ("n == 2", [0, 0, 1, 1]),
    ("x != 2", [1, 0, None, 1]),
    ("not (x > 1)", [1, 0, None, 0]),
    ("x > 1 and n > 1", [0, 0, None, 1]),
    ("x > 1 and n > 5", [0, 0, 0, 0]),
    ("x > 1 or n > 1", [1, 1, 1, 1]),
    ("x > 5 or n > 5", [0, 0, None, 0]),
    ("present(x)", [1, 1, 0, 1]),
    ("present(x, sex)", [1, 0, 0, 1]),
    ("not present(sex)", [0, 1, 0, 0]),
    ("where(present(x), x, 0)", [1, 2, 0, 4]),
    ("where(n > 1, n, x)", [3, 2, 2, 2]),
    ("where(x > 1, 1, 0)", [0, 1, None, 1]),
    ("where(n > 2, x, n)", [1, 1, 2, 2]),
    ('sex == "male"', [1, None, 0, 1]),
    ('sex != "male"', [0, None, 1, 0]),
    ('"male" == sex', [1, None, 0, 1]),
    ("sex == sex", [1, None, 1, 1]),
    ('old == "true"', [1, 0, 1, 0]),
    ('n == "2"', [0, 0, 1, 1]),
    ('day == "2020-01-03"', [0, 0, 1, 1]),
    ("minimum(x, n)", [1, 1, None, 2]),
    ("center(n)", [1, -1, 0, 0]),
    ("rescale(n)", [1, 0, 0.5, 0.5]),
    ("rank(n)", [4, 1, 2.5, 2.5]),
    ("zscore(n)", [math.sqrt(1.5), -math.sqrt(1.5), 0, 0]),
    ("center(x)", [-4 / 3, -1 / 3, None, 5 / 3]),
    ("where(present(x), center(x), 9)", [-4 / 3, -1 / 3, 9, 5 / 3]),
    ("7", [7, 7, 7, 7]),
]


@pytest.mark.parametrize(("written", "values"), EXPRESSIONS, ids=[row[0] for row in EXPRESSIONS])
def test_an_expression_is_computed_row_by_row_and_drops_the_rows_it_is_missing_in(bind, written, values):
    spec = f"const base = 10\ndata t {{ missing drop; y : real = {written} }}\n" + MODEL
    bound = bind(spec, {"t": SOURCE})
    kept = [value for value in values if value is not None]
    # Whole-column functions see the rows that are kept: those of a mean are the rows that have a value anyway.
    np.testing.assert_allclose(bound.inputs["y"].numpy(), kept, rtol=1e-15)
    assert bound.data.tables[0].rows_dropped == len(values) - len(kept)


@pytest.mark.parametrize(("written", "values"), EXPRESSIONS, ids=[row[0] for row in EXPRESSIONS])
def test_a_condition_keeps_the_rows_for_which_it_surely_holds(findings, bind, written, values):
    spec = f"const base = 10\ndata t {{ where {written}; y : real = n }}\n" + MODEL
    kept = [i for i, value in enumerate(values) if value not in (0, None)]
    if not kept:
        assert [found.code for found in findings(spec, {"t": SOURCE})] == ["BD756"]
        return
    bound = bind(spec, {"t": SOURCE})
    assert bound.inputs["y"].tolist() == [SOURCE["n"][i] for i in kept]
    assert bound.data.coords["t"] == [i + 1 for i in kept]


def test_each_condition_is_asked_of_the_rows_that_the_ones_above_keep(bind):
    spec = 'data t { where kind == "number"; where value > 1; y : real = value }\n' + MODEL
    columns = {"kind": ["number", "word", "number"], "value": ["2", "two", "1"]}
    assert bind(spec, {"t": columns}).inputs["y"].tolist() == [2]


def test_a_name_is_looked_for_in_the_source_then_above_then_among_the_constants(bind):
    spec = (
        "const base = 10\nconst n = 100\n"
        "data t { x : real = 10 * x; y : real = x + n; z : real = 2 * y + base }\n"
        + MODEL
        + "observe z ~ Normal(mu, 1)"
    )
    bound = bind(spec, {"t": {"x": [1, 2], "n": [3, 4]}})
    assert bound.data.constant["x"][1].tolist() == [10, 20]
    assert bound.inputs["y"].tolist() == [4, 6]
    assert bound.inputs["z"].tolist() == [18, 22]


def test_bad_cells_in_rows_that_are_dropped_for_another_gap_are_not_looked_at(bind):
    spec = "data t { missing drop; x : real; y : real }\n" + MODEL
    assert bind(spec, {"t": {"x": ["1", "?"], "y": [2, None]}}).inputs["y"].tolist() == [2]


def test_missing_drop_leaves_out_rows_without_a_key(bind):
    spec = 'data t from "t.csv" (key = "k") { missing drop; y : real }\n' + MODEL
    bound = bind(spec, files={"t.csv": "k,y\nA,1\n,2\nB,3\n"})
    assert bound.data.coords["t"] == ["A", "B"]
    assert bound.data.tables == (TableFacts("t", "t.csv", bound.data.tables[0].sha256, 2, 1),)


def test_a_column_that_is_only_asked_about_need_not_be_there_everywhere(bind):
    spec = "data t { has : binary = present(x); y : real }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b * has, 1)"
    assert bind(spec, {"t": {"x": [1, None], "y": [1, 2]}}).inputs["has"].tolist() == [1, 0]


def test_missing_values_stay_where_the_likelihood_leaves_them_out(bind):
    spec = "data t { missing drop; x : real; y : real }\nb ~ Normal(0, 1)\nobserve y ~ NanMaskedNormal(b * x, 1)"
    y = bind(spec, {"t": {"x": [1, None, 3], "y": [None, 2, 4]}}).inputs["y"].tolist()
    assert math.isnan(y[0])
    assert y[1:] == [4]


def test_what_is_computed_from_a_missing_value_stays_missing(bind):
    spec = "data t { y : real = where(x > 0, x, 9) }\nb ~ Normal(0, 1)\nobserve y ~ NanMaskedNormal(b, 1)"
    assert np.isnan(bind(spec, {"t": {"x": [None, -1]}}).inputs["y"].tolist()).tolist() == [True, False]


def test_missing_values_do_not_stay_where_the_column_is_used_elsewhere(findings):
    spec = (
        "data t { x : real; y : real }\nb ~ Normal(0, 1)\nobserve y ~ NanMaskedNormal(b * x, 1)\nderive m = mean[t](y)"
    )
    assert [d.code for d in findings(spec, {"t": {"x": [1, 3], "y": [None, 4]}})] == ["BD751"]


# Categories

# (values of `g`, the members, the positions)
CATEGORIES = {
    "text in its order": (["b", "a", "b"], ["a", "b"], [1, 0, 1]),
    "numbers by value": ([10, 9, -1], ["-1", "9", "10"], [2, 1, 0]),
    "numbers as text by value": (["10", "9", "010"], ["9", "010", "10"], [2, 0, 1]),
    "whole floats as whole numbers": ([2.0, 1.0, 2.0], ["1", "2"], [1, 0, 1]),
    "truth values": ([True, False, True], ["false", "true"], [1, 0, 1]),
    "numbers beyond 2^53": ([2**53 + 1, 2**53, 2**62], ["9007199254740992", "9007199254740993", str(2**62)], [1, 0, 2]),
    "numbers beyond 2^63": ([2**70, 2**70 + 1, 2**70], [str(2**70), str(2**70 + 1)], [0, 1, 0]),
    "zero with either sign": ([-0.0, 0.0, 1.5], ["0", "1.5"], [0, 0, 1]),
    "dates": (
        list(map(datetime.date.fromisoformat, ("2020-02-01", "2020-01-31", "2020-02-01"))),
        ["2020-01-31", "2020-02-01"],
        [1, 0, 1],
    ),
    "numpy strings": (np.array(["b", "a", "b"]), ["a", "b"], [1, 0, 1]),
    "a tensor": (torch.tensor([3, 1, 3]), ["1", "3"], [1, 0, 1]),
    "categoricals of pandas, whatever their order": (
        pd.Categorical(["low", "high", "low"], categories=["low", "high"], ordered=True),
        ["high", "low"],
        [1, 0, 1],
    ),
    "an enum of polars, whatever its order": (
        pl.Series(["low", "high", "low"], dtype=pl.Enum(["low", "high"])),
        ["high", "low"],
        [1, 0, 1],
    ),
}


@pytest.mark.parametrize(("values", "members", "positions"), CATEGORIES.values(), ids=CATEGORIES)
def test_the_levels_of_a_category_have_one_order_wherever_they_come_from(bind, values, members, positions):
    bound = bind("data t { y : real; g : category }\n" + GROUPS, {"t": {"y": [1, 2, 3], "g": values}})
    assert bound.data.coords["g"] == members
    assert bound.inputs["g_of_t"].tolist() == positions
    assert bound.inputs["g_of_t"].dtype == torch.int64


def test_levels_of_missing_cells_alone_are_no_levels(bind):
    spec = "data t { missing drop; y : real; g : category }\n" + GROUPS
    bound = bind(spec, {"t": {"y": [1, 2, None, 4], "g": ["b", None, "a", "c"]}})
    assert bound.data.coords["g"] == ["b", "c"]


def test_an_expressions_values_are_levels_to_their_last_digit(bind):
    spec = "data t { y : real; g : category = 1e6 * x }\n" + GROUPS
    bound = bind(spec, {"t": {"y": [1, 2, 3], "x": [1.234567, 1.2345671, 2]}})
    assert bound.data.coords["g"] == ["1234567", "1234567.1", "2000000"]


def test_a_category_may_be_compared_with_text_and_be_another_category(bind):
    spec = (
        'data t { g : category = region; north : binary = g == "N"; h : category = g; y : real }\n'
        "a[g] ~ Normal(0, 1)\nb[h] ~ Normal(0, 1)\nobserve y ~ Normal(a[g] + b[h] * north, 1)\n"
    )
    bound = bind(spec, {"t": {"region": ["N", "S", "N"], "y": [1, 2, 3]}})
    assert bound.inputs["north"].tolist() == [1, 0, 1]
    assert bound.inputs["h_of_t"].tolist() == [0, 1, 0]


def test_columns_of_several_tables_share_the_levels_of_a_plate(bind):
    spec = (
        "data s { home : category; m : real }\ndata q { away : category(home); v : real }\n"
        "a[home] ~ Normal(0, 1)\nobserve m ~ Normal(a[home], 1)\nobserve v ~ Normal(a[away], 1)\n"
    )
    bound = bind(spec, {"s": {"home": ["b", "a"], "m": [1, 2]}, "q": {"away": ["d", "b", "c"], "v": [1, 2, 3]}})
    assert bound.data.coords["home"] == ["a", "b", "c", "d"]
    assert bound.inputs["home_of_s"].tolist() == [1, 0]
    assert bound.inputs["away_of_q"].tolist() == [3, 1, 2]


@pytest.mark.parametrize("order", [1, -1])
def test_a_table_with_a_key_may_stand_before_and_after_those_that_refer_to_it(bind, order):
    tables = ["data house { y : real; county : category }", 'data county from "c.csv" (key = "name") { u : real }']
    spec = "\n".join([*tables[::order], "a[county] ~ Normal(u, 1)", "observe y ~ Normal(a[county], 1)"])
    bound = bind(spec, {"house": {"y": [1, 2, 3], "county": ["B", "A", "B"]}}, {"c.csv": "name,u\nB,1\nA,2\n"})
    assert bound.data.coords["county"] == ["B", "A"]
    assert bound.inputs["county_of_house"].tolist() == [0, 1, 0]


def test_rows_without_a_key_are_called_by_their_numbers_in_the_source(bind):
    spec = (
        "data county { where u > 1; u : real }\ndata t { y : real; g : category(county) }\n"
        "a[county] ~ Normal(u, 1)\nobserve y ~ Normal(a[g], 1)\n"
    )
    bound = bind(spec, {"county": {"u": [1, 2, 3]}, "t": {"y": [1, 2], "g": [3.0, 2]}})
    assert bound.data.coords["county"] == [2, 3]
    assert bound.inputs["g_of_t"].tolist() == [1, 0]


@pytest.mark.parametrize(("plate", "values"), [('["a", "b", "c"]', ["c", "a"]), ("3", [3, 1])])
def test_categories_of_plates_in_the_spec_are_found_by_label_and_by_number(bind, plate, values):
    bound = bind(
        f"plate g = {plate}\ndata t {{ y : real; g : category }}\n" + GROUPS, {"t": {"y": [1, 2], "g": values}}
    )
    assert bound.inputs["g_of_t"].tolist() == [2, 0]


def test_a_selected_number_is_found_however_it_is_written(bind):
    spec = "data t { y : real; g : category }\n" + GROUPS + "derive d = a[g = 2.0]\n"
    bound = bind(spec, {"t": {"y": [1, 2], "g": [1, 2]}})
    assert [value for name, value in bound.inputs.items() if name.startswith("g_2")] == [1]


# In place


def test_a_table_in_place_takes_conditions_expressions_and_functions_of_columns(bind):
    spec = (
        "data t {\n    x = [1, 2, 6, 9]\n    g : category = [3, 1, 3, 1]\n"
        '    where x < 9 and g == "3"\n    y : real = center(log(x))\n}\n' + GROUPS
    )
    bound = bind(spec)
    np.testing.assert_allclose(bound.inputs["y"], [-math.log(6) / 2, math.log(6) / 2], rtol=1e-14)
    assert bound.data.coords == {"t": [1, 3], "g": ["3"]}
    assert bound.data.tables == (TableFacts("t", "t", None, 2, 2),)


def test_in_place_missing_drop_finds_nothing_missing(bind):
    assert len(bind("data t { missing drop; y = [1, 2] }\n" + MODEL).inputs["y"]) == 2


# The arguments


def test_columns_are_tensors_of_the_programs_precision_and_categories_of_int64(bind):
    spec = "data t { y : real; g : category }\n" + GROUPS
    inputs = bind(spec, {"t": {"y": [1, 2], "g": [1, 2]}}, dtype="float32").inputs
    assert inputs["y"].dtype == torch.float32
    assert inputs["g_of_t"].dtype == torch.int64
    assert inputs["n_g"] == 2


def test_what_is_given_is_copied_and_then_held_once(bind):
    values = np.array([1.0, 2.0])
    bound = bind("data t { y : real }\n" + MODEL, {"t": {"y": values}})
    values[0] = 5
    _, observed = bound.data.observed["y"]
    assert observed.tolist() == bound.inputs["y"].tolist() == [1, 2]
    assert np.shares_memory(observed, bound.inputs["y"].numpy())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"y": [1e300], "x": [1]}, "`y` has 1 value beyond the range of single precision: 1e+300"),
        ({"y": [1], "x": [1e-60]}, "`x` has 1 value beyond the range of single precision: 1e-60"),
    ],
)
def test_values_that_single_precision_cannot_hold_are_found(findings, columns, message):
    spec = "data t { y : real; x : positive }\nmu ~ Normal(0, 1)\nobserve y ~ Normal(mu, x)\n"
    (found,) = findings(spec, {"t": columns}, dtype="float32")
    assert (found.code, found.message) == ("BD760", message)
    assert findings(spec, {"t": columns}) == ()


def test_single_precision_is_not_blamed_for_values_that_only_leave_the_range_in_the_spec(findings):
    spec = "data t { y = [1, 2]; x = [0, 1] }\nmu ~ Normal(0, 1)\nobserve y ~ Normal(mu * x, 1)\n"
    assert findings(spec, {"t": {"y": [1], "x": [0.3]}}, dtype="float32") == ()


def test_a_plate_of_a_hundred_million_costs_nothing_to_bind(bind):
    bound = bind(
        "plate n = 100_000_000\ndata t { y : real; g : category(n) }\nobserve y ~ Normal(0, 1)",
        {"t": {"y": [1], "g": [99_999_999]}},
    )
    assert len(bound.data.coords["n"]) == 100_000_000
    assert bound.data.constant["g"][1].tolist() == [99_999_998]


def test_a_column_that_no_statement_uses_is_asked_for_all_the_same(findings):
    found = findings("data t { y : real; z : real }\n" + MODEL, {"t": {"y": [1]}})
    assert [d.code for d in found] == ["BD752"]


def test_a_table_that_no_statement_uses_is_asked_for_all_the_same(findings):
    found = findings("data t { y : real }\ndata q { z : real }\n" + MODEL, {"t": {"y": [1]}})
    assert [(d.code, d.message) for d in found] == [("BD757", "the data of `q` are not given")]


def test_one_row_is_enough(bind):
    assert bind("data t { y : real }\n" + MODEL, {"t": {"y": [1]}}).inputs["y"].tolist() == [1]


def test_whole_numbers_too_large_for_a_float_lose_their_last_digits_and_nothing_else(bind):
    bound = bind("data t { y : count }\nr ~ Gamma(1, 1)\nobserve y ~ Poisson(r)", {"t": {"y": [2**53 + 1, 2**70]}})
    assert bound.inputs["y"].tolist() == [2.0**53, 2.0**70]
