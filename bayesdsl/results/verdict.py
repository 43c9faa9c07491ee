"""Whether a posterior can be used, in words: what is wrong, with which parameter, and what to try.

Every threshold is a row of `RULES`, with where it comes from. A check is a function from the posterior and its summary
to findings; `CHECKS` says which are made of which kind of posterior. Of an engine's `facts` these are read where
they are there: `max_tree_depth`; `khat` (Pareto k-hat of the guide's importance weights), `khat_note` (why there is
none) and `guide`; `gradient_norm` (on the unconstrained scale, in nats), `converged`, `hessian_positive_definite`,
`unidentified` (names), `std_errors` and `std_errors_note` (why there are none).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, isfinite, isnan, log10, sqrt
from typing import Any

import numpy as np

from bayesdsl.results.convergence import energy_fractions, twice_ranks
from bayesdsl.results.elements import by_element, constant_elements, element_indices, element_name
from bayesdsl.results.summary import Row, Summary, summarise
from bayesdsl.runtime.posterior import Posterior

_VEHTARI_2021 = "Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Bayesian Analysis 16"
_VEHTARI_PSIS = "Vehtari, Simpson, Gelman, Yao and Gabry, Pareto smoothed importance sampling; Yao et al. (2018)"
_BETANCOURT_2016 = "Betancourt (2016), Diagnosing suboptimal cotangent disintegrations in HMC"
_BETANCOURT_2017 = "Betancourt (2017), A conceptual introduction to Hamiltonian Monte Carlo"
_OWN = "this project"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a finding of a kind means. `serious` ones forbid using the draws; the others are worth knowing.

    `phrase` is its place in the sentence at the top.
    """

    kind: str
    limit: float | None
    serious: bool
    phrase: str
    source: str


RULES: dict[str, Rule] = {
    rule.kind: rule
    for rule in (
        Rule("no_draws", None, True, "there are none", _OWN),
        Rule("not_finite", None, True, "{parameter} is not always a finite number", _OWN),
        Rule("stuck", None, True, "a chain did not move", _OWN),
        Rule("rhat", 1.01, True, "the chains disagree on {parameter}", _VEHTARI_2021),
        # One chain's R-hat compares its quarters, which for 500 independent draws scatters up to about 1.02.
        Rule("drift", 1.05, True, "the chain still drifts in {parameter}", _OWN),
        Rule("ess", 100, True, "there are too few effective draws of {parameter}", _VEHTARI_2021),
        # Up to one in two hundred is worth knowing; more means a region that the sampler does not enter.
        Rule("divergences", 0.005, True, "some draws diverged", _BETANCOURT_2017),
        Rule("few_divergences", 0, False, "a few draws diverged", _BETANCOURT_2017),
        Rule("energy", 0.3, True, "the sampler hardly reaches the tails", _BETANCOURT_2016),
        Rule("short", 100, True, "the run is too short to judge", _OWN),
        Rule("tree_depth", 0.01, False, "trajectories were cut short", _BETANCOURT_2017),
        Rule("networks", None, False, "weights are not compared", _OWN),
        Rule("one_chain", 2, False, "one chain only", _VEHTARI_2021),
        Rule("interrupted", None, False, "the run was stopped early", _OWN),
        Rule("loss_not_finite", None, True, "the loss is not a finite number", _OWN),
        Rule("loss_falling", 0.1, True, "the loss is still falling", _OWN),
        Rule("loss_rising", 0.1, True, "the loss is rising", _OWN),
        Rule("moving", 0.35, True, "the guide is still moving", _OWN),
        Rule("loss_noisy", 0.5, False, "the loss is noisy", _OWN),
        Rule("few_steps", 100, False, "few steps", _OWN),
        Rule("khat", 0.7, True, "the guide does not fit the posterior", _VEHTARI_PSIS),
        # A standard error away from the optimum the gradient is about the root of the information in the data, which
        # the loss grows with: a tenth of that root is about a tenth of a standard error.
        Rule("gradient", 0.1, True, "the optimiser has not arrived", _OWN),
        Rule("not_identified", None, True, "the data do not identify {parameter}", _OWN),
    )
}

