"""MAP and maximum likelihood against closed forms, and the standard errors of both."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from engine_models import bind, normal_mean_posterior, world

from bayesdsl.catalogue.inference import OPTIMISERS
from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.engines import point, run_engine
from bayesdsl.runtime.engines.errors import (
    DiscreteLatent,
    Interrupted,
    LossNotFinite,
    NoLatents,
    OptimiserNotSupported,
    UnknownSettings,
)
from bayesdsl.runtime.engines.steps.climb import Climb
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress

# Both climb smooth densities to the top: what is left is the last step of the optimiser, far below this.
EXACT = 1e-5


def climb(engine: str, bound: BoundModel, seed: int = 1, **settings: object) -> Posterior:
    return run_engine(engine, bound, {"optim": ("Adam", {"lr": 0.05}), "steps": 1500} | settings, seed)


def test_the_published_regression_comes_out(rugged_data: BoundModel) -> None:
    draws = climb("mle", rugged_data).draws
    found = [draws[name].item() for name in ("bA", "bR", "bAR", "a")]
    assert found == pytest.approx([-1.948, -0.203, 0.393, 9.223], abs=0.01)


def least_squares(bound: BoundModel) -> tuple[np.ndarray, float, np.ndarray]:
    """Coefficients, scale and standard errors of the regression with interaction."""
    africa, rugged, y = (bound.inputs[name].numpy() for name in ("africa", "rugged", "log_gdp"))
    x = np.stack([np.ones_like(y), africa, rugged, africa * rugged], 1)
    coefficients = np.linalg.lstsq(x, y, rcond=None)[0]
    scale = float(np.sqrt(((y - x @ coefficients) ** 2).mean()))
    return coefficients, scale, scale * np.sqrt(np.diag(np.linalg.inv(x.T @ x)))


def test_maximum_likelihood_is_least_squares_with_its_standard_errors(rugged: BoundModel) -> None:
    posterior = climb("mle", rugged)
    coefficients, scale, errors = least_squares(rugged)
    names = ("a", "bA", "bR", "bAR")
    assert [posterior.draws[n].item() for n in names] == pytest.approx(coefficients, rel=EXACT)
    assert posterior.draws["sigma"].item() == pytest.approx(scale, rel=EXACT)
    assert [posterior.facts["std_errors"][n] for n in names] == pytest.approx(errors, rel=EXACT)
    # The scale's: sigma / sqrt(2 n).
    assert posterior.facts["std_errors"]["sigma"] == pytest.approx(scale / math.sqrt(2 * 170), rel=EXACT)
    assert posterior.facts["converged"]
    assert posterior.facts["gradient_norm"] < 1e-6
    assert posterior.facts["log_density"] == pytest.approx(-170 * (math.log(scale * math.sqrt(2 * math.pi)) + 0.5))
    assert posterior.kind == "point"
    assert posterior.draws["a"].shape == (1, 1)


def test_derived_quantities_have_standard_errors_with_the_correlations(rugged: BoundModel) -> None:
    errors = climb("mle", rugged).facts["std_errors"]
    africa, slope = rugged.inputs["africa"].numpy(), rugged.inputs["rugged"].numpy()
    _, scale, _ = least_squares(rugged)
    x = np.stack([np.ones(170), africa, slope, africa * slope], 1)
    covariance = scale**2 * np.linalg.inv(x.T @ x)
    expected = math.sqrt(covariance[2, 2] + covariance[3, 3] + 2 * covariance[2, 3])
    assert errors["slope_in_africa"] == pytest.approx(expected, rel=EXACT)


def test_the_mode_of_a_normal_posterior_is_its_mean(normal_mean: BoundModel) -> None:
    posterior = climb("map", normal_mean)
    mean, spread = normal_mean_posterior(normal_mean)
    assert posterior.draws["mu"].item() == pytest.approx(mean, rel=EXACT)
    assert posterior.facts["std_errors"]["mu"] == pytest.approx(spread, rel=EXACT)


def test_the_mode_is_that_of_the_value_and_not_of_its_logit() -> None:
    heads = torch.tensor([1.0] * 7 + [0.0] * 3, dtype=torch.float64)
    bound = bind(
        """
        def model(heads):
            p = pyro.sample("p", dist.Beta(real(2.0), real(3.0)))
            with pyro.plate("toss", len(heads), dim=-1):
                pyro.sample("heads", dist.Bernoulli(p), obs=heads)
        """,
        {"heads": heads},
        "p",
    )
    # Beta(9, 6): its mode is 8/13, the mean 9/15; the mode of the logit's density would be the mean.
    posterior = climb("map", bound)
    assert posterior.draws["p"].item() == pytest.approx(8 / 13, rel=EXACT)
    assert posterior.facts["std_errors"]["p"] == pytest.approx(math.sqrt(8 / 13 * 5 / 13 / 13), rel=EXACT)
    likelihood = climb("mle", bound)
    assert likelihood.draws["p"].item() == pytest.approx(0.7, rel=EXACT)
    assert likelihood.facts["std_errors"]["p"] == pytest.approx(math.sqrt(0.7 * 0.3 / 10), rel=EXACT)


def test_probabilities_of_a_simplex_are_shares() -> None:
    bound = bind(
        """
        def model(y):
            w = pyro.sample("w", dist.Dirichlet(real([2.0, 2.0, 2.0])))
            with pyro.plate("row", len(y), dim=-1):
                pyro.sample("y", dist.Categorical(w), obs=y)
        """,
        {"y": torch.tensor([0] * 5 + [1] * 3 + [2] * 2)},
        "w[k]",
        coords={"k": ["a", "b", "c"]},
    )
    likelihood, mode = climb("mle", bound), climb("map", bound)
    assert likelihood.draws["w"][0, 0] == pytest.approx([0.5, 0.3, 0.2], rel=EXACT)
    assert mode.draws["w"][0, 0] == pytest.approx([6 / 13, 4 / 13, 3 / 13], rel=EXACT)
    expected = [math.sqrt(w * (1 - w) / 10) for w in (0.5, 0.3, 0.2)]
    assert likelihood.facts["std_errors"]["w"] == pytest.approx(expected, rel=1e-4)


def test_the_priors_support_binds_the_likelihood_too(triangle: BoundModel) -> None:
    text = triangle.source.partition("def model():")[2]
    bound = bind(
        f"def model(y):{text}    pyro.sample('y', dist.Normal(a + b, real(1.0)), obs=y)\n", {"y": torch.tensor(5.0)}
    )
    posterior = climb("mle", replace(bound, variables=triangle.variables))
    total = posterior.draws["a"].item() + posterior.draws["b"].item()
    assert total <= 1
    assert total == pytest.approx(1, abs=1e-3)  # as near to the data as the supports allow
    assert "std_errors" not in posterior.facts


def test_values_without_priors_are_found() -> None:
    y = torch.tensor([0.5, 1.5, 4.0, 2.5], dtype=torch.float64)
    text = """
    def model(y):
        m = pyro.param("m", real(0.0))
        s = pyro.param("s", real(1.0), constraint=constraints.positive)
        with pyro.plate("row", len(y), dim=-1):
            pyro.sample("y", dist.Normal(m, s), obs=y)
    """
    bound = bind(text, {"y": y}, params="m s")
    for engine in ("mle", "map"):
        posterior = climb(engine, bound)
        assert posterior.draws["m"].item() == pytest.approx(y.mean().item(), rel=EXACT)
        assert posterior.draws["s"].item() == pytest.approx(y.std(correction=0).item(), rel=EXACT)
        assert posterior.facts["std_errors"]["m"] == pytest.approx(y.std(correction=0).item() / 2, rel=EXACT)


def test_an_improper_prior_has_the_mode_of_the_likelihood_times_its_factor(improper_scale: BoundModel) -> None:
    y = improper_scale.inputs["y"].numpy()
    scatter = ((y - y.mean()) ** 2).sum()
    mode, likelihood = (climb(engine, improper_scale, steps=3000) for engine in ("map", "mle"))
    assert mode.draws["sigma"].item() == pytest.approx(math.sqrt(scatter / (len(y) + 1)), rel=EXACT)
    assert likelihood.draws["sigma"].item() == pytest.approx(math.sqrt(scatter / len(y)), rel=EXACT)


def test_what_the_data_do_not_determine_has_no_standard_errors(empirical_bayes: BoundModel) -> None:
    # Without priors the means are the data, and tau appears nowhere.
    posterior = climb("mle", empirical_bayes)
    assert posterior.draws["theta"][0, 0] == pytest.approx(empirical_bayes.inputs["y"].numpy(), rel=EXACT)
    assert "std_errors" not in posterior.facts
    assert "tau" in posterior.facts["std_errors_note"]
    assert posterior.facts["converged"]  # there is nothing better along tau


def test_a_fit_that_has_not_arrived_says_so(rugged: BoundModel) -> None:
    assert climb("mle", rugged, steps=3).facts["converged"] is False


def test_lbfgs_arrives_in_a_few_steps(rugged: BoundModel) -> None:
    posterior = climb("mle", rugged, optim=("LBFGS", {"line_search_fn": "strong_wolfe"}), steps=15)
    assert posterior.draws["a"].item() == pytest.approx(least_squares(rugged)[0][0], rel=EXACT)
    assert len(posterior.losses) == 15
    assert posterior.facts["converged"]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_goes_up(normal_mean: BoundModel, optimiser: str) -> None:
    posterior = climb("map", normal_mean, optim=(optimiser, {}), steps=100)
    assert posterior.losses[-1] < posterior.losses[0]


@pytest.mark.parametrize("engine", ["map", "mle"])
def test_the_same_seed_gives_the_same_bytes_and_leaves_nothing_behind(rugged: BoundModel, engine: str) -> None:
    before = world()
    seen = []
    first = run_engine(engine, rugged, {"steps": 50}, 3, lambda _: seen.append(world()))
    second = climb(engine, rugged, seed=3, steps=50, optim=("Adam", {"lr": 0.01}))
    assert world() == before
    assert all(w == before for w in seen)
    assert all(first.draws[n].tobytes() == second.draws[n].tobytes() for n in first.draws)
    assert first.losses.tobytes() == second.losses.tobytes()
    assert first.losses[0] != climb(engine, rugged, seed=4, steps=1).losses[0]


def test_an_interrupted_climb_keeps_its_point(rugged: BoundModel) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 45:
            raise KeyboardInterrupt

    stopped = run_engine("mle", rugged, {"steps": 1500, "engine": "pyro"}, 1, stop)
    assert stopped.interrupted
    assert stopped.facts["steps"] == 45
    assert np.array_equal(stopped.losses, run_engine("mle", rugged, {"steps": 45}, 1).losses)


def test_an_interrupted_climb_in_machine_code_keeps_its_point(
    rugged: BoundModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(point, "TELL", 0.0)

    def stop(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    stopped = run_engine("mle", rugged, {"steps": 1500}, 1, stop)
    assert stopped.facts["engine"] == "compiled"
    assert stopped.interrupted
    assert 0 < stopped.facts["steps"] < 1500
    whole = run_engine("mle", rugged, {"steps": 1500}, 1)
    assert np.array_equal(stopped.losses, whole.losses[: stopped.facts["steps"]])


@pytest.mark.parametrize(("engine", "place"), [("pyro", (torch.optim.Adam, "step")), ("compiled", (Climb, "run"))])
def test_an_interrupt_before_the_first_step_leaves_nothing(
    coin: BoundModel, monkeypatch: pytest.MonkeyPatch, engine: str, place: tuple[type, str]
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*place, stop)
    with pytest.raises(Interrupted):
        run_engine("map", coin, {"engine": engine}, 1)


@pytest.mark.parametrize("engine", ["map", "mle"])
@pytest.mark.parametrize("optim", [("Adam", {"lr": 0.05}), ("RMSprop", {"lr": 0.01, "momentum": 0.5})], ids=str)
def test_machine_code_climbs_as_torch_does(rugged: BoundModel, engine: str, optim: tuple[str, dict]) -> None:
    schedule = ("ExponentialLR", {"gamma": 0.999})
    settings = {"steps": 300, "optim": optim, "schedule": schedule}
    ours, theirs = (run_engine(engine, rugged, settings | {"engine": e}, 1) for e in ("compiled", "pyro"))
    assert (ours.facts["engine"], theirs.facts["engine"]) == ("compiled", "pyro")
    # The same sums in another order, 300 steps long.
    assert np.allclose(ours.losses, theirs.losses, rtol=1e-9)
    for name, value in theirs.draws.items():
        assert np.allclose(ours.draws[name], value, rtol=1e-8)


def test_what_does_not_climb_by_elements_goes_by_torch(rugged: BoundModel) -> None:
    posterior = climb("map", rugged, optim=("Adafactor", {"lr": 0.05}), steps=300)
    assert posterior.facts["engine"] == "pyro"
    assert "Adafactor" in posterior.facts["engine_note"]


def test_a_density_without_a_top_is_told() -> None:
    bound = bind(
        """
        def model(y):
            s = pyro.sample("s", dist.ImproperUniform(constraints.positive, (), ()))
            pyro.sample("y", dist.Normal(real(0.0), s), obs=y)
        """,
        {"y": torch.tensor(0.0, dtype=torch.float64)},
        "s",
    )
    posterior = climb("mle", bound, steps=200)
    assert posterior.facts["converged"] is False
    assert "std_errors" not in posterior.facts
    with pytest.raises(LossNotFinite):
        climb("mle", bound, steps=2000, optim=("SGD", {"lr": 1e4}))


def test_what_a_point_cannot_be_it_says(coin: BoundModel) -> None:
    with pytest.raises(DiscreteLatent) as discrete:
        climb("map", bind("def model():\n    pyro.sample('k', dist.Poisson(real(2.0)))\n"))
    assert (discrete.value.site, discrete.value.engine) == ("k", "map")
    with pytest.raises(NoLatents):
        climb("mle", bind("def model():\n    pass\n"))
    with pytest.raises(OptimiserNotSupported):
        climb("map", coin, optim=("SparseAdam", {}))
    with pytest.raises(UnknownSettings):
        climb("map", coin, draws=10)
