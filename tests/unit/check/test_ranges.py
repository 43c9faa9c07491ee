"""Ranges of formulas in which values occur more than once: tight where they should be, and never too tight."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdsl.check import check
from bayesdsl.model import ir
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse
from bayesdsl.types.supports import Support

# Latents by where they lie.
VALUES = """
u, v, w ~ Beta(1, 1)
s, t ~ Gamma(1, 1)
a, b ~ Normal(0, 1)
c ~ Uniform(-2, 3)
plate k = 3
g[k] ~ Gamma(1, 1)
q[k] ~ Dirichlet(1)
r[k] ~ Beta(1, 1)
"""


def support_of(formula: str, definitions: str = "") -> Support:
    """The support of a formula of these values."""
    text = f"{VALUES}{definitions}\nderive result = {formula}\n"
    checked = check(parse(Source("ranges.bayes", text)))
    assert checked.model is not None, [d.message for d in checked.diagnostics]
    return next(s.expr.support for s in checked.model.of(ir.Let) if s.name == "result")


@pytest.mark.parametrize(
    ("formula", "lies_in"),
    [
        ("w * u + (1 - w) * v", "open unit"),
        ("w + (1 - w) * u", "open unit"),
        ("(1 - w) * u + w", "open unit"),
        ("u + v - u * v", "open unit"),
        ("1 - (1 - u) * (1 - v)", "open unit"),
        ("u * v + (1 - u) * (1 - v)", "open unit"),
        ("0.5 * w + (1 - w) * (0.5 + 0.5 * u)", "(0.5, 1)"),
        ("w * c + (1 - w) * c", "(-2, 3)"),
        ("s - w * s", "positive"),
        ("s * (1 - w) + w * t", "positive"),
        ("u - u", "[0, 0]"),
        ("u - u * v", "open unit"),
        ("-(u * v) + u", "open unit"),
        ("s / (s + t)", "open unit"),
        ("s / (1 + s)", "open unit"),
        ("s * t / (u + t * s)", "open unit"),
        ("(s + t) / (t + s + u)", "open unit"),
        ("exp(a) / (1 + exp(a))", "open unit"),
        ("s^a / (s^a + t^b)", "open unit"),
        ("g / sum[k](g)", "(0, 1]"),
        ("g[k = 1] / (g[k = 1] + s)", "open unit"),
        ("sum[k](q * r)", "open unit"),
        ("dot[k](r, q)", "open unit"),
        ("dot[k](q, g)", "positive"),
        ("sum[k](q)", "[1, 1]"),
        ("sum[k](softmax[k](g) * r)", "open unit"),
        # Where nothing is known, nothing is said.
        ("a - a * u", "real"),
        ("s - t", "real"),
        ("u - v", "(-1, 1)"),
        ("s / (s + a)", "real"),
        ("s * (u - v)", "real"),
        ("sum[k](r * r)", "positive"),
        ("dot[k](r, g)", "positive"),
    ],
)
def test_a_range_is_as_tight_as_the_formula_allows(formula: str, lies_in: str):
    assert str(support_of(formula)) == lies_in


def test_definitions_are_looked_through():
    assert str(support_of("w * u + other * v", "other = 1 - w")) == "open unit"
    assert str(support_of("part / whole", "part = s * u\nwhole = t + part")) == "open unit"
    assert str(support_of("g / total", "total = sum[k](g)")) == "(0, 1]"
    assert str(support_of("sum[k](each)", "each = q * r")) == "open unit"


def test_a_chain_of_definitions_that_doubles_each_time_is_checked_at_once():
    chain = "\n".join(f"x{i} = x{i - 1} + x{i - 1}" for i in range(1, 60))
    assert str(support_of("x59 / (x59 + s)", f"x0 = u\n{chain}")) == "positive"


@st.composite
def formulas(draw, depth: int = 0):
    """A formula of sums, differences, products and shares."""
    if depth == 4 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(["u", "v", "w", "s", "t", "c", "1", "0.5", "2", "exp(a)"]))
    op = draw(st.sampled_from(["+", "-", "*", "share"]))
    left = draw(formulas(depth + 1))
    right = draw(st.sampled_from([left, draw(formulas(depth + 1))]))
    if op == "share":
        return f"({left}) / (({left}) + ({right}))"
    return f"({left}) {op} ({right})"


POINTS = (
    ("u", 0.0, 1.0),
    ("v", 0.0, 1.0),
    ("w", 0.0, 1.0),
    ("s", 0.0, 50.0),
    ("t", 0.0, 50.0),
    ("c", -2.0, 3.0),
    ("a", -3.0, 3.0),
)


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(formulas(), st.integers(0, 10_000))
def test_every_value_of_a_formula_lies_in_its_range(formula: str, seed: int):
    from math import exp

    support = support_of(formula)
    rng = random.Random(seed)
    for _ in range(20):
        values = {name: _inside(rng, low, high) for name, low, high in POINTS}
        try:
            value = eval(formula, {"exp": exp}, values)
        except ZeroDivisionError:
            continue
        # The ends of the range are sums and products of floats, as the value is: a few roundings apart.
        slack = 1e-9 * max(1.0, abs(value))
        assert support.lo - slack <= value <= support.hi + slack


def _inside(rng: random.Random, low: float, high: float) -> float:
    """A point of an open interval, often near one of its ends."""
    share = rng.choice([rng.random(), 1e-6, 1 - 1e-6])
    return low + (high - low) * share
