"""Minibatches: some rows of a table at each step, and what varies over them a chunk of rows at a time.

step        1           2           3          4 ..
rows    4 0 7 2     1 9 3 6     8 5 ..     all rows once, then all of them again in another order
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyro
import torch
from pyro import poutine
from pyro.poutine.util import site_is_subsample

from bayesdsl.runtime.bound import BoundModel, Minibatch, Variable
from bayesdsl.runtime.engines.collect import members
from bayesdsl.runtime.engines.errors import TooManyValues

# Without gradients to keep, so many times the rows of a step take no more memory.
_CHUNK = 4

# The model is evaluated on so many rows after the fit, draws times rows, or on as many as the fit itself was, to find
# out how far the guide is from the posterior.
_WEIGHED = 10_000_000

# The most numbers that the draws of one quantity over the rows may have: 4 GB.
_KEPT = 500_000_000

Traces = tuple[poutine.Trace, poutine.Trace]


@dataclass
class Minibatches:
    """The rows of a table, `size` at a step. `inputs` are the program's arguments for the rows in force."""

    bound: BoundModel
    size: int
    plate: str
    rows: torch.Tensor = field(init=False)
    inputs: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.count = len(self.bound.coords[self.plate])
        self.size = min(self.size, self.count)
        self._steps = epochs(self.count, self.size)
        self.rows = torch.empty(0)
        self.look()

    @property
    def how(self) -> Minibatch:
        return self.bound.minibatches[self.plate]

    def take(self, rows: torch.Tensor) -> None:
        if rows is not self.rows:
            self.rows = rows
            self.inputs = self.how.inputs(self.bound.inputs, rows.long())

    @contextmanager
    def given(self, inputs: dict[str, Any]) -> Iterator[None]:
        """Rows and arguments from elsewhere, for a while."""
        before = self.rows, self.inputs
        self.rows, self.inputs = inputs[self.how.argument], inputs
        try:
            yield
        finally:
            self.rows, self.inputs = before

    def step(self) -> None:
        """Take the rows of the next step."""
        self.take(next(self._steps))

    def coming(self) -> Iterator[torch.Tensor]:
        """The rows of the next steps, without end, for who takes them elsewhere."""
        return self._steps

    @property
    def first(self) -> int:
        """How many rows the first step has."""
        return math.ceil(self.count / math.ceil(self.count / self.size))

    @property
    def alike(self) -> bool:
        """Whether every step has all rows."""
        return self.size == self.count

    def look(self, size: int | None = None) -> None:
        """Take rows that stand for all, always the same: a step's number of them at even distances, or another."""
        size = self.size if size is None else size
        self.take(torch.arange(size) * self.count // size)

    def chunks(self) -> Iterator[slice]:
        """Take all rows, in their order and a chunk at a time, each told as a slice."""
        chunk = _CHUNK * self.size
        for start in range(0, self.count, chunk):
            part = slice(start, min(start + chunk, self.count))
            self.take(torch.arange(part.start, part.stop))
            yield part

    def plates(self) -> list[pyro.plate]:
        """Pyro's plate over the rows in force, for guides that make plates of their own."""
        return [pyro.plate(self.how.site, self.count, dim=self.how.dim, subsample=self.rows.long())]

    def check_room(self, variables: Sequence[Variable], draws: int) -> None:
        """Whether so many draws of what varies over the rows can be kept. Raises TooManyValues."""
        for variable in variables:
            values = math.prod(len(self.bound.coords[dim.rstrip("'")]) for dim in variable.dims)
            if draws * values > _KEPT:
                raise TooManyValues(variable.name, draws, values, _KEPT // values)

    def weighed(self, draws: int, steps: int) -> int:
        """How many draws can be held against the model on all rows without taking longer than the fit."""
        return min(draws, max(_WEIGHED, steps * self.size) // self.count)


def epochs(count: int, size: int) -> Iterator[torch.Tensor]:
    """Minibatches of `size` rows or fewer, without end: every row once, then every row again in another order.

    Each epoch is cut into as few as that takes, alike to one row. A rest of a few rows would count for all of them as
    the others do, and shake the fit.
    """
    parts = math.ceil(count / size)
    everything = torch.arange(count)
    # The order of very many rows is held in as few bytes as will do.
    kind = torch.int32 if count < 2**31 else torch.int64
    while True:
        # Pyro's plates take all rows to be in their order.
        yield from torch.randperm(count, dtype=kind).tensor_split(parts) if parts > 1 else (everything,)


def over_rows(site: dict[str, Any], plate: str) -> bool:
    """Whether a site has a value for each row of Pyro's plate of this name."""
    return any(frame.name == plate for frame in site["cond_indep_stack"])


def shared(trace: poutine.Trace, plate: str) -> poutine.Trace:
    """What a guide drew once for all rows, to be drawn the same for others."""
    kept = poutine.Trace()
    for name, site in trace.nodes.items():
        if site["type"] == "sample" and not site_is_subsample(site) and not over_rows(site, plate):
            kept.add_node(name, **{key: site[key] for key in ("name", "type", "is_observed", "value", "infer")})
    return kept


@dataclass
class RowDraws:
    """What draws have for all rows: the values of the variables over them, and the log density of the model less that
    of the guide.

    `drawn` is what each draw has once for all rows, `traces` runs guide and model on the rows in force and with that.
    """

    batches: Minibatches
    variables: Sequence[Variable]
    drawn: Sequence[poutine.Trace]
    traces: Callable[[poutine.Trace], Traces]
    constrained: Callable[[], dict[str, torch.Tensor]]
    values: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log_ratios = np.zeros(len(self.drawn))

    def take(self, tell: Callable[[int], None]) -> None:
        """Go through all rows, and tell after each chunk how many are done."""
        for part in self.batches.chunks():
            for draw, fixed in enumerate(self.drawn):
                model_trace, guide_trace = self.traces(fixed)
                self.log_ratios[draw] += self._log_density(model_trace, part) - self._log_density(guide_trace, part)
                for variable in self.variables:
                    value = self.constrained().get(variable.name, model_trace.nodes[variable.name]["value"])
                    self._keep(variable, draw, part, value)
            tell(part.stop)

    def _log_density(self, trace: poutine.Trace, part: slice) -> float:
        """The part of the log density that these rows have; the first have that of what is shared as well."""
        trace.compute_log_prob()
        share, total = (part.stop - part.start) / self.batches.count, 0.0
        for site in trace.nodes.values():
            if site["type"] != "sample" or site_is_subsample(site):
                continue
            if over_rows(site, self.batches.how.site):
                total += share * float(site["log_prob_sum"])
            elif part.start == 0:
                total += float(site["log_prob_sum"])
        return total

    def _keep(self, variable: Variable, draw: int, part: slice, value: torch.Tensor) -> None:
        found = value.detach().numpy()
        layout, coords = variable.layout, self.batches.bound.coords
        if variable.name not in self.values:
            shape = [1 if dim is None else len(members(dim, coords)) for dim in layout]
            self.values[variable.name] = np.empty((len(self.drawn), *shape), dtype=found.dtype)
        places = [part if dim == self.batches.plate else slice(None) for dim in layout]
        self.values[variable.name][(draw, *places)] = found
