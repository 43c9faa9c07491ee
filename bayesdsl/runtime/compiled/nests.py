"""Loops in C around statements, each value in them a variable of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from bayesdsl.runtime.compiled.blocks import split_dims
from bayesdsl.runtime.compiled.loops import C_TYPES, Apply, Buffer, Const, Expr, Iota, Load, Loop, Store
from bayesdsl.runtime.compiled.regions import Region, dims_of
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Share, Size

# What combining begins with, and how it goes on.
START = {"add": "0", "mul": "1", "max": "-INFINITY", "min": "INFINITY", "or": "0", "and": "1"}
COMBINE = {
    "add": "{0} + {1}",
    "mul": "{0} * {1}",
    "max": "({1} > {0} || {1} != {1} ? {1} : {0})",
    "min": "({1} < {0} || {1} != {1} ? {1} : {0})",
    "or": "({0} || {1})",
    "and": "({0} && {1})",
}


class Writer(Protocol):
    """What writes the function that the loops are in. `users` tells which passes read or write a buffer."""

    users: dict[Buffer, set[int]]

    def fresh_name(self, prefix: str) -> str:
        """A name that nothing else has."""
        ...

    def place(self, buffer: Buffer, offset: Size, terms: Sequence[tuple[Size, str]], at: At) -> str:
        """An element of a buffer as an expression in C that can be written to as well."""
        ...


@dataclass
class At:
    """Where in a loop something is done: the index of each dimension, as text, and the region with its row's index."""

    index: dict[int, str]
    region: Region | None = None
    row_index: str = ""

    def with_index(self, dim: int, text: str) -> At:
        return At({**self.index, dim: text}, self.region, self.row_index)


@dataclass(frozen=True)
class Total:
    """A variable that combines something over the loops inside the first `depth`, and where it goes then."""

    name: str
    store: Store
    place: str
    depth: int
    assigned: bool


class Nest:
    """Loops in C around what several loops do at each place. In those of a region, `looped` ends with the rows."""

    def __init__(self, writer: Writer, loops: list[Loop], headers: Sequence[str]) -> None:
        self.writer, self.loops, self.headers = writer, loops, headers
        self.body = Body(writer, "  " * (len(headers) + 1))
        self.totals: dict[tuple[int, str], Total] = {}

    def take(self, loop: Loop, instances: Sequence[At]) -> None:
        """Do what a loop does, once for each of the places written out."""
        region = instances[0].region
        looped = list(range(len(loop.shape))) if region is None else split_dims(region, loop)[0]
        sums: dict[tuple[int, str], tuple[Store, At, str]] = {}
        for at in instances:
            for store in loop.stores:
                value = self.body.value(store.value, at, dtype_of_sum(store))
                depth = depth_of(store, looped)
                if store.mode == "set":
                    self.body.set(store, value, at)
                elif depth < len(looped):
                    self.total(store, value, at, depth, looped, loop)
                elif store.is_indirect:
                    place = self.body.where(store, at)
                    self.body.written(store, at)
                    self.body.lines.append(f"{place} = {COMBINE[store.mode].format(place, value)};")
                else:
                    place = self.body.where(store, at)
                    before = sums.get((id(store), place))
                    if before is not None:
                        value = self.body.variable(COMBINE[store.mode].format(before[2], value), dtype_of_sum(store))
                    sums[id(store), place] = (store, at, value)
        for (_, place), (store, at, value) in sums.items():
            if len(looped) == 1 and store.buffer in loop.fresh:
                self.body.set(store, value, at)
            else:
                self.body.written(store, at)
                self.body.lines.append(f"{place} = {COMBINE[store.mode].format(place, value)};")

    def total(self, store: Store, value: str, at: At, depth: int, looped: Sequence[int], loop: Loop) -> None:
        place = self.body.where(store, at)
        key = (id(store), place)
        if key not in self.totals:
            assigned = at.region is None and store.buffer in loop.fresh and assigns(store, looped)
            self.totals[key] = Total(self.writer.fresh_name("s"), store, place, depth, assigned)
        name = self.totals[key].name
        self.body.lines.append(f"{name} = {COMBINE[store.mode].format(name, value)};")

    def text(self) -> list[str]:
        lines, levels = [], len(self.headers)
        for level, header in enumerate(self.headers):
            pad = "  " * (level + 1)
            lines += self.opened(level)
            if level == levels - 1 and not any(loop.serial for loop in self.loops):
                lines += self.vectorised()
            lines.append(f"{pad}{header} {{")
        if not levels:
            lines += self.opened(0)
        lines += self.body.text(self.writer.users)
        for level in reversed(range(levels)):
            lines += [f"{'  ' * (level + 1)}}}", *self.closed(level)]
        return lines if levels else lines + self.closed(0)

    def vectorised(self) -> list[str]:
        """What tells the compiler that no place depends on another, and that sums may be added up in any order."""
        inner = [t for t in self.totals.values() if t.depth == len(self.headers) - 1]
        signs = {"add": "+", "mul": "*"}
        if any(t.store.mode not in signs for t in self.totals.values()):
            return []
        outer = [t for t in self.totals.values() if t.depth < len(self.headers) - 1]
        clauses = "".join(f" reduction({signs[t.store.mode]}:{t.name})" for t in (*inner, *outer))
        return [f"#pragma omp simd{clauses}"]

    def opened(self, level: int) -> list[str]:
        return [
            f"{'  ' * (level + 1)}{C_TYPES[dtype_of_sum(t.store)]} {t.name} = {start_of(t.store)};"
            for t in self.totals.values()
            if t.depth == level
        ]

    def closed(self, level: int) -> list[str]:
        return [
            f"{'  ' * (level + 1)}{t.place} = "
            f"{t.name if t.assigned else COMBINE[t.store.mode].format(t.place, t.name)};"
            for t in self.totals.values()
            if t.depth == level
        ]


