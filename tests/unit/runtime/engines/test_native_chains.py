"""NUTS over compiled densities, as it is run: answers, seeds, threads, interrupts, and Pyro's engine in its place."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from engine_models import bind, world
from native_densities import ByHand, Make

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled import compiler as c_compiler
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines import native_chains, run_engine
from bayesdsl.runtime.engines.chain import NutsSettings
from bayesdsl.runtime.engines.errors import InitFailed, Interrupted, SamplerFailed
from bayesdsl.runtime.engines.native_chains import NativeRun, prepare
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress

SHORT = {"chains": 2, "warmup": 100, "draws": 400}
COVARIANCE = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 100.0]])
NORMALISER = float(-0.5 * np.linalg.slogdet(2 * np.pi * COVARIANCE)[1])

Compiled = Callable[[object], None]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Compiled:
    """Has every density compiled to the one that is given, or refused for a reason."""

    def have(found: object) -> None:
        monkeypatch.setattr(native_chains, "native_density", lambda *_: found)

    return have


@pytest.fixture
def three() -> BoundModel:
    """Three unknowns over a plate. Where chains start is asked of this model, all else of a density of C."""
    text = """
    def model():
        with pyro.plate("place", 3, dim=-1):
            pyro.sample("x", dist.Normal(real(0.0), real(1.0)))
    """
    return bind(text, {}, "x[place]", coords={"place": ["a", "b", "c"]})


@pytest.fixture
def normal(native: Make, compiled: Compiled) -> ByHand:
    density = native("normal", 3, [*np.linalg.inv(COVARIANCE).ravel(), NORMALISER])
    compiled(density)
    return density


def same(a: Posterior, b: Posterior) -> bool:
    return all(a.draws[n].tobytes() == b.draws[n].tobytes() for n in a.draws) and all(
        a.stats[n].tobytes() == b.stats[n].tobytes() for n in a.stats
    )


def effective(draws: np.ndarray) -> float:
    """The smallest effective sample size of elements, from draws of shape (chain, draw, element)."""
    from arviz_stats.base import array_stats

    return min(float(array_stats.ess(draws[..., i], chain_axis=0, draw_axis=1)) for i in range(draws.shape[-1]))


# Answers


@pytest.mark.parametrize("full_mass", [False, True])
def test_a_correlated_normal_is_itself(three: BoundModel, normal: ByHand, full_mass: bool) -> None:
    found = run_engine("nuts", three, SHORT | {"draws": 1000, "full_mass": full_mass}, 1)
    x = found.draws["x"]
    assert x.shape == (2, 1000, 3)
    assert found.dims == {"x": ("place",)}
    spread = np.sqrt(np.diag(COVARIANCE))
    # Four standard errors, with as many draws as are effective; of a standard deviation they are smaller by sqrt(2).
    error = 4 / effective(x) ** 0.5
    assert (np.abs(x.mean((0, 1))) < error * spread).all()
    assert (np.abs(x.std((0, 1)) / spread - 1) < error).all()
    assert np.corrcoef(x.reshape(-1, 3).T)[0, 1] == pytest.approx(0.9, abs=error * (1 - 0.9**2))
    assert found.facts["engine"] == "compiled"
    assert found.facts["mass_matrix"] == ("low rank" if full_mass else "diagonal")


def test_correlations_that_are_known_shorten_the_paths(three: BoundModel, normal: ByHand) -> None:
    diagonal, full = (run_engine("nuts", three, SHORT | {"full_mass": f}, 1).facts for f in (False, True))
    assert full["leapfrog_steps"] < diagonal["leapfrog_steps"]


def test_statistics_have_arvizs_names_and_mean_what_they_say(three: BoundModel, normal: ByHand) -> None:
    found = run_engine("nuts", three, SHORT, 1)
    stats = found.stats
    assert set(stats) == {"lp", "energy", "diverging", "step_size", "tree_depth", "n_steps", "acceptance_rate"}
    assert all(values.shape == (2, 400) for values in stats.values())
    assert stats["diverging"].dtype == bool
    assert all(len(np.unique(chain)) == 1 for chain in stats["step_size"])
    assert found.facts["step_sizes"] == stats["step_size"][:, -1].tolist()
    assert found.facts["leapfrog_steps"] == stats["n_steps"].sum()
    assert ((stats["acceptance_rate"] >= 0) & (stats["acceptance_rate"] <= 1)).all()
    assert found.warmup == 100
    u = found.draws["x"]
    lp = -0.5 * np.einsum("cdi,ij,cdj->cd", u, np.linalg.inv(COVARIANCE), u) + NORMALISER
    assert np.allclose(stats["lp"], lp, rtol=1e-12)


def test_divergences_are_seen(native: Make, compiled: Compiled) -> None:
    text = """
    def model():
        v = pyro.sample("v", dist.Normal(real(0.0), real(3.0)))
        pyro.sample("x", dist.Normal(real([0.0] * 9), (v / 2).exp()).to_event(1))
    """
    compiled(native("funnel", 10, (), v=0))
    found = run_engine("nuts", bind(text, latents="v"), {"chains": 4, "warmup": 100, "draws": 400}, 0)
    assert found.stats["diverging"].sum() == found.facts["divergences"] > 0


def test_where_the_density_is_not_a_number_nothing_is_drawn(
    three: BoundModel, native: Make, compiled: Compiled
) -> None:
    compiled(native("cut", 3))
    # Starts within 0.9 of 0 are all where it is one.
    found = run_engine("nuts", three, SHORT | {"init_radius": 0.9}, 1)
    assert (found.draws["x"][..., 0] <= 1).all()
    assert found.facts["divergences"] > 0


@pytest.mark.parametrize(
    ("setting", "holds"),
    [
        ({"max_tree_depth": 2}, lambda p: p.stats["n_steps"].max() <= 3 and p.facts["max_tree_depth"] == 2),
        ({"step_size": 0.125, "adapt_step_size": False}, lambda p: p.facts["step_sizes"] == [0.125, 0.125]),
        ({"target_accept_prob": 0.95}, lambda p: p.stats["acceptance_rate"].mean() > 0.9),
    ],
)
def test_settings_do_what_they_say(
    three: BoundModel, normal: ByHand, setting: dict[str, Any], holds: Callable[[Posterior], bool]
) -> None:
    assert holds(run_engine("nuts", three, SHORT | setting, 1))


def test_a_higher_acceptance_takes_smaller_steps(three: BoundModel, normal: ByHand) -> None:
    low, high = (run_engine("nuts", three, SHORT | {"target_accept_prob": p}, 1).facts for p in (0.6, 0.95))
    assert max(high["step_sizes"]) < min(low["step_sizes"])


# Seeds


def test_the_draws_depend_on_the_seed_alone(three: BoundModel, normal: ByHand) -> None:
    settings = {"chains": 4, "warmup": 60, "draws": 50}
    one, two, four, here = (
        run_engine("nuts", three, settings | how, 5)
        for how in ({"cores": 1}, {"cores": 2}, {"cores": 4}, {"parallel": False})
    )
    assert same(one, two)
    assert same(one, four)
    assert same(one, here)
    assert one.facts == four.facts
    assert not same(one, run_engine("nuts", three, settings, 6))
    assert len({chain.tobytes() for chain in one.draws["x"]}) == 4


def test_a_chain_does_not_depend_on_how_many_there_are(three: BoundModel, normal: ByHand) -> None:
    many, one = (run_engine("nuts", three, SHORT | {"chains": chains}, 5) for chains in (3, 1))
    assert np.array_equal(many.draws["x"][0], one.draws["x"][0])


def test_chains_start_where_pyros_do(three: BoundModel, normal: ByHand) -> None:
    from bayesdsl.runtime.engines.chain import _Run
    from bayesdsl.runtime.engines.isolation import Isolated, chain_seed

    settings = NutsSettings(chains=2)
    prepared = prepare(Density(three), settings, 5)
    assert isinstance(prepared, NativeRun)
    for chain, start in enumerate(prepared.starts):
        with Isolated(chain_seed(5, chain), threads=1):
            assert np.array_equal(_Run(Density(three), ("x",), settings, chain).position["u"].numpy(), start)


def test_nothing_global_changes_even_for_those_told_of_progress(three: BoundModel, normal: ByHand) -> None:
    before, seen = world(), []
    quiet = run_engine("nuts", three, SHORT, 1, lambda _: seen.append(world()))
    assert world() == before
    assert all(w == before for w in seen)
    torch.manual_seed(123)
    assert same(quiet, run_engine("nuts", three, SHORT, 1, lambda _: torch.rand(3)))


# Starts


def test_a_start_where_the_density_is_level_is_left(three: BoundModel, normal: ByHand) -> None:
    # The mean of every unknown is 0, where no element of the gradient is anything else.
    prepared = prepare(Density(three), NutsSettings(init_strategy="init_to_mean", chains=2), 1)
    assert isinstance(prepared, NativeRun)
    for start in prepared.starts:
        assert (start != 0).all()
        assert np.abs(start).max() < 0.01
    assert not np.array_equal(*prepared.starts)
    assert run_engine("nuts", three, SHORT | {"init_strategy": "init_to_mean"}, 1).draws_per_chain == 400


def test_a_model_without_a_start_says_so(normal: ByHand) -> None:
    text = """
    def model():
        x = pyro.sample("x", dist.Normal(real([0.0] * 3), real(1.0)).to_event(1))
        pyro.factor("nowhere", x.sum() * float("nan"))
    """
    with pytest.raises(InitFailed) as caught:
        run_engine("nuts", bind(text, latents="x"), SHORT, 1)
    assert caught.value.site == "nowhere"


# Progress and interrupts


def test_progress_ends_at_the_end_of_both_phases(three: BoundModel, normal: ByHand) -> None:
    seen: list[Progress] = []
    run_engine("nuts", three, SHORT, 1, seen.append)
    for chain in range(2):
        of_chain = [p for p in seen if p.chain == chain]
        assert [p.done for p in of_chain if p.phase == "warmup"][-1] == 100
        assert [p.done for p in of_chain if p.phase == "draws"][-1] == 400
        assert all(0 < p.done <= p.total for p in of_chain)
        assert {"step_size", "divergences"} <= set(of_chain[-1].facts)
        assert not any(p.note for p in of_chain)


def test_a_long_run_tells_of_itself_some_ten_times_a_second(
    three: BoundModel, native: Make, compiled: Compiled
) -> None:
    compiled(native("slow", 3, [50_000.0]))
    seen: list[tuple[float, Progress]] = []

    def report(progress: Progress) -> None:
        seen.append((time.monotonic(), progress))
        if seen[-1][0] - seen[0][0] > 1:
            raise KeyboardInterrupt

    run_engine("nuts", three, {"chains": 2, "cores": 2, "warmup": 20, "draws": 10**6}, 1, report)
    # One more for the end of each warmup, and for what came at once in the beginning.
    assert 3 <= len(seen) <= 20
    done = [p.done for _, p in seen if p.chain == 0 and p.phase == "draws"]
    assert done == sorted(set(done))


def stop_at(phase: str, chain: int = 0) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        if progress.phase == phase and progress.chain == chain:
            raise KeyboardInterrupt

    return report


def test_an_interrupted_run_keeps_its_draws(three: BoundModel, normal: ByHand) -> None:
    settings = SHORT | {"cores": 1, "chains": 4}
    whole = run_engine("nuts", three, settings, 1)
    stopped = run_engine("nuts", three, settings, 1, stop_at("draws", 2))
    assert stopped.interrupted
    assert not whole.interrupted
    assert stopped.facts["chains_kept"] == [1, 2, 3]
    assert np.array_equal(stopped.draws["x"], whole.draws["x"][:3])


def test_chains_of_unequal_length_are_cut_to_keep_the_most(three: BoundModel, native: Make, compiled: Compiled) -> None:
    compiled(native("slow", 3, [20_000.0]))
    settings = {"chains": 2, "cores": 2, "warmup": 20, "draws": 10**6}
    stopped = run_engine("nuts", three, settings, 1, stop_at("draws"))
    length = stopped.draws_per_chain
    assert stopped.interrupted
    assert 1 <= length < 10**6
    assert all(values.shape[1] == length for values in stopped.stats.values())
    whole = run_engine("nuts", three, settings | {"draws": length}, 1)
    kept = [chain - 1 for chain in stopped.facts["chains_kept"]]
    assert np.array_equal(stopped.draws["x"], whole.draws["x"][kept])


def test_control_c_while_chains_run_keeps_their_draws(three: BoundModel, native: Make, compiled: Compiled) -> None:
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals go to the main thread")
    compiled(native("slow", 3, [20_000.0]))
    started, interrupts = time.monotonic(), []

    def report(_: Progress) -> None:
        # Once chains run, and so that it comes while they are waited for.
        if not interrupts:
            interrupts.append(threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)))
            interrupts[0].start()

    stopped = run_engine("nuts", three, {"chains": 2, "warmup": 20, "draws": 10**7}, 1, report)
    # It would go on for minutes.
    assert time.monotonic() - started < 30
    assert stopped.interrupted
    assert stopped.draws_per_chain >= 1


def test_an_interrupt_before_the_first_draw_leaves_nothing(three: BoundModel, native: Make, compiled: Compiled) -> None:
    compiled(native("slow", 3, [200_000.0]))
    before = world()
    with pytest.raises(Interrupted):
        run_engine("nuts", three, SHORT | {"warmup": 100_000}, 1, stop_at("warmup"))
    assert world() == before


def test_an_interrupt_while_it_is_compiled_leaves_nothing(three: BoundModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = world()
    monkeypatch.setattr(native_chains, "native_density", stop)
    with pytest.raises(Interrupted, match="compilation"):
        run_engine("nuts", three, SMALL, 1)
    assert world() == before


def test_a_chain_that_fails_ends_the_run_and_says_which(three: BoundModel, native: Make, compiled: Compiled) -> None:
    compiled(native("refusing", 3, [3000.0]))
    with pytest.raises(SamplerFailed, match=r"nutpie gave up on chain \d: .*returned error"):
        run_engine("nuts", three, {"chains": 2, "warmup": 50, "draws": 10**6}, 1)


# Pyro in its place


SMALL = {"chains": 1, "warmup": 30, "draws": 10, "parallel": False}


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        ({"adapt_mass_matrix": False}, "nutpie cannot leave the mass matrix as it is"),
        ({"warmup": 5}, "nutpie needs a warmup of 20 steps"),
        ({"engine": "pyro"}, ""),
    ],
)
def test_what_nutpie_cannot_do_pyro_does_and_says_so(
    three: BoundModel, normal: ByHand, settings: dict[str, Any], note: str
) -> None:
    seen: list[Progress] = []
    found = run_engine("nuts", three, SMALL | settings, 1, seen.append)
    assert found.facts["engine"] == "pyro"
    assert found.facts["engine_note"] == note
    assert {p.note for p in seen} == {f"engine: Pyro's, because {note}" if note else ""}


def test_a_model_that_cannot_be_compiled_is_pyros_with_the_reason(three: BoundModel, compiled: Compiled) -> None:
    compiled("`aten.foo` is not known")
    found = run_engine("nuts", three, SMALL, 1)
    assert (found.facts["engine"], found.facts["engine_note"]) == ("pyro", "`aten.foo` is not known")
    asked = run_engine("nuts", three, SMALL | {"engine": "pyro"}, 1)
    assert same(found, asked)


def test_a_compiler_that_fails_does_not_end_the_run(three: BoundModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such size\nand more")

    monkeypatch.setattr(native_chains, "native_density", fail)
    found = run_engine("nuts", three, SMALL, 1)
    assert found.facts["engine"] == "pyro"
    assert found.facts["engine_note"] == "it could not be compiled: no such size"


@pytest.mark.skipif(c_compiler.why_not() is not None, reason="there is no C compiler here")
def test_a_direction_in_which_nothing_changes_is_gone_along() -> None:
    # nutpie gives up where a gradient has an exact zero, and the program gives it none.
    text = """
    def model():
        pyro.sample("free", dist.ImproperUniform(constraints.real, (), ()))
        x = pyro.sample("x", dist.ImproperUniform(constraints.real, (), ()))
        # A chain that goes to the left comes to where it is level, to the last digit.
        pyro.factor("edge", -x.exp())
    """
    found = run_engine("nuts", bind(text, latents="free x"), {"warmup": 200, "draws": 200, "chains": 2}, 1)
    assert found.facts["engine"] == "compiled"
    assert all(np.abs(found.draws[name]).max() > 1e3 for name in ("free", "x"))


def test_a_compiled_density_that_is_not_the_models_is_not_used(
    three: BoundModel, native: Make, compiled: Compiled
) -> None:
    compiled(native("nowhere", 3))
    found = run_engine("nuts", three, SMALL, 1)
    assert found.facts["engine"] == "pyro"
    assert "not finite at a starting point" in found.facts["engine_note"]


def test_starts_of_an_earlier_run_are_kept(three: BoundModel, normal: ByHand) -> None:
    from bayesdsl.runtime.bound import Start

    centre, spread = torch.tensor([5.0, -5.0, 0.5]).double(), torch.tensor([0.1, 0.1, 0.1]).double()
    moved = replace(three, starts=(Start("x", torch.arange(3), centre, spread),))
    prepared = prepare(Density(moved), NutsSettings(), 1)
    assert isinstance(prepared, NativeRun)
    for start in prepared.starts:
        assert (np.abs(start - centre.numpy()) <= 0.1).all()
