"""One table: its source read, rows filtered, columns computed and checked against their types.

data nation from "rugged.csv" (sep = ";") { where present(rgdppc_2000); log_gdp : real = log(rgdppc_2000) }
->  BoundTable(rows 170 of 234, values {log_gdp: float64[170]}, labels {})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import BayesError, Cell, Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.columns import Evaluator, TextInArithmetic, names, needed
from bayesdsl.runtime.sources.read import read_source
from bayesdsl.runtime.sources.table import RawTable
from bayesdsl.types.supports import Support

SHOWN_CELLS = 5


@dataclass
class BoundTable:
    """The kept rows of a table.

    `values` are float64 arrays of shape (rows,) or (rows, k); `labels` the texts of category columns; `keys` those of
    the table's key. `rows` are the positions of the kept rows in the source, from 0.
    """

    table: ir.Table
    name: str
    rows: np.ndarray
    source_rows: int
    sha256: str | None = None
    values: dict[str, np.ndarray] = field(default_factory=dict)
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    keys: np.ndarray | None = None
    raw: RawTable | None = None
    leaves: dict[str, str] = field(default_factory=dict)

    def cells(self, column: str, rows: np.ndarray) -> tuple[Cell, ...]:
        """The places of the first of these rows (positions among the kept), as far as the source has them."""
        leaf = self.leaves.get(column)
        if leaf is None or leaf not in self.raw.columns:
            return ()
        return tuple(self.raw.cell(int(self.rows[row]), leaf) for row in rows[:SHOWN_CELLS])


@dataclass
class _Binder:
    model: ir.Model
    table: ir.Table
    found: list[Diagnostic] = field(default_factory=list)

    def report(self, finding: Diagnostic) -> None:
        if finding not in self.found:
            self.found.append(finding)


def bind_table(
    model: ir.Model, table: ir.Table, given: object, base_dir: Path
) -> tuple[BoundTable | None, list[Diagnostic]]:
    """Read and check one table; None, with findings, where something is wrong with it.

    `given` replaces the spec's source where it is not None.
    """
    binder = _Binder(model, table)
    if given is None and table.in_place:
        bound = _bind(binder, _literal_source(table))
        return (None if binder.found else replace(bound, name=table.plate, sha256=None)), binder.found
    if given is None and table.source is None:
        return None, [errors.no_data(model.source, table.span, table.plate)]
    place = table.source_span or table.span
    try:
        source = given if given is not None else table.source
        raw = read_source(source, dict(table.options), base_dir, name=table.plate, replaced=given is not None)
    except BayesError as error:
        return None, [errors.placed(d, model.source, place) for d in error.diagnostics]
    bound = _bind(binder, raw)
    return (None if binder.found else bound), binder.found


def _literal_source(table: ir.Table) -> RawTable:
    """The values written in place, as if they had been read."""
    values = {c.name: list(c.literal) for c in table.columns if c.literal is not None}
    return read_source(values, {}, Path(), name=table.plate)


def _bind(binder: _Binder, raw: RawTable) -> BoundTable | None:
    model, table = binder.model, binder.table
    expressions = _expressions(binder, raw)
    if binder.found:
        return None
    keep = np.ones(raw.rows, dtype=bool)
    for condition in table.where:
        kept = _evaluated(binder, Evaluator(raw, np.ones(raw.rows, dtype=bool), model.constants), condition, "where")
        if kept is None:
            return None
        keep &= np.broadcast_to(np.nan_to_num(kept) != 0, keep.shape)
    keep = _without_missing(binder, raw, keep, expressions)
    if binder.found:
        return None
    if not keep.any():
        binder.report(errors.no_rows(model.source, table.span, table.plate, raw.rows))
        return None
    bound = BoundTable(table, raw.name, np.flatnonzero(keep), raw.rows, raw.sha256, raw=raw)
    evaluator = Evaluator(raw, keep, model.constants)
    for column in table.columns:
        _column(binder, bound, evaluator, column, expressions[column.name])
    if table.key is not None:
        _keys(binder, bound, raw)
    return bound


# Which columns of the source are needed


def _expressions(binder: _Binder, raw: RawTable) -> dict[str, tuple[ir.RowExpr, ...]]:
    """The expressions of each column over the source's columns; findings where one does not exist."""
    declared: set[str] = set()
    result: dict[str, tuple[ir.RowExpr, ...]] = {}
    for column in binder.table.columns:
        result[column.name] = _column_expressions(binder, raw, column)
        for expr in result[column.name]:
            _known_names(binder, raw, expr, declared)
        declared.add(column.name)
    for condition in binder.table.where:
        _known_names(binder, raw, condition, set())
    if binder.table.key is not None and binder.table.key not in raw.columns:
        near = nearest(binder.table.key, raw.columns)
        finding = errors.missing_column(
            binder.model.source, binder.table.span, binder.table.key, raw.name, near, list(raw.columns)
        )
        binder.report(finding)
    return result


