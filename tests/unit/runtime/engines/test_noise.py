"""Noise for steps: of the kinds that it says, the same for a seed however it is taken, and with or without a compiler.

Statistics are of fixed seeds, and of so many numbers that a wrong generator would be off by far more than four standard
errors.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from scipy import stats

from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.compiler import NoCompiler
from bayesdsl.runtime.engines.steps import numbers
from bayesdsl.runtime.engines.steps.noise import Noise, Source
from bayesdsl.runtime.engines.steps.numbers import KINDS, Numbers, bits

MANY = 200_000
REALS = (torch.float64, torch.float32)
DISTRIBUTIONS = {
    "normal_": stats.norm,
    "uniform_": stats.uniform,
    "exponential_": stats.expon,
    "cauchy_": stats.cauchy,
}


@pytest.fixture(params=["compiled", "plain"])
def made_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With a compiler and without one."""
    if request.param == "plain":

        def none() -> None:
            raise NoCompiler("there is none")

        monkeypatch.setattr(numbers, "library", none)
    elif compiler.why_not() is not None:
        pytest.skip("there is no C compiler here")
    return request.param


def row(kind: str, dtype: torch.dtype = torch.float64, key: int = 1, size: int = MANY, **places: int) -> np.ndarray:
    made = Numbers(key).of(kind, dtype, places.get("stream", 0), places.get("first", 0), 1, size)
    return made[0, :size].numpy().astype(float)


def test_the_bits_are_those_of_philox() -> None:
    # The known answers that its authors give: counter, key and what they become, in parts of 32 bits.
    ones = 0xFFFFFFFFFFFFFFFF
    first = bits(0, 0, np.zeros(1, dtype=np.uint64))
    second = bits(ones, ones, np.full(1, ones, dtype=np.uint64))
    assert [int(part[0]) for part in first] == [0xE169C58D6627E8D5, 0x9B00DBD8BC57AC4C]
    assert [int(part[0]) for part in second] == [0x41C83B0E408F276D, 0x6D5451FDA20BC7C6]


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_of_their_kind(made_by: str, kind: str, dtype: torch.dtype) -> None:
    found, distribution = row(kind, dtype), DISTRIBUTIONS[kind]
    assert stats.kstest(found, distribution.cdf).pvalue > 1e-4
    assert np.isfinite(found).all()
    if kind == "uniform_":
        assert 0 <= found.min() < 1e-4
        assert 1 - 1e-4 < found.max() < 1
    if kind == "exponential_":
        assert found.min() > 0
    for power in range(1, 5) if kind != "cauchy_" else ():  # which has no moments
        error = (found**power).std() / MANY**0.5
        assert abs((found**power).mean() - distribution.moment(power)) < 4 * error


@pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler here")
@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_the_same_without_a_compiler(
    kind: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = row(kind, dtype, size=10_000)
    monkeypatch.setattr(Numbers, "__init__", lambda self, key: vars(self).update(_key=key, _random=None))
    plain = row(kind, dtype, size=10_000)
    # Some units in the last place: of what is near 0 in those of the angle that it is made of.
    within = 1e-14 if dtype == torch.float64 else 2e-7
    assert np.allclose(compiled, plain, rtol=within, atol=within)
    assert len(np.unique(compiled)) > 9_900


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_numbers_of_other_seeds_streams_or_steps_have_to_do_with_each_other(made_by: str, kind: str) -> None:
    rows = {
        "seed": row(kind, key=1),
        "next seed": row(kind, key=2),
        "far seed": row(kind, key=1 + (1 << 40)),
        "stream": row(kind, stream=1),
        "step": row(kind, first=1),
        "next number": np.roll(row(kind), 1),
        "next pair": np.roll(row(kind), 2),
    }
    # By their ranks, as some kinds have no moments. A rank correlation of independent rows has the error 1 / sqrt(n).
    ranks = {name: stats.rankdata(values) for name, values in rows.items()}
    for one, other in combinations(rows, 2):
        correlation = np.corrcoef(ranks[one], ranks[other])[0, 1]
        assert abs(correlation) < 4.5 / MANY**0.5, (one, other)
        size = np.corrcoef(np.abs(ranks[one] - MANY / 2), np.abs(ranks[other] - MANY / 2))[0, 1]
        assert abs(size) < 4.5 / MANY**0.5, (one, other)
    assert not np.intersect1d(rows["seed"], rows["next seed"]).size
    assert not np.intersect1d(rows["seed"], rows["stream"]).size


def test_pairs_of_normal_numbers_are_not_tied_to_each_other(made_by: str) -> None:
    x, y = row("normal_").reshape(-1, 2).T
    assert stats.kstest(np.hypot(x, y), stats.rayleigh.cdf).pvalue > 1e-4
    assert stats.kstest(np.arctan2(y, x), stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-4


@pytest.mark.parametrize("dtype", REALS)
def test_noise_does_not_depend_on_how_it_is_taken(made_by: str, dtype: torch.dtype) -> None:
    noises = (
        Noise("normal_", (3,), dtype),
        Noise("uniform_", (), dtype),
        Noise("normal_", (2, 40), dtype),
        Noise("exponential_", (1,), torch.float64),
    )

    def taken(seed: int, *counts: int) -> list[torch.Tensor]:
        source = Source(noises, torch.Generator().manual_seed(seed))
        blocks = [source.take(count) for count in counts]
        return [torch.cat(values) for values in zip(*blocks, strict=True)]

    whole, parts, other = taken(1, 300), taken(1, 1, 67, 2, 230), taken(2, 300)
    assert all(torch.equal(a, b) for a, b in zip(whole, parts, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(whole, other, strict=True))
    assert [tuple(values.shape) for values in whole] == [(300, 3), (300,), (300, 2, 40), (300, 1)]
    assert [values.dtype for values in whole] == [dtype, dtype, dtype, torch.float64]
    # Two arguments of a kind share no number.
    assert not np.intersect1d(whole[0].numpy(), whole[2].numpy()).size


def test_noise_for_as_many_steps_as_fit_is_left() -> None:
    small, large = (Source([Noise("normal_", (size,), torch.float64)], torch.Generator()) for size in (5, 10**7))
    assert large.left() == 1
    assert small.left() > 1000
    assert [len(values) for values in small.take(small.left())] == [small.left()]
    assert Source([], torch.Generator()).take(3) == []
