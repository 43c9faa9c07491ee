"""Linear predictors as matrices, and the columns of them that the data cannot tell apart.

a + bA * africa + bR * rugged + dot[k](x, w)
->  an intercept, and the columns `africa`, `rugged` and those of `x`, over the rows of a table

Only coefficients that are one number, or one for each column of a matrix, are looked at: those of groups are told apart
by their priors as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from bayesdsl.model import ir
from bayesdsl.runtime.binding.known import Grid, Known
from bayesdsl.runtime.binding.statements import expressions

# Rows that are looked at first: columns that differ on them need not be compared on all.
SAMPLED = 2_000
MAX_COLUMNS = 300
# Definitions are written out this deep, and no more nodes than this are read of a statement.
MAX_DEPTH = 40
MAX_NODES = 5_000
# Of the correlation matrix: a smallest eigenvalue under this share of the largest is zero but for rounding.
SINGULAR = 1e-12
# The share of a combination's weights that a column must have to be named.
NAMED = 1e-6

SUMS = ("+", "-", "neg")


@dataclass(frozen=True)
class _Term:
    """A product: what the data decide of it, with a sign, and what they do not. `plate` is one that is summed over."""

    sign: int = 1
    data: tuple[ir.Expr, ...] = ()
    unknown: tuple[ir.Expr, ...] = ()
    plate: str | None = None

    @property
    def negated(self) -> _Term:
        return replace(self, sign=-self.sign)

    @property
    def coefficient(self) -> tuple[str, ...]:
        """The unknown factors as text, the same for the same."""
        return tuple(sorted(map(_spelled, self.unknown)))


@dataclass(eq=False)
class Predictor:
    """Coefficients times columns over the rows of a table: the columns, float64, by what is written for each."""

    columns: dict[str, np.ndarray] = field(default_factory=dict)
    intercept: bool = False


def predictors(known: Known, statement: ir.Sample | ir.Observed) -> Iterator[tuple[ir.Expr, Predictor]]:
    """The sums in a statement's expressions in which coefficients stand before data."""
    reader = _Reader(known)
    for expr in expressions(statement):
        for root in reader.roots(expr, 0):
            terms = reader.terms(root, 0)
            if reader.nodes > MAX_NODES:
                return
            yield from ((root, predictor) for predictor in _predictors(known, terms))


def dependent(predictor: Predictor) -> list[str]:
    """Columns of which a linear combination is zero (or constant, beside an intercept); none where there is none."""
    names, columns = list(predictor.columns), list(predictor.columns.values())
    rows = len(columns[0])
    if rows <= len(columns) + 1 or len(columns) > MAX_COLUMNS:
        return []
    step = max(rows // SAMPLED, 1)
    sampled = np.stack([column[::step] for column in columns], axis=1)
    if step > 1 and len(sampled) > len(columns) + 1 and not len(_combination(sampled, predictor.intercept)):
        return []
    return [names[i] for i in _combination(np.stack(columns, axis=1), predictor.intercept)]


def _combination(design: np.ndarray, intercept: bool) -> np.ndarray:
    """The columns that take part in a combination that is zero on all rows."""
    largest = np.abs(design).max(axis=0)
    design = design / np.where(largest > 0, largest, 1.0)
    if intercept:
        flat = design.max(axis=0) == design.min(axis=0)
        design = design - design.mean(axis=0)
    else:
        flat = ~design.any(axis=0)
    if flat.any():
        return np.flatnonzero(flat)[:1]
    scaled = design / np.sqrt((design**2).sum(axis=0))
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    if values[0] > SINGULAR * values[-1]:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.abs(vectors[:, 0]) > NAMED)


# From expressions to terms


