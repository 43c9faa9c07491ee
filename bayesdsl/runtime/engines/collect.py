"""From the values of sites, as an emitted program lays them out, to the draws of a posterior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bayesdsl.runtime.bound import BoundModel, Variable
from bayesdsl.runtime.posterior import Posterior


def posterior(
    bound: BoundModel,
    values: Mapping[str, np.ndarray],
    *,
    kind: str,
    engine: str,
    learned: Mapping[str, np.ndarray] | None = None,
    **rest: Any,
) -> Posterior:
    """A posterior from an array of shape (chain, draw, *site) for each variable of the model, and one of shape (*site)
    for what was learned."""
    kept = [v for v in bound.learned if v.name in (learned or {})]
    draws = {v.name: arranged(v, values[v.name], bound.coords) for v in bound.variables}
    dims = {v.name: v.dims for v in (*bound.variables, *kept)}
    used = dict.fromkeys(dim for names in dims.values() for dim in names)
    coords = {dim: members(dim, bound.coords) for dim in used}
    single = {v.name: arranged(v, learned[v.name], bound.coords, lead=0) for v in kept}
    return Posterior(kind=kind, engine=engine, draws=draws, dims=dims, coords=coords, learned=single, **rest)


def arranged(variable: Variable, values: np.ndarray, coords: Mapping[str, Sequence[Any]], lead: int = 2) -> np.ndarray:
    """`values` with the variable's dims behind its first `lead` dimensions, in the order of the spec.

    Dimensions that stand for no plate go; one of size 1 that stands for a larger plate is repeated over it.
    Raises ValueError where the shape is not that of the layout.
    """
    site, layout = list(values.shape[lead:]), list(variable.layout)
    while len(site) > len(layout) and site[0] == 1:
        site.pop(0)
    site = [1] * (len(layout) - len(site)) + site
    want = [1 if dim is None else len(members(dim, coords)) for dim in layout]
    if len(site) != len(want) or any(have not in (1, size) for have, size in zip(site, want, strict=True)):
        raise ValueError(f"{variable.name} has shape {tuple(values.shape[lead:])}, laid out as {variable.layout}")
    first = values.shape[:lead]
    full = np.broadcast_to(values.reshape((*first, *site)), (*first, *want))
    kept = [i for i, dim in enumerate(layout) if dim is not None]
    full = full.reshape((*first, *(want[i] for i in kept)))
    order = [[layout[i] for i in kept].index(dim) for dim in variable.dims]
    # Not ascontiguousarray, which turns a scalar into a vector.
    return np.array(full.transpose((*range(lead), *(lead + i for i in order))), order="C")


def members(dim: str, coords: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The members of a plate; `k'` is `k` once more, the second side of a matrix over it."""
    return list(coords[dim] if dim in coords else coords[dim.rstrip("'")])