# Windows of the loss that are compared, as a share of the steps, and how many batches give a window's standard error.
_WINDOW = 0.1
_BATCHES = 10
_STANDARD_ERRORS = 3
# Below this many divergent draws, where they are says little; an AUC of 0.5 is no difference, one of 0 or 1 a
# complete one.
_ENOUGH_DIVERGENT = 5
_TELLING_AUC = 0.2
_DEFAULT_TREE_DEPTH = 10
# From this R-hat on, chains are in different places rather than slow.
_FAR_APART = 1.1
_FLEXIBLE_GUIDES = ("AutoMultivariateNormal", "AutoLowRankMultivariateNormal", "AutoIAFNormal", "AutoNormalizingFlow")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `kind` is a key of `RULES`, `parameter` the one in trouble or worst off, None for none."""

    kind: str
    parameter: str | None
    message: str
    advice: str

    @property
    def serious(self) -> bool:
        return RULES[self.kind].serious

    @property
    def phrase(self) -> str:
        return RULES[self.kind].phrase.format(parameter=f"`{self.parameter}`" if self.parameter else "a quantity")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok` says whether the posterior can be used; `sentence` says it in words; serious `findings` come first."""

    ok: bool
    sentence: str
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        findings = [
            {"kind": f.kind, "serious": f.serious, "parameter": f.parameter, "message": f.message, "advice": f.advice}
            for f in self.findings
        ]
        return {"ok": self.ok, "sentence": self.sentence, "findings": findings}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Verdict:
        """The reverse of `to_dict`."""
        keys = ("kind", "parameter", "message", "advice")
        return cls(
            ok=values["ok"],
            sentence=values["sentence"],
            findings=tuple(Finding(**{key: finding[key] for key in keys}) for finding in values["findings"]),
        )

    def __str__(self) -> str:
        lines = [self.sentence]
        for finding in self.findings:
            lines += ["", f"{'!' if finding.serious else '-'} {finding.message}", f"  Try: {finding.advice}"]
        return "\n".join(lines)


Check = Callable[[Posterior, Summary], list[Finding]]


def judge(posterior: Posterior, summary: Summary) -> Verdict:
    """Judge a posterior by its draws, its sampler's or optimiser's record, and its summary."""
    judged = _comparable(posterior, summary)
    findings = [finding for check in CHECKS[posterior.kind] for finding in check(posterior, judged)]
    findings.sort(key=lambda finding: not finding.serious)
    phrases = [finding.phrase for finding in findings if finding.serious]
    sentence = _bad_sentence(posterior, phrases) if phrases else SENTENCES[posterior.kind](posterior, judged)
    return Verdict(not phrases, sentence, tuple(findings))


def _comparable(posterior: Posterior, summary: Summary) -> Summary:
    """The rows that chains can be compared by: the weights of networks make way for the log density."""
    weights = {name for names in posterior.facts.get("networks", {}).values() for name in names}
    if posterior.kind != "mcmc" or not weights:
        return summary
    rows = [row for row in summary.rows if row.variable not in weights]
    if "lp" in posterior.stats:
        values = np.asarray(posterior.stats["lp"], dtype=np.float64)
        density = Posterior("mcmc", posterior.engine, {LOG_DENSITY: values}, {LOG_DENSITY: ()}, {})
        rows += summarise(density, summary.interval).rows
    return replace(summary, rows=tuple(rows))


LOG_DENSITY = "log density"


def check_networks(posterior: Posterior, _: Summary) -> list[Finding]:
    """Networks whose units can change places without a change in what they compute."""
    networks = list(posterior.facts.get("networks", {}))
    if not networks:
        return []
    named = _listed([f"`{name}`" for name in networks])
    message = f"The weights of {named} are not compared between chains: units of a network can change places, or their "
    message += "signs, and it computes the same. The log density and everything else are."
    return [Finding("networks", networks[0], message, "judge what it computes: predictions, and `derive`d quantities.")]


