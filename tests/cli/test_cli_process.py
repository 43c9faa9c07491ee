"""The command in a process of its own: what it imports, how it is interrupted, and who reads its output."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_specs import SCHOOLS, WITH_ERRORS

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("torch", "pyro", "numpy", "scipy", "pandas", "pydantic", "xarray", "rich")

# Run a command, and then tell on standard error which of the libraries were imported.
IMPORTS = f"""
import sys
from bayesdsl.cli import main
status = main(sys.argv[1:])
print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
sys.exit(status)
"""


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **changes}


def bayesdsl(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bayesdsl", *arguments]
    return subprocess.run(command, env=environment(**changes), capture_output=True, encoding="utf-8", timeout=120)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "schools.bayes"
    path.write_text(SCHOOLS, encoding="utf-8")
    return path


def test_the_module_is_the_command(spec):
    done = bayesdsl("check", str(spec))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 file checked: nothing to report\n", "")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["check", "good"], 0),
        (["check", "bad"], 1),
        (["check", "bad", "--format", "github"], 1),
        (["emit", "good"], 0),
        (["explain", "Normal"], 0),
        (["explain", "BD302"], 0),
        (["run", "bad"], 1),
        (["run", "good", "--set", "infer.draws=x"], 2),
        (["run", "good", "--infer", "nope"], 2),
        (["--help"], 0),
        (["run", "--help"], 0),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(spec, tmp_path, arguments, status):
    (tmp_path / "bad.bayes").write_text(WITH_ERRORS, encoding="utf-8")
    files = {"good": str(spec), "bad": str(tmp_path / "bad.bayes")}
    command = [sys.executable, "-c", IMPORTS, *(files.get(word, word) for word in arguments)]
    done = subprocess.run(command, env=environment(), capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == status
    assert done.stderr.splitlines()[-1] == ""


def test_findings_can_be_printed_in_a_terminal_that_knows_ascii_alone(tmp_path):
    path = tmp_path / "greek.bayes"
    path.write_text("μ ~ Normal(0, é)\n", encoding="utf-8")
    done = bayesdsl("check", str(path), PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "`?` is not declared" in done.stdout
    assert done.stderr == ""


def test_a_program_is_the_same_whatever_the_encoding_of_the_terminal(tmp_path):
    path = tmp_path / "greek.bayes"
    path.write_text("data s { y = [1, 2] }\nμ ~ Normal(0, 1)\nobserve y ~ Normal(μ, 1)\n", encoding="utf-8")
    done = bayesdsl("emit", str(path), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout == bayesdsl("emit", str(path)).stdout
    assert '"μ"' in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
@pytest.mark.parametrize("arguments", [["explain"], ["emit"], ["check"], ["--help"]])
def test_a_reader_that_goes_away_ends_it_quietly(spec, arguments):
    read, write = os.pipe()
    os.close(read)
    command = [
        sys.executable,
        "-m",
        "bayesdsl",
        *arguments,
        *([str(spec)] if arguments[0] in ("emit", "check") else []),
    ]
    done = subprocess.run(command, env=environment(), stdout=write, stderr=subprocess.PIPE, timeout=120)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="streams cannot be closed like this there")
@pytest.mark.parametrize(("streams", "status"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0)])
def test_closed_streams_are_no_bug(spec, streams, status):
    command = f"'{sys.executable}' -m bayesdsl check '{spec}' {streams}"
    assert subprocess.run(["sh", "-c", command], env=environment(), timeout=120).returncode == status


@pytest.mark.skipif(sys.platform == "win32", reason="processes are interrupted otherwise there")
def test_an_interrupt_while_it_runs_leaves_no_traceback(spec, tmp_path):
    command = [sys.executable, "-m", "bayesdsl", "run", str(spec), "--infer", "quick", "--set", "infer.steps=1000000"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    try:
        for line in process.stderr:
            if line.startswith("data:"):
                break
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
