"""What a verdict goes by: every threshold is a row of `RULES`, with where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bayesdsl.results.summary import Summary
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
        Rule("improper", None, True, "the posterior is no distribution", _OWN),
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


# What looks at a posterior and its summary.
Check = Callable[[Posterior, Summary], list[Finding]]