def in_trouble(row: Row, chains: int) -> tuple[str, ...]:
    """Which figures of a row are beyond their limits, by name."""
    enough = RULES["ess"].limit * max(chains, 1)
    figures = [name for name in ("ess_bulk", "ess_tail") if _value(row, name, np.inf) < enough]
    if _value(row, "rhat", 1.0) > _rhat_rule(chains).limit:
        figures.append("rhat")
    return tuple(figures)


# Any kind


def check_draws(posterior: Posterior, _: Summary) -> list[Finding]:
    if posterior.chains and posterior.draws_per_chain:
        return []
    when = "during warmup" if posterior.interrupted else "before any was made"
    return [Finding("no_draws", None, f"There are no draws: the run ended {when}.", "let it run for longer.")]


def check_finite(posterior: Posterior, _: Summary) -> list[Finding]:
    """Quantities with draws that are infinite or no numbers, the worst first."""
    shares = {}
    for variable in posterior.draws:
        elements = by_element(posterior.draws[variable])
        if elements.size and not (finite := np.isfinite(elements)).all():
            bad = 1 - finite.mean(axis=(1, 2))
            worst = int(bad.argmax())
            shares[element_name(variable, element_indices(posterior, variable)[worst])] = float(bad[worst])
    if not shares:
        return []
    name = max(shares, key=shares.__getitem__)
    message = f"`{name}` is infinite or not a number in {_share(shares[name])} of the draws"
    message += f"; so are draws of {_counted(len(shares) - 1, 'other variable')}." if len(shares) > 1 else "."
    return [Finding("not_finite", name, message, "look for a division by zero, a log or an exp of a large number.")]


def check_interrupted(posterior: Posterior, _: Summary) -> list[Finding]:
    if not posterior.interrupted or not posterior.draws_per_chain:
        return []
    so_far = {
        "mcmc": f"these are the {posterior.draws_per_chain} draws a chain made until then",
        "svi": f"the guide is as {_steps(posterior)} left it",
        "point": f"the point is as {_steps(posterior)} left it",
    }[posterior.kind]
    return [Finding("interrupted", None, f"The run was stopped early: {so_far}.", "run it to its end.")]


# Chains


def check_short(posterior: Posterior, _: Summary) -> list[Finding]:
    draws, enough = posterior.draws_per_chain, int(RULES["short"].limit)
    if not 0 < draws < enough:
        return []
    message = f"{draws} draws a chain are too few for R-hat and effective sample sizes to mean much."
    return [Finding("short", None, message, f"draw at least {enough}, better 1000, a chain.")]


def check_stuck(posterior: Posterior, _: Summary) -> list[Finding]:
    """Chains in which nothing that varies elsewhere ever changed."""
    moved, varying = np.zeros(posterior.chains, dtype=bool), False
    for values in posterior.draws.values():
        if not values.size:
            continue
        everywhere = ~constant_elements(values)
        varying |= bool(everywhere.any())
        for chain in range(posterior.chains):
            moved[chain] |= bool((~constant_elements(values[chain : chain + 1]))[everywhere].any())
    if moved.all() or not posterior.draws_per_chain or posterior.draws_per_chain == 1:
        return []
    if not varying:
        return [Finding("stuck", None, "No chain ever moved: every draw is the same.", _UNSTICK)]
    stuck = [str(chain + 1) for chain in np.flatnonzero(~moved)]
    chains = f"Chain {stuck[0]}" if len(stuck) == 1 else f"Chains {_listed(stuck)}"
    return [Finding("stuck", None, f"{chains} never moved from the first draw.", _UNSTICK)]


_UNSTICK = "run again with another seed and a longer warmup; if it comes back, look for a prior far from the data."


