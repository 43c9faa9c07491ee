"""Models that statisticians write: each is taken as it is, and what it compiles to has a finite density."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from model_data import data_for
from reference.agreement import bound_agrees, compiled_twice

from bayesdsl.driver import analyse, read_spec
from bayesdsl.model.invariants import verify

torch.set_num_threads(1)

MODELS = sorted((Path(__file__).parent / "models").glob("*.bayes"))


def stem(path: Path) -> str:
    return path.stem


@pytest.fixture(params=MODELS, ids=stem)
def path(request) -> Path:
    return request.param


def test_nothing_is_found_in_a_sensible_model(path: Path):
    checked = analyse(read_spec(path))
    assert [f"{found.code}: {found.message}" for found in checked.diagnostics] == []
    verify(checked.model)


def test_a_sensible_model_compiles_to_a_finite_density_that_is_the_one_it_says(path: Path):
    compiled = compiled_twice(path.read_text(encoding="utf-8"), str(path))
    bound_agrees(compiled.bind(data_for(compiled.spec)))
