"""How made-up columns are drawn: by what a user says of them, or by their declared type.

--column x=normal(0, 2)   ->   Rule("normal(0, 2)")
age : positive            ->   Rule("exp of a standard normal")
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.types.supports import Support

Draw = Callable[[np.random.Generator, int], np.ndarray]

# The mean of made-up counts, and the spread of made-up whole numbers.
COUNTS, WHOLE_NUMBERS = 3.0, 3.0
EXAMPLE = "normal(0, 2)"


class Unclear(Exception):
    """A rule that cannot be understood; the text completes "`x=..` ..."."""


@dataclass(frozen=True)
class Rule:
    """How the values of a column come about, in words and as a function of a generator and the number of rows.

    `fixed` says that the values belong to their rows, and cannot be drawn anew for some of them.
    """

    text: str
    draw: Draw
    fixed: bool = False


@dataclass(frozen=True)
class _Family:
    arguments: tuple[str, ...]
    draw: Callable[..., np.ndarray]
    allowed: Callable[..., bool]
    fixed: bool = False


FAMILIES: Mapping[str, _Family] = {
    "normal": _Family(("mean", "sd"), lambda rng, n, m, s: rng.normal(m, s, n), lambda m, s: s >= 0),
    "lognormal": _Family(("mean", "sd"), lambda rng, n, m, s: rng.lognormal(m, s, n), lambda m, s: s >= 0),
    "uniform": _Family(("low", "high"), lambda rng, n, a, b: rng.uniform(a, b, n), lambda a, b: a <= b),
    "grid": _Family(("low", "high"), lambda rng, n, a, b: np.linspace(a, b, n), lambda a, b: a <= b, fixed=True),
    "poisson": _Family(("mean",), lambda rng, n, m: rng.poisson(m, n).astype(float), lambda m: 0 <= m < 1e9),
    "bernoulli": _Family(("probability",), lambda rng, n, p: (rng.random(n) < p).astype(float), lambda p: 0 <= p <= 1),
}


def rule(given: object) -> Rule:
    """What a user says of a column: a text as of `--column`, a number, or the values themselves. Raises `Unclear`."""
    if isinstance(given, str):
        return _written(given.strip())
    values = np.asarray(given)
    if values.ndim == 0 and values.dtype.kind in "bif":
        return _constant(float(values), str(given))
    if values.ndim not in (1, 2) or values.dtype.kind not in "bifU":
        raise Unclear("is neither a number nor a column of numbers or of labels")
    return _values(values)


def _written(text: str) -> Rule:
    call = re.fullmatch(r"(\w+)\s*\((.*)\)", text, re.DOTALL)
    if call is not None:
        return _call(text, call[1], call[2])
    ends = text.split(":")
    if len(ends) == 2:
        return _call(text, "uniform", ",".join(ends))
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        near = nearest(text, FAMILIES)
        raise Unclear(f"is no rule; did you mean `{near}(..)`?" if near else "is no rule") from None
    if isinstance(value, list):
        return rule(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unclear("is no rule")
    return _constant(float(value), text)


def _call(text: str, name: str, arguments: str) -> Rule:
    family = FAMILIES.get(name.lower())
    if family is None:
        near = nearest(name, FAMILIES)
        raise Unclear(f"has no rule `{name}`; " + (f"did you mean `{near}`?" if near else f"there are {_families()}"))
    try:
        numbers = [float(part) for part in arguments.split(",")]
    except ValueError:
        numbers = [math.nan]
    wanted = f"`{name}({', '.join(family.arguments)})`"
    if len(numbers) != len(family.arguments) or not all(map(math.isfinite, numbers)):
        raise Unclear(f"is not of the form {wanted}, with numbers")
    if not family.allowed(*numbers):
        raise Unclear(f"has numbers that {wanted} cannot have")
    return Rule(text, lambda rng, n: family.draw(rng, n, *numbers), family.fixed)


def _families() -> str:
    return ", ".join(f"`{name}({', '.join(family.arguments)})`" for name, family in FAMILIES.items())


def _constant(value: float, text: str) -> Rule:
    return Rule(text, lambda rng, n: np.full(n, value))


def _values(values: np.ndarray) -> Rule:
    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        if len(values) != n:
            raise Unclear(f"has {len(values):,} values for {n:,} rows")
        return values if values.dtype.kind == "U" else values.astype(float)

    return Rule("as given", draw, fixed=True)


def default_rule(support: Support) -> Rule:
    """By the type: what has no unit of its own is spread about 1."""
    lo, hi = support.lo, support.hi
    if support.integer and math.isfinite(lo) and math.isfinite(hi):
        text = "0 or 1, each as often" if (lo, hi) == (0, 1) else f"whole numbers from {lo:g} to {hi:g}, each as often"
        return Rule(text, lambda rng, n: rng.integers(int(lo), int(hi) + 1, n).astype(float))
    if support.integer and math.isfinite(lo):
        start = f"{lo:g} + " if lo else ""
        return Rule(f"{start}Poisson({COUNTS:g})", lambda rng, n: lo + rng.poisson(COUNTS, n).astype(float))
    if support.integer:
        return Rule(
            f"whole numbers, Normal(0, {WHOLE_NUMBERS:g}) rounded",
            lambda rng, n: np.round(rng.normal(0, WHOLE_NUMBERS, n)),
        )
    if math.isfinite(lo) and math.isfinite(hi):
        return Rule(f"uniform from {lo:g} to {hi:g}", lambda rng, n: rng.uniform(lo, hi, n))
    if math.isfinite(lo):
        return Rule(f"{f'{lo:g} + ' if lo else ''}LogNormal(0, 1)", lambda rng, n: lo + rng.lognormal(0, 1, n))
    if math.isfinite(hi):
        return Rule(f"{hi:g} - LogNormal(0, 1)", lambda rng, n: hi - rng.lognormal(0, 1, n))
    return Rule("standard normal", lambda rng, n: rng.normal(size=n))
