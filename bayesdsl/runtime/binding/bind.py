"""All tables together: the members of every plate, category codes, likelihoods' supports, and the program's arguments.

{"house": BoundTable, "county": BoundTable}  ->  inputs {n_county: 85, county_of_house: int64[919], ..}
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
import torch

from bayesdsl.catalogue.rows import Extent
from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check.distributions import moving
from bayesdsl.check.errors import few_rows
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.lower.inputs import Codes, Position, Size, Values
from bayesdsl.lower.program import Program
from bayesdsl.model import ir
from bayesdsl.model.levels import in_order
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.tables import BoundTable, bind_table, violations
from bayesdsl.types.supports import SIMPLEX

# More members than this in one value would not fit the memory of a workstation.
MAX_ELEMENTS = 500_000_000
# Under this many rows a group (the median), a centred hierarchy samples badly.
FEW_ROWS = 5
MAX_COLLINEAR_CELLS = 20_000_000


@dataclass(frozen=True)
class TableFacts:
    """What a run record says of a table: where it came from, its fingerprint, how many rows were used."""

    plate: str
    source: str
    sha256: str | None
    rows: int
    rows_dropped: int


@dataclass(frozen=True)
class BoundData:
    """The program's arguments, the members of every plate, and what a run record says of the data.

    `observed` and `constant` are the columns by name: their plates and their values, for the results.
    """

    inputs: dict[str, object]
    coords: dict[str, list[object]]
    tables: tuple[TableFacts, ...]
    observed: dict[str, tuple[tuple[str, ...], np.ndarray]]
    constant: dict[str, tuple[tuple[str, ...], np.ndarray]]
    warnings: tuple[Diagnostic, ...] = ()


@dataclass
class _Data:
    model: ir.Model
    tables: dict[str, BoundTable]
    coords: dict[str, list[object]] = field(default_factory=dict)
    codes: dict[str, np.ndarray] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)


def bind_data(
    model: ir.Model,
    program: Program,
    data: Mapping[str, object] | None,
    base_dir: str | os.PathLike[str],
    dtype: torch.dtype,
) -> BoundData:
    """Bind data to a model.

    `data` maps names of tables to a path, an address, a frame or a dict of arrays, which take the place of the
    sources in the spec. Raises `BayesError` with every finding.
    """
    given = dict(data or {})
    findings: list[Diagnostic] = [
        errors.unknown_table(name, nearest(name, model.tables), list(model.tables))
        for name in given
        if name not in model.tables
    ]
    tables: dict[str, BoundTable] = {}
    for name, table in model.tables.items():
        bound, found = bind_table(model, table, given.get(name), Path(base_dir))
        findings += found
        if bound is not None:
            tables[name] = bound
    if findings:
        raise BayesError(tuple(findings))
    state = _Data(model, tables)
    _members(state)
    _codes(state)
    if not state.found:
        _likelihoods(state)
        _sizes(state)
    if state.found:
        raise BayesError(tuple(state.found))
    _empty_groups(state)
    _collinear(state)
    _small_groups(state)
    inputs = {argument: _argument(state, kind, dtype) for argument, kind in program.inputs.items()}
    if state.found:
        raise BayesError(tuple(state.found))
    return BoundData(
        inputs, state.coords, tuple(map(_facts, tables.values())), *_columns(state), warnings=tuple(state.warnings)
    )


def _facts(table: BoundTable) -> TableFacts:
    return TableFacts(table.table.plate, table.name, table.sha256, len(table.rows), table.source_rows - len(table.rows))


# Members


def _members(state: _Data) -> None:
    """The members of every plate, by name where they have one."""
    for name, plate in state.model.plates.items():
        match plate.origin:
            case ir.Origin.ROWS:
                table = state.tables[name]
                state.coords[name] = (
                    list(table.keys) if table.keys is not None else [int(row) + 1 for row in table.rows]
                )
            case ir.Origin.LABELS:
                state.coords[name] = list(plate.labels)
            case ir.Origin.NUMBER:
                state.coords[name] = list(range(1, plate.size + 1))
            case ir.Origin.LEVELS:
                columns = [c for c in state.model.columns.values() if c.category == name]
                texts = [state.tables[c.plates[0]].labels[c.name] for c in columns]
                state.coords[name] = list(in_order(label for labels in texts for label in labels))
            case ir.Origin.COLUMNS:
                found = [t.members[name] for t in state.tables.values() if name in t.members]
                if any(len(labels) != len(found[0]) for labels in found):
                    what = f"the matrices over plate `{name}` have different numbers of columns"
                    state.found.append(errors.sizes_differ(state.model.source, plate.span, what))
                state.coords[name] = list(found[0]) if found else []


def _codes(state: _Data) -> None:
    """Category columns as positions among their plate's members."""
    for column in state.model.columns.values():
        if column.category is None:
            continue
        table = state.tables[column.plates[0]]
        position = {str(label): i for i, label in enumerate(state.coords.get(column.category, ()))}
        labels = table.labels[column.name]
        codes = np.array([position.get(label, -1) for label in labels], dtype=np.int64)
        bad = np.flatnonzero(codes < 0)
        if len(bad):
            label = str(labels[bad[0]])
            cells = table.cells(column.name, bad)
            near = nearest(label, position)
            state.found.append(
                errors.unknown_level(
                    state.model.source, column.span, column.name, column.category, label, near, cells, len(bad)
                )
            )
        state.codes[column.name] = codes


