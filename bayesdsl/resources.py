"""Files that travel with the package: the grammar, which a checkout keeps at its top level."""

from __future__ import annotations

import os
import sys
from importlib import resources
from pathlib import Path


def grammar_text() -> str:
    """The grammar of the language, from the installed package or, in a checkout, from `grammars/`."""
    packaged = resources.files("bayesdsl") / "grammars" / "bayes.lark"
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).resolve().parent.parent / "grammars" / "bayes.lark").read_text(encoding="utf-8")


def cache_directory() -> Path:
    """Where what can be made again is kept: `$BAYESDSL_CACHE`, else `bayesdsl` in the user's cache directory.

    Raises RuntimeError for a user without a home.
    """
    given = os.environ.get("BAYESDSL_CACHE")
    if given:
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else _of_the_system()) / "bayesdsl"


def _of_the_system() -> Path:
    """The user's cache directory, where each system has it."""
    match sys.platform:
        case "darwin":
            return Path.home() / "Library" / "Caches"
        case "win32":
            local = os.environ.get("LOCALAPPDATA")
            return Path(local) if local else Path.home() / "AppData" / "Local"
        case _:
            return Path.home() / ".cache"
