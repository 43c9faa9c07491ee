"""What is legal in the data and probably not meant: empty and small groups, columns that cannot be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import Severity

Y = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
X = [0.1, 0.2, 0.3, 0.1, 0.4, 0.2]
Z = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0]
TWICE = [2 * x for x in X]
MOVED = [2 * x + 1 for x in X]
ONE = [0.1] * 6
LETTERS = ["a", "b", "c", "a", "b", "c"]

DATA = "data t { y : real; x : real; z : real }\na, b, c, d ~ Normal(0, 1)\ns ~ HalfNormal(1)\n"
BOTH = "observe y ~ Normal(a + b * x + c * z, s)"

# (model, the columns x and z, what is said, "" for nothing)
COLLINEAR = {
    "a multiple": (BOTH, X, TWICE, "`x`, `z` are linear combinations of each other and a constant"),
    "a multiple and a shift": (BOTH, X, MOVED, "`x`, `z`"),
    "a shift without an intercept": ("observe y ~ Normal(b * x + c * z, s)", X, MOVED, ""),
    "a product": ("observe y ~ Normal(a + b * x + c * (x * z), s)", X, [2.0] * 6, "`x`, `x * z`"),
    "a product written out": ("observe y ~ Normal(a + b * x + c * x * z, s)", X, [2.0] * 6, "`x`, `x * z`"),
    "a constant beside an intercept": (BOTH, ONE, Z, "`x` is constant, as the intercept beside it is"),
    "a constant that is the intercept": ("observe y ~ Normal(b * x + c * z, s)", ONE, Z, ""),
    "zeros": ("observe y ~ Normal(b * x + c * z, s)", [0.0] * 6, Z, "`x` is zero in all rows"),
    "through definitions": ("m = a + b * x\nn = m + c * z\nobserve y ~ Normal(n, s)", X, TWICE, "`x`, `z`"),
    "inside a function": ("observe y ~ Normal(1, exp(a + b * x + c * z))", X, TWICE, "`x`, `z`"),
    "inside a product": ("observe y ~ Normal((a + b * x) * d + c * z, s)", ONE, Z, "`x` is constant"),
    "a difference": ("observe y ~ Normal(a + b * x - c * z, s)", X, X, "`x`, `z`"),
    "one coefficient for two columns": ("observe y ~ Normal(b * x - b * z, s)", X, X, "`x - z` is zero"),
    "one coefficient for a sum": ("observe y ~ Normal(a + b * (x + z) + c * x, s)", X, Z, ""),
    "a factor of the scale": ("observe y ~ Normal(a + b * x, s * (z^2 + 1))", X, ONE, ""),
    "an offset": ("observe y ~ Normal(a + b * x + z, s)", X, X, ""),
    "numbers whose squares are too large": (BOTH, [1e200 * x for x in X], [1e200 * x for x in X], "`x`, `z`"),
    "numbers whose squares are too small": (BOTH, [1e-200 * x for x in X], Z, ""),
    "a quotient by a number": ("observe y ~ Normal(a + b * x / 2 + c * z, s)", X, X, "`x`, `z`"),
    "nothing": (BOTH, X, Z, ""),
}


@pytest.mark.parametrize(("model", "x", "z", "said"), COLLINEAR.values(), ids=COLLINEAR)
def test_predictors_that_the_data_cannot_tell_apart_are_found_and_no_others(findings, model, x, z, said):
    found = findings(DATA + model, {"t": {"y": Y, "x": x, "z": z}})
    assert [d.code for d in found] == (["BD759"] if said else [])
    assert all(said in d.message for d in found), found


A, C = "a ~ Normal(0, 1)\n", "c ~ Normal(0, 1)\n"

# (the matrix, priors beside that of b, the mean, columns beside y, what is said)
MATRICES = {
    "a stack": ("x[f] = [1, q, 2 * q]", "", "dot[f](x, b)", {"q": X}, "`x[q]`, `x[2 * q]`"),
    "a stack with its own intercept": ("x[f] = [1, q]", "", "dot[f](x, b)", {"q": X}, ""),
    "a stack with two intercepts": ("x[f] = [1, q]", A, "a + dot[f](x, b)", {"q": X}, "`x[1]` is constant"),
    "a sum of products": ("x[f] = [1, q, 2 * q]", "", "sum[f](x * b)", {"q": X}, "`x[q]`, `x[2 * q]`"),
    "a function of a matrix": (
        'x[f] : positive = columns("q*")',
        "",
        "dot[f](log(x), b)",
        {"q1": X, "q2": X},
        "`log(x)[q1]`, `log(x)[q2]`",
    ),
    "a stack and a column": (
        "x[f] = [q]; z : real",
        A + C,
        "a + dot[f](x, b) + c * z",
        {"q": X, "z": X},
        "`x[q]`, `z`",
    ),
    "more columns than rows": ('x[f] = columns("q*")', "", "dot[f](x, b)", {f"q{i}": X for i in range(6)}, ""),
}


@pytest.mark.parametrize(("matrix", "priors", "mean", "columns", "said"), MATRICES.values(), ids=MATRICES)
def test_columns_of_a_matrix_are_told_apart_one_by_one(findings, matrix, priors, mean, columns, said):
    spec = f"data t {{ y : real; {matrix} }}\n{priors}b[f] ~ Normal(0, 1)\nobserve y ~ Normal({mean}, 1)\n"
    found = findings(spec, {"t": {"y": Y, **columns}})
    assert [d.code for d in found] == (["BD759"] if said else [])
    assert all(said in d.message for d in found), found


GROUPED = {
    "slopes of groups beside their mean": "observe y ~ Normal(a + b * x + c[g] * x, 1)",
    "members that cancel beside a constant": "observe y ~ Normal(b * one + c[g] - c[h], 1)",
    "intercepts of groups": "observe y ~ Normal(a + c[g] + b * x, 1)",
}


@pytest.mark.parametrize("model", GROUPED.values(), ids=GROUPED)
def test_coefficients_of_groups_are_told_apart_by_their_priors(findings, model):
    spec = (
        "data t { y : real; x : real; one : real; g : category; h : category(g) }\n"
        "a, b ~ Normal(0, 1)\nc[g] ~ Normal(0, 1)\n"
    )
    columns = {"y": Y, "x": X, "one": ONE, "g": LETTERS, "h": [*LETTERS[1:], "a"]}
    found = findings(spec + model, {"t": columns})
    assert found == ()


def test_predictors_of_groups_are_told_apart_over_the_groups(findings):
    spec = (
        "data g { u : real; v : real }\ndata t { y : real; group : category(g) }\na, b, c ~ Normal(0, 1)\n"
        "k[g] ~ Normal(a + b * u + c * v, 1)\nobserve y ~ Normal(k[group], 1)\n"
    )
    data = {"g": {"u": [1, 2, 3, 5], "v": [2, 4, 6, 10]}, "t": {"y": Y, "group": [1, 2, 3, 4, 4, 4]}}
    (found,) = findings(spec, data)
    assert (found.code, found.source.slice(found.primary.span)) == ("BD759", "a + b * u + c * v")


def test_predictors_gathered_from_groups_are_told_apart_over_the_rows(findings):
    spec = (
        "data g { u : real }\ndata t { y : real; group : category(g); x : real }\na, b, c ~ Normal(0, 1)\n"
        "observe y ~ Normal(a + b * u[group] + c * x, 1)\n"
    )
    data = {"g": {"u": [1, 2, 3, 5]}, "t": {"y": Y, "group": [1, 2, 3, 4, 4, 4], "x": [1, 2, 3, 5, 5, 5]}}
    (found,) = findings(spec, data)
    assert (found.code, "`u[group]`, `x`" in found.message) == ("BD759", True)


def test_columns_that_are_alike_on_the_first_rows_looked_at_are_compared_on_all(findings):
    rng = np.random.default_rng(1)
    x = rng.normal(size=10_000)
    z = 2 * x
    spec = DATA + "observe y ~ Normal(a + b * x + c * z, s)"
    (found,) = findings(spec, {"t": {"y": x, "x": x, "z": z}})
    assert found.code == "BD759"
    z[7] += 1
    assert findings(spec, {"t": {"y": x, "x": x, "z": z}}) == ()


def test_definitions_that_double_are_not_written_out_without_end(findings):
    lines = ["m0 = a + b * x + c * z", *(f"m{i + 1} = m{i} + m{i}" for i in range(60))]
    spec = DATA + "\n".join(lines) + "\nobserve y ~ Normal(m60, s)\n"
    assert findings(spec, {"t": {"y": Y, "x": X, "z": X}}) == ()


def test_a_long_chain_of_definitions_is_followed_without_end(findings):
    lines = ["m0 = x", *(f"m{i + 1} = m{i}" for i in range(400)), "w = m400 + z"]
    spec = DATA + "\n".join(lines) + "\nobserve y ~ Normal(a + b * w, s)\n"
    (found,) = findings(spec, {"t": {"y": Y, "x": X, "z": [-x for x in X]}})
    assert (found.code, found.message) == ("BD759", "`w` is constant, as the intercept beside it is")


# Groups

MEMBERS = "a[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)\n"


def test_members_that_no_row_refers_to_are_listed(findings):
    spec = 'plate g = ["a", "b", "c", "d"]\ndata t { y : real; g : category }\n' + MEMBERS
    (found,) = findings(spec, {"t": {"y": [1, 2], "g": ["c", "a"]}})
    assert (found.code, found.message) == ("BD758", "2 members of `g` have no rows: `b`, `d`")


def test_members_that_one_of_two_columns_refers_to_have_rows(findings):
    spec = "plate g = 2\ndata t { y : real; g : category; h : category(g) }\n" + MEMBERS.replace(
        "(a[g]", "(a[g] - a[h]"
    )
    assert findings(spec, {"t": {"y": [1], "g": [1], "h": [2]}}) == ()


def test_rows_of_a_table_that_no_other_refers_to_are_listed(findings):
    spec = 'data g from "-" (key = "k") { u : real }\ndata t { y : real; g : category }\n' + MEMBERS.replace("(0", "(u")
    (found,) = findings(spec, {"g": {"k": ["A", "B"], "u": [1, 2]}, "t": {"y": [1], "g": ["B"]}})
    assert (found.code, found.message) == ("BD758", "1 member of `g` has no rows: `A`")


HIERARCHY = "data t { y : real; g : category }\nmu ~ Normal(0, 1)\ntau ~ HalfNormal(1)\na[g] ~ Normal(mu, tau)"


@pytest.mark.parametrize(
    ("model", "rows", "warned"),
    [
        (HIERARCHY, 4, True),
        (HIERARCHY, 5, False),
        (HIERARCHY + " noncentered", 4, False),
        (HIERARCHY.replace("tau)", "1)") + "\nderive t2 = tau", 4, False),
    ],
    ids=["few rows", "enough rows", "noncentered", "a known scale"],
)
def test_centred_hierarchies_with_few_rows_a_group_are_found(findings, model, rows, warned):
    columns = {"y": np.arange(3.0 * rows), "g": ["a", "b", "c"] * rows}
    found = findings(model + "\nobserve y ~ Normal(a[g], 1)\n", {"t": columns})
    assert [(d.code, d.message) for d in found] == (
        [("BD603", f"`a` is centred, with about {rows} rows of data for each g")] if warned else []
    )


def test_what_is_found_on_good_data_is_a_warning():
    assert {CODES[code].severity for code in ("BD603", "BD758", "BD759")} == {Severity.WARNING}
