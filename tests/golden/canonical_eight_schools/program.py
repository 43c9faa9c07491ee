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


def model(n_school, sigma, y=None):
    """The model. Observed arguments left out are drawn instead.

    n_school: the number of members of plate school, an int
    sigma: shape (school)
    y: shape (school), observed
    """
    school_plate = pyro.plate("school", n_school, dim=-1)
    # 6: mu  ~ Normal(0, 5)
    mu = pyro.sample("mu", dist.Normal(real(0), real(5)))
    # 7: tau ~ HalfCauchy(5)
    tau = pyro.sample("tau", dist.HalfCauchy(real(5)))
    with school_plate:
        # 8: theta[school] ~ Normal(mu, tau) noncentered
        theta_raw = pyro.sample("theta_raw", dist.Normal(real(0), real(1)))
    theta = pyro.deterministic("theta", mu + tau * theta_raw)
    with school_plate:
        # 9: observe y ~ Normal(theta, sigma)
        pyro.sample("y", dist.Normal(theta, sigma), obs=y)


# The data written in the spec: model(**IN_PLACE).
IN_PLACE = {
    "n_school": 8,
    "sigma": torch.tensor([15, 10, 16, 11, 9, 11, 10, 18], dtype=DTYPE),
    "y": torch.tensor([28, 8, -3, 7, -1, 1, 18, 12], dtype=DTYPE),
}
