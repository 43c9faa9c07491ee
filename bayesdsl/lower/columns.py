"""Column expressions as torch code: what binding computes from a source, for one whose rows come later.

flipper : real = zscore(flipper_length_mm)
->  flipper = (self.number(numbers, "flipper_length_mm") - 200.9) / 14.1
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS
from bayesdsl.lower.expressions import COMPARISONS, LOGICAL
from bayesdsl.lower.training import TrainedTable, call_key
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py

FLOAT = py.dotted("torch.float64")
EQUALITY = ("==", "!=")


@dataclass
class RowExpressions:
    """Lowers the column expressions of one table.

    `variables` are the columns of the spec that stand above, by name, `categories` the plates of those that are
    categories, `matrices` those with several values a row.
    `numbers` and `texts` gather the columns of the source that are read, `ranked` the calls that rank.
    """

    model: ir.Model
    trained: TrainedTable
    variables: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    matrices: set[str] = field(default_factory=set)
    numbers: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    ranked: dict[str, None] = field(default_factory=dict)

    def values(self, expr: ir.RowExpr) -> py.Expr:
        """An expression as a tensor of float64."""
        return tensor(expr, self._lower(expr))

    def category(self, expr: ir.RowExpr, plate: str) -> py.Expr:
        """The positions of an expression's values among the labels of a plate."""
        match expr:
            case ir.RowName(name) if name in self.trained.sources:
                self.texts[name] = None
                return py.method("self", "level", py.Name("texts"), name, plate, py.Name("fresh"))
            case ir.RowName(name) if name in self.categories:
                return py.Name(self.variables[name])
        return py.method("self", "numbered_level", self.values(expr), plate, py.Name("fresh"))

    def number(self, name: str, gaps: bool = False) -> py.Expr:
        """A column of the source as numbers; `gaps` lets missing ones be NaN."""
        self.numbers[name] = None
        return py.method("self", "number_or_gap" if gaps else "number", py.Name("numbers"), name)

    def _lower(self, expr: ir.RowExpr, gaps: bool = False) -> py.Expr:
        match expr:
            case ir.RowValue(str(value)):
                return py.Constant(value)
            case ir.RowValue(value):
                return py.Constant(float(value))
            case ir.RowName(name) if name in self.trained.sources:
                return self.number(name, gaps)
            case ir.RowName(name) if name in self.variables:
                return py.Name(self.variables[name])
            case ir.RowName(name):
                return py.Constant(float(self.model.constants[name]))
            case ir.RowCall(op, (left, right)) if op in EQUALITY and self._as_text(left, right):
                return self._text_comparison(op, left, right)
            case ir.RowCall("present", args):
                return self._present(args)
            case ir.RowCall():
                return self._call(expr, gaps or asks_for_gaps(expr))
        assert_never(expr)

    def _call(self, call: ir.RowCall, gaps: bool) -> py.Expr:
        name, lowered = call.function, [self._lower(arg, gaps) for arg in call.args]
        if any(map(self.is_matrix, call.args)):
            lowered = [self._upright(arg, node) for arg, node in zip(call.args, lowered)]
        if name in COMPARISONS:
            left, right = lowered
            return as_float(py.Compare(name, tensor(call.args[0], left), right))
        if name in LOGICAL:
            truths = (py.Compare("!=", tensor(arg, node), py.Constant(0)) for arg, node in zip(call.args, lowered))
            return as_float(py.call(OPERATORS[name].torch, *truths))
        if name == "neg":
            return py.UnaryOp("-", tensor(call.args[0], lowered[0]))
        if name in OPERATORS:
            return py.BinOp("**" if name == "^" else name, tensor(call.args[0], lowered[0]), lowered[1])
        if name in STATISTICS:
            return self._whole_column(call, tensor(call.args[0], lowered[0]))
        tensors = [tensor(arg, node) for arg, node in zip(call.args, lowered)]
        if name == "where":
            return py.call("torch.where", py.Compare("!=", tensors[0], py.Constant(0)), *tensors[1:])
        return py.call(FUNCTIONS[name].torch, *tensors)

    def _whole_column(self, call: ir.RowCall, x: py.Expr) -> py.Expr:
        key = call_key(call)
        if call.function == "rank":
            self.ranked[key] = None
            return py.method("self", "ranked", x, key)
        found = self.trained.statistics[key]
        if len(found) == 1:
            return STATISTICS[call.function](x, *(py.Constant(value) for value in found[0]))
        columns = (py.call("torch.tensor", list(values), dtype=FLOAT) for values in zip(*found))
        return STATISTICS[call.function](x, *columns)

    def is_matrix(self, expr: ir.RowExpr) -> bool:
        """Whether an expression has several values a row."""
        return any(
            leaf.name in self.trained.matrices if leaf.name in self.trained.sources else leaf.name in self.matrices
            for leaf in names(expr)
        )

    def _upright(self, expr: ir.RowExpr, node: py.Expr) -> py.Expr:
        """A column that stands for each column of a matrix beside it."""
        if self.is_matrix(expr) or not any(True for _ in names(expr)) or isinstance(node, py.Constant):
            return node
        return py.index(node, slice(None), None)

    # Text and gaps

    def _as_text(self, left: ir.RowExpr, right: ir.RowExpr) -> bool:
        """As binding decides it: one can be nothing but text, or both are columns of it."""
        match left, right:
            case (ir.RowValue(str()), _) | (_, ir.RowValue(str())):
                return True
            case ir.RowName(one), ir.RowName(other):
                both = all(name in self.trained.texts for name in (one, other))
                return both or any(
                    name in self.categories and name not in self.trained.sources for name in (one, other)
                )
        return False

    def _text_comparison(self, op: str, left: ir.RowExpr, right: ir.RowExpr) -> py.Expr:
        if isinstance(left, ir.RowValue):
            left, right = right, left
        if isinstance(right, ir.RowValue):
            same = py.method("self", "is_text", *self._text(left), right.value)
        else:
            same = py.method("self", "same_text", *self._text(left), *self._text(right))
        return same if op == "==" else py.BinOp("-", py.Constant(1.0), same)

    def _text(self, expr: ir.RowExpr) -> tuple[py.Expr, ...]:
        """The texts of a column of the source, or of a category that stands above."""
        assert isinstance(expr, ir.RowName)
        if expr.name in self.trained.sources:
            self.texts[expr.name] = None
            return (py.method("self", "text", py.Name("texts"), expr.name),)
        plate = self.categories[expr.name]
        return (py.method("self", "labels_of", py.Name(self.variables[expr.name]), plate, py.Name("fresh")),)

    def _present(self, args: tuple[ir.RowExpr, ...]) -> py.Expr:
        found: list[py.Expr] = []
        for name in dict.fromkeys(leaf.name for arg in args for leaf in names(arg)):
            if name in self.trained.sources:
                value = self.number(name, gaps=True)
            elif name in self.variables and name not in self.categories:
                value = py.Name(self.variables[name])
            else:
                continue
            found.append(as_float(py.UnaryOp("~", py.call("torch.isnan", value))))
        if not found:
            return py.Constant(1.0)
        return py.binary("*", *found) if len(found) > 1 else found[0]


