"""Given values in place of those of the spec: the checker is asked again where they lie in another range.

Of values in place that are declared without a type, the checker takes for granted that they lie in their own range:
`sigma = [15, 10]` may be a scale. Data that replace them keep to no such range. So the spec is checked once more with
the extremes of the given values in their place, which stand for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bayesdsl.check import check
from bayesdsl.check.types import literal_support
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.plates import Joined
from bayesdsl.syntax import ast
from bayesdsl.syntax.parser import Parsed, parse

Witnesses = tuple[float | int, ...]
WITNESSES = 3


def beyond_the_spec(joined: Joined) -> dict[str, Witnesses]:
    """Columns of replaced tables whose given values leave the range that was checked, and three of these values."""
    found: dict[str, Witnesses] = {}
    for table in joined.tables.values():
        for column in table.table.columns:
            if not table.replaced or column.literal is None or column.type is not None:
                continue
            values = joined.values.get(column.name)
            if values is None:
                continue
            witnesses = _witnesses(values)
            if not literal_support(witnesses).within(column.support):
                found[column.name] = witnesses
    return found


def _witnesses(values: np.ndarray) -> Witnesses:
    """The least and the greatest value, and one that is not whole if there is one."""
    fractions = values[values != np.floor(values)]
    return tuple(_plain(v) for v in (values.min(), values.max(), fractions[0] if len(fractions) else values.min()))


def _plain(value: np.floating) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def check_again(model: ir.Model, columns: Mapping[str, Witnesses]) -> tuple[ir.Model | None, list[Diagnostic]]:
    """The model with these values in place of the spec's; None, with findings, where it has errors on them."""
    spec = parse(model.source).spec
    changed = {model.columns[name].plates[0] for name in columns}
    statements = tuple(
        _with_witnesses(model, statement, columns)
        if isinstance(statement, ast.Data) and statement.plate.name in changed
        else statement
        for statement in spec.statements
    )
    checked = check(Parsed(replace(spec, statements=statements), ()))
    ranges = [(name, model.columns[name].support, literal_support(values)) for name, values in columns.items()]
    return checked.model, [errors.on_given_values(finding, ranges) for finding in checked.errors]


def _with_witnesses(model: ir.Model, data: ast.Data, columns: Mapping[str, Witnesses]) -> ast.Data:
    """A data block with these values in the columns, and its own in the others, as many in each."""
    lists = [item.value.items for item in data.items if _values_of(model, item) is not None]
    rows = max(WITNESSES, *map(len, lists))
    items = tuple(
        replace(item, value=_list(item.value, columns.get(item.target.name), rows))
        if _values_of(model, item) is not None
        else item
        for item in data.items
    )
    return replace(data, items=items)


def _values_of(model: ir.Model, item: ast.DataItem) -> tuple[float | int | str, ...] | None:
    return model.columns[item.target.name].literal if isinstance(item, ast.Column) else None


def _list(written: ast.ListOf, given: Witnesses | None, rows: int) -> ast.ListOf:
    """A list of `rows` values: those given, or else those written, and the first of them as often as is needed."""
    items = written.items if given is None else tuple(ast.Num(value, written.span) for value in given)
    return ast.ListOf((*items, *(items[:1] * (rows - len(items)))), written.span)
