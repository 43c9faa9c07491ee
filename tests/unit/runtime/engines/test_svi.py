"""SVI: closed forms, every guide and loss of the catalogue, priors and supports that Pyro's guides cannot hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from engine_models import bind, normal_mean_posterior, world

from bayesdsl.catalogue.inference import GUIDES, LOSSES, OPTIMISERS
from bayesdsl.driver import compile_text
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.engines import run_engine, svi
from bayesdsl.runtime.engines.errors import (
    DiscreteLatent,
    GuideMismatch,
    GuideNotSupported,
    Interrupted,
    LossNotFinite,
    LossNotSupported,
    NoLatents,
    OptimiserNotSupported,
    UnknownComponent,
    UnknownSettings,
)
from bayesdsl.runtime.engines.svi import _Fit
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress

# A learning rate that falls lets the guide settle instead of shaking with the noise of its gradients.
SETTLING = ("ClippedAdam", {"lr": 0.05, "lrd": 0.997})
BRIEF = {"steps": 20, "draws": 5}


def fit(bound: BoundModel, guide: str, seed: int = 1, of_guide: dict | None = None, **settings: object) -> Posterior:
    chosen = {"guide": (guide, of_guide or {}), "optim": SETTLING, "steps": 1200, "draws": 1000} | settings
    return run_engine("svi", bound, chosen, seed)


def tolerance(spread: float, draws: int = 1000) -> float:
    """Four standard errors of a mean of independent draws, and 5 % of the spread for the fit, whose gradients are
    noisy."""
    return 4 * spread / draws**0.5 + 0.05 * spread


@pytest.mark.parametrize("guide", ["AutoMultivariateNormal", "AutoDiagonalNormal", "AutoLaplaceApproximation"])
def test_a_normal_mean_has_its_closed_form(normal_mean: BoundModel, guide: str) -> None:
    posterior = fit(normal_mean, guide)
    mean, spread = normal_mean_posterior(normal_mean)
    assert posterior.draws["mu"].shape == (1, 1000)
    assert posterior.draws["mu"].mean() == pytest.approx(mean, abs=tolerance(spread))
    assert posterior.draws["mu"].std() == pytest.approx(spread, abs=tolerance(spread))
    # The family holds the posterior: no draw weighs much more than another.
    assert posterior.facts["khat"] < 0.5


def test_the_loss_of_a_perfect_guide_is_minus_the_log_evidence(normal_mean: BoundModel) -> None:
    y = normal_mean.inputs["y"]
    n = len(y)
    covariance = 4 * torch.eye(n, dtype=torch.float64) + 9 * torch.ones(n, n, dtype=torch.float64)
    evidence = torch.distributions.MultivariateNormal(torch.zeros(n, dtype=torch.float64), covariance).log_prob(y)
    posterior = fit(normal_mean, "AutoMultivariateNormal")
    # What is left of a fit within 5 % of the spread is 0.05^2 nats.
    assert posterior.facts["final_loss"] == pytest.approx(-evidence.item(), abs=0.02)
    assert posterior.facts["loss_per_observation"] == pytest.approx(posterior.facts["final_loss"] / n)


def test_a_guide_by_hand_finds_the_beta(coin: BoundModel) -> None:
    posterior = fit(coin, "by_hand", steps=1500)
    mean, spread = 8 / 12, (8 * 4 / 12**2 / 13) ** 0.5
    assert posterior.draws["p"].mean() == pytest.approx(mean, abs=tolerance(spread))
    assert posterior.draws["p"].std() == pytest.approx(spread, abs=2 * tolerance(spread))
    assert posterior.facts["guide"] == "by_hand"
    p = posterior.draws["p"]
    assert np.allclose(posterior.draws["odds"], p / (1 - p), rtol=1e-12)


def test_a_support_that_moves_is_followed(triangle: BoundModel) -> None:
    draws = fit(triangle, "AutoMultivariateNormal").draws
    assert (draws["a"] + draws["b"] < 1).all()
    # By symmetry the means are those of the true density, which a normal on the free scale only resembles.
    assert draws["a"].mean() == pytest.approx(1 / 2, abs=tolerance(0.29))
    assert draws["b"].mean() == pytest.approx(1 / 4, abs=tolerance(0.22))


def test_a_support_that_moves_is_what_pyros_guides_alone_get_wrong(triangle: BoundModel) -> None:
    # Pyro keeps the first support that it meets, and then draws where the model has no density.
    with pytest.raises(LossNotFinite):
        fit(replace(triangle, moving_supports=()), "AutoMultivariateNormal")


@pytest.mark.parametrize("guide", ["AutoNormal", "AutoMultivariateNormal", "AutoNormalMessenger", "AutoStructured"])
def test_improper_priors_can_be_fitted(improper_scale: BoundModel, guide: str) -> None:
    draws = fit(improper_scale, guide, steps=600).draws
    y = improper_scale.inputs["y"].numpy()
    n, scatter = len(y), y.var(ddof=1)
    # The mean of the Student t; a normal guide is not far off in the middle.
    assert draws["mu"].mean() == pytest.approx(y.mean(), abs=2 * tolerance((scatter / n) ** 0.5))
    assert np.median(draws["sigma"]) == pytest.approx(scatter**0.5, rel=0.15)
    assert (draws["sigma"] > 0).all()


def test_a_covariance_matrix_that_torch_cannot_map_can_be_fitted() -> None:
    y = torch.randn(40, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = y @ torch.tensor([[2.0, 0.0], [1.0, 0.5]], dtype=torch.float64).mT
    bound = bind(
        """
        def model(y):
            V = pyro.sample("V", dist.Wishart(real(3.0), torch.eye(2, dtype=torch.float64)))
            with pyro.plate("row", len(y), dim=-1):
                pyro.sample("y", dist.MultivariateNormal(real([0.0, 0.0]), V), obs=y)
        """,
        {"y": y},
        "V[k,k']",
        coords={"k": ["x", "y"]},
    )
    draws = fit(bound, "AutoNormal", steps=500, draws=200).draws["V"]
    expected = (y.mT @ y / len(y)).numpy()
    assert draws.shape == (1, 200, 2, 2)
    # A covariance from 40 rows is known to about sqrt(2 / 40) of its size, the prior moves it by less.
    assert np.allclose(draws[0].mean(0), expected, rtol=0.35, atol=0.2)


def test_a_point_is_the_mode_of_the_constrained_values(improper_scale: BoundModel) -> None:
    draws = fit(improper_scale, "AutoDelta", draws=3).draws
    y = improper_scale.inputs["y"].numpy()
    mode = (((y - y.mean()) ** 2).sum() / (len(y) + 1)) ** 0.5  # of sigma^-(n+1) exp(-sum / 2 sigma^2)
    assert draws["sigma"] == pytest.approx(np.full((1, 3), mode), rel=1e-3)


def mapped(improper_scale: BoundModel) -> BoundModel:
    text = (
        improper_scale.source
        + """
