"""`bayesdsl check` reports every finding of every file, in each format, and its status says what was found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bayesdsl.diagnostics.schema import ReportRecord


def test_a_clean_spec_is_said_to_be_clean(command, schools):
    done = command("check", "schools.bayes")
    assert (done.status, done.out, done.err) == (0, "1 file checked: nothing to report\n", "")


def test_all_findings_of_all_files_are_reported_in_one_go(command, schools, faulty, doubtful):
    done = command("check", "schools.bayes", "faulty.bayes", "doubtful.bayes")
    assert done.status == 1
    assert [line.split(":")[0] for line in done.out.splitlines() if line.startswith(("error", "warning"))] == [
        "error[BD204]",
        "error[BD201]",
        "warning[BD601]",
    ]
    assert "faulty.bayes:2:5" in done.out
    assert "faulty.bayes:3:12" in done.out
    assert "doubtful.bayes:2:4" in done.out
    assert done.out.endswith("2 errors, 1 warning in 2 of 3 files\n")


def test_quiet_leaves_the_last_line_out(command, schools, faulty):
    assert command("check", "-q", "schools.bayes").out == ""
    assert "2 errors" not in command("check", "--quiet", "faulty.bayes").out


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_checked(command, faulty):
    done = command("check", "missing.bayes", "faulty.bayes")
    assert done.status == 2
    assert "BD809" in done.out
    assert "BD204" in done.out


def test_bytes_that_are_no_text_cannot_be_read(command, here):
    (here / "bytes.bayes").write_bytes(b"\xff\xfe\x00")
    done = command("check", "bytes.bayes")
    assert done.status == 2
    assert "BD109" in done.out


def test_a_file_without_its_suffix_is_guessed(command, schools):
    assert "did you mean `schools.bayes`?" in command("check", "schools").out


def test_directories_are_searched_but_not_hidden_ones_nor_runs(command, faulty, here):
    for place in ("deep/er", ".hidden", "run"):
        (here / place).mkdir(parents=True)
        (here / place / "m.bayes").write_bytes(faulty.read_bytes())
    for name in ("manifest.json", "draws.nc"):
        (here / "run" / name).touch()
    done = command("check", ".", "--format", "json")
    assert {Path(name) for name in json.loads(done.out)["files"]} == {Path("faulty.bayes"), Path("deep/er/m.bayes")}


def test_a_directory_without_specs_is_an_error(command, here):
    (here / "empty").mkdir()
    done = command("check", "empty")
    assert done.status == 2
    assert "there is no *.bayes file in `empty`" in done.err


def test_a_file_named_twice_is_checked_once(command, faulty):
    assert command("check", "faulty.bayes", "faulty.bayes").out.count("BD204") == 1


def test_standard_input_is_a_spec_too(command):
    done = command("check", "-", stdin="a ~ Nrmal(0, 1)\n")
    assert done.status == 1
    assert "<stdin>:1:5" in done.out


@pytest.mark.parametrize("word", ["BD601", "unused", "601", "warnings"])
def test_an_allowed_warning_is_left_out(command, doubtful, word):
    done = command("check", "doubtful.bayes", "--allow", word)
    assert (done.status, done.out) == (0, "1 file checked: nothing to report\n")


def test_warnings_can_pass_and_still_be_shown(command, doubtful, faulty):
    done = command("check", "doubtful.bayes", "--warnings-pass")
    assert done.status == 0
    assert "BD601" in done.out
    assert command("check", "doubtful.bayes", "faulty.bayes", "--warnings-pass").status == 1


@pytest.mark.parametrize(
    ("word", "said"),
    [("BD201", "is an error, and only warnings can be allowed"), ("unusd", "did you mean BD601 (unused)?")],
)
def test_only_warnings_that_there_are_can_be_allowed(command, doubtful, word, said):
    done = command("check", "doubtful.bayes", "--allow", word)
    assert done.status == 2
    assert said in done.err


def test_json_is_of_the_published_schema(command, faulty, doubtful):
    done = command("check", "faulty.bayes", "doubtful.bayes", "--format", "json")
    report = ReportRecord.model_validate_json(done.out)
    assert done.status == 1
    assert report.files == ["faulty.bayes", "doubtful.bayes"]
    assert [d.code for d in report.diagnostics] == ["BD204", "BD201", "BD601"]
    assert (report.errors, report.warnings) == (2, 1)


def test_json_of_a_file_that_cannot_be_read_is_json_still(command):
    report = ReportRecord.model_validate_json(command("check", "missing.bayes", "--format", "json").out)
    assert [d.code for d in report.diagnostics] == ["BD809"]


def test_github_annotations_are_a_line_a_finding(command, faulty, schools):
    lines = command("check", "faulty.bayes", "schools.bayes", "--format", "github").out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::error file=faulty.bayes,line=2,col=5,")


def test_sarif_holds_the_findings(command, faulty):
    log = json.loads(command("check", "faulty.bayes", "--format", "sarif").out)
    assert log["version"] == "2.1.0"
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["BD204", "BD201"]


def test_an_unknown_format_is_told_with_the_known_ones(command, schools):
    done = command("check", "schools.bayes", "--format", "xml")
    assert done.status == 2
    assert "`xml` is not one of text, json, github, sarif" in done.err
