"""Stages as the text of a function in C.

    void NAME(const void *const *in, void *const *out, const int64_t *sizes, void *work)

`sizes` are those of the plates, then the number of threads. Every value in a loop is a variable of its own; the
compiler shares and vectorises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch

from bayesdsl.runtime.compiled.fusion import fuse, is_for_blas, needed
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
    Scan,
    Splat,
    Stage,
    Store,
    View,
    loads,
)
from bayesdsl.runtime.compiled.lowering import Lowered
from bayesdsl.runtime.compiled.regions import Region, dims_of, divided, leads, regions
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Size, product

# Rows in a block: a few blocks of doubles fit the nearest cache.
BLOCK = 256

# Rows that one thread does at a time. Sums are added up chunk by chunk, so that they do not depend on the threads.
CHUNK = 16384

# Dimensions of a loop over rows with at most so many places are written out place by place.
_WRITTEN_OUT = 32

# Buffers of a known size up to this many numbers are arrays of the function, others are in its workspace.
_ON_STACK = 512

_START = {"add": "0", "mul": "1", "max": "-INFINITY", "min": "INFINITY", "or": "0", "and": "1"}
_COMBINE = {
    "add": "{0} + {1}",
    "mul": "{0} * {1}",
    "max": "({1} > {0} || {1} != {1} ? {1} : {0})",
    "min": "({1} < {0} || {1} != {1} ? {1} : {0})",
    "or": "({0} || {1})",
    "and": "({0} && {1})",
}


@dataclass(frozen=True)
class Text:
    """A function in C: its text, which needs the runtime's; the inputs in order, and those wanted column by column,
    whose first dimension goes last."""

    name: str
    text: str
    inputs: tuple[Buffer, ...]
    by_column: frozenset[Buffer]
    outputs: tuple[Buffer, ...]


def write(name: str, lowered: Lowered, plates: Sequence[str]) -> Text:
    """The function called `name`. `plates` are the names that sizes are made of, in the order of its `sizes`."""
    stages, outputs = _with_outputs(lowered)
    wanted = set(outputs)
    planned = regions(fuse(needed(stages, wanted)), wanted)
    read = {buffer for item in planned for buffer in _reads(item)}
    inputs = tuple(buffer for buffer in lowered.given if buffer in read)
    return _Writer(name, planned, inputs, outputs, tuple(plates)).text()


def _with_outputs(lowered: Lowered) -> tuple[list[Stage], tuple[Buffer, ...]]:
    """The stages, with each output in a buffer of its own."""
    stages, buffers = list(lowered.stages), []
    for position, value in enumerate(lowered.outputs):
        if isinstance(value, View) and value.is_whole and value.buffer.role == "temporary":
            value.buffer.role, value.buffer.name = "output", f"o{position}"
            buffers.append(value.buffer)
            continue
        buffer = Buffer(f"o{position}", value.dtype, value.shape, "output")
        out = View.whole(buffer)
        dims = [d for d, size in enumerate(value.shape) if size != ONE]
        if isinstance(value, Splat):
            loaded: Expr = Const(value.value, value.dtype)
        else:
            terms = tuple((value.strides[d], i) for i, d in enumerate(dims) if value.strides[d] != ZERO)
            loaded = Load(value.buffer, value.offset, terms)
        own = tuple((out.strides[d], i) for i, d in enumerate(dims))
        stages.append(Loop(tuple(value.shape[d] for d in dims), [Store(buffer, ZERO, own, loaded)]))
        buffers.append(buffer)
    return stages, tuple(buffers)


def _reads(item: Stage | Region) -> set[Buffer]:
    return set().union(*(loop.reads() for loop in item.loops)) if isinstance(item, Region) else item.reads()


def _writes(item: Stage | Region) -> set[Buffer]:
    return set().union(*(loop.writes() for loop in item.loops)) if isinstance(item, Region) else item.writes()


@dataclass
class _Writer:
    name: str
    items: list[Stage | Region]
    inputs: tuple[Buffer, ...]
    outputs: tuple[Buffer, ...]
    plates: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    # How variables of the main function are declared as parameters of another.
    declared: dict[str, str] = field(default_factory=dict)
    work: Size = ZERO
    work_parts: list[str] = field(default_factory=list)
    count: int = 0

    def text(self) -> Text:
        self.by_column = self.columns()
        self.registers = self.kept_in_registers()
        self.body()
        lines = [
            *self.functions,
            f"int64_t {self.name}_workspace(const int64_t *sizes) {{",
            *self.size_lines(),
            f"  int64_t bytes = {' + '.join(self.work_parts) or '0'};",
            *(f"  (void){plate};" for plate in self.plates),
            "  return bytes;",
            "}",
            "",
            f"void {self.name}(const void *const *in, void *const *out, const int64_t *sizes, void *work) {{",
            *self.size_lines(),
            f"  const int threads = (int)sizes[{len(self.plates)}];",
            "  char *free_ = (char *)work;",
            *self.lines,
            "  (void)in; (void)out; (void)free_; (void)threads;",
            "}",
            "",
        ]
        return Text(self.name, "\n".join(lines), self.inputs, self.by_column, self.outputs)

    def size_lines(self) -> list[str]:
        return [f"  const int64_t {plate} = sizes[{i}];" for i, plate in enumerate(self.plates)]

    def columns(self) -> frozenset[Buffer]:
        """The inputs that are wanted column by column: read by loops over their rows alone."""
        wanted: set[Buffer] = set()
        refused: set[Buffer] = set()
        for item in self.items:
            loops = item.loops if isinstance(item, Region) else []
            if not isinstance(item, Region):
                refused |= item.reads()
            for loop in loops:
                for store in loop.stores:
                    for load in loads(store):
                        suits = leads(load.buffer, item.rows) and _own(load, item, loop)
                        (wanted if suits else refused).add(load.buffer)
        return frozenset(b for b in wanted - refused if b.role == "input")

    def kept_in_registers(self) -> set[Buffer]:
        """The buffers that one loop alone writes and reads."""
        users: dict[Buffer, set[int]] = {}
        flat = [loop for item in self.items for loop in (item.loops if isinstance(item, Region) else [item])]
        for position, stage in enumerate(flat):
            for buffer in stage.reads() | stage.writes():
                users.setdefault(buffer, set()).add(position)
        result = set()
        for stage in flat:
            if isinstance(stage, Loop):
                alone = [s for s in stage.stores if s.buffer.role == "temporary" and len(users[s.buffer]) == 1]
                result |= {s.buffer for s in alone if s.mode == "set" and not s.buffer.in_pieces and not s.is_indirect}
        return result

    # The function

    def body(self) -> None:
        for position, buffer in enumerate(self.inputs):
            kind = C_TYPES[buffer.dtype]
            self.declare(buffer.name, f"const {kind} *restrict ", f"(const {kind} *)in[{position}]")
        for position, buffer in enumerate(self.outputs):
            kind = C_TYPES[buffer.dtype]
            self.declare(buffer.name, f"{kind} *restrict ", f"({kind} *)out[{position}]")
        local = {b for item in self.items if isinstance(item, Region) for b in item.local}
        made: set[Buffer] = set()
        for item in self.items:
            for buffer in sorted(_writes(item), key=lambda b: b.name):
                if buffer.role == "temporary" and buffer not in made | local | self.registers:
                    made.add(buffer)
                    self.make(buffer)
            match item:
                case Region():
                    self.region(item)
                case Loop() if is_for_blas(item):
                    self.product(item)
                case Loop():
                    self.lines += self.plain(item)
                case Scan():
                    self.scan(item)
                case _:
                    self.call(item)

    def declare(self, name: str, kind: str, value: str) -> None:
        self.declared[name] = kind
        self.lines.append(f"  {kind}{name} = {value};")

    def make(self, buffer: Buffer) -> None:
        kind, size = C_TYPES[buffer.dtype], buffer.size
        if _is_scalar(buffer):
            self.declared[buffer.name] = f"const {kind} "
            self.lines.append(f"  {kind} {buffer.name};")
        elif size.constant is not None and size.constant <= _ON_STACK:
            self.declared[buffer.name] = f"{kind} *restrict "
            self.lines.append(f"  {kind} {buffer.name}[{size.constant}] __attribute__((aligned(64)));")
        else:
            bytes_ = f"BD_ALIGNED(sizeof({kind}) * (size_t)({size.c()}))"
            self.declare(buffer.name, f"{kind} *restrict ", f"({kind} *)free_")
            self.lines.append(f"  free_ += {bytes_};")
            self.work_parts.append(bytes_)

    def place(self, buffer: Buffer, offset: Size, terms: Iterable[tuple[Size, str]], at: _At) -> str:
        """An element of a buffer as an expression in C that can be written to as well."""
        if _is_scalar(buffer) and buffer.role == "temporary":
            return buffer.name
        rows = at.region.rows if at.region is not None else None
        parts: list[str] = []
        if rows is not None and buffer in at.region.local:
            parts = self.within_block(buffer, offset, terms, at)
        elif rows is not None and buffer in self.by_column:
            inner = [(s, i) for s, i in terms if i != at.row_index]
            flat = _sum_text(offset, inner)
            parts = [at.row_index, *([f"({flat}) * {rows.c()}"] if flat != "0" else [])]
        else:
            parts = [_sum_text(offset, terms)]
        return f"{buffer.name}[{' + '.join(parts)}]"

    def within_block(self, buffer: Buffer, offset: Size, terms: Iterable[tuple[Size, str]], at: _At) -> list[str]:
        rows = at.region.rows
        inner = [(s, i) for s, i in terms if i != at.row_index]
        if not leads(buffer, rows):
            offset, inner = divided(offset, rows) or ZERO, [(divided(s, rows) or s, i) for s, i in inner]
        flat = _sum_text(offset, inner)
        return ["i_", *([f"({flat}) * {BLOCK}"] if flat != "0" else [])]

    # Loops

    def plain(self, loop: Loop) -> list[str]:
        """A loop in the order of its dimensions."""
        looped = list(range(len(loop.shape)))
        lines: list[str] = []
        at = _At({d: f"i{d}" for d in looped})
        depths = {id(s): _depth(s, looped) for s in loop.stores if s.mode != "set"}
        for store in loop.stores:
            if store.mode != "set" and store.buffer in loop.fresh and not self.assigns(store, looped, depths):
                lines += self.filled(store.buffer, _START[store.mode])
        return lines + self.nest(loop, looped, [at], depths, loop.fresh)

    def assigns(self, store: Store, looped: Sequence[int], depths: dict[int, int]) -> bool:
        """Whether what a store combines is known once the loops inside have ended, and put in its place but once."""
        depth = depths[id(store)]
        return depth < len(looped) and dims_of(store.terms) >= set(looped[:depth])

    def filled(self, buffer: Buffer, value: str) -> list[str]:
        if _is_scalar(buffer) and buffer.role == "temporary":
            return [f"  {buffer.name} = {value};"]
        return [f"  for (int64_t i = 0; i < {buffer.size.c()}; i++) {buffer.name}[i] = {value};"]

    def nest(
        self,
        loop: Loop,
        looped: Sequence[int],
        instances: Sequence[_At],
        depths: dict[int, int],
        fresh: set[Buffer],
        row: tuple[str, str] | None = None,
    ) -> list[str]:
        """The loops over `looped`, the last of them over a block where `row` is how far and which index; in the
        innermost what each of `instances` says."""
        inner = _Body(self, len(looped) + 1)
        totals: dict[tuple[int, str], tuple[Store, _At, str]] = {}
        for at in instances:
            inner.begin(at)
            for store in loop.stores:
                value = inner.value(store.value, at, _dtype_of_sum(store))
                if store.mode == "set":
                    inner.set(store, value, at)
                    continue
                if depths[id(store)] == len(looped):
                    place = inner.where(store, at)
                    inner.lines.append(inner.pad + f"{place} = {_COMBINE[store.mode].format(place, value)};")
                    continue
                outer = at.upto(looped[: depths[id(store)]])
                key = (id(store), inner.where(store, outer))
                if key not in totals:
                    totals[key] = (store, outer, self.fresh_name("s"))
                name = totals[key][2]
                inner.lines.append(inner.pad + f"{name} = {_COMBINE[store.mode].format(name, value)};")
        lines, closing = [], []
        for level, dim in enumerate(looped):
            lines += self.opened(totals, depths, level)
            pad = "  " * (level + 1)
            extent, index = (loop.shape[dim].c(), f"i{dim}") if row is None or dim != looped[-1] else row
            if level == len(looped) - 1 and not loop.serial:
                lines.append("#pragma GCC ivdep")
            lines.append(f"{pad}for (int64_t {index} = 0; {index} < {extent}; {index}++) {{")
            closing.append((level, f"{pad}}}"))
        lines += self.opened(totals, depths, len(looped)) + inner.lines
        for level, brace in reversed(closing):
            lines.append(brace)
            lines += self.closed(totals, depths, level, looped, fresh)
        if not looped:
            lines += self.closed(totals, depths, 0, looped, fresh)
        return lines

    def opened(self, totals: dict, depths: dict[int, int], level: int) -> list[str]:
        found = [(store, name) for store, _, name in totals.values() if depths[id(store)] == level]
        pad = "  " * (level + 1)
        return [f"{pad}{C_TYPES[_dtype_of_sum(s)]} {name} = {_START[s.mode]};" for s, name in found]

    def closed(
        self, totals: dict, depths: dict[int, int], level: int, looped: Sequence[int], fresh: set[Buffer]
    ) -> list[str]:
        lines = []
        for (_, place), (store, _, name) in totals.items():
            if depths[id(store)] == level:
                once = store.buffer in fresh and self.assigns(store, looped, depths)
                value = name if once else _COMBINE[store.mode].format(place, name)
                lines.append("  " * (level + 1) + f"{place} = {value};")
        return lines

    def fresh_name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count}"

    def scan(self, stage: Scan) -> None:
        """Running totals: a variable that lives as long as the innermost loop."""
        rank = len(stage.shape)
        at = _At({d: f"i{d}" for d in range(rank)})
        body = _Body(self, rank + 1)
        body.begin(at)
        value = body.value(stage.store.value, at, stage.store.buffer.dtype)
        start = "0" if "+" in stage.store.mode else "1"
        for d in range(rank):
            if d == rank - 1:
                self.lines.append("  " * (d + 1) + f"double run_{self.count} = {start};")
            self.lines.append("  " * (d + 1) + f"for (int64_t i{d} = 0; i{d} < {stage.shape[d].c()}; i{d}++) {{")
        run = f"run_{self.count}"
        self.count += 1
        self.lines += body.lines
        self.lines.append(body.pad + f"{run} = {stage.store.mode.format(run, value)};")
        self.lines.append(body.pad + f"{body.where(stage.store, at)} = {run};")
        self.lines += ["  " * (d + 1) + "}" for d in reversed(range(rank))]

    def call(self, stage: object) -> None:
        names = [b.name for b in (*stage.inputs, *stage.outputs)]
        sizes = [size.c() for size in stage.sizes]
        self.lines.append(f"  {stage.function}({', '.join((*names, *sizes))});")

    def product(self, loop: Loop) -> None:
        """A matrix product for BLAS."""
        left, right, out = loop.product.left, loop.product.right, loop.product.out
        (m, k), n = left.shape, right.shape[-1]
        kind = C_TYPES[loop.stores[0].buffer.dtype]
        args = [m.c(), n.c(), k.c()]
        for view in (left, right, out):
            args += [f"{view.buffer.name} + {view.offset.c()}", *(s.c() for s in view.strides)]
        self.lines.append(f"  bd_gemm_{kind}({', '.join(args)});")

    # Regions

    def region(self, region: Region) -> None:
        """A function of its own for some of the rows, called for all of them, or by several threads for a chunk each."""
        name = f"{self.name}_rows{len(self.functions)}"
        body = self.rows_body(region)
        text = "\n".join(body)
        used = sorted({w for w in re.findall(r"\b[a-z]\w*\b", text) if w in self.declared or w in self.plates})
        carried = list(region.carried.items())
        sums = {buffer.name for buffer, _ in carried}
        used = [w for w in used if w not in sums or _reads_outside(w, region)]
        params = [f"const int64_t {w}" if w in self.plates else f"{self.declared[w]}{w}" for w in used]
        self.functions.append(
            f"static __attribute__((noinline)) void {name}({', '.join([*params, 'int64_t from_', 'int64_t to_', 'double *restrict sums_'])}) {{\n"
            + text
            + "\n}\n"
        )
        rows = region.rows.c()
        per_chunk = " + ".join(buffer.size.c() for buffer, _ in carried) or "0"
        args = ", ".join(used)
        comma = ", " if args else ""
        lines = [
            "  {",
            f"    const int64_t chunks_ = ({rows} + {CHUNK} - 1) / {CHUNK}, each_ = {per_chunk};",
            "    double *sums_ = (double *)free_;",
            "    if (chunks_ <= 1) {",
            f"      {name}({args}{comma}0, {rows}, sums_);",
            "    } else {",
            "#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)",
            "      for (int64_t c_ = 0; c_ < chunks_; c_++) {",
            f"        const int64_t to_ = (c_ + 1) * {CHUNK} < {rows} ? (c_ + 1) * {CHUNK} : {rows};",
            f"        {name}({args}{comma}c_ * {CHUNK}, to_, sums_ + c_ * each_);",
            "      }",
            "    }",
        ]
        start = "0"
        for buffer, store in carried:
            size = buffer.size.c()
            place = self.place(buffer, ZERO, [(ONE, "j_")], _At({}))
            fresh = any(buffer in loop.fresh for loop in region.loops)
            first = f"sums_[{start} + j_]"
            kind = C_TYPES[buffer.dtype]
            value = first if fresh else _COMBINE[store.mode].format(place, first)
            lines += [
                f"    for (int64_t j_ = 0; j_ < {size}; j_++) {{",
                f"      double total_ = {first};",
                "      for (int64_t c_ = 1; c_ < chunks_; c_++) {",
                f"        total_ = {_COMBINE[store.mode].format('total_', f'sums_[c_ * each_ + {start} + j_]')};",
                "      }",
                f"      {place} = ({kind}){value.replace(first, 'total_')};",
                "    }",
            ]
            start = f"{start} + {size}"
        lines.append("  }")
        self.work_parts.append(f"BD_ALIGNED(sizeof(double) * (size_t)((({rows} + {CHUNK} - 1) / {CHUNK} + 1) * ({per_chunk})))")
        # Sums of one region are read before the next begins: it may use the same memory, but others follow it.
        self.lines += lines
        self.lines.append(
            f"  free_ += BD_ALIGNED(sizeof(double) * (size_t)((({rows} + {CHUNK} - 1) / {CHUNK} + 1) * ({per_chunk})));"
        )

    def rows_body(self, region: Region) -> list[str]:
        lines, start = [], "0"
        self.moved = {}
        for buffer, store in region.carried.items():
            if _is_scalar(buffer):
                lines.append(f"  double {buffer.name}_ = {_START[store.mode]};")
                self.moved[buffer] = f"{buffer.name}_"
            else:
                lines.append(f"  double *restrict {buffer.name}_ = sums_ + {start};")
                lines.append(f"  for (int64_t i = 0; i < {buffer.size.c()}; i++) {buffer.name}_[i] = {_START[store.mode]};")
                self.moved[buffer] = f"{buffer.name}_"
            start = f"{start} + {buffer.size.c()}"
        for buffer in sorted(region.local - self.registers, key=lambda b: b.name):
            width = product(size for size in buffer.shape if size != region.rows).constant
            lines.append(f"  {C_TYPES[buffer.dtype]} {buffer.name}[{width * BLOCK}] __attribute__((aligned(64)));")
        lines.append(f"  for (int64_t b_ = from_; b_ < to_; b_ += {BLOCK}) {{")
        lines.append(f"    const int64_t n_ = to_ - b_ < {BLOCK} ? to_ - b_ : {BLOCK};")
        for loop in region.loops:
            lines += self.rows_loop(region, loop)
        lines.append("  }")
        start = "0"
        for buffer in region.carried:
            if _is_scalar(buffer):
                lines.append(f"  sums_[{start}] = {buffer.name}_;")
            start = f"{start} + {buffer.size.c()}"
        self.moved = {}
        return lines

    moved: dict[Buffer, str] = field(default_factory=dict)

    def rows_loop(self, region: Region, loop: Loop) -> list[str]:
        """One loop of a region, on a block: rows innermost, short other dimensions written out."""
        row = region.row[loop]
        others = [d for d in range(len(loop.shape)) if d != row]
        written, places = [], 1
        for d in reversed(others):
            size = loop.shape[d].constant
            if size is not None and places * size <= _WRITTEN_OUT and not loop.serial:
                written.append(d)
                places *= size
        looped = [d for d in others if d not in written] + [row]
        base = _At({d: f"i{d}" for d in others}, region, "(b_ + i_)")
        base.index[row] = "(b_ + i_)"
        instances = [base]
        for d in written:
            instances = [at.with_index(d, str(i)) for at in instances for i in range(loop.shape[d].constant)]
        depths = {id(s): _depth(s, looped) for s in loop.stores if s.mode != "set"}
        lines = []
        fresh = {s.buffer for s in loop.stores if s.buffer in loop.fresh and s.buffer not in region.carried}
        for store in loop.stores:
            if store.mode != "set" and store.buffer in fresh:
                lines += self.cleared_rows(store, region)
        return lines + self.nest(loop, looped, instances, depths, set(), ("n_", "i_"))

    def cleared_rows(self, store: Store, region: Region) -> list[str]:
        """The block's rows of a buffer that something is summed into."""
        shape = store.buffer.shape
        width = product(size for size in shape if size != region.rows)
        lead = leads(store.buffer, region.rows)
        at = _At({}, region, "(b_ + i_)")
        inner = (ONE, "j_") if lead else (region.rows, "j_")
        terms = [(width if lead else ONE, "(b_ + i_)"), *([inner] if width != ONE else [])]
        place = self.place(store.buffer, ZERO, terms, at)
        loop = f"for (int64_t i_ = 0; i_ < n_; i_++) {place} = {_START[store.mode]};"
        return [f"    for (int64_t j_ = 0; j_ < {width.c()}; j_++) {loop}" if width != ONE else f"    {loop}"]


