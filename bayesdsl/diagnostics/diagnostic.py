"""What is wrong with a spec or its data, as a value.

Diagnostics are made by the typed constructors of `syntax/errors.py`, `check/errors/` and `runtime/errors.py`, one
function for each thing that can be wrong, and rendered by `diagnostics/render.py`. Nothing else formats a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bayesdsl.source import Source, Span


class Severity(Enum):
    """How bad a finding is. An error stops the compiler; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A place in the spec and what is to be said of it (`text` may be empty)."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a data file: `line` and `column` count from 1; `column` is 0 where only the line is known.

    Both are 0 where the file has no lines. `text` is what stands there, as it stands: it is quoted and cut when shown.
    """

    file: str
    line: int
    column: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `code` is a key of `diagnostics.codes.CODES`, which holds its severity and its explanation. `primary` is the place
    the finding is about, None where no spec was involved; `labels` are other places of the same spec it speaks of;
    `cells` are places in data files; `notes` are further facts, a line each; `hint` says what to write instead.
    """

    code: str
    message: str
    source: Source | None = None
    primary: Label | None = None
    labels: tuple[Label, ...] = ()
    cells: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str | None = None

    @property
    def severity(self) -> Severity:
        from bayesdsl.diagnostics.codes import CODES

        return CODES[self.code].severity


class BayesError(Exception):
    """Findings that stop the work. Its text is what a terminal would show."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from bayesdsl.diagnostics.render import render_text

        return "\n\n".join(render_text(diagnostic) for diagnostic in self.diagnostics)
