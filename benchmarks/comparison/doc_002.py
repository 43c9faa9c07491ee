"""One linear model, answered three ways, in plain PyTorch and Pyro: SGD, Adam on a posterior, NUTS."""

import pandas as pd
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import MCMC, NUTS
from torch import nn


def load(path):
    rows = torch.tensor(pd.read_csv(path).to_numpy(), dtype=torch.float)
    return rows[:, :2], rows[:, 2]


def by_sgd(x, y, steps):
    linear = nn.Linear(2, 1)
    optimiser = torch.optim.SGD(linear.parameters(), lr=0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        nn.functional.mse_loss(linear(x).squeeze(-1), y, reduction="sum").backward()
        optimiser.step()
    return linear.weight.detach(), linear.bias.detach()


def model(x, y=None):
    w = pyro.sample("w", dist.Normal(0.0, 10.0).expand([2]).to_event(1))
    b = pyro.sample("b", dist.Normal(0.0, 10.0))
    sigma = pyro.sample("sigma", dist.Uniform(0.0, 10.0))
    with pyro.plate("row", len(x)):
        pyro.sample("y", dist.Normal(x @ w + b, sigma), obs=y)


def by_adam(x, y, steps):
    """The mode of the posterior; sigma is kept positive by its logarithm."""
    w, b, log_sigma = torch.zeros(2), torch.zeros(()), torch.zeros(())
    values = [value.requires_grad_() for value in (w, b, log_sigma)]
    optimiser = torch.optim.Adam(values, lr=0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        conditioned = pyro.condition(model, data={"w": w, "b": b, "sigma": log_sigma.exp()})
        (-pyro.poutine.trace(conditioned).get_trace(x, y).log_prob_sum()).backward()
        optimiser.step()
    return w.detach()[None], b.detach(), log_sigma.exp().detach()


def by_nuts(x, y, warmup, draws):
    chains = MCMC(NUTS(model), num_samples=draws, warmup_steps=warmup, disable_progbar=True)
    chains.run(x, y)
    return chains.get_samples()


def answers(setting):
    x, y = load(setting.specs / "linear.csv")
    pyro.set_rng_seed(setting.seed)
    w, b = by_sgd(x, y, setting.steps(8000, 20))
    yield "SGD", {"w": w, "b": b}

    w, b, sigma = by_adam(x, y, setting.steps(10000, 20))
    yield "Adam on the posterior", {"w": w, "b": b, "sigma": sigma}

    yield "NUTS", by_nuts(x, y, setting.steps(500, 5), setting.steps(500, 5))
