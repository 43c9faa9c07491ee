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


def model():
    """The model."""
    # 1: mu ~ Normal(0, 1)
    mu = pyro.sample("mu", dist.Normal(real(0), real(1)))
    # 2: derive doubled = 2 * mu
    doubled = pyro.deterministic("doubled", 2 * mu)
