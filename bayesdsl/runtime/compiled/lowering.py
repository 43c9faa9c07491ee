"""From operations on tensors to stages: loops, scans, calls.

What does not depend on the varying inputs is left to torch, to be worked out once when data arrive; the rest becomes
stages. Views cost nothing: they say where a loop reads. A tensor of one number everywhere is that number.

    mul(expand(a), x[n]) ; sum    operations
    for i: s += a * x[i]          stages, once fused
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.loops import (
    C_TYPES,
    Apply,
    Buffer,
    Call,
    Const,
    Expr,
    Iota,
    Load,
    Loop,
    Product,
    Scan,
    Splat,
    Stage,
    Store,
    Value,
    View,
)
from bayesdsl.runtime.compiled.operations import Kind, Operation, Operations
from bayesdsl.runtime.compiled.pointwise import POINTWISE, POWERS, Pointwise
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Share, Size, product, strides

_END = 9223372036854775807


@dataclass
class Lowered:
    """Stages in order, with the buffers that come from outside.

    `given` maps an input buffer to the position of the function's input or to the operation, worked out beforehand,
    that it holds. `outputs` are where the function's results are.
    """

    stages: list[Stage]
    given: dict[Buffer, int | Operation]
    outputs: tuple[Value, ...]


def lower(program: Operations, varying: frozenset[int]) -> Lowered:
    """The stages of a program, of whose inputs those at the positions `varying` change between calls and the others
    stay. Raises NotCompilable with the name of the operation that it does not know."""
    lowering = _Lowering(varying)
    for operation in program.list:
        lowering.take(operation)
    return lowering.finish(program.outputs)


@dataclass
class _Lowering:
    varying: frozenset[int]
    stages: list[Stage] = field(default_factory=list)
    given: dict[Buffer, int | Operation] = field(default_factory=dict)
    values: dict[Operation, Any] = field(default_factory=dict)
    moving: set[Operation] = field(default_factory=set)
    count: int = 0

    def take(self, operation: Operation) -> None:
        match operation.target:
            case "input":
                (position,) = operation.args
                if position in self.varying:
                    self.moving.add(operation)
                self.values[operation] = View.whole(self.input(operation, position))
            case "constant":
                (tensor,) = operation.args
                self.values[operation] = (
                    Splat(tensor.item(), tensor.dtype, operation.shape) if tensor.numel() == 1 else None
                )
            case _ if any(source in self.moving for source in operation.sources()):
                self.moving.add(operation)
                self.values[operation] = self.simplified(operation) or self.handle(operation)
            case _:
                self.values[operation] = self.settled(operation)

    def settled(self, operation: Operation) -> Any:
        """What does not vary: a number everywhere, a view of what is there, or None, to be worked out beforehand."""
        target = operation.target
        if target == "full.default":
            value = operation.args[1]
            number = self.number(value) if isinstance(value, Operation) else value
            return None if number is None else _splat(number, operation.kind)
        if target in _VIEWS:
            known = all(self.values.get(source) is not None for source in operation.sources())
            return self.handle(operation) if known else None
        name = target.partition(".")[0]
        if name in POINTWISE:
            return self.folded(operation)
        return None

    def number(self, operation: Operation) -> float | int | bool | None:
        value = self.values.get(operation)
        return value.value if isinstance(value, Splat) else None

    def folded(self, operation: Operation) -> Splat | None:
        """The number that an operation on numbers gives."""
        tensors = {}
        for source in operation.sources():
            value = self.values.get(source)
            if not isinstance(value, Splat) or isinstance(value.value, Size | Share):
                return None
            tensors[source] = torch.tensor(value.value, dtype=value.dtype)
        if any(isinstance(arg, Size | Share) for arg in operation.args):
            return None
        args = [tensors.get(arg, arg) if isinstance(arg, Operation) else arg for arg in operation.args]
        packet, _, overload = operation.target.partition(".")
        kwargs = {k: v for k, v in operation.kwargs.items() if k != "memory_format"}
        result = getattr(getattr(torch.ops.aten, packet), overload)(*args, **kwargs)
        return _splat(result.item(), operation.kind)

    def simplified(self, operation: Operation) -> Value | None:
        """The argument, where the operation gives it back."""
        name = operation.target.partition(".")[0]
        if name not in ("mul", "div", "add", "sub", "pow") or operation.kwargs or len(operation.args) != 2:
            return None
        neutral = 0 if name in ("add", "sub") else 1
        pairs = [operation.args, operation.args[::-1]] if name in ("mul", "add") else [operation.args]
        for kept, other in pairs:
            number = self.number(other) if isinstance(other, Operation) else other
            if (
                not isinstance(kept, Operation)
                or isinstance(number, Size | Share)
                or number is None
                or number != neutral
            ):
                continue
            value = self.values[kept]
            if value.shape == operation.shape and value.dtype == operation.dtype:
                return value
        return None

    def handle(self, operation: Operation) -> Any:
        name = operation.target.partition(".")[0]
        handler = _HANDLERS.get(operation.target) or _HANDLERS.get(name) or _VIEWS.get(operation.target)
        if handler is not None:
            return handler(self, operation)
        if name in POINTWISE and "_mode" not in operation.target:
            return self.pointwise(operation, POINTWISE[name])
        raise NotCompilable(f"there is no machine code for torch's `{name}`")

    # Values

    def input(self, operation: Operation, given: int | Operation) -> Buffer:
        buffer = Buffer(f"x{len(self.given)}", operation.dtype, operation.shape, "input")
        _type(operation.dtype)
        self.given[buffer] = given
        return buffer

    def value(self, arg: Operation) -> Value:
        """Where the result of an operation is."""
        value = self.values[arg]
        if value is None and arg.target in _VIEWS and arg.target != "getitem":
            value = self.values[arg] = self.handle(arg)
        if value is None and arg in self.moving:
            raise NotCompilable(f"there is no machine code for all that torch's `{arg.args[0].target}` gives")
        if value is None:
            value = self.values[arg] = View.whole(self.input(arg, arg))
        return value

    def whole(self, view: View) -> Buffer:
        """The buffer of a view that holds all of it."""
        if view.is_whole:
            return view.buffer
        buffer = self.temporary((view.shape, view.dtype))
        self.copy(view, View.whole(buffer))
        return buffer

    def temporary(self, kind: Kind | tuple[tuple[Size, ...], torch.dtype]) -> Buffer:
        shape, dtype = (kind.shape, kind.dtype) if isinstance(kind, Kind) else kind
        _type(dtype)
        self.count += 1
        return Buffer(f"t{self.count}", dtype, shape, "temporary")

    def materialised(self, value: Value) -> View:
        """The value in a buffer, row by row."""
        if isinstance(value, View) and value.is_contiguous and value.offset == ZERO:
            return value
        buffer = self.temporary((value.shape, value.dtype))
        self.copy(value, View.whole(buffer))
        return View.whole(buffer)

    # Loops

    def load(self, value: Any, shape: tuple[Size, ...], dims: list[int], dtype: torch.dtype | None = None) -> Expr:
        """The element of `value`, broadcast to `shape`, where a loop is that runs over the dimensions `dims` of it."""
        match value:
            case Operation():
                return self.load(self.value(value), shape, dims)
            case Splat():
                return Const(value.value, value.dtype)
            case View():
                lead = len(shape) - len(value.shape)
                terms = tuple(
                    (value.strides[dim - lead], position)
                    for position, dim in enumerate(dims)
                    if dim >= lead and value.shape[dim - lead] != ONE and value.strides[dim - lead] != ZERO
                )
                return Load(value.buffer, value.offset, terms)
            case _:
                return Const(value, dtype or _dtype_of(value))

    def pointwise(self, operation: Operation, row: Pointwise) -> View:
        args = list(operation.args)
        if operation.target.startswith("_to_copy") or operation.target.startswith("clone"):
            args = args[:1]
        args += [operation.kwargs[k] for k in row.keywords if k in operation.kwargs]
        want = row.template.count("{") and 1 + max(int(part[0]) for part in row.template.split("{")[1:])
        args += list(row.defaults)[len(row.defaults) - (want - len(args)) :] if len(args) < want else []
        template = row.template
        if operation.target.startswith("pow.Tensor_Scalar") and args[1] in POWERS:
            template = POWERS[args[1]]
        return self.apply(template, args, operation.kind, row.takes)

    def apply(self, template: str, args: Sequence[Any], kind: Kind, takes: str = "result") -> View:
        """A loop that does `template` to every element of `args`."""
        shape, dims = kind.shape, _dims(kind.shape)
        loaded = tuple(self.load(arg, shape, dims) for arg in args)
        return self.filled(kind, Apply(template, loaded, kind.dtype, _takes(takes, loaded, args, kind)))

    def filled(self, kind: Kind, value: Expr) -> View:
        """A new buffer with `value` at every place, whose loop runs over the dimensions that are not 1."""
        buffer = self.temporary(kind)
        self.store(View.whole(buffer), value, "set")
        return View.whole(buffer)

    def store(self, out: View, value: Expr, mode: str, serial: bool = False) -> None:
        dims = _dims(out.shape)
        terms = tuple((out.strides[dim], position) for position, dim in enumerate(dims))
        self.stages.append(
            Loop(tuple(out.shape[d] for d in dims), [Store(out.buffer, out.offset, terms, value, mode)], serial)
        )

    def copy(self, value: Value, out: View) -> None:
        self.store(out, self.load(value, out.shape, _dims(out.shape)), "set")

    def reduce(self, operation: Operation, mode: str, dims: Sequence[int] | None, scale: Expr | None = None) -> View:
        """A new buffer with `operation.args[0]` summed, or the like, over `dims`, all where there are none."""
        value = self.value(operation.args[0])
        rank = len(value.shape)
        reduced = set(range(rank)) if not dims and dims != () else {dim % rank for dim in dims} if rank else set()
        if dims == ():
            reduced = set(range(rank))
        buffer = self.temporary(operation.kind)
        kept = [dim for dim in range(rank) if dim not in reduced]
        out = strides(tuple(value.shape[dim] for dim in kept))
        loop = _dims(value.shape)
        terms = tuple((out[kept.index(dim)], loop.index(dim)) for dim in kept if dim in loop)
        loaded = self.load(value, value.shape, loop)
        if loaded.dtype != operation.dtype or scale is not None:
            loaded = Apply("{0}", (loaded,), operation.dtype, operation.dtype)
        if scale is not None:
            loaded = Apply("({0} * {1})", (loaded, scale), operation.dtype, operation.dtype)
        store = Store(buffer, ZERO, terms, loaded, mode)
        self.stages.append(Loop(tuple(value.shape[dim] for dim in loop), [store], fresh={buffer}))
        return View.whole(buffer)

    def first_equal(self, operation: Operation, extreme: View, dim: int) -> View:
        """The first position along a dimension at which `operation.args[0]` is its extreme."""
        value = self.value(operation.args[0])
        rank, loop = len(value.shape), _dims(value.shape)
        dim %= max(rank, 1)
        kept = [d for d in range(rank) if d != dim]
        steps = strides(tuple(value.shape[d] for d in kept))
        spread = tuple(ZERO if d == dim else steps[kept.index(d)] for d in range(rank))
        found = View(extreme.buffer, value.shape, spread)
        here = Iota(loop.index(dim)) if dim in loop else Const(0, torch.int64)
        loaded = (*(self.load(v, value.shape, loop) for v in (value, found)), here)
        position = Apply("({0} == {1} ? {2} : INT64_MAX)", loaded, torch.int64)
        buffer = self.temporary(operation.kinds[1])
        terms = tuple((steps[kept.index(d)], loop.index(d)) for d in kept if d in loop)
        shape = tuple(value.shape[d] for d in loop)
        self.stages.append(Loop(shape, [Store(buffer, ZERO, terms, position, "min")], fresh={buffer}))
        return View.whole(buffer)

    def multiply(self, left: Value, right: Value, kind: Kind) -> View:
        """The matrix product of (.., m, k) and (.., k, n), of the same leading shape."""
        *lead, m, k = left.shape
        n = right.shape[-1]
        full = (*lead, m, n, k)
        dims = _dims(full)
        if isinstance(left, Splat) or isinstance(right, Splat):
            left, right = self.spread(left), self.spread(right)
        spread_left = View(left.buffer, full, (*left.strides[:-1], ZERO, left.strides[-1]), left.offset)
        columns = (*right.strides[:-2], ZERO, right.strides[-1], right.strides[-2])
        spread_right = View(right.buffer, full, columns, right.offset)
        loaded = tuple(self.load(view, full, dims) for view in (spread_left, spread_right))
        buffer = self.temporary(kind)
        out = strides((*lead, m, n))
        terms = tuple((out[dim], position) for position, dim in enumerate(dims) if dim < len(full) - 1)
        store = Store(buffer, ZERO, terms, Apply("({0} * {1})", loaded, kind.dtype), "add")
        product = None if lead else Product(left, right, View(buffer, (m, n), out))
        self.stages.append(Loop(tuple(full[d] for d in dims), [store], product=product, fresh={buffer}))
        return View.whole(buffer)

    def spread(self, value: Value) -> View:
        return self.materialised(value) if isinstance(value, Splat) else value

    def finish(self, outputs: tuple[Operation, ...]) -> Lowered:
        found = tuple(self.value(o) for o in outputs)
        return Lowered(self.stages, self.given, found)


# Views


def _view(self: _Lowering, o: Operation, change: Callable[[View], View]) -> Value:
    value = self.value(o.args[0])
    return Splat(value.value, value.dtype, o.shape) if isinstance(value, Splat) else change(value)


def _same(self: _Lowering, o: Operation) -> Value:
    return self.value(o.args[0])


def _expand(self: _Lowering, o: Operation) -> Value:
    def change(view: View) -> View:
        lead = len(o.shape) - len(view.shape)
        steps = [
            ZERO if dim < lead or (view.shape[dim - lead] == ONE and size != ONE) else view.strides[dim - lead]
            for dim, size in enumerate(o.shape)
        ]
        return View(view.buffer, o.shape, tuple(steps), view.offset)

    return _view(self, o, change)


def _permute(self: _Lowering, o: Operation) -> Value:
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
    return _view(self, o, lambda v: View(v.buffer, o.shape, tuple(v.strides[d] for d in order), v.offset))


def _reshape(self: _Lowering, o: Operation) -> Value:
    def change(view: View) -> View:
        found = _regrouped(view, o.shape)
        if found is not None:
            return View(view.buffer, o.shape, found, view.offset)
        whole = self.materialised(view)
        return View(whole.buffer, o.shape, strides(o.shape), whole.offset)

    return _view(self, o, change)


def _regrouped(view: View, shape: tuple[Size, ...]) -> tuple[Size, ...] | None:
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


def _select(self: _Lowering, o: Operation) -> Value:
    _, dim, index = o.args

    def change(view: View) -> View:
        d = dim % len(view.shape)
        start = _wrapped(index, view.shape[d])
        kept = [i for i in range(len(view.shape)) if i != d]
        return View(view.buffer, o.shape, tuple(view.strides[i] for i in kept), view.offset + start * view.strides[d])

    return _view(self, o, change)


def _slice(self: _Lowering, o: Operation) -> Value:
    dim, start, _, step = _slice_arguments(o.args)
    return _view(self, o, lambda v: _window(v, dim % len(v.shape), start, step, o.shape))


def _slice_arguments(args: tuple[Any, ...]) -> tuple[int, Any, Any, int]:
    dim = args[1] if len(args) > 1 else 0
    start = args[2] if len(args) > 2 and args[2] is not None else 0
    end = args[3] if len(args) > 3 else None
    return dim, start, end, args[4] if len(args) > 4 else 1


def _window(view: View, dim: int, start: int | Size, step: int, shape: tuple[Size, ...]) -> View:
    first = _wrapped(start, view.shape[dim])
    steps = tuple(s * step if i == dim else s for i, s in enumerate(view.strides))
    return View(view.buffer, shape, steps, view.offset + first * view.strides[dim])


def _wrapped(index: int | Size, size: Size) -> Size:
    """A position counted from the start."""
    if isinstance(index, int) and index < 0:
        return size + index
    return Size.of(index)


def _squeeze(self: _Lowering, o: Operation) -> Value:
    def change(view: View) -> View:
        if o.target == "unsqueeze.default":
            dim = o.args[1] % len(o.shape)
            return View(view.buffer, o.shape, (*view.strides[:dim], ZERO, *view.strides[dim:]), view.offset)
        rank = len(view.shape)
        asked = o.args[1] if len(o.args) > 1 else tuple(range(rank))
        gone = {d % rank for d in (asked if isinstance(asked, tuple) else (asked,))} if rank else set()
        kept = [i for i in range(rank) if not (i in gone and view.shape[i] == ONE)]
        return View(view.buffer, o.shape, tuple(view.strides[i] for i in kept), view.offset)

    return _view(self, o, change)


def _split(self: _Lowering, o: Operation) -> tuple[Value, ...]:
    value = self.value(o.args[0])
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


def _unbind(self: _Lowering, o: Operation) -> tuple[Value, ...]:
    value = self.value(o.args[0])
    if isinstance(value, Splat):
        return tuple(Splat(value.value, value.dtype, kind.shape) for kind in o.kinds)
    d = (o.args[1] if len(o.args) > 1 else 0) % len(value.shape)
    kept = [i for i in range(len(value.shape)) if i != d]
    return tuple(
        View(value.buffer, kind.shape, tuple(value.strides[i] for i in kept), value.offset + value.strides[d] * i)
        for i, kind in enumerate(o.kinds)
    )


def _as_strided(self: _Lowering, o: Operation) -> Value:
    def change(view: View) -> View:
        whole = self.materialised(view)
        offset = o.args[3] if len(o.args) > 3 and o.args[3] is not None else 0
        return View(whole.buffer, o.shape, tuple(Size.of(s) for s in o.args[2]), whole.offset + offset)

    return _view(self, o, change)


def _diagonal(self: _Lowering, o: Operation) -> Value:
    def change(view: View) -> View:
        offset, a, b = ([*o.args[1:], *(0, 0, 1)[len(o.args) - 1 :]])[:3]
        rank = len(view.shape)
        a, b = a % rank, b % rank
        start = view.strides[b] * offset if offset >= 0 else view.strides[a] * -offset
        kept = [view.strides[i] for i in range(rank) if i not in (a, b)]
        return View(view.buffer, o.shape, (*kept, view.strides[a] + view.strides[b]), view.offset + start)

    return _view(self, o, change)


def _flip(self: _Lowering, o: Operation) -> Value:
    def change(view: View) -> View:
        dims = {d % len(view.shape) for d in o.args[1]}
        offset = view.offset
        for d in dims:
            offset = offset + (view.shape[d] + -1) * view.strides[d]
        steps = tuple(s * -1 if i in dims else s for i, s in enumerate(view.strides))
        return View(view.buffer, view.shape, steps, offset)

    return _view(self, o, change)


def _getitem(self: _Lowering, o: Operation) -> Any:
    found = self.values[o.args[0]]
    if found is None:
        return None
    return found[o.args[1]] if isinstance(found, tuple) else found


_VIEWS: dict[str, Callable[[_Lowering, Operation], Any]] = {
    "detach.default": _same, "alias.default": _same, "lift_fresh_copy.default": _same, "lift_fresh.default": _same,
    "contiguous.default": _same, "_conj.default": _same, "clone.default": _same, "view_copy.default": _reshape,
    "expand.default": _expand, "t.default": _permute, "transpose.int": _permute, "permute.default": _permute,
    "view.default": _reshape, "_unsafe_view.default": _reshape, "reshape.default": _reshape,
    "select.int": _select, "slice.Tensor": _slice, "unsqueeze.default": _squeeze, "squeeze.dim": _squeeze,
    "squeeze.dims": _squeeze, "squeeze.default": _squeeze, "split_with_sizes.default": _split, "split.Tensor": _split,
    "unbind.int": _unbind, "diagonal.default": _diagonal, "flip.default": _flip, "as_strided.default": _as_strided,
    "getitem": _getitem,
}  # fmt: skip


# Everything else


def _sum(self: _Lowering, o: Operation) -> View:
    return self.reduce(o, "add", o.args[1] if len(o.args) > 1 else None)


def _mean(self: _Lowering, o: Operation) -> View:
    value = self.value(o.args[0])
    dims = o.args[1] if len(o.args) > 1 else None
    chosen = range(len(value.shape)) if not dims else [d % len(value.shape) for d in dims]
    count = Const(product(value.shape[d] for d in chosen), o.dtype)
    return self.reduce(o, "add", dims, Apply("(1.0 / {0})", (count,), o.dtype, o.dtype))


def _variance(self: _Lowering, o: Operation) -> View:
    value = self.value(o.args[0])
    rank, dims = len(value.shape), o.args[1] if len(o.args) > 1 else None
    reduced = {d % rank for d in dims} if dims else set(range(rank))
    count = product(value.shape[d] for d in reduced)
    correction = o.kwargs.get("correction", 1)
    kept = tuple(ONE if d in reduced else size for d, size in enumerate(value.shape))
    mean = _mean(self, Operation(o.name, "mean", (o.args[0], tuple(sorted(reduced))), {}, (Kind(kept, o.dtype),)))
    mean = View(mean.buffer, kept, strides(kept))
    loop = _dims(value.shape)
    loaded = tuple(self.load(v, value.shape, loop) for v in (value, mean))
    square = Apply("(({0} - {1}) * ({0} - {1}))", loaded, o.dtype, o.dtype)
    steps = strides(kept)
    terms = tuple((steps[d], loop.index(d)) for d in range(rank) if d not in reduced and d in loop)
    total = self.temporary(o.kind)
    shape = tuple(value.shape[d] for d in loop)
    self.stages.append(Loop(shape, [Store(total, ZERO, terms, square, "add")], fresh={total}))
    freedom = Const(count + -int(correction), torch.float64)
    inner = _dims(o.shape)
    loaded = (self.load(View.whole(total), o.shape, inner), freedom)
    text = "sqrt({0} / {1})" if o.target.startswith("std") else "({0} / {1})"
    return self.filled(o.kind, Apply(text, loaded, o.dtype, o.dtype))


def _reduction(mode: str) -> Callable[[_Lowering, Operation], View]:
    def handle(self: _Lowering, o: Operation) -> View:
        dims = o.args[1] if len(o.args) > 1 else None
        return self.reduce(o, mode, (dims,) if isinstance(dims, int) else dims)

    return handle


def _extreme(mode: str) -> Callable[[_Lowering, Operation], tuple[View, View]]:
    def handle(self: _Lowering, o: Operation) -> tuple[View, View]:
        dim = o.args[1]
        extreme = self.reduce(o, mode, (dim,))
        return extreme, self.first_equal(o, extreme, dim)

    return handle


def _argument_of(mode: str) -> Callable[[_Lowering, Operation], View]:
    def handle(self: _Lowering, o: Operation) -> View:
        if len(o.args) < 2 or o.args[1] is None:
            raise NotCompilable(f"there is no machine code for torch's `{o.target}` over all dimensions")
        value = self.value(o.args[0])
        dim = o.args[1]
        shape = o.shape
        reduced = Operation(o.name, o.target, (o.args[0], dim), {}, (Kind(shape, value.dtype), o.kind))
        return self.first_equal(reduced, self.reduce(reduced, mode, (dim,)), dim)

    return handle


def _matrix_product(self: _Lowering, o: Operation) -> Value:
    left, right = (self.value(arg) for arg in o.args[:2])
    name = o.target.partition(".")[0]
    if name in ("mv", "dot", "vdot"):
        right = _reshaped(right, (*right.shape, ONE))
    if name in ("dot", "vdot"):
        left = _reshaped(left, (ONE, *left.shape))
    found = self.multiply(left, right, Kind((*left.shape[:-1], right.shape[-1]), o.dtype))
    return View(found.buffer, o.shape, strides(o.shape))


def _reshaped(value: Value, shape: tuple[Size, ...]) -> Value:
    if isinstance(value, Splat):
        return Splat(value.value, value.dtype, shape)
    return View(value.buffer, shape, _regrouped(value, shape), value.offset)


def _addmm(self: _Lowering, o: Operation) -> View:
    bias, left, right = (self.value(arg) for arg in o.args[:3])
    product = self.multiply(left, right, o.kind)
    scales = o.kwargs.get("beta", 1), o.kwargs.get("alpha", 1)
    dims = _dims(o.shape)
    loaded = tuple(self.load(v, o.shape, dims, o.dtype) for v in (bias, product, *scales))
    return self.filled(o.kind, Apply("({0} * {2} + {1} * {3})", loaded, o.dtype, o.dtype))


def _cat(self: _Lowering, o: Operation) -> View:
    parts = [self.value(part) for part in o.args[0]]
    parts = [part for part in parts if part.shape != (ZERO,)]
    dim = (o.args[1] if len(o.args) > 1 else 0) % len(o.shape)
    buffer = self.temporary(o.kind)
    buffer.in_pieces = True
    whole, start = View.whole(buffer), ZERO
    for part in parts:
        self.copy(part, View(buffer, part.shape, whole.strides, start * whole.strides[dim]))
        start = start + part.shape[dim]
    return whole


def _stack(self: _Lowering, o: Operation) -> View:
    parts = [self.value(part) for part in o.args[0]]
    dim = (o.args[1] if len(o.args) > 1 else 0) % len(o.shape)
    buffer = self.temporary(o.kind)
    buffer.in_pieces = True
    whole = View.whole(buffer)
    steps = tuple(s for i, s in enumerate(whole.strides) if i != dim)
    for i, part in enumerate(parts):
        self.copy(part, View(buffer, part.shape, steps, whole.strides[dim] * i))
    return whole


def _within(self: _Lowering, o: Operation, base: Value | None, value: Value, window: Callable[[View], View]) -> View:
    """A new buffer with `base`, or zero, and `value` in a window of it."""
    buffer = self.temporary(o.kind)
    whole = View.whole(buffer)
    self.copy(Splat(0.0, o.dtype, o.shape) if base is None else base, whole)
    out = window(whole)
    self.copy(value, View(buffer, value.shape, out.strides, out.offset))
    return whole


def _put_slice(self: _Lowering, o: Operation) -> View:
    if o.target == "slice_scatter.default":
        base, value = self.value(o.args[0]), self.value(o.args[1])
        dim, start, _, step = _slice_arguments((o.args[0], *o.args[2:]))
    else:
        base, value = None, self.value(o.args[0])
        dim, start, _, step = _slice_arguments((o.args[0], *o.args[2:]))
    return _within(self, o, base, value, lambda v: _window(v, dim % len(v.shape), start, step, value.shape))


def _put_select(self: _Lowering, o: Operation) -> View:
    scatter = o.target == "select_scatter.default"
    base = self.value(o.args[0]) if scatter else None
    value = self.value(o.args[1] if scatter else o.args[0])
    dim, index = o.args[2], o.args[3]

    def window(view: View) -> View:
        d = dim % len(view.shape)
        kept = [i for i in range(len(view.shape)) if i != d]
        start = _wrapped(index, view.shape[d]) * view.strides[d]
        return View(view.buffer, value.shape, tuple(view.strides[i] for i in kept), start)

    return _within(self, o, base, value, window)


def _put_diagonal(self: _Lowering, o: Operation) -> View:
    scatter = o.target == "diagonal_scatter.default"
    base = self.value(o.args[0]) if scatter else None
    value = self.value(o.args[1] if scatter else o.args[0])
    rest = o.args[2:]
    offset, a, b = [*rest, *(0, 0, 1)[len(rest) :]]

    def window(view: View) -> View:
        rank = len(view.shape)
        one, two = a % rank, b % rank
        start = view.strides[two] * offset if offset >= 0 else view.strides[one] * -offset
        kept = [view.strides[i] for i in range(rank) if i not in (one, two)]
        return View(view.buffer, value.shape, (*kept, view.strides[one] + view.strides[two]), start)

    return _within(self, o, base, value, window)


def _pad(self: _Lowering, o: Operation) -> View:
    value, pads = self.value(o.args[0]), o.args[1]
    fill = o.args[2] if len(o.args) > 2 else 0.0
    if any(isinstance(pad, int) and pad < 0 for pad in pads):
        raise NotCompilable("there is no machine code for torch's `constant_pad_nd` that cuts off")

    def window(view: View) -> View:
        offset = ZERO
        for i in range(len(pads) // 2):
            offset = offset + view.strides[len(view.shape) - 1 - i] * pads[2 * i]
        return View(view.buffer, value.shape, view.strides, offset)

    return _within(self, o, Splat(fill, o.dtype, o.shape), value, window)


def _put_strided(self: _Lowering, o: Operation) -> View:
    base, value = self.value(o.args[0]), self.value(o.args[1])
    steps = tuple(Size.of(s) for s in o.args[3])
    offset = o.args[4] if len(o.args) > 4 and o.args[4] is not None else 0
    return _within(self, o, base, value, lambda v: View(v.buffer, value.shape, steps, Size.of(offset)))


def _repeat(self: _Lowering, o: Operation) -> View:
    value = self.value(o.args[0])
    lead = len(o.shape) - len(value.shape)
    padded = (*(ONE,) * lead, *value.shape)
    times = [Size.of(t) for t in o.args[1]]
    buffer = self.temporary(o.kind)
    out = strides(o.shape)
    shape = tuple(size for pair in zip(times, padded, strict=True) for size in pair)
    steps = tuple(s for step, size in zip(out, padded, strict=True) for s in (step * size, step))
    if isinstance(value, View):
        own = (*(ZERO,) * lead, *value.strides)
        value = View(value.buffer, shape, tuple(s for step in own for s in (ZERO, step)), value.offset)
    self.copy(value, View(buffer, shape, steps))
    return View.whole(buffer)


def _index(self: _Lowering, o: Operation) -> View:
    source = self.spread(self.value(o.args[0]))
    terms, _ = _indexed(self, source, o.args[1], o.shape)
    return self.filled(o.kind, Load(source.buffer, source.offset, terms))


def _indexed(
    self: _Lowering, source: View, indices: Sequence[Operation | None], shape: tuple[Size, ...]
) -> tuple[tuple[tuple[Size, Any], ...], list[int]]:
    """The places of `source` that indices choose, in a loop over the dimensions of `shape`, that of the result."""
    given = [*indices, *(None,) * (len(source.shape) - len(indices))]
    chosen = [i for i, index in enumerate(given) if index is not None]
    for i in chosen:
        if given[i].dtype in (torch.bool, torch.uint8):
            raise NotCompilable("there is no machine code for choosing by a mask, whose result has any length")
    rank = max(len(given[i].shape) for i in chosen)
    together = chosen == list(range(chosen[0], chosen[-1] + 1))
    first = chosen[0] if together else 0
    dims = _dims(shape)
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
        view = self.value(index)
        inner = shape[first : first + rank]
        places = [d for d in range(first, first + rank) if d in dims]
        loaded = self.load(view, inner, [d - first for d in places])
        if isinstance(loaded, Load):
            renamed = tuple((step, dims.index(places[position])) for step, position in loaded.terms)
            loaded = Load(loaded.buffer, loaded.offset, renamed)
            if loaded.buffer.role != "input":
                loaded = _counted_from_start(loaded, source.shape[i])
            terms.append((source.strides[i], loaded))
        else:
            terms.append((source.strides[i], Const(_wrapped(loaded.value, source.shape[i]), torch.int64)))
    return tuple(terms), dims


def _counted_from_start(index: Expr, size: Size) -> Expr:
    return Apply("({0} < 0 ? {0} + {1} : {0})", (index, Const(size, torch.int64)), torch.int64)


def _index_put(self: _Lowering, o: Operation) -> View:
    base, indices, value = o.args[:3]
    if len(indices) == 1 and indices[0].dtype == torch.bool and value.shape == () and indices[0].shape == base.shape:
        return self.apply("({0} ? {1} : {2})", (indices[0], value, base), o.kind, "where")
    accumulate = len(o.args) > 3 and o.args[3]
    buffer = self.temporary(o.kind)
    whole = View.whole(buffer)
    self.copy(self.value(base), whole)
    given = [*indices, *(None,) * (len(o.shape) - len(indices))]
    chosen = [i for i, index in enumerate(given) if index is not None]
    inner = _broadcast([given[i].shape for i in chosen])
    together = chosen == list(range(chosen[0], chosen[-1] + 1))
    own = [o.shape[i] for i, index in enumerate(given) if index is None]
    first = chosen[0] if together else 0
    shape = (*own[:first], *inner, *own[first:])
    terms, dims = _indexed(self, whole, indices, shape)
    loaded = self.load(self.value(value), shape, dims)
    _scatter(self, buffer, shape, dims, terms, loaded, "add" if accumulate else "set")
    return whole


def _scatter(
    self: _Lowering,
    buffer: Buffer,
    shape: tuple[Size, ...],
    dims: list[int],
    terms: tuple[tuple[Size, Any], ...],
    value: Expr,
    mode: str,
) -> None:
    store = Store(buffer, ZERO, terms, value, mode)
    self.stages.append(Loop(tuple(shape[d] for d in dims), [store], serial=True))


def _broadcast(shapes: Sequence[tuple[Size, ...]]) -> tuple[Size, ...]:
    rank = max(len(shape) for shape in shapes)
    result = [ONE] * rank
    for shape in shapes:
        for i, size in enumerate(shape):
            if size != ONE:
                result[rank - len(shape) + i] = size
    return tuple(result)


def _along(self: _Lowering, o: Operation, source: View, dim: int, index: Operation, shape: tuple[Size, ...]) -> Any:
    """The places of `source` that `index`, of the loop's `shape`, chooses along a dimension."""
    dims = _dims(shape)
    terms: list[tuple[Size, Any]] = []
    for i in range(len(source.shape)):
        if i == dim:
            loaded = self.load(self.value(index), shape, dims)
            if isinstance(loaded, Const):
                loaded = Const(_wrapped(loaded.value, source.shape[i]), torch.int64)
            terms.append((source.strides[i], loaded))
        elif i in dims:
            terms.append((source.strides[i], dims.index(i)))
    return tuple(terms)


