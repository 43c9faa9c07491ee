"""What lowering is made with: buffers, loads, and loops over them."""

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
    Const,
    Expr,
    Iota,
    Load,
    Loop,
    Product,
    Splat,
    Stage,
    Store,
    Value,
    View,
)
from bayesdsl.runtime.compiled.operations import Kind, Operation, Operations
from bayesdsl.runtime.compiled.pointwise import POWERS, Pointwise
from bayesdsl.runtime.compiled.settled import fixed
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Size, strides

# What makes the stages of an operation, and gives where its result is.
Handler = Callable[["Builder", Operation], Any]


@dataclass
class Builder:
    """Stages under way: what is known of each operation's result, and the ways to make loops."""

    program: Operations
    varying: frozenset[int]
    stages: list[Stage] = field(default_factory=list)
    given: dict[Buffer, int | Operation] = field(default_factory=dict)
    values: dict[Operation, Any] = field(default_factory=dict)
    moving: set[Operation] = field(default_factory=set)
    # The first of the operations that give the same, by what they have in common, and of each.
    first: dict[object, Operation] = field(default_factory=dict)
    same: dict[Operation, Operation] = field(default_factory=dict)
    count: int = 0

    def view_of(self, operation: Operation) -> Any:
        """Where a view's result is, None where the operation is no view."""
        raise NotImplementedError

    def number(self, operation: Operation) -> float | int | bool | None:
        value = self.values.get(operation)
        return value.value if isinstance(value, Splat) else None

    def input(self, operation: Operation, given: int | Operation) -> Buffer:
        buffer = Buffer(f"x{len(self.given)}", operation.dtype, operation.shape, "input")
        _type(operation.dtype)
        self.given[buffer] = given
        return buffer

    def value(self, arg: Operation) -> Value:
        """Where the result of an operation is."""
        value = self.values[arg]
        if value is None:
            value = self.values[arg] = self.view_of(arg)
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
        shape, dims = kind.shape, spanned(kind.shape)
        loaded = tuple(self.load(arg, shape, dims) for arg in args)
        return self.filled(kind, Apply(template, loaded, kind.dtype, _takes(takes, loaded, args, kind)))

    def filled(self, kind: Kind, value: Expr) -> View:
        """A new buffer with `value` at every place, whose loop runs over the dimensions that are not 1."""
        buffer = self.temporary(kind)
        self.store(View.whole(buffer), value, "set")
        return View.whole(buffer)

    def store(self, out: View, value: Expr, mode: str, serial: bool = False) -> None:
        dims = spanned(out.shape)
        terms = tuple((out.strides[dim], position) for position, dim in enumerate(dims))
        self.stages.append(
            Loop(tuple(out.shape[d] for d in dims), [Store(out.buffer, out.offset, terms, value, mode)], serial)
        )

    def copy(self, value: Value, out: View) -> None:
        self.store(out, self.load(value, out.shape, spanned(out.shape)), "set")

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
        loop = spanned(value.shape)
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
        rank, loop = len(value.shape), spanned(value.shape)
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
        dims = spanned(full)
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

    def positions(self, indices: Sequence[Operation | None]) -> list[Operation | None]:
        """The indices, with masks that depend on nothing replaced by the positions that they choose."""
        found: list[Operation | None] = []
        for index in indices:
            if index is None or index.dtype not in (torch.bool, torch.uint8):
                found.append(index)
                continue
            mask = fixed(self.program, index)
            if mask is None:
                raise NotCompilable("there is no machine code for choosing by a mask, whose result has any length")
            for number, chosen in enumerate(mask.nonzero(as_tuple=True)):
                kind = Kind((Size.of(len(chosen)),), torch.int64)
                made = Operation(f"{index.name}_at{number}", "constant", (chosen,), {}, (kind,))
                self.values[made] = None
                found.append(made)
        return found

    def spread(self, value: Value) -> View:
        return self.materialised(value) if isinstance(value, Splat) else value


def spanned(shape: tuple[Size, ...]) -> list[int]:
    return [dim for dim, size in enumerate(shape) if size != ONE]


def splat(value: Any, kind: Kind) -> Splat:
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
