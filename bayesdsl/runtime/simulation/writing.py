"""Drawn outcomes as columns of a source, from which binding computes them again.

log_gdp : real = log(gdp), drawn as [8.1, 6.6]   ->   {"gdp": [3294.5, 735.1]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding.bind import BoundData
from bayesdsl.runtime.binding.columns import Rejected
from bayesdsl.runtime.binding.supports import violations
from bayesdsl.runtime.simulation import errors
from bayesdsl.runtime.simulation.design import Design
from bayesdsl.runtime.simulation.inverse import CannotInvert, solve
from bayesdsl.runtime.simulation.sources import Part, Values, evaluate, place, sources_of

# An expression and its inverse lose a few hundred roundings of 1e-16 between them; a mistake is far larger.
RELATIVE = 1e-9


def written(design: Design, outcomes: Mapping[str, np.ndarray]) -> tuple[dict[str, Values], list[Diagnostic]]:
    """The sources of all tables with the outcomes in them, and what is wrong with these."""
    found: list[Diagnostic] = []
    tables = {name: dict(values) for name, values in design.sources.items()}
    for name, drawn in outcomes.items():
        found += _checked(design.model, name, drawn)
    if found:
        return tables, found
    for table, values in tables.items():
        seen: dict[str, int] = {}
        for part in design.parts[table]:
            name = part.column.name
            position = seen[name] = seen.get(name, -1) + 1
            finding = _write(design, part, _values(design, part, outcomes[name], position), values)
            if finding is not None:
                found.append(finding)
        found += _conditions(design, table, values)
        tables[table] = _in_order(design, table, values)
    return tables, found


def _checked(model: ir.Model, name: str, drawn: np.ndarray) -> list[Diagnostic]:
    column = model.columns[name]
    infinite = ~np.isfinite(drawn)
    if infinite.any():
        return [errors.not_finite(model, name, column.span, int(infinite.sum()), column=True)]
    if column.type is None or column.category is not None or column.type.event:
        return []
    bad = violations(drawn, column.type)
    return [errors.outside_type(model, column, column.type, int(bad.sum()), float(drawn[bad][0]))] if bad.any() else []


def _values(design: Design, part: Part, drawn: np.ndarray, position: int) -> np.ndarray:
    """What one column of the source's side has to give: labels, numbers, or one column of a matrix."""
    column = part.column
    if column.category is not None:
        labels = np.array([str(label) for label in design.joined.members[column.category]])
        return labels[drawn.astype(np.int64)]
    if len(column.plates) > 1 and part.width is None:
        return drawn[:, position].astype(np.float64)
    return drawn.astype(np.float64)


def _write(design: Design, part: Part, drawn: np.ndarray, values: Values) -> Diagnostic | None:
    model = design.model
    rows = len(drawn)

    def known(expr: ir.RowExpr) -> np.ndarray | str | None:
        if isinstance(expr, ir.RowValue) and isinstance(expr.value, str):
            return expr.value
        if sources_of(expr, model.constants) - values.keys():
            return None
        try:
            return evaluate(model.source, expr, values, model.constants, rows)
        except Rejected:
            return None

    if not sources_of(part.expr, model.constants) - values.keys():
        return errors.cannot_invert(model, part.column, place(part), "its source is that of another column")
    if drawn.dtype.kind == "U" and not isinstance(part.expr, ir.RowName):
        return errors.cannot_invert(model, part.column, place(part), "its levels are computed")
    try:
        name, found = solve(part.expr, drawn, known)
    except CannotInvert as reason:
        return errors.cannot_invert(model, part.column, place(part), str(reason))
    values[name] = found
    return None if drawn.dtype.kind == "U" else _recovered(model, part, drawn, values)


def _recovered(model: ir.Model, part: Part, drawn: np.ndarray, values: Values) -> Diagnostic | None:
    try:
        read = evaluate(model.source, part.expr, values, model.constants, len(drawn))
    except Rejected as rejected:
        return rejected.finding
    off = _differs(read, drawn)
    if not off.any():
        return None
    which = int(np.flatnonzero(off.ravel())[0])
    count, one, other = int(off.sum()), float(drawn.ravel()[which]), float(read.ravel()[which])
    return errors.not_recovered(model, part.column, place(part), count, one, other)


