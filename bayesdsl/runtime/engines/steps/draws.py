"""Draws from a fitted guide, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyro
import torch
from pyro import poutine
from torch.func import vmap

from bayesdsl.runtime.density import AGREEMENT
from bayesdsl.runtime.engines.guides import reals_as
from bayesdsl.runtime.engines.steps.losses import Traces
from bayesdsl.runtime.engines.steps.noise import Recorded, draw
from bayesdsl.runtime.engines.steps.parameters import Parameters
from bayesdsl.runtime.engines.steps.program import Pair, Pick, Program, Writer, drawn_of
from bayesdsl.runtime.tracing import NotTraceable

# So many numbers of the largest kind are held at once: some 16 MB.
_AT_ONCE = 2_000_000

# Reals of four bytes agree to so much.
_AGREEMENT_FLOAT32 = 1e-3


class Draws:
    """A draw of the guide, and what the model makes of it, as a list of operations.

    `traces` runs guide and model once, each of `picks` takes some values of the two, by name. What was `written` down
    before, for a loss, is not written down again. It is compared with what the two give for the same noise. Raises
    NotTraceable.
    """

    def __init__(
        self, pair: Pair, traces: Callable[[], Traces], picks: Sequence[Pick], written: Program | None = None
    ) -> None:
        self.pair, self.traces, self.picks = pair, traces, picks
        if written is not None and written.drawn is not None:
            self.parameters, self._writer = written.parameters, written.writer
            self.listing, self.names = written.drawn
        else:
            names = [name for name, _ in pyro.get_param_store().named_parameters()]
            self.parameters = Parameters(names, pair.bound.dtype)
            self._writer = Writer(pair, self.parameters)
            self.names: tuple[tuple[str, ...], ...] = ()
            self.listing = self._writer.write(self._once)
        run = self.listing.kernel()
        self._many = vmap(run, in_dims=(None,) * (1 + len(self._writer.data)) + (0,) * len(self.listing.noises))
        self._check()

    def take(self, count: int, generator: torch.Generator) -> Iterator[tuple[Any, ...]]:
        """So many draws in chunks: the log density of the model less that of the guide, of shape (draws,), and for each
        of the picks its values by name, each of shape (draws, ..)."""
        given, size = (self.parameters.vector(), *self._writer.examples), self._chunk()
        with torch.no_grad():
            for start in range(0, count, size):
                now = min(size, count - start)
                noise = draw(self.listing.noises, now, generator)
                ratios, *values = self._of(given, noise, now)
                rest = iter(values)
                yield ratios, *({name: next(rest) for name in names} for names in self.names)

    def _chunk(self) -> int:
        return max(1, _AT_ONCE // self.listing.largest)

    def _once(self) -> tuple[torch.Tensor, ...]:
        traces = self.traces()
        for trace in traces:
            _densities(trace)
        values, self.names = drawn_of(traces, self.picks)
        return values

    def _check(self) -> None:
        """Compare two draws of the same noise, made at once, with what the programs give for it."""
        with torch.random.fork_rng(devices=[]), torch.no_grad(), reals_as(self.pair.guide, self.pair.bound.dtype):
            with Recorded() as noise:
                expected = self._once()
            if len(noise.drawn) != len(self.listing.noises):
                raise NotTraceable("the guide does not draw the same every time")
            given = (self.parameters.vector(), *self._writer.examples)
            found = self._of(given, [torch.stack([z, z]) for z in noise.drawn], 2)
        within = AGREEMENT if self.pair.bound.dtype == torch.float64 else _AGREEMENT_FLOAT32
        for one, both in zip(expected, found, strict=True):
            if not torch.allclose(one.expand_as(both).double(), both.double(), within, within, equal_nan=True):
                raise NotTraceable("the draws written down differ from Pyro's")

    def _of(self, given: Sequence[torch.Tensor], noise: Sequence[torch.Tensor], count: int) -> Sequence[torch.Tensor]:
        if noise:
            return self._many(*given, *noise)
        # It is no draw at all, as often as asked for.
        return [value.expand(count, *value.shape) for value in self.listing.kernel()(*given)]


def _densities(trace: poutine.Trace) -> Any:
    trace.compute_log_prob()
