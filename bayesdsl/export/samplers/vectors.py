"""Draws of vectors and matrices."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from bayesdsl.export.samplers.continuous import chi2
from bayesdsl.export.samplers.discrete import binomial, categorical
from bayesdsl.export.samplers.noise import open_uniform, softmax, standard_exponential, standard_gamma, standard_normal


def one_hot(probs: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    level = categorical(probs, shape, generator)
    return (level.unsqueeze(-1) == torch.arange(probs.size(-1))).to(torch.float64)


def multinomial(total_count: Tensor, probs: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    """Level after level, each a binomial of the trials that are left."""
    levels = probs.size(-1)
    p = (probs / probs.sum(-1, keepdim=True)).expand(shape + [levels])
    left = total_count.expand(shape)
    rest = torch.ones(shape, dtype=torch.float64)
    counts: list[Tensor] = []
    for level in range(levels - 1):
        here = p.select(-1, level)
        share = torch.where(rest > 0, here / rest.clamp(min=1e-300), torch.ones_like(rest)).clamp(0.0, 1.0)
        count = binomial(left, share, shape, generator)
        counts.append(count)
        left = left - count
        rest = (rest - here).clamp(min=0.0)
    counts.append(left)
    return torch.stack(counts, -1)


def dirichlet(concentration: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    parts = standard_gamma(concentration, shape + [concentration.size(-1)], generator)
    return parts / parts.sum(-1, keepdim=True)


def dirichlet_multinomial(
    concentration: Tensor, total_count: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    return multinomial(total_count, dirichlet(concentration, shape, generator), shape, generator)


def logistic_normal(loc: Tensor, scale: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    """A stick broken at the inverse logits of normal draws, moved so that 0 breaks it into equal parts."""
    parts = loc.size(-1)
    drawn = loc + scale * standard_normal(shape + [parts], generator)
    broken = torch.sigmoid(drawn - torch.log(torch.arange(parts, 0, -1, dtype=torch.float64)))
    left = torch.cumprod(1.0 - broken, -1)
    one = torch.ones(shape + [1], dtype=torch.float64)
    return torch.cat((broken, one), -1) * torch.cat((one, left), -1)


def relaxed_one_hot(temperature: Tensor, logits: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    noise = -torch.log(standard_exponential(shape + [logits.size(-1)], generator))
    return torch.softmax((logits + noise) / temperature.unsqueeze(-1), -1)


def rounded_one_hot(temperature: Tensor, logits: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    relaxed = relaxed_one_hot(temperature, logits, shape, generator)
    level = torch.argmax(relaxed, -1, keepdim=True)
    return (level == torch.arange(logits.size(-1))).to(torch.float64)


def multivariate_normal(loc: Tensor, scale_tril: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    noise = standard_normal(shape + [scale_tril.size(-1)], generator)
    return loc + torch.matmul(scale_tril, noise.unsqueeze(-1)).squeeze(-1)


def low_rank_normal(
    loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    common = standard_normal(shape + [cov_factor.size(-1)], generator)
    own = standard_normal(shape + [cov_factor.size(-2)], generator)
    return loc + torch.matmul(cov_factor, common.unsqueeze(-1)).squeeze(-1) + torch.sqrt(cov_diag) * own


def multivariate_student_t(
    df: Tensor, loc: Tensor, scale_tril: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    noise = multivariate_normal(torch.zeros_like(loc), scale_tril, shape, generator)
    return loc + noise * torch.rsqrt(chi2(df, shape, generator) / df).unsqueeze(-1)


def picked(components: Tensor, weights: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    """One of the draws that `components` has of each component, which are its first dimension behind `shape`."""
    level = categorical(weights, shape, generator).to(torch.int64)
    for _ in range(components.dim() - len(shape)):
        level = level.unsqueeze(-1)
    dim = len(shape)
    index = level.expand(shape + [1] + list(components.shape[dim + 1 :]))
    return torch.gather(components, dim, index).squeeze(dim)


def mixture_of_normals(
    locs: Tensor, coord_scale: Tensor, component_logits: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    size = shape + [locs.size(-2), locs.size(-1)]
    return picked(locs + coord_scale * standard_normal(size, generator), softmax(component_logits), shape, generator)


def mixture_of_alike_normals(
    locs: Tensor, coord_scale: Tensor, component_logits: Tensor, shape: list[int], generator: Generator | None
) -> Tensor:
    return mixture_of_normals(locs, coord_scale.unsqueeze(-2), component_logits, shape, generator)


def projected_normal(concentration: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    drawn = concentration + standard_normal(shape + [concentration.size(-1)], generator)
    return drawn / torch.linalg.vector_norm(drawn, dim=-1, keepdim=True)


def von_mises_3d(concentration: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    """The height over the mean direction by its quantile, the angle around it uniform (Ulrich 1984)."""
    full = concentration.expand(shape + [3])
    k = torch.linalg.vector_norm(full, dim=-1).clamp(min=1e-300)
    u = open_uniform(shape, generator)
    height = (1.0 + torch.log(u + (1.0 - u) * torch.exp(-2.0 * k)) / k).clamp(-1.0, 1.0)
    axis = full / k.unsqueeze(-1)
    around = standard_normal(shape + [3], generator)
    across = around - (around * axis).sum(-1, keepdim=True) * axis
    across = across / torch.linalg.vector_norm(across, dim=-1, keepdim=True)
    return height.unsqueeze(-1) * axis + torch.sqrt(1.0 - height * height).unsqueeze(-1) * across


def wishart(df: Tensor, scale_tril: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    """By its Bartlett factor: chi on the diagonal, normals under it."""
    size = scale_tril.size(-1)
    lower = torch.tril(standard_normal(shape + [size, size], generator), -1)
    degrees = df.unsqueeze(-1) - torch.arange(size, dtype=torch.float64)
    diagonal = torch.sqrt(chi2(degrees, shape + [size], generator))
    factor = torch.matmul(scale_tril, lower + torch.diag_embed(diagonal))
    return torch.matmul(factor, factor.transpose(-1, -2))
