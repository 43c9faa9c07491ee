"""Putting tensors together, and choosing places of them by numbers found elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from bayesdsl.runtime.compiled.builder import Builder, Handler, spanned
from bayesdsl.runtime.compiled.loops import (
    Apply,
    Buffer,
    Const,
    Expr,
    Iota,
    Load,
    Loop,
    Splat,
    Store,
    Value,
    View,
)
from bayesdsl.runtime.compiled.operations import Operation
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Size, strides
from bayesdsl.runtime.compiled.views import slice_arguments, window_of, wrapped


def _cat(build: Builder, o: Operation) -> View:
    parts = [build.value(part) for part in o.args[0]]
    parts = [part for part in parts if part.shape != (ZERO,)]
    dim = (o.args[1] if len(o.args) > 1 else 0) % len(o.shape)
    buffer = build.temporary(o.kind)
    buffer.in_pieces = True
    whole, start = View.whole(buffer), ZERO
    for part in parts:
        build.copy(part, View(buffer, part.shape, whole.strides, start * whole.strides[dim]))
        start = start + part.shape[dim]
    return whole


def _stack(build: Builder, o: Operation) -> View:
    parts = [build.value(part) for part in o.args[0]]
    dim = (o.args[1] if len(o.args) > 1 else 0) % len(o.shape)
    buffer = build.temporary(o.kind)
    buffer.in_pieces = True
    whole = View.whole(buffer)
    steps = tuple(s for i, s in enumerate(whole.strides) if i != dim)
    for i, part in enumerate(parts):
        build.copy(part, View(buffer, part.shape, steps, whole.strides[dim] * i))
    return whole


def _within(build: Builder, o: Operation, base: Value | None, value: Value, window: Callable[[View], View]) -> View:
    """A new buffer with `base`, or zero, and `value` in a window of it."""
    buffer = build.temporary(o.kind)
    whole = View.whole(buffer)
    build.copy(Splat(0.0, o.dtype, o.shape) if base is None else base, whole)
    out = window(whole)
    build.copy(value, View(buffer, value.shape, out.strides, out.offset))
    return whole


def _put_slice(build: Builder, o: Operation) -> View:
    if o.target == "slice_scatter.default":
        base, value = build.value(o.args[0]), build.value(o.args[1])
        dim, start, _, step = slice_arguments((o.args[0], *o.args[2:]))
    else:
        base, value = None, build.value(o.args[0])
        dim, start, _, step = slice_arguments((o.args[0], *o.args[2:]))
    return _within(build, o, base, value, lambda v: window_of(v, dim % len(v.shape), start, step, value.shape))


def _put_select(build: Builder, o: Operation) -> View:
    scatter = o.target == "select_scatter.default"
    base = build.value(o.args[0]) if scatter else None
    value = build.value(o.args[1] if scatter else o.args[0])
    dim, index = o.args[2], o.args[3]

    def window(view: View) -> View:
        d = dim % len(view.shape)
        kept = [i for i in range(len(view.shape)) if i != d]
        start = wrapped(index, view.shape[d]) * view.strides[d]
        return View(view.buffer, value.shape, tuple(view.strides[i] for i in kept), start)

    return _within(build, o, base, value, window)


def _put_diagonal(build: Builder, o: Operation) -> View:
    scatter = o.target == "diagonal_scatter.default"
    base = build.value(o.args[0]) if scatter else None
    value = build.value(o.args[1] if scatter else o.args[0])
    rest = o.args[2:]
    offset, a, b = [*rest, *(0, 0, 1)[len(rest) :]]

    def window(view: View) -> View:
        rank = len(view.shape)
        one, two = a % rank, b % rank
        start = view.strides[two] * offset if offset >= 0 else view.strides[one] * -offset
        kept = [view.strides[i] for i in range(rank) if i not in (one, two)]
        return View(view.buffer, value.shape, (*kept, view.strides[one] + view.strides[two]), start)

    return _within(build, o, base, value, window)


def _pad(build: Builder, o: Operation) -> View:
    value, pads = build.value(o.args[0]), list(o.args[1])
    fill = o.args[2] if len(o.args) > 2 else 0.0
    rank = len(value.shape)
    for i, pad in enumerate(pads):
        # Less than nothing is put around it: some is cut off.
        if isinstance(pad, int) and pad < 0:
            dim, before = rank - 1 - i // 2, i % 2 == 0
            shape = tuple(size + pad if d == dim else size for d, size in enumerate(value.shape))
            if isinstance(value, Splat):
                value = Splat(value.value, value.dtype, shape)
            else:
                value = window_of(value, dim, -pad if before else 0, 1, shape)
            pads[i] = 0

    def window(view: View) -> View:
        offset = ZERO
        for i in range(len(pads) // 2):
            offset = offset + view.strides[rank - 1 - i] * pads[2 * i]
        return View(view.buffer, value.shape, view.strides, offset)

    return _within(build, o, Splat(fill, o.dtype, o.shape), value, window)


def _put_strided(build: Builder, o: Operation) -> View:
    base, value = build.value(o.args[0]), build.value(o.args[1])
    steps = tuple(Size.of(s) for s in o.args[3])
    offset = o.args[4] if len(o.args) > 4 and o.args[4] is not None else 0
    return _within(build, o, base, value, lambda v: View(v.buffer, value.shape, steps, Size.of(offset)))


def _repeat(build: Builder, o: Operation) -> View:
    value = build.value(o.args[0])
    lead = len(o.shape) - len(value.shape)
    padded = (*(ONE,) * lead, *value.shape)
    times = [Size.of(t) for t in o.args[1]]
    buffer = build.temporary(o.kind)
    out = strides(o.shape)
    shape = tuple(size for pair in zip(times, padded, strict=True) for size in pair)
    steps = tuple(s for step, size in zip(out, padded, strict=True) for s in (step * size, step))
    if isinstance(value, View):
        own = (*(ZERO,) * lead, *value.strides)
        value = View(value.buffer, shape, tuple(s for step in own for s in (ZERO, step)), value.offset)
    build.copy(value, View(buffer, shape, steps))
    return View.whole(buffer)


def _index(build: Builder, o: Operation) -> View:
    source = build.spread(build.value(o.args[0]))
    terms, _ = _indexed(build, source, build.positions(o.args[1]), o.shape)
    return build.filled(o.kind, Load(source.buffer, source.offset, terms))


def _indexed(
    build: Builder, source: View, indices: Sequence[Operation | None], shape: tuple[Size, ...]
) -> tuple[tuple[tuple[Size, Any], ...], list[int]]:
    """The places of `source` that indices choose, in a loop over the dimensions of `shape`, that of the result."""
    given = [*indices, *(None,) * (len(source.shape) - len(indices))]
    chosen = [i for i, index in enumerate(given) if index is not None]
    rank = max(len(given[i].shape) for i in chosen)
    together = chosen == list(range(chosen[0], chosen[-1] + 1))
    first = chosen[0] if together else 0
    dims = spanned(shape)
    terms: list[tuple[Size, Any]] = []
    own = 0
    for i, index in enumerate(given):
        if index is None:
            place = own if not together or i < chosen[0] else own + rank
            place += rank if not together else 0
            own += 1
            if place in dims:
                terms.append((source.strides[i], dims.index(place)))
            continue
        view = build.value(index)
        inner = shape[first : first + rank]
        places = [d for d in range(first, first + rank) if d in dims]
        loaded = build.load(view, inner, [d - first for d in places])
        if isinstance(loaded, Load):
            renamed = tuple((step, dims.index(places[position])) for step, position in loaded.terms)
            loaded = Load(loaded.buffer, loaded.offset, renamed)
            if loaded.buffer.role != "input":
                loaded = _counted_from_start(loaded, source.shape[i])
            terms.append((source.strides[i], loaded))
        else:
            terms.append((source.strides[i], Const(wrapped(loaded.value, source.shape[i]), torch.int64)))
    return tuple(terms), dims


def _counted_from_start(index: Expr, size: Size) -> Expr:
    return Apply("({0} < 0 ? {0} + {1} : {0})", (index, Const(size, torch.int64)), torch.int64)


def _index_put(build: Builder, o: Operation) -> View:
    base, indices, value = o.args[:3]
    if len(indices) == 1 and indices[0].dtype == torch.bool and value.shape == () and indices[0].shape == base.shape:
        return build.apply("({0} ? {1} : {2})", (indices[0], value, base), o.kind, "where")
    indices = build.positions(indices)
    accumulate = len(o.args) > 3 and o.args[3]
    buffer = build.temporary(o.kind)
    whole = View.whole(buffer)
    build.copy(build.value(base), whole)
    given = [*indices, *(None,) * (len(o.shape) - len(indices))]
    chosen = [i for i, index in enumerate(given) if index is not None]
    inner = _broadcast([given[i].shape for i in chosen])
    together = chosen == list(range(chosen[0], chosen[-1] + 1))
    own = [o.shape[i] for i, index in enumerate(given) if index is None]
    first = chosen[0] if together else 0
    shape = (*own[:first], *inner, *own[first:])
    terms, dims = _indexed(build, whole, indices, shape)
    loaded = build.load(build.value(value), shape, dims)
    _scatter(build, buffer, shape, dims, terms, loaded, "add" if accumulate else "set")
    return whole


def _scatter(
    build: Builder,
    buffer: Buffer,
    shape: tuple[Size, ...],
    dims: list[int],
    terms: tuple[tuple[Size, Any], ...],
    value: Expr,
    mode: str,
) -> None:
    store = Store(buffer, ZERO, terms, value, mode)
    build.stages.append(Loop(tuple(shape[d] for d in dims), [store], serial=True))


def _broadcast(shapes: Sequence[tuple[Size, ...]]) -> tuple[Size, ...]:
    rank = max(len(shape) for shape in shapes)
    result = [ONE] * rank
    for shape in shapes:
        for i, size in enumerate(shape):
            if size != ONE:
                result[rank - len(shape) + i] = size
    return tuple(result)


def _along(build: Builder, o: Operation, source: View, dim: int, index: Operation, shape: tuple[Size, ...]) -> Any:
    """The places of `source` that `index`, of the loop's `shape`, chooses along a dimension."""
    dims = spanned(shape)
    terms: list[tuple[Size, Any]] = []
    for i in range(len(source.shape)):
        if i == dim:
            loaded = build.load(build.value(index), shape, dims)
            if isinstance(loaded, Const):
                loaded = Const(wrapped(loaded.value, source.shape[i]), torch.int64)
            terms.append((source.strides[i], loaded))
        elif i in dims:
            terms.append((source.strides[i], dims.index(i)))
    return tuple(terms)


