"""How a command ends: the exit statuses, and what is said for each way to fail.

A finding is rendered, a wrong command line gets a sentence and a hint, an interrupt one line. Anything else is a
mistake of ours (BD901): it says how to report it, and the traceback goes into a file, or to the screen where
BAYESDSL_TRACEBACK=1 is set.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayesdsl.diagnostics.diagnostic import Diagnostic
    from bayesdsl.results.errors import RunError

DONE, FOUND, USAGE, BUG, INTERRUPTED, CLOSED = 0, 1, 2, 70, 130, 141

# Findings that are about the command rather than what a spec or its data say, and the one that is an interrupt.
_OF_THE_COMMAND = frozenset(
    {
        "BD109",
        "BD804",
        "BD805",
        "BD806",
        "BD808",
        "BD809",
        "BD822",
        "BD823",
        "BD849",
        "BD850",
        "BD853",
        "BD854",
        "BD858",
        "BD880",
        "BD881",
        "BD885",
        "BD886",
        "BD887",
        "BD890",
        "BD891",
    }
)
_OF_AN_INTERRUPT = "BD810"


class Stop(Exception):
    """The command cannot be carried out. `message` is a sentence without a full stop, `hint` what to do instead."""

    status = FOUND

    def __init__(self, message: str, hint: str | None = None) -> None:
        self.message = message
        self.hint = hint
        super().__init__(message)


class Usage(Stop):
    """The command line is wrong, or asks for what is not there."""

    status = USAGE


def reported(work: Callable[[], int], arguments: Sequence[str]) -> int:
    """The exit status of some work; whatever it raises is told to the person who asked."""
    _have_streams()
    try:
        status = work()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _leave_output_alone()
        return CLOSED
    except KeyboardInterrupt as interrupt:
        return _interrupted(interrupt)
    except Exception as error:
        return _told(error, arguments)


def status_of(codes: Sequence[str]) -> int:
    """The exit status for findings with these codes."""
    if _OF_AN_INTERRUPT in codes:
        return INTERRUPTED
    return USAGE if _OF_THE_COMMAND.issuperset(codes) else FOUND


def _told(error: Exception, arguments: Sequence[str]) -> int:
    from bayesdsl.cli import screen
    from bayesdsl.diagnostics.diagnostic import BayesError
    from bayesdsl.results.errors import RunError

    match error:
        case Stop():
            screen.problem(error.message, error.hint)
            return error.status
        case BayesError():
            screen.report(error.diagnostics, sys.stderr)
            return status_of([d.code for d in error.diagnostics])
        case RunError():
            screen.report((run_refused(error),), sys.stderr)
            return USAGE
        case MemoryError():
            screen.problem("there is not enough memory for this", "use fewer draws or chains, or a larger machine")
            return FOUND
        case screen.OutputLost():
            _leave_output_alone()
            screen.problem(f"the output cannot be written: {error}")
            return FOUND
        case _:
            return _bug(error, arguments)


def run_refused(error: RunError) -> Diagnostic:
    """What is wrong with a run's directory, as a finding."""
    from bayesdsl.diagnostics.diagnostic import Diagnostic

    return Diagnostic("BD805", error.message, hint=error.hint or None)


def _interrupted(interrupt: KeyboardInterrupt) -> int:
    from bayesdsl.cli import screen

    # What was being done may have left a note, such as where a half-written run lies.
    notes = getattr(interrupt, "__notes__", [])
    screen.say("; ".join(("interrupted", *notes)), sys.stderr)
    return INTERRUPTED


def _bug(error: Exception, arguments: Sequence[str]) -> int:
    import traceback

    from bayesdsl.cli import screen
    from bayesdsl.diagnostics.diagnostic import Diagnostic

    text = "".join(traceback.format_exception(error))
    if os.environ.get("BAYESDSL_TRACEBACK", "") not in ("", "0"):
        screen.say(text.rstrip("\n"), sys.stderr)
        note = "the traceback stands above"
    else:
        note = _where_written(_report(text, arguments))
    words = str(error).strip().splitlines()
    what = type(error).__name__ + (f": {words[0]}" if words else "")
    finding = Diagnostic(
        "BD901",
        f"this is a bug in bayesdsl, not in your spec: {what}",
        notes=(note, *getattr(error, "__notes__", ())),
        hint="please report it, with that text and the spec; `bayesdsl explain BD901` says how",
    )
    screen.report((finding,), sys.stderr)
    return BUG


def _report(traceback: str, arguments: Sequence[str]) -> str:
    """What a person who is to mend it wants to know."""
    import platform
    import shlex

    from bayesdsl import __version__

    return (
        f"command: bayesdsl {shlex.join(arguments)}\n"
        f"bayesdsl {__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}\n\n{traceback}"
    )


def _where_written(text: str) -> str:
    import tempfile

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="bayesdsl-bug-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(text)
    except OSError:
        return "BAYESDSL_TRACEBACK=1 shows the traceback"
    return f"the traceback is in {file.name}; BAYESDSL_TRACEBACK=1 shows it here"


def _have_streams() -> None:
    """A stream that was closed before we began, as by `>&-`, is None: let it lead nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  lives as long as the process


def _leave_output_alone() -> None:
    """Nobody reads standard output any more: keep Python from trying once more as it ends, and complaining."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
