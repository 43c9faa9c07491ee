"""Ruggedness and income, in plain Pyro: a point, a posterior, predictions, and a module to serve them."""

import numpy as np
import pandas as pd
import pyro
import pyro.distributions as dist
import torch
from pyro import poutine
from pyro.infer import SVI, Predictive, Trace_ELBO
from pyro.infer.autoguide import AutoDiagonalNormal
from pyro.nn import PyroModule, PyroSample
from torch import nn


def load(path):
    rows = pd.read_csv(path, sep=";")
    rows = rows[rows.rgdppc_2000.notna()]
    x = np.stack([rows.cont_africa, rows.rugged, rows.cont_africa * rows.rugged], axis=-1)
    y = np.log(rows.rgdppc_2000)
    return torch.tensor(x, dtype=torch.float), torch.tensor(y.to_numpy(), dtype=torch.float)


def least_squares(x, y, steps):
    linear = nn.Linear(3, 1)
    optimiser = torch.optim.Adam(linear.parameters(), lr=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        nn.functional.mse_loss(linear(x).squeeze(-1), y, reduction="sum").backward()
        optimiser.step()
    return linear


class Regression(PyroModule):
    def __init__(self):
        super().__init__()
        self.linear = PyroModule[nn.Linear](3, 1)
        self.linear.weight = PyroSample(dist.Normal(0.0, 1.0).expand([1, 3]).to_event(2))
        self.linear.bias = PyroSample(dist.Normal(0.0, 10.0).expand([1]).to_event(1))

    def forward(self, x, y=None):
        sigma = pyro.sample("sigma", dist.Uniform(0.0, 10.0))
        mean = pyro.deterministic("mean", self.linear(x).squeeze(-1))
        with pyro.plate("nation", len(x)):
            pyro.sample("y", dist.Normal(mean, sigma), obs=y)


def fit(x, y, steps):
    model = Regression()
    guide = AutoDiagonalNormal(model)
    svi = SVI(model, guide, pyro.optim.Adam({"lr": 0.03}), Trace_ELBO())
    for _ in range(steps):
        svi.step(x, y)
    return model, guide


class OneDraw(nn.Module):
    """What is served: each call draws the weights and an income for every row."""

    def __init__(self, model, guide):
        super().__init__()
        self.model, self.guide = model, guide

    def forward(self, x):
        drawn = poutine.trace(self.guide).get_trace(x)
        trace = poutine.trace(poutine.replay(self.model, drawn)).get_trace(x)
        return trace.nodes["y"]["value"]


def answers(setting):
    x, y = load(setting.rugged)
    pyro.set_rng_seed(setting.seed)
    pyro.clear_param_store()
    linear = least_squares(x, y, setting.steps(1500, 20))
    yield "the point", {"weight": linear.weight.detach(), "bias": linear.bias.detach()}

    model, guide = fit(x, y, setting.steps(1500, 20))
    predictive = Predictive(model, guide=guide, num_samples=800)
    draws = {name: value.detach() for name, value in predictive(x).items()}
    weight = draws["linear.weight"].reshape(-1, 3)
    found = {name: draws[site].reshape(800, -1) for name, site in (("bias", "linear.bias"), ("sigma", "sigma"))}
    found |= {"weight": weight, "slope in Africa": weight[:, 1] + weight[:, 2], "slope elsewhere": weight[:, 1]}
    found |= {"mean": draws["mean"].reshape(800, -1), "income": draws["y"].reshape(800, -1)}
    yield "the posterior and its predictions", found

    path = setting.folder / "plain.pt"
    torch.jit.trace(OneDraw(model, guide), (x,), check_trace=False).save(path)
    served = torch.jit.load(path)
    yield "the served module", {"income": torch.stack([served(x) for _ in range(800)]).detach()}