def names(expr: ir.RowExpr):
    """Every name in a column expression."""
    match expr:
        case ir.RowName():
            yield expr
        case ir.RowCall(_, args):
            for arg in args:
                yield from names(arg)


def asks_for_gaps(expr: ir.RowExpr) -> bool:
    """Whether an expression says what to do where something is missing."""
    match expr:
        case ir.RowCall("present"):
            return True
        case ir.RowCall(_, args):
            return any(map(asks_for_gaps, args))
    return False


def as_float(node: py.Expr) -> py.Expr:
    return py.method(node, "to", FLOAT)


def tensor(expr: ir.RowExpr, node: py.Expr) -> py.Expr:
    """A known number as a tensor; everything else is one."""
    if isinstance(node, py.Constant) and not isinstance(node.value, str):
        return py.call("torch.tensor", node, dtype=FLOAT)
    return node


def _zscore(x: py.Expr, mean: py.Expr, sd: py.Expr) -> py.Expr:
    return py.BinOp("/", py.BinOp("-", x, mean), sd)


def _center(x: py.Expr, mean: py.Expr) -> py.Expr:
    return py.BinOp("-", x, mean)


def _rescale(x: py.Expr, low: py.Expr, high: py.Expr) -> py.Expr:
    return py.BinOp("/", py.BinOp("-", x, low), py.BinOp("-", high, low))


# Functions of whole columns, with what they found in theirs when the model was fitted.
STATISTICS = {"zscore": _zscore, "center": _center, "rescale": _rescale, "rank": None}
