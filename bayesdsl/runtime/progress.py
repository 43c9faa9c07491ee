"""How an engine tells how far it is, and how it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` steps of one chain (0 for engines with one). `phase` is `"warmup"`, `"draws"` or `"steps"`.

    `facts` are worth showing beside the bar: `step_size`, `divergences`, `loss`. `note` is a line about the run as a
    whole: what it is done by, where that is not what was asked for, or what is compiled for it.
    """

    chain: int
    phase: str
    done: int
    total: int
    facts: dict[str, float] = field(default_factory=dict)
    note: str = ""


COMPILING = "compiling the program: the first run of a spec does, later ones do not"
"""The note of a run that has to make its machine code."""


def done_by(engine: str, why: str) -> str:
    """The note of a run that is not done by machine code: `"pyro"` does it, or its steps are `"traced"`; empty where
    nothing is to be said."""
    match engine:
        case "pyro" if why:
            return f"engine: Pyro's, because {why}"
        case "traced":
            return f"not compiled, because {why}"
        case _:
            return ""


Report = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Tell nobody."""
