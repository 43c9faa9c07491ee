"""The statements of a model on the data: what the checker could not know before there were values.

The arguments that the data alone decide, the values that the likelihoods are asked for, the sizes of plates that must
fit each other. Where a support depends on parameters nothing is said: the sampler keeps to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from bayesdsl.catalogue.rows import Extent, Parameter
from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.columns import SHOWN_CELLS
from bayesdsl.runtime.binding.known import Grid, Known
from bayesdsl.runtime.binding.likelihoods import Likelihood
from bayesdsl.runtime.binding.plates import Joined
from bayesdsl.runtime.binding.supports import off_structure, violations
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support

# More members than this in one value would not fit the memory of a workstation.
MAX_ELEMENTS = 500_000_000
# Wider matrices than this are not factored only to see whether they can be.
MAX_WIDTH = 2_000


@dataclass(eq=False)
class Findings:
    """What was found, and the columns that it is about."""

    found: list[Diagnostic] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)

    def add(self, finding: Diagnostic, columns: Sequence[str] = ()) -> None:
        if finding not in self.found:
            self.found.append(finding)
        self.columns.update(columns)


def check_statements(joined: Joined, known: Known) -> Findings:
    """Everything about a model's statements that its data show to be wrong."""
    checker = _Checker(joined, known)
    checker.sizes()
    for statement in known.statements:
        checker.statement(statement)
    return checker.findings


def calls(dist: ir.Dist) -> Iterator[ir.Call]:
    """The distributions that one is made of."""
    match dist:
        case ir.Call():
            yield dist
            for _, arg in dist.args:
                if isinstance(arg, ir.Dist):
                    yield from calls(arg)
        case ir.Mix(component=component):
            yield from calls(component)


def expressions(statement: ir.Statement) -> Iterator[ir.Expr]:
    """The expressions of a statement."""
    match statement:
        case ir.Let(expr=expr):
            yield expr
        case ir.Parameter(init=init):
            if init is not None:
                yield init
        case ir.Sample(dist=dist) | ir.Observed(dist=dist):
            yield from ir.dist_exprs(dist)


