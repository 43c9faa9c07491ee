"""Elementwise functions, operators, reductions over plates, scans along a plate and functions of whole columns.

Where a row names callables, by dotted names:

- `torch` takes and gives tensors. Operators are of Python's `operator` module where tensors overload them, so that a
  printer may write the symbol; the logical ones are torch's, since Python's `and` does not broadcast.
- `numpy` takes and gives arrays; empty where there is none, for reductions alone. `numpy.std` and `numpy.var` divide by
  n unless called with `ddof=1`; torch's divide by n - 1 as they are, which is what is meant here.
- `math` is of `math`, `operator` or `builtins` and takes floats; empty where there is none. Out of its domain it raises
  ValueError, ZeroDivisionError or OverflowError.

A rule computes the support of the result from those of the arguments by interval arithmetic: the result surely holds
every real value of the function. Plates carry the dimensions, so elementwise results have no event dimensions, save
where an operation keeps a structure: a strictly increasing function keeps an order, a positive factor a Cholesky
factor. Reductions assume at least one member; the number of members and the plate are not known to a rule, so that
the sum of a simplex over its own plate is not seen to be 1. Where an operand is used twice the rule does not know:
`x * x` is for the caller to send to `square`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from math import inf

from bayesdsl.catalogue.rows import ColumnFunction, Function, Reduction, SupportRule
from bayesdsl.types.supports import (
    BINARY,
    COVARIANCE,
    LOWER_CHOLESKY,
    NONNEGATIVE,
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

# Ends of intervals. An end is a value and whether it is reached; an infinite one never is.


@dataclass(frozen=True, slots=True)
class End:
    value: float
    reached: bool


def _low(support: Support) -> End:
    return End(support.lo, not support.lo_open and support.lo > -inf)


def _high(support: Support) -> End:
    return End(support.hi, not support.hi_open and support.hi < inf)


def _least(ends: list[End]) -> End:
    value = min(end.value for end in ends)
    return End(value, any(end.reached for end in ends if end.value == value))


def _greatest(ends: list[End]) -> End:
    value = max(end.value for end in ends)
    return End(value, any(end.reached for end in ends if end.value == value))


def _between(low: End, high: End, integer: bool = False) -> Support:
    """The interval of two ends, zeros without a sign. What is not a number (infinity less infinity) bounds nothing."""
    return interval(
        -inf if math.isnan(low.value) else low.value + 0.0,
        inf if math.isnan(high.value) else high.value + 0.0,
        lo_open=not low.reached and low.value > -inf,
        hi_open=not high.reached and high.value < inf,
        integer=integer,
    )


def _elementwise(rule: SupportRule) -> SupportRule:
    """A rule on the elements' intervals; what is unknown stays so."""

    def of(*supports: Support) -> Support:
        return rule(*(s.elements for s in supports)) if all(s.known for s in supports) else UNKNOWN

    return of


def _constant_rule(support: Support) -> SupportRule:
    return lambda *arguments: support if all(a.known for a in arguments) else UNKNOWN


# Arithmetic


def _add(a: Support, b: Support) -> Support:
    low = End(a.lo + b.lo, _low(a).reached and _low(b).reached)
    high = End(a.hi + b.hi, _high(a).reached and _high(b).reached)
    return _between(low, high, a.integer and b.integer)


def _negate(a: Support) -> Support:
    low, high = _high(a), _low(a)
    return _between(End(-low.value, low.reached), End(-high.value, high.reached), a.integer)


def _times(x: End, y: End) -> End:
    """A corner of a product. Zero times anything is zero, also in the limit, and reached where the zero is."""
    if x.value == 0 or y.value == 0:
        return End(0.0, (x.value == 0 and x.reached) or (y.value == 0 and y.reached))
    return End(x.value * y.value, x.reached and y.reached)


def _multiply(a: Support, b: Support) -> Support:
    corners = [_times(x, y) for x in (_low(a), _high(a)) for y in (_low(b), _high(b))]
    return _between(_least(corners), _greatest(corners), a.integer and b.integer)