def _gather(self: _Lowering, o: Operation) -> View:
    source = self.spread(self.value(o.args[0]))
    if not o.shape and not source.shape:
        return source
    terms = _along(self, o, source, o.args[1] % len(source.shape), o.args[2], o.shape)
    return self.filled(o.kind, Load(source.buffer, source.offset, terms))


def _scatter_along(self: _Lowering, o: Operation) -> View:
    base, dim, index, value = o.args[:4]
    buffer = self.temporary(o.kind)
    whole = View.whole(buffer)
    self.copy(self.value(base), whole)
    shape = index.shape
    terms = _along(self, o, whole, dim % len(o.shape), index, shape)
    dims = _dims(shape)
    if isinstance(value, Operation):
        source = self.value(value)
        if isinstance(source, View):
            source = View(source.buffer, shape, source.strides, source.offset)
        loaded = self.load(source, shape, dims)
    else:
        loaded = Const(value, o.dtype)
    _scatter(self, buffer, shape, dims, terms, loaded, "add" if o.target.startswith("scatter_add") else "set")
    return whole


def _index_select(self: _Lowering, o: Operation) -> View:
    source, dim, index = o.args[:3]
    if o.target.startswith("embedding"):
        source, dim, index = o.args[0], 0, o.args[1]
    value = self.spread(self.value(source))
    indices = [None] * (dim % len(value.shape)) + [index]
    terms, _ = _indexed(self, value, indices, o.shape)
    return self.filled(o.kind, Load(value.buffer, value.offset, terms))


