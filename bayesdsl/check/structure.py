"""Vectors and matrices of which each value is one, along the plates that come last, and what functions make of them."""

from __future__ import annotations

import builtins
import importlib
import math
from dataclasses import replace
from functools import cache

from bayesdsl.catalogue.functions import FUNCTIONS
from bayesdsl.catalogue.rows import Function
from bayesdsl.check.ranges import same_value
from bayesdsl.model import ir
from bayesdsl.types.supports import COVARIANCE, ORDERED, POSITIVE, POSITIVE_ORDERED, Support


def event_of(expr: ir.Expr) -> ir.Plates:
    """The plates that one vector or matrix of the value runs over."""
    return expr.plates[len(expr.plates) - expr.support.event :]


def event_last(plates: ir.Plates, event: ir.Plates) -> ir.Plates:
    return (*(plate for plate in plates if plate not in event), *event)


def applied(row: Function, args: tuple[ir.Expr, ...]) -> tuple[Support, ir.Plates]:
    """The support of an operator or function of values, and the plates of its structure, if it keeps one."""
    # A product of the same value twice is a square, which an interval rule on two operands cannot see.
    if row.name == "*" and same_value(args[0], args[1]):
        row, args = FUNCTIONS["square"], args[:1]
    support = row.rule(*(arg.support for arg in args))
    structures = {event_of(arg) for arg in args if arg.support.event}
    if len(structures) != 1:
        return support.elements, ()
    event = structures.pop()
    if support.event == len(event):
        return support, event
    return (kept, event) if (kept := _kept(row, args, event, support)) is not None else (support, ())


def _kept(row: Function, args: tuple[ir.Expr, ...], event: ir.Plates, elements: Support) -> Support | None:
    """What is left of a structure where the other operand is one number for all of its elements."""
    if row.name not in ("+", "-", "*", "/"):
        return None
    whole, other = args if args[0].support.event else reversed(args)
    if set(other.plates) & set(event) or (whole is args[1] and row.name in ("-", "/")):
        return None
    scales = row.name in ("*", "/")
    if scales and not other.support.within(POSITIVE):
        return None
    if whole.support.name in (ORDERED.name, POSITIVE_ORDERED.name):
        kind = POSITIVE_ORDERED if elements.within(POSITIVE) else ORDERED
        return replace(elements, name=kind.name, event=1)
    return COVARIANCE if scales and whole.support.within(COVARIANCE) else None


def fold(row: Function, values: tuple[float | int, ...]) -> float | int | None:
    """The value of a function of known numbers, None where it has none."""
    try:
        result = _python_function(row.math)(*values)
    except (ArithmeticError, ValueError, OverflowError, TypeError):
        return None
    if isinstance(result, complex) or not is_finite(result):
        return None
    return result


def is_finite(value: float | int) -> bool:
    """Whether a float can hold the number."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


@cache
def _python_function(dotted: str):
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name) if module else getattr(builtins, name)


def without(plates: ir.Plates, taken: ir.Plates) -> ir.Plates:
    return tuple(plate for plate in plates if plate not in taken)
