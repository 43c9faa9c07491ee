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


def model(n_wait, minutes=None):
    """The model. Observed arguments left out are drawn instead.

    n_wait: the number of members of plate wait, an int
    minutes: shape (wait), observed
    """
    wait_plate = pyro.plate("wait", n_wait, dim=-1)
    # 2: longest ~ HalfNormal(10)
    longest = pyro.sample("longest", dist.HalfNormal(real(10)))
    with wait_plate:
        # 3: observe minutes ~ Uniform(0, longest)
        pyro.sample("minutes", dist.Uniform(real(0), longest, validate_args=False), obs=minutes)


# The data written in the spec: model(**IN_PLACE).
IN_PLACE = {"n_wait": 3, "minutes": torch.tensor([1.2, 0.7, 2.1], dtype=DTYPE)}
