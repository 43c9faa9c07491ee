"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import numpyro
import numpyro.distributions as dist


def model(n_nation, africa, rugged, log_gdp=None):
    """The model. Observed arguments left out are drawn instead.

    n_nation: the number of members of plate nation, an int
    africa: shape (nation)
    rugged: shape (nation)
    log_gdp: shape (nation), observed
    """
    nation_plate = numpyro.plate("nation", n_nation, dim=-1)
    # 9: a            ~ Normal(0, 10)
    a = numpyro.sample("a", dist.Normal(0.0, 10.0))
    # 10: bA, bR, bAR  ~ Normal(0, 1)
    bA = numpyro.sample("bA", dist.Normal(0.0, 1.0))
    bR = numpyro.sample("bR", dist.Normal(0.0, 1.0))
    bAR = numpyro.sample("bAR", dist.Normal(0.0, 1.0))
    # 11: sigma        ~ Uniform(0, 10)
    sigma = numpyro.sample("sigma", dist.Uniform(0.0, 10.0))
    # 13: mean = a + bA * africa + bR * rugged + bAR * africa * rugged
    mean = a + bA * africa + bR * rugged + bAR * africa * rugged
    with nation_plate:
        # 14: observe log_gdp ~ Normal(mean, sigma)
        numpyro.sample("log_gdp", dist.Normal(mean, sigma), obs=log_gdp)
    # 16: derive slope_in_africa  = bR + bAR
    slope_in_africa = numpyro.deterministic("slope_in_africa", bR + bAR)
    # 17: derive slope_elsewhere  = bR
    slope_elsewhere = numpyro.deterministic("slope_elsewhere", bR)
