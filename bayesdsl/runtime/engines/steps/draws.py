"""Draws from a fitted guide, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import pyro
import torch
from torch.func import vmap

from bayesdsl.runtime.density import AGREEMENT
from bayesdsl.runtime.engines.guides import reals_as
from bayesdsl.runtime.engines.steps.listing import write_down
from bayesdsl.runtime.engines.steps.losses import Traces
from bayesdsl.runtime.engines.steps.native import Native
from bayesdsl.runtime.engines.steps.noise import Noise, Recorded, draw
from bayesdsl.runtime.engines.steps.objective import Pair, Tensors, drawn_of, running
from bayesdsl.runtime.engines.steps.parameters import Parameters
from bayesdsl.runtime.tracing import NotTraceable

# So many numbers of the largest kind are held at once: some 16 MB.
_AT_ONCE = 2_000_000

# Reals of four bytes agree to so much.
_AGREEMENT_FLOAT32 = 1e-3


class _Drawing(Protocol):
    """A draw, to be made many times. `names` are those of what each of the picks takes, `size` is how many numbers a
    draw needs."""

    names: tuple[tuple[str, ...], ...]
    noises: tuple[Noise, ...]
    size: int

    def many(self, noise: Sequence[torch.Tensor], count: int) -> Sequence[torch.Tensor]:
        """So many draws from noise of shape (count, ..)."""


class Draws:
    """Draws of a guide, and what the model makes of them.

    `traces` runs guide and model once, each of the pair's picks takes some values of the two, by name. They are those
    of machine code that was made for a fit, else they are written down. They are compared with what the two give for
    the same noise. Raises NotTraceable.
    """

    def __init__(self, pair: Pair, traces: Callable[[], Traces], native: Native | None = None) -> None:
        self.pair, self.traces = pair, traces
        made = None if native is None else native.drawing()
        self._drawing: _Drawing = made or _Listed(pair, self._once)
        self._check()

    def take(self, count: int, generator: torch.Generator) -> Iterator[tuple[Any, ...]]:
        """So many draws in chunks: the log density of the model less that of the guide, of shape (draws,), and for each
        of the picks its values by name, each of shape (draws, ..)."""
        size = max(1, _AT_ONCE // self._drawing.size)
        for start in range(0, count, size):
            now = min(size, count - start)
            ratios, *values = self._drawing.many(draw(self._drawing.noises, now, generator), now)
            rest = iter(values)
            yield ratios, *({name: next(rest) for name in names} for names in self._drawing.names)

    def _once(self) -> tuple[Tensors, tuple[tuple[str, ...], ...]]:
        traces = self.traces()
        for trace in traces:
            trace.compute_log_prob()
        return drawn_of(traces, self.pair.picks)

    def _check(self) -> None:
        """Compare two draws of the same noise, made at once, with what the programs give for it."""
        with torch.random.fork_rng(devices=[]), torch.no_grad(), reals_as(self.pair.guide, self.pair.bound.dtype):
            with Recorded() as noise:
                expected, names = self._once()
            if len(noise.drawn) != len(self._drawing.noises) or names != self._drawing.names:
                raise NotTraceable("the guide does not draw the same every time")
            found = self._drawing.many([torch.stack([z, z]) for z in noise.drawn], 2)
        within = AGREEMENT if self.pair.bound.dtype == torch.float64 else _AGREEMENT_FLOAT32
        for one, both in zip(expected, found, strict=True):
            if not torch.allclose(one.expand_as(both).double(), both.double(), within, within, equal_nan=True):
                raise NotTraceable("the draws written down differ from Pyro's")


class _Listed:
    """A draw written down. Raises NotTraceable."""

    def __init__(self, pair: Pair, once: Callable[[], tuple[Tensors, tuple[tuple[str, ...], ...]]]) -> None:
        self._pair = pair
        names = [name for name, _ in pyro.get_param_store().named_parameters()]
        self._parameters = Parameters(names, pair.bound.dtype)
        self._data = tuple(name for name, value in pair.inputs.items() if isinstance(value, torch.Tensor))
        self.names: tuple[tuple[str, ...], ...] = ()

        def function(vector: torch.Tensor, *data: torch.Tensor) -> Tensors:
            with running(pair, dict(zip(self._data, data, strict=True)), self._parameters.given(vector)):
                values, self.names = once()
            return values

        with torch.random.fork_rng(devices=[]):
            listing = write_down(function, self._given(), self._parameters.identities())
        self.noises, self.size, self._one = listing.noises, listing.largest, listing.kernel()
        self._many = vmap(self._one, in_dims=(None,) * (1 + len(self._data)) + (0,) * len(self.noises))

    def _given(self) -> Tensors:
        return (self._parameters.vector(), *(self._pair.inputs[name] for name in self._data))

    def many(self, noise: Sequence[torch.Tensor], count: int) -> Sequence[torch.Tensor]:
        with torch.no_grad():
            if noise:
                return self._many(*self._given(), *noise)
            # It is no draw at all, as often as asked for.
            return [value.expand(count, *value.shape) for value in self._one(*self._given())]
