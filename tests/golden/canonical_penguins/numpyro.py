"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import numpyro
import numpyro.distributions as dist


def model(n_species, n_penguin, species_of_penguin, flipper, mass=None):
    """The model. Observed arguments left out are drawn instead.

    n_species: the number of members of plate species, an int
    n_penguin: the number of members of plate penguin, an int
    species_of_penguin: for each penguin the position of its species, whole numbers, shape (penguin)
    flipper: shape (penguin)
    mass: shape (penguin), observed
    """
    species_plate = numpyro.plate("species", n_species, dim=-1)
    penguin_plate = numpyro.plate("penguin", n_penguin, dim=-1)
    # 9: mu         ~ Normal(4, 1)
    mu = numpyro.sample("mu", dist.Normal(4.0, 1.0))
    # 10: tau        ~ HalfNormal(1)
    tau = numpyro.sample("tau", dist.HalfNormal(1.0))
    with species_plate:
        # 11: a[species] ~ Normal(mu, tau)
        a = numpyro.sample("a", dist.Normal(mu, tau))
        # 12: b[species] ~ Normal(0, 1)
        b = numpyro.sample("b", dist.Normal(0.0, 1.0))
    # 13: sigma      ~ HalfNormal(1)
    sigma = numpyro.sample("sigma", dist.HalfNormal(1.0))
    with penguin_plate:
        # 15: observe mass ~ Normal(a[species] + b[species] * flipper, sigma)
        numpyro.sample(
            "mass",
            dist.Normal(a[species_of_penguin] + b[species_of_penguin] * flipper, sigma),
            obs=mass,
        )
