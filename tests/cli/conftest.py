"""The command line, run in this process from an empty directory."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bayesdsl.cli import main

SCHOOLS = """\
data school {
    y     = [28, 8, -3, 7, -1, 1, 18, 12]
    sigma = [15, 10, 16, 11, 9, 11, 10, 18]
}
mu  ~ Normal(0, 5)
tau ~ HalfCauchy(5)
theta[school] ~ Normal(mu, tau) noncentered
observe y ~ Normal(theta, sigma)
infer nuts(chains = 1, warmup = 20, draws = 20)
infer quick = svi(steps = 20, draws = 20)
infer point = map(steps = 20)
"""
WITH_ERRORS = """\
data obs { y = [1, 2, 3] }
a ~ Nrmal(0, 1)
b ~ Normal(q, 1)
observe y ~ Normal(b, 1)
"""
WITH_WARNING = """\
data obs { y = [1, 2, 3] }
a, b ~ Normal(0, 1)
observe y ~ Normal(a, 1)
infer quick = svi(steps = 20, draws = 20)
"""


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
