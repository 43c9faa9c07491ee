"""Machine code is the program's density, whatever the spec: values, gradients, and what draws report."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.strategies import sampled_from
from reference.generator import Spec, specs

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver import compile_text
from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.density import native_density
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.errors import EngineError

torch.set_num_threads(1)

pytestmark = pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler here")

# Each takes a second of tracing and compiling, and shrinking takes many.
UNSHRUNK = (Phase.explicit, Phase.generate)
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

# What has no machine code, by what the reason says.
REASONS = ("looks at a number in Python", "no random point has a finite density")


def holds(spec: Spec) -> None:
    """The density is compared in `native_density` itself, to 1e-10 of value and gradient at random points."""
    try:
        density = Density(compile_text(spec.text).bind(spec.data).model, params=True)
    except EngineError:
        assume(False)
    native = native_density(density)
    if isinstance(native, str):
        assert any(reason in native for reason in REASONS), native
        return
    points = np.random.default_rng(0).standard_normal((3, density.dimension))
    found = native.values(points)
    for row, point in enumerate(torch.tensor(points)):
        expected = density.constrain(point)
        for name in native.names:
            # The same operations in another order.
            np.testing.assert_allclose(found[name][row], expected[name].numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


@settings(
    max_examples=12, deadline=None, derandomize=True, phases=UNSHRUNK, suppress_health_check=CHECKS, database=None
)
@given(specs())
def test_machine_code_is_the_density_of_a_program(spec: Spec):
    holds(spec)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, phases=UNSHRUNK, suppress_health_check=CHECKS)
@given(specs())
def test_machine_code_is_the_density_of_many_programs(spec: Spec):
    holds(spec)


GUIDES = ("AutoNormal", "AutoMultivariateNormal", "AutoDelta", "AutoLowRankMultivariateNormal", "AutoIAFNormal")

# What has no steps in machine code, by what the reason says.
STEPS = ("looks at a number in Python", "nothing is learned", "is not finite where the fit starts")


def fits(spec: Spec, guide: str) -> None:
    """Steps are compared with Pyro's loss and gradient where the fit starts, to 1e-10."""
    bound = compile_text(spec.text).bind(spec.data)
    for engine, given_to_it in (("svi", {"guide": guide, "draws": 5}), ("map", {})):
        try:
            facts = bound.fit(engine, seed=1, steps=200, **given_to_it).posterior.facts
        except BayesError as error:
            # The spec is the cause, as of a density that is finite nowhere.
            if not {d.code for d in error.diagnostics} <= FINDINGS:
                raise
            continue
        reason = facts["engine_note"]
        assert facts["engine"] == "compiled" or any(known in reason for known in STEPS), reason


FINDINGS = {"BD510", "BD801", "BD802"}


@settings(max_examples=3, deadline=None, derandomize=True, phases=UNSHRUNK, suppress_health_check=CHECKS, database=None)
@given(specs(), sampled_from(GUIDES))
def test_a_fit_of_a_program_is_machine_code(spec: Spec, guide: str):
    fits(spec, guide)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, phases=UNSHRUNK, suppress_health_check=CHECKS)
@given(specs(), sampled_from(GUIDES))
def test_fits_of_many_programs_are_machine_code(spec: Spec, guide: str):
    fits(spec, guide)
