"""The command as a whole: its help teaches, its mistakes are told kindly, and its failures are statuses."""

from __future__ import annotations

import os
import re

import pytest

import bayesdsl
from bayesdsl.check import check
from bayesdsl.cli import VERBS, guide, main
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse


def test_the_version_is_that_of_the_package(command):
    done = command("--version")
    assert (done.status, done.out) == (0, f"bayesdsl {bayesdsl.__version__}\n")


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("help",)])
def test_help_shows_an_example_and_every_verb(command, arguments):
    done = command(*arguments)
    assert done.status == 0
    assert "theta[school] ~ Normal(mu, tau) noncentered" in done.out
    for verb in VERBS:
        assert re.search(rf"^    {verb} ", done.out, re.MULTILINE)


def test_the_example_of_the_help_is_sound_and_of_twelve_lines():
    assert check(parse(Source("schools.bayes", guide.EXAMPLE))).diagnostics == ()
    assert len(guide.EXAMPLE.splitlines()) == 12


def test_without_anything_the_help_goes_to_standard_error(command):
    done = command()
    assert (done.status, done.out) == (2, "")
    assert "Save it, then try:" in done.err


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("form", ["{} --help", "{} -h", "help {}", "--help {}"])
def test_every_verb_has_help_with_examples_for_eighty_columns(command, verb, form):
    done = command(*form.format(verb).split())
    assert done.status == 0
    assert f"usage: bayesdsl {verb}" in done.out
    assert f"  bayesdsl {verb}" in done.out.split("examples:")[1]
    assert "exit status:" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_help_fits_eighty_columns():
    assert max(map(len, guide.top().splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "did you mean `bayesdsl check`?"),
        (["frobnicate"], f"the commands are {', '.join(VERBS)};"),
        (["schools.bayes"], "run it:    bayesdsl run schools.bayes"),
        (["--seed", "1", "run", "schools.bayes"], "options come after the command"),
        (["help", "chek"], "did you mean `bayesdsl check`?"),
        (["check"], "as in: bayesdsl check schools.bayes"),
        (["emit", "a.bayes", "b.bayes"], "takes one spec at a time, and was given 2"),
        (["check", "schools.bayes", "--alow", "BD601"], "did you mean `--allow`?"),
        (["run", "schools.bayes", "--sed=1"], "`bayesdsl run` has no option `--sed`"),
        (["run", "schools.bayes", "--seed"], "--seed: expected one argument"),
        (["run", "schools.bayes", "--seed", "-1"], "`-1` is not a whole number from 0"),
        (["run", "schools.bayes", "--seed", "1.5"], "`1.5` is not a whole number"),
        (["run", "schools.bayes", "--interval", "90"], "`90` is not a probability between 0 and 1"),
        (["run", "schools.bayes", "--data", "=school.csv"], "is not of the form TABLE=FILE"),
        (["run", "schools.bayes", "--dtype", "float16"], "`float16` is not one of float64, float32"),
        (["show"], "`bayesdsl show` needs a run"),
    ],
)
def test_a_wrong_command_line_gets_a_sentence_and_a_hint(command, schools, arguments, said):
    done = command(*arguments)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert "usage:" not in done.err
    assert "Traceback" not in done.err


def test_options_may_stand_anywhere_after_the_verb(command, schools, doubtful):
    done = command("check", "--quiet", "schools.bayes", "--allow", "BD601", "doubtful.bayes")
    assert (done.status, done.out) == (0, "")


def test_a_bug_says_that_it_is_one_and_where_the_traceback_is(command, schools, monkeypatch, here):
    monkeypatch.setattr("tempfile.tempdir", str(here))
    monkeypatch.setattr("bayesdsl.driver.analyse", _broken)
    done = command("check", "schools.bayes")
    assert done.status == 70
    assert "error[BD901]: this is a bug in bayesdsl, not in your spec: KeyError: 'x'" in done.err
    assert "Traceback" not in done.err
    report = next(here.glob("bayesdsl-bug-*.txt"))
    assert str(report) in done.err
    text = report.read_text(encoding="utf-8")
    assert text.startswith("command: bayesdsl check schools.bayes\n")
    assert "Traceback" in text


def test_a_bug_shows_its_traceback_where_that_is_asked_for(command, schools, monkeypatch, here):
    monkeypatch.setattr("tempfile.tempdir", str(here))
    monkeypatch.setenv("BAYESDSL_TRACEBACK", "1")
    monkeypatch.setattr("bayesdsl.driver.analyse", _broken)
    done = command("check", "schools.bayes")
    assert done.status == 70
    assert "Traceback (most recent call last):" in done.err
    assert not list(here.glob("bayesdsl-bug-*.txt"))


def _broken(_: Source) -> None:
    raise KeyError("x")


def test_an_interrupt_is_one_line(command, schools, monkeypatch):
    def interrupted(_: Source) -> None:
        error = KeyboardInterrupt()
        error.add_note("what was written is in x")
        raise error

    monkeypatch.setattr("bayesdsl.driver.analyse", interrupted)
    done = command("check", "schools.bayes")
    assert (done.status, done.out, done.err) == (130, "", "interrupted; what was written is in x\n")


def test_too_little_memory_is_not_called_a_bug(command, schools, monkeypatch):
    def greedy(_: Source) -> None:
        raise MemoryError

    monkeypatch.setattr("bayesdsl.driver.analyse", greedy)
    done = command("check", "schools.bayes")
    assert done.status == 1
    assert "not enough memory" in done.err


def test_main_reads_the_command_line_of_the_process(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bayesdsl", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("bayesdsl ")


class Terminal:
    """A terminal that keeps what is written to it and knows ASCII alone."""

    encoding = "ascii"

    def __init__(self, is_terminal: bool = True) -> None:
        self.text = ""
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> None:
        self.text += text.encode("ascii").decode()

    def flush(self) -> None: ...


@pytest.mark.parametrize(
    ("environment", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"CLICOLOR": "0"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colour_is_for_terminals_and_minds_what_the_user_asked_for(
    here, faulty, monkeypatch, environment, terminal, coloured
):
    screen = Terminal(terminal)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", screen)
    assert main(["check", "faulty.bayes"]) == 1
    assert ("\x1b[1;31merror[BD204]" in screen.text) is coloured
    assert "BD204" in screen.text


def test_characters_that_the_terminal_does_not_have_are_replaced(here, monkeypatch):
    (here / "greek.bayes").write_text("μ ~ Normal(0, é)\n", encoding="utf-8")
    screen = Terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout", screen)
    assert main(["check", "greek.bayes"]) == 1
    assert "`?` is not declared" in screen.text


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a full disk is /dev/full, which this system has not")
def test_a_full_disk_is_an_error_of_one_line(here, schools, monkeypatch, capsys):
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert main(["explain"]) == 1
        monkeypatch.undo()
    err = capsys.readouterr().err
    assert err.startswith("error: the output cannot be written: ")
    assert len(err.splitlines()) == 1
