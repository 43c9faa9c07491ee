"""A source is found from which an expression gets the values that it must have."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdsl.catalogue.functions import FUNCTIONS
from bayesdsl.driver import compile_text
from bayesdsl.model import ir
from bayesdsl.runtime.simulation.inverse import UNARY, CannotInvert, is_smooth, solve
from bayesdsl.runtime.simulation.sources import compared, evaluate, parts, pattern_names, sources_of

# An expression and values that it can have.
REAL, POSITIVE, UNIT, BINARY = [-1.5, 0.0, 2.25], [0.25, 1.0, 7.5], [0.1, 0.5, 0.9], [1.0, 0.0, 1.0]
INVERTIBLE = [
    ("log(s)", REAL),
    ("exp(s)", POSITIVE),
    ("expm1(s)", POSITIVE),
    ("log1p(s)", POSITIVE),
    ("sqrt(s)", POSITIVE),
    ("square(s)", POSITIVE),
    ("-s", REAL),
    ("logit(s)", REAL),
    ("inv_logit(s)", UNIT),
    ("probit(s)", REAL),
    ("inv_probit(s)", UNIT),
    ("softplus(s)", POSITIVE),
    ("tanh(s)", UNIT),
    ("atan(s)", UNIT),
    ("asin(s)", UNIT),
    ("acos(s)", UNIT),
    ("sinh(s)", REAL),
    ("cosh(s)", [1.0, 1.5, 3.0]),
    ("sin(s)", UNIT),
    ("cos(s)", UNIT),
    ("tan(s)", UNIT),
    ("erf(s)", UNIT),
    ("abs(s)", POSITIVE),
    ("relu(s)", POSITIVE),
    ("floor(s)", [0.0, 2.0, 3.0]),
    ("ceil(s)", [0.0, 2.0, 3.0]),
    ("round(s)", [0.0, 2.0, 3.0]),
    ("sign(s)", [-1.0, 0.0, 1.0]),
    ("s + 3", REAL),
    ("3 - s", REAL),
    ("s / 1000", REAL),
    ("2 / s", POSITIVE),
    ("s * other", REAL),
    ("s - other", REAL),
    ("s ^ 3", REAL),
    ("s ^ 2", POSITIVE),
    ("2 ^ s", POSITIVE),
    ("s % 12", [0.0, 3.0, 11.5]),
    ("log(s / 100) * rate", REAL),
    ("s == 0", BINARY),
    ("s != 0", BINARY),
    ("s > 50", BINARY),
    ("50 > s", BINARY),
    ("s <= other", BINARY),
    ("not (s == 0)", BINARY),
    ('s == "male"', BINARY),
    ('s != "other"', BINARY),
    ("minimum(s, 10)", REAL),
    ("clamp(s, -5, 5)", REAL),
]


def expression(text: str) -> tuple[ir.Model, ir.RowExpr]:
    spec = (
        f'const rate = 0.5\ndata d from "d.csv" {{ x : real = {text} }}\nb ~ Normal(0, 1)\nobserve x ~ Normal(b, 1)\n'
    )
    model = compile_text(spec).spec
    return model, model.columns["x"].value


def solved(text: str, values: list[float], whole: bool = False) -> tuple[str, np.ndarray, np.ndarray]:
    """The source that is found, its values, and what the expression then is."""
    model, expr = expression(text)
    given = {"other": np.array([2.0, 5.0, 0.5])}

    def known(part: ir.RowExpr) -> np.ndarray | str | None:
        if isinstance(part, ir.RowValue) and isinstance(part.value, str):
            return part.value
        if sources_of(part, model.constants) - given.keys():
            return None
        return evaluate(model.source, part, given, model.constants, 3)

    name, found = solve(expr, np.array(values), known, whole)
    return name, found, evaluate(model.source, expr, {**given, name: found}, model.constants, 3)


@pytest.mark.parametrize(("text", "values"), INVERTIBLE, ids=[text for text, _ in INVERTIBLE])
def test_an_expression_of_the_found_source_has_the_values_asked_for(text, values):
    name, _, read = solved(text, values)
    assert name == "s"
    # A function and its inverse lose some roundings of 1e-16 each.
    np.testing.assert_allclose(read, values, rtol=1e-12, atol=1e-12)


def test_every_inverse_in_the_table_has_a_case_and_is_of_a_function():
    cases = {expression(text)[1].function for text, _ in INVERTIBLE}
    assert set(UNARY) <= cases
    assert set(UNARY) - {"neg"} <= set(FUNCTIONS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("zscore(s)", "`zscore` depends on all rows together"),
        ("lgamma(s)", "`lgamma` cannot be undone"),
        ("s + s ^ 2", "several columns that are not known"),
        ("where(s > 0, s, 1)", "`where` cannot be undone"),
    ],
)
def test_what_cannot_be_undone_is_said(text, why):
    with pytest.raises(CannotInvert, match=why):
        solved(text, REAL)


def test_a_function_of_the_whole_column_passes_the_values_on_to_its_source():
    _, found, _ = solved("zscore(log(s))", [0.0, 1.0, 2.0], whole=True)
    np.testing.assert_allclose(found, np.exp([0.0, 1.0, 2.0]))


def test_comparisons_do_not_tell_all_of_their_source():
    assert is_smooth(expression("log(s) + 1")[1])
    assert not any(is_smooth(expression(text)[1]) for text in ("s > 1", "log(abs(s))", "zscore(s)"))


@pytest.mark.parametrize(
    ("pattern", "names"),
    [("x*", ["x1", "x2", "x3"]), ("x_?", ["x_1", "x_2", "x_3"]), ("*_a", ["1_a", "2_a", "3_a"]), ("y[ab]", ["ya"])],
)
def test_names_that_a_pattern_matches(pattern, names):
    assert pattern_names(pattern, 3) == names


def test_columns_that_are_computed_from_columns_above_are_traced_to_the_source():
    text = 'data d from "d.csv" { a : real = log(s); b : real = 2 * a; c : real = s }\nw ~ Normal(0, 1)\n'
    model = compile_text(text + "observe b ~ Normal(w * c, 1)\n").spec
    found = parts(model, model.tables["d"], {})
    assert [sources_of(part.expr, model.constants) for part in found] == [{"s"}, {"s"}, {"s"}]


def test_what_a_name_is_compared_with():
    _, expr = expression('(s == "a" or "b" != s) and other > 3')
    assert compared([expr], "s") == ["a", "b"]
    assert compared([expr], "other") == [3]