def _reciprocal(a: Support) -> Support:
    """1 / a where a is on one side of zero; at zero itself there is no real value."""
    if a.lo < 0 < a.hi or a.lo == a.hi == 0:
        return REAL
    low, high = _high(a), _low(a)
    sign = 1.0 if a.hi > 0 else -1.0

    def inverse(end: End) -> End:
        if math.isinf(end.value):
            return End(0.0, False)
        return End(sign * inf, False) if end.value == 0 else End(1 / end.value, end.reached)

    return _between(inverse(low), inverse(high))


def _divide(a: Support, b: Support) -> Support:
    quotient = _multiply(a, _reciprocal(b))
    return interval(quotient.lo, quotient.hi, lo_open=quotient.lo_open, hi_open=quotient.hi_open)


def _remainder(a: Support, b: Support) -> Support:
    """The remainder has the sign of the divisor and is smaller than it."""
    low = End(min(b.lo, 0.0), b.lo >= 0)
    high = End(max(b.hi, 0.0), b.hi <= 0)
    if a.lo >= 0 and b.lo >= 0 and a.hi < high.value:
        high = _high(a)
    return _between(low, high, a.integer and b.integer)


def _even(f: Callable[[float], float]) -> SupportRule:
    """A function that falls to its least value at zero and rises from it alike on both sides."""

    def rule(a: Support) -> Support:
        ends = [End(_or_infinite(f, abs(end.value)), end.reached) for end in (_low(a), _high(a))]
        low = End(f(0.0), a.holds(0.0)) if a.lo <= 0 <= a.hi else _least(ends)
        return _between(low, _greatest(ends), a.integer and f in (_square_of, abs))

    return rule


def _or_infinite(f: Callable[[float], float], x: float) -> float:
    """f(x), where f grows without bound and x >= 0."""
    try:
        return inf if x == inf else f(x)
    except OverflowError:
        return inf


def _square_of(x: float) -> float:
    return x * x


def _power(a: Support, b: Support) -> Support:
    exponent = b.constant
    if exponent is not None and math.isfinite(exponent) and exponent == int(exponent):
        if exponent < 0:
            return _reciprocal(_whole_power(a, int(-exponent)))
        return _whole_power(a, int(exponent))
    if a.lo >= 0:
        return _positive_power(a, b)
    return REAL


def _whole_power(a: Support, exponent: int) -> Support:
    if exponent == 0:
        return interval(1.0, 1.0, integer=True)
    f = _power_of(exponent)
    powered = _even(f)(a) if exponent % 2 == 0 else _increasing(f, -inf, inf)(a)
    ends = powered.lo, powered.hi
    return interval(*ends, lo_open=powered.lo_open, hi_open=powered.hi_open, integer=a.integer)


def _power_of(exponent: float) -> Callable[[float], float]:
    def f(x: float) -> float:
        try:
            return math.pow(x, exponent)
        except OverflowError:
            return inf if x > 0 or exponent % 2 == 0 else -inf

    return f


def _positive_power(a: Support, b: Support) -> Support:
    """a^b for a >= 0: monotone in each argument on either side of a = 1 and of b = 0, so that corners bound it."""
    corners = [_power_corner(x, y) for x in (_low(a), _high(a)) for y in (_low(b), _high(b))]
    if a.holds(1.0) or b.holds(0.0):
        corners.append(End(1.0, True))
    low, high = _least(corners), _greatest(corners)
    if low.value == 0:
        low = End(0.0, a.holds(0.0))
    return _between(low, high)


def _power_corner(x: End, y: End) -> End:
    base, exponent = x.value, y.value
    if exponent == 0 or base == 1:
        # The limit of 0^0 and of infinity^0 depends on the way there; both ends are covered by the other corners
        # unless the exponent is 0 throughout, when the power is 1.
        return End(1.0, x.reached and y.reached)
    if base == 0:
        return End(0.0, x.reached and y.reached) if exponent > 0 else End(inf, False)
    if math.isinf(base):
        return End(inf if exponent > 0 else 0.0, False)
    if math.isinf(exponent):
        return End(inf if (exponent > 0) == (base > 1) else 0.0, False)
    return End(_power_of(exponent)(base), x.reached and y.reached)


# Monotone functions


