"""`infer svi(..)`: Pyro's stochastic variational inference, with Pyro's guides and losses and torch's optimisers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pyro
import torch
from pyro import poutine
from pyro.infer import ELBO, SVI, EnergyDistance, Trace_ELBO, TraceTailAdaptive_ELBO
from pyro.infer.autoguide import AutoDelta, AutoGuide, AutoLaplaceApproximation
from pyro.optim import PyroLRScheduler
from pyro.poutine.guide import GuideMessenger

from bayesdsl.runtime.bound import BoundModel, Variable
from bayesdsl.runtime.compiled.cache import announcement
from bayesdsl.runtime.compiled.compiler import telling
from bayesdsl.runtime.compiled.trials import MadeUp
from bayesdsl.runtime.engines.collect import posterior
from bayesdsl.runtime.engines.components import REFUSALS, Named, make_loss, make_optimiser, resolve
from bayesdsl.runtime.engines.drawing import Drawing
from bayesdsl.runtime.engines.drift import WINDOW, Drift
from bayesdsl.runtime.engines.errors import (
    SURPRISES,
    DiscreteLatent,
    GuideNotSupported,
    Interrupted,
    LossNotFinite,
    LossNotSupported,
    NoLatents,
    UnknownSettings,
    reason,
)
from bayesdsl.runtime.engines.free import FreeSites
from bayesdsl.runtime.engines.guides import is_point, laplace, reals_as, set_up, start_in
from bayesdsl.runtime.engines.importance import khat
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.engines.minibatches import Minibatches, Traces
from bayesdsl.runtime.engines.particles import takes_many
from bayesdsl.runtime.engines.steps.draws import Draws
from bayesdsl.runtime.engines.steps.fit import Steps
from bayesdsl.runtime.engines.steps.loop import FEWEST_STEPS, TELL
from bayesdsl.runtime.engines.steps.native import Native
from bayesdsl.runtime.engines.steps.objective import Pick
from bayesdsl.runtime.engines.survey import check_sites, survey
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress, Report, done_by, silent
from bayesdsl.runtime.tracing import NotTraceable


@dataclass(frozen=True)
class SviSettings:
    """The settings of the engine, by the names that a spec uses."""

    guide: Named = ("AutoNormal", {})
    optim: Named = ("Adam", {"lr": 0.01})
    schedule: Named | None = None
    loss: Named = ("Trace_ELBO", {})
    steps: int = 2000
    draws: int = 1000
    batch: tuple[int, str] | None = None
    engine: str = "compiled"


def run(bound: BoundModel, settings: dict[str, Any], seed: int, report: Report = silent) -> Posterior:
    """Fit a guide and draw from it. Latents, learnable values and derived quantities are of the fitted guide's draws.

    With `batch`, a number of rows and their table, each step sees so many rows, and what has a value for each row is
    drawn some rows at a time. A KeyboardInterrupt ends the fit with the guide so far. Raises NoLatents, DiscreteLatent,
    GuideNotSupported, GuideMismatch, LossNotSupported, OptimiserNotSupported, LossNotFinite, LaplaceFailed,
    TooManyValues, and Interrupted where not a single step was made.
    """
    unknown = tuple(sorted(settings.keys() - {f.name for f in fields(SviSettings)}))
    if unknown:
        raise UnknownSettings("svi", unknown)
    chosen = SviSettings(**settings)
    with Isolated(seed) as isolation:

        def tell(progress: Progress) -> None:
            with isolation.paused():
                report(progress)

        fit = _Fit(bound, chosen)
        with telling(lambda: tell(Progress(0, "steps", len(fit.losses), chosen.steps, note=announcement()))):
            fit.optimise(tell)
            fit.draw(tell)
        facts = fit.facts()
        store = pyro.get_param_store()
        learned = {v.name: store[v.name].detach().numpy() for v in bound.learned if v.name in store}
    values = {name: np.asarray(drawn)[None] for name, drawn in fit.drawing.values.items()}
    return posterior(
        bound,
        values,
        kind="svi",
        engine="svi",
        learned=learned,
        losses=np.array(fit.losses),
        interrupted=fit.interrupted,
        facts=facts,
    )


@dataclass
class _Fit:
    bound: BoundModel
    settings: SviSettings
    losses: list[float] = field(default_factory=list)
    interrupted: bool = False
    drift: Drift = field(default_factory=Drift)
    engine: str = "pyro"
    engine_note: str = ""
    native: Native | None = None

    def __post_init__(self) -> None:
        self._given: dict[str, Any] | None = None
        batch = self.settings.batch
        self.batches = None if batch is None else Minibatches(self.bound, *batch)
        guide_name, _ = self.settings.guide
        self.by_hand = guide_name in self.bound.guides and guide_name not in self.bound.automatic
        self.free: FreeSites | None = FreeSites(self.bound.moving_supports)
        self.survey = survey(self.model)
        if self.by_hand:
            # It draws values in their supports, whatever those are at the time.
            self.free = None
        if not self.survey.latents:
            raise NoLatents("svi", self.survey.params)
        if self.survey.discrete and not self.by_hand:
            raise DiscreteLatent(self.survey.discrete[0], f"guide {guide_name}")
        self.guide = self._make_guide(guide_name, self.settings.guide[1])
        self.over_rows: list[Variable] = []
        if self.batches is not None:
            self.over_rows = [v for v in self.bound.variables if self.batches.plate in v.dims and v.role != "param"]
            self.batches.check_room(self.over_rows, self.settings.draws)

    @property
    def inputs(self) -> dict[str, Any]:
        """The model's arguments: all of the data, or those of the minibatch in force."""
        if self._given is not None:
            return self._given
        return self.bound.inputs if self.batches is None else self.batches.inputs

    @contextmanager
    def on(self, inputs: dict[str, Any]) -> Iterator[None]:
        """Other arguments for a while."""
        self._given = inputs
        rows = nullcontext() if self.batches is None else self.batches.given(inputs)
        try:
            with rows:
                yield
        finally:
            self._given = None

    @property
    def about(self) -> tuple[Any, ...]:
        """What the steps depend on besides the model."""
        return self.settings.guide, self.settings.loss

    @property
    def picks(self) -> tuple[Pick, ...]:
        """What is kept of a draw."""
        return self.kept, self.latents

    @property
    def minibatch(self) -> tuple[str, int] | None:
        """The plate of which the rows in force are some, and how many; None for all."""
        return None if self.batches is None else (self.batches.plate, len(self.batches.rows))

    def loss(self) -> Any:
        """Pyro's loss."""
        return make_loss(*self.settings.loss)

    def like(self, made: MadeUp) -> _Fit:
        """The same fit of other data."""
        batch = None if made.batch is None else (made.batch, self.batches.plate)
        return _Fit(made.bound, replace(self.settings, batch=batch))

    def model(self, *_: Any, **__: Any) -> Any:
        """The model with its data, whatever it is called with."""
        if self.free is None:
            return self.bound.model(**self.inputs)
        with self.free:
            return self.bound.model(**self.inputs)

    def _make_guide(self, name: str, settings: dict[str, Any]) -> Callable[..., Any]:
        if self.by_hand:
            by_hand = self.bound.guides[name]

            def guide(*_: Any, **__: Any) -> Any:
                return by_hand(**self.inputs)

            check_sites(name, guide, self.survey.latents)
            return guide
        try:
            if name in self.bound.guides:
                guide = self.bound.guides[name](self.model)
            else:
                make, given = resolve("guide", name, settings)
                guide = make(self.model, **start_in(make, given, self.bound.dtype))
            if self.batches is not None and isinstance(guide, AutoGuide):
                guide.create_plates = lambda *_, **__: self.batches.plates()
            with torch.no_grad(), reals_as(guide, self.bound.dtype):
                set_up(guide, self.bound.dtype)
        except REFUSALS as error:
            raise GuideNotSupported(name, reason(error)) from error
        for part in guide.modules() if isinstance(guide, torch.nn.Module) else ():
            if isinstance(part, AutoDelta) and self.free is not None:
                self.free.plain.update(name for name, _ in part.prototype_trace.iter_stochastic_nodes())
        return guide

    def optimise(self, tell: Report) -> None:
        loss_name, loss_settings = self.settings.loss
        loss = self.loss()
        if isinstance(loss, EnergyDistance) and self.survey.jumps:
            raise LossNotSupported(loss_name, f"draws of `{self.survey.jumps[0]}` do not move smoothly with the model")
        if isinstance(loss, ELBO) and not self._takes_many(loss):
            asked = "; leave `vectorize_particles` out" if "vectorize_particles" in loss_settings else ""
            raise LossNotSupported(loss_name, f"it takes several draws at once, and the model's program one{asked}")
        optimiser = make_optimiser(*self.settings.optim, self.settings.schedule)
        try:
            steps = self._written_down(tell)
            if steps is None:
                self._by_pyro(SVI(self.model, self.guide, optimiser, loss), loss, tell)
            else:
                self._by_steps(steps, tell)
        except KeyboardInterrupt:
            if not self.losses:
                raise Interrupted("svi", "its first step") from None
            self.interrupted = True

    def _written_down(self, tell: Report) -> Steps | None:
        """The steps, to be run without Pyro; None where they go by Pyro, and `engine_note` says why."""
        if self.settings.engine == "pyro":
            return None
        settings = self.settings
        if settings.steps < FEWEST_STEPS:
            self.engine_note = f"fewer than {FEWEST_STEPS} steps are done before others are prepared"
            return None
        try:
            return Steps(
                self,
                settings.optim,
                settings.schedule,
                settings.steps,
                self.batches,
                lambda: tell(Progress(0, "steps", 0, settings.steps, note=announcement())),
            )
        except (NotTraceable, *SURPRISES) as why:
            self.engine_note = reason(why)
            return None

    def _by_steps(self, steps: Steps, tell: Report) -> None:
        self.engine, self.engine_note = steps.engine, steps.note
        self.native = steps.made if isinstance(steps.made, Native) else None
        total, told = self.settings.steps, time.monotonic()

        def block(losses: np.ndarray) -> None:
            nonlocal told
            finite = np.isfinite(losses)
            self.losses.extend(losses[finite].tolist())
            if not finite.all():
                raise LossNotFinite(len(self.losses) + 1, float(losses[-1]), "svi")
            if len(self.losses) == total or time.monotonic() - told > TELL:
                self._tell_steps(tell)
                told = time.monotonic()

        steps.run(self.drift, block)

    def _tell_steps(self, tell: Report) -> None:
        recent = self.losses[-max(1, self.settings.steps // 100) :]
        facts = {"loss": float(np.mean(recent))}
        note = done_by(self.engine, self.engine_note)
        tell(Progress(0, "steps", len(self.losses), self.settings.steps, facts, note))

    def _by_pyro(self, svi: SVI, loss: Any, tell: Report) -> None:
        optimiser, steps = svi.optim, self.settings.steps
        every = max(1, steps // 100)
        with reals_as(self.guide, self.bound.dtype):
            for step in range(1, steps + 1):
                if self.batches is not None:
                    self.batches.step()
                self.losses.append(self._step(svi, loss, step))
                if isinstance(optimiser, PyroLRScheduler):
                    optimiser.step()
                self.drift.watch(step / steps)
                if step % every == 0 or step == steps:
                    self._tell_steps(tell)

    def _step(self, svi: SVI, loss: Any, step: int) -> float:
        try:
            value = svi.step()
        except REFUSALS as error:
            if not _parameters_are_finite():
                raise LossNotFinite(step, math.nan, "svi") from error
            if step == 1 and type(loss) is not Trace_ELBO and self._plain_loss_works():
                raise LossNotSupported(self.settings.loss[0], reason(error)) from error
            raise
        if isinstance(loss, TraceTailAdaptive_ELBO):
            # It tells no value of its own; the usual bound says how the fit goes.
            value = self._elbo()
        parts = value if isinstance(value, tuple) else (value,)
        for part in parts:
            if not math.isfinite(part):
                raise LossNotFinite(step, float(part), "svi")
        return float(parts[0])

    def _takes_many(self, loss: ELBO) -> bool:
        """Whether the program can be given as many draws at once as the loss asks for."""
        if not loss.vectorize_particles or loss.num_particles == 1:
            return True
        with torch.random.fork_rng(devices=[]), torch.no_grad(), reals_as(self.guide, self.bound.dtype):
            _, drawn = self.traces()
            return takes_many(self.model, self.guide, drawn, self.survey.latents, loss)

    def _elbo(self) -> float:
        with torch.no_grad():
            return Trace_ELBO().loss(self.model, self.guide)

    def _plain_loss_works(self) -> bool:
        try:
            self._elbo()
        except REFUSALS:
            return False
        return True

    def draw(self, tell: Report) -> None:
        if not _parameters_are_finite():
            raise LossNotFinite(len(self.losses) + 1, math.nan, "svi")
        if isinstance(self.guide, AutoLaplaceApproximation):
            self.guide, self.native = self._laplace(self.guide), None
        self.drawing = Drawing(self, self.settings.draws, self._at_once())
        self.drawing.take(tell)
        self.interrupted |= self.drawing.interrupted

    def _laplace(self, guide: AutoLaplaceApproximation) -> Any:
        """The guide with the curvature at its mode, which is that of all rows."""
        if self.batches is not None:
            self.batches.take(torch.arange(self.batches.count))
        return laplace(guide)

    def _at_once(self) -> Draws | None:
        """The guide's draws, to be made many at once; None where they go by Pyro."""
        if self.settings.engine == "pyro":
            return None
        if self.batches is not None:
            self.batches.look()
        try:
            return Draws(self, self.traces, self.native)
        except (NotTraceable, *SURPRISES):
            return None

    def kept(self, traces: Traces) -> dict[str, torch.Tensor]:
        """The values of a draw that are kept, by name."""
        model_trace, _ = traces
        constrained = self.free.values if self.free is not None else {}
        names = [v.name for v in self.bound.variables if v not in self.over_rows and v.name in model_trace.nodes]
        return {name: constrained.get(name, model_trace.nodes[name]["value"]) for name in names}

    def latents(self, traces: Traces) -> dict[str, torch.Tensor]:
        """The latents of a draw as the guide has them, by name."""
        model_trace, _ = traces
        return {name: model_trace.nodes[name]["value"] for name in self.survey.latents}

    def traces(self, fixed: poutine.Trace | None = None) -> Traces:
        """The model's trace and the guide's, which draws all that is not in `fixed`."""
        guide = self.guide if fixed is None else poutine.replay(self.guide, trace=fixed)
        if isinstance(self.guide, GuideMessenger):
            guide()
            return self.guide.get_traces()
        guide_trace = poutine.trace(guide).get_trace()
        return poutine.trace(poutine.replay(self.model, trace=guide_trace)).get_trace(), guide_trace

    def facts(self) -> dict[str, Any]:
        tail = self.losses[-max(1, min(100, len(self.losses) // 10)) :]
        final = float(np.mean(tail))
        facts: dict[str, Any] = {"guide": self.settings.guide[0], "steps": len(self.losses), "final_loss": final}
        facts |= {"engine": self.engine, "engine_note": self.engine_note}
        if self.survey.observations:
            facts["observations"] = self.survey.observations
            facts["loss_per_observation"] = final / self.survey.observations
        moved = {} if self.interrupted else self.drift.measure(self.drawing.centres)
        if moved:
            facts["drift"] = {"name": max(moved, key=moved.get), "sds": max(moved.values()), "share": WINDOW}
        return facts | khat(self.drawing.log_ratios, self.drawing.unweighed, is_point(self.guide))


def _parameters_are_finite() -> bool:
    return all(bool(value.isfinite().all()) for value in pyro.get_param_store().values())
