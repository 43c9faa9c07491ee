"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch

DTYPE = torch.float64
n_kind = 2


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


def model(n_obs, x=None, y=None, z=None):
    """The model. Observed arguments left out are drawn instead.

    n_obs: the number of members of plate obs, an int
    x: shape (obs), observed
    y: shape (obs), observed
    z: shape (obs), observed
    """
    kind_plate = pyro.plate("kind", n_kind, dim=-1)
    obs_plate = pyro.plate("obs", n_obs, dim=-1)
    # 4: mu    ~ Normal(0, 10^2)
    mu = pyro.sample("mu", dist.Normal(real(0), real(100.0)))
    # 5: sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", dist.HalfNormal(real(1)))
    # 6: tau2  = square(sigma)
    tau2 = torch.square(sigma)
    # 7: w[kind] ~ Dirichlet(1)
    w = pyro.sample("w", dist.Dirichlet(real(1).expand(n_kind)))
    with kind_plate:
        # 8: m[kind] ~ Normal(mu, tau2)
        m = pyro.sample("m", dist.Normal(mu, tau2))
        # 9: s[kind] ~ HalfNormal(1)
        s = pyro.sample("s", dist.HalfNormal(real(1)))
    with obs_plate:
        # 10: observe x ~ Normal(mu, sigma * sigma)
        pyro.sample("x", dist.Normal(mu, sigma * sigma), obs=x)
        # 11: observe y ~ StudentT(4, mu, sigma^2)
        pyro.sample("y", dist.StudentT(real(4), mu, sigma**2), obs=y)
        # 12: observe z ~ Mixture(w, Normal(m, s^2))
        pyro.sample("z", dist.MixtureSameFamily(dist.Categorical(w), dist.Normal(m, s**2)), obs=z)


# The data written in the spec: model(**IN_PLACE).
IN_PLACE = {
    "n_obs": 3,
    "x": torch.tensor([0.1, 0.5, 0.9], dtype=DTYPE),
    "y": torch.tensor([1.2, 0.7, 2.1], dtype=DTYPE),
    "z": torch.tensor([0.3, 0.1, 0.2], dtype=DTYPE),
}
