"""A run's directory is there whole or not at all."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bayesdsl.results import rundir
from bayesdsl.results.errors import RunError
from bayesdsl.results.manifest import Manifest, VerdictRecord, fingerprint
from bayesdsl.results.rundir import (
    FILES,
    check_target,
    default_run_name,
    open_run,
    stale_partials,
    unused,
    write_directory,
    write_run,
)
from bayesdsl.results.summary import summarise
from bayesdsl.results.verdict import judge

SOURCE = "# æ\r\na ~ Normal(0, 1)\n"
PROGRAM = "def model():\n    pass\n"


class Crash(BaseException):
    """What a killed process looks like from inside: nobody may catch it."""


@dataclass
class Runs:
    """Writes runs of one posterior."""

    posterior: object
    seed: int = 1

    def write(self, directory: Path, **changes: object):
        summary = summarise(self.posterior)
        now = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)
        manifest = Manifest(
            spec="penguins.bayes",
            spec_sha256=fingerprint(SOURCE),
            inference="nuts",
            engine="nuts",
            seed=self.seed,
            threads=1,
            dtype="float64",
            started=now,
            finished=now + timedelta(seconds=1),
            elapsed_seconds=1.0,
            verdict=VerdictRecord.of(judge(self.posterior, summary)),
        )
        fields = {
            "source": SOURCE,
            "program": PROGRAM,
            "manifest": manifest,
            "posterior": self.posterior,
            "summary": summary,
            "observed": {"mass": (("penguin",), np.arange(3.0))},
        }
        return write_run(directory, **(fields | changes))


@pytest.fixture
def runs(penguins) -> Runs:
    return Runs(penguins(draws=60))


def hidden(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name.startswith("."))


def test_round_trip(tmp_path, runs):
    written = runs.write(tmp_path / "runs" / "one", extra={"report.html": "<p>"})
    run = open_run(written.directory)
    assert sorted(path.name for path in run.directory.iterdir()) == sorted([*FILES, "report.html"])
    assert (run.source, run.program) == (SOURCE, PROGRAM)
    np.testing.assert_array_equal(run.posterior.draws["a"], runs.posterior.draws["a"])
    assert run.stored.observed["mass"][0] == ("penguin",)
    assert run.summary() == summarise(runs.posterior)
    assert run.summary(interval=0.5) == summarise(runs.posterior, 0.5)
    assert run.verdict == judge(runs.posterior, run.summary())
    assert run.manifest.seed == 1
    assert written.stale == ()
    assert hidden(tmp_path / "runs") == []


def test_the_same_run_gives_the_same_bytes(tmp_path, runs):
    one, two = (runs.write(tmp_path / name).directory for name in ("one", "two"))
    assert {path.name: path.read_bytes() for path in one.iterdir()} == {
        path.name: path.read_bytes() for path in two.iterdir()
    }


def test_an_existing_run_is_refused_and_left_as_it_is(tmp_path, runs):
    runs.write(tmp_path / "run")
    before = (tmp_path / "run" / "manifest.json").read_bytes()
    runs.seed = 2
    with pytest.raises(RunError, match="not empty") as caught:
        runs.write(tmp_path / "run")
    assert "overwrite" in caught.value.hint
    assert (tmp_path / "run" / "manifest.json").read_bytes() == before
    assert hidden(tmp_path) == []


def test_an_existing_run_is_swapped_when_it_may_be_overwritten(tmp_path, runs):
    runs.write(tmp_path / "run", extra={"old.txt": "old"})
    runs.seed = 2
    runs.write(tmp_path / "run", overwrite=True)
    assert open_run(tmp_path / "run").manifest.seed == 2
    assert not (tmp_path / "run" / "old.txt").exists()
    assert hidden(tmp_path) == []


def test_an_empty_directory_may_be_written_to(tmp_path, runs):
    (tmp_path / "run").mkdir()
    runs.write(tmp_path / "run")
    assert open_run(tmp_path / "run").manifest.seed == 1


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_a_run_is_never_replaced(tmp_path, runs, overwrite):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("words")
    (tmp_path / "file").write_text("words")
    for name in ("thesis", "file"):
        with pytest.raises(RunError):
            runs.write(tmp_path / name, overwrite=overwrite)
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "words"
    assert (tmp_path / "file").read_text() == "words"


def test_a_link_is_followed_and_stays_a_link(tmp_path, runs):
    runs.write(tmp_path / "real")
    (tmp_path / "latest").symlink_to("real")
    runs.seed = 2
    runs.write(tmp_path / "latest", overwrite=True)
    assert (tmp_path / "latest").is_symlink()
    assert open_run(tmp_path / "real").manifest.seed == 2


# The steps of a write, and the call whose failure cuts it there.
STEPS = {
    "making the directory": (rundir, "_new_partial", 0),
    "writing the draws": (rundir, "write_netcdf", 0),
    "flushing the draws": (rundir, "_flush", 0),
    "flushing the spec": (rundir, "_flush", 1),
    "flushing the program": (rundir, "_flush", 2),
    "flushing the summary": (rundir, "_flush", 3),
    "taking the fingerprints": (rundir, "_with_files", 0),
    "flushing the manifest": (rundir, "_flush", 4),
    "flushing the directory": (rundir, "_flush", 5),
    "renaming": (os, "replace", 0),
}


def crash_at(monkeypatch, module, name: str, call: int, error: BaseException) -> None:
    """Raise in the given call of a function, counted from 0, and let the calls before it through."""
    original, calls = getattr(module, name), iter(range(1000))

    def failing(*args: object, **kwargs: object) -> object:
        if next(calls) == call:
            raise error
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, failing)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [Crash("killed"), OSError(28, "No space left on device")], ids=["crash", "disk full"])
def test_a_write_cut_off_anywhere_leaves_nothing_that_looks_like_a_run(tmp_path, runs, monkeypatch, step, error):
    with monkeypatch.context() as patch:
        crash_at(patch, *STEPS[step], error)
        with pytest.raises(Crash if isinstance(error, Crash) else RunError):
            runs.write(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    for name in hidden(tmp_path):
        with pytest.raises(RunError, match="unfinished"):
            open_run(tmp_path / name)
    with pytest.raises(RunError, match="there is no run"):
        open_run(tmp_path / "run")
    stale = runs.write(tmp_path / "run").stale
    assert [path.name for path in stale] == hidden(tmp_path)
    assert len(stale) == (step != "making the directory")
    assert open_run(tmp_path / "run").manifest.seed == 1


@pytest.mark.parametrize("step", [*STEPS, "renaming back"])
def test_an_overwrite_cut_off_anywhere_leaves_the_old_run_whole(tmp_path, runs, monkeypatch, step):
    runs.write(tmp_path / "run")
    runs.seed = 2
    where = (os, "replace", 1) if step == "renaming back" else STEPS[step]
    with monkeypatch.context() as patch:
        crash_at(patch, *where, Crash("killed"))
        with pytest.raises(Crash):
            runs.write(tmp_path / "run", overwrite=True)
    run = open_run(tmp_path / "run")
    assert run.manifest.seed == 1
    np.testing.assert_array_equal(run.posterior.draws["mu"], runs.posterior.draws["mu"])


def test_a_failed_write_says_where_the_draws_are(tmp_path, runs, monkeypatch):
    crash_at(monkeypatch, rundir, "_flush", 1, OSError(28, "No space left on device"))
    with pytest.raises(RunError, match="No space left") as caught:
        runs.write(tmp_path / "run")
    partial = re.search(r"is in (.+)$", caught.value.hint)[1]
    assert (Path(partial) / "draws.nc").is_file()


def test_stale_partials_are_of_this_run_alone(tmp_path, runs):
    for name in (".run.partial-12", ".run.replaced-13-2", ".other.partial-12", ".run.notes", "run.partial-12"):
        (tmp_path / name).mkdir()
    assert [path.name for path in stale_partials(tmp_path / "run")] == [".run.partial-12", ".run.replaced-13-2"]
    assert [path.name for path in runs.write(tmp_path / "run").stale] == [".run.partial-12", ".run.replaced-13-2"]
    assert (tmp_path / ".run.partial-12").is_dir()


def test_a_partial_of_the_same_process_number_is_not_written_into(tmp_path, runs):
    left = tmp_path / f".run.partial-{os.getpid()}"
    left.mkdir()
    (left / "draws.nc").write_text("precious")
    runs.write(tmp_path / "run")
    assert (left / "draws.nc").read_text() == "precious"
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == sorted(FILES)


def test_a_run_that_appears_meanwhile_is_not_replaced(tmp_path):
    def somebody_else_is_faster(path: Path) -> None:
        path.write_text("mine")
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "theirs").write_text("theirs")

    with pytest.raises(RunError):
        write_directory(tmp_path / "run", {"file": somebody_else_is_faster})
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["theirs"]


def test_a_place_that_cannot_be_written_is_no_traceback(tmp_path, runs):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot write"):
        runs.write(tmp_path / "file" / "run")


def test_a_target_can_be_checked_before_the_run(tmp_path, runs):
    assert check_target(tmp_path / "run") == (tmp_path / "run").resolve()
    runs.write(tmp_path / "run")
    with pytest.raises(RunError):
        check_target(tmp_path / "run")
    check_target(tmp_path / "run", overwrite=True)
    with pytest.raises(RunError, match="unfinished"):
        check_target(tmp_path / ".run.partial-12")


# Reading what is not, or no longer, a run


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(tmp_path, runs, name):
    runs.write(tmp_path / "run")
    (tmp_path / "run" / name).unlink()
    with pytest.raises(RunError, match=re.escape(name)) as caught:
        open_run(tmp_path / "run")
    assert caught.value.hint


@pytest.mark.parametrize("name", ["model.bayes", "model.py", "draws.nc", "summary.json"])
def test_a_cut_file_is_noticed_at_once(tmp_path, runs, name):
    runs.write(tmp_path / "run")
    path = tmp_path / "run" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunError, match=rf"{re.escape(name)} has \d+ bytes"):
        open_run(tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("model.bayes", lambda run: run.source),
        ("model.py", lambda run: run.program),
        ("draws.nc", lambda run: run.posterior),
        ("summary.json", lambda run: run.summary()),
    ],
)
def test_a_file_changed_in_place_is_noticed_when_it_is_read(tmp_path, runs, name, read):
    runs.write(tmp_path / "run")
    path = tmp_path / "run" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    run = open_run(tmp_path / "run")
    with pytest.raises(RunError, match="not as it was written"):
        read(run)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"seed": 3}', "\x00"])
def test_a_damaged_manifest_is_no_traceback(tmp_path, runs, text):
    runs.write(tmp_path / "run")
    (tmp_path / "run" / "manifest.json").write_text(text)
    with pytest.raises(RunError, match=r"manifest\.json"):
        open_run(tmp_path / "run")


def test_a_newer_format_is_said_to_be_newer(tmp_path, runs):
    runs.write(tmp_path / "run")
    path = tmp_path / "run" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 2, "novelty": True}))
    with pytest.raises(RunError, match="of format 2") as caught:
        open_run(tmp_path / "run")
    assert "update" in caught.value.hint


def test_a_directory_that_is_no_run_and_a_wrong_name_are_told_apart(tmp_path, runs):
    with pytest.raises(RunError, match="not a run"):
        open_run(tmp_path)
    runs.write(tmp_path / "penguins-1")
    with pytest.raises(RunError, match="there is no run") as caught:
        open_run(tmp_path / "penguins")
    assert "penguins-1" in caught.value.hint


def test_default_names_tell_the_spec_the_inference_and_the_time(tmp_path):
    now = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)
    assert default_run_name("penguins", "nuts", now) == "runs/penguins-nuts-20260102-150405"
    assert default_run_name("my model/ä:1", "..", now) == "runs/my_model_ä_1-run-20260102-150405"
    first = unused(tmp_path / "run")
    first.mkdir()
    assert unused(tmp_path / "run") == tmp_path / "run-2"
