"""What a run shows in a terminal: how far it is, the table, the verdict.

Progress goes to standard error: bars where it is a terminal, a line now and then where it is not, nothing when quiet.
Colour is used on terminals alone and never where NO_COLOR is set; nothing depends on it.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from textwrap import wrap
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from bayesdsl.results.checks.chains import in_trouble
from bayesdsl.results.checks.rules import Finding
from bayesdsl.results.summary import Summary
from bayesdsl.results.table import GAP, Layout, lay_out
from bayesdsl.results.verdict import Verdict
from bayesdsl.runtime.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn, TaskID
    from rich.text import Text

ELSEWHERE = "all in summary.json"
_WIDEST_PROSE = 100
_SHORTEST_BAR, _LONGEST_BAR, _BESIDE_THE_BAR = 8, 40, 62

# Where there is no terminal a line is written for each tenth of the way, but none within so many seconds of the last,
# and one after so many, so that a log shows that a slow run is alive.
_SECONDS_BETWEEN, _SECONDS_AT_MOST = 5.0, 60.0


# Progress


class ProgressView:
    """Shows `Progress` while its context is open; `view.report` is the callback to hand to an engine. The note of a run
    is a line before its progress.

    `chains` is how many chains report (0 or 1 for engines with one line of work). Safe to call from several threads.
    """

    def __init__(self, chains: int = 1, quiet: bool = False, stream: TextIO | None = None) -> None:
        stream = stream if stream is not None else sys.stderr
        if quiet:
            self._view: _Nothing | _Bars | _Lines = _Nothing()
        elif is_terminal(stream):
            self._view = _Bars(stream, chains)
        else:
            self._view = _Lines(stream, chains)
        self._noted: set[str] = set()

    def __enter__(self) -> Self:
        self._view.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._view.stop()

    def report(self, progress: Progress) -> None:
        if progress.note and progress.note not in self._noted:
            self._noted.add(progress.note)
            self._view.note(progress.note)
        self._view.report(progress)


class _Nothing:
    def start(self) -> None: ...

    def stop(self) -> None: ...

    def note(self, text: str) -> None: ...

    def report(self, progress: Progress) -> None: ...


class _Bars:
    """A bar a chain, redrawn in place."""

    def __init__(self, stream: TextIO, chains: int) -> None:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        console = console_for(stream)
        room = console.width - _BESIDE_THE_BAR
        label = [TextColumn("{task.fields[label]}")] if chains > 1 else []
        self._chains = chains
        self._tasks: dict[int, TaskID] = {}
        self._lock = threading.Lock()
        self._bars = RichProgress(
            *label,
            TextColumn("{task.fields[phase]:<6}", style="dim"),
            BarColumn(min(max(room, _SHORTEST_BAR), _LONGEST_BAR), complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[count]}", justify="right"),
            _elapsed_column(),
            TextColumn("{task.fields[facts]}"),
            console=console,
        )

    def start(self) -> None:
        self._bars.start()
        for chain in range(self._chains if self._chains > 1 else 0):
            self._task(chain)

    def stop(self) -> None:
        self._bars.stop()

    def note(self, text: str) -> None:
        # As plain text: rich would read `[..]` as markup, and colour numbers.
        self._bars.console.print(text, markup=False, highlight=False)

    def _task(self, chain: int) -> TaskID:
        with self._lock:
            if chain not in self._tasks:
                blank = {"phase": "", "count": "", "facts": "", "ended": None}
                label = _chain_label(chain, self._chains)
                self._tasks[chain] = self._bars.add_task("", start=False, total=1, label=label, **blank)
            return self._tasks[chain]

    def report(self, progress: Progress) -> None:
        task = self._task(progress.chain)
        self._bars.start_task(task)
        self._bars.update(
            task,
            completed=progress.done,
            total=progress.total,
            phase=progress.phase,
            count=f"{progress.done}/{progress.total}",
            facts=describe_facts(progress.facts),
            ended=self._bars.get_time() if _finished(progress) else None,
        )


def _elapsed_column() -> ProgressColumn:
    """A chain's time over all its phases; rich's own column stops at the end of the first."""
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Elapsed(ProgressColumn):
        def render(self, task: Task) -> Text:
            until = task.fields["ended"] or task.get_time()
            seconds = int(until - (until if task.start_time is None else task.start_time))
            return Text(f"{seconds // 60}:{seconds % 60:02}", style="dim")

    return Elapsed()


def _finished(progress: Progress) -> bool:
    return progress.done >= progress.total and progress.phase != "warmup"


@dataclass(frozen=True, slots=True)
class _Last:
    """What a chain's last line said, and when. `tenth` counts the tenths of the way."""

    seconds: float
    phase: str
    tenth: int
    finished: bool = False


