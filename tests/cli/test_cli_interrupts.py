"""An interrupt ends the sampling, and what there is by then is kept, also where one more comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bayesdsl.cli import interrupts
from bayesdsl.cli.interrupts import Interrupts, kept
from bayesdsl.results.rundir import open_run
from bayesdsl.runtime.progress import Progress

ROOT = Path(__file__).resolve().parent.parent.parent
SPEC = """\
data point { y = [1.2, 0.7, 2.1, 1.4, 0.9] }
mu ~ Normal(0, 5)
observe y ~ Normal(mu, 1)
infer long = svi(steps = 2000000, draws = 2000)
"""

# The command, telling at once how far it is.
PROGRAM = """
import sys
from bayesdsl.cli.process import entry
from bayesdsl.results import terminal
terminal._SECONDS_AT_MOST = 0.0
sys.exit(entry())
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are interrupted otherwise there")


@pytest.fixture(autouse=True)
def nothing_written(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the handler says, which goes past Python's streams."""
    said: list[bytes] = []
    monkeypatch.setattr(interrupts.os, "write", lambda descriptor, text: said.append(text))
    return said


def test_the_first_interrupt_ends_the_sampling_and_the_third_what_is_kept(nothing_written):
    handler = Interrupts("nuts", chains=2)
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGINT)
    handler(signal.SIGINT)
    assert nothing_written == [interrupts.PUT_OFF]
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGINT)


@pytest.mark.parametrize(("engine", "phase"), interrupts.LAST_PHASE.items())
def test_an_interrupt_after_the_last_of_the_sampling_is_put_off(engine, phase, nothing_written):
    handler, told = Interrupts(engine, chains=2), []
    report = handler.listening(told.append)
    report(Progress(0, phase, 9, 9))
    report(Progress(1, "warmup", 9, 9))
    report(Progress(1, phase, 8, 9))
    assert handler.sampling
    report(Progress(1, phase, 9, 9))
    assert not handler.sampling
    assert len(told) == 4
    handler(signal.SIGINT)
    assert nothing_written == [interrupts.PUT_OFF]


def test_the_request_to_end_counts_once():
    handler = Interrupts("svi")
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGTERM)
    for _ in range(3):
        handler(signal.SIGTERM)


def test_signals_are_as_they_were_afterwards_and_those_of_others_are_left_alone(monkeypatch):
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in signals]
    with kept("svi", 1) as handler:
        assert [signal.getsignal(number) for number in signals] == [handler, handler]
    assert [signal.getsignal(number) for number in signals] == before
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with kept("svi", 1):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_a_thread_that_may_not_listen_to_signals_runs_all_the_same():
    done: list[bool] = []

    def work() -> None:
        with kept("svi", 1):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


@pytest.mark.parametrize("signals", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)])
def test_a_run_that_is_ended_keeps_its_draws(tmp_path, signals):
    (tmp_path / "point.bayes").write_text(SPEC)
    command = [sys.executable, "-c", PROGRAM, "run", "point.bayes", "--out", "made"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    try:
        # Steps have been made once they are told of.
        for line in process.stderr:
            if line.startswith("steps") and "loss" in line:
                break
        for number in signals:
            process.send_signal(number)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130, err
    run = open_run(tmp_path / "made")
    assert run.posterior.interrupted
    assert run.posterior.draws_per_chain > 0
