"""Fits on another device: what is refused, what is moved, what comes back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bayesdsl import compile_text
from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.runtime.engines.device import device_of, moved, on

SPEC = """\
data school { y = [28, 8, -3, 7, -1, 1, 18, 12]; sigma = [15, 10, 16, 11, 9, 11, 10, 18] }
mu  ~ Normal(0, 5)
tau ~ HalfNormal(5)
theta[school] ~ Normal(mu, tau)
observe y ~ Normal(theta, sigma)
derive best = max[school](theta)
infer svi(steps = 50, draws = 20, engine = pyro)
"""
GPU = torch.cuda.is_available()


@pytest.mark.skipif(GPU, reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_a_finding() -> None:
    with pytest.raises(BayesError) as raised:
        compile_text(SPEC).fit(device="cuda")
    (finding,) = raised.value.diagnostics
    assert finding.code == "BD886"
    assert "there is no device `cuda`: " in finding.message


@pytest.mark.parametrize("name", ["gpu", "cuda:-1", "meta", "cpu:x"])
def test_a_device_that_is_none_is_a_finding(name: str) -> None:
    with pytest.raises(BayesError) as raised:
        device_of(name, "svi")
    assert raised.value.diagnostics[0].code == "BD886"


def test_a_mode_is_found_on_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(BayesError) as raised:
        device_of("cuda:1", "map")
    assert raised.value.diagnostics[0].code == "BD887"
    assert device_of("cuda:1", "svi") == device_of("cuda:1", "nuts") == torch.device("cuda:1")
    with pytest.raises(BayesError, match="torch finds 2, cuda:0 to cuda:1"):
        device_of("cuda:2", "svi")
    assert device_of("cpu", "nuts") is None


def test_data_and_what_a_program_makes_are_on_the_device() -> None:
    bound = compile_text(SPEC).bind()
    # A device of torch that has shapes and no numbers: there is one everywhere.
    there = torch.device("meta")
    inputs = moved(bound.model, there).inputs
    assert {value.device for value in inputs.values() if isinstance(value, torch.Tensor)} == {there}
    assert {name for name, value in inputs.items() if not isinstance(value, torch.Tensor)} == {
        name for name, value in bound.inputs.items() if not isinstance(value, torch.Tensor)
    }
    with on(there, seed=0):
        assert torch.zeros(3).device == there
        assert torch.tensor([1.0, 2.0]).device == there


def test_random_numbers_outside_are_as_if_nothing_had_been() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    with on(torch.device("cpu"), seed=5):
        torch.rand(100)
    np.testing.assert_array_equal(torch.rand(3), expected)


@pytest.mark.skipif(not GPU, reason="torch finds no GPU")
@pytest.mark.parametrize("guide", ["AutoNormal", "AutoMultivariateNormal", "AutoLowRankMultivariateNormal"])
def test_a_fit_on_a_gpu_is_that_of_the_cores(guide: str) -> None:
    compiled = compile_text(SPEC)
    there, here = (
        compiled.fit(seed=1, device=device, guide=guide, steps=2000, draws=1000) for device in ("cuda", "cpu")
    )
    assert there.posterior.facts["device"].startswith("cuda")
    # Other random numbers on the way: means within a tenth of a posterior sd, some four errors of their difference.
    for name in ("mu", "theta", "best"):
        a, b = (fit.draws[name].mean(axis=(0, 1)) for fit in (there, here))
        assert np.all(np.abs(a - b) < 0.2 * here.draws[name].std(axis=(0, 1)))


@pytest.mark.skipif(not GPU, reason="torch finds no GPU")
def test_the_same_seed_gives_the_same_draws_on_a_gpu() -> None:
    first, second = (compile_text(SPEC).fit(seed=1, device="cuda") for _ in range(2))
    np.testing.assert_array_equal(first.draws["theta"], second.draws["theta"])
