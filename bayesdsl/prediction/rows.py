"""The rows to predict: new data held against the spec, a grid, or the rows of the fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.lower.columns import names
from bayesdsl.lower.prepared import parts
from bayesdsl.model import ir
from bayesdsl.prediction import errors
from bayesdsl.prediction.build import Built
from bayesdsl.runtime.binding import errors as binding_errors
from bayesdsl.runtime.binding.plates import positions_of
from bayesdsl.runtime.binding.tables import BoundTable, bind_rows
from bayesdsl.runtime.sources.read import read_source
from bayesdsl.runtime.sources.table import RawTable

MOST_ROWS = 10_000_000
SHOWN_ROWS = 5
ROUNDING = 1e-14

Values = Sequence[Any] | np.ndarray


@dataclass(frozen=True, eq=False)
class Rows:
    """What a predictor is given, and what the rows are told apart by.

    `identity` are columns by name, of one value a row. `of_fit` says that they are the rows of the fit.
    """

    numbers: dict[str, torch.Tensor]
    texts: dict[str, list[str]]
    identity: dict[str, np.ndarray]
    of_fit: bool = False

    @property
    def count(self) -> int:
        return len(next(iter(self.numbers.values())))


def rows_to_predict(
    built: Built,
    data: object | None,
    grid: Mapping[str, Any] | None,
    at: Mapping[str, Any] | None,
    base_dir: Path = Path(),
) -> Rows:
    """The rows that are asked for; those of the fit where nothing is. Raises `BayesError` with every finding."""
    if data is not None:
        if grid or at:
            raise BayesError((errors.grid_and_data(),))
        table = built.trained.model.tables[built.table]
        return _rows_of(built, read_source(data, dict(table.options), base_dir, name=built.table, replaced=True))
    if grid or at:
        columns = _grid(built, grid or {}, at or {})
        return _rows_of(built, read_source(columns, {}, base_dir, name=built.table, replaced=True), list(columns))
    return _rows_of_the_fit(built)


# The rows of the fit


def _rows_of_the_fit(built: Built) -> Rows:
    trained, table = built.trained, built.table
    count = trained.training.tables[table].rows
    if not all(name in trained.columns for name in built.program.columns):
        raise BayesError((errors.rows_not_kept(trained.model, table),))
    numbers = {table: torch.arange(count)}
    identity = {table: trained.rows(table)}
    for name in built.program.columns:
        values = trained.columns[name][1]
        column = trained.model.columns[name]
        whole = column.category is not None
        numbers[f"{table}.{name}"] = torch.tensor(values, dtype=torch.int64 if whole else torch.float64)
        if whole:
            identity[name] = np.asarray(trained.labels(column.category), dtype=object)[values]
        elif values.ndim == 1:
            identity[name] = values
    return Rows(numbers, {}, identity, of_fit=True)


# New rows


def _rows_of(built: Built, raw: RawTable, shown: list[str] | None = None) -> Rows:
    """All rows of a source. `shown` are the columns that tell them apart, all by default."""
    trained, table = built.trained, _table(built, raw)
    facts = trained.training.tables[built.table]
    wanted = {*facts.sources, *(c.name for c in table.columns if _is_plain(c))}
    used = replace(raw, columns={name: column for name, column in raw.columns.items() if name in wanted})
    bound, found = bind_rows(trained.model, table, used, facts.statistics)
    found = [errors.missing_values(d) if d.code == "BD751" else d for d in found]
    found += [d for column in table.columns for d in _unseen(built, bound, column)]
    numbers = {built.table: torch.tensor(_places(built, raw, found), dtype=torch.int64)}
    if found:
        raise BayesError(tuple(dict.fromkeys(found)))
    for column in table.columns:
        if _is_direct(built, column):
            numbers[f"{built.table}.{column.name}"] = _direct(built, bound, column)
    readings = bound.evaluator.readings
    numbers |= {name: torch.tensor(readings.reals(name).values) for name in built.program.numbers if name in readings}
    texts = {name: _texts(used, name) for name in built.program.texts if name in readings}
    identity = {name: _shown(raw, name) for name in shown or raw.columns if raw.columns[name].width is None}
    return Rows(numbers, texts, identity)


def _texts(raw: RawTable, name: str) -> list[str]:
    return ["" if text is None else text for text in raw.columns[name].as_text().tolist()]


def _shown(raw: RawTable, name: str) -> np.ndarray:
    """A column as it was given: numbers where it has nothing else."""
    column = raw.columns[name]
    reals = column.as_real()
    if not len(reals.bad_rows) and column.kind != "bool":
        whole = np.isfinite(reals.values).all() and (reals.values == reals.values.round()).all()
        return reals.values.astype(np.int64) if whole and np.abs(reals.values).max() < 2**53 else reals.values
    return column.as_text()


def _table(built: Built, raw: RawTable) -> ir.Table:
    """The table as new rows have it: the columns that predictions need, of which any may be given itself."""
    table = built.trained.model.tables[built.table]
    columns = tuple(
        _given_itself(column) if _given_so(built, column, raw) else column
        for column in table.columns
        if column.name in built.program.columns
    )
    return replace(table, columns=columns, where=(), drop_missing=False, key=None)


def _given_so(built: Built, column: ir.Column, raw: RawTable) -> bool:
    """Whether a column is given under its own name and not by what it is computed from."""
    facts = built.trained.training.tables[built.table]
    if column.name not in raw.columns or column.name in facts.sources:
        return False
    return not all(name in raw.columns for name in leaves(built, column))


def _given_itself(column: ir.Column) -> ir.Column:
    return replace(column, value=None, stack=None, pattern=None, literal=None)


def _is_plain(column: ir.Column) -> bool:
    return column.value is None and column.stack is None and column.pattern is None


def _is_direct(built: Built, column: ir.Column) -> bool:
    """Whether a column of new rows was given itself, where the spec computes it."""
    return _is_plain(column) and column.name not in built.trained.training.tables[built.table].sources


def _direct(built: Built, bound: BoundTable, column: ir.Column) -> torch.Tensor:
    if column.category is None:
        return torch.tensor(bound.values[column.name])
    labels = bound.labels[column.name]
    places = positions_of(labels.texts, built.trained.labels(column.category))
    return torch.tensor(np.asarray(places, dtype=np.int64)[labels.positions])


def leaves(built: Built, column: ir.Column) -> list[str]:
    """The columns of the source that a column is computed from."""
    facts = built.trained.training.tables[built.table]
    declared = {c.name: c for c in built.trained.model.tables[built.table].columns}
    found: dict[str, None] = {}
    for expr in parts(column, facts.patterns):
        for leaf in names(expr):
            if leaf.name in facts.sources:
                found[leaf.name] = None
            elif leaf.name in declared and leaf.name != column.name:
                found |= dict.fromkeys(leaves(built, declared[leaf.name]))
    return list(found)


# Levels and rows that the fit does not know


def _unseen(built: Built, bound: BoundTable, column: ir.Column) -> list[Diagnostic]:
    """Levels that are neither the fit's nor to be drawn."""
    if column.category is None or column.name not in bound.labels:
        return []
    redrawn = column.category in built.program.plan.redraws and not _is_direct(built, column)
    if redrawn:
        return []
    labels, known = bound.labels[column.name], built.trained.labels(column.category)
    places = np.asarray(positions_of(labels.texts, known), dtype=np.int64)
    unknown = places[labels.positions] < 0
    if not unknown.any():
        return []
    counts = Counter(labels.texts[i] for i in labels.positions[unknown])
    plate = built.trained.model.plates[column.category]
    source, cells = built.trained.model.source, bound.cells(column.name, unknown)
    finding = binding_errors.unseen_levels(source, column.span, plate, counts, known, frozenset(), cells)
    return [errors.unseen(finding, plate.name, built.program.plan.fixed.get(plate.name))]


