"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch

DTYPE = torch.float64


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


def model(n_nation, africa, rugged, log_gdp=None):
    """The model. Observed arguments left out are drawn instead.

    n_nation: the number of members of plate nation, an int
    africa: shape (nation)
    rugged: shape (nation)
    log_gdp: shape (nation), observed
    """
    nation_plate = pyro.plate("nation", n_nation, dim=-1)
    # 9: a            ~ Normal(0, 10)
    a = pyro.sample("a", dist.Normal(real(0), real(10)))
    # 10: bA, bR, bAR  ~ Normal(0, 1)
    bA = pyro.sample("bA", dist.Normal(real(0), real(1)))
    bR = pyro.sample("bR", dist.Normal(real(0), real(1)))
    bAR = pyro.sample("bAR", dist.Normal(real(0), real(1)))
    # 11: sigma        ~ Uniform(0, 10)
    sigma = pyro.sample("sigma", dist.Uniform(real(0), real(10)))
    # 13: mean = a + bA * africa + bR * rugged + bAR * africa * rugged
    mean = a + bA * africa + bR * rugged + bAR * africa * rugged
    with nation_plate:
        # 14: observe log_gdp ~ Normal(mean, sigma)
        pyro.sample("log_gdp", dist.Normal(mean, sigma), obs=log_gdp)
    # 16: derive slope_in_africa  = bR + bAR
    slope_in_africa = pyro.deterministic("slope_in_africa", bR + bAR)
    # 17: derive slope_elsewhere  = bR
    slope_elsewhere = pyro.deterministic("slope_elsewhere", bR)
