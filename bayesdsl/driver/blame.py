"""Which line of a spec an error of its program comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayesdsl.driver.compiled import Compiled


def said(error: BaseException) -> str:
    """The first line of what an error of the program says."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def spec_line(compiled: Compiled, error: BaseException) -> int | None:
    """The line of the spec that an error in the emitted program comes from."""
    line = None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename.startswith(f"<{compiled.module.__name__}"):
            line = compiled.printed.lines.get(traceback.tb_lineno, line)
        traceback = traceback.tb_next
    return line
