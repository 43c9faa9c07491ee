"""Draws of real numbers."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from bayesdsl.export.samplers.noise import (
    open_uniform,
    standard_exponential,
    standard_gamma,
    standard_normal,
    uniform_noise,
)


def normal(loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return loc + scale * standard_normal(shape, generator)


def log_normal(loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return torch.exp(normal(loc, scale, shape, generator))


def half_normal(scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return scale * standard_normal(shape, generator).abs()


def cauchy(loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return loc + scale * torch.tan(math.pi * (open_uniform(shape, generator) - 0.5))


def half_cauchy(scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return scale * torch.tan(math.pi / 2 * open_uniform(shape, generator))


def student_t(df: Tensor, loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    noise = standard_normal(shape, generator)
    return loc + scale * noise * torch.rsqrt(chi2(df, shape, generator) / df)


def laplace(loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    right = standard_exponential(shape, generator)
    return loc + scale * (right - standard_exponential(shape, generator))


def asymmetric_laplace(
    loc: Tensor, scale: Tensor, asymmetry: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    left = scale * asymmetry * standard_exponential(shape, generator)
    return loc - left + scale / asymmetry * standard_exponential(shape, generator)


def soft_laplace(loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return loc + scale * torch.log(torch.tan(math.pi / 2 * open_uniform(shape, generator)))


def soft_asymmetric_laplace(
    loc: Tensor,
    scale: Tensor,
    asymmetry: Tensor,
    softness: Tensor,
    shape: list[int],
    generator: Generator | None,
) -> Tensor:
    hard = asymmetric_laplace(loc, scale, asymmetry, shape, generator)
    return hard + scale * softness * standard_normal(shape, generator)


def logistic(loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return loc + scale * torch.logit(open_uniform(shape, generator))


def skew_logistic(
    loc: Tensor, scale: Tensor, asymmetry: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    # The distribution function is the logistic one to the power `asymmetry`.
    log_cdf = torch.log(open_uniform(shape, generator)) / asymmetry
    return loc + scale * (log_cdf - torch.log(-torch.expm1(log_cdf)))


def gumbel(loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return loc - scale * torch.log(standard_exponential(shape, generator))


def exponential(rate: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return standard_exponential(shape, generator) / rate


def gamma(concentration: Tensor, rate: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return standard_gamma(concentration, shape, generator) / rate


def inverse_gamma(concentration: Tensor, rate: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return rate / standard_gamma(concentration, shape, generator)


def chi2(df: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return 2.0 * standard_gamma(df / 2.0, shape, generator)


def fisher_snedecor(df1: Tensor, df2: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    above = chi2(df1, shape, generator) / df1
    return above / (chi2(df2, shape, generator) / df2)


def weibull(scale: Tensor, concentration: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return scale * standard_exponential(shape, generator) ** (1.0 / concentration)


def pareto(scale: Tensor, alpha: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return scale * torch.exp(standard_exponential(shape, generator) / alpha)


def beta(concentration1: Tensor, concentration0: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    one = standard_gamma(concentration1, shape, generator)
    return one / (one + standard_gamma(concentration0, shape, generator))


def affine_beta(
    concentration1: Tensor,
    concentration0: Tensor,
    loc: Tensor,
    scale: Tensor,
    shape: list[int],
    generator: Generator | None,
) -> Tensor:
    return loc + scale * beta(concentration1, concentration0, shape, generator)


def kumaraswamy(
    concentration1: Tensor, concentration0: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    log_survival = torch.log(open_uniform(shape, generator)) / concentration0
    return (-torch.expm1(log_survival)) ** (1.0 / concentration1)


def uniform(low: Tensor, high: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return low + (high - low) * uniform_noise(shape, generator)


def continuous_bernoulli(probs: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    u = open_uniform(shape, generator)
    p = probs.clamp(1e-12, 1.0 - 1e-12).expand(shape)
    # At one half the quantile is u; so near to it that the formula would divide rounding errors, it is as good as u.
    flat = (p - 0.5).abs() < 1e-7
    away = torch.where(flat, torch.full_like(p, 0.25), p)
    quantile = (torch.log1p(-away + u * (2.0 * away - 1.0)) - torch.log1p(-away)) / torch.logit(away)
    return torch.where(flat, u, quantile)


def von_mises(loc: Tensor, concentration: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    """By the wrapped Cauchy envelope of Best and Fisher (1979)."""
    k = concentration.expand(shape)
    tau = 1.0 + torch.sqrt(1.0 + 4.0 * k * k)
    rho = (tau - torch.sqrt(2.0 * tau)) / (2.0 * k)
    r = torch.where(k < 1e-5, 1.0 / k + k, (1.0 + rho * rho) / (2.0 * rho))
    angle = torch.zeros(shape, dtype=torch.float64)
    done = torch.zeros(shape, dtype=torch.bool)
    while not bool(done.all()):
        z = torch.cos(math.pi * open_uniform(shape, generator))
        f = (1.0 + r * z) / (r + z)
        c = k * (r - f)
        u = open_uniform(shape, generator)
        accepted = (c * (2.0 - c) - u > 0) | (torch.log(c / u) + 1.0 - c >= 0)
        side = torch.sign(open_uniform(shape, generator) - 0.5)
        angle = torch.where(accepted & ~done, side * torch.acos(f.clamp(-1.0, 1.0)), angle)
        done = done | accepted
    return torch.remainder(angle + loc + math.pi, 2 * math.pi) - math.pi


def stable(
    stability: Tensor, skew: Tensor, scale: Tensor, loc: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    """By Chambers, Mallows and Stuck (1976), in the parameterisation that is continuous in all its arguments (S0)."""
    v = math.pi * (open_uniform(shape, generator) - 0.5)
    w = standard_exponential(shape, generator)
    unit = (stability - 1.0).abs() < 1e-4
    a = torch.where(unit, torch.full_like(stability, 0.5), stability)
    tilt = skew * torch.tan(math.pi / 2 * a)
    b = torch.atan(tilt) / a
    size = (1.0 + tilt * tilt) ** (0.5 / a)
    turned = torch.sin(a * (v + b)) / torch.cos(v) ** (1.0 / a)
    z = size * turned * (torch.cos(v - a * (v + b)) / w) ** ((1.0 - a) / a) - tilt
    half = math.pi / 2 + skew * v
    at_one = 2 / math.pi * (half * torch.tan(v) - skew * torch.log(math.pi / 2 * w * torch.cos(v) / half))
    return loc + scale * torch.where(unit, at_one, z)


def relaxed_bernoulli(temperature: Tensor, logits: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return torch.sigmoid((logits + torch.logit(open_uniform(shape, generator))) / temperature)


def rounded_bernoulli(temperature: Tensor, logits: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return torch.round(relaxed_bernoulli(temperature, logits, shape, generator))


def folded(base: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    """The size of a draw of another distribution."""
    return base.abs()


def delta(v: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return v.expand(shape)
