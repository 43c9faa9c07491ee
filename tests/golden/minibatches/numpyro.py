"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints

n_k = 2


def model(n_image, n_kind, kind_of_image, x, y=None):
    """The model. Observed arguments left out are drawn instead.

    n_image: the number of members of plate image, an int
    n_kind: the number of members of plate kind, an int
    kind_of_image: for each image the position of its kind, whole numbers, shape (image)
    x: shape (image)
    y: shape (image), observed
    """
    image_plate = numpyro.plate("image", n_image, dim=-2)
    kind_plate = numpyro.plate("kind", n_kind, dim=-1)
    k_plate = numpyro.plate("k", n_k, dim=-1)
    # 4: a, b ~ Normal(0, 1)
    a = numpyro.sample("a", dist.Normal(0.0, 1.0))
    b = numpyro.sample("b", dist.Normal(0.0, 1.0))
    with kind_plate:
        # 5: c[kind] ~ Normal(0, 1)
        c = numpyro.sample("c", dist.Normal(0.0, 1.0))
    with image_plate, k_plate:
        # 6: z[image, k] ~ Normal(a, 1)
        z = numpyro.sample("z", dist.Normal(a, 1.0))
    # 7: param s : positive
    s = numpyro.param("s", jnp.array(1.0), constraint=constraints.positive)
    # 8: param t[k, image]
    t = numpyro.param("t", jnp.full((n_k, n_image), 0.0, dtype=float), constraint=constraints.real)
    # 9: mean = a + b * x + sum[k](z) + c[kind] + sum[k](t)
    mean = (
        a
        + b * x[:, None]
        + z[:, None, :].sum(-1)
        + c[kind_of_image][:, None]
        + t.T[:, None, :].sum(-1)
    )
    # 10: extra[image] = a
    extra = jnp.broadcast_to(a, (n_image, 1))
    # 11: derive back = mean + extra
    back = numpyro.deterministic("back", mean + extra)
    with image_plate:
        # 12: observe y ~ Normal(mean, s)
        numpyro.sample("y", dist.Normal(mean, s), obs=None if y is None else y[:, None])


def q(n_image, n_kind, kind_of_image, x, y=None):
    """The guide, with the model's arguments."""
    image_plate = numpyro.plate("image", n_image, dim=-2)
    kind_plate = numpyro.plate("kind", n_kind, dim=-1)
    k_plate = numpyro.plate("k", n_k, dim=-1)
    # 14: param m[image]
    m = numpyro.param("q.m", jnp.full((n_image,), 0.0, dtype=float), constraint=constraints.real)
    # 15: param w
    w = numpyro.param("q.w", jnp.array(0.0), constraint=constraints.real)
    # 16: param la, lb, lc[kind]
    la = numpyro.param("q.la", jnp.array(0.0), constraint=constraints.real)
    lb = numpyro.param("q.lb", jnp.array(0.0), constraint=constraints.real)
    lc = numpyro.param("q.lc", jnp.full((n_kind,), 0.0, dtype=float), constraint=constraints.real)
    # 17: param sd[image] : positive
    sd = numpyro.param(
        "q.sd",
        jnp.full((n_image,), 1.0, dtype=float),
        constraint=constraints.positive,
    )
    # 18: a ~ Normal(la, 1)
    a = numpyro.sample("a", dist.Normal(la, 1.0))
    # 19: b ~ Normal(lb, 1)
    b = numpyro.sample("b", dist.Normal(lb, 1.0))
    with kind_plate:
        # 20: c[kind] ~ Normal(lc, 1)
        c = numpyro.sample("c", dist.Normal(lc, 1.0))
    with image_plate, k_plate:
        # 21: z[image, k] ~ Normal(m + w * x, sd)
        z = numpyro.sample("z", dist.Normal(m[:, None] + w * x[:, None], sd[:, None]))
