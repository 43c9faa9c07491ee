"""What a fit has to keep of its data so that new rows can be predicted: no rows, only what the rows' columns need.

zscore(flipper_length_mm) on 342 penguins  ->  statistics {"141": [[200.9, 14.1]]}
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bayesdsl.model import ir

# By the place of the call in the spec, for each column of a matrix.
Statistics = dict[str, list[list[float]]]


def call_key(call: ir.RowCall) -> str:
    """The name under which the statistics of a function of a whole column are kept."""
    return str(call.span.start)


@dataclass(frozen=True, slots=True)
class TrainedTable:
    """A table as it was fitted.

    `rows` were used. `sources` are the columns of its source that the spec's columns are computed from, of which
    `texts` are compared as text. `patterns` are the columns that each `columns("x*")` found, `orders` the places of a
    matrix's columns in the order of its plate's members, where they differ. `matrices` are the sources
    with several values a row. `numbers` are those of the rows in the source, from 1, where not all were used.
    """

    rows: int
    sources: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    matrices: tuple[str, ...] = ()
    patterns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    orders: dict[str, tuple[int, ...]] = field(default_factory=dict)
    statistics: Statistics = field(default_factory=dict)
    numbers: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """The tables of a fit, and the plates: `sizes` of all, `labels` of those whose members are known by name."""

    tables: dict[str, TrainedTable]
    sizes: dict[str, int]
    labels: dict[str, tuple[str, ...]]
