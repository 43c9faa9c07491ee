"""Steps that were written down: losses, gradients and whole paths are Pyro's own on the same noise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from engine_models import normal_mean_posterior
from pyro.infer import SVI
from pyro.optim import PyroLRScheduler

from bayesdsl.catalogue.inference import GUIDES, OPTIMISERS, SCHEDULES
from bayesdsl.catalogue.rows import REQUIRED
from bayesdsl.driver import compile, compile_text
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.kernel import Kernel
from bayesdsl.runtime.engines import run_engine
from bayesdsl.runtime.engines.components import make_loss, make_optimiser
from bayesdsl.runtime.engines.drift import Drift
from bayesdsl.runtime.engines.guides import reals_as
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.engines.steps.fit import Steps
from bayesdsl.runtime.engines.steps.noise import Recorded
from bayesdsl.runtime.engines.steps.updates import UPDATES, WITHOUT
from bayesdsl.runtime.engines.svi import SviSettings, _Fit
from bayesdsl.runtime.tracing import NotTraceable

# The same sums in another order, at each of so many steps, each of which may magnify what the ones before left.
STEPS = 50
WITHIN = 1e-10


class Replay:
    """In the place of a source of noise: what was drawn before, step by step."""

    def __init__(self, drawn: list[list[torch.Tensor]]) -> None:
        self._drawn, self._at = drawn, 0

    def left(self) -> int:
        return STEPS

    def take(self, steps: int) -> list[torch.Tensor]:
        self._at += steps
        return [torch.stack(step) for step in zip(*self._drawn[self._at - steps : self._at], strict=True)]


def both(
    bound: BoundModel,
    optim: tuple[str, dict[str, Any]],
    schedule: Any = None,
    guide: str = "AutoNormal",
    batch: tuple[int, str] | None = None,
) -> tuple[np.ndarray, torch.Tensor, np.ndarray, torch.Tensor]:
    """Losses and parameters after some steps of Pyro, and of those written down on the same noise and rows; the
    windows in which a drift is seen are the same as well."""
    settings = SviSettings(guide=(guide, {}), optim=optim, schedule=schedule, steps=STEPS, batch=batch)
    with Isolated(3):
        fit = _Fit(bound, settings)
        loss = make_loss("Trace_ELBO", {})
        steps = Steps(fit, optim, schedule, STEPS, fit.batches)
        parameters = steps.objective.parameters
        start = parameters.vector()
        optimiser = make_optimiser(*optim, schedule)
        svi, losses, drawn, rows = SVI(fit.model, fit.guide, optimiser, loss), [], [], []
        watched, drift = Drift(), Drift()
        for step in range(STEPS):
            if fit.batches is not None:
                fit.batches.step()
                rows.append(fit.batches.rows)
            with reals_as(fit.guide, bound.dtype), Recorded() as noise:
                losses.append(svi.step())
            drawn.append(noise.drawn)
            if isinstance(optimiser, PyroLRScheduler):
                optimiser.step()
            watched.watch((step + 1) / STEPS)
        after = parameters.vector()
        parameters.write(start)
        if steps.rows is not None:
            steps.rows._coming = iter([*rows, rows[0]])
        of_size, replay = steps._run_of, Replay(drawn)
        steps._run_of = lambda size: (of_size(size)[0], replay)
        found: list[float] = []
        steps.run(drift, found.extend)
        for ours, theirs in zip(drift.windows, watched.windows, strict=True):
            assert (ours.steps, {*ours.sums} <= {*theirs.sums}) == (theirs.steps, True)
            assert all(torch.allclose(value, theirs.sums[name], rtol=1e-9) for name, value in ours.sums.items())
        return np.array(losses), after, np.array(found), parameters.vector()


def agree(losses: np.ndarray, after: torch.Tensor, found: np.ndarray, reached: torch.Tensor) -> None:
    assert np.allclose(found, losses, rtol=WITHIN, atol=WITHIN)
    assert torch.allclose(reached, after, rtol=WITHIN, atol=WITHIN)


VARIANTS = [
    ("Adam", {"amsgrad": True}),
    ("Adam", {"weight_decay": 0.1}),
    ("Adam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("ClippedAdam", {"lr": 0.05, "lrd": 0.99, "clip_norm": 2.0, "weight_decay": 0.1}),
    ("ClippedAdam", {"centered_variance": True}),
    ("NAdam", {"weight_decay": 0.1, "lr": 0.1}),
    ("RAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("SGD", {"momentum": 0.9, "dampening": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.1}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.3}),
    ("ASGD", {"lambd": 0.1}),
]


@pytest.mark.parametrize(("name", "given"), [*((name, {}) for name in UPDATES), *VARIANTS], ids=str)
def test_the_path_of_every_optimiser_is_its_own(normal_mean: BoundModel, name: str, given: dict[str, Any]) -> None:
    agree(*both(normal_mean, (name, given)))


def test_every_optimiser_of_the_catalogue_has_an_update_or_a_reason() -> None:
    assert set(OPTIMISERS) == set(UPDATES) | set(WITHOUT)


NEEDED = {"gamma": 0.9, "step_size": 7, "milestones": (10, 20), "T_max": 30, "T_0": 12, "base_lr": 0.01, "max_lr": 0.1}


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_path_under_every_schedule_is_its_own(normal_mean: BoundModel, name: str) -> None:
    needed = {s.name for s in SCHEDULES[name].settings if s.default is REQUIRED}
    given = {key: value for key, value in {**NEEDED, "total_steps": STEPS}.items() if key in needed}
    optim = ("ClippedAdam", {"lr": 0.05, "lrd": 0.99}) if name == "StepLR" else ("Adam", {"lr": 0.05})
    agree(*both(normal_mean, optim, (name, given)))


CONTINUOUS = [name for name in GUIDES if name != "AutoDiscreteParallel"]


@pytest.mark.parametrize("guide", CONTINUOUS)
def test_the_path_of_every_guide_is_its_own(rugged: BoundModel, guide: str) -> None:
    agree(*both(rugged, ("Adam", {"lr": 0.02}), guide=guide))


BY_ROW = """
data row { y : real }
mu ~ Normal(0, 2)
z[row] ~ Normal(mu, 1)
observe y ~ Normal(z, 1)
infer svi(batch = 8 of row)
"""


@pytest.mark.parametrize("guide", ["AutoNormal", "AutoDelta", "AutoNormalMessenger"])
@pytest.mark.parametrize("rows", [24, 21])
def test_the_path_in_minibatches_is_its_own(guide: str, rows: int) -> None:
    """24 rows make steps of 8; 21 make steps of 7, so that none is of the size asked for."""
    y = np.random.default_rng(1).normal(size=rows)
    bound = compile_text(BY_ROW).bind({"row": {"y": y}}).model
    agree(*both(bound, ("Adam", {"lr": 0.05}), guide=guide, batch=(8, "row")))


def test_the_path_in_minibatches_of_two_sizes_is_its_own() -> None:
    y = np.random.default_rng(1).normal(size=23)
    bound = compile_text(BY_ROW).bind({"row": {"y": y}}).model
    agree(*both(bound, ("Adam", {"lr": 0.05}), batch=(8, "row")))


def test_steps_of_other_rows_have_noise_of_their_own() -> None:
    y = np.random.default_rng(1).normal(size=23)
    bound = compile_text(BY_ROW).bind({"row": {"y": y}}).model
    with Isolated(1):
        _, steps = steps_of(bound, SviSettings(batch=(8, "row"), steps=30))
        steps.run(Drift(), lambda _: None)
        shapes = [[noise.shape for noise in source.noises] for _, source in steps._runs.values()]
    assert sorted(shapes) == [[(), (7,)], [(), (8,)]]


def without_machine_code(*_: Any) -> Any:
    raise NotCompilable("no compiler")


def test_the_path_is_the_same_through_python(rugged: BoundModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayesdsl.runtime.engines.steps.fit.Native", without_machine_code)
    agree(*both(rugged, ("Adam", {"lr": 0.02}), guide="AutoMultivariateNormal"))


def steps_of(bound: BoundModel, settings: SviSettings) -> tuple[_Fit, Steps]:
    fit = _Fit(bound, settings)
    return fit, Steps(fit, settings.optim, settings.schedule, settings.steps, fit.batches)


# What is held against Pyro's loss and gradient before it is used, to 1e-10: it is here if nobody complains.
LOSSES = [
    ("TraceMeanField_ELBO", {}),
    ("TraceMeanField_ELBO", {"num_particles": 3}),
    ("TraceGraph_ELBO", {}),
    ("TraceEnum_ELBO", {}),
    ("Trace_ELBO", {"num_particles": 4}),
    ("Trace_ELBO", {"num_particles": 4, "vectorize_particles": True}),
    ("RenyiELBO", {"alpha": 0.5, "num_particles": 3}),
    ("RenyiELBO", {"alpha": 0.0, "num_particles": 3, "vectorize_particles": True}),
]


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_losses_are_pyros(rugged: BoundModel, loss: tuple[str, dict[str, Any]]) -> None:
    with Isolated(1):
        _, steps = steps_of(rugged, SviSettings(loss=loss))
        assert steps.engine == "compiled"
        # That of two steps with other noise is another.
        first, second = (step_losses(steps) for _ in range(2))
    assert first != second


def step_losses(steps: Steps) -> list[float]:
    found: list[float] = []
    steps.steps = 1
    steps.run(Drift(), found.extend)
    return found


@pytest.mark.parametrize("loss", ["TraceTailAdaptive_ELBO", "ReweightedWakeSleep", "EnergyDistance", "TraceTMC_ELBO"])
def test_losses_that_are_more_say_so(rugged: BoundModel, loss: str) -> None:
    with Isolated(1), pytest.raises(NotTraceable, match=f"{loss} is more than a function"):
        steps_of(rugged, SviSettings(loss=(loss, {})))


def test_a_loss_that_differs_is_refused(rugged: BoundModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What was made of the right one is not to be had.
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path))
    monkeypatch.setattr("bayesdsl.runtime.engines.steps.losses.log_ratio", lambda traces: traces[0].log_prob_sum())
    with Isolated(1), pytest.raises(NotTraceable, match="differs from Pyro's by"):
        steps_of(rugged, SviSettings())


def test_machine_code_that_differs_is_refused(rugged: BoundModel, monkeypatch: pytest.MonkeyPatch) -> None:
    call = Kernel.__call__

    def wrong(kernel: Kernel, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(value * (1 + 1e-6) for value in call(kernel, *inputs))

    monkeypatch.setattr(Kernel, "__call__", wrong)
    with Isolated(1):
        _, steps = steps_of(rugged, SviSettings())
    assert steps.engine == "traced"
    assert re.match("the loss of the machine code differs from Pyro's by ", steps.note)


def test_a_guide_of_gammas_goes_by_pyro_and_says_why(coin: BoundModel) -> None:
    posterior = run_engine("svi", coin, {"guide": ("by_hand", {}), "steps": 300, "draws": 10}, 1)
    assert posterior.facts["engine"] == "pyro"
    assert posterior.facts["engine_note"] == (
        "draws of beta and Dirichlet distributions are no fixed function of noise"
    )


@pytest.mark.parametrize("optim", WITHOUT)
def test_optimisers_without_an_update_go_by_pyro_and_say_why(normal_mean: BoundModel, optim: str) -> None:
    posterior = run_engine("svi", normal_mean, {"optim": (optim, {}), "steps": 200, "draws": 5}, 1)
    assert posterior.facts["engine"] == "pyro"
    assert posterior.facts["engine_note"] == WITHOUT[optim]


@pytest.mark.parametrize("compiler", [True, False])
def test_posteriors_of_the_engines_agree(
    normal_mean: BoundModel, compiler: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not compiler:
        monkeypatch.setattr("bayesdsl.runtime.engines.steps.fit.Native", without_machine_code)
    settings = {
        "guide": ("AutoDiagonalNormal", {}),
        "optim": ("ClippedAdam", {"lr": 0.05, "lrd": 0.995}),
        "steps": 1000,
    }
    posterior = run_engine("svi", normal_mean, settings, 1)
    mean, spread = normal_mean_posterior(normal_mean)
    draws = posterior.draws["mu"]
    # Four standard errors of a thousand draws, and 5 % of the spread for the fit.
    assert abs(draws.mean() - mean) < (4 / 1000**0.5 + 0.05) * spread
    assert draws.std() == pytest.approx(spread, rel=0.15)
    assert posterior.facts["engine"] == ("compiled" if compiler else "traced")
    assert np.array_equal(draws, run_engine("svi", normal_mean, settings, 1).draws["mu"])
    assert not np.array_equal(draws, run_engine("svi", normal_mean, settings, 2).draws["mu"])


@pytest.mark.parametrize(
    ("spec", "guide"),
    [
        ("gaussian", "AutoMultivariateNormal"),
        ("deep_bnn", "AutoDiagonalNormal"),
        ("horseshoe", "AutoLowRankMultivariateNormal"),
        ("linear", "AutoMultivariateNormal"),
        ("updating", "AutoMultivariateNormal"),
        ("penguins", "AutoNormal"),
        ("eight_schools", "AutoNormal"),
        ("bnn", "AutoNormal"),
    ],
)
def test_the_guides_of_specs_have_steps_in_machine_code(spec: str, guide: str) -> None:
    bound = compile(f"specs/{spec}.bayes").bind().model
    with Isolated(1):
        _, steps = steps_of(bound, SviSettings(guide=(guide, {})))
    assert (steps.engine, steps.note) == ("compiled", "")
