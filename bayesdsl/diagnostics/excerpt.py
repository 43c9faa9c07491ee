"""The lines of a spec that a diagnostic speaks of, with its marks below them.

       9 | observe log_radon ~ Normal(a + b * floor, sigma)
         |                            ^ has plates {county}

Labels of one line share it, each in a row of its own where they would run into each other. A span of several lines is
marked on its first, which says where it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bayesdsl.diagnostics.colours import Paint
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.diagnostics.places import inside, last_offset
from bayesdsl.diagnostics.text import CUT, Layout, layout, shown, text_width
from bayesdsl.source import Source

MAX_LABEL_WIDTH = 200
# Columns between what is said of one mark and the next mark of the same row.
GAP = 2


@dataclass(frozen=True, slots=True)
class _Mark:
    """What one label marks of its line: the characters from `start` to `end` (counted from 0), perhaps none."""

    primary: bool
    line: int
    start: int
    end: int
    remark: str


def excerpts(diagnostic: Diagnostic, source: Source, paint: Paint, width: int) -> Iterator[str]:
    """The marked lines, that of the primary place first, then as the labels come. Lines are cut to `width` columns."""
    marks = [_mark(source, label, primary=False) for label in diagnostic.labels]
    if diagnostic.primary is not None:
        marks.insert(0, _mark(source, diagnostic.primary, primary=True))
    margin = max([4, *(len(str(mark.line)) + 2 for mark in marks)])
    room = width - margin - len(" | ")
    for group in _groups(source, marks, room):
        line, rows = _drawn(source, group, room)
        yield f"{paint('gutter', f'{group[0].line:>{margin}} |')} {line}".rstrip()
        for row in rows:
            yield f"{paint('gutter', ' ' * margin + ' |')} {_ink(row, diagnostic.severity.value, paint)}"


def _mark(source: Source, label: Label, *, primary: bool) -> _Mark:
    span = inside(source, label.span)
    line, column = source.position(span.start)
    last_line, last_column = source.position(last_offset(source, span))
    text = source.line(line)
    start = min(column - 1, len(text))
    remark = shown(label.text, MAX_LABEL_WIDTH)
    if last_line > line:
        goes_on = f"to line {last_line}"
        return _Mark(
            primary, line, start, max(start, len(text.rstrip())), f"{goes_on}: {remark}" if remark else goes_on
        )
    end = min(last_column, len(text)) if span.end > span.start else start
    return _Mark(primary, line, start, max(start, end), remark)


def _groups(source: Source, marks: Sequence[_Mark], room: int) -> list[list[_Mark]]:
    """The marks by the line they share, in the order of the first of each; far apart on a long line they do not."""
    groups: list[list[_Mark]] = []
    for mark in marks:
        for group in groups:
            if group[0].line == mark.line and _fit_together(source, (*group, mark), room):
                group.append(mark)
                break
        else:
            groups.append([mark])
    return groups


def _fit_together(source: Source, marks: Sequence[_Mark], room: int) -> bool:
    line = source.line(marks[0].line)
    if len(line) <= room and layout(line).width <= room:
        return True
    return max(mark.end for mark in marks) - min(mark.start for mark in marks) <= room // 2


# A mark's screen column, its length, and the mark.
_Placed = tuple[int, int, _Mark]


def _drawn(source: Source, marks: Sequence[_Mark], room: int) -> tuple[str, list[list[_Placed]]]:
    """What is shown of a line that marks share, and the rows below it: as few as keep the marks apart."""
    line = source.line(marks[0].line)
    low, high = min(mark.start for mark in marks), max(mark.end for mark in marks)
    # Only what could be seen is laid out: a line may be as long as the whole spec.
    first, last = max(0, low - room), min(len(line), low + 2 * room)
    window = _window(layout(line[first:last]), low - first, min(high, last) - first, room, first > 0, last < len(line))
    rows: list[list[_Placed]] = []
    for mark in marks:
        placed = (*window.extent(mark.start - first, mark.end - first), mark)
        for row in rows:
            if all(_until(placed) + GAP <= other[0] or _until(other) + GAP <= placed[0] for other in row):
                row.append(placed)
                break
        else:
            rows.append([placed])
    return window.text, [sorted(row, key=lambda placed: placed[0]) for row in rows]


def _until(placed: _Placed) -> int:
    """The column at which a mark and its remark end."""
    column, length, mark = placed
    return column + length + (1 + text_width(mark.remark) if mark.remark else 0)


def _ink(row: Sequence[_Placed], severity: str, paint: Paint) -> str:
    drawn, at = "", 0
    for placed in row:
        column, length, mark = placed
        text = ("^" if mark.primary else "-") * length + (f" {mark.remark}" if mark.remark else "")
        drawn += " " * (column - at) + paint(severity if mark.primary else "label", text)
        at = _until(placed)
    return drawn


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of a line that is shown: its characters `begin` to `end`, moved to the left by `shift` columns."""

    line: Layout
    text: str
    begin: int
    end: int
    shift: int

    def extent(self, start: int, end: int) -> tuple[int, int]:
        """The screen column and the length of a mark on characters `start` to `end` of the line; at least 1 long."""
        start = max(self.begin, min(start, self.end))
        end = max(start, min(end, self.end))
        left, right = self.line.columns[start], self.line.columns[end]
        if right == left and end > start and left > 0:
            # A combining character has no column of its own: it stands on the one before it.
            left -= 1
        return left - self.shift, max(1, right - left)


def _window(line: Layout, low: int, high: int, room: int, cut_before: bool, cut_after: bool) -> _Window:
    """As much of a line around its characters `low` to `high` as fits into `room` columns.

    `cut_before` and `cut_after` say that the line goes on beyond what was laid out.
    """
    columns, count = line.columns, len(line.pieces)
    begin, end = 0, count
    if line.width + cut_before + cut_after > room:
        marked = columns[high] - columns[low]
        context = max(room // 8, min(room // 3, room - marked - len(CUT)))
        left = max(0, min(columns[low] - context, line.width + cut_after - room))
        cut_before = cut_before or left > 0
        begin = next(i for i in range(count + 1) if columns[i] >= left + cut_before)
        right = columns[begin] + room - cut_before
        if line.width + cut_after > right:
            cut_after = True
            end = max(i for i in range(begin, count + 1) if columns[i] < right)
    text = CUT * cut_before + "".join(line.pieces[begin:end]) + CUT * cut_after
    return _Window(line, text, begin, end, columns[begin] - cut_before)