def _column_expressions(binder: _Binder, raw: RawTable, column: ir.Column) -> tuple[ir.RowExpr, ...]:
    if column.stack is not None:
        return column.stack
    if column.pattern is not None:
        found = [name for name in raw.columns if fnmatchcase(name, column.pattern)]
        if not found:
            known = list(raw.columns)
            binder.report(
                errors.missing_column(binder.model.source, column.span, column.pattern, raw.name, None, known)
            )
        return tuple(ir.RowName(name, column.span) for name in found)
    if column.value is not None:
        return (column.value,)
    return (ir.RowName(column.name, column.span),)


def _known_names(binder: _Binder, raw: RawTable, expr: ir.RowExpr, declared: set[str]) -> None:
    for name in names(expr):
        if name.name in raw.columns or name.name in declared or name.name in binder.model.constants:
            continue
        near = nearest(name.name, raw.columns)
        finding = errors.missing_column(binder.model.source, name.span, name.name, raw.name, near, list(raw.columns))
        binder.report(finding)


# Missing values and bad cells


def _without_missing(
    binder: _Binder, raw: RawTable, keep: np.ndarray, expressions: Mapping[str, tuple[ir.RowExpr, ...]]
) -> np.ndarray:
    """The rows in which everything the columns need is there."""
    table, source = binder.table, binder.model.source
    result = keep.copy()
    seen: set[str] = set()
    for column in table.columns:
        for expr in expressions[column.name]:
            for name in needed(expr):
                if name.name in seen or name.name not in raw.columns:
                    continue
                seen.add(name.name)
                missing = raw.columns[name.name].missing
                gaps = (missing if missing.ndim == 1 else missing.any(axis=1)) & keep
                if not gaps.any():
                    continue
                if table.drop_missing:
                    result &= ~gaps
                else:
                    where = np.flatnonzero(gaps)
                    cells = [raw.cell(int(row), name.name) for row in where[:SHOWN_CELLS]]
                    binder.report(errors.missing_values(source, name.span, name.name, cells, len(where)))
    return result


def _evaluated(binder: _Binder, evaluator: Evaluator, expr: ir.RowExpr, column: str) -> np.ndarray | None:
    """The values of an expression; None and a finding where text stands for a number or a cell is none."""
    source = binder.model.source
    try:
        values = evaluator.evaluate(expr)
    except TextInArithmetic as error:
        name = error.name
        rows = np.flatnonzero(evaluator.keep)[:SHOWN_CELLS]
        cells = [evaluator.raw.cell(int(row), name) for row in rows] if name in evaluator.raw.columns else []
        binder.report(errors.not_number_column(source, error.span, name, cells))
        return None
    sound = True
    for name in {n.name: n for n in needed(expr)}.values():
        sound = _no_bad_cells(binder, evaluator, name) and sound
    return values if sound else None


def _no_bad_cells(binder: _Binder, evaluator: Evaluator, name: ir.RowName) -> bool:
    raw = evaluator.raw
    if name.name not in raw.columns or name.name not in evaluator._reals:
        return True
    bad = raw.columns[name.name].as_real().bad_rows
    bad = bad[evaluator.keep[bad]]
    if not len(bad):
        return True
    cells = [raw.cell(int(row), name.name) for row in bad[:SHOWN_CELLS]]
    binder.report(errors.bad_cells(binder.model.source, name.span, name.name, cells, len(bad)))
    return False


# Columns


def _column(
    binder: _Binder, bound: BoundTable, evaluator: Evaluator, column: ir.Column, expressions: tuple[ir.RowExpr, ...]
) -> None:
    leaf = next((n.name for expr in expressions for n in names(expr)), None)
    if leaf is not None:
        bound.leaves[column.name] = leaf
    if column.category is not None:
        _category(binder, bound, evaluator, column, expressions[0])
        return
    if len(column.plates) == 1:
        values = _vector(binder, evaluator, column, expressions[0])
    else:
        values = _matrix(binder, bound, evaluator, column, expressions)
    if values is None:
        return
    if not _finite(binder, bound, column, values):
        return
    if column.type is not None and not _of_type(binder, bound, column, values, column.type):
        return
    bound.values[column.name] = values
    evaluator.declared[column.name] = values


