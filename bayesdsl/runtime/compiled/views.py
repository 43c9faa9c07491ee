"""Views: where a loop reads, at no cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bayesdsl.runtime.compiled.builder import Builder, Handler
from bayesdsl.runtime.compiled.loops import (
    Splat,
    Value,
    View,
)
from bayesdsl.runtime.compiled.operations import Operation
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Size, strides


def _view(build: Builder, o: Operation, change: Callable[[View], View]) -> Value:
    value = build.value(o.args[0])
    return Splat(value.value, value.dtype, o.shape) if isinstance(value, Splat) else change(value)


def _same(build: Builder, o: Operation) -> Value:
    return build.value(o.args[0])


def _expand(build: Builder, o: Operation) -> Value:
    def change(view: View) -> View:
        lead = len(o.shape) - len(view.shape)
        steps = [
            ZERO if dim < lead or (view.shape[dim - lead] == ONE and size != ONE) else view.strides[dim - lead]
            for dim, size in enumerate(o.shape)
        ]
        return View(view.buffer, o.shape, tuple(steps), view.offset)

    return _view(build, o, change)


def _permute(build: Builder, o: Operation) -> Value:
    rank = len(o.shape)
    match o.target:
        case "t.default":
            order = list(range(rank))[::-1]
        case "transpose.int":
            order = list(range(rank))
            a, b = (dim % rank for dim in o.args[1:3])
            order[a], order[b] = order[b], order[a]
        case _:
            order = [dim % rank for dim in o.args[1]]
    return _view(build, o, lambda v: View(v.buffer, o.shape, tuple(v.strides[d] for d in order), v.offset))


def _reshape(build: Builder, o: Operation) -> Value:
    def change(view: View) -> View:
        found = regrouped(view, o.shape)
        if found is not None:
            return View(view.buffer, o.shape, found, view.offset)
        whole = build.materialised(view)
        return View(whole.buffer, o.shape, strides(o.shape), whole.offset)

    return _view(build, o, change)


def regrouped(view: View, shape: tuple[Size, ...]) -> tuple[Size, ...] | None:
    """The strides that make a view of another shape of it, None where it has to be copied."""
    if view.is_contiguous:
        return strides(shape)
    old = [(size, step) for size, step in zip(view.shape, view.strides, strict=True) if size != ONE]
    result: list[Size] = []
    for size in shape:
        if size == ONE:
            result.append(ZERO)
        elif old and old[0][0] == size:
            result.append(old.pop(0)[1])
        else:
            return None
    return tuple(result) if not old else None


def _select(build: Builder, o: Operation) -> Value:
    _, dim, index = o.args

    def change(view: View) -> View:
        d = dim % len(view.shape)
        start = wrapped(index, view.shape[d])
        kept = [i for i in range(len(view.shape)) if i != d]
        return View(view.buffer, o.shape, tuple(view.strides[i] for i in kept), view.offset + start * view.strides[d])

    return _view(build, o, change)


def _slice(build: Builder, o: Operation) -> Value:
    dim, start, _, step = slice_arguments(o.args)
    return _view(build, o, lambda v: window_of(v, dim % len(v.shape), start, step, o.shape))


def slice_arguments(args: tuple[Any, ...]) -> tuple[int, Any, Any, int]:
    dim = args[1] if len(args) > 1 else 0
    start = args[2] if len(args) > 2 and args[2] is not None else 0
    end = args[3] if len(args) > 3 else None
    return dim, start, end, args[4] if len(args) > 4 else 1


def window_of(view: View, dim: int, start: int | Size, step: int, shape: tuple[Size, ...]) -> View:
    first = wrapped(start, view.shape[dim])
    steps = tuple(s * step if i == dim else s for i, s in enumerate(view.strides))
    return View(view.buffer, shape, steps, view.offset + first * view.strides[dim])


def wrapped(index: int | Size, size: Size) -> Size:
    """A position counted from the start."""
    if isinstance(index, int) and index < 0:
        return size + index
    return Size.of(index)


def _squeeze(build: Builder, o: Operation) -> Value:
    def change(view: View) -> View:
        if o.target == "unsqueeze.default":
            dim = o.args[1] % len(o.shape)
            return View(view.buffer, o.shape, (*view.strides[:dim], ZERO, *view.strides[dim:]), view.offset)
        rank = len(view.shape)
        asked = o.args[1] if len(o.args) > 1 else tuple(range(rank))
        gone = {d % rank for d in (asked if isinstance(asked, tuple) else (asked,))} if rank else set()
        kept = [i for i in range(rank) if not (i in gone and view.shape[i] == ONE)]
        return View(view.buffer, o.shape, tuple(view.strides[i] for i in kept), view.offset)

    return _view(build, o, change)


def _split(build: Builder, o: Operation) -> tuple[Value, ...]:
    value = build.value(o.args[0])
    dim = o.args[2] if len(o.args) > 2 else 0
    start, parts = ZERO, []
    for kind in o.kinds:
        if isinstance(value, Splat):
            parts.append(Splat(value.value, value.dtype, kind.shape))
        else:
            d = dim % len(value.shape)
            parts.append(View(value.buffer, kind.shape, value.strides, value.offset + start * value.strides[d]))
            start = start + kind.shape[d]
    return tuple(parts)


def _unbind(build: Builder, o: Operation) -> tuple[Value, ...]:
    value = build.value(o.args[0])
    if isinstance(value, Splat):
        return tuple(Splat(value.value, value.dtype, kind.shape) for kind in o.kinds)
    d = (o.args[1] if len(o.args) > 1 else 0) % len(value.shape)
    kept = [i for i in range(len(value.shape)) if i != d]
    return tuple(
        View(value.buffer, kind.shape, tuple(value.strides[i] for i in kept), value.offset + value.strides[d] * i)
        for i, kind in enumerate(o.kinds)
    )


def _as_strided(build: Builder, o: Operation) -> Value:
    def change(view: View) -> View:
        whole = build.materialised(view)
        offset = o.args[3] if len(o.args) > 3 and o.args[3] is not None else 0
        return View(whole.buffer, o.shape, tuple(Size.of(s) for s in o.args[2]), whole.offset + offset)

    return _view(build, o, change)


def _diagonal(build: Builder, o: Operation) -> Value:
    def change(view: View) -> View:
        offset, a, b = ([*o.args[1:], *(0, 0, 1)[len(o.args) - 1 :]])[:3]
        rank = len(view.shape)
        a, b = a % rank, b % rank
        start = view.strides[b] * offset if offset >= 0 else view.strides[a] * -offset
        kept = [view.strides[i] for i in range(rank) if i not in (a, b)]
        return View(view.buffer, o.shape, (*kept, view.strides[a] + view.strides[b]), view.offset + start)

    return _view(build, o, change)


def _flip(build: Builder, o: Operation) -> Value:
    def change(view: View) -> View:
        dims = {d % len(view.shape) for d in o.args[1]}
        offset = view.offset
        for d in dims:
            offset = offset + (view.shape[d] + -1) * view.strides[d]
        steps = tuple(s * -1 if i in dims else s for i, s in enumerate(view.strides))
        return View(view.buffer, view.shape, steps, offset)

    return _view(build, o, change)


def _getitem(build: Builder, o: Operation) -> Any:
    found = build.values[o.args[0]]
    if found is None:
        return None
    return found[o.args[1]] if isinstance(found, tuple) else found


def broadcast_to(view: View, shape: tuple[Size, ...]) -> View:
    lead = len(shape) - len(view.shape)
    steps = tuple(
        ZERO if d < lead or (view.shape[d - lead] == ONE and size != ONE) else view.strides[d - lead]
        for d, size in enumerate(shape)
    )
    return View(view.buffer, shape, steps, view.offset)


VIEWS: dict[str, Handler] = {
    "detach.default": _same, "alias.default": _same, "lift_fresh_copy.default": _same, "lift_fresh.default": _same,
    "contiguous.default": _same, "_conj.default": _same, "clone.default": _same, "view_copy.default": _reshape,
    "expand.default": _expand, "t.default": _permute, "transpose.int": _permute, "permute.default": _permute,
    "view.default": _reshape, "_unsafe_view.default": _reshape, "reshape.default": _reshape,
    "select.int": _select, "slice.Tensor": _slice, "unsqueeze.default": _squeeze, "squeeze.dim": _squeeze,
    "squeeze.dims": _squeeze, "squeeze.default": _squeeze, "split_with_sizes.default": _split, "split.Tensor": _split,
    "unbind.int": _unbind, "diagonal.default": _diagonal, "flip.default": _flip, "as_strided.default": _as_strided,
    "getitem": _getitem,
}  # fmt: skip
