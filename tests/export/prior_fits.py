"""Fits without fitting: draws of the prior in the place of a posterior's, which predictions take as they take any."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyro
import torch
from pyro.infer import Predictive

from bayesdsl.driver import Bound, Fit
from bayesdsl.runtime.engines.collect import posterior


def fit_of_prior(bound: Bound, draws: int = 40, seed: int = 0) -> Fit:
    """A fit whose draws are those of the prior."""
    model = bound.model
    names = [v.name for v in model.variables]
    with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope():
        torch.manual_seed(seed)
        with pyro.validation_enabled(False):
            found = Predictive(model.model, num_samples=draws, return_sites=names)(**model.inputs)
        params = {v.name: pyro.param(v.name).detach() for v in model.variables_in("param")}
    values = {}
    for variable in model.variables:
        value = (
            found[variable.name]
            if variable.name in found
            else params[variable.name].expand(draws, *params[variable.name].shape)
        )
        values[variable.name] = value.detach().numpy()[None]
    made = posterior(model, {n: np.asarray(v) for n, v in values.items()}, kind="mcmc", engine="prior")
    now = datetime.now(UTC)
    return Fit(bound, bound.compiled.inference("nuts"), made, seed, now, now)
