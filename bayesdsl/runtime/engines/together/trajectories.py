"""The No-U-Turn sampler for many chains at once, without a loop over any of them.

Each chain builds its trajectory by doublings and draws from it by weight (Betancourt 2017), until it turns back on
itself: by the criterion for any metric, with the two further checks that Stan's sampler does between halves. The
recursion is unrolled. Of a subtree the leaves at even places are remembered, each in the slot that is the number of
ones in its place, and a later leaf is compared with those that are there (Phan, Pradhan and Jankowiak 2019; Lao and
Dillon 2020). So a chain under way is a few tensors of a fixed size, and a step is the same operations for all:

    every chain makes a leaf; where that fills a subtree, it is joined to the trajectory; where the trajectory is at its
    end, there is a draw, and the next trajectory begins

No chain waits for the longer trajectories of others, and the cores need not know how far any of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from bayesdsl.runtime.engines.together.metric import Metric

DIVERGENCE = 1000.0
"""How far, in nats, a trajectory's energy may be above what it began with."""

ValueAndGrad = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Points:
    """A point of each chain: `position` and `gradient` have shape (chains, dimension), the log density `value`
    (chains,)."""

    position: torch.Tensor
    value: torch.Tensor
    gradient: torch.Tensor

    def where(self, chosen: torch.Tensor, other: Points) -> Points:
        """These where `chosen`, of shape (chains,), is true, those of `other` elsewhere."""
        wide = chosen[:, None]
        return Points(
            torch.where(wide, self.position, other.position),
            torch.where(chosen, self.value, other.value),
            torch.where(wide, self.gradient, other.gradient),
        )


@dataclass(frozen=True)
class Ended:
    """The trajectories of the chains for which `chains` is true, each of shape (chains,); what there is of the others
    means nothing. `points` are their draws and `energy` that of these, `acceptance` is the mean over all leaves,
    `depth` counts the doublings, `steps` the leaves."""

    chains: torch.Tensor
    points: Points
    energy: torch.Tensor
    step_size: torch.Tensor
    diverging: torch.Tensor
    depth: torch.Tensor
    steps: torch.Tensor
    acceptance: torch.Tensor


@dataclass
class _Now:
    """Where each chain is: of shape (chains,), sums of momenta of shape (chains, dimension).

    `total` and `weight` are of the trajectory without the subtree under way, weights as logarithms relative to the
    start. `side` is the end that grows: 0 is the past, 1 the future.
    """

    step_size: torch.Tensor
    start_energy: torch.Tensor
    proposal: Points
    energy: torch.Tensor
    total: torch.Tensor
    weight: torch.Tensor
    depth: torch.Tensor
    steps: torch.Tensor
    acceptance: torch.Tensor
    side: torch.Tensor
    place: torch.Tensor
    sub_proposal: Points
    sub_energy: torch.Tensor
    sub_total: torch.Tensor
    sub_weight: torch.Tensor


