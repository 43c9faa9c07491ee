"""Draws from a fitted guide, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.func import vmap

from bayesdsl.runtime.engines.steps.listing import Listing

# So many numbers of the largest kind are held at once: some 16 MB.
_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Draws:
    """A function of (parameters, data.., noise..) for many draws of the noise."""

    listing: Listing

    def chunk(self) -> int:
        """How many draws are made at once."""
        largest = max(
            (node.meta["val"].numel() for node in self.listing.graph.nodes if hasattr(node.meta.get("val"), "numel")),
            default=1,
        )
        return max(1, _AT_ONCE // max(1, largest))

    def take(
        self, vector: torch.Tensor, data: Sequence[torch.Tensor], noise: Sequence[torch.Tensor]
    ) -> Iterator[tuple[torch.Tensor, ...]]:
        """What the function gives for each draw of the noise, of shape (draws, ..), in chunks."""
        count, size = len(noise[0]), self.chunk()
        run = self.listing.kernel()
        many = vmap(run, in_dims=(None,) * (1 + len(data)) + (0,) * len(noise))
        for start in range(0, count, size):
            yield many(vector, *data, *(z[start : start + size] for z in noise))
