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


def model(n_person, height, weight=None):
    """The model. Observed arguments left out are drawn instead.

    n_person: the number of members of plate person, an int
    height: shape (person)
    weight: shape (person), observed
    """
    person_plate = pyro.plate("person", n_person, dim=-1)
    # 9: a, b, c ~ Normal(0, 1)
    a = pyro.sample("a", dist.Normal(real(0), real(1)))
    b = pyro.sample("b", dist.Normal(real(0), real(1)))
    c = pyro.sample("c", dist.Normal(real(0), real(1)))
    # 10: sigma   ~ HalfNormal(1)
    sigma = pyro.sample("sigma", dist.HalfNormal(real(1)))
    # 11: param shift
    shift = pyro.param("shift", real(0.0), constraint=constraints.real)
    # 12: twice = 2 * b
    twice = 2 * b
    with person_plate:
        # 13: observe weight ~ Normal(a + b * height, sigma)
        pyro.sample("weight", dist.Normal(a + b * height, sigma), obs=weight)


def q(n_person, height, weight=None):
    """The guide, with the model's arguments."""
    # 15: param loc
    loc = pyro.param("q.loc", real(0.0), constraint=constraints.real)
    # 16: param unused = 1
    unused = pyro.param("q.unused", real(1), constraint=constraints.real)
    # 17: a, b, c ~ Normal(loc, 1)
    a = pyro.sample("a", dist.Normal(loc, real(1)))
    b = pyro.sample("b", dist.Normal(loc, real(1)))
    c = pyro.sample("c", dist.Normal(loc, real(1)))
    # 18: sigma   ~ LogNormal(0, 1)
    sigma = pyro.sample("sigma", dist.LogNormal(real(0), real(1)))
