"""What lowered operations are: loops over buffers, with expressions for what is done at each place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Share, Size, product, strides

C_TYPES = {
    torch.float64: "double",
    torch.float32: "float",
    torch.int64: "int64_t",
    torch.int32: "int32_t",
    torch.bool: "uint8_t",
    torch.uint8: "uint8_t",
}


@dataclass(eq=False)
class Buffer:
    """A tensor in memory, row by row. `role` is `"input"`, `"temporary"` or `"output"`. `in_pieces` where no two
    stages write to the same element."""

    name: str
    dtype: torch.dtype
    shape: tuple[Size, ...]
    role: str
    in_pieces: bool = False

    @property
    def size(self) -> Size:
        return product(self.shape)


@dataclass(frozen=True)
class View:
    """A window on a buffer: the element at `i` is at `offset + sum(i * strides)`."""

    buffer: Buffer
    shape: tuple[Size, ...]
    strides: tuple[Size, ...]
    offset: Size = ZERO

    @classmethod
    def whole(cls, buffer: Buffer) -> View:
        return cls(buffer, buffer.shape, strides(buffer.shape))

    @property
    def dtype(self) -> torch.dtype:
        return self.buffer.dtype

    @property
    def is_whole(self) -> bool:
        """Whether it is laid out row by row from the buffer's start, and holds all of it."""
        return self.offset == ZERO and self.is_contiguous and product(self.shape) == self.buffer.size

    @property
    def is_contiguous(self) -> bool:
        pairs = zip(self.shape, self.strides, strides(self.shape), strict=True)
        return all(have == want for size, have, want in pairs if size != ONE)


@dataclass(frozen=True)
class Splat:
    """The same number everywhere."""

    value: float | int | bool
    dtype: torch.dtype
    shape: tuple[Size, ...]


Value = View | Splat


@dataclass(frozen=True)
class Const:
    """A number: a Python number, a size, or a share."""

    value: float | int | bool | Size | Share
    dtype: torch.dtype


@dataclass(frozen=True)
class Iota:
    """The position in a dimension of the loop."""

    dim: int
    dtype: torch.dtype = torch.int64


# An index into a dimension of a buffer: a dimension of the loop, or a number found elsewhere.
Index = "int | Expr"


@dataclass(frozen=True)
class Load:
    """The element of a buffer at `offset + sum(stride * index)`."""

    buffer: Buffer
    offset: Size
    terms: tuple[tuple[Size, Index], ...]

    @property
    def dtype(self) -> torch.dtype:
        return self.buffer.dtype


@dataclass(frozen=True)
class Apply:
    """An expression in C, with `{0}`, `{1}` for its arguments, which are converted to `takes` where that is given."""

    template: str
    args: tuple[Expr, ...]
    dtype: torch.dtype
    takes: torch.dtype | None = None


Expr = Const | Iota | Load | Apply


@dataclass(frozen=True)
class Store:
    """Put `value` into a buffer, or combine it with what is there: `mode` is `"set"`, `"add"`, `"max"`, `"min"`,
    `"mul"`, `"or"` or `"and"`."""

    buffer: Buffer
    offset: Size
    terms: tuple[tuple[Size, Index], ...]
    value: Expr
    mode: str = "set"

    @property
    def is_indirect(self) -> bool:
        return any(not isinstance(index, int) for _, index in self.terms)


@dataclass(frozen=True)
class Product:
    """The matrix product that a loop is: (rows, inner) times (inner, columns), with what the loop reads and writes."""

    left: View
    right: View
    out: View


@dataclass(eq=False)
class Loop:
    """Do the `stores` at every place of `shape`, none of whose sizes is 1. `starts` says from what a combining store
    starts: those buffers hold nothing before, or what an earlier stage has put there.

    `serial` where two places may write to the same element.
    """

    shape: tuple[Size, ...]
    stores: list[Store]
    serial: bool = False
    product: Product | None = None
    fresh: set[Buffer] = field(default_factory=set)

    def reads(self) -> set[Buffer]:
        found = {load.buffer for store in self.stores for load in loads(store)}
        return found | {s.buffer for s in self.stores if s.mode != "set" and s.buffer not in self.fresh}

    def writes(self) -> set[Buffer]:
        return {store.buffer for store in self.stores}


@dataclass(eq=False)
class Scan:
    """Running sums or products along the last dimension of `shape`."""

    shape: tuple[Size, ...]
    store: Store

    def reads(self) -> set[Buffer]:
        return {load.buffer for load in loads(self.store)}

    def writes(self) -> set[Buffer]:
        return {self.store.buffer}


@dataclass(eq=False)
class Call:
    """A function of the runtime, called with pointers to whole buffers and with sizes."""

    function: str
    inputs: tuple[Buffer, ...]
    outputs: tuple[Buffer, ...]
    sizes: tuple[Size, ...]

    def reads(self) -> set[Buffer]:
        return set(self.inputs)

    def writes(self) -> set[Buffer]:
        return set(self.outputs)


Stage = Loop | Scan | Call


def loads(part: Store | Expr) -> Iterator[Load]:
    """Every load in an expression, or in what a store stores and where."""
    match part:
        case Store():
            yield from loads(part.value)
            for _, index in part.terms:
                if not isinstance(index, int):
                    yield from loads(index)
        case Apply():
            for arg in part.args:
                yield from loads(arg)
        case Load():
            yield part
            for _, index in part.terms:
                if not isinstance(index, int):
                    yield from loads(index)
