"""The sizes of one value before and after each module of a layer.

Linear(pixel, 10) -> Tanh   of a value over [pixel]   ->   [pixel] [10] [10]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bayesdsl.model import ir
from bayesdsl.types.sizes import Count, Misfit, Sizes

KnownSizes = Mapping[str, int | None]


def sizes_of(plates: ir.Plates, known: KnownSizes) -> Sizes:
    """The sizes of a value over plates."""
    return tuple(Count(1, (ir.base_plate(plate),), known.get(ir.base_plate(plate))) for plate in plates)


def follow(layer: ir.Layer, known: KnownSizes) -> ir.Layer:
    """The layer with the sizes before and after each step. `known` are the sizes of plates, as far as they are known.

    Raises `Misfit`, whose `at` is the step that something does not fit, the sizes before it, and whether it is the
    first one.
    """
    steps, after = _along(layer.steps, _inputs(layer, known), known, first=True)
    heads = tuple(_along(head, after, known, first=not steps)[0] for head in layer.heads)
    return replace(layer, steps=steps, heads=heads)


def _inputs(layer: ir.Layer, known: KnownSizes) -> Sizes:
    """What goes into the first step: the arguments side by side along their last dimension."""
    if all(not plates for plates in layer.inputs):
        first = layer.all_steps()[0]
        return () if first.row.takes_category else (Count(len(layer.inputs)),)
    each = [sizes_of(plates, known) or (Count(1),) for plates in layer.inputs]
    if len(each) == 1:
        return each[0]
    last = [sizes[-1].known for sizes in each]
    total = None if None in last else Count(sum(last))
    return (*each[0][:-1], total)


def _along(
    steps: tuple[ir.Step, ...], before: Sizes, known: KnownSizes, first: bool
) -> tuple[tuple[ir.Step, ...], Sizes]:
    done: list[ir.Step] = []
    for step in steps:
        settings = {name: _known(value, known) for name, value in step.settings}
        try:
            after = step.row.sizes(before, settings)
        except Misfit as found:
            found.at = (step, before, first and not done)
            raise
        done.append(replace(step, before=before, after=after))
        before = after
    return tuple(done), before


def _known(value: object, known: KnownSizes) -> object:
    """A setting with what is known of the sizes of plates."""
    if isinstance(value, tuple):
        return tuple(_known(item, known) for item in value)
    if not isinstance(value, Count) or value.known is not None:
        return value
    total: int | None = value.factor
    for plate in value.plates:
        size = known.get(plate)
        total = None if size is None or total is None else total * size
    return replace(value, value=total)
