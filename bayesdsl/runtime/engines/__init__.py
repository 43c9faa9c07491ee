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


def run_engine(
    name: str, bound: BoundModel, settings: dict[str, Any], seed: int, report: Report = silent, device: str = "cpu"
) -> Posterior:
    """Run the engine called `name`. `settings` are its settings by name: numbers, and `(name, settings)` for a guide,
    an optimiser or a loss. The same seed gives the same posterior.

    On a `device` such as `"cuda"` it is Pyro's own engine that runs, and for `nuts` one that takes all chains at once.
    Raises an EngineError for what a user can mend, BayesError for a device that is not there or that the engine does
    not run on, and KeyError for a name not in `NAMES`.
    """
    module, function = _ENGINES[name]
    run = getattr(import_module(module), function)
    if device == "cpu":
        return run(bound, settings, seed, report)
    from bayesdsl.runtime.engines.device import device_of, run_on

    return run_on(device_of(device, name), name, run, bound, settings, seed, report)
