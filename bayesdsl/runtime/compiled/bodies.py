"""The statements of a loop in C, each value in them a variable of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch

from bayesdsl.runtime.compiled.loops import C_TYPES, Apply, Buffer, Const, Expr, Iota, Load, Loop, Store, loads
from bayesdsl.runtime.compiled.regions import Region
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Share, Size

# So many rows at a time are read at places that data choose.
_GATHERED = 4

_NUMBER = re.compile(r"\(?-?(INFINITY|NAN|INT64_C\(\d+\)|\d[\d.]*(e[-+]?\d+)?f?)\)?")


class Writer(Protocol):
    """What writes the function that the loops are in. `users` tells which passes read or write a buffer."""

    users: dict[Buffer, set[int]]

    def fresh_name(self, prefix: str) -> str:
        """A name that nothing else has."""
        ...

    def place(self, buffer: Buffer, offset: Size, terms: Sequence[tuple[Size, str]], at: At) -> str:
        """An element of a buffer as an expression in C that can be written to as well."""
        ...


@dataclass(frozen=True)
class At:
    """Where in a loop something is done: the index of each dimension, as text, and the region with its row's index and
    its place `here` in the block. `copy` is which copy of a sum into places that data choose is added to."""

    index: dict[int, str]
    region: Region | None = None
    row_index: str = ""
    here: str = "i_"
    copy: int = 0

    def with_index(self, dim: int, text: str) -> At:
        return replace(self, index={**self.index, dim: text})

    def further(self, rows: int) -> At:
        """So many rows further on, where sums go to a copy of their own."""
        here = f"({self.here} + {rows})"
        row = f"(b_ + {here})"
        index = {dim: row if text == self.row_index else text for dim, text in self.index.items()}
        return At(index, self.region, row, here, rows)


@dataclass(frozen=True)
class Spot:
    """An element of a buffer: how far it is from the first as a number, and what depends on indices that are variables.
    What is `chosen` by data may be any element."""

    constant: Size
    rest: frozenset[tuple[str, Size]]
    chosen: bool = False

    @classmethod
    def of(cls, offset: Size, terms: Iterable[tuple[Size, str]], chosen: bool) -> Spot:
        constant, rest = gathered(offset, terms)
        return cls(constant, frozenset(rest.items()), chosen)

    def may_be(self, other: Spot) -> bool:
        """Whether the two, of one buffer, can be the same element."""
        apart = (self.constant + other.constant * -1).constant
        return self.chosen or other.chosen or self.rest != other.rest or apart is None or apart == 0


class Gathered:
    """What a loop over a block of rows reads at places that data choose, read before it, some rows at a time.

    One after another: a processor's instruction for several at once is slower. With that in the loop, moreover, which
    for all that gcc knows may read anything, its sums would be kept in memory.
    """

    def __init__(self, writer: Writer, pad: str, loops: list[Loop]) -> None:
        self.writer, self.pad = writer, pad
        self.written = {buffer for loop in loops for buffer in loop.writes()}
        # The name and type of each array of a block, by what is in it.
        self.arrays: dict[tuple[Load, tuple[str, ...]], tuple[str, torch.dtype]] = {}
        self.at: dict[str, tuple[Load, At]] = {}

    def array(self, load: Load, at: At) -> str | None:
        """The array in which the values of a load are; None where that cannot be known before the loop."""
        chosen = [index for _, index in load.terms if not isinstance(index, int)]
        varies = any(inner.buffer.role != "input" for index in chosen for inner in loads(index))
        if not chosen or varies or load.buffer in self.written:
            return None
        key = load, tuple(f"{dim} {text}" for dim, text in sorted(at.index.items()))
        if key not in self.arrays:
            name = self.writer.fresh_name("g")
            self.arrays[key] = name, load.dtype
            self.at[name] = load, at
        return self.arrays[key][0]

    def text(self) -> list[str]:
        if not self.at:
            return []
        steps = ((f"for (; i_ + {_GATHERED} <= n_; i_ += {_GATHERED})", _GATHERED), ("for (; i_ < n_; i_++)", 1))
        lines = ["{", "  int64_t i_ = 0;"]
        for head, rows in steps:
            body, found = Body(self.writer, "    "), []
            for name, (load, at) in self.at.items():
                for row in range(rows):
                    place = at.further(row) if rows > 1 else at
                    found.append(f"{name}[{place.here}] = {body.value(load, place)};")
            lines += [f"  {head} {{", *body.text(set()), *(f"    {line}" for line in found)]
            lines += ["    BD_NOT_AT_ONCE;", "  }"]
        return [self.pad + line for line in (*lines, "}")]


class Body:
    """The statements inside a loop: each value a variable, worked out once.

    With `hoists`, values that are the same at every place are worked out `before` the loop.
    """

    def __init__(self, writer: Writer, pad: str, hoists: bool = False, gathered: Gathered | None = None) -> None:
        self.writer = writer
        self.pad = pad
        self.hoists = hoists
        self.gathered = gathered
        self.before: list[str] = []
        # Statements; those that put a value in a buffer, with it.
        self.lines: list[str | tuple[str, Buffer]] = []
        self.known: dict[tuple[str, torch.dtype], str] = {}
        self.registers: dict[str, str] = {}
        # The places in buffers whose values are held by variables.
        self.spots: dict[Buffer, dict[str, Spot]] = {}
        # Variables that are the same at every place.
        self.fixed: set[str] = set()
        self.read: set[Buffer] = set()
        # What the loop writes to.
        self.put: set[Buffer] = set()

    def value(self, expr: Expr, at: At, dtype: torch.dtype | None = None) -> str:
        """The expression's value as text: a variable or a number, of type `dtype` where that is given."""
        match expr:
            case Const():
                return _number(expr.value, dtype or expr.dtype)
            case Iota():
                return _cast(f"(int64_t){at.index[expr.dim]}", expr.dtype, dtype)
            case Load() if self.gathered is not None and (array := self.gathered.array(expr, at)) is not None:
                return _cast(self.variable(f"{array}[{at.here}]", expr.dtype), expr.dtype, dtype)
            case Load():
                terms = [(step, self.index(index, at)) for step, index in expr.terms]
                place = self.writer.place(expr.buffer, expr.offset, terms, at)
                found = self.registers.get(place)
                if found is None:
                    self.read.add(expr.buffer)
                    chosen = any(not isinstance(index, int) for _, index in expr.terms)
                    self.spots.setdefault(expr.buffer, {})[place] = Spot.of(expr.offset, terms, chosen)
                    # Nothing may be read from a buffer that may be empty but by loops, which then do nothing.
                    fixed = not expr.terms and bool(expr.buffer.size.constant) and expr.buffer not in self.put
                    found = self.variable(place, expr.dtype, fixed)
                return _cast(found, expr.dtype, dtype)
            case Apply():
                args = [self.value(arg, at, expr.takes) for arg in expr.args]
                single = torch.float32 in (expr.takes, expr.dtype)
                text = (_single(expr.template) if single else expr.template).format(*args)
                if text in args:
                    return _cast(text, expr.takes or expr.dtype, dtype)
                fixed = all(self.is_fixed(arg) for arg in args)
                if expr.template == "({0} / {1})" and expr.dtype.is_floating_point:
                    # Multiplying is many times faster, and the compiler may not: the last digit can differ.
                    if self.is_fixed(args[1]) and not fixed:
                        inverse = self.variable(f"({_number(1.0, expr.dtype)} / {args[1]})", expr.dtype, True)
                        text = f"({args[0]} * {inverse})"
                return _cast(self.variable(text, expr.dtype, fixed), expr.dtype, dtype)

    def is_fixed(self, value: str) -> bool:
        """Whether a value is a number, or a variable that is the same at every place."""
        return value in self.fixed or _NUMBER.fullmatch(value) is not None

    def index(self, index: int | Expr, at: At) -> str:
        return at.index[index] if isinstance(index, int) else self.value(index, at, torch.int64)

    def variable(self, text: str, dtype: torch.dtype, fixed: bool = False) -> str:
        """The variable that holds what `text` says, `fixed` where that is the same at every place."""
        key = (text, dtype)
        if key not in self.known:
            self.known[key] = name = self.writer.fresh_name("v")
            (self.before if fixed and self.hoists else self.lines).append(f"const {C_TYPES[dtype]} {name} = {text};")
            if fixed:
                self.fixed.add(name)
        return self.known[key]

    def where(self, store: Store, at: At) -> str:
        terms = [(step, self.index(index, at)) for step, index in store.terms]
        return self.writer.place(store.buffer, store.offset, terms, at)

    def written(self, store: Store, at: At) -> Spot:
        """Forget what was in the place that a store writes to, by whatever name it was read or put there: of a matrix
        the diagonal is addressed in another way than the whole."""
        self.put.add(store.buffer)
        terms = [(step, self.index(index, at)) for step, index in store.terms]
        spot, spots = Spot.of(store.offset, terms, store.is_indirect), self.spots.get(store.buffer, {})
        for place in [place for place, other in spots.items() if spot.may_be(other)]:
            del spots[place]
            self.registers.pop(place, None)
            self.known.pop((place, store.buffer.dtype), None)
        return spot

    def set(self, store: Store, value: str, at: At) -> None:
        place, dtype = self.where(store, at), store.buffer.dtype
        value = self.variable(f"({C_TYPES[dtype]}){value}", dtype) if not value.startswith("v_") else value
        # What is read from here on is what has been put there.
        spot = self.written(store, at)
        self.lines.append((f"{place} = {value};", store.buffer))
        if not store.is_indirect:
            self.registers[place] = value
            self.spots.setdefault(store.buffer, {})[place] = spot

    def text(self, users: dict[Buffer, set[int]] | set) -> list[str]:
        """The statements, without those that put where nobody reads."""
        kept = []
        for line in self.lines:
            if isinstance(line, str):
                kept.append(self.pad + line)
                continue
            statement, buffer = line
            alone = buffer.role == "temporary" and len(users[buffer]) == 1 and buffer not in self.read
            if not alone:
                kept.append(self.pad + statement)
        return kept