class _Lines:
    """A line a chain now and then."""

    def __init__(self, stream: TextIO, chains: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._chains = chains
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[int, _Last] = {}

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def note(self, text: str) -> None:
        write_text(self._stream, text)

    def report(self, progress: Progress) -> None:
        with self._lock:
            now = _Last(self._clock(), progress.phase, _tenth(progress), _finished(progress))
            # The clock of a chain starts with its first report, which is not worth a line.
            last = self._last.setdefault(progress.chain, replace(now, finished=False))
            if _due(last, now):
                self._last[progress.chain] = now
                self._write(progress)

    def _write(self, progress: Progress) -> None:
        label = _chain_label(progress.chain, self._chains)
        facts = describe_facts(progress.facts)
        share = f"{progress.done}/{progress.total}"
        words = [word for word in (label, f"{progress.phase} {share}", facts) if word]
        write_text(self._stream, GAP.join(words))


def _due(last: _Last, now: _Last) -> bool:
    if now.finished:
        return not last.finished
    waited, moved = now.seconds - last.seconds, (now.phase, now.tenth) != (last.phase, last.tenth)
    return (moved and waited >= _SECONDS_BETWEEN) or waited >= _SECONDS_AT_MOST


def _tenth(progress: Progress) -> int:
    return 10 * progress.done // progress.total if progress.total else 0


def _chain_label(chain: int, chains: int) -> str:
    return f"chain {chain + 1}" if chains > 1 else ""


FACTS: dict[str, Callable[[float], str]] = {
    "loss": lambda value: f"loss {value:.2f}" if abs(value) < 1e6 else f"loss {value:.4e}",
    "step_size": lambda value: f"step size {value:.3g}",
    "divergences": lambda value: f"{value:.0f} divergent" if value else "",
}


def describe_facts(facts: dict[str, float]) -> str:
    """What is worth showing beside a bar, in words."""
    texts = [write(facts[name]) for name, write in FACTS.items() if name in facts]
    return GAP.join(text for text in texts if text)


# The table and the verdict


def show_summary(summary: Summary, stream: TextIO | None = None, limit: int = 20, elsewhere: str = ELSEWHERE) -> None:
    """Print the table, at most `limit` rows of each variable, as wide as the terminal is."""
    stream = stream if stream is not None else sys.stdout
    layout = lay_out(summary, width=width_of(stream), limit=limit, elsewhere=elsewhere)
    styled = _styled_table(layout, summary)
    _print(stream, styled)
    if layout.dropped:
        where = f" ({elsewhere})" if elsewhere else ""
        note = f"not shown for want of room: {', '.join(layout.dropped)}{where}"
        _print(stream, [[(f"  {line}", "dim")] for line in _wrapped(note, (width_of(stream) or _WIDEST_PROSE) - 2)])


def show_verdict(verdict: Verdict, stream: TextIO | None = None) -> None:
    """Print the sentence and the findings, with what to try."""
    stream = stream if stream is not None else sys.stdout
    _print(stream, _styled_verdict(verdict, min(width_of(stream) or _WIDEST_PROSE, _WIDEST_PROSE)))


# A line is pieces of text, each with a style of rich's.
Styled = list[list[tuple[str, str]]]


def _styled_table(layout: Layout, summary: Summary) -> Styled:
    lines: Styled = [[(GAP.join((" " * layout.name_width, *heading)).rstrip(), "bold")] for heading in layout.heading]
    for line in layout.lines:
        if line.row is None:
            lines.append([(line.name, "dim")])
            continue
        trouble = in_trouble(line.row, summary.chains) if summary.kind == "mcmc" else ()
        pieces = [(line.name, "bold red" if trouble else "")]
        for column, cell in zip(layout.columns, line.cells, strict=True):
            pieces += [(GAP, ""), (cell, "bold red" if column.figure in trouble else "")]
        pieces[-1] = (pieces[-1][0].rstrip(), pieces[-1][1])
        lines.append(pieces)
    return lines


def _styled_verdict(verdict: Verdict, width: int) -> Styled:
    style = "bold green" if verdict.ok else "bold red"
    lines: Styled = [[(line, style)] for line in _wrapped(verdict.sentence, width)]
    for finding in verdict.findings:
        lines += [[], *_styled_finding(finding, width)]
    return lines


def _styled_finding(finding: Finding, width: int) -> Styled:
    mark, style = ("!", "bold red") if finding.serious else ("-", "bold yellow")
    message = _wrapped(finding.message, width - 2)
    advice = _wrapped(f"Try: {finding.advice}", width - 2, hanging=5)
    lines: Styled = [[(mark if i == 0 else " ", style), (f" {text}", "")] for i, text in enumerate(message)]
    return lines + [[(f"  {text}", "dim")] for text in advice]


def _wrapped(text: str, width: int, hanging: int = 0) -> list[str]:
    """Lines of a paragraph; what stands in backticks stays on one line."""
    whole = re.sub("`[^`]*`", lambda code: code[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
    lines = wrap(whole, width, subsequent_indent=" " * hanging, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _print(stream: TextIO, lines: Styled) -> None:
    if not is_terminal(stream):
        write_text(stream, "\n".join("".join(text for text, _ in line).rstrip() for line in lines))
        return
    from rich.text import Text

    console = console_for(stream)
    for line in lines:
        text: Text = Text.assemble(*line) if line else Text("")
        console.print(text, soft_wrap=True, highlight=False)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at the stream in a terminal that can be drawn on."""
    return bool(getattr(stream, "isatty", lambda: False)()) and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int | None:
    """Columns of the terminal, None where there is none: then lines may be as long as they need to be."""
    return shutil.get_terminal_size().columns if is_terminal(stream) else None


def console_for(stream: TextIO) -> Console:
    """Rich's console on a stream, which minds NO_COLOR."""
    from rich.console import Console

    return Console(file=stream, highlight=False, soft_wrap=False)


def write_text(stream: TextIO, text: str) -> None:
    """Write a line, with what the stream's encoding does not hold replaced."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()
