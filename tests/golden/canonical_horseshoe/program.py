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


def model(n_feature, n_sample, x, y=None):
    """The model. Observed arguments left out are drawn instead.

    n_feature: the number of members of plate feature, an int
    n_sample: the number of members of plate sample, an int
    x: shape (sample, feature)
    y: shape (sample), observed
    """
    feature_plate = pyro.plate("feature", n_feature, dim=-1)
    sample_plate = pyro.plate("sample", n_sample, dim=-1)
    # 6: tau          ~ HalfCauchy(1)
    tau = pyro.sample("tau", dist.HalfCauchy(real(1)))
    with feature_plate:
        # 7: lam[feature] ~ HalfCauchy(1)
        lam = pyro.sample("lam", dist.HalfCauchy(real(1)))
        # 8: beta[feature] ~ Normal(0, tau * lam)
        beta = pyro.sample("beta", dist.Normal(real(0), tau * lam))
    # 9: param sigma : positive = 1
    sigma = pyro.param("sigma", real(1), constraint=constraints.positive)
    with sample_plate:
        # 10: observe y ~ Normal(dot[feature](x, beta), sigma)
        pyro.sample("y", dist.Normal(x @ beta, sigma), obs=y)