def _gather(build: Builder, o: Operation) -> View:
    source = build.spread(build.value(o.args[0]))
    if not o.shape and not source.shape:
        return source
    terms = _along(build, o, source, o.args[1] % len(source.shape), o.args[2], o.shape)
    return build.filled(o.kind, Load(source.buffer, source.offset, terms))


def _scatter_along(build: Builder, o: Operation) -> View:
    base, dim, index, value = o.args[:4]
    buffer = build.temporary(o.kind)
    whole = View.whole(buffer)
    build.copy(build.value(base), whole)
    shape = index.shape
    terms = _along(build, o, whole, dim % len(o.shape), index, shape)
    dims = spanned(shape)
    if isinstance(value, Operation):
        source = build.value(value)
        if isinstance(source, View):
            source = View(source.buffer, shape, source.strides, source.offset)
        loaded = build.load(source, shape, dims)
    else:
        loaded = Const(value, o.dtype)
    _scatter(build, buffer, shape, dims, terms, loaded, "add" if o.target.startswith("scatter_add") else "set")
    return whole


def _index_select(build: Builder, o: Operation) -> View:
    source, dim, index = o.args[:3]
    if o.target.startswith("embedding"):
        source, dim, index = o.args[0], 0, o.args[1]
    value = build.spread(build.value(source))
    indices = [None] * (dim % len(value.shape)) + [index]
    terms, _ = _indexed(build, value, indices, o.shape)
    return build.filled(o.kind, Load(value.buffer, value.offset, terms))


