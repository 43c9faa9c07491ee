"""Loops over the same rows done block by block, all of them on one block before the next.

What one loop hands to the next is a block long and stays in the nearest cache; data are read once; blocks can be shared
out among threads. A loop may take part where every row needs of the others nothing but its own row.

    for i < n: e[i] = X[i] . b            three passes over n rows, with e and r in memory
    for i < n: r[i] = y[i] - expit(e[i])
    for i < n: g += r[i] * X[i]

    for block: (the three, on 256 rows)   one pass
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bayesdsl.runtime.compiled.fusion import dependencies, is_for_blas
from bayesdsl.runtime.compiled.loops import Apply, Buffer, Iota, Load, Loop, Stage, Store, loads
from bayesdsl.runtime.compiled.sizes import ZERO, Size, product

# A fixed number of rows is worth blocks from here on.
_FEWEST_ROWS = 64

# As many numbers as a row may hand on.
_WIDEST = 64


@dataclass(eq=False)
class Region:
    """Loops over the same `rows`. `row` is which dimension of each loop they are.

    `local` are the buffers that exist for a block at a time, `carried` those that sums over all rows go to, with the
    store that does it.
    """

    rows: Size
    loops: list[Loop]
    row: dict[Loop, int]
    local: set[Buffer] = field(default_factory=set)
    carried: dict[Buffer, Store] = field(default_factory=dict)


def regions(stages: Sequence[Stage], outputs: set[Buffer]) -> list[Stage | Region]:
    """The stages in order, those over rows gathered in regions."""
    after = dependencies(stages)
    rows = {p: found for p, stage in enumerate(stages) if (found := _row(stage)) is not None}
    done: set[int] = set()
    waiting = list(range(len(stages)))
    result: list[Stage | Region] = []
    while waiting:
        ready = [p for p in waiting if after[p] <= done]
        plain = [p for p in ready if p not in rows]
        if plain:
            for p in plain:
                result.append(stages[p])
                done.add(p)
            waiting = [p for p in waiting if p not in done]
            continue
        size = stages[ready[0]].shape[rows[ready[0]]]
        members = _grown(size, waiting, stages, rows, after, done)
        region = Region(size, [stages[p] for p in members], {stages[p]: rows[p] for p in members})
        result.append(region)
        done.update(members)
        waiting = [p for p in waiting if p not in done]
    for region in result:
        if isinstance(region, Region):
            _place(region, stages, outputs)
    return result


def row_step(buffer: Buffer, rows: Size) -> Size | None:
    """How far apart in memory two rows of a buffer are; None where rows are not its first or last dimension."""
    shape = [size for size in buffer.shape if size.constant != 1]
    if not shape:
        return None
    if shape[0] == rows:
        return product(shape[1:])
    return Size.of(1) if shape[-1] == rows else None


def leads(buffer: Buffer, rows: Size) -> bool:
    """Whether rows are the first of several dimensions of a buffer."""
    shape = [size for size in buffer.shape if size.constant != 1]
    return len(shape) > 1 and shape[0] == rows


def _row(stage: Stage) -> int | None:
    """Which dimension of a loop is its rows, None where it is no loop over rows."""
    if not isinstance(stage, Loop) or is_for_blas(stage):
        return None
    candidates = [d for d, size in enumerate(stage.shape) if size.constant is None or size.constant >= _FEWEST_ROWS]
    candidates = [d for d in candidates if _suits(stage, d)]
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    # Data say which of two is the rows: a table's first dimension.
    for load in (load for store in stage.stores for load in loads(store)):
        if load.buffer.role == "input" and len(load.terms) > 1:
            steps = {index: step for step, index in load.terms if isinstance(index, int)}
            for d in candidates:
                if leads(load.buffer, stage.shape[d]) and steps.get(d) == row_step(load.buffer, stage.shape[d]):
                    return d
    return candidates[0]


def _suits(loop: Loop, row: int) -> bool:
    """Whether a loop can be done block by block over one of its dimensions, and is the quicker for it."""
    others = product(size for d, size in enumerate(loop.shape) if d != row)
    for store in loop.stores:
        if row in {index for _, index in store.terms if isinstance(index, int)}:
            if not is_own_row(store, loop.shape[row], row) or not _narrow(store.buffer, loop.shape[row]):
                return False
        elif store.mode == "set":
            # Of two rows that choose the same place the last would have to win.
            return False
        for load in loads(store):
            if load.buffer.role != "input" and row in dims_of(load.terms) and others.constant is None:
                if not _narrow(load.buffer, loop.shape[row]):
                    return False
    return True


def width_of(buffer: Buffer, rows: Size) -> Size:
    """How many numbers of a buffer belong to one row. Another dimension may be as long as the rows are many."""
    shape = list(buffer.shape)
    if rows in shape:
        shape.remove(rows)
    return product(shape)


def _narrow(buffer: Buffer, rows: Size) -> bool:
    step = row_step(buffer, rows)
    if step is None:
        return False
    width = width_of(buffer, rows).constant
    return width is not None and width <= _WIDEST


def _grown(
    size: Size, waiting: list[int], stages: Sequence[Stage], rows: dict[int, int], after: list[set[int]], done: set[int]
) -> list[int]:
    """The loops over these rows that can be done now, block by block together."""
    members: list[int] = []
    changed = True
    while changed:
        changed = False
        for p in waiting:
            if p in members or p not in rows or stages[p].shape[rows[p]] != size:
                continue
            inside = [q for q in after[p] if q not in done]
            if all(q in members for q in inside) and all(
                _hands_on(stages[q], rows[q], stages[p], rows[p]) for q in inside
            ):
                members.append(p)
                changed = True
    return members


def _hands_on(first: Loop, first_row: int, second: Loop, second_row: int) -> bool:
    """Whether the second loop needs of what the first has written its own row alone."""
    rows = first.shape[first_row]
    written = {store.buffer: store for store in first.stores}
    for store in first.stores:
        if store.buffer in second.writes() and not store.buffer.in_pieces and not is_own_row(store, rows, first_row):
            return False
    for store in second.stores:
        if store.buffer in written and not store.buffer.in_pieces and not is_own_row(store, rows, second_row):
            return False
        for load in loads(store):
            source = written.get(load.buffer)
            if source is not None and not (is_own_row(source, rows, first_row) and is_own_row(load, rows, second_row)):
                return False
    return True


def is_own_row(access: Load | Store, rows: Size, row: int) -> bool:
    """Whether an element of a buffer's row is meant, of the row that the loop is at."""
    step = row_step(access.buffer, rows)
    own = [s for s, index in access.terms if index == row]
    if step is None or own != [step]:
        return False
    if any(not isinstance(index, int) and row in _dims_within(index) and s == step for s, index in access.terms):
        return False
    if leads(access.buffer, rows):
        # What is added to the row's start must stay inside the row.
        width = step.constant
        offset = access.offset.constant
        return (width is None and access.offset == ZERO) or (
            offset is not None and width is not None and 0 <= offset < width
        )
    return step.constant == 1 and _whole_rows(access, rows)