def parts(model, settings=None):
    from pyro.infer import autoguide
    guide = autoguide.AutoGuideList(model)
    guide.append(autoguide.AutoNormal(poutine.block(model, expose=["mu"])))
    guide.append(autoguide.AutoDelta(poutine.block(model, expose=["sigma"])))
    return guide
"""
    )
    return bind(
        text.partition("def real(value):")[2].partition("\n\n")[2],
        improper_scale.inputs,
        "mu sigma",
        guides={"parts": "parts"},
        automatic=frozenset({"parts"}),
    )


def test_a_guide_of_parts_fits_each_latent_as_told(improper_scale: BoundModel) -> None:
    posterior = fit(mapped(improper_scale), "parts", steps=600, draws=300)
    y = improper_scale.inputs["y"].numpy()
    assert posterior.draws["sigma"].std() < 1e-12
    assert posterior.draws["mu"].std() > 0.1
    spread = y.std(ddof=1) / len(y) ** 0.5
    assert posterior.draws["mu"].mean() == pytest.approx(y.mean(), abs=2 * tolerance(spread, 300))
    assert "khat" not in posterior.facts


def test_a_value_without_a_prior_is_learned(empirical_bayes: BoundModel) -> None:
    posterior = fit(empirical_bayes, "AutoNormal", draws=200)
    y = empirical_bayes.inputs["y"].numpy()
    # Marginally y is Normal(0, sqrt(1 + tau^2)), and independent normals hold the posterior of the means.
    expected = ((y**2).mean() - 1) ** 0.5
    assert posterior.draws["tau"] == pytest.approx(np.full((1, 200), expected), rel=0.05)
    assert posterior.draws["theta"].shape == (1, 200, 6)
    shrunk = y * expected**2 / (1 + expected**2)
    assert posterior.draws["theta"].mean((0, 1)) == pytest.approx(shrunk, abs=0.3)


def test_parameters_of_one_fit_are_not_those_of_the_next(empirical_bayes: BoundModel) -> None:
    before = world()
    first = fit(empirical_bayes, "AutoNormal", **BRIEF)
    assert world() == before
    again = fit(empirical_bayes, "AutoNormal", **BRIEF)
    assert np.array_equal(first.losses, again.losses)


@pytest.mark.parametrize("guide", [g for g in GUIDES if g != "AutoDiscreteParallel"])
def test_every_guide_fits_in_double_precision_and_twice_the_same(
    rugged: BoundModel, guide: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyro

    seen: set[torch.dtype] = set()
    draw = _Fit.draw

    def look(self: _Fit, tell: object) -> None:
        seen.update(value.dtype for value in pyro.get_param_store()._params.values())
        draw(self, tell)

    monkeypatch.setattr(_Fit, "draw", look)
    # The curvature has to be that of a maximum where the fit ends.
    length = {"steps": 300, "draws": 5} if guide == "AutoLaplaceApproximation" else BRIEF
    before = world()
    first, second = (fit(rugged, guide, **length) for _ in range(2))
    assert seen == {torch.float64}
    assert world() == before
    assert first.draws["a"].shape == (1, 5)
    assert all(first.draws[n].tobytes() == second.draws[n].tobytes() for n in first.draws)
    assert first.losses.tobytes() == second.losses.tobytes()
    assert len(first.losses) == length["steps"]
    other = fit(rugged, guide, seed=2, **length)
    assert not np.array_equal(first.losses, other.losses) or guide in ("AutoDelta", "AutoLaplaceApproximation")


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_gives_finite_losses_and_draws(rugged: BoundModel, loss: str) -> None:
    posterior = fit(rugged, "AutoNormal", loss=(loss, {}), **BRIEF)
    assert np.isfinite(posterior.losses).all()
    assert np.isfinite(posterior.draws["a"]).all()


@pytest.mark.parametrize("loss", ["Trace_ELBO", "TraceMeanField_ELBO", "RenyiELBO", "TraceTailAdaptive_ELBO"])
def test_several_particles_come_at_once_even_for_improper_priors(improper_scale: BoundModel, loss: str) -> None:
    settings = (
        {"num_particles": 4} if loss.startswith("TraceTail") else {"num_particles": 4, "vectorize_particles": True}
    )
    posterior = fit(improper_scale, "AutoNormal", loss=(loss, settings), **BRIEF)
    assert np.isfinite(posterior.losses).all()
    assert posterior.losses[-1] < posterior.losses[0]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_goes_down(normal_mean: BoundModel, optimiser: str) -> None:
    posterior = fit(normal_mean, "AutoNormal", optim=(optimiser, {}), steps=60, draws=2)
    assert posterior.losses[-20:].mean() < posterior.losses[:20].mean() + 1.0  # the first twenty may be at the best
    assert np.isfinite(posterior.losses).all()


def test_settings_of_a_guide_reach_it(rugged: BoundModel) -> None:
    wide = fit(rugged, "AutoNormal", of_guide={"init_scale": 2.0}, steps=1, draws=400)
    narrow = fit(rugged, "AutoNormal", of_guide={"init_scale": 0.01}, steps=1, draws=400)
    assert wide.draws["a"].std() > 20 * narrow.draws["a"].std()
    started = fit(rugged, "AutoDelta", of_guide={"init_loc_fn": "init_to_mean"}, steps=1, draws=1)
    assert started.draws["sigma"][0, 0] == pytest.approx(5.0, abs=0.5)  # one step from the mean of the prior


def test_progress_tells_the_loss_and_then_the_draws(coin: BoundModel) -> None:
    seen: list[Progress] = []
    run_engine("svi", coin, {"steps": 250, "draws": 40}, 1, seen.append)
    steps, draws = ([p for p in seen if p.phase == phase] for phase in ("steps", "draws"))
    assert [p.done for p in (steps[-1], draws[-1])] == [250, 40]
    assert all(np.isfinite(p.facts["loss"]) for p in steps if p.done)
    assert len(steps) <= 125


def test_an_interrupted_fit_keeps_its_guide(coin: BoundModel) -> None:
    def stop(progress: Progress) -> None:
        if progress.phase == "steps" and progress.done == 100:
            raise KeyboardInterrupt

    settings = {"steps": 1000, "draws": 30, "engine": "pyro"}
    stopped = run_engine("svi", coin, settings, 1, stop)
    assert stopped.interrupted
    assert len(stopped.losses) == 100
    assert stopped.draws["p"].shape == (1, 30)
    whole = run_engine("svi", coin, settings, 1)
    assert np.array_equal(stopped.losses, whole.losses[:100])


def test_an_interrupted_fit_in_machine_code_keeps_its_guide(coin: BoundModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svi, "TELL", 0.0)

    def stop(progress: Progress) -> None:
        if progress.phase == "steps":
            raise KeyboardInterrupt

    settings = {"steps": 1000, "draws": 30}
    stopped = run_engine("svi", coin, settings, 1, stop)
    assert stopped.facts["engine"] == "compiled"
    assert stopped.interrupted
    assert 0 < len(stopped.losses) < 1000
    assert stopped.draws["p"].shape == (1, 30)
    whole = run_engine("svi", coin, settings, 1)
    assert np.array_equal(stopped.losses, whole.losses[: len(stopped.losses)])


def test_an_interrupt_while_drawing_keeps_the_draws_so_far(coin: BoundModel) -> None:
    def stop(progress: Progress) -> None:
        if progress.phase == "draws":
            raise KeyboardInterrupt

    stopped = run_engine("svi", coin, {"steps": 10, "draws": 100, "engine": "pyro"}, 1, stop)
    assert stopped.interrupted
    assert stopped.draws["p"].shape == (1, 5)


def test_an_interrupt_before_the_first_step_leaves_nothing(coin: BoundModel) -> None:
    calls = 0

    def model(heads: torch.Tensor) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:  # the first two are to see what the model and the guide are
            raise KeyboardInterrupt
        coin.model(heads)

    with pytest.raises(Interrupted):
        run_engine("svi", replace(coin, model=model), {"steps": 10, "draws": 10}, 1)


def test_a_loss_that_is_not_a_number_is_told_with_its_step() -> None:
    bound = bind(
        """
        def model():
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            pyro.factor("cliff", torch.where(a > 0.5, float("nan"), 0.0))
        """,
        latents="a",
    )
    before = world()
    with pytest.raises(LossNotFinite) as caught:
        fit(bound, "AutoNormal", of_guide={"init_scale": 0.3})
    assert caught.value.step >= 1
    assert f"step {caught.value.step}" in caught.value.message
    assert world() == before


def test_a_guide_that_the_model_rules_out_has_no_khat() -> None:
    text = """
    def model(y):
        a = pyro.sample("a", dist.Uniform(real(0.0), real(1.0)))
        pyro.sample("y", dist.Normal(a, real(1.0)), obs=y)

    def wide(y):
        loc = pyro.param("wide.loc", real(0.5))
        pyro.sample("a", dist.Normal(loc, real(1e-3)))
    """
    bound = bind(text, {"y": torch.tensor(0.4, dtype=torch.float64)}, "a", guides={"wide": "wide"})
    assert "khat" in fit(bound, "wide", steps=20, draws=100).facts
    assert "khat" not in fit(bound, "wide", steps=20, draws=20).facts


def test_what_svi_cannot_do_it_says(coin: BoundModel, normal_mean: BoundModel) -> None:
    with pytest.raises(GuideNotSupported, match="AutoDiscreteParallel"):
        fit(coin, "AutoDiscreteParallel")
    with pytest.raises(UnknownComponent):
        fit(coin, "AutoNorml")
    with pytest.raises(GuideMismatch) as mismatch:
        fit(coin, "forgetful")
    assert (mismatch.value.missing, mismatch.value.extra) == (("p",), ("q",))
    with pytest.raises(OptimiserNotSupported):
        fit(coin, "AutoNormal", optim=("LBFGS", {}))
    with pytest.raises(LossNotSupported):
        fit(coin, "AutoNormal", loss=("Trace_MMD", {}))
    with pytest.raises(LossNotSupported):
        # Bernoulli data cannot be reparameterised.
        fit(coin, "AutoNormal", loss=("EnergyDistance", {}))
    with pytest.raises(UnknownSettings):
        run_engine("svi", coin, {"stepz": 3}, 1)
    only = bind(
        """
        def model(y):
            s = pyro.param("s", real(1.0), constraint=constraints.positive)
            pyro.sample("y", dist.Normal(real(0.0), s), obs=y)
        """,
        {"y": torch.tensor(1.0, dtype=torch.float64)},
    )
    with pytest.raises(NoLatents) as none:
        fit(only, "AutoNormal")
    assert none.value.params == ("s",)


DISCRETE = """
def model(y):
    k = pyro.sample("k", dist.Bernoulli(real(0.5)))
    pyro.sample("y", dist.Normal(4 * k, real(1.0)), obs=y)

