"""`infer svi(..)`: Pyro's stochastic variational inference, with Pyro's guides and losses and torch's optimisers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
import pyro
import torch
from pyro import poutine
from pyro.infer import SVI, EnergyDistance, Trace_ELBO, TraceTailAdaptive_ELBO
from pyro.infer.autoguide import AutoDelta, AutoGaussian, AutoGuide, AutoLaplaceApproximation
from pyro.optim import PyroLRScheduler, PyroOptim
from pyro.poutine.guide import GuideMessenger
from pyro.poutine.util import site_is_subsample
from torch.overrides import TorchFunctionMode

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.engines.collect import posterior
from bayesdsl.runtime.engines.components import Named, resolve, schedule_of
from bayesdsl.runtime.engines.errors import (
    DiscreteLatent,
    GuideMismatch,
    GuideNotSupported,
    Interrupted,
    LaplaceFailed,
    LossNotFinite,
    LossNotSupported,
    NoLatents,
    OptimiserNotSupported,
    UnknownSettings,
)
from bayesdsl.runtime.engines.free import FreeSites
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress, Report, silent

# What Pyro's guides and losses raise when they meet a model that they cannot deal with.
_REFUSALS = (NotImplementedError, RuntimeError, ValueError, TypeError, AssertionError)

_NO_OPTIMISER = {
    "LBFGS": "it looks at the loss several times a step, and the loss is random",
    "SparseAdam": "it needs sparse gradients",
    "Muon": "it is for matrices only",
}

# Importance ratios whose logarithms differ by less than this are equal.
_EQUAL = 1e-8

# The fewest draws of a guide that say something about the tail of its importance ratios.
_FEWEST_FOR_KHAT = 100


# The windows between which a guide's move is measured, as a share of the steps; how many draws tell where it is; and
# the spread under which it is a point.
_WINDOW = 0.2
_DRIFT_DRAWS = 100
_NO_SPREAD = 1e-12


@dataclass
class _Window:
    """The mean of the guide's unconstrained parameters over some steps."""

    steps: int = 0
    sums: dict[str, torch.Tensor] = field(default_factory=dict)

    def add(self, parameters: Iterable[tuple[str, torch.Tensor]]) -> None:
        self.steps += 1
        for name, value in parameters:
            known = self.sums.get(name)
            self.sums[name] = value.detach().clone() if known is None else known.add_(value.detach())

    def means(self) -> dict[str, torch.Tensor]:
        return {name: total / self.steps for name, total in self.sums.items()}


def _store() -> Any:
    return pyro.get_param_store()


def _set_store(values: dict[str, torch.Tensor]) -> None:
    """Give the parameters of the store these unconstrained values, in place."""
    with torch.no_grad():
        for name, parameter in _store().named_parameters():
            if name in values and values[name].shape == parameter.shape:
                parameter.copy_(values[name])


@dataclass(frozen=True)
class SviSettings:
    """The settings of the engine, by the names that a spec uses."""

    guide: Named = ("AutoNormal", {})
    optim: Named = ("Adam", {"lr": 0.01})
    schedule: Named | None = None
    loss: Named = ("Trace_ELBO", {})
    steps: int = 2000
    draws: int = 1000


