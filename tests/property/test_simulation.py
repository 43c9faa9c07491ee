"""Whatever a spec says: data that are simulated from it are read again as they were drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from reference.generator import Spec, specs

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver import Compiled, compile_text
from bayesdsl.model import ir
from bayesdsl.results.simulated import Simulation

torch.set_num_threads(1)

# A spec is some twenty lines, and shrinking one can take minutes: the slow run does.
UNSHRUNK = (Phase.explicit, Phase.generate)
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
ROWS = {"game": 40, "team": 2, "other": 12}
# What a spec may honestly be: one that draws what is no number (BD856, BD811) or nothing within a type, that uses an
# outcome above its likelihood (BD855), or that computes one from several columns (BD857).
HONEST = {"BD855", "BD856", "BD811", "BD857"}


def pinned(model: ir.Model) -> dict[str, float]:
    """Values for what cannot be drawn: 0.5 is one that everything in a generated spec may have."""
    improper = [s.name for s in model.of(ir.Sample) if isinstance(s.dist, ir.Improper)]
    return dict.fromkeys([*improper, *(s.name for s in model.of(ir.Parameter) if s.init is None)], 0.5)


def simulated(compiled: Compiled, rows: dict, levels: dict, data: dict) -> Simulation | None:
    """A simulation of a spec, None where the model draws what no data can be."""
    try:
        return compiled.simulate(rows, set=pinned(compiled.spec), levels=levels, data=data, seed=3)
    except BayesError as error:
        codes = {finding.code for finding in error.diagnostics}
        if "BD859" not in codes and not codes <= HONEST:
            error.add_note(compiled.spec.source.text)
            raise
        return None


def holds(spec: Spec) -> None:
    compiled = compile_text(spec.text)
    model = compiled.spec
    rows = {name: ROWS[name] for name in model.tables}
    levels = {"county": ["a", "b", "c", "d"], "team": ["red", "blue"]}
    levels = {name: labels for name, labels in levels.items() if name in model.plates}
    widths = {name: 3 for name, plate in model.plates.items() if plate.origin is ir.Origin.COLUMNS}
    widths = {name: n for name, n in widths.items() if model.plates[name].labels is None}
    found = simulated(compiled, rows, {**levels, **widths}, {})
    if found is None:
        # Outcomes that are used above their likelihoods have to be given, and then nothing is made up.
        found = simulated(compiled, {}, {}, spec.data)
    assume(found is not None)
    rows = {name: len(next(iter(columns.values()))) for name, columns in found.data.items()}
    for name in rows:
        assert all(len(values) == rows[name] for values in found.data[name].values())
    bound = compiled.bind(found.data)
    for name, value in found.truth.items():
        shape = tuple(len(bound.data.coords[ir.base_plate(dim)]) for dim in found.dims[name])
        lost = any(warning.code == "BD859" for warning in found.warnings)
        assert lost or np.shape(value) == shape


@settings(
    max_examples=40, deadline=None, derandomize=True, phases=UNSHRUNK, suppress_health_check=CHECKS, database=None
)
@given(specs())
def test_simulated_data_of_any_spec_are_read_as_they_were_drawn(spec: Spec):
    holds(spec)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=CHECKS)
@given(specs())
def test_simulated_data_of_many_specs_are_read_as_they_were_drawn(spec: Spec):
    holds(spec)