def by_hand(y):
    p = pyro.param("by_hand.p", real(0.5), constraint=constraints.unit_interval)
    pyro.sample("k", dist.Bernoulli(p))
"""


def test_discrete_latents_need_a_guide_by_hand() -> None:
    bound = bind(DISCRETE, {"y": torch.tensor(3.0, dtype=torch.float64)}, "k", guides={"by_hand": "by_hand"})
    with pytest.raises(DiscreteLatent) as caught:
        fit(bound, "AutoNormal")
    assert caught.value.site == "k"
    posterior = fit(bound, "by_hand", optim=("Adam", {"lr": 0.05}), steps=600, draws=1000)
    exact = 1 / (1 + np.exp(-4.0))  # the odds are exp((9 - 1) / 2)
    # The score estimator is noisy; the share of a thousand draws adds a standard error of 0.004.
    assert posterior.draws["k"].mean() == pytest.approx(exact, abs=0.03)


def test_a_guide_by_hand_may_stand_for_a_prior_that_cannot_be_drawn_from():
    """The model is looked at once, anywhere in the support; the draws are the guide's."""
    import bayesdsl as bd

    model = bd.compile_text("""
        data toss { heads : binary = [1, 0, 0] }
        p ~ Flat(unit)
        observe heads ~ Bernoulli(p)
        guide by_hand { param a : positive = 2; p ~ Beta(a, 3) }
        infer svi(guide = by_hand, steps = 5, draws = 200)
        """)
    assert 0 < model.fit()["p"].min() < model.fit()["p"].max() < 1


