"""`bayesdsl doctor` tells what there is, and what of it does not work."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bayesdsl.results import doctor
from bayesdsl.results.doctor import ABSENT, BROKEN, OK, Package, Row
from bayesdsl.runtime.compiled import cache, compiler


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CC", cache.AHEAD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def few_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing every library takes seconds; two do as well."""
    monkeypatch.setattr(doctor, "PACKAGES", (Package("torch", "torch"), Package("rich", "rich", "tables")))
    monkeypatch.setattr(doctor, "USES", (("tables", "rich"),))


def test_everything_is_told_in_eighty_columns(command, few_packages):
    done = command("doctor")
    assert (done.status, done.err) == (0, "")
    titles = [line for line in done.out.splitlines() if line and not line.startswith(" ")]
    assert titles == ["versions", "compiler", "threads", "cache", "devices", "engines"]
    # A path stays whole, for the mouse to take it up.
    assert all(len(line) <= 80 for line in done.out.splitlines() if not line.startswith("  directory"))


@pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler")
def test_json_has_the_same_rows_and_the_trial_passes(command, few_packages):
    done = command("doctor", "--json")
    found = json.loads(done.out)
    rows = {row["name"]: row for row in found["compiler"]}
    assert rows["trial"]["state"] == OK
    assert rows["trial"]["value"] == "passed"
    assert {row["name"] for row in found["engines"]} == {"nuts", "svi", "map", "mle", "tables"}
    assert all(set(row) == {"name", "value", "state", "note"} for rows in found.values() for row in rows)


def test_without_a_compiler_engines_say_why_and_nothing_is_broken(command, few_packages, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = command("doctor")
    assert done.status == 0
    assert "C            none: no C compiler was found" in done.out
    assert "nuts         Pyro's own: no C compiler that works, see above" in done.out
    assert "svi          uncompiled: no C compiler that works, see above" in done.out


def test_a_compiler_that_was_named_and_does_not_work_is_broken(command, few_packages, monkeypatch):
    monkeypatch.setenv("CC", "/nowhere/cc")
    done = command("doctor")
    assert done.status == 1
    assert "broken: none: CC names `/nowhere/cc`" in done.out


def test_a_library_that_cannot_be_imported_is_broken(monkeypatch, tmp_path):
    (tmp_path / "halfway.py").write_text("raise OSError('a part of it is missing')")
    monkeypatch.syspath_prepend(tmp_path)
    row = doctor._package(Package("rich", "halfway", "tables"))
    assert (row.state, row.note) == (BROKEN, "it cannot be imported: OSError: a part of it is missing")
    assert doctor._package(Package("no-such-distribution", "os", "tables")).state == ABSENT
    assert doctor._package(Package("no-such-distribution", "os")).state == BROKEN


@pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler")
def test_a_trial_that_gives_a_wrong_number_is_broken(monkeypatch):
    monkeypatch.setattr(doctor, "TRIAL", doctor.TRIAL.replace("-0.001", "-0.002"))
    rows, _ = doctor._compiler()
    trial = next(row for row in rows if row.name == "trial")
    assert (trial.value, trial.state) == ("failed", BROKEN)
    assert "it gave" in trial.note


def test_what_was_compiled_is_counted_and_can_be_forgotten(command, few_packages):
    cache.store("one", {"file": b"x" * 2**20})
    assert Row("entries", "1", OK, "1.0 MB of at most 256.0 MB") in tuple(doctor._cache())
    done = command("doctor", "--clear-cache")
    assert (done.status, done.out) == (0, f"1 entry, 1.0 MB, removed from {cache.current().directory}\n")
    assert cache.find("one") is None


def test_programs_compiled_ahead_that_cannot_run_here_are_broken(monkeypatch, tmp_path):
    monkeypatch.setenv(cache.AHEAD, str(tmp_path))
    rows = {row.name: row for row in doctor._cache()}
    assert rows["ahead"] == Row("ahead", os.fspath(tmp_path), BROKEN, "it has no manifest.json")
