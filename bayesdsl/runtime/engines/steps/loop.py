"""Many steps of a fit, one after another.

A block of steps is given its random numbers, its rows and its rates at once, and runs to its end or to a loss that is
not finite. Between blocks there is time for whoever watches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from bayesdsl.runtime.engines.steps.listing import Listing


@dataclass
class Block:
    """What a block of steps is given, and what comes of it.

    `carried` are the parameters and the state, replaced by what they are after the last step; `varying` are tensors of
    shape (steps, ..), `fixed` the same at every step. With `summed`, the parameters after each step are added to it.
    `losses` holds those of the `done` steps, the last of which may not be finite: then the block ended there.
    """

    carried: list[torch.Tensor]
    varying: Sequence[torch.Tensor]
    fixed: Sequence[torch.Tensor]
    summed: torch.Tensor | None = None
    done: int = 0

    def __post_init__(self) -> None:
        self.steps = len(self.varying[0])
        self.losses = np.empty(self.steps)


class Loop(Protocol):
    """Runs blocks of steps. `engine` names what runs them, `note` says why it is no better one."""

    engine: str
    note: str

    def run(self, block: Block) -> None:
        """Run the steps. An interrupt leaves the block as it is after those done."""


class ListLoop:
    """Steps run through Python, an operation at a time."""

    engine = "traced"

    def __init__(self, step: Listing, note: str = "") -> None:
        self.note = note
        self._step: Callable[..., tuple[torch.Tensor, ...]] = step.kernel()

    def run(self, block: Block) -> None:
        for now in zip(*(values.unbind(0) for values in block.varying), strict=True):
            try:
                loss, *after = self._step(*block.carried, *now, *block.fixed)
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
