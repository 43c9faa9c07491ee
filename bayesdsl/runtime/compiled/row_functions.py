"""Loops over rows as a function in C of its own, which goes block by block and is called for all rows or for a chunk.

    static void NAME(.., int64_t from_, int64_t to_, double *sums_) {
      for (int64_t b_ = from_; b_ < to_; b_ += 256) {
        const int64_t n_ = to_ - b_ < 256 ? to_ - b_ : 256;
        for (int64_t i_ = 0; i_ < n_; i_++) ..
      }
    }

`sums_` takes what is summed over the rows, chunk by chunk: the sums do not depend on how many threads there are.
"""

from __future__ import annotations

import re

import torch

from bayesdsl.runtime.compiled.blocks import block_of, passes, split_dims
from bayesdsl.runtime.compiled.bodies import At
from bayesdsl.runtime.compiled.bodies import Writer as BodyWriter
from bayesdsl.runtime.compiled.loops import C_TYPES, Buffer, Loop, Store
from bayesdsl.runtime.compiled.nests import COMBINE, Nest, header, is_scalar, start_of
from bayesdsl.runtime.compiled.regions import Region, leads, width_of
from bayesdsl.runtime.compiled.sizes import ONE, ZERO

# Rows that one thread does at a time. Sums are added up chunk by chunk, so that they do not depend on the threads.
CHUNK = 16384

# How many places of a long dimension a loop over rows takes at once.
_STRIP = 4

# Sums into places that data choose are kept in so many copies, in turn: rows one after another often choose the same
# place, and would wait for each other.
_COPIES = 4


class Writer(BodyWriter):
    """What writes the function that calls this one.

    `declared` tells how its variables are declared as parameters, `plates` are the names of sizes. `carried` and
    `copied` say, while a region is at work, where sums over rows go, and which of them are kept in copies.
    """

    declared: dict[str, str]
    plates: tuple[str, ...]
    carried: dict[Buffer, str]
    copied: set[str]