# Checks that need the values


def _likelihoods(state: _Data) -> None:
    for statement in state.model.statements:
        if isinstance(statement, ir.Observed):
            _likelihood(state, statement)


def _likelihood(state: _Data, statement: ir.Observed) -> None:
    column = state.model.columns[statement.name]
    if column.category is not None:
        _category_sizes(state, statement, column)
        return
    table = state.tables[column.plates[0]]
    values = table.values[column.name]
    support = statement.dist.support
    if isinstance(statement.dist, ir.Call) and statement.dist.row.accepts is not None:
        support = statement.dist.row.accepts
    if moving(statement.dist):
        return
    bad = violations(values, support)
    rows = np.flatnonzero(bad if bad.ndim == 1 else bad.any(axis=1))
    source, span = state.model.source, statement.span
    if len(rows):
        example = float(values[bad].flat[0])
        cells = table.cells(column.name, rows)
        state.found.append(errors.outside_likelihood(source, span, column.name, support, cells, len(rows), example))
    elif support.name == SIMPLEX.name and values.ndim == 2:
        off = np.flatnonzero(np.abs(values.sum(axis=1) - 1) > 1e-6)
        if len(off):
            total = float(values[off[0]].sum())
            cells = table.cells(column.name, off)
            state.found.append(errors.not_a_simplex(source, span, column.name, cells, len(off), total))


def _category_sizes(state: _Data, statement: ir.Observed, column: ir.Column) -> None:
    """The arguments over a plate of their own have as many members as the category has levels, less `short`."""
    if not isinstance(statement.dist, ir.Call):
        return
    levels = len(state.coords[column.category])
    for parameter in statement.dist.row.parameters:
        own = dict(statement.dist.own).get(parameter.name)
        if parameter.extent is not Extent.OWN or own is None:
            continue
        if len(state.coords[own]) != levels - parameter.short:
            what = (
                f"`{column.name}` has {levels} levels, so `{parameter.name}` needs {levels - parameter.short} members, "
                f"and plate `{own}` has {len(state.coords[own])}"
            )
            state.found.append(errors.sizes_differ(state.model.source, statement.span, what))


def _sizes(state: _Data) -> None:
    """No value has more elements than a machine's memory holds."""
    for statement in state.model.statements:
        plates = tuple(dict.fromkeys((*statement.plates, *getattr(statement, "event", ()))))
        elements = prod(len(state.coords[ir.base_plate(plate)]) for plate in plates)
        if elements > MAX_ELEMENTS:
            state.found.append(errors.too_large(state.model.source, statement.span, plates, elements, MAX_ELEMENTS))


def _empty_groups(state: _Data) -> None:
    for plate in state.model.plates.values():
        columns = [c for c in state.model.columns.values() if c.category == plate.name]
        if not columns or plate.origin is ir.Origin.LEVELS:
            continue
        counts = np.zeros(len(state.coords[plate.name]), dtype=np.int64)
        for column in columns:
            counts += np.bincount(state.codes[column.name], minlength=len(counts))
        empty = [state.coords[plate.name][i] for i in np.flatnonzero(counts == 0)]
        if empty:
            state.warnings.append(errors.empty_groups(state.model.source, plate.span, plate.name, empty, len(empty)))


