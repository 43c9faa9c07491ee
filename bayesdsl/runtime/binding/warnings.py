"""What is legal in the data and probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bayesdsl.check.errors import few_rows
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.design import dependent, predictors
from bayesdsl.runtime.binding.known import Known
from bayesdsl.runtime.binding.plates import Joined

# Under this many rows a group (the median), a centred hierarchy samples badly.
FEW_ROWS = 5


def warnings(joined: Joined, known: Known) -> list[Diagnostic]:
    """Findings on data without errors, each once."""
    found = [*_empty_groups(joined), *_collinear(joined, known), *_small_groups(joined)]
    return list(dict.fromkeys(found))


def _rows_by_member(joined: Joined, plate: str) -> np.ndarray | None:
    """How many rows refer to each member of a plate; None where no column does."""
    columns = [c.name for c in joined.model.columns.values() if c.category == plate]
    if not columns:
        return None
    return sum(np.bincount(joined.codes[name], minlength=joined.size(plate)) for name in columns)


def _empty_groups(joined: Joined) -> Iterator[Diagnostic]:
    """Members that no row refers to; the levels of a category are those that occur, so they always have rows."""
    for plate in joined.model.plates.values():
        counts = _rows_by_member(joined, plate.name) if plate.origin is not ir.Origin.LEVELS else None
        if counts is not None and not counts.all():
            members = joined.members[plate.name]
            empty = [members[i] for i in np.flatnonzero(counts == 0)]
            yield errors.empty_groups(joined.model.source, plate.span, plate.name, empty)


def _collinear(joined: Joined, known: Known) -> Iterator[Diagnostic]:
    """Predictors whose coefficients the data cannot tell apart."""
    for statement in known.statements:
        if not isinstance(statement, ir.Sample | ir.Observed):
            continue
        for root, predictor in predictors(known, statement):
            together = dependent(predictor)
            if together:
                yield errors.collinear(joined.model.source, root.span, together, predictor.intercept)


def _small_groups(joined: Joined) -> Iterator[Diagnostic]:
    """Centred hierarchies whose groups have few rows."""
    for statement in joined.model.statements:
        if not isinstance(statement, ir.Sample) or ir.hierarchical_scale(statement) is None:
            continue
        for plate in statement.plates:
            counts = _rows_by_member(joined, ir.base_plate(plate))
            rows = float(np.median(counts)) if counts is not None else FEW_ROWS
            if rows < FEW_ROWS:
                yield few_rows(joined.model.source, statement.span, statement.name, plate, rows)
