"""Minibatches: no bias, in any part of the model; epochs; draws of what varies over the rows; the posterior."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pyro
import pytest
import torch
import torch.distributions.multivariate_normal
import torch.distributions.normal
from pyro.infer import Trace_ELBO, TraceGraph_ELBO, TraceMeanField_ELBO

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver import Bound, compile_text
from bayesdsl.runtime.engines import minibatches
from bayesdsl.runtime.engines.errors import Interrupted
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.engines.minibatches import epochs
from bayesdsl.runtime.engines.svi import SviSettings, _Fit
from bayesdsl.runtime.progress import Progress

# So that no minibatch has as many rows as something else has members.
ROWS = 26

# A bit of everything: categories, a matrix, latents and params by row, a support that cuts, a prior that is cut.
EVERYTHING = """
data image { x : real; y : real; county : category; p[pixel] = columns("p*") }
plate k = 2
a, b ~ Normal(0, 1)
c[county] ~ Normal(0, 1)
w[pixel] ~ Normal(0, 1)
z[image, k] ~ Normal(a, 1)
u[image] : positive ~ StudentT(3, 0, 1)
v[image] ~ Normal(x, 1) noncentered
param s : positive
param t[k, image]
mean = a + b * x + sum[k](z) + c[county] + sum[k](t) + v + dot[pixel](p, w)
extra[image] = a
derive back = mean + extra
derive twice = 2 * a
observe y ~ Normal(mean, s + u)
infer svi(batch = 7 of image)
"""
BY_HAND = """
guide q {
    param m[image]
    param l, la, lb
    param sd[image] : positive
    param lw[pixel]
    a ~ Normal(la, 1)
    b ~ Normal(lb, 1)
    c[county] ~ Normal(0, 1)
    w[pixel] ~ Normal(lw, 1)
    z[image, k] ~ Normal(m + l * x, sd)
    u[image] ~ LogNormal(l * x, 1)
    v[image] ~ Normal(l + sd, 1)
}
"""
PARTS = """
guide parts {
    a, b, c : AutoMultivariateNormal
    w       : AutoDelta
    z, u, v : AutoNormal
}
"""


def data(rows: int = ROWS) -> dict[str, dict[str, object]]:
    rng = np.random.default_rng(0)
    numbers = {name: rng.normal(size=rows) for name in ("x", "y", "p1", "p2", "p3")}
    return {"image": {**numbers, "county": [f"c{i % 3}" for i in range(rows)]}}


FROM_PRIORS = ("AutoHierarchicalNormalMessenger", "AutoRegressiveMessenger")


VAE = """
plate latent = 4
data image { pixels[pixel] : unit }
layer decoder : [latent] -> [pixel] = Linear(latent, 30) -> Softplus -> Linear(30, pixel)
z[image, latent] ~ Normal(0, 1)
observe pixels ~ Bernoulli(logits = decoder(z))
guide amortised {
    layer encoder : [pixel] -> [latent], [latent] =
        Linear(pixel, 30) -> Softplus -> (Linear(30, latent), Linear(30, latent))
    loc, log_scale = encoder(pixels)
    z[image, latent] ~ Normal(loc, exp(log_scale))
}
infer svi(guide = amortised, optim = Adam(lr = 0.01), steps = 250, draws = 20, batch = 32 of image)
"""


def images(count: int) -> dict[str, dict[str, np.ndarray]]:
    """Six patterns of sixteen pixels, a twentieth of them turned over."""
    rng = np.random.default_rng(0)
    patterns = rng.random((6, 16)) < 0.4
    drawn = patterns[rng.integers(0, 6, count)] ^ (rng.random((count, 16)) < 0.05)
    return {"image": {"pixels": drawn.astype(float)}}


def fitted(guide: str) -> _Fit:
    """A fit before its first step; within `Isolated`."""
    if guide == "amortised":
        bound = compile_text(VAE).bind(images(ROWS))
        return _Fit(bound.model, SviSettings(guide=(guide, {}), batch=(7, "image")))
    text = EVERYTHING + {"q": BY_HAND, "parts": PARTS}.get(guide, "")
    if guide == "q":  # which cannot speak of what is not centred
        text = text.replace(" noncentered", "")
    if guide in FROM_PRIORS:  # which need a mean of the prior, or draws from it
        text = text.replace("u[image] : positive ~ StudentT(3, 0, 1)", "u[image] ~ HalfNormal(1)")
    bound = compile_text(text).bind(data())
    return _Fit(bound.model, SviSettings(guide=(guide, {}), batch=(7, "image")))


@contextmanager
def noise_by_row(fit: _Fit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Standard normal draws that are always the same: those of a row belong to the row. What is yielded starts anew."""
    generator, drawn, calls = torch.Generator().manual_seed(3), {}, []

    def standard(shape: tuple[int, ...], dtype: torch.dtype, device: object) -> torch.Tensor:
        rows = fit.batches.rows
        by_row = [size == len(rows) for size in shape]
        key = (len(calls), tuple(-1 if row else size for row, size in zip(by_row, shape, strict=True)))
        if key not in drawn:
            sizes = [ROWS if size == -1 else size for size in key[1]]
            drawn[key] = torch.randn(sizes, dtype=dtype, generator=generator)
        calls.append(key)
        value = drawn[key]
        return value.index_select(by_row.index(True), rows) if any(by_row) else value

    for module in (torch.distributions.normal, torch.distributions.multivariate_normal):
        monkeypatch.setattr(module, "_standard_normal", standard)
    yield calls.clear
    monkeypatch.undo()


def slope(fit: _Fit, loss: object, rows: torch.Tensor) -> dict[str, torch.Tensor]:
    """The loss on these rows, and its gradient by each unconstrained parameter."""
    fit.batches.take(rows)
    parameters = dict(pyro.get_param_store().named_parameters())
    for parameter in parameters.values():
        parameter.grad = None
    value = loss.loss_and_grads(fit.model, fit.guide)
    found = {name: torch.zeros_like(p) if p.grad is None else p.grad.clone() for name, p in parameters.items()}
    return {**found, "loss": torch.tensor(value, dtype=torch.float64)}


BY_ROW = [
    "AutoNormal",
    "AutoDelta",
    "AutoNormalMessenger",
    "AutoHierarchicalNormalMessenger",
    "AutoRegressiveMessenger",
]


@pytest.mark.parametrize("loss", [Trace_ELBO, TraceMeanField_ELBO, TraceGraph_ELBO])
@pytest.mark.parametrize("guide", ["q", "parts", "amortised", *BY_ROW])
def test_the_mean_gradient_of_an_epoch_is_that_of_all_rows(
    guide: str, loss: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The noise is the same for both, so that what differs is rounding alone; values are of the order of 100.
    with Isolated(1):
        fit = fitted(guide)
        with noise_by_row(fit, monkeypatch) as start_anew:
            fit.traces()
            generator = torch.Generator().manual_seed(4)
            with torch.no_grad():
                for _, parameter in pyro.get_param_store().named_parameters():
                    parameter.add_(0.3 * torch.randn(parameter.shape, dtype=parameter.dtype, generator=generator))
            start_anew()
            whole = slope(fit, loss(), torch.arange(ROWS))
            mean = {name: torch.zeros_like(value) for name, value in whole.items()}
            for rows in torch.randperm(ROWS, generator=generator).tensor_split(4):
                start_anew()
                for name, value in slope(fit, loss(), rows).items():
                    # A batch that is shorter by a row comes up as often in an epoch, and says as much less.
                    mean[name] += value * len(rows) / ROWS
    assert len(whole) > 5
    assert sum(float(value.abs().max()) > 0.1 for value in whole.values()) > 4
    for name, value in whole.items():
        assert torch.allclose(mean[name], value, rtol=1e-10, atol=1e-10), name


def test_a_minibatch_is_counted_for_all_rows_and_the_prior_once() -> None:
    text = """
    data row {{ y : real }}
    m ~ Normal(0, 3)
    z[row] ~ Normal(m, 2)
    observe y ~ Normal(z, 1)
    infer svi({})
    """
    rows = torch.tensor([4, 1])
    y = torch.randn(6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    inputs = {"y": y.numpy()}
    with torch.random.fork_rng():
        bound = compile_text(text.format("batch = 2 of row")).bind({"row": inputs})
        how = bound.model.minibatches["row"]
        given = how.inputs(bound.inputs, rows)
        assert given["y"].tolist() == y[rows].tolist()
        trace = pyro.poutine.trace(bound.model.model).get_trace(**given)
        trace.compute_log_prob()
    m, z = trace.nodes["m"]["value"], trace.nodes["z"]["value"]
    assert z.shape == (2,)
    normal = torch.distributions.Normal
    by_row = normal(m, 2.0).log_prob(z) + normal(z, 1.0).log_prob(y[rows])
    assert trace.log_prob_sum().item() == pytest.approx((normal(0.0, 3.0).log_prob(m) + 3 * by_row.sum()).item())
    # Without the argument it is the program of a spec that asks for no minibatches.
    plain = compile_text(text.format("steps = 10")).bind({"row": inputs})
    assert plain.model.minibatches == {}
    by_row = normal(m, 2.0).log_prob(y / 2) + normal(y / 2, 1.0).log_prob(y)
    for whole in (bound, plain):
        conditioned = pyro.poutine.condition(whole.model.model, {"m": m, "z": y / 2})
        density = pyro.poutine.trace(conditioned).get_trace(**whole.inputs).log_prob_sum()
        assert density.item() == pytest.approx((normal(0.0, 3.0).log_prob(m) + by_row.sum()).item())


@pytest.mark.parametrize(("count", "size", "parts"), [(10, 3, 4), (10, 5, 2), (257, 256, 2), (7, 1, 7), (5, 4, 2)])
def test_an_epoch_has_every_row_once_in_batches_alike(count: int, size: int, parts: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = epochs(count, size)
        seen = [[next(found) for _ in range(parts)] for _ in range(2)]
    for epoch in seen:
        assert sorted(torch.cat(epoch).tolist()) == list(range(count))
        sizes = {len(rows) for rows in epoch}
        assert max(sizes) <= size
        assert max(sizes) - min(sizes) <= 1
    assert [r.tolist() for r in seen[0]] != [r.tolist() for r in seen[1]]


def test_all_rows_at_once_stay_in_their_order() -> None:
    # Pyro takes a plate with all its members to have them in order, and would pair parameters with other rows.
    found = epochs(5, 9)
    assert [next(found).tolist() for _ in range(2)] == [[0, 1, 2, 3, 4]] * 2


CONJUGATE = """
data row { y : real }
m ~ Normal(0, 3)
observe y ~ Normal(m, 2)
derive above = y - m
infer svi(guide = AutoMultivariateNormal, optim = ClippedAdam(lr = 0.05, lrd = 0.995), steps = 800, draws = 500)
"""


def bind(text: str, y: np.ndarray, table: str = "row") -> Bound:
    return compile_text(text).bind({table: {"y": y}})


def test_the_posterior_is_that_of_all_rows() -> None:
    y = np.random.default_rng(5).normal(1.5, 2, 200)
    bound = bind(CONJUGATE, y)
    assert bound.model.minibatches == {}
    fit = bound.fit(batch="32 of row", seed=3)
    precision = 1 / 9 + len(y) / 4
    mean, spread = y.sum() / 4 / precision, precision**-0.5
    # Four standard errors of 500 draws; and what the noise of minibatches leaves at a learning rate that has fallen to
    # 2 % of itself, which is under a fifth of the spread.
    tolerance = 4 * spread / 500**0.5 + 0.2 * spread
    assert fit["m"].mean() == pytest.approx(mean, abs=tolerance)
    assert fit["m"].std() == pytest.approx(spread, rel=0.2)
    assert fit["above"].shape == (1, 500, 200)
    assert np.allclose(fit["above"][0], y[None] - fit["m"][0][:, None], rtol=0, atol=1e-12)
    assert fit.posterior.facts["observations"] == 200
    assert fit.posterior.facts["khat"] < 0.7
    # The losses are of all rows: those of minibatches lie about those of the whole.
    whole = bound.fit(seed=3)
    assert fit.posterior.facts["final_loss"] == pytest.approx(whole.posterior.facts["final_loss"], rel=0.02)
    assert fit.manifest().settings["batch"] == (32, "row")


def test_an_override_gives_a_program_that_takes_minibatches() -> None:
    bound = bind(CONJUGATE, np.arange(6.0))
    fit = bound.fit(batch="2 of row", steps=5, draws=3)
    assert "row_rows" in fit.bound.compiled.source
    assert "row_rows" not in bound.compiled.source
    with pytest.raises(BayesError) as caught:
        bound.fit(batch="2 of rows")
    assert caught.value.diagnostics[0].code == "BD210"
    mixing = CONJUGATE.replace("y - m", "sum[row](y) - m")
    with pytest.raises(BayesError) as caught:
        bind(mixing, np.arange(6.0)).fit(batch="2 of row")
    assert caught.value.diagnostics[0].code == "BD519"


LATENTS = """
data row { y : real }
m ~ Normal(0, 3)
z[row] ~ Normal(m, 1)
observe y ~ Normal(z, 1)
derive gap = y - z
infer svi(optim = ClippedAdam(lr = 0.05, lrd = 0.996, clip_norm = 1000), steps = 1200, draws = 300, batch = 8 of row)
"""


@pytest.mark.parametrize("guide", ["AutoNormal", "AutoNormalMessenger"])
def test_latents_by_row_are_fitted_and_drawn_for_all_rows(guide: str) -> None:
    y = np.random.default_rng(2).normal(1, 2**0.5, 40)
    fit = bind(LATENTS.replace("svi(", f"svi(guide = {guide}, "), y).fit(seed=1)
    assert fit["z"].shape == (1, 300, 40)
    assert np.allclose(fit["gap"], y - fit["z"], rtol=0, atol=1e-12)
    # Independent normals keep the means of the posterior, and draw each z with the precision it has given m.
    precision = np.eye(41) * 2
    precision[0, 0] = 1 / 9 + 40
    precision[0, 1:] = precision[1:, 0] = -1
    means = np.linalg.solve(precision, np.concatenate([[0], y]))
    # A row's parameters are moved by every fifth step alone, by noisy slopes: a third of the spread is left to them.
    assert fit["m"].mean() == pytest.approx(means[0], abs=0.1)
    assert np.allclose(fit["z"][0].mean(0), means[1:], rtol=0, atol=0.25)
    assert np.allclose(fit["z"][0].std(0), 0.5**0.5, rtol=0.3)


def test_draws_and_weights_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    y = np.random.default_rng(2).normal(1, 2**0.5, 30)
    text = LATENTS.replace("svi(", "svi(guide = AutoDelta, ")
    fits = []
    for chunk in (1, 100):
        monkeypatch.setattr(minibatches, "_CHUNK", chunk)
        with Isolated(1):
            fit = _Fit(bind(text, y).model, SviSettings(("AutoDelta", {}), steps=30, draws=3, batch=(8, "row")))
            fit.optimise(lambda _: None)
            fit.draw(lambda _: None)
            fit.batches.take(torch.arange(30))
            model_trace, guide_trace = fit.traces()
            whole = float(model_trace.log_prob_sum() - guide_trace.log_prob_sum())
        fits.append(fit)
        assert fit.drawing.log_ratios == pytest.approx([whole] * 3, rel=1e-12)
    assert np.array_equal(fits[0].drawing.values["z"], fits[1].drawing.values["z"])


def test_a_fit_in_minibatches_is_the_same_again_and_leaves_nothing_behind() -> None:
    bound = bind(LATENTS, np.arange(20.0))
    before = torch.get_rng_state()
    first, second = (bound.fit(steps=30, draws=5, seed=2) for _ in range(2))
    other = bound.fit(steps=30, draws=5, seed=3)
    assert torch.equal(before, torch.get_rng_state())
    assert first.posterior.losses.tobytes() == second.posterior.losses.tobytes()
    assert all(first.draws[name].tobytes() == second.draws[name].tobytes() for name in first.draws)
    assert first.posterior.losses.tobytes() != other.posterior.losses.tobytes()


def test_other_engines_run_the_program_on_all_rows() -> None:
    y = np.random.default_rng(5).normal(1.5, 2, 50)
    bound = bind(CONJUGATE + "infer small = svi(batch = 8 of row)\n", y)
    assert "row" in bound.model.minibatches
    precision = 1 / 9 + len(y) / 4
    assert bound.fit("map", steps=400)["m"].item() == pytest.approx(y.sum() / 4 / precision, abs=1e-4)
    nuts = bound.fit("nuts", chains=1, warmup=100, draws=200)
    # Four standard errors of two hundred draws, correlated as NUTS draws of one number are: half of them count.
    assert nuts["m"].mean() == pytest.approx(y.sum() / 4 / precision, abs=4 * (precision * 100) ** -0.5)


def test_a_curvature_is_that_of_all_rows() -> None:
    y = np.random.default_rng(5).normal(1.5, 2, 60)
    fit = bind(CONJUGATE, y).fit(batch="20 of row", guide="AutoLaplaceApproximation", steps=400)
    assert fit["m"].std() == pytest.approx((1 / 9 + 60 / 4) ** -0.5, rel=0.1)  # a thousand draws: 2 %


def test_very_many_rows_are_not_gone_through_for_every_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minibatches, "_WEIGHED", 60 * 150)
    text = CONJUGATE.replace("derive above = y - m\n", "")
    y = np.random.default_rng(5).normal(1.5, 2, 60)
    seen: list[Progress] = []
    fit = bind(text, y).fit(batch="6 of row", steps=100, draws=160, progress=seen.append)
    assert "khat" in fit.posterior.facts  # of the first 150 draws
    assert [p.done for p in seen if p.phase == "rows"] == [24, 48, 60]
    monkeypatch.setattr(minibatches, "_WEIGHED", 60 * 50)
    fit = bind(text, y).fit(batch="6 of row", steps=10, draws=160)
    assert "khat" not in fit.posterior.facts
    assert "all rows" in fit.posterior.facts["khat_note"]


def test_an_interrupt_while_rows_are_drawn() -> None:
    def stop(progress: Progress) -> None:
        if progress.phase == "rows":
            raise KeyboardInterrupt

    y = np.arange(60.0)
    kept = bind(CONJUGATE.replace("derive above = y - m\n", ""), y).fit(
        batch="4 of row", steps=20, draws=120, progress=stop
    )
    assert kept.posterior.interrupted
    assert kept["m"].shape == (1, 120)
    with pytest.raises(BayesError) as caught:
        bind(CONJUGATE, y).fit(batch="4 of row", steps=20, draws=5, progress=stop)
    assert isinstance(caught.value.__cause__, Interrupted)


def test_draws_that_would_not_fit_are_refused_before_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minibatches, "_KEPT", 20 * 100)
    bound = bind(LATENTS, np.arange(20.0))
    assert bound.fit(steps=2, draws=100)["z"].shape == (1, 100, 20)
    with pytest.raises(BayesError) as caught:
        bound.fit(steps=10**9, draws=101)
    (finding,) = caught.value.diagnostics
    assert finding.code == "BD863"
    assert "100 would do" in finding.message
    assert bound.compiled.spec.source.slice(finding.primary.span).startswith("z")


def test_an_amortised_guide_learns_in_minibatches() -> None:
    bound = compile_text(VAE).bind(images(200))
    fit = bound.fit(seed=1)
    assert fit["z"].shape == (1, 20, 200, 4)
    assert fit.posterior.facts["observations"] == 200 * 16
    # By themselves the pixels, on with a frequency of their own, have this entropy; six patterns have far less.
    on = bound.inputs["pixels"].numpy().mean(0)
    alone = -(on * np.log(on) + (1 - on) * np.log(1 - on)).mean()
    assert fit.posterior.facts["loss_per_observation"] < 0.85 * alone
    # One value for each weight, and none for each row.
    assert fit.posterior.learned["amortised.encoder.0.weight"].shape == (30, 16)


def test_a_program_for_numpyro_takes_all_rows() -> None:
    compiled = compile_text(LATENTS)
    assert "subsample=row_rows" in compiled.emit("pyro")
    assert "row_rows" not in compiled.emit("numpyro")
