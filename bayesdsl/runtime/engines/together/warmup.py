"""The warmup of many chains at once: one step size and one metric for all, from what all of them do.

The phases are Stan's: a first one in which only the step size moves, windows of doubling length at whose ends the
variances of their draws become the metric, and a last one for the step size alone. A chain by itself has 25 draws in
the first window, all of them together some thousands: the metric is good after one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt

import torch

from bayesdsl.runtime.engines.chain import NutsSettings
from bayesdsl.runtime.engines.together.metric import Metric, Moments
from bayesdsl.runtime.engines.together.trajectories import Points, Trajectories, leapfrog

# Stan's lengths of the first phase, of the first window and of the last phase, and their shares of a warmup that is too
# short for them. All chains together need few steps for a metric, and as many as any for the step size: the last phase
# is longer than Stan's.
_FIRST, _WINDOW, _LAST = 75, 25, 50
_FIRST_SHARE, _LAST_SHARE = 0.15, 0.25
_LEAST = 20

# Dual averaging, as Hoffman and Gelman (2014) have it.
_GAMMA, _OFFSET, _KAPPA = 0.05, 10.0, 0.75

# The first step size is one at which a single step is accepted this often, if so many halvings or doublings find it.
_ONE_STEP, _TRIES = 0.8, 50


class StepSize:
    """Dual averaging: the step size at which trajectories are accepted as often as wanted."""

    def __init__(self, wanted: float) -> None:
        self._wanted = wanted
        self.restart(1.0)

    def restart(self, step_size: float) -> None:
        self.now = self.settled = step_size
        # Not ten times as much, as for a chain by itself: what all of them find for a start is near what is wanted.
        self._toward = log(step_size)
        self._count, self._lack, self._mean = 0, 0.0, 0.0

    def learn(self, acceptance: float) -> None:
        """Take the mean acceptance of trajectories with the step size `now`; `settled` averages over steps."""
        self._count += 1
        share = 1 / (self._count + _OFFSET)
        self._lack = (1 - share) * self._lack + share * (self._wanted - acceptance)
        where = self._toward - self._lack * sqrt(self._count) / _GAMMA
        share = self._count**-_KAPPA
        self._mean = (1 - share) * self._mean + share * where
        self.now, self.settled = exp(where), exp(self._mean)


@dataclass(frozen=True)
class Warmed:
    """Where the chains are after the warmup, the metric and the step size that it found."""

    points: Points
    metric: Metric
    step_size: float


def windows(warmup: int) -> list[tuple[int, int]]:
    """The stretches of a warmup whose draws become a metric, each from its first step to the one after its last."""
    if warmup < _LEAST:
        return []
    first, last = _FIRST, _LAST
    if warmup < _FIRST + _WINDOW + _LAST:
        first, last = int(_FIRST_SHARE * warmup), int(_LAST_SHARE * warmup)
        return [(first, warmup - last)]
    found, begin, length, end = [], first, _WINDOW, warmup - last
    while begin < end:
        # One that would leave too little for the next takes that as well.
        until = begin + length if begin + 3 * length <= end else end
        found.append((begin, until))
        begin, length = until, 2 * length
    return found


def warm(
    chains: Trajectories,
    points: Points,
    settings: NutsSettings,
    told: Callable[[int, float, int], None],
) -> Warmed:
    """Warm all chains up, from `points` on. `told` is called with the trajectories each has made, on average, the step
    size and the divergences.

    A step of the warmup is as many trajectories as there are chains, whoever made them.
    """
    return _Warmup(chains, points, settings, told).run()


class _Warmup:
    def __init__(
        self, chains: Trajectories, points: Points, settings: NutsSettings, told: Callable[[int, float, int], None]
    ) -> None:
        self.chains, self.points, self.settings, self.told = chains, points, settings, told
        self.count = len(points.value)
        self.metric = Metric(torch.ones_like(points.position[0]))
        self.size = StepSize(settings.target_accept_prob)
        self.made = self.divergences = 0

    def run(self) -> Warmed:
        self._begin(self.settings.step_size)
        for begin, end in windows(self.settings.warmup) if self.settings.adapt_mass_matrix else []:
            self._until(begin)
            moments = Moments(self.points.position, self.settings.full_mass)
            self._until(end, moments)
            self.metric = moments.metric()
            self._begin(self.size.now)
        self._until(self.settings.warmup)
        return Warmed(self.points, self.metric, self.size.settled)

    def _begin(self, step_size: float) -> None:
        """Begin anew from where the chains are, by the metric that there is, with a step size near to the given."""
        if self.settings.adapt_step_size and self.settings.warmup:
            step_size = self._first(step_size)
        self.size.restart(step_size)
        self.chains.begin(self.points, self.metric, self._scalar(step_size))

    def _until(self, step: int, moments: Moments | None = None) -> None:
        """Go on to a step of the warmup: as many trajectories each, on average."""
        while self.made < step * self.count:
            taken, acceptance, diverged = self._round(moments)
            self.made += taken
            self.divergences += diverged
            if self.settings.adapt_step_size:
                self.size.learn(acceptance / taken)
                self.chains.step_size = self._scalar(self.size.now)
            self.told(min(self.made // self.count, step), self.size.now, self.divergences)

    def _round(self, moments: Moments | None) -> tuple[int, float, int]:
        """Make as many trajectories as there are chains: how many, their acceptances added up, and divergences."""
        sums = self.points.value.new_zeros(3)
        while True:
            # Leaf by leaf, so that a round is no longer than it must be, and there are as many as there can be.
            for ended in self.chains.advance(1):
                found = torch.stack([torch.ones_like(ended.acceptance), ended.acceptance, ended.diverging.double()])
                sums += torch.where(ended.chains, found, 0.0).sum(1)
                self.points = ended.points.where(ended.chains, self.points)
                if moments is not None:
                    moments.add(ended.chains, ended.points.position)
            taken, acceptance, diverged = sums.tolist()
            if taken >= self.count:
                return int(taken), acceptance, int(diverged)

    def _first(self, step_size: float) -> float:
        """The step size, from the given one by halves or doubles, at which one step is accepted about as often as
        wanted of trajectories."""
        larger = self._one_step(step_size) > _ONE_STEP
        for _ in range(_TRIES):
            step_size = 2 * step_size if larger else step_size / 2
            if (self._one_step(step_size) > _ONE_STEP) != larger:
                break
        return step_size

    def _one_step(self, step_size: float) -> float:
        """How often one step of that size is accepted, averaged over the chains."""
        at, chains = self.points, self.chains
        momentum = self.metric.momentum(chains.noise(at.position))
        begun = torch.stack([at.position, momentum, at.gradient])
        leaf, after = leapfrog(chains.density, self.metric, begun, self._scalar(step_size))
        gain = self.metric.kinetic(momentum) - at.value - self.metric.kinetic(after) + leaf.value
        return float(gain.clamp(max=0).exp().nan_to_num(0.0).mean())

    def _scalar(self, value: float) -> torch.Tensor:
        return self.points.value.new_tensor(value)