def _index_add(self: _Lowering, o: Operation) -> View:
    base, dim, index, value = o.args[:4]
    buffer = self.temporary(o.kind)
    whole = View.whole(buffer)
    self.copy(self.value(base), whole)
    given = self.value(value)
    terms, dims = _indexed(self, whole, [None] * (dim % len(o.shape)) + [index], given.shape)
    _scatter(self, buffer, given.shape, dims, terms, self.load(given, given.shape, dims), "add")
    return whole


def _triangle(self: _Lowering, o: Operation) -> View:
    shift = o.args[1] if len(o.args) > 1 else 0
    dims = _dims(o.shape)
    rank = len(o.shape)
    row, column = (Iota(dims.index(d)) if d in dims else Const(0, torch.int64) for d in (rank - 2, rank - 1))
    sign = "<=" if o.target.startswith("tril") else ">="
    loaded = self.load(self.value(o.args[0]), o.shape, dims)
    keep = Apply(f"({{0}} - {{1}} {sign} {{2}})", (column, row, Const(shift, torch.int64)), torch.bool)
    return self.filled(o.kind, Apply("({0} ? {1} : 0)", (keep, loaded), o.dtype))


def _diagonal_matrix(self: _Lowering, o: Operation) -> View:
    value = self.value(o.args[0])
    dims = _dims(o.shape)
    rank = len(o.shape)
    row, column = (Iota(dims.index(d)) if d in dims else Const(0, torch.int64) for d in (rank - 2, rank - 1))
    flat = self.spread(value)
    loaded = self.load(View(flat.buffer, (*flat.shape, ONE), (*flat.strides, ZERO), flat.offset), o.shape, dims)
    keep = Apply("({0} == {1})", (row, column), torch.bool)
    return self.filled(o.kind, Apply("({0} ? {1} : 0)", (keep, loaded), o.dtype))