@dataclass(frozen=True)
class Spot:
    """An element of a buffer: how far it is from the first as a number, and what depends on indices that are variables.
    What is `chosen` by data may be any element."""

    constant: Size
    rest: frozenset[tuple[str, Size]]
    chosen: bool = False

    @classmethod
    def of(cls, offset: Size, terms: Iterable[tuple[Size, str]], chosen: bool) -> Spot:
        rest: dict[str, Size] = {}
        for step, index in terms:
            if index.isdecimal():
                offset = offset + step * int(index)
            else:
                rest[index] = rest.get(index, ZERO) + step
        return cls(offset, frozenset(rest.items()), chosen)

    def may_be(self, other: Spot) -> bool:
        """Whether the two, of one buffer, can be the same element."""
        apart = (self.constant + other.constant * -1).constant
        return self.chosen or other.chosen or self.rest != other.rest or apart is None or apart == 0


class Body:
    """The statements inside a loop: each value a variable, worked out once."""

    def __init__(self, writer: Writer, pad: str) -> None:
        self.writer = writer
        self.pad = pad
        # Statements; those that put a value in a buffer, with it.
        self.lines: list[str | tuple[str, Buffer]] = []
        self.known: dict[tuple[str, torch.dtype], str] = {}
        self.registers: dict[str, str] = {}
        # The places in buffers whose values are held by variables.
        self.spots: dict[Buffer, dict[str, Spot]] = {}
        # Variables that are the same at every place.
        self.fixed: set[str] = set()
        self.read: set[Buffer] = set()

    def value(self, expr: Expr, at: At, dtype: torch.dtype | None = None) -> str:
        """The expression's value as text: a variable or a number, of type `dtype` where that is given."""
        match expr:
            case Const():
                return _number(expr.value, dtype or expr.dtype)
            case Iota():
                return _cast(f"(int64_t){at.index[expr.dim]}", expr.dtype, dtype)
            case Load():
                terms = [(step, self.index(index, at)) for step, index in expr.terms]
                place = self.writer.place(expr.buffer, expr.offset, terms, at)
                found = self.registers.get(place)
                if found is None:
                    self.read.add(expr.buffer)
                    chosen = any(not isinstance(index, int) for _, index in expr.terms)
                    spot = Spot.of(expr.offset, terms, chosen)
                    self.spots.setdefault(expr.buffer, {})[place] = spot
                    found = self.variable(place, expr.dtype)
                    if not expr.terms:
                        self.fixed.add(found)
                return _cast(found, expr.dtype, dtype)
            case Apply():
                args = [self.value(arg, at, expr.takes) for arg in expr.args]
                text = expr.template.format(*args)
                if text in args:
                    return _cast(text, expr.takes or expr.dtype, dtype)
                fixed = all(self.is_fixed(arg) for arg in args)
                if expr.template == "({0} / {1})" and expr.dtype.is_floating_point:
                    # Multiplying is many times faster, and the compiler may not: the last digit can differ.
                    if self.is_fixed(args[1]) and not fixed:
                        inverse = self.variable(f"({C_TYPES[expr.dtype]})(1.0 / {args[1]})", expr.dtype)
                        self.fixed.add(inverse)
                        text = f"({args[0]} * {inverse})"
                if fixed:
                    self.fixed.add(self.variable(text, expr.dtype))
                return _cast(self.variable(text, expr.dtype), expr.dtype, dtype)

    def is_fixed(self, value: str) -> bool:
        """Whether a value is a number, or a variable that is the same at every place."""
        return value in self.fixed or not re.search(r"[a-z]\w*", re.sub(r"INFINITY|NAN|\be[-+]?\d", "", value))

    def index(self, index: int | Expr, at: At) -> str:
        return at.index[index] if isinstance(index, int) else self.value(index, at, torch.int64)

    def variable(self, text: str, dtype: torch.dtype) -> str:
        key = (text, dtype)
        if key not in self.known:
            self.known[key] = name = self.writer.fresh_name("v")
            self.lines.append(f"const {C_TYPES[dtype]} {name} = {text};")
        return self.known[key]

    def where(self, store: Store, at: At) -> str:
        terms = [(step, self.index(index, at)) for step, index in store.terms]
        return self.writer.place(store.buffer, store.offset, terms, at)

    def written(self, store: Store, at: At) -> Spot:
        """Forget what was in the place that a store writes to, by whatever name it was read or put there: of a matrix
        the diagonal is addressed in another way than the whole."""
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


