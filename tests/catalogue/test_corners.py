"""Corners where Pyro's density is not the distribution's, or has no gradient.

Each test says how far off it is. When one fails because Pyro has become right, the note goes.
"""

from __future__ import annotations

import math

import numpy as np
import pyro.distributions as dist
import pytest
import scipy.stats as st
import torch
from independent_densities import log_continuous_bernoulli, log_projected_normal, log_stable

from bayesdsl.catalogue.distributions import LEFT_OUT


def number(x: float) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


def variable(*x: float) -> torch.Tensor:
    return torch.tensor(x if len(x) > 1 else x[0], dtype=torch.float64, requires_grad=True)


def test_the_density_of_a_stable_distribution_is_interpolated_where_its_stability_is_near_one():
    """Between 0.95 and 1.05 Pyro interpolates between the two: off by less than 0.01 in the log density."""
    for stability, x in [(0.96, 0.3), (1.001, 2.0), (1.001, 30.0), (1.04, 2.0)]:
        ours = float(dist.Stable(number(stability), number(0.5)).log_prob(number(x)))
        exact = log_stable(np.float64(x), stability, 0.5, 1.0, 0.0)
        assert 1e-5 < abs(ours - exact) < 1e-2


def test_the_density_of_a_stable_distribution_is_interpolated_near_its_centre():
    """For a normal, stability 2, within 0.02 of 0: off by 1e-4."""
    ours = float(dist.Stable(number(2.0), number(0.0)).log_prob(number(0.0)))
    assert abs(ours - st.norm.logpdf(0, 0, math.sqrt(2))) == pytest.approx(1e-4, rel=1e-3)


def test_a_soft_asymmetric_laplace_has_no_gradient_far_out():
    """An error function underflows 38 times scale * softness out: the density is right, its gradient not a number."""
    near, far = variable(35.0 * 0.5), variable(40.0 * 0.5)
    for x in (near, far):
        log_prob = dist.SoftAsymmetricLaplace(number(0.0), number(1.0), number(0.7), number(0.5)).log_prob(x)
        log_prob.backward()
        assert torch.isfinite(log_prob)
    assert torch.isfinite(near.grad)
    assert torch.isnan(far.grad)


def test_an_ordered_logistic_cannot_tell_probabilities_under_1e16():
    """Probabilities are differences: far from the cut points the log density stops at -36, and the gradient is 0."""
    predictor = variable(60.0)
    log_prob = dist.OrderedLogistic(predictor, torch.tensor([-1.0, 1.0], dtype=torch.float64)).log_prob(number(0.0))
    log_prob.backward()
    assert float(log_prob.detach()) == pytest.approx(math.log(np.finfo(float).eps))
    assert float(predictor.grad) == 0.0  # where it is -1 in truth, and the log density -61