def _scan(template: str) -> Callable[[_Lowering, Operation], View]:
    def handle(self: _Lowering, o: Operation) -> View:
        value = self.value(o.args[0])
        buffer = self.temporary(o.kind)
        if not o.shape:
            self.copy(value, View.whole(buffer))
            return View.whole(buffer)
        dim = o.args[1] % len(o.shape)
        order = [d for d in range(len(o.shape)) if d != dim] + [dim]
        shape = tuple(o.shape[d] for d in order)
        out = strides(o.shape)
        terms = tuple((out[d], position) for position, d in enumerate(order))
        spread = self.spread(value)
        moved = View(spread.buffer, shape, tuple(spread.strides[d] for d in order), spread.offset)
        loaded = self.load(moved, shape, list(range(len(shape))))
        self.stages.append(Scan(shape, Store(buffer, ZERO, terms, loaded, template)))
        return View.whole(buffer)

    return handle


def _cholesky(self: _Lowering, o: Operation) -> tuple[View, Splat]:
    _only_double(o)
    matrix = self.materialised(self.value(o.args[0]))
    upper = len(o.args) > 1 and o.args[1]
    if upper:
        raise NotCompilable("there is no machine code for an upper Cholesky factor")
    factor = self.temporary(o.kinds[0])
    *lead, n, _ = o.shape
    self.stages.append(Call("bd_cholesky", (self.whole(matrix),), (factor,), (product(lead), n)))
    return View.whole(factor), Splat(0, torch.int32, tuple(lead))


