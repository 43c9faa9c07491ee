"""Sizes of tensors as polynomials in the sizes of plates, so that one program serves data of any length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import prod

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
    """A number that falls with a size, as the weight of a row in a mean does: `factor / size`."""

    factor: int
    size: Size


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


def explain(seen: tuple[int, ...], trials: list[Mapping[str, int]]) -> Size | None:
    """The size that was `seen` where plates had the sizes of `trials`, None where no simple one explains it.

    Simple: a number, or a whole multiple of a product of at most two plates and a number added to it.
    """
    if len(set(seen)) == 1:
        return Size.of(seen[0])
    names = sorted(trials[0])
    products = [(n,) for n in names] + [tuple(pair) for pair in combinations_with_replacement(names, 2)]
    for monomial in products:
        values = [prod(trial[name] for name in monomial) for trial in trials]
        factor, rest = divmod(seen[0] - seen[1], values[0] - values[1])
        if rest or not factor:
            continue
        size = Size(((monomial, factor),)) + (seen[0] - factor * values[0])
        if all(size.at(trial) == value for trial, value in zip(trials, seen, strict=True)):
            return size
    return None


def explain_share(seen: tuple[float, ...], trials: list[Mapping[str, int]]) -> Share | None:
    """As `explain`, for a number that is a small whole number divided by a size."""
    if not all(seen):
        return None
    for factor in (1, -1, 2, -2):
        sizes = [factor / value for value in seen]
        if all(abs(size - round(size)) < 1e-9 * abs(size) for size in sizes):
            size = explain(tuple(round(size) for size in sizes), trials)
            if size is not None:
                return Share(factor, size)
    return None


def _sum(terms: Iterable[tuple[Monomial, int]]) -> Size:
    total: dict[Monomial, int] = {}
    for names, factor in terms:
        total[names] = total.get(names, 0) + factor
    return Size(tuple(sorted((names, factor) for names, factor in total.items() if factor)))
