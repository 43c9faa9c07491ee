"""Figures of chains: those of arviz-stats, which is the witness, for all elements at once."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import rankdata

from bayesdsl.results.convergence import FIGURES, chain_figures, energy_fractions, twice_ranks

TAILS = (0.05, 0.95)
# The same operations in another order: some roundings of sums over up to a thousand draws, of which ratios are taken.
TOLERANCE = 1e-10


def autoregressive(rng: np.random.Generator, slope: float, shape: tuple[int, ...]) -> np.ndarray:
    noise = rng.standard_normal(shape)
    draws = noise.copy()
    for step in range(1, shape[-1]):
        draws[..., step] = slope * draws[..., step - 1] + np.sqrt(1 - slope**2) * noise[..., step]
    return draws


def one_stands_still(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    draws = autoregressive(rng, 0.3, shape)
    draws[:, 0] = draws[:, 0, :1]
    return draws


KINDS = {
    "mixing fast": lambda rng, shape: autoregressive(rng, -0.9, shape),
    "independent": lambda rng, shape: rng.standard_normal(shape),
    "mixing slowly": lambda rng, shape: autoregressive(rng, 0.99, shape),
    "heavy tails": lambda rng, shape: rng.standard_cauchy(shape),
    "counts": lambda rng, shape: rng.poisson(2.0, shape).astype(float),
    "mostly zero": lambda rng, shape: (rng.random(shape) < 0.02).astype(float),
    "far from zero": lambda rng, shape: 1e9 + autoregressive(rng, 0.3, shape),
    "apart": lambda rng, shape: autoregressive(rng, 0.3, shape) + 10 * np.arange(shape[1])[:, None],
    "drifting": lambda rng, shape: autoregressive(rng, 0.3, shape) + np.arange(shape[2]),
    "one stands still": one_stands_still,
}


def expected(draws: np.ndarray) -> dict[str, np.ndarray]:
    from arviz_stats.base.array import array_stats

    chains, length = draws.shape[1:]
    halves = np.concatenate([draws[:, :, : length // 2], draws[:, :, length - length // 2 :]], axis=1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return {
            "ess_bulk": array_stats.ess(draws, method="bulk"),
            "ess_tail": array_stats.ess(draws, method="tail", prob=TAILS),
            "rhat": array_stats.rhat(draws if chains > 1 or length < 8 else halves, method="rank"),
            "mcse_mean": array_stats.mcse(draws, method="mean"),
        }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chains", [1, 2, 4])
@pytest.mark.parametrize("length", [4, 5, 7, 8, 11, 100, 501])
def test_they_are_those_of_arviz(kind: str, chains: int, length: int) -> None:
    draws = KINDS[kind](np.random.default_rng([16, chains, length]), (3, chains, length))
    draws = draws[np.ptp(draws.reshape(3, -1), axis=1) > 0]
    if not len(draws):
        pytest.skip("all draws are the same")
    found, wanted = chain_figures(draws, TAILS), expected(draws)
    assert tuple(found) == FIGURES
    for name in FIGURES:
        np.testing.assert_allclose(found[name], wanted[name], rtol=TOLERANCE, err_msg=name)


def test_chains_that_stand_still_in_different_places_have_no_bounded_rhat() -> None:
    draws = np.broadcast_to(np.arange(3.0)[None, :, None], (1, 3, 50))
    assert chain_figures(draws)["rhat"][0] > 1e10


def test_many_elements_are_taken_in_parts_and_each_has_its_own_figures(monkeypatch) -> None:
    draws = np.random.default_rng(1).standard_normal((7, 2, 50))
    whole = chain_figures(draws)
    monkeypatch.setattr("bayesdsl.results.convergence._NUMBERS", 250)
    for name, values in chain_figures(draws).items():
        np.testing.assert_array_equal(values, whole[name])
        alone = [chain_figures(draws[i : i + 1])[name][0] for i in range(7)]
        np.testing.assert_array_equal(values, alone)


def test_ranks_are_scipys() -> None:
    rng = np.random.default_rng(2)
    rows = np.stack([rng.standard_normal(60), rng.integers(0, 5, 60), np.zeros(60)])
    np.testing.assert_array_equal(twice_ranks(rows), 2 * rankdata(rows, axis=1))


def test_fractions_of_missing_information_are_arvizs() -> None:
    from arviz_stats.base.array import array_stats

    energy = autoregressive(np.random.default_rng(3), 0.8, (4, 200))
    np.testing.assert_allclose(energy_fractions(energy), array_stats.bfmi(energy), rtol=1e-12)
