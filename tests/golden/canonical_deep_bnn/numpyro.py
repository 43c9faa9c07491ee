"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist


# 3: layer f = Linear(1, 10) -> Tanh -> (Linear(10, 10) -> Tanh) * 4 -> Linear(10, 1) {
def f(
    x,
    weight_0,
    bias_0,
    weight_2,
    bias_2,
    weight_4,
    bias_4,
    weight_6,
    bias_6,
    weight_8,
    bias_8,
    weight_10,
    bias_10,
):
    """The layer `f` of values on the right of their rows, with its weights."""
    x = x[..., None]
    x = x @ weight_0.T + bias_0
    x = jnp.tanh(x)
    x = x @ weight_2.T + bias_2
    x = jnp.tanh(x)
    x = x @ weight_4.T + bias_4
    x = jnp.tanh(x)
    x = x @ weight_6.T + bias_6
    x = jnp.tanh(x)
    x = x @ weight_8.T + bias_8
    x = jnp.tanh(x)
    x = x @ weight_10.T + bias_10
    return x.squeeze(-1)


def model(n_point, x, y=None):
    """The model. Observed arguments left out are drawn instead.

    n_point: the number of members of plate point, an int
    x: shape (point)
    y: shape (point), observed
    """
    point_plate = numpyro.plate("point", n_point, dim=-1)
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_0_weight = numpyro.sample(
        "f.0.weight",
        dist.Normal(0.0, 7.0710678118654755).expand((10, 1)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_0_bias = numpyro.sample("f.0.bias", dist.Normal(0.0, 5.0).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_2_weight = numpyro.sample(
        "f.2.weight",
        dist.Normal(0.0, 2.23606797749979).expand((10, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_2_bias = numpyro.sample("f.2.bias", dist.Normal(0.0, 5.0).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_4_weight = numpyro.sample(
        "f.4.weight",
        dist.Normal(0.0, 2.23606797749979).expand((10, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_4_bias = numpyro.sample("f.4.bias", dist.Normal(0.0, 5.0).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_6_weight = numpyro.sample(
        "f.6.weight",
        dist.Normal(0.0, 2.23606797749979).expand((10, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_6_bias = numpyro.sample("f.6.bias", dist.Normal(0.0, 5.0).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_8_weight = numpyro.sample(
        "f.8.weight",
        dist.Normal(0.0, 2.23606797749979).expand((10, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_8_bias = numpyro.sample("f.8.bias", dist.Normal(0.0, 5.0).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_10_weight = numpyro.sample(
        "f.10.weight",
        dist.Normal(0.0, 2.23606797749979).expand((1, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_10_bias = numpyro.sample("f.10.bias", dist.Normal(0.0, 5.0).expand((1,)).to_event(1))
    # 7: s ~ Gamma(0.5, 1)
    s = numpyro.sample("s", dist.Gamma(0.5, 1.0))
    with point_plate:
        # 8: observe y ~ Normal(f(x), var = s)
        numpyro.sample(
            "y",
            dist.Normal(
                f(
                    x,
                    f_0_weight,
                    f_0_bias,
                    f_2_weight,
                    f_2_bias,
                    f_4_weight,
                    f_4_bias,
                    f_6_weight,
                    f_6_bias,
                    f_8_weight,
                    f_8_bias,
                    f_10_weight,
                    f_10_bias,
                ),
                jnp.sqrt(s),
            ),
            obs=y,
        )