def _collinear(state: _Data) -> None:
    """Covariates of a table that the data cannot tell apart."""
    observed = {s.name for s in state.model.statements if isinstance(s, ir.Observed)}
    for name, table in state.tables.items():
        labels: list[str] = []
        parts: list[np.ndarray] = []
        for column in table.table.columns:
            if column.name in observed or column.name not in table.values:
                continue
            values = table.values[column.name]
            many = values.ndim == 2
            names = [f"{column.name}[{m}]" for m in state.coords[column.plates[1]]] if many else [column.name]
            varying = [i for i in range(len(names)) if not _is_intercept(column, i)]
            parts.append((values if many else values[:, None])[:, varying])
            labels += [names[i] for i in varying]
        if not labels:
            continue
        design = np.concatenate(parts, axis=1)
        rows, width = design.shape
        if rows <= width + 1 or design.size > MAX_COLLINEAR_CELLS:
            continue
        together = _dependent(design, labels)
        if together:
            state.warnings.append(errors.collinear(state.model.source, state.tables[name].table.span, name, together))


def _is_intercept(column: ir.Column, member: int) -> bool:
    """Whether a column was written as a number: the 1 of an intercept, which is meant to be constant."""
    expr = column.stack[member] if column.stack is not None else column.value
    return isinstance(expr, ir.RowValue)


def _dependent(design: np.ndarray, labels: list[str]) -> list[str]:
    """Columns of which, with a constant, a linear combination is zero."""
    spread = design.std(axis=0)
    flat = [label for label, s in zip(labels, spread, strict=True) if s == 0]
    if flat:
        return flat[:1]
    scaled = (design - design.mean(axis=0)) / spread
    values, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    if values[0] > 1e-10 * values[-1]:
        return []
    return [label for label, weight in zip(labels, np.abs(vectors[:, 0]), strict=True) if weight > 1e-6]


def _small_groups(state: _Data) -> None:
    """Centred hierarchies whose groups have few rows."""
    for statement in state.model.statements:
        if not isinstance(statement, ir.Sample) or ir.hierarchical_scale(statement) is None:
            continue
        for plate in statement.plates:
            columns = [c for c in state.model.columns.values() if c.category == plate]
            if not columns:
                continue
            size = len(state.coords[plate])
            counts = sum(np.bincount(state.codes[c.name], minlength=size) for c in columns)
            rows = float(np.median(counts))
            if rows < FEW_ROWS:
                state.warnings.append(few_rows(state.model.source, statement.span, statement.name, plate, rows))


# The program's arguments


def _argument(state: _Data, kind: object, dtype: torch.dtype) -> object:
    match kind:
        case Size(plate, short):
            return len(state.coords[plate]) - short
        case Values(name):
            table = state.tables[state.model.columns[name].plates[0]]
            return torch.tensor(table.values[name], dtype=dtype)
        case Codes(name):
            return torch.tensor(state.codes[name])
        case Position(plate, label):
            return _position(state, plate, label)
    raise AssertionError(kind)


def _position(state: _Data, plate: str, label: object) -> int:
    members = [str(member) for member in state.coords[plate]]
    if str(label) in members:
        return members.index(str(label))
    span = next(
        (
            index.span
            for statement in state.model.statements
            if isinstance(statement, ir.Let | ir.Sample | ir.Observed)
            for expr in ([statement.expr] if isinstance(statement, ir.Let) else ir.dist_exprs(statement.dist))
            for node in ir.walk(expr)
            if isinstance(node, ir.At)
            for at, index in node.indices
            if at == plate and isinstance(index, ir.Member) and index.label == label
        ),
        state.model.plates[plate].span,
    )
    state.found.append(errors.unknown_label(state.model.source, span, plate, label, nearest(str(label), members)))
    return 0


def _columns(state: _Data):
    """Columns for the results: what is observed, and the rest."""
    seen = {s.name for s in state.model.statements if isinstance(s, ir.Observed)}
    observed: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    constant: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    for name, column in state.model.columns.items():
        table = state.tables[column.plates[0]]
        values = state.codes[name] if column.category is not None else table.values.get(name)
        if values is not None:
            (observed if name in seen else constant)[name] = (column.plates, values)
    return observed, constant
