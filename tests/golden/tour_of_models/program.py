"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch
from pyro.distributions import constraints

DTYPE = torch.float64
n_k = 3
n_cut = 2
n_axis = 2


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


def model(n_point, n_group, group_of_point, t, answer_of_point=None, at=None, v=None, n=None):
    """The model. Observed arguments left out are drawn instead.

    n_point: the number of members of plate point, an int
    n_group: the number of members of plate group, an int
    group_of_point: for each point the position of its group, int64, shape (point)
    t: shape (point)
    answer_of_point: for each point the position of its answer, int64, shape (point), observed
    at: shape (point, axis), observed
    v: shape (point), observed
    n: shape (point), observed
    """
    axis_plate = pyro.plate("axis", n_axis, dim=-1)
    group_plate = pyro.plate("group", n_group, dim=-1)
    point_plate = pyro.plate("point", n_point, dim=-1)
    # 15: w[k]            ~ Dirichlet(1)
    w = pyro.sample("w", dist.Dirichlet(real(1).expand(n_k)))
    # 16: m[k] : ordered  ~ Normal(0, 2)
    m = pyro.sample("m", dist.ImproperUniform(constraints.ordered_vector, (), (n_k,)))
    pyro.factor("m_prior", dist.Normal(real(0), real(2)).log_prob(m).sum(-1))
    # 17: c[cut] : ordered ~ Normal(0, 2)
    c = pyro.sample("c", dist.ImproperUniform(constraints.ordered_vector, (), (n_cut,)))
    pyro.factor("c_prior", dist.Normal(real(0), real(2)).log_prob(c).sum(-1))
    # 18: s : positive    ~ StudentT(3, 0, 1)
    s = pyro.sample("s", dist.ImproperUniform(constraints.positive, (), ()))
    pyro.factor("s_prior", dist.StudentT(real(3), real(0), real(1)).log_prob(s))
    # 19: half            ~ FoldedDistribution(StudentT(3, 0, 2.5))
    half = pyro.sample("half", dist.FoldedDistribution(dist.StudentT(real(3), real(0), real(2.5))))
    # 20: free            ~ Flat()
    free = pyro.sample("free", dist.ImproperUniform(constraints.real, (), ()))
    # 21: p ~ Beta(mean = 0.3, concentration = 10)
    p = pyro.sample("p", dist.Beta(real(3.0), real(7.0)))
    # 22: phi ~ Gamma(shape = 2, scale = 1)
    phi = pyro.sample("phi", dist.Gamma(real(2), real(1.0)))
    with axis_plate:
        # 23: mu[axis]        ~ Normal(0, 1)
        mu = pyro.sample("mu", dist.Normal(real(0), real(1)))
    # 24: L[axis, axis']  ~ LKJCholesky(2)
    L = pyro.sample("L", dist.LKJCholesky(n_axis, real(2)))
    with group_plate:
        # 25: e[group, axis]  ~ MultivariateNormal(mu, scale_tril = s * L)
        e = pyro.sample("e", dist.MultivariateNormal(mu, scale_tril=s * L))
    # 26: param width : positive = 1
    width = pyro.param("width", real(1), constraint=constraints.positive)
    # 27: length ~ InverseGamma(5, 5)
    length = pyro.sample("length", dist.InverseGamma(real(5), real(5)))
    with group_plate:
        # 30: level ~ Normal(free, half) noncentered
        level_raw = pyro.sample("level_raw", dist.Normal(real(0), real(1)))
    level = pyro.deterministic("level", free + half * level_raw)
    with group_plate:
        # 31: slope ~ Normal(0, 1)
        slope = pyro.sample("slope", dist.Normal(real(0), real(1)))
    # 32: at_one = level + slope
    at_one = level + slope
    # 35: K[point, point'] = phi * exp(-(t - t[point'])^2 / (2 * length^2)) + where(t == t[point'], 0.01, 0)
    K = phi * torch.exp(
        -((t[:, None] - t) ** 2) / (2 * length**2),
    ) + torch.where(t[:, None] == t, real(0.01), real(0))
    # 36: f[point] ~ MultivariateNormal(0, K)
    f = pyro.sample("f", dist.MultivariateNormal(real(0).expand(n_point), K))
    # 37: lapse[point] = p * 0.5 + (1 - p) * inv_logit(level[group] + slope[group] * t)
    lapse = p * 0.5 + (1 - p) * torch.sigmoid(level[group_of_point] + slope[group_of_point] * t)
    # 38: trend = cumsum[k](softmax[k](m))
    trend = torch.cumsum(torch.softmax(m, -1), -1)
    with point_plate:
        # 40: observe at     ~ MultivariateNormal(e[group], scale_tril = s * L)
        pyro.sample("at", dist.MultivariateNormal(e[group_of_point], scale_tril=s * L), obs=at)
        # 41: observe v      ~ Mixture(w, Normal(m + f, var = width))
        pyro.sample(
            "v",
            dist.MixtureSameFamily(
                dist.Categorical(w),
                dist.Normal(m + f[:, None], torch.sqrt(width)),
            ),
            obs=v,
        )
        # 42: observe answer ~ OrderedLogistic(at_one[group], c)
        pyro.sample("answer", dist.OrderedLogistic(at_one[group_of_point], c), obs=answer_of_point)
        # 43: observe n      ~ NegativeBinomial(mean = 1 + 10 * lapse, concentration = phi)
        pyro.sample(
            "n",
            dist.NegativeBinomial(phi, logits=torch.log(1 + 10 * lapse) - torch.log(phi)),
            obs=n,
        )
    # 44: derive total   = sum[k](trend) + max[group](level)
    total = pyro.deterministic("total", trend.sum(-1) + level.amax(-1))
    # 45: derive spread  = sd[k](m)
    spread = pyro.deterministic("spread", m.std(-1))
