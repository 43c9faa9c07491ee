"""Which latents of a model an earlier run has, member by member.

the run: a over county A, B; the data: B, C   ->   the run gives a[B]; a[C] keeps the spec's prior; a[A] is left out
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np

from bayesdsl.catalogue.functions import COLUMN_FUNCTIONS
from bayesdsl.catalogue.types import CONSTRAINTS
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.lower.layout import Layout
from bayesdsl.model import ir
from bayesdsl.runtime.earlier import errors
from bayesdsl.runtime.engines.collect import members
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.types.supports import ELEMENTWISE, REAL

# Matrices that torch has no map with a volume for.
_NO_VOLUME = ("covariance", "lower_cholesky")


@dataclass(frozen=True)
class Match:
    """A latent that the run gives.

    `values` are its draws, of shape (draw, copies that the run had, *event), both as the program lays them out.
    `shape` and `known` are those of `model.earlier.Carried`. `copies` are the labels of the copies that the run had.
    """

    latent: ir.Sample
    values: np.ndarray
    shape: tuple[int, ...]
    known: tuple[bool, ...] | None
    copies: tuple[tuple[str, ...], ...]


@dataclass
class Matches:
    """`notes` say in words what is not carried, or in part."""

    found: list[Match] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True)
class Now:
    """The model with its data: how the program lays out each latent, and the members of every plate."""

    model: ir.Model
    layouts: Mapping[str, Layout]
    coords: Mapping[str, Sequence[object]]


@dataclass(frozen=True)
class Before:
    """A run: what it is called, its draws, and its model where the spec of it can still be read."""

    name: str
    posterior: Posterior
    model: ir.Model | None


class _Refused(Exception):
    def __init__(self, finding: Diagnostic) -> None:
        self.finding = finding
        super().__init__(finding)


def match(now: Now, before: Before) -> Matches:
    """Hold a model with its data against a run."""
    matches = Matches()
    own: list[str] = []
    unknowns = _unknowns(before)
    for latent in now.model.of(ir.Sample):
        if latent.name not in unknowns:
            own.append(latent.name)
            continue
        try:
            found = _match(now, before, latent)
        except _Refused as refused:
            matches.findings.append(refused.finding)
            continue
        if isinstance(found, str):
            matches.notes.append(found)
        else:
            matches.found.append(found)
            matches.notes += _partly(now, before, found)
    if own:
        matches.notes.append(f"the run has no {errors.listed(own)}; there the prior of the spec holds")
    names = {latent.name for latent in now.model.of(ir.Sample)}
    if left := [name for name in unknowns if name not in names]:
        matches.notes.append(f"the spec has no {errors.listed(left)}, which is left out")
    # A scale comes before what it may be the scale of: see `fit`.
    matches.found.sort(key=lambda found: found.latent.support.elements == REAL)
    return matches


def _unknowns(before: Before) -> list[str]:
    """The latents of a run: not its params, nor what it derived."""
    if before.model is None:
        return list(before.posterior.draws)
    return [latent.name for latent in before.model.of(ir.Sample) if latent.name in before.posterior.draws]


def _match(now: Now, before: Before, latent: ir.Sample) -> Match | str:
    """The latent's part of the run, or why it has none."""
    dims = before.posterior.dims[latent.name]
    if set(dims) != {*latent.plates, *latent.event}:
        raise _Refused(errors.other_plates(now.model, latent, before.name, dims))
    for plate in latent.plates:
        if _unlabelled(now.model, plate) or _unlabelled(before.model, plate):
            return (
                f"`{latent.name}`: members of `{plate}` are rows of a table without a key, so nothing tells which are "
                f"those of the run; the prior of the spec holds"
            )
    _check_support(now, before, latent)
    if latent.layer is not None:
        _check_inputs(now, before, latent)
    places = {plate: _places(now, before, latent, plate) for plate in dims}
    layout = now.layouts[latent.name]
    batch = layout[: len(layout) - len(latent.event)]
    shape = tuple(1 if plate is None else len(places[plate]) for plate in batch)
    known = np.ones(shape, dtype=bool)
    for axis, plate in enumerate(batch):
        if plate is not None:
            there = np.array([place is not None for place in places[plate]], dtype=bool)
            known &= there.reshape([-1 if a == axis else 1 for a in range(len(batch))])
    if not known.any():
        return f"`{latent.name}`: none of its members is in the run; the prior of the spec holds"
    values = _arranged(before.posterior, latent, [plate for plate in layout if plate is not None], places)
    labels = [[str(label) for label in members(plate, now.coords)] for plate in batch if plate is not None]
    flat = known.reshape(-1)
    copies = tuple(copy for copy, there in zip(product(*labels), flat, strict=True) if there)
    return Match(latent, values, shape, None if flat.all() else tuple(map(bool, flat)), copies)


def _unlabelled(model: ir.Model | None, plate: str) -> bool:
    """Whether a plate's members are rows that are known by their position alone."""
    found = model.plates.get(ir.base_plate(plate)) if model is not None else None
    return found is not None and found.origin is ir.Origin.ROWS and model.tables[found.name].key is None


