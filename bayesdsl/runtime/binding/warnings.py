"""What is legal in the data and probably not meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

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


@dataclass(frozen=True, eq=False)
class _Groups:
    """The members of a plate that rows refer to, and how many rows do; the other members have none."""

    size: int
    members: np.ndarray
    rows: np.ndarray

    @property
    def empty(self) -> int:
        return self.size - len(self.members)

    @property
    def median(self) -> float:
        if self.empty > len(self.members):
            return 0.0
        return float(np.median(np.concatenate([self.rows, np.zeros(self.empty)])))


def _groups(joined: Joined, plate: str) -> _Groups | None:
    """The groups of a plate; None where no column refers to it."""
    codes = [joined.codes[c.name] for c in joined.model.columns.values() if c.category == plate]
    if not codes:
        return None
    return _Groups(joined.size(plate), *np.unique(np.concatenate(codes), return_counts=True))


def _empty_groups(joined: Joined) -> Iterator[Diagnostic]:
    """Members that no row refers to; the levels of a category are those that occur, so they always have rows."""
    for plate in joined.model.plates.values():
        groups = _groups(joined, plate.name) if plate.origin is not ir.Origin.LEVELS else None
        if groups is not None and groups.empty:
            filled = set(groups.members.tolist())
            empty = (member for i, member in enumerate(joined.members[plate.name]) if i not in filled)
            shown = list(islice(empty, errors.LISTED))
            yield errors.empty_groups(joined.model.source, plate.span, plate.name, shown, groups.empty)


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
            groups = _groups(joined, ir.base_plate(plate))
            if groups is not None and groups.median < FEW_ROWS:
                yield errors.few_rows(joined.model.source, statement.span, statement.name, plate, groups.median)
