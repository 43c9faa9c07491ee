"""Draws from a fitted guide: all at once where that was written down, one by one through Pyro elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyro
import torch
from pyro import poutine

from bayesdsl.runtime.bound import BoundModel, Variable
from bayesdsl.runtime.engines.drift import Centres
from bayesdsl.runtime.engines.errors import Interrupted
from bayesdsl.runtime.engines.free import FreeSites
from bayesdsl.runtime.engines.guides import reals_as
from bayesdsl.runtime.engines.importance import FEWEST
from bayesdsl.runtime.engines.minibatches import Minibatches, RowDraws, Traces, shared
from bayesdsl.runtime.engines.steps.draws import Draws
from bayesdsl.runtime.progress import Progress, Report

# How many draws tell where a guide is.
_DRIFT_DRAWS = 100


class Fitted(Protocol):
    """A fit that is drawn from."""

    bound: BoundModel
    guide: Callable[..., Any]
    free: FreeSites | None
    batches: Minibatches | None
    over_rows: list[Variable]
    losses: list[float]

    def traces(self, fixed: poutine.Trace | None = None) -> Traces:
        """The model's trace and the guide's."""

    def kept(self, traces: Traces) -> dict[str, torch.Tensor]:
        """The values of a draw that are kept, by name."""

    def latents(self, traces: Traces) -> dict[str, torch.Tensor]:
        """The latents of a draw as the guide has them, by name."""


@dataclass
class Drawing:
    """So many draws of a fitted guide.

    `values` maps each variable to its draws, an array or a list of them; `log_ratios` are the log density of the model
    less that of the guide for each, `unweighed` says why there are none.
    """

    fit: Fitted
    count: int
    at_once: Draws | None
    values: dict[str, Any] = field(default_factory=dict)
    log_ratios: list[float] = field(default_factory=list)
    unweighed: str = f"fewer than {FEWEST} draws"
    interrupted: bool = False

    def take(self, tell: Report) -> None:
        """Draw. An interrupt keeps the draws so far; raises Interrupted where there are none."""
        if self.fit.batches is not None:
            self.fit.batches.look()
        params = {name: value.detach() for name, value in pyro.get_param_store().items()}
        drawn: list[poutine.Trace | None] = []
        try:
            if self.at_once is not None and self.fit.batches is None:
                self._take_at_once(params, tell)
            else:
                self._take_one_by_one(params, drawn, tell)
        except KeyboardInterrupt:
            if not self.log_ratios and not drawn:
                raise Interrupted("svi", "drawing") from None
            self.interrupted = True
        if self.fit.batches is not None:
            self._draw_rows(drawn, tell)

    def _take_at_once(self, params: dict[str, torch.Tensor], tell: Report) -> None:
        generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
        parts: dict[str, list[np.ndarray]] = {}
        try:
            for ratios, values, _ in self.at_once.take(self.count, generator):
                for name, value in values.items():
                    parts.setdefault(name, []).append(value.numpy())
                self.log_ratios.extend(ratios.tolist())
                tell(Progress(0, "draws", len(self.log_ratios), self.count))
        finally:
            done = len(self.log_ratios)
            for name in (v.name for v in self.fit.bound.variables):
                if name in parts:
                    self.values[name] = np.concatenate(parts[name])[:done]
                elif name in params:
                    self.values[name] = np.broadcast_to(params[name].numpy(), (done, *params[name].shape))

    def _take_one_by_one(self, params: dict[str, torch.Tensor], drawn: list[Any], tell: Report) -> None:
        every = max(1, self.count // 20)
        with torch.no_grad(), reals_as(self.fit.guide, self.fit.bound.dtype):
            for done in range(1, self.count + 1):
                drawn.append(self._once(params))
                if done % every == 0 or done == self.count:
                    tell(Progress(0, "draws", done, self.count))

    def _once(self, params: dict[str, torch.Tensor]) -> poutine.Trace | None:
        """Draw everything, or with minibatches all but what varies over their rows: what the rows need comes back."""
        model_trace, guide_trace = traces = self.fit.traces()
        kept = self.fit.kept(traces)
        names = [v.name for v in self.fit.bound.variables if v not in self.fit.over_rows]
        values = {name: kept[name] if name in kept else params[name] for name in names}
        if self.fit.batches is None:
            self.log_ratios.append(float(model_trace.log_prob_sum() - guide_trace.log_prob_sum()))
        for name, value in values.items():
            self.values.setdefault(name, []).append(value.detach().numpy().copy())
        return None if self.fit.batches is None else shared(guide_trace, self.fit.batches.how.site)

    def _draw_rows(self, drawn: list[poutine.Trace], tell: Report) -> None:
        """Draw what varies over the rows of minibatches, and hold the draws against the model on all rows."""
        fit = self.fit
        weighed = fit.batches.weighed(len(drawn), len(fit.losses))
        if not fit.over_rows and (self.interrupted or weighed < FEWEST):
            if len(drawn) >= FEWEST:
                self.unweighed = "the draws were not held against the model on all rows, which takes long"
            return
        draws = RowDraws(
            fit.batches,
            fit.over_rows,
            drawn if fit.over_rows else drawn[:weighed],
            fit.traces,
            lambda: fit.free.values if fit.free is not None else {},
        )
        total = fit.batches.count
        try:
            with torch.no_grad(), reals_as(fit.guide, fit.bound.dtype):
                draws.take(lambda done: tell(Progress(0, "rows", done, total)))
        except KeyboardInterrupt:
            if fit.over_rows:
                raise Interrupted("svi", "drawing what varies over the rows") from None
            self.interrupted = True
            return
        self.values |= draws.values
        self.log_ratios = list(draws.log_ratios)

    def centres(self) -> Centres:
        """The guide's draws of each latent, with noise that is always the same; of rows in minibatches some."""
        if self.fit.batches is not None:
            self.fit.batches.look()
        if self.at_once is not None:
            generator = torch.Generator().manual_seed(0)
            chunks = [values[1] for _, *values in self.at_once.take(_DRIFT_DRAWS, generator)]
            drawn = {name: torch.cat([chunk[name] for chunk in chunks]) for name in chunks[0]}
        else:
            drawn = self._latents_one_by_one()
        return {name: (values.mean(0), values.std(0)) for name, values in drawn.items()}

    def _latents_one_by_one(self) -> dict[str, torch.Tensor]:
        drawn: dict[str, list[torch.Tensor]] = {}
        with torch.random.fork_rng(devices=[]), torch.no_grad(), reals_as(self.fit.guide, self.fit.bound.dtype):
            torch.manual_seed(0)
            for _ in range(_DRIFT_DRAWS):
                for name, value in self.fit.latents(self.fit.traces()).items():
                    drawn.setdefault(name, []).append(value)
        return {name: torch.stack(values) for name, values in drawn.items()}
