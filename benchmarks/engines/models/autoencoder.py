"""An autoencoder by hand, in NumPyro and in Pyro: models and guides that take a minibatch of `whole` rows."""

LATENT, HIDDEN = 20, 400


def numpyro(data):
    """A model and a guide of `batch`, rows of pixels."""
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist

    rows, pixels = data["pixels"].shape

    def linear(name, inputs, outputs):
        bound = inputs**-0.5

        def start(shape):
            return lambda key: jax.random.uniform(key, shape, minval=-bound, maxval=bound, dtype=jnp.float32)

        weight = numpyro.param(f"{name}.weight", start((inputs, outputs)))
        bias = numpyro.param(f"{name}.bias", start((outputs,)))
        return lambda x: x @ weight + bias

    def model(batch):
        inner, outer = linear("decoder.0", LATENT, HIDDEN), linear("decoder.2", HIDDEN, pixels)
        with numpyro.plate("image", rows, subsample_size=len(batch)):
            z = numpyro.sample("z", dist.Normal(jnp.zeros(LATENT, jnp.float32), jnp.float32(1)).to_event(1))
            logits = outer(jax.nn.softplus(inner(z)))
            numpyro.sample("pixels", dist.Bernoulli(logits=logits, validate_args=False).to_event(1), obs=batch)

    def guide(batch):
        hidden = jax.nn.softplus(linear("encoder.0", pixels, HIDDEN)(batch))
        loc, log_scale = (linear(name, HIDDEN, LATENT)(hidden) for name in ("loc", "log_scale"))
        with numpyro.plate("image", rows, subsample_size=len(batch)):
            numpyro.sample("z", dist.Normal(loc, jnp.exp(log_scale)).to_event(1))

    return model, guide


def pyro(data):
    """A model and a guide of `batch`, rows of pixels."""
    import pyro
    import pyro.distributions as dist
    import torch
    from torch import nn

    rows, pixels = data["pixels"].shape
    decoder = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.Softplus(), nn.Linear(HIDDEN, pixels))
    encoder = nn.Sequential(nn.Linear(pixels, HIDDEN), nn.Softplus())
    loc, log_scale = nn.Linear(HIDDEN, LATENT), nn.Linear(HIDDEN, LATENT)

    def model(batch):
        pyro.module("decoder", decoder)
        with pyro.plate("image", rows, subsample=batch):
            z = pyro.sample("z", dist.Normal(torch.zeros(LATENT), 1.0).to_event(1))
            pyro.sample("pixels", dist.Bernoulli(logits=decoder(z), validate_args=False).to_event(1), obs=batch)

    def guide(batch):
        for name, module in (("encoder", encoder), ("loc", loc), ("log_scale", log_scale)):
            pyro.module(name, module)
        with pyro.plate("image", rows, subsample=batch):
            hidden = encoder(batch)
            pyro.sample("z", dist.Normal(loc(hidden), log_scale(hidden).exp()).to_event(1))

    return model, guide
