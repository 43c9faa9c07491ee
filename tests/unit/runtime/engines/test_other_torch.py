"""A torch whose insides are others costs a run its speed, with a word why, and nothing else."""

from __future__ import annotations

import pytest

from bayesdsl.driver import compile_text
from bayesdsl.runtime import recording

SPEC = """\
data point { y = [1.2, 0.7, 2.1, 1.4, 0.9] }
mu ~ Normal(0, 5)
observe y ~ Normal(mu, 1)
"""
SETTINGS = {
    "nuts": {"chains": 1, "warmup": 30, "draws": 20},
    "svi": {"steps": 250, "draws": 20},
    "map": {"steps": 250},
    "mle": {"steps": 250},
}


@pytest.mark.parametrize("part", ["_create_differentiable", "WeakTensorKeyDictionary"])
@pytest.mark.parametrize("engine", SETTINGS)
def test_a_part_of_torch_that_takes_other_arguments_is_told(
    engine: str, part: str, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    def other(*_: object, **__: object) -> None:
        raise TypeError("it takes 7 arguments")

    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path))
    monkeypatch.setattr(recording, part, other)
    fit = compile_text(SPEC).fit(engine, seed=1, **SETTINGS[engine])
    assert fit.posterior.facts["engine"] == "pyro"
    assert "it takes 7 arguments" in fit.posterior.facts["engine_note"]
    assert fit.posterior.draws["mu"].size
