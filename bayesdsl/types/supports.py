"""Supports: the sets that values live in.

A scalar support is an interval of reals or of integers. A vector or matrix support is a name with an interval that
each of its elements lies in. The checker computes with them as an abstract domain: the support of an expression is a
set that surely holds its value, and an argument is accepted where its support is a subset of what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf


@dataclass(frozen=True, slots=True)
class Support:
    """A set of values.

    `name` is what a user calls it. `event` is the number of event dimensions: 0 a scalar, 1 a vector, 2 a matrix.
    `lo` and `hi` bound every element, `*_open` say that the bound itself is not in the set. `known` is False for the
    unknown support of something already reported, which satisfies every demand so that one mistake is one finding.
    """

    name: str
    lo: float = -inf
    hi: float = inf
    lo_open: bool = False
    hi_open: bool = False
    integer: bool = False
    event: int = 0
    known: bool = True

    def __str__(self) -> str:
        return self.name

    @property
    def constant(self) -> float | None:
        """The one value in a singleton interval."""
        return self.lo if self.lo == self.hi and self.event == 0 else None

    @property
    def elements(self) -> Support:
        """The scalar support of one element."""
        return self if self.event == 0 or not self.known else _bounded(self)

    @property
    def interior(self) -> Support:
        """Where a draw from a density on this support lies with probability one: the ends are left out.

        A scale with a HalfNormal prior is positive, not just nonnegative. Integers keep their ends, as do the
        structured supports that put an element on one (a Cholesky factor of a correlation starts with 1).
        """
        if not self.known or self.integer or self.lo == self.hi:
            return self
        if self.event == 0:
            return interval(self.lo, self.hi, lo_open=self.lo > -inf, hi_open=self.hi < inf)
        return replace(self, lo_open=True) if self.name == SIMPLEX.name else self

    def holds(self, value: float) -> bool:
        """Whether one scalar lies within the bounds and, for integers, on the grid."""
        if not self.known:
            return True
        if value < self.lo or value > self.hi or (self.integer and value % 1 != 0):
            return False
        return not ((self.lo_open and value == self.lo) or (self.hi_open and value == self.hi))

    def within(self, other: Support) -> bool:
        """Whether every value of this support is one of `other`."""
        if not (self.known and other.known):
            return True
        structured = other.event > 0 and other.name not in ELEMENTWISE
        if structured and self.name not in SUBSETS.get(other.name, (other.name,)):
            return False
        if other.integer and not self.integer:
            return False
        above = self.lo > other.lo or (self.lo == other.lo and (self.lo_open or not other.lo_open or self.lo == -inf))
        below = self.hi < other.hi or (self.hi == other.hi and (self.hi_open or not other.hi_open or self.hi == inf))
        return above and below


def interval(
    lo: float = -inf, hi: float = inf, *, lo_open: bool = False, hi_open: bool = False, integer: bool = False
) -> Support:
    """The scalar support of these bounds, under the name a user knows it by."""
    plain = Support("", lo, hi, lo_open, hi_open, integer)
    for named in SCALARS.values():
        if (named.lo, named.hi, named.lo_open, named.hi_open, named.integer) == (lo, hi, lo_open, hi_open, integer):
            return named
    left = "(" if lo_open or lo == -inf else "["
    right = ")" if hi_open or hi == inf else "]"
    kind = "integers " if integer else ""
    return Support(f"{kind}{left}{plain.lo:g}, {plain.hi:g}{right}", lo, hi, lo_open, hi_open, integer)


def _bounded(support: Support) -> Support:
    return interval(support.lo, support.hi, lo_open=support.lo_open, hi_open=support.hi_open, integer=support.integer)


REAL = Support("real")
POSITIVE = Support("positive", lo=0.0, lo_open=True)
NONNEGATIVE = Support("nonnegative", lo=0.0)
UNIT = Support("unit", lo=0.0, hi=1.0)
OPEN_UNIT = Support("open unit", lo=0.0, hi=1.0, lo_open=True, hi_open=True)
INT = Support("int", integer=True)
COUNT = Support("count", lo=0.0, integer=True)
POSITIVE_INT = Support("positive int", lo=1.0, integer=True)
BINARY = Support("binary", lo=0.0, hi=1.0, integer=True)
CATEGORY = Support("category", lo=0.0, integer=True)
UNKNOWN = Support("unknown", known=False)

REAL_VECTOR = Support("real_vector", event=1)
POSITIVE_VECTOR = Support("positive_vector", lo=0.0, lo_open=True, event=1)
COUNT_VECTOR = Support("count_vector", lo=0.0, integer=True, event=1)
SIMPLEX = Support("simplex", lo=0.0, hi=1.0, event=1)
ONE_HOT = Support("one_hot", lo=0.0, hi=1.0, integer=True, event=1)
ORDERED = Support("ordered", event=1)
POSITIVE_ORDERED = Support("positive_ordered", lo=0.0, lo_open=True, event=1)
SPHERE = Support("unit_vector", lo=-1.0, hi=1.0, event=1)
REAL_MATRIX = Support("real_matrix", event=2)
POSITIVE_MATRIX = Support("positive_matrix", lo=0.0, lo_open=True, event=2)
CHOLESKY_CORR = Support("cholesky_corr", lo=-1.0, hi=1.0, event=2)
LOWER_CHOLESKY = Support("lower_cholesky", event=2)
CORRELATION = Support("correlation", lo=-1.0, hi=1.0, event=2)
COVARIANCE = Support("covariance", event=2)

SCALARS = {
    support.name: support
    for support in (REAL, POSITIVE, NONNEGATIVE, UNIT, OPEN_UNIT, INT, COUNT, POSITIVE_INT, BINARY)
}

# Vectors and matrices of which only the bounds of each element are asked: any support within the bounds will do.
ELEMENTWISE = frozenset(
    support.name for support in (REAL_VECTOR, POSITIVE_VECTOR, COUNT_VECTOR, REAL_MATRIX, POSITIVE_MATRIX)
)

# Which of the other vector and matrix supports are subsets of which.
SUBSETS: dict[str, tuple[str, ...]] = {
    "simplex": ("simplex", "one_hot"),
    "one_hot": ("one_hot",),
    "ordered": ("ordered", "positive_ordered"),
    "lower_cholesky": ("lower_cholesky", "cholesky_corr"),
    "covariance": ("covariance", "correlation"),
}
