"""Errors as values."""

from __future__ import annotations

import pickle

import pytest

from bayesdsl.runtime.engines import errors

ALL = [
    errors.NoLatents("nuts", ("s",)),
    errors.NoLatents("nuts"),
    errors.DiscreteLatent("z", "nuts"),
    errors.UnsupportedSupport("v", "sphere"),
    errors.ParamsNotSupported(("a", "b"), "nuts"),
    errors.Subsampled("image", "nuts"),
    errors.InitFailed("sigma", "log density", 100),
    errors.InitFailed(None, "log density", 100),
    errors.LossNotFinite(12, float("nan"), "svi"),
    errors.LossNotFinite(1, float("inf"), "svi"),
    errors.GuideNotSupported("AutoDiscreteParallel", "no discrete latents"),
    errors.GuideMismatch("q", ("a", "b", "c"), ("d",)),
    errors.LossNotSupported("Trace_MMD", "no kernel"),
    errors.OptimiserNotSupported("LBFGS", "svi", "it looks again"),
    errors.LaplaceFailed("a saddle"),
    errors.UnknownComponent("guide", "AutoNorml"),
    errors.UnknownSettings("nuts", ("chain",)),
    errors.WorkerFailed(2, "ValueError: no", "Traceback .."),
    errors.SamplerFailed(0, "no"),
    errors.TooManyValues("z", 1000, 10**7, 50),
    errors.TooManyValues("z", 1000, 10**9, 0),
    errors.NotTogether("the program looks at a number in Python, as an `if` does"),
    errors.PyroOnDevice("cuda:0"),
    errors.DeviceFull("cuda:0", 4096, 100_000),
    errors.Interrupted("nuts", "warmup"),
]


@pytest.mark.parametrize("error", ALL, ids=lambda e: type(e).__name__)
def test_an_error_is_a_sentence_and_survives_a_pipe(error: errors.EngineError) -> None:
    assert error.message == str(error)
    assert not error.message.endswith(".")
    assert "None" not in error.message
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert repr(again.facts) == repr(error.facts)


def test_kinds_are_different() -> None:
    kinds = [kind.kind for kind in errors.EngineError.__subclasses__()]
    assert len(set(kinds)) == len(kinds)
    assert {type(error) for error in ALL} == set(errors.EngineError.__subclasses__())


def test_chains_are_counted_from_one_in_messages() -> None:
    assert errors.WorkerFailed(0, "it stopped").message.startswith("chain 1 ")
