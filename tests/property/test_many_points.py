"""A density at many points at once is the program's at each, whatever the spec, and so are the values of its sites."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from reference.generator import Spec, specs

from bayesdsl.driver import compile_text
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.errors import EngineError, NotTogether
from bayesdsl.runtime.engines.together.density import ManyPoints, ValuesAt

# Shrinking takes many times as long as finding.
UNSHRUNK = (Phase.explicit, Phase.generate)
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
CORES = torch.device("cpu")


def values_of(density: Density, names: list[str]) -> ValuesAt | str:
    try:
        ManyPoints(density, 3, CORES)
        return ValuesAt(density, names, 3, CORES)
    except NotTogether as error:
        return error.reason


def holds(spec: Spec) -> None:
    """The density is compared in `ManyPoints` itself, to 1e-10 of value and gradient at random points."""
    try:
        density = Density(compile_text(spec.text).bind(spec.data).model, params=True)
    except EngineError:
        assume(False)
    names = [variable.name for variable in density.bound.variables]
    made = values_of(density, names)
    if isinstance(made, str):
        assert any(reason in made for reason in ("looks at a number in Python", "fills a tensor of its own"))
        return
    points = np.random.default_rng(0).standard_normal((1, 3, density.dimension))
    found = made(points)
    for row, point in enumerate(torch.from_numpy(points[0])):
        expected = density.constrain(point)
        for name in names:
            # The same operations in another order.
            np.testing.assert_allclose(found[name][0, row], expected[name].numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


@settings(max_examples=8, deadline=None, derandomize=True, phases=UNSHRUNK, suppress_health_check=CHECKS, database=None)
@given(specs())
def test_many_points_are_as_each_by_itself(spec: Spec):
    holds(spec)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, phases=UNSHRUNK, suppress_health_check=CHECKS)
@given(specs())
def test_many_points_of_many_programs_are_as_each_by_itself(spec: Spec):
    holds(spec)
