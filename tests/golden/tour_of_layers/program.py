"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch
from pyro import poutine
from pyro.infer import autoguide
import torch.nn.functional as F

DTYPE = torch.float64
n_hidden = 4
n_class = 3


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


# 14: layer pictures : [pixel] -> [hidden] =
def pictures(x, weight_1, bias_1, weight_5):
    """The layer `pictures` of values on the right of their rows, with its weights."""
    rows = list(x.shape[:-1])
    x = x.reshape([-1] + list(x.shape[-1:]))
    x = torch.unflatten(x, -1, [1, 8, 8])
    x = F.conv2d(x, weight_1, bias_1, stride=2, padding="valid")
    x = torch.relu(x)
    x = F.max_pool2d(x, 2)
    x = torch.flatten(x, start_dim=-3, end_dim=-1)
    x = F.linear(x, weight_5)
    return x.reshape(rows + list(x.shape[1:]))


# 17: layer sparse : [pixel] -> [hidden] = Linear(pixel, hidden) { weight ~ Normal(0, lam); bias ~ Normal(0, 1) }
def sparse(x, weight_0, bias_0):
    """The layer `sparse` of values on the right of their rows, with its weights."""
    return F.linear(x, weight_0, bias_0)


# 18: layer spot : [] -> [hidden] = Embedding(place, hidden) { weight ~ Normal(0, 1) }
def spot(x, weight_0):
    """The layer `spot` of values on the right of their rows, with its weights."""
    return F.embedding(x, weight_0)


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
    blank = torch.zeros_like(x1.unsqueeze(-1)[..., :1] + x2.unsqueeze(-1)[..., :1])
    x = torch.cat([x1.unsqueeze(-1) + blank, x2.unsqueeze(-1) + blank], -1)
    x = F.linear(x, weight_0, bias_0)
    x = F.linear(x, weight_1, bias_1)
    x = F.layer_norm(x, [6], weight_2, bias_2)
    x = torch.tanh(x)
    x = F.linear(x, weight_4, bias_4)
    x = F.layer_norm(x, [6], weight_5, bias_5)
    x = torch.tanh(x)
    return F.linear(x, weight_7, bias_7)


