"""All chains of `nuts` at once, as users ask for it: what a run says and keeps, what is refused, and on a GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bayesdsl import compile_text
from bayesdsl.cli import main
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.results.netcdf import read_netcdf
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.together.density import ManyPoints

SCHOOLS = """\
data school { y = [28, 8, -3, 7, -1, 1, 18, 12]; sigma = [15, 10, 16, 11, 9, 11, 10, 18] }
mu  ~ Normal(0, 5)
tau ~ HalfNormal(5)
theta[school] ~ Normal(mu, tau) noncentered
observe y ~ Normal(theta, sigma)
derive best = max[school](theta)
infer nuts(chains = 32, warmup = 100, draws = 100)
"""
STABLE = """\
data row { y = [1.0, 2.0] }
m ~ Normal(0, 1)
x ~ StableWithLogProb(stability = 1.5, skew = 0)
observe y ~ Normal(m + x, 1)
infer nuts(chains = 8, warmup = 20, draws = 20)
"""
GPU = torch.cuda.is_available()
gpu = pytest.mark.skipif(not GPU, reason="torch finds no GPU")


@pytest.fixture
def as_if(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cores stand for the device that was asked for."""
    monkeypatch.setattr("bayesdsl.runtime.engines.device.device_of", lambda name, engine: torch.device("cpu"))


def refused(text: str, **settings: Any) -> Diagnostic:
    with pytest.raises(BayesError) as caught:
        compile_text(text).fit(seed=1, device="cuda", **settings)
    (finding,) = caught.value.diagnostics
    return finding


def test_a_run_is_shown_and_kept(as_if: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    spec, out = tmp_path / "schools.bayes", tmp_path / "run"
    spec.write_text(SCHOOLS)
    main(["run", str(spec), "--seed", "1", "--device", "cuda", "--out", str(out), "--set", "infer.draws=40"])
    told = capfd.readouterr()
    # Progress of all chains as if they were one, which needs no number.
    assert "warmup" in told.err or "draws" in told.err
    assert "chain 2" not in told.err
    kept = read_netcdf(out / "draws.nc").posterior
    assert kept.draws["theta"].shape == (32, 40, 8)
    assert (kept.draws["best"] == kept.draws["theta"].max(-1)).all()
    assert kept.stats["tree_depth"].shape == kept.stats["diverging"].shape == (32, 40)
    assert main(["show", str(out)]) == 0
    assert "engine     32 chains at once on cpu" in capfd.readouterr().out


def test_what_cannot_be_done_for_all_chains_is_a_finding_at_its_line(as_if: None) -> None:
    finding = refused(STABLE)
    assert finding.code == "BD888"
    assert "the program looks at a number in Python" in finding.message
    assert finding.primary is not None
    assert finding.source is not None
    assert finding.source.text[finding.primary.span.start :].startswith("x ~ StableWithLogProb")


def test_pyros_chains_are_not_taken_to_a_device(as_if: None) -> None:
    finding = refused(SCHOOLS, engine="pyro")
    assert (finding.code, finding.message) == ("BD887", "`nuts` with `engine = pyro` does not run on cpu")


def test_more_than_a_device_holds_is_a_finding(as_if: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr("bayesdsl.runtime.engines.together.trajectories.Trajectories._step", full)
    finding = refused(SCHOOLS)
    assert (finding.code, finding.message) == (
        "BD889",
        "cpu has not enough memory for 32 chains at once, with 10 unconstrained numbers each",
    )


def test_single_precision_is_compared_as_such() -> None:
    bound = compile_text(SCHOOLS, dtype="float32").bind()
    # Single precision differs from itself by more than the 1e-10 of double, and agrees to a thousandth.
    many = ManyPoints(Density(bound.model), 5, torch.device("cpu"))
    assert many.compared == 6


@gpu
def test_the_posterior_of_a_gpu_is_that_of_the_cores() -> None:
    compiled = compile_text(SCHOOLS)
    there = compiled.fit(seed=1, device="cuda", chains=512)
    here = compiled.fit(seed=1, chains=4, draws=2000, warmup=500)
    assert there.posterior.facts["device"].startswith("cuda")
    assert there.posterior.facts["engine_note"].startswith("512 chains at once on cuda:")
    # Four standard errors of 3,000 effective draws, the fewer of the two.
    for name in ("mu", "tau", "theta", "best"):
        one, other = (fit[name].mean(axis=(0, 1)) for fit in (there, here))
        assert (np.abs(one - other) < 4 / 3000**0.5 * here[name].std(axis=(0, 1))).all(), name
    assert all(row.rhat < 1.05 for row in there.summary().rows)


@gpu
def test_the_same_seed_gives_the_same_draws_on_a_gpu() -> None:
    first, second = (compile_text(SCHOOLS).fit(seed=3, device="cuda") for _ in range(2))
    assert first["theta"].tobytes() == second["theta"].tobytes()
    other = compile_text(SCHOOLS).fit(seed=4, device="cuda")
    assert first["theta"].tobytes() != other["theta"].tobytes()


@gpu
def test_groups_are_added_up_in_the_same_order_on_a_gpu() -> None:
    """Gradients by group are sums of scattered numbers, whose order a GPU would leave to chance."""
    random = np.random.default_rng(0)
    data = {"row": {"group": random.integers(0, 5, 3000).astype(str), "y": random.normal(size=3000)}}
    spec = """\
data row { group : category; y : real }
tau ~ HalfNormal(1)
a[group] ~ Normal(0, tau)
observe y ~ Normal(a[group], 1)
infer nuts(chains = 64, warmup = 50, draws = 20)
"""
    first, second = (compile_text(spec).fit(data=data, seed=3, device="cuda") for _ in range(2))
    assert first["a"].tobytes() == second["a"].tobytes()


@gpu
def test_a_matrix_that_is_not_positive_definite_ends_no_other_chain_on_a_gpu() -> None:
    from engine_models import bind

    text = """
    def model():
        a = pyro.sample("a", dist.Normal(real(0.0), real(2.0)))
        matrix = torch.stack([torch.stack([real(1.0), a]), torch.stack([a, real(1.0)])])
        pyro.factor("inside", torch.linalg.cholesky(matrix).diagonal().log().sum())
    """
    many = ManyPoints(Density(bind(text, latents="a")), 4, torch.device("cuda"))
    us = torch.tensor([[0.5], [1.5], [-0.2], [-3.0]], dtype=torch.float64, device="cuda")
    assert many(us)[0].isfinite().tolist() == [True, False, True, False]
