"""Ctrl-C while a run goes on: the first ends the sampling, and what there is by then is kept.

Keeping it takes a while: draws are put together, summarised and written. Another Ctrl-C in that time, or a first one
that comes as the sampling has just ended, would throw all of it away: it is put off, and said to be; only one more ends
the run with nothing. SIGTERM, by which systems and schedulers end a process, counts as a Ctrl-C, but never as one more.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayesdsl.runtime.progress import Progress, Report

# The phase of an engine's progress at whose end it has all that it was asked for.
LAST_PHASE = {"nuts": "draws", "svi": "draws", "map": "steps", "mle": "steps"}

PUT_OFF = b"\nkeeping what there is; Ctrl-C again throws it away\n"


@dataclass
class Interrupts:
    """What to do about an interrupt, by how far a run of an engine with so many chains is."""

    engine: str
    chains: int = 1
    sampling: bool = True
    put_off: bool = False
    _ended: set[int] = field(default_factory=set)

    def heard(self, progress: Progress) -> None:
        """Take note of how far the run is."""
        if progress.phase == LAST_PHASE.get(self.engine) and progress.done >= progress.total:
            self._ended.add(progress.chain)
            self.sampling = self.sampling and len(self._ended) < self.chains

    def listening(self, report: Report) -> Report:
        """A report that takes note as well."""

        def both(progress: Progress) -> None:
            report(progress)
            self.heard(progress)

        return both

    def __call__(self, number: int, frame: FrameType | None = None) -> None:
        """As a handler of signals. Raises KeyboardInterrupt where it is time for one."""
        if self.sampling:
            self.sampling = False
            raise KeyboardInterrupt
        if number != signal.SIGINT:
            return
        if self.put_off:
            raise KeyboardInterrupt
        self.put_off = True
        # Not by Python's streams, one of which may be in the middle of a line.
        with suppress(OSError):
            os.write(2, PUT_OFF)


@contextmanager
def kept(engine: str, chains: int) -> Iterator[Interrupts]:
    """Keep what a run has from interrupts while the context is open. Where somebody else sees to signals they go on
    doing so."""
    handler = Interrupts(engine, chains)
    # What each signal does in a process where nobody has said otherwise.
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    ours = [number for number, action in usual.items() if _is_main() and signal.getsignal(number) is action]
    try:
        for number in ours:
            signal.signal(number, handler)
        yield handler
    finally:
        for number in ours:
            signal.signal(number, usual[number])


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