def _solve_triangular(self: _Lowering, o: Operation) -> View:
    _only_double(o)
    a, b = (self.value(arg) for arg in o.args[:2])
    upper, left = o.kwargs.get("upper", False), o.kwargs.get("left", True)
    unitriangular = o.kwargs.get("unitriangular", False)
    *lead, n, columns = o.shape
    shape = (*lead, n, n) if left else (*lead, columns, columns)
    a, b = (self.materialised(_broadcast_to(self.spread(v), s)) for v, s in ((a, shape), (b, o.shape)))
    out = self.temporary(o.kind)
    flags = tuple(Size.of(int(f)) for f in (upper, left, unitriangular))
    sizes = (product(lead), n, columns, *flags)
    self.stages.append(Call("bd_solve_triangular", (self.whole(a), self.whole(b)), (out,), sizes))
    return View.whole(out)


def _broadcast_to(view: View, shape: tuple[Size, ...]) -> View:
    lead = len(shape) - len(view.shape)
    steps = tuple(
        ZERO if d < lead or (view.shape[d - lead] == ONE and size != ONE) else view.strides[d - lead]
        for d, size in enumerate(shape)
    )
    return View(view.buffer, shape, steps, view.offset)


def _only_double(o: Operation) -> None:
    if o.dtype != torch.float64:
        raise NotCompilable(
            f"there is machine code for torch's `{o.target.partition('.')[0]}` in double precision only"
        )


