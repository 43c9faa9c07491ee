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


def model(n_species, n_penguin, species_of_penguin, flipper, mass=None):
    """The model. Observed arguments left out are drawn instead.

    n_species: the number of members of plate species, an int
    n_penguin: the number of members of plate penguin, an int
    species_of_penguin: for each penguin the position of its species, int64, shape (penguin)
    flipper: shape (penguin)
    mass: shape (penguin), observed
    """
    species_plate = pyro.plate("species", n_species, dim=-1)
    penguin_plate = pyro.plate("penguin", n_penguin, dim=-1)
    # 9: mu         ~ Normal(4, 1)
    mu = pyro.sample("mu", dist.Normal(real(4), real(1)))
    # 10: tau        ~ HalfNormal(1)
    tau = pyro.sample("tau", dist.HalfNormal(real(1)))
    with species_plate:
        # 11: a[species] ~ Normal(mu, tau)
        a = pyro.sample("a", dist.Normal(mu, tau))
        # 12: b[species] ~ Normal(0, 1)
        b = pyro.sample("b", dist.Normal(real(0), real(1)))
    # 13: sigma      ~ HalfNormal(1)
    sigma = pyro.sample("sigma", dist.HalfNormal(real(1)))
    with penguin_plate:
        # 15: observe mass ~ Normal(a[species] + b[species] * flipper, sigma)
        pyro.sample(
            "mass",
            dist.Normal(a[species_of_penguin] + b[species_of_penguin] * flipper, sigma),
            obs=mass,
        )