@dataclass(eq=False)
class _Checker:
    joined: Joined
    known: Known
    findings: Findings = field(default_factory=Findings)

    @property
    def source(self) -> Source:
        return self.joined.model.source

    # Sizes

    def sizes(self) -> None:
        """No value has more elements than memory holds. A set of plates is reported where it stands first."""
        seen: set[frozenset[str]] = set()
        for statement in self.known.statements:
            for plates, span in _spread(statement):
                if frozenset(plates) in seen or not all(ir.base_plate(p) in self.joined.members for p in plates):
                    continue
                seen.add(frozenset(plates))
                elements = prod(self.joined.size(plate) for plate in plates)
                if elements > MAX_ELEMENTS:
                    self.findings.add(errors.too_large(self.source, span, plates, elements, MAX_ELEMENTS))

    # Statements

    def statement(self, statement: ir.Statement) -> None:
        for expr in expressions(statement):
            for part in self.known.parts(expr):
                self._finite(part)
        match statement:
            case ir.Let(name=name):
                self.known.settle(name)
            case ir.Sample(dist=dist) | ir.Observed(dist=dist):
                for call in calls(dist):
                    self._event_size(statement, call)
                    for parameter in call.row.parameters:
                        self._own_size(statement, call, parameter)
                        self._argument(statement, call, parameter)
            case ir.Parameter(init=init) if init is not None and self.known.columns(init):
                self._start(statement, init)
        if isinstance(statement, ir.Observed) and self.joined.sound(statement.name):
            for finding in Likelihood(self.joined, self.known, statement).findings():
                self.findings.add(finding, [statement.name])

    def _finite(self, expr: ir.Expr) -> None:
        """Report an expression of data that has no finite value."""
        grid = self.known.value(expr)
        if grid is None or np.isfinite(grid.values).all():
            return
        bad = ~np.isfinite(grid.values)
        cells, rows = self._cells(expr, grid, bad)
        example = float(grid.values[bad].flat[0])
        what = self.source.slice(expr.span)
        finding = errors.not_finite(self.source, expr.span, what, cells, rows, example, direct=False)
        self.findings.add(finding, self.known.columns(expr))

    def _argument(self, statement: ir.Sample | ir.Observed, call: ir.Call, parameter: Parameter) -> None:
        """Report an argument that the data alone decide and that the distribution forbids."""
        expr, support = call.arg(parameter.name), parameter.support
        if not isinstance(expr, ir.Expr) or not support.known or not self.known.fixed(expr):
            return
        columns = self.known.columns(expr)
        grid = self.known.value(expr) if columns else None
        if grid is None or not np.isfinite(grid.values).all():
            return
        bad = violations(grid.values, support)
        if bad.any():
            example = float(grid.values[bad].flat[0])
        else:
            grid, bad = self._off(grid, support, _together(call, parameter, statement))
            example = None
        if bad.any():
            cells, count = self._cells(expr, grid, bad)
            what = (call.row.name, parameter.name, support)
            finding = errors.argument_outside(self.source, expr.span, *what, cells, example, count)
            self.findings.add(finding, columns)

    def _off(self, grid: Grid, support: Support, together: ir.Plates) -> tuple[Grid, np.ndarray]:
        """Which vectors or matrices over `together` are not of a support's structure, by the other plates."""
        batch = tuple(plate for plate in grid.plates if plate not in together)
        sizes = [self.joined.size(plate) for plate in together]
        if any(size > MAX_WIDTH for size in sizes[1:]):
            return grid, np.zeros(1, dtype=bool)
        values = grid.over((*batch, *together))
        values = np.broadcast_to(values, (*values.shape[: len(batch)], *sizes))
        return Grid(batch, values), off_structure(values, support)

    def _start(self, statement: ir.Parameter, init: ir.Expr) -> None:
        grid = self.known.value(init)
        if grid is None or statement.support.event or not np.isfinite(grid.values).all():
            return
        bad = violations(grid.values, statement.support)
        if bad.any():
            example = float(grid.values[bad].flat[0])
            finding = errors.start_outside(self.source, init.span, statement.name, statement.support, example)
            self.findings.add(finding, self.known.columns(init))

    # Sizes of arguments and values

    def _own_size(self, statement: ir.Sample | ir.Observed, call: ir.Call, parameter: Parameter) -> None:
        """An argument over a plate of its own has as many members as the value's levels or elements, less `short`."""
        own = dict(call.own).get(parameter.name)
        if parameter.extent is not Extent.OWN or own is None or ir.base_plate(own) not in self.joined.members:
            return
        levels, why = self._levels(statement, call)
        if levels is None or (call.row.event and not parameter.short):
            return
        wanted = levels - parameter.short
        size = self.joined.size(own)
        if size != wanted:
            span = call.arg(parameter.name).span
            finding = errors.argument_size(self.source, span, parameter.name, own, size, wanted, why)
            self.findings.add(finding, [statement.name])

    def _levels(self, statement: ir.Sample | ir.Observed, call: ir.Call) -> tuple[int | None, str]:
        """How many levels or elements one value has, as far as that is known, in words too."""
        if call.row.event:
            plate = statement.event[-1] if statement.event else None
            if plate is None or ir.base_plate(plate) not in self.joined.members:
                return None, ""
            size = self.joined.size(plate)
            return size, f"a value of `{statement.name}` has {size:,} elements"
        column = self.joined.model.columns.get(statement.name)
        category = column.category if column is not None and isinstance(statement, ir.Observed) else None
        if category is None or category not in self.joined.members:
            return None, ""
        size = self.joined.size(category)
        return size, f"`{statement.name}` has {size:,} levels"

    def _event_size(self, statement: ir.Sample | ir.Observed, call: ir.Call) -> None:
        allowed = call.row.event_sizes
        if not allowed or not statement.event or ir.base_plate(statement.event[-1]) not in self.joined.members:
            return
        size = self.joined.size(statement.event[-1])
        if size not in allowed:
            finding = errors.event_size(self.source, call.span, statement.name, call.row.name, size, allowed)
            self.findings.add(finding, [statement.name])

    # Places

    def _cells(self, expr: ir.Expr, grid: Grid, bad: np.ndarray) -> tuple[tuple[Cell, ...], int]:
        """The cells of the data behind the first bad members of a grid, and how many rows there are of them."""
        if not bad.ndim:
            return (), 1
        axis = next((i for i, plate in enumerate(grid.plates[: bad.ndim]) if plate in self.joined.tables), None)
        if axis is None:
            return (), int(bad.sum())
        rows = bad.any(axis=tuple(i for i in range(bad.ndim) if i != axis))
        table = self.joined.tables[grid.plates[axis]]
        columns = [name for name in self.known.columns(expr) if name in table.parts]
        return tuple(dict.fromkeys(cell for name in columns for cell in table.cells(name, rows)))[:SHOWN_CELLS], int(
            rows.sum()
        )


def _together(call: ir.Call, parameter: Parameter, statement: ir.Sample | ir.Observed) -> ir.Plates:
    """The plates over which an argument is one vector or matrix."""
    match parameter.extent:
        case Extent.VALUE:
            return statement.event
        case Extent.OWN:
            return (dict(call.own)[parameter.name],) if parameter.name in dict(call.own) else ()
        case Extent.SQUARE if len(statement.event) == 1:
            return (statement.event[0], f"{statement.event[0]}'")
        case Extent.SQUARE:
            return statement.event
    return ()


def _spread(statement: ir.Statement) -> Iterator[tuple[ir.Plates, Span]]:
    """The sets of plates that a statement and its expressions have a value for each member of."""
    yield tuple(dict.fromkeys((*statement.plates, *getattr(statement, "event", ())))), statement.span
    for expr in expressions(statement):
        for node in ir.walk(expr):
            inside = ir.join(*(arg.plates for arg in node.args)) if isinstance(node, ir.Reduce) else node.plates
            yield inside, node.span
