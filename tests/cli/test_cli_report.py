"""`bayesdsl report` writes the page of a run, and `run --report` writes it with the run."""

from __future__ import annotations

import pytest

pytest.importorskip("matplotlib")


@pytest.fixture
def first(command, schools):
    """A run that was made."""
    return command("run", "schools.bayes", "--infer", "quick", "--seed", "3", "--out", "runs/first")


def test_the_page_goes_into_the_run_and_its_place_is_said(command, first, here):
    done = command("report", "runs/first")
    assert (done.status, done.out, done.err) == (0, "", "report in runs/first/report.html\n")
    assert (here / "runs" / "first" / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert command("show", "runs/first").status == 0


def test_a_run_can_write_its_page_at_once(command, schools, here):
    done = command("run", "schools.bayes", "--infer", "quick", "--seed", "3", "--out", "runs/second", "--report")
    assert done.status == 0
    assert done.err.endswith("saved in runs/second\nreport in runs/second/report.html\n")
    page = (here / "runs" / "second" / "report.html").read_text(encoding="utf-8")
    command("report", "runs/second", "-o", "again.html")
    assert (here / "again.html").read_text(encoding="utf-8") == page


def test_a_run_that_is_not_there_is_told_with_those_that_are(command, first):
    done = command("report", "runs/frist")
    assert (done.status, done.out) == (2, "")
    assert "there is no run at runs/frist" in done.err
    assert "as in: bayesdsl report runs/first" in command("report").err


def test_a_file_that_cannot_be_written_is_told(command, first):
    done = command("report", "runs/first", "-o", "missing/report.html")
    assert (done.status, done.out) == (2, "")
    assert "error[BD850]" in done.err
    assert "there is no directory missing" in done.err


def test_without_the_library_that_draws_nothing_is_begun(command, first, monkeypatch, here):
    monkeypatch.setattr("bayesdsl.results.report.page.find_spec", lambda _: None)
    for arguments in (["report", "runs/first"], ["run", "schools.bayes", "--report", "--out", "runs/third"]):
        done = command(*arguments)
        assert (done.status, done.out) == (2, "")
        assert "error[BD849]" in done.err
        assert "pip install 'bayesdsl[report]'" in done.err
    assert not (here / "runs" / "third").exists()


def test_a_page_of_a_run_that_is_not_kept_is_a_contradiction(command, schools):
    done = command("run", "schools.bayes", "--report", "--no-save")
    assert done.status == 2
    assert "--report and --no-save contradict each other" in done.err
