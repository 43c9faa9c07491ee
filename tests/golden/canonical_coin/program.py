"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch
from pyro.distributions import constraints

DTYPE = torch.float64


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


def model(n_toss, heads=None):
    """The model. Observed arguments left out are drawn instead.

    n_toss: the number of members of plate toss, an int
    heads: shape (toss), observed
    """
    toss_plate = pyro.plate("toss", n_toss, dim=-1)
    # 3: p ~ Beta(1, 1)
    p = pyro.sample("p", dist.Beta(real(1), real(1)))
    with toss_plate:
        # 4: observe heads ~ Bernoulli(p)
        pyro.sample("heads", dist.Bernoulli(p), obs=heads)


def by_hand(n_toss, heads=None):
    """The guide, with the model's arguments."""
    # 7: param a : positive = 1
    a = pyro.param("by_hand.a", real(1), constraint=constraints.positive)
    # 8: param b : positive = 1
    b = pyro.param("by_hand.b", real(1), constraint=constraints.positive)
    # 9: p ~ Beta(a, b)
    p = pyro.sample("p", dist.Beta(a, b))
