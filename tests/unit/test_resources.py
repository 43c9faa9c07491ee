"""Where what can be made again is kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bayesdsl.resources import cache_directory


@pytest.mark.parametrize(
    ("platform", "set_to", "expected"),
    [
        ("linux", {"BAYESDSL_CACHE": "/fast/mine", "XDG_CACHE_HOME": "/fast"}, "/fast/mine"),
        ("darwin", {"XDG_CACHE_HOME": "/fast"}, "/fast/bayesdsl"),
        ("linux", {}, "/home/ada/.cache/bayesdsl"),
        ("darwin", {}, "/home/ada/Library/Caches/bayesdsl"),
        ("win32", {}, "/home/ada/AppData/Local/bayesdsl"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/bayesdsl"),
    ],
)
def test_the_cache_is_where_the_system_has_caches(
    monkeypatch: pytest.MonkeyPatch, platform: str, set_to: dict[str, str], expected: str
) -> None:
    for name in ("BAYESDSL_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in set_to.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_directory() == Path(expected)