_HANDLERS: dict[str, Callable[[_Lowering, Operation], Any]] = {
    **_VIEWS,
    "sum": _sum, "mean": _mean, "var": _variance,
    "std": _variance, "amax": _reduction("max"), "amin": _reduction("min"), "max.default": _reduction("max"),
    "min.default": _reduction("min"), "prod": _reduction("mul"), "any": _reduction("or"), "all": _reduction("and"),
    "max.dim": _extreme("max"), "min.dim": _extreme("min"), "argmax": _argument_of("max"),
    "argmin": _argument_of("min"),
    "mm": _matrix_product, "bmm": _matrix_product, "mv": _matrix_product, "dot": _matrix_product,
    "vdot": _matrix_product, "addmm": _addmm, "cat": _cat, "stack": _stack,
    "slice_backward": _put_slice, "slice_scatter": _put_slice, "select_backward": _put_select,
    "select_scatter": _put_select, "diagonal_backward": _put_diagonal, "diagonal_scatter": _put_diagonal,
    "as_strided_scatter": _put_strided, "constant_pad_nd": _pad, "repeat": _repeat, "index": _index,
    "index_put": _index_put,
    "_unsafe_index_put": _index_put, "_unsafe_index": _index, "gather": _gather, "scatter": _scatter_along,
    "scatter_add": _scatter_along, "index_select": _index_select, "embedding": _index_select, "index_add": _index_add,
    "tril": _triangle, "triu": _triangle, "diag_embed": _diagonal_matrix, "cumsum": _scan("({0} + {1})"),
    "cumprod": _scan("({0} * {1})"), "linalg_cholesky_ex": _cholesky, "linalg_solve_triangular": _solve_triangular,
}  # fmt: skip


