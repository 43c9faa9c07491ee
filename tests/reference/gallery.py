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
from bayesdsl.model import ir
from bayesdsl.runtime.engines.collect import posterior
from bayesdsl.runtime.sources.read import read_source
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
    try:
        data = synthetic(compiled.spec)
        bound = compiled.bind(data)
    except bd.BayesError:  # a spec with data of its own, which have to fit together
        bound = compiled.bind()
        data = {plate: _columns(table, SPECS[0].parent) for plate, table in compiled.spec.tables.items()}
    fit = fit_of_prior(bound)
    table = fit.predict(draws=1).table
    return Case(name, fit, table, {key: np.asarray(value).tolist() for key, value in data.get(table, {}).items()})


def _columns(table: ir.Table, directory: Path) -> dict[str, Any]:
    """The first rows of a table's source."""
    raw = read_source(table.source, dict(table.options), directory, name=table.plate)
    return {name: column.values[:20] for name, column in raw.columns.items()}


def fit_of_prior(bound: Bound, draws: int = 40, seed: int = 0) -> Fit:
    """A fit whose draws are those of the prior; what is learned is as it starts. The inference is the spec's first one
    with a guide by hand, if there is one."""
    model, spec = bound.model, bound.compiled.spec
    names = [v.name for v in model.variables]
    chosen = next((i for i in spec.inferences if isinstance(_body(spec, i), ir.GuideBody)), None)
    with torch.random.fork_rng(devices=[]), pyro.get_param_store().scope():
        torch.manual_seed(seed)
        with torch.no_grad(), pyro.validation_enabled(False):
            found = Predictive(model.model, num_samples=draws, return_sites=names)(**model.inputs)
            if chosen is not None:
                model.guides[dict(chosen.settings)["guide"]](**model.inputs)
        params = {v.name: pyro.param(v.name).detach() for v in model.variables_in("param")}
        store = pyro.get_param_store()
        learned = {v.name: store[v.name].detach().numpy() for v in model.learned if v.name in store}
    values = {}
    for variable in model.variables:
        value = found.get(variable.name)
        if value is None:
            value = params[variable.name].expand(draws, *params[variable.name].shape)
        values[variable.name] = value.detach().numpy()[None]
    made = posterior(model, values, kind="mcmc", engine="prior", learned=learned)
    now = datetime.now(UTC)
    return Fit(bound, chosen or bound.compiled.inference("nuts"), made, seed, now, now)


def _body(spec: ir.Model, inference: ir.Inference) -> ir.Guide | None:
    return spec.guides.get(str(dict(inference.settings).get("guide")))
