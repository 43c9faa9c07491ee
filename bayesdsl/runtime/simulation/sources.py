"""Which columns of a source a table's columns are computed from.

log_gdp : real = log(gdp); twice : real = 2 * log_gdp   ->   log(gdp), 2 * log(gdp)

A source that is made up has the columns that the spec asks for and no others, so a name that an expression uses is a
constant of the spec, a column declared above, or else a column of the source.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from bayesdsl.model import ir
from bayesdsl.runtime.binding.cells import Cells
from bayesdsl.runtime.binding.columns import Evaluator, Readings, names
from bayesdsl.runtime.sources.memory import read_memory
from bayesdsl.source import Source, Span

Values = dict[str, np.ndarray]
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Part:
    """A column, or one column of a matrix: its expression over the source's columns and constants alone.

    `width` is None, or the number of columns where the source holds the matrix as a whole.
    """

    column: ir.Column
    expr: ir.RowExpr
    width: int | None = None

    @property
    def category(self) -> str | None:
        return self.column.category


def parts(
    model: ir.Model, table: ir.Table, labels: Mapping[str, Sequence[str]], matched: Sequence[str] = ()
) -> list[Part]:
    """Every column of a table in the order of the spec. `labels` are the members of plates; `matched` are columns of a
    source that is there, which a pattern finds its own among."""
    found: list[Part] = []
    above: dict[str, ir.RowExpr] = {}
    leaves: set[str] = set()
    for column in table.columns:
        written = _written(column, labels, matched)
        resolved = [_resolved(expr, above, leaves, model.constants) for expr in written]
        for expr in resolved:
            leaves |= sources_of(expr, model.constants)
        if column.value is not None:
            above[column.name] = resolved[0]
        whole = len(column.plates) > 1 and column.stack is None and column.pattern is None
        width = len(labels[ir.base_plate(column.plates[1])]) if whole else None
        found += [Part(column, expr, width) for expr in resolved]
    return found


def _written(column: ir.Column, labels: Mapping[str, Sequence[str]], matched: Sequence[str]) -> Sequence[ir.RowExpr]:
    if column.stack is not None:
        return column.stack
    if column.value is not None:
        return (column.value,)
    if column.pattern is None:
        return (ir.RowName(column.name, column.span),)
    there = [name for name in matched if fnmatchcase(name, column.pattern)]
    named = there or named_by(column.pattern, labels[ir.base_plate(column.plates[1])])
    return tuple(ir.RowName(name, column.span) for name in named)


def named_by(pattern: str, labels: Sequence[str]) -> list[str]:
    """The columns of a matrix: the members' names where the pattern matches them, else as many that it matches."""
    fitting = all(fnmatchcase(label, pattern) for label in labels)
    return list(labels) if fitting else pattern_names(pattern, len(labels))


def _resolved(
    expr: ir.RowExpr, above: Mapping[str, ir.RowExpr], leaves: set[str], constants: Mapping[str, float]
) -> ir.RowExpr:
    match expr:
        case ir.RowName(name) if name in above and name not in leaves and name not in constants:
            return above[name]
        case ir.RowCall(function, args, span):
            return ir.RowCall(function, tuple(_resolved(arg, above, leaves, constants) for arg in args), span)
    return expr


def sources_of(expr: ir.RowExpr, constants: Mapping[str, float]) -> set[str]:
    """The columns of the source that a resolved expression reads."""
    return {name.name for name in names(expr) if name.name not in constants}


def pattern_names(pattern: str, number: int) -> list[str]:
    """So many names that a pattern matches: `x*` gives x1, x2, ..; fewer where it matches no more."""
    pieces = re.split(r"(\*|\?|\[[^]]+\])", pattern)
    wild = [i for i, piece in enumerate(pieces) if piece and (piece in "*?" or piece.startswith("["))]

    def named(count: int) -> str:
        digits, filled = str(count), list(pieces)
        for i in wild:
            piece = filled[i]
            filled[i] = piece.strip("[]!")[0] if piece.startswith("[") else "1"
        star = next((i for i in wild if pieces[i] == "*"), wild[0] if wild else None)
        if star is not None and not pieces[star].startswith("["):
            filled[star] = digits
        return "".join(filled)

    candidates = (named(count) for count in range(1, number + 1))
    return list(dict.fromkeys(name for name in candidates if fnmatchcase(name, pattern)))


def compared(exprs: Sequence[ir.RowExpr], name: str) -> list[float | int | str]:
    """The numbers and texts that a name is compared with."""
    return list(dict.fromkeys(itertools.chain.from_iterable(_compared(expr, name) for expr in exprs)))


def _compared(expr: ir.RowExpr, name: str) -> Iterator[float | int | str]:
    match expr:
        case ir.RowCall("==" | "!=" | "<" | "<=" | ">" | ">=", (ir.RowName(found), ir.RowValue(value))) if (
            found == name
        ):
            yield value
        case ir.RowCall("==" | "!=" | "<" | "<=" | ">" | ">=", (ir.RowValue(value), ir.RowName(found))) if (
            found == name
        ):
            yield value
        case ir.RowCall(_, args):
            for arg in args:
                yield from _compared(arg, name)


def evaluate(source: Source, expr: ir.RowExpr, values: Values, constants: Mapping[str, float], rows: int) -> np.ndarray:
    """The values of a resolved expression, as binding computes them; NaN where they are missing.

    Raises `Rejected` where it has none on these columns.
    """
    given = {name: values[name] for name in sources_of(expr, constants)} or {"row": np.zeros(rows)}
    raw = read_memory(given, "simulated", None)
    cells: Cells = Evaluator(source, Readings(raw), constants).evaluate(expr)
    found = np.broadcast_to(cells.values, (rows,)) if cells.values.ndim == 0 else cells.values
    return np.array(found) if cells.absent is None else np.where(cells.absent, np.nan, found)


def place(part: Part) -> Span:
    """Where a finding about a part points: what is computed, or the column where nothing is."""
    return part.expr.span if part.column.value is not None or part.column.stack is not None else part.column.span
