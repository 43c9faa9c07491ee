"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch
import torch.nn.functional as F

DTYPE = torch.float64


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


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
    x = x.unsqueeze(-1)
    x = F.linear(x, weight_0, bias_0)
    x = torch.tanh(x)
    x = F.linear(x, weight_2, bias_2)
    x = torch.tanh(x)
    x = F.linear(x, weight_4, bias_4)
    x = torch.tanh(x)
    x = F.linear(x, weight_6, bias_6)
    x = torch.tanh(x)
    x = F.linear(x, weight_8, bias_8)
    x = torch.tanh(x)
    x = F.linear(x, weight_10, bias_10)
    return x.squeeze(-1)


def model(n_point, x, y=None):
    """The model. Observed arguments left out are drawn instead.

    n_point: the number of members of plate point, an int
    x: shape (point)
    y: shape (point), observed
    """
    point_plate = pyro.plate("point", n_point, dim=-1)
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_0_weight = pyro.sample(
        "f.0.weight",
        dist.Normal(real(0), real(7.0710678118654755)).expand((10, 1)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_0_bias = pyro.sample("f.0.bias", dist.Normal(real(0), real(5)).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_2_weight = pyro.sample(
        "f.2.weight",
        dist.Normal(real(0), real(2.23606797749979)).expand((10, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_2_bias = pyro.sample("f.2.bias", dist.Normal(real(0), real(5)).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_4_weight = pyro.sample(
        "f.4.weight",
        dist.Normal(real(0), real(2.23606797749979)).expand((10, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_4_bias = pyro.sample("f.4.bias", dist.Normal(real(0), real(5)).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_6_weight = pyro.sample(
        "f.6.weight",
        dist.Normal(real(0), real(2.23606797749979)).expand((10, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_6_bias = pyro.sample("f.6.bias", dist.Normal(real(0), real(5)).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_8_weight = pyro.sample(
        "f.8.weight",
        dist.Normal(real(0), real(2.23606797749979)).expand((10, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_8_bias = pyro.sample("f.8.bias", dist.Normal(real(0), real(5)).expand((10,)).to_event(1))
    # 4: weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    f_10_weight = pyro.sample(
        "f.10.weight",
        dist.Normal(real(0), real(2.23606797749979)).expand((1, 10)).to_event(2),
    )
    # 5: bias   ~ Normal(0, 5)
    f_10_bias = pyro.sample("f.10.bias", dist.Normal(real(0), real(5)).expand((1,)).to_event(1))
    # 7: s ~ Gamma(0.5, 1)
    s = pyro.sample("s", dist.Gamma(real(0.5), real(1)))
    with point_plate:
        # 8: observe y ~ Normal(f(x), var = s)
        pyro.sample(
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
                torch.sqrt(s),
            ),
            obs=y,
        )
