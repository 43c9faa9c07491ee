"""Modules of layers for JAX: each computes what the emitted function of torch does, and starts where torch's does."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import numpy as np
import pyro
import pytest
import torch
from test_modules import CASES, module

from bayesdsl.catalogue.modules import MODULES
from bayesdsl.catalogue.numpyro import CALLABLES
from bayesdsl.catalogue.numpyro_layers import CALLS, FORMS, HELPERS, MISSING_MODULES
from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver import Compiled, compile_text
from bayesdsl.pysrc import nodes as py
from bayesdsl.pysrc.printer import print_module
from bayesdsl.pysrc.reader import read_function

pytest.importorskip("numpyro", reason="NumPyro is not installed")

import jax
import jax.numpy as jnp
import numpyro


def emitted(compiled: Compiled) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(compiled.emit("numpyro"), "emitted.py", "exec", dont_inherit=True), namespace)
    return namespace


def missing(name: str, settings: str) -> bool:
    return name in MISSING_MODULES or "ceil_mode = true" in settings


# What differs from two dimensions by a number alone is slow.
PRESENT = [
    pytest.param(*case, marks=[pytest.mark.slow] if case[0].endswith("3d") else [])
    for case in CASES
    if not missing(*case[:2])
]


@pytest.mark.parametrize(("name", "settings", "sizes"), PRESENT)
def test_a_module_computes_what_torchs_does(name, settings, sizes):
    text, theirs = module(name, settings, sizes)
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(2, 3, torch.Size(sizes).numel(), generator=generator, dtype=torch.float64)
    weights = [torch.randn(p.shape, generator=generator, dtype=torch.float64) for p in theirs.parameters()]
    result = theirs(x.reshape(6, *sizes).to(next(theirs.parameters(), x).dtype))
    compiled = compile_text(text.replace("OUT", str(result.flatten(1).shape[1])))
    expected = compiled.module.f(x, *weights)
    with jax.enable_x64(True):
        found = jax.jit(emitted(compiled)["f"])(jnp.asarray(x.numpy()), *(jnp.asarray(w.numpy()) for w in weights))
    # Sums of some ten terms; torch's Softplus is x itself over 20, and the points are far below.
    np.testing.assert_allclose(np.asarray(found), expected.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("name", "settings", "sizes"), [case for case in CASES if missing(*case[:2])])
def test_a_module_that_jax_does_not_have_is_a_finding(name, settings, sizes):
    text, theirs = module(name, settings, sizes)
    result = theirs(torch.ones(2, *sizes, dtype=torch.float64))
    out = (result[0] if isinstance(result, tuple) else result).flatten(1).shape[1]
    with pytest.raises(BayesError) as caught:
        compile_text(text.replace("OUT", str(out))).emit("numpyro")
    (finding,) = caught.value.diagnostics
    assert finding.code == "BD840"
    assert finding.source.slice(finding.primary.span).startswith(name)
    assert finding.hint
    assert finding.notes


def test_an_embedding_takes_a_category():
    compiled = compile_text("""
    plate k = 2
    data row { place : category = ["a", "b", "a"]; y = [1.0, 2.0, 0.5] }
    layer e : [] -> [k] = Embedding(place, k) { weight ~ Normal(0, 1) }
    observe y ~ Normal(sum[k](e(place)), 1)
    """)
    table = np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(emitted(compiled)["e"](jnp.array([0, 1, 0]), jnp.asarray(table)), table[[0, 1, 0]])


STARTING = """
    plate k = 300
    data row { v[inside] = columns("v*"); y : real }
    layer f : [inside] -> [k] = Unflatten(1, [2, 4]) -> Conv1d(2, 64, 3) -> GroupNorm(2, 64, eps = 0.1)
        -> PReLU(init = 0.5) -> Flatten -> LayerNorm(128) -> RMSNorm(128) -> Linear(128, k)
    observe y ~ Normal(mean[k](f(v)), 1)
    """


@pytest.mark.slow
def test_learned_weights_start_as_torchs_do():
    """The same shapes, and the largest of many elements within 5 per cent of torch's bound, and never over it."""
    compiled = compile_text(dedent(STARTING))
    data = {"row": {**{f"v{i}": [0.0, 1.0] for i in range(8)}, "y": [0.0, 1.0]}}
    inputs = compiled.bind(data).inputs
    seeded = numpyro.handlers.seed(emitted(compiled)["model"], 0)
    arrays = {name: np.asarray(value) for name, value in inputs.items() if not isinstance(value, int)}
    sizes = {name: value for name, value in inputs.items() if isinstance(value, int)}
    trace = numpyro.handlers.trace(seeded).get_trace(**sizes, **arrays)
    ours = {name: np.asarray(site["value"]) for name, site in trace.items() if site["type"] == "param"}
    with pyro.get_param_store().scope():
        compiled.model(**inputs)
        theirs = {name: value.detach().numpy() for name, value in pyro.get_param_store().items()}
    assert {name: value.shape for name, value in ours.items()} == {name: v.shape for name, v in theirs.items()}
    bounds = {"f.1.weight": 1 / 6**0.5, "f.7.weight": 1 / 128**0.5, "f.7.bias": 1 / 128**0.5}
    for name, value in ours.items():
        if name in bounds:
            assert 0.95 * bounds[name] < abs(value).max() <= bounds[name] * (1 + 1e-6)
        elif name != "f.1.bias":
            np.testing.assert_allclose(value, theirs[name])


def test_every_module_has_a_counterpart_or_a_reason_for_having_none():
    known = FORMS.keys() | CALLS.keys() | CALLABLES.keys()
    functions = {row.name: row.function.split(" ")[0] for row in MODULES.values() if row.function}
    assert {name for name, function in functions.items() if function not in known} == set(MISSING_MODULES)


@pytest.mark.parametrize("name", HELPERS)
def test_a_function_that_programs_bring_along_is_read_as_it_is_written(name):
    read = read_function(HELPERS[name])
    assert read.name == name
    printed = print_module(py.Module(None, (read,))).text
    original, ours = {}, {}
    exec(dedent(HELPERS[name]), original)
    exec(printed, ours)
    assert original[name].__code__.co_code == ours[name].__code__.co_code
    assert original[name].__defaults__ == ours[name].__defaults__
    assert original[name].__doc__ == ours[name].__doc__
