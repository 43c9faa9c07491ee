"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints


def model(n_toss, heads=None):
    """The model. Observed arguments left out are drawn instead.

    n_toss: the number of members of plate toss, an int
    heads: shape (toss), observed
    """
    toss_plate = numpyro.plate("toss", n_toss, dim=-1)
    # 3: p ~ Beta(1, 1)
    p = numpyro.sample("p", dist.Beta(1.0, 1.0))
    with toss_plate:
        # 4: observe heads ~ Bernoulli(p)
        numpyro.sample("heads", dist.Bernoulli(p), obs=heads)


def by_hand(n_toss, heads=None):
    """The guide, with the model's arguments."""
    # 7: param a : positive = 1
    a = numpyro.param("by_hand.a", jnp.array(1.0), constraint=constraints.positive)
    # 8: param b : positive = 1
    b = numpyro.param("by_hand.b", jnp.array(1.0), constraint=constraints.positive)
    # 9: p ~ Beta(a, b)
    p = numpyro.sample("p", dist.Beta(a, b))