def check_rhat(posterior: Posterior, summary: Summary) -> list[Finding]:
    rule = _rhat_rule(posterior.chains)
    over = [row for row in summary.rows if _value(row, "rhat", 1.0) > rule.limit]
    if not over:
        return []
    worst = max(over, key=lambda row: row.rhat)
    others = (
        f" and over {rule.limit} for {_counted(len(over) - 1, 'other')}" if len(over) > 1 else f", over {rule.limit}"
    )
    message = f"R-hat is {_rhat(worst.rhat)} for `{worst.name}`{others}."
    longer = f"run longer, with `warmup = {_double(posterior.warmup)}, draws = {_double(summary.draws)}`"
    if posterior.chains == 1:
        return [Finding(rule.kind, worst.name, f"{message} The parts of the chain are not alike.", f"{longer}.")]
    message += f" The chains' means are {_listed([_short(mean) for mean in _chain_means(posterior, worst)])}."
    if worst.rhat > _FAR_APART:
        longer += "; if they still disagree, the posterior has several modes or a direction that the data leave open: "
        longer += "give tighter priors, or make interchangeable components `ordered`"
    return [Finding(rule.kind, worst.name, message, f"{longer}.")]


def _rhat_rule(chains: int) -> Rule:
    return RULES["rhat" if chains > 1 else "drift"]


def check_ess(posterior: Posterior, summary: Summary) -> list[Finding]:
    enough = RULES["ess"].limit * posterior.chains
    low = [row for row in summary.rows if _least_ess(row) < enough]
    if not low:
        return []
    worst = min(low, key=_least_ess)
    least = _least_ess(worst)
    part = "bulk" if _value(worst, "ess_bulk", np.inf) <= _value(worst, "ess_tail", np.inf) else "tails"
    message = f"`{worst.name}` has {least:.0f} effective draws in its {part}"
    message += f", and {_counted(len(low) - 1, 'other')} too few" if len(low) > 1 else ""
    message += f"; {enough:.0f} are enough ({RULES['ess'].limit:.0f} a chain)."
    disagree = any(_value(row, "rhat", 1.0) > _rhat_rule(posterior.chains).limit for row in summary.rows)
    # Draws of chains that disagree do not add up, so more of them cannot be promised to suffice.
    needed = _round_up(summary.draws * enough / max(least, 1.0))
    advice = "see to R-hat first." if disagree else f"about `draws = {needed}` would do."
    return [Finding("ess", worst.name, message, advice)]


def check_divergences(posterior: Posterior, _: Summary) -> list[Finding]:
    diverging = np.asarray(posterior.stats.get("diverging", ()), dtype=bool)
    count = int(diverging.sum())
    if count <= RULES["few_divergences"].limit:
        return []
    kind = "divergences" if count > RULES["divergences"].limit * diverging.size else "few_divergences"
    verb = "draw" if count == 1 else "draws"
    message = f"{count} of {diverging.size} draws diverged ({_share(count / diverging.size)})."
    culprit = _most_different(posterior, diverging)
    centred = posterior.facts.get("centred", {})
    if culprit is None:
        return [Finding(kind, next(iter(centred), None), message, _centred_advice(centred) or _SMALLER_STEPS)]
    name, inside, outside, scale = culprit
    message += f" `{name}` is {'smaller' if inside < outside else 'larger'} in the divergent {verb}"
    message += f" (median {_short(inside)}, elsewhere {_short(outside)})."
    if centred:
        advice = _centred_advice(centred)
    elif scale:
        advice = f"write `noncentered` after the priors that have `{name}` as their scale; where it already stands "
        advice += "there, take smaller steps, `target_accept_prob = 0.95`."
    else:
        advice = "smaller steps, `target_accept_prob = 0.95` and then 0.99, or other priors where "
        advice += f"`{name}` has a part: the sampler cannot follow the posterior there."
    return [Finding(kind, name, message, advice)]


_SMALLER_STEPS = "smaller steps, `target_accept_prob = 0.95` and then 0.99."


