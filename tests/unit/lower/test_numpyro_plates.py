"""Every distribution that NumPyro has, its arguments over crossed plates in every way, against Pyro's trace.

All of it is slow: a program is compiled by JAX for each. Rows by themselves are held in tests/catalogue.
"""

from __future__ import annotations

import numpy as np
import pyro
import pytest
import torch
from test_every_distribution import CHOICES, SPREADS, spec_of, traced

from bayesdsl.catalogue.numpyro import MISSING_DISTRIBUTIONS
from bayesdsl.driver import compile_text

pytest.importorskip("numpyro", reason="NumPyro is not installed")

import jax
from numpyro.infer.util import log_density
from reference.numpyro_agreement import as_arrays, emitted

# Where the two differ by more than roundings, as in tests/catalogue/test_numpyro_rows.py.
TOLERANCE = {"BetaBinomial": 1e-6, "SineBivariateVonMises": 1e-7, "VonMises": 1e-6}
PRESENT = [case for case in CHOICES if case[0].name not in MISSING_DISTRIBUTIONS and case[0].name != "ProjectedNormal"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Singular sample")
@pytest.mark.parametrize("spread", SPREADS.values(), ids=SPREADS)
@pytest.mark.parametrize("case", PRESENT, ids=lambda case: "-".join([case[0].name, *sorted(case[1])]))
def test_arguments_over_any_plates_give_pyros_density(case, spread):
    row, chosen = case
    bound = compile_text(spec_of(row, chosen, spread)).bind()
    with torch.random.fork_rng(), pyro.get_param_store().scope():
        torch.manual_seed(3)
        trace = traced(bound, row)
    sites = {name: node for name, node in trace.nodes.items() if node["type"] in ("sample", "param")}
    values = {name: node["value"].detach() for name, node in sites.items() if name not in bound.model.coords}
    expected = trace.log_prob_sum().item()
    with jax.enable_x64(True):
        model, inputs = emitted(bound)["model"], as_arrays(bound.inputs)
        found = float(jax.jit(lambda values: log_density(model, (), inputs, values)[0])(as_arrays(values)))
    assert np.isfinite(expected)
    assert abs(found - expected) <= TOLERANCE.get(row.name, 1e-10) * max(1.0, abs(expected))
