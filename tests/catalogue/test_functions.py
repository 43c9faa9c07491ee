"""The functions of the catalogue: their callables agree with a reference, and their rules hold every result."""

from __future__ import annotations

import importlib
import math
from fractions import Fraction
from math import inf

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdsl.catalogue.functions import ALIASES, COLUMN_FUNCTIONS, FUNCTIONS, OPERATORS, REDUCTIONS, SCANS
from bayesdsl.catalogue.rows import Function
from bayesdsl.types.supports import (
    BINARY,
    CHOLESKY_CORR,
    CORRELATION,
    COUNT,
    COVARIANCE,
    INT,
    LOWER_CHOLESKY,
    NONNEGATIVE,
    OPEN_UNIT,
    ORDERED,
    POSITIVE,
    POSITIVE_ORDERED,
    REAL,
    SIMPLEX,
    UNIT,
    UNKNOWN,
    Support,
    interval,
)

MP = mpmath.mp.clone()
MP.dps = 120  # so that 1 - erf(15) is not 0

ROWS: dict[str, Function] = {**FUNCTIONS, **OPERATORS}

# Each function again, in arbitrary precision and from its definition.
REFERENCE = {
    "exp": MP.exp,
    "expm1": lambda x: MP.exp(x) - 1,
    "log": MP.log,
    "log1p": lambda x: MP.log(1 + x),
    "sqrt": MP.sqrt,
    "square": lambda x: x * x,
    "abs": abs,
    "sign": MP.sign,
    "logit": lambda p: MP.log(p / (1 - p)),
    "inv_logit": lambda x: 1 / (1 + MP.exp(-x)),
    "probit": lambda p: MP.sqrt(2) * MP.erfinv(2 * p - 1),
    "inv_probit": lambda x: MP.erfc(-x / MP.sqrt(2)) / 2,
    "softplus": lambda x: MP.log(1 + MP.exp(x)),
    "relu": lambda x: max(x, MP.mpf(0)),
    "sin": MP.sin,
    "cos": MP.cos,
    "tan": MP.tan,
    "asin": MP.asin,
    "acos": MP.acos,
    "atan": MP.atan,
    "sinh": MP.sinh,
    "cosh": MP.cosh,
    "tanh": MP.tanh,
    "floor": MP.floor,
    "ceil": MP.ceil,
    "round": MP.nint,
    "lgamma": MP.loggamma,
    "digamma": MP.digamma,
    "erf": MP.erf,
    "minimum": min,
    "maximum": max,
    "logaddexp": lambda a, b: MP.log(MP.exp(a) + MP.exp(b)),
    "clamp": lambda x, lo, hi: min(max(x, lo), hi),
    "where": lambda c, a, b: a if c else b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a - b * MP.floor(a / b),
    "^": lambda a, b: a**b,
    "neg": lambda a: -a,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "and": lambda a, b: bool(a) and bool(b),
    "or": lambda a, b: bool(a) or bool(b),
    "not": lambda a: not a,
}

# Arguments where the functions of a domain, or of a condition, are defined.
ARGUMENTS = {
    "log": [(0.3,), (7.5,)],
    "log1p": [(-0.75,), (1e-9,), (4.0,)],
    "sqrt": [(0.0,), (2.0,)],
    "logit": [(0.2,), (0.99,)],
    "probit": [(0.2,), (0.99,)],
    "asin": [(-1.0,), (0.3,)],
    "acos": [(-1.0,), (0.3,)],
    "lgamma": [(0.5,), (12.25,)],
    "digamma": [(0.5,), (12.25,)],
    "clamp": [(-2.0, 0.0, 1.0), (0.5, 0.0, 1.0), (3.0, 0.0, 1.0)],
    "where": [(1.0, 2.0, 3.0), (0.0, 2.0, 3.0)],
    "^": [(2.5, 3.0), (2.5, -0.5), (-2.0, 2.0)],
    "and": [(0.0, 1.0), (1.0, 1.0)],
    "or": [(0.0, 0.0), (0.0, 1.0)],
    "not": [(0.0,), (1.0,)],
}
USUAL = {1: [(-1.75,), (0.0,), (0.5,), (3.25,)], 2: [(-1.75, 0.5), (3.25, -2.0), (2.0, 2.0)]}


def called(path: str):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_every_function_and_operator_has_a_reference_here():
    assert REFERENCE.keys() == ROWS.keys()


