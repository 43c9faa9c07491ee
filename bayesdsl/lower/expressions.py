"""Expressions as torch code, each tensor laid out so that it broadcasts in its place.

a[county] + b * basement   in the layout (house)   ->   a[county_of_house] + b * basement
dot[feature](x, beta)      in the layout (sample)  ->   x @ beta
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS, REDUCTIONS, SCANS
from bayesdsl.lower.inputs import Inputs
from bayesdsl.lower.layout import Layout, align, without
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py

Labels = dict[str, str | int | float]

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGICAL = frozenset({"and", "or", "not"})
TRUTHS = COMPARISONS | LOGICAL | {"any", "all"}
# Reductions of torch that a method says as well, and those that take one dimension at a time.
METHODS = {"sum": "sum", "mean": "mean", "min": "amin", "max": "amax", "sd": "std", "var": "var"}
ONE_BY_ONE = frozenset({"prod", "any", "all"})


@dataclass
class Expressions:
    """Lowers expressions. `layouts` is how each value of the program is laid out, by its name in the spec.

    `layers` are those that may be applied, with the names of their functions. `dtype` is the program's name for the
    type of its reals, `real` how it makes one of a Python number.
    """

    inputs: Inputs
    layouts: dict[str, Layout] = field(default_factory=dict)
    layers: dict[str, tuple[ir.Layer, str]] = field(default_factory=dict)
    dtype: py.Expr = field(default_factory=lambda: py.Name("DTYPE"))
    real: Callable[[py.Expr], py.Expr] = field(default_factory=lambda: real)

    def lower(self, expr: ir.Expr, target: Layout) -> py.Expr:
        """A tensor that broadcasts against `target`, or a Python number."""
        node = self._lower(expr, target)
        return py.method(node, "to", self.dtype) if _is_truth(expr) else node

    def tensor(self, expr: ir.Expr, target: Layout) -> py.Expr:
        """As `lower`, with known numbers as tensors of the program's dtype."""
        node = self.lower(expr, target)
        return self.real(node) if is_number(expr) else node

    def _lower(self, expr: ir.Expr, target: Layout) -> py.Expr:
        match expr:
            case ir.Number(value):
                return constant(value)
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
            case ir.Network():
                return self._network(expr, target)
            case ir.Members(count):
                return self.real(self.inputs.count(count))
            case _:
                assert_never(expr)

    def _layout(self, ref: ir.Ref) -> Layout:
        return self.layouts[ref.name]

    # Indexing

    def _at(self, expr: ir.At, target: Layout) -> py.Expr:
        node = self.inputs.value(expr.base.name)
        layout = self._layout(expr.base)
        indices = dict(expr.indices)
        labels = {plate: index.label for plate, index in indices.items() if isinstance(index, ir.Member)}
        renamed = {plate: index.plate for plate, index in indices.items() if isinstance(index, ir.Rename)}
        columns = {plate: index.column for plate, index in indices.items() if isinstance(index, ir.Rows)}
        if labels and not (columns and self._adjacent(layout, labels, columns)):
            node, layout = self._pick(node, layout, labels)
            labels = {}
        layout = tuple(renamed.get(plate, plate) for plate in layout)
        if columns:
            node, layout = self._gather(node, layout, labels, columns)
        return align(node, layout, target)

    def _adjacent(self, layout: Layout, labels: Labels, columns: dict[str, str]) -> bool:
        """Whether members by label and by row are of neighbouring dimensions, where torch is as numpy."""
        indexed = {*labels, *columns, *self._tables(columns)}
        places = [i for i, plate in enumerate(layout) if plate in indexed]
        return None not in layout and places[-1] - places[0] == len(places) - 1

    def _pick(self, node: py.Expr, layout: Layout, labels: Labels) -> tuple[py.Expr, Layout]:
        """Single members; dimensions that stand for no plate go with theirs."""
        items: list[object] = []
        for plate in layout:
            if plate in labels:
                items.append(self.inputs.member(plate, labels[plate]))
            else:
                items.append(0 if plate is None else slice(None))
        kept = tuple(plate for plate in layout if plate is not None and plate not in labels)
        return py.index(node, *_without_tail(items)), kept

    def _gather(self, node: py.Expr, layout: Layout, labels: Labels, columns: dict[str, str]) -> tuple[py.Expr, Layout]:
        """Members picked by row: the indexed dimensions become those of the tables, in the place of the first."""
        tables = self._tables(columns)
        items: list[object] = []
        places: list[int] = []
        for i, plate in enumerate(layout):
            if plate in labels:
                item = self.inputs.member(plate, labels[plate])
            elif plate in columns:
                item = align(self.inputs.codes(columns[plate]), self.layouts[columns[plate]], tables)
            elif plate in tables:
                # The value has a member for each row already: it takes the one of the same row.
                item = align(py.call("torch.arange", self.inputs.size(plate)), (plate,), tables)
            else:
                items.append(slice(None))
                continue
            items.append(item)
            places.append(i)
        # Where a slice stands between the indices, torch puts their dimensions first.
        together = places[-1] - places[0] == len(places) - 1
        first = places[0] if together else 0
        kept = [plate for i, plate in enumerate(layout) if i not in places]
        return py.index(node, *_without_tail(items)), (*kept[:first], *tables, *kept[first:])

    def _tables(self, columns: dict[str, str]) -> ir.Plates:
        """The tables whose rows category columns stand for."""
        return tuple(dict.fromkeys(self.inputs.model.columns[column].plates[0] for column in columns.values()))

    # Layers

    def _network(self, expr: ir.Network, target: Layout) -> py.Expr:
        layer, _ = self.layers[expr.layer]
        lead = self._lead(expr, target)
        made: py.Expr = self.layer_call(expr, lead)
        if len(layer.outputs) > 1:
            made = py.index(made, expr.output)
        return align(made, (*lead, *layer.outputs[expr.output]), target)

    def layer_call(self, expr: ir.Network, lead: Layout) -> py.Expr:
        """A layer applied to values whose rows are laid out as `lead`: all of its results."""
        layer, function = self.layers[expr.layer]
        args = [self.tensor(arg, (*lead, *own)) for arg, own in zip(expr.args, layer.inputs, strict=True)]
        return py.call(function, *args, *(self.inputs.value(weight) for weight in layer.weights()))

    def _lead(self, expr: ir.Network, target: Layout) -> Layout:
        """How the rows of what goes into a layer are laid out: as in the target, without what comes out."""
        own = self.layers[expr.layer][0].outputs[expr.output]
        rows = tuple(plate for plate in expr.plates if plate not in own)
        kept = [plate if plate in rows else None for plate in target]
        while kept and kept[0] is None:
            kept.pop(0)
        if own and tuple(target[len(target) - len(own) :]) == own:
            kept = kept[: len(kept) - len(own)]
        elif own:
            kept = [plate for plate in target if plate in rows]
        return tuple(kept)

    # Functions

    def _apply(self, expr: ir.Apply, target: Layout) -> py.Expr:
        name = expr.function
        if name in COMPARISONS:
            return py.Compare(name, *(self.lower(arg, target) for arg in expr.args))
        if name in LOGICAL:
            return py.call(OPERATORS[name].torch, *(self._truth(arg, target) for arg in expr.args))
        if name == "neg":
            return py.UnaryOp("-", self.lower(expr.args[0], target))
        if name == "%":
            # Torch has no derivative of a number's remainder, only of a tensor's.
            return py.BinOp("%", self.tensor(expr.args[0], target), self.lower(expr.args[1], target))
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
        return py.Compare("!=", self.real(node) if is_number(expr) else node, py.Constant(0))

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
        """`dot[feature](x, beta)` or `sum[feature](x * beta)` as `x @ beta`, where the layouts allow it."""
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


def constant(value: float | int) -> py.Expr:
    """A known number; torch takes whole ones of 64 bits at most."""
    return py.Constant(value if abs(value) < 2**63 else float(value))


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
