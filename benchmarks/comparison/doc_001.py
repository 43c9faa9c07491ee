"""Ruggedness and income again, in plain Pyro: params, a guide by hand, an autoguide, posterior predictions."""

import numpy as np
import pandas as pd
import pyro
import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from pyro.infer import SVI, Predictive, Trace_ELBO
from pyro.infer.autoguide import AutoMultivariateNormal

NAMES = ("a", "bA", "bR", "bAR")


def load(path):
    rows = pd.read_csv(path, sep=";")
    rows = rows[rows.rgdppc_2000.notna()]
    columns = (rows.cont_africa, rows.rugged, np.log(rows.rgdppc_2000))
    return [torch.tensor(column.to_numpy(), dtype=torch.float) for column in columns]


def likelihood(a, bA, bR, bAR, sigma, africa, rugged, log_gdp):
    mean = a + bA * africa + bR * rugged + bAR * africa * rugged
    with pyro.plate("nation", len(rugged)):
        return pyro.sample("log_gdp", dist.Normal(mean, sigma), obs=log_gdp)


def with_params(africa, rugged, log_gdp=None):
    b = [pyro.param(name, lambda: torch.randn(())) for name in NAMES]
    sigma = pyro.param("sigma", lambda: torch.ones(()), constraint=constraints.positive)
    return likelihood(*b, sigma, africa, rugged, log_gdp)


def model(africa, rugged, log_gdp=None):
    a = pyro.sample("a", dist.Normal(0.0, 10.0))
    b = [pyro.sample(name, dist.Normal(0.0, 1.0)) for name in NAMES[1:]]
    sigma = pyro.sample("sigma", dist.HalfNormal(10.0))
    return likelihood(a, *b, sigma, africa, rugged, log_gdp)


def by_hand(africa, rugged, log_gdp=None):
    for name, start in zip(NAMES, (8.0, 0.0, 0.0, 0.0), strict=True):
        loc = pyro.param(f"{name}_loc", lambda start=start: torch.tensor(start))
        scale = pyro.param(f"{name}_scale", lambda: torch.tensor(0.1), constraint=constraints.positive)
        pyro.sample(name, dist.Normal(loc, scale))
    loc = pyro.param("sigma_loc", lambda: torch.tensor(0.0))
    scale = pyro.param("sigma_scale", lambda: torch.tensor(0.1), constraint=constraints.positive)
    pyro.sample("sigma", dist.LogNormal(loc, scale))


def nothing(africa, rugged, log_gdp=None):
    pass


def fit(model, guide, rows, rate, steps):
    pyro.clear_param_store()
    svi = SVI(model, guide, pyro.optim.Adam({"lr": rate}), Trace_ELBO())
    for _ in range(steps):
        svi.step(*rows)


def answers(setting):
    rows = load(setting.rugged)
    pyro.set_rng_seed(setting.seed)
    fit(with_params, nothing, rows, 0.05, setting.steps(1500, 20))
    yield "maximum likelihood", {name: pyro.param(name).detach() for name in (*NAMES, "sigma")}

    fit(model, by_hand, rows, 0.01, setting.steps(2000, 20))
    draws = Predictive(model, guide=by_hand, num_samples=setting.steps(1000, 20))(*rows[:2])
    yield "a guide by hand", {name: draws[name].detach().reshape(-1) for name in (*NAMES, "sigma")}

    auto = AutoMultivariateNormal(model)
    fit(model, auto, rows, 0.01, setting.steps(2000, 20))
    draws = Predictive(model, guide=auto, num_samples=setting.steps(1000, 20))(*rows[:2])
    found = {name: draws[name].detach().reshape(-1) for name in (*NAMES, "sigma")}
    yield "an autoguide, and predictions", {**found, "income": draws["log_gdp"].detach()}