class RowFunction:
    """The function called `name` for a region: `text` is its own, `calls` what calls it, `sums` the array that it needs
    for its sums, and its bytes."""

    def __init__(self, writer: Writer, region: Region, name: str) -> None:
        self.writer, self.region, self.name = writer, region, name
        self.sums = writer.fresh_name("sums")
        rooms = [_room(buffer, store) for buffer, store in region.carried.items()]
        self.starts = [" + ".join(rooms[:i]) or "0" for i in range(len(rooms))]
        self.each = " + ".join(rooms) or "0"
        self.chunks = f"({region.rows.c()} + {CHUNK - 1}) / {CHUNK}"
        # Values that are the same for all rows; arrays of a block for what is read at places that data choose.
        self.fixed: list[str] = []
        self.gathered: list[tuple[str, torch.dtype]] = []
        # Every second time a block of a wide table is gone through from its end: what was read last is still near.
        self.backwards = False
        body = "\n".join(self._body())
        found, local = set(re.findall(r"\b[a-z]\w*\b", body)), {b.name for b in region.local}
        used = sorted(w for w in found if (w in writer.declared or w in writer.plates) and w not in local)
        params = [f"const int64_t {w}" if w in writer.plates else f"{writer.declared[w]}{w}" for w in used]
        head = ", ".join([*params, "int64_t from_", "int64_t to_", "double *restrict sums_"])
        self.text = f"static __attribute__((noinline)) void {name}({head}) {{\n{body}\n}}\n"
        self.calls = self._calls("".join(f"{w}, " for w in used))

    @property
    def bytes_of_sums(self) -> str:
        if self._is_one_chunk:
            return f"BD_ALIGNED(sizeof(double) * (size_t)({self.each}))"
        return f"BD_ALIGNED(sizeof(double) * (size_t)(({self.chunks} + 1) * ({self.each})))"

    @property
    def _is_one_chunk(self) -> bool:
        return self.region.rows.constant is not None and self.region.rows.constant <= CHUNK

    def _calls(self, args: str) -> list[str]:
        rows = self.region.rows.c()
        if self._is_one_chunk:
            return ["  {", f"    {self.name}({args}0, {rows}, {self.sums});", *self._summed_up(), "  }"]
        return [
            "  {",
            f"    const int64_t chunks_ = {self.chunks}, each_ = {self.each};",
            "    if (chunks_ <= 1) {",
            f"      {self.name}({args}0, {rows}, {self.sums});",
            "    } else {",
            "#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)",
            "      for (int64_t c_ = 0; c_ < chunks_; c_++) {",
            f"        const int64_t to_ = (c_ + 1) * {CHUNK} < {rows} ? (c_ + 1) * {CHUNK} : {rows};",
            f"        {self.name}({args}c_ * {CHUNK}, to_, {self.sums} + c_ * each_);",
            "      }",
            "    }",
            *self._summed_up(),
            "  }",
        ]

    def _summed_up(self) -> list[str]:
        """The chunks' sums added up, in their order."""
        lines = []
        for (buffer, store), start in zip(self.region.carried.items(), self.starts, strict=True):
            place = self.writer.place(buffer, ZERO, [(ONE, "j_")], At({}))
            fresh = any(buffer in loop.fresh for loop in self.region.loops)
            total = "total_" if fresh else COMBINE[store.mode].format(place, "total_")
            lines.append(f"    for (int64_t j_ = 0; j_ < {buffer.size.c()}; j_++) {{")
            lines.append(f"      double total_ = {self.sums}[{start} + j_];")
            if not self._is_one_chunk:
                more = COMBINE[store.mode].format("total_", f"{self.sums}[c_ * each_ + {start} + j_]")
                lines.append(f"      for (int64_t c_ = 1; c_ < chunks_; c_++) total_ = {more};")
            lines += [f"      {place} = {total};", "    }"]
        return lines

    def _body(self) -> list[str]:
        opening, closing, block = [], [], block_of(self.region)
        for (buffer, store), start in zip(self.region.carried.items(), self.starts, strict=True):
            opened, closed = self._carried(buffer, store, start)
            opening += opened
            closing += closed
        groups = passes(self.region)
        inner = [line for loops in groups for line in self._pass(loops)]
        self.writer.carried, self.writer.copied = {}, set()
        names = set(re.findall(r"\b\w+\b", "\n".join(inner)))
        arrays = [
            (buffer.name, buffer.dtype, width_of(buffer, self.region.rows).constant * block)
            for buffer in sorted(self.region.local, key=lambda b: b.name)
            if buffer.name in names
        ]
        arrays += [(name, dtype, block) for name, dtype in self.gathered]
        opening += [f"  {C_TYPES[t]} {name}[{count}] __attribute__((aligned(64)));" for name, t, count in arrays]
        alone = len(groups) == 1 and not arrays
        return [*opening, *self.fixed, *self._blocks(block, inner, alone), *closing]

    def _carried(self, buffer: Buffer, store: Store, start: str) -> tuple[list[str], list[str]]:
        """What is done for a sum over rows before the first block and after the last one."""
        name = self.writer.carried[buffer] = f"{buffer.name}_"
        if is_scalar(buffer) and buffer.role == "temporary":
            return [f"  double {name} = {start_of(store)};"], [f"  sums_[{start}] = {name};"]
        opening, closing = [f"  double *restrict {name} = sums_ + {start};"], []
        size, step = buffer.size.c(), f"step_{name}"
        if _is_copied(buffer, store):
            self.writer.copied.add(name)
            # Few rows go to one and the same.
            opening.append(f"  const int64_t {step} = to_ - from_ >= 8 * {size} ? {size} : 0;")
            closing.append(f"  for (int64_t c = 1; {step} && c < {_COPIES}; c++)")
            closing.append(f"    for (int64_t i = 0; i < {size}; i++) {name}[i] += {name}[c * {size} + i];")
            size = f"{size} + {_COPIES - 1} * {step}"
        opening.append(f"  for (int64_t i = 0; i < {size}; i++) {name}[i] = {start_of(store)};")
        return opening, closing

    def _blocks(self, block: int, inner: list[str], alone: bool) -> list[str]:
        """The loop over blocks around what is done on each; `alone` where that hands nothing on."""
        rows = self.region.rows.constant
        if alone or (rows is not None and rows <= block):
            # As it takes away a loop that goes round but once, gcc forgets that those inside are to be vector code.
            return ["  const int64_t b_ = from_, n_ = to_ - from_;", *inner]
        return [
            f"  for (int64_t b_ = from_; b_ < to_; b_ += {block}) {{",
            f"    const int64_t n_ = to_ - b_ < {block} ? to_ - b_ : {block};",
            *inner,
            "  }",
        ]

    def _pass(self, loops: list[Loop]) -> list[str]:
        """Loops on a block: rows innermost, short other dimensions written out."""
        lines: list[str] = []
        for loop in loops:
            if len(split_dims(self.region, loop)[0]) > 1:
                for store in loop.stores:
                    if store.mode != "set" and store.buffer in loop.fresh and store.buffer not in self.region.carried:
                        lines += self._cleared(store)
        looped, _ = split_dims(self.region, loops[0])
        if loops[0].serial:
            return lines + self._in_copies(loops)
        if len(looped) == 1:
            return lines + self._nest(loops, [], [])
        # Several places of the next dimension at once: what rows share is read once for all of them.
        strip = looped[-2]
        extent = loops[0].shape[strip].c()
        before = [f"i{d}" for d in looped[:-2]]
        i = f"i{strip}"
        most = f"for (int64_t {i} = 0; {i} + {_STRIP} <= ({extent}); {i} += {_STRIP})"
        if self.backwards:
            most = f"for (int64_t {i} = ({extent}) / {_STRIP} * {_STRIP} - {_STRIP}; {i} >= 0; {i} -= {_STRIP})"
        self.backwards = not self.backwards
        rest = f"for (int64_t {i} = ({extent}) / {_STRIP} * {_STRIP}; {i} < ({extent}); {i}++)"
        for text, width in ((most, _STRIP), (rest, 1)):
            lines += self._nest(loops, before, [(strip, text, width)])
        return lines

    def _in_copies(self, loops: list[Loop]) -> list[str]:
        """Sums into places that data choose, some rows at a time, each into a copy of its own."""
        lines: list[str] = []
        looped, _ = split_dims(self.region, loops[0])
        outer = [header(f"i{d}", loops[0].shape[d].c()) for d in looped[:-1]]
        for head, rows in (
            (f"for (int64_t i_ = 0; i_ + {_COPIES} <= n_; i_ += {_COPIES})", _COPIES),
            (f"for (int64_t i_ = n_ / {_COPIES} * {_COPIES}; i_ < n_; i_++)", 1),
        ):
            nest = Nest(self.writer, loops, [*outer, head])
            for loop in loops:
                at = self._at(loop)
                nest.take(loop, [at.further(row) for row in range(rows)] if rows > 1 else [at])
            self.fixed += nest.fixed("  ")
            lines += nest.text()
        return lines

    def _at(self, loop: Loop) -> At:
        others, _ = split_dims(self.region, loop)
        row = "(b_ + i_)"
        return At({**{d: f"i{d}" for d in others}, self.region.row[loop]: row}, self.region, row)

    def _nest(self, loops: list[Loop], indices: list[str], strips: list[tuple[int, str, int]]) -> list[str]:
        region = self.region
        looped, _ = split_dims(region, loops[0])
        headers = [header(i, loops[0].shape[d].c()) for i, d in zip(indices, looped, strict=False)]
        headers += [*(text for _, text, _ in strips), header("i_", "n_")]
        nest = Nest(self.writer, loops, headers, gathers=True)
        for loop in loops:
            _, written = split_dims(region, loop)
            instances = [self._at(loop)]
            for d in written:
                instances = [at.with_index(d, str(i)) for at in instances for i in range(loop.shape[d].constant)]
            for d, _, width in strips:
                instances = [at.with_index(d, f"(i{d} + {i})") for at in instances for i in range(width)]
            nest.take(loop, instances)
        self.fixed += nest.fixed("  ")
        if nest.gathered is not None:
            self.gathered += nest.gathered.arrays.values()
        return nest.text()

    def _cleared(self, store: Store) -> list[str]:
        """The block's rows of a buffer that something is summed into."""
        width = width_of(store.buffer, self.region.rows)
        lead = leads(store.buffer, self.region.rows)
        terms = [(width if lead else ONE, "(b_ + i_)")]
        if width != ONE:
            terms.append((ONE if lead else self.region.rows, "j_"))
        place = self.writer.place(store.buffer, ZERO, terms, At({}, self.region, "(b_ + i_)"))
        loop = f"for (int64_t i_ = 0; i_ < n_; i_++) {place} = {start_of(store)};"
        return [f"    for (int64_t j_ = 0; j_ < {width.c()}; j_++) {loop}" if width != ONE else f"    {loop}"]


def _is_copied(buffer: Buffer, store: Store) -> bool:
    return store.mode == "add" and store.is_indirect and not is_scalar(buffer)


def _room(buffer: Buffer, store: Store) -> str:
    """How many numbers sums into a buffer take."""
    return f"{_COPIES} * {buffer.size.c()}" if _is_copied(buffer, store) else buffer.size.c()
