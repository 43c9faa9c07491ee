"""Guides, optimisers and losses by their names in the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
from pyro.infer.autoguide import initialization
from pyro.optim import PyroLRScheduler, PyroOptim

from bayesdsl.catalogue.inference import GUIDES, LOSSES, OPTIMISERS, SCHEDULES
from bayesdsl.runtime.engines.errors import LossNotSupported, OptimiserNotSupported, UnknownComponent, reason

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
        why = "the optimiser has no learning rate" if isinstance(error, KeyError) else str(error)
        raise OptimiserNotSupported(named[0], engine, why) from error
    return made, changes


def initialisation(name: str) -> Callable[..., Any]:
    """Pyro's way of that name to choose where a latent starts."""
    return getattr(initialization, name)


# What Pyro's guides and losses raise when they meet a model that they cannot deal with.
REFUSALS = (NotImplementedError, RuntimeError, ValueError, TypeError, AssertionError)

# Optimisers that stochastic losses are none for.
_NO_SVI = {
    "LBFGS": "it looks at the loss several times a step, and the loss is random",
    "SparseAdam": "it needs sparse gradients",
    "Muon": "it is for matrices only",
}


def make_loss(name: str, settings: dict[str, Any]) -> Any:
    """Pyro's loss of that name. Raises LossNotSupported and UnknownComponent."""
    loss, given = resolve("loss", name, settings)
    try:
        return loss(**given)
    except REFUSALS as error:
        raise LossNotSupported(name, reason(error)) from error


def make_optimiser(name: str, settings: dict[str, Any], schedule: Named | None) -> PyroOptim:
    """An optimiser for svi, its rate changed by a schedule. Raises OptimiserNotSupported and UnknownComponent."""
    if name in _NO_SVI:
        raise OptimiserNotSupported(name, "svi", _NO_SVI[name])
    optimiser, given = resolve("optimiser", name, settings)
    if schedule is None:
        return PyroOptim(optimiser, given)
    made, changes = schedule_of(schedule, optimiser, given, "svi")
    return PyroLRScheduler(made, {"optimizer": optimiser, "optim_args": given, **changes})
