"""Modules of layers, held against torch: names, settings, sizes, weights, and what the emitted function computes."""

from __future__ import annotations

import inspect

import pytest
import torch
from torch import nn

from bayesdsl.catalogue.modules import (
    LEFT_OUT_PREFIXES,
    LEFT_OUT_SUFFIXES,
    MODULES,
    MODULES_LEFT_OUT,
    PLUMBING,
)
from bayesdsl.catalogue.rows import REQUIRED
from bayesdsl.driver import compile_text
from bayesdsl.types.sizes import Count

# Settings for each module, as a spec writes them, and the sizes of one value that goes in.
SIZES: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    "AdaptiveAvgPool1d": (("3", (2, 7)),),
    "AdaptiveAvgPool2d": (("[3, 2]", (2, 7, 6)),),
    "AdaptiveAvgPool3d": (("2", (2, 4, 5, 6)),),
    "AdaptiveMaxPool1d": (("3", (2, 7)),),
    "AdaptiveMaxPool2d": (("3", (2, 7, 6)),),
    "AdaptiveMaxPool3d": (("2", (2, 4, 5, 6)),),
    "AvgPool1d": (("3", (2, 9)), ("3, stride = 2, padding = 1, count_include_pad = false", (2, 9))),
    "AvgPool2d": (("[3, 2], ceil_mode = true", (2, 8, 7)),),
    "AvgPool3d": (("2", (2, 4, 5, 6)),),
    "CircularPad1d": (("2", (2, 5)),),
    "CircularPad2d": (("[1, 0, 2, 1]", (2, 5, 4)),),
    "CircularPad3d": (("1", (2, 3, 3, 3)),),
    "ConstantPad1d": (("[2, 1], 0.5", (2, 5)),),
    "ConstantPad2d": (("1, -2", (2, 5, 4)),),
    "ConstantPad3d": (("1, 2", (2, 3, 3, 3)),),
    "Conv1d": (("2, 4, 3", (2, 9)), ("2, 4, 3, stride = 2, padding = 1, dilation = 2, groups = 2", (2, 9))),
    "Conv2d": (
        ("1, 3, 3", (1, 8, 7)),
        ('1, 3, [3, 2], padding = "same"', (1, 8, 7)),
        ("2, 3, 3, stride = [2, 1], padding = [1, 0], bias = false", (2, 8, 7)),
    ),
    "Conv3d": (("1, 2, 2", (1, 4, 5, 6)),),
    "ConvTranspose1d": (("2, 4, 3, stride = 2, output_padding = 1", (2, 5)),),
    "ConvTranspose2d": (
        ("2, 4, 3, stride = 2, padding = 1, groups = 2", (2, 5, 4)),
        ("2, 1, [3, 2], dilation = 2, bias = false", (2, 5, 4)),
    ),
    "ConvTranspose3d": (("2, 1, 2", (2, 3, 3, 3)),),
    "Flatten": (("", (2, 3, 4)), ("2", (2, 3, 4)), ("1, 2", (2, 3, 4))),
    "GLU": (("", (6,)), ("1", (4, 3))),
    "GRU": (("3, 4", (5, 3)), ("3, 4, 2, bidirectional = true, bias = false", (5, 3))),
    "GroupNorm": (("2, 4", (4, 3)), ("2, 4, affine = false", (4, 3))),
    "LSTM": (("3, 4", (5, 3)), ("3, 4, num_layers = 2, bidirectional = true", (5, 3))),
    "LayerNorm": (("4", (3, 4)), ("[3, 4], eps = 0.01", (3, 4)), ("4, bias = false", (4,))),
    "Linear": (("4, 3", (4,)), ("4, 3, bias = false", (2, 4))),
    "LocalResponseNorm": (("2", (4, 5)),),
    "LogSoftmax": (("", (4,)), ("1", (4, 3))),
    "MaxPool1d": (("3", (2, 9)), ("3, stride = 2, padding = 1, dilation = 2", (2, 9))),
    "MaxPool2d": (("[3, 2], ceil_mode = true", (2, 8, 7)),),
    "MaxPool3d": (("2", (2, 4, 5, 6)),),
    "PReLU": (("", (4,)), ("4, init = 0.5", (4, 3))),
    "PixelShuffle": (("2", (8, 3, 2)),),
    "RMSNorm": (("4", (3, 4)), ("4, eps = 0.1, elementwise_affine = false", (3, 4))),
    "RNN": (("3, 4", (5, 3)), ('3, 4, 2, nonlinearity = "relu"', (5, 3))),
    "ReflectionPad1d": (("2", (2, 5)),),
    "ReflectionPad2d": (("[1, 0, 2, 1]", (2, 5, 4)),),
    "ReflectionPad3d": (("1", (2, 3, 3, 3)),),
    "ReplicationPad1d": (("2", (2, 5)),),
    "ReplicationPad2d": (("1", (2, 5, 4)),),
    "ReplicationPad3d": (("1", (2, 3, 3, 3)),),
    "Softmax": (("", (4,)), ("1", (4, 3))),
    "Softmin": (("", (4,)), ("2", (4, 3))),
    "Softplus": (("", (4,)), ("beta = 2, threshold = 3", (4,))),
    "Threshold": (("0.1, 2", (4,)),),
    "Unflatten": (("1, [2, 3]", (6,)), ("2, [2, 2]", (3, 4))),
    "Upsample": (("scale_factor = 2", (2, 3)), ('scale_factor = 3, mode = "nearest-exact"', (2, 3, 4))),
    "ZeroPad1d": (("2", (2, 5)),),
    "ZeroPad2d": (("[1, 0, 2, 1]", (2, 5, 4)),),
    "ZeroPad3d": (("1", (2, 3, 3, 3)),),
}
CASES = [(name, *case) for name in sorted(MODULES) if name != "Embedding" for case in SIZES.get(name, (("", (4,)),))]
TORCH_MODULES = sorted(
    name for name in dir(nn) if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), nn.Module)
)


