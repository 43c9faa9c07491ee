"""Densities as machine code: of every spec, for data of other lengths, from many threads, and where there is none."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from bayesdsl.driver import compile as compile_spec
from bayesdsl.driver import compile_text
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.density import NativeDensity, native_density
from bayesdsl.runtime.density import Density

SPECS = sorted((Path(__file__).resolve().parents[4] / "specs").glob("*.bayes"))

HIERARCHY = """
data home { county : category; floor : real; radon : real }
mu ~ Normal(0, 10)
tau ~ HalfNormal(1)
a[county] ~ Normal(mu, tau) noncentered
b ~ Normal(0, 10)
sigma ~ HalfNormal(5)
observe radon ~ Normal(a[county] + b * floor, sigma)
derive level[county] = exp(a)
"""

needs_compiler = pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler here")


def homes(rows: int, counties: int, seed: int = 0) -> BoundModel:
    rng = np.random.default_rng(seed)
    county = np.concatenate([np.arange(counties), rng.integers(0, counties, rows - counties)])
    data = {
        "county": [f"c{i:03d}" for i in county],
        "floor": rng.integers(0, 2, rows).astype(float),
        "radon": rng.standard_normal(rows),
    }
    return compile_text(HIERARCHY, name="homes.bayes").bind({"home": data}).model


def native_of(density: Density) -> NativeDensity:
    found = native_density(density)
    assert isinstance(found, NativeDensity), found
    return found


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path))
    return tmp_path


@needs_compiler
@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_every_spec_has_machine_code_that_agrees_with_pyro(path: Path, shared_data: Path) -> None:
    data = {"nation": str(shared_data / "rugged.csv")} if path.stem == "rugged" else {}
    data |= {"toss": "toss.csv"} if path.stem == "coin" else {}
    density = Density(compile_spec(path).bind(data).model, params=True)
    # `native_density` holds value and gradient at random points against Pyro's model, to 1e-10.
    native = native_of(density)
    # A new generator's points, to be sure.
    u = torch.rand(density.dimension, generator=torch.Generator().manual_seed(9), dtype=torch.float64) - 0.5
    (value, gradient), (expected, slope) = native.value_and_grad(u), density.value_and_grad(u)
    assert value.item() == pytest.approx(expected.item(), rel=1e-10)
    assert (gradient - slope).abs().max() <= 1e-10 * slope.abs().max()


@needs_compiler
def test_values_of_draws_are_what_the_program_computes_from_them() -> None:
    density = Density(homes(60, 7))
    points = np.random.default_rng(1).standard_normal((5, density.dimension))
    found = native_of(density).values(points)
    for row, point in enumerate(torch.tensor(points)):
        for name, expected in density.constrain(point).items():
            if name in found:
                np.testing.assert_allclose(found[name][row], expected.numpy(), rtol=1e-12)
    assert found["level"].shape == (5, 7)


@needs_compiler
def test_data_of_another_length_need_no_compiler(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    native_of(Density(homes(60, 7)))

    def refuse(*_: object) -> None:
        raise AssertionError("something was compiled")

    monkeypatch.setattr(compiler, "_made", refuse)
    monkeypatch.setattr("bayesdsl.runtime.compiled.density._written", refuse)
    # Sixty thousand rows are checked on fewer, and shared out in chunks.
    for rows, counties in ((60, 7), (9, 3), (500, 85), (60_000, 300)):
        native = native_of(Density(homes(rows, counties, seed=rows)))
        assert native.dimension == counties + 4


@needs_compiler
def test_any_number_of_threads_may_ask_at_once() -> None:
    density = Density(homes(300, 20))
    native = native_of(density)
    points = torch.randn(8, density.dimension, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = [native.value_and_grad(u) for u in points]
    wrong: list[int] = []

    def ask(number: int) -> None:
        for _ in range(300):
            value, gradient = native.value_and_grad(points[number])
            if not (torch.equal(value, expected[number][0]) and torch.equal(gradient, expected[number][1])):
                wrong.append(number)

    workers = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_without_a_compiler_the_reason_is_told(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(own_cache))
    monkeypatch.delenv("CC", raising=False)
    told: list[str] = []
    found = native_density(Density(homes(20, 3)), compiling=lambda: told.append("compiling"))
    assert "no C compiler was found" in found
    # Nor is it said that something is being compiled.
    assert not told


@needs_compiler
def test_a_damaged_program_is_written_anew(own_cache: Path) -> None:
    density = Density(homes(20, 3))
    native_of(density)
    for file in own_cache.rglob("*.json"):
        if file.name in ("density.json", "values.json"):
            file.write_bytes(b"{")
    native_of(density)


@needs_compiler
def test_a_density_that_nothing_unknown_changes_is_the_number_it_is() -> None:
    text = "data row { y : binary; x : real }\na[row] ~ Flat()\nobserve y ~ Bernoulli(inv_logit(x))"
    bound = compile_text(text).bind({"row": {"y": [0, 1, 1], "x": [0.5, -1.0, 2.0]}}).model
    native_of(Density(bound))


@needs_compiler
def test_data_that_were_written_into_are_read_again() -> None:
    bound = homes(40, 4)
    u = torch.zeros(8, dtype=torch.float64)
    before = native_of(Density(bound)).value_and_grad(u)[0]
    assert native_of(Density(bound)) is native_of(Density(bound))
    name = next(name for name, value in bound.inputs.items() if name.startswith("radon"))
    bound.inputs[name].add_(1.0)
    found = native_of(Density(bound)).value_and_grad(u)[0]
    assert found != before
    assert found.item() == pytest.approx(Density(bound).value_and_grad(u)[0].item(), rel=1e-12)