def _centred_advice(centred: dict[str, list[str]]) -> str:
    """For hierarchies that are centred: the usual reason, by the names of their scales and members."""
    if not centred:
        return ""
    scale, members = next(iter(centred.items()))
    listed = " and ".join(f"`{member}`" for member in members)
    advice = f"`{scale}` is the scale of {listed}: where it is small they are squeezed together, a funnel. Write "
    advice += "`noncentered` after their prior, which suits small groups; with much data in every group take smaller "
    return advice + "steps instead, `target_accept_prob = 0.95` and then 0.99, or a prior that keeps the scale from 0."


def _most_different(posterior: Posterior, diverging: np.ndarray) -> tuple[str, float, float, bool] | None:
    """The element whose values differ most between divergent and other draws, with its median in each.

    The difference is the area under the ROC curve, which does not depend on units or tails. The last value says
    whether it looks like the scale of a hierarchy: positive, smaller where draws diverge, in a model with plates.
    """
    inside = diverging.ravel()
    count, others = int(inside.sum()), int((~inside).sum())
    if count < _ENOUGH_DIVERGENT or others < _ENOUGH_DIVERGENT:
        return None
    best: tuple[float, str, np.ndarray] | None = None
    for variable, values in posterior.draws.items():
        pooled = by_element(values).reshape(-1, diverging.size)
        usable = np.flatnonzero(np.isfinite(pooled).all(axis=1) & ~constant_elements(values))
        if not usable.size:
            continue
        ranks = twice_ranks(pooled[usable]) / 2
        auc = (ranks[:, inside].sum(axis=1) - count * (count + 1) / 2) / (count * others)
        most = int(np.abs(auc - 0.5).argmax())
        if best is None or abs(auc[most] - 0.5) > abs(best[0] - 0.5):
            index = element_indices(posterior, variable)[usable[most]]
            best = float(auc[most]), element_name(variable, index), pooled[usable[most]]
    if best is None or abs(best[0] - 0.5) < _TELLING_AUC:
        return None
    auc, name, drawn = best
    scale = bool((drawn > 0).all()) and auc < 0.5 and any(posterior.dims.values())
    return name, float(np.median(drawn[inside])), float(np.median(drawn[~inside])), scale


def check_tree_depth(posterior: Posterior, _: Summary) -> list[Finding]:
    """Trajectories that hit the limit on their length: slow, not wrong."""
    deepest = int(posterior.facts.get("max_tree_depth", _DEFAULT_TREE_DEPTH))
    depth = np.asarray(posterior.stats.get("tree_depth", ()))
    share = float((depth >= deepest).mean()) if depth.size else 0.0
    if share <= RULES["tree_depth"].limit:
        return []
    message = (
        f"{_share(share)} of the trajectories were cut short at the tree depth of {deepest}: the chains move slowly."
    )
    advice = "centre and scale the predictors, look for parameters that trade off against each other, "
    return [Finding("tree_depth", None, message, f"{advice}or run for longer.")]


def check_energy(posterior: Posterior, _: Summary) -> list[Finding]:
    energy = np.asarray(posterior.stats.get("energy", ()), dtype=np.float64)
    if energy.ndim != 2 or energy.shape[1] < RULES["short"].limit or not np.isfinite(energy).all():
        return []
    energy = energy[energy.var(axis=1) > 0]
    if not len(energy):
        return []
    fraction = float(energy_fractions(energy).min())
    if fraction >= RULES["energy"].limit:
        return []
    message = f"The energy mixes slowly (BFMI {fraction:.2f}, under {RULES['energy'].limit}): tails may be missed."
    advice = "write `noncentered` after hierarchical priors, or replace priors with very heavy tails."
    return [Finding("energy", None, message, advice)]


def check_chain_count(posterior: Posterior, _: Summary) -> list[Finding]:
    if posterior.chains != 1 or not posterior.draws_per_chain:
        return []
    message = "There is one chain: that it has found all of the posterior cannot be checked against another."
    return [Finding("one_chain", None, message, "run four, with `chains = 4`.")]


# Guides and points


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


