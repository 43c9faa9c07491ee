"""The columns that a predictor computes from those of a source, as the method of its module that does so.

flipper : real = zscore(flipper_length_mm)   ->   if "penguin.flipper" in numbers:
                                                      flipper = numbers["penguin.flipper"].to(torch.float64)
                                                  else:
                                                      flipper = (self.number(..) - 200.9) / 14.1
                                                  columns["penguin.flipper"] = flipper
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from bayesdsl.lower.columns import FLOAT, RowExpressions, names
from bayesdsl.lower.names import Names
from bayesdsl.lower.training import TrainedTable
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py
from bayesdsl.source import Span

# What a predictor calls its own.
OWN_NAMES = (
    "self",
    "numbers",
    "texts",
    "columns",
    "fresh",
    "generator",
    "seed",
    "number",
    "samplers",
    "drawn",
    "Base",
    "Predictor",
    "layers",
)


class Quote(TypedDict, total=False):
    """Where a statement comes from, and the line it quotes."""

    origin: int
    comment: str


@dataclass
class Prepared:
    """The columns of one table. `quote` gives the spec's line to a statement."""

    model: ir.Model
    trained: TrainedTable
    table: str
    quote: Callable[[Span], Quote]

    def __post_init__(self) -> None:
        self.rows = RowExpressions(self.model, self.trained)

    def needed(self, read: set[str]) -> list[str]:
        """The columns of the table that are read, and those that these are computed from, in their order."""
        table, trained, needed = self.model.tables[self.table], self.trained, set(read)
        for column in reversed(table.columns):
            if column.name in needed:
                sources = {leaf.name for expr in parts(column, trained.patterns) for leaf in names(expr)}
                needed |= sources - set(trained.sources) - {column.name}
        return [column.name for column in table.columns if column.name in needed]

    def function(self, needed: list[str]) -> py.FunctionDef:
        """The method that computes these columns."""
        made = py.Name("columns")
        body: list[py.Stmt] = [py.AnnAssign(made, dict_of("Tensor"), py.Dict())]
        variables = Names()
        for name in OWN_NAMES:
            variables.fresh(name)
        for column in self.model.tables[self.table].columns:
            if column.name in needed:
                body += self._column(column, variables.of(column.name))
        body.append(py.Return(made))
        params = (
            py.Param("self"),
            py.Param("numbers", annotation=dict_of("Tensor")),
            py.Param("texts", annotation=dict_of(py.index("list", py.Name("str")))),
            py.Param("fresh", annotation=dict_of(dict_of("int"))),
        )
        doc = "The columns of the spec that predictions need, from those of its source."
        return py.FunctionDef("columns", params, tuple(body), docstring=doc, returns=dict_of("Tensor"))

    def _column(self, column: ir.Column, variable: str) -> list[py.Stmt]:
        rows = self.rows
        key = f"{self.table}.{column.name}"
        test = py.Compare("in", py.Constant(key), py.Name("numbers"))
        kind = py.dotted("torch.int64") if column.category is not None else FLOAT
        given = py.assign(variable, py.method(py.index("numbers", key), "to", kind))
        computed = py.assign(variable, self._value(column))
        rows.variables[column.name] = variable
        if column.category is not None:
            rows.categories[column.name] = column.category
        elif len(column.plates) > 1:
            rows.matrices.add(column.name)
        quote = self.quote(column.span)
        return [
            py.If(test, (given,), (computed,), **quote),
            py.assign(py.index("columns", key), py.Name(variable), origin=quote["origin"]),
        ]

    def _value(self, column: ir.Column) -> py.Expr:
        rows, trained = self.rows, self.trained
        exprs = parts(column, trained.patterns)
        if column.category is not None:
            return rows.category(exprs[0], column.category)
        count = py.method("self", "rows", py.Name("numbers"), py.Name("texts"))
        if len(column.plates) == 1:
            value = rows.values(exprs[0])
            return value if any(True for _ in names(exprs[0])) else py.method(value, "expand", py.List((count,)))
        order = trained.orders.get(column.name)
        if len(exprs) == 1 and rows.is_matrix(exprs[0]):
            value = rows.values(exprs[0])
            return value if order is None else py.index(value, slice(None), py.call("torch.tensor", list(order)))
        side = [rows.values(expr) for expr in exprs]
        side = side if order is None else [side[place] for place in order]
        return py.method("self", "matrix", py.List(tuple(side)), count)


def parts(column: ir.Column, patterns: dict[str, tuple[str, ...]]) -> tuple[ir.RowExpr, ...]:
    """The expressions of a column over the source's columns, one or one for each column of a matrix."""
    if column.stack is not None:
        return column.stack
    if column.value is not None:
        return (column.value,)
    if column.pattern is not None:
        return tuple(ir.RowName(name, column.span) for name in patterns[column.name])
    return (ir.RowName(column.name, column.span),)


def dict_of(value: str | py.Expr) -> py.Expr:
    """The annotation `dict[str, value]`."""
    return py.index("dict", py.Name("str"), py.Name(value) if isinstance(value, str) else value)
