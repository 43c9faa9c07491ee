"""What was compiled is kept, shared, bounded and found again."""

from __future__ import annotations

import os
import shutil
import time
from functools import cache as cached
from pathlib import Path

import pytest

from bayesdsl.runtime.compiled import cache, entries
from bayesdsl.runtime.compiled.entries import Cache, Size, digest

FILES = {"plan.json": b"{}", "kernel.c": b"int x;"}
# The bytes of an entry's seal.
SEALED = len(digest())


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cache.AHEAD, raising=False)
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "cache"))


def used(path: Path, seconds_ago: float) -> None:
    then = time.time() - seconds_ago
    os.utime(path, (then, then))


def test_files_are_found_by_their_key() -> None:
    assert cache.find("key") is None
    cache.store("key", FILES)
    assert cache.find("key") == FILES
    assert cache.find("other") is None


def test_an_entry_that_is_there_is_not_written_again() -> None:
    cache.store("key", FILES)
    cache.store("key", {"plan.json": b"other"})
    assert cache.find("key") == FILES
    assert not list(cache.current().directory.glob(".part-*"))


def test_an_entry_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        Cache(tmp_path).store("key", {"whole": b"x", "broken": "no bytes"})  # type: ignore[dict-item]
    assert list(tmp_path.iterdir()) == []


def test_the_least_recently_used_go_when_it_is_full(tmp_path: Path) -> None:
    place = Cache(tmp_path, most_bytes=350)
    for name, age in (("old", 9), ("older", 10), ("read", 11)):
        place.store(name, {"file": b"x" * 100})
        used(tmp_path / name, age * entries.AT_WORK_SECONDS)
        if name == "read":
            place.find(name)
    place.store("new", {"file": b"x" * 100})
    assert {path.name for path in tmp_path.iterdir()} == {"read", "new"}
    assert place.size() == Size(2, 2 * (100 + SEALED))


def test_what_another_process_may_be_loading_stays(tmp_path: Path) -> None:
    place = Cache(tmp_path, most_bytes=1)
    for name in "abc":
        place.store(name, FILES)
    assert place.size().entries == 3


def test_what_a_killed_process_left_goes_after_a_day(tmp_path: Path) -> None:
    place = Cache(tmp_path)
    for name, age in ((".part-old", 2 * entries.PARTIAL_SECONDS), (".part-new", 1.0)):
        (tmp_path / name).mkdir()
        used(tmp_path / name, age)
    place.prune()
    assert [path.name for path in tmp_path.iterdir()] == [".part-new"]
    assert place.size() == Size(0, 0)


def test_clearing_says_how_much_it_was(tmp_path: Path) -> None:
    place = Cache(tmp_path)
    place.store("key", FILES)
    assert place.clear() == Size(1, sum(map(len, FILES.values())) + SEALED)
    assert place.size() == Size(0, 0)


def test_where_the_cache_cannot_be_written_a_directory_of_the_process_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "file" / "below"))
    place = cache.current()
    assert place.note is not None
    assert "cannot be written" in place.note
    assert place.directory.stat().st_mode & 0o077 == 0
    cache.store("key", FILES)
    assert cache.find("key") == FILES


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "seal"])
def test_a_damaged_entry_is_none_and_is_made_again(damage: str) -> None:
    entry = cache.store("key", FILES)
    match damage:
        case "cut":
            (entry / "kernel.c").write_bytes(b"int")
        case "changed":
            (entry / "kernel.c").write_bytes(b"int y;")
        case "gone":
            (entry / "kernel.c").unlink()
        case "seal":
            (entry / entries.SEAL).unlink()
    assert cache.find("key") is None
    assert list(cache.current().matching("k*")) == []
    cache.store("key", FILES)
    assert cache.find("key") == FILES


def test_a_full_disk_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store("key", FILES)
    full = os.environ["BAYESDSL_CACHE"]
    _unwritable_anew(monkeypatch)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 0))
    place = cache.current()
    assert place.note is not None
    assert "there is no room left" in place.note
    cache.store("new", FILES)
    assert [path.name for path in Path(full, "compiled").iterdir()] == ["key"]
    # What it has is used.
    assert cache.find("key") == FILES


def test_where_nothing_can_be_written_anywhere_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    _unwritable_anew(monkeypatch)
    monkeypatch.setattr(cache.tempfile, "TemporaryFile", full)
    monkeypatch.setattr(cache.tempfile, "mkdtemp", full)
    note = cache.current().note
    assert note is not None
    assert note.endswith("nor can a temporary directory: no space left on device")
    assert cache.find("key") is None
    with pytest.raises(OSError):
        cache.store("key", FILES)


def _unwritable_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again whether the cache can be written, which is looked at once a process."""
    monkeypatch.setattr(cache, "_unwritable", cache._unwritable.__wrapped__)
    monkeypatch.setattr(cache, "_temporary", cached(cache._temporary.__wrapped__))


def test_a_recording_that_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with cache.recording(tmp_path / "file"), pytest.raises(cache.NotRecorded):
        cache.store("key", FILES)


def test_a_recording_gets_a_copy_of_what_is_stored_and_of_what_is_found(tmp_path: Path) -> None:
    cache.store("before", FILES)
    with cache.recording(tmp_path / "made"):
        cache.store("key", FILES)
        cache.find("before")
    cache.store("after", FILES)
    assert {path.name for path in (tmp_path / "made").iterdir()} == {"before", "key"}


def test_names_of_texts_differ_where_the_texts_are_cut_elsewhere() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab", b"c") == digest("ab", "c")