def _places(built: Built, raw: RawTable, found: list[Diagnostic]) -> np.ndarray:
    """The rows' positions among those of the fit, by their keys; -1 for rows that it does not know."""
    places = np.full(raw.rows, -1, dtype=np.int64)
    if built.key is not None and built.key in raw.columns:
        places[:] = positions_of(_texts(raw, built.key), built.trained.labels(built.table))
    unknown = np.flatnonzero(places < 0)
    if built.program.local and len(unknown):
        first = [int(row) + 1 for row in unknown[:SHOWN_ROWS]]
        model, latents = built.trained.model, built.program.local
        found.append(errors.rows_unknown(model, built.table, latents, len(unknown), first))
    return places


# Grids


def _grid(built: Built, grid: Mapping[str, Any], at: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The columns of the product of grids, the last one moving fastest, beside what is fixed."""
    values = {name: points(name, value) for name, value in grid.items()}
    values |= {name: [value] for name, value in at.items() if name not in values}
    sources = [name for name in (*built.program.numbers, *built.program.texts)]
    known = list(dict.fromkeys((*sources, *built.program.columns)))
    found = [errors.unknown_column(name, built.table, known) for name in values if name not in known]
    if found:
        raise BayesError(tuple(found))
    missing = _missing(built, set(values))
    if missing:
        raise BayesError((errors.missing_from_grid(missing, list(values)),))
    rows = int(np.prod([len(column) for column in values.values()], dtype=object))
    if rows > MOST_ROWS:
        raise BayesError((errors.large_grid(rows, MOST_ROWS),))
    return dict(zip(values, map(list, zip(*product(*values.values()))), strict=True))


def _missing(built: Built, given: set[str]) -> list[str]:
    """What a grid would have to say besides."""
    facts = built.trained.training.tables[built.table]
    missing: dict[str, None] = {}
    for name in built.program.columns:
        column = built.trained.model.columns[name]
        if name in given and name not in facts.sources:
            continue
        lacking = [leaf for leaf in leaves(built, column) if leaf not in given]
        if lacking:
            # A column of the spec is easier to give than what it is computed from, if that has another name.
            missing |= dict.fromkeys([name] if name not in facts.sources else lacking)
    return list(missing)


def points(name: str, value: Any) -> list[Any]:
    """The values of a grid: a sequence, or text as `LOW:HIGH:NUMBER` or `VALUE,VALUE,..`. Raises `BayesError`."""
    if not isinstance(value, str):
        return np.asarray(value).ravel().tolist()
    if ":" not in value:
        found = [part.strip() for part in value.split(",")]
        if not all(found):
            raise BayesError((errors.bad_grid(name, value, "has an empty value"),))
        return found
    try:
        low, high, number = value.split(":")
        ends, count = (float(low), float(high)), int(number)
    except ValueError:
        raise BayesError((errors.bad_grid(name, value, "is not two numbers and how many points"),)) from None
    if not np.isfinite(ends).all() or not 1 <= count <= MOST_ROWS:
        raise BayesError((errors.bad_grid(name, value, f"needs finite ends and 1 to {MOST_ROWS:,} points"),))
    values = np.linspace(*ends, count)
    # A point that should be 0 comes out some rounding away from it.
    values[np.abs(values) < ROUNDING * np.abs(values).max()] = 0.0
    return values.tolist()
