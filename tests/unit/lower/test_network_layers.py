"""Layers end to end: the emitted program's density against one written out with torch's own modules."""

from __future__ import annotations

import pyro
import pytest
import torch
from pyro import poutine
from torch import nn
from torch.distributions import Bernoulli, Gamma, HalfNormal, Normal

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver import compile_text

F64 = torch.float64


def density(compiled, data, values) -> float:
    """The log density of the emitted model where its latents have these values."""
    bound = compiled.bind(data)
    conditioned = poutine.condition(compiled.model, values)
    with pyro.get_param_store().scope():
        return float(poutine.trace(conditioned).get_trace(**bound.inputs).log_prob_sum())


def test_a_bayesian_network_has_the_density_of_torchs_sequential():
    compiled = compile_text("""
    data point { x : real; y : real }
    layer f = Linear(1, 4) -> Tanh -> (Linear(4, 4) -> ReLU) * 2 -> Linear(4, 1) {
        weight ~ Normal(0, 5 * sqrt(2 / fan_in))
        bias   ~ Normal(0, fan_out)
    }
    s ~ Gamma(0.5, 1)
    observe y ~ Normal(f(x), var = s)
    """)
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randn(2, 7, generator=generator, dtype=F64)
    network = nn.Sequential(
        nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1)
    ).double()
    # Sites are called as torch's own parameters.
    assert {f"f.{name}" for name, _ in network.named_parameters()} == set(compiled.program.sites) - {"s"}
    weights = {n: torch.randn(p.shape, generator=generator, dtype=F64) for n, p in network.named_parameters()}
    s = torch.tensor(0.7, dtype=F64)
    expected = Gamma(torch.tensor(0.5, dtype=F64), torch.tensor(1.0, dtype=F64)).log_prob(s)
    for name, value in weights.items():
        fan_out, fan_in = network.get_parameter(name.replace("bias", "weight")).shape
        scale = 5 * (2 / fan_in) ** 0.5 if name.endswith("weight") else fan_out
        expected += Normal(0.0, torch.tensor(scale, dtype=F64)).log_prob(value).sum()
    mean = torch.func.functional_call(network, weights, (x[:, None],))[:, 0]
    expected += Normal(mean, s.sqrt()).log_prob(y).sum()
    values = {f"f.{name}": value for name, value in weights.items()} | {"s": s}
    found = density(compiled, {"point": {"x": x.numpy(), "y": y.numpy()}}, values)
    # The same terms, summed in another order.
    assert found == pytest.approx(float(expected), rel=1e-12)


VAE = """
plate latent = 3
data image { pixels[pixel] = columns("p*") }
layer decoder : [latent] -> [pixel] = Linear(latent, 5) -> Softplus -> Linear(5, pixel)
z[image, latent] ~ Normal(0, 1)
observe pixels ~ Bernoulli(logits = decoder(z))
guide amortised {
    layer encoder : [pixel] -> [latent], [latent] =
        Linear(pixel, 5) -> Softplus -> (Linear(5, latent), Linear(5, latent))
    loc, log_scale = encoder(pixels)
    z[image, latent] ~ Normal(loc, exp(log_scale))
}
infer svi(guide = amortised, optim = Adam(lr = 0.02), steps = 60, draws = 5)
"""


def digits(rows: int) -> dict:
    generator = torch.Generator().manual_seed(2)
    pixels = (torch.rand(rows, 4, generator=generator) < 0.4).double().numpy()
    return {"image": {f"p{i}": pixels[:, i] for i in range(4)}}


def test_an_amortised_guide_and_its_decoder_have_torchs_densities():
    compiled = compile_text(VAE.replace('= columns("p*")', ': binary = columns("p*")'))
    data = digits(6)
    bound = compiled.bind(data)
    with pyro.get_param_store().scope():
        torch.manual_seed(0)
        guide = poutine.trace(compiled.guide).get_trace(**bound.inputs)
        model = poutine.trace(poutine.replay(compiled.model, guide)).get_trace(**bound.inputs)
        store = {name: value.detach() for name, value in pyro.get_param_store().items()}
    z = guide.nodes["z"]["value"].detach()
    pixels = bound.inputs["pixels"]

    def weight(name):
        return store[name]

    hidden = nn.functional.softplus(
        pixels @ weight("amortised.encoder.0.weight").T + weight("amortised.encoder.0.bias")
    )
    loc = hidden @ weight("amortised.encoder.2.0.weight").T + weight("amortised.encoder.2.0.bias")
    log_scale = hidden @ weight("amortised.encoder.2.1.weight").T + weight("amortised.encoder.2.1.bias")
    entropy = Normal(loc, log_scale.exp()).log_prob(z).sum()
    assert float(guide.log_prob_sum().detach()) == pytest.approx(float(entropy), rel=1e-12)
    inner = nn.functional.softplus(z @ weight("decoder.0.weight").T + weight("decoder.0.bias"))
    logits = inner @ weight("decoder.2.weight").T + weight("decoder.2.bias")
    expected = (
        Normal(0.0, torch.tensor(1.0, dtype=F64)).log_prob(z).sum() + Bernoulli(logits=logits).log_prob(pixels).sum()
    )
    assert float(model.log_prob_sum()) == pytest.approx(float(expected), rel=1e-12)


