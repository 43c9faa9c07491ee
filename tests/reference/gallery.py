"""Specs of the gallery with made-up data, and draws of their priors in the place of a posterior's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyro
import torch
from pyro.infer import Predictive

import bayesdsl as bd
from bayesdsl.driver import Bound, Fit
from bayesdsl.runtime.engines.collect import posterior
from reference.synthetic import synthetic

SPECS = sorted(Path(__file__).resolve().parents[2].glob("specs/*.bayes"))
# Rows whose latents are their own, in specs that do not say how to draw new ones.
ROWS_OF_THE_FIT_ALONE = {"eight_schools"}


@dataclass(frozen=True)
class Case:
    """A fit of a spec, and a source of new rows for its table."""

    name: str
    fit: Fit
    table: str
    source: dict[str, list[Any]]

    def rows(self, count: int) -> dict[str, list[Any]]:
        """So many rows: those of the source over and over."""
        return {name: [values[i % len(values)] for i in range(count)] for name, values in self.source.items()}


def case_of(name: str) -> Case:
    compiled = bd.compile(next(path for path in SPECS if path.stem == name))
    data = synthetic(compiled.spec)
    fit = fit_of_prior(compiled.bind(data))
    table = fit.predict(draws=1).table
    return Case(name, fit, table, {key: np.asarray(value).tolist() for key, value in data.get(table, {}).items()})


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