@pytest.mark.parametrize("name", TORCH_MODULES)
def test_every_module_of_torch_has_a_row_or_a_reason_for_having_none(name):
    reasons = [
        name in MODULES,
        name in MODULES_LEFT_OUT,
        any(name.endswith(end) for end in LEFT_OUT_SUFFIXES),
        any(name.startswith(start) for start in LEFT_OUT_PREFIXES),
    ]
    assert sum(reasons) == 1


@pytest.mark.parametrize("name", sorted(MODULES))
def test_settings_have_torchs_names_order_and_defaults(name):
    if name in ("RNN", "LSTM", "GRU"):
        pytest.skip("torch's signature is (*args, **kwargs); the tests of weights hold it")
    row = MODULES[name]
    own = [setting.name for setting in row.settings]
    found = inspect.signature(getattr(nn, name).__init__).parameters
    free = [p for p in found.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and p.name != "self"]
    # Torch's older names of two settings, and one that came lately.
    free = [p for p in free if p.name not in ("min_value", "max_value") and (name, p.name) != ("GroupNorm", "bias")]
    assert own == [p.name for p in free if p.name in own or p.name not in PLUMBING]
    for setting in row.settings:
        default = found[setting.name].default
        if default is inspect.Parameter.empty or (name, setting.name) == ("Upsample", "scale_factor"):
            assert setting.default is REQUIRED
        elif default is not None or setting.default not in (-1, None):
            assert setting.default == (Count(default) if isinstance(setting.default, Count) else default)


def module(name: str, settings: str, sizes: tuple[int, ...]):
    """A layer of one module, its emitted function, and torch's own module."""
    total = torch.Size(sizes).numel()
    shape = ", ".join(map(str, sizes))
    text = f"""
    plate inside = {total}
    data row {{ v[inside] = columns("v*"); y : real }}
    layer f : [inside] -> [out] = Unflatten(1, [{shape}]) -> {name}({settings}) -> Flatten
    plate out = OUT
    observe y ~ Normal(sum[out](f(v)), 1)
    """
    written = settings.replace("true", "True").replace("false", "False")
    fixed = ", batch_first=True" if name in ("RNN", "LSTM", "GRU") else ""
    fixed = fixed or (", dim=-1" if name in ("Softmax", "Softmin", "LogSoftmax") and not settings else "")
    theirs = eval(f"nn.{name}({written}{fixed})".replace("(, ", "("), {"nn": nn})
    return text, theirs.double()


@pytest.mark.parametrize(("name", "settings", "sizes"), CASES)
def test_a_layer_computes_what_torchs_module_does(name, settings, sizes):
    text, theirs = module(name, settings, sizes)
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(3, *sizes, generator=generator, dtype=torch.float64)
    weights = {
        key: torch.randn(p.shape, generator=generator, dtype=torch.float64) for key, p in theirs.named_parameters()
    }
    result = torch.func.functional_call(theirs, weights, (x,))
    wanted = (result[0] if isinstance(result, tuple) else result).flatten(1)
    compiled = compile_text(text.replace("OUT", str(wanted.shape[1])))
    layer = compiled.spec.layers["f"]
    # The sizes the checker works with are those of torch.
    assert [size.known for size in layer.steps[1].after] == list(wanted.reshape(3, -1).shape[1:]) or (
        torch.Size([size.known for size in layer.steps[1].after]).numel() == wanted.shape[1]
    )
    assert [leaf for leaf, _ in layer.steps[1].weights] == list(weights)
    shapes = {leaf: [size.known for size in dims] for leaf, dims in shapes_of(layer.steps[1]).items()}
    assert shapes == {key: list(value.shape) for key, value in weights.items()}
    function = compiled.module.f
    found = function(x.flatten(1), *weights.values())
    # The same operations in the same order.
    torch.testing.assert_close(found, wanted, rtol=1e-14, atol=1e-14)
    # Whatever rows stand on the left, also in what TorchScript makes of it.
    rows = x.flatten(1).reshape(3, 1, -1).expand(3, 2, -1)
    expected = wanted.reshape(3, 1, -1).expand(3, 2, -1)
    torch.testing.assert_close(function(rows, *weights.values()), expected, rtol=1e-14, atol=1e-14)
    torch.testing.assert_close(torch.jit.script(function)(rows, *weights.values()), expected, rtol=1e-14, atol=1e-14)


def shapes_of(step) -> dict:
    return dict(step.row.weights(dict(step.settings)))


def test_an_embedding_takes_a_category():
    compiled = compile_text("""
    plate k = 2
    data row { place : category = ["a", "b", "a"]; y = [1.0, 2.0, 0.5] }
    layer e : [] -> [k] = Embedding(place, k) { weight ~ Normal(0, 1) }
    observe y ~ Normal(sum[k](e(place)), 1)
    """)
    table = torch.randn(2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    codes = torch.tensor([0, 1, 0])
    torch.testing.assert_close(compiled.module.e(codes, table), nn.Embedding(2, 2, _weight=table)(codes))