def _index_add(build: Builder, o: Operation) -> View:
    base, dim, index, value = o.args[:4]
    buffer = build.temporary(o.kind)
    whole = View.whole(buffer)
    build.copy(build.value(base), whole)
    given = build.value(value)
    terms, dims = _indexed(build, whole, [None] * (dim % len(o.shape)) + [index], given.shape)
    _scatter(build, buffer, given.shape, dims, terms, build.load(given, given.shape, dims), "add")
    return whole


def _triangle(build: Builder, o: Operation) -> View:
    shift = o.args[1] if len(o.args) > 1 else 0
    dims = spanned(o.shape)
    rank = len(o.shape)
    row, column = (Iota(dims.index(d)) if d in dims else Const(0, torch.int64) for d in (rank - 2, rank - 1))
    sign = "<=" if o.target.startswith("tril") else ">="
    loaded = build.load(build.value(o.args[0]), o.shape, dims)
    keep = Apply(f"({{0}} - {{1}} {sign} {{2}})", (column, row, Const(shift, torch.int64)), torch.bool)
    return build.filled(o.kind, Apply("({0} ? {1} : 0)", (keep, loaded), o.dtype))


def _diagonal_matrix(build: Builder, o: Operation) -> View:
    value = build.value(o.args[0])
    dims = spanned(o.shape)
    rank = len(o.shape)
    row, column = (Iota(dims.index(d)) if d in dims else Const(0, torch.int64) for d in (rank - 2, rank - 1))
    flat = build.spread(value)
    loaded = build.load(View(flat.buffer, (*flat.shape, ONE), (*flat.strides, ZERO), flat.offset), o.shape, dims)
    keep = Apply("({0} == {1})", (row, column), torch.bool)
    return build.filled(o.kind, Apply("({0} ? {1} : 0)", (keep, loaded), o.dtype))


PLACES: dict[str, Handler] = {
    "cat": _cat, "stack": _stack, "slice_backward": _put_slice, "slice_scatter": _put_slice,
    "select_backward": _put_select, "select_scatter": _put_select, "diagonal_backward": _put_diagonal,
    "diagonal_scatter": _put_diagonal, "as_strided_scatter": _put_strided, "constant_pad_nd": _pad, "repeat": _repeat,
    "index": _index, "index_put": _index_put, "_unsafe_index_put": _index_put, "_unsafe_index": _index,
    "gather": _gather, "scatter": _scatter_along, "scatter_add": _scatter_along, "index_select": _index_select,
    "embedding": _index_select, "index_add": _index_add, "tril": _triangle, "triu": _triangle,
    "diag_embed": _diagonal_matrix,
}  # fmt: skip
