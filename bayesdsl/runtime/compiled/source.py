"""Stages as the text of a function in C.

    void NAME(const void *const *in, void *const *out, const int64_t *sizes, void *work)

`sizes` are those of the plates, then the number of threads. Every value in a loop is a variable of its own; the
compiler shares and vectorises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bayesdsl.runtime.compiled.blocks import block_of, passes
from bayesdsl.runtime.compiled.bodies import At, Body, sum_text
from bayesdsl.runtime.compiled.fusion import fuse, is_for_blas, needed
from bayesdsl.runtime.compiled.loops import (
    C_TYPES,
    Buffer,
    Const,
    Expr,
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
from bayesdsl.runtime.compiled.nests import Nest, assigns, header, is_scalar, start_of
from bayesdsl.runtime.compiled.regions import Region, divided, is_own_row, leads, regions
from bayesdsl.runtime.compiled.row_functions import RowFunction
from bayesdsl.runtime.compiled.sizes import ONE, ZERO, Size

# Buffers of a known size up to this many numbers are arrays of the function, as long as all of them are not more than
# so many; others are in its workspace.
_ON_STACK, _ALL_ON_STACK = 512, 8192


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
    # What varies is handed over even where nobody reads it: who calls knows its place.
    inputs = tuple(b for b, given in lowered.given.items() if b in read or given in lowered.varying)
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
    # Where sums over rows go while a region is at work.
    carried: dict[Buffer, str] = field(default_factory=dict)
    # Those of them that are kept in copies.
    copied: set[str] = field(default_factory=set)
    # Arrays for sums over rows, with their bytes.
    sums_work: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0

    def text(self) -> Text:
        self.by_column = self.columns()
        self.passes = [p for item in self.items for p in (passes(item) if isinstance(item, Region) else [[item]])]
        self.users = self.passes_by_buffer()
        self.work: list[tuple[str, str, str]] = []
        for position, buffer in enumerate(self.inputs):
            self.declare(buffer, f"const {C_TYPES[buffer.dtype]} *restrict ", f"in[{position}]")
        for position, buffer in enumerate(self.outputs):
            self.declare(buffer, f"{C_TYPES[buffer.dtype]} *restrict ", f"out[{position}]")
        for item in self.items:
            self.item(item)
        written = "\n".join((*self.functions, *self.lines))
        declarations, work = self.temporaries(written)
        lines = [
            *self.functions,
            f"int64_t {self.name}_workspace(const int64_t *sizes) {{",
            *self.size_lines(),
            "  int64_t bytes_ = 0;",
            *(f"  bytes_ += {part};" for part in work),
            "  return bytes_;",
            "}",
            "",
            f"void {self.name}(const void *const *in, void *const *out, const int64_t *sizes, void *work) {{",
            *self.size_lines(),
            f"  const int threads = (int)sizes[{len(self.plates)}];",
            "  char *free_ = (char *)work;",
            *declarations,
            *self.lines,
            "  (void)in; (void)out; (void)free_; (void)threads;",
            "}",
            "",
        ]
        return Text(self.name, "\n".join(lines), self.inputs, self.by_column, self.outputs)

    def size_lines(self) -> list[str]:
        return [f"  const int64_t {p} = sizes[{i}]; (void){p};" for i, p in enumerate(self.plates)]

    def columns(self) -> frozenset[Buffer]:
        """The inputs that are wanted column by column: read by loops over their rows alone."""
        wanted: set[Buffer] = set()
        refused: set[Buffer] = set()
        for item in self.items:
            if not isinstance(item, Region):
                refused |= item.reads()
                continue
            for loop in item.loops:
                for load in (load for store in loop.stores for load in loads(store)):
                    suits = load.buffer.shape[:1] == (item.rows,) and leads(load.buffer, item.rows)
                    suits = suits and is_own_row(load, item.rows, item.row[loop])
                    (wanted if suits else refused).add(load.buffer)
        return frozenset(b for b in wanted - refused if b.role == "input")

    def passes_by_buffer(self) -> dict[Buffer, set[int]]:
        """Which passes read or write a buffer."""
        users: dict[Buffer, set[int]] = {}
        for position, stages in enumerate(self.passes):
            for buffer in (b for stage in stages for b in sorted(stage.reads() | stage.writes(), key=lambda b: b.name)):
                users.setdefault(buffer, set()).add(position)
        return users

    def declare(self, buffer: Buffer, kind: str, value: str) -> None:
        self.declared[buffer.name] = kind
        self.lines.append(f"  {kind}{buffer.name} = ({kind.replace('restrict ', '')}){value};")

    def temporaries(self, written: str) -> tuple[list[str], list[str]]:
        """The declarations of the temporary buffers that the text names, and the bytes that they take of the work."""
        names = set(re.findall(r"\b\w+\b", written))
        lines, work, left = [], [], _ALL_ON_STACK
        local = {b for item in self.items if isinstance(item, Region) for b in item.local}
        for buffer in self.users:
            kind, size = C_TYPES[buffer.dtype], buffer.size
            if buffer.role != "temporary" or buffer.name not in names or buffer in local:
                continue
            if is_scalar(buffer):
                lines.append(f"  {kind} {buffer.name} = 0;")
            elif size.constant is not None and size.constant <= min(_ON_STACK, left):
                left -= size.constant
                lines.append(f"  {kind} {buffer.name}[{max(1, size.constant)}] __attribute__((aligned(64)));")
            else:
                work.append(f"BD_ALIGNED(sizeof({kind}) * (size_t){size.c()})")
                lines.append(f"  {kind} *restrict {buffer.name} = ({kind} *)free_; free_ += {work[-1]};")
        for name, bytes_ in self.sums_work:
            work.append(bytes_)
            lines.append(f"  double *restrict {name} = (double *)free_; free_ += {bytes_};")
        return lines, work

    def item(self, item: Stage | Region) -> None:
        for buffer in _writes(item):
            if buffer.role == "temporary":
                kind = C_TYPES[buffer.dtype]
                self.declared[buffer.name] = f"const {kind} " if is_scalar(buffer) else f"{kind} *restrict "
        match item:
            case Region():
                self.region(item)
            case Loop() if is_for_blas(item):
                self.product(item)
            case Loop():
                self.plain(item)
            case Scan():
                self.scan(item)
            case _:
                names = [_address(buffer) for buffer in (*item.inputs, *item.outputs)]
                self.lines.append(f"  {item.function}({', '.join((*names, *(size.c() for size in item.sizes)))});")

    def fresh_name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count}"

    # Places

    def place(self, buffer: Buffer, offset: Size, terms: Sequence[tuple[Size, str]], at: At) -> str:
        """An element of a buffer as an expression in C that can be written to as well."""
        carried = self.carried.get(buffer)
        if is_scalar(buffer) and buffer.role == "temporary":
            return carried or buffer.name
        if carried in self.copied:
            copy = f"{at.copy} * step_{carried} + " if at.copy else ""
            return f"{carried}[{copy}{sum_text(offset, terms)}]"
        if at.region is not None and (buffer in at.region.local or buffer in self.by_column):
            inner = [(step, index) for step, index in terms if index != at.row_index]
            rows = at.region.rows
            if not leads(buffer, rows):
                offset, inner = divided(offset, rows) or ZERO, [(divided(s, rows) or s, i) for s, i in inner]
            flat = sum_text(offset, inner)
            row, far = (at.here, str(block_of(at.region))) if buffer in at.region.local else (at.row_index, rows.c())
            return f"{buffer.name}[{row}]" if flat == "0" else f"{buffer.name}[{row} + ({flat}) * {far}]"
        return f"{carried or buffer.name}[{sum_text(offset, terms)}]"

    # Loops one after another

    def plain(self, loop: Loop) -> None:
        """A loop in the order of its dimensions."""
        looped = list(range(len(loop.shape)))
        for store in loop.stores:
            if store.mode != "set" and store.buffer in loop.fresh and not assigns(store, looped):
                self.lines += self.filled(store.buffer, start_of(store))
        nest = Nest(self, [loop], [header(f"i{d}", loop.shape[d].c()) for d in looped])
        nest.take(loop, [At({d: f"i{d}" for d in looped})])
        self.lines += [*nest.fixed("  "), *nest.text()]

    def filled(self, buffer: Buffer, value: str) -> list[str]:
        if is_scalar(buffer) and buffer.role == "temporary":
            return [f"  {buffer.name} = {value};"]
        return [f"  for (int64_t i = 0; i < {buffer.size.c()}; i++) {buffer.name}[i] = {value};"]

    def scan(self, stage: Scan) -> None:
        """Running totals: a variable that lives as long as the innermost loop."""
        rank = len(stage.shape)
        at = At({d: f"i{d}" for d in range(rank)})
        body = Body(self, "  " * (rank + 1))
        value = body.value(stage.store.value, at, stage.store.buffer.dtype)
        run, start = self.fresh_name("run"), "0" if "+" in stage.store.mode else "1"
        for d in range(rank):
            if d == rank - 1:
                self.lines.append("  " * (d + 1) + f"double {run} = {start};")
            self.lines.append("  " * (d + 1) + f"for (int64_t i{d} = 0; i{d} < {stage.shape[d].c()}; i{d}++) {{")
        self.lines += body.text(set())
        self.lines.append(body.pad + f"{run} = {stage.store.mode.format(run, value)};")
        self.lines.append(body.pad + f"{body.where(stage.store, at)} = {run};")
        self.lines += ["  " * (d + 1) + "}" for d in reversed(range(rank))]

    def product(self, loop: Loop) -> None:
        """A matrix product for BLAS."""
        left, right, out = loop.product.left, loop.product.right, loop.product.out
        (m, k), n = left.shape, right.shape[-1]
        kind = C_TYPES[loop.stores[0].buffer.dtype]
        args = [m.c(), n.c(), k.c()]
        for view in (left, right, out):
            args += [f"{_address(view.buffer)} + {view.offset.c()}", *(s.c() for s in view.strides)]
        self.lines.append(f"  bd_gemm_{kind}({', '.join(args)});")

    def region(self, region: Region) -> None:
        """A function of its own for some of the rows, called for all, or by several threads for a chunk each."""
        made = RowFunction(self, region, f"{self.name}_rows{len(self.functions)}")
        self.functions.append(made.text)
        self.lines += made.calls
        self.sums_work.append((made.sums, made.bytes_of_sums))


def _address(buffer: Buffer) -> str:
    return f"&{buffer.name}" if is_scalar(buffer) and buffer.role == "temporary" else buffer.name
