"""`nuts` as it is by default: the model's own density compiled, and nutpie's chains over it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from engine_models import bind, normal_mean_posterior
from native_densities import compiler

from bayesdsl.runtime.bound import BoundModel, Start
from bayesdsl.runtime.engines import run_engine
from bayesdsl.runtime.engines.errors import InitFailed
from bayesdsl.runtime.posterior import Posterior

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

SHORT = {"chains": 2, "warmup": 200, "draws": 1000}


def compiled(bound: BoundModel, settings: dict[str, object], seed: int = 1) -> Posterior:
    found = run_engine("nuts", bound, settings, seed)
    assert (found.facts["engine"], found.facts["engine_note"]) == ("compiled", "")
    return found


def tolerance(spread: float, draws: int) -> float:
    """Four standard errors of a mean, if a draw in four counts, which NUTS exceeds on densities near normal ones."""
    return 4 * spread * (4 / draws) ** 0.5


def test_a_normal_mean_has_its_closed_form(normal_mean: BoundModel) -> None:
    found = compiled(normal_mean, SHORT).draws["mu"]
    mean, spread = normal_mean_posterior(normal_mean)
    assert found.mean() == pytest.approx(mean, abs=tolerance(spread, found.size))
    assert found.std() == pytest.approx(spread, abs=tolerance(spread, found.size))


def test_a_coin_has_its_closed_form_and_its_derived_quantities(coin: BoundModel) -> None:
    found = compiled(coin, SHORT)
    p = found.draws["p"]
    assert p.mean() == pytest.approx(8 / 12, abs=tolerance((8 * 4 / 12**2 / 13) ** 0.5, p.size))
    assert np.allclose(found.draws["odds"], p / (1 - p), rtol=1e-12)
    # Seven heads, three tails, and the volume change p (1 - p).
    assert np.allclose(found.stats["lp"], 8 * np.log(p) + 4 * np.log1p(-p), rtol=1e-12)


def test_a_support_that_moves_is_followed(triangle: BoundModel) -> None:
    draws = compiled(triangle, SHORT).draws
    # a is uniform, b uniform below 1 - a: E[b] = 1/4, var(b) = 7/144, P(b < 1/2) = (1 + log 2) / 2.
    assert draws["b"].mean() == pytest.approx(1 / 4, abs=tolerance((7 / 144) ** 0.5, 2000))
    assert (draws["b"] < 0.5).mean() == pytest.approx((1 + np.log(2)) / 2, abs=tolerance(0.36, 2000))
    assert (draws["a"] + draws["b"] < 1).all()


def test_improper_priors_give_the_classical_posterior(improper_scale: BoundModel) -> None:
    draws = compiled(improper_scale, SHORT).draws
    y = improper_scale.inputs["y"].numpy()
    n, scatter = len(y), y.var(ddof=1)
    spread = (scatter / n * (n - 1) / (n - 3)) ** 0.5
    assert draws["mu"].mean() == pytest.approx(y.mean(), abs=tolerance(spread, 2000))


def test_the_draws_depend_on_the_seed_alone(rugged: BoundModel) -> None:
    settings = {"chains": 3, "warmup": 60, "draws": 40}
    one, two = (compiled(rugged, settings | {"cores": cores}, 5) for cores in (1, 2))
    other = compiled(rugged, settings, 6)
    for name, draws in one.draws.items():
        assert draws.tobytes() == two.draws[name].tobytes()
        assert draws.tobytes() != other.draws[name].tobytes()
        assert len({chain.tobytes() for chain in draws}) == 3


def test_threads_that_share_the_data_change_no_draw() -> None:
    y = torch.randn(100_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    text = """
    def model(y):
        mu = pyro.sample("mu", dist.Normal(real(0.0), real(1.0)))
        with pyro.plate("row", len(y), dim=-1):
            pyro.sample("y", dist.Normal(mu, real(1.0)), obs=y)
    """
    bound = bind(text, {"y": y}, "mu")
    one, two = (compiled(bound, {"chains": 1, "warmup": 20, "draws": 20, "cores": cores}) for cores in (1, 2))
    assert one.draws["mu"].tobytes() == two.draws["mu"].tobytes()


@pytest.mark.slow
def test_pyros_engine_has_the_same_posterior(rugged: BoundModel) -> None:
    ours = compiled(rugged, {"chains": 2, "warmup": 300, "draws": 1000})
    pyros = run_engine("nuts", rugged, {"chains": 1, "warmup": 200, "draws": 300, "engine": "pyro"}, 1)
    assert set(ours.draws) == set(pyros.draws)
    assert ours.dims == pyros.dims
    assert set(ours.stats) == set(pyros.stats)
    for name, draws in ours.draws.items():
        spread = draws.std()
        error = tolerance(spread, 2000) + tolerance(spread, 300)
        assert pyros.draws[name].mean() == pytest.approx(draws.mean(), abs=error), name


def test_starts_of_an_earlier_run_are_kept(coin: BoundModel) -> None:
    far = Start("p", torch.tensor([0]), torch.tensor([25.0]).double(), torch.tensor([1e-3]).double())
    found = compiled(replace(coin, starts=(far,)), {"chains": 1, "warmup": 20, "draws": 1})
    near = compiled(coin, {"chains": 1, "warmup": 20, "draws": 1})
    assert found.draws["p"] != near.draws["p"]


def test_a_model_without_a_start_says_which_site(coin: BoundModel) -> None:
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
        pyro.factor("nowhere", a * float("nan"))
    """
    with pytest.raises(InitFailed) as caught:
        run_engine("nuts", bind(text, latents="a"), SHORT, 1)
    assert caught.value.site == "nowhere"


def test_a_model_that_cannot_be_traced_is_pyros() -> None:
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
        if a > 0:
            pyro.factor("up", -a)
    """
    found = run_engine("nuts", bind(text, latents="a"), {"chains": 1, "warmup": 20, "draws": 5}, 1)
    assert found.facts["engine"] == "pyro"
    assert found.facts["engine_note"]
