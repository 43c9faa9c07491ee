"""The density fitted to draws, held against densities that are known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import special, stats

from bayesdsl.model.earlier import FARTHEST, Conditional, LowRank
from bayesdsl.runtime.earlier.fit import LARGEST, Fitted, fit, misfit

DRAWS = 4_000


def log_density(density: Conditional | LowRank, u: np.ndarray) -> np.ndarray:
    """Written down from the definition, in NumPy."""
    t = (u - np.array(density.centre)) / np.array(density.spread)
    size = t.shape[1]
    whole = -np.log(density.spread).sum()
    if isinstance(density, LowRank):
        factors = np.array(density.factors)
        cov = factors @ factors.T + np.diag(density.noise)
        return stats.multivariate_normal(np.zeros(size), cov).logpdf(t) + whole
    slopes = np.array(density.slopes) if density.slopes else np.zeros((size, size))
    scales = np.array(density.scale_slopes) if density.scale_slopes else np.zeros((size, size))
    log_scale = np.array(density.log_scale) + np.clip(t, -FARTHEST, FARTHEST) @ scales.T
    rest = (t - np.array(density.mean) - t @ slopes.T) / np.exp(log_scale)
    stretch = np.zeros_like(rest)
    if density.bend is not None:
        shift, width, skew, tail = (np.array(getattr(density.bend, n)) for n in ("shift", "width", "skew", "tail"))
        y = (rest - shift) / width
        a = skew + tail * np.arcsinh(y)
        rest = np.sinh(a)
        stretch = np.log(tail / width * np.cosh(a) / np.sqrt(1 + y**2))
    return (stats.norm.logpdf(rest) + stretch - log_scale).sum(1) + whole


def funnel(rng: np.random.Generator, count: int) -> np.ndarray:
    v = rng.normal(size=count)
    return np.column_stack([v, np.exp(v) * rng.normal(size=count)])


def correlated(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.normal(size=(count, 2)) @ np.linalg.cholesky([[1, 0.999], [0.999, 1]]).T


# Draws, the true log density of the same, and the divergence in nats that is allowed: twice what was measured, of which
# a parameter costs 1 / (2 * 4,000) by its noise alone. A normal of the same moments is given beside it.
KNOWN = {
    "logit of Beta(3, 9), normal 0.011": (
        lambda rng, n: special.logit(rng.beta(3, 9, size=(n, 1))),
        lambda u: stats.beta.logpdf(special.expit(u), 3, 9)[:, 0] + np.log(special.expit(u) * special.expit(-u))[:, 0],
        0.002,
    ),
    "log of an inverse gamma, normal 0.046": (
        lambda rng, n: -np.log(rng.gamma(2, size=(n, 1))),
        lambda u: (-2 * u - np.exp(-u))[:, 0],
        0.01,
    ),
    "a funnel, normal 0.99": (
        funnel,
        lambda u: stats.norm.logpdf(u[:, 0]) + stats.norm.logpdf(u[:, 1], 0, np.exp(u[:, 0])),
        0.004,
    ),
    "a correlation of 0.999": (
        correlated,
        lambda u: stats.multivariate_normal([0, 0], [[1, 0.999], [0.999, 1]]).logpdf(u),
        0.002,
    ),
}


@pytest.mark.parametrize("case", KNOWN)
def test_the_divergence_from_a_known_density_is_small(case: str):
    draw, truth, allowed = KNOWN[case]
    rng = np.random.default_rng(1)
    fitted = fit(draw(rng, DRAWS), DRAWS)
    fresh = draw(rng, 50_000)

    assert 0 <= (truth(fresh) - log_density(fitted.density, fresh)).mean() < allowed
    assert fitted.misfit is None


def test_what_the_draws_do_not_ask_for_is_left_out():
    density = fit(correlated(np.random.default_rng(2), DRAWS), DRAWS).density
    assert isinstance(density, Conditional)
    assert density.bend is None
    assert density.scale_slopes is None
    assert density.slopes is not None


@pytest.mark.parametrize("size", [10, 2 * LARGEST])
def test_independent_numbers_stay_so(size: int):
    density = fit(np.random.default_rng(11).normal(size=(2_000, size)), 2_000).density
    assert isinstance(density, Conditional)
    slopes = np.array(density.slopes or np.zeros((size, size)))
    # The criterion keeps a row of pure chance in one case of twelve or fewer.
    assert (slopes != 0).any(1).sum() <= 2


def test_the_order_of_scales_and_what_they_scale_matters():
    """A scale given what it scales is no simple regression: this is why positive unknowns come first."""
    rng = np.random.default_rng(3)
    draws, fresh = funnel(rng, DRAWS), funnel(rng, 20_000)
    first = log_density(fit(draws, DRAWS).density, fresh).mean()
    last = log_density(fit(draws[:, ::-1], DRAWS).density, fresh[:, ::-1]).mean()
    assert first > last + 0.1


def normal_data(rng: np.random.Generator, count: int, size: int) -> np.ndarray:
    """Numbers that three directions make correlated, always the same."""
    directions = np.random.default_rng(0).normal(size=(3, size))
    return rng.normal(size=(count, 3)) @ directions + rng.normal(size=(count, size))


def test_with_few_draws_correlations_are_shrunk_and_no_direction_is_certain():
    """Fifty numbers from sixty draws: a plain covariance has directions with next to no variance."""
    rng = np.random.default_rng(4)
    draws = normal_data(rng, 60, 50)
    fitted = fit(draws, 60)
    assert 0 < fitted.shrunk < 1
    fresh = normal_data(rng, 5_000, 50)
    plain = stats.multivariate_normal(draws.mean(0), np.cov(draws.T))
    assert log_density(fitted.density, fresh).mean() > plain.logpdf(fresh).mean() + 10


def test_effective_draws_count_not_draws():
    """Draws that each came ten times are worth as many as there were."""
    rng = np.random.default_rng(5)
    draws = np.repeat(normal_data(rng, 60, 50), 10, axis=0)
    assert fit(draws, 60).shrunk > 0
    assert fit(draws, 600).shrunk == 0


def test_many_numbers_keep_their_margins_and_the_directions_that_stand_out():
    """Beyond the limit: three directions were put in, three are found, and variances are those of the draws."""
    rng = np.random.default_rng(6)
    size = 2 * LARGEST
    draws = normal_data(rng, 1_000, size)
    density = fit(draws, 1_000).density
    assert isinstance(density, LowRank)
    factors = np.array(density.factors)
    assert factors.shape == (size, 3)
    assert (factors**2).sum(1) + np.array(density.noise) == pytest.approx(np.ones(size), abs=1e-4)  # six digits
    assert np.array(density.spread) == pytest.approx(draws.std(0, ddof=1), rel=1e-5)
    found = factors @ factors.T
    off = ~np.eye(size, dtype=bool)
    # Correlations of 1,000 draws have an error of at most 1 / sqrt(1,000).
    assert np.abs(found - np.corrcoef(draws.T))[off].mean() < 1 / math.sqrt(1_000)


def bent(rng: np.random.Generator) -> np.ndarray:
    x = rng.normal(size=DRAWS)
    return np.column_stack([rng.normal(size=DRAWS), x, x**2 + rng.normal(size=DRAWS)])


def two_modes(rng: np.random.Generator) -> np.ndarray:
    return np.column_stack([rng.normal(size=DRAWS), rng.choice([-3.0, 3.0], DRAWS) + rng.normal(size=DRAWS)])


@pytest.mark.parametrize(("draw", "where"), [(bent, (1, 2)), (two_modes, (1, 1))])
def test_a_shape_that_the_density_cannot_follow_is_noticed(
    draw: Callable[[np.random.Generator], np.ndarray], where: tuple[int, int]
):
    assert fit(draw(np.random.default_rng(7)), DRAWS).misfit == where


def test_standard_normals_are_not_taken_for_a_misfit():
    """Of a hundred columns and ten thousand pairs, in few draws, the worst is still noise."""
    assert misfit(np.random.default_rng(8).normal(size=(400, 100)), 400) is None


def test_the_same_draws_give_the_same_numbers():
    draws = funnel(np.random.default_rng(9), 1_000)
    assert fit(draws, 1_000) == fit(draws, 1_000)
    assert isinstance(fit(draws, 1_000), Fitted)
