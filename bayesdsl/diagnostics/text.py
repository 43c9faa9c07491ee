"""Text as a terminal shows it: how wide it is, with nothing in it that the terminal would obey.

layout("a\\tb\\x1b")  ->  pieces ("a", "   ", "b", "\\\\x1b"), columns (0, 1, 4, 5, 9)
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

TAB = 4
CUT = "…"

# Kinds of characters that a terminal obeys or that cannot be seen: controls, formatting (which holds the marks that
# turn the direction of writing), lone surrogates, and separators other than the plain space.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Layout:
    """What is shown for each character of a line, and the screen column (from 0) at which each begins.

    `columns` has one entry more than `pieces`: where the line ends.
    """

    pieces: tuple[str, ...]
    columns: tuple[int, ...]

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def width(self) -> int:
        return self.columns[-1]


def layout(line: str) -> Layout:
    """Lay out a line. Tabs reach to the next multiple of `TAB`; characters that cannot be shown are written out."""
    pieces: list[str] = []
    columns = [0]
    for char in line:
        at = columns[-1]
        piece = " " * (TAB - at % TAB) if char == "\t" else visible(char)
        pieces.append(piece)
        columns.append(at + (len(piece) if piece != char else char_width(char)))
    return Layout(tuple(pieces), tuple(columns))


def visible(text: str) -> str:
    """Text in which controls, invisible characters and newlines are written out: `\\x1b`, `\\u202e`, `\\n`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_char(char) for char in text)


def char_width(char: str) -> int:
    """How many columns a visible character takes: 0 for one that combines with the character before it, 1, or 2."""
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def text_width(text: str) -> int:
    """How many columns `visible` text takes."""
    return sum(map(char_width, text))


def shown(text: str, width: int) -> str:
    """`visible` text, cut at its end to at most `width` columns, with a sign that it was."""
    # The cost must not grow with a text of which little is shown. Twice the width leaves room for combining characters,
    # which take no column; a pile of them is cut as well.
    safe = visible(text[: 2 * width + 1])
    if len(text) <= 2 * width and text_width(safe) <= width:
        return safe
    used, kept = 0, []
    for char in safe:
        used += char_width(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + CUT


def encodable(text: str) -> str:
    """Text without lone surrogates, which stand for undecodable bytes of a file's name and have no place in JSON."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _visible_char(char: str) -> str:
    if char == " " or unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
