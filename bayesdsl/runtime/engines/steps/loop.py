"""Many steps of a fit, one after another.

A block of steps is given its random numbers, its rows and its rates at once, and runs to its end or to a loss that is
not finite. Between blocks there is time for whoever watches.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from bayesdsl.runtime.engines.steps.listing import Listing
from bayesdsl.runtime.engines.steps.noise import Noise


@dataclass
class Block:
    """What a block of steps is given, and what comes of it.

    `carried` are the parameters and the state, replaced by what they are after the last step; `scalars`, `noise` and
    `rows`, data that differ from step to step, are tensors of shape (steps, ..). With `summed`, the parameters after
    each step are added to it. `losses` holds those of the `done` steps, the last of which may not be finite: then the
    block ended there.
    """

    carried: list[torch.Tensor]
    scalars: torch.Tensor
    noise: Sequence[torch.Tensor] = ()
    rows: Sequence[torch.Tensor] = ()
    summed: torch.Tensor | None = None
    done: int = 0

    def __post_init__(self) -> None:
        self.steps = len(self.scalars)
        self.losses = np.empty(self.steps)


class Loop(Protocol):
    """Runs blocks of steps with noise of some kinds."""

    noises: Sequence[Noise]

    def run(self, block: Block) -> None:
        """Run the steps. An interrupt leaves the block as it is after those done."""


# Steps are written down, and compiled, in the time of so many of Pyro's.
FEWEST_STEPS = 200

# How often, in seconds, a fit whose steps are fast is told of.
TELL = 0.1

# A block takes so long, in seconds: an interrupt is seen after it. The first has so many steps.
_BLOCK = 0.1
_FIRST = 8


@dataclass
class Walk:
    """Steps in blocks of a fit time. `carried` are the parameters and the state so far, after `done` steps; `scalars`
    what the optimiser is given at each, of shape (steps, numbers)."""

    carried: list[torch.Tensor]
    scalars: torch.Tensor
    done: int = 0

    def go(
        self,
        ends: Sequence[int],
        make: Callable[[list[torch.Tensor], torch.Tensor], tuple[Loop, Block]],
        after: Callable[[Block], None],
    ) -> None:
        """Go to the last of `ends`, steps that no block goes beyond, or to a loss that is not finite.

        `make` gives what runs a block of at most as many steps as it is given scalars, `after` is called with each
        block, also with what was done of one before an interrupt.
        """
        pace = float(_FIRST)
        while self.done < ends[-1]:
            end = min(ends[bisect_right(ends, self.done)], self.done + int(pace))
            started = time.perf_counter()
            loop, block = make(self.carried, self.scalars[self.done : end])
            try:
                loop.run(block)
            finally:
                self.carried, self.done = block.carried, self.done + block.done
                if block.done:
                    after(block)
            if not np.isfinite(block.losses[block.done - 1]):
                return
            pace = max(1.0, min(4 * pace, block.done * _BLOCK / (time.perf_counter() - started)))


class ListLoop:
    """Steps run through Python, an operation at a time. `fixed` are the data that stay the same."""

    def __init__(self, step: Listing, fixed: Sequence[torch.Tensor]) -> None:
        self.noises = step.noises
        self._step: Callable[..., tuple[torch.Tensor, ...]] = step.kernel()
        self._fixed = fixed

    def run(self, block: Block) -> None:
        own = 1 + len(block.rows)
        for now in zip(*(values.unbind(0) for values in (block.scalars, *block.rows, *block.noise)), strict=True):
            try:
                loss, *after = self._step(*block.carried, *now[:own], *self._fixed, *now[own:])
            except torch.linalg.LinAlgError:
                # A matrix that must be positive definite is not.
                loss, after = torch.tensor(torch.nan), block.carried
            block.losses[block.done] = loss.item()
            block.carried = list(after)
            if block.summed is not None:
                block.summed += after[0]
            block.done += 1
            if not np.isfinite(block.losses[block.done - 1]):
                return