def _increasing(f: Callable[[float], float], at_bottom: float, at_top: float, bottom: float = -inf) -> SupportRule:
    """A strictly increasing function of the reals from `bottom` up, with its limits there."""

    def at(end: End) -> End:
        if end.value <= bottom:
            return End(at_bottom, False)
        if end.value == inf:
            return End(at_top, False)
        try:
            value = f(end.value)
        except OverflowError:
            return End(at_top if end.value > 0 else at_bottom, False)
        # A limit that is met only by rounding is not reached.
        return End(value, end.reached and value not in (at_bottom, at_top))

    def rule(a: Support) -> Support:
        return _between(at(_low(a)), at(_high(a))) if a.hi > bottom else REAL

    return rule


def _unit_increasing(f: Callable[[float], float]) -> SupportRule:
    """A strictly increasing function of the unit interval onto the reals."""

    def rule(a: Support) -> Support:
        low = End(f(a.lo), _low(a).reached) if 0 < a.lo < 1 else End(-inf, False)
        high = End(f(a.hi), _high(a).reached) if 0 < a.hi < 1 else End(inf, False)
        return _between(low, high)

    return rule


def _keeps_order(rule: SupportRule) -> SupportRule:
    """What a strictly increasing function does to vectors as well: ordered elements stay ordered."""

    def of(a: Support) -> Support:
        return _ordered_within(_elementwise(rule)(a)) if a.known and _is_ordered(a) else _elementwise(rule)(a)

    return of


def _is_ordered(a: Support) -> bool:
    return a.name in (ORDERED.name, POSITIVE_ORDERED.name)


def _ordered_within(elements: Support) -> Support:
    kind = POSITIVE_ORDERED if elements.within(POSITIVE) else ORDERED
    return Support(
        kind.name, elements.lo, elements.hi, elements.lo_open, elements.hi_open, elements.integer, event=kind.event
    )


def positive_part(x):
    """x where it is positive, otherwise 0, of anything with arithmetic: numpy has no function of its own for it."""
    return (x + abs(x)) / 2


def _inv_logit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _logit(p: float) -> float:
    return math.log(p) - math.log1p(-p)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -inf


def _log1p(x: float) -> float:
    return math.log1p(x) if x > -1 else -inf


def _step(f: Callable[[float], float]) -> SupportRule:
    """A function that rounds: increasing, its values whole numbers."""

    def rule(a: Support) -> Support:
        ends = [End(end.value if math.isinf(end.value) else float(f(end.value)), True) for end in (_low(a), _high(a))]
        return _between(*(End(end.value, not math.isinf(end.value)) for end in ends), integer=True)

    return rule


def _clipped(f: Callable[[float], float], lo: float, hi: float) -> SupportRule:
    """An increasing function defined on [lo, hi] alone, ends included."""

    def rule(a: Support) -> Support:
        if a.hi < lo or a.lo > hi:
            return interval(f(lo), f(hi))
        low = End(f(max(a.lo, lo)), _low(a).reached or a.lo < lo)
        return _between(low, End(f(min(a.hi, hi)), _high(a).reached or a.hi > hi))

    return rule


def _acos(a: Support) -> Support:
    return _add(_negate(_clipped(math.asin, -1.0, 1.0)(a)), interval(math.pi / 2, math.pi / 2))


def _sign(a: Support) -> Support:
    low = -1.0 if a.lo < 0 else 1.0 if a.lo > 0 or a.lo_open else 0.0
    high = 1.0 if a.hi > 0 else -1.0 if a.hi < 0 or a.hi_open else 0.0
    return interval(low, high, integer=True)


# Functions of two and three arguments


def _minimum(a: Support, b: Support) -> Support:
    high = min(a.hi, b.hi)
    reached = all(_high(s).reached for s in (a, b) if s.hi == high)
    return _between(_least([_low(a), _low(b)]), End(high, reached), a.integer and b.integer)


def _maximum(a: Support, b: Support) -> Support:
    low = max(a.lo, b.lo)
    reached = all(_low(s).reached for s in (a, b) if s.lo == low)
    return _between(End(low, reached), _greatest([_high(a), _high(b)]), a.integer and b.integer)


def _clamp(x: Support, lo: Support, hi: Support) -> Support:
    return _minimum(_maximum(x, lo), hi)


def _join(a: Support, b: Support) -> Support:
    low, high = _least([_low(a), _low(b)]), _greatest([_high(a), _high(b)])
    return _between(low, high, a.integer and b.integer)


