"""Columns of the source from the values that an expression of them must have.

log_gdp = log(gdp), log_gdp = [8.1, 6.6]      ->   gdp = [3294.5, 735.1]
basement = floor == 0, basement = [1, 0]      ->   floor = [0, 1]

Of several sources with the right value one is taken: the square root of a square, the next whole number where a
comparison does not hold. Who uses the result computes the expression again and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy import special

from bayesdsl.model import ir

Known = Callable[[ir.RowExpr], np.ndarray | str | None]

# The inverse of each function of one argument, by its name in the catalogue.
UNARY: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.log,
    "expm1": np.log1p,
    "log": np.exp,
    "log1p": np.expm1,
    "sqrt": np.square,
    "square": np.sqrt,
    "neg": np.negative,
    "logit": special.expit,
    "inv_logit": special.logit,
    "probit": special.ndtr,
    "inv_probit": special.ndtri,
    "softplus": lambda t: t + np.log(-np.expm1(-t)),
    "sinh": np.arcsinh,
    "cosh": np.arccosh,
    "tanh": np.arctanh,
    "atan": np.tan,
    "asin": np.sin,
    "acos": np.cos,
    "sin": np.arcsin,
    "cos": np.arccos,
    "tan": np.arctan,
    "erf": special.erfinv,
    # Of these, a value that the function can have is mapped to itself.
    "abs": np.positive,
    "relu": np.positive,
    "floor": np.positive,
    "ceil": np.positive,
    "round": np.positive,
    "sign": np.positive,
}


def _root(t: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    odd = np.asarray(exponent) % 2 == 1
    return np.where(odd, np.sign(t), 1.0) * np.where(odd, np.abs(t), t) ** (1 / exponent)


# For operators with one unknown side: the value of the left one, and of the right one, from the result and the other.
BINARY: Mapping[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "+": (np.subtract, np.subtract),
    "-": (np.add, lambda t, other: other - t),
    "*": (np.divide, np.divide),
    "/": (np.multiply, lambda t, other: other / t),
    "^": (_root, lambda t, other: np.log(t) / np.log(other)),
    "%": (lambda t, other: t, lambda t, other: np.full(np.shape(t), np.nan)),
    "minimum": (lambda t, other: t, lambda t, other: t),
    "maximum": (lambda t, other: t, lambda t, other: t),
}

# How far a number that is compared lies from the one it is compared with, where that holds and where it does not.
COMPARED: Mapping[str, tuple[float, float]] = {
    "==": (0, 1),
    "!=": (1, 0),
    "<": (-1, 1),
    "<=": (-1, 1),
    ">": (1, -1),
    ">=": (1, -1),
}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
OF_WHOLE_COLUMNS = frozenset({"zscore", "center", "rescale", "rank"})
OTHER_TEXT = "other"


class CannotInvert(Exception):
    """No source gives an expression the values it must have; the text says why."""


def solve(expr: ir.RowExpr, target: np.ndarray, known: Known, whole: bool = False) -> tuple[str, np.ndarray]:
    """The one column of the source that an expression leaves open, and its values. Raises `CannotInvert`.

    `known` gives the values of an expression, None where a column that it reads is not there yet. With `whole`,
    functions of whole columns are passed through: `target` is then what they are computed from.
    """
    with np.errstate(all="ignore"):
        return _solve(expr, target, known, whole)


def _solve(expr: ir.RowExpr, target: np.ndarray, known: Known, whole: bool) -> tuple[str, np.ndarray]:
    match expr:
        case ir.RowName(name):
            return name, target
        case ir.RowCall(function, (arg,)) if function in OF_WHOLE_COLUMNS:
            if not whole:
                raise CannotInvert(f"`{function}` depends on all rows together")
            return _solve(arg, target, known, whole)
        case ir.RowCall("not", (arg,)):
            return _solve(arg, 1 - target, known, whole)
        case ir.RowCall(function, (arg,)) if function in UNARY:
            return _solve(arg, UNARY[function](target), known, whole)
        case ir.RowCall(function, (left, right)) if function in COMPARED or function in BINARY:
            one, other = known(left), known(right)
            if (one is None) == (other is None):
                raise CannotInvert("it is computed from several columns that are not known")
            if function in COMPARED:
                op = function if one is None else MIRRORED.get(function, function)
                values = _compared(op, other if one is None else one, target)
            else:
                values = BINARY[function][0 if one is None else 1](target, other if one is None else one)
            return _solve(left if one is None else right, values, known, whole)
        case ir.RowCall("clamp", (arg, *rest)) if all(known(item) is not None for item in rest):
            return _solve(arg, target, known, whole)
        case ir.RowCall(function):
            raise CannotInvert(f"`{function}` cannot be undone")
        case _:
            raise CannotInvert("it is a number")


def _compared(op: str, other: np.ndarray | str, target: np.ndarray) -> np.ndarray:
    holds = np.asarray(target) != 0
    if isinstance(other, str):
        different = OTHER_TEXT if other != OTHER_TEXT else f"{OTHER_TEXT} 2"
        return np.where(holds == (op == "=="), other, different)
    yes, no = COMPARED[op]
    return np.where(holds, other + yes, other + no)


def is_smooth(expr: ir.RowExpr) -> bool:
    """Whether an expression says all of its source: no comparison in it, nothing that many sources give alike."""
    match expr:
        case ir.RowCall(function, args):
            many = function in COMPARED or function in OF_WHOLE_COLUMNS or UNARY.get(function) is np.positive
            return not many and function not in ("and", "or", "not", "where", "%") and all(map(is_smooth, args))
    return True
