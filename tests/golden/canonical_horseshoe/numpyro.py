"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def model(n_feature, n_sample, x, y=None):
    """The model. Observed arguments left out are drawn instead.

    n_feature: the number of members of plate feature, an int
    n_sample: the number of members of plate sample, an int
    x: shape (sample, feature)
    y: shape (sample), observed
    """
    feature_plate = numpyro.plate("feature", n_feature, dim=-1)
    sample_plate = numpyro.plate("sample", n_sample, dim=-1)
    # 6: tau          ~ HalfCauchy(1)
    tau = numpyro.sample("tau", dist.HalfCauchy(1.0))
    with feature_plate:
        # 7: lam[feature] ~ HalfCauchy(1)
        lam = numpyro.sample("lam", dist.HalfCauchy(1.0))
        # 8: beta[feature] ~ Normal(0, tau * lam)
        beta = numpyro.sample("beta", dist.Normal(0.0, tau * lam))
    # 9: param sigma : positive = 1
    sigma = numpyro.param("sigma", jnp.array(1.0), constraint=constraints.positive)
    with sample_plate:
        # 10: observe y ~ Normal(dot[feature](x, beta), sigma)
        numpyro.sample("y", dist.Normal(x @ beta, sigma), obs=y)
