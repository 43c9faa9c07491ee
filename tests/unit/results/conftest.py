"""Posteriors to look at, made without running a model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bayesdsl.runtime.posterior import Posterior

SPECIES = ["Adelie", "Chinstrap", "Gentoo"]
MakePosterior = Callable[..., Posterior]


@pytest.fixture
def penguins() -> MakePosterior:
    """Independent draws, shaped like those of a hierarchical regression on three species."""

    def make(chains: int = 4, draws: int = 500, kind: str = "mcmc", **changes: object) -> Posterior:
        rng = np.random.default_rng(20260102)
        shape = (chains, draws)
        values = {
            "mu": rng.normal(4.0, 0.2, shape),
            "tau": np.exp(rng.normal(-0.8, 0.5, shape)),
            "a": rng.normal([3.7, 3.73, 5.08], [0.03, 0.04, 0.028], (*shape, 3)),
            "sigma": np.abs(rng.normal(0.3145, 0.0121, shape)),
        }
        stats = {
            "diverging": np.zeros(shape, dtype=bool),
            "energy": rng.normal(100.0, 2.0, shape),
            "tree_depth": rng.integers(2, 5, shape),
        }
        fields = {
            "kind": kind,
            "engine": {"mcmc": "nuts", "svi": "svi", "point": "mle"}[kind],
            "draws": values,
            "dims": {"mu": (), "tau": (), "a": ("species",), "sigma": ()},
            "coords": {"species": list(SPECIES)},
            "stats": stats if kind == "mcmc" else {},
            "warmup": 500 if kind == "mcmc" else 0,
        }
        return Posterior(**(fields | changes))

    return make