def _logaddexp_of(x: float, y: float) -> float:
    if x == -inf or y == -inf or inf in (x, y):
        return max(x, y)
    return max(x, y) + math.log1p(math.exp(-abs(x - y)))


def _logaddexp(a: Support, b: Support) -> Support:
    low = End(_logaddexp_of(a.lo, b.lo), _low(a).reached and _low(b).reached)
    high = End(_logaddexp_of(a.hi, b.hi), _high(a).reached and _high(b).reached)
    return _between(low, high)


# Structured operands


def join(*supports: Support) -> Support:
    """The least scalar support that holds the values of all of them, as `where` and lists give."""
    return reduce(_elementwise(_join), supports)


def _structured(kept: Callable[[Support, Support], Support | None], rule: SupportRule) -> SupportRule:
    """A rule of two arguments that asks `kept` for a structure first."""

    def of(a: Support, b: Support) -> Support:
        if not (a.known and b.known):
            return UNKNOWN
        return kept(a, b) or _elementwise(rule)(a, b)

    return of


def _kept_by_sum(a: Support, b: Support) -> Support | None:
    """Covariances add up to one, an ordered vector plus a known number is ordered; other terms may differ within it."""
    if a.within(COVARIANCE) and b.within(COVARIANCE):
        return COVARIANCE
    for vector, shift in ((a, b), (b, a)):
        if _is_ordered(vector) and shift.constant is not None:
            return _ordered_within(_add(vector.elements, shift))
    return None


def _kept_by_subtracting(a: Support, b: Support) -> Support | None:
    return _kept_by_sum(a, _negate(b)) if _is_ordered(a) and b.event == 0 else None


def _kept_by_factor(a: Support, b: Support) -> Support | None:
    return _scaled(a, b, _multiply) or _scaled(b, a, _multiply)


def _kept_by_divisor(a: Support, b: Support) -> Support | None:
    return _scaled(a, b, _divide)


def _scaled(matrix: Support, factor: Support, rule: SupportRule) -> Support | None:
    """What positive factors leave of a structure: of a Cholesky factor its shape, even where they differ by row.

    A covariance and an order need one factor for all elements, and only a known number is sure to be that.
    """
    if not factor.elements.within(POSITIVE):
        return None
    if matrix.within(LOWER_CHOLESKY):
        return LOWER_CHOLESKY
    if factor.constant is None:
        return None
    if matrix.within(COVARIANCE):
        return COVARIANCE
    return _ordered_within(rule(matrix.elements, factor)) if _is_ordered(matrix) else None


def _subtract(a: Support, b: Support) -> Support:
    return _add(a, _negate(b))


# Reductions and scans


def _sum(a: Support) -> Support:
    low = _low(a) if a.lo >= 0 else End(-inf, False)
    high = _high(a) if a.hi <= 0 else End(inf, False)
    return _between(low, high, a.integer)


def _dot(a: Support, b: Support) -> Support:
    return _sum(_multiply(a, b))


def _mean(a: Support) -> Support:
    return _between(_low(a), _high(a))


def _product(a: Support) -> Support:
    if a.lo >= 1:
        return _between(_low(a), End(inf, False), a.integer)
    if a.lo >= 0:
        return _between(End(0.0, a.holds(0.0)), _high(a) if a.hi <= 1 else End(inf, False), a.integer)
    if a.lo >= -1 and a.hi <= 1:
        return interval(-1.0, 1.0, integer=a.integer)
    return interval(integer=a.integer)


def _identity(a: Support) -> Support:
    return a


def _logsumexp(a: Support) -> Support:
    return _between(_low(a), End(inf, False))


def _cumsum(a: Support) -> Support:
    """Sums of positive elements grow."""
    if not a.known:
        return UNKNOWN
    sums = _sum(a.elements)
    return _ordered_within(sums) if a.elements.within(POSITIVE) else sums


# The rows


def _function(
    name: str,
    doc: str,
    rule: SupportRule,
    *,
    torch: str = "",
    numpy: str = "",
    math: str = "",
    arity: int = 1,
    domain: Support | None = None,
) -> Function:
    return Function(name, doc, (arity, arity), torch or f"torch.{name}", numpy or f"numpy.{name}", math, rule, domain)