def _vector(binder: _Binder, evaluator: Evaluator, column: ir.Column, expr: ir.RowExpr) -> np.ndarray | None:
    values = _evaluated(binder, evaluator, expr, column.name)
    if values is None:
        return None
    rows = int(evaluator.keep.sum())
    if values.ndim == 2:
        what = f"has {values.shape[1]} values a row; declare its plate: {column.name}[k] : real"
        binder.report(errors.ambiguous_matrix(binder.model.source, column.span, column.name, what))
        return None
    return np.array(np.broadcast_to(values, (rows,)))


def _matrix(
    binder: _Binder, bound: BoundTable, evaluator: Evaluator, column: ir.Column, expressions: tuple[ir.RowExpr, ...]
) -> np.ndarray | None:
    """The columns of a matrix side by side, and the names of its members."""
    parts = []
    for expr in expressions:
        values = _evaluated(binder, evaluator, expr, column.name)
        if values is None:
            return None
        parts.append(np.broadcast_to(values, (int(evaluator.keep.sum()),)) if values.ndim < 2 else values)
    if any(part.ndim == 2 for part in parts) and len(parts) > 1:
        what = "stacks columns that have several values a row themselves"
        binder.report(errors.ambiguous_matrix(binder.model.source, column.span, column.name, what))
        return None
    plate = column.plates[1]
    if parts[0].ndim == 2:
        matrix = np.array(parts[0])
        labels = [str(i + 1) for i in range(matrix.shape[1])]
    else:
        matrix = np.stack(parts, axis=1)
        text = binder.model.source.slice
        labels = [text(e.span) if column.stack is not None else e.name for e in expressions]
    known = binder.model.plates[plate]
    if known.origin in (ir.Origin.NUMBER, ir.Origin.LABELS) and known.size != matrix.shape[1]:
        what = f"plate `{plate}` has {known.size} members, and `{column.name}` has {matrix.shape[1]} columns"
        binder.report(errors.sizes_differ(binder.model.source, column.span, what))
        return None
    bound.members.setdefault(
        plate, list(known.labels) if known.labels is not None and len(known.labels) == len(labels) else labels
    )
    return matrix


def _category(binder: _Binder, bound: BoundTable, evaluator: Evaluator, column: ir.Column, expr: ir.RowExpr) -> None:
    """The labels of a category column: a column of the source as text, or an expression's values."""
    if isinstance(expr, ir.RowName) and expr.name in evaluator.raw.columns:
        texts = evaluator.raw.columns[expr.name].as_text()[evaluator.keep]
    else:
        values = _evaluated(binder, evaluator, expr, column.name)
        if values is None:
            return
        values = np.broadcast_to(values, (int(evaluator.keep.sum()),))
        texts = np.array([f"{value:g}" for value in values], dtype=object)
    bound.labels[column.name] = texts


def _keys(binder: _Binder, bound: BoundTable, raw: RawTable) -> None:
    keys = raw.columns[binder.table.key].as_text()[bound.rows]
    seen: dict[str, int] = {}
    for i, label in enumerate(keys):
        if label in seen:
            cells = [raw.cell(int(bound.rows[row]), binder.table.key) for row in (seen[label], i)]
            binder.report(
                errors.duplicate_keys(binder.model.source, binder.table.span, binder.table.key, str(label), cells)
            )
            return
        seen[label] = i
    bound.keys = keys


# Values against types


def _finite(binder: _Binder, bound: BoundTable, column: ir.Column, values: np.ndarray) -> bool:
    bad = ~np.isfinite(values)
    rows = np.flatnonzero(bad if bad.ndim == 1 else bad.any(axis=1))
    if not len(rows):
        return True
    example = float(values[bad].flat[0])
    cells = bound.cells(column.name, rows)
    binder.report(errors.not_finite(binder.model.source, column.span, column.name, cells, len(rows), example))
    return False


def _of_type(binder: _Binder, bound: BoundTable, column: ir.Column, values: np.ndarray, support: Support) -> bool:
    bad = violations(values, support)
    rows = np.flatnonzero(bad if bad.ndim == 1 else bad.any(axis=1))
    if not len(rows):
        return True
    example = float(values[bad].flat[0])
    cells = bound.cells(column.name, rows)
    binder.report(
        errors.outside_type(binder.model.source, column.span, column.name, support, cells, len(rows), example)
    )
    return False


def violations(values: np.ndarray, support: Support) -> np.ndarray:
    """Where values are not in the interval of a support: bool, of their shape."""
    bad = (values < support.lo) | (values > support.hi)
    if support.lo_open:
        bad |= values == support.lo
    if support.hi_open:
        bad |= values == support.hi
    if support.integer:
        bad |= values != np.floor(values)
    return bad
