"""Diagnostics as JSON: a published format that tools may rely on.

    {"version": 1, "files": ["radon.bayes"], "errors": 1, "warnings": 0, "diagnostics": [{"code": "BD302", ..}]}

Imports pydantic, so whoever does not write JSON should not import this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic, Label, Severity
from bayesdsl.diagnostics.places import inside
from bayesdsl.diagnostics.text import encodable
from bayesdsl.source import Source, Span

VERSION = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PositionRecord(_Record):
    """A place in a spec, between two characters."""

    line: int = Field(ge=1, description="Line, counted from 1.")
    column: int = Field(ge=1, description="Column, counted in characters (Unicode code points) from 1.")
    offset: int = Field(ge=0, description="Characters before it in the file, counted from 0.")


class LabelRecord(_Record):
    """Another place of the spec that a diagnostic speaks of."""

    start: PositionRecord = Field(description="Where the first of its characters begins.")
    end: PositionRecord = Field(description="Where the last of its characters ends; the start where it has none.")
    text: str = Field(description="What is to be said of it; may be empty.")


class CellRecord(_Record):
    """A place in a data file."""

    file: str
    line: int | None = Field(description="Line, counted from 1; null where it is not known.")
    column: int | None = Field(description="Column, counted from 1; null where only the line is known.")
    text: str = Field(description="What stands there; may be empty.")


class DiagnosticRecord(_Record):
    """One finding."""

    code: str = Field(pattern=r"^BD\d{3}$", description="Keeps its meaning from release to release.")
    name: str = Field(description="The same as a name.")
    severity: Literal["error", "warning"]
    message: str
    hint: str | None = Field(description="What to write instead.")
    file: str | None = Field(description="The spec; null where none was involved.")
    start: PositionRecord | None = Field(
        description="Where the finding begins; null where it has no place in the spec."
    )
    end: PositionRecord | None = Field(description="Where it ends: after its last character.")
    label: str = Field(description="What is to be said of that place; may be empty.")
    labels: list[LabelRecord]
    cells: list[CellRecord]
    notes: list[str] = Field(description="Further facts.")


class ReportRecord(_Record):
    """All findings of one run of the compiler."""

    version: Literal[1] = Field(description="The version of this format; raised when a field changes meaning.")
    files: list[str] = Field(description="The specs that were looked at, in the order given.")
    errors: int = Field(ge=0)
    warnings: int = Field(ge=0)
    diagnostics: list[DiagnosticRecord]


def record(diagnostics: Iterable[Diagnostic], files: Sequence[str]) -> ReportRecord:
    """The findings in the files that were looked at, as a value of pydantic's."""
    found = [_diagnostic(diagnostic) for diagnostic in diagnostics]
    return ReportRecord(
        version=VERSION,
        files=[encodable(file) for file in files],
        errors=sum(d.severity == Severity.ERROR.value for d in found),
        warnings=sum(d.severity == Severity.WARNING.value for d in found),
        diagnostics=found,
    )


def report(diagnostics: Iterable[Diagnostic], files: Sequence[str]) -> dict[str, Any]:
    """The same as plain dicts and lists, which `json` can write."""
    return record(diagnostics, files).model_dump(mode="json")


def render_json(diagnostics: Iterable[Diagnostic], files: Sequence[str]) -> str:
    """The same as JSON text, without a newline at the end. It is ASCII, so that any console can print it."""
    return json.dumps(report(diagnostics, files), indent=2)


def json_schema() -> dict[str, Any]:
    """The JSON schema of what `report` gives."""
    schema = ReportRecord.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _diagnostic(diagnostic: Diagnostic) -> DiagnosticRecord:
    source, primary = diagnostic.source, diagnostic.primary
    placed = source is not None and primary is not None
    start, end = _ends(source, primary.span) if placed else (None, None)
    return DiagnosticRecord(
        code=diagnostic.code,
        name=CODES[diagnostic.code].name,
        severity=diagnostic.severity.value,
        message=encodable(diagnostic.message),
        hint=None if diagnostic.hint is None else encodable(diagnostic.hint),
        file=None if source is None else encodable(source.name),
        start=start,
        end=end,
        label=encodable(primary.text) if placed else "",
        labels=[_label(source, label) for label in diagnostic.labels] if source is not None else [],
        cells=[_cell(cell) for cell in diagnostic.cells],
        notes=[encodable(note) for note in diagnostic.notes],
    )


def _label(source: Source, label: Label) -> LabelRecord:
    start, end = _ends(source, label.span)
    return LabelRecord(start=start, end=end, text=encodable(label.text))


def _cell(cell: Cell) -> CellRecord:
    return CellRecord(
        file=encodable(cell.file), line=cell.line or None, column=cell.column or None, text=encodable(cell.text)
    )


def _ends(source: Source, span: Span) -> tuple[PositionRecord, PositionRecord]:
    span = inside(source, span)
    return _position(source, span.start), _position(source, span.end)


def _position(source: Source, offset: int) -> PositionRecord:
    line, column = source.position(offset)
    return PositionRecord(line=line, column=column, offset=offset)
