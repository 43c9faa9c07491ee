"""Steps that were written down: losses, gradients and whole paths are Pyro's own on the same noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyro
import pytest
import torch
from engine_models import bind
from pyro.infer import SVI
from pyro.optim import PyroLRScheduler

from bayesdsl.catalogue.inference import GUIDES, OPTIMISERS, SCHEDULES
from bayesdsl.catalogue.rows import REQUIRED
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.engines import run_engine
from bayesdsl.runtime.engines.drift import Drift
from bayesdsl.runtime.engines.guides import reals_as
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.engines.steps.fit import Steps
from bayesdsl.runtime.engines.steps.noise import Recorded
from bayesdsl.runtime.engines.steps.updates import UPDATES, WITHOUT
from bayesdsl.runtime.engines.svi import SviSettings, _Fit, _make_loss, _make_optimiser
from bayesdsl.runtime.tracing import NotTraceable

# The same sums in another order, at each of so many steps, each of which may magnify what the ones before left.
STEPS = 50
WITHIN = 1e-10


class Replay:
    """In the place of a source of noise: what was drawn before, step by step."""

    def __init__(self, drawn: list[list[torch.Tensor]]) -> None:
        self._drawn, self._at = [torch.stack(values) for values in zip(*drawn, strict=True)], 0

    def left(self) -> int:
        return STEPS

    def take(self, steps: int) -> list[torch.Tensor]:
        self._at += steps
        return [values[self._at - steps : self._at] for values in self._drawn]


def both(
    bound: BoundModel, optim: tuple[str, dict[str, Any]], schedule: Any = None, guide: str = "AutoNormal"
) -> tuple[np.ndarray, torch.Tensor, np.ndarray, torch.Tensor]:
    """Losses and parameters after some steps of Pyro, and of those written down on the same noise."""
    settings = SviSettings(guide=(guide, {}), optim=optim, schedule=schedule, steps=STEPS)
    with Isolated(3):
        fit = _Fit(bound, settings)
        loss = _make_loss("Trace_ELBO", {})
        steps = Steps(fit, loss, optim, schedule, STEPS, fit.batches)
        parameters = steps.program.parameters
        start = parameters.vector()
        optimiser = _make_optimiser(*optim, schedule)
        svi, losses, drawn = SVI(fit.model, fit.guide, optimiser, loss), [], []
        for _ in range(STEPS):
            with reals_as(fit.guide, bound.dtype), Recorded() as noise:
                losses.append(svi.step())
            drawn.append(noise.drawn)
            if isinstance(optimiser, PyroLRScheduler):
                optimiser.step()
        after = parameters.vector()
        parameters.write(start)
        steps._source = Replay(drawn)
        found: list[float] = []
        steps.run(Drift(), found.extend)
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
