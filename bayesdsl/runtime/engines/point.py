"""`infer map(..)` and `infer mle(..)`: the mode of the posterior, and that of the likelihood.

Both climb in unconstrained values, so every step stays in the supports, but what they climb is the density of the
constrained values: no volume change is counted, and the answer does not depend on the maps into the supports. `mle`
leaves the priors out and keeps their supports.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled.cache import announcement
from bayesdsl.runtime.compiled.compiler import telling
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.collect import arranged, posterior
from bayesdsl.runtime.engines.components import Named, resolve, schedule_of
from bayesdsl.runtime.engines.curvature import LARGEST, curvature, standard_errors
from bayesdsl.runtime.engines.errors import (
    SURPRISES,
    DiscreteLatent,
    Interrupted,
    LossNotFinite,
    NoLatents,
    OptimiserNotSupported,
    Subsampled,
    UnknownSettings,
    reason,
)
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.engines.steps.climb import Climb
from bayesdsl.runtime.engines.steps.loop import FEWEST_STEPS, TELL
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress, Report, done_by, silent
from bayesdsl.runtime.tracing import NotTraceable

# A point is an optimum when the quadratic through it promises less than this many nats more: it is then within a
# seventieth of a standard error of the best.
_CONVERGED = 1e-4

_NO_OPTIMISER = {"SparseAdam": "it needs sparse gradients", "Muon": "it is for matrices only"}


@dataclass(frozen=True)
class PointSettings:
    """The settings of both engines, by the names that a spec uses."""

    optim: Named = ("Adam", {"lr": 0.01})
    schedule: Named | None = None
    steps: int = 2000
    engine: str = "compiled"


def run_map(bound: BoundModel, settings: dict[str, Any], seed: int, report: Report = silent) -> Posterior:
    """The mode of the joint density of the constrained values: see `_run`."""
    return _run("map", bound, settings, seed, report)


def run_mle(bound: BoundModel, settings: dict[str, Any], seed: int, report: Report = silent) -> Posterior:
    """The values under which the data are most probable: see `_run`."""
    return _run("mle", bound, settings, seed, report)


def _run(engine: str, bound: BoundModel, settings: dict[str, Any], seed: int, report: Report) -> Posterior:
    """A point, with `facts` about it.

    `log_density` is what was climbed, `gradient_norm` the length of its gradient at the end (unconstrained values),
    `converged` whether this is an optimum (None where that is not known). `std_errors` maps each variable to standard
    errors by the curvature there, in nested lists laid out like its value; where there are none, `std_errors_note`
    says why. `losses` are minus the log density before each step. A KeyboardInterrupt ends the fit with the point so
    far.

    Raises NoLatents, DiscreteLatent, Subsampled, InitFailed, OptimiserNotSupported, LossNotFinite, and Interrupted
    where not a single step was made.
    """
    unknown = tuple(sorted(settings.keys() - {f.name for f in fields(PointSettings)}))
    if unknown:
        raise UnknownSettings(engine, unknown)
    chosen = PointSettings(**settings)
    with Isolated(seed) as isolation:

        def tell(progress: Progress) -> None:
            with isolation.paused():
                report(progress)

        fit = _Fit(engine, density := _density(engine, bound))
        with telling(lambda: tell(Progress(0, "steps", 0, chosen.steps, note=announcement()))):
            fit.climb(chosen, tell)
        with torch.no_grad():
            values = density.constrain(fit.u)
        facts = fit.facts() | _curvature_facts(bound, density, fit.u)
    return posterior(
        bound,
        {v.name: values[v.name].numpy()[None, None] for v in bound.variables},
        kind="point",
        engine=engine,
        learned={v.name: values[v.name].numpy() for v in bound.learned if v.name in values},
        losses=np.array(fit.losses),
        interrupted=fit.interrupted,
        facts=facts,
    )


def _density(engine: str, bound: BoundModel) -> Density:
    try:
        density = Density(bound, jacobian=False, prior=engine == "map", params=True)
    except (DiscreteLatent, Subsampled) as error:
        error.engine = engine
        raise
    if not density.sites:
        raise NoLatents(engine)
    return density


class _Fit:
    """A climb under way. `u` is the point so far."""

    def __init__(self, engine: str, density: Density) -> None:
        self.engine, self.density = engine, density
        self.u = density.initial(torch.default_generator).requires_grad_(True)
        self.losses: list[float] = []
        self.interrupted = False
        self.run_by, self.note = "pyro", ""

    def climb(self, settings: PointSettings, tell: Report) -> None:
        name, _ = settings.optim
        if name in _NO_OPTIMISER:
            raise OptimiserNotSupported(name, self.engine, _NO_OPTIMISER[name])
        try:
            climb = self._written_down(settings, tell)
            if climb is None:
                self._step_by_step(settings, tell)
            else:
                self._by_steps(climb, tell)
        except KeyboardInterrupt:
            if not self.losses:
                raise Interrupted(self.engine, "its first step") from None
            self.interrupted = True
        self.u = self.u.detach()

    def _written_down(self, settings: PointSettings, tell: Report) -> Climb | None:
        """The steps, to be run without Python in between; None where they are not, and `note` says why."""
        if settings.engine == "pyro":
            return None
        if settings.steps < FEWEST_STEPS:
            self.note = f"fewer than {FEWEST_STEPS} steps are done before others are prepared"
            return None
        try:
            return Climb(
                self.density,
                settings.optim,
                settings.schedule,
                settings.steps,
                self.engine,
                lambda: tell(Progress(0, "steps", 0, settings.steps, note=announcement())),
            )
        except (NotTraceable, *SURPRISES) as why:
            self.note = reason(why)
            return None

    def _by_steps(self, climb: Climb, tell: Report) -> None:
        self.run_by, self.note = climb.engine, climb.note
        told = time.monotonic()

        def block(losses: np.ndarray, u: torch.Tensor) -> None:
            nonlocal told
            finite = np.isfinite(losses)
            self.losses.extend(losses[finite].tolist())
            if not finite.all():
                raise LossNotFinite(len(self.losses) + 1, float(losses[-1]), self.engine)
            self.u = u
            if len(self.losses) == climb.steps or time.monotonic() - told > TELL:
                self._tell(tell, climb.steps)
                told = time.monotonic()

        climb.run(self.u, block)

    def _step_by_step(self, settings: PointSettings, tell: Report) -> None:
        made, given = resolve("optimiser", *settings.optim)
        optimiser = made([self.u], **given)
        schedule = _make_schedule(self.engine, optimiser, settings)
        self.density.trace()
        steps = settings.steps
        every = max(1, steps // 100)
        for step in range(1, steps + 1):
            loss = float(optimiser.step(self._loss))
            if not np.isfinite(loss):
                raise LossNotFinite(step, loss, self.engine)
            self.losses.append(loss)
            if schedule is not None:
                schedule.step()
            if step % every == 0 or step == steps:
                self._tell(tell, steps)

    def _tell(self, tell: Report, steps: int) -> None:
        note = done_by(self.run_by, self.note)
        tell(Progress(0, "steps", len(self.losses), steps, {"loss": self.losses[-1]}, note))

    def _loss(self) -> torch.Tensor:
        """What an optimiser calls: minus the log density, its gradient left where optimisers look for it."""
        value, gradient = self.density.value_and_grad(self.u.detach())
        self.u.grad = -gradient
        return -value

    def facts(self) -> dict[str, Any]:
        value, gradient = self.density.value_and_grad(self.u)
        if not value.isfinite():
            raise LossNotFinite(len(self.losses) + 1, -float(value), self.engine)
        return {
            "steps": len(self.losses),
            "log_density": float(value),
            "gradient_norm": float(gradient.norm()),
            "engine": self.run_by,
            "engine_note": self.note,
        }


def _make_schedule(engine: str, optimiser: torch.optim.Optimizer, settings: PointSettings) -> Any:
    if settings.schedule is None:
        return None
    schedule, given = schedule_of(settings.schedule, *resolve("optimiser", *settings.optim), engine)
    return schedule(optimiser, **given)


def _curvature_facts(bound: BoundModel, density: Density, u: torch.Tensor) -> dict[str, Any]:
    if density.dimension > LARGEST:
        note = f"the model has {density.dimension} unknown values, more than {LARGEST}"
        return {"converged": None, "std_errors_note": note}
    try:
        shape = curvature(density, u)
    except RuntimeError as error:
        note = f"second derivatives are not to be had: {str(error).splitlines()[0]}"
        return {"converged": None, "std_errors_note": note}
    facts: dict[str, Any] = {"converged": shape.gain <= _CONVERGED}
    if not shape.is_maximum:
        names = ", ".join(shape.flattest(density))
        return facts | {"std_errors_note": f"the density does not fall in every direction from the point: see {names}"}
    errors = standard_errors(density, u, shape.scale())
    laid_out = {
        v.name: arranged(v, errors[v.name].numpy(), bound.coords, lead=0) for v in bound.variables if v.name in errors
    }
    return facts | {"std_errors": {name: value.tolist() for name, value in laid_out.items()}}
