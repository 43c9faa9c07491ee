"""Functions of whole columns over a table that comes in parts: what they need of all rows is gathered beforehand.

zscore(x)   first time through the parts: how many values, their mean, spread and ends
            then: (x - mean) / sd, part by part
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np

from bayesdsl.model import ir


class Broken(Exception):
    """An expression over a column that was reported already, or that has no values yet."""


@dataclass
class Moments:
    """What is known of the values of a column: `squares` is the sum of squares about the mean."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    least: float = inf
    greatest: float = -inf

    @property
    def sd(self) -> float:
        """The standard deviation, by n - 1."""
        return (self.squares / (self.count - 1)) ** 0.5

    def add(self, x: np.ndarray) -> None:
        """Add values, by the rule for the moments of two samples together (Chan, Golub and LeVeque)."""
        if not len(x):
            return
        count, mean = self.count + len(x), float(x.mean())
        away = mean - self.mean
        self.squares += float(((x - mean) ** 2).sum()) + away**2 * self.count * len(x) / count
        self.mean += away * len(x) / count
        self.count = count
        self.least, self.greatest = min(self.least, float(x.min())), max(self.greatest, float(x.max()))


@dataclass
class Wholes:
    """Moments by call and column of its matrix; those of calls within others are known a time through sooner."""

    known: dict[tuple[ir.RowCall, int], Moments] = field(default_factory=dict)
    gathered: dict[tuple[ir.RowCall, int], Moments] = field(default_factory=dict)

    def of(self, call: ir.RowCall, column: int, x: np.ndarray) -> Moments | None:
        """The moments of all values; None where they are not known yet, and then these are counted in."""
        found = self.known.get((call, column))
        if found is None:
            self.gathered.setdefault((call, column), Moments()).add(x)
        return found

    def settled(self, call: ir.RowCall) -> None:
        """Raises `Broken` where the moments of a call are not known yet."""
        if any(other == call for other, _ in self.gathered):
            raise Broken

    def next_time(self) -> bool:
        """Make known what one time through the parts has gathered; whether there was something."""
        self.known |= self.gathered
        found, self.gathered = bool(self.gathered), {}
        return found
