"""The versions of what a run was made with."""

from __future__ import annotations

from importlib import metadata

UNKNOWN = "unknown"


def version_of(distribution: str) -> str:
    """A distribution's version, without importing it; `unknown` where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return UNKNOWN
