"""Diagnostics as text for people: for a terminal, and for the annotations of a CI service.

    error[BD302]: `a` varies over plate `county`, but `log_radon` does not
      radon.bayes:9:28
       9 | observe log_radon ~ Normal(a + b * floor, sigma)
         |                            ^ has plates {county}
       4 |     county : category
         |     ------ maps each house to a county
      hint: index it by row: a[county]

Whatever comes from a spec, from data or from a file's name passes `text.visible` on its way out, so that no byte of it
can act on the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.colours import Paint
from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic, Severity
from bayesdsl.diagnostics.excerpt import excerpts
from bayesdsl.diagnostics.places import inside
from bayesdsl.diagnostics.text import CUT, shown, visible

WIDTH = 120
NARROWEST = 40
MAX_CELLS = 10
MAX_CELL_WIDTH = 60
# Longer than anything we write: a bound on the names that a message repeats.
MAX_REMARK_WIDTH = 1000


def render_text(diagnostic: Diagnostic, colour: bool = False, width: int | None = None) -> str:
    """A finding as lines of text, without a newline at the end.

    `width` is that of the terminal in columns, `WIDTH` if not given and never taken as less than `NARROWEST`; lines of
    the spec that are wider are cut around what is marked. Messages and hints are not wrapped, so that they can be
    searched for. Of the places in data files, the first `MAX_CELLS` are shown. With `colour` the text holds ANSI codes.
    """
    paint = Paint(colour)
    severity = diagnostic.severity.value
    message = ": " + shown(diagnostic.message, MAX_REMARK_WIDTH)
    lines = [paint(severity, f"{severity}[{diagnostic.code}]") + paint("message", message)]
    if diagnostic.source is not None:
        place = ":".join(value for _, value in _spec_place(diagnostic))
        lines.append("  " + paint("place", visible(place)))
        lines += excerpts(diagnostic, diagnostic.source, paint, max(width or WIDTH, NARROWEST))
    lines += _cells(diagnostic.cells, paint)
    for note in diagnostic.notes:
        lines += _remark("note", note, paint)
    if diagnostic.hint is not None:
        lines += _remark("hint", diagnostic.hint, paint)
    return "\n".join(lines)


def render_summary(diagnostics: Iterable[Diagnostic], files: Sequence[str]) -> str:
    """One line on all that was found in the files that were looked at: "2 errors, 1 warning in 1 of 3 files"."""
    found = list(diagnostics)
    if not found:
        return f"{_counted(len(files), 'file')} checked: nothing to report"
    counts = ((sum(d.severity is severity for d in found), severity.value) for severity in Severity)
    text = ", ".join(_counted(count, name) for count, name in counts if count)
    touched = {d.source.name for d in found if d.source is not None} & set(files)
    if not touched:
        return text
    where = visible(files[0]) if len(files) == 1 else f"{len(touched)} of {_counted(len(files), 'file')}"
    return f"{text} in {where}"


def render_github(diagnostic: Diagnostic) -> str:
    """A finding as one GitHub workflow command, which shows it beside the line it is about.

    A finding without a place in a spec is put at its first place in a data file; one without either has no file.
    """
    place = _spec_place(diagnostic) or [pair for cell in diagnostic.cells[:1] for pair in _cell_place(cell)]
    title = f"{diagnostic.code} {CODES[diagnostic.code].name}"
    properties = ",".join(f"{key}={_github_property(value)}" for key, value in (*place, ("title", title)))
    remarks = [f"note: {note}" for note in diagnostic.notes]
    if diagnostic.hint is not None:
        remarks.append(f"hint: {diagnostic.hint}")
    lines = (line for text in (diagnostic.message, *remarks) for line in text.split("\n"))
    return f"::{diagnostic.severity.value} {properties}::{'%0A'.join(map(_github_data, lines))}"


def _spec_place(diagnostic: Diagnostic) -> list[tuple[str, str]]:
    source, primary = diagnostic.source, diagnostic.primary
    if source is None:
        return []
    if primary is None:
        return [("file", source.name)]
    line, column = source.position(inside(source, primary.span).start)
    return [("file", source.name), ("line", str(line)), ("col", str(column))]


def _cell_place(cell: Cell) -> list[tuple[str, str]]:
    numbers = (("line", cell.line), ("col", cell.column))
    return [("file", cell.file), *((key, str(number)) for key, number in numbers if number)]


def _cells(cells: Sequence[Cell], paint: Paint) -> Iterator[str]:
    for cell in cells[:MAX_CELLS]:
        place = visible(":".join(value for _, value in _cell_place(cell)))
        text = f": `{shown(cell.text, MAX_CELL_WIDTH)}`" if cell.text else ""
        yield f"  {paint('place', place)}{text}"
    if len(cells) > MAX_CELLS:
        yield f"  {CUT} and {_counted(len(cells) - MAX_CELLS, 'more place')}"


def _remark(kind: str, text: str, paint: Paint) -> Iterator[str]:
    """A note or hint; one of several lines goes on below its first word."""
    first, *others = (shown(line, MAX_REMARK_WIDTH) for line in text.split("\n"))
    yield f"  {paint(kind, kind + ':')} {first}".rstrip()
    indent = " " * len(f"  {kind}: ")
    for line in others:
        yield (indent + line).rstrip()


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _github_data(text: str) -> str:
    """Text as a workflow command takes it; newlines and other controls are already written out by `visible`."""
    return visible(text).replace("%", "%25")


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")
