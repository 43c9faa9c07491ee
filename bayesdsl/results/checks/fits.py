"""What fitted guides and points are checked for: whether the optimiser has arrived, and how well the result fits."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from bayesdsl.results.checks.rules import RULES, Finding
from bayesdsl.results.checks.wording import counted, double, listed, short
from bayesdsl.results.summary import Summary
from bayesdsl.runtime.posterior import Posterior

# Windows of the loss that are compared, as a share of the steps, and how many batches give a window's standard error.
_WINDOW = 0.1
_BATCHES = 10
_STANDARD_ERRORS = 3
_FLEXIBLE_GUIDES = ("AutoMultivariateNormal", "AutoLowRankMultivariateNormal", "AutoIAFNormal", "AutoNormalizingFlow")


@dataclass(frozen=True, slots=True)
class _Trend:
    """The last window of the loss and the change into it from the one before, each with its standard error."""

    window: int
    level: float
    error: float
    fall: float
    fall_error: float
    improvement: float

    @property
    def significant(self) -> bool:
        return abs(self.fall) > _STANDARD_ERRORS * self.fall_error


def trend_of(losses: np.ndarray) -> _Trend:
    window = max(int(len(losses) * _WINDOW), 1)
    last, before = losses[-window:], losses[-2 * window : -window]
    (level, error), (earlier, earlier_error) = _mean_and_error(last), _mean_and_error(before)
    fall_error = sqrt(error**2 + earlier_error**2)
    return _Trend(window, level, error, earlier - level, fall_error, float(losses[:window].mean()) - level)


def _mean_and_error(window: np.ndarray) -> tuple[float, float]:
    """A window's mean and its standard error from the means of batches, as successive losses are correlated."""
    batches = min(_BATCHES, len(window))
    size = len(window) // batches
    means = window[len(window) - batches * size :].reshape(batches, size).mean(axis=1)
    return float(window.mean()), float(means.std(ddof=1) / sqrt(batches))


def check_losses(posterior: Posterior, _: Summary) -> list[Finding]:
    """Whether the loss has settled: its last tenth against the tenth before."""
    losses = losses_of(posterior)
    if losses is None:
        return []
    if not np.isfinite(losses[-max(int(len(losses) * _WINDOW), 1) :]).all():
        advice = "lower the learning rate."
        return [Finding("loss_not_finite", None, "The loss ended infinite or not a number.", advice)]
    losses = losses[np.isfinite(losses)]
    if len(losses) < RULES["few_steps"].limit:
        verb = "is" if len(losses) == 1 else "are"
        message = f"{counted(len(losses), 'step')} {verb} too few to tell whether the loss has settled."
        return [Finding("few_steps", None, message, "take at least 1000.")]
    trend = trend_of(losses)
    if trend.significant and trend.fall > RULES["loss_falling"].limit:
        message = f"The loss still fell by {short(trend.fall)} nats over the last {trend.window} steps"
        message += f" (standard error {short(trend.fall_error)})."
        return [Finding("loss_falling", None, message, f"take more steps, `steps = {double(len(losses))}` to begin.")]
    if trend.significant and -trend.fall > RULES["loss_rising"].limit:
        message = f"The loss rose by {short(-trend.fall)} nats over the last {trend.window} steps"
        message += f" (standard error {short(trend.fall_error)})."
        return [Finding("loss_rising", None, message, "lower the learning rate.")]
    if trend.error > RULES["loss_noisy"].limit and trend.error > 0.01 * trend.improvement:
        message = f"The loss varies too much to tell whether it has settled: {short(trend.level)}"
        message += f" over the last {trend.window} steps, give or take {short(trend.error)} nats."
        # A point's loss is not random: it swings because the steps are too long.
        average = ", or average over more draws a step, `loss = Trace_ELBO(num_particles = 10)`"
        advice = f"lower the learning rate{average if posterior.kind == 'svi' else ''}."
        return [Finding("loss_noisy", None, message, advice)]
    return []


def check_moving(posterior: Posterior, _: Summary) -> list[Finding]:
    """Whether the guide has come to rest: a noisy loss can look settled long before."""
    drift = posterior.facts.get("drift")
    if not drift or drift["sds"] <= RULES["moving"].limit:
        return []
    name = drift["name"]
    message = f"`{name}` moved by {short(drift['sds'])} of its standard deviation over the last"
    message += f" {drift['share']:.0%} of the steps."
    steps = double(int(posterior.facts["steps"]))
    advice = f"take more steps, `steps = {steps}` to begin, or a higher learning rate."
    return [Finding("moving", name, message, advice)]


def check_khat(posterior: Posterior, _: Summary) -> list[Finding]:
    khat = posterior.facts.get("khat")
    if khat is None or khat <= RULES["khat"].limit:
        return []
    message = f"Pareto k-hat is {khat:.2f}, over {RULES['khat'].limit}: the guide's shape is not the posterior's."
    flexible = str(posterior.facts.get("guide", "")) in _FLEXIBLE_GUIDES
    first = "" if flexible else "a guide with correlations, `AutoMultivariateNormal`, or "
    return [Finding("khat", None, message, f"{first}`nuts`, which has no guide.")]


def check_gradient(posterior: Posterior, _: Summary) -> list[Finding]:
    """Whether the optimiser has arrived: by the engine's word where it gives one, else by the gradient."""
    norm, converged = posterior.facts.get("gradient_norm"), posterior.facts.get("converged")
    if converged is None:
        converged = norm is None or norm <= _gradient_limit(posterior)
    if converged:
        return []
    message = "The optimiser stopped before it arrived"
    message += f": the gradient's norm is {short(norm)}." if norm is not None else "."
    return [Finding("gradient", None, message, "take more steps, or let the learning rate fall towards the end.")]


def _gradient_limit(posterior: Posterior) -> float:
    losses = losses_of(posterior)
    size = abs(float(losses[-1])) if losses is not None and isfinite(losses[-1]) else 1.0
    return RULES["gradient"].limit * sqrt(max(size, 1.0))


def check_identified(posterior: Posterior, summary: Summary) -> list[Finding]:
    """A Hessian that is not positive definite: a direction in which the data say nothing, or not a maximum."""
    names = list(posterior.facts.get("unidentified") or ())
    if not names and positive_definite(posterior) is not False:
        return []
    if not names and posterior.facts.get("std_errors"):
        names = [row.name for row in summary.rows if row.std_error is None]
    shown = [f"`{name}`" for name in names[:4]] + ([counted(len(names) - 4, "other")] if len(names) > 4 else [])
    message = "the curvature at the point is not positive in every direction"
    message = f"{message}: look at {listed(shown)}" if names else posterior.facts.get("std_errors_note") or message
    message = f"{message[0].upper()}{message[1:]}."
    advice = "drop or tie parameters that only their sum or product is known of, or give them priors (`map`)."
    return [Finding("not_identified", names[0] if names else None, message, advice)]


def positive_definite(posterior: Posterior) -> bool | None:
    """Whether the Hessian is, None where it is not known.

    An engine that could judge convergence had the Hessian; if it then gives no standard errors but a note why, the
    Hessian was not positive definite.
    """
    facts = posterior.facts
    if "hessian_positive_definite" in facts:
        return bool(facts["hessian_positive_definite"])
    if "std_errors" in facts:
        return True
    return False if "std_errors_note" in facts and facts.get("converged") is not None else None


def losses_of(posterior: Posterior) -> np.ndarray | None:
    losses = np.asarray(() if posterior.losses is None else posterior.losses, dtype=np.float64).ravel()
    return losses if losses.size else None
