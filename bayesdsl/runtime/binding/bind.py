"""Data bound to a model: tables read, fitted together and held against the model, then made the program's arguments.

{"house": "radon.csv"}  ->  BoundData(inputs {n_county: 85, county_of_house: int64[919], ..}, ..)
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.lower.program import Program
from bayesdsl.lower.training import Training
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors, ranges
from bayesdsl.runtime.binding.arguments import argument_findings, arguments
from bayesdsl.runtime.binding.known import Known
from bayesdsl.runtime.binding.layers import layer_findings
from bayesdsl.runtime.binding.plates import Joined, join
from bayesdsl.runtime.binding.reading import NOT_GIVEN
from bayesdsl.runtime.binding.statements import MAX_ELEMENTS, calls, check_statements, expressions
from bayesdsl.runtime.binding.streaming import is_streamed, stream, stream_findings
from bayesdsl.runtime.binding.tables import BoundTable, bind_table
from bayesdsl.runtime.binding.training import training, training_of_parts
from bayesdsl.runtime.binding.warnings import warnings

__all__ = ["MAX_ELEMENTS", "BoundData", "TableFacts", "bind_data"]

# Numbered members, of which there may be a hundred million, are not written out beyond this: each takes 40 bytes.
MAX_LISTED = 100_000
# Distributions that leave missing values out of the likelihood: NaN is a value that their data may have.
LEAVE_OUT_MISSING = frozenset({"NanMaskedNormal", "NanMaskedMultivariateNormal"})


@dataclass(frozen=True)
class TableFacts:
    """What a run record says of a table: where it came from, its fingerprint (None for one in the spec), how many rows
    were used and how many left out."""

    plate: str
    source: str
    sha256: str | None
    rows: int
    rows_dropped: int


@dataclass(frozen=True)
class BoundData:
    """The program's arguments, the members of every plate, and what a run record says of the data.

    `observed` and `constant` are the columns by name: their plates and their values, for the results; categories are
    positions among their plate's members. `training` is what predictions of new rows have to know of these data.
    """

    inputs: dict[str, object]
    coords: dict[str, Sequence[object]]
    tables: tuple[TableFacts, ...]
    observed: dict[str, tuple[tuple[str, ...], np.ndarray]]
    constant: dict[str, tuple[tuple[str, ...], np.ndarray]]
    warnings: tuple[Diagnostic, ...] = ()
    training: Training | None = None


def bind_data(
    model: ir.Model,
    program: Program,
    data: Mapping[str, object] | None,
    base_dir: str | os.PathLike[str],
    dtype: torch.dtype,
) -> BoundData:
    """Bind data to a model.

    `data` maps names of tables to a path, an address, a frame or a dict of arrays, which take the place of the
    sources in the spec. Relative paths are meant from `base_dir`. Raises `BayesError` with every finding.
    """
    given, found = _given(model, data)
    streamed = [name for name, table in model.tables.items() if is_streamed(table, given.get(name, NOT_GIVEN))]
    by_column = _by_column(model, frozenset(program.batches))
    tables, in_tables = _tables(model, given, Path(base_dir), frozenset(streamed), by_column)
    if streamed:
        found += [*in_tables, *stream_findings(model, streamed)]
        return _bound_in_parts(model, program, given, Path(base_dir), dtype, streamed[0], tables, found)
    joined = join(model, tables)
    if found:
        # What was given under a wrong name may be what is not given under the right one.
        in_tables = [finding for finding in in_tables if finding.code != errors.NO_DATA]
    found += [*in_tables, *joined.found, *argument_findings(joined, program.inputs, dtype)]
    known, in_model = _against_model(joined)
    found += in_model
    found += layer_findings(joined)
    if found:
        raise BayesError(_in_order(found))
    return BoundData(
        arguments(joined, program.inputs, dtype),
        {name: members if len(members) > MAX_LISTED else list(members) for name, members in joined.members.items()},
        tuple(_facts(table) for table in tables.values()),
        *_columns(joined),
        warnings=_in_order(warnings(joined, known)),
        training=training(joined),
    )


def _in_order(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each finding once, in the order of the spec."""
    return tuple(sorted(dict.fromkeys(found), key=lambda d: d.primary.span.start if d.primary else -1))


def _given(model: ir.Model, data: Mapping[str, object] | None) -> tuple[dict[str, object], list[Diagnostic]]:
    """The data given by table; findings for what is given under other names."""
    if data is None:
        return {}, []
    known = list(model.tables)
    if not isinstance(data, Mapping):
        return {}, [errors.data_not_by_table(type(data).__name__, known)]
    given = {str(name): value for name, value in data.items()}
    unknown = [name for name in given if name not in model.tables]
    columns = [name for name in unknown if name in model.columns]
    if columns and columns == unknown:
        return {}, [errors.columns_without_table(columns, model.columns[columns[0]].plates[0])]
    return given, [errors.unknown_table(name, nearest(name, known), known) for name in unknown]


