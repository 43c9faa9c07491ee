"""Guides, optimisers and losses by their names in the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from pyro.infer.autoguide import initialization

from bayesdsl.catalogue.inference import GUIDES, LOSSES, OPTIMISERS
from bayesdsl.runtime.engines.errors import UnknownComponent

# What an engine's settings name a component with: its name and its own settings.
Named = tuple[str, dict[str, Any]]

_ROWS = {"guide": GUIDES, "optimiser": OPTIMISERS, "loss": LOSSES}

# Where what has no row is looked for, for those who call engines from Python.
_ELSEWHERE = {"guide": "pyro.infer.autoguide", "optimiser": "torch.optim", "loss": "pyro.infer"}


def resolve(role: str, name: str, settings: dict[str, Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The class that `name` stands for and the arguments to make it with; `role` is `"guide"`, `"optimiser"` or
    `"loss"`. Raises UnknownComponent."""
    row = _ROWS[role].get(name)
    module, _, attribute = row.path.rpartition(".") if row else (_ELSEWHERE[role], ".", name)
    found = getattr(import_module(module), attribute, None)
    if not isinstance(found, type):
        raise UnknownComponent(role, name)
    given = {**(dict(row.fixed) if row else {}), **settings}
    if isinstance(given.get("init_loc_fn"), str):
        given["init_loc_fn"] = initialisation(given["init_loc_fn"])
    return found, given


def initialisation(name: str) -> Callable[..., Any]:
    """Pyro's way of that name to choose where a latent starts."""
    return getattr(initialization, name)
