"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.infer import autoguide

n_hidden = 4
n_class = 3


def uniform_start(key, shape, inputs):
    """Where torch's modules start: within one over the root of the number of inputs."""
    return jax.random.uniform(key, shape, minval=-(inputs**-0.5), maxval=inputs**-0.5)


def flatten(x, start_dim, end_dim):
    """The dimensions from one to another, counted from the right, as one."""
    return x.reshape(x.shape[:start_dim] + (-1,) + x.shape[x.ndim + end_dim + 1 :])


def unflatten(x, dim, sizes):
    """A dimension, counted from the right, as several."""
    return x.reshape(x.shape[:dim] + tuple(sizes) + x.shape[x.ndim + dim + 1 :])


def layer_norm(x, shape, weight=None, bias=None, eps=1e-05):
    """Values with mean 0 and variance 1 over the last dimensions, scaled and moved."""
    dims = tuple(range(-len(shape), 0))
    x = (x - x.mean(dims, keepdims=True)) / jnp.sqrt(x.var(dims, keepdims=True) + eps)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def each(value, x):
    """A setting for each dimension of a value to the right of its channels."""
    return (value,) * (x.ndim - 2) if isinstance(value, int) else tuple(value)


def convolve(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A convolution, with weights as torch has them."""
    sides = [] if isinstance(padding, str) else list(zip(each(padding, x), each(padding, x)))
    x = jax.lax.conv_general_dilated(
        x,
        weight,
        each(stride, x),
        padding.upper() if isinstance(padding, str) else sides,
        rhs_dilation=each(dilation, x),
        feature_group_count=groups,
    )
    return x if bias is None else x + bias.reshape((-1,) + (1,) * (x.ndim - 2))


def max_pool(x, kernel_size, stride=None, padding=0, dilation=1):
    """The largest of each window."""
    return jax.lax.reduce_window(
        x,
        -jnp.inf,
        jax.lax.max,
        (1, 1) + each(kernel_size, x),
        (1, 1) + each(kernel_size if stride is None else stride, x),
        [(0, 0), (0, 0)] + list(zip(each(padding, x), each(padding, x))),
        window_dilation=(1, 1) + each(dilation, x),
    )


# 14: layer pictures : [pixel] -> [hidden] =
def pictures(x, weight_1, bias_1, weight_5):
    """The layer `pictures` of values on the right of their rows, with its weights."""
    rows = list(x.shape[:-1])
    x = x.reshape([-1] + list(x.shape[-1:]))
    x = unflatten(x, -1, [1, 8, 8])
    x = convolve(x, weight_1, bias_1, stride=2, padding="valid")
    x = jax.nn.relu(x)
    x = max_pool(x, 2)
    x = flatten(x, start_dim=-3, end_dim=-1)
    x = x @ weight_5.T
    return x.reshape(rows + list(x.shape[1:]))


# 17: layer sparse : [pixel] -> [hidden] = Linear(pixel, hidden) { weight ~ Normal(0, lam); bias ~ Normal(0, 1) }
def sparse(x, weight_0, bias_0):
    """The layer `sparse` of values on the right of their rows, with its weights."""
    return x @ weight_0.T + bias_0


# 18: layer spot : [] -> [hidden] = Embedding(place, hidden) { weight ~ Normal(0, 1) }
def spot(x, weight_0):
    """The layer `spot` of values on the right of their rows, with its weights."""
    return weight_0[x]


# 19: layer person : [], [] -> [hidden] = Linear(2, width) -> (Linear(width, width) -> LayerNorm(width) -> Tanh) * 2
def person(
    x1,
    x2,
    weight_0,
    bias_0,
    weight_1,
    bias_1,
    weight_2,
    bias_2,
    weight_4,
    bias_4,
    weight_5,
    bias_5,
    weight_7,
    bias_7,
):
    """The layer `person` of values on the right of their rows, with its weights."""
    blank = jnp.zeros_like(x1[..., None][..., :1] + x2[..., None][..., :1])
    x = jnp.concatenate([x1[..., None] + blank, x2[..., None] + blank], -1)
    x = x @ weight_0.T + bias_0
    x = x @ weight_1.T + bias_1
    x = layer_norm(x, [6], weight_2, bias_2)
    x = jnp.tanh(x)
    x = x @ weight_4.T + bias_4
    x = layer_norm(x, [6], weight_5, bias_5)
    x = jnp.tanh(x)
    return x @ weight_7.T + bias_7


# 21: layer head : [hidden], [hidden], [hidden] -> [class] = Linear(12, class) -> Softmax { weight, bias ~ Normal(0, 1) }
def head(x1, x2, x3, weight_0, bias_0):
    """The layer `head` of values on the right of their rows, with its weights."""
    blank = jnp.zeros_like(x1[..., :1] + x2[..., :1] + x3[..., :1])
    x = jnp.concatenate([x1 + blank, x2 + blank, x3 + blank], -1)
    x = x @ weight_0.T + bias_0
    return jax.nn.softmax(x, -1)


def model(
    n_pixel,
    n_place,
    n_image,
    place_of_image,
    pixels,
    age,
    weight_in_kg,
    grade_of_image=None,
):
    """The model. Observed arguments left out are drawn instead.

    n_pixel: the number of members of plate pixel, an int
    n_place: the number of members of plate place, an int
    n_image: the number of members of plate image, an int
    place_of_image: for each image the position of its place, whole numbers, shape (image)
    pixels: shape (image, pixel)
    age: shape (image)
    weight_in_kg: shape (image)
    grade_of_image: for each image the position of its class, whole numbers, shape (image), observed
    """
    pixel_plate = numpyro.plate("pixel", n_pixel, dim=-1)
    image_plate = numpyro.plate("image", n_image, dim=-1)
    # 12: tau ~ HalfNormal(1)
    tau = numpyro.sample("tau", dist.HalfNormal(1.0))
    with pixel_plate:
        # 13: lam[pixel] ~ HalfCauchy(1)
        lam = numpyro.sample("lam", dist.HalfCauchy(1.0))
    # 16: -> Linear(3, hidden, bias = false) { weight ~ Normal(0, tau * sqrt(1 / fan_in)); bias ~ Normal(0, 1) }
    pictures_1_weight = numpyro.sample(
        "pictures.1.weight",
        dist.Normal(0.0, tau * 0.3333333333333333).expand((3, 1, 3, 3)).to_event(4),
    )
    pictures_1_bias = numpyro.sample(
        "pictures.1.bias",
        dist.Normal(0.0, 1.0).expand((3,)).to_event(1),
    )
    pictures_5_weight = numpyro.sample(
        "pictures.5.weight",
        dist.Normal(0.0, tau * 0.5773502691896257).expand((n_hidden, 3)).to_event(2),
    )
    # 17: layer sparse : [pixel] -> [hidden] = Linear(pixel, hidden) { weight ~ Normal(0, lam); bias ~ Normal(0, 1) }
    sparse_0_weight = numpyro.sample(
        "sparse.0.weight",
        dist.Normal(0.0, lam).expand((n_hidden, n_pixel)).to_event(2),
    )
    sparse_0_bias = numpyro.sample(
        "sparse.0.bias",
        dist.Normal(0.0, 1.0).expand((n_hidden,)).to_event(1),
    )
    # 18: layer spot : [] -> [hidden] = Embedding(place, hidden) { weight ~ Normal(0, 1) }
    spot_0_weight = numpyro.sample(
        "spot.0.weight",
        dist.Normal(0.0, 1.0).expand((n_place, n_hidden)).to_event(2),
    )
    # 19: layer person : [], [] -> [hidden] = Linear(2, width) -> (Linear(width, width) -> LayerNorm(width) -> Tanh) * 2
    person_0_weight = numpyro.param("person.0.weight", lambda key: uniform_start(key, (6, 2), 2))
    person_0_bias = numpyro.param("person.0.bias", lambda key: uniform_start(key, (6,), 2))
    person_1_weight = numpyro.param("person.1.weight", lambda key: uniform_start(key, (6, 6), 6))
    person_1_bias = numpyro.param("person.1.bias", lambda key: uniform_start(key, (6,), 6))
    person_2_weight = numpyro.param("person.2.weight", jnp.ones([6]))
    person_2_bias = numpyro.param("person.2.bias", jnp.zeros([6]))
    person_4_weight = numpyro.param("person.4.weight", lambda key: uniform_start(key, (6, 6), 6))
    person_4_bias = numpyro.param("person.4.bias", lambda key: uniform_start(key, (6,), 6))
    person_5_weight = numpyro.param("person.5.weight", jnp.ones([6]))
    person_5_bias = numpyro.param("person.5.bias", jnp.zeros([6]))
    person_7_weight = numpyro.param(
        "person.7.weight",
        lambda key: uniform_start(key, (n_hidden, 6), 6),
    )
    person_7_bias = numpyro.param("person.7.bias", lambda key: uniform_start(key, (n_hidden,), 6))
    # 21: layer head : [hidden], [hidden], [hidden] -> [class] = Linear(12, class) -> Softmax { weight, bias ~ Normal(0, 1) }
    head_0_weight = numpyro.sample(
        "head.0.weight",
        dist.Normal(0.0, 1.0).expand((n_class, 12)).to_event(2),
    )
    head_0_bias = numpyro.sample(
        "head.0.bias",
        dist.Normal(0.0, 1.0).expand((n_class,)).to_event(1),
    )
    # 22: derive chances = head(pictures(pixels) + sparse(pixels), spot(place), person(age, weight_in_kg))
    chances = numpyro.deterministic(
        "chances",
        head(
            pictures(pixels, pictures_1_weight, pictures_1_bias, pictures_5_weight)
            + sparse(pixels, sparse_0_weight, sparse_0_bias),
            spot(place_of_image, spot_0_weight),
            person(
                age,
                weight_in_kg,
                person_0_weight,
                person_0_bias,
                person_1_weight,
                person_1_bias,
                person_2_weight,
                person_2_bias,
                person_4_weight,
                person_4_bias,
                person_5_weight,
                person_5_bias,
                person_7_weight,
                person_7_bias,
            ),
            head_0_weight,
            head_0_bias,
        ),
    )
    with image_plate:
        # 23: observe grade ~ Categorical(probs = chances)
        numpyro.sample("grade", dist.Categorical(chances), obs=grade_of_image)


def q(model, settings=None):
    """The guide for a model, put together from NumPyro's; `settings` are given to each part."""
    settings = settings or {}
    guide = autoguide.AutoGuideList(model)
    guide.append(
        autoguide.AutoDelta(handlers.block(model, expose=["tau"]), prefix="q_0", **settings),
    )
    guide.append(
        autoguide.AutoNormal(
            handlers.block(model, expose=["lam", "sparse.0.weight", "sparse.0.bias", "pixel"]),
            prefix="q_1",
            **settings,
        ),
    )
    guide.append(
        autoguide.AutoDiagonalNormal(
            handlers.block(
                model,
                expose=[
                    "pictures.1.weight",
                    "pictures.1.bias",
                    "pictures.5.weight",
                    "spot.0.weight",
                    "head.0.weight",
                    "head.0.bias",
                ],
            ),
            prefix="q_2",
            **settings,
        ),
    )
    return guide
