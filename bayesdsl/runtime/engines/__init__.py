"""Ways to run a bound model, one a file, behind one protocol: a model and settings in, a posterior out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bayesdsl.runtime.progress import Report, silent

if TYPE_CHECKING:
    from bayesdsl.runtime.bound import BoundModel
    from bayesdsl.runtime.posterior import Posterior

# Engines import what they need, which takes seconds; each is imported when it is first used.
_ENGINES = {
    "nuts": ("bayesdsl.runtime.engines.nuts", "run"),
    "svi": ("bayesdsl.runtime.engines.svi", "run"),
    "map": ("bayesdsl.runtime.engines.point", "run_map"),
    "mle": ("bayesdsl.runtime.engines.point", "run_mle"),
}

NAMES = tuple(_ENGINES)


def run_engine(name: str, bound: BoundModel, settings: dict[str, Any], seed: int, report: Report = silent) -> Posterior:
    """Run the engine called `name`. `settings` are its settings by name: numbers, and `(name, settings)` for a guide,
    an optimiser or a loss. The same seed gives the same posterior.

    Raises an EngineError for what a user can mend, and KeyError for a name not in `NAMES`.
    """
    module, function = _ENGINES[name]
    return getattr(import_module(module), function)(bound, settings, seed, report)
