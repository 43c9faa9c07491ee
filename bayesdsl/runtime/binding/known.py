"""Expressions of the model that the data alone decide, computed member by member.

n * weight   (columns of `trial`)   ->   Grid(("trial",), float64[1200])
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from math import prod

import numpy as np

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS, REDUCTIONS, SCANS
from bayesdsl.model import ir
from bayesdsl.runtime.binding.plates import Joined, position_of

# Values of more elements are not computed only to be looked at.
MAX_ELEMENTS = 20_000_000
UNKNOWN_KINDS = (ir.Kind.LATENT, ir.Kind.PARAM)


@dataclass(frozen=True, eq=False)
class Grid:
    """Values over plates, a dimension each, in this order."""

    plates: ir.Plates
    values: np.ndarray

    def over(self, plates: ir.Plates) -> np.ndarray:
        """The values laid out over `plates`, which hold its own; of size 1 along those it does not have."""
        order = [self.plates.index(plate) for plate in plates if plate in self.plates]
        shape = iter(self.values.transpose(order).shape)
        return self.values.transpose(order).reshape([next(shape) if p in self.plates else 1 for p in plates])


class _Unknown(Exception):
    """An expression that the data do not decide, or whose columns are not sound."""


@dataclass(eq=False)
class Known:
    """The expressions of a model's statements on its data."""

    joined: Joined
    statements: tuple[ir.Statement, ...]
    _values: dict[str, Grid | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.definitions = {s.name: s.expr for s in self.statements if isinstance(s, ir.Let)}
        self._fixed: dict[str, bool] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        # In the order of the spec, so that a definition finds what is known of those that it uses.
        for name, expr in self.definitions.items():
            self._fixed[name] = self.fixed(expr)
            self._columns[name] = self.columns(expr)

    def fixed(self, expr: ir.Expr) -> bool:
        """Whether the data alone decide an expression."""
        return all(
            node.kind is ir.Kind.COLUMN or (node.kind is ir.Kind.LET and self._fixed.get(node.name, False))
            for node in ir.walk(expr)
            if isinstance(node, ir.Ref)
        ) and not any(isinstance(node, ir.Network) for node in ir.walk(expr))

    def columns(self, expr: ir.Expr) -> tuple[str, ...]:
        """The columns of data that an expression reads, also through definitions."""
        found: dict[str, None] = {}
        for node in ir.walk(expr):
            match node:
                case ir.Ref(name, ir.Kind.COLUMN):
                    found[name] = None
                case ir.Ref(name, ir.Kind.LET):
                    found |= dict.fromkeys(self._columns.get(name, ()))
                case ir.At(_, indices):
                    found |= {index.column: None for _, index in indices if isinstance(index, ir.Rows)}
        return tuple(found)

    def parts(self, expr: ir.Expr) -> Iterator[ir.Expr]:
        """The largest parts of an expression that the data alone decide, and that are more than a number or a name."""
        if self.fixed(expr):
            if not isinstance(expr, ir.Number | ir.Ref) and self.columns(expr):
                yield expr
            return
        for child in ir.children(expr):
            yield from self.parts(child)

    def value(self, expr: ir.Expr) -> Grid | None:
        """The values of an expression; None where the data do not decide it, are not sound, or it is too large."""
        try:
            with np.errstate(all="ignore"):
                return self._value(expr)
        except _Unknown:
            return None

    def _value(self, expr: ir.Expr) -> Grid:
        if prod(self._size(plate) for plate in expr.plates) > MAX_ELEMENTS:
            raise _Unknown
        match expr:
            case ir.Number(value):
                return Grid((), np.float64(value).reshape(()))
            case ir.Ref():
                return self._named(expr)
            case ir.At():
                return self._member(expr)
            case ir.Apply(function, args):
                row = FUNCTIONS.get(function) or OPERATORS[function]
                operands = [self._value(arg).over(expr.plates) for arg in args]
                return Grid(expr.plates, np.asarray(_function(row.numpy)(*operands), dtype=np.float64))
            case ir.Reduce():
                return self._reduce(expr)
            case ir.Members(count):
                size = count.factor * prod(self._size(plate) for plate in count.plates)
                return Grid((), np.float64(size).reshape(()))
            case ir.Network():
                raise _Unknown

    def _size(self, plate: str) -> int:
        if ir.base_plate(plate) not in self.joined.members:
            raise _Unknown
        return self.joined.size(plate)

    def settle(self, name: str) -> None:
        """Compute a definition. Done in the order of the spec, none has to wait for another one."""
        found = self.value(self.definitions[name]) if self._fixed[name] else None
        # What is not finite is reported where it is defined, and not where it is used.
        self._values[name] = found if found is not None and np.isfinite(found.values).all() else None

    def _named(self, ref: ir.Ref) -> Grid:
        if ref.kind is ir.Kind.COLUMN and ref.name in self.joined.values:
            return Grid(ref.plates, self.joined.values[ref.name])
        if ref.kind is not ir.Kind.LET or ref.name not in self.definitions:
            raise _Unknown
        if ref.name not in self._values:
            self.settle(ref.name)
        found = self._values[ref.name]
        if found is None:
            raise _Unknown
        sizes = tuple(self._size(plate) for plate in ref.plates)
        return Grid(ref.plates, np.broadcast_to(found.over(ref.plates), sizes))

    def _member(self, expr: ir.At) -> Grid:
        """Members picked by row, by label, or along another name of the plate."""
        base, indices = self._value(expr.base), dict(expr.indices)
        positions: list[np.ndarray | int] = []
        for plate, size in zip(base.plates, base.values.shape, strict=True):
            match indices.get(plate):
                case ir.Member(label):
                    at = position_of(label, self.joined.members[ir.base_plate(plate)])
                    if at < 0:
                        raise _Unknown
                    positions.append(at)
                case ir.Rows(column):
                    if column not in self.joined.codes:
                        raise _Unknown
                    rows = self.joined.model.columns[column].plates[0]
                    positions.append(_along(self.joined.codes[column], rows, expr.plates))
                case ir.Rename(name):
                    positions.append(_along(np.arange(size), name, expr.plates))
                case None:
                    positions.append(_along(np.arange(size), plate, expr.plates))
        return Grid(expr.plates, base.values[tuple(positions)])

    def _reduce(self, expr: ir.Reduce) -> Grid:
        inside = ir.join(*(arg.plates for arg in expr.args))
        if prod(self._size(plate) for plate in inside) > MAX_ELEMENTS:
            raise _Unknown
        operands = [self._value(arg).over(inside) for arg in expr.args]
        body = operands[0] * operands[1] if expr.function == "dot" else operands[0]
        body = np.broadcast_to(body, [self._size(plate) for plate in inside])
        axes = tuple(inside.index(plate) for plate in expr.over)
        if expr.keeps:
            scanned = _function(SCANS[expr.function].numpy)(body, axis=axes[0])
            return Grid(expr.plates, Grid(inside, scanned).over(expr.plates))
        row = REDUCTIONS["sum" if expr.function == "dot" else expr.function]
        settings = {"ddof": 1} if expr.function in ("sd", "var") else {}
        reduced = np.asarray(_function(row.numpy)(body, axis=axes, **settings), dtype=np.float64)
        left = tuple(plate for plate in inside if plate not in expr.over)
        return Grid(expr.plates, Grid(left, reduced).over(expr.plates))


def _along(positions: np.ndarray, plate: str, plates: ir.Plates) -> np.ndarray:
    """Positions along one of several dimensions."""
    return positions.reshape([-1 if p == plate else 1 for p in plates])


@cache
def _function(dotted: str) -> Callable[..., np.ndarray]:
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)