def test_learned_weights_start_as_torchs_do_and_belong_to_one_fit():
    compiled = compile_text(VAE.replace('= columns("p*")', ': binary = columns("p*")'))
    first, second = (compiled.fit(data=digits(6), seed=3) for _ in range(2))
    learned = first.posterior.learned
    assert set(learned) == {
        *(f"decoder.{i}.{leaf}" for i in (0, 2) for leaf in ("weight", "bias")),
        *(f"amortised.encoder.{i}.{leaf}" for i in ("0", "2.0", "2.1") for leaf in ("weight", "bias")),
    }
    assert learned["decoder.0.weight"].shape == (5, 3)
    assert first.posterior.dims["decoder.2.weight"] == ("pixel", "decoder.2.weight[1]")
    for name, value in learned.items():
        assert (value == second.posterior.learned[name]).all()
        # Torch starts within one over the root of what goes in, and sixty small steps do not carry it far.
        assert abs(value).max() < 2
    assert first.posterior.losses[-10:].mean() < first.posterior.losses[:10].mean()


def test_weights_may_have_priors_over_the_plates_that_are_their_sizes():
    compiled = compile_text("""
    data row { x[feature] = columns("x*"); y : real }
    lam[feature] ~ HalfNormal(1)
    layer f : [feature] -> [out] = Linear(feature, out, bias = false) { weight ~ Normal(0, lam) }
    plate out = 2
    observe y ~ Normal(sum[out](f(x)), 1)
    """)
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(4, 3, generator=generator, dtype=F64)
    y = torch.randn(4, generator=generator, dtype=F64)
    lam, weight = torch.rand(3, generator=generator, dtype=F64), torch.randn(2, 3, generator=generator, dtype=F64)
    one = torch.tensor(1.0, dtype=F64)
    expected = (
        HalfNormal(one).log_prob(lam).sum()
        + Normal(0.0, lam).log_prob(weight).sum()
        + Normal((x @ weight.T).sum(-1), one).log_prob(y).sum()
    )
    data = {"row": {**{f"x{i}": x[:, i].numpy() for i in range(3)}, "y": y.numpy()}}
    found = density(compiled, data, {"lam": lam, "f.0.weight": weight})
    assert found == pytest.approx(float(expected), rel=1e-12)


def test_a_layer_of_several_values_takes_each_over_its_own_rows():
    compiled = compile_text("""
    plate k = 2
    data house { county : category = ["a", "b", "a"]; x = [0.1, 0.2, 0.3]; y = [1.0, 2.0, 0.5] }
    u[county, k] ~ Normal(0, 1)
    layer f : [], [k] -> [] = Linear(3, 1) { weight, bias ~ Normal(0, 1) }
    observe y ~ Normal(f(x, u[county]), 1)
    """)
    generator = torch.Generator().manual_seed(6)
    u = torch.randn(2, 2, generator=generator, dtype=F64)
    weight, bias = torch.randn(1, 3, generator=generator, dtype=F64), torch.randn(1, generator=generator, dtype=F64)
    inputs = compiled.bind().inputs
    inside = torch.cat([inputs["x"][:, None], u[inputs["county_of_house"]]], -1)
    one = torch.tensor(1.0, dtype=F64)
    expected = Normal((inside @ weight.T + bias)[:, 0], one).log_prob(inputs["y"]).sum()
    expected += sum(Normal(0.0, one).log_prob(value).sum() for value in (u, weight, bias))
    found = density(compiled, None, {"u": u, "f.0.weight": weight, "f.0.bias": bias})
    assert found == pytest.approx(float(expected), rel=1e-12)


def test_sizes_that_only_the_data_tell_are_held_against_them():
    compiled = compile_text("""
    plate k = 2
    data image { pixels[pixel] = columns("p*"); y : real }
    layer f : [pixel] -> [k] = Unflatten(1, [1, 3]) -> Flatten -> Linear(3, k) { weight, bias ~ Normal(0, 1) }
    observe y ~ Normal(sum[k](f(pixels)), 1)
    """)
    table = {"p1": [0.0, 1.0], "p2": [0.0, 1.0], "p3": [1.0, 0.0], "y": [0.2, 0.1]}
    compiled.bind({"image": table})
    with pytest.raises(BayesError) as caught:
        compiled.bind({"image": {**table, "p4": [1.0, 1.0]}})
    (finding,) = caught.value.diagnostics
    assert finding.code == "BD768"
    assert "takes 3, and pixel goes in" in finding.message
