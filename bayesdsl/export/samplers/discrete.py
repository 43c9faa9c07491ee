"""Draws of counts and levels."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from bayesdsl.export.samplers.continuous import beta, gamma, normal
from bayesdsl.export.samplers.noise import open_uniform, standard_gamma, uniform_noise


def bernoulli(probs: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return (uniform_noise(shape, generator) < probs).to(torch.float64)


def binomial(total_count: Tensor, probs: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    # Contiguous: the sampler below these operations is only right for what is laid out as it says.
    trials = total_count.clamp(min=0.0).expand(shape).contiguous()
    return torch.binomial(trials, probs.expand(shape).contiguous(), generator)


def beta_binomial(
    concentration1: Tensor,
    concentration0: Tensor,
    total_count: Tensor,
    shape: list[int],
    generator: Generator | None,
) -> Tensor:
    return binomial(total_count, beta(concentration1, concentration0, shape, generator), shape, generator)


def categorical(probs: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    below = torch.cumsum(probs, -1)
    u = uniform_noise(shape, generator).unsqueeze(-1)
    # Rounding may leave the last sum a little under 1: a draw above it is of the last level all the same.
    total = below.narrow(-1, below.size(-1) - 1, 1)
    return (u * total >= below.narrow(-1, 0, below.size(-1) - 1)).sum(-1).to(torch.float64).expand(shape)


def geometric(probs: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return torch.floor(torch.log(open_uniform(shape, generator)) / torch.log1p(-probs))


def poisson(rate: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return torch.poisson(rate.expand(shape).contiguous(), generator)


def gamma_poisson(concentration: Tensor, rate: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return poisson(gamma(concentration, rate, shape, generator), shape, generator)


def negative_binomial(total_count: Tensor, odds: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return poisson(standard_gamma(total_count, shape, generator) * odds, shape, generator)


def log_normal_negative_binomial(
    total_count: Tensor,
    logits: Tensor,
    multiplicative_noise_scale: Tensor,
    shape: list[int],
    generator: Generator | None,
) -> Tensor:
    noisy = normal(logits, multiplicative_noise_scale, shape, generator)
    return negative_binomial(total_count, torch.exp(noisy), shape, generator)


def zero_inflated(base: Tensor, gate: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    """A draw of another distribution, or 0 with probability `gate`."""
    return base * (1.0 - bernoulli(gate, shape, generator))


def zero_inflated_poisson(rate: Tensor, gate: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return zero_inflated(poisson(rate, shape, generator), gate, shape, generator)


def zero_inflated_negative_binomial(
    total_count: Tensor, odds: Tensor, gate: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    return zero_inflated(negative_binomial(total_count, odds, shape, generator), gate, shape, generator)


def ordered_logistic(predictor: Tensor, cutpoints: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    noisy = predictor + torch.logit(open_uniform(shape, generator))
    return (noisy.unsqueeze(-1) > cutpoints).sum(-1).to(torch.float64)
