"""The colours of a terminal."""

from __future__ import annotations

from dataclasses import dataclass

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "message": "1",
    "place": "36",
    "gutter": "34",
    "label": "34",
    "note": "1",
    "hint": "1;32",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """Wraps text in the ANSI codes of a style where colours are on, and leaves it alone where they are off."""

    on: bool

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.on and text else text
