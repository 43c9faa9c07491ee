"""Why something cannot be machine code."""

from __future__ import annotations


class NotCompilable(Exception):
    """The function cannot be turned into machine code here; the message says why, as a clause without a full stop."""
