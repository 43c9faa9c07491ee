"""Guides, optimisers and losses by their names in the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
from pyro.infer.autoguide import initialization

from bayesdsl.catalogue.inference import GUIDES, LOSSES, OPTIMISERS, SCHEDULES
from bayesdsl.runtime.engines.errors import OptimiserNotSupported, UnknownComponent

# What an engine's settings name a component with: its name and its own settings.
Named = tuple[str, dict[str, Any]]

_ROWS = {"guide": GUIDES, "optimiser": OPTIMISERS, "loss": LOSSES, "schedule": SCHEDULES}

# Where what has no row is looked for, for those who call engines from Python.
_ELSEWHERE = {
    "guide": "pyro.infer.autoguide",
    "optimiser": "torch.optim",
    "loss": "pyro.infer",
    "schedule": "torch.optim.lr_scheduler",
}


def resolve(role: str, name: str, settings: dict[str, Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The class that `name` stands for and the arguments to make it with; `role` is `"guide"`, `"optimiser"`, `"loss"`
    or `"schedule"`. Raises UnknownComponent."""
    row = _ROWS[role].get(name)
    module, _, attribute = row.path.rpartition(".") if row else (_ELSEWHERE[role], ".", name)
    found = getattr(import_module(module), attribute, None)
    if not isinstance(found, type):
        raise UnknownComponent(role, name)
    given = {**(dict(row.fixed) if row else {}), **settings}
    if isinstance(given.get("milestones"), tuple):
        given["milestones"] = list(given["milestones"])
    if isinstance(given.get("init_loc_fn"), str):
        given["init_loc_fn"] = initialisation(given["init_loc_fn"])
    return found, given


def schedule_of(named: Named, optimiser: type[torch.optim.Optimizer], given: dict[str, Any], engine: str) -> Named:
    """The class of a schedule and the arguments to make it with, tried on an optimiser of one parameter.

    Raises OptimiserNotSupported where it cannot change that optimiser's learning rate.
    """
    made, changes = resolve("schedule", *named)
    try:
        made(optimiser([torch.zeros(1, requires_grad=True)], **given), **changes)
    except (KeyError, ValueError, TypeError, ZeroDivisionError) as error:
        reason = "the optimiser has no learning rate" if isinstance(error, KeyError) else str(error)
        raise OptimiserNotSupported(named[0], engine, reason) from error
    return made, changes


def initialisation(name: str) -> Callable[..., Any]:
    """Pyro's way of that name to choose where a latent starts."""
    return getattr(initialization, name)
