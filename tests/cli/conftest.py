"""The command line, run in this process from an empty directory."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_specs import SCHOOLS, WITH_ERRORS, WITH_WARNING

from bayesdsl.cli import main


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to be in, with no wishes about colour."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "BAYESDSL_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def command(here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`command("check", "a.bayes")`: what `bayesdsl check a.bayes` does. `stdin` is what it reads from there."""

    def run(*arguments: str, stdin: str | bytes = "") -> Done:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        capfd.readouterr()
        status = main(arguments)
        return Done(status, *capfd.readouterr())

    return run


@pytest.fixture
def schools(here: Path) -> Path:
    """A sound spec with settings that are quick to run."""
    return _written(here / "schools.bayes", SCHOOLS)


@pytest.fixture
def faulty(here: Path) -> Path:
    """A spec with two errors, on lines 2 and 3."""
    return _written(here / "faulty.bayes", WITH_ERRORS)


@pytest.fixture
def doubtful(here: Path) -> Path:
    """A spec that can be run, with one warning: `b` is unused (BD601)."""
    return _written(here / "doubtful.bayes", WITH_WARNING)


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
