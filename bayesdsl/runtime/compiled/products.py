"""Products and factors of matrices."""

from __future__ import annotations

import torch

from bayesdsl.runtime.compiled.builder import Builder, Handler, spanned
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.loops import (
    C_TYPES,
    Apply,
    Call,
    Splat,
    Value,
    View,
)
from bayesdsl.runtime.compiled.operations import Kind, Operation
from bayesdsl.runtime.compiled.sizes import ONE, Size, product, strides
from bayesdsl.runtime.compiled.views import broadcast_to, regrouped


def _matrix_product(build: Builder, o: Operation) -> Value:
    left, right = (build.value(arg) for arg in o.args[:2])
    name = o.target.partition(".")[0]
    if name in ("mv", "dot", "vdot"):
        right = _reshaped(right, (*right.shape, ONE))
    if name in ("dot", "vdot"):
        left = _reshaped(left, (ONE, *left.shape))
    found = build.multiply(left, right, Kind((*left.shape[:-1], right.shape[-1]), o.dtype))
    return View(found.buffer, o.shape, strides(o.shape))


def _reshaped(value: Value, shape: tuple[Size, ...]) -> Value:
    if isinstance(value, Splat):
        return Splat(value.value, value.dtype, shape)
    return View(value.buffer, shape, regrouped(value, shape), value.offset)


def _addmm(build: Builder, o: Operation) -> View:
    bias, left, right = (build.value(arg) for arg in o.args[:3])
    product = build.multiply(left, right, o.kind)
    scales = o.kwargs.get("beta", 1), o.kwargs.get("alpha", 1)
    dims = spanned(o.shape)
    loaded = tuple(build.load(v, o.shape, dims, o.dtype) for v in (bias, product, *scales))
    return build.filled(o.kind, Apply("({0} * {2} + {1} * {3})", loaded, o.dtype, o.dtype))


def _cholesky(build: Builder, o: Operation) -> tuple[View, Splat]:
    matrix = build.materialised(build.value(o.args[0]))
    upper = len(o.args) > 1 and o.args[1]
    if upper:
        raise NotCompilable("there is no machine code for an upper Cholesky factor")
    factor = build.temporary(o.kinds[0])
    *lead, n, _ = o.shape
    build.stages.append(
        Call(f"bd_cholesky_{C_TYPES[factor.dtype]}", (build.whole(matrix),), (factor,), (product(lead), n))
    )
    return View.whole(factor), Splat(0, torch.int32, tuple(lead))


def _solve_triangular(build: Builder, o: Operation) -> View:
    a, b = (build.value(arg) for arg in o.args[:2])
    upper, left = o.kwargs.get("upper", False), o.kwargs.get("left", True)
    unitriangular = o.kwargs.get("unitriangular", False)
    *lead, n, columns = o.shape
    shape = (*lead, n, n) if left else (*lead, columns, columns)
    a, b = (build.materialised(broadcast_to(build.spread(v), s)) for v, s in ((a, shape), (b, o.shape)))
    out = build.temporary(o.kind)
    flags = tuple(Size.of(int(f)) for f in (upper, left, unitriangular))
    sizes = (product(lead), n, columns, *flags)
    function = f"bd_solve_triangular_{C_TYPES[o.dtype]}"
    build.stages.append(Call(function, (build.whole(a), build.whole(b)), (out,), sizes))
    return View.whole(out)


PRODUCTS: dict[str, Handler] = {
    "mm": _matrix_product, "bmm": _matrix_product, "mv": _matrix_product, "dot": _matrix_product,
    "vdot": _matrix_product, "addmm": _addmm, "linalg_cholesky_ex": _cholesky,
    "linalg_solve_triangular": _solve_triangular,
}  # fmt: skip
