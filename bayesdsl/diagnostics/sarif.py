"""Diagnostics as SARIF 2.1.0, the format in which code scanning services take findings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from bayesdsl.diagnostics.codes import CODES, Code
from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic, Label
from bayesdsl.diagnostics.places import inside
from bayesdsl.diagnostics.text import encodable
from bayesdsl.source import Source

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """The findings as one run in a SARIF log: ASCII text, without a newline at the end."""
    return json.dumps(sarif(diagnostics), indent=2)


def sarif(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """The same as plain dicts and lists. The rules are those that were broken, in the order of their codes."""
    found = list(diagnostics)
    codes = sorted({d.code for d in found})
    driver = {"name": "bayesdsl", "rules": [_rule(CODES[code]) for code in codes]}
    results = [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(row: Code) -> dict[str, Any]:
    return {
        "id": row.code,
        "name": "".join(re.sub("^.", lambda m: m.group().upper(), word) for word in row.name.split("-")),
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": row.why},
        "help": {"text": f"{row.why}\n\nWrong:\n\n{row.wrong}\n\nRight:\n\n{row.right}"},
        "defaultConfiguration": {"level": row.severity.value},
    }


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    remarks = [*diagnostic.notes, *([f"hint: {diagnostic.hint}"] if diagnostic.hint is not None else [])]
    places, source = [_cell(cell) for cell in diagnostic.cells], diagnostic.source
    if source is not None:
        labels = [_label(source, label) for label in diagnostic.labels]
        primary = {"physicalLocation": _physical(source.name, _region(source, diagnostic.primary))}
        places = [primary, *labels, *places]
    result = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": encodable("\n".join([diagnostic.message, *remarks]))},
        "locations": places[:1],
    }
    related = [{"id": number, **place} for number, place in enumerate(places[1:], start=1)]
    return result | ({"relatedLocations": related} if related else {})


def _label(source: Source, label: Label) -> dict[str, Any]:
    message = {"message": {"text": encodable(label.text)}} if label.text else {}
    return {"physicalLocation": _physical(source.name, _region(source, label)), **message}


def _cell(cell: Cell) -> dict[str, Any]:
    numbers = {"startLine": cell.line, "startColumn": cell.column}
    region = {key: number for key, number in numbers.items() if number} if cell.line else {}
    message = {"message": {"text": encodable(cell.text)}} if cell.text else {}
    return {"physicalLocation": _physical(cell.file, region), **message}


def _physical(file: str, region: dict[str, int]) -> dict[str, Any]:
    """The address of a file: relative as it was given, with forward slashes and whatever else a URI needs."""
    path = PurePath(encodable(file))
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix(), safe="/")
    return {"artifactLocation": {"uri": uri}, **({"region": region} if region else {})}


def _region(source: Source, label: Label | None) -> dict[str, int]:
    if label is None:
        return {}
    span = inside(source, label.span)
    (line, column), (end_line, end_column) = source.position(span.start), source.position(span.end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }
