"""Which rows of a table are kept: those for which its conditions hold, and with `missing drop` those without gaps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.cells import labels_of, side_by_side
from bayesdsl.runtime.binding.columns import COMPARED_AS_TEXT, Broken, Evaluator, Rejected
from bayesdsl.runtime.binding.reading import Reading


def kept_rows(reading: Reading) -> np.ndarray | None:
    """The positions of the rows that are kept; None, with findings, where that is not known or there are none. Of a
    part of a table, there may be none."""
    filters: list[str] = []
    rows = _filtered(reading, filters)
    if rows is None:
        return None
    if reading.table.drop_missing:
        rows = _without_gaps(reading, rows, filters)
    if not len(rows) and reading.wholes is None:
        source, table = reading.source, reading.table
        reading.report(errors.no_rows(source, table.span, table.plate, filters, _near(reading)))
        return None
    return rows


# Conditions


def _filtered(reading: Reading, filters: list[str]) -> np.ndarray | None:
    """The rows for which every condition holds, each asked of the rows that those above it keep."""
    rows = np.arange(reading.raw.rows)
    for condition in reading.table.where:
        try:
            holds = _holds(reading, reading.evaluator(rows), condition)
        except Rejected as rejected:
            reading.report(rejected.finding)
            return None
        except Broken:
            return None
        before, rows = len(rows), rows[holds]
        text = reading.source.slice(condition.span)
        filters.append(f"`where {text}` keeps {len(rows):,} of {before:,} rows")
    return rows


def _holds(reading: Reading, evaluator: Evaluator, condition: ir.RowExpr) -> np.ndarray:
    """The rows for which a condition surely holds. Raises `Rejected` and `Broken`."""
    cells = evaluator.evaluate(condition)
    if cells.values.ndim == 2:
        raise Rejected(errors.matrix_as_condition(reading.source, condition.span, cells.values.shape[1]))
    holds = (cells.values != 0) & ~np.isnan(cells.values)
    if cells.absent is not None:
        holds &= ~cells.absent
    return np.broadcast_to(holds, (evaluator.count,))


def _near(reading: Reading) -> tuple[str, str] | None:
    """For conditions that hold in no row: a text that no row has, and a label that may have been meant."""
    for condition in reading.table.where:
        for name, text in _compared(condition):
            column = reading.raw.columns.get(name)
            if column is None or column.width is not None:
                continue
            known = labels_of(column, None).texts
            near = errors.near_label(text, known) if text not in known else None
            if near is not None:
                return text, near
    return None


def _compared(expr: ir.RowExpr) -> Iterator[tuple[str, str]]:
    """The names and texts that a condition compares."""
    match expr:
        case ir.RowCall(op, (ir.RowName(name), ir.RowValue(str(text)))) if op in COMPARED_AS_TEXT:
            yield name, text
        case ir.RowCall(op, (ir.RowValue(str(text)), ir.RowName(name))) if op in COMPARED_AS_TEXT:
            yield name, text
        case ir.RowCall(_, args):
            for arg in args:
                yield from _compared(arg)


# Gaps


def _without_gaps(reading: Reading, rows: np.ndarray, filters: list[str]) -> np.ndarray:
    """The rows in which nothing is missing that the table needs."""
    gaps = np.zeros(len(rows), dtype=bool)
    evaluator = reading.evaluator(rows, strict=False)
    if reading.table.key in reading.readings:
        gaps |= evaluator.of_rows(reading.readings.missing(reading.table.key))
    for column in reading.table.columns:
        missing = _gaps(evaluator, column, reading.parts[column.name])
        if missing is not None and column.name not in reading.gaps_allowed:
            gaps |= missing
    if not gaps.any():
        return rows
    filters.append(f"`missing drop` keeps {int((~gaps).sum()):,} of {len(rows):,} rows")
    return rows[~gaps]


def _gaps(evaluator: Evaluator, column: ir.Column, parts: tuple[ir.RowExpr, ...]) -> np.ndarray | None:
    """The rows in which a column is missing. What else is wrong with it is found when it is computed."""
    if column.name in evaluator.broken:
        return None
    try:
        if column.category is not None:
            labels = evaluator.labels[column.name] = evaluator.categories(parts[0])
            return labels.gaps
        found = [evaluator.evaluate(expr) for expr in parts]
    except (Rejected, Broken):
        evaluator.broken.add(column.name)
        return None
    whole = len(column.plates) == 1 or any(cells.values.ndim == 2 for cells in found)
    cells = evaluator.columns[column.name] = found[0] if whole else side_by_side(found, evaluator.count)
    return None if cells.gaps is None else np.broadcast_to(cells.gaps, (evaluator.count,))
