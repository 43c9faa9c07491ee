"""Sizes of tensors as polynomials in the sizes of plates, so that one program serves data of any length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, combinations_with_replacement
from math import prod
from typing import Any

# A product of plates' sizes, by name, sorted.
Monomial = tuple[str, ...]


@dataclass(frozen=True)
class Size:
    """A sum of products: `terms` maps each product of names to its whole factor, sorted, none of them zero."""

    terms: tuple[tuple[Monomial, int], ...] = ()

    @classmethod
    def of(cls, value: int | Size) -> Size:
        if isinstance(value, Size):
            return value
        return cls((((), int(value)),)) if value else cls()

    @classmethod
    def named(cls, name: str) -> Size:
        return cls((((name,), 1),))

    @property
    def constant(self) -> int | None:
        """The number it is, None where it depends on a plate."""
        if not self.terms:
            return 0
        (names, factor), *more = self.terms
        return factor if not names and not more else None

    def __add__(self, other: int | Size) -> Size:
        return _sum((*self.terms, *Size.of(other).terms))

    def __mul__(self, other: int | Size) -> Size:
        right = Size.of(other).terms
        return _sum((tuple(sorted(a + b)), x * y) for a, x in self.terms for b, y in right)

    __radd__, __rmul__ = __add__, __mul__

    def at(self, sizes: Mapping[str, int]) -> int:
        """Its number where every plate has the size given."""
        return sum(factor * prod(sizes[name] for name in names) for names, factor in self.terms)

    def c(self) -> str:
        """It as an expression in C; names are variables there."""
        if not self.terms:
            return "0"
        parts = ["*".join((*names, *([] if factor == 1 and names else [str(factor)]))) for names, factor in self.terms]
        return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"

    def text(self) -> int | list[list[object]]:
        """It as JSON."""
        constant = self.constant
        return constant if constant is not None else [[list(names), factor] for names, factor in self.terms]

    @classmethod
    def read(cls, text: int | list[list[object]]) -> Size:
        """The size that `text()` gave."""
        return cls.of(text) if isinstance(text, int) else cls(tuple((tuple(names), factor) for names, factor in text))


@dataclass(frozen=True)
class Share:
    """A number that goes with sizes, as the weight of a row in a mean or in a minibatch does, or the constant of a
    density: `factor * count / size`."""

    count: Size
    size: Size
    factor: float = 1.0

    def at(self, sizes: Mapping[str, int]) -> float:
        """Its number where every plate has the size given."""
        return self.factor * self.count.at(sizes) / self.size.at(sizes)

    def c(self) -> str:
        """It as an expression in C."""
        factor = "" if self.factor == 1 else f"{self.factor!r} * "
        return f"({factor}(double)({self.count.c()}) / (double)({self.size.c()}))"

    def text(self) -> list[object]:
        """It as JSON."""
        return [self.count.text(), self.size.text(), self.factor]

    @classmethod
    def read(cls, text: list[Any]) -> Share:
        """The share that `text()` gave."""
        count, size, factor = text
        return cls(Size.read(count), Size.read(size), factor)


ONE = Size.of(1)
ZERO = Size()


def product(sizes: Iterable[Size]) -> Size:
    result = ONE
    for size in sizes:
        result = result * size
    return result


def strides(shape: tuple[Size, ...]) -> tuple[Size, ...]:
    """The strides of a tensor laid out row by row."""
    return tuple(product(shape[i + 1 :]) for i in range(len(shape)))


def explain(seen: tuple[int, ...], trials: Sequence[Mapping[str, int]]) -> Size | None:
    """The size that was `seen` where plates had the sizes of `trials`, None where no simple one explains it.

    Simple: a number; a whole multiple of a product of at most two plates, and a number; a sum of multiples of all
    plates, or of two products, and a number. It takes as many trials as there are numbers to find, and one more for
    each product alone, which says whether they are right.
    """
    if len(set(seen)) == 1:
        return Size.of(seen[0])
    names = sorted(trials[0])
    plates = [(name,) for name in names]
    products = [*plates, *(tuple(pair) for pair in combinations_with_replacement(names, 2))]
    candidates = [*((one,) for one in products), tuple(plates), *combinations(products, 2)]
    return next(filter(None, (_combination(seen, trials, monomials) for monomials in candidates)), None)


# Whole numbers that fit by chance are large.
_LARGEST_FACTOR = 64


def _combination(
    seen: Sequence[int], trials: Sequence[Mapping[str, int]], monomials: Sequence[Monomial]
) -> Size | None:
    """The whole multiples of some products, and the number, that add up to what was seen; None for none."""
    if len(trials) <= len(monomials):
        return None
    rows = [[*(prod(trial[name] for name in names) for names in monomials), 1] for trial in trials]
    found = _solve(rows[: len(monomials) + 1], seen)
    if found is None or any(value.denominator != 1 for value in found):
        return None
    *factors, rest = (int(value) for value in found)
    if not any(factors) or (any(abs(factor) > _LARGEST_FACTOR for factor in factors) and len(factors) > 1):
        return None
    size = _sum((*zip(map(tuple, monomials), factors, strict=True), ((), rest)))
    return size if all(size.at(trial) == value for trial, value in zip(trials, seen, strict=True)) else None


def _solve(rows: list[list[int]], values: Sequence[int]) -> list[Fraction] | None:
    """The solution of as many linear equations as unknowns, in fractions; None where there is not one."""
    table = [[Fraction(number) for number in (*row, value)] for row, value in zip(rows, values)]
    for column in range(len(table)):
        pivot = next((row for row in table[column:] if row[column]), None)
        if pivot is None:
            return None
        table.remove(pivot)
        table.insert(column, [number / pivot[column] for number in pivot])
        for at, row in enumerate(table):
            if at != column:
                table[at] = [a - row[column] * b for a, b in zip(row, table[column], strict=True)]
    return [row[-1] for row in table]


def explain_share(
    seen: tuple[float, ...], trials: Sequence[Mapping[str, int]], known: Iterable[Size] = ()
) -> Share | None:
    """As `explain`, for a number that is a plate's size or a small whole number, divided by a size, or a multiple of a
    size: a plate's, or one that is `known`."""
    if not all(seen):
        return None
    plates = [Size.named(name) for name in sorted(trials[0])]
    for count in [*(Size.of(factor) for factor in (1, -1, 2, -2)), *plates]:
        sizes = [count.at(trial) / value for value, trial in zip(seen, trials, strict=True)]
        if all(abs(size - round(size)) < 1e-9 * abs(size) for size in sizes):
            size = explain(tuple(round(size) for size in sizes), trials)
            if size is not None:
                return Share(count, size)
    for count in (*plates, *known):
        factors = [
            value / count.at(trial) if count.at(trial) else 0.0 for value, trial in zip(seen, trials, strict=True)
        ]
        if all(abs(factor - factors[0]) <= 1e-14 * abs(factors[0]) for factor in factors) and factors[0]:
            return Share(count, ONE, factors[0])
    return None


def _sum(terms: Iterable[tuple[Monomial, int]]) -> Size:
    total: dict[Monomial, int] = {}
    for names, factor in terms:
        total[names] = total.get(names, 0) + factor
    return Size(tuple(sorted((names, factor) for names, factor in total.items() if factor)))
