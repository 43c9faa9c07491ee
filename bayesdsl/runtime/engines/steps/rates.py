"""The learning rates of a run, as torch's own schedules give them."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.engines.components import Named, resolve, schedule_of


def settings_of(optimiser: type[torch.optim.Optimizer], given: dict[str, Any]) -> dict[str, Any]:
    """All of an optimiser's settings, with the defaults of those that are not given.

    None is made for that: the first that is made in a process loads torch's compiler, which takes seconds.
    """
    rows = signature(optimiser).parameters.values()
    return {row.name: row.default for row in rows if row.default is not row.empty} | given


def rates(optim: Named, schedule: Named | None, steps: int, engine: str) -> np.ndarray:
    """The learning rate at each step, of shape (steps,); zeros for an optimiser that has none.

    Raises OptimiserNotSupported where the schedule cannot change that optimiser's rate.
    """
    made, given = resolve("optimiser", *optim)
    settings = settings_of(made, given)
    rate, decay = float(settings.get("lr", 0.0)), float(settings.get("lrd", 1.0))
    if schedule is None:
        return rate * decay ** np.arange(1, steps + 1, dtype=float)
    changes, how = schedule_of(schedule, made, given, engine)
    # Nothing has a gradient, so a step of this optimiser moves nothing but its own rate.
    optimiser = made([torch.zeros(1, requires_grad=True)], **given)
    scheduler = changes(optimiser, **how)
    found = np.empty(steps)
    for step in range(steps):
        optimiser.step()
        found[step] = optimiser.param_groups[0]["lr"]
        if step + 1 < steps:
            scheduler.step()
    return found
