"""`bayesdsl show` shows a run as it was shown when it was made, with what was run."""

from __future__ import annotations

import os

import pytest

from bayesdsl.results.settings import duration


@pytest.fixture
def shown_first(command, schools):
    """What a run showed when it was made."""
    return command("run", "schools.bayes", "--infer", "quick", "--seed", "3", "--out", "runs/first").out


def test_the_table_and_the_verdict_are_those_of_the_run(command, shown_first):
    done = command("show", "runs/first")
    assert (done.status, done.err) == (0, "")
    assert done.out.endswith("\n\n" + shown_first)


def test_the_facts_of_the_run_stand_above(command, shown_first):
    facts = command("show", "runs/first").out.split("\n\n")[0]
    assert "spec       schools.bayes\n" in facts
    assert "inference  quick = svi(guide = AutoNormal, optim = Adam(lr = 0.01), steps = 20," in facts
    assert "data       school (8 rows in the spec)\n" in facts
    assert "seed       3, float64\n" in facts
    assert max(map(len, facts.splitlines())) <= 80


def test_another_interval_is_made_from_the_draws(command, shown_first):
    done = command("show", "runs/first", "--interval", "0.5")
    assert done.status == 0
    assert "25%" in done.out
    assert "5%  " not in done.out.replace("25%  ", "").replace("75%  ", "")


def test_a_run_that_is_not_there_is_told_with_those_that_are(command, shown_first):
    done = command("show", "runs/frist")
    assert (done.status, done.out) == (2, "")
    assert "there is no run at runs/frist" in done.err
    assert "first" in done.err.split("hint:")[1]


def test_without_a_name_the_newest_run_is_the_example(command, shown_first):
    assert "as in: bayesdsl show runs/first" in command("show").err


def test_a_damaged_run_is_told(command, shown_first, here):
    (here / "runs" / "first" / "summary.json").write_text("{}")
    done = command("show", "runs/first")
    assert (done.status, done.out) == (2, "")
    assert "error[BD805]" in done.err


def test_clicolor_is_minded_by_the_table_too(command, shown_first, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("CLICOLOR", "0")
    command("show", "runs/first")
    assert os.environ["NO_COLOR"] == "1"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.84, "0.8 s"), (9.99, "10.0 s"), (59.7, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations_are_said_as_people_say_them(seconds, text):
    assert duration(seconds) == text