def _trend(losses: np.ndarray) -> _Trend:
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
    losses = _losses(posterior)
    if losses is None:
        return []
    if not np.isfinite(losses[-max(int(len(losses) * _WINDOW), 1) :]).all():
        advice = "lower the learning rate."
        return [Finding("loss_not_finite", None, "The loss ended infinite or not a number.", advice)]
    losses = losses[np.isfinite(losses)]
    if len(losses) < RULES["few_steps"].limit:
        message = f"{len(losses)} steps are too few to tell whether the loss has settled."
        return [Finding("few_steps", None, message, "take at least 1000.")]
    trend = _trend(losses)
    if trend.significant and trend.fall > RULES["loss_falling"].limit:
        message = f"The loss still fell by {_short(trend.fall)} nats over the last {trend.window} steps"
        message += f" (standard error {_short(trend.fall_error)})."
        return [Finding("loss_falling", None, message, f"take more steps, `steps = {_double(len(losses))}` to begin.")]
    if trend.significant and -trend.fall > RULES["loss_rising"].limit:
        message = f"The loss rose by {_short(-trend.fall)} nats over the last {trend.window} steps"
        message += f" (standard error {_short(trend.fall_error)})."
        return [Finding("loss_rising", None, message, "lower the learning rate.")]
    if trend.error > RULES["loss_noisy"].limit and trend.error > 0.01 * trend.improvement:
        message = f"The loss varies too much to tell whether it has settled: {_short(trend.level)}"
        message += f" over the last {trend.window} steps, give or take {_short(trend.error)} nats."
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
    message = f"`{name}` moved by {_short(drift['sds'])} of its standard deviation over the last"
    message += f" {drift['share']:.0%} of the steps."
    steps = _double(int(posterior.facts["steps"]))
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
    message += f": the gradient's norm is {_short(norm)}." if norm is not None else "."
    return [Finding("gradient", None, message, "take more steps, or let the learning rate fall towards the end.")]


def _gradient_limit(posterior: Posterior) -> float:
    losses = _losses(posterior)
    size = abs(float(losses[-1])) if losses is not None and isfinite(losses[-1]) else 1.0
    return RULES["gradient"].limit * sqrt(max(size, 1.0))


def check_identified(posterior: Posterior, summary: Summary) -> list[Finding]:
    """A Hessian that is not positive definite: a direction in which the data say nothing, or not a maximum."""
    names = list(posterior.facts.get("unidentified") or ())
    if not names and _positive_definite(posterior) is not False:
        return []
    if not names and posterior.facts.get("std_errors"):
        names = [row.name for row in summary.rows if row.std_error is None]
    shown = [f"`{name}`" for name in names[:4]] + ([_counted(len(names) - 4, "other")] if len(names) > 4 else [])
    message = "the curvature at the point is not positive in every direction"
    message = f"{message}: look at {_listed(shown)}" if names else posterior.facts.get("std_errors_note") or message
    message = f"{message[0].upper()}{message[1:]}."
    advice = "drop or tie parameters that only their sum or product is known of, or give them priors (`map`)."
    return [Finding("not_identified", names[0] if names else None, message, advice)]


def _positive_definite(posterior: Posterior) -> bool | None:
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


CHECKS: dict[str, tuple[Check, ...]] = {
    "mcmc": (
        check_draws,
        check_finite,
        check_stuck,
        check_rhat,
        check_ess,
        check_divergences,
        check_energy,
        check_short,
        check_tree_depth,
        check_chain_count,
        check_networks,
        check_interrupted,
    ),
    "svi": (check_draws, check_finite, check_losses, check_moving, check_khat, check_interrupted),
    "point": (check_draws, check_finite, check_losses, check_gradient, check_identified, check_interrupted),
}


# Sentences


def _bad_sentence(posterior: Posterior, phrases: list[str]) -> str:
    what = "this point" if posterior.kind == "point" else "these draws"
    return f"Do not use {what} yet: {_listed(phrases)}."


