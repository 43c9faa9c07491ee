"""What chains are checked for: whether they agree, moved, were free to move, and are long enough."""

from __future__ import annotations

from math import isnan

import numpy as np

from bayesdsl.results.checks.rules import RULES, Finding, Rule
from bayesdsl.results.checks.wording import counted, double, listed, percent, rhat, round_up, short
from bayesdsl.results.convergence import energy_fractions, twice_ranks
from bayesdsl.results.elements import by_element, constant_elements, element_indices, element_name
from bayesdsl.results.summary import Row, Summary
from bayesdsl.runtime.posterior import Posterior

LOG_DENSITY = "log density"
# Below this many divergent draws, where they are says little; an AUC of 0.5 is no difference, one of 0 or 1 a
# complete one.
_ENOUGH_DIVERGENT = 5
_TELLING_AUC = 0.2
_DEFAULT_TREE_DEPTH = 10
# From this R-hat on, chains are in different places rather than slow.
_FAR_APART = 1.1


def in_trouble(row: Row, chains: int) -> tuple[str, ...]:
    """Which figures of a row are beyond their limits, by name."""
    enough = RULES["ess"].limit * max(chains, 1)
    figures = [name for name in ("ess_bulk", "ess_tail") if figure(row, name, np.inf) < enough]
    if figure(row, "rhat", 1.0) > rhat_rule(chains).limit:
        figures.append("rhat")
    return tuple(figures)


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
    chains = f"Chain {stuck[0]}" if len(stuck) == 1 else f"Chains {listed(stuck)}"
    return [Finding("stuck", None, f"{chains} never moved from the first draw.", _UNSTICK)]


_UNSTICK = "run again with another seed and a longer warmup; if it comes back, look for a prior far from the data."


def check_rhat(posterior: Posterior, summary: Summary) -> list[Finding]:
    rule = rhat_rule(posterior.chains)
    over = [row for row in summary.rows if figure(row, "rhat", 1.0) > rule.limit]
    if not over:
        return []
    worst = max(over, key=lambda row: row.rhat)
    others = (
        f" and over {rule.limit} for {counted(len(over) - 1, 'other')}" if len(over) > 1 else f", over {rule.limit}"
    )
    message = f"R-hat is {rhat(worst.rhat)} for `{worst.name}`{others}."
    longer = f"run longer, with `warmup = {double(posterior.warmup)}, draws = {double(summary.draws)}`"
    if posterior.chains == 1:
        return [Finding(rule.kind, worst.name, f"{message} The parts of the chain are not alike.", f"{longer}.")]
    message += f" The chains' means are {listed([short(mean) for mean in _chain_means(posterior, worst)])}."
    if worst.rhat > _FAR_APART:
        longer += "; if they still disagree, the posterior has several modes or a direction that the data leave open: "
        longer += "give tighter priors, or make interchangeable components `ordered`"
    return [Finding(rule.kind, worst.name, message, f"{longer}.")]


def rhat_rule(chains: int) -> Rule:
    return RULES["rhat" if chains > 1 else "drift"]


def _chain_means(posterior: Posterior, row: Row) -> list[float]:
    if row.variable == LOG_DENSITY:
        return np.asarray(posterior.stats["lp"]).mean(axis=1).tolist()
    names = [element_name(row.variable, index) for index in element_indices(posterior, row.variable)]
    return by_element(posterior.draws[row.variable])[names.index(row.name)].mean(axis=1).tolist()


