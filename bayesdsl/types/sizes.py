"""Numbers of members, written with the names of plates where only the data tell.

4 * hidden   ->   Count(4, ("hidden",))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Count:
    """A number of members: `factor` times the sizes of `plates`, which are in the order of their names.

    `value` is the number where the sizes of the plates are known.
    """

    factor: int = 1
    plates: tuple[str, ...] = ()
    value: int | None = field(default=None, compare=False)

    @property
    def known(self) -> int | None:
        """The number, None where it depends on plates of which only the data tell."""
        return self.value if self.plates else self.factor

    def __mul__(self, other: Count | int) -> Count:
        other = other if isinstance(other, Count) else Count(other)
        value = None if self.known is None or other.known is None else self.known * other.known
        return Count(self.factor * other.factor, tuple(sorted((*self.plates, *other.plates))), value)

    def over(self, divisor: int) -> Count | None:
        """A part of the number; None where the factor cannot be divided."""
        if self.factor % divisor:
            return Count(self.known // divisor) if self.known is not None and self.known % divisor == 0 else None
        return Count(self.factor // divisor, self.plates, None if self.known is None else self.known // divisor)

    def __str__(self) -> str:
        parts = [*([str(self.factor)] if self.factor != 1 or not self.plates else []), *self.plates]
        return " * ".join(parts)


# The sizes of one value, a number for each dimension; None for what only the data tell.
Sizes = tuple[Count | None, ...]


def product(sizes: Iterable[Count | None]) -> Count | None:
    """All of the sizes multiplied, None where one is not known."""
    total = Count()
    for size in sizes:
        if size is None:
            return None
        total = total * size
    return total


def differ(first: Count | None, second: Count | None) -> bool:
    """Whether two numbers are different: as numbers where both are known, else by what they are called.

    Two plates may turn out to have as many members, and are different all the same.
    """
    if first is None or second is None:
        return False
    if first.known is not None and second.known is not None:
        return first.known != second.known
    return first != second


class Misfit(Exception):
    """What comes in does not fit a module.

    `what` is the setting or the dimension that it does not fit; `wanted` and `found` are sizes, or numbers of
    dimensions where `dims` is set. A `wanted` of None says that nothing would be left.
    """

    def __init__(self, what: str, wanted: Count | int | None, found: Count | int | None, dims: bool = False) -> None:
        super().__init__(what)
        self.what, self.wanted, self.found, self.dims = what, wanted, found, dims
        # The module and what goes into it, filled in where that is known.
        self.at: tuple | None = None
