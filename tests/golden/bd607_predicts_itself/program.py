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


def model(n_year, gdp, debt=None):
    """The model. Observed arguments left out are drawn instead.

    n_year: the number of members of plate year, an int
    gdp: shape (year)
    debt: shape (year), observed
    """
    year_plate = pyro.plate("year", n_year, dim=-1)
    # 2: a, b  ~ Normal(0, 1)
    a = pyro.sample("a", dist.Normal(real(0), real(1)))
    b = pyro.sample("b", dist.Normal(real(0), real(1)))
    # 3: sigma ~ HalfNormal(1)
    sigma = pyro.sample("sigma", dist.HalfNormal(real(1)))
    with year_plate:
        # 4: observe gdp ~ Normal(a + b * gdp, sigma)
        pyro.sample("gdp", dist.Normal(a + b * gdp, sigma), obs=gdp)
        # 5: observe debt ~ Normal(a, sigma)
        pyro.sample("debt", dist.Normal(a, sigma), obs=debt)


# The data written in the spec: model(**IN_PLACE).
IN_PLACE = {
    "n_year": 3,
    "gdp": torch.tensor([1.2, 1.4, 1.3], dtype=DTYPE),
    "debt": torch.tensor([0.6, 0.7, 0.9], dtype=DTYPE),
}
