"""Guides, optimisers and losses by their names in the catalogue."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bayesdsl.runtime.engines.errors import UnknownComponent

# What an engine's settings name a component with: its name and its own settings.
Named = tuple[str, dict[str, Any]]

_WHERE = {
    "guide": ("pyro.infer.autoguide",),
    "optimiser": ("torch.optim", "pyro.optim"),
    "loss": ("pyro.infer",),
}


def resolve(role: str, name: str) -> Any:
    """The object that `name` stands for; `role` is `"guide"`, `"optimiser"` or `"loss"`. Raises UnknownComponent."""
    for place in _WHERE[role]:
        found = getattr(import_module(place), name, None)
        if found is not None:
            return found
    raise UnknownComponent(role, name)
