"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch
from pyro import poutine
from pyro.infer import autoguide

DTYPE = torch.float64


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


def model(n_county, n_house, county_hennepin, county_of_house, basement, log_radon=None):
    """The model. Observed arguments left out are drawn instead.

    n_county: the number of members of plate county, an int
    n_house: the number of members of plate house, an int
    county_hennepin: the position of county 'HENNEPIN', an int
    county_of_house: for each house the position of its county, int64, shape (house)
    basement: shape (house)
    log_radon: shape (house), observed
    """
    county_plate = pyro.plate("county", n_county, dim=-1)
    house_plate = pyro.plate("house", n_house, dim=-1)
    # 7: mu, b     ~ Normal(0, 1)
    mu = pyro.sample("mu", dist.Normal(real(0), real(1)))
    b = pyro.sample("b", dist.Normal(real(0), real(1)))
    # 8: tau, sigma ~ HalfNormal(1)
    tau = pyro.sample("tau", dist.HalfNormal(real(1)))
    sigma = pyro.sample("sigma", dist.HalfNormal(real(1)))
    with county_plate:
        # 9: a[county] ~ Normal(mu, tau)
        a = pyro.sample("a", dist.Normal(mu, tau))
    with house_plate:
        # 10: observe log_radon ~ Normal(a[county] + b * basement, sigma)
        pyro.sample(
            "log_radon",
            dist.Normal(a[county_of_house] + b * basement, sigma),
            obs=log_radon,
        )
    # 11: derive hennepin = a[county = "HENNEPIN"]
    hennepin = pyro.deterministic("hennepin", a[county_hennepin])


def parts(model, settings=None):
    """The guide for a model, put together from Pyro's; `settings` are given to each part."""
    settings = settings or {}
    guide = autoguide.AutoGuideList(model)
    guide.append(autoguide.AutoDelta(poutine.block(model, expose=["tau", "sigma"]), **settings))
    guide.append(
        autoguide.AutoLowRankMultivariateNormal(
            poutine.block(model, expose=["a"]),
            rank=5,
            **settings,
        ),
    )
    guide.append(
        autoguide.AutoMultivariateNormal(poutine.block(model, expose=["mu", "b"]), **settings),
    )
    return guide