def test_probabilities_of_zero_and_one_are_moved_by_1e16():
    """A Bernoulli or a Categorical gives the impossible the log probability -36; log odds have no such floor."""
    floor = math.log(np.finfo(float).eps)
    assert float(dist.Bernoulli(number(0.0)).log_prob(number(1.0))) == pytest.approx(floor)
    impossible = dist.Categorical(torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert float(impossible.log_prob(torch.tensor(0))) == pytest.approx(floor)
    assert float(dist.Bernoulli(logits=number(-50.0)).log_prob(number(1.0))) == pytest.approx(-50)


def test_a_projected_normal_has_a_floor_opposite_to_its_direction():
    """Its density stops falling where an integral would be under 1e-16: from a concentration of 8 on."""
    value, floor = torch.tensor([-1.0, 0.0, 0.0], dtype=torch.float64), []
    for size in (5.0, 8.0, 10.0):
        mu = torch.tensor([size, 0.0, 0.0], dtype=torch.float64)
        exact = log_projected_normal(value.numpy(), mu.numpy())
        floor.append(float(dist.ProjectedNormal(mu).log_prob(value)) - exact)
    # Near the floor digits cancel: eleven are left at 5.
    assert abs(floor[0]) < 1e-10
    assert floor[1] > 1
    assert floor[2] > 20


def test_a_von_mises_on_the_sphere_has_no_density_at_concentrations_of_zero_and_over_700():
    """sinh(0) is divided by and sinh(711) is infinite: where nothing, or everything, is known of the direction."""
    value = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    assert torch.isnan(dist.VonMises3D(torch.zeros(3, dtype=torch.float64)).log_prob(value))
    assert dist.VonMises3D(720 * value).log_prob(value) == -math.inf


@pytest.mark.parametrize("probs", [0.4985, 0.4995, 0.5005, 0.502])
def test_the_continuous_bernoulli_is_exact_on_both_sides_of_where_it_is_expanded(probs: float):
    """Pyro expands the normaliser around 1/2, to terms of which the next is under 1e-15 there."""
    ours = float(dist.ContinuousBernoulli(number(probs)).log_prob(number(0.3)))
    assert ours == pytest.approx(log_continuous_bernoulli(0.3, probs), abs=1e-13)


def test_densities_at_the_end_of_the_support():
    """Finite for a HalfNormal, a HalfCauchy and an Exponential; for a Gamma 0 or infinite, hence its support here."""
    zero = number(0.0)
    assert float(dist.HalfNormal(number(1.0)).log_prob(zero)) == pytest.approx(st.halfnorm.logpdf(0))
    assert float(dist.HalfCauchy(number(1.0)).log_prob(zero)) == pytest.approx(st.halfcauchy.logpdf(0))
    assert float(dist.Exponential(number(2.0)).log_prob(zero)) == pytest.approx(math.log(2))
    ends = [float(dist.Gamma(number(shape), number(1.0)).log_prob(zero)) for shape in (0.5, 1.0, 2.0)]
    assert ends == [math.inf, 0.0, -math.inf]


def test_missing_values_are_left_out_of_masked_normals():
    loc = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    a = torch.tensor([[2.0, 0.3, 0.1], [0.3, 1.0, -0.4], [0.1, -0.4, 1.5]], dtype=torch.float64)
    value = torch.tensor([0.2, math.nan, 1.0], dtype=torch.float64)
    kept = [0, 2]
    marginal = st.multivariate_normal.logpdf(value[kept], loc[kept], a[kept][:, kept])
    assert float(dist.NanMaskedMultivariateNormal(loc, a).log_prob(value)) == pytest.approx(marginal, rel=1e-12)
    single = dist.NanMaskedNormal(loc, number(2.0)).log_prob(value)
    expected = [st.norm.logpdf(0.2, 0.5, 2), 0.0, st.norm.logpdf(1, 2, 2)]
    torch.testing.assert_close(single, torch.tensor(expected, dtype=torch.float64))


def test_extended_binomials_give_impossible_counts_probability_zero():
    probs = number(0.3)
    for value in (-1.0, 6.0):
        assert dist.ExtendedBinomial(number(5.0), probs).log_prob(number(value)) == -math.inf
        assert dist.ExtendedBetaBinomial(probs, probs, number(5.0)).log_prob(number(value)) == -math.inf


def test_a_point_is_all_that_a_delta_allows():
    point = dist.Delta(number(1.5))
    assert point.log_prob(number(1.5)) == 0
    assert point.log_prob(number(1.6)) == -math.inf


def test_quadrature_in_a_log_normal_negative_binomial_is_close_to_the_integral():
    """Eight points of Gauss and Hermite's rule, for noise of standard deviation 0.5."""
    made = dist.LogNormalNegativeBinomial(number(3.0), number(0.2), number(0.5))
    noise = np.linspace(-5, 5, 20_001)
    masses = st.nbinom.pmf(4, 3.0, 1 / (1 + np.exp(0.2 + noise))) * st.norm.pdf(noise, 0, 0.5)
    exact = math.log(np.trapezoid(masses, noise))
    assert float(made.log_prob(number(4.0))) == pytest.approx(exact, abs=1e-5)


def test_a_generalized_pareto_refuses_double_precision():
    """Why it is left out: it compares its argument to a zero of the default type."""
    assert "GeneralizedPareto" in LEFT_OUT
    assert torch.get_default_dtype() is torch.float32
    with pytest.raises(RuntimeError, match="did not match"):
        dist.GeneralizedPareto(number(0.0), number(1.0), number(0.2)).log_prob(number(0.5))
