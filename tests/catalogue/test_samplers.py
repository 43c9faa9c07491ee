"""Every distribution's sampler: it is there or there is a reason, it scripts, and it draws as Pyro's does.

Draws are compared with Pyro's by the two-sample Kolmogorov-Smirnov test, element by element and along a direction that
mixes the elements of a vector, so that dependence shows as well. Seeds are fixed, so that a test that passes always
does; a p-value under 1e-4 would come once in a hundred runs of all these tests with samplers that are right, and a
sampler with another scale or shape gives 1e-20 with so many draws.
"""

from __future__ import annotations

import math

import pytest
import torch
from density_cases import BASES, EVERY_CASE, Case, name_of
from scipy.stats import ks_2samp

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.catalogue.samplers import NOT_DRAWN, SAMPLERS
from bayesdsl.export import samplers

DRAWS = 3000
LEAST_P = 1e-4
DRAWN = [case for case in EVERY_CASE if case[0].name in SAMPLERS]
COMPARED = [case for case in DRAWN if case[0].samples]
FUNCTIONS = sorted({row.function for row in SAMPLERS.values()})


def function_of(path: str):
    module, _, name = path.rpartition(".")
    return getattr(samplers, name) if module == "samplers" else getattr(_attribute(module), name)


def _attribute(path: str):
    found = torch
    for part in path.split(".")[1:]:
        found = getattr(found, part)
    return found


def drawn(chosen, shape: list[int], seed: int, generator_seed: int = 0) -> torch.Tensor:
    """What our sampler draws with a case's arguments."""
    row, sampler = chosen[0], SAMPLERS[chosen[0].name]
    given = Case(*chosen, seed).arguments(torch.tensor(0.0))
    generator = torch.Generator().manual_seed(generator_seed)
    taken = []
    for name in sampler.takes:
        if name in row.takes:
            base = BASES[row.name]()
            with torch.random.fork_rng():
                torch.manual_seed(generator_seed)
                taken.append(base.sample(torch.Size(shape)))
        elif name in given:
            taken.append(torch.as_tensor(given[name], dtype=torch.float64))
        else:
            source, path = next((s, p) for s, made, p in sampler.gives if made == name and s in given)
            taken.append(function_of(path)(torch.as_tensor(given[source], dtype=torch.float64)))
    return getattr(samplers, sampler.function)(*taken, shape, generator)


def test_every_distribution_has_a_sampler_or_a_reason():
    assert SAMPLERS.keys() | NOT_DRAWN.keys() == DISTRIBUTIONS.keys()
    assert not SAMPLERS.keys() & NOT_DRAWN.keys()


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_takes_arguments_of_its_distribution_or_what_is_made_of_them(name):
    row, sampler = DISTRIBUTIONS[name], SAMPLERS[name]
    known = {p.name for p in row.parameters} | set(row.takes)
    made = {target for _, target, _ in sampler.gives}
    assert set(sampler.takes) <= known | made
    assert {source for source, _, _ in sampler.gives} <= known
    assert all(callable(function_of(path)) for _, _, path in sampler.gives)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_sampler_scripts(name):
    torch.jit.script(getattr(samplers, name))


@pytest.mark.parametrize("chosen", COMPARED, ids=name_of)
def test_draws_are_distributed_as_those_of_pyro(chosen):
    seed = 1
    ours = drawn(chosen, [DRAWS], seed, generator_seed=2)
    case = Case(*chosen, seed)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        # As a program of Pyro draws: differentiably where it can, by which straight-through draws are 0 or 1.
        theirs = case.distribution(case.arguments(torch.tensor(0.0)))(torch.Size([DRAWS])).double()
    assert ours.dtype == torch.float64
    assert ours.shape == theirs.shape
    assert torch.isfinite(ours).all()
    one, other = ours.reshape(DRAWS, -1), theirs.reshape(DRAWS, -1)
    mixing = torch.linspace(-1.0, 1.7, one.shape[1], dtype=torch.float64)
    columns = [*zip(one.T, other.T, strict=True), (one @ mixing, other @ mixing)]
    for mine, pyros in columns:
        # Up to rounding: a simplex's elements, summed in another order, are told apart by nothing else.
        assert ks_2samp(mine.round(decimals=9), pyros.round(decimals=9)).pvalue > LEAST_P


@pytest.mark.parametrize("chosen", DRAWN, ids=name_of)
def test_copies_that_share_their_arguments_are_drawn_independently(chosen):
    if chosen[0].name in ("Delta", "FoldedDistribution", "ZeroInflatedDistribution"):
        return
    found = drawn(chosen, [50, 2], seed=1)
    assert not torch.equal(found[:, 0], found[:, 1])
    assert torch.equal(found, drawn(chosen, [50, 2], seed=1))


def test_a_negative_binomial_with_log_normal_noise_has_its_mean():
    """Pyro draws none. The mean of the noise exp(s z) is exp(s^2 / 2); four standard errors at this seed."""
    arguments = [torch.tensor(v, dtype=torch.float64) for v in (5.0, -0.4, 0.3)]
    found = samplers.log_normal_negative_binomial(*arguments, [200_000], torch.Generator().manual_seed(0))
    mean = 5.0 * math.exp(-0.4 + 0.3**2 / 2)
    assert found.mean().item() == pytest.approx(mean, abs=4 * found.std().item() / math.sqrt(len(found)))


def test_directions_around_an_axis_have_their_mean_length():
    """Pyro draws none. The mean of a von Mises-Fisher direction is coth(k) - 1/k along its axis."""
    axis = torch.tensor([1.0, -2.0, 2.0], dtype=torch.float64)
    found = samplers.von_mises_3d(axis, [100_000], torch.Generator().manual_seed(0))
    assert torch.allclose(found.norm(dim=-1), torch.ones(100_000, dtype=torch.float64), atol=1e-12)
    length = 1 / math.tanh(3.0) - 1 / 3.0
    # The standard deviation of an element is under 1: four standard errors.
    assert torch.allclose(found.mean(0), length * axis / 3.0, atol=4 / math.sqrt(100_000))


def test_levels_without_probability_are_never_drawn():
    probs = torch.tensor([0.0, 0.3, 0.0, 0.7, 0.0], dtype=torch.float64)
    found = samplers.categorical(probs, [100_000], torch.Generator().manual_seed(0))
    assert set(found.tolist()) == {1.0, 3.0}
