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
    """What a block of steps is given: `varying` are tensors of shape (steps, ..), `fixed` the same at every step.

    With `summed`, the parameters after each step are added to it.
    """

    steps: int
    varying: Sequence[torch.Tensor]
    fixed: Sequence[torch.Tensor]
    summed: torch.Tensor | None = None


class Loop(Protocol):
    """Runs blocks of steps. `engine` says how."""

    engine: str

    def run(self, carried: list[torch.Tensor], block: Block) -> np.ndarray:
        """The losses of the steps, the last of which may not be finite: then the block ended there.

        `carried`, the parameters and the state, are replaced by what they are after the last step.
        """


class ListLoop:
    """Steps run through Python, an operation at a time."""

    engine = "traced"

    def __init__(self, step: Listing) -> None:
        self._step: Callable[..., tuple[torch.Tensor, ...]] = step.kernel()

    def run(self, carried: list[torch.Tensor], block: Block) -> np.ndarray:
        losses = np.empty(block.steps)
        rows = zip(*(values.unbind(0) for values in block.varying), strict=True)
        for step, now in enumerate(rows):
            try:
                loss, *after = self._step(*carried, *now, *block.fixed)
            except torch.linalg.LinAlgError:
                # A matrix that must be positive definite is not.
                losses[step] = np.nan
                return losses[: step + 1]
            losses[step] = loss.item()
            carried[:] = after
            if block.summed is not None:
                block.summed += carried[0]
            if not np.isfinite(losses[step]):
                return losses[: step + 1]
        return losses
