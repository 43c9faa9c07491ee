"""The versions of what a run was made with."""

from __future__ import annotations

from importlib import metadata

from bayesdsl import __version__

UNKNOWN = "unknown"


def version_of(distribution: str) -> str:
    """A distribution's version, without importing it; `unknown` where it is not installed.

    Ours is known in a checkout too, where there may be no installed distribution to ask.
    """
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return __version__ if distribution == "bayesdsl" else UNKNOWN