def _chains_sentence(posterior: Posterior, summary: Summary) -> str:
    rhats = [row.rhat for row in summary.rows if row.rhat is not None]
    sizes = [_least_ess(row) for row in summary.rows if isfinite(_least_ess(row))]
    facts = [f"R-hat at most {_rhat(max(rhats))}"] if rhats else []
    facts += [f"at least {min(sizes):.0f} effective draws of every quantity"] if sizes else []
    if "diverging" in posterior.stats:
        count = int(np.asarray(posterior.stats["diverging"]).sum())
        facts.append(f"{count} divergence{'' if count == 1 else 's'}" if count else "no divergences")
    chains = posterior.chains
    head = f"All {chains} chains agree" if chains > 2 else "Both chains agree" if chains == 2 else "The chain is steady"
    return f"{head}: {', '.join(facts)}." if facts else "Nothing varies: every quantity is a constant."


def _guide_sentence(posterior: Posterior, _: Summary) -> str:
    losses, khat = _losses(posterior), posterior.facts.get("khat")
    settled = "The fit raised no alarm"
    if losses is not None and len(losses) >= RULES["few_steps"].limit:
        trend = _trend(losses[np.isfinite(losses)])
        settled = f"The loss has settled at {_short(trend.level, 4)} nats"
    if khat is not None:
        return f"{settled}, and the guide fits (Pareto k-hat {khat:.2f})."
    note = posterior.facts.get("khat_note")
    return f"{settled}; how well the guide fits was not measured{f' ({note})' if note else ''}."


def _point_sentence(posterior: Posterior, _: Summary) -> str:
    norm, note = posterior.facts.get("gradient_norm"), posterior.facts.get("std_errors_note")
    facts = [f"the gradient's norm is {_short(norm)}"] if norm is not None else []
    facts += ["the curvature is positive in every direction"] if _positive_definite(posterior) else []
    arrived = f"The optimiser has arrived: {_listed(facts)}" if facts else "The optimiser has settled"
    return f"{arrived}; there are no standard errors ({note})." if note else f"{arrived}."


SENTENCES: dict[str, Callable[[Posterior, Summary], str]] = {
    "mcmc": _chains_sentence,
    "svi": _guide_sentence,
    "point": _point_sentence,
}


# Words and numbers


def _value(row: Row, figure: str, otherwise: float) -> float:
    value = getattr(row, figure)
    return otherwise if value is None or isnan(value) else value


def _least_ess(row: Row) -> float:
    return min(_value(row, "ess_bulk", np.inf), _value(row, "ess_tail", np.inf))


def _losses(posterior: Posterior) -> np.ndarray | None:
    losses = np.asarray(() if posterior.losses is None else posterior.losses, dtype=np.float64).ravel()
    return losses if losses.size else None


def _chain_means(posterior: Posterior, row: Row) -> list[float]:
    if row.variable == LOG_DENSITY:
        return np.asarray(posterior.stats["lp"]).mean(axis=1).tolist()
    names = [element_name(row.variable, index) for index in element_indices(posterior, row.variable)]
    return by_element(posterior.draws[row.variable])[names.index(row.name)].mean(axis=1).tolist()


def _steps(posterior: Posterior) -> str:
    losses = _losses(posterior)
    return "the last step" if losses is None else f"step {len(losses)}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _share(share: float) -> str:
    return f"{100 * share:.2g}%" if 0 < share < 0.1 else f"{100 * share:.0f}%"


def _short(value: float, digits: int = 3) -> str:
    """So many significant digits, all of those before the point, and an exponent only far from one."""
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-4:
        return f"{value:.{digits - 1}e}"
    return f"{value:.0f}" if size >= 10**digits else f"{value:.{digits}g}"


def _rhat(value: float) -> str:
    return f"{value:.3f}"


def _round_up(draws: float) -> int:
    """To two significant digits."""
    step = 10 ** max(int(log10(max(draws, 1))) - 1, 0)
    return int(ceil(draws / step) * step)


def _double(count: int) -> int:
    return 2 * count if count else 1000
