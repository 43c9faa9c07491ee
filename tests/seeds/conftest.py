"""What the tests of the source documents share: the specs that ship, the data on ruggedness, fits that several use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import bayesdsl as bd

REGRESSION = """
data nation from "rugged.csv" (sep = ";") {
    where present(rgdppc_2000)
    x[feature] = [cont_africa, rugged, cont_africa * rugged]
    log_gdp : real = log(rgdppc_2000)
}
layer linear : [feature] -> [] = Linear(feature, 1) {
    weight ~ Normal(0, 1)
    bias   ~ Normal(0, 10)
}
sigma ~ Uniform(0, 10)
derive mean = linear(x)
observe log_gdp ~ Normal(mean, sigma)
infer svi(guide = AutoDiagonalNormal, optim = Adam(lr = 0.03), steps = 1500, draws = 800)
"""


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """The models are small, and other tests may run beside them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def specs(root: Path) -> Path:
    return root / "specs"


@pytest.fixture(scope="session")
def rugged_file(shared_data: Path) -> Path:
    return shared_data / "rugged.csv"


@pytest.fixture(scope="session")
def rugged(specs: Path, rugged_file: Path) -> bd.Bound:
    """The regression with named coefficients."""
    return bd.compile(specs / "rugged.bayes").bind({"nation": rugged_file})


@pytest.fixture(scope="session")
def regression(rugged_file: Path) -> bd.Fit:
    """The regression as a layer with priors, by SVI: the document's settings."""
    return bd.compile_text(REGRESSION, name="regression.bayes").fit(data={"nation": rugged_file}, seed=3)