@dataclass
class _At:
    """Where in a loop something is done: the index of each dimension, as text, and the region with its row's index."""

    index: dict[int, str]
    region: Region | None = None
    row_index: str = ""

    def with_index(self, dim: int, text: str) -> _At:
        return _At({**self.index, dim: text}, self.region, self.row_index)

    def upto(self, looped: Sequence[int]) -> _At:
        return self


class _Body:
    """The statements inside a loop: each expression a variable, worked out once."""

    def __init__(self, writer: _Writer, depth: int) -> None:
        self.writer = writer
        self.pad = "  " * depth
        self.lines: list[str] = []
        self.known: dict[object, str] = {}
        self.registers: dict[Buffer, str] = {}

    def begin(self, at: _At) -> None:
        # What another instance has worked out may be used where it does not depend on the instance: the compiler sees.
        self.known, self.registers = {}, {}

    def value(self, expr: Expr, at: _At, dtype: torch.dtype | None = None) -> str:
        """The expression's value as text: a variable or a number, of type `dtype` where that is given."""
        match expr:
            case Const():
                return _number(expr.value, dtype or expr.dtype)
            case Iota():
                return _cast(f"(int64_t){at.index[expr.dim]}", expr.dtype, dtype)
            case Load():
                if expr.buffer in self.registers:
                    return _cast(self.registers[expr.buffer], expr.dtype, dtype)
                terms = [(step, self.index(index, at)) for step, index in expr.terms]
                text = self.writer.place(expr.buffer, expr.offset, terms, at)
                return _cast(self.variable(text, expr.dtype), expr.dtype, dtype)
            case Apply():
                args = [self.value(arg, at, expr.takes) for arg in expr.args]
                text = expr.template.format(*args)
                return _cast(self.variable(text, expr.dtype), expr.dtype, dtype)

    def index(self, index: int | Expr, at: _At) -> str:
        return at.index[index] if isinstance(index, int) else self.value(index, at, torch.int64)

    def variable(self, text: str, dtype: torch.dtype) -> str:
        key = (text, dtype)
        if key not in self.known:
            self.known[key] = name = self.writer.fresh_name("v")
            self.lines.append(f"{self.pad}const {C_TYPES[dtype]} {name} = {text};")
        return self.known[key]

    def where(self, store: Store, at: _At) -> str:
        terms = [(step, self.index(index, at)) for step, index in store.terms]
        moved = self.writer.moved.get(store.buffer)
        if moved is not None:
            return moved if _is_scalar(store.buffer) else f"{moved}[{_sum_text(store.offset, terms)}]"
        return self.writer.place(store.buffer, store.offset, terms, at)

    def set(self, store: Store, value: str, at: _At) -> None:
        value = _cast(value, None, store.buffer.dtype)
        if not store.buffer.in_pieces:
            self.registers[store.buffer] = self.variable(value, store.buffer.dtype)
            value = self.registers[store.buffer]
        if store.buffer not in self.writer.registers:
            self.lines.append(f"{self.pad}{self.where(store, at)} = {value};")
            # What is read from here on is what has been put there.
            self.known = {k: v for k, v in self.known.items() if not k[0].startswith(f"{store.buffer.name}[")}


