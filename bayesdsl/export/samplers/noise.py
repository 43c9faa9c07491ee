"""Standard draws, and other forms of arguments."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def standard_normal(shape: list[int], generator: Generator | None) -> Tensor:
    # `torch.export` knows sizes that are symbols only without the argument, be it None.
    if generator is None:
        return torch.randn(shape, dtype=torch.float64)
    return torch.randn(shape, dtype=torch.float64, generator=generator)


def uniform_noise(shape: list[int], generator: Generator | None) -> Tensor:
    """Uniform from 0 to 1, 0 included."""
    if generator is None:
        return torch.rand(shape, dtype=torch.float64)
    return torch.rand(shape, dtype=torch.float64, generator=generator)


def open_uniform(shape: list[int], generator: Generator | None) -> Tensor:
    """Uniform on the open interval from 0 to 1."""
    return uniform_noise(shape, generator).clamp(1.1e-16, 1.0 - 1.2e-16)


def standard_exponential(shape: list[int], generator: Generator | None) -> Tensor:
    return -torch.log(open_uniform(shape, generator))


def standard_gamma(concentration: Tensor, shape: list[int], generator: Generator | None) -> Tensor:
    return torch._standard_gamma(concentration.expand(shape), generator).clamp(min=1e-300)


def odds(probs: Tensor) -> Tensor:
    """p / (1 - p)."""
    return probs / (1.0 - probs)


def softmax(logits: Tensor) -> Tensor:
    """Probabilities over the last dimension."""
    return torch.softmax(logits, -1)


def cholesky_of_precision(precision: Tensor) -> Tensor:
    """The lower Cholesky factor of the inverse of a precision matrix."""
    return torch.linalg.cholesky(torch.linalg.inv(precision))
