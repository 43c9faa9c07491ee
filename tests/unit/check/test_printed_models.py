"""The text of a model says what the model says: its expressions read back are the ones that were written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdsl.check import check
from bayesdsl.model.printer import print_model
from bayesdsl.source import Source
from bayesdsl.syntax import ast
from bayesdsl.syntax.parser import parse

DATA = """
plate team = ["A", "B"]
data game { home : category(team) = ["A", "B"]; away : category(team) = ["B", "A"]; x = [0.5, 2]; y = [1, 2] }
a, b, p, q ~ Beta(1, 1)
s[team] ~ Normal(0, 1)
"""


def printed(line: str) -> str:
    """The line of a model's text that stands for a line of its spec, which comes last."""
    checked = check(parse(Source("m.bayes", f"{DATA}{line}\n")))
    assert checked.model is not None, [d.message for d in checked.diagnostics]
    return print_model(checked.model).splitlines()[-1]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("derive d = a + b * p", "derive d : (0, 2) = a + b * p"),
        ("derive d = (a + b) * p", "derive d : (0, 2) = (a + b) * p"),
        ("derive d = a - (b - p)", "derive d : (-1, 2) = a - (b - p)"),
        ("derive d = -a^2", "derive d : (-1, 0) = -a^2"),
        ("derive d = (-a)^2", "derive d : open unit = (-a)^2"),
        ("derive d = not (a > b) or p < q", "derive d : binary = not a > b or p < q"),
        ("derive d = s[home] - s[away] * x", "derive d[game] : real = s[team by home] - s[team by away] * x"),
        ('derive d = s[team = "B"]', 'derive d : real = s[team = "B"]'),
        ("derive d[team, team'] = s - s[team']", "derive d[team, team'] : real = s - s[team as team']"),
        ("derive d = sum[team](s)", "derive d : real = sum[team](s)"),
        ("observe y ~ Normal(s[home], var = 4)", "observe y[game] ~ Normal(loc = s[team by home], scale = 2.0)"),
        ("z[team] ~ Normal(a, b) noncentered", "latent z[team] : real ~ Normal(loc = a, scale = b) noncentered"),
        ("w[team] ~ Dirichlet(2)", "latent w[; team] : simplex ~ Dirichlet(concentration = 2)"),
        ("m : interval(0, 2) ~ Normal(0, 1)", "latent m : [0, 2] ~ Normal(loc = 0, scale = 1) (cut to its type)"),
        ("u ~ Uniform(a, 2)", "latent u : [0, 2] ~ Uniform(low = a, high = 2) (moving support)"),
        ("f ~ Flat(positive)", "latent f : positive ~ Flat(positive)"),
        ("param r : positive = 2", "param r : positive = 2"),
        ("infer svi(steps = 10)", "infer svi = svi(steps = 10)"),
        ("infer fast = svi(guide = AutoDelta)", "infer fast = svi(guide = AutoDelta)"),
    ],
)
def test_a_statement_is_printed_as_what_it_means(line: str, text: str):
    assert printed(line) == text


@st.composite
def formulas(draw, depth: int = 0) -> str:
    if depth == 4 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(["a", "b", "p", "q", "x"]))
    left, right = draw(formulas(depth + 1)), draw(formulas(depth + 1))
    shape = draw(
        st.sampled_from(["({}) {} ({})", "-({})", "exp({})", "abs({})", "({}) ^ 2", "where(({}) > ({}), {}, {})"])
    )
    if shape == "({}) {} ({})":
        return shape.format(left, draw(st.sampled_from(["+", "-", "*", "/", "^"])), right)
    return shape.format(left, right, left, right)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(formulas())
def test_a_formula_reads_back_as_it_was(formula: str):
    written = value_of(f"derive d = {formula}")
    text = re.sub(r" : .*? = ", " = ", printed(f"derive d = {formula}"), count=1)
    assert value_of(text) == written


def value_of(line: str) -> ast.Expr:
    return parse(Source("line", f"{line}\n")).spec.statements[0].value
