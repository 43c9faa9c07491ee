"""Files that travel with the package: the grammar, which a checkout keeps at its top level."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path


def grammar_text() -> str:
    """The grammar of the language, from the installed package or, in a checkout, from `grammars/`."""
    packaged = resources.files("bayesdsl") / "grammars" / "bayes.lark"
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).resolve().parent.parent / "grammars" / "bayes.lark").read_text(encoding="utf-8")


def cache_directory() -> Path:
    """Where what can be made again is kept: `$BAYESDSL_CACHE`, else `bayesdsl` in the user's cache directory."""
    given = os.environ.get("BAYESDSL_CACHE")
    if given:
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "bayesdsl"
