"""Models written by hand, with their data, to run engines on."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from engine_models import RUGGED, bind
from native_densities import ByHand, Make, build, compiler

from bayesdsl.runtime.bound import BoundModel


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small models gain nothing from more, and the machine is shared."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes densities of C by the names of their functions."""
    if compiler() is None:
        pytest.skip("there is no C compiler here")
    library = build(tmp_path_factory.mktemp("densities"))

    def make(name: str, dimension: int = 3, given: object = (), **sites: slice | int) -> ByHand:
        context = np.ascontiguousarray(given, dtype=np.float64).ravel()
        return ByHand(library, name, dimension, context, sites or {"x": slice(None)})

    return make


@pytest.fixture
def rugged() -> BoundModel:
    """Terrain ruggedness and income of 170 nations: simulated ones, with the published coefficients."""
    generator = torch.Generator().manual_seed(0)
    africa = (torch.rand(170, generator=generator, dtype=torch.float64) < 0.3).double()
    rugged = 3 * torch.rand(170, generator=generator, dtype=torch.float64)
    noise = 0.93 * torch.randn(170, generator=generator, dtype=torch.float64)
    log_gdp = 9.2 - 1.9 * africa - 0.2 * rugged + 0.39 * africa * rugged + noise
    inputs = {"africa": africa, "rugged": rugged, "log_gdp": log_gdp}
    return bind(RUGGED, inputs, "a bA bR bAR sigma", "slope_in_africa")


@pytest.fixture
def rugged_data() -> BoundModel:
    """The same on the published data, where they lie beside the checkout."""
    path = next((p for up in Path(__file__).parents if (p := up / "shared" / "data" / "rugged.csv").exists()), None)
    if path is None:
        pytest.skip("rugged.csv is not here")
    with path.open(encoding="latin-1", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["rgdppc_2000"]]
    inputs = {
        "africa": torch.tensor([float(row["cont_africa"]) for row in rows], dtype=torch.float64),
        "rugged": torch.tensor([float(row["rugged"]) for row in rows], dtype=torch.float64),
        "log_gdp": torch.tensor([math.log(float(row["rgdppc_2000"])) for row in rows], dtype=torch.float64),
    }
    return bind(RUGGED, inputs, "a bA bR bAR sigma", "slope_in_africa")


@pytest.fixture
def coin() -> BoundModel:
    """Seven heads in ten tosses under a flat prior: the posterior is Beta(8, 4)."""
    heads = torch.tensor([1.0] * 7 + [0.0] * 3, dtype=torch.float64)
    text = """
    def model(heads):
        p = pyro.sample("p", dist.Beta(real(1.0), real(1.0)))
        pyro.deterministic("odds", p / (1 - p))
        with pyro.plate("toss", len(heads), dim=-1):
            pyro.sample("heads", dist.Bernoulli(p), obs=heads)

    def by_hand(heads):
        a = pyro.param("by_hand.a", real(1.0), constraint=constraints.positive)
        b = pyro.param("by_hand.b", real(1.0), constraint=constraints.positive)
        pyro.sample("p", dist.Beta(a, b))

    def forgetful(heads):
        pyro.sample("q", dist.Beta(real(1.0), real(1.0)))
    """
    return bind(text, {"heads": heads}, "p", "odds", guides={"by_hand": "by_hand", "forgetful": "forgetful"})


@pytest.fixture
def normal_mean() -> BoundModel:
    """Eight values with a known scale of 2, prior Normal(0, 3): the posterior of the mean is normal."""
    y = torch.tensor([1.2, 3.4, 0.3, 2.2, 4.1, 1.9, 2.7, 0.8], dtype=torch.float64)
    text = """
    def model(y):
        mu = pyro.sample("mu", dist.Normal(real(0.0), real(3.0)))
        with pyro.plate("row", len(y), dim=-1):
            pyro.sample("y", dist.Normal(mu, real(2.0)), obs=y)
    """
    return bind(text, {"y": y}, "mu")


@pytest.fixture
def triangle() -> BoundModel:
    """`b ~ Uniform(0, 1 - a)`: its support moves with a. With `a ~ Uniform(0, 1)` alone, E[b] = 1/4 and P(b < 1/2) =
    (1 + log 2) / 2."""
    text = """
    def model():
        a = pyro.sample("a", dist.Uniform(real(0.0), real(1.0)))
        b = pyro.sample("b", dist.Uniform(real(0.0), 1 - a))
        pyro.deterministic("rest", 1 - a - b)
    """
    return bind(text, {}, "a b", "rest", moving_supports=("b",))


@pytest.fixture
def improper_scale() -> BoundModel:
    """Flat priors on a location and on the logarithm of a scale: the classical posterior, the mean a Student t."""
    y = torch.tensor([1.2, 3.4, 0.3, 2.2, 4.1, 1.9, 2.7, 0.8, 2.0, 1.1, 3.0, 2.5], dtype=torch.float64)
    text = """
    def model(y):
        mu = pyro.sample("mu", dist.ImproperUniform(constraints.real, (), ()))
        sigma = pyro.sample("sigma", dist.ImproperUniform(constraints.positive, (), ()))
        pyro.factor("sigma_prior", -sigma.log())
        with pyro.plate("row", len(y), dim=-1):
            pyro.sample("y", dist.Normal(mu, sigma), obs=y)
    """
    return bind(text, {"y": y}, "mu sigma", prior_terms=("sigma_prior",))


@pytest.fixture
def empirical_bayes() -> BoundModel:
    """A scale with no prior: six means around zero, each seen once. Its maximum likelihood estimate is known."""
    y = torch.tensor([2.1, -3.3, 0.4, 1.8, -2.6, 3.9], dtype=torch.float64)
    text = """
    def model(y):
        tau = pyro.param("tau", real(1.0), constraint=constraints.positive)
        with pyro.plate("row", len(y), dim=-1):
            theta = pyro.sample("theta", dist.Normal(real(0.0), tau))
            pyro.sample("y", dist.Normal(theta, real(1.0)), obs=y)
    """
    return bind(text, {"y": y}, "theta[row]", params="tau", coords={"row": list("abcdef")})
