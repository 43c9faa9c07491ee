"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints

n_k = 3
n_cut = 2
n_axis = 2


def model(n_point, n_group, group_of_point, t, answer_of_point=None, at=None, v=None, n=None):
    """The model. Observed arguments left out are drawn instead.

    n_point: the number of members of plate point, an int
    n_group: the number of members of plate group, an int
    group_of_point: for each point the position of its group, whole numbers, shape (point)
    t: shape (point)
    answer_of_point: for each point the position of its answer, whole numbers, shape (point), observed
    at: shape (point, axis), observed
    v: shape (point), observed
    n: shape (point), observed
    """
    axis_plate = numpyro.plate("axis", n_axis, dim=-1)
    group_plate = numpyro.plate("group", n_group, dim=-1)
    point_plate = numpyro.plate("point", n_point, dim=-1)
    # 15: w[k]            ~ Dirichlet(1)
    w = numpyro.sample("w", dist.Dirichlet(jnp.full(n_k, 1.0)))
    # 16: m[k] : ordered  ~ Normal(0, 2)
    m = numpyro.sample("m", dist.ImproperUniform(constraints.ordered_vector, (), (n_k,)))
    numpyro.factor("m_prior", dist.Normal(0.0, 2.0).log_prob(m).sum(-1))
    # 17: c[cut] : ordered ~ Normal(0, 2)
    c = numpyro.sample("c", dist.ImproperUniform(constraints.ordered_vector, (), (n_cut,)))
    numpyro.factor("c_prior", dist.Normal(0.0, 2.0).log_prob(c).sum(-1))
    # 18: s : positive    ~ StudentT(3, 0, 1)
    s = numpyro.sample("s", dist.ImproperUniform(constraints.positive, (), ()))
    numpyro.factor("s_prior", dist.StudentT(3.0, 0.0, 1.0).log_prob(s))
    # 19: half            ~ FoldedDistribution(StudentT(3, 0, 2.5))
    half = numpyro.sample("half", dist.FoldedDistribution(dist.StudentT(3.0, 0.0, 2.5)))
    # 20: free            ~ Flat()
    free = numpyro.sample("free", dist.ImproperUniform(constraints.real, (), ()))
    # 21: p ~ Beta(mean = 0.3, concentration = 10)
    p = numpyro.sample("p", dist.Beta(3.0, 7.0))
    # 22: phi ~ Gamma(shape = 2, scale = 1)
    phi = numpyro.sample("phi", dist.Gamma(2.0, 1.0))
    with axis_plate:
        # 23: mu[axis]        ~ Normal(0, 1)
        mu = numpyro.sample("mu", dist.Normal(0.0, 1.0))
    # 24: L[axis, axis']  ~ LKJCholesky(2)
    L = numpyro.sample("L", dist.LKJCholesky(n_axis, 2.0))
    with group_plate:
        # 25: e[group, axis]  ~ MultivariateNormal(mu, scale_tril = s * L)
        e = numpyro.sample("e", dist.MultivariateNormal(mu, scale_tril=s * L))
    # 26: param width : positive = 1
    width = numpyro.param("width", jnp.array(1.0), constraint=constraints.positive)
    # 27: length ~ InverseGamma(5, 5)
    length = numpyro.sample("length", dist.InverseGamma(5.0, 5.0))
    with group_plate:
        # 30: level ~ Normal(free, half) noncentered
        level_raw = numpyro.sample("level_raw", dist.Normal(0.0, 1.0))
    level = numpyro.deterministic("level", free + half * level_raw)
    with group_plate:
        # 31: slope ~ Normal(0, 1)
        slope = numpyro.sample("slope", dist.Normal(0.0, 1.0))
    # 32: at_one = level + slope
    at_one = level + slope
    # 35: K[point, point'] = phi * exp(-(t - t[point'])^2 / (2 * length^2)) + where(t == t[point'], 0.01, 0)
    K = phi * jnp.exp(
        -((t[:, None] - t) ** 2) / (2 * length**2),
    ) + jnp.where(t[:, None] == t, 0.01, 0.0)
    # 36: f[point] ~ MultivariateNormal(0, K)
    f = numpyro.sample("f", dist.MultivariateNormal(jnp.full(n_point, 0.0), K))
    # 37: lapse[point] = p * 0.5 + (1 - p) * inv_logit(level[group] + slope[group] * t)
    lapse = p * 0.5 + (1 - p) * jax.nn.sigmoid(level[group_of_point] + slope[group_of_point] * t)
    # 38: trend = cumsum[k](softmax[k](m))
    trend = jnp.cumsum(jax.nn.softmax(m, -1), -1)
    with point_plate:
        # 40: observe at     ~ MultivariateNormal(e[group], scale_tril = s * L)
        numpyro.sample("at", dist.MultivariateNormal(e[group_of_point], scale_tril=s * L), obs=at)
        # 41: observe v      ~ Mixture(w, Normal(m + f, var = width))
        numpyro.sample(
            "v",
            dist.MixtureSameFamily(
                dist.Categorical(w),
                dist.Normal(m + f[:, None], jnp.sqrt(width)),
            ),
            obs=v,
        )
        # 42: observe answer ~ OrderedLogistic(at_one[group], c)
        numpyro.sample(
            "answer",
            dist.OrderedLogistic(at_one[group_of_point], c),
            obs=answer_of_point,
        )
        # 43: observe n      ~ NegativeBinomial(mean = 1 + 10 * lapse, concentration = phi)
        numpyro.sample(
            "n",
            dist.NegativeBinomial(phi, logits=jnp.log(1 + 10 * lapse) - jnp.log(phi)),
            obs=n,
        )
    # 44: derive total   = sum[k](trend) + max[group](level)
    total = numpyro.deterministic("total", trend.sum(-1) + level.max(-1))
    # 45: derive spread  = sd[k](m)
    spread = numpyro.deterministic("spread", m.std(-1, ddof=1))