@dataclass(eq=False)
class _Reader:
    """Takes expressions apart. `nodes` counts what was read, as definitions written out can grow without end."""

    known: Known
    nodes: int = 0

    def roots(self, expr: ir.Expr, depth: int, inside: bool = False) -> Iterator[ir.Expr]:
        """The largest sums and products in an expression that have something unknown; `inside` one already."""
        self.nodes += 1
        expr, depth = self._written_out(expr, depth)
        if self.nodes > MAX_NODES or self.known.fixed(expr):
            return
        summing = isinstance(expr, ir.Apply) and expr.function in SUMS
        if not inside and (summing or _factors(expr) is not None):
            yield expr
        for child in ir.children(expr):
            yield from self.roots(child, depth, inside=summing)

    def _written_out(self, expr: ir.Expr, depth: int) -> tuple[ir.Expr, int]:
        definitions = self.known.definitions
        while isinstance(expr, ir.Ref) and expr.kind is ir.Kind.LET and expr.name in definitions and depth < MAX_DEPTH:
            expr, depth = definitions[expr.name], depth + 1
        return expr, depth

    def terms(self, expr: ir.Expr, depth: int) -> list[_Term]:
        """The terms of a sum, those left out that are no plain products."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            return []
        if not self.known.fixed(expr):
            expr, depth = self._written_out(expr, depth)
        match expr:
            case ir.Apply("+", (left, right)):
                return self.terms(left, depth) + self.terms(right, depth)
            case ir.Apply("-", (left, right)):
                return self.terms(left, depth) + [term.negated for term in self.terms(right, depth)]
            case ir.Apply("neg", (operand,)):
                return [term.negated for term in self.terms(operand, depth)]
            case ir.Reduce("sum", (plate,), (body,)):
                inner = self.terms(body, depth)
                return [replace(term, plate=plate) for term in inner if term.plate is None]
        term = self._product(expr, depth)
        return [] if term is None else [term]

    def _product(self, expr: ir.Expr, depth: int) -> _Term | None:
        """A product of what is known and of parameters; None for anything else."""
        if self.known.fixed(expr):
            return _Term(data=(expr,))
        if isinstance(expr, ir.Ref | ir.At):
            base = expr.base if isinstance(expr, ir.At) else expr
            return _Term(unknown=(expr,)) if base.kind in (ir.Kind.LATENT, ir.Kind.PARAM) else None
        factors = _factors(expr)
        if factors is None:
            return None
        result = _Term(plate=expr.over[0] if isinstance(expr, ir.Reduce) else None)
        for factor in factors:
            inner = self.terms(factor, depth)
            if len(inner) != 1 or inner[0].plate is not None:
                return None
            (one,) = inner
            result = _Term(result.sign * one.sign, result.data + one.data, result.unknown + one.unknown, result.plate)
        return result


def _factors(expr: ir.Expr) -> tuple[ir.Expr, ...] | None:
    """What is multiplied in a product; a number that it is divided by is left out."""
    match expr:
        case ir.Apply("*", args) | ir.Reduce("dot", (_,), args):
            return args
        case ir.Apply("/", (left, ir.Number())):
            return (left,)
        case ir.Reduce("sum", (_,), _):
            return ()
    return None


def _spelled(expr: ir.Expr) -> str:
    match expr:
        case ir.At(base, indices):
            kinds = {ir.Rows: "column", ir.Member: "label", ir.Rename: "plate"}
            return f"{base.name}{[(plate, getattr(index, kinds[type(index)])) for plate, index in indices]}"
        case ir.Ref(name):
            return name
    return repr(expr)


# From terms to columns


def _predictors(known: Known, terms: list[_Term]) -> Iterator[Predictor]:
    """The terms as columns, for each table whose rows they run over. Terms with the same coefficient are one column."""
    merged: dict[tuple[str, ...], list[_Term]] = {}
    for term in terms:
        merged.setdefault(term.coefficient, []).append(term)
    found: dict[str, Predictor] = {}
    for coefficient, same in merged.items():
        if coefficient:
            for rows, name, column in _columns(known, same):
                found.setdefault(rows, Predictor()).columns[name] = column
    if found:
        intercept = _has_intercept(known, terms)
        for predictor in found.values():
            predictor.intercept = intercept
            yield predictor


def _has_intercept(known: Known, terms: list[_Term]) -> bool:
    """Whether a parameter stands alone in a sum. Two members of one, `skill[home] - skill[away]`, may cancel."""
    alone = [
        _base(term.unknown[0])
        for term in terms
        if term.unknown and not term.plate and not any(known.columns(factor) for factor in term.data)
    ]
    return 1 in Counter(alone).values()


def _base(expr: ir.Expr) -> str:
    return expr.base.name if isinstance(expr, ir.At) else expr.name


def _columns(known: Known, terms: list[_Term]) -> Iterator[tuple[str, str, np.ndarray]]:
    """The columns that a coefficient stands before, each with the table of its rows and what is written for it."""
    plate = terms[0].plate
    shared = ir.join(*(factor.plates for factor in terms[0].unknown))
    if not set(shared) <= {plate} or any(term.plate != plate for term in terms):
        return
    grids = [_data(known, term) for term in terms]
    if any(grid is None for grid in grids) or len({grid.plates for grid in grids}) > 1:
        return
    rows = [p for p in grids[0].plates if p != plate]
    if len(rows) != 1 or rows[0] not in known.joined.tables or (plate is None) != (len(grids[0].plates) == 1):
        return
    written = _written(known, terms)
    # One positive term is taken as it is: with much data a copy is one too many.
    total = reduce(np.add, [g.values if t.sign > 0 else -g.values for t, g in zip(terms, grids, strict=True)])
    if plate is None:
        yield rows[0], written, total
        return
    members = known.joined.members[ir.base_plate(plate)]
    if len(members) > MAX_COLUMNS:
        return
    matrix = Grid(grids[0].plates, total).over((rows[0], plate))
    for i, member in enumerate(members):
        yield rows[0], f"{written}[{member}]", matrix[:, i]


def _written(known: Known, terms: list[_Term]) -> str:
    """What stands before a coefficient, as the spec writes it."""
    text = known.joined.model.source.slice
    products = [" * ".join(text(factor.span) for factor in term.data) for term in terms]
    rest = (f" {'+' if term.sign > 0 else '-'} {text}" for term, text in zip(terms[1:], products[1:], strict=True))
    return products[0] + "".join(rest)


def _data(known: Known, term: _Term) -> Grid | None:
    """What the data decide of a term."""
    values = [known.value(factor) for factor in term.data]
    if not values or any(grid is None for grid in values):
        return None
    plates = ir.join(*(grid.plates for grid in values))
    product = reduce(np.multiply, (grid.over(plates) for grid in values))
    return Grid(plates, product) if np.isfinite(product).all() else None