def _differs(read: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    scale = np.abs(drawn).max(initial=0.0)
    return ~(np.abs(read - drawn) <= RELATIVE * (np.abs(drawn) + RELATIVE * scale))


def _conditions(design: Design, table: str, values: Values) -> list[Diagnostic]:
    """Conditions on what was drawn: rows for which one does not hold would not be read."""
    model = design.model
    rows = design.joined.size(table)
    found: list[Diagnostic] = []
    for condition in model.tables[table].where:
        if sources_of(condition, model.constants) - values.keys():
            continue
        try:
            holds = evaluate(model.source, condition, values, model.constants, rows)
        except Rejected as rejected:
            found.append(rejected.finding)
            continue
        kept = int(((holds != 0) & ~np.isnan(holds)).sum())
        if kept < rows:
            found.append(errors.filtered(model, condition, kept, rows))
    return found


def _in_order(design: Design, table: str, values: Values) -> Values:
    """The columns as the spec names them: the key, then in the order of the data block; the rest as they came."""
    asked = [n for c in design.model.tables[table].columns for n in _first_names(design, table, c)]
    key = design.model.tables[table].key
    order = dict.fromkeys(n for n in (key, *asked, *values) if n in values)
    return {name: values[name] for name in order}


def _first_names(design: Design, table: str, column: ir.Column) -> Sequence[str]:
    drawn = [part for part in design.parts[table] if part.column.name == column.name]
    if drawn:
        return [n for part in drawn for n in sorted(sources_of(part.expr, design.model.constants))]
    exprs = column.stack or ((column.value,) if column.value is not None else ())
    named = [n for expr in exprs for n in sorted(sources_of(expr, design.model.constants))]
    return named or [column.name]


def held_against(design: Design, outcomes: Mapping[str, np.ndarray], bound: BoundData) -> list[Diagnostic]:
    """Findings where data that were read again are not what was drawn; warnings for levels that are not in them."""
    model, joined = design.model, design.joined
    found: list[Diagnostic] = []
    for table in model.tables.values():
        kept, rows = len(bound.coords[table.plate]), joined.size(table.plate)
        if kept != rows:
            found.append(errors.rows_lost(model, table, kept, rows))
    if found:
        return found
    columns = {**bound.observed, **bound.constant}
    for name, column in model.columns.items():
        read = np.asarray(columns[name][1])
        if column.category is not None:
            before, after = joined.members[column.category], bound.coords[column.category]
            codes = outcomes[name].astype(np.int64) if name in outcomes else joined.codes[name]
            if [str(after[i]) for i in read] != [str(before[i]) for i in codes]:
                found.append(errors.cannot_invert(model, column, column.span, "its labels are read as others"))
            continue
        meant = np.asarray(outcomes[name] if name in outcomes else joined.values[name], dtype=np.float64)
        if read.shape != meant.shape:
            found.append(errors.cannot_invert(model, column, column.span, "its pattern matches other columns too"))
            continue
        off = _differs(read, meant) & ~(np.isnan(read) & np.isnan(meant))
        if off.any():
            at = int(np.flatnonzero(off.ravel())[0])
            values = float(meant.ravel()[at]), float(read.ravel()[at])
            found.append(errors.not_recovered(model, column, column.span, int(off.sum()), *values))
    return found


def levels_lost(design: Design, outcomes: Mapping[str, np.ndarray]) -> list[Diagnostic]:
    """Warnings for levels that no row was drawn with, where a plate has the levels that occur."""
    found: list[Diagnostic] = []
    for name, plate in design.model.plates.items():
        columns = [column.name for column in design.model.columns.values() if column.category == name]
        if plate.origin is not ir.Origin.LEVELS or not set(columns) & outcomes.keys():
            continue
        codes = [outcomes[c] if c in outcomes else design.joined.codes[c] for c in columns]
        there = np.unique(np.concatenate(codes)).astype(np.int64)
        gone = [label for i, label in enumerate(design.joined.members[name]) if i not in there]
        if gone:
            found.append(errors.levels_not_drawn(design.model, plate, gone, len(there)))
    return found
