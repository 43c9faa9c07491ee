"""What is rare, or several operations in one, as formulas of others.

Torch has formulas for most of it. Many of them import its compiler, to keep away from it, or a library for symbols: a
second and a half. Those that models often come by are written out here, and the tests hold them against torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

aten = torch.ops.aten

# What torch's own formulas are taken for.
_TORCHS = """
native_layer_norm native_layer_norm_backward native_group_norm native_group_norm_backward _native_batch_norm_legit
_native_batch_norm_legit_functional native_batch_norm native_batch_norm_backward hardswish hardswish_backward
hardsigmoid hardsigmoid_backward nll_loss_forward nll_loss_backward mse_loss mse_loss_backward huber_loss
smooth_l1_loss binary_cross_entropy binary_cross_entropy_backward embedding_dense_backward norm linalg_vector_norm
dist addmv addr baddbmm mvlgamma cumprod_backward _prelu_kernel _prelu_kernel_backward trace nansum rot90
unfold_backward renorm native_dropout tril_indices triu_indices diag_embed softshrink softshrink_backward hardshrink
hinge soft_margin_loss roll isposinf isneginf logaddexp2 sinc heaviside frac outer block_diag _euclidean_dist polar
"""

Tensor = torch.Tensor
Tensors = tuple[torch.Tensor, ...]


def _softplus(x: Tensor) -> Tensor:
    return x.clamp(min=0) + (-x.abs()).exp().log1p()


def _log_sigmoid(x: Tensor) -> Tensors:
    return -_softplus(-x), (-x.abs()).exp()


def _exponentials(x: Tensor, dim: Sequence[int]) -> Tensors:
    """By how much numbers are below the largest, its exponential and the sum of these."""
    below = x - x.amax(dim, keepdim=True)
    return below, below.exp(), below.exp().sum(dim, keepdim=True)


def _softmax(x: Tensor, dim: int, half_to_float: bool) -> Tensor:
    _, each, total = _exponentials(x, [dim])
    return each / total


def _softmax_backward(grad: Tensor, y: Tensor, dim: int, dtype: torch.dtype) -> Tensor:
    return grad * y - y * (grad * y).sum(dim, keepdim=True)


def _log_softmax(x: Tensor, dim: int, half_to_float: bool) -> Tensor:
    below, _, total = _exponentials(x, [dim])
    return below - total.log()


def _log_softmax_backward(grad: Tensor, y: Tensor, dim: int, dtype: torch.dtype) -> Tensor:
    return grad - y.exp() * grad.sum(dim, keepdim=True)


def _logsumexp(x: Tensor, dim: Sequence[int], keepdim: bool = False) -> Tensor:
    top = x.amax(dim, keepdim=True)
    top = torch.where(top.abs() == math.inf, 0.0, top)
    return (x - top).exp().sum(dim, keepdim).log() + (top if keepdim else top.squeeze(dim))


def _logaddexp(x: Tensor, y: Tensor) -> Tensor:
    # Two equal infinities have no difference.
    far = torch.maximum(x, y) + (-(x - y).abs()).exp().log1p()
    return torch.where(x == y, x + math.log(2), far)


def _gelu(x: Tensor, approximate: str = "none") -> Tensor:
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + inner.tanh())
    return 0.5 * x * (1 + (x * math.sqrt(0.5)).erf())


def _elu(x: Tensor, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Tensor:
    return torch.where(x > 0, x * scale, (x * input_scale).expm1() * (alpha * scale))


def _glu(x: Tensor, dim: int = -1) -> Tensor:
    value, gate = x.split(x.shape[dim] // 2, dim)
    return value * gate.sigmoid()


def _gelu_backward(grad: Tensor, x: Tensor, *, approximate: str = "none") -> Tensor:
    if approximate == "tanh":
        rate = math.sqrt(2 / math.pi)
        t = (rate * (x + 0.044715 * x * x * x)).tanh()
        return grad * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * rate * (1 + 3 * 0.044715 * x * x))
    density = (x * x * -0.5).exp() * math.sqrt(0.5 / math.pi)
    return grad * (0.5 * (1 + (x * math.sqrt(0.5)).erf()) + x * density)


def _elu_backward(grad: Tensor, alpha: float, scale: float, input_scale: float, is_result: bool, of: Tensor) -> Tensor:
    slope = (of + alpha * scale if is_result else (of * input_scale).exp() * (alpha * scale)) * input_scale
    return grad * torch.where(of <= 0, slope, scale)


def _silu_backward(grad: Tensor, x: Tensor) -> Tensor:
    gate = x.sigmoid()
    return grad * gate * (1 + x * (1 - gate))


def _mish_backward(grad: Tensor, x: Tensor) -> Tensor:
    t = _softplus(x).tanh()
    return grad * (t + x * x.sigmoid() * (1 - t * t))


def _glu_backward(grad: Tensor, x: Tensor, dim: int) -> Tensor:
    value, gate = x.split(x.shape[dim] // 2, dim)
    gate = gate.sigmoid()
    return torch.cat([grad * gate, grad * value * gate * (1 - gate)], dim)


def _logit(x: Tensor, eps: float | None = None) -> Tensor:
    x = x if eps is None else x.clamp(eps, 1 - eps)
    return (x / (1 - x)).log()


def _nan_to_num(
    x: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    most = torch.finfo(x.dtype)
    found = torch.where(x.isnan(), 0.0 if nan is None else nan, x)
    found = torch.where(x == math.inf, most.max if posinf is None else posinf, found)
    return torch.where(x == -math.inf, most.min if neginf is None else neginf, found)


def _entropy(x: Tensor) -> Tensor:
    return torch.where(x > 0, -x * x.log(), torch.where(x < 0, -math.inf, x))


def _log_ndtr(x: Tensor) -> Tensor:
    z = x * math.sqrt(0.5)
    # Far to the left the probability itself is too small a number.
    return torch.where(x < -1, (aten.special_erfcx(-z) / 2).log() - z * z, (-z.erfc() / 2).log1p())


# By aten's names of the operation and its overload.
OURS: dict[str, Callable[..., Any]] = {
    "log_sigmoid_forward.default": _log_sigmoid,
    "log_sigmoid_backward.default": lambda grad, x, buffer: grad * (-x).sigmoid(),
    "_softmax.default": _softmax,
    "_softmax_backward_data.default": _softmax_backward,
    "_log_softmax.default": _log_softmax,
    "_log_softmax_backward_data.default": _log_softmax_backward,
    "logsumexp.default": _logsumexp,
    "logaddexp.default": _logaddexp,
    "gelu.default": _gelu,
    "gelu_backward.default": _gelu_backward,
    "elu.default": _elu,
    "elu_backward.default": _elu_backward,
    "leaky_relu.default": lambda x, slope=0.01: torch.where(x > 0, x, x * slope),
    "leaky_relu_backward.default": lambda grad, x, slope, is_result: torch.where(x > 0, grad, grad * slope),
    "silu.default": lambda x: x * x.sigmoid(),
    "silu_backward.default": _silu_backward,
    "hardtanh.default": lambda x, low=-1, high=1: x.clamp(low, high),
    "hardtanh_backward.default": lambda grad, x, low, high: torch.where((x <= low) | (x >= high), 0.0, grad),
    "mish.default": lambda x: x * _softplus(x).tanh(),
    "mish_backward.default": _mish_backward,
    "glu.default": _glu,
    "glu_backward.default": _glu_backward,
    "threshold.default": lambda x, at, value: torch.where(x <= at, value, x),
    "lerp.Scalar": lambda x, y, weight: x + (y - x) * weight,
    "lerp.Tensor": lambda x, y, weight: x + (y - x) * weight,
    "addcmul.default": lambda x, y, z, *, value=1: x + y * z * value,
    "addcdiv.default": lambda x, y, z, *, value=1: x + y / z * value,
    "logit.default": _logit,
    "nan_to_num.default": _nan_to_num,
    "special_entr.default": _entropy,
    "special_log_ndtr.default": _log_ndtr,
}

_TABLE: dict[Any, Callable[..., Any]] = {}


def formulas() -> dict[Any, Callable[..., Any]]:
    """The formula of each operation that has one."""
    if not _TABLE:
        from torch._decomp import get_decompositions

        for name in _TORCHS.split():
            try:
                _TABLE.update(get_decompositions([getattr(aten, name)]))
            except (AttributeError, RuntimeError):
                # Of another version of torch.
                continue
        for name, formula in OURS.items():
            packet, overload = name.split(".")
            _TABLE[getattr(getattr(aten, packet), overload)] = formula
    return _TABLE
