"""Distributions as Pyro's constructors.

Normal(a[county], sigma)  over (house)  ->  dist.Normal(a[county_of_house], sigma)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import assert_never

from bayesdsl.catalogue.rows import Extent, Parameter
from bayesdsl.catalogue.types import CONSTRAINTS
from bayesdsl.lower.expressions import Expressions
from bayesdsl.lower.layout import Layout
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py
from bayesdsl.types.supports import Support


@dataclass(frozen=True)
class Distributions:
    expressions: Expressions

    def lower(self, dist: ir.Dist, batch: Layout, event: ir.Plates) -> py.Expr:
        """The distribution of a site whose independent copies are laid out as `batch`."""
        match dist:
            case ir.Improper(support=support):
                return self.improper(support, event)
            case ir.Mix():
                return self._mixture(dist, batch, event)
            case ir.Call():
                return self._call(dist, batch, event)
            case _:
                assert_never(dist)

    def improper(self, support: Support, event: ir.Plates) -> py.Expr:
        """Density one everywhere on the support, for values over the plates `event`."""
        sizes = tuple(self.expressions.inputs.size(plate) for plate in event)
        where = constraint(support)
        if support.event < len(event):
            where = py.call("constraints.independent", where, len(event) - support.event)
        return py.call("dist.ImproperUniform", where, (), sizes)

    def prior(self, dist: ir.Dist, support: Support, batch: Layout, event: ir.Plates) -> py.Expr:
        """The distribution of a latent, which must name a support that can be mapped to unconstrained values."""
        made = self.lower(dist, batch, event)
        if not isinstance(dist, ir.Mix) or support.integer or (support.event and support.name not in CONSTRAINTS):
            return made
        return py.call("mixture", *made.args, constraint(support))

    def _mixture(self, dist: ir.Mix, batch: Layout, event: ir.Plates) -> py.Expr:
        inside = (*batch, dist.plate)
        weights = py.call("dist.Categorical", self.expressions.tensor(dist.weights, inside))
        component = self._call(dist.component, inside, event)
        if not any(dist.plate in expr.plates for expr in ir.dist_exprs(dist.component)):
            # All components alike: torch counts them, and broadcasts only one value for all.
            component = py.method(component, "expand", tuple(self._sizes(inside)))
        return py.call("dist.MixtureSameFamily", weights, component)

    def _call(self, dist: ir.Call, batch: Layout, event: ir.Plates) -> py.Expr:
        row, given = dist.row, dict(dist.args)
        args: list[py.Expr] = [self.lower(given[name], batch, event) for name in row.takes]
        kwargs: dict[str, py.Expr] = {}
        for position, parameter in enumerate(row.parameters, start=len(row.takes)):
            if parameter.name in row.sizes:
                node = self.expressions.inputs.size(event[-1])
            elif parameter.name in given:
                node = self._argument(dist, parameter, batch, event)
            else:
                continue
            if parameter.keyword or position != len(args):
                kwargs[parameter.name] = node
            else:
                args.append(node)
        made = py.call(f"dist.{row.name}", *args, **kwargs)
        return made if row.expands or not batch else py.method(made, "expand_by", ())

    def _argument(self, dist: ir.Call, parameter: Parameter, batch: Layout, event: ir.Plates) -> py.Expr:
        expr = dist.arg(parameter.name)
        if parameter.static and isinstance(expr, ir.Number) and not parameter.tensor:
            return py.Constant(expr.value)
        own = extent_of(parameter.extent, event, dict(dist.own).get(parameter.name))
        layout = (*batch, *own)
        node = self.expressions.tensor(expr, layout)
        if dist.row.broadcasts:
            # Over independent copies, that is; the dimensions of one value are at their full size everywhere.
            return self._expanded(node, expr.plates, layout, own)
        node = self._expanded(node, expr.plates, layout, layout)
        # What takes its arguments at full size may look at them in another shape, which asks for contiguous memory.
        return node if isinstance(node, py.Name) or not batch else py.method(node, "contiguous")

    def _expanded(self, node: py.Expr, plates: ir.Plates, layout: Layout, full: Layout) -> py.Expr:
        """A tensor over `plates`, in its place in `layout`, with every dimension of `full` at its full size."""
        missing = [plate for plate in full if plate is not None and plate not in plates]
        if not missing:
            return node
        first = next(i for i, plate in enumerate(layout) if plate in plates or plate in missing)
        sizes = [
            py.Constant(-1) if plate in plates else size
            for plate, size in zip(layout[first:], self._sizes(layout[first:], missing), strict=True)
        ]
        return py.method(node, "expand", *sizes)

    def _sizes(self, layout: Layout, of: list[str] | None = None) -> list[py.Expr]:
        """The sizes of a layout's dimensions, 1 for those that stand for no plate or for one that is not in `of`."""
        wanted = [plate if of is None or plate in of else None for plate in layout]
        return [py.Constant(1) if plate is None else self.expressions.inputs.size(plate) for plate in wanted]


def event_count(dist: ir.Dist) -> int:
    """How many dimensions one value of a distribution has."""
    match dist:
        case ir.Call(row):
            return row.event
        case ir.Mix(component=component):
            return component.row.event
        case ir.Improper(support=support):
            return support.event
        case _:
            assert_never(dist)


def extent_of(extent: Extent, event: ir.Plates, own: str | None) -> ir.Plates:
    """The dimensions of an argument to the right of the independent copies."""
    match extent:
        case Extent.SCALAR:
            return ()
        case Extent.VALUE:
            return event
        case Extent.OWN:
            return (own,)
        case Extent.SQUARE:
            return event if len(event) == 2 else (event[0], f"{event[0]}'")
        case Extent.VALUE_OWN:
            return (*event, own)
        case Extent.OWN_VALUE:
            return (own, *event)
        case _:
            assert_never(extent)


def constraint(support: Support) -> py.Expr:
    """A support as one of Pyro's constraints."""
    if support.name in CONSTRAINTS:
        return py.dotted(CONSTRAINTS[support.name])
    if support.lo == -inf:
        return py.call("constraints.less_than", support.hi)
    if support.hi == inf:
        return py.call("constraints.greater_than", support.lo)
    return py.call("constraints.interval", support.lo, support.hi)
