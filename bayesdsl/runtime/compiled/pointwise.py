"""Operations on single numbers, as expressions in C.

A row is the operation's name in aten, without its overload, its expression, and what the arguments are converted to:
`"result"` the type of the result, `"joint"` the type that torch computes in, `"bool"`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pointwise:
    template: str
    takes: str = "result"
    # What arguments left out are, from the last.
    defaults: tuple[float, ...] = ()
    # Names of arguments given by name, in their order behind the positional ones.
    keywords: tuple[str, ...] = ()


# Called alike here and in C.
_SAME = """
exp log log1p expm1 sqrt sin cos tan tanh sinh cosh asin acos atan asinh acosh atanh erf erfc floor ceil trunc
log2 log10 exp2
"""


def _rows() -> dict[str, Pointwise]:
    rows = {name: Pointwise(f"{name}({{0}})") for name in _SAME.split()}
    special = {
        "lgamma": "bd_lgamma", "digamma": "bd_digamma", "erfinv": "bd_erfinv", "special_erfinv": "bd_erfinv",
        "special_ndtri": "bd_ndtri", "i0": "bd_i0", "special_i0": "bd_i0", "special_i0e": "bd_i0e",
        "special_i1": "bd_i1", "special_i1e": "bd_i1e", "sigmoid": "bd_expit", "special_log_ndtr": "bd_log_ndtr",
    }  # fmt: skip
    rows |= {name: Pointwise(f"{function}({{0}})") for name, function in special.items()}
    rows |= {
        "neg": Pointwise("(-{0})"),
        "abs": Pointwise("fabs({0})"),
        "sign": Pointwise("({0} > 0 ? 1.0 : {0} < 0 ? -1.0 : {0})"),
        "sgn": Pointwise("({0} > 0 ? 1.0 : {0} < 0 ? -1.0 : {0})"),
        "round": Pointwise("rint({0})"),
        "rsqrt": Pointwise("(1.0 / sqrt({0}))"),
        "reciprocal": Pointwise("(1.0 / {0})"),
        "square": Pointwise("({0} * {0})"),
        "relu": Pointwise("({0} > 0 ? {0} : 0)"),
        "polygamma": Pointwise("bd_polygamma((int){0}, {1})"),
        "softplus": Pointwise("bd_softplus({0}, {1}, {2})", defaults=(1.0, 20.0)),
        "softplus_backward": Pointwise("({1} * {2} > {3} ? {0} : {0} * bd_expit({1} * {2}))"),
        "sigmoid_backward": Pointwise("({0} * (1 - {1}) * {1})"),
        "tanh_backward": Pointwise("({0} * (1 - {1} * {1}))"),
        "threshold_backward": Pointwise("({1} > {2} ? {0} : 0)"),
        "isnan": Pointwise("({0} != {0})", "joint"),
        "isinf": Pointwise("(fabs((double){0}) == INFINITY)", "joint"),
        "isfinite": Pointwise("(fabs((double){0}) < INFINITY)", "joint"),
        "logical_not": Pointwise("(!{0})", "joint"),
        "bitwise_not": Pointwise("(!{0})", "bool"),
        "logical_and": Pointwise("({0} && {1})", "joint"),
        "logical_or": Pointwise("({0} || {1})", "joint"),
        "logical_xor": Pointwise("((!{0}) != (!{1}))", "joint"),
        "bitwise_and": Pointwise("({0} & {1})"),
        "bitwise_or": Pointwise("({0} | {1})"),
        "mul": Pointwise("({0} * {1})"),
        "add": Pointwise("({0} + {1} * {2})", defaults=(1,), keywords=("alpha",)),
        "sub": Pointwise("({0} - {1} * {2})", defaults=(1,), keywords=("alpha",)),
        "rsub": Pointwise("({1} - {0} * {2})", defaults=(1,), keywords=("alpha",)),
        "div": Pointwise("({0} / {1})"),
        "true_divide": Pointwise("({0} / {1})"),
        "pow": Pointwise("pow({0}, {1})"),
        "atan2": Pointwise("atan2({0}, {1})"),
        "fmod": Pointwise("fmod({0}, {1})"),
        "remainder": Pointwise("({0} - floor({0} / {1}) * {1})"),
        "maximum": Pointwise("({0} != {0} ? {0} : {1} != {1} ? {1} : {0} > {1} ? {0} : {1})"),
        "minimum": Pointwise("({0} != {0} ? {0} : {1} != {1} ? {1} : {0} < {1} ? {0} : {1})"),
        "clamp_min": Pointwise("({0} < {1} ? {1} : {0})"),
        "clamp_max": Pointwise("({0} > {1} ? {1} : {0})"),
        "xlogy": Pointwise("bd_xlogy({0}, {1})"),
        "special_xlog1py": Pointwise("bd_xlog1py({0}, {1})"),
        "eq": Pointwise("({0} == {1})", "joint"),
        "ne": Pointwise("({0} != {1})", "joint"),
        "lt": Pointwise("({0} < {1})", "joint"),
        "le": Pointwise("({0} <= {1})", "joint"),
        "gt": Pointwise("({0} > {1})", "joint"),
        "ge": Pointwise("({0} >= {1})", "joint"),
        "where": Pointwise("({0} ? {1} : {2})", "where"),
        "masked_fill": Pointwise("({1} ? {2} : {0})", "masked"),
        "_to_copy": Pointwise("{0}"),
        "clone": Pointwise("{0}"),
        "copy": Pointwise("{1}"),
        "fill": Pointwise("{1}"),
    }
    return rows


POINTWISE = _rows()

# Powers that are cheaper as products.
POWERS = {
    2: "({0} * {0})",
    3: "({0} * {0} * {0})",
    4: "(({0} * {0}) * ({0} * {0}))",
    0.5: "sqrt({0})",
    -0.5: "(1.0 / sqrt({0}))",
    -1: "(1.0 / {0})",
    -2: "(1.0 / ({0} * {0}))",
    -3: "(1.0 / ({0} * {0} * {0}))",
    1: "{0}",
}
