"""Programs of svi, map and mle are made once: a second run takes them, with data of another length as well."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bayesdsl import compile_text
from bayesdsl.runtime import tracing
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.engines import run_engine
from bayesdsl.runtime.posterior import Posterior

CROSSED = """\
data row { person : category; item : category; x : real; y : real }
a ~ Normal(0, 2)
slope ~ Normal(0, 1)
s_person ~ HalfNormal(1)
ability[person]  ~ Normal(0, s_person)
easiness[item] ~ Normal(0, 1)
observe y ~ Normal(a + slope * x + ability[person] + easiness[item], 0.7)
infer svi()
"""


def crossed(persons: int, items: int, rows: int, seed: int = 0, infer: str = "svi()") -> BoundModel:
    rng = np.random.default_rng(seed)
    table = {
        "person": [f"p{i}" for i in rng.permutation(np.arange(rows) % persons)],
        "item": [f"i{i}" for i in rng.permutation(np.arange(rows) % items)],
        "x": rng.normal(size=rows),
        "y": rng.normal(size=rows),
    }
    return compile_text(CROSSED.replace("svi()", infer)).bind({"row": table}).model


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> Any:
    """From when it is called on."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("something is recorded or compiled")

    def begin() -> None:
        monkeypatch.setattr(tracing, "record", refuse)
        monkeypatch.setattr(compiler, "_made", refuse)

    return begin


def of_engine(found: Posterior) -> tuple[Any, ...]:
    return found.facts["engine"], found.facts["engine_note"]


SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("svi", {}),
    ("svi", {"guide": ("AutoMultivariateNormal", {})}),
    ("svi", {"loss": ("TraceMeanField_ELBO", {"num_particles": 2})}),
    ("svi", {"optim": ("SGD", {"lr": 1e-4})}),
    ("svi", {"batch": (16, "row")}),
    ("map", {}),
    ("mle", {"optim": ("Adam", {"lr": 0.02})}),
]


@pytest.mark.parametrize(("engine", "settings"), SETTINGS, ids=str)
def test_a_second_run_makes_nothing_and_gives_the_same(
    engine: str, settings: dict[str, Any], cache: Path, nothing_is_made: Any
) -> None:
    settings = {"steps": 250} | ({"draws": 20} if engine == "svi" else {}) | settings
    infer = "svi(batch = 16 of row)" if "batch" in settings else "svi()"
    first = run_engine(engine, crossed(7, 5, 60, infer=infer), settings, 1)
    assert of_engine(first) == ("compiled", "")
    nothing_is_made()
    second = run_engine(engine, crossed(7, 5, 60, infer=infer), settings, 1)
    assert of_engine(second) == ("compiled", "")
    np.testing.assert_array_equal(first.losses, second.losses)
    for name, values in first.draws.items():
        np.testing.assert_array_equal(values, second.draws[name])
    # Other rates are no other program, and neither are other lengths.
    other = run_engine(engine, crossed(9, 13, 77, infer=infer), settings | {"steps": 300}, 1)
    assert of_engine(other) == ("compiled", "")
    assert other.draws["easiness"].shape[2:] == (13,)


def test_what_was_kept_and_is_wrong_is_made_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a program has numbers in it that another run has others of."""
    settings = {"steps": 250, "draws": 5}
    first = run_engine("svi", crossed(7, 5, 60), settings, 1)
    for file in cache.rglob("step.json"):
        file.write_text(re.sub(r"\b0\.9\d*", "0.5", file.read_text()))
    (written,) = cache.rglob("step.json")
    before = written.read_bytes()
    second = run_engine("svi", crossed(7, 5, 60), settings, 1)
    assert of_engine(second) == ("compiled", "")
    np.testing.assert_array_equal(first.losses, second.losses)
    (written,) = cache.rglob("step.json")
    assert written.read_bytes() != before


def test_a_rank_that_no_length_explains_is_of_these_lengths(cache: Path) -> None:
    """The square root of the number of latents, rounded: such programs hold for the data at hand alone."""
    settings = {"guide": ("AutoLowRankMultivariateNormal", {}), "steps": 250, "draws": 5}
    for persons in (7, 20):
        assert of_engine(run_engine("svi", crossed(persons, 5, 60), settings, 1)) == ("compiled", "")
    assert len(list(cache.rglob("step.json"))) == 2


def test_draws_are_those_of_the_guide(cache: Path) -> None:
    """By machine code, in chunks, as many as asked for, and of the guide's own mean and spread."""
    bound = crossed(7, 5, 60)
    found = run_engine("svi", bound, {"steps": 1500, "draws": 4000}, 2)
    slope = found.draws["slope"].reshape(-1)
    x, y = (torch.as_tensor(bound.inputs[name]) for name in ("x", "y"))
    assert slope.shape == (4000,)
    # Of the regression alone: what groups take away is less than that.
    centred = x - x.mean()
    assert abs(slope.mean() - float(centred @ (y - y.mean()) / (centred @ centred))) < 0.3
    assert 0.03 < slope.std() < 0.3
    assert found.facts["khat"] is not None
