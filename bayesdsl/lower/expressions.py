"""Expressions as torch code, each tensor laid out so that it broadcasts in its place.

    a[county] + b * basement   in the layout (house)   ->   a[county_of_house] + b * basement
    dot[feature](x, beta)      in the layout (sample)  ->   x @ beta
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS, REDUCTIONS, SCANS
from bayesdsl.lower.inputs import Inputs
from bayesdsl.lower.layout import Layout, align, without
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGICAL = frozenset({"and", "or", "not"})
TRUTHS = COMPARISONS | LOGICAL | {"any", "all"}
# Reductions of torch that a method says as well, and those that take one dimension at a time.
METHODS = {"sum": "sum", "mean": "mean", "min": "amin", "max": "amax", "sd": "std", "var": "var"}
ONE_BY_ONE = frozenset({"prod", "any", "all"})


@dataclass
class Expressions:
    """Lowers expressions. `layouts` is how each value of the program is laid out, by its name in the spec."""

    inputs: Inputs
    layouts: dict[str, Layout] = field(default_factory=dict)

    def lower(self, expr: ir.Expr, target: Layout) -> py.Expr:
        """A tensor that broadcasts against `target`, or a Python number."""
        node = self._lower(expr, target)
        return py.method(node, "to", py.Name("DTYPE")) if _is_truth(expr) else node

    def tensor(self, expr: ir.Expr, target: Layout) -> py.Expr:
        """As `lower`, with known numbers as tensors of the program's dtype."""
        node = self.lower(expr, target)
        return real(node) if is_number(expr) else node

    def _lower(self, expr: ir.Expr, target: Layout) -> py.Expr:
        match expr:
            case ir.Number(value):
                return py.Constant(value)
            case ir.Ref(name):
                return align(self.inputs.value(name), self._layout(expr), target)
            case ir.At():
                return self._at(expr, target)
            case ir.Apply():
                return self._apply(expr, target)
            case ir.Reduce(keeps=True):
                return self._scan(expr, target)
            case ir.Reduce():
                return self._reduce(expr, target)
            case _:
                assert_never(expr)

    def _layout(self, ref: ir.Ref) -> Layout:
        return self.layouts[ref.name]

    # Indexing

    def _at(self, expr: ir.At, target: Layout) -> py.Expr:
        node = self.inputs.value(expr.base.name)
        layout = self._layout(expr.base)
        indices = dict(expr.indices)
        members = {p: i for p, i in indices.items() if isinstance(i, ir.Member)}
        if members:
            items = [
                self.inputs.member(plate, members[plate].label) if plate in members else slice(None) for plate in layout
            ]
            node = py.index(node, *_without_tail(items))
            layout = tuple(plate for plate in layout if plate not in members)
        renamed = {p: i.plate for p, i in indices.items() if isinstance(i, ir.Rename)}
        layout = tuple(renamed.get(plate, plate) if plate is not None else None for plate in layout)
        rows = {p: i.column for p, i in indices.items() if isinstance(i, ir.Rows)}
        if rows:
            node, layout = self._gather(node, layout, rows)
        return align(node, layout, target)

    def _gather(self, node: py.Expr, layout: Layout, rows: dict[str, str]) -> tuple[py.Expr, Layout]:
        """Members picked by row: the indexed dimensions become those of the tables, in the place of the first."""
        tables = tuple(dict.fromkeys(self.inputs.model.columns[column].plates[0] for column in rows.values()))
        items: list[object] = []
        places = []
        for i, plate in enumerate(layout):
            if plate in rows:
                column = rows[plate]
                table = self.inputs.model.columns[column].plates[0]
                items.append(align(self.inputs.codes(column), (table,), tables))
                places.append(i)
            else:
                items.append(slice(None))
        together = places == list(range(places[0], places[-1] + 1))
        first = places[0] if together else 0
        kept = [plate for plate in layout if plate not in rows]
        # A table's own dimension that is already there takes the same rows.
        result = (*kept[:first], *tables, *kept[first:])
        return py.index(node, *_without_tail(items)), result

    # Functions

    def _apply(self, expr: ir.Apply, target: Layout) -> py.Expr:
        name = expr.function
        if name in COMPARISONS:
            return py.Compare(name, *(self.lower(arg, target) for arg in expr.args))
        if name in LOGICAL:
            return py.call(OPERATORS[name].torch, *(self._truth(arg, target) for arg in expr.args))
        if name == "neg":
            return py.UnaryOp("-", self.lower(expr.args[0], target))
        if name in OPERATORS:
            op = "**" if name == "^" else name
            return py.BinOp(op, *(self.lower(arg, target) for arg in expr.args))
        row = FUNCTIONS[name]
        if name == "where":
            condition, *values = expr.args
            return py.call(row.torch, self._truth(condition, target), *(self.tensor(v, target) for v in values))
        return py.call(row.torch, *(self.tensor(arg, target) for arg in expr.args))

    def _truth(self, expr: ir.Expr, target: Layout) -> py.Expr:
        """A condition as a tensor of bools."""
        node = self._lower(expr, target)
        if _is_truth(expr):
            return node
        return py.Compare("!=", real(node) if is_number(expr) else node, py.Constant(0))

    # Reductions

    def _reduce(self, expr: ir.Reduce, target: Layout) -> py.Expr:
        inside = (*without(target, expr.over), *expr.over)
        product = self._matrix_product(expr, target)
        if product is not None:
            return product
        if expr.function == "dot":
            body = py.binary("*", *(self.lower(arg, inside) for arg in expr.args))
            return self._summed("sum", body, len(expr.over))
        return self._summed(expr.function, self.tensor(expr.args[0], inside), len(expr.over))

    def _summed(self, function: str, body: py.Expr, count: int) -> py.Expr:
        dims = tuple(range(-count, 0)) if count > 1 else -1
        if function in METHODS:
            return py.method(body, METHODS[function], dims)
        row = REDUCTIONS[function]
        if function in ONE_BY_ONE:
            for _ in range(count):
                body = py.call(row.torch, body, -1)
            return body
        return py.call(row.torch, body, dims)

    def _matrix_product(self, expr: ir.Reduce, target: Layout) -> py.Expr | None:
        """`dot[feature](x, beta)` or `sum[feature](x * beta)` as `x @ beta`, where the layouts are those of a product."""
        match expr:
            case ir.Reduce("dot", (plate,), (left, right)):
                pass
            case ir.Reduce("sum", (plate,), (ir.Apply("*", (left, right)),)):
                pass
            case _:
                return None
        for matrix, vector in ((left, right), (right, left)):
            rows = tuple(p for p in matrix.plates if p != plate)
            if (
                isinstance(matrix, ir.Ref)
                and isinstance(vector, ir.Ref)
                and self._layout(matrix) == (*rows, plate)
                and len(rows) == 1
                and self._layout(vector) == (plate,)
                and rows == target[-1:]
            ):
                return py.BinOp("@", self.inputs.value(matrix.name), self.inputs.value(vector.name))
        return None

    def _scan(self, expr: ir.Reduce, target: Layout) -> py.Expr:
        (plate,) = expr.over
        where = target if plate in target else (*target, plate)
        node = self.lower(expr.args[0], where)
        dim = where.index(plate) - len(where)
        return py.call(SCANS[expr.function].torch, node, dim)


def real(node: py.Expr) -> py.Expr:
    """A Python number as a tensor of the program's dtype."""
    return py.call("real", node)


def is_number(expr: ir.Expr) -> bool:
    """Whether an expression is lowered to a Python number."""
    match expr:
        case ir.Number():
            return True
        case ir.Apply(function, args) if function in OPERATORS:
            return all(map(is_number, args))
    return False


def _is_truth(expr: ir.Expr) -> bool:
    """Whether an expression is lowered to a tensor of bools."""
    return isinstance(expr, ir.Apply | ir.Reduce) and expr.function in TRUTHS


def _without_tail(items: list[object]) -> list[object]:
    while len(items) > 1 and items[-1] == slice(None):
        items = items[:-1]
    return items
