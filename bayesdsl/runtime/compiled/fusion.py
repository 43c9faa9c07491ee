"""Loops over the same places done in one loop, so that what they hand on stays in registers.

for i: t1[i] = a * x[i]
for i: t2[i] = exp(t1[i])       three loops
for i: s += t2[i]

for i: s += exp(a * x[i])       one
"""

from __future__ import annotations

from collections.abc import Sequence

from bayesdsl.runtime.compiled.loops import Buffer, Loop, Stage, Store, loads
from bayesdsl.runtime.compiled.sizes import Size, product

# A loop with more stores than this is no faster, and takes the compiler long.
_MOST_STORES = 200

# A matrix product with fewer multiplications is a loop, beyond it is left to BLAS.
_SMALL_PRODUCT = 4096

# As many columns as a row of a matrix product in a loop over rows may have, times those of the other side.
_NARROW = 1024


def is_for_blas(loop: Loop) -> bool:
    """Whether a matrix product is large enough for BLAS: neither narrow nor of a vector."""
    if loop.product is None or any(store.mode != "add" for store in loop.stores):
        return False
    (m, k), n = loop.product.left.shape, loop.product.right.shape[-1]
    if any(size.constant == 1 for size in (m, n, k)):
        return False
    known = [size.constant for size in (m, n, k) if size.constant is not None]
    total = product((m, n, k)).constant
    if total is not None:
        return total > _SMALL_PRODUCT
    narrow = 1
    for size in known:
        narrow *= size
    return len(known) < 2 or narrow > _NARROW


def needed(stages: Sequence[Stage], outputs: set[Buffer]) -> list[Stage]:
    """The stages without those whose results nobody reads."""
    wanted, kept = set(outputs), []
    for stage in reversed(stages):
        if stage.writes() & wanted:
            wanted |= stage.reads() | stage.writes()
            kept.append(stage)
    return kept[::-1]


def fuse(stages: Sequence[Stage]) -> list[Stage]:
    """The stages with loops over the same places put together, in an order in which they can be done."""
    return _Fusion(stages).result()


class _Fusion:
    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = list(stages)
        self.after = dependencies(stages)
        # For each group, the groups that it comes after, however indirectly, as bits.
        self.before: list[int] = []
        self.members: list[list[int]] = []
        self.group_of: dict[int, int] = {}

    def result(self) -> list[Stage]:
        by_shape: dict[tuple[Size, ...], list[int]] = {}
        for position, stage in enumerate(self.stages):
            direct = {self.group_of[p] for p in self.after[position]}
            joined = None
            if isinstance(stage, Loop) and not is_for_blas(stage):
                for group in reversed(by_shape.get(stage.shape, [])[-40:]):
                    if self.may_join(group, position, direct):
                        joined = group
                        break
            if joined is None:
                self.open(position, direct)
                if isinstance(stage, Loop) and not is_for_blas(stage):
                    by_shape.setdefault(stage.shape, []).append(self.group_of[position])
            else:
                self.join(joined, position, direct)
        return self.ordered()

    def open(self, position: int, direct: set[int]) -> None:
        self.group_of[position] = len(self.members)
        self.members.append([position])
        self.before.append(self.reach(direct))

    def reach(self, direct: set[int]) -> int:
        bits = 0
        for group in direct:
            bits |= self.before[group] | 1 << group
        return bits

    def join(self, group: int, position: int, direct: set[int]) -> None:
        self.group_of[position] = group
        self.members[group].append(position)
        added = self.reach(direct - {group}) & ~(1 << group)
        self.before[group] |= added
        for other in range(len(self.members)):
            if self.before[other] >> group & 1:
                self.before[other] |= added

    def may_join(self, group: int, position: int, direct: set[int]) -> bool:
        stage = self.stages[position]
        members = [self.stages[p] for p in self.members[group]]
        if members[0].serial != stage.serial or sum(len(m.stores) for m in members) >= _MOST_STORES:
            return False
        if any(self.before[d] >> group & 1 for d in direct if d != group):
            return False
        written = {store.buffer: store for member in members for store in member.stores}
        for store in stage.stores:
            for load in loads(store):
                source = written.get(load.buffer)
                if source is not None and (load.buffer.in_pieces or not _same_place(source, load)):
                    return False
            if store.buffer in written and not store.buffer.in_pieces:
                return False
        read = {load.buffer for member in members for store in member.stores for load in loads(store)}
        return not any(store.buffer in read for store in stage.stores)

    def ordered(self) -> list[Stage]:
        done, result = 0, []
        waiting = list(range(len(self.members)))
        while waiting:
            group = next(g for g in waiting if not self.before[g] & ~done)
            waiting.remove(group)
            done |= 1 << group
            result.append(self.merged([self.stages[p] for p in sorted(self.members[group])]))
        return result

    def merged(self, members: list[Stage]) -> Stage:
        if len(members) == 1:
            return members[0]
        stores = [store for member in members for store in member.stores]
        fresh = set().union(*(member.fresh for member in members))
        return Loop(members[0].shape, stores, members[0].serial, fresh=fresh)


def dependencies(stages: Sequence[Stage]) -> list[set[int]]:
    """For each stage the stages that must come before it."""
    writers: dict[Buffer, list[int]] = {}
    readers: dict[Buffer, list[int]] = {}
    result = []
    for position, stage in enumerate(stages):
        before: set[int] = set()
        for buffer in stage.reads():
            before.update(writers.get(buffer, ()))
            readers.setdefault(buffer, []).append(position)
        for buffer in stage.writes():
            if not buffer.in_pieces:
                before.update(writers.get(buffer, ()))
                before.update(r for r in readers.get(buffer, ()) if r != position)
            writers.setdefault(buffer, []).append(position)
        result.append(before)
    return result


def _same_place(store: Store, load: object) -> bool:
    """Whether a load reads what the store has just put there."""
    return store.mode == "set" and store.offset == load.offset and store.terms == load.terms
