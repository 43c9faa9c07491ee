"""Data of made-up lengths, at which a program is traced to see how its sizes follow from those of plates."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled.operations import Trial

# Lengths unlike each other, so that a size seen in a program points to one plate, and in no order, so that no sum of
# some looks like others. Long enough that no size is 1 by chance, short enough that tracing is quick.
_LENGTHS = 3
_PRIMES = [
    11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127,
    131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239, 241, 251,
]  # fmt: skip

# How many numbers a model's variables may be at made-up lengths: over several plates they would soon be gigabytes.
_MOST_NUMBERS = 100_000

# More rows than one thread does at a time, few enough for Python.
_ENOUGH = 40_000


def plates_of(bound: BoundModel) -> dict[str, str]:
    """The plates whose sizes a program depends on and only data tell, and what their size is called in C."""
    named = [*bound.counts.values(), *(plate for layout in bound.layouts.values() for plate in layout)]
    return {plate: f"n{i}" for i, plate in enumerate(sorted(set(named) & bound.growing))}


def tensors_of(bound: BoundModel) -> list[str]:
    """The arguments of the model that are tensors, in a fixed order."""
    return sorted(name for name, value in bound.inputs.items() if isinstance(value, torch.Tensor))


# What the rows of a minibatch are called in C.
ROWS = "rows"


def sizes_of(bound: BoundModel, batch: int | None = None) -> dict[str, int] | None:
    """The size of every plate by its name in C, and of a minibatch; None where the data do not tell."""
    found: dict[str, int] = {} if batch is None else {ROWS: batch}
    names = plates_of(bound)
    for argument, plate in bound.counts.items():
        if plate in names:
            found[names[plate]] = bound.inputs[argument]
    for argument in tensors_of(bound):
        value, layout = bound.inputs[argument], bound.layouts.get(argument)
        if layout is None or len(layout) != value.dim():
            return None
        for size, plate in zip(value.shape, layout, strict=True):
            if plate in names and found.setdefault(names[plate], size) != size:
                return None
    return found


@dataclass(frozen=True)
class MadeUp:
    """A model with data of made-up lengths. `batch` is how many rows a minibatch has, where there are any."""

    bound: BoundModel
    batch: int | None = None


def made_up(bound: BoundModel, batch: str | None = None) -> list[MadeUp]:
    """The model with data of made-up lengths, rows of the real ones. `batch` is a plate of which it is given some rows.

    Empty where its lengths are not known, or where with others it would be too large.
    """
    names, sizes = sorted(plates_of(bound)), sizes_of(bound)
    count = len(names) + (batch is not None)
    if sizes is None or not count:
        return []
    # With as many trials as there are numbers to tell, and one more where that is but one.
    trials = max(_LENGTHS, count + 1)
    # A labelled member's position must be one that there is.
    positions = [v for name, v in bound.inputs.items() if isinstance(v, int) and name not in bound.counts]
    primes = [p for p in _PRIMES if p > max(positions, default=0)]
    if batch is not None and batch not in names:
        primes = [p for p in primes if p < len(bound.coords[batch])]
    if len(primes) < count * trials:
        return []
    chosen = iter(Random(0).sample(primes[: 2 * count * trials], count * trials))
    result = []
    for _ in range(trials):
        lengths = dict(zip(names, chosen))
        rows = None if batch is None else next(chosen)
        if rows is not None and lengths.get(batch, rows) < rows:
            lengths[batch], rows = rows, lengths[batch]
        coords = bound.coords | {name: list(range(length)) for name, length in lengths.items()}
        changed = replace(bound, inputs=_resized(bound, lengths), starts=(), coords=coords)
        result.append(MadeUp(changed, rows))
    return result if all(numbers_of(one.bound) <= _MOST_NUMBERS for one in result) else []


def numbers_of(bound: BoundModel) -> int:
    """How many numbers the variables of a model are, by the sizes of their plates."""

    def members(dim: str) -> int:
        return len(bound.coords[dim if dim in bound.coords else dim.rstrip("'")])

    return sum(math.prod(map(members, variable.dims)) for variable in bound.variables)


def _resized(bound: BoundModel, lengths: dict[str, int]) -> dict[str, Any]:
    inputs = dict(bound.inputs)
    for argument, plate in bound.counts.items():
        inputs[argument] = lengths.get(plate, inputs[argument])
    for argument in tensors_of(bound):
        value = bound.inputs[argument]
        for dim, plate in enumerate(bound.layouts[argument]):
            if plate in lengths:
                value = value.index_select(dim, torch.arange(lengths[plate]) % value.shape[dim])
        if not value.dtype.is_floating_point:
            # Codes of members, of whatever plate.
            value = value % min(lengths.values())
        inputs[argument] = value
    return inputs


def is_large(bound: BoundModel) -> bool:
    """Whether the data have more rows than Python should work on."""
    return any(size > _ENOUGH for size in (sizes_of(bound) or {}).values())


def shortened(bound: BoundModel) -> BoundModel | None:
    """The model with as many rows of its data as tell whether its machine code is right; None where that is all."""
    sizes, names = sizes_of(bound), plates_of(bound)
    if sizes is None or not is_large(bound):
        return None
    lengths = {plate: min(sizes[name], _ENOUGH) for plate, name in names.items()}
    return replace(bound, inputs=_resized(bound, lengths), starts=())


def trial_of(bound: BoundModel, extra: list[torch.Tensor]) -> Trial:
    """The inputs of a function of `extra` tensors and the model's data."""
    return Trial(sizes_of(bound) or {}, [*extra, *(bound.inputs[name] for name in tensors_of(bound))])
