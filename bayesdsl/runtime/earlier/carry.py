"""From an earlier run to the prior of a model with its data.

draws of mu, tau and theta by county  ->  model.earlier.Earlier(latents mu, tau, theta; density Conditional(..))
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import prod

import numpy as np
import pyro.distributions as dist
import torch
from torch.distributions import Transform, biject_to

from bayesdsl.catalogue.types import CONSTRAINTS
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.model.earlier import Carried, Conditional, Earlier
from bayesdsl.runtime.bound import Start
from bayesdsl.runtime.earlier import errors
from bayesdsl.runtime.earlier.fit import FEW, Fitted, fit
from bayesdsl.runtime.earlier.match import Before, Match, Now, learned_anew, match, moved_scales
from bayesdsl.types.supports import Support

# A spread of fewer draws is known to a quarter of itself at best.
FEWEST = 10
# A latent whose draws differ by less, beside their size, does not vary.
_NO_SPREAD = 1e-12
# Draws that lie on the edge of a support, by rounding, have no place on the real line and are left out.
_MOST_ON_THE_EDGE = 0.01


@dataclass(frozen=True)
class Carry:
    """A prior from an earlier run, and what is to be said of it.

    `numbers` counts the unconstrained numbers, `draws` those used, `effective` what they are worth. `notes` say what
    is not carried.
    """

    earlier: Earlier
    numbers: int
    draws: int
    effective: float
    notes: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(latent.name for latent in self.earlier.latents)

    @property
    def family(self) -> str:
        return "conditional" if isinstance(self.earlier.density, Conditional) else "low-rank"


def carry(now: Now, before: Before, effective: dict[str, float], doubts: tuple[Diagnostic, ...] = ()) -> Carry:
    """The posterior of `before` as the prior of the latents of `now` that it has.

    `effective` is how many independent draws those of each latent are worth, where that is known; `doubts` are
    findings about the run as a whole. Raises `BayesError` with every finding.
    """
    if before.posterior.kind == "point":
        raise BayesError((errors.no_spread(now.model, before.name, before.posterior.engine, None),))
    matches = match(now, before)
    found = list(matches.findings)
    found += [
        errors.no_spread(now.model, before.name, before.posterior.engine, m.latent)
        for m in matches.found
        if not _varies(m.values)
    ]
    if not found and not matches.found:
        found.append(
            errors.nothing_to_carry(now.model, before.name, list(before.posterior.draws), tuple(matches.notes))
        )
    parts, outside = _unconstrained(now, before, [] if found else matches.found)
    if found or outside:
        raise BayesError((*found, *outside))
    draws = np.concatenate(parts, axis=1)
    draws = draws[np.isfinite(draws).all(1)]
    if len(draws) < FEWEST:
        raise BayesError((errors.hardly_any_draws(before.name, len(draws), FEWEST),))
    worth = min([len(draws), *(effective[m.latent.name] for m in matches.found if m.latent.name in effective)])
    fitted = fit(draws, worth)
    earlier = Earlier(
        run=before.name,
        draws=len(draws),
        latents=tuple(
            Carried(m.latent.name, m.latent.support, m.shape, len(m.latent.event), m.known) for m in matches.found
        ),
        density=fitted.density,
        sizes=tuple(part.shape[1] for part in parts),
    )
    if params := learned_anew(now.model, before.model):
        doubts = (*doubts, errors.learned_anew(before.name, params))
    warnings = (*moved_scales(now.model), *doubts, *_warnings(before.name, fitted, matches.found, parts, worth))
    return Carry(earlier, draws.shape[1], len(draws), worth, tuple(matches.notes), warnings)


def _varies(values: np.ndarray) -> bool:
    """Whether every number of a latent differs between draws, but for those that a support fixes."""
    flat = values.reshape(len(values), -1)
    moves = flat.max(0) - flat.min(0) > _NO_SPREAD * (1 + np.abs(flat).max(0))
    return bool(moves.any() if values.ndim > 2 else moves.all())


def _unconstrained(now: Now, before: Before, found: list[Match]) -> tuple[list[np.ndarray], list[Diagnostic]]:
    """For each latent its draws on the real line, of shape (draw, number); findings for those not in its support."""
    parts: list[np.ndarray] = []
    findings: list[Diagnostic] = []
    for m in found:
        constraint = as_constraint(m.latent.support)
        values = torch.tensor(m.values, dtype=torch.float64)
        inside = constraint.check(values)
        if not inside.all() and not _by_rounding(m.latent.support, m.values):
            findings.append(errors.outside(now.model, m.latent, before.name))
            continue
        transform: Transform = biject_to(constraint)
        numbers = transform.inv(values)
        parts.append(numbers.reshape(len(values), -1).numpy())
    return parts, findings


def _by_rounding(support: Support, values: np.ndarray) -> bool:
    """Whether values that fail a test of their support do so by the precision they were kept in."""
    if support.event:
        return bool(np.isfinite(values).all())
    low, high = values < support.lo, values > support.hi
    edge = (values == support.lo) | (values == support.hi)
    return not low.any() and not high.any() and edge.mean() <= _MOST_ON_THE_EDGE


def as_constraint(support: Support) -> torch.distributions.constraints.Constraint:
    """The support as the constraint that the emitted program names: see `lower.distributions.constraint`."""
    constraints = dist.constraints
    if support.name in CONSTRAINTS:
        return reduce(getattr, CONSTRAINTS[support.name].split(".")[1:], constraints)
    if support.lo == -np.inf:
        return constraints.real if support.hi == np.inf else constraints.less_than(support.hi)
    if support.hi == np.inf:
        return constraints.greater_than(support.lo)
    return constraints.interval(support.lo, support.hi)


def _warnings(run: str, fitted: Fitted, found: list[Match], parts: list[np.ndarray], worth: float) -> list[Diagnostic]:
    numbers = sum(part.shape[1] for part in parts)
    warnings = []
    if worth < FEW * numbers:
        warnings.append(errors.few_draws(run, numbers, worth, fitted.shrunk))
    if fitted.misfit is not None:
        names = [label for m, part in zip(found, parts, strict=True) for label in _labels(m, part.shape[1])]
        warnings.append(errors.bad_shape(run, *(names[i] for i in fitted.misfit)))
    return warnings


def _labels(found: Match, numbers: int) -> list[str]:
    """What each number of a latent belongs to: `a[AITKIN]`, or for a vector the whole of it."""
    each = numbers // len(found.copies)
    names = [f"{found.latent.name}[{', '.join(copy)}]" if copy else found.latent.name for copy in found.copies]
    return [name for name in names for _ in range(each)]


def starts(earlier: Earlier) -> tuple[Start, ...]:
    """Where each latent was: the middle of its numbers on the real line, and their spread."""
    found, first = [], 0
    centre, spread = (torch.tensor(v, dtype=torch.float64) for v in (earlier.density.centre, earlier.density.spread))
    for latent, size in zip(earlier.latents, earlier.sizes, strict=True):
        known = torch.tensor(latent.known or (True,) * prod(latent.shape))
        places = known.repeat_interleave(size // int(known.sum())).nonzero()[:, 0]
        here = slice(first, first + size)
        found.append(Start(latent.name, places, centre[here], spread[here]))
        first += size
    return tuple(found)
