"""Documents that know where they may be broken, and their printing within a width.

    group("f(", indent(SOFT, "a,", LINE, "b"), SOFT, ")")   ->   f(a, b)      where it fits, else      f(
                                                                                                           a,
                                                                                                           b
                                                                                                       )

A group is printed on one line if it fits there and holds no comment; else its own lines are broken, and each group in
it is asked anew. Of the lines of a fill those are broken after which the next part does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

STEP = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A place for a newline; `flat` is what stands there otherwise."""

    flat: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A text that is there only where the lines around it are broken."""

    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, with a newline after it; one that stands `alone` has a newline before it too."""

    text: str
    alone: bool


class Mode(Enum):
    CONCAT = "concat"
    GROUP = "group"
    INDENT = "indent"
    FILL = "fill"


@dataclass(frozen=True, slots=True)
class Node:
    """Documents in a row. A fill has its contents in the even places and lines between them."""

    mode: Mode
    parts: tuple[Doc, ...]
    commented: bool


Doc = str | Line | Broken | Comment | Node

LINE = Line(" ")
SOFT = Line("")


def concat(*parts: Doc) -> Node:
    return _node(Mode.CONCAT, parts)


def group(*parts: Doc) -> Node:
    return _node(Mode.GROUP, parts)


def indent(*parts: Doc) -> Node:
    return _node(Mode.INDENT, parts)


def fill(*parts: Doc) -> Node:
    return _node(Mode.FILL, parts)


def _node(mode: Mode, parts: tuple[Doc, ...]) -> Node:
    return Node(mode, parts, any(has_comment(part) for part in parts))


def has_comment(doc: Doc) -> bool:
    return isinstance(doc, Comment) or (isinstance(doc, Node) and doc.commented)


def flat(doc: Doc) -> str:
    """A document on one line. Raises ValueError where a comment would end the line."""
    if has_comment(doc):
        raise ValueError("a comment ends its line")
    return "".join(_flat(leaf) for leaf in _leaves(doc))


def _flat(leaf: str | Line | Broken) -> str:
    match leaf:
        case Line(text):
            return text
        case Broken():
            return ""
    return leaf


def _leaves(*docs: Doc) -> Iterator[str | Line | Broken | Comment]:
    stack = list(reversed(docs))
    while stack:
        match stack.pop():
            case Node(_, parts):
                stack.extend(reversed(parts))
            case leaf:
                yield leaf


def render(doc: Doc, width: int, column: int = 0) -> list[str]:
    """The lines of a document that begins at a column, in at most `width` characters a line where that is possible."""
    return _Printer(width, column).run(doc)


@dataclass(frozen=True, slots=True)
class _Todo:
    """A document still to be printed: at which indentation, and whether its lines are broken. `part` is how far a fill
    has come."""

    doc: Doc
    indent: int
    broken: bool
    part: int = 0


class _Printer:
    def __init__(self, width: int, column: int) -> None:
        self.width = width
        self.lines: list[str] = []
        self.line = " " * column
        # A newline that is due before the next text, with this indentation; several in a row are one.
        self.due: int | None = None
        self.todo: list[_Todo] = []
        self.base = column

    def run(self, doc: Doc) -> list[str]:
        self.todo.append(_Todo(doc, self.base, True))
        while self.todo:
            self._print(self.todo.pop())
        return [*self.lines, self.line.rstrip()]

    def _print(self, now: _Todo) -> None:
        doc = now.doc
        match doc:
            case str():
                self._write(doc)
            case Line(text):
                if now.broken:
                    self.due = now.indent
                else:
                    self._write(text)
            case Broken(text):
                if now.broken:
                    self._write(text)
            case Comment(text, alone):
                if self.due is not None or (alone and self.line.strip()):
                    self.due = now.indent
                self._write(text if self.due is not None or not self.line.strip() else f"  {text}")
                self.due = now.indent
            case Node(Mode.FILL, parts) if now.broken:
                self._fill(now, parts)
            case Node(mode, parts):
                step = STEP if mode is Mode.INDENT else 0
                broken = now.broken and not (mode is Mode.GROUP and self._fits(doc))
                self.todo.extend(_Todo(part, now.indent + step, broken) for part in reversed(parts))

    def _fill(self, now: _Todo, parts: tuple[Doc, ...]) -> None:
        """Print the next content of a fill, and the line before it."""
        at = now.part
        last = at + 1 >= len(parts)
        if not last:
            self.todo.append(_Todo(now.doc, now.indent, True, at + 2))
        content = parts[at]
        before = (parts[at - 1],) if at else ()
        broken = not self._fits(*before, content, free_end=not last)
        if before and broken:
            self.due = now.indent
            broken = not self._fits(content, free_end=not last)
        elif before:
            self.todo.append(_Todo(content, now.indent, False))
            self.todo.append(_Todo(before[0], now.indent, False))
            return
        self.todo.append(_Todo(content, now.indent, broken))

    def _write(self, text: str) -> None:
        if self.due is not None and text.strip():
            self.lines.append(self.line.rstrip())
            self.line = " " * self.due
            self.due = None
            text = text.lstrip()
        if self.due is None:
            self.line += text

    def _fits(self, *docs: Doc, free_end: bool = False) -> bool:
        """Whether documents fit on the line, with what follows up to the next place for a newline.

        A comment does not count, but nothing may follow it. `free_end` says that a newline may follow at once.
        """
        room = self.width - (len(self.line) if self.due is None else self.due)
        ended = False
        for leaf in _leaves(*docs):
            if isinstance(leaf, Comment):
                if leaf.alone:
                    return False
                ended = True
                continue
            text = _flat(leaf)
            room -= len(text)
            if room < 0 or (ended and text):
                return False
        if free_end:
            return True
        for todo in reversed(self.todo):
            if todo.part:  # Of a fill that has begun the next is a line.
                return True
            for leaf in _leaves(todo.doc):
                if isinstance(leaf, Broken):
                    leaf = leaf.text if todo.broken else ""
                elif not isinstance(leaf, str):
                    return True
                room -= len(leaf)
                if room < 0 or (ended and leaf):
                    return False
        return True
