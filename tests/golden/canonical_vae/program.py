"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch
import torch.nn.functional as F

DTYPE = torch.float64
n_latent = 20


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


# 4: layer decoder : [latent] -> [pixel] = Linear(latent, 400) -> Softplus -> Linear(400, pixel)
def decoder(x, weight_0, bias_0, weight_2, bias_2):
    """The layer `decoder` of values on the right of their rows, with its weights."""
    x = F.linear(x, weight_0, bias_0)
    x = F.softplus(x)
    return F.linear(x, weight_2, bias_2)


# 10: layer encoder : [pixel] -> [latent], [latent] =
def encoder(x, weight_0, bias_0, weight_2_0, bias_2_0, weight_2_1, bias_2_1):
    """The layer `encoder` of values on the right of their rows, with its weights."""
    x = F.linear(x, weight_0, bias_0)
    x = F.softplus(x)
    x1 = F.linear(x, weight_2_0, bias_2_0)
    x2 = F.linear(x, weight_2_1, bias_2_1)
    return x1, x2


def model(n_pixel, n_image, pixels=None, image_rows=None):
    """The model. Observed arguments left out are drawn instead.

    n_pixel: the number of members of plate pixel, an int
    n_image: the number of members of plate image, an int
    pixels: shape (image, pixel), observed
    image_rows: the positions of a minibatch's rows among all n_image of plate image, int64. The
        arguments of shape (image, ..) then hold these rows alone, whose log density is scaled to that
        of all. Left out, they hold all rows.
    """
    image_plate = pyro.plate("image", n_image, dim=-2, subsample=image_rows)
    latent_plate = pyro.plate("latent", n_latent, dim=-1)
    pixel_plate = pyro.plate("pixel", n_pixel, dim=-1)
    # 4: layer decoder : [latent] -> [pixel] = Linear(latent, 400) -> Softplus -> Linear(400, pixel)
    decoder_0_weight = pyro.param(
        "decoder.0.weight",
        lambda: torch.nn.Linear(n_latent, 400, dtype=DTYPE).weight.detach(),
    )
    decoder_0_bias = pyro.param(
        "decoder.0.bias",
        lambda: torch.nn.Linear(n_latent, 400, dtype=DTYPE).bias.detach(),
    )
    decoder_2_weight = pyro.param(
        "decoder.2.weight",
        lambda: torch.nn.Linear(400, n_pixel, dtype=DTYPE).weight.detach(),
    )
    decoder_2_bias = pyro.param(
        "decoder.2.bias",
        lambda: torch.nn.Linear(400, n_pixel, dtype=DTYPE).bias.detach(),
    )
    with image_plate, latent_plate:
        # 6: z[image, latent] ~ Normal(0, 1)
        z = pyro.sample("z", dist.Normal(real(0), real(1)))
    with image_plate, pixel_plate:
        # 7: observe pixels ~ Bernoulli(logits = decoder(z))
        pyro.sample(
            "pixels",
            dist.Bernoulli(
                logits=decoder(
                    z,
                    decoder_0_weight,
                    decoder_0_bias,
                    decoder_2_weight,
                    decoder_2_bias,
                ),
                validate_args=False,
            ),
            obs=pixels,
        )


def amortised(n_pixel, n_image, pixels=None, image_rows=None):
    """The guide, with the model's arguments."""
    image_plate = pyro.plate("image", n_image, dim=-2, subsample=image_rows)
    latent_plate = pyro.plate("latent", n_latent, dim=-1)
    # 10: layer encoder : [pixel] -> [latent], [latent] =
    encoder_0_weight = pyro.param(
        "amortised.encoder.0.weight",
        lambda: torch.nn.Linear(n_pixel, 400, dtype=DTYPE).weight.detach(),
    )
    encoder_0_bias = pyro.param(
        "amortised.encoder.0.bias",
        lambda: torch.nn.Linear(n_pixel, 400, dtype=DTYPE).bias.detach(),
    )
    encoder_2_0_weight = pyro.param(
        "amortised.encoder.2.0.weight",
        lambda: torch.nn.Linear(400, n_latent, dtype=DTYPE).weight.detach(),
    )
    encoder_2_0_bias = pyro.param(
        "amortised.encoder.2.0.bias",
        lambda: torch.nn.Linear(400, n_latent, dtype=DTYPE).bias.detach(),
    )
    encoder_2_1_weight = pyro.param(
        "amortised.encoder.2.1.weight",
        lambda: torch.nn.Linear(400, n_latent, dtype=DTYPE).weight.detach(),
    )
    encoder_2_1_bias = pyro.param(
        "amortised.encoder.2.1.bias",
        lambda: torch.nn.Linear(400, n_latent, dtype=DTYPE).bias.detach(),
    )
    # 12: loc, log_scale = encoder(pixels)
    loc, log_scale = encoder(
        pixels,
        encoder_0_weight,
        encoder_0_bias,
        encoder_2_0_weight,
        encoder_2_0_bias,
        encoder_2_1_weight,
        encoder_2_1_bias,
    )
    with image_plate, latent_plate:
        # 13: z[image, latent] ~ Normal(loc, exp(log_scale))
        z = pyro.sample("z", dist.Normal(loc, torch.exp(log_scale)))
