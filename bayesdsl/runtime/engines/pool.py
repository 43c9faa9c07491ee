"""Chains in processes of their own, and what they say in the order it arrives."""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from bayesdsl.runtime.engines import messages
from bayesdsl.runtime.engines.chain import Chunk
from bayesdsl.runtime.engines.errors import WorkerFailed
from bayesdsl.runtime.engines.messages import Done, Failure, Job, Ready
from bayesdsl.runtime.progress import Progress

# A worker's last words are kept to this many characters.
_TAIL = 4000


def run_chains(job: Job, chains: int, processes: int) -> Iterator[Chunk | Progress | Ready]:
    """Run `chains` chains in `processes` workers, giving their draws and progress as they come.

    Closing the iterator stops the workers. Raises the EngineError that a chain failed with, or WorkerFailed.
    """
    events: queue.Queue[tuple[_Worker, Any]] = queue.Queue()
    waiting = list(range(chains))
    workers: list[_Worker] = []
    try:
        workers.extend(_Worker.start(job, events) for _ in range(processes))
        unfinished = chains
        while unfinished:
            worker, event = events.get()
            match event:
                case Failure():
                    raise event.error or WorkerFailed(event.chain, event.reason, event.traceback)
                case None:
                    if worker.chain is not None or waiting:
                        raise worker.gone()
                case Done():
                    unfinished -= 1
                    worker.give(waiting)
                case Ready():
                    worker.give(waiting)
                    yield event
                case _:
                    yield event
    finally:
        for worker in workers:
            worker.stop()


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    said: IO[bytes]
    chain: int | None = None

    @classmethod
    def start(cls, job: Job, events: queue.Queue[tuple[_Worker, Any]]) -> _Worker:
        said = tempfile.TemporaryFile()  # noqa: SIM115  closed in stop()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bayesdsl.runtime.engines.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=_environment(),
            **_out_of_reach(),
        )
        worker = cls(process, said)
        threading.Thread(target=worker._listen, args=(job, events), daemon=True).start()
        return worker

    def _listen(self, job: Job, events: queue.Queue[tuple[_Worker, Any]]) -> None:
        try:
            messages.write(self.process.stdin, job)
            while True:
                events.put((self, messages.read(self.process.stdout)))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError, AttributeError):
            # The pipe ends when the worker does, in the middle of a message or between two, and is closed under this
            # thread when the run is over.
            events.put((self, None))

    def give(self, waiting: list[int]) -> None:
        """Let it run the next chain, if there is one."""
        self.chain = waiting.pop(0) if waiting else None
        if self.chain is not None:
            # Where it is gone, what it leaves behind says so.
            with suppress(OSError):
                messages.write(self.process.stdin, self.chain)

    def gone(self) -> WorkerFailed:
        code = self.process.wait()
        self.said.seek(0)
        text = self.said.read().decode(errors="replace")[-_TAIL:]
        how = f"was killed by signal {-code}" if code < 0 else f"stopped with exit status {code}"
        return WorkerFailed(self.chain or 0, f"its process {how}", text)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.said):
            with suppress(OSError):
                pipe.close()


def _environment() -> dict[str, str]:
    """The worker finds the modules that this process finds, and does not share its cores with itself."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def _out_of_reach() -> dict[str, Any]:
    """Keep the terminal's interrupt from a worker that has not yet said that it ignores it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
