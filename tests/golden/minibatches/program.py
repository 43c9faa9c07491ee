"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch
from pyro.distributions import constraints

DTYPE = torch.float64
n_k = 2


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


def model(n_image, n_kind, kind_of_image, x, y=None, image_rows=None):
    """The model. Observed arguments left out are drawn instead.

    n_image: the number of members of plate image, an int
    n_kind: the number of members of plate kind, an int
    kind_of_image: for each image the position of its kind, int64, shape (image)
    x: shape (image)
    y: shape (image), observed
    image_rows: the positions of a minibatch's rows among all n_image of plate image, int64. The
        arguments of shape (image, ..) then hold these rows alone, whose log density is scaled to that
        of all. Left out, they hold all rows.
    """
    n_image_rows = n_image if image_rows is None else len(image_rows)
    image_plate = pyro.plate("image", n_image, dim=-2, subsample=image_rows)
    kind_plate = pyro.plate("kind", n_kind, dim=-1)
    k_plate = pyro.plate("k", n_k, dim=-1)
    # 4: a, b ~ Normal(0, 1)
    a = pyro.sample("a", dist.Normal(real(0), real(1)))
    b = pyro.sample("b", dist.Normal(real(0), real(1)))
    with kind_plate:
        # 5: c[kind] ~ Normal(0, 1)
        c = pyro.sample("c", dist.Normal(real(0), real(1)))
    with image_plate, k_plate:
        # 6: z[image, k] ~ Normal(a, 1)
        z = pyro.sample("z", dist.Normal(a, real(1)))
    # 7: param s : positive
    s = pyro.param("s", real(1.0), constraint=constraints.positive)
    # 8: param t[k, image]
    t = pyro.param("t", torch.full((n_k, n_image), 0.0, dtype=DTYPE), constraint=constraints.real)
    t = t if image_rows is None else t[:, image_rows]
    # 9: mean = a + b * x + sum[k](z) + c[kind] + sum[k](t)
    mean = (
        a
        + b * x[:, None]
        + z[:, None, :].sum(-1)
        + c[kind_of_image][:, None]
        + t.T[:, None, :].sum(-1)
    )
    # 10: extra[image] = a
    extra = a.expand(n_image_rows, 1)
    # 11: derive back = mean + extra
    back = pyro.deterministic("back", mean + extra)
    with image_plate:
        # 12: observe y ~ Normal(mean, s)
        pyro.sample("y", dist.Normal(mean, s), obs=None if y is None else y[:, None])


def q(n_image, n_kind, kind_of_image, x, y=None, image_rows=None):
    """The guide, with the model's arguments."""
    image_plate = pyro.plate("image", n_image, dim=-2, subsample=image_rows)
    kind_plate = pyro.plate("kind", n_kind, dim=-1)
    k_plate = pyro.plate("k", n_k, dim=-1)
    # 14: param m[image]
    m = pyro.param("q.m", torch.full((n_image,), 0.0, dtype=DTYPE), constraint=constraints.real)
    m = m if image_rows is None else m[image_rows]
    # 15: param w
    w = pyro.param("q.w", real(0.0), constraint=constraints.real)
    # 16: param la, lb, lc[kind]
    la = pyro.param("q.la", real(0.0), constraint=constraints.real)
    lb = pyro.param("q.lb", real(0.0), constraint=constraints.real)
    lc = pyro.param("q.lc", torch.full((n_kind,), 0.0, dtype=DTYPE), constraint=constraints.real)
    # 17: param sd[image] : positive
    sd = pyro.param(
        "q.sd",
        torch.full((n_image,), 1.0, dtype=DTYPE),
        constraint=constraints.positive,
    )
    sd = sd if image_rows is None else sd[image_rows]
    # 18: a ~ Normal(la, 1)
    a = pyro.sample("a", dist.Normal(la, real(1)))
    # 19: b ~ Normal(lb, 1)
    b = pyro.sample("b", dist.Normal(lb, real(1)))
    with kind_plate:
        # 20: c[kind] ~ Normal(lc, 1)
        c = pyro.sample("c", dist.Normal(lc, real(1)))
    with image_plate, k_plate:
        # 21: z[image, k] ~ Normal(m + w * x, sd)
        z = pyro.sample("z", dist.Normal(m[:, None] + w * x[:, None], sd[:, None]))
