"""What a short run is, and where its programs may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bayesdsl.runtime.compiled import ahead
from bayesdsl.runtime.compiled.artefact import MANIFEST


@pytest.mark.parametrize(
    ("engine", "given", "rows", "batch", "expected"),
    [
        ("svi", {"steps": 2000, "draws": 1000}, None, None, {"steps": 200}),
        ("svi", {"steps": 50}, None, None, {"steps": 50}),
        ("svi", {"steps": 9000}, 100_001, 100, {"steps": 1002}),
        ("svi", {"steps": 9000}, 1000, 100, {"steps": 200}),
        ("nuts", {"chains": 4, "warmup": 1000, "draws": 1}, None, None, {"chains": 1, "warmup": 20, "draws": 1}),
        ("other", {"steps": 9000}, None, None, {}),
    ],
)
def test_a_short_run_is_no_longer_than_it_must_be(engine, given, rows, batch, expected):
    assert ahead.shortened(engine, given, rows, batch) == expected


def test_a_recording_that_fails_leaves_what_was_there(tmp_path: Path):
    target = tmp_path / "made"
    target.mkdir()
    (target / "old").write_text("")
    with pytest.raises(RuntimeError), ahead.making(target):
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    with ahead.making(target) as directory:
        (directory / "new").write_text("")
    assert [path.name for path in target.iterdir()] == ["new"]


def test_only_programs_are_replaced_and_only_when_asked(tmp_path: Path):
    target = tmp_path / "made"
    assert ahead.free(target, force=False) is None
    target.mkdir()
    assert ahead.free(target, force=False) is None
    (target / "letter.txt").write_text("dear reader")
    assert ahead.free(target, force=True) == "it is a directory with other files"
    for name in (MANIFEST, ahead.SPEC):
        (target / name).write_text("")
    assert ahead.free(target, force=False) == "there are programs in it"
    assert ahead.free(target, force=True) is None
    assert ahead.free(target / "letter.txt", force=True) == "it is a file"
