"""Tables without what is drawn, which is how the rest is read.

data nation { where present(gdp); rugged : real; log_gdp : real = log(gdp) }, log_gdp drawn
->  data nation { rugged : real }, with the condition only if the data have gdp
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bayesdsl.model import ir
from bayesdsl.runtime.simulation.sources import sources_of
from bayesdsl.runtime.sources.options import read_options
from bayesdsl.runtime.sources.table import RawColumn


def reduced(
    table: ir.Table, drawn: frozenset[str], constants: Mapping[str, float], available: Sequence[str] | None = None
) -> ir.Table:
    """The table without the columns `drawn`; with `available`, the columns that there are, without conditions on those
    of the source that only drawn columns read and that are not there."""
    columns = tuple(column for column in table.columns if column.name not in drawn)
    where = table.where
    if available is not None:
        absent = only_drawn(table, drawn, constants) - set(available)
        where = tuple(condition for condition in where if not sources_of(condition, constants) & absent)
    return replace(table, columns=columns, where=where)


def only_drawn(table: ir.Table, drawn: frozenset[str], constants: Mapping[str, float]) -> set[str]:
    """The columns of a source that only drawn columns are computed from."""
    read: dict[bool, set[str]] = {True: set(), False: set()}
    for column in table.columns:
        exprs = column.stack or ((column.value,) if column.value is not None else ())
        names = {name for expr in exprs for name in sources_of(expr, constants)}
        if not exprs and column.pattern is None:
            names = {column.name}
        read[column.name in drawn] |= names
    return read[True] - read[False] - {table.key}


def asked_for(table: ir.Table) -> tuple[str, ...]:
    """Columns that the options of a source name."""
    settings = read_options(dict(table.options), table.plate)
    return (*(settings.header or ()), *(settings.columns or ()))


def plain(column: RawColumn, rows: np.ndarray, as_labels: bool) -> np.ndarray:
    """A column on these rows: numbers where it is one of numbers, else texts, "" where missing."""
    if not as_labels:
        reals = column.as_real()
        if not np.isin(reals.bad_rows, rows).any():
            return reals.values[rows]
    elif not column.is_text:
        return column.cells[rows]
    texts = column.as_text()[rows]
    return np.array(["" if text is None else text for text in texts.tolist()])
