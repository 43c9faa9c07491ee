"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer import autoguide


def model(n_county, n_house, county_hennepin, county_of_house, basement, log_radon=None):
    """The model. Observed arguments left out are drawn instead.

    n_county: the number of members of plate county, an int
    n_house: the number of members of plate house, an int
    county_hennepin: the position of county 'HENNEPIN', an int
    county_of_house: for each house the position of its county, whole numbers, shape (house)
    basement: shape (house)
    log_radon: shape (house), observed
    """
    county_plate = numpyro.plate("county", n_county, dim=-1)
    house_plate = numpyro.plate("house", n_house, dim=-1)
    # 7: mu, b     ~ Normal(0, 1)
    mu = numpyro.sample("mu", dist.Normal(0.0, 1.0))
    b = numpyro.sample("b", dist.Normal(0.0, 1.0))
    # 8: tau, sigma ~ HalfNormal(1)
    tau = numpyro.sample("tau", dist.HalfNormal(1.0))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1.0))
    with county_plate:
        # 9: a[county] ~ Normal(mu, tau)
        a = numpyro.sample("a", dist.Normal(mu, tau))
    with house_plate:
        # 10: observe log_radon ~ Normal(a[county] + b * basement, sigma)
        numpyro.sample(
            "log_radon",
            dist.Normal(a[county_of_house] + b * basement, sigma),
            obs=log_radon,
        )
    # 11: derive hennepin = a[county = "HENNEPIN"]
    hennepin = numpyro.deterministic("hennepin", a[county_hennepin])


def parts(model, settings=None):
    """The guide for a model, put together from NumPyro's; `settings` are given to each part."""
    settings = settings or {}
    guide = autoguide.AutoGuideList(model)
    guide.append(
        autoguide.AutoDelta(
            handlers.block(model, expose=["tau", "sigma"]),
            prefix="parts_0",
            **settings,
        ),
    )
    guide.append(
        autoguide.AutoLowRankMultivariateNormal(
            handlers.block(model, expose=["a", "county"]),
            prefix="parts_1",
            rank=5,
            **settings,
        ),
    )
    guide.append(
        autoguide.AutoMultivariateNormal(
            handlers.block(model, expose=["mu", "b"]),
            prefix="parts_2",
            **settings,
        ),
    )
    return guide
