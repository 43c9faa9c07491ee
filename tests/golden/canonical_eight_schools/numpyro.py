"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist


def model(n_school, sigma, y=None):
    """The model. Observed arguments left out are drawn instead.

    n_school: the number of members of plate school, an int
    sigma: shape (school)
    y: shape (school), observed
    """
    school_plate = numpyro.plate("school", n_school, dim=-1)
    # 6: mu  ~ Normal(0, 5)
    mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
    # 7: tau ~ HalfCauchy(5)
    tau = numpyro.sample("tau", dist.HalfCauchy(5.0))
    with school_plate:
        # 8: theta[school] ~ Normal(mu, tau) noncentered
        theta_raw = numpyro.sample("theta_raw", dist.Normal(0.0, 1.0))
    theta = numpyro.deterministic("theta", mu + tau * theta_raw)
    with school_plate:
        # 9: observe y ~ Normal(theta, sigma)
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


# The data written in the spec: model(**IN_PLACE).
IN_PLACE = {
    "n_school": 8,
    "sigma": jnp.array([15, 10, 16, 11, 9, 11, 10, 18], dtype=float),
    "y": jnp.array([28, 8, -3, 7, -1, 1, 18, 12], dtype=float),
}