_NORMAL_CDF = "The probability that a standard normal quantity is below x."
_HALF_PI = math.pi / 2
_CIRCLE = interval(-1.0, 1.0)

_FUNCTIONS = (
    _function("exp", "e to the power x.", _keeps_order(_increasing(math.exp, 0.0, inf)), math="math.exp"),
    _function(
        "expm1",
        "exp(x) - 1, exact near 0.",
        _keeps_order(_increasing(math.expm1, -1.0, inf)),
        math="math.expm1",
    ),
    _function(
        "log",
        "The natural logarithm.",
        _keeps_order(_increasing(_log, -inf, inf, bottom=0.0)),
        math="math.log",
        domain=POSITIVE,
    ),
    _function(
        "log1p",
        "log(1 + x), exact near 0.",
        _keeps_order(_increasing(_log1p, -inf, inf, bottom=-1.0)),
        math="math.log1p",
        domain=interval(-1.0, lo_open=True),
    ),
    _function(
        "sqrt",
        "The square root.",
        _keeps_order(_clipped(lambda x: x if x == inf else math.sqrt(x), 0.0, inf)),
        math="math.sqrt",
        domain=NONNEGATIVE,
    ),
    _function("square", "x times itself.", _elementwise(_even(_square_of))),
    _function("abs", "The absolute value.", _elementwise(_even(abs)), math="builtins.abs"),
    _function(
        "sign",
        "-1, 0 or 1: the sign of x.",
        _elementwise(_sign),
    ),
    _function(
        "logit",
        "log(p / (1 - p)): the log odds of a probability.",
        _keeps_order(_unit_increasing(_logit)),
        torch="torch.logit",
        numpy="scipy.special.logit",
        domain=UNIT,
    ),
    _function(
        "inv_logit",
        "1 / (1 + exp(-x)): the probability of log odds.",
        _keeps_order(_increasing(_inv_logit, 0.0, 1.0)),
        torch="torch.sigmoid",
        numpy="scipy.special.expit",
    ),
    _function(
        "probit",
        "The quantile of the standard normal distribution at p.",
        _elementwise(lambda a: REAL),
        torch="torch.special.ndtri",
        numpy="scipy.special.ndtri",
        domain=UNIT,
    ),
    _function(
        "inv_probit",
        _NORMAL_CDF,
        _keeps_order(_increasing(_normal_cdf, 0.0, 1.0)),
        torch="torch.special.ndtr",
        numpy="scipy.special.ndtr",
    ),
    Function(
        "softplus",
        "log(1 + exp(x)): a smooth way to a positive number.",
        (1, 1),
        "torch.nn.functional.softplus",
        "scipy.special.softplus",
        "",
        _keeps_order(_increasing(_softplus, 0.0, inf)),
    ),
    Function(
        "relu",
        "x where it is positive, otherwise 0.",
        (1, 1),
        "torch.relu",
        "bayesdsl.catalogue.functions.positive_part",
        "",
        _elementwise(lambda a: _maximum(a, interval(0.0, 0.0, integer=True))),
    ),
    _function("sin", "The sine of an angle in radians.", _constant_rule(_CIRCLE), math="math.sin"),
    _function("cos", "The cosine of an angle in radians.", _constant_rule(_CIRCLE), math="math.cos"),
    _function("tan", "The tangent of an angle in radians.", _constant_rule(REAL), math="math.tan"),
    _function(
        "asin",
        "The angle between -pi/2 and pi/2 whose sine is x.",
        _elementwise(_clipped(math.asin, -1.0, 1.0)),
        numpy="numpy.arcsin",
        math="math.asin",
        domain=_CIRCLE,
    ),
    _function(
        "acos",
        "The angle between 0 and pi whose cosine is x.",
        _elementwise(_acos),
        numpy="numpy.arccos",
        math="math.acos",
        domain=_CIRCLE,
    ),
    _function(
        "atan",
        "The angle between -pi/2 and pi/2 whose tangent is x.",
        _keeps_order(_increasing(math.atan, -_HALF_PI, _HALF_PI)),
        numpy="numpy.arctan",
        math="math.atan",
    ),
    _function("sinh", "The hyperbolic sine.", _keeps_order(_increasing(math.sinh, -inf, inf)), math="math.sinh"),
    _function("cosh", "The hyperbolic cosine.", _elementwise(_even(math.cosh)), math="math.cosh"),
    _function("tanh", "The hyperbolic tangent.", _keeps_order(_increasing(math.tanh, -1.0, 1.0)), math="math.tanh"),
    _function("floor", "The greatest whole number not over x.", _elementwise(_step(math.floor)), math="math.floor"),
    _function("ceil", "The least whole number not under x.", _elementwise(_step(math.ceil)), math="math.ceil"),
    _function(
        "round",
        "The nearest whole number, the even one of two.",
        _elementwise(_step(round)),
        math="builtins.round",
    ),
    _function(
        "lgamma",
        "The logarithm of the gamma function; lgamma(n + 1) is log(n!).",
        _elementwise(lambda a: REAL),
        numpy="scipy.special.gammaln",
        math="math.lgamma",
        domain=POSITIVE,
    ),
    _function(
        "digamma",
        "The derivative of lgamma.",
        _elementwise(lambda a: REAL),
        numpy="scipy.special.digamma",
        domain=POSITIVE,
    ),
    _function(
        "erf",
        "The error function.",
        _keeps_order(_increasing(math.erf, -1.0, 1.0)),
        numpy="scipy.special.erf",
        math="math.erf",
    ),
    _function("minimum", "The smaller of two values.", _elementwise(_minimum), math="builtins.min", arity=2),
    _function("maximum", "The larger of two values.", _elementwise(_maximum), math="builtins.max", arity=2),
    _function(
        "logaddexp",
        "log(exp(a) + exp(b)), without overflow.",
        _elementwise(_logaddexp),
        arity=2,
    ),
    _function(
        "clamp",
        "`clamp(x, lo, hi)`: x, held between lo and hi.",
        _elementwise(_clamp),
        numpy="numpy.clip",
        arity=3,
    ),
    _function(
        "where",
        "`where(condition, a, b)`: a where the condition holds, otherwise b.",
        lambda condition, a, b: join(a, b) if condition.known else UNKNOWN,
        arity=3,
    ),
)

