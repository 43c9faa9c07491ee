"""Whether a posterior can be used, in words: what is wrong, with which parameter, and what to try.

A check is a function from the posterior and its summary to findings; `CHECKS` says which are made of which kind of
posterior, and `RULES` what each goes by. Of an engine's `facts` these are read where they are there: `improper`
(names); `max_tree_depth`; `khat` (Pareto k-hat of the guide's importance weights), `khat_note` (why there is none) and
`guide`; `gradient_norm` (on the unconstrained scale, in nats), `converged`, `hessian_positive_definite`,
`unidentified` (names), `std_errors` and `std_errors_note` (why there are none).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np

from bayesdsl.results.checks.chains import (
    LOG_DENSITY,
    check_chain_count,
    check_divergences,
    check_energy,
    check_ess,
    check_networks,
    check_rhat,
    check_short,
    check_stuck,
    check_tree_depth,
    least_ess,
)
from bayesdsl.results.checks.draws import check_draws, check_finite, check_interrupted, check_proper
from bayesdsl.results.checks.fits import (
    check_gradient,
    check_identified,
    check_khat,
    check_losses,
    check_moving,
    losses_of,
    positive_definite,
    trend_of,
)
from bayesdsl.results.checks.rules import RULES, Check, Finding
from bayesdsl.results.checks.wording import listed, rhat, short
from bayesdsl.results.summary import Summary, summarise
from bayesdsl.runtime.posterior import Posterior


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


CHECKS: dict[str, tuple[Check, ...]] = {
    "mcmc": (
        check_draws,
        check_finite,
        check_proper,
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
    "svi": (check_draws, check_finite, check_proper, check_losses, check_moving, check_khat, check_interrupted),
    "point": (check_draws, check_finite, check_losses, check_gradient, check_identified, check_interrupted),
}


# Sentences


def _bad_sentence(posterior: Posterior, phrases: list[str]) -> str:
    what = "this point" if posterior.kind == "point" else "these draws"
    return f"Do not use {what} yet: {listed(phrases)}."


def _chains_sentence(posterior: Posterior, summary: Summary) -> str:
    rhats = [row.rhat for row in summary.rows if row.rhat is not None]
    sizes = [least_ess(row) for row in summary.rows if isfinite(least_ess(row))]
    facts = [f"R-hat at most {rhat(max(rhats))}"] if rhats else []
    facts += [f"at least {min(sizes):.0f} effective draws of every quantity"] if sizes else []
    if "diverging" in posterior.stats:
        count = int(np.asarray(posterior.stats["diverging"]).sum())
        facts.append(f"{count} divergence{'' if count == 1 else 's'}" if count else "no divergences")
    chains = posterior.chains
    head = f"All {chains} chains agree" if chains > 2 else "Both chains agree" if chains == 2 else "The chain is steady"
    return f"{head}: {', '.join(facts)}." if facts else "Nothing varies: every quantity is a constant."


def _guide_sentence(posterior: Posterior, _: Summary) -> str:
    losses, khat = losses_of(posterior), posterior.facts.get("khat")
    settled = "The fit raised no alarm"
    if losses is not None and len(losses) >= RULES["few_steps"].limit:
        trend = trend_of(losses[np.isfinite(losses)])
        settled = f"The loss has settled at {short(trend.level, 4)} nats"
    if khat is not None:
        return f"{settled}, and the guide fits (Pareto k-hat {khat:.2f})."
    note = posterior.facts.get("khat_note")
    return f"{settled}; how well the guide fits was not measured{f' ({note})' if note else ''}."


def _point_sentence(posterior: Posterior, _: Summary) -> str:
    norm, note = posterior.facts.get("gradient_norm"), posterior.facts.get("std_errors_note")
    facts = [f"the gradient's norm is {short(norm)}"] if norm is not None else []
    facts += ["the curvature is positive in every direction"] if positive_definite(posterior) else []
    arrived = f"The optimiser has arrived: {listed(facts)}" if facts else "The optimiser has settled"
    return f"{arrived}; there are no standard errors ({note})." if note else f"{arrived}."


SENTENCES: dict[str, Callable[[Posterior, Summary], str]] = {
    "mcmc": _chains_sentence,
    "svi": _guide_sentence,
    "point": _point_sentence,
}
