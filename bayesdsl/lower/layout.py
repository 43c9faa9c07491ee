"""Where plates stand in tensors, and how a tensor is brought from one layout to another.

A layout names the plate of each dimension, None where a dimension of size one stands for a plate that the tensor does
not have. Layouts are compared from the right, as broadcasting does.
"""

from __future__ import annotations

from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py

Layout = tuple[str | None, ...]


def assign_dims(model: ir.Model) -> dict[str, int]:
    """A dimension of Pyro's, counted from the right, for every plate: plates of one site never share one.

    Plates that stand further right in a site get the dimensions further right.
    """
    # The weights of a layer are drawn as one value: their dimensions are no plates of Pyro's.
    sites = [s.plates for s in model.statements if isinstance(s, ir.Sample | ir.Observed) and not is_weight(s)]
    for guide in model.guides.values():
        if isinstance(guide, ir.GuideBody):
            sites += [s.plates for s in guide.statements if isinstance(s, ir.Sample)]
    dims: dict[str, int] = {}
    for plates in sorted(sites, key=len, reverse=True):
        for plate in reversed(plates):
            if plate not in dims:
                taken = {dims[other] for site in sites if plate in site for other in site if other in dims}
                dims[plate] = next(-d for d in range(1, len(taken) + 2) if -d not in taken)
    return dims


def is_weight(statement: ir.Statement) -> bool:
    return isinstance(statement, ir.Sample | ir.Parameter) and statement.layer is not None


def batch_layout(plates: ir.Plates, dims: dict[str, int]) -> Layout:
    """The layout of a site's independent copies: each plate at its own dimension."""
    if not plates:
        return ()
    rank = max(-dims[plate] for plate in plates)
    at = {dims[plate]: plate for plate in plates}
    return tuple(at.get(-d) for d in range(rank, 0, -1))


def value_layout(plates: ir.Plates, dims: dict[str, int]) -> Layout:
    """The layout of a deterministic quantity: as a site's where its plates have different dimensions."""
    known = [dims.get(plate) for plate in plates]
    if None not in known and len(set(known)) == len(known):
        return batch_layout(plates, dims)
    return plates


def without(layout: Layout, plates: ir.Plates) -> Layout:
    """The layout with these plates' dimensions given up."""
    return tuple(None if plate in plates else plate for plate in layout)


def align(value: py.Expr, layout: Layout, target: Layout) -> py.Expr:
    """A view of a tensor that broadcasts against `target`.

    `layout` is that of the tensor; every plate in it is one of the target's.
    """
    if _broadcasts(layout, target):
        return value
    own = [plate for plate in layout if plate is not None]
    wanted = [plate for plate in target if plate in own]
    if wanted != own:
        if None in layout:
            value = py.index(value, *(0 if plate is None else slice(None) for plate in layout))
        order = [own.index(plate) for plate in wanted]
        value = py.attr(value, "T") if order == [1, 0] else py.method(value, "permute", *order)
        layout = tuple(wanted)
    items: list[object] = []
    rest = list(layout)
    for plate in target[target.index(wanted[0]) :]:
        if plate in wanted:
            while rest[0] is None:
                rest.pop(0)
                items.append(0)
            rest.pop(0)
            items.append(slice(None))
        elif rest and rest[0] is None:
            rest.pop(0)
            items.append(slice(None))
        else:
            items.append(None)
    items += [0] * len(rest)
    return py.index(value, *items) if any(item != slice(None) for item in items) else value


def _broadcasts(layout: Layout, target: Layout) -> bool:
    """Whether a tensor laid out so broadcasts against `target` as it is."""
    pairs = zip(reversed(layout), reversed(target), strict=False)
    return len(layout) <= len(target) and all(mine is None or mine == theirs for mine, theirs in pairs)
