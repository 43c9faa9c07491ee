"""What is found wrong, with which parameter, and what is not."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bayesdsl.results.checks.chains import in_trouble
from bayesdsl.results.checks.rules import RULES
from bayesdsl.results.summary import summarise
from bayesdsl.results.verdict import CHECKS, SENTENCES, Verdict, judge
from bayesdsl.runtime.posterior import Posterior


def verdict_of(posterior: Posterior) -> Verdict:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return judge(posterior, summarise(posterior))


def kinds(verdict: Verdict) -> list[str]:
    return [finding.kind for finding in verdict.findings]


def finding(verdict: Verdict, kind: str):
    return next(f for f in verdict.findings if f.kind == kind)


def losses(steps: int = 1000, final_slope: float = 0.0, noise: float = 0.5, start: float = 500.0) -> np.ndarray:
    """A loss that comes down to 246 nats early, and then changes by `final_slope` nats a step."""
    rng = np.random.default_rng(11)
    t = np.arange(steps)
    return 246 + start * np.exp(-t / (steps / 40)) + final_slope * t + noise * rng.normal(size=steps)


def flat(penguins, **changes: object) -> Posterior:
    return penguins(**({"chains": 1, "draws": 800, "kind": "svi", "losses": losses()} | changes))


def point(penguins, **facts: object) -> Posterior:
    known = {"gradient_norm": 1e-5, "converged": True, "hessian_positive_definite": True}
    return penguins(chains=1, draws=1, kind="point", losses=losses(noise=0), facts=known | facts)


def shifted(posterior: Posterior) -> Posterior:
    posterior.draws["tau"][2] += 3
    return posterior


def slow(posterior: Posterior) -> Posterior:
    """Every draw of mu ten times over: a tenth of the effective draws. Every half chain has the same values, in its
    own order, so that R-hat has nothing to say."""
    rng = np.random.default_rng(10)
    values = rng.normal(size=25)
    halves = [[np.repeat(rng.permutation(values), 10) for _ in range(2)] for _ in range(4)]
    posterior.draws["mu"] = np.array([np.concatenate(chain) for chain in halves])
    return posterior


def drifting(posterior: Posterior) -> Posterior:
    posterior.draws["mu"] = posterior.draws["mu"] + np.linspace(0, 1, 500)
    return posterior


def stopped(posterior: Posterior) -> Posterior:
    for values in posterior.draws.values():
        values[1] = values[1, :1]
    return posterior


def funnel(posterior: Posterior) -> Posterior:
    posterior.stats["diverging"] = posterior.draws["tau"] < np.quantile(posterior.draws["tau"], 0.02)
    return posterior


def lazy_energy(posterior: Posterior) -> Posterior:
    posterior.stats["energy"] = np.cumsum(np.random.default_rng(12).normal(size=(4, 500)), axis=1)
    return posterior


def cut_short(posterior: Posterior) -> Posterior:
    posterior.stats["tree_depth"][:, ::3] = 10
    return posterior


def holed(posterior: Posterior) -> Posterior:
    posterior.draws["a"][0, ::10, 1] = np.inf
    return posterior


# One posterior that shows each kind of trouble, and the parameter that should be named.
def with_two_divergences(posterior: Posterior) -> Posterior:
    posterior.stats["diverging"][0, :2] = True
    return posterior


def network(posterior: Posterior) -> Posterior:
    return replace(posterior, facts=posterior.facts | {"networks": {"f": ["a"]}})


EXAMPLES: dict[str, tuple[Callable[..., Posterior], str | None]] = {
    "no_draws": (lambda make: make(draws=0, interrupted=True), None),
    "not_finite": (lambda make: holed(make()), "a[Chinstrap]"),
    "improper": (lambda make: flat(make, facts={"improper": ["mu", "tau"]}), "mu"),
    "stuck": (lambda make: stopped(make()), None),
    "rhat": (lambda make: shifted(make()), "tau"),
    "drift": (lambda make: drifting(make(chains=1)), "mu"),
    "ess": (lambda make: slow(make()), "mu"),
    "divergences": (lambda make: funnel(make()), "tau"),
    "few_divergences": (lambda make: with_two_divergences(make()), None),
    "energy": (lambda make: lazy_energy(make()), None),
    "short": (lambda make: make(draws=50), None),
    "tree_depth": (lambda make: cut_short(make()), None),
    "networks": (lambda make: network(make()), "f"),
    "one_chain": (lambda make: make(chains=1), None),
    "interrupted": (lambda make: make(interrupted=True), None),
    "loss_not_finite": (lambda make: flat(make, losses=np.append(losses(), np.nan)), None),
    "loss_falling": (lambda make: flat(make, losses=losses(final_slope=-0.02)), None),
    "loss_rising": (lambda make: flat(make, losses=losses(final_slope=0.02)), None),
    "moving": (
        lambda make: flat(make, facts={"drift": {"name": "tau", "sds": 0.8, "share": 0.2}, "steps": 400}),
        "tau",
    ),
    "loss_noisy": (lambda make: flat(make, losses=losses(noise=50, start=100)), None),
    "few_steps": (lambda make: flat(make, losses=losses(50)), None),
    "khat": (lambda make: flat(make, facts={"khat": 0.83}), None),
    "gradient": (lambda make: point(make, converged=None, gradient_norm=40.0), None),
    "not_identified": (
        lambda make: point(make, hessian_positive_definite=False, unidentified=["mu", "a[Adelie]"]),
        "mu",
    ),
}


def test_every_rule_has_an_example():
    assert set(EXAMPLES) == set(RULES)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_trouble_is_found_and_named(penguins, kind):
    make, parameter = EXAMPLES[kind]
    verdict = verdict_of(make(penguins))
    found = finding(verdict, kind)
    assert found.parameter == parameter
    assert found.message.endswith(".")
    assert found.advice.endswith(".")
    assert not (found.serious and verdict.ok)
    assert parameter is None or f"`{parameter}`" in found.message
    assert "nan" not in found.message


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if RULES[kind].serious])
def test_serious_findings_stand_in_the_sentence(penguins, kind):
    make, _ = EXAMPLES[kind]
    verdict = verdict_of(make(penguins))
    assert not verdict.ok
    assert verdict.sentence.startswith("Do not use")
    assert finding(verdict, kind).phrase in verdict.sentence


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if not RULES[kind].serious])
def test_what_is_only_worth_knowing_does_not_forbid(penguins, kind):
    make, _ = EXAMPLES[kind]
    verdict = verdict_of(make(penguins))
    assert verdict.ok
    assert kinds(verdict) == [kind]


def test_good_chains_raise_nothing(penguins):
    verdict = verdict_of(penguins())
    assert verdict.ok
    assert verdict.findings == ()
    assert verdict.sentence.startswith("All 4 chains agree: R-hat at most 1.0")
    assert "no divergences" in verdict.sentence


def test_a_good_guide_raises_nothing(penguins):
    assert verdict_of(flat(penguins, facts={"khat": 0.31})).sentence == (
        "The loss has settled at 246 nats, and the guide fits (Pareto k-hat 0.31)."
    )
    assert "was not measured" in verdict_of(flat(penguins)).sentence
    assert "(the guide is a point)" in verdict_of(flat(penguins, facts={"khat_note": "the guide is a point"})).sentence


def test_a_good_point_raises_nothing(penguins):
    verdict = verdict_of(point(penguins))
    assert verdict.findings == ()
    assert verdict.sentence.startswith("The optimiser has arrived: the gradient's norm is 1.00e-05")


def test_constants_are_no_trouble(penguins):
    posterior = penguins()
    posterior.draws["fixed"] = np.ones((4, 500))
    posterior.dims["fixed"] = ()
    assert verdict_of(posterior).findings == ()


def test_chains_that_all_stand_still_are_found(penguins):
    posterior = penguins()
    for name, values in posterior.draws.items():
        posterior.draws[name] = np.broadcast_to(values[:1, :1], values.shape)
    assert "No chain ever moved" in finding(verdict_of(posterior), "stuck").message


def test_the_worst_is_named_the_others_counted_and_the_chains_told_apart(penguins):
    posterior = shifted(penguins())
    posterior.draws["mu"][0] += 0.2
    found = finding(verdict_of(posterior), "rhat")
    assert found.parameter == "tau"
    assert "for 1 other" in found.message
    means = posterior.draws["tau"].mean(axis=1)
    assert f"{means[2]:.3g}" in found.message
    assert "several modes" in found.advice


def test_the_draws_needed_are_in_proportion_and_not_promised_where_chains_disagree(penguins):
    posterior = slow(penguins())
    found = finding(verdict_of(posterior), "ess")
    row = summarise(posterior)["mu"]
    least = min(row.ess_bulk, row.ess_tail)
    needed = 500 * 400 / least
    asked = int(found.advice.split("draws = ")[1].split("`")[0])
    assert needed <= asked <= 1.1 * needed
    assert "draws = " not in finding(verdict_of(shifted(posterior)), "ess").advice


def test_the_ess_asked_for_is_a_hundred_a_chain():
    rows = summarise(Posterior("mcmc", "t", {"x": np.random.default_rng(1).normal(size=(4, 200))}, {"x": ()}, {}))
    row = replace(rows["x"], ess_bulk=399.0, ess_tail=401.0, rhat=1.02)
    assert in_trouble(row, chains=4) == ("ess_bulk", "rhat")
    assert in_trouble(row, chains=3) == ("rhat",)
    assert in_trouble(replace(row, ess_bulk=None, ess_tail=None, rhat=None), chains=4) == ()


def test_divergences_where_a_scale_is_small_suggest_noncentered(penguins):
    found = finding(verdict_of(funnel(penguins())), "divergences")
    assert "40 of 2000 draws diverged (2%)" in found.message
    assert "smaller" in found.message
    assert "noncentered" in found.advice


def test_divergences_elsewhere_suggest_smaller_steps(penguins):
    posterior = penguins()
    posterior.stats["diverging"] = posterior.draws["mu"] > np.quantile(posterior.draws["mu"], 0.98)
    found = finding(verdict_of(posterior), "divergences")
    assert found.parameter == "mu"
    assert "larger" in found.message
    assert "noncentered" not in found.advice


@pytest.mark.parametrize(
    ("used", "advised"),
    [(0.8, "0.95` and then 0.99"), (0.99, "0.995` and then 0.999"), (0.999, "0.9999`"), (0.9999, "0.99999`")],
)
def test_smaller_steps_are_smaller_than_those_of_the_run(penguins, used: float, advised: str):
    posterior = replace(with_two_divergences(penguins()), facts={"target_accept_prob": used})
    advice = finding(verdict_of(posterior), "few_divergences").advice
    assert advice == f"smaller steps, `target_accept_prob = {advised}."


def test_divergences_all_over_name_nobody(penguins):
    posterior = penguins()
    posterior.stats["diverging"] = np.random.default_rng(13).random((4, 500)) < 0.05
    assert finding(verdict_of(posterior), "divergences").parameter is None


def test_a_few_divergences_name_nobody_and_forbid_nothing(penguins):
    verdict = verdict_of(with_two_divergences(penguins()))
    found = finding(verdict, "few_divergences")
    assert verdict.ok
    assert found.parameter is None
    assert "2 of 2000" in found.message
    assert "no divergences" not in verdict.sentence


def test_divergences_of_a_centred_hierarchy_name_its_scale_and_members(penguins):
    posterior = funnel(penguins())
    posterior = replace(posterior, facts={**posterior.facts, "centred": {"tau": ["a"]}})
    found = finding(verdict_of(posterior), "divergences")
    assert "`tau` is the scale of `a`" in found.advice
    assert "`noncentered`" in found.advice


def test_the_tree_depth_is_held_against_the_run_s_own_limit(penguins):
    posterior = penguins()
    posterior.stats["tree_depth"][:] = 5
    assert verdict_of(posterior).findings == ()
    assert kinds(verdict_of(replace(posterior, facts={"max_tree_depth": 5}))) == ["tree_depth"]


def test_a_settled_loss_is_rarely_called_falling(penguins):
    """At three standard errors, a few in a thousand: none of these fixed forty, and none by luck of one seed."""
    rng = np.random.default_rng(14)
    for _ in range(40):
        noisy = 246 + rng.normal(size=1000)
        assert kinds(verdict_of(flat(penguins, losses=noisy))) == []


def test_a_flexible_guide_that_does_not_fit_leaves_nuts(penguins):
    found = finding(verdict_of(flat(penguins, facts={"khat": 0.9, "guide": "AutoMultivariateNormal"})), "khat")
    assert "AutoMultivariateNormal" not in found.advice
    assert "nuts" in found.advice


@pytest.mark.parametrize("khat", [float("inf"), float("nan")])
def test_a_khat_without_bound_is_no_fit(penguins, khat):
    assert not verdict_of(flat(penguins, facts={"khat": khat})).ok


def test_a_gradient_is_judged_by_the_size_of_the_loss(penguins):
    # A tenth of the root of 246 nats is 1.57.
    assert verdict_of(point(penguins, converged=None, gradient_norm=1.5)).ok
    assert not verdict_of(point(penguins, converged=None, gradient_norm=1.7)).ok
    assert not verdict_of(point(penguins, converged=None, gradient_norm=float("nan"))).ok


def test_more_draws_a_step_are_advised_where_there_are_any(penguins):
    swinging = losses(noise=50, start=100)
    guide = finding(verdict_of(flat(penguins, losses=swinging)), "loss_noisy")
    at_point = finding(verdict_of(replace(point(penguins), losses=swinging)), "loss_noisy")
    assert "num_particles" in guide.advice
    assert "num_particles" not in at_point.advice


def test_an_engine_s_own_word_on_its_convergence_counts(penguins):
    assert verdict_of(point(penguins, converged=True, gradient_norm=40.0)).ok
    assert not verdict_of(point(penguins, converged=False)).ok


def test_parameters_without_standard_error_are_those_not_identified(penguins):
    facts = {"hessian_positive_definite": False, "std_errors": {"mu": 0.1, "tau": 0.1, "a": [0.1, 0.1, np.nan]}}
    found = finding(verdict_of(point(penguins, **facts)), "not_identified")
    assert found.parameter == "a[Gentoo]"
    assert "`sigma`" in found.message


def test_a_hessian_that_was_judged_but_gave_no_standard_errors_is_not_positive_definite(penguins):
    bare = {"losses": losses(noise=0), "chains": 1, "draws": 1, "kind": "point"}
    note = "the density does not fall in every direction: see mu"
    judged = verdict_of(penguins(**bare, facts={"gradient_norm": 0.0, "converged": True, "std_errors_note": note}))
    assert kinds(judged) == ["not_identified"]
    assert note[1:] in judged.findings[0].message
    unknown = verdict_of(
        penguins(**bare, facts={"gradient_norm": 0.0, "converged": None, "std_errors_note": "too many"})
    )
    assert unknown.ok
    assert "there are no standard errors (too many)" in unknown.sentence


def test_serious_findings_come_first(penguins):
    verdict = verdict_of(replace(cut_short(funnel(penguins())), interrupted=True))
    order = [f.serious for f in verdict.findings]
    assert order == sorted(order, reverse=True)
    assert len(set(order)) == 2


def test_json_round_trip_gives_the_same_verdict(penguins):
    verdict = verdict_of(shifted(funnel(penguins())))
    assert Verdict.from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict


def test_as_text_it_has_the_sentence_and_every_finding(penguins):
    verdict = verdict_of(shifted(funnel(penguins())))
    text = str(verdict)
    assert text.startswith(verdict.sentence)
    assert all(f.message in text and f.advice in text for f in verdict.findings)


def test_every_kind_of_posterior_has_checks_and_a_sentence():
    assert set(CHECKS) == set(SENTENCES) == {"mcmc", "svi", "point"}


def test_every_threshold_has_a_source():
    assert all(rule.source for rule in RULES.values())
    assert (RULES["rhat"].limit, RULES["ess"].limit, RULES["khat"].limit) == (1.01, 100, 0.7)


def test_weights_of_a_network_are_not_held_against_each_other_but_the_log_density_is():
    rng = np.random.default_rng(3)
    # Two chains in which the units of a network have changed places: the same density, other weights.
    weights = rng.normal(size=(2, 400, 1)) + np.array([3.0, -3.0])[:, None, None]
    stats = {"lp": rng.normal(size=(2, 400)), "diverging": np.zeros((2, 400), bool)}
    draws = {"f.0.weight": weights, "s": rng.normal(size=(2, 400))}
    dims, coords = {"f.0.weight": ("u",), "s": ()}, {"u": [1]}
    alike = Posterior("mcmc", "nuts", draws, dims, coords, stats, facts={"networks": {"f": ["f.0.weight"]}})
    verdict = judge(alike, summarise(alike))
    assert verdict.ok, verdict
    assert [finding.kind for finding in verdict.findings] == ["networks"]
    apart = replace(alike, stats={**stats, "lp": stats["lp"] + np.array([[0.0], [9.0]])})
    (finding, *_) = judge(apart, summarise(apart)).findings
    assert (finding.kind, finding.parameter) == ("rhat", "log density")
    plain = replace(alike, facts={})
    assert not judge(plain, summarise(plain)).ok
