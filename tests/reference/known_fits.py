"""Fits whose draws are known from elsewhere, to be the prior of something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

import bayesdsl as bd
from bayesdsl.runtime.posterior import Posterior


def fit_with(
    model: bd.Compiled, data: Mapping[str, Any] | None, draws: Mapping[str, np.ndarray], kind: str = "svi"
) -> bd.Fit:
    """A fit of a model with these draws, of shape (draw, *dims) by name, in one chain.

    Plates and their members are those of the model with the data.
    """
    bound = model.bind(data)
    dims = {variable.name: variable.dims for variable in bound.model.variables}
    posterior = Posterior(
        kind=kind,
        engine="map" if kind == "point" else "svi",
        draws={name: np.asarray(values)[None] for name, values in draws.items()},
        dims={name: dims[name] for name in draws},
        coords={plate: list(bound.model.coords[plate.rstrip("'")]) for name in draws for plate in dims[name]},
        losses=np.zeros(1_000),
    )
    now = datetime.now(UTC)
    return bd.Fit(bound, model.inference("nuts"), posterior, 0, now, now)
