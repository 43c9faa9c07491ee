"""Ranges that operators one by one do not see, as they forget that two operands are the same value.

w * a + (1 - w) * b    w, a, b from 0 to 1         ->   from 0 to 1, where operator by operator it is 0 to 2
s - w * s              s positive, w from 0 to 1   ->   positive, where operator by operator it is any number
x / (x + y)            x, y positive               ->   from 0 to 1, where operator by operator it is positive
sum[k](w * p)          w a simplex, p from 0 to 1  ->   from 0 to 1, where operator by operator it is 0 or more

A polynomial in which no value is multiplied by itself is least and greatest where each value is at one of its ends. A
sum of numbers that are not negative is no less than each of them. A mean with weights lies where what it is the mean of
does. They look through definitions to the values that they are made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from math import inf, isfinite

from bayesdsl.model import ir
from bayesdsl.types.supports import NONNEGATIVE, POSITIVE, SIMPLEX, Support, interval

# Corners are 2^n, and nobody reads a formula with more values than this that occur twice.
MAX_VALUES = 6
MAX_NODES = 200
# What corners are off their bounds by rounding.
ROUNDING = 1e-12

Definitions = Mapping[str, ir.Expr]
Sign = {"+": 1.0, "-": -1.0}


def refined(made: ir.Apply, definitions: Definitions) -> Support:
    """The support of an operator applied: its own, or a tighter one where the same value occurs twice."""
    match made:
        case ir.Apply("+" | "-" | "*") if not made.support.event:
            found = _polynomial_range(made, definitions)
        case ir.Apply("/", (part, whole)) if not made.support.event:
            found = _share_range(part, whole, definitions)
        case _:
            found = None
    return made.support if found is None else _both(made.support, found)


def averaged(made: ir.Reduce, definitions: Definitions) -> Support:
    """The support of a reduction: its own, or that of what it averages where the weights of a sum add up to one."""
    match made:
        case ir.Reduce("dot", args=factors) | ir.Reduce("sum", args=(ir.Apply("*", factors),)):
            pass
        case ir.Reduce("sum", args=(ir.Ref(kind=ir.Kind.LET) as defined,)):
            return averaged(replace(made, args=(_looked_through(defined, definitions),)), definitions)
        case ir.Reduce("sum", args=(weights,)) if _sums_to_one(weights, made.over):
            return interval(1.0, 1.0)
        case _:
            return made.support
    for weights, of in (factors, factors[::-1]):
        if _sums_to_one(weights, made.over) and of.support.known:
            bounds = of.support.elements
            return interval(bounds.lo, bounds.hi, lo_open=bounds.lo_open, hi_open=bounds.hi_open)
    return made.support


def _sums_to_one(expr: ir.Expr, over: ir.Plates) -> bool:
    return expr.support.known and expr.support.name == SIMPLEX.name and expr.plates[-1:] == over


def _both(a: Support, b: Support) -> Support:
    """The intersection of two intervals that hold the same value."""
    lo, lo_open = max((a.lo, a.lo_open), (b.lo, b.lo_open))
    hi, hi_closed = min((a.hi, not a.hi_open), (b.hi, not b.hi_open))
    return interval(lo, hi, lo_open=lo_open, hi_open=not hi_closed, integer=a.integer or b.integer)


def same_value(a: ir.Expr, b: ir.Expr) -> bool:
    """Whether two expressions are the same formula of the same values; sums and products in either order."""
    match a, b:
        case ir.Ref(), ir.Ref():
            return a.name == b.name and a.name != ""
        case ir.Number(), ir.Number():
            return a.value == b.value
        case ir.At(), ir.At():
            return a.base.name == b.base.name and _plain(a.indices) == _plain(b.indices)
        case ir.Apply(), ir.Apply():
            if a.function != b.function or len(a.args) != len(b.args):
                return False
            swapped = a.function in ("+", "*") and all(map(same_value, a.args, reversed(b.args)))
            return swapped or all(map(same_value, a.args, b.args))
        case ir.Reduce(), ir.Reduce():
            alike = a.function == b.function and set(a.over) == set(b.over)
            return alike and all(map(same_value, a.args, b.args))
        case ir.Network(), ir.Network():
            return (a.layer, a.output) == (b.layer, b.output) and all(map(same_value, a.args, b.args))
        case ir.Members(), ir.Members():
            return a.count == b.count
    return False


def _plain(indices: tuple[tuple[str, ir.Index], ...]) -> dict[str, object]:
    return {plate: index.label if isinstance(index, ir.Member) else index for plate, index in indices}


def _looked_through(expr: ir.Expr, definitions: Definitions) -> ir.Expr:
    """What a definition that is used as it is stands for."""
    while isinstance(expr, ir.Ref) and expr.kind is ir.Kind.LET and expr.name in definitions:
        expr = definitions[expr.name]
    return expr


# Polynomials


@dataclass
class _Polynomial:
    """The distinct values of a formula of sums, differences and products, and how often each occurs."""

    definitions: Definitions
    values: list[ir.Expr] = field(default_factory=list)
    count: list[int] = field(default_factory=list)
    nodes: int = 0

    def read(self, expr: ir.Expr) -> tuple[object, frozenset[int]] | None:
        """The formula over the positions of its values, and which of them it has; None where it is no candidate."""
        expr = _looked_through(expr, self.definitions)
        self.nodes += 1
        if self.nodes > MAX_NODES or not expr.support.known or expr.support.event:
            return None
        match expr:
            case ir.Number(value):
                return float(value), frozenset()
            case ir.Apply("+" | "-" | "*" as op, (left, right)):
                first, second = self.read(left), self.read(right)
                if first is None or second is None or (op == "*" and first[1] & second[1]):
                    return None
                return (op, first[0], second[0]), first[1] | second[1]
            case ir.Apply("neg", (operand,)):
                inner = self.read(operand)
                return None if inner is None else (("*", -1.0, inner[0]), inner[1])
        return self._value(expr)

    def _value(self, expr: ir.Expr) -> tuple[object, frozenset[int]] | None:
        at = next((i for i, known in enumerate(self.values) if same_value(known, expr)), len(self.values))
        if at == len(self.values):
            if at == MAX_VALUES:
                return None
            self.values.append(expr)
            self.count.append(0)
        self.count[at] += 1
        return at, frozenset((at,))


def _polynomial_range(expr: ir.Expr, definitions: Definitions) -> Support | None:
    polynomial = _Polynomial(definitions)
    read = polynomial.read(expr)
    if read is None or not any(count > 1 for count in polynomial.count):
        return None
    supports = [value.support for value in polynomial.values]
    sides = [_side(support) for support in supports]
    if None in sides:
        return None
    lo, hi = _extremes(read[0], sides)
    # Inside its ends such a polynomial reaches its least and greatest only where it is constant.
    inside = lo < hi and all((s.lo_open or s.lo == -inf) and (s.hi_open or s.hi == inf) for s in supports)
    return interval(lo, hi, lo_open=inside and lo > -inf, hi_open=inside and hi < inf, integer=expr.support.integer)


def _side(support: Support) -> tuple[float, float, bool] | None:
    """Two points of an interval: its ends, or its one end and a point beyond; and whether it goes on beyond."""
    match isfinite(support.lo), isfinite(support.hi):
        case True, True:
            return support.lo, support.hi, False
        case True, False:
            return support.lo, support.lo + 1.0, True
        case False, True:
            return support.hi, support.hi - 1.0, True
    return None


def _extremes(formula: object, sides: list[tuple[float, float, bool]]) -> tuple[float, float]:
    """The bounds of a polynomial where each value lies between its points, or goes on beyond the second.

    Along values that go on, it is a polynomial of how far they are from their end. With no negative coefficient it is
    least at the end itself, with no positive one greatest there, and otherwise it has no bound.
    """
    along = [i for i, side in enumerate(sides) if side[2]]
    bounded = [i for i, side in enumerate(sides) if not side[2]]
    least, most = inf, -inf
    for corner in product((0, 1), repeat=len(bounded)):
        at = [sides[i][0] for i in range(len(sides))]
        for i, end in zip(bounded, corner, strict=True):
            at[i] = sides[i][end]
        coefficients = _coefficients(formula, at, along, sides)
        if not all(map(isfinite, coefficients)):
            return -inf, inf
        start, *rest = coefficients
        least = min(least, start if all(c >= 0 for c in rest) else -inf)
        most = max(most, start if all(c <= 0 for c in rest) else inf)
    return least, most


def _coefficients(
    formula: object, at: list[float], along: list[int], sides: list[tuple[float, float, bool]]
) -> list[float]:
    """The value at a corner, then the coefficients of the products of distances from it along some of the values."""
    values = []
    for steps in product((0, 1), repeat=len(along)):
        point = list(at)
        for i, step in zip(along, steps, strict=True):
            point[i] = sides[i][step]
        values.append(_at(formula, tuple(point)))
    # Differences along one value after another.
    stride = 1
    while stride < len(values):
        values = [v - values[i - stride] if i & stride else v for i, v in enumerate(values)]
        stride *= 2
    return [_rounded(value) for value in values]


def _at(formula: object, point: tuple[float, ...]) -> float:
    match formula:
        case int(position):
            return point[position]
        case float(value):
            return value
        case ("*", left, right):
            return _at(left, point) * _at(right, point)
        case (op, left, right):
            return _at(left, point) + Sign[op] * _at(right, point)
    raise AssertionError(formula)


def _rounded(value: float) -> float:
    return float(round(value)) if isfinite(value) and abs(value - round(value)) < ROUNDING else value


# Shares


def _share_range(part: ir.Expr, whole: ir.Expr, definitions: Definitions) -> Support | None:
    """From 0 to 1 where the whole is a sum with the part in it, and no other term is negative."""
    part, whole = _looked_through(part, definitions), _looked_through(whole, definitions)
    if not _within(part, NONNEGATIVE):
        return None
    match whole:
        case ir.Reduce("sum", args=(term,)) if same_value(_looked_through(term, definitions), part):
            return interval(0.0, 1.0, lo_open=_within(part, POSITIVE))
    rest = _without(_terms(part, definitions), _terms(whole, definitions))
    if rest is None or not rest or not all(_within(term, NONNEGATIVE) for term in rest):
        return None
    more = any(_within(term, POSITIVE) for term in rest)
    return interval(0.0, 1.0, lo_open=_within(part, POSITIVE), hi_open=more)


def _within(expr: ir.Expr, support: Support) -> bool:
    return expr.support.known and not expr.support.event and expr.support.within(support)


def _terms(expr: ir.Expr, definitions: Definitions) -> list[ir.Expr]:
    """The terms of a sum; a sum of very many is left whole."""
    terms: list[ir.Expr] = []
    stack = [expr]
    while stack:
        term = _looked_through(stack.pop(), definitions)
        match term:
            case ir.Apply("+", (left, right)):
                stack += [right, left]
            case _:
                terms.append(term)
        if len(terms) + len(stack) > MAX_NODES:
            return [expr]
    return terms


def _without(parts: list[ir.Expr], terms: list[ir.Expr]) -> list[ir.Expr] | None:
    """The terms that are left when the parts are taken away; None where one of them is not there."""
    left = list(terms)
    for part in parts:
        at = next((i for i, term in enumerate(left) if same_value(part, term)), None)
        if at is None:
            return None
        del left[at]
    return left
