"""What `bayesdsl explain` says: why a code exists, with a wrong and a right example."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator

from bayesdsl.diagnostics.codes import CODES, SECTIONS, Code
from bayesdsl.diagnostics.text import shown

WIDTH = 80


class UnknownCode(LookupError):
    """Asked for a code that does not exist. `message` says so, `hint` names the nearest that do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message = message
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}"


def explain(code: str) -> str:
    """All that is known of a code, laid out for 80 columns, without a newline at the end.

    `code` may be given as "BD302", "bd302", "302", as it stands in a message ("error[BD302]") or by its name
    ("plate-mismatch"). Raises `UnknownCode` where there is no such code.
    """
    row = find(code)
    if row is None:
        near = nearest(code)
        *others, last = [f"{r.code} ({r.name})" for r in near] or [""]
        known = f"{', '.join(others)} or {last}" if others else last
        hint = f"did you mean {known}?" if near else "`bayesdsl explain` alone lists all codes"
        raise UnknownCode(f"there is no code `{shown(code.strip(), 60)}`", hint)
    paragraphs = (
        f"{row.code} {row.name} ({row.severity.value})\n{textwrap.fill(row.title, WIDTH)}",
        textwrap.fill(row.why, WIDTH, break_on_hyphens=False, break_long_words=False),
        f"Wrong:\n\n{textwrap.indent(row.wrong, '    ')}",
        f"Right:\n\n{textwrap.indent(row.right, '    ')}",
    )
    return "\n\n".join(paragraphs)


def explain_all() -> str:
    """Every code with its name, severity and title, a line each, by section."""
    return "\n\n".join("\n".join(_section(title, rows)) for _, title, rows in SECTIONS if rows)


def find(code: str) -> Code | None:
    """The row of a code or a name, however it is written; None where there is none."""
    key = _key(code)
    return CODES.get(key.upper()) or next((row for row in CODES.values() if row.name == key), None)


def nearest(code: str, most: int = 3) -> list[Code]:
    """The rows whose code or name is spelled most like what was asked for."""
    key = _key(code)
    by_word = {word: row for row in CODES.values() for word in (row.code.lower(), row.name)}
    close = difflib.get_close_matches(key, by_word, n=2 * most, cutoff=0.6)
    return list(dict.fromkeys(by_word[word] for word in close))[:most]


def _key(code: str) -> str:
    """What was asked for as the table has it, in lower case: "Plate mismatch" is "plate-mismatch", "302" is "bd302"."""
    word = code.strip().lower()
    inside = re.fullmatch(r"(?:error|warning)?\W*(?:bd)?[-_ ]?(\d+)\W*", word)
    return f"bd{inside.group(1)}" if inside else re.sub(r"[\s_]+", "-", word)


def _section(title: str, rows: tuple[Code, ...]) -> Iterator[str]:
    widest = max(len(row.name) for row in CODES.values())
    yield title
    for row in sorted(rows, key=lambda row: row.code):
        yield f"  {row.code}  {row.name:<{widest}}  {row.severity.value:<7}  {row.title}"