def run(bound: BoundModel, settings: dict[str, Any], seed: int, report: Report = silent) -> Posterior:
    """Fit a guide and draw from it. Latents, learnable values and derived quantities are of the fitted guide's draws.

    A KeyboardInterrupt ends the fit with the guide so far. Raises NoLatents, DiscreteLatent, GuideNotSupported,
    GuideMismatch, LossNotSupported, OptimiserNotSupported, LossNotFinite, LaplaceFailed, and Interrupted where not a
    single step was made.
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
        fit.optimise(tell)
        fit.draw(tell)
        facts = fit.facts()
        learned = {v.name: _store()[v.name].detach().numpy() for v in bound.learned if v.name in _store()}
    values = {v.name: np.stack(fit.values[v.name])[None] for v in bound.variables}
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


@dataclass(frozen=True)
class _Survey:
    """What a run of the model shows; `observations` counts observed values, `jumps` are the observed sites whose draws
    have no gradient."""

    latents: tuple[str, ...]
    discrete: tuple[str, ...]
    params: tuple[str, ...]
    observations: int
    jumps: tuple[str, ...]


@dataclass
class _Fit:
    bound: BoundModel
    settings: SviSettings
    losses: list[float] = field(default_factory=list)
    log_ratios: list[float] = field(default_factory=list)
    interrupted: bool = False
    windows: tuple[_Window, _Window] = field(default_factory=lambda: (_Window(), _Window()))

    def __post_init__(self) -> None:
        guide_name, _ = self.settings.guide
        self.by_hand = guide_name in self.bound.guides and guide_name not in self.bound.automatic
        # A guide by hand draws values in their supports, whatever those are at the time.
        self.free = None if self.by_hand else FreeSites(self.bound.moving_supports)
        self.survey = _survey(self._model)
        if not self.survey.latents:
            raise NoLatents("svi", self.survey.params)
        if self.survey.discrete and not self.by_hand:
            raise DiscreteLatent(self.survey.discrete[0], f"guide {guide_name}")
        self.guide = self._make_guide(guide_name, self.settings.guide[1])
        self.values: dict[str, list[np.ndarray]] = {v.name: [] for v in self.bound.variables}

    def _model(self, *_: Any, **__: Any) -> Any:
        """The model with its data, whatever it is called with."""
        if self.free is None:
            return self.bound.model(**self.bound.inputs)
        with self.free:
            return self.bound.model(**self.bound.inputs)

    def _make_guide(self, name: str, settings: dict[str, Any]) -> Callable[..., Any]:
        if self.by_hand:
            guide = partial(self.bound.guides[name], **self.bound.inputs)
            _check_sites(name, guide, self.survey.latents)
            return guide
        try:
            if name in self.bound.guides:
                guide = self.bound.guides[name](self._model)
            else:
                make, given = resolve("guide", name, settings)
                guide = make(self._model, **_start_in(make, given, self.bound.dtype))
            with torch.no_grad(), _reals_as(guide, self.bound.dtype):
                _set_up(guide, self.bound.dtype)
        except _REFUSALS as error:
            raise GuideNotSupported(name, _reason(error)) from error
        for part in guide.modules() if isinstance(guide, torch.nn.Module) else ():
            if isinstance(part, AutoDelta) and self.free is not None:
                self.free.plain.update(name for name, _ in part.prototype_trace.iter_stochastic_nodes())
        return guide

    def optimise(self, tell: Report) -> None:
        loss_name, loss_settings = self.settings.loss
        loss = _make_loss(loss_name, loss_settings)
        if isinstance(loss, EnergyDistance) and self.survey.jumps:
            raise LossNotSupported(loss_name, f"draws of `{self.survey.jumps[0]}` do not move smoothly with the model")
        optimiser = _make_optimiser(*self.settings.optim, self.settings.schedule)
        svi = SVI(self._model, self.guide, optimiser, loss)
        steps = self.settings.steps
        every = max(1, steps // 100)
        try:
            with _reals_as(self.guide, self.bound.dtype):
                for step in range(1, steps + 1):
                    self.losses.append(self._step(svi, loss, step))
                    if isinstance(optimiser, PyroLRScheduler):
                        optimiser.step()
                    self._watch(step / steps)
                    if step % every == 0 or step == steps:
                        tell(Progress(0, "steps", step, steps, {"loss": float(np.mean(self.losses[-every:]))}))
        except KeyboardInterrupt:
            if not self.losses:
                raise Interrupted("svi", "its first step") from None
            self.interrupted = True

    def _step(self, svi: SVI, loss: Any, step: int) -> float:
        try:
            value = svi.step()
        except _REFUSALS as error:
            if not _parameters_are_finite():
                raise LossNotFinite(step, math.nan, "svi") from error
            if step == 1 and type(loss) is not Trace_ELBO and self._plain_loss_works():
                raise LossNotSupported(self.settings.loss[0], _reason(error)) from error
            raise
        if isinstance(loss, TraceTailAdaptive_ELBO):
            # It tells no value of its own; the usual bound says how the fit goes.
            value = self._elbo()
        parts = value if isinstance(value, tuple) else (value,)
        for part in parts:
            if not math.isfinite(part):
                raise LossNotFinite(step, float(part), "svi")
        return float(parts[0])

    def _elbo(self) -> float:
        with torch.no_grad():
            return Trace_ELBO().loss(self._model, self.guide)

    def _plain_loss_works(self) -> bool:
        try:
            self._elbo()
        except _REFUSALS:
            return False
        return True

    def _watch(self, share: float) -> None:
        """Keep the mean of the guide's parameters over the last window of the steps and over the one before."""
        if share > 1 - 2 * _WINDOW:
            self.windows[share > 1 - _WINDOW].add(_store().named_parameters())

    def drift(self) -> dict[str, float]:
        """How far the guide's mean of each latent moved from one window of the steps to the last, in standard
        deviations of the guide.

        The two guides have the parameters' means over the windows, which the noise of single steps leaves alone, and
        are drawn from with the same noise. Empty where the run ended before, and for guides that have no spread.
        """
        before, last = self.windows
        if self.interrupted or not (before.steps and last.steps):
            return {}
        fitted = {name: p.detach().clone() for name, p in _store().named_parameters()}
        _set_store(before.means())
        then = self._centres()
        _set_store(last.means())
        now = self._centres()
        _set_store(fitted)
        moved = {
            name: float(((mean - then[name][0]).abs() / spread).max())
            for name, (mean, spread) in now.items()
            if name in then and bool((spread > _NO_SPREAD * (1 + mean.abs())).all())
        }
        return {name: move for name, move in moved.items() if math.isfinite(move)}

    def _centres(self) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """Mean and standard deviation of the guide's draws of each latent, with noise that is always the same."""
        drawn: dict[str, list[torch.Tensor]] = {}
        with torch.random.fork_rng(devices=[]), torch.no_grad(), _reals_as(self.guide, self.bound.dtype):
            torch.manual_seed(0)
            for _ in range(_DRIFT_DRAWS):
                for name, node in self._traces()[0].nodes.items():
                    if name in self.survey.latents:
                        drawn.setdefault(name, []).append(node["value"])
        return {name: (torch.stack(v).mean(0), torch.stack(v).std(0)) for name, v in drawn.items()}

    def draw(self, tell: Report) -> None:
        if not _parameters_are_finite():
            raise LossNotFinite(len(self.losses) + 1, math.nan, "svi")
        if isinstance(self.guide, AutoLaplaceApproximation):
            self.guide = _laplace(self.guide)
        params = {name: value.detach() for name, value in pyro.get_param_store().items()}
        total = self.settings.draws
        every = max(1, total // 20)
        try:
            with torch.no_grad(), _reals_as(self.guide, self.bound.dtype):
                for done in range(1, total + 1):
                    self._draw_once(params)
                    if done % every == 0 or done == total:
                        tell(Progress(0, "draws", done, total))
        except KeyboardInterrupt:
            if not self.log_ratios:
                raise Interrupted("svi", "drawing") from None
            self.interrupted = True

    def _draw_once(self, params: dict[str, torch.Tensor]) -> None:
        model_trace, guide_trace = self._traces()
        constrained = self.free.values if self.free is not None else {}
        values = {}
        for name in self.values:
            if name in model_trace.nodes:
                value = constrained.get(name, model_trace.nodes[name]["value"])
            else:
                value = params[name]
            values[name] = value.detach().numpy().copy()
        log_ratio = float(model_trace.log_prob_sum() - guide_trace.log_prob_sum())
        for name, value in values.items():
            self.values[name].append(value)
        self.log_ratios.append(log_ratio)

    def _traces(self) -> tuple[poutine.Trace, poutine.Trace]:
        if isinstance(self.guide, GuideMessenger):
            self.guide()
            return self.guide.get_traces()
        guide_trace = poutine.trace(self.guide).get_trace()
        return poutine.trace(poutine.replay(self._model, trace=guide_trace)).get_trace(), guide_trace

    def facts(self) -> dict[str, Any]:
        tail = self.losses[-max(1, min(100, len(self.losses) // 10)) :]
        final = float(np.mean(tail))
        facts: dict[str, Any] = {"guide": self.settings.guide[0], "steps": len(self.losses), "final_loss": final}
        if self.survey.observations:
            facts["observations"] = self.survey.observations
            facts["loss_per_observation"] = final / self.survey.observations
        moved = self.drift()
        if moved:
            facts["drift"] = {"name": max(moved, key=moved.get), "sds": max(moved.values()), "share": _WINDOW}
        return facts | self._khat()

    def _khat(self) -> dict[str, Any]:
        """How far the guide is from the posterior, by the tail of the importance ratios of its draws."""
        if _is_point(self.guide):
            return {"khat_note": "the guide is a point: it has no density to compare"}
        ratios = np.array(self.log_ratios)
        if len(ratios) < _FEWEST_FOR_KHAT:
            return {"khat_note": f"fewer than {_FEWEST_FOR_KHAT} draws"}
        if not np.isfinite(ratios).all():
            return {"khat_note": "the guide draws values that the model rules out"}
        if ratios.std() < _EQUAL:
            return {"khat": 0.0, "khat_note": "the guide is the posterior, up to rounding"}
        from arviz_stats.base import array_stats

        try:
            _, khat = array_stats.psislw(ratios)
        except ValueError as error:
            return {"khat_note": _reason(error)}
        return {"khat": float(khat)} if np.isfinite(khat) else {"khat_note": "its tail has no shape"}


def _start_in(guide: Any, settings: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    """Let a guide start where it would, in a precision of our own: its parameters take that of where it starts."""
    parameter = signature(guide.__init__).parameters.get("init_loc_fn")
    start = settings.get("init_loc_fn", parameter.default if parameter is not None else None)
    return settings | {"init_loc_fn": lambda site: start(site).to(dtype)} if callable(start) else settings


def _set_up(guide: Any, dtype: torch.dtype) -> None:
    """Let a guide look at the model, and turn what it makes in torch's default precision into ours.

    Some parts are made when it looks at the model, others when it is first called.
    """
    if isinstance(guide, AutoGuide):
        guide._setup_prototype()
        guide.to(dtype)
    guide()
    if isinstance(guide, torch.nn.Module):
        guide.to(dtype)


def _survey(model: Callable[..., Any]) -> _Survey:
    with torch.no_grad(), pyro.get_param_store().scope():
        trace = poutine.trace(model).get_trace()
    sites = [site for site in trace.nodes.values() if site["type"] == "sample" and not site_is_subsample(site)]
    latents = [site for site in sites if not site["is_observed"]]
    data = [site for site in sites if site["is_observed"] and not _is_auxiliary(site)]
    return _Survey(
        latents=tuple(site["name"] for site in latents),
        discrete=tuple(site["name"] for site in latents if site["fn"].support.is_discrete),
        params=tuple(trace.param_nodes),
        observations=sum(site["fn"].batch_shape.numel() for site in data),
        jumps=tuple(site["name"] for site in data if not site["fn"].has_rsample),
    )


def _is_auxiliary(site: dict[str, Any]) -> bool:
    return bool(site["infer"].get("_deterministic") or site["infer"].get("is_auxiliary"))


def _check_sites(name: str, guide: Callable[..., Any], latents: tuple[str, ...]) -> None:
    with torch.no_grad(), pyro.get_param_store().scope():
        trace = poutine.trace(guide).get_trace()
    drawn = [
        node for node, site in trace.iter_stochastic_nodes() if not site_is_subsample(site) and not _is_auxiliary(site)
    ]
    missing, extra = tuple(x for x in latents if x not in drawn), tuple(x for x in drawn if x not in latents)
    if missing or extra:
        raise GuideMismatch(name, missing, extra)


def _make_loss(name: str, settings: dict[str, Any]) -> Any:
    loss, given = resolve("loss", name, settings)
    try:
        return loss(**given)
    except _REFUSALS as error:
        raise LossNotSupported(name, _reason(error)) from error


def _make_optimiser(name: str, settings: dict[str, Any], schedule: Named | None) -> PyroOptim:
    if name in _NO_OPTIMISER:
        raise OptimiserNotSupported(name, "svi", _NO_OPTIMISER[name])
    optimiser, given = resolve("optimiser", name, settings)
    if schedule is None:
        return PyroOptim(optimiser, given)
    made, changes = schedule_of(schedule, optimiser, given, "svi")
    return PyroLRScheduler(made, {"optimizer": optimiser, "optim_args": given, **changes})


def _laplace(guide: AutoLaplaceApproximation) -> Any:
    try:
        approximation = guide.laplace_approximation()
    except (RuntimeError, torch.linalg.LinAlgError) as error:
        raise LaplaceFailed(_reason(error)) from error
    if not approximation.scale_tril.isfinite().all():
        raise LaplaceFailed("its curvature is negative in some direction")
    return approximation


def _parameters_are_finite() -> bool:
    return all(bool(value.isfinite().all()) for value in pyro.get_param_store().values())


def _is_point(guide: Any) -> bool:
    parts = guide.modules() if isinstance(guide, torch.nn.Module) else ()
    return any(isinstance(part, AutoDelta) for part in parts)


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


class _RealsAs(TorchFunctionMode):
    """Tensors of reals made inside have a precision of their own, whatever torch's default is."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.zeros, torch.ones, torch.eye) and kwargs.get("dtype") is None:
            kwargs["dtype"] = self.dtype
        return func(*args, **kwargs)


@contextmanager
def _reals_as(guide: Any, dtype: torch.dtype) -> Iterator[None]:
    """AutoGaussian makes some of its tensors in torch's default precision each time it is called."""
    if isinstance(guide, AutoGaussian):
        with _RealsAs(dtype):
            yield
    else:
        yield
