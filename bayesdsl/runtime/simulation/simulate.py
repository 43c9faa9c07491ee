"""A simulation from beginning to end: design, draws, data; each data set read again as a fit would read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.lower.program import Program
from bayesdsl.model import ir
from bayesdsl.runtime.binding.bind import bind_data
from bayesdsl.runtime.simulation import errors
from bayesdsl.runtime.simulation.design import Ask, Design, design
from bayesdsl.runtime.simulation.drawing import Drawer, drawable, quantities, undrawable
from bayesdsl.runtime.simulation.making import Said
from bayesdsl.runtime.simulation.pins import pins
from bayesdsl.runtime.simulation.sources import Values
from bayesdsl.runtime.simulation.writing import held_against, levels_lost, written

__all__ = ["Ask", "Simulated", "drawable", "simulate"]


@dataclass(frozen=True, eq=False)
class Simulated:
    """`sets` are the data sets: for each its tables by name, columns of the source by theirs, and the values of every
    unknown, over its plates in the order of the spec. `dims` and `coords` are the plates and members of these;
    `said` tells how what was made up came about."""

    sets: tuple[tuple[dict[str, Values], dict[str, np.ndarray]], ...]
    dims: dict[str, tuple[str, ...]]
    coords: dict[str, list[Any]]
    said: tuple[Said, ...]
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Runnable:
    """A spec with its program, and the program of its drawable form, loaded."""

    model: ir.Model
    program: Program
    drawing: Program
    function: Callable[..., Any]


def simulate(
    spec: Runnable,
    ask: Ask,
    pinned: Mapping[str, object],
    *,
    base: Path,
    dtype: torch.dtype,
    draws: int = 1,
    seed: int = 0,
) -> Simulated:
    """Draw `draws` data sets. Raises `BayesError` with every finding, and whatever the program raises."""
    model, unknown = spec.model, quantities(spec.model, spec.program)
    # Findings about the unknowns need no data, and come together with those about the data.
    early = _without_value(model, pinned)
    try:
        stand = design(model, spec.program, ask, base, seed, dtype)
    except BayesError as error:
        known = {n: p.labels or range(1, p.size + 1) for n, p in model.plates.items() if p.labels or p.size}
        _, wrong = pins(model, unknown, known, pinned)
        raise BayesError(tuple(dict.fromkeys((*early, *wrong, *error.diagnostics)))) from None
    pinned_values, wrong = pins(model, unknown, stand.joined.members, pinned)
    found = [*wrong, *early] if wrong else undrawable(model, pinned_values)
    if found:
        raise BayesError(tuple(dict.fromkeys(found)))
    drawer = Drawer(model, spec.drawing, spec.function, stand.inputs, stand.joined.members, pinned_values, dtype)
    sets, lost = [], []
    for number in range(draws):
        drawn = drawer.draw(seed, number, stand.drawn)
        _check_unknowns(model, drawn.unknowns)
        tables, wrong = written(stand, drawn.outcomes)
        if wrong:
            raise BayesError(tuple(dict.fromkeys(wrong)))
        gone = levels_lost(stand, drawn.outcomes)
        lost += gone
        _read_again(spec, stand, tables, drawn.outcomes, gone, base, dtype)
        sets.append((tables, drawn.unknowns))
    dims = {item.name: item.dims for item in unknown}
    used = dict.fromkeys(ir.base_plate(dim) for plates in dims.values() for dim in plates)
    coords = {name: list(stand.joined.members[name]) for name in used}
    return Simulated(tuple(sets), dims, coords, stand.said, tuple(dict.fromkeys(lost)))


def _without_value(model: ir.Model, pinned: Mapping[str, object]) -> list[Diagnostic]:
    """What cannot be drawn and is not spoken of: whether the rest is pinned as a whole is known with its members."""
    spoken = {name.partition("[")[0].strip() for name in pinned}
    return [f for f in undrawable(model, {}) if not any(_about(model, f, name) for name in spoken)]


def _about(model: ir.Model, finding: Diagnostic, name: str) -> bool:
    spans = [statement.span for statement in model.statements if statement.name == name]
    return finding.primary is not None and finding.primary.span in spans


def _check_unknowns(model: ir.Model, unknowns: Mapping[str, np.ndarray]) -> None:
    found = [
        errors.not_finite(model, statement.name, statement.span, int((~np.isfinite(values)).sum()), column=False)
        for statement in model.statements
        if isinstance(statement, ir.Sample | ir.Parameter)
        and (values := unknowns.get(statement.name)) is not None
        and not np.isfinite(values).all()
    ]
    if found:
        raise BayesError(tuple(found))


def _read_again(
    spec: Runnable,
    stand: Design,
    tables: dict[str, Values],
    outcomes: Mapping[str, np.ndarray],
    gone: list[Diagnostic],
    base: Path,
    dtype: torch.dtype,
) -> None:
    """Raise `BayesError` where a fit could not read what was drawn as it is meant; `gone` may be why."""
    try:
        bound = bind_data(spec.model, spec.program, tables, base, dtype)
    except BayesError as error:
        raise BayesError((*gone, *error.diagnostics)) from None
    found = held_against(stand, outcomes, bound)
    if found:
        raise BayesError(tuple(dict.fromkeys(found)))
