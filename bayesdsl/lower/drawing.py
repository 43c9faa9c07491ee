"""Expressions and draws over the posterior's draws, which are one more plate on the left of everything.

a[county] + b * floor   in the layout (draw, house)   ->   a[:, county_of_house] + b[:, None] * floor
Normal(.., sigma)                                     ->   samplers.normal(.., sigma[:, None], [count, n_house], rows)
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.catalogue.rows import Parameter
from bayesdsl.catalogue.samplers import SAMPLERS
from bayesdsl.lower.columns import FLOAT
from bayesdsl.lower.distributions import Distributions, extent_of
from bayesdsl.lower.expressions import Expressions
from bayesdsl.lower.inputs import Inputs, Size
from bayesdsl.lower.layout import Layout, align
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py

# A name that no spec can give a plate.
DRAW = "the draws"


def _is_drawn(expr: ir.Expr) -> bool:
    """Whether an expression depends on draws, and not on data alone."""
    return any(
        isinstance(node, ir.Network) or (isinstance(node, ir.Ref) and node.kind is not ir.Kind.COLUMN)
        for node in ir.walk(expr)
    )


def real(node: py.Expr) -> py.Expr:
    """A Python number as a tensor: TorchScript wants to know that it is real."""
    return py.call("torch.tensor", _floating(node), dtype=FLOAT)


def _floating(node: py.Expr) -> py.Expr:
    match node:
        case py.Constant(value) if isinstance(value, int):
            return py.Constant(float(value))
        case py.BinOp(op, left, right):
            return py.BinOp(op, _floating(left), _floating(right))
        case py.UnaryOp(op, operand):
            return py.UnaryOp(op, _floating(operand))
    return node


@dataclass
class DrawnInputs(Inputs):
    """What a predictor is given: as the model, and how many draws there are."""

    def size(self, plate: str) -> py.Expr:
        return self._use(Size(DRAW), "n_draws") if plate == DRAW else super().size(plate)


@dataclass
class DrawnExpressions(Expressions):
    """Expressions over draws: products of a matrix of data and a vector of draws are matrix products too, and layers
    have a draw of their weights for each. `learned` are the weights that have one value for all."""

    learned: frozenset[str] = frozenset()

    def _network(self, expr: ir.Network, target: Layout) -> py.Expr:
        layer, function = self.layers[expr.layer]
        rows = self._lead(expr, target)
        drawn = any(map(_is_drawn, expr.args))
        if self.learned.issuperset(layer.weights()):
            lead = (DRAW, *rows) if drawn else rows
            made: py.Expr = self.layer_call(expr, lead)
        else:
            lead = (DRAW, *rows)
            args = [self._of_draws(arg, rows, own) for arg, own in zip(expr.args, layer.inputs, strict=True)]
            weights = [
                py.index(value, None) if name in self.learned else value
                for name, value in ((name, self.inputs.value(name)) for name in layer.weights())
            ]
            made = py.call(f"{function}_of_draws", self.inputs.size(DRAW), *args, *weights)
        if len(layer.outputs) > 1:
            made = py.index(made, expr.output)
        return align(made, (*lead, *layer.outputs[expr.output]), target)

    def _of_draws(self, arg: ir.Expr, rows: Layout, own: ir.Plates) -> py.Expr:
        """What goes into a layer, the draws on the left of it; of size one where it is the same for all."""
        if not _is_drawn(arg):
            return py.index(self._full(arg, (*rows, *own)), None)
        return self._full(arg, (DRAW, *rows, *own))

    def _full(self, arg: ir.Expr, layout: Layout) -> py.Expr:
        """A value with every dimension of its layout at its full size."""
        node = self.tensor(arg, layout)
        plain = isinstance(arg, ir.Ref) and self._layout(arg) == layout
        if plain or not layout:
            return node
        sizes = [py.Constant(1) if plate is None else self.inputs.size(plate) for plate in layout]
        return py.method(node, "expand", *sizes)

    def _matrix_product(self, expr: ir.Reduce, target: Layout) -> py.Expr | None:
        match expr:
            case ir.Reduce("dot", (plate,), (ir.Ref() as left, ir.Ref() as right)):
                pass
            case ir.Reduce("sum", (plate,), (ir.Apply("*", (ir.Ref() as left, ir.Ref() as right)),)):
                pass
            case _:
                return None
        for matrix, vector in ((left, right), (right, left)):
            rows = self._layout(matrix)
            if len(rows) == 2 and rows[1] == plate and self._layout(vector) == (DRAW, plate):
                if target == (DRAW, rows[0]):
                    of_rows = py.attr(self.inputs.value(matrix.name), "T")
                    return py.BinOp("@", self.inputs.value(vector.name), of_rows)
        return None


@dataclass(frozen=True)
class Draws(Distributions):
    """Distributions as calls of the functions that draw from them."""

    def sizes(self, layout: Layout) -> list[py.Expr]:
        return self._sizes(layout)

    def draw(self, dist: ir.Dist, batch: Layout, event: ir.Plates, generator: py.Expr) -> py.Expr:
        """Draws of shape (*batch, *event)."""
        shape = py.List(tuple(self.sizes(batch)))
        match dist:
            case ir.Mix():
                inside = (*batch, dist.plate)
                components = self.draw(dist.component, inside, event, generator)
                weights = self._own(dist.weights, inside, (dist.plate,))
                return py.call("samplers.picked", components, weights, shape, generator)
            case ir.Call():
                row = SAMPLERS[dist.row.name]
                taken = [self._taken(dist, name, batch, event, generator) for name in row.takes]
                return py.call(f"samplers.{row.function}", *taken, shape, generator)
        raise ValueError(f"nothing can be drawn from {dist}")

    def _taken(self, dist: ir.Call, name: str, batch: Layout, event: ir.Plates, generator: py.Expr) -> py.Expr:
        """An argument of a sampler: as given, made of another one, or as it is by default."""
        given = dict(dist.args)
        if name in dist.row.takes:
            return self.draw(given[name], batch, event, generator)
        if name in given:
            return self._value(dist, dist.row.parameter(name), batch, event)
        for other, made, function in SAMPLERS[dist.row.name].gives:
            if made == name and other in given:
                return py.call(function, self._value(dist, dist.row.parameter(other), batch, event))
        return real(py.Constant(dist.row.parameter(name).default))

    def _value(self, dist: ir.Call, parameter: Parameter, batch: Layout, event: ir.Plates) -> py.Expr:
        own = extent_of(parameter.extent, event, dict(dist.own).get(parameter.name))
        return self._own(dist.arg(parameter.name), (*batch, *own), own)

    def _own(self, expr: ir.Expr, layout: Layout, own: ir.Plates) -> py.Expr:
        """An argument with the dimensions of one value at their full size."""
        node = self.expressions.tensor(expr, layout)
        if set(own) <= set(expr.plates):
            return node
        return py.method(node, "expand", *self._sizes(layout))
