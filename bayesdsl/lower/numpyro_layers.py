"""What layers are made of, as functions of JAX.

F.linear(x, weight_0, bias_0)                                  ->  x @ weight_0.T + bias_0
F.conv2d(x, weight_1, stride=2)                                ->  convolve(x, weight_1, stride=2)
lambda: torch.nn.Linear(3, n_k, dtype=DTYPE).bias.detach()     ->  lambda key: uniform_start(key, (n_k,), 3)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from math import prod

from bayesdsl.catalogue.numpyro_layers import CALLS, FORMS, MISSING_MODULES, MISSING_SETTINGS, STARTS
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.lower import errors
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py
from bayesdsl.pysrc.reader import read_expression

Keywords = Mapping[str, py.Expr]


def missing_modules(model: ir.Model) -> Iterator[Diagnostic]:
    """Findings for modules that JAX has nothing for, at their places in the spec."""
    guides = [guide for guide in model.guides.values() if isinstance(guide, ir.GuideBody)]
    for layers in (model.layers, *(guide.layers for guide in guides)):
        for step in (step for layer in layers.values() for step in layer.all_steps()):
            name = step.row.name
            if name in MISSING_MODULES:
                yield errors.no_numpyro_layer(model.source, step.span, name, MISSING_MODULES[name])
            for setting, value in step.settings:
                if setting in MISSING_SETTINGS and MISSING_SETTINGS[setting][0] == value:
                    yield errors.no_numpyro_layer(model.source, step.span, name, MISSING_SETTINGS[setting][1])


def is_function(path: str) -> bool:
    """Whether a function of torch is one that layers apply, with a counterpart."""
    return path in FORMS or path in CALLS


def function(path: str, args: tuple[py.Expr, ...], keywords: Keywords) -> py.Expr | None:
    """The call of a function of torch, its arguments being JAX's already. None where no form takes these."""
    if path in CALLS:
        return py.Call(py.Name(CALLS[path]), args, tuple(keywords.items()))
    forms = (_applied(text, args, keywords) for text in FORMS[path])
    return next((made for made in forms if made is not None), None)


def start(module: str, leaf: str, args: tuple[py.Expr, ...], keywords: Keywords) -> py.Expr | None:
    """Where a learned weight starts: an array, or a function of a key. None where it is not known."""
    if module.startswith("Conv"):
        return _convolution(leaf, args, keywords)
    text = STARTS.get((module, leaf))
    return None if text is None else _applied(text, args, keywords)


def _convolution(leaf: str, args: tuple[py.Expr, ...], keywords: Keywords) -> py.Expr:
    """A weight has an element for each channel that goes out, each of its group that comes in, and each of the window.

    The numbers of channels are known, and so is the window: a layer's function reshapes to them.
    """
    channels, outputs, *window = args
    dims = [item.value for item in window[0].items] if isinstance(window[0], py.List) else [window[0].value]
    groups = keywords.get("groups", py.Constant(1)).value
    inside = channels.value // groups
    shape = py.Tuple((outputs, *map(py.Constant, (inside, *dims)))) if leaf == "weight" else py.Tuple((outputs,))
    made = py.call("uniform_start", py.Name("key"), shape, inside * prod(dims))
    return py.Lambda((py.Param("key"),), made)


def _applied(text: str, args: tuple[py.Expr, ...], keywords: Keywords) -> py.Expr | None:
    """The body of a lambda with the arguments in their places, None where it does not take these."""
    function = ast.parse(text, mode="eval").body
    names = [parameter.arg for parameter in function.args.args]
    count = len(function.args.defaults)
    defaults = dict(zip(names[len(names) - count :], function.args.defaults, strict=True))
    given = {**dict(zip(names, args, strict=False)), **keywords}
    if len(args) > len(names) or not given.keys() <= set(names) or not set(names) <= given.keys() | defaults.keys():
        return None
    filled = {name: read_expression(ast.unparse(default)) for name, default in defaults.items()} | given
    return read_expression(ast.unparse(function.body), filled)