def _whole_rows(access: Load | Store, rows: Size) -> bool:
    """Whether everything but the row is a whole number of rows away, in a buffer whose rows are its last dimension."""
    parts = [access.offset, *(s for s, index in access.terms if s.constant != 1)]
    return all(not part.terms or divided(part, rows) is not None for part in parts)


def divided(size: Size, by: Size) -> Size | None:
    """`size / by` where `by` is a single number or plate and divides it."""
    constant = by.constant
    if constant is not None:
        if any(factor % constant for _, factor in size.terms):
            return None
        return Size(tuple((names, factor // constant) for names, factor in size.terms))
    if len(by.terms) != 1 or by.terms[0][1] != 1 or len(by.terms[0][0]) != 1:
        return None
    (name,) = by.terms[0][0]
    if any(name not in names for names, _ in size.terms):
        return None
    return Size(tuple(sorted((_without(names, name), factor) for names, factor in size.terms)))


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    at = names.index(name)
    return names[:at] + names[at + 1 :]


def _place(region: Region, stages: Sequence[Stage], outputs: set[Buffer]) -> None:
    """Find what exists for a block at a time, and what is summed over all."""
    inside = set(region.loops)
    outside = {buffer for stage in stages if stage not in inside for buffer in stage.reads() | stage.writes()}
    for loop in region.loops:
        for store in loop.stores:
            if is_own_row(store, region.rows, region.row[loop]):
                if store.buffer not in outside and store.buffer not in outputs and store.buffer.role == "temporary":
                    region.local.add(store.buffer)
            else:
                region.carried[store.buffer] = store
    for loop in region.loops:
        for store in loop.stores:
            for load in loads(store):
                if load.buffer in region.local and not is_own_row(load, region.rows, region.row[loop]):
                    region.local.discard(load.buffer)


def dims_of(terms: tuple[tuple[Size, object], ...]) -> set[int]:
    found: set[int] = set()
    for _, index in terms:
        found |= {index} if isinstance(index, int) else _dims_within(index)
    return found


def _dims_within(expr: object) -> set[int]:
    match expr:
        case Iota():
            return {expr.dim}
        case Load():
            return dims_of(expr.terms)
        case Apply():
            return set().union(*(_dims_within(arg) for arg in expr.args))
    return set()