@pytest.mark.parametrize("name", ROWS)
def test_callables_agree_with_the_definition(name: str):
    row = ROWS[name]
    # Each is correctly rounded but for a few units in the last place; 1e-12 leaves room for the special functions.
    for arguments in ARGUMENTS.get(name) or USUAL[row.arity[0]]:
        expected = float(REFERENCE[name](*map(MP.mpf, arguments)))
        tensors = [torch.tensor(a, dtype=torch.float64) for a in arguments]
        if name == "where":
            tensors[0] = tensors[0].bool()
        assert float(called(row.torch)(*tensors)) == pytest.approx(expected, rel=1e-12, abs=1e-15), row.torch
        arrays = [np.asarray(a) for a in arguments]
        assert float(called(row.numpy)(*arrays)) == pytest.approx(expected, rel=1e-12, abs=1e-15), row.numpy
        if row.math:
            assert row.math.split(".")[0] in ("math", "operator", "builtins")
            assert float(called(row.math)(*arguments)) == pytest.approx(expected, rel=1e-12, abs=1e-15), row.math


def test_a_root_of_a_negative_number_is_an_error_and_not_a_complex_number():
    with pytest.raises(ValueError):
        called(OPERATORS["^"].math)(-8.0, 1 / 3)


@pytest.mark.parametrize("table", [FUNCTIONS, OPERATORS, REDUCTIONS, SCANS, COLUMN_FUNCTIONS])
def test_rows_are_under_their_own_names_and_documented(table):
    for name, row in table.items():
        assert row.name == name
        assert row.doc.endswith(".")
        assert "\n" not in row.doc


def test_aliases_lead_to_something_and_hide_nothing():
    known = FUNCTIONS.keys() | REDUCTIONS.keys() | SCANS.keys() | COLUMN_FUNCTIONS.keys()
    assert set(ALIASES.values()) <= known
    assert not ALIASES.keys() & known


# Rules

# Ends are dyadic, so that sums and products of them are exact in floating point and openness can be tested exactly.
STEPS = 8


@st.composite
def supports(draw, within: Support = REAL) -> Support:
    """An interval inside `within`, perhaps without ends, open or of integers."""
    integer = within.integer or draw(st.booleans())
    step = 1 if integer else STEPS
    least, most = math.ceil(max(within.lo, -5) * step), math.floor(min(within.hi, 5) * step)
    if not integer:
        least, most = least + (within.lo_open and least == within.lo * step), most - (within.hi_open and within.hi < 5)
    elif within.lo_open:
        least += 1
    lo, hi = sorted(draw(st.integers(least, most)) / step for _ in range(2))
    lo_open, hi_open = (draw(st.booleans()) and lo < hi and not integer for _ in range(2))
    if within.lo == -inf and draw(st.integers(0, 4)) == 0:
        lo, lo_open = -inf, False
    if within.hi == inf and draw(st.integers(0, 4)) == 0:
        hi, hi_open = inf, False
    return interval(lo, hi, lo_open=lo_open, hi_open=hi_open, integer=integer)


SHARES = [Fraction(n, 1024) for n in (0, 1, 256, 512, 1023, 1024)]


def point(support: Support) -> st.SearchStrategy[Fraction]:
    """A point of an interval, often at or next to an end."""
    lo = Fraction(support.lo) if support.lo > -inf else Fraction(min(support.hi, 0.0)) - 10
    hi = Fraction(support.hi) if support.hi < inf else Fraction(max(support.lo, 0.0)) + 10
    points = [lo + (hi - lo) * share for share in SHARES]
    if support.integer:
        points = [Fraction(round(x)) for x in points]
    return st.sampled_from([x for x in points if support.holds(float(x))])


def precise(x: Fraction) -> mpmath.mpf:
    return MP.mpf(x.numerator) / x.denominator


# The bounds a function can approach without reaching them. Others come from a function of an end of the interval, in
# floating point, where the last places of an end decide nothing: they are tested up to 1e-12.
LIMITS = (0.0, 1.0, -1.0)


def holds(support: Support, value) -> bool:
    value = MP.mpf(int(value)) if isinstance(value, bool) else value
    if not support.known:
        return True
    if support.integer and value != MP.nint(value):
        return False
    slack = MP.mpf(1e-12) * (1 + abs(value))
    below = value < support.lo if support.lo in LIMITS else value < support.lo - slack
    above = value > support.hi if support.hi in LIMITS else value > support.hi + slack
    at_open_end = (support.lo_open and support.lo in LIMITS and value == support.lo) or (
        support.hi_open and support.hi in LIMITS and value == support.hi
    )
    return not (below or above or at_open_end)


