"""Every distribution's density and its gradients against an independent computation, in float64.

Arguments and values are smooth functions of unconstrained numbers, the same for both sides. The log density is held to
1e-10 relative (and 1e-11 absolute, since it is a sum of terms of either sign, a few units each). The gradient is held
along a random direction of the unconstrained space, all arguments and the value moving together, against a central
difference of sixth order of the reference: with a step of 0.01 its error is near 1e-9, and 1e-6 leaves room where
derivatives of high order are large.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from density_cases import EVERY_CASE, Case, name_of
from independent_densities import REFERENCES

from bayesdsl.catalogue.distributions import DISTRIBUTIONS

SEEDS = range(3)


def test_every_distribution_has_a_reference():
    assert REFERENCES.keys() == DISTRIBUTIONS.keys()


# Where Pyro computes less precisely than that, how precisely, and why.
DENSITY = {
    "VonMises": 1e-6,  # its Bessel function is a polynomial good to single precision
    "SineBivariateVonMises": 1e-7,  # log(2 pi) in its normaliser is in single precision
}
GRADIENT = {"VonMises": 1e-5}  # the slope of that polynomial


@pytest.mark.parametrize("chosen", EVERY_CASE, ids=name_of)
def test_log_density_equals_an_independent_computation(chosen):
    tolerance = DENSITY.get(chosen[0].name, 1e-10)
    for seed in SEEDS:
        case = Case(*chosen, seed)
        ours = float(case.log_prob(torch.tensor(0.0, dtype=torch.float64)))
        assert ours == pytest.approx(case.reference(0.0), rel=tolerance, abs=tolerance / 10), seed


STENCIL = {-3: -1 / 60, -2: 9 / 60, -1: -45 / 60, 1: 45 / 60, 2: -9 / 60, 3: 1 / 60}


def slope(f: Callable[[float], float], step: float = 0.01) -> float:
    """The derivative at 0 by central differences of sixth order."""
    return sum(weight * f(k * step) for k, weight in STENCIL.items()) / step


def moves(chosen) -> bool:
    row, given = chosen
    return not row.discrete or any(not p.support.integer and not p.static for p in row.parameters if p.name in given)


@pytest.mark.parametrize("chosen", [case for case in EVERY_CASE if moves(case)], ids=name_of)
def test_gradients_equal_differences_of_an_independent_computation(chosen):
    tolerance = GRADIENT.get(chosen[0].name, 1e-6)
    case = Case(*chosen, seed=7)
    t = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    (ours,) = torch.autograd.grad(case.log_prob(t), t)
    assert float(ours) == pytest.approx(slope(case.reference), rel=tolerance, abs=tolerance)
    assert np.isfinite(float(ours))