def test_a_program_that_takes_one_draw_at_a_time_is_not_given_several() -> None:
    # With three members and three particles an index by position would take the wrong dimension without a word.
    compiled = compile_text("""
    data house { county : category = ["a", "b", "c", "a"]; y = [1.0, 2.0, 0.5, 1.5] }
    a[county] ~ Normal(0, 1)
    observe y ~ Normal(a[county], 1)
    """)
    bound = compiled.bind().model
    settings = {"loss": ("Trace_ELBO", {"num_particles": 3, "vectorize_particles": True}), "steps": 3}
    with pytest.raises(LossNotSupported, match="several draws at once"):
        run_engine("svi", bound, settings, 1)


def test_counts_with_more_zeros_than_poisson_can_be_fitted() -> None:
    # The shape of such a distribution is a tuple, and that of others a torch.Size.
    model = """
    def model(y):
        rate = pyro.sample("rate", dist.Gamma(real(2.0), real(1.0)))
        with pyro.plate("row", len(y), dim=-1):
            pyro.sample("y", dist.ZeroInflatedPoisson(rate, gate=real(0.5)), obs=y)
    """
    bound = bind(model, {"y": torch.tensor([0.0, 0.0, 3.0, 2.0])}, latents="rate", coords={"row": list(range(4))})
    assert svi.run(bound, {"steps": 10, "draws": 5}, seed=0).facts["observations"] == 4
