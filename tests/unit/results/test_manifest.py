"""The records of a run: what they hold, refuse and publish."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from bayesdsl.results.manifest import (
    DataRecord,
    EnvironmentRecord,
    Manifest,
    SummaryRecord,
    VerdictRecord,
    fingerprint,
    json_schema,
)
from bayesdsl.results.summary import FIGURES, summarise
from bayesdsl.results.verdict import judge

STARTED = datetime(2026, 1, 2, 15, 4, 5, 123456, tzinfo=UTC)


def make_manifest(**changes: object) -> Manifest:
    fields = {
        "spec": "penguins.bayes",
        "spec_sha256": fingerprint("a ~ Normal(0, 1)\n"),
        "inference": "nuts",
        "engine": "nuts",
        "settings": {"chains": 4, "target_accept_prob": 0.8, "guide": None},
        "seed": 7,
        "threads": 1,
        "dtype": "float64",
        "data": (
            DataRecord(plate="penguin", source="penguins.csv", sha256=fingerprint(b"x"), rows=342, rows_dropped=2),
        ),
        "started": STARTED,
        "finished": STARTED + timedelta(seconds=3.5),
        "elapsed_seconds": 3.5,
        "verdict": VerdictRecord(ok=True, sentence="All 4 chains agree."),
    }
    return Manifest(**(fields | changes))


def test_round_trip():
    manifest = make_manifest()
    read = Manifest.model_validate_json(manifest.to_json())
    assert read.to_json() == manifest.to_json()
    assert read.settings == manifest.settings
    assert read.data == manifest.data


def test_times_are_utc_whatever_the_zone_they_came_in():
    elsewhere = STARTED.astimezone(timezone(timedelta(hours=5, minutes=30)))
    values = json.loads(make_manifest(started=elsewhere).to_json())
    assert values["started"] == "2026-01-02T15:04:05.123Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"started": datetime(2026, 1, 2)},
        {"seed": "seven"},
        {"spec_sha256": "abc"},
        {"elapsed_seconds": -1.0},
        {"colour": "blue"},
        {"format_version": 2},
    ],
)
def test_what_the_schema_does_not_allow_is_refused(wrong):
    with pytest.raises(ValidationError):
        make_manifest(**wrong)


def test_records_do_not_change():
    with pytest.raises(ValidationError):
        make_manifest().seed = 8


@pytest.mark.parametrize("kind", ["mcmc", "svi", "point"])
def test_a_summary_keeps_its_figures(penguins, kind):
    summary = summarise(penguins(chains=1, draws=1 if kind == "point" else 100, kind=kind))
    record = SummaryRecord.model_validate_json(SummaryRecord.of(summary).to_json())
    assert record.summary() == summary


def test_a_row_has_the_fields_of_the_summary_s():
    assert set(json_schema("summary")["$defs"]["Row"]["properties"]) == {"name", "variable", "index", *FIGURES}


def test_a_verdict_is_kept_with_its_findings(penguins):
    posterior = penguins()
    posterior.draws["tau"][1] += 3
    verdict = judge(posterior, summarise(posterior))
    assert verdict.findings
    assert VerdictRecord.of(verdict).verdict() == verdict


@pytest.mark.parametrize("record", ["manifest", "summary"])
def test_the_schema_is_json_and_names_what_is_required(record):
    schema = json.loads(json.dumps(json_schema(record)))
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"manifest": "spec_sha256", "summary": "rows"}[record] in schema["required"]
    assert schema["additionalProperties"] is False


def test_the_environment_tells_versions_without_loading_the_libraries():
    script = (
        "import sys; from bayesdsl.results.manifest import EnvironmentRecord; "
        "print(EnvironmentRecord.current().torch); assert 'torch' not in sys.modules"
    )
    root = Path(__file__).parents[3]
    told = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    import torch

    assert told.stdout.strip() == torch.__version__
    assert EnvironmentRecord.current().python.startswith(f"{sys.version_info.major}.{sys.version_info.minor}")


def test_a_fingerprint_is_of_the_bytes_however_they_come(tmp_path):
    expected = hashlib.sha256("æ = 1".encode()).hexdigest()
    (tmp_path / "file").write_bytes("æ = 1".encode())
    pieces = [bytes([byte]) for byte in "æ = 1".encode()]
    assert {fingerprint(content) for content in ("æ = 1", "æ = 1".encode(), tmp_path / "file", pieces)} == {expected}