DOMAINS = {"clamp": (REAL, REAL, REAL), "where": (BINARY, REAL, REAL)}


@pytest.mark.parametrize("name", ROWS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_rules_hold_every_result(name: str, data):
    row = ROWS[name]
    domain = OPEN_UNIT if row.domain == UNIT else row.domain
    domains = DOMAINS.get(name) or (domain or REAL,) * row.arity[0]
    arguments = [data.draw(supports(d)) for d in domains]
    result = row.rule(*arguments)
    assert result.event == 0
    for _ in range(6):
        values = [data.draw(point(a)) for a in arguments]
        try:
            value = REFERENCE[name](*map(precise, values))
        except (ZeroDivisionError, ValueError):
            continue  # no value at a pole
        if isinstance(value, MP.mpc) or (not isinstance(value, bool) and not MP.isfinite(value)):
            continue  # no real value
        assert holds(result, value), f"{name}{values} = {value} is not in {result} from {[str(a) for a in arguments]}"


EXACT = ["+", "-", "*", "/", "neg", "abs", "square", "minimum", "maximum", "clamp", "where", "relu"]


@pytest.mark.parametrize("name", EXACT)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_ends_of_exact_arithmetic_are_open_and_closed_as_they_should_be(name: str, data):
    row = ROWS[name]
    arguments = [data.draw(supports(d)) for d in DOMAINS.get(name, (REAL,) * row.arity[0])]
    result = row.rule(*arguments)
    values = [data.draw(point(a)) for a in arguments]
    if name == "/" and values[1] == 0:
        return
    value = {"relu": lambda x: max(x, Fraction(0))}.get(name, REFERENCE[name])(*values)
    assert not result.lo_open or value > result.lo
    assert not result.hi_open or value < result.hi
    if name != "/":  # where an end of a quotient is rounded
        assert result.lo <= value <= result.hi


REDUCED = {
    "sum": sum,
    "mean": lambda xs: sum(xs) / len(xs),
    "prod": lambda xs: math.prod(xs),
    "min": min,
    "max": max,
    "logsumexp": lambda xs: MP.log(sum(MP.exp(x) for x in xs)),
    "sd": lambda xs: MP.sqrt(sum((x - sum(xs) / len(xs)) ** 2 for x in xs) / max(len(xs) - 1, 1)),
    "var": lambda xs: sum((x - sum(xs) / len(xs)) ** 2 for x in xs) / max(len(xs) - 1, 1),
    "any": lambda xs: any(xs),
    "all": lambda xs: all(xs),
    "cumsum": sum,
    "cumprod": lambda xs: math.prod(xs),
}


@pytest.mark.parametrize("name", REDUCED)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_rules_of_reductions_hold_every_result(name: str, data):
    row = {**REDUCTIONS, **SCANS}[name]
    argument = data.draw(supports())
    members = [precise(data.draw(point(argument))) for _ in range(data.draw(st.integers(1, 4)))]
    result = row.rule(argument)
    assert holds(result, REDUCED[name](members)), f"{members} from {argument} to {result}"


@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_the_rule_of_dot_holds_every_result(data):
    a, b = data.draw(supports()), data.draw(supports())
    pairs = [(data.draw(point(a)), data.draw(point(b))) for _ in range(data.draw(st.integers(1, 4)))]
    assert holds(REDUCTIONS["dot"].rule(a, b), precise(sum(x * y for x, y in pairs)))


def test_every_reduction_and_scan_is_covered_here():
    assert REDUCTIONS.keys() | SCANS.keys() == REDUCED.keys() | {"dot", "softmax"}


@pytest.mark.parametrize("name", [name for name, row in {**REDUCTIONS, **SCANS}.items() if row.numpy])
def test_reductions_and_scans_agree_between_torch_and_numpy(name: str):
    row = {**REDUCTIONS, **SCANS}[name]
    values = np.array([[0.25, 1.5, 0.75], [2.0, 0.125, 1.0]])
    arguments = [values, values[::-1].copy()][: row.arity]
    ddof = {"ddof": 1} if name in ("sd", "var") else {}
    # Five operations on each row of three: agreement to rounding.
    by_torch = called(row.torch)(*map(torch.from_numpy, arguments), dim=-1).numpy()
    np.testing.assert_allclose(called(row.numpy)(*arguments, axis=-1, **ddof), by_torch, rtol=1e-14)


ONE = interval(1.0, 1.0, integer=True)
TWO = interval(2.0, 2.0, integer=True)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("-", (ONE, UNIT), UNIT),
        ("-", (ONE, OPEN_UNIT), OPEN_UNIT),
        ("-", (ONE, BINARY), BINARY),
        ("+", (COUNT, COUNT), COUNT),
        ("+", (NONNEGATIVE, POSITIVE), POSITIVE),
        ("*", (POSITIVE, POSITIVE), POSITIVE),
        ("*", (UNIT, UNIT), UNIT),
        ("*", (INT, INT), INT),
        ("*", (SIMPLEX, POSITIVE), NONNEGATIVE),
        ("/", (ONE, POSITIVE), POSITIVE),
        ("/", (COUNT, POSITIVE), NONNEGATIVE),
        ("/", (REAL, REAL), REAL),
        ("^", (REAL, TWO), NONNEGATIVE),
        ("^", (POSITIVE, REAL), POSITIVE),
        ("^", (UNIT, POSITIVE), UNIT),
        ("square", (REAL,), NONNEGATIVE),
        ("square", (INT,), COUNT),
        ("abs", (REAL,), NONNEGATIVE),
        ("exp", (REAL,), POSITIVE),
        ("log", (POSITIVE,), REAL),
        ("sqrt", (POSITIVE,), POSITIVE),
        ("sqrt", (NONNEGATIVE,), NONNEGATIVE),
        ("inv_logit", (REAL,), OPEN_UNIT),
        ("inv_probit", (REAL,), OPEN_UNIT),
        ("softplus", (REAL,), POSITIVE),
        ("relu", (REAL,), NONNEGATIVE),
        ("==", (REAL, REAL), BINARY),
        ("maximum", (REAL, POSITIVE), POSITIVE),
        ("where", (BINARY, POSITIVE, UNIT), NONNEGATIVE),
        ("clamp", (REAL, interval(0.0, 0.0), ONE), UNIT),
        ("floor", (NONNEGATIVE,), COUNT),
        ("cosh", (REAL,), interval(1.0)),
        ("exp", (UNKNOWN,), UNKNOWN),
        ("*", (UNKNOWN, POSITIVE), UNKNOWN),
    ],
)
def test_rules_are_as_tight_as_a_statistician_expects(name, arguments, expected):
    assert ROWS[name].rule(*arguments) == expected


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("*", (POSITIVE, CHOLESKY_CORR), "lower_cholesky"),
        ("*", (LOWER_CHOLESKY, POSITIVE), "lower_cholesky"),
        ("/", (LOWER_CHOLESKY, POSITIVE), "lower_cholesky"),
        ("*", (TWO, CORRELATION), "covariance"),
        ("*", (POSITIVE, CORRELATION), "real"),
        ("+", (COVARIANCE, CORRELATION), "covariance"),
        ("-", (COVARIANCE, CORRELATION), "real"),
        ("+", (ORDERED, ONE), "ordered"),
        ("-", (ONE, ORDERED), "real"),
        ("+", (ORDERED, REAL), "real"),
        ("*", (TWO, POSITIVE_ORDERED), "positive_ordered"),
        ("exp", (ORDERED,), "positive_ordered"),
        ("log", (POSITIVE_ORDERED,), "ordered"),
        ("neg", (ORDERED,), "real"),
        ("where", (BINARY, ORDERED, ORDERED), "real"),
        ("where", (BINARY, SIMPLEX, SIMPLEX), "unit"),
    ],
)
def test_structures_are_kept_where_the_operation_keeps_them(name, arguments, expected):
    assert ROWS[name].rule(*arguments).name == expected


def test_scaling_the_rows_of_a_cholesky_factor_gives_the_factor_of_a_covariance():
    generator = torch.Generator().manual_seed(1)
    a = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    factor = torch.linalg.cholesky(a @ a.mT + torch.eye(4, dtype=torch.float64))
    scaled = torch.rand(4, 1, generator=generator, dtype=torch.float64) * factor
    assert torch.distributions.constraints.lower_cholesky.check(scaled)


def test_the_running_sum_of_positive_numbers_is_ordered():
    assert SCANS["cumsum"].rule(POSITIVE).name == "positive_ordered"
    assert SCANS["cumsum"].rule(SIMPLEX.interior).name == "positive_ordered"
    assert SCANS["cumsum"].rule(SIMPLEX).name == "nonnegative"
    assert SCANS["softmax"].rule(REAL) == SIMPLEX