class Trajectories:
    """Chains under way over a density of rows, with random numbers of a generator on its device.

    A trajectory has fewer than 2^`deepest` leaves. Those that begin do so with the `metric` and the `step_size`, a
    scalar on the device, that there are then.
    """

    def __init__(self, density: ValueAndGrad, generator: torch.Generator, deepest: int) -> None:
        self.density = density
        self.generator = generator
        self.deepest = deepest
        # A leaf at an even place below 2^(deepest - 1) has at most deepest - 2 ones in it.
        self.slots = max(1, deepest - 1)

    def begin(self, points: Points, metric: Metric, step_size: torch.Tensor) -> None:
        """Begin trajectories at `points`; those under way are dropped."""
        self.metric, self.step_size = metric, step_size
        chains, dimension = points.position.shape
        like = points.position
        none, zeros = like.new_zeros(chains), like.new_zeros(chains, dimension)
        whole = torch.zeros(chains, dtype=torch.int64, device=like.device)
        self._bits = torch.arange(self.slots, device=like.device)
        # Of each slot a leaf's momentum, the sum of those before it in the subtree, and the one just before it. Those
        # of leaves that need not be remembered go to one slot more.
        self._memory = like.new_zeros(3, chains, self.slots + 1, dimension)
        # The positions, momenta and gradients of both ends.
        self._ends = like.new_zeros(2, 3, chains, dimension)
        self._now = _Now(
            none, none, points, none, zeros, none, whole, whole, none, whole, whole, points, none, zeros, none
        )
        self._begin(torch.ones_like(none, dtype=torch.bool), self._uniform()[2])

    def advance(self, leaves: int) -> Iterator[Ended]:
        """Make so many leaves of each chain, one after another. It waits for the device once, at the start."""
        # A subtree of 2^d leaves uses d slots. From 2^d leaves on there is one doubling at most on the way, and where
        # trajectories are shorter they are no longer than all leaves together.
        doublings = int(self._now.depth.max())
        slots = min(self.slots, max(doublings + 1, leaves.bit_length()))
        for _ in range(leaves):
            yield self._step(slots)

    def noise(self, like: torch.Tensor) -> torch.Tensor:
        """Standard normal numbers of that shape."""
        return torch.randn(like.shape, generator=self.generator, dtype=like.dtype, device=like.device)

    def _step(self, slots: int) -> Ended:
        """A leaf of each chain, compared with what is in the first `slots`."""
        now, (for_leaf, for_subtree, for_side) = self._now, self._uniform()
        begun = self._end(now.side)
        leaf, momentum = leapfrog(self.density, self.metric, begun, ((2 * now.side - 1) * now.step_size)[:, None])
        energy = self.metric.kinetic(momentum) - leaf.value
        gain = now.start_energy - energy
        gain = torch.where(gain.isnan(), -torch.inf, gain)
        diverging = gain < -DIVERGENCE
        self._grow(leaf, momentum)
        before, now.sub_total = now.sub_total, now.sub_total + momentum
        turning = self._remembered(momentum, before, begun[1], slots)
        self._weigh(leaf, energy, gain, for_leaf)
        full = ((now.place + 1) >> now.depth) > 0
        joined = full & ~turning & ~diverging
        onwards = self._join(joined, momentum, for_subtree)
        ended = diverging | turning | (full & (~onwards | (now.depth >= self.deepest)))
        found = Ended(
            ended,
            now.proposal,
            now.energy,
            now.step_size,
            diverging,
            now.depth,
            now.steps,
            now.acceptance / now.steps,
        )
        now.place = now.place + 1
        self._subtree(joined, for_side)
        self._begin(ended, for_side)
        return found

    def _uniform(self) -> torch.Tensor:
        like = self._now.energy
        return torch.rand(3, len(like), generator=self.generator, dtype=like.dtype, device=like.device)

    def _end(self, side: torch.Tensor) -> torch.Tensor:
        """Position, momentum and gradient of each chain at that end, of shape (3, chains, dimension)."""
        return self._ends.gather(0, side[None, None, :, None].expand(1, *self._ends.shape[1:]))[0]

    def _grow(self, leaf: Points, momentum: torch.Tensor) -> None:
        """The leaf is the end of its side from now on."""
        end = torch.stack([leaf.position, momentum, leaf.gradient])[None]
        self._ends.scatter_(0, self._now.side[None, None, :, None].expand_as(end), end)

    def _remembered(self, momentum: torch.Tensor, before: torch.Tensor, last: torch.Tensor, slots: int) -> torch.Tensor:
        """Remember the leaf, and tell whether a part of the subtree that ends with it turns back on itself.

        At a place that ends with k ones, 0111 with three of them, it ends parts of 2, 4, .. and 2^k leaves. They begin
        at the places 0110, 0100 and 0000, whose slots are one after another; the second half of each is the part
        before it.
        """
        place, width = self._now.place, self._memory.shape[2]
        ones = self._ones(place)
        slot = torch.where(place % 2 == 0, ones, width - 1)
        kept = torch.stack([momentum, before, last])[:, :, None]
        self._memory.scatter_(2, slot[None, :, None, None].expand_as(kept), kept)
        starts, sums, previous = self._memory[:, :, :slots]
        at = self._bits[:slots]
        parts = (at >= (ones - self._ones(place & ~(place + 1)))[:, None]) & (at < ones[:, None])
        total, momentum = self._now.sub_total[:, None], momentum[:, None]
        turning = parts & ~self._onwards(starts, momentum, total - sums)
        # The last part is of two leaves, whose halves are single ones: it would be the same check once more.
        halved = parts[:, :-1] & parts[:, 1:]
        middle, after = starts[:, 1:], previous[:, 1:]
        first = self._onwards(starts[:, :-1], middle, sums[:, 1:] - sums[:, :-1] + middle)
        second = self._onwards(after, momentum, total - sums[:, 1:] + after)
        turning[:, :-1] |= halved & ~(first & second)
        return turning.any(1)

    def _ones(self, places: torch.Tensor) -> torch.Tensor:
        return ((places[:, None] >> self._bits) & 1).sum(1)

    def _onwards(self, one: torch.Tensor, other: torch.Tensor, total: torch.Tensor) -> torch.Tensor:
        """Whether momenta at both ends point along the way between them, whose sum of momenta is `total`."""
        way = self.metric.velocity(total)
        return ((one * way).sum(-1) > 0) & ((other * way).sum(-1) > 0)

    def _weigh(self, leaf: Points, energy: torch.Tensor, gain: torch.Tensor, uniform: torch.Tensor) -> None:
        """Let the leaf be the subtree's proposal with the probability that is its share of the weight."""
        now = self._now
        now.sub_weight = torch.logaddexp(now.sub_weight, gain)
        taken = uniform.log() < gain - now.sub_weight
        now.sub_proposal = leaf.where(taken, now.sub_proposal)
        now.sub_energy = torch.where(taken, energy, now.sub_energy)
        now.steps = now.steps + 1
        now.acceptance = now.acceptance + gain.clamp(max=0).exp()

    def _join(self, joined: torch.Tensor, momentum: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
        """Join subtrees to trajectories, and tell which of these do not turn back on themselves."""
        now = self._now
        taken = joined & (uniform.log() < now.sub_weight - now.weight)
        now.proposal = now.sub_proposal.where(taken, now.proposal)
        now.energy = torch.where(taken, now.sub_energy, now.energy)
        far = self._end(1 - now.side)[1]
        first, near = self._memory[0, :, 0], self._memory[2, :, 0]
        total = now.total + now.sub_total
        onwards = self._onwards(
            torch.stack([far, far, near]),
            torch.stack([momentum, first, momentum]),
            torch.stack([total, now.total + first, now.sub_total + near]),
        ).all(0)
        now.total = torch.where(joined[:, None], total, now.total)
        now.weight = torch.where(joined, torch.logaddexp(now.weight, now.sub_weight), now.weight)
        now.depth = now.depth + joined
        return onwards

    def _subtree(self, chosen: torch.Tensor, uniform: torch.Tensor) -> None:
        """Begin the next subtree, at either end."""
        now = self._now
        now.side = torch.where(chosen, (uniform < 0.5).long(), now.side)
        now.place = torch.where(chosen, 0, now.place)
        now.sub_total = torch.where(chosen[:, None], 0.0, now.sub_total)
        now.sub_weight = torch.where(chosen, -torch.inf, now.sub_weight)

    def _begin(self, chosen: torch.Tensor, uniform: torch.Tensor) -> None:
        """Begin the next trajectory at the proposal."""
        now, at = self._now, self._now.proposal
        momentum = self.metric.momentum(self.noise(at.position))
        start = torch.stack([at.position, momentum, at.gradient])
        self._ends = torch.where(chosen[:, None], start, self._ends)
        now.start_energy = torch.where(chosen, self.metric.kinetic(momentum) - at.value, now.start_energy)
        now.energy = torch.where(chosen, now.start_energy, now.energy)
        now.step_size = torch.where(chosen, self.step_size, now.step_size)
        now.total = torch.where(chosen[:, None], momentum, now.total)
        now.weight = torch.where(chosen, 0.0, now.weight)
        now.acceptance = torch.where(chosen, 0.0, now.acceptance)
        now.depth = torch.where(chosen, 0, now.depth)
        now.steps = torch.where(chosen, 0, now.steps)
        self._subtree(chosen, uniform)


def leapfrog(
    density: ValueAndGrad, metric: Metric, begun: torch.Tensor, h: torch.Tensor
) -> tuple[Points, torch.Tensor]:
    """The points and the momenta a step of length `h`, of shape (chains, 1), from positions, momenta and gradients of
    shape (3, chains, dimension)."""
    position, momentum, gradient = begun
    half = momentum + 0.5 * h * gradient
    position = position + h * metric.velocity(half)
    value, gradient = density(position)
    return Points(position, value, gradient), half + 0.5 * h * gradient