def _clamp(self: _Lowering, o: Operation) -> View:
    low, high = ([*o.args[1:], None, None])[:2]
    low, high = o.kwargs.get("min", low), o.kwargs.get("max", high)
    text, args = "{0}", [o.args[0]]
    for bound, sign in ((low, "<"), (high, ">")):
        if bound is not None:
            args.append(bound)
            place = f"{{{len(args) - 1}}}"
            text = f"bd_clamp_{'low' if sign == '<' else 'high'}({text}, {place})"
    return self.apply(text, args, o.kind)


def _divide(self: _Lowering, o: Operation) -> View:
    mode = o.kwargs.get("rounding_mode")
    text = {"floor": "floor({0} / {1})", "trunc": "trunc({0} / {1})", None: "({0} / {1})"}[mode]
    return self.apply(text, o.args[:2], o.kind)


_HANDLERS |= {"clamp": _clamp, "div.Tensor_mode": _divide, "div.Scalar_mode": _divide}


def _dims(shape: tuple[Size, ...]) -> list[int]:
    return [dim for dim, size in enumerate(shape) if size != ONE]


def _splat(value: Any, kind: Kind) -> Splat:
    return Splat(value, kind.dtype, kind.shape)


def _type(dtype: torch.dtype) -> None:
    if dtype not in C_TYPES:
        raise NotCompilable(f"there is no machine code for numbers of type {dtype}")


def _dtype_of(value: Any) -> torch.dtype:
    match value:
        case bool():
            return torch.bool
        case int() | Size():
            return torch.int64
        case _:
            return torch.float64


def _takes(takes: str, loaded: Sequence[Expr], args: Sequence[Any], kind: Kind) -> torch.dtype | None:
    """The type that a row's arguments are converted to."""
    if takes == "result":
        return kind.dtype
    if takes in ("where", "masked"):
        return None
    if takes == "bool":
        return torch.bool
    tensors = [e.dtype for e, arg in zip(loaded, args, strict=True) if isinstance(arg, Operation)]
    numbers = [e.dtype for e, arg in zip(loaded, args, strict=True) if not isinstance(arg, Operation)]
    joint = tensors[0]
    for dtype in tensors[1:]:
        joint = torch.promote_types(joint, dtype)
    for dtype in numbers:
        if dtype.is_floating_point and not joint.is_floating_point:
            joint = torch.float64
    return joint
