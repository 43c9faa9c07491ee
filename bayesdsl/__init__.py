"""bayesdsl: a language and a compiler for Bayesian models.

import bayesdsl as bd

m = bd.compile("penguins.bayes")
post = m.fit(seed=1)
print(post.summary())
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

# Names are looked up when they are first used: `bayesdsl check` must not pay for what it does not need.
_PLACES = {
    "compile": "bayesdsl.driver",
    "compile_text": "bayesdsl.driver",
    "Compiled": "bayesdsl.driver",
    "Bound": "bayesdsl.driver",
    "Fit": "bayesdsl.driver",
    "BayesError": "bayesdsl.diagnostics.diagnostic",
    "Diagnostic": "bayesdsl.diagnostics.diagnostic",
    "Source": "bayesdsl.source",
    "open_run": "bayesdsl.opened",
    "load_predictor": "bayesdsl.export.archive",
    "RunError": "bayesdsl.results.errors",
}

__all__ = [*_PLACES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'bayesdsl' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
