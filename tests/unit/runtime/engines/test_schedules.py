"""Schedules of the learning rate: how far each step goes, and what cannot be scheduled."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from engine_models import normal_mean_posterior

from bayesdsl.catalogue.inference import SCHEDULES
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.engines import run_engine
from bayesdsl.runtime.engines.errors import OptimiserNotSupported

STEPS = 40
GIVEN: dict[str, dict[str, object]] = {
    "ConstantLR": {"factor": 0.5, "total_iters": 10},
    "LinearLR": {"start_factor": 0.1, "total_iters": 20},
    "ExponentialLR": {"gamma": 0.9},
    "StepLR": {"step_size": 10, "gamma": 0.5},
    "MultiStepLR": {"milestones": (5, 20), "gamma": 0.5},
    "PolynomialLR": {"total_iters": STEPS, "power": 2.0},
    "CosineAnnealingLR": {"T_max": STEPS},
    "CosineAnnealingWarmRestarts": {"T_0": 10},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 5},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": STEPS},
}


def rates(name: str) -> list[float]:
    """What torch's own schedule makes of a rate of 0.1, step by step."""
    parameter = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([parameter], lr=0.1)
    fixed = dict(SCHEDULES[name].fixed)
    given = {key: list(value) if isinstance(value, tuple) else value for key, value in GIVEN[name].items()}
    schedule = getattr(torch.optim.lr_scheduler, name)(optimiser, **given, **fixed)
    found = []
    for _ in range(STEPS):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return found


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_every_step_has_the_rate_of_torchs_schedule(name: str, normal_mean: BoundModel) -> None:
    # Under Rprop-like sign steps the distance would be the rate; of SGD the step is rate times gradient, which the
    # quadratic of a normal mean makes a recursion: x -> x - rate * curvature * (x - mode).
    plain = {"optim": ("SGD", {"lr": 0.1}), "schedule": (name, GIVEN[name]), "steps": STEPS}
    posterior = run_engine("map", normal_mean, plain, 3)
    losses = posterior.losses
    mode = float(run_engine("map", normal_mean, {"optim": ("Adam", {"lr": 0.05}), "steps": 3000}, 3).losses[-1])
    gaps = np.sqrt(2 * np.maximum(losses - mode, 0))
    _, sd = normal_mean_posterior(normal_mean)
    expected = gaps[0] * np.cumprod([1.0] + [1 - rate / sd**2 for rate in rates(name)[:-1]])
    # The loss of the mode is known to a few roundings only, which its root makes a millionth.
    assert gaps == pytest.approx(np.abs(expected), abs=1e-5, rel=1e-6)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_svi_runs_under_every_schedule(name: str, normal_mean: BoundModel) -> None:
    settings = {"optim": ("Adam", {"lr": 0.1}), "steps": STEPS, "draws": 10}
    scheduled = run_engine("svi", normal_mean, settings | {"schedule": (name, GIVEN[name])}, 3)
    plain = run_engine("svi", normal_mean, settings, 3)
    assert np.isfinite(scheduled.losses).all()
    assert not np.allclose(scheduled.losses, plain.losses)


@pytest.mark.parametrize("engine", ["map", "svi"])
def test_an_optimiser_without_a_rate_cannot_be_scheduled(engine: str, normal_mean: BoundModel) -> None:
    settings = {"optim": ("AdagradRMSProp", {}), "schedule": ("ExponentialLR", {"gamma": 0.9}), "steps": 5}
    with pytest.raises(OptimiserNotSupported, match="no learning rate"):
        run_engine(engine, normal_mean, settings, 1)
