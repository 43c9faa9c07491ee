"""What the checker finds, case by case: specs with one mistake each, where it is marked, and what puts it right.

The place that a finding is about stands between « and ». A fix is what the hint says, applied; what comes of it is
right.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Case:
    """A spec with one finding.

    `constructor` is the function of `check/errors/` that makes it. `hint` stands in its hint. `fix` is what comes in
    place of the marked text, `fixed` are other replacements (what, by what); both empty where no fix is tried.
    """

    constructor: str
    code: str
    marked: str
    hint: str = ""
    fix: str | None = None
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return self.marked.replace("«", "").replace("»", "")

    @property
    def place(self) -> tuple[int, int]:
        start = self.marked.index("«")
        return start, self.marked.index("»") - 1

    @property
    def right(self) -> str | None:
        """The spec with the hint applied; None where no fix is tried."""
        if self.fix is None and not self.fixed:
            return None
        start, end = self.place
        text = self.text if self.fix is None else self.text[:start] + self.fix + self.text[end:]
        for old, new in self.fixed:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in\n{text}"
            text = text.replace(old, new)
        return text


def case(
    constructor: str, code: str, marked: str, hint: str = "", fix: str | None = None, *fixed: tuple[str, str]
) -> Case:
    """A case from an indented text."""
    return Case(constructor, code, dedent(marked).strip("\n") + "\n", hint, fix, fixed)
