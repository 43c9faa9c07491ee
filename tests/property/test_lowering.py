"""What a spec means is what runs: the program's density is the interpreter's, whatever the spec."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from reference.agreement import agree
from reference.generator import Spec, specs

from bayesdsl.runtime.engines.errors import InitFailed

torch.set_num_threads(1)

# A spec is some twenty lines, and shrinking one can take minutes: the slow run does.
UNSHRUNK = (Phase.explicit, Phase.generate)
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def holds(spec: Spec) -> None:
    try:
        agree(spec.text, spec.data)
    except InitFailed:
        # An expression that overflows wherever one looks says nothing of the lowering.
        assume(False)


@settings(
    max_examples=120, deadline=None, derandomize=True, phases=UNSHRUNK, suppress_health_check=CHECKS, database=None
)
@given(specs())
def test_the_density_of_a_program_is_that_of_its_spec(spec: Spec):
    holds(spec)


@pytest.mark.slow
@settings(max_examples=4000, deadline=None, suppress_health_check=CHECKS)
@given(specs())
def test_the_density_of_a_program_is_that_of_its_spec_on_many_specs(spec: Spec):
    holds(spec)
