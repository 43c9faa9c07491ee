"""How findings speak of names, plates and supports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from bayesdsl.catalogue.rows import Distribution
from bayesdsl.model.ir import Kind
from bayesdsl.types.supports import Support


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that an expression consists of: its name, and what it stands for."""

    name: str
    kind: Kind


def quoted(names: Iterable[str], last: str = "and") -> str:
    shown = [f"`{name}`" for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {last} {shown[-1]}" if shown else ""


def plate_set(plates: Sequence[str]) -> str:
    return "{" + ", ".join(plates) + "}"


def has_plates(plates: Sequence[str]) -> str:
    return f"has plates {plate_set(plates)}" if plates else "has no plates"


def left_side(name: str, plates: Sequence[str]) -> str:
    """A left side as it is written."""
    return f"{name}[{', '.join(plates)}]" if plates else name


def did_you_mean(near: str | None, otherwise: str | None = None) -> str | None:
    return f"did you mean `{near}`?" if near else otherwise


STRUCTURES = {
    "simplex": "a simplex: probabilities that sum to one",
    "ordered": "in increasing order (type `ordered`)",
    "positive_ordered": "positive and in increasing order (type `positive_ordered`)",
    "lower_cholesky": "a Cholesky factor (lower triangular)",
    "cholesky_corr": "the Cholesky factor of a correlation matrix",
    "correlation": "a correlation matrix",
    "covariance": "a covariance matrix",
    "one_hot": "a vector with one 1 among 0s",
}


def argument(row: Distribution, name: str) -> str:
    """What an argument is called in a message."""
    return f"`{name}` of {row.name}"


WEIGHTS = "the weights of a mixture"


def spoken(support: Support) -> str:
    """A support as the complement of `must be`: `positive`, `between 0 and 1`."""
    if support.name in STRUCTURES:
        return STRUCTURES[support.name]
    if support.name in ("positive", "positive_vector", "positive_matrix"):
        return "positive"
    if support.name == "binary":
        return "0 or 1"
    bounds = bounds_of(support)
    if support.integer:
        return f"a whole number{', ' if bounds else ''}{bounds}"
    return bounds or "a number"


def bounds_of(support: Support) -> str:
    """The bounds of an interval in words, empty where there are none."""
    lo, hi = support.lo, support.hi
    low = "" if lo == -inf else f"over {lo:g}" if support.lo_open else f"{lo:g} or more"
    high = "" if hi == inf else f"under {hi:g}" if support.hi_open else f"{hi:g} or less"
    if low and high:
        return f"between {lo:g} and {hi:g}"
    return low or high


def lies_in(found: Support) -> str:
    """What a label says of a value; of a known number, that stands there, nothing."""
    return "" if found.constant is not None else f"lies in: {str(found).replace('_', ' ')}"
