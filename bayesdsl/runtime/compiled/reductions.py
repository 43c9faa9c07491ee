"""Sums, extremes and running totals over dimensions."""

from __future__ import annotations

from collections.abc import Callable

import torch

from bayesdsl.runtime.compiled.builder import Builder, Handler, spanned
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.loops import (
    Apply,
    Const,
    Loop,
    Scan,
    Store,
    View,
)
from bayesdsl.runtime.compiled.operations import Kind, Operation
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, product, strides


def _sum(build: Builder, o: Operation) -> View:
    return build.reduce(o, "add", o.args[1] if len(o.args) > 1 else None)


def mean_of(build: Builder, o: Operation) -> View:
    value = build.value(o.args[0])
    dims = o.args[1] if len(o.args) > 1 else None
    chosen = range(len(value.shape)) if not dims else [d % len(value.shape) for d in dims]
    count = Const(product(value.shape[d] for d in chosen), o.dtype)
    return build.reduce(o, "add", dims, Apply("(1.0 / {0})", (count,), o.dtype, o.dtype))


def _variance(build: Builder, o: Operation) -> View:
    value = build.value(o.args[0])
    rank, dims = len(value.shape), o.args[1] if len(o.args) > 1 else None
    reduced = {d % rank for d in dims} if dims else set(range(rank))
    count = product(value.shape[d] for d in reduced)
    correction = o.kwargs.get("correction", 1)
    kept = tuple(ONE if d in reduced else size for d, size in enumerate(value.shape))
    mean = mean_of(build, Operation(o.name, "mean", (o.args[0], tuple(sorted(reduced))), {}, (Kind(kept, o.dtype),)))
    mean = View(mean.buffer, kept, strides(kept))
    loop = spanned(value.shape)
    loaded = tuple(build.load(v, value.shape, loop) for v in (value, mean))
    square = Apply("(({0} - {1}) * ({0} - {1}))", loaded, o.dtype, o.dtype)
    steps = strides(kept)
    terms = tuple((steps[d], loop.index(d)) for d in range(rank) if d not in reduced and d in loop)
    total = build.temporary(o.kind)
    shape = tuple(value.shape[d] for d in loop)
    build.stages.append(Loop(shape, [Store(total, ZERO, terms, square, "add")], fresh={total}))
    freedom = Const(count + -int(correction), torch.float64)
    inner = spanned(o.shape)
    loaded = (build.load(View.whole(total), o.shape, inner), freedom)
    text = "sqrt({0} / {1})" if o.target.startswith("std") else "({0} / {1})"
    return build.filled(o.kind, Apply(text, loaded, o.dtype, o.dtype))


def _reduction(mode: str) -> Callable[[Builder, Operation], View]:
    def handle(build: Builder, o: Operation) -> View:
        dims = o.args[1] if len(o.args) > 1 else None
        return build.reduce(o, mode, (dims,) if isinstance(dims, int) else dims)

    return handle


def _extreme(mode: str) -> Callable[[Builder, Operation], tuple[View, View]]:
    def handle(build: Builder, o: Operation) -> tuple[View, View]:
        dim = o.args[1]
        extreme = build.reduce(o, mode, (dim,))
        return extreme, build.first_equal(o, extreme, dim)

    return handle


def _argument_of(mode: str) -> Callable[[Builder, Operation], View]:
    def handle(build: Builder, o: Operation) -> View:
        if len(o.args) < 2 or o.args[1] is None:
            raise NotCompilable(f"there is no machine code for torch's `{o.target}` over all dimensions")
        value = build.value(o.args[0])
        dim = o.args[1]
        shape = o.shape
        reduced = Operation(o.name, o.target, (o.args[0], dim), {}, (Kind(shape, value.dtype), o.kind))
        return build.first_equal(reduced, build.reduce(reduced, mode, (dim,)), dim)

    return handle


def _scan(template: str) -> Callable[[Builder, Operation], View]:
    def handle(build: Builder, o: Operation) -> View:
        value = build.value(o.args[0])
        buffer = build.temporary(o.kind)
        if not o.shape:
            build.copy(value, View.whole(buffer))
            return View.whole(buffer)
        dim = o.args[1] % len(o.shape)
        order = [d for d in range(len(o.shape)) if d != dim] + [dim]
        shape = tuple(o.shape[d] for d in order)
        out = strides(o.shape)
        terms = tuple((out[d], position) for position, d in enumerate(order))
        spread = build.spread(value)
        moved = View(spread.buffer, shape, tuple(spread.strides[d] for d in order), spread.offset)
        loaded = build.load(moved, shape, list(range(len(shape))))
        build.stages.append(Scan(shape, Store(buffer, ZERO, terms, loaded, template)))
        return View.whole(buffer)

    return handle


REDUCTIONS: dict[str, Handler] = {
    "sum": _sum, "mean": mean_of, "var": _variance, "std": _variance,
    "amax": _reduction("max"), "amin": _reduction("min"), "max.default": _reduction("max"),
    "min.default": _reduction("min"), "prod": _reduction("mul"), "any": _reduction("or"), "all": _reduction("and"),
    "max.dim": _extreme("max"), "min.dim": _extreme("min"), "argmax": _argument_of("max"),
    "argmin": _argument_of("min"), "cumsum": _scan("({0} + {1})"), "cumprod": _scan("({0} * {1})"),
}  # fmt: skip
