"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

n_latent = 20


def uniform_start(key, shape, inputs):
    """Where torch's modules start: within one over the root of the number of inputs."""
    return jax.random.uniform(key, shape, minval=-(inputs**-0.5), maxval=inputs**-0.5)


# 4: layer decoder : [latent] -> [pixel] = Linear(latent, 400) -> Softplus -> Linear(400, pixel)
def decoder(x, weight_0, bias_0, weight_2, bias_2):
    """The layer `decoder` of values on the right of their rows, with its weights."""
    x = x @ weight_0.T + bias_0
    x = jax.nn.softplus(x)
    return x @ weight_2.T + bias_2


# 10: layer encoder : [pixel] -> [latent], [latent] =
def encoder(x, weight_0, bias_0, weight_2_0, bias_2_0, weight_2_1, bias_2_1):
    """The layer `encoder` of values on the right of their rows, with its weights."""
    x = x @ weight_0.T + bias_0
    x = jax.nn.softplus(x)
    x1 = x @ weight_2_0.T + bias_2_0
    x2 = x @ weight_2_1.T + bias_2_1
    return x1, x2


def model(n_pixel, n_image, pixels=None):
    """The model. Observed arguments left out are drawn instead.

    n_pixel: the number of members of plate pixel, an int
    n_image: the number of members of plate image, an int
    pixels: shape (image, pixel), observed
    """
    image_plate = numpyro.plate("image", n_image, dim=-2)
    latent_plate = numpyro.plate("latent", n_latent, dim=-1)
    pixel_plate = numpyro.plate("pixel", n_pixel, dim=-1)
    # 4: layer decoder : [latent] -> [pixel] = Linear(latent, 400) -> Softplus -> Linear(400, pixel)
    decoder_0_weight = numpyro.param(
        "decoder.0.weight",
        lambda key: uniform_start(key, (400, n_latent), n_latent),
    )
    decoder_0_bias = numpyro.param(
        "decoder.0.bias",
        lambda key: uniform_start(key, (400,), n_latent),
    )
    decoder_2_weight = numpyro.param(
        "decoder.2.weight",
        lambda key: uniform_start(key, (n_pixel, 400), 400),
    )
    decoder_2_bias = numpyro.param(
        "decoder.2.bias",
        lambda key: uniform_start(key, (n_pixel,), 400),
    )
    with image_plate, latent_plate:
        # 6: z[image, latent] ~ Normal(0, 1)
        z = numpyro.sample("z", dist.Normal(0.0, 1.0))
    with image_plate, pixel_plate:
        # 7: observe pixels ~ Bernoulli(logits = decoder(z))
        numpyro.sample(
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


def amortised(n_pixel, n_image, pixels=None):
    """The guide, with the model's arguments."""
    image_plate = numpyro.plate("image", n_image, dim=-2)
    latent_plate = numpyro.plate("latent", n_latent, dim=-1)
    # 10: layer encoder : [pixel] -> [latent], [latent] =
    encoder_0_weight = numpyro.param(
        "amortised.encoder.0.weight",
        lambda key: uniform_start(key, (400, n_pixel), n_pixel),
    )
    encoder_0_bias = numpyro.param(
        "amortised.encoder.0.bias",
        lambda key: uniform_start(key, (400,), n_pixel),
    )
    encoder_2_0_weight = numpyro.param(
        "amortised.encoder.2.0.weight",
        lambda key: uniform_start(key, (n_latent, 400), 400),
    )
    encoder_2_0_bias = numpyro.param(
        "amortised.encoder.2.0.bias",
        lambda key: uniform_start(key, (n_latent,), 400),
    )
    encoder_2_1_weight = numpyro.param(
        "amortised.encoder.2.1.weight",
        lambda key: uniform_start(key, (n_latent, 400), 400),
    )
    encoder_2_1_bias = numpyro.param(
        "amortised.encoder.2.1.bias",
        lambda key: uniform_start(key, (n_latent,), 400),
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
        z = numpyro.sample("z", dist.Normal(loc, jnp.exp(log_scale)))
