"""Findings as JSON and as SARIF."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic, Label
from bayesdsl.diagnostics.sarif import render_sarif, sarif
from bayesdsl.diagnostics.schema import VERSION, DiagnosticRecord, ReportRecord, json_schema, render_json, report
from bayesdsl.source import Source, Span

SPEC = Source("models/a b.bayes", "mu ~ Normal(0, 1)\nobserve y ~\n  Normal(m, 1)\n")
M = SPEC.text.index("m,")
FULL = Diagnostic(
    "BD101",
    "no `m`",
    SPEC,
    Label(Span(M, M + 1), "used here"),
    (Label(Span(0, 2), "this one?"), Label(Span(18, len(SPEC.text)))),
    (Cell("y.csv", 3, 2, "n/a"), Cell("y.csv", 4, 0)),
    ("a note",),
    "write mu",
)
BARE = Diagnostic("BD109", "not text")


def test_a_full_finding_as_json():
    assert report([FULL], [SPEC.name]) == {
        "version": VERSION,
        "files": ["models/a b.bayes"],
        "errors": 1,
        "warnings": 0,
        "diagnostics": [
            {
                "code": "BD101",
                "name": "syntax",
                "severity": "error",
                "message": "no `m`",
                "hint": "write mu",
                "file": "models/a b.bayes",
                "start": {"line": 3, "column": 10, "offset": M},
                "end": {"line": 3, "column": 11, "offset": M + 1},
                "label": "used here",
                "labels": [
                    {
                        "start": {"line": 1, "column": 1, "offset": 0},
                        "end": {"line": 1, "column": 3, "offset": 2},
                        "text": "this one?",
                    },
                    {
                        "start": {"line": 2, "column": 1, "offset": 18},
                        "end": {"line": 4, "column": 1, "offset": 45},
                        "text": "",
                    },
                ],
                "cells": [
                    {"file": "y.csv", "line": 3, "column": 2, "text": "n/a"},
                    {"file": "y.csv", "line": 4, "column": None, "text": ""},
                ],
                "notes": ["a note"],
            }
        ],
    }


def test_what_a_finding_lacks_is_null_or_empty():
    (found,) = report([BARE], [])["diagnostics"]
    assert [found[key] for key in ("hint", "file", "start", "end")] == [None] * 4
    assert [found[key] for key in ("label", "labels", "cells", "notes")] == ["", [], [], []]


def test_no_findings_are_a_report_too():
    assert report([], ["a", "b"]) == {"version": 1, "files": ["a", "b"], "errors": 0, "warnings": 0, "diagnostics": []}


def test_the_text_is_ascii_json_of_the_report():
    odd = Diagnostic("BD101", "数 \x1b", Source("caf\udce9.bayes", "\udc80"), Label(Span(0, 9), "\ud800"))
    text = render_json([FULL, odd], ["caf\udce9.bayes"])
    assert text.isascii()
    assert json.loads(text) == report([FULL, odd], ["caf\udce9.bayes"])
    assert json.loads(text)["files"] == ["caf\\udce9.bayes"]


def test_a_report_can_be_read_back():
    record = ReportRecord.model_validate_json(render_json([FULL, BARE], [SPEC.name]))
    assert record.model_dump(mode="json") == report([FULL, BARE], [SPEC.name])
    assert isinstance(record.diagnostics[0], DiagnosticRecord)


def test_other_fields_and_versions_are_refused():
    good = report([], [])
    for bad in ({**good, "extra": 1}, {**good, "version": VERSION + 1}):
        with pytest.raises(ValidationError):
            ReportRecord.model_validate(bad)


def test_the_schema_names_every_field_and_requires_it():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"].startswith("https://json-schema.org/")
    definition = schema["$defs"]["DiagnosticRecord"]
    assert set(definition["required"]) == set(definition["properties"]) == set(report([FULL], [])["diagnostics"][0])
    assert set(schema["required"]) == set(report([], []))
    assert schema["additionalProperties"] is False


def test_a_full_finding_as_sarif():
    log = sarif([BARE, FULL, FULL])
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["name"]) for rule in rules] == [("BD101", "Syntax"), ("BD109", "NotText")]
    assert [(r["ruleId"], rules[r["ruleIndex"]]["id"]) for r in run["results"]] == [
        ("BD109", "BD109"),
        ("BD101", "BD101"),
        ("BD101", "BD101"),
    ]
    bare, full, _ = run["results"]
    assert bare == {
        "ruleId": "BD109",
        "ruleIndex": 1,
        "level": "error",
        "message": {"text": "not text"},
        "locations": [],
    }
    assert full["message"] == {"text": "no `m`\na note\nhint: write mu"}
    assert full["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "models/a%20b.bayes"},
                "region": {
                    "startLine": 3,
                    "startColumn": 10,
                    "endLine": 3,
                    "endColumn": 11,
                    "charOffset": M,
                    "charLength": 1,
                },
            }
        }
    ]
    related = full["relatedLocations"]
    assert [place["id"] for place in related] == [1, 2, 3, 4]
    assert related[0]["message"] == {"text": "this one?"}
    assert related[2]["physicalLocation"] == {
        "artifactLocation": {"uri": "y.csv"},
        "region": {"startLine": 3, "startColumn": 2},
    }
    assert related[3]["physicalLocation"]["region"] == {"startLine": 4}


def test_sarif_of_data_alone_is_placed_in_the_data():
    (result,) = sarif([Diagnostic("BD101", "m", cells=(Cell("y.npz", 0, 0), Cell("y.csv", 2, 1)))])["runs"][0][
        "results"
    ]
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "y.npz"}}}]
    assert len(result["relatedLocations"]) == 1


def test_sarif_rules_carry_their_explanation():
    (rule,) = sarif([BARE])["runs"][0]["tool"]["driver"]["rules"]
    row = CODES["BD109"]
    assert rule["shortDescription"]["text"] == row.title
    assert rule["fullDescription"]["text"] == row.why
    assert row.wrong in rule["help"]["text"]
    assert row.right in rule["help"]["text"]
    assert rule["defaultConfiguration"] == {"level": "error"}


def test_sarif_text_is_ascii_json():
    odd = Diagnostic("BD101", "数", Source("/tmp/caf\udce9#1.bayes", "x"), Label(Span(0, 1), "\ud800"))
    text = render_sarif([odd])
    assert text.isascii()
    (location,) = json.loads(text)["runs"][0]["results"][0]["locations"]
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("file:///")
    assert "#" not in uri
