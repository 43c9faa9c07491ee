"""Document 004: variational inference, from a coin to an autoencoder. A test for each thing it does."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

import bayesdsl as bd

# Seven of ten tosses in `toss.csv` are heads.
EXACT = stats.beta(1 + 7, 1 + 3)


@pytest.mark.parametrize(
    ("inference", "settings"),
    [
        ("svi", {"optim": "ClippedAdam(lr = 0.1, lrd = 0.998)", "steps": 1500, "draws": 4000}),
        ("auto", {"steps": 1000, "draws": 4000}),
        ("exact", {"warmup": 200, "draws": 2500}),
    ],
)
def test_004_a_coin_by_a_hand_written_guide_an_autoguide_and_nuts(
    specs: Path, inference: str, settings: dict[str, object]
) -> None:
    """The closed form is a Beta. The error of a mean is 0.02 to 0.03 sd by the draws and some 0.1 by the optimiser's
    noise, though its steps shrink; the autoguide is normal on the logit scale, which is 0.1 away.
    """
    fit = bd.compile(specs / "coin.bayes").fit(inference, data={"toss": specs / "toss.csv"}, seed=4, **settings)
    p = fit["p"].ravel()

    assert abs(p.mean() - EXACT.mean()) < 0.2 * EXACT.std()
    assert p.std() == pytest.approx(EXACT.std(), rel=0.15)


def test_004_a_hundred_coefficients_with_an_inverse_gamma_variance(specs: Path) -> None:
    """As many coefficients as rows, so little is known of each: the intervals are wide and hold the truth, nine in ten
    of them or more, and the guide has every covariance.
    """
    fit = bd.compile(specs / "gaussian.bayes").fit("short", seed=1, steps=1200, draws=400)
    low, high = np.quantile(fit["beta"][0], [0.025, 0.975], axis=0)
    truth = coefficients()

    assert fit["beta"].shape == (1, 400, 100)
    assert ((low < truth) & (truth < high)).mean() > 0.85
    assert (fit["s2"] > 0).all()
    # A variance: the density of a row is that of a normal with its root as scale.
    bound = fit.bound
    beta, s2 = torch.tensor(fit["beta"][0, 0]), torch.tensor(fit["s2"][0, 0])
    residuals = bound.inputs["y"].numpy() - bound.inputs["x"].numpy() @ beta.numpy()
    expected = stats.norm(0, math.sqrt(s2)).logpdf(residuals).sum()
    assert likelihood(bound, beta=beta, s2=s2) == pytest.approx(expected, rel=1e-9)


def test_004_the_horseshoe_shrinks_the_small_and_not_the_large(specs: Path) -> None:
    """Against the Gaussian prior on the same data: null coefficients are a tenth as far from 0 and the large ones where
    they were made; sigma, which has no prior, moves from 1 towards the 0.5 that the data were made with.
    """
    horseshoe = bd.compile(specs / "horseshoe.bayes").fit("short", seed=1, draws=300)
    gaussian = bd.compile(specs / "gaussian.bayes").fit("short", seed=1, steps=1200, draws=300)
    truth = coefficients()
    large = truth != 0
    shrunk, wide = (np.median(fit["beta"][0], axis=0) for fit in (horseshoe, gaussian))

    assert np.abs(shrunk[~large]).mean() < 0.2 * np.abs(wide[~large]).mean()
    assert (np.abs(shrunk[large] - truth[large]) < 0.25 * np.abs(truth[large])).all()
    assert horseshoe["beta"][0][:, ~large].std() < 0.5 * gaussian["beta"][0][:, ~large].std()
    assert abs(horseshoe["sigma"].mean() - 1) > 0.1


@pytest.mark.slow
def test_004_the_horseshoe_as_written(specs: Path) -> None:
    """50,000 steps: null coefficients at 0, the large ones where they were made, sigma moved from 1."""
    fit = bd.compile(specs / "horseshoe.bayes").fit(seed=1)
    truth = coefficients()
    median = np.median(fit["beta"][0], axis=0)

    assert np.abs(median[truth == 0]).mean() < 0.1
    assert (np.abs(median - truth)[truth != 0] < 0.5).all()
    assert np.ptp(fit["sigma"]) == 0
    assert abs(fit["sigma"].mean() - 1) > 0.1


@pytest.mark.parametrize(
    "loss",
    [
        "RenyiELBO(alpha = 0, num_particles = 5)",  # importance weighted
        "RenyiELBO(alpha = 0.5, num_particles = 5)",
        "TraceTailAdaptive_ELBO(num_particles = 10)",
        "ReweightedWakeSleep(num_particles = 5, vectorize_particles = true)",
    ],
)
def test_004_other_objectives(specs: Path, loss: str) -> None:
    """On the logit scale the posterior is nearly the guide's normal, so all objectives have nearly the same optimum;
    their gradients are noisier than the usual one's, a quarter of an sd in these few steps.
    """
    fit = bd.compile(specs / "coin.bayes").fit(
        "auto", data={"toss": specs / "toss.csv"}, loss=loss, optim="Adam(lr = 0.02)", steps=400, seed=2
    )
    p = fit["p"].ravel()

    assert abs(p.mean() - EXACT.mean()) < 0.3 * EXACT.std()
    assert p.std() == pytest.approx(EXACT.std(), rel=0.3)


MEAN_FIELD = "infer field = svi(guide = AutoNormal, optim = Adam(lr = 0.003), steps = 150, draws = 5)"


def test_004_an_autoencoder_beats_a_mean_field_guide(specs: Path) -> None:
    """The same model on the same images, with as many steps: an encoder learns from all images what a mean-field guide
    has to learn for each of them. ELBOs are means over the last steps, whose noise is a percent.
    """
    source = (specs / "vae.bayes").read_text(encoding="utf-8")
    with np.load(specs / "digits.npz") as digits:
        images = digits["pixels"][:300]
    model = bd.compile_text(f"{source}\n{MEAN_FIELD}\n", name=str(specs / "vae.bayes"))
    model = model.bind({"image": {"pixels": images}})
    elbo = {}
    for name in ("short", "field"):
        losses = model.fit(name, seed=1).posterior.losses
        elbo[name] = -losses[-20:].mean() / len(images)

    # An image of 64 pixels costs 64 log 2 nats where nothing is known of it.
    assert elbo["short"] > elbo["field"] + 1
    assert elbo["short"] > -64 * math.log(2)


@pytest.mark.slow
def test_004_an_autoencoder_as_written(specs: Path) -> None:
    """Its ELBO against that of a mean-field guide after as many steps of as many images."""
    source = (specs / "vae.bayes").read_text(encoding="utf-8")
    model = bd.compile_text(f"{source}\n{MEAN_FIELD}\n", name=str(specs / "vae.bayes")).bind()
    amortised = -model.fit(seed=1, draws=5).posterior.losses[-200:].mean() / 1797
    field = -model.fit("field", seed=1, steps=5000, draws=5, batch="256 of image").posterior.losses[-200:].mean() / 1797

    assert amortised > field


NETWORKS = {
    "convolutions": "Unflatten(1, [1, 8]) -> Conv1d(1, 4, 3) -> ReLU -> MaxPool1d(2) -> Flatten -> Linear(12, 1)",
    "normalisation": "Linear(feature, 6) -> LayerNorm(6) -> GELU -> Linear(6, 1)",
    "recurrence": "Unflatten(1, [8, 1]) -> GRU(1, 4) -> Flatten -> Linear(32, 1)",
    "activations": "Linear(feature, 6) -> ELU -> Linear(6, 6) -> Sigmoid -> Linear(6, 1)",
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=list(NETWORKS))
def test_004_layers_of_many_kinds_are_learned(network: str) -> None:
    """A function of a row, learned with weights that have no prior: the loss falls by a quarter."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 8))
    data = {f"x{i}": x[:, i] for i in range(8)} | {"y": np.sin(x[:, 0]) + x[:, 1]}
    model = bd.compile_text(f"""
data row {{ x[feature] = columns("x*"); y : real }}
layer f : [feature] -> [] = {network}
sigma ~ HalfNormal(1)
observe y ~ Normal(f(x), sigma)
infer svi(guide = AutoNormal, optim = Adam(lr = 0.01), steps = 300, draws = 10)
""")
    losses = model.fit(data={"row": data}, seed=1).posterior.losses

    assert losses[-20:].mean() < 0.75 * losses[:20].mean()


def coefficients() -> np.ndarray:
    """What `sparse.csv` was made with."""
    from seeds.made import made

    large = np.array(made.LARGE)
    return np.concatenate([large, np.zeros(100 - len(large))])


def likelihood(bound: bd.Bound, **values: torch.Tensor) -> float:
    """The log density of y under the emitted program."""
    import pyro

    conditioned = pyro.condition(bound.compiled.model, data=values)
    trace = pyro.poutine.trace(conditioned).get_trace(**bound.inputs)
    trace.compute_log_prob()
    return float(trace.nodes["y"]["log_prob_sum"])
