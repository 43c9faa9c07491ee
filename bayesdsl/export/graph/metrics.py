"""How wide a text is in Helvetica and in the fonts that are drawn to its measure, Arial and Liberation Sans."""

from __future__ import annotations

import re

from bayesdsl.diagnostics.text import char_width

# Thousandths of the font's size. Characters that are not listed count as a digit, wide ones as two thirds more.
_WIDTHS: dict[int, str] = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[]\\ft",
    333: "()-`r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jckszvxy",
    556: "0123456789#$?L_abdeghnopqu",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "→",
    1015: "@",
}
_OF = {char: width for width, chars in _WIDTHS.items() for char in chars}
_OTHER = (0, 600, 1000)


def text_width(text: str, size: float) -> float:
    """The width of a text in the unit of `size`, the font's."""
    return size / 1000 * sum(_OF.get(char) or _OTHER[char_width(char)] for char in text)


def wrapped(text: str, size: float, width: float) -> list[str]:
    """A text in lines of at most `width`, cut at spaces, or behind arrows where it has some.

    What is longer and cannot be cut stands alone.
    """
    lines = [""]
    for word in re.split(r"(?<=→) " if "→" in text else " ", text):
        longer = f"{lines[-1]} {word}".lstrip(" ")
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