FUNCTIONS: dict[str, Function] = {row.name: row for row in _FUNCTIONS}

# Other names that these functions, reductions and column functions go by, all of them accepted.
ALIASES: dict[str, str] = {
    "Phi": "inv_probit",
    "absolute": "abs",
    "arccos": "acos",
    "arcsin": "asin",
    "arctan": "atan",
    "ceiling": "ceil",
    "expit": "inv_logit",
    "fabs": "abs",
    "gammaln": "lgamma",
    "ifelse": "where",
    "ln": "log",
    "log_sum_exp": "logsumexp",
    "pmax": "maximum",
    "pmin": "minimum",
    "sigmoid": "inv_logit",
    "standardize": "zscore",
    "std": "sd",
}


def _operator(
    name: str,
    doc: str,
    symbol: str,
    path: str,
    rule: SupportRule,
    *,
    numpy: str = "",
    math: str = "",
    arity: int = 2,
    domain: Support | None = None,
) -> Function:
    return Function(name, doc, (arity, arity), path, numpy or path, math or path, rule, domain, symbol)


_TRUTH = _constant_rule(BINARY)

# `^` is math's power for known numbers: Python's own gives a complex number for a root of a negative one. For the
# same reason `and` and `or` of known numbers are the lesser and the greater of two 0s and 1s.
_OPERATORS = (
    _operator("+", "The sum.", "+", "operator.add", _structured(_kept_by_sum, _add)),
    _operator("-", "The difference.", "-", "operator.sub", _structured(_kept_by_subtracting, _subtract)),
    _operator("*", "The product, element by element.", "*", "operator.mul", _structured(_kept_by_factor, _multiply)),
    _operator("/", "The quotient.", "/", "operator.truediv", _structured(_kept_by_divisor, _divide)),
    _operator("%", "The remainder, with the sign of the divisor.", "%", "operator.mod", _elementwise(_remainder)),
    _operator("^", "The power.", "^", "operator.pow", _elementwise(_power), math="math.pow"),
    _operator("neg", "The number with the other sign.", "-", "operator.neg", _elementwise(_negate), arity=1),
    _operator("==", "Whether both are equal.", "==", "operator.eq", _TRUTH),
    _operator("!=", "Whether they differ.", "!=", "operator.ne", _TRUTH),
    _operator("<", "Whether the left is less.", "<", "operator.lt", _TRUTH),
    _operator("<=", "Whether the left is less or equal.", "<=", "operator.le", _TRUTH),
    _operator(">", "Whether the left is greater.", ">", "operator.gt", _TRUTH),
    _operator(">=", "Whether the left is greater or equal.", ">=", "operator.ge", _TRUTH),
    _operator(
        "and",
        "Whether both hold.",
        "and",
        "torch.logical_and",
        _TRUTH,
        numpy="numpy.logical_and",
        math="builtins.min",
        domain=BINARY,
    ),
    _operator(
        "or",
        "Whether one of them holds.",
        "or",
        "torch.logical_or",
        _TRUTH,
        numpy="numpy.logical_or",
        math="builtins.max",
        domain=BINARY,
    ),
    _operator(
        "not",
        "Whether it does not hold.",
        "not",
        "torch.logical_not",
        _TRUTH,
        numpy="numpy.logical_not",
        math="operator.not_",
        arity=1,
        domain=BINARY,
    ),
)

