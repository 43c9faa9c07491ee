"""The rows of minibatches for many steps at once."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from bayesdsl.runtime.engines.minibatches import Minibatches

# What a block's rows may take together, in bytes.
_BYTES = 8 << 20


class Rows:
    """The rows of the steps to come, taken in runs of as many rows a step.

    Epochs are cut into parts that are alike to one row, and a step of other rows is another function. `names` are the
    program's arguments that differ from step to step.
    """

    def __init__(self, batches: Minibatches) -> None:
        self.batches = batches
        self.how, self._every = batches.how, batches.bound.inputs
        self.names = frozenset((self.how.argument, *(name for name in self.how.dims if name in self._every)))
        self._coming: Iterator[torch.Tensor] = batches.coming()
        self._next: torch.Tensor | None = None

    def following(self) -> int:
        """How many rows the next step has."""
        if self._next is None:
            self._next = next(self._coming)
        return len(self._next)

    def run(self, most: int) -> torch.Tensor:
        """The rows of at most so many steps, int64 of shape (steps, rows)."""
        size, taken = self.following(), []
        most = min(most, max(1, _BYTES // self._bytes(size)))
        while len(taken) < most and self.following() == size:
            taken.append(self._next)
            self._next = None
        return torch.stack(taken).long()

    def _bytes(self, rows: int) -> int:
        every = [(self._every[name], dim) for name, dim in self.how.dims.items() if name in self._every]
        return rows * (8 + sum(values.nbytes // max(1, values.shape[dim]) for values, dim in every))

    def inputs(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
        """The arguments of these names for some steps, each of shape (steps, ..)."""
        found = {self.how.argument: rows}
        for name, dim in self.how.dims.items():
            if name in self._every:
                values = self._every[name].index_select(dim, rows.flatten())
                found[name] = values.unflatten(dim, rows.shape).movedim(dim, 0).contiguous()
        return found
