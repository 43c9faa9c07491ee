"""Layers over draws of their weights, in TorchScript's language."""

from __future__ import annotations

from torch import Tensor, matmul


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A linear map for every draw at once: x (draw, *rows, in), weight (draw, out, in), bias (draw, out). Of what is
    the same for all draws there is one."""
    rows = list(x.shape[1:-1])
    count = 1
    for size in rows:
        count = count * size
    made = matmul(x.reshape([x.size(0), count, x.size(-1)]), weight.transpose(-1, -2))
    if bias is not None:
        made = made + bias.unsqueeze(-2)
    return made.reshape([made.size(0)] + rows + [made.size(-1)])


def of_draw(value: Tensor, draw: int) -> Tensor:
    """One draw of a value, or the one there is."""
    return value[min(draw, value.size(0) - 1)]
