"""What is to be said of targets that are missed, by the name of the target: where the time goes, what was tried.

A note is shown while its target is missed, and is to be taken out when it is met.
"""

from __future__ import annotations

NOTES: dict[str, str] = {}
