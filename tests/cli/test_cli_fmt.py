"""`bayesdsl fmt` changes files whole or not at all, and leaves alone what it does not understand."""

from __future__ import annotations

import os
import stat

import pytest

from bayesdsl.syntax.ast import Spec

UNTIDY = "data   obs{y=[1,2,3]}   # three\na~Normal(0,1)\nobserve y~Normal(a,1)\n"


@pytest.fixture
def untidy(here):
    path = here / "untidy.bayes"
    path.write_text(UNTIDY, encoding="utf-8")
    return path


@pytest.fixture
def tidy_text(command, untidy):
    """What the formatter makes of it."""
    done = command("fmt", "-", stdin=UNTIDY)
    assert (done.status, done.err) == (0, "")
    return done.out


def test_standard_input_is_formatted_to_standard_output(tidy_text):
    assert tidy_text != UNTIDY
    assert "a ~ Normal(0, 1)\n" in tidy_text
    assert "# three" in tidy_text


def test_a_file_is_formatted_in_place_and_then_stays(command, untidy, tidy_text):
    assert command("fmt", "untidy.bayes").status == 0
    assert untidy.read_text() == tidy_text
    before = untidy.stat().st_mtime_ns
    done = command("fmt", "untidy.bayes")
    assert (done.status, done.out, done.err) == (0, "", "")
    assert untidy.stat().st_mtime_ns == before


def test_a_file_keeps_its_permissions_and_a_link_stays_one(command, untidy, tidy_text, here):
    untidy.chmod(0o640)
    (here / "link.bayes").symlink_to("untidy.bayes")
    assert command("fmt", "link.bayes").status == 0
    assert (here / "link.bayes").is_symlink()
    assert untidy.read_text() == tidy_text
    assert stat.S_IMODE(untidy.stat().st_mode) == 0o640
    assert sorted(path.name for path in here.iterdir()) == ["link.bayes", "untidy.bayes"]


def test_a_file_keeps_its_kind_of_line_ends(command, untidy, tidy_text):
    untidy.write_bytes(UNTIDY.replace("\n", "\r\n").encode())
    assert command("fmt", "untidy.bayes").status == 0
    assert untidy.read_bytes() == tidy_text.replace("\n", "\r\n").encode()


def test_check_names_what_would_change_and_changes_nothing(command, untidy, here, tidy_text):
    (here / "tidy.bayes").write_text(tidy_text)
    done = command("fmt", "--check", ".")
    assert (done.status, done.err) == (1, "")
    assert [os.path.normpath(line.split()[0]) for line in done.out.splitlines()] == ["untidy.bayes"]
    assert untidy.read_text() == UNTIDY
    assert command("fmt", "--check", "tidy.bayes").status == 0


def test_diff_shows_what_would_change_and_changes_nothing(command, untidy):
    done = command("fmt", "--diff", "untidy.bayes")
    assert done.status == 1
    assert done.out.startswith("--- untidy.bayes\n+++ untidy.bayes (formatted)\n")
    assert "\n-a~Normal(0,1)\n" in done.out
    assert "\n+a ~ Normal(0, 1)\n" in done.out
    assert untidy.read_text() == UNTIDY


def test_a_file_with_syntax_errors_is_told_and_left_as_it_is(command, untidy, here):
    broken = "a ~\nb ~ Normal(0,1)\n"
    (here / "broken.bayes").write_text(broken)
    done = command("fmt", "broken.bayes", "untidy.bayes")
    assert done.status == 2
    assert "error[BD101]" in done.err
    assert (here / "broken.bayes").read_text() == broken
    assert untidy.read_text() != UNTIDY


def test_a_file_with_other_errors_can_be_formatted(command, here):
    (here / "wrong.bayes").write_text("a~Nrmal(0,1)\n")
    assert command("fmt", "wrong.bayes").status == 0
    assert (here / "wrong.bayes").read_text() == "a ~ Nrmal(0, 1)\n"


def test_a_file_that_is_not_there_does_not_keep_the_others_from_it(command, untidy):
    done = command("fmt", "missing.bayes", "untidy.bayes")
    assert done.status == 2
    assert "BD809" in done.err
    assert untidy.read_text() != UNTIDY


@pytest.mark.parametrize("options", [[], ["--check"], ["--diff"]])
def test_a_bug_in_the_formatter_leaves_the_file_as_it_is(command, untidy, here, monkeypatch, options):
    def broken(_: Spec) -> str:
        raise IndexError("no such line")

    monkeypatch.setattr("tempfile.tempdir", str(here))
    monkeypatch.setattr("bayesdsl.syntax.format.format_spec", broken)
    assert command("fmt", "untidy.bayes", *options).status == 70
    assert untidy.read_text() == UNTIDY


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_directory_that_may_not_be_written_to_is_told(command, untidy, here):
    here.chmod(0o500)
    try:
        done = command("fmt", "untidy.bayes")
    finally:
        here.chmod(0o700)
    assert done.status == 2
    assert "cannot be written: permission denied" in done.err