OPERATORS: dict[str, Function] = {row.name: row for row in _OPERATORS}

_REDUCTIONS = (
    Reduction("sum", "The sum over the plates.", "torch.sum", "numpy.sum", _elementwise(_sum)),
    Reduction("mean", "The mean over the plates.", "torch.mean", "numpy.mean", _elementwise(_mean)),
    Reduction("prod", "The product over the plates.", "torch.prod", "numpy.prod", _elementwise(_product)),
    Reduction("min", "The least value over the plates.", "torch.amin", "numpy.min", _elementwise(_identity)),
    Reduction("max", "The greatest value over the plates.", "torch.amax", "numpy.max", _elementwise(_identity)),
    Reduction(
        "logsumexp",
        "log of the sum of exp(x) over the plates, without overflow.",
        "torch.logsumexp",
        "scipy.special.logsumexp",
        _elementwise(_logsumexp),
    ),
    Reduction(
        "sd",
        "The standard deviation over the plates, with n - 1.",
        "torch.std",
        "numpy.std",
        _constant_rule(NONNEGATIVE),
    ),
    Reduction(
        "var",
        "The variance over the plates, with n - 1.",
        "torch.var",
        "numpy.var",
        _constant_rule(NONNEGATIVE),
    ),
    Reduction("any", "Whether it holds for any member.", "torch.any", "numpy.any", _TRUTH),
    Reduction("all", "Whether it holds for every member.", "torch.all", "numpy.all", _TRUTH),
    Reduction(
        "dot",
        "The sum over the plates of the product of two values.",
        "torch.linalg.vecdot",
        "",
        _elementwise(_dot),
        arity=2,
    ),
)

REDUCTIONS: dict[str, Reduction] = {row.name: row for row in _REDUCTIONS}

_SCANS = (
    Reduction(
        "softmax",
        "exp(x), divided by its sum over the plate: probabilities from any numbers.",
        "torch.softmax",
        "scipy.special.softmax",
        _constant_rule(SIMPLEX),
    ),
    Reduction("cumsum", "The sum of the members so far.", "torch.cumsum", "numpy.cumsum", _cumsum),
    Reduction(
        "cumprod", "The product of the members so far.", "torch.cumprod", "numpy.cumprod", _elementwise(_product)
    ),
)

# What is written like a reduction, `softmax[k](x)`, and keeps the plate.
SCANS: dict[str, Reduction] = {row.name: row for row in _SCANS}

_COLUMN_FUNCTIONS = (
    ColumnFunction("zscore", "The column less its mean, divided by its standard deviation (n - 1).", REAL),
    ColumnFunction("center", "The column less its mean.", REAL),
    ColumnFunction("rescale", "The column moved and stretched to run from 0 to 1.", UNIT),
    ColumnFunction("rank", "The rank of each value, 1 for the least; ties share their mean rank.", interval(1.0)),
)

COLUMN_FUNCTIONS: dict[str, ColumnFunction] = {row.name: row for row in _COLUMN_FUNCTIONS}
