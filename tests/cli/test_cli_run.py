"""`bayesdsl run` goes from a spec to a directory with the draws, and finds what is wrong before the long part."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from bayesdsl.driver import Fit
from bayesdsl.results.errors import RunError
from bayesdsl.results.netcdf import read_netcdf
from bayesdsl.results.rundir import open_run
from bayesdsl.results.terminal import ProgressView
from bayesdsl.runtime.progress import Progress

COIN = """\
data toss { heads : binary }
p ~ Beta(1, 1)
observe heads ~ Bernoulli(p)
infer svi(steps = 20, draws = 20)
"""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_a_run_is_announced_shown_judged_and_written(command, schools, here):
    done = command("run", "schools.bayes", "--seed", "1", "--out", "out")
    assert done.status == 0
    announcement, data, *_ = done.err.splitlines()
    assert announcement == "schools.bayes: nuts(chains = 1, warmup = 20, draws = 20), seed 1"
    assert data == "data: school (8 rows in the spec)"
    assert done.err.endswith("\nsaved in out\n")
    assert re.search(r"^theta\[8\] ", done.out, re.MULTILINE)
    assert "Do not use these draws yet" in done.out
    run = open_run(here / "out")
    assert run.manifest.seed == 1
    assert run.posterior.draws["theta"].shape == (1, 20, 8)
    assert run.source == schools.read_text()


def test_without_out_a_run_gets_a_name_of_its_own(command, schools, here):
    for _ in range(2):
        assert command("run", "schools.bayes", "--infer", "point", "--quiet").status == 0
    names = [path.name for path in (here / "runs").iterdir()]
    assert len(names) == 2
    assert all(re.match(r"schools-point-\d{8}-\d{6}", name) for name in names)


def test_a_seed_that_nobody_chose_is_shown_kept_and_repeats_the_run(command, schools, here):
    done = command("run", "schools.bayes", "--infer", "quick", "--out", "first")
    seed = int(re.search(r"seed (\d+)", done.err)[1])
    assert open_run(here / "first").manifest.seed == seed
    again = command("run", "schools.bayes", "--infer", "quick", "--seed", str(seed), "--no-save")
    assert again.out == done.out.replace("; all in summary.json", "")


def test_quiet_leaves_the_announcement_and_the_progress_out(command, schools):
    done = command("run", "schools.bayes", "--infer", "quick", "--quiet", "--out", "out")
    assert done.err == "\nsaved in out\n"
    assert "mu" in done.out


def test_nothing_is_written_where_that_is_asked_for(command, schools, here):
    done = command("run", "schools.bayes", "--infer", "quick", "--no-save")
    assert done.status == 0
    assert "saved" not in done.err
    assert [path.name for path in here.iterdir()] == ["schools.bayes"]


def test_settings_are_changed_as_a_spec_writes_them(command, schools, here):
    done = command(
        *("run", "schools.bayes", "--infer", "quick", "--out", "out"),
        *("--set", "infer.draws=30", "--set", "infer.optim=Adam(lr=0.02)", "--set", "infer.steps = 10"),
    )
    assert done.status == 0
    settings = open_run(here / "out").manifest.settings
    assert (settings["draws"], settings["steps"]) == (30, 10)
    assert settings["optim"] == ["Adam", {"lr": 0.02}]
    assert "quick = svi(guide = AutoNormal, optim = Adam(lr = 0.02), steps = 10, draws = 30)" in done.err


def test_an_engine_may_be_run_that_the_spec_does_not_name(command, schools):
    done = command("run", "schools.bayes", "--infer", "mle", "--set", "infer.steps=10", "--no-save")
    assert done.err.startswith("schools.bayes: mle(optim = Adam(lr = 0.01), steps = 10), seed ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "draws=200"], "write it as infer.NAME=VALUE"),
        (["--set", "infer.draws"], "`infer.draws` has no value"),
        (["--set", "infer.draws="], "`infer.draws=` has no value"),
        (["--set", "infer.drws=200"], "did you mean `draws`?"),
        (["--set", "infer.draws=-1"], "must be at least 1"),
        (["--set", "infer.draws=2) infer nuts(draws=3"], "error["),
        (["--infer", "quik"], "did you mean `quick`?"),
        (["--data", "school=a.csv", "--data", "school=b.csv"], "--data gives table `school` twice"),
        (["--no-save", "--out", "x"], "contradict each other"),
    ],
)
def test_asking_for_what_there_is_not_is_a_wrong_command(command, schools, here, arguments, said):
    done = command("run", "schools.bayes", *arguments)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert not (here / "runs").exists()


def test_a_spec_without_an_inference_asks_for_one(command, here):
    (here / "plain.bayes").write_text("data d { y = [1, 2] }\nmu ~ Normal(0, 1)\nobserve y ~ Normal(mu, 1)\n")
    done = command("run", "plain.bayes")
    assert done.status == 2
    assert "run with --infer nuts" in done.err
    done = command("run", "plain.bayes", "--infer", "map", "--set", "infer.steps=5", "--no-save")
    assert done.status == 0


def test_errors_of_the_spec_are_shown_and_nothing_runs(command, faulty):
    done = command("run", "faulty.bayes")
    assert (done.status, done.out) == (1, "")
    assert "BD204" in done.err
    assert "BD201" in done.err


def test_warnings_of_the_spec_are_shown_and_the_run_goes_on(command, doubtful):
    done = command("run", "doubtful.bayes", "--no-save")
    assert done.status == 0
    assert "warning[BD601]" in done.err


def test_an_inference_that_the_model_does_not_allow_is_a_finding(command, here):
    (here / "m.bayes").write_text("data d { y = [1, 2] }\nparam s : positive = 1\nobserve y ~ Normal(0, s)\n")
    done = command("run", "m.bayes", "--infer", "nuts")
    assert done.status == 1
    assert "error[BD5" in done.err


def test_data_come_from_a_file_that_is_meant_from_here(command, here):
    (here / "specs").mkdir()
    (here / "specs" / "coin.bayes").write_text(COIN)
    (here / "tosses.csv").write_text("heads\n1\n0\n1\n")
    done = command("run", "specs/coin.bayes", "--data", "toss=tosses.csv", "--out", "out")
    assert done.status == 0
    assert f"data: toss (3 rows of {here / 'tosses.csv'})" in done.err
    assert open_run(here / "out").manifest.data[0].rows == 3


def test_findings_in_the_data_are_shown_with_their_place(command, here):
    (here / "coin.bayes").write_text(COIN)
    (here / "tosses.csv").write_text("heads\n1\nno idea\n")
    done = command("run", "coin.bayes", "--data", "toss=tosses.csv")
    assert (done.status, done.out) == (1, "")
    assert "tosses.csv:3:1" in done.err
    assert "no idea" in done.err


@pytest.mark.parametrize(("arguments", "code"), [([], "BD757"), (["--data", "tos=tosses.csv"], "BD762")])
def test_data_that_are_not_given_or_not_asked_for_are_findings(command, here, arguments, code):
    (here / "coin.bayes").write_text(COIN)
    done = command("run", "coin.bayes", *arguments)
    assert done.status == 1
    assert code in done.err


@pytest.mark.parametrize("place", ["full", "full/file.txt", "full/file.txt/deeper", ".out.partial-1"])
def test_a_place_that_cannot_be_written_to_is_told_before_the_run(command, schools, here, monkeypatch, place):
    (here / "full").mkdir()
    (here / "full" / "file.txt").write_text("mine")
    monkeypatch.setattr("bayesdsl.runtime.engines.run_engine", _must_not_run)
    done = command("run", "schools.bayes", "--out", place)
    assert (done.status, done.out) == (2, "")
    assert "error[BD805]" in done.err
    assert (here / "full" / "file.txt").read_text() == "mine"


def _must_not_run(*_: object) -> None:
    raise AssertionError("the engine was started")


def test_a_run_is_replaced_where_that_is_asked_for(command, schools, here):
    arguments = ("run", "schools.bayes", "--infer", "point", "--out", "out")
    assert command(*arguments, "--seed", "1").status == 0
    assert command(*arguments, "--seed", "2").status == 2
    assert open_run(here / "out").manifest.seed == 1
    assert command(*arguments, "--seed", "2", "--overwrite").status == 0
    assert open_run(here / "out").manifest.seed == 2


def test_what_a_cut_off_run_left_is_told(command, schools, here):
    (here / ".out.partial-123").mkdir()
    done = command("run", "schools.bayes", "--infer", "point", "--out", "out")
    assert done.status == 0
    assert ".out.partial-123" in done.err


def test_a_run_that_cannot_be_written_in_the_end_is_shown_all_the_same(command, schools, monkeypatch):
    def refused(*_: object, **__: object) -> Path:
        raise RunError("the disk is full", "make room")

    monkeypatch.setattr("bayesdsl.driver.Fit.save", refused)
    done = command("run", "schools.bayes", "--infer", "quick")
    assert done.status == 1
    assert "mu" in done.out
    assert "the disk is full" in done.err
    assert "make room" in done.err
    assert "saved" not in done.err


def test_a_run_that_its_directory_does_not_take_is_kept_elsewhere(command, schools, here, monkeypatch):
    (here / "other").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(here / "other"))
    save = Fit.save
    monkeypatch.setattr(Fit, "save", lambda fit, to, **given: _full_at("out", save, fit, to, **given))
    done = command("run", "schools.bayes", "--infer", "quick", "--out", "out")
    assert done.status == 1
    (kept,) = (here / "other").glob("bayesdsl-*/out")
    assert f"no space left on device; the run is in {kept} instead" in done.err
    assert open_run(kept).posterior.draws["theta"].shape == (1, 20, 8)


def _full_at(name: str, save: Callable, fit: Fit, to: Path, **given: object) -> Path:
    """Save with no room on the disk where it is to go, and some elsewhere."""
    with pytest.MonkeyPatch.context() as patched:
        if to == Path(name):
            usage = shutil.disk_usage(".")._replace(free=0)
            patched.setattr("shutil.disk_usage", lambda path: usage)
        return save(fit, to, **given)


def test_a_bug_after_the_run_does_not_lose_the_draws(command, schools, here, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(here))
    monkeypatch.setattr("bayesdsl.driver.Fit.manifest", _bug)
    done = command("run", "schools.bayes", "--infer", "quick", "--out", "runs/out")
    assert done.status == 70
    assert "note: the draws are kept in runs/out.draws.nc" in done.err
    assert read_netcdf(here / "runs" / "out.draws.nc").posterior.draws["theta"].shape == (1, 20, 8)


def _bug(*_: object) -> None:
    raise ZeroDivisionError


def test_where_a_run_is_written_is_told_to_a_reader_who_goes_away(command, schools, here, monkeypatch):
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("bayesdsl.results.terminal.show_summary", gone)
    monkeypatch.setattr("bayesdsl.cli.failures._leave_output_alone", lambda: None)
    done = command("run", "schools.bayes", "--infer", "quick", "--out", "out")
    assert done.status == 141
    assert done.err.endswith("\nsaved in out\n")
    assert open_run(here / "out").verdict is not None


def test_the_interval_is_that_of_the_table_and_of_the_file(command, schools, here):
    done = command("run", "schools.bayes", "--infer", "quick", "--interval", "0.5", "--out", "out")
    assert "25%" in done.out
    assert "75%" in done.out
    assert json.loads((here / "out" / "summary.json").read_text())["interval"] == 0.5


def test_the_number_type_is_kept(command, schools, here):
    done = command("run", "schools.bayes", "--infer", "quick", "--dtype", "float32", "--out", "out")
    assert done.status == 0
    assert open_run(here / "out").manifest.dtype == "float32"


def test_standard_input_is_a_spec_to_run(command, schools):
    done = command("run", "-", "--infer", "point", "--out", "out", stdin=schools.read_bytes())
    assert done.status == 0
    assert done.err.startswith("<stdin>: point = map(")


def test_an_interrupted_run_keeps_its_draws_and_says_so(command, schools, here, monkeypatch):
    monkeypatch.setattr(ProgressView, "report", _Interrupt("steps"))
    done = command("run", "schools.bayes", "--infer", "quick", "--set", "infer.steps=200", "--out", "out")
    assert done.status == 130
    assert done.err.endswith("\ninterrupted; the draws so far are in out\n")
    assert "mu" in done.out
    assert open_run(here / "out").manifest.interrupted


def test_an_interrupted_run_that_is_not_kept_is_shown(command, schools, monkeypatch):
    monkeypatch.setattr(ProgressView, "report", _Interrupt("steps"))
    done = command("run", "schools.bayes", "--infer", "quick", "--no-save")
    assert done.status == 130
    assert "interrupted; these are the draws so far" in done.err


def test_a_run_that_is_interrupted_with_nothing_to_keep_writes_nothing(command, schools, here, monkeypatch):
    monkeypatch.setattr(ProgressView, "report", _Interrupt("warmup"))
    # Compiled, all is drawn before the first that is told of the warmup.
    done = command("run", "schools.bayes", "--out", "out", "--set", "infer.engine=pyro")
    assert (done.status, done.out) == (130, "")
    assert "engine = pyro" in done.err
    assert "because" not in done.err
    assert "BD810" in done.err
    assert "Traceback" not in done.err
    assert not (here / "out").exists()


def test_a_run_that_pyro_does_instead_says_why(command, schools):
    done = command("run", "schools.bayes", "--no-save", "--set", "infer.warmup=5", "--set", "infer.chains=1")
    assert done.status == 0
    assert done.err.count("engine: Pyro's, because nutpie needs a warmup of 20 steps\n") == 1


class _Interrupt:
    """A Ctrl-C, once, as soon as there is something of a phase of the run."""

    def __init__(self, phase: str) -> None:
        self._phase = phase
        self._sent = False

    def __call__(self, progress: Progress) -> None:
        if progress.phase == self._phase and progress.done and not self._sent:
            self._sent = True
            raise KeyboardInterrupt