def _bound_in_parts(
    model: ir.Model,
    program: Program,
    given: Mapping[str, object],
    base_dir: Path,
    dtype: torch.dtype,
    plate: str,
    others: dict[str, BoundTable],
    found: list[Diagnostic],
) -> BoundData:
    """The data with one table that is read in parts. Its columns are not among those for the results, and what would be
    said of all its rows together, as of columns that go together, is not said."""
    if found:
        raise BayesError(_in_order(found))
    result = stream(
        model,
        plate,
        given.get(plate, NOT_GIVEN),
        others,
        program.inputs,
        base_dir=base_dir,
        gaps_allowed=_gaps_allowed(model),
        dtype=dtype,
        check=lambda joined: _against_model(joined)[1],
    )
    observed, constant = (
        {name: column for name, column in columns.items() if plate not in column[0]}
        for columns in _columns(result.joined)
    )
    facts = [_facts(table) for table in others.values()]
    facts.append(TableFacts(plate, result.name, result.sha256, result.rows, result.rows_dropped))
    known = training_of_parts(result.joined, plate, result.rows)
    return BoundData(result.inputs, dict(result.members), tuple(facts), observed, constant, training=known)


def _tables(
    model: ir.Model,
    given: Mapping[str, object],
    base_dir: Path,
    left_out: frozenset[str],
    by_column: frozenset[str],
) -> tuple[dict[str, BoundTable], list[Diagnostic]]:
    gaps_allowed = _gaps_allowed(model)
    tables: dict[str, BoundTable] = {}
    found: list[Diagnostic] = []
    for name, table in model.tables.items():
        if name in left_out:
            continue
        bound, findings = bind_table(model, table, given.get(name, NOT_GIVEN), base_dir, gaps_allowed, by_column)
        found += findings
        if bound is not None:
            tables[name] = bound
    return tables, found


def _by_column(model: ir.Model, batched: frozenset[str]) -> frozenset[str]:
    """Matrices that are laid out column after column: those that serve for linear predictors alone, with the same
    coefficients in each row. Machine code reads them so, many rows at a time; for other uses, and for minibatches, it
    reads them row by row."""
    nodes = [node for s in model.statements for expr in expressions(s) for node in ir.walk(expr)]
    read = Counter(node.name for node in nodes if _is_matrix(node))
    dots = [node.args for node in nodes if isinstance(node, ir.Reduce) and node.function == "dot"]
    pairs = [pair for one, other in dots for pair in ((one, other), (other, one))]
    in_dots = Counter(x.name for x, b in pairs if _is_matrix(x) and b.plates == x.plates[1:])
    observed = {statement.name for statement in model.of(ir.Observed)}
    return frozenset(
        name
        for name, times in in_dots.items()
        if times == read[name] and name not in observed and model.columns[name].plates[0] not in batched
    )


def _is_matrix(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Ref) and expr.kind is ir.Kind.COLUMN and len(expr.plates) == 2


def _gaps_allowed(model: ir.Model) -> frozenset[str]:
    """Columns that are only observed, by a likelihood that leaves missing values out."""
    leaving = {
        statement.name
        for statement in model.of(ir.Observed)
        if all(call.row.name in LEAVE_OUT_MISSING for call in calls(statement.dist))
    }
    read = {
        node.name
        for statement in model.statements
        for expr in expressions(statement)
        for node in ir.walk(expr)
        if isinstance(node, ir.Ref)
    }
    return frozenset(leaving - read)


def _against_model(joined: Joined) -> tuple[Known, list[Diagnostic]]:
    """What the data show to be wrong with the model's statements, and the statements' known values."""
    model = joined.model
    changed = ranges.beyond_the_spec(joined)
    known = Known(joined, model.statements)
    checked = check_statements(joined, known)
    still = {name: values for name, values in changed.items() if name not in checked.columns}
    if not still:
        return known, checked.found
    again, found = ranges.check_again(model, still)
    if again is None:
        return known, [*checked.found, *found]
    known = Known(joined, again.statements)
    return known, check_statements(joined, known).found


def _facts(table: BoundTable) -> TableFacts:
    rows = len(table.rows)
    return TableFacts(table.table.plate, table.raw.name, table.raw.sha256, rows, table.raw.rows - rows)


def _columns(joined: Joined) -> tuple[dict[str, tuple[ir.Plates, np.ndarray]], ...]:
    """Columns for the results: what is observed, and the rest."""
    seen = {statement.name for statement in joined.model.of(ir.Observed)}
    observed: dict[str, tuple[ir.Plates, np.ndarray]] = {}
    constant: dict[str, tuple[ir.Plates, np.ndarray]] = {}
    for name, column in joined.model.columns.items():
        values = joined.codes[name] if column.category is not None else joined.values[name]
        (observed if name in seen else constant)[name] = (column.plates, values)
    return observed, constant
