"""Whether a posterior with improper priors has a total: along which unknowns its density does not fall.

    a, b ~ Flat();  observe y ~ Normal(a + b, 1)   ->   a and b, of which the data know the sum

A run cannot tell: a sampler goes further the longer it runs, and a guide settles somewhere. So the density is looked at
far out, along the unknowns themselves and along directions in which it has no curvature. What is found is no
distribution; what is not found may be one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log

import numpy as np
import torch

from bayesdsl.runtime.bound import BoundModel, Variable
from bayesdsl.runtime.compiled.trials import is_large
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.curvature import curvature
from bayesdsl.runtime.engines.errors import EngineError

# So many standard deviations out. A density that falls no faster than one over the distance has no total: by less than
# the logarithm of how many times as far. One of a normal shape falls by half the square.
_FAR = (10.0, 100.0, 1000.0)

# Draws that tell where the posterior is, unknowns that are looked along, and the most that curvature is worked out for.
_DRAWS, _ALONG, _CURVED = 40, 12, 100

# Less than this much of the sharpest curvature is none.
_LEVEL = 1e-10


def improper(bound: BoundModel, draws: Mapping[str, np.ndarray], flat: Sequence[str]) -> tuple[str, ...]:
    """The unknowns, with those of improper priors in `flat`, along which the density goes on for ever.

    `draws` are those of the posterior, of shape (chain, draw, *plates). Empty where nothing was found, or too much
    would have to be looked at.
    """
    if bound.learned or bound.minibatches or is_large(bound):
        return ()
    try:
        density = Density(bound)
        if not draws.keys() >= set(density.latents):  # as of a hierarchy that is not centred
            return ()
        points = _points(density, draws)
        spread = points.std(0)
        centre = points[((points - points.median(0).values) / spread.clamp(min=1e-12)).square().sum(1).argmin()]
        found = [name for name, step in _steps(density, points, centre, flat) if _goes_on(density, centre, step)]
    except (EngineError, RuntimeError, ValueError, NotImplementedError):
        return ()
    return tuple(dict.fromkeys(found))


def _points(density: Density, draws: Mapping[str, np.ndarray]) -> torch.Tensor:
    """Some draws as unconstrained vectors, of shape (draw, dimension)."""
    variables = {variable.name: variable for variable in density.bound.variables}
    pooled = {}
    for site in density.sites:
        values = draws[site.name]
        values = values.reshape(-1, *values.shape[2:])
        chosen = np.unique(np.linspace(0, len(values) - 1, _DRAWS).astype(int))
        pooled[site.name] = [laid_out(variables[site.name], value, site.shape) for value in values[chosen]]
    many = zip(*pooled.values(), strict=True)
    return torch.stack([density.unconstrain(dict(zip(pooled, one, strict=True))) for one in many])


def laid_out(variable: Variable, value: np.ndarray, shape: Sequence[int]) -> torch.Tensor:
    """A value over its plates as the site of that shape has it: the reverse of `collect.arranged`."""
    plates = [dim for dim in variable.layout if dim is not None]
    sizes = iter(value.transpose([variable.dims.index(dim) for dim in plates]).shape)
    full = value.transpose([variable.dims.index(dim) for dim in plates])
    full = full.reshape([1 if dim is None else next(sizes) for dim in variable.layout])
    while full.ndim > len(shape) and full.shape[0] == 1:
        full = full[0]
    full = full.reshape([1] * (len(shape) - full.ndim) + list(full.shape))
    # What the program has once for all members of a plate is there for each of them.
    once = tuple(slice(0, 1) if size == 1 else slice(None) for size in shape)
    return torch.from_numpy(np.ascontiguousarray(full[once])).reshape(tuple(shape))


def _steps(
    density: Density, points: torch.Tensor, centre: torch.Tensor, flat: Sequence[str]
) -> Iterator[tuple[str, torch.Tensor]]:
    """Directions to look along, as long as the draws spread in them, with the unknown that each is about."""
    spread = points.std(0)
    sites = [site for site in density.sites if site.name in flat]
    places = [(site.name, at) for site in sites for at in range(site.start, site.start + site.size)]
    for name, at in places[:_ALONG]:
        step = torch.zeros_like(centre)
        step[at] = spread[at]
        yield from ((name, step), (name, -step))
    if density.dimension > _CURVED:
        return
    shape = curvature(density, centre)
    for value, direction in zip(shape.values, shape.directions.mT, strict=True):
        if value.abs() <= _LEVEL * shape.values.abs().max():
            step = direction * (points @ direction).std()
            names = [site.name for site in sites if step[site.start : site.start + site.size].abs().max() > 0]
            yield from ((name, sign * step) for name in names for sign in (1, -1))


def _goes_on(density: Density, centre: torch.Tensor, step: torch.Tensor) -> bool:
    """Whether the density falls too slowly in a direction, as far as it can be worked out."""
    if not step.abs().max() > 0:
        return False
    here = float(density.value_and_grad(centre)[0])
    falls = [(here - float(density.value_and_grad(centre + far * step)[0]), far) for far in _FAR]
    # Where it rises by as much the draws are not where the posterior is. Beyond what numbers can hold nothing is said.
    finite = [abs(fall) < log(far) for fall, far in falls if np.isfinite(fall)]
    return len(finite) > 1 and all(finite) and np.isfinite(falls[0][0])