# Supports


def _check_support(now: Now, before: Before, latent: ir.Sample) -> None:
    model, support = now.model, latent.support
    if latent.moving:
        hint = "make the end known, as in `share ~ Uniform(0, 1)` and `x = (1 - a) * share`"
        raise _Refused(errors.no_density(model, latent, "the values it may have depend on other unknowns", hint))
    if support.integer:
        hint = "sum over its values with Mixture(..), or give it another name to begin anew"
        raise _Refused(errors.no_density(model, latent, "its values are whole numbers", hint))
    mapped = not support.event or support.name in ELEMENTWISE or support.name in CONSTRAINTS
    if not mapped or support.name in _NO_VOLUME:
        hint = "use scales and an LKJCholesky factor instead, or give it another name to begin anew"
        raise _Refused(errors.no_density(model, latent, f"no density of a {support} can be fitted", hint))
    earlier = _sample(before.model, latent.name)
    if earlier is not None and earlier.support.interior != support.interior:
        raise _Refused(errors.other_support(model, latent, before.name, str(earlier.support)))


def _sample(model: ir.Model | None, name: str) -> ir.Sample | None:
    return next((s for s in model.of(ir.Sample) if s.name == name), None) if model is not None else None


# Members


def _places(now: Now, before: Before, latent: ir.Sample, plate: str) -> list[int | None]:
    """Where each member of a plate is in the run, None for those that it did not have."""
    new = [str(label) for label in members(plate, now.coords)]
    old = [str(label) for label in members(plate, before.posterior.coords)]
    origin = now.model.plates[ir.base_plate(plate)].origin
    whole = plate in latent.event or origin is ir.Origin.WEIGHTS
    if (origin is ir.Origin.NUMBER and len(new) != len(old)) or (whole and new != old):
        raise _Refused(errors.other_members(now.model, latent, before.name, plate, len(new), len(old)))
    at = {label: place for place, label in enumerate(old)}
    return [at.get(label) for label in new]


def _check_inputs(now: Now, before: Before, latent: ir.Sample) -> None:
    """Weights without labels are known by their position: what they weigh must stand where it stood.

    That is as far as the specs tell: of columns by a pattern only the data know the order.
    """
    layer = now.model.layers[latent.layer]
    first = next(step for step in layer.all_steps() if step.weights)
    if before.model is None or len(latent.plates) < 2 or latent.name not in dict(first.weights).values():
        return
    for plate in ir.join(*layer.inputs):
        known = before.model.plates.get(plate)
        old, new = (found.labels if found is not None else None for found in (known, now.model.plates[plate]))
        if plate not in latent.plates and old is not None and new is not None and old != new:
            raise _Refused(errors.other_members(now.model, latent, before.name, plate, len(new), len(old)))


def _arranged(
    posterior: Posterior, latent: ir.Sample, order: list[str], places: dict[str, list[int | None]]
) -> np.ndarray:
    """The draws of the members that are there, of shape (draw, copies, *event), plates in this order."""
    dims = posterior.dims[latent.name]
    values = posterior.draws[latent.name]
    values = values.reshape((-1, *values.shape[2:]))
    values = values.transpose((0, *(1 + dims.index(plate) for plate in order)))
    for axis, plate in enumerate(order, start=1):
        values = values.take([place for place in places[plate] if place is not None], axis)
    event = values.shape[values.ndim - len(latent.event) :] if latent.event else ()
    return values.reshape((len(values), prod(values.shape[1 : values.ndim - len(event)]), *event))


def _partly(now: Now, before: Before, found: Match) -> Iterator[str]:
    """Notes on members that only one side has."""
    name = found.latent.name
    for plate in found.latent.plates:
        new = [str(label) for label in members(plate, now.coords)]
        old = [str(label) for label in members(plate, before.posterior.coords)]
        if fresh := [label for label in new if label not in set(old)]:
            yield f"`{name}`: the run has no {plate} {errors.listed(fresh)}; there the prior of the spec holds"
        if gone := [label for label in old if label not in set(new)]:
            yield f"`{name}`: these data have no {plate} {errors.listed(gone)}, which is left out"


def moved_scales(model: ir.Model) -> Iterator[Diagnostic]:
    """Columns that are standardised by the data at hand."""
    for column in model.columns.values():
        for expr in (column.value, *(column.stack or ())):
            function = next((f for f in _functions(expr) if f in COLUMN_FUNCTIONS), None)
            if function is not None:
                yield errors.moved_scale(model, column, function)
                break


def _functions(expr: ir.RowExpr | None) -> Iterator[str]:
    if isinstance(expr, ir.RowCall):
        yield expr.function
        for arg in expr.args:
            yield from _functions(arg)


def learned_anew(model: ir.Model, before: ir.Model | None) -> list[str]:
    """Params that both models have: learned from the data of each run alone."""
    earlier = {param.name for param in before.of(ir.Parameter)} if before is not None else set()
    found = [param for param in model.of(ir.Parameter) if param.name in earlier]
    return list(dict.fromkeys(param.layer or param.name for param in found))