def gathered(offset: Size, terms: Iterable[tuple[Size, str]]) -> tuple[Size, dict[str, Size]]:
    """`offset + sum(step * index)` as a number and the whole step of each index that is a variable."""
    steps: dict[str, Size] = {}
    for step, index in terms:
        if index.isdecimal():
            offset = offset + step * int(index)
        else:
            steps[index] = steps.get(index, ZERO) + step
    return offset, steps


def sum_text(offset: Size, terms: Iterable[tuple[Size, str]]) -> str:
    """`offset + sum(step * index)`, the same text for the same place: what a loop has put there is known by it."""
    offset, steps = gathered(offset, terms)
    parts = [] if offset == ZERO else [offset.c()]
    for index, step in sorted(steps.items()):
        if step != ZERO:
            parts.append(index if step == ONE else f"{index} * {step.c()}")
    return " + ".join(parts) or "0"


def _number(value: float | int | bool | Size | Share, dtype: torch.dtype) -> str:
    if isinstance(value, Share):
        return f"((float){value.c()})" if dtype == torch.float32 else value.c()
    if isinstance(value, Size):
        return f"(({C_TYPES[dtype]})({value.c()}))"
    if dtype.is_floating_point:
        number = float(value)
        if number != number:
            return "NAN"
        if number in (float("inf"), float("-inf")):
            return "INFINITY" if number > 0 else "(-INFINITY)"
        text = f"{number!r}f" if dtype == torch.float32 else repr(number)
        return text if text[0] != "-" else f"({text})"
    whole = int(value)
    return f"INT64_C({whole})" if whole >= 0 else f"(-INT64_C({-whole}))"


def _single(template: str) -> str:
    """An expression whose numbers have four bytes: with others in it all would be worked out in eight."""
    return re.sub(r"(?<![\w.])(\d+\.\d*)(?![\w.])", r"\1f", template)


def _cast(text: str, have: torch.dtype | None, want: torch.dtype | None) -> str:
    if want is None or have == want:
        return text
    if want == torch.bool:
        return f"(uint8_t)({text} != 0)"
    return f"({C_TYPES[want]})({text})" if have is not None else text
