"""What the emitted program is given: sizes of plates, columns of data, the rows' category codes."""

from __future__ import annotations

from dataclasses import dataclass, field

from bayesdsl.lower.names import Names
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py
from bayesdsl.types.sizes import Count


@dataclass(frozen=True, slots=True)
class Size:
    """The number of a plate's members, as an int."""

    plate: str


@dataclass(frozen=True, slots=True)
class Values:
    """A column, as a tensor of the program's dtype, laid out as the column's plates."""

    column: str


@dataclass(frozen=True, slots=True)
class Codes:
    """A category column, as the position of each row's level, int64."""

    column: str


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a labelled member of a plate, as an int."""

    plate: str
    label: str | int | float


Input = Size | Values | Codes | Position


@dataclass
class Inputs:
    """The arguments of the program, gathered as they are used.

    The data of plates in `batched` may be those of a minibatch: their tensors are over its rows alone.
    """

    model: ir.Model
    names: Names
    batched: frozenset[str] = frozenset()
    used: dict[Input, str] = field(default_factory=dict)
    locals: dict[str, str] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)

    def value(self, name: str) -> py.Expr:
        """The variable that holds a value of the spec."""
        if name in self.locals:
            return py.Name(self.locals[name])
        column = self.model.columns.get(name)
        if column is not None:
            return self.codes(name) if column.category is not None else self._use(Values(name), name)
        return py.Name(self.names.of(name))

    def codes(self, column: str) -> py.Expr:
        table = self.model.columns[column].plates[0]
        return self._use(Codes(column), f"{column}_of_{table}")

    def size(self, plate: str) -> py.Expr:
        """The number of a plate's members that tensors are over: those of the minibatch, where there is one."""
        base = ir.base_plate(plate)
        if base not in self.batched:
            return self.whole(base)
        self.counted.add(base)
        return py.Name(self.names.of(f"{base} batch", f"n_{base}_rows"))

    def whole(self, plate: str) -> py.Expr:
        """The number of all members of a plate."""
        base = ir.base_plate(plate)
        count = self.model.plates[base].count
        if count is not None:
            return self.count(count)
        return self._use(Size(base), f"n_{base}")

    def rows(self, plate: str) -> py.Expr:
        """The rows of a minibatch, None for all of them."""
        return py.Name(self.names.of(f"{plate} rows", f"{plate}_rows"))

    def counts(self) -> list[py.Stmt]:
        """How many rows the tensors of batched plates are over, as far as the statements so far ask for it."""
        made = []
        for plate in sorted(self.counted):
            rows = self.rows(plate)
            number = py.IfExp(py.Compare("is", rows, py.Constant(None)), self.whole(plate), py.call("len", rows))
            made.append(py.assign(self.size(plate).id, number))
        self.counted.clear()
        return made

    def count(self, count: Count) -> py.Expr:
        """A number of members, multiplied out as far as the spec knows it."""
        if count.known is not None and (not count.plates or count.factor != 1 or len(count.plates) > 1):
            return py.Constant(count.known)
        factors: list[py.Expr] = [self.whole(plate) for plate in count.plates]
        return py.binary("*", *([py.Constant(count.factor)] if count.factor != 1 else []), *factors)

    def member(self, plate: str, label: str | int | float) -> py.Expr:
        base = ir.base_plate(plate)
        return self._use(Position(base, label), f"{base}_{label}".lower())

    def _use(self, given: Input, wanted: str) -> py.Expr:
        if given not in self.used:
            # A column's variable is the value's own; everything else is the program's.
            key = given.column if isinstance(given, Values) else repr(given)
            self.used[given] = self.names.of(key, wanted)
        return py.Name(self.used[given])
