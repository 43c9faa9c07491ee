"""The formatter: a spec in its standard layout.

    a~Normal( 0,10 )  # intercept         a     ~ Normal(0, 10)  # intercept
    sigma ~ Uniform(0,10);b=2       ->    sigma ~ Uniform(0, 10)
                                          b = 2

It moves tokens and writes none but line ends, so that names, numbers, strings, brackets and comments stay as they were
written. Only a comma before a closing bracket on its line is dropped, and `;` becomes a newline.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bayesdsl.source import Span
from bayesdsl.syntax import ast, documents
from bayesdsl.syntax.documents import Piece
from bayesdsl.syntax.layout import STEP, concat, flat, has_comment, render
from bayesdsl.syntax.tokens import BLANK, tokenize

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Aligned:
    """At which signs neighbours of one kind are aligned, where the first of them stand at most `spread` apart."""

    signs: tuple[str, ...]
    spread: int = 10


ALIGNED: dict[type, Aligned] = {
    ast.Column: Aligned((":", "="), 24),
    ast.Prior: Aligned(("~",)),
    ast.Observe: Aligned(("~",)),
    ast.Param: Aligned((":", "=")),
    ast.Define: Aligned(("=",)),
    ast.Const: Aligned(("=",)),
    ast.PlateDecl: Aligned(("=",)),
    ast.Infer: Aligned(("=",)),
    ast.GuideMap: Aligned((":",), 24),
}
# The same for the signs after the first, and for comments.
NEXT_SPREAD = 6
COMMENT_SPREAD = 24


def format_spec(spec: ast.Spec) -> str:
    """The text of a spec in its standard layout, lines of at most `WIDTH` characters where its tokens allow.

    The spec must be whole: raises ValueError if its source holds statements that could not be read.
    """
    return "".join(f"{line}\n" for line in _Formatter(spec).lines())


@dataclass(slots=True)
class _Entry:
    """A statement, or a comment on a line of its own, as laid out; `trailing` is the comment behind its last line."""

    statement: ast.Statement | ast.DataItem | None
    blank_before: bool
    lines: list[str] = field(default_factory=list)
    trailing: str = ""
    cells: tuple[str, ...] = ()


class _Formatter:
    """Lays out blocks: which statements and comments stand in them, and how neighbours are aligned."""

    def __init__(self, spec: ast.Spec) -> None:
        self.spec = spec
        self.tokens = tokenize(spec.source.text)
        self.starts = [token.start for token in self.tokens]

    def lines(self) -> list[str]:
        _, entries = self._entries(self.spec.statements, 0, len(self.tokens), newlines=1)
        return self._block(entries, 0)

    def _extent(self, span: Span) -> tuple[int, int]:
        """The indices of the tokens in a span."""
        return bisect_left(self.starts, span.start), bisect_left(self.starts, span.end)

    def _entries(
        self, statements: Sequence[_Statement], lo: int, hi: int, newlines: int = 0
    ) -> tuple[list[str], list[_Entry]]:
        """The comments on the line on which a range of tokens begins, and what stands on the lines after it.

        `newlines` is how many go before the range.
        """
        behind: list[str] = []
        entries: list[_Entry] = []
        spans = [(*self._extent(statement.span), statement) for statement in statements]
        for start, end, statement in [*spans, (hi, hi, None)]:
            for token in self.tokens[lo:start]:
                if token.kind == "newline":
                    newlines += 1
                elif token.kind == "comment" and newlines:
                    entries.append(_Entry(None, newlines > 1 and bool(entries), [token.text.rstrip()]))
                    newlines = 0
                elif token.kind == "comment":
                    if entries:
                        entries[-1].trailing = token.text.rstrip()
                    else:
                        behind.append(token.text.rstrip())
                elif token.text != ";":
                    raise ValueError("a spec with statements that could not be read cannot be formatted")
            if statement is not None:
                entries.append(_Entry(statement, newlines > 1 and bool(entries)))
                newlines = 0
            lo = end
        return behind, entries

    def _block(self, entries: list[_Entry], column: int) -> list[str]:
        """The lines of a block, indented to a column."""
        for entry in entries:
            if entry.statement is None:
                entry.lines = [" " * column + entry.lines[0]]
            else:
                self._lay_out(entry, entry.statement, column)
        _align(entries, column)
        _append_comments(entries)
        return [line for entry in entries for line in [""] * entry.blank_before + entry.lines]

    def _lay_out(self, entry: _Entry, statement: _Statement, column: int) -> None:
        lo, hi = self._extent(statement.span)
        brace = next((i for i in range(lo, hi) if self.tokens[i].text == "{"), None)
        if brace is None:
            pieces = self._pieces(lo, hi)
            doc = documents.statement(pieces)
            entry.lines = render(doc, WIDTH, column)
            if not has_comment(doc) and len(entry.lines) == 1:
                entry.cells = _cells(pieces, statement)
            return
        line = self._on_one_line(statement)
        if line is not None and column + len(line) <= WIDTH:
            entry.lines = [" " * column + line]
            return
        header = brace
        while self.tokens[header - 1].kind in BLANK:
            header -= 1
        above = [token.text.rstrip() for token in self.tokens[header:brace] if token.kind == "comment"]
        behind, entries = self._entries(_body(statement), brace + 1, hi - 1)
        comment, *more = [*above, *behind] or [""]
        entries = [*(_Entry(None, False, [text]) for text in more), *entries]
        if not entries and not comment:
            entry.lines = render(concat(documents.statement(self._pieces(lo, header)), " {}"), WIDTH, column)
            return
        lines = render(concat(documents.statement(self._pieces(lo, header)), " {"), WIDTH, column)
        lines[-1] += f"  {comment}" if comment else ""
        entry.lines = [*lines, *self._block(entries, column + STEP), " " * column + "}"]

    def _on_one_line(self, statement: _Statement) -> str | None:
        """A statement with the statements in its braces, if they stand on one line already."""
        lo, hi = self._extent(statement.span)
        brace = next((i for i in range(lo, hi) if self.tokens[i].text == "{"), hi)
        if any(token.kind in BLANK for token in self.tokens[brace:hi]):
            return None
        doc = documents.statement(self._pieces(lo, brace))
        if has_comment(doc) or (brace < hi and self.tokens[brace - 1].kind in BLANK):
            return None
        if brace == hi:
            return flat(doc)
        _, entries = self._entries(_body(statement), brace + 1, hi - 1)
        inner = [self._on_one_line(entry.statement) for entry in entries]
        if None in inner:
            return None
        return f"{flat(doc)} {{ {'; '.join(inner)} }}" if inner else f"{flat(doc)} {{}}"

    def _pieces(self, lo: int, hi: int) -> list[Piece]:
        return documents.pieces(self.tokens[lo:hi])


_Statement = ast.Statement | ast.DataItem


def _body(statement: _Statement) -> Sequence[_Statement]:
    return statement.items if isinstance(statement, ast.Data) else getattr(statement, "body", ())


# Alignment


def _cells(pieces: list[Piece], statement: _Statement) -> tuple[str, ...]:
    """The text of a statement cut before the signs at which its kind is aligned, "" for a sign it does not have.

    `log_gdp : real = log(x)` is cut into `log_gdp`, `: real` and `= log(x)`.
    """
    row = ALIGNED.get(type(statement))
    if row is None:
        return ()
    nodes = documents.nest(pieces)
    cells = [""] * (len(row.signs) + 1)
    cell = begin = 0
    for i, sign in enumerate(row.signs):
        at = next((j for j in range(begin, len(nodes)) if documents.is_text(nodes[j], sign)), None)
        if at is not None:
            cells[cell] = flat(documents.sequence(nodes[begin:at]))
            cell, begin = i + 1, at
    cells[cell] = flat(documents.sequence(nodes[begin:]))
    return tuple(cells) if cell else ()


def _align(entries: list[_Entry], column: int) -> None:
    """Pad neighbours of one kind so that their signs stand below one another, unless a line becomes too wide."""
    for run in _neighbours(entries):
        if not run[0].cells:
            continue
        spread = ALIGNED[type(run[0].statement)].spread
        for part in _close(run, [len(entry.cells[0]) for entry in run], spread):
            lines = [" " * column + line for line in _padded([entry.cells for entry in part])]
            if max(map(len, lines)) <= WIDTH:
                for entry, line in zip(part, lines, strict=True):
                    entry.lines = [line]


def _neighbours(entries: list[_Entry]) -> Iterator[list[_Entry]]:
    """Statements of one kind on adjacent lines."""
    run: list[_Entry] = []
    for entry in entries:
        if run and (entry.blank_before or _kind(entry) != _kind(run[-1])):
            yield run
            run = []
        run.append(entry)
    if run:
        yield run


def _kind(entry: _Entry) -> object:
    if not entry.cells:
        return None
    statement = entry.statement
    typed = isinstance(statement, ast.Column | ast.Param) and statement.type is not None
    return type(statement), typed, isinstance(statement, ast.Define) and statement.derive


def _close(run: list[_Entry], lengths: list[int], spread: int) -> Iterator[list[_Entry]]:
    """Parts of a run in which the lengths differ by at most `spread`."""
    begin, least, most = 0, lengths[0], lengths[0]
    for i, length in enumerate(lengths):
        least, most = min(least, length), max(most, length)
        if most - least > spread:
            yield run[begin:i]
            begin, least, most = i, length, length
    yield run[begin:]


def _padded(rows: list[tuple[str, ...]]) -> list[str]:
    """The lines of rows of cells. A last cell needs no padding, and is not asked how wide the others are."""
    lines = [""] * len(rows)
    for i in range(len(rows[0])):
        widths = [len(row[i]) for row in rows if any(row[i + 1 :])]
        width = max(widths, default=0)
        if i and width - min(widths, default=0) > NEXT_SPREAD:
            width = 0
        for j, row in enumerate(rows):
            padded = row[i].ljust(width if any(row[i + 1 :]) else 0)
            lines[j] += f" {padded}" if lines[j] and padded else padded
    return lines


def _append_comments(entries: list[_Entry]) -> None:
    """Put the comments behind their lines, those of adjacent lines below one another."""
    run: list[_Entry] = []
    for entry in [*entries, None]:
        if run and (entry is None or entry.blank_before or not entry.trailing or len(entry.lines) > 1):
            for part in _close(run, [len(e.lines[-1]) for e in run], COMMENT_SPREAD):
                width = max(len(e.lines[-1]) for e in part)
                for e in part:
                    e.lines[-1] = f"{e.lines[-1].ljust(width)}  {e.trailing}"
            run = []
        if entry is not None and entry.trailing:
            run.append(entry)
