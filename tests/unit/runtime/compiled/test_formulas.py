"""Formulas of our own are torch's operations, also at the ends of what numbers there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from bayesdsl.runtime.compiled.formulas import OURS, formulas
from bayesdsl.runtime.recording import record

REAL = torch.float64
INF, NAN = float("inf"), float("nan")
ENDS = torch.tensor([0.0, -0.0, 1.0, -1.0, 0.3, 40.0, -40.0, 800.0, -800.0, INF, -INF, NAN], dtype=torch.float64)
NEAR = torch.randn(40, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3
X = torch.cat([ENDS, NEAR])
Y = torch.cat([ENDS.flip(0), NEAR.roll(7)])
UNIT = torch.cat([NEAR.sigmoid(), torch.tensor([0.0, 1.0], dtype=torch.float64)])
# Torch has several answers to what the slope is at what is no number.
NUMBERS = ENDS[:11]
SQUARE = NEAR.view(4, 10)
MATRIX = torch.stack([X, Y, torch.full_like(X, -INF), X])

# Arguments for each row, several where its options change the formula.
ARGUMENTS: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "log_sigmoid_forward.default": [((X,), {})],
    "log_sigmoid_backward.default": [((Y, X, (-X.abs()).exp()), {})],
    "_softmax.default": [((MATRIX, 0, False), {}), ((SQUARE, 1, False), {})],
    "_softmax_backward_data.default": [((SQUARE.flip(0), SQUARE.softmax(1), 1, REAL), {})],
    "_log_softmax.default": [((MATRIX, 0, False), {}), ((SQUARE, -1, False), {})],
    "_log_softmax_backward_data.default": [((SQUARE.flip(0), SQUARE.log_softmax(0), 0, REAL), {})],
    "gelu_backward.default": [((Y, NEAR.repeat(2)[: len(Y)]), {}), ((NEAR, NEAR.flip(0)), {"approximate": "tanh"})],
    "elu_backward.default": [
        ((NEAR[:11], 0.7, 1.2, 0.9, False, NUMBERS), {}),
        ((NEAR, 0.7, 1, 1, True, NEAR.flip(0)), {}),
    ],
    "leaky_relu_backward.default": [((NEAR[:11], NUMBERS, 0.2, False), {})],
    "silu.default": [((X,), {})],
    "silu_backward.default": [((NEAR, NEAR.flip(0)), {})],
    "hardtanh_backward.default": [((NEAR[:11], NUMBERS, -0.5, 2), {})],
    "mish_backward.default": [((NEAR, NEAR.flip(0)), {})],
    "glu_backward.default": [((SQUARE[:, :5], SQUARE, 1), {}), ((SQUARE[:2], SQUARE, 0), {})],
    "logsumexp.default": [((MATRIX, [0]), {}), ((MATRIX, [1], True), {}), ((NEAR, [0]), {})],
    "logaddexp.default": [((X, Y), {}), ((X, X), {})],
    "gelu.default": [((X,), {}), ((X,), {"approximate": "tanh"})],
    "elu.default": [((X,), {}), ((X, 0.7, 1.2, 0.9), {})],
    "leaky_relu.default": [((X,), {}), ((X, 0.2), {})],
    "hardtanh.default": [((X,), {}), ((X, -0.5, 2), {})],
    "mish.default": [((X,), {})],
    "glu.default": [((X,), {}), ((MATRIX, 0), {})],
    "threshold.default": [((X, 0.1, -3.0), {})],
    "lerp.Scalar": [((NEAR, NEAR.flip(0), 0.3), {})],
    "lerp.Tensor": [((NEAR, NEAR.flip(0), UNIT[:40]), {})],
    "addcmul.default": [((X, Y, Y), {}), ((X, Y, Y), {"value": -0.5})],
    "addcdiv.default": [((X, Y, NEAR.repeat(2)[: len(X)]), {}), ((NEAR, NEAR, NEAR.flip(0)), {"value": 2})],
    "logit.default": [((UNIT,), {}), ((UNIT, 0.1), {})],
    "nan_to_num.default": [((X,), {}), ((X, 1.0, 2.0, 3.0), {})],
    "special_entr.default": [((X,), {})],
    "special_log_ndtr.default": [((NEAR,), {}), ((ENDS,), {})],
}


def test_every_formula_is_tested() -> None:
    assert set(ARGUMENTS) == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_a_formula_is_torchs(name: str) -> None:
    packet, overload = name.split(".")
    operation = getattr(getattr(torch.ops.aten, packet), overload)
    for args, kwargs in ARGUMENTS[name]:
        # Other last digits of a few roundings; of differences of numbers as large as 3, so many more.
        torch.testing.assert_close(
            formulas()[operation](*args, **kwargs), operation(*args, **kwargs), rtol=1e-13, atol=1e-14, equal_nan=True
        )


OPTIONS: list[dict[str, Any]] = [
    {},
    {"reduction": "none"},
    {"reduction": "sum"},
    {"reduction": "sum", "weight": UNIT[:40]},
    {"pos_weight": torch.tensor(2.0, dtype=torch.float64)},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options))
def test_a_cross_entropy_that_is_written_down_is_torchs(options: dict[str, Any]) -> None:
    function: Callable[..., torch.Tensor] = torch.nn.functional.binary_cross_entropy_with_logits
    target = UNIT[:40]
    found = record(lambda x: function(x, target, **options), NEAR)
    torch.testing.assert_close(found(NEAR), function(NEAR, target, **options), rtol=1e-13, atol=1e-14)
