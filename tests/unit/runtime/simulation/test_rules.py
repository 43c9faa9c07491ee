"""What is said of made-up columns, and what is drawn by types."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdsl.runtime.binding.supports import violations
from bayesdsl.runtime.simulation.rules import Unclear, default_rule, rule
from bayesdsl.types.supports import BINARY, COUNT, INT, NONNEGATIVE, POSITIVE, REAL, UNIT, interval


def drawn(given: object, rows: int = 4000) -> np.ndarray:
    return rule(given).draw(np.random.default_rng(0), rows)


@pytest.mark.parametrize(
    ("text", "mean", "sd"),
    [
        ("normal(3, 2)", 3, 2),
        ("Normal(3,2)", 3, 2),
        ("-1:1", 0, 3**-0.5),
        ("uniform(-1, 1)", 0, 3**-0.5),
        ("lognormal(0, 0.5)", 1.133, 0.604),
        ("poisson(4)", 4, 2),
        ("bernoulli(0.2)", 0.2, 0.4),
        ("2.5", 2.5, 0),
        ("1e3", 1000, 0),
    ],
)
def test_a_rule_has_the_moments_that_it_names(text, mean, sd):
    values = drawn(text)
    # Four standard errors of a mean, and as much of a standard deviation, of 4,000 draws.
    assert values.mean() == pytest.approx(mean, abs=4 * sd / 4000**0.5 + 1e-3)
    assert values.std() == pytest.approx(sd, rel=0.07)


def test_a_grid_has_steps_of_one_size_and_lists_are_taken_as_they_are():
    np.testing.assert_allclose(drawn("grid(-1, 1)", 5), [-1, -0.5, 0, 0.5, 1])
    np.testing.assert_array_equal(drawn("[1, 2, 3]", 3), [1, 2, 3])
    np.testing.assert_array_equal(drawn(np.array([1, 2, 3]), 3), [1, 2, 3])
    assert drawn(["a", "b"], 2).tolist() == ["a", "b"]
    with pytest.raises(Unclear, match="has 2 values for 3 rows"):
        drawn([1, 2], 3)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("norm(0, 2)", "did you mean `normal`"),
        ("normal", "did you mean `normal"),
        ("normal(0)", r"is not of the form `normal\(mean, sd\)`"),
        ("normal(0, -1)", "cannot have"),
        ("normal(a, b)", "with numbers"),
        ("1:0", "cannot have"),
        ("1:2:3", "is no rule"),
        ("", "is no rule"),
        ("[1, [2]", "is no rule"),
        ("__import__('os')", "has no rule"),
        ("inf:2", "with numbers"),
    ],
)
def test_what_is_no_rule_is_told(text, why):
    with pytest.raises(Unclear, match=why):
        rule(text)


@pytest.mark.parametrize(
    "support",
    [REAL, POSITIVE, NONNEGATIVE, UNIT, INT, COUNT, BINARY, interval(2, 5), interval(3), interval(hi=-1.0)],
    ids=str,
)
def test_values_by_type_are_of_the_type(support):
    values = default_rule(support).draw(np.random.default_rng(0), 200)
    assert not violations(values, support).any()
    assert len(np.unique(values)) > 1
