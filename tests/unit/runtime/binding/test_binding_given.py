"""Data given in place of those of the spec: in which forms, and what is found when they do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

MODEL = "mu ~ Normal(0, 1)\nobserve y ~ Normal(mu, 1)\n"
SPEC = "data t { y : real }\n" + MODEL

FORMS = {
    "lists": {"y": [1, 2.5]},
    "tuples": {"y": (1, 2.5)},
    "numpy": {"y": np.array([1, 2.5], dtype=np.float32)},
    "an array of objects": {"y": np.array([1, 2.5], dtype=object)},
    "a masked array": {"y": np.ma.masked_array([1, 2.5, 9], mask=[False, False, True])[:2]},
    "tensors": {"y": torch.tensor([1, 2.5], requires_grad=True)},
    "numbers as text": {"y": ["1", "2.5"]},
    "pandas": pd.DataFrame({"y": [1, 2.5]}),
    "polars": pl.DataFrame({"y": [1.0, 2.5]}),
    "series": {"y": pd.Series([1, 2.5])},
    "records": [{"y": 1}, {"y": 2.5}],
}


@pytest.mark.parametrize("given", FORMS.values(), ids=FORMS)
def test_a_table_may_be_given_in_many_forms(bind, given):
    assert bind(SPEC, {"t": given}).inputs["y"].tolist() == [1, 2.5]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_table_may_be_given_as_a_path(bind, tmp_path, kind):
    (tmp_path / "t.csv").write_text("y\n1\n2.5\n")
    assert bind(SPEC, {"t": kind(tmp_path / "t.csv")}).inputs["y"].tolist() == [1, 2.5]
    assert bind(SPEC, {"t": kind("t.csv")}).inputs["y"].tolist() == [1, 2.5]


def test_given_data_take_the_place_of_a_file_under_the_same_conditions_and_expressions(bind):
    spec = 'data t from "absent.csv" (sep = ";") { where x > 0; y : real = log(x) }\n' + MODEL
    bound = bind(spec, {"t": {"x": [0, 1]}})
    assert bound.inputs["y"].tolist() == [0]
    assert bound.data.tables[0].source == "dict"
    assert bound.data.tables[0].sha256


# (the data, the code, pieces of the message and its hint)
WRONG = {
    "a path alone": ("t.csv", "BD709", ["not as a `str`", 'data = {"t": ..}']),
    "a frame alone": (pd.DataFrame({"y": [1]}), "BD709", ["not as a `DataFrame`"]),
    "a list alone": ([1, 2], "BD709", ["not as a `list`"]),
    "a number for a table": ({"t": 3}, "BD709", ["`int`, which is not a table"]),
    "nothing for a table": ({"t": None}, "BD709", ["`NoneType`"]),
    "a tensor for a table": ({"t": torch.zeros(2)}, "BD709", ["`Tensor`"]),
    "a series for a table": ({"t": pd.Series([1])}, "BD709", ["`Series`", "to_frame"]),
    "bytes for a table": ({"t": b"y\n1\n"}, "BD709", ["`bytes`"]),
    "columns without their table": ({"y": [1, 2]}, "BD762", ["no table `y`", 'data = {"t": {"y": ..}}']),
    "an unknown table": ({"tt": {"y": [1]}}, "BD762", ["no table `tt`", "its tables are `t`"]),
    "a name that is no text": ({1: {"y": [1]}}, "BD762", ["no table `1`"]),
    "no columns": ({"t": {}}, "BD723", ["no columns"]),
    "a file that there is not": ({"t": "absent.csv"}, "BD701", ["absent.csv"]),
    "a file of no known format": ({"t": "t.xlsx"}, "BD701", ["t.xlsx"]),
    "a file that is empty": ({"t": "empty.csv"}, "BD705", ["empty"]),
}


@pytest.mark.parametrize(("data", "code", "pieces"), WRONG.values(), ids=WRONG)
def test_data_that_are_not_given_as_they_should_be_are_one_clear_finding(findings, data, code, pieces):
    (found,) = findings(SPEC, data, files={"empty.csv": ""})
    text = f"{found.message} {found.hint}"
    assert found.code == code, text
    assert [piece for piece in pieces if piece not in text] == [], text


def test_a_misspelt_table_is_told_what_it_may_mean(findings):
    spec = "data house { y : real }\ndata car { z : real }\n" + MODEL + "observe z ~ Normal(mu, 1)\n"
    found = findings(spec, {"hose": {"y": [1]}, "car": {"z": ["?"]}})
    assert [(d.code, d.hint) for d in found if d.code != "BD750"] == [("BD762", "did you mean `house`?")]
    assert [d.code for d in found] == ["BD762", "BD750"]


def test_a_spec_without_tables_takes_no_data(findings):
    (found,) = findings("a ~ Normal(0, 1)\n", {"t": {"y": [1]}})
    assert (found.code, found.hint) == ("BD762", "it has no data block")
    (found,) = findings("a ~ Normal(0, 1)\n", 5)
    assert found.code == "BD709"


# Values in place of those of the spec

SIGMA = "data t { y = [1, 2]; sigma = [5, 6] }\nmu ~ Normal(0, 1)\n"

# (spec, columns of `t`, the code, pieces of the message, the rows of the cells)
REPLACED = {
    "a scale that becomes negative": (
        SIGMA + "observe y ~ Normal(mu, sigma)",
        {"y": [1, 2], "sigma": [5, -1]},
        "BD401",
        ["`scale` of Normal must be positive, and the data make it -1 in 1 row"],
        [2],
    ),
    "a scale that becomes zero through a definition": (
        SIGMA + "s = sigma / 2\nobserve y ~ Normal(mu, s)",
        {"y": [1, 2], "sigma": [5, 0]},
        "BD401",
        ["make it 0"],
        [2],
    ),
    "a scale with a parameter in it": (
        SIGMA + "k ~ HalfNormal(1)\nobserve y ~ Normal(mu, k * sigma)",
        {"y": [1, 2], "sigma": [5, -1]},
        "BD401",
        ["`scale` of Normal must be positive, but this can be negative"],
        [],
    ),
    "a logarithm": (
        SIGMA + "observe y ~ Normal(mu * log(sigma), 1)",
        {"y": [1, 2], "sigma": [5, -1]},
        "BD760",
        ["`log(sigma)` has no finite value in 1 row: it gives nan"],
        [2],
    ),
    "a logarithm in a definition, said once": (
        SIGMA + "l = log(sigma)\nobserve y ~ Normal(mu * l, exp(l))",
        {"y": [1, 2], "sigma": [5, -1]},
        "BD760",
        ["`log(sigma)`"],
        [2],
    ),
    "a number of trials that is not whole": (
        "data t { y = [1, 2]; n = [5, 6] }\np ~ Beta(1, 1)\nobserve y ~ Binomial(n, p)",
        {"y": [1, 2], "n": [5, 6.5]},
        "BD401",
        ["`total_count` of Binomial must be a whole number, 0 or more", "6.5"],
        [2],
    ),
    "counts that are none": (
        "data t { y = [1, 2] }\nr ~ Gamma(1, 1)\nobserve y ~ Poisson(r)",
        {"y": [1, -2, 1.5]},
        "BD754",
        ["2 values no density: -2"],
        [2, 3],
    ),
    "proportions under a program that takes none": (
        "data t { y = [1, 0] }\np ~ Beta(1, 1)\nobserve y ~ Bernoulli(p)",
        {"y": [1, 0.5]},
        "BD754",
        ["0.5"],
        [2],
    ),
    "a variance that becomes negative": (
        SIGMA + "observe y ~ Normal(mu, var = sigma)",
        {"y": [1, 2], "sigma": [5, -4]},
        "BD760",
        ["no finite value"],
        [2],
    ),
    "a declared type": (
        SIGMA.replace("sigma =", "sigma : positive =") + "observe y ~ Normal(mu, sigma)",
        {"y": [1, 2], "sigma": [5, -4]},
        "BD753",
        ["declared as positive"],
        [2],
    ),
    "text": (SIGMA + "observe y ~ Normal(mu, sigma)", {"y": [1, 2], "sigma": ["a", "b"]}, "BD750", ["`sigma`"], [1, 2]),
    "a column that is not given": (SIGMA + "observe y ~ Normal(mu, sigma)", {"y": [1, 2]}, "BD752", ["`sigma`"], []),
}


@pytest.mark.parametrize("case", REPLACED.values(), ids=REPLACED)
def test_values_that_leave_the_range_of_those_in_the_spec_are_held_against_the_model_again(findings, case):
    spec, columns, code, pieces, rows = case
    (found,) = findings(spec, {"t": columns})
    assert found.code == code, found.message
    assert [piece for piece in pieces if piece not in found.message] == [], found.message
    assert [cell.line for cell in found.cells] == rows


def test_the_range_of_the_given_values_is_said(findings):
    spec, columns, *_ = REPLACED["a scale with a parameter in it"]
    (found,) = findings(spec, {"t": columns})
    assert found.notes == ("the data given for `sigma` lie in integers [-1, 5], those in the spec in integers [5, 6]",)


FITTING = {
    "another scale": (SIGMA + "observe y ~ Normal(mu, sigma)", {"y": [1, 2, 3], "sigma": [5, 0.1, 100]}),
    "more trials": (
        "data t { y = [1, 2]; n = [5, 6] }\np ~ Beta(1, 1)\nobserve y ~ Binomial(n, p)",
        {"y": [70], "n": [100]},
    ),
    "other levels": (
        'data t { y = [1, 2]; g : category = ["a", "b"] }\na[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)\n'
        'derive d = a[g = "b"]',
        {"y": [-1, 9.5], "g": ["b", "c"]},
    ),
    "levels that a table has more of": (
        'data t { y = [1, 2, 3, 4]; x = [1, 2, 3, 4]; g : category = ["a", "b", "c", "d"] }\ns ~ HalfNormal(1)\n'
        'a[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], s * x)\nderive d = a[g = "d"]',
        {"y": [0.5, 1], "x": [0.5, 7], "g": ["d", "a"]},
    ),
    "rows that a matrix stacks": (
        "data t { y = [1, 2]; x = [1, 2]; z[f] = [1, x] }\nb[f] ~ Normal(0, 1)\nobserve y ~ Normal(dot[f](z, b), 1)",
        {"y": [0.5], "x": [-3]},
    ),
}


@pytest.mark.parametrize(("spec", "columns"), FITTING.values(), ids=FITTING)
def test_values_in_another_range_that_the_model_takes_are_taken(bind, spec, columns):
    assert len(bind(spec, {"t": columns}).inputs["y"]) == len(columns["y"])


def test_only_the_values_of_the_table_that_is_replaced_are_others(findings):
    spec = (
        "data t { y = [1, 2]; x = [1, 2] }\ndata u { v = [3, 4]; w = [2, 3] }\ns ~ HalfNormal(1)\n"
        "observe y ~ Normal(0, s * x)\nobserve v ~ Normal(0, s * w)\n"
    )
    (found,) = findings(spec, {"u": {"v": [1], "w": [-1]}})
    assert found.source.slice(found.primary.span) == "s * w"


def test_what_is_found_in_one_column_does_not_hide_what_another_one_does(findings):
    spec = "data t { y = [1, 2]; x = [1, 2]; w = [1, 2] }\ns ~ HalfNormal(1)\nobserve y ~ Normal(log(w) * s, s * x)\n"
    found = findings(spec, {"t": {"y": [1, 2], "x": [-1, 1], "w": [-1, 1]}})
    assert [(d.code, d.source.slice(d.primary.span)) for d in found] == [("BD760", "log(w)"), ("BD401", "s * x")]