def header(index: str, extent: str) -> str:
    return f"for (int64_t {index} = 0; {index} < {extent}; {index}++)"


def assigns(store: Store, looped: Sequence[int]) -> bool:
    """Whether what a store combines is known once the loops inside have ended, and put in its place but once."""
    depth = depth_of(store, looped)
    return depth < len(looped) and dims_of(store.terms) >= set(looped[:depth])


def depth_of(store: Store, looped: Sequence[int]) -> int:
    """How many of the loops a store's place depends on, counted from outside."""
    used = dims_of(store.terms)
    return max((level + 1 for level, dim in enumerate(looped) if dim in used), default=0)


def start_of(store: Store) -> str:
    """What combining begins with."""
    if store.mode == "min" and not store.buffer.dtype.is_floating_point:
        return "INT64_MAX"
    return START[store.mode]


def dtype_of_sum(store: Store) -> torch.dtype:
    """Sums of single precision are added up in double."""
    if store.mode == "set":
        return store.buffer.dtype
    return torch.float64 if store.buffer.dtype.is_floating_point else torch.int64


def is_scalar(buffer: Buffer) -> bool:
    return buffer.size.constant == 1


def sum_text(offset: Size, terms: Iterable[tuple[Size, str]]) -> str:
    parts = [] if offset == ZERO else [offset.c()]
    for step, index in terms:
        if step == ONE:
            parts.append(index)
        elif step != ZERO:
            parts.append(f"{index} * {step.c()}")
    return " + ".join(parts) or "0"


def _number(value: float | int | bool | Size | Share, dtype: torch.dtype) -> str:
    if isinstance(value, Share):
        return value.c()
    if isinstance(value, Size):
        return f"(({C_TYPES[dtype]})({value.c()}))"
    if dtype.is_floating_point:
        number = float(value)
        if number != number:
            return "NAN"
        if number in (float("inf"), float("-inf")):
            return "INFINITY" if number > 0 else "(-INFINITY)"
        return repr(number) if number >= 0 and repr(number)[0] != "-" else f"({number!r})"
    whole = int(value)
    return f"INT64_C({whole})" if whole >= 0 else f"(-INT64_C({-whole}))"


def _cast(text: str, have: torch.dtype | None, want: torch.dtype | None) -> str:
    if want is None or have == want:
        return text
    if want == torch.bool:
        return f"(uint8_t)({text} != 0)"
    return f"({C_TYPES[want]})({text})" if have is not None else text
