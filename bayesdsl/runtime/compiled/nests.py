"""Loops in C around statements, with what they add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from bayesdsl.runtime.compiled.blocks import split_dims
from bayesdsl.runtime.compiled.bodies import At, Body, Gathered, Writer
from bayesdsl.runtime.compiled.loops import C_TYPES, Buffer, Loop, Store
from bayesdsl.runtime.compiled.regions import dims_of

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


@dataclass(frozen=True)
class Total:
    """A variable that combines something over the loops inside the first `depth`, and where it goes then."""

    name: str
    store: Store
    place: str
    depth: int
    assigned: bool


class Nest:
    """Loops in C around what several loops do at each place. In those of a region, `looped` ends with the rows; with
    `gathers`, what data choose is read before the innermost loop."""

    def __init__(self, writer: Writer, loops: list[Loop], headers: Sequence[str], gathers: bool = False) -> None:
        self.writer, self.loops, self.headers = writer, loops, headers
        self.gathered = Gathered(writer, "  " * len(headers), loops) if gathers else None
        self.body = Body(writer, "  " * (len(headers) + 1), bool(headers), self.gathered)
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

    def fixed(self, pad: str) -> list[str]:
        """What has to stand before the loops: values that are the same at every place."""
        return [pad + line for line in self.body.before]

    def text(self) -> list[str]:
        lines, levels = [], len(self.headers)
        for level, header in enumerate(self.headers):
            pad = "  " * (level + 1)
            lines += self.opened(level)
            if level == levels - 1 and self.gathered is not None:
                lines += self.gathered.text()
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
