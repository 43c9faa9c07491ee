"""The posterior of an earlier run as the prior of some latents together, as lowering takes it.

The latents' values are mapped to unconstrained numbers, one after another in one vector `u`, and the density of that
vector was fitted to the draws of the run.
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.types.supports import Support

# How many spreads from its centre a number still moves the scales of others.
FARTHEST = 3.0

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """A latent whose prior the run gives.

    `known` tells for each of its independent copies, in the program's layout, whether the run had it; None where it
    had all. The others keep the spec's prior. `shape` is that of the copies there, with 1 for dimensions without a
    plate; `event` the number of dimensions of one copy.
    """

    name: str
    support: Support
    shape: tuple[int, ...] = ()
    event: int = 0
    known: tuple[bool, ...] | None = None


@dataclass(frozen=True, slots=True)
class Bend:
    """A sinh-arcsinh transform for each number: sinh(skew + tail * asinh((x - shift) / width)) is standard normal."""

    shift: Vector
    width: Vector
    skew: Vector
    tail: Vector


@dataclass(frozen=True, slots=True)
class Conditional:
    """A density in which the mean and the log scale of each number are linear in the numbers before it.

    With t = (u - centre) / spread, what is left is (t - mean - slopes t) / exp(log_scale + scale_slopes t'), t' being
    t cut off at `FARTHEST`, and is standard normal after `bend`. Both matrices are strictly lower triangular; None
    stands for zeros, and for no bend.
    """

    centre: Vector
    spread: Vector
    mean: Vector
    slopes: Matrix | None
    log_scale: Vector
    scale_slopes: Matrix | None = None
    bend: Bend | None = None


@dataclass(frozen=True, slots=True)
class LowRank:
    """A normal density of t = (u - centre) / spread whose covariance is factors factors' + diag(noise)."""

    centre: Vector
    spread: Vector
    factors: Matrix
    noise: Vector


Density = Conditional | LowRank


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run's posterior as a prior.

    `run` is what the program calls it, `latents` are in the order of the vector, `sizes` how many numbers each has.
    """

    run: str
    draws: int
    latents: tuple[Carried, ...]
    density: Density
    sizes: tuple[int, ...] = ()

    def of(self, name: str) -> Carried | None:
        return next((latent for latent in self.latents if latent.name == name), None)