def _own(load: Load, region: Region, loop: Loop) -> bool:
    from bayesdsl.runtime.compiled.regions import _is_own_row

    return _is_own_row(load, region.rows, region.row[loop])


def _reads_outside(name: str, region: Region) -> bool:
    """Whether a region's loops read the buffer of that name, into which they sum, as it was before: never."""
    return any(b.name == name for loop in region.loops for s in loop.stores for b in (x.buffer for x in loads(s)))


def _depth(store: Store, looped: Sequence[int]) -> int:
    """How many of the loops a store's place depends on, counted from outside."""
    used = dims_of(store.terms)
    return max((level + 1 for level, dim in enumerate(looped) if dim in used), default=0)


def _dtype_of_sum(store: Store) -> torch.dtype:
    """Sums of single precision are added up in double."""
    if store.mode == "set":
        return store.buffer.dtype
    return torch.float64 if store.buffer.dtype.is_floating_point else torch.int64


def _is_scalar(buffer: Buffer) -> bool:
    return buffer.size.constant == 1


def _sum_text(offset: Size, terms: Iterable[tuple[Size, str]]) -> str:
    parts = [] if offset == ZERO else [offset.c()]
    for step, index in terms:
        if step == ONE:
            parts.append(index)
        elif step != ZERO:
            parts.append(f"{index} * {step.c()}")
    return " + ".join(parts) or "0"


def _number(value: float | int | bool | Size, dtype: torch.dtype) -> str:
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


