"""Distributions as Pyro's constructors.

    Normal(a[county], sigma)  over (house)  ->  dist.Normal(a[county_of_house], sigma)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from bayesdsl.catalogue.rows import Extent, Parameter
from bayesdsl.catalogue.types import CONSTRAINTS
from bayesdsl.lower.expressions import Expressions, is_number, real
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
        sizes = tuple(self.expressions.inputs.size(plate) for plate in event)
        return py.call("dist.ImproperUniform", constraint(support), (), sizes)

    def _mixture(self, dist: ir.Mix, batch: Layout, event: ir.Plates) -> py.Expr:
        weights = py.call("dist.Categorical", self.expressions.tensor(dist.weights, (*batch, dist.plate)))
        component = self._call(dist.component, (*batch, dist.plate), event)
        return py.call("dist.MixtureSameFamily", weights, component)

    def _call(self, dist: ir.Call, batch: Layout, event: ir.Plates) -> py.Expr:
        row = dist.row
        args: list[py.Expr] = []
        kwargs: dict[str, py.Expr] = {}
        given = dict(dist.args)
        for name in row.takes:
            args.append(self.lower(given[name], batch, event))
        for parameter in row.parameters:
            if parameter.name in row.sizes:
                node = self.expressions.inputs.size(event[-1])
            elif parameter.name in given:
                node = self._argument(parameter, given[parameter.name], batch, event, dict(dist.own), row.broadcasts)
            else:
                continue
            position = row.takes.__len__() + [p.name for p in row.parameters].index(parameter.name)
            if parameter.keyword or position != len(args) or kwargs:
                kwargs[parameter.name] = node
            else:
                args.append(node)
        return py.call(f"dist.{row.name}", *args, **kwargs)

    def _argument(
        self, parameter: Parameter, expr: ir.Expr, batch: Layout, event: ir.Plates, own: dict[str, str], broadcasts: bool
    ) -> py.Expr:
        if parameter.static and isinstance(expr, ir.Number) and not parameter.tensor:
            return py.Constant(expr.value)
        full = _extent(parameter.extent, event, own.get(parameter.name))
        node = self.expressions.tensor(expr, (*batch, *full))
        needed = (*(() if broadcasts else (p for p in batch if p is not None)), *full)
        if all(plate in expr.plates for plate in needed) or not needed:
            return node
        return self._expanded(node, expr, (*batch, *full) if not broadcasts else full, batch)

    def _expanded(self, node: py.Expr, expr: ir.Expr, wanted: Layout, batch: Layout) -> py.Expr:
        """The argument at the full size of the dimensions that belong to one value, which Pyro does not broadcast."""
        layout = (*batch, *wanted) if wanted[: len(batch)] != batch or not batch else wanted
        first = next((i for i, plate in enumerate(layout) if plate in expr.plates), len(layout) - len(wanted))
        sizes: list[object] = []
        for plate in layout[min(first, len(layout) - len(wanted)) :]:
            if plate in expr.plates:
                sizes.append(-1)
            elif plate is None or plate not in wanted:
                sizes.append(1)
            else:
                sizes.append(self.expressions.inputs.size(plate))
        return py.method(node, "expand", *sizes)


def _extent(extent: Extent, event: ir.Plates, own: str | None) -> ir.Plates:
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


def constraint(support: Support) -> py.Expr:
    """A support as a constraint of `torch.distributions`."""
    if support.name in CONSTRAINTS:
        return py.dotted(CONSTRAINTS[support.name])
    if support.lo == float("-inf"):
        return py.call("constraints.less_than", support.hi)
    if support.hi == float("inf"):
        return py.call("constraints.greater_than", support.lo)
    return py.call("constraints.interval", support.lo, support.hi)


__all__ = ["Distributions", "constraint", "is_number", "real"]
