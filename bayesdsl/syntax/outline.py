"""The outline of a spec: which tokens make a statement, and which statements stand in which braces.

    plate p {
        a ~ Normal(0, 1)      ->   Segment(plate p, Block(Segment(a ~ Normal(0, 1)), Segment(b = 2)))
        b = 2
    }

It is found without the grammar, from brackets and line ends alone, so that what is wrong in one statement leaves the
others as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.source import Source, Span
from bayesdsl.syntax import errors
from bayesdsl.syntax.brackets import Brackets
from bayesdsl.syntax.lines import ends_statement, following
from bayesdsl.syntax.tokens import Token, names_in, tokenize

BLOCK_WORDS = frozenset({"data", "plate", "guide"})


@dataclass(eq=False, slots=True)
class Block:
    """The statements between two braces."""

    opening: Token
    segments: list[Segment] = field(default_factory=list)
    closing: Token | None = None


@dataclass(eq=False, slots=True)
class Segment:
    """The text of one statement; `parent` is the one in whose braces it is.

    It cannot be read if it holds a `stray` token or a bracket that the `finding` is about; `broken` says that it is not
    to be read.
    """

    parent: Segment | None = None
    items: list[Token | Block] = field(default_factory=list)
    stray: Token | None = None
    finding: Diagnostic | None = None
    broken: bool = False

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it, or with a statement in its braces, before the grammar is asked."""
        return self.stray is None and self.finding is None and all(inner.sound for inner in self.inner())

    def tokens(self) -> Iterator[Token]:
        """Every token, those of the statements in its braces too."""
        for item in self.items:
            if isinstance(item, Token):
                yield item
            else:
                yield item.opening
                for segment in item.segments:
                    yield from segment.tokens()
                if item.closing is not None:
                    yield item.closing

    def stream(self, header_only: bool = False) -> Iterator[Token | None]:
        """The tokens for the parser, with None at the end of each statement: without the statements in its braces that
        are broken, or with none of them."""
        for item in self.items:
            if isinstance(item, Token):
                yield item
            else:
                yield item.opening
                for segment in item.segments:
                    if not segment.broken and not header_only:
                        yield from segment.stream()
                if item.closing is not None:
                    yield item.closing
        yield None

    def at(self, offset: int) -> Segment:
        """The innermost statement around an offset."""
        for segment in self.inner():
            if segment.span.start <= offset < segment.span.end:
                return segment.at(offset)
        return self

    @property
    def span(self) -> Span:
        first, last = self.items[0], self.items[-1]
        start = first if isinstance(first, Token) else first.opening
        end = last if isinstance(last, Token) else last.closing or last.opening
        return Span(start.start, end.end)

    @property
    def column(self) -> int:
        first = self.items[0]
        return first.column if isinstance(first, Token) else first.opening.column

    @property
    def word(self) -> str:
        """What it begins with."""
        first = self.items[0]
        return first.text if isinstance(first, Token) else first.opening.text

    def names(self) -> set[str]:
        """Every name in it, also in what a string without its end has swallowed."""
        return {name for token in self.tokens() for name in names_in(token)}

    def inner(self) -> Iterator[Segment]:
        """The statements directly in its braces."""
        for item in self.items:
            if isinstance(item, Block):
                yield from item.segments


@dataclass(frozen=True, slots=True)
class Outline:
    """The statements at the top of a spec, its comments (with whether each stands alone on its line), its remarks."""

    segments: tuple[Segment, ...]
    comments: tuple[tuple[Token, bool], ...]
    remarks: tuple[Token, ...]


def outline(source: Source) -> Outline:
    """Take a spec apart, in time that grows in proportion to its length."""
    return _Outliner(source, tokenize(source.text)).run()


