"""A log density at many points at once on a device, held against the model's own, and the values of its sites."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil

import numpy as np
import torch

from bayesdsl.runtime.density import AGREEMENT, Density
from bayesdsl.runtime.engines.errors import NotTogether, reason
from bayesdsl.runtime.engines.together.recorded import Recorded
from bayesdsl.runtime.recording import value_and_gradient

# How many numbers an operation may give at once: more keep no GPU busier, and take room there and, when the operations
# are written down, on the cores.
_NUMBERS = 1 << 22
# How far it may be from the model's own, relatively: a few thousand roundings of single precision.
_AGREEMENT = {torch.float64: AGREEMENT, torch.float32: 1e-3}
# Values of sites are made at most so many draws at a time: the graph holds for that number, and runs again and again.
_DRAWS = 4096


class ManyPoints:
    """The log density of a model over R^`dimension`, at `count` points at once.

    It is compared with the model at random points; `compared` is how many of these have a density. Raises NotTogether
    where it cannot be written down, and where it is another.
    """

    def __init__(self, density: Density, count: int, device: torch.device) -> None:
        self.density = density
        self.dimension = density.dimension
        self.device = device
        both = value_and_gradient(density.log_density)
        groups = ceil(count / _at_once(both, self._example(1)))
        self._both = Recorded(both, self._example(ceil(count / groups)), device)
        self.compared = 0
        with _as_reason(device):
            self.compare()

    def __call__(self, us: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The log density, of shape (points,), and its gradient, of shape (points, dimension), at `us`, of shape
        (points, dimension): float64, on the device.

        It is -inf where it is not finite or its gradient is not, and where a matrix is not positive definite that must
        be; the gradient is then of no use.
        """
        values, gradients = self._both(us)
        fine = values.isfinite() & gradients.isfinite().all(-1)
        return torch.where(fine, values, -torch.inf), gradients

    def _example(self, size: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(0)
        return torch.rand(size, self.dimension, generator=generator, dtype=torch.float64) - 0.5

    def compare(self, points: list[torch.Tensor] | None = None) -> None:
        """Hold it against the model at some random points or at `points`, on the cores, each in several places of the
        batch. Raises NotTogether."""
        expected = list(self.density.witnesses(points))
        places = torch.arange(max(self._both.size, len(expected))) % len(expected)
        us = torch.stack([u for u, _, _ in expected])[places]
        values, gradients = (found.cpu() for found in self(us.to(self.device)))
        agreement = _AGREEMENT[self.density.bound.dtype]
        for point, (_, value, gradient) in enumerate(expected):
            there = places == point
            if not (value.isfinite() and gradient.isfinite().all()):
                if values[there].isfinite().any():
                    raise self._another("it is finite where the model's is not")
                continue
            self.compared += 1
            far = (values[there] - value).abs().max()
            if not far <= agreement * value.abs().clamp(min=1.0):
                raise self._another(f"its value differs by {far:.3g}")
            far = (gradients[there] - gradient).abs().max()
            if not far <= agreement * gradient.abs().max().clamp(min=1.0):
                raise self._another(f"its gradient differs by {far:.3g}")

    def _another(self, how: str) -> NotTogether:
        return NotTogether(f"{self.device} does not give what the model gives: {how}")


class ValuesAt:
    """The values of the named sites of a model at unconstrained ones. Raises NotTogether."""

    def __init__(self, density: Density, names: Sequence[str], count: int, device: torch.device) -> None:
        self.names = tuple(names)
        self.device = device
        self._density = density
        example = torch.zeros(1, density.dimension, dtype=torch.float64)
        example = example.repeat(min(count, _DRAWS, _at_once(self._constrained, example)), 1)
        self._sites = Recorded(self._constrained, example, device)
        # Once before the run: afterwards it would be too late.
        with _as_reason(device):
            self._sites(example.to(device))

    def __call__(self, us: np.ndarray) -> dict[str, np.ndarray]:
        """Values, of shape (chain, draw, *site), at unconstrained ones of shape (chain, draw, dimension)."""
        chains, draws, dimension = us.shape
        rows = torch.from_numpy(us.reshape(-1, dimension))
        found = [self._sites(part.to(self.device)) for part in rows.split(self._sites.size)]
        found = [[value.cpu() for value in values] for values in found]
        joined = [torch.cat(pieces).numpy() for pieces in zip(*found, strict=True)]
        return {n: v.reshape(chains, draws, *v.shape[1:]) for n, v in zip(self.names, joined, strict=True)}

    def _constrained(self, u: torch.Tensor) -> tuple[torch.Tensor, ...]:
        values = self._density.constrain(u)
        return tuple(values[name] for name in self.names)


@contextmanager
def _as_reason(device: torch.device) -> Iterator[None]:
    """What a device cannot do is why chains cannot run together on it."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise NotTogether(f"{device} cannot do it: {reason(error)}") from error


def _at_once(function: Callable[[torch.Tensor], tuple[torch.Tensor, ...]], example: torch.Tensor) -> int:
    """At how many points none of a function's operations gives more numbers than it may; `example` is one of them."""
    return max(1, int(_NUMBERS // max(1, Recorded(function, example, torch.device("cpu")).widest)))