def check_ess(posterior: Posterior, summary: Summary) -> list[Finding]:
    enough = RULES["ess"].limit * posterior.chains
    low = [row for row in summary.rows if least_ess(row) < enough]
    if not low:
        return []
    worst = min(low, key=least_ess)
    least = least_ess(worst)
    part = "bulk" if figure(worst, "ess_bulk", np.inf) <= figure(worst, "ess_tail", np.inf) else "tails"
    message = f"`{worst.name}` has {least:.0f} effective draws in its {part}"
    message += f", and {counted(len(low) - 1, 'other')} too few" if len(low) > 1 else ""
    message += f"; {enough:.0f} are enough ({RULES['ess'].limit:.0f} a chain)."
    disagree = any(figure(row, "rhat", 1.0) > rhat_rule(posterior.chains).limit for row in summary.rows)
    # Draws of chains that disagree do not add up, so more of them cannot be promised to suffice.
    needed = round_up(summary.draws * enough / max(least, 1.0))
    advice = "see to R-hat first." if disagree else f"about `draws = {needed}` would do."
    return [Finding("ess", worst.name, message, advice)]


def check_divergences(posterior: Posterior, _: Summary) -> list[Finding]:
    diverging = np.asarray(posterior.stats.get("diverging", ()), dtype=bool)
    count = int(diverging.sum())
    if count <= RULES["few_divergences"].limit:
        return []
    kind = "divergences" if count > RULES["divergences"].limit * diverging.size else "few_divergences"
    verb = "draw" if count == 1 else "draws"
    message = f"{count} of {diverging.size} draws diverged ({percent(count / diverging.size)})."
    culprit = _most_different(posterior, diverging)
    centred, smaller = posterior.facts.get("centred", {}), _smaller_steps(posterior)
    if culprit is None:
        return [Finding(kind, next(iter(centred), None), message, _centred_advice(centred, smaller) or f"{smaller}.")]
    name, inside, outside, scale = culprit
    message += f" `{name}` is {'smaller' if inside < outside else 'larger'} in the divergent {verb}"
    message += f" (median {short(inside)}, elsewhere {short(outside)})."
    if centred:
        advice = _centred_advice(centred, smaller)
    elif scale:
        advice = f"write `noncentered` after the priors that have `{name}` as their scale; where it already stands "
        advice += f"there, take {smaller}."
    else:
        advice = f"{smaller}, or other priors where `{name}` has a part: the sampler cannot follow the posterior there."
    return [Finding(kind, name, message, advice)]


# What to ask for next, one after another; each takes longer.
_TARGETS = (0.95, 0.99, 0.995, 0.999, 0.9999)


def _smaller_steps(posterior: Posterior) -> str:
    """The next two targets beyond that of the run."""
    used = float(posterior.facts.get("target_accept_prob", 0.8))
    first, *rest = [target for target in _TARGETS if target > used][:2] or [round(1 - (1 - used) / 10, 9)]
    return f"smaller steps, `target_accept_prob = {first}`" + "".join(f" and then {target}" for target in rest)


def _centred_advice(centred: dict[str, list[str]], smaller: str) -> str:
    """For hierarchies that are centred: the usual reason, by the names of their scales and members."""
    if not centred:
        return ""
    scale, members = next(iter(centred.items()))
    listed = " and ".join(f"`{member}`" for member in members)
    advice = f"`{scale}` is the scale of {listed}: where it is small they are squeezed together, a funnel. Write "
    advice += "`noncentered` after their prior, which suits small groups; with much data in every group rather "
    return advice + f"take {smaller}, or a prior that keeps the scale from 0."


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
        f"{percent(share)} of the trajectories were cut short at the tree depth of {deepest}: the chains move slowly."
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


def check_networks(posterior: Posterior, _: Summary) -> list[Finding]:
    """Networks whose units can change places without a change in what they compute."""
    networks = list(posterior.facts.get("networks", {}))
    if not networks:
        return []
    named = listed([f"`{name}`" for name in networks])
    message = f"The weights of {named} are not compared between chains: units of a network can change places, or their "
    message += "signs, and it computes the same. The log density and everything else are."
    return [Finding("networks", networks[0], message, "judge what it computes: predictions, and `derive`d quantities.")]


def figure(row: Row, figure: str, otherwise: float) -> float:
    value = getattr(row, figure)
    return otherwise if value is None or isnan(value) else value


def least_ess(row: Row) -> float:
    return min(figure(row, "ess_bulk", np.inf), figure(row, "ess_tail", np.inf))
