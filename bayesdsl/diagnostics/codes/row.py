"""What the table of codes says of each finding."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

from bayesdsl.diagnostics.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: what `bayesdsl explain` shows, and what a `Diagnostic` with this code means.

    `code` is "BD" and three digits, the first of which tells the section; once released it keeps its meaning and is
    never used for another. `name` is the same in words (kebab-case, unique). `title` is one line without a full stop.
    `why` is a paragraph: the reason for the rule, not the fix alone. `wrong` is a snippet of a spec, of data or of
    settings that has the finding, `right` the same without it; of their lines, none is longer than 76 characters.

    `why`, `wrong` and `right` may be written as indented triple-quoted strings: the indentation is taken away here.
    """

    code: str
    name: str
    severity: Severity
    title: str
    why: str
    wrong: str
    right: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", " ".join(self.why.split()))
        for field in ("wrong", "right"):
            object.__setattr__(self, field, dedent(getattr(self, field)).strip("\n").rstrip())