class _Outliner:
    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.following = following(tokens)
        self.brackets = Brackets(source, tokens, self.following)
        self.top: list[Segment] = []
        # Where in `top` the statements are that need a block and have none, and those that have one.
        self.headers: list[int] = []
        self.blocks: list[int] = []
        self.open: list[tuple[Segment, Block, int]] = []
        self.segment = Segment()
        self.depth = 0

    def run(self) -> Outline:
        comments: list[tuple[Token, bool]] = []
        remarks: list[Token] = []
        flat_until = 0
        for i, token in enumerate(self.tokens):
            match token.kind:
                case "comment":
                    comments.append((token, i == 0 or self.tokens[i - 1].kind == "newline"))
                case "remark" if i not in self.brackets.remarks:
                    remarks.append(token)
                case "newline":
                    if i >= flat_until and self._ends_statement(i):
                        self._finish()
                case _ if i < flat_until:
                    self._note(i, token)
                    self.segment.items.append(token)
                case _:
                    if i == flat_until > 0 and self.depth == 0:
                        self._finish()
                    flat_until = max(flat_until, self.brackets.left_open.get(i, 0))
                    self._add(i, token)
        self._finish()
        return Outline(tuple(self.top), tuple(comments), tuple(remarks))

    def _add(self, i: int, token: Token) -> None:
        closing = self.brackets.partner.get(i)
        if self.open and i == self.open[-1][2]:
            self._finish()
            self.segment, block, _ = self.open.pop()
            block.closing = token
        elif token.text == ";" and self.depth == 0:
            self._finish()
        elif closing is not None and self.brackets.is_brace(i) and self.depth == 0:
            self._note(i, token)
            block = Block(token)
            self.segment.items.append(block)
            self.open.append((self.segment, block, closing))
            self.segment = Segment(self.segment)
        else:
            if i in self.brackets.unopened and self._close_open_ended(token):
                return
            self._note(i, token)
            self.segment.items.append(token)
            self.depth = max(self.depth + (closing is not None) - (i in self.brackets.closes), 0)

    def _close_open_ended(self, token: Token) -> bool:
        """A `}` without partner: the block whose `{` was forgotten, or that another `}` closed too early, becomes one
        segment, which cannot be read."""
        if _is_header(self.segment):
            self.headers.append(len(self.top))
        if self.headers:
            at = self.headers.pop()
            last = (self.top[at] if at < len(self.top) else self.segment).items[-1]
            self._swallow(at, token, errors.missing_brace(self.source, last.span))
            return True
        if self.blocks:
            at = self.blocks.pop()
            block = self.top[at].items[-1]
            after = [*self.top[at + 1 :], self.segment] if self.segment.items else self.top[at + 1 :]
            if after and all(segment.column > self.top[at].column for segment in after):
                self._swallow(at, token, errors.early_brace(self.source, block.closing.span, token.span))
                return True
        return False

    def _swallow(self, at: int, token: Token, finding: Diagnostic) -> None:
        """Make one segment of those at the top from an index on, the one that is being read, and a token."""
        header, *body = [*self.top[at:], self.segment]
        header.items = [*header.tokens(), *(inner for segment in body for inner in segment.tokens()), token]
        header.finding = header.finding or finding
        self.top[at:] = [header]
        for places in (self.headers, self.blocks):
            while places and places[-1] >= at:
                places.pop()
        self.segment = Segment()

    def _note(self, i: int, token: Token) -> None:
        """Keep the first stray token of a statement, and the first of its brackets that is wrong."""
        if self.segment.stray is None and token.stray:
            self.segment.stray = token
        if self.segment.finding is None:
            self.segment.finding = self.brackets.findings.get(i)

    def _finish(self) -> None:
        if self.segment.items:
            if not self.open:
                if _is_header(self.segment):
                    self.headers.append(len(self.top))
                elif isinstance(self.segment.items[-1], Block):
                    self.blocks.append(len(self.top))
            (self.open[-1][1].segments if self.open else self.top).append(self.segment)
            self.segment = Segment(self.segment.parent)
        self.depth = 0

    def _ends_statement(self, i: int) -> bool:
        if self.depth or not self.segment.items:
            return False
        last = self.segment.items[-1]
        before = last.text if isinstance(last, Token) else "}"
        return ends_statement(self.tokens, before, self.following[i])


def _is_header(segment: Segment) -> bool:
    """Whether a statement needs a block and has none."""
    items = segment.items
    if not items or segment.word not in BLOCK_WORDS:
        return False
    return all(isinstance(item, Token) and item.text not in ("{", "=") for item in items)
