"""`bayesdsl compile` makes what a run uses, and `run --compiled` uses it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from bayesdsl.cli import main
from bayesdsl.results.rundir import open_run
from bayesdsl.runtime.compiled import cache, compiler
from bayesdsl.runtime.compiled.artefact import MANIFEST, Manifest
from bayesdsl.runtime.progress import COMPILING

SPEC = """\
data point { y = [1.2, 0.7, 2.1, 1.4, 0.9] }
mu ~ Normal(0, 5)
observe y ~ Normal(mu, 1)
infer careful = nuts(chains = 1, warmup = 50, draws = 50)
infer quick   = svi(steps = 300, draws = 20)
infer mode    = map(steps = 200)
infer plain   = nuts(engine = pyro, chains = 1, warmup = 20, draws = 20)
"""

pytestmark = pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler")


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the spec and, in `made`, its programs."""
    directory = tmp_path_factory.mktemp("compiled")
    (directory / "point.bayes").write_text(SPEC)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(directory)
        patched.delenv("CC", raising=False)
        patched.setenv("BAYESDSL_CACHE", str(directory / "cache"))
        assert main(["compile", "point.bayes", "-o", "made"]) == 0
    return directory


@pytest.fixture(autouse=True)
def spec(here: Path, compiled_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spec and its programs, and a cache without them."""
    for name in ("CC", cache.AHEAD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BAYESDSL_CACHE", str(here / "cache"))
    shutil.copytree(compiled_once / "made", here / "made")
    (here / "point.bayes").write_text(SPEC)
    return here / "point.bayes"


def manifest_of(directory: Path) -> dict:
    return json.loads((directory / MANIFEST).read_text())


def test_the_directory_has_the_spec_the_c_and_what_a_processor_needs(here):
    assert (here / "made" / "model.bayes").read_text() == SPEC
    assert list((here / "made").glob("*/kernel.so"))
    assert list((here / "made").glob("*/kernel.c"))
    found = manifest_of(here / "made")
    assert (found["march"], found["dtype"], found["spec"]) == ("native", "float64", "point.bayes")
    assert set(found["versions"]) >= {"bayesdsl", "torch", "python", "compiler"}
    assert "careful" in found["inferences"]
    assert "plain" not in found["inferences"]


def test_a_machine_without_a_compiler_runs_what_was_compiled_elsewhere(command, here, monkeypatch):
    monkeypatch.setenv("PATH", str(here))
    for inference in manifest_of(here / "made")["inferences"]:
        done = command("run", "point.bayes", "--infer", inference, "--out", inference, "--compiled", "made")
        assert done.status == 0, done.err
        assert open_run(here / inference).posterior.facts["engine"] == "compiled"
    assert not list((here / "cache").rglob("kernel.so"))
    assert cache.AHEAD not in os.environ


def test_without_a_compiler_and_without_programs_a_run_says_why_it_is_slow(command, here, monkeypatch):
    monkeypatch.setenv("PATH", str(here))
    for inference, said in (("careful", "engine: Pyro's, because"), ("quick", "not compiled, because")):
        done = command("run", "point.bayes", "--infer", inference, "--no-save")
        assert done.status == 0
        assert f"{said} no C compiler was found" in done.err


@pytest.mark.parametrize("inference", ["careful", "quick", "mode"])
def test_what_has_to_be_compiled_is_told_and_only_that(command, here, inference):
    for told in (True, False):
        done = command("run", "point.bayes", "--infer", inference, "--no-save")
        assert (COMPILING in done.err) == told
    # The program is kept, and its object is not.
    for path in (here / "cache").glob("compiled/*/kernel.so"):
        shutil.rmtree(path.parent)
    assert COMPILING in command("run", "point.bayes", "--infer", inference, "--no-save").err


def test_programs_that_cannot_be_kept_are_told_as_such(command, here, monkeypatch):
    (here / "file").write_text("")
    monkeypatch.setenv("BAYESDSL_CACHE", str(here / "file"))
    done = command("run", "point.bayes", "--infer", "careful", "--no-save")
    assert done.status == 0
    assert "compiling the program: `" in done.err
    assert "is kept for this process alone" in done.err
    assert COMPILING not in done.err


def test_programs_are_replaced_only_when_asked(command, here):
    before = (here / "made").stat().st_ino
    again = command("compile", "point.bayes", "-o", "made")
    assert (again.status, "give --force" in again.err) == (2, True)
    assert (here / "made").stat().st_ino == before
    done = command("compile", "point.bayes", "-o", "made", "--infer", "careful", "--force")
    assert done.status == 0
    assert manifest_of(here / "made")["inferences"] == ["careful"]
    assert not list(here.glob(".made*"))


def test_an_inference_that_is_not_compiled_is_told(command, here):
    done = command("compile", "point.bayes", "-o", "again")
    assert done.status == 0
    assert "warning[BD884]: `plain` is not compiled: it asks for engine = pyro" in done.err


def test_where_nothing_can_be_compiled_nothing_is_written(command, here):
    done = command("compile", "point.bayes", "-o", "none", "--infer", "plain")
    assert (done.status, "error[BD883]" in done.err) == (1, True)
    assert not (here / "none").exists()


def test_a_kind_of_processor_that_is_not_known_is_told_first(command):
    done = command("compile", "point.bayes", "-o", "other", "--march", "pentium-9")
    assert (done.status, done.out) == (2, "")
    assert "error[BD885]" in done.err
    assert "pentium-9" in done.err


def test_without_a_compiler_it_says_so(command, here, monkeypatch):
    monkeypatch.setenv("PATH", str(here))
    done = command("compile", "point.bayes", "-o", "other")
    assert (done.status, "error[BD885]: no C compiler was found" in done.err) == (2, True)


def test_it_needs_a_directory(command):
    done = command("compile", "point.bayes")
    assert (done.status, "as in: bayesdsl compile point.bayes -o" in done.err) == (2, True)


def test_a_run_does_not_load_programs_for_another_processor(command, here):
    (here / "made" / MANIFEST).write_text(json.dumps(manifest_of(here / "made") | {"features": ["avx9"]}))
    done = command("run", "point.bayes", "--no-save", "--compiled", "made")
    assert (done.status, done.out) == (2, "")
    assert "error[BD881]" in done.err
    assert "avx9" in done.err


def test_a_directory_without_programs_is_refused(command, here):
    (here / "empty").mkdir()
    done = command("run", "point.bayes", "--no-save", "--compiled", "empty")
    assert (done.status, "error[BD880]" in done.err) == (2, True)
    assert "bayesdsl compile SPEC -o" in done.err


def test_programs_that_are_not_all_there_are_refused(command, here):
    next((here / "made").glob("*/kernel.so")).unlink()
    done = command("run", "point.bayes", "--infer", "careful", "--no-save", "--compiled", "made")
    assert (done.status, "error[BD891]" in done.err) == (2, True)
    assert "1 is missing or damaged" in done.err


def test_a_directory_that_the_environment_names_is_looked_at_as_well(command, here, monkeypatch):
    monkeypatch.setenv(cache.AHEAD, "nowhere")
    done = command("run", "point.bayes", "--infer", "careful", "--no-save")
    assert (done.status, "error[BD880]" in done.err) == (2, True)


def test_where_programs_cannot_be_written_it_says_so_and_leaves_what_was_there(command, here, monkeypatch):
    before = manifest_of(here / "made")
    (here / "file").write_text("")
    done = command("compile", "point.bayes", "-o", "file/made", "--infer", "careful")
    assert (done.status, "error[BD890]" in done.err) == (2, True)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Manifest, "write", full)
    done = command("compile", "point.bayes", "-o", "made", "--infer", "careful", "--force")
    assert (done.status, "`made` cannot be written: no space left on device" in done.err) == (2, True)
    assert manifest_of(here / "made") == before
    assert [path.name for path in here.glob(".made-*")] == []


def test_another_text_of_the_spec_is_told_and_runs(command, spec):
    spec.write_text(SPEC.replace("Normal(0, 5)", "Normal(0, 6)"))
    done = command("run", "point.bayes", "--infer", "careful", "--no-save", "--compiled", "made")
    assert (done.status, "warning[BD882]" in done.err) == (0, True)


def test_other_versions_are_told(command, here):
    found = manifest_of(here / "made")
    found["versions"]["torch"] = "1.13.1"
    (here / "made" / MANIFEST).write_text(json.dumps(found))
    done = command("run", "point.bayes", "--infer", "careful", "--no-save", "--compiled", "made")
    assert done.status == 0
    assert "warning[BD882]" in done.err
    assert "they were made with torch 1.13.1, and this is" in done.err


def test_where_a_program_is_not_among_them_and_there_is_no_compiler_both_are_told(command, here, spec, monkeypatch):
    spec.write_text(SPEC.replace("Normal(0, 5)", "Normal(0, 6)"))
    monkeypatch.setenv("PATH", str(here))
    done = command("run", "point.bayes", "--infer", "careful", "--no-save", "--compiled", "made")
    assert done.status == 0
    assert "has no program for this, and no C compiler was found" in done.err.replace("\n", " ").replace("  ", " ")
