"""How loops over rows are taken: how many rows at a time, which dimensions are written out, what goes in one loop."""

from __future__ import annotations

from bayesdsl.runtime.compiled.loops import Loop
from bayesdsl.runtime.compiled.regions import Region, width_of
from bayesdsl.runtime.compiled.sizes import product

# Rows in a block at most, and fewer where a row hands on much: a block's numbers are on the stack of a thread, which
# may be small, and fit a near cache.
_LARGEST_BLOCK, _SMALLEST_BLOCK = 256, 16
_BLOCK_BYTES = 192 * 1024

# Dimensions of a loop over rows with at most so many places are written out place by place.
_WRITTEN_OUT = 32

# Nor more statements than this: the compiler takes its time.
_MOST_WRITTEN_OUT = 128

# So many statements at most are put in one loop over a block.
_MOST_STATEMENTS = 200


def block_of(region: Region) -> int:
    """How many rows to do at a time."""
    widths = (width_of(buffer, region.rows).constant for buffer in region.local)
    block, row = _LARGEST_BLOCK, 8 * sum(widths)
    while block > _SMALLEST_BLOCK and block * row > _BLOCK_BYTES:
        block //= 2
    return block


def split_dims(region: Region, loop: Loop) -> tuple[list[int], list[int]]:
    """The dimensions of a loop over rows that are loops in C, the row last, and those that are written out."""
    row, places = region.row[loop], 1
    most = min(_WRITTEN_OUT if len(loop.shape) == 2 else _WRITTEN_OUT // 2, _MOST_WRITTEN_OUT // len(loop.stores))
    written = []
    for d in reversed(range(len(loop.shape))):
        size = loop.shape[d].constant
        if d != row and size is not None and places * size <= most and not loop.serial:
            written.append(d)
            places *= size
    return [d for d in range(len(loop.shape)) if d != row and d not in written] + [row], written


def passes(region: Region) -> list[list[Loop]]:
    """The loops of a region that are done in one loop over a block: those one after another of rows alone."""
    result: list[list[Loop]] = []
    open_, statements = False, 0
    for loop in region.loops:
        looped, written = split_dims(region, loop)
        flat = len(looped) == 1 and not loop.serial
        more = len(loop.stores) * product(loop.shape[d] for d in written).constant
        if flat and open_ and statements + more <= _MOST_STATEMENTS:
            result[-1].append(loop)
            statements += more
        else:
            result.append([loop])
            statements = more
        open_ = flat
    return result
