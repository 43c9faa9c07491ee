"""`bayesdsl compile` makes what a run uses, and `run --compiled` uses it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bayesdsl.runtime.compiled import cache, compiler
from bayesdsl.runtime.compiled.artefact import MANIFEST

SPEC = """\
data point { y = [1.2, 0.7, 2.1, 1.4, 0.9] }
mu ~ Normal(0, 5)
observe y ~ Normal(mu, 1)
infer careful = nuts(chains = 1, warmup = 50, draws = 50)
infer quick   = svi(steps = 20, draws = 20)
"""

pytestmark = pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CC", cache.AHEAD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def spec(here: Path) -> Path:
    path = here / "point.bayes"
    path.write_text(SPEC)
    return path


def manifest_of(directory: Path) -> dict:
    return json.loads((directory / MANIFEST).read_text())


def test_a_machine_without_a_compiler_runs_what_was_compiled_elsewhere(command, spec, here, monkeypatch):
    made = command("compile", "point.bayes", "-o", "made")
    assert made.status == 0, made.err
    assert manifest_of(here / "made")["inferences"] == ["careful", "quick"]
    monkeypatch.setenv("BAYESDSL_CACHE", str(here / "empty"))
    monkeypatch.setenv("PATH", str(here))
    for inference in ("careful", "quick"):
        done = command("run", "point.bayes", "--infer", inference, "--seed", "1", "--no-save", "--compiled", "made")
        assert done.status == 0, done.err
        assert "engine: Pyro" not in done.err
    assert "no C compiler" in command("run", "point.bayes", "--seed", "1", "--no-save").err


def test_the_directory_has_the_spec_the_c_and_what_a_processor_needs(command, spec, here):
    assert command("compile", "point.bayes", "-o", "made", "--infer", "careful").status == 0
    assert (here / "made" / "model.bayes").read_text() == SPEC
    assert list((here / "made").glob("*/kernel.so"))
    assert list((here / "made").glob("*/kernel.c"))
    found = manifest_of(here / "made")
    assert (found["march"], found["dtype"], found["spec"]) == ("native", "float64", "point.bayes")
    assert set(found["versions"]) >= {"bayesdsl", "torch", "python", "compiler"}


def test_a_directory_with_programs_is_replaced_when_asked_and_no_other_is(command, spec, here):
    (here / "made").mkdir()
    assert command("compile", "point.bayes", "-o", "made", "--infer", "careful").status == 0
    again = command("compile", "point.bayes", "-o", "made", "--infer", "careful")
    assert (again.status, "give --force" in again.err) == (2, True)
    assert command("compile", "point.bayes", "-o", "made", "--infer", "careful", "--force").status == 0
    (here / "other").mkdir()
    (here / "other" / "letter.txt").write_text("dear reader")
    refused = command("compile", "point.bayes", "-o", "other", "--force")
    assert (refused.status, "other files" in refused.err) == (2, True)
    assert not list(here.glob(".*made*"))


def test_an_inference_that_is_not_compiled_is_told(command, spec, here):
    spec.write_text(SPEC.replace("steps = 20,", "steps = 20, engine = pyro,"))
    done = command("compile", "point.bayes", "-o", "made")
    assert done.status == 0
    assert "warning[BD884]: `quick` is not compiled" in done.err
    assert manifest_of(here / "made")["inferences"] == ["careful"]


def test_where_nothing_can_be_compiled_nothing_is_written(command, spec, here):
    spec.write_text(SPEC.replace("steps = 20,", "steps = 20, engine = pyro,"))
    done = command("compile", "point.bayes", "-o", "made", "--infer", "quick")
    assert (done.status, "error[BD883]" in done.err) == (1, True)
    assert not (here / "made").exists()


def test_a_kind_of_processor_that_is_not_known_is_told_first(command, spec, here):
    done = command("compile", "point.bayes", "-o", "made", "--march", "pentium-9")
    assert (done.status, done.out) == (2, "")
    assert "error[BD885]" in done.err
    assert "pentium-9" in done.err


def test_without_a_compiler_it_says_so(command, spec, here, monkeypatch):
    monkeypatch.setenv("PATH", str(here))
    done = command("compile", "point.bayes", "-o", "made")
    assert (done.status, "error[BD885]: no C compiler was found" in done.err) == (2, True)


def test_it_needs_a_directory(command, spec):
    done = command("compile", "point.bayes")
    assert (done.status, "as in: bayesdsl compile point.bayes -o" in done.err) == (2, True)


def test_a_run_does_not_load_programs_for_another_processor(command, spec, here):
    assert command("compile", "point.bayes", "-o", "made", "--infer", "careful").status == 0
    changed = manifest_of(here / "made") | {"features": ["avx9"]}
    (here / "made" / MANIFEST).write_text(json.dumps(changed))
    done = command("run", "point.bayes", "--infer", "careful", "--no-save", "--compiled", "made")
    assert (done.status, done.out) == (2, "")
    assert "error[BD881]" in done.err
    assert "avx9" in done.err


def test_a_directory_without_programs_is_refused(command, spec, here):
    (here / "empty").mkdir()
    done = command("run", "point.bayes", "--no-save", "--compiled", "empty")
    assert (done.status, "error[BD880]" in done.err) == (2, True)
    assert "bayesdsl compile SPEC -o" in done.err


def test_another_text_of_the_spec_is_told_and_runs(command, spec, here):
    assert command("compile", "point.bayes", "-o", "made", "--infer", "careful").status == 0
    spec.write_text(SPEC.replace("Normal(0, 5)", "Normal(0, 6)"))
    done = command("run", "point.bayes", "--infer", "careful", "--seed", "1", "--no-save", "--compiled", "made")
    assert (done.status, "warning[BD882]" in done.err) == (0, True)
    shutil.rmtree(here / "made")
