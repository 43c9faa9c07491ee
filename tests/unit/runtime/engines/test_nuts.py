"""Pyro's NUTS against closed forms, and what it does when it is stopped, killed, or asked for what it cannot do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from engine_models import bind, normal_mean_posterior, world

from bayesdsl.runtime import engines
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.engines.errors import (
    DiscreteLatent,
    InitFailed,
    Interrupted,
    NoLatents,
    ParamsNotSupported,
    UnknownSettings,
    WorkerFailed,
)
from bayesdsl.runtime.engines.nuts import _trimmed
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress, Report, silent

SHORT = {"chains": 2, "warmup": 200, "draws": 400, "parallel": False}


def run_engine(
    name: str, bound: BoundModel, settings: dict[str, object], seed: int, report: Report = silent
) -> Posterior:
    return engines.run_engine(name, bound, {"engine": "pyro"} | settings, seed, report)


def tolerance(spread: float, draws: int) -> float:
    """Four standard errors of a mean, if a draw in four counts, which NUTS exceeds on densities near normal ones."""
    return 4 * spread * (4 / draws) ** 0.5


def same(a: Posterior, b: Posterior) -> bool:
    return all(a.draws[n].tobytes() == b.draws[n].tobytes() for n in a.draws) and all(
        a.stats[n].tobytes() == b.stats[n].tobytes() for n in a.stats
    )


def test_a_normal_mean_has_its_closed_form(normal_mean: BoundModel) -> None:
    found = run_engine("nuts", normal_mean, SHORT, 1).draws["mu"]
    mean, spread = normal_mean_posterior(normal_mean)
    assert found.shape == (2, 400)
    assert found.mean() == pytest.approx(mean, abs=tolerance(spread, found.size))
    assert found.std() == pytest.approx(spread, abs=tolerance(spread, found.size))


def test_a_coin_has_its_closed_form(coin: BoundModel) -> None:
    posterior = run_engine("nuts", coin, SHORT, 1)
    mean, spread = 8 / 12, (8 * 4 / 12**2 / 13) ** 0.5
    assert posterior.draws["p"].mean() == pytest.approx(mean, abs=tolerance(spread, 800))
    assert posterior.draws["p"].std() == pytest.approx(spread, abs=tolerance(spread, 800))
    p = posterior.draws["p"]
    assert np.allclose(posterior.draws["odds"], p / (1 - p), rtol=1e-12)


def test_a_support_that_moves_is_followed(triangle: BoundModel) -> None:
    draws = run_engine("nuts", triangle, SHORT, 1).draws
    # a is uniform, b uniform below 1 - a: E[b] = 1/4, var(b) = 7/144, P(b < 1/2) = (1 + log 2) / 2.
    assert draws["b"].mean() == pytest.approx(1 / 4, abs=tolerance((7 / 144) ** 0.5, 800))
    assert (draws["b"] < 0.5).mean() == pytest.approx((1 + np.log(2)) / 2, abs=tolerance(0.36, 800))
    assert (draws["a"] + draws["b"] < 1).all()
    assert np.corrcoef(draws["a"].ravel(), draws["b"].ravel())[0, 1] < -0.4  # it is -sqrt(3/7) = -0.65


def test_improper_priors_give_the_classical_posterior(improper_scale: BoundModel) -> None:
    draws = run_engine("nuts", improper_scale, SHORT, 1).draws
    y = improper_scale.inputs["y"].numpy()
    n, scatter = len(y), y.var(ddof=1)
    # sigma^2 is inverse chi squared, mu a Student t around the mean.
    spread = (scatter / n * (n - 1) / (n - 3)) ** 0.5
    assert draws["mu"].mean() == pytest.approx(y.mean(), abs=tolerance(spread, 800))
    expected = scatter * (n - 1) / (n - 3)
    variance = 2 * expected**2 / (n - 5)
    assert (draws["sigma"] ** 2).mean() == pytest.approx(expected, abs=tolerance(variance**0.5, 800))


def test_plates_are_dims_with_their_members() -> None:
    bound = bind(
        """
        def model(y):
            mu = pyro.sample("mu", dist.Normal(real(0.0), real(1.0)))
            with pyro.plate("school", 3, dim=-1):
                theta = pyro.sample("theta", dist.Normal(mu, real(1.0)))
                pyro.sample("y", dist.Normal(theta, real(0.1)), obs=y)
            pyro.deterministic("gap", theta.unsqueeze(-1) - theta)
        """,
        {"y": torch.tensor([-5.0, 0.0, 5.0], dtype=torch.float64)},
        "mu theta[school]",
        "gap[school,school']",
        coords={"school": ["x", "y", "z"]},
    )
    posterior = run_engine("nuts", bound, SHORT | {"warmup": 100, "draws": 50}, 1)
    assert posterior.dims == {"mu": (), "theta": ("school",), "gap": ("school", "school'")}
    assert posterior.coords == {"school": ["x", "y", "z"], "school'": ["x", "y", "z"]}
    assert posterior.draws["gap"].shape == (2, 50, 3, 3)
    assert (np.diff(posterior.draws["theta"].mean((0, 1))) > 3).all()


def test_statistics_have_arvizs_names_and_mean_what_they_say(rugged: BoundModel) -> None:
    posterior = run_engine("nuts", rugged, {"chains": 1, "warmup": 150, "draws": 100}, 1)
    stats = posterior.stats
    assert set(stats) == {
        "lp",
        "energy",
        "diverging",
        "step_size",
        "tree_depth",
        "n_steps",
        "acceptance_rate",
    }
    assert all(values.shape == (1, 100) for values in stats.values())
    assert stats["diverging"].dtype == bool
    assert len(np.unique(stats["step_size"])) == 1
    assert (stats["n_steps"] >= 2 ** stats["tree_depth"] - 1).all()
    assert ((stats["acceptance_rate"] >= 0) & (stats["acceptance_rate"] <= 1)).all()
    # The energy is minus the log density plus the kinetic energy, half a chi squared variable of 5 degrees of freedom.
    kinetic = stats["energy"] + stats["lp"]
    assert (kinetic >= 0).all()
    assert kinetic.mean() == pytest.approx(2.5, abs=4 * (2.5 / 100) ** 0.5)


def test_lp_is_the_log_density_of_the_draw(coin: BoundModel) -> None:
    posterior = run_engine("nuts", coin, {"chains": 1, "warmup": 50, "draws": 20}, 1)
    p = posterior.draws["p"]
    expected = 8 * np.log(p) + 4 * np.log1p(-p)  # seven heads, three tails, and the volume change p (1 - p)
    assert np.allclose(posterior.stats["lp"], expected, rtol=1e-12)


def test_divergences_are_seen() -> None:
    funnel = bind(
        """
        def model():
            v = pyro.sample("v", dist.Normal(real(0.0), real(3.0)))
            pyro.sample("x", dist.Normal(real([0.0] * 9), (v / 2).exp()).to_event(1))
        """,
        latents="v",
    )
    posterior = run_engine("nuts", funnel, {"chains": 1, "warmup": 100, "draws": 200}, 0)
    assert posterior.stats["diverging"].sum() == posterior.facts["divergences"] > 0


def test_the_tree_is_no_deeper_than_allowed(rugged: BoundModel) -> None:
    posterior = run_engine("nuts", rugged, {"chains": 1, "warmup": 50, "draws": 50, "max_tree_depth": 2}, 1)
    assert posterior.stats["n_steps"].max() <= 3


def test_a_higher_acceptance_takes_smaller_steps(rugged: BoundModel) -> None:
    steps = [
        run_engine("nuts", rugged, {"chains": 1, "warmup": 60, "draws": 1, "target_accept_prob": target}, 1).facts[
            "step_sizes"
        ][0]
        for target in (0.6, 0.95)
    ]
    assert steps[1] < steps[0]


@pytest.mark.parametrize("extra", [{}, {"adapt_step_size": False, "step_size": 0.125}, {"full_mass": True}])
def test_no_warmup_is_fine(normal_mean: BoundModel, extra: dict[str, object]) -> None:
    posterior = run_engine("nuts", normal_mean, {"chains": 1, "warmup": 0, "draws": 20} | extra, 1)
    assert posterior.draws["mu"].shape == (1, 20)
    assert posterior.warmup == 0
    if "step_size" in extra:
        assert posterior.facts["step_sizes"] == [0.125]


def test_a_full_mass_matrix_samples_the_same_posterior(rugged: BoundModel) -> None:
    settings = {"chains": 1, "warmup": 150, "draws": 200}
    diagonal, full = (run_engine("nuts", rugged, settings | {"full_mass": f}, 1) for f in (False, True))
    for name in ("a", "bA", "sigma"):
        spread = diagonal.draws[name].std()
        assert full.draws[name].mean() == pytest.approx(diagonal.draws[name].mean(), abs=2 * tolerance(spread, 200))
    # With the correlations known, trajectories are shorter.
    assert full.facts["leapfrog_steps"] < diagonal.facts["leapfrog_steps"]


def test_one_process_and_two_give_the_same_bytes(rugged: BoundModel) -> None:
    settings = {"chains": 3, "warmup": 60, "draws": 40}
    here = run_engine("nuts", rugged, settings | {"parallel": False}, 5)
    there = run_engine("nuts", rugged, settings | {"cores": 2}, 5)
    assert same(here, there)
    assert here.facts == there.facts
    assert not same(here, run_engine("nuts", rugged, settings | {"parallel": False}, 6))
    assert not np.array_equal(here.draws["a"][0], here.draws["a"][1])


def test_a_chain_does_not_depend_on_how_many_there_are(coin: BoundModel) -> None:
    two, one = (run_engine("nuts", coin, SHORT | {"draws": 20, "chains": chains}, 5) for chains in (2, 1))
    assert np.array_equal(two.draws["p"][0], one.draws["p"][0])


def test_nothing_global_changes_even_for_those_told_of_progress(coin: BoundModel) -> None:
    before, seen = world(), []
    run_engine("nuts", coin, SHORT | {"draws": 50}, 1, lambda _: seen.append(world()))
    assert world() == before
    assert all(w == before for w in seen)


def test_draws_do_not_depend_on_what_those_told_of_progress_do(coin: BoundModel) -> None:
    quiet = run_engine("nuts", coin, SHORT | {"draws": 50}, 1)
    torch.manual_seed(123)
    noisy = run_engine("nuts", coin, SHORT | {"draws": 50}, 1, lambda _: torch.rand(3))
    assert same(quiet, noisy)


def test_progress_ends_at_the_end_of_both_phases(coin: BoundModel) -> None:
    seen: list[Progress] = []
    run_engine("nuts", coin, SHORT, 1, seen.append)
    for chain in range(2):
        of_chain = [p for p in seen if p.chain == chain]
        assert [p.done for p in of_chain if p.phase == "warmup"][-1] == 200
        assert [p.done for p in of_chain if p.phase == "draws"][-1] == 400
        assert all(p.done <= p.total for p in of_chain)
        assert {"step_size", "divergences"} <= set(of_chain[-1].facts)


def stop_at(phase: str, chain: int = 0) -> object:
    def report(progress: Progress) -> None:
        if progress.phase == phase and progress.chain == chain:
            raise KeyboardInterrupt

    return report


def test_an_interrupted_run_keeps_its_draws(coin: BoundModel) -> None:
    whole = run_engine("nuts", coin, SHORT, 1)
    stopped = run_engine("nuts", coin, SHORT, 1, stop_at("draws"))
    assert stopped.interrupted
    assert not whole.interrupted
    assert stopped.chains == 1
    assert 1 <= stopped.draws_per_chain <= 400
    assert np.array_equal(stopped.draws["p"][0], whole.draws["p"][0, : stopped.draws_per_chain])
    assert stopped.facts["chains_kept"] == [1]


def test_an_interrupt_in_the_middle_of_a_draw_keeps_those_before(coin: BoundModel) -> None:
    calls = 0

    def model(heads: torch.Tensor) -> None:
        nonlocal calls
        calls += 1
        if calls == 2000:
            raise KeyboardInterrupt
        coin.model(heads)
        # A number taken from a tensor keeps the model from being traced, so that it goes on being run.
        float(torch.rand(()))

    stopped = run_engine("nuts", replace(coin, model=model), {"chains": 1, "warmup": 50, "draws": 5000}, 1)
    assert stopped.interrupted
    assert 1 < stopped.draws_per_chain < 2000
    assert len(stopped.stats["lp"][0]) == stopped.draws_per_chain


def test_an_interrupt_before_the_first_draw_leaves_nothing(coin: BoundModel) -> None:
    before = world()
    with pytest.raises(Interrupted):
        run_engine("nuts", coin, SHORT, 1, stop_at("warmup"))
    assert world() == before


def test_an_interrupt_stops_the_workers_and_keeps_what_they_sent(rugged: BoundModel) -> None:
    settings = {"chains": 2, "warmup": 50, "draws": 100000, "cores": 2}
    started = time.monotonic()
    stopped = run_engine("nuts", rugged, settings, 1, stop_at("draws", 1))
    assert stopped.interrupted
    assert stopped.draws_per_chain >= 1
    # Without an end they would go on for minutes.
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ({0: 100, 1: 100}, ([0, 1], 100)),
        ({0: 100, 1: 90, 2: 0}, ([0, 1], 90)),
        ({0: 1000, 1: 1000, 2: 3, 3: 2}, ([0, 1], 1000)),
        ({0: 10, 1: 5}, ([0, 1], 5)),
        ({0: 0, 1: 0}, ([], 0)),
    ],
)
def test_as_many_draws_are_kept_as_can_be(lengths: dict[int, int], expected: tuple[list[int], int]) -> None:
    assert _trimmed(lengths) == expected


def test_an_error_of_a_worker_says_which_chain_and_why() -> None:
    bound = bind(
        """
        import threading
        def model():
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            if threading.active_count() > 1 and not torch.is_grad_enabled():
                raise ValueError("not in a worker")
        """,
        latents="a",
    )
    with pytest.raises(WorkerFailed) as caught:
        run_engine("nuts", bound, {"chains": 2, "warmup": 5, "draws": 5, "cores": 2}, 1)
    assert "ValueError: not in a worker" in caught.value.message
    assert "<by_hand" in caught.value.traceback


@pytest.mark.slow
def test_a_worker_that_dies_is_noticed() -> None:
    bound = bind(
        """
        import os, threading
        def model():
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            if threading.active_count() > 1 and not torch.is_grad_enabled():
                os.write(2, b"last words")
                os._exit(3)
        """,
        latents="a",
    )
    with pytest.raises(WorkerFailed) as caught:
        run_engine("nuts", bound, {"chains": 2, "warmup": 5, "draws": 5, "cores": 2}, 1)
    assert "exit status 3" in caught.value.message
    assert "last words" in caught.value.traceback


@pytest.mark.slow
def test_an_engine_error_of_a_worker_is_itself() -> None:
    bound = bind(
        """
        def model():
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            pyro.factor("nowhere", a * float("nan"))
        """,
        latents="a",
    )
    with pytest.raises(InitFailed) as caught:
        run_engine("nuts", bound, {"chains": 2, "warmup": 5, "draws": 5, "cores": 2}, 1)
    assert caught.value.site == "nowhere"


@pytest.mark.slow
def test_a_program_that_prints_does_not_disturb_its_worker(coin: BoundModel) -> None:
    text = coin.source.replace("def model(heads):", "def model(heads):\n    print('hello')")
    printing = bind(text, dict(coin.inputs), "p")
    posterior = run_engine("nuts", printing, {"chains": 2, "warmup": 5, "draws": 5, "cores": 2}, 1)
    assert posterior.draws["p"].shape == (2, 5)


@pytest.mark.slow
def test_control_c_in_a_script_without_a_main_guard(tmp_path: os.PathLike[str]) -> None:
    script = textwrap.dedent(
        """
        import torch
        from engine_models import RUGGED, bind
        from bayesdsl.runtime.engines import run_engine
        x = torch.linspace(0, 1, 50, dtype=torch.float64)
        bound = bind(RUGGED, {"africa": (x > 0.5).double(), "rugged": x, "log_gdp": 8 + x}, "a bA bR bAR sigma")
        def report(p):
            if p.phase == "draws":
                print("drawing", flush=True)
        settings = {"chains": 2, "warmup": 20, "draws": 10**7, "cores": 2, "engine": "pyro"}
        posterior = run_engine("nuts", bound, settings, 1, report)
        print("kept", posterior.chains, posterior.draws_per_chain, posterior.interrupted, flush=True)
        """
    )
    path = os.path.join(tmp_path, "script.py")
    with open(path, "w") as file:
        file.write(script)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"drawing\n"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    words = out.decode().split("\n")[-2].split()
    assert words[0] == "kept"
    assert int(words[2]) > 0
    assert words[3] == "True"
    assert b"Traceback" not in err


def test_what_nuts_cannot_do_it_says(empirical_bayes: BoundModel) -> None:
    with pytest.raises(ParamsNotSupported) as params:
        run_engine("nuts", empirical_bayes, SHORT, 1)
    assert (params.value.names, params.value.engine) == (("tau",), "nuts")
    with pytest.raises(DiscreteLatent) as discrete:
        run_engine("nuts", bind("def model():\n    pyro.sample('k', dist.Poisson(real(2.0)))\n"), SHORT, 1)
    assert (discrete.value.site, discrete.value.engine) == ("k", "nuts")
    with pytest.raises(NoLatents):
        run_engine(
            "nuts", bind("def model():\n    pyro.sample('y', dist.Normal(real(0.), real(1.)), obs=real(1.))\n"), {}, 1
        )
    with pytest.raises(UnknownSettings) as unknown:
        run_engine("nuts", empirical_bayes, {"chain": 4}, 1)
    assert unknown.value.names == ("chain",)


def test_the_engines_settings_are_those_of_the_catalogue() -> None:
    from dataclasses import fields

    from bayesdsl.catalogue.inference import ENGINES
    from bayesdsl.runtime.engines.chain import NutsSettings
    from bayesdsl.runtime.engines.point import PointSettings
    from bayesdsl.runtime.engines.svi import SviSettings

    ours = {"nuts": NutsSettings, "svi": SviSettings, "map": PointSettings, "mle": PointSettings}
    assert set(ours) == set(ENGINES)
    for name, settings in ours.items():
        taken = {f.name for f in fields(settings)} - {"cores", "parallel"}
        assert taken == {s.name for s in ENGINES[name].settings}, name
        for setting in ENGINES[name].settings:
            default = getattr(settings(), setting.name)
            if not isinstance(default, tuple):
                assert default == setting.default, (name, setting.name)
