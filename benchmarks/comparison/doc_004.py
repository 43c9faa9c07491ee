"""Variational inference in plain Pyro: a coin three ways, two sparse regressions, a variational autoencoder."""

import numpy as np
import pandas as pd
import pyro
import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from pyro.infer import MCMC, NUTS, SVI, Predictive, Trace_ELBO
from pyro.infer.autoguide import AutoDiagonalNormal, AutoLowRankMultivariateNormal, AutoMultivariateNormal
from torch import nn


def coin(heads):
    p = pyro.sample("p", dist.Beta(1.0, 1.0))
    with pyro.plate("toss", len(heads)):
        pyro.sample("heads", dist.Bernoulli(p), obs=heads)


def by_hand(heads):
    a = pyro.param("a", torch.tensor(1.0), constraint=constraints.positive)
    b = pyro.param("b", torch.tensor(1.0), constraint=constraints.positive)
    pyro.sample("p", dist.Beta(a, b))


def gaussian(x, y):
    beta = pyro.sample("beta", dist.Normal(0.0, 10.0).expand([x.shape[1]]).to_event(1))
    s2 = pyro.sample("s2", dist.InverseGamma(0.1, 0.1))
    with pyro.plate("sample", len(x)):
        pyro.sample("y", dist.Normal(x @ beta, s2.sqrt()), obs=y)


def horseshoe(x, y):
    tau = pyro.sample("tau", dist.HalfCauchy(1.0))
    lam = pyro.sample("lam", dist.HalfCauchy(1.0).expand([x.shape[1]]).to_event(1))
    beta = pyro.sample("beta", dist.Normal(0.0, tau * lam).to_event(1))
    sigma = pyro.param("sigma", torch.tensor(1.0), constraint=constraints.positive)
    with pyro.plate("sample", len(x)):
        pyro.sample("y", dist.Normal(x @ beta, sigma), obs=y)


class VAE(nn.Module):
    def __init__(self, pixels, latent=20, hidden=400):
        super().__init__()
        self.latent = latent
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.Softplus(), nn.Linear(hidden, pixels))
        self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.Softplus())
        self.loc, self.log_scale = nn.Linear(hidden, latent), nn.Linear(hidden, latent)

    def model(self, images, batch=None):
        pyro.module("decoder", self.decoder)
        with pyro.plate("image", len(images), subsample_size=batch) as rows:
            prior = dist.Normal(images.new_zeros(self.latent), 1.0).to_event(1)
            logits = self.decoder(pyro.sample("z", prior))
            likelihood = dist.Bernoulli(logits=logits, validate_args=False).to_event(1)
            pyro.sample("pixels", likelihood, obs=images[rows])

    def guide(self, images, batch=None):
        for name in ("encoder", "loc", "log_scale"):
            pyro.module(name, getattr(self, name))
        with pyro.plate("image", len(images), subsample_size=batch) as rows:
            hidden = self.encoder(images[rows])
            pyro.sample("z", dist.Normal(self.loc(hidden), self.log_scale(hidden).exp()).to_event(1))


def fit(model, guide, rate, steps, *data):
    svi = SVI(model, guide, pyro.optim.Adam({"lr": rate}), Trace_ELBO())
    return [svi.step(*data) for _ in range(steps)]


def sample(guide, number, *data):
    draws = Predictive(guide, num_samples=number)(*data)
    return {name: value.detach().squeeze() for name, value in draws.items() if not name.startswith("_")}


def load(path):
    rows = torch.tensor(pd.read_csv(path).to_numpy(), dtype=torch.float)
    return rows[:, :-1], rows[:, -1]


def answers(setting):
    pyro.set_rng_seed(setting.seed)
    heads = torch.tensor(pd.read_csv(setting.specs / "toss.csv").heads.to_numpy(), dtype=torch.float)
    pyro.clear_param_store()
    fit(coin, by_hand, 0.1, setting.steps(1000, 20), heads)
    yield "coin, guide by hand", sample(by_hand, setting.steps(1000, 20), heads)

    pyro.clear_param_store()
    guide = AutoDiagonalNormal(coin)
    fit(coin, guide, 0.01, setting.steps(1000, 20), heads)
    yield "coin, autoguide", sample(guide, setting.steps(1000, 20), heads)

    warmup, draws = setting.steps(500, 5), setting.steps(2000, 20)
    chain = MCMC(NUTS(coin), num_samples=draws, warmup_steps=warmup, disable_progbar=True)
    chain.run(heads)
    yield "coin, NUTS", chain.get_samples()

    x, y = load(setting.specs / "sparse.csv")
    pyro.clear_param_store()
    guide = AutoMultivariateNormal(gaussian)
    fit(gaussian, guide, 0.01, setting.steps(3000, 20), x, y)
    yield "Gaussian prior", sample(guide, setting.steps(1000, 20), x, y)

    pyro.clear_param_store()
    guide = AutoLowRankMultivariateNormal(horseshoe, rank=1)
    fit(horseshoe, guide, 0.01, setting.steps(3000, 20), x, y)
    draws = sample(guide, setting.steps(1000, 20), x, y)
    yield "horseshoe", {"beta": draws["beta"], "sigma": pyro.param("sigma").detach()}

    images = torch.tensor(np.load(setting.specs / "digits.npz")["pixels"])
    pyro.clear_param_store()
    vae = VAE(images.shape[1])
    losses = fit(vae.model, vae.guide, 0.001, setting.steps(600, 20), images, 256)
    yield "variational autoencoder", {"loss per image": np.mean(losses[-100:]) / len(images)}
