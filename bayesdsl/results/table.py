"""A summary as a table: which columns, how many digits, what is left out.

Laid out once (`lay_out`), then drawn as text, as HTML or, by `results/terminal.py`, in colour.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import floor, isfinite, log10

from bayesdsl.results.summary import Row, Summary

GAP = "  "
_MOST_DECIMALS = 6
_WIDEST_NUMBER = 1e7
_NAME_AT_LEAST = 16
_NAME_AT_MOST = 32
# Columns that go before the alignment does: MCSE, the median and the tails' ESS.
_SPARE = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of a row. `keep` orders the columns: where room is short those with the lowest go first."""

    figure: str
    heading: Callable[[Summary], str]
    style: str
    keep: int


def _tail(side: int) -> Callable[[Summary], str]:
    return lambda summary: f"{100 * summary.tails[side]:.4g}%"


def _fixed(text: str) -> Callable[[Summary], str]:
    return lambda _: text


COLUMNS: dict[str, tuple[Column, ...]] = {
    "mcmc": (
        Column("mean", _fixed("mean"), "value", 9),
        Column("sd", _fixed("sd"), "value", 6),
        Column("median", _fixed("median"), "value", 2),
        Column("lower", _tail(0), "value", 8),
        Column("upper", _tail(1), "value", 8),
        Column("ess_bulk", _fixed("ESS bulk"), "count", 5),
        Column("ess_tail", _fixed("ESS tail"), "count", 3),
        Column("rhat", _fixed("R-hat"), "rhat", 7),
        Column("mcse_mean", _fixed("MCSE"), "error", 1),
    ),
    "svi": (
        Column("mean", _fixed("mean"), "value", 9),
        Column("sd", _fixed("sd"), "value", 6),
        Column("median", _fixed("median"), "value", 2),
        Column("lower", _tail(0), "value", 8),
        Column("upper", _tail(1), "value", 8),
    ),
    "point": (
        Column("estimate", _fixed("estimate"), "value", 9),
        Column("std_error", _fixed("std error"), "error", 8),
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row as text, aligned: its name and a cell a column. `note` stands alone on a line for the rows left out."""

    name: str
    cells: tuple[str, ...] = ()
    row: Row | None = None
    note: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A table ready to draw. `heading` is one line or two; every cell has the width of its column."""

    columns: tuple[Column, ...]
    heading: tuple[tuple[str, ...], ...]
    lines: tuple[Line, ...]
    name_width: int
    dropped: tuple[str, ...]


def lay_out(summary: Summary, width: int | None = None, limit: int | None = 20, elsewhere: str = "") -> Layout:
    """A summary's table within `width` terminal columns (None: as wide as it needs).

    Of each variable at most `limit` rows are shown (None: all) and a note says how many follow, and `elsewhere` where
    they are. Where the width does not suffice, headings take two lines, then columns are dropped, then names cut.
    """
    shown = list(_shown(summary.rows, limit))
    rows = [item for item in shown if isinstance(item, Row)]
    table = _fit(summary, rows, width)
    lines = tuple(table.line(item) if isinstance(item, Row) else _more(item, elsewhere) for item in shown)
    all_columns = _columns_with_figures(summary)
    dropped = tuple(column.heading(summary) for column in all_columns if column not in table.columns)
    return Layout(table.columns, table.heading, lines, table.name_width, dropped)


def text_table(summary: Summary, width: int | None = None, limit: int | None = 20, elsewhere: str = "") -> str:
    """The table as plain text, aligned at the decimal points."""
    layout = lay_out(summary, width, limit, elsewhere)
    head = [_joined(" " * layout.name_width, heading) for heading in layout.heading]
    body = [line.name if line.note else _joined(line.name, line.cells) for line in layout.lines]
    return "\n".join([*head, *body])


def html_table(summary: Summary, limit: int | None = 50) -> str:
    """The table as HTML, for notebooks."""
    layout = lay_out(summary, limit=limit)
    number = 'style="text-align: right; white-space: pre; font-variant-numeric: tabular-nums"'
    name = 'style="text-align: left"'
    head = "".join(f"<th {number}>{escape(column.heading(summary))}</th>" for column in layout.columns)
    body = []
    for line in layout.lines:
        if line.row is None:
            body.append(f'<tr><td colspan="{len(layout.columns) + 1}" {name}>{escape(line.name.strip())}</td></tr>')
            continue
        cells = "".join(f"<td {number}>{escape(cell)}</td>" for cell in line.cells)
        body.append(f"<tr><th {name}>{escape(line.row.name)}</th>{cells}</tr>")
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


# Which rows and columns


def _columns_with_figures(summary: Summary) -> tuple[Column, ...]:
    """The columns of this kind of posterior that hold a figure anywhere."""
    columns = COLUMNS[summary.kind]
    return tuple(c for c in columns if any(getattr(row, c.figure) is not None for row in summary.rows)) or columns[:1]


def _shown(rows: tuple[Row, ...], limit: int | None) -> Iterator[Row | int]:
    """The rows to show and, after those of a variable that has more, how many were left out."""
    for _, group in groupby(rows, key=lambda row: row.variable):
        members = list(group)
        # A note that stands for one row takes the room of the row.
        if limit is None or len(members) <= limit + 1:
            yield from members
        else:
            yield from members[:limit]
            yield len(members) - limit


def _more(count: int, elsewhere: str) -> Line:
    return Line(f"  ... {count} more{f'; {elsewhere}' if elsewhere else ''}", note=True)


# How many digits


def _order(value: float) -> int:
    """The position of the first significant digit: 0 for ones, -1 for tenths."""
    return floor(log10(abs(value)))


def _measurable(value: float | None) -> bool:
    return value is not None and isfinite(value) and value != 0


def _needed(row: Row) -> int | None:
    """Decimals that show two significant digits of the spread, None where nothing varies."""
    spread = row.std_error if row.sd is None else row.sd
    return 1 - _order(spread) if _measurable(spread) else None


def _justified(row: Row) -> int | None:
    """Decimals down to the digit that the Monte Carlo error begins with."""
    return -_order(row.mcse_mean) if _measurable(row.mcse_mean) else None


def _decimals(rows: list[Row]) -> dict[Row, int | None]:
    """Decimals of each row, None for constants.

    The rows of a variable share the fewest that any of them justifies, so that they line up; a row whose spread is
    small takes more, to keep two significant digits of it.
    """
    decimals: dict[Row, int | None] = {}
    for _, group in groupby(rows, key=lambda row: row.variable):
        members = list(group)
        justified = [d for d in map(_justified, members) if d is not None]
        shared = min(justified, default=0)
        for row in members:
            needed = _needed(row)
            decimals[row] = None if needed is None else max(needed, shared, 0)
    return decimals


def format_value(value: float | None, decimals: int | None) -> str:
    """A number with so many decimals; None for those of a constant, which show four significant digits."""
    if value is None:
        return "-"
    if not isfinite(value):
        return str(value)
    if decimals is None:
        return f"{value:.4g}" if abs(value) < _WIDEST_NUMBER else f"{value:.3e}"
    if abs(value) >= _WIDEST_NUMBER or (decimals > _MOST_DECIMALS and 0 < abs(value) < 0.001):
        return f"{value:.2e}"
    text = f"{value:.{min(decimals, _MOST_DECIMALS)}f}"
    return text.lstrip("-") if float(text) == 0 else text


def format_error(value: float | None) -> str:
    """A standard error: two significant digits."""
    if not _measurable(value):
        return "-" if value is None else format_value(value, None)
    return format_value(value, max(1 - _order(value), 0))


def format_count(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def format_rhat(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _cell(column: Column, row: Row, decimals: int | None) -> str:
    value = getattr(row, column.figure)
    match column.style:
        case "count":
            return format_count(value)
        case "rhat":
            return format_rhat(value)
        case "error":
            return format_error(value)
        case _:
            return format_value(value, decimals)


# Alignment and width


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to lay a table out: its columns' headings and the text of every cell, all of its column's width."""

    columns: tuple[Column, ...]
    heading: tuple[tuple[str, ...], ...]
    cells: dict[Row, tuple[str, ...]]
    name_width: int

    @property
    def width(self) -> int:
        return self.name_width + sum(len(GAP) + len(text) for text in self.heading[0])

    def line(self, row: Row) -> Line:
        return Line(pad(shorten(row.name, self.name_width), self.name_width), self.cells[row], row)


def _fit(summary: Summary, rows: list[Row], width: int | None) -> _Candidate:
    """The first candidate that is no wider than `width`, else the narrowest."""
    longest = min(max((text_width(row.name) for row in rows), default=0), _NAME_AT_MOST)
    if width is not None:
        longest = min(longest, max(width // 4, _NAME_AT_LEAST))
    for candidate in _candidates(summary, rows, longest):
        if width is None or candidate.width <= width:
            break
    return candidate


def _candidates(summary: Summary, rows: list[Row], name_width: int) -> Iterator[_Candidate]:
    """Ways to lay the table out, from the roomiest: what is least missed goes first.

    Headings on two lines, then fewer columns, then numbers that are not aligned at their points, then fewer still.
    """
    columns = _columns_with_figures(summary)
    decimals = _decimals(rows)
    texts = {c.figure: {row: _cell(c, row, decimals[row]) for row in rows} for c in columns}
    ranks = sorted(column.keep for column in columns)
    spare, dear = [rank for rank in ranks if rank <= _SPARE], [rank for rank in ranks if rank > _SPARE]
    steps = [(rank, True) for rank in [*spare, *dear[:1]]] + [(rank, False) for rank in dear]
    for rank, aligned in steps:
        kept = tuple(column for column in columns if column.keep >= rank)
        padded = {c.figure: _at_the_point(texts[c.figure]) if aligned else texts[c.figure] for c in kept}
        for stacked in (False, True):
            heading = _heading(summary, kept, padded, stacked)
            widths = [len(text) for text in heading[0]]
            cells = {
                row: tuple(f"{padded[c.figure][row]:>{w}}" for c, w in zip(kept, widths, strict=True)) for row in rows
            }
            yield _Candidate(kept, heading, cells, name_width)


def _at_the_point(texts: dict[Row, str]) -> dict[Row, str]:
    """Texts padded so that their decimal points stand in one column; those with an exponent stand at the right."""
    parts = {row: _split(text) for row, text in texts.items() if "e" not in text}
    left = max((len(whole) for whole, _ in parts.values()), default=0)
    right = max((len(fraction) for _, fraction in parts.values()), default=0)
    return texts | {row: f"{whole:>{left}}{fraction:<{right}}" for row, (whole, fraction) in parts.items()}


def _split(text: str) -> tuple[str, str]:
    point = text.find(".")
    return (text, "") if point < 0 else (text[:point], text[point:])


def _heading(summary: Summary, columns: tuple[Column, ...], cells: dict, stacked: bool) -> tuple[tuple[str, ...], ...]:
    """Each column's heading, padded to the width of the column: one line, or two where it is stacked."""
    words = [column.heading(summary) for column in columns]
    parts = [tuple(word.split(" ", 1)) if stacked else (word,) for word in words]
    height = max(len(part) for part in parts)
    parts = [("",) * (height - len(part)) + part for part in parts]
    widths = [
        max(*(len(text) for text in part), *(len(text) for text in cells[column.figure].values()), 0)
        for part, column in zip(parts, columns, strict=True)
    ]
    return tuple(tuple(f"{part[i]:>{w}}" for part, w in zip(parts, widths, strict=True)) for i in range(height))


def _joined(name: str, cells: tuple[str, ...]) -> str:
    return GAP.join((name, *cells)).rstrip()


def text_width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def pad(text: str, width: int) -> str:
    return text + " " * (width - text_width(text))


def shorten(text: str, width: int) -> str:
    """A name cut in its middle, as both ends tell it from others: `county[LAC QUI PARL..LSEWHERE]`."""
    if text_width(text) <= width:
        return text
    tail = (width - 2) // 3
    return f"{_first(text, width - 2 - tail)}..{_last(text, tail)}"


def _first(text: str, width: int) -> str:
    while text_width(text) > width:
        text = text[:-1]
    return text


def _last(text: str, width: int) -> str:
    while text_width(text) > width:
        text = text[1:]
    return text
