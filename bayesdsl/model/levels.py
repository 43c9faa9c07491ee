"""The order of a category's levels, wherever they come from."""

from __future__ import annotations

from collections.abc import Iterable


def in_order(labels: Iterable[str | int]) -> list[str | int]:
    """Labels without repeats: numbers by value where all are numbers, else as text."""
    distinct = set(labels)
    try:
        return sorted(distinct, key=lambda label: (float(label), str(label)))
    except (TypeError, ValueError):
        return sorted(distinct, key=str)
