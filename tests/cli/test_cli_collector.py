"""Python's collector of cycles in a process of the command: it waits while libraries are imported, and then works."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bayesdsl.cli import process

ROOT = Path(__file__).resolve().parent.parent.parent

# The first thing that an engine does is told on standard error.
COMMAND = """
import gc, sys
import bayesdsl.cli.process as process
import bayesdsl.cli as cli
import bayesdsl.runtime.engines as engines

def run_engine(*_):
    print("engine", gc.isenabled(), gc.get_freeze_count() > 0, file=sys.stderr)
    raise KeyboardInterrupt

engines.run_engine = run_engine
main = process.main
process.main = lambda: print("main", gc.isenabled(), file=sys.stderr) or main()
sys.exit(process.entry())
"""


def test_it_waits_until_an_engine_begins(tmp_path: Path) -> None:
    spec = tmp_path / "coin.bayes"
    spec.write_text(
        "p ~ Beta(2, 2)\ndata toss { heads : binary = [1, 0] }\nobserve heads ~ Bernoulli(p)\ninfer nuts()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", COMMAND, "run", str(spec), "--no-save", "--quiet"]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=120)
    assert done.stderr.splitlines()[:2] == ["main False", "engine True True"]


def test_where_the_command_is_a_call_nothing_changes() -> None:
    assert gc.isenabled()
    frozen = gc.get_freeze_count()
    process.settled()
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, frozen)


def test_the_exit_status_is_that_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "main", lambda: 3)
    try:
        assert process.entry() == 3
    finally:
        gc.unfreeze()
        gc.enable()
