"""Pareto's k-hat: that of ratios with a known tail, and that of another implementation."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy import stats

from bayesdsl.runtime.engines.importance import khat


def of_guide(spread: float, draws: int, seed: int = 0) -> np.ndarray:
    """Log ratios of a standard normal posterior and a normal guide."""
    x = np.random.default_rng(seed).normal(0, spread, draws)
    return stats.norm.logpdf(x) - stats.norm.logpdf(x, scale=spread)


@pytest.mark.parametrize("spread", [0.4, 0.6, 0.8])
def test_a_guide_that_is_too_narrow_has_a_heavy_tail(spread: float) -> None:
    """The ratio is exp(z^2 (1 - s^2) / 2) for a standard normal z, whose tail falls as that of a Pareto variable of
    shape 1 - s^2, up to a logarithm: the estimate is below it by some tenths, and has a standard error of (1 + k) over
    the root of the length of the tail, 0.07."""
    found = khat(of_guide(spread, 40_000), "", False)["khat"]
    assert 1 - spread**2 - 0.3 < found < 1 - spread**2 + 0.15


def test_a_guide_that_is_too_wide_has_none() -> None:
    """Its ratios have an upper bound."""
    assert khat(of_guide(1.5, 4000), "", False)["khat"] < 0


@pytest.mark.parametrize("draws", [100, 225, 226, 1000, 4001])
@pytest.mark.parametrize("spread", [0.5, 0.9, 1.4])
def test_it_is_that_of_another_implementation(draws: int, spread: float) -> None:
    """That one leaves out grid points of a weight under 1e-15. It takes log likelihoods, whose ratios are inverse."""
    ratios = of_guide(spread, draws, seed=draws)
    _, expected = array_stats.psislw(-ratios)
    assert khat(ratios, "", False)["khat"] == pytest.approx(float(expected), abs=1e-10)


def test_ratios_without_a_tail_say_so() -> None:
    ratios = np.concatenate([np.zeros(950), np.full(150, 3.0)])
    assert khat(ratios, "", False) == {"khat_note": "its tail has no shape"}


@pytest.mark.parametrize("shape", [2.0, 20.0, 300.0])
def test_a_guide_that_misses_the_posterior_is_told_by_how_much(shape: float) -> None:
    """Ratios whose logarithms are exponential have a Pareto tail; those of far away guides are beyond any number. The
    tail has 300 ratios, so the estimate has a standard error of a seventeenth; prior and grid are made for shapes of
    some tenths."""
    ratios = shape * np.random.default_rng(0).exponential(size=10_000)
    assert khat(ratios, "", False)["khat"] == pytest.approx(shape, rel=0.3)
