"""What is written to the screen: lines that any terminal can take, findings in colour, and texts for other programs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from bayesdsl.diagnostics.diagnostic import Diagnostic

WIDTH = 80
NO_BREAK = "\N{NO-BREAK SPACE}"


class OutputLost(Exception):
    """Standard output cannot be written: the disk that it goes to is full."""


def say(text: str, stream: TextIO) -> None:
    """Write a text and end its line. What the stream's encoding does not hold is replaced."""
    write(text + "\n", stream)


def write(text: str, stream: TextIO) -> None:
    """Write a text as it is, but for characters that the stream's encoding does not hold."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        if stream is sys.stdout:
            raise
    except (OSError, ValueError) as error:
        if stream is sys.stdout:
            raise OutputLost(getattr(error, "strerror", None) or str(error)) from error


def hand_over(text: str) -> None:
    """Write a text for another program: in UTF-8 whatever the terminal's encoding, with its own line ends."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None or sys.stdout.isatty():
        write(text, sys.stdout)
        return
    sys.stdout.flush()
    try:
        buffer.write(text.encode("utf-8", "backslashreplace"))
        buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(error.strerror or str(error)) from error


def report(diagnostics: Iterable[Diagnostic], stream: TextIO) -> None:
    """Write findings with a blank line between them."""
    from bayesdsl.diagnostics.render import render_text

    colour, width = wants_colour(stream), width_of(stream)
    texts = [render_text(diagnostic, colour, width) for diagnostic in diagnostics]
    if texts:
        say("\n\n".join(texts), stream)


def problem(message: str, hint: str | None = None) -> None:
    """Say what is wrong with the command, as a finding without a code."""
    from bayesdsl.diagnostics.colours import Paint
    from bayesdsl.diagnostics.text import visible

    paint = Paint(wants_colour(sys.stderr))
    lines = [paint("error", "error") + paint("message", f": {visible(message)}")]
    if hint is not None:
        first, *others = (visible(line) for line in hint.split("\n"))
        lines += [f"  {paint('hint', 'hint:')} {first}", *(f"        {line}" for line in others)]
    say("\n".join(lines), sys.stderr)


def fold(text: str, width: int, first: str = "", hanging: str = "") -> str:
    """A paragraph in lines of at most `width` columns; `a = b` and what stands in backticks stay on one line."""
    import re
    import textwrap

    from bayesdsl.diagnostics.text import visible

    whole = re.sub(r"`[^`]*`| = ", lambda match: match[0].replace(" ", NO_BREAK), visible(text))
    lines = textwrap.wrap(
        whole,
        width,
        initial_indent=first,
        subsequent_indent=hanging,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return "\n".join(lines).replace(NO_BREAK, " ") or first.rstrip()


def wants_colour(stream: TextIO) -> bool:
    """Colour on terminals alone, by the conventions of NO_COLOR and CLICOLOR; CLICOLOR_FORCE asks for it anywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0"


def tell_libraries_of_colour() -> None:
    """Tables are drawn by a library that minds NO_COLOR and has not heard of CLICOLOR."""
    if os.environ.get("CLICOLOR") == "0" and not wants_colour(sys.stdout):
        os.environ["NO_COLOR"] = "1"


def is_terminal(stream: TextIO) -> bool:
    return bool(getattr(stream, "isatty", lambda: False)())


def width_of(stream: TextIO) -> int | None:
    """Columns of the terminal; None where there is none."""
    return shutil.get_terminal_size((WIDTH, 24)).columns if is_terminal(stream) else None