# 21: layer head : [hidden], [hidden], [hidden] -> [class] = Linear(12, class) -> Softmax { weight, bias ~ Normal(0, 1) }
def head(x1, x2, x3, weight_0, bias_0):
    """The layer `head` of values on the right of their rows, with its weights."""
    blank = torch.zeros_like(x1[..., :1] + x2[..., :1] + x3[..., :1])
    x = torch.cat([x1 + blank, x2 + blank, x3 + blank], -1)
    x = F.linear(x, weight_0, bias_0)
    return F.softmax(x, dim=-1)


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
    place_of_image: for each image the position of its place, int64, shape (image)
    pixels: shape (image, pixel)
    age: shape (image)
    weight_in_kg: shape (image)
    grade_of_image: for each image the position of its class, int64, shape (image), observed
    """
    pixel_plate = pyro.plate("pixel", n_pixel, dim=-1)
    image_plate = pyro.plate("image", n_image, dim=-1)
    # 12: tau ~ HalfNormal(1)
    tau = pyro.sample("tau", dist.HalfNormal(real(1)))
    with pixel_plate:
        # 13: lam[pixel] ~ HalfCauchy(1)
        lam = pyro.sample("lam", dist.HalfCauchy(real(1)))
    # 16: -> Linear(3, hidden, bias = false) { weight ~ Normal(0, tau * sqrt(1 / fan_in)); bias ~ Normal(0, 1) }
    pictures_1_weight = pyro.sample(
        "pictures.1.weight",
        dist.Normal(real(0), tau * 0.3333333333333333).expand((3, 1, 3, 3)).to_event(4),
    )
    pictures_1_bias = pyro.sample(
        "pictures.1.bias",
        dist.Normal(real(0), real(1)).expand((3,)).to_event(1),
    )
    pictures_5_weight = pyro.sample(
        "pictures.5.weight",
        dist.Normal(real(0), tau * 0.5773502691896257).expand((n_hidden, 3)).to_event(2),
    )
    # 17: layer sparse : [pixel] -> [hidden] = Linear(pixel, hidden) { weight ~ Normal(0, lam); bias ~ Normal(0, 1) }
    sparse_0_weight = pyro.sample(
        "sparse.0.weight",
        dist.Normal(real(0), lam).expand((n_hidden, n_pixel)).to_event(2),
    )
    sparse_0_bias = pyro.sample(
        "sparse.0.bias",
        dist.Normal(real(0), real(1)).expand((n_hidden,)).to_event(1),
    )
    # 18: layer spot : [] -> [hidden] = Embedding(place, hidden) { weight ~ Normal(0, 1) }
    spot_0_weight = pyro.sample(
        "spot.0.weight",
        dist.Normal(real(0), real(1)).expand((n_place, n_hidden)).to_event(2),
    )
    # 19: layer person : [], [] -> [hidden] = Linear(2, width) -> (Linear(width, width) -> LayerNorm(width) -> Tanh) * 2
    person_0_weight = pyro.param(
        "person.0.weight",
        lambda: torch.nn.Linear(2, 6, dtype=DTYPE).weight.detach(),
    )
    person_0_bias = pyro.param(
        "person.0.bias",
        lambda: torch.nn.Linear(2, 6, dtype=DTYPE).bias.detach(),
    )
    person_1_weight = pyro.param(
        "person.1.weight",
        lambda: torch.nn.Linear(6, 6, dtype=DTYPE).weight.detach(),
    )
    person_1_bias = pyro.param(
        "person.1.bias",
        lambda: torch.nn.Linear(6, 6, dtype=DTYPE).bias.detach(),
    )
    person_2_weight = pyro.param(
        "person.2.weight",
        lambda: torch.nn.LayerNorm([6], dtype=DTYPE).weight.detach(),
    )
    person_2_bias = pyro.param(
        "person.2.bias",
        lambda: torch.nn.LayerNorm([6], dtype=DTYPE).bias.detach(),
    )
    person_4_weight = pyro.param(
        "person.4.weight",
        lambda: torch.nn.Linear(6, 6, dtype=DTYPE).weight.detach(),
    )
    person_4_bias = pyro.param(
        "person.4.bias",
        lambda: torch.nn.Linear(6, 6, dtype=DTYPE).bias.detach(),
    )
    person_5_weight = pyro.param(
        "person.5.weight",
        lambda: torch.nn.LayerNorm([6], dtype=DTYPE).weight.detach(),
    )
    person_5_bias = pyro.param(
        "person.5.bias",
        lambda: torch.nn.LayerNorm([6], dtype=DTYPE).bias.detach(),
    )
    person_7_weight = pyro.param(
        "person.7.weight",
        lambda: torch.nn.Linear(6, n_hidden, dtype=DTYPE).weight.detach(),
    )
    person_7_bias = pyro.param(
        "person.7.bias",
        lambda: torch.nn.Linear(6, n_hidden, dtype=DTYPE).bias.detach(),
    )
    # 21: layer head : [hidden], [hidden], [hidden] -> [class] = Linear(12, class) -> Softmax { weight, bias ~ Normal(0, 1) }
    head_0_weight = pyro.sample(
        "head.0.weight",
        dist.Normal(real(0), real(1)).expand((n_class, 12)).to_event(2),
    )
    head_0_bias = pyro.sample(
        "head.0.bias",
        dist.Normal(real(0), real(1)).expand((n_class,)).to_event(1),
    )
    # 22: derive chances = head(pictures(pixels) + sparse(pixels), spot(place), person(age, weight_in_kg))
    chances = pyro.deterministic(
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
        pyro.sample("grade", dist.Categorical(chances), obs=grade_of_image)


def q(model, settings=None):
    """The guide for a model, put together from Pyro's; `settings` are given to each part."""
    settings = settings or {}
    guide = autoguide.AutoGuideList(model)
    guide.append(autoguide.AutoDelta(poutine.block(model, expose=["tau"]), **settings))
    guide.append(
        autoguide.AutoNormal(
            poutine.block(model, expose=["lam", "sparse.0.weight", "sparse.0.bias"]),
            **settings,
        ),
    )
    guide.append(
        autoguide.AutoDiagonalNormal(
            poutine.block(
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
            **settings,
        ),
    )
    return guide
