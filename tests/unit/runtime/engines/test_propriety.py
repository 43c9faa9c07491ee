"""Flat priors that the data leave open are found, and those that they do not are left alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bayesdsl.driver import compile_text
from bayesdsl.runtime.bound import Variable
from bayesdsl.runtime.engines.collect import arranged
from bayesdsl.runtime.engines.propriety import laid_out

BRIEF = {"nuts": {"chains": 2, "warmup": 200, "draws": 100}, "svi": {"steps": 500, "draws": 100}}

TWO = "data point { y = [1.0, 2.0] }\n"
OPEN = {
    "one observation for two": (
        "data point { y = [1.0] }\nmu ~ Flat()\nsigma ~ Flat(positive)\nobserve y ~ Normal(mu, sigma)\n",
        "sigma",
    ),
    "a sum": (TWO + "a, b ~ Flat()\nobserve y ~ Normal(a + b, 1)\n", "a"),
    "nothing said of it": (TWO + "a ~ Flat()\nb ~ Normal(0, 1)\nobserve y ~ Normal(b, 1)\n", "a"),
    "no event": ("data point { y = [0, 0] }\nl ~ Flat()\nobserve y ~ Poisson(exp(l))\n", "l"),
}
CLOSED = {
    "a mean and a scale": (
        "data point { y = [1.0, 2.5, 0.3] }\nmu ~ Flat()\nsigma ~ Flat(positive)\nobserve y ~ Normal(mu, sigma)\n"
    ),
    "heavy tails": "data point { y = [1.0] }\nm ~ Flat()\nobserve y ~ Cauchy(m, 1)\n",
    "a share": "data point { y = [1, 0, 0] }\np ~ Flat(unit)\nobserve y ~ Bernoulli(p)\n",
    "far from the start": "data point { y = [1e6, 1e6] }\na ~ Flat()\nobserve y ~ Normal(a, 100)\n",
    "over a plate": TWO + "mu[point] ~ Flat()\nobserve y ~ Normal(mu, 3)\n",
    "no flat prior": TWO + "a, b ~ Normal(0, 1e3)\nobserve y ~ Normal(a + b, 1)\n",
}


@pytest.mark.parametrize("engine", BRIEF)
@pytest.mark.parametrize("kind", OPEN)
def test_a_direction_that_the_data_leave_open_is_told(kind: str, engine: str) -> None:
    text, name = OPEN[kind]
    fit = compile_text(text).fit(engine, seed=1, **BRIEF[engine])
    assert not fit.verdict().ok
    # A chain may have gone to where numbers end, and can then not be asked; the chains disagree all the more.
    found = {finding.kind: finding for finding in fit.verdict().findings}
    assert "improper" in found or "rhat" in found
    if engine == "svi":
        assert name in fit.posterior.facts["improper"]
        assert found["improper"].serious


@pytest.mark.parametrize("engine", BRIEF)
@pytest.mark.parametrize("kind", CLOSED)
def test_what_the_data_close_is_left_alone(kind: str, engine: str) -> None:
    fit = compile_text(CLOSED[kind]).fit(engine, seed=1, **BRIEF[engine])
    assert "improper" not in fit.posterior.facts


def test_a_value_is_laid_out_as_its_site_again() -> None:
    coords = {"a": [0, 1], "b": [0, 1, 2]}
    for layout, shape in ((("b", "a"), (3, 2)), (("b", None, "a"), (3, 1, 2)), (("a",), (1, 2)), ((), ())):
        dims = tuple(sorted(dim for dim in layout if dim))
        variable = Variable("x", "latent", dims, layout)
        site = np.random.default_rng(0).normal(size=shape)
        value = arranged(variable, site[None, None], coords)[0, 0]
        assert torch.equal(laid_out(variable, value, shape), torch.from_numpy(np.asarray(site)))
    # One value for all of a plate's members.
    variable = Variable("x", "latent", ("a",), ("a",))
    value = arranged(variable, np.array([[[7.0]]]), coords)[0, 0]
    assert laid_out(variable, value, (1,)).tolist() == [7.0]
