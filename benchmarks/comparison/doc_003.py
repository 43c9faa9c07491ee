"""Bayesian neural networks in plain Pyro: one hidden layer by NUTS, five by SVI, updating with new points."""

import math
from itertools import pairwise

import pandas as pd
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import MCMC, NUTS, SVI, Predictive, Trace_ELBO
from pyro.infer.autoguide import AutoDiagonalNormal
from pyro.nn import PyroModule, PyroSample
from torch import nn


def load(path):
    return torch.tensor(pd.read_csv(path).to_numpy(), dtype=torch.float).unbind(-1)


class Network(PyroModule):
    """Layers with normal priors, Tanh between them, and noise whose variance is s."""

    def __init__(self, sizes, weight_scale, bias_scale):
        super().__init__()
        layers = []
        for fan_in, fan_out in pairwise(sizes):
            layer = PyroModule[nn.Linear](fan_in, fan_out)
            weight = dist.Normal(0.0, weight_scale(fan_in)).expand([fan_out, fan_in])
            layer.weight = PyroSample(weight.to_event(2))
            layer.bias = PyroSample(dist.Normal(0.0, bias_scale).expand([fan_out]).to_event(1))
            layers += [layer, PyroModule[nn.Tanh]()]
        self.f = PyroModule[nn.Sequential](*layers[:-1])

    def forward(self, x, y=None):
        mean = pyro.deterministic("mean", self.f(x.unsqueeze(-1)).squeeze(-1))
        s = pyro.sample("s", dist.Gamma(0.5, 1.0))
        with pyro.plate("point", len(x)):
            pyro.sample("y", dist.Normal(mean, s.sqrt()), obs=y)


def shallow():
    return Network([1, 5, 1], lambda fan_in: 10.0, 10.0)


def deep():
    return Network([1, 10, 10, 10, 10, 10, 1], lambda fan_in: 5 * math.sqrt(2 / fan_in), 5.0)


def updated(guide):
    """The shallow network with the fitted guide as its prior: every site, s on the logarithmic scale."""
    model, posterior, start = shallow(), guide.get_posterior(), 0
    moments = {}
    for name, site in guide.prototype_trace.iter_stochastic_nodes():
        shape = site["value"].shape
        part = slice(start, start := start + shape.numel())
        moments[name] = [m[part].detach().reshape(shape) for m in (posterior.mean, posterior.stddev)]
    for name, (mean, sd) in moments.items():
        if name != "s":
            layer, _, parameter = name.rpartition(".")
            prior = dist.Normal(mean, sd).to_event(mean.dim())
            setattr(model.get_submodule(layer), parameter, PyroSample(prior))
    return UpdatedNoise(model, *moments["s"])


class UpdatedNoise(PyroModule):
    def __init__(self, network, loc, scale):
        super().__init__()
        self.f, self.loc, self.scale = network.f, loc, scale

    def forward(self, x, y=None):
        mean = pyro.deterministic("mean", self.f(x.unsqueeze(-1)).squeeze(-1))
        s = pyro.sample("s", dist.LogNormal(self.loc, self.scale))
        with pyro.plate("point", len(x)):
            pyro.sample("y", dist.Normal(mean, s.sqrt()), obs=y)


def by_nuts(model, x, y, warmup, draws, depth):
    chain = MCMC(NUTS(model, max_tree_depth=depth), num_samples=draws, warmup_steps=warmup, disable_progbar=True)
    chain.run(x, y)
    return chain.get_samples()


def by_svi(model, x, y, steps):
    pyro.clear_param_store()
    guide = AutoDiagonalNormal(model)
    svi = SVI(model, guide, pyro.optim.Adam({"lr": 0.01}), Trace_ELBO())
    for _ in range(steps):
        svi.step(x, y)
    return guide


def answers(setting):
    x, y = load(setting.specs / "curve.csv")
    grid = torch.linspace(-0.5, 1.5, 3000)
    pyro.set_rng_seed(setting.seed)

    draws = by_nuts(shallow(), x, y, setting.steps(25, 5), setting.steps(25, 5), setting.steps(7, 3))
    yield "one hidden layer, NUTS", setting.at(grid, Predictive(shallow(), draws)(grid))

    model = deep()
    guide = by_svi(model, x, y, setting.steps(1000, 20))
    predicted = Predictive(model, guide=guide, num_samples=setting.steps(300, 20))(grid)
    yield "five hidden layers, SVI", setting.at(grid, predicted)

    model = shallow()
    guide = by_svi(model, x, y, setting.steps(1000, 20))
    model = updated(guide)
    x, y = load(setting.specs / "curve_new.csv")
    guide = by_svi(model, x, y, setting.steps(1000, 20))
    predicted = Predictive(model, guide=guide, num_samples=setting.steps(300, 20))(grid)
    yield "updating with new points", setting.at(grid, predicted)
