"""The values of a likelihood's data, held against what it can produce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.columns import by_row
from bayesdsl.runtime.binding.known import Known
from bayesdsl.runtime.binding.plates import Joined
from bayesdsl.runtime.binding.supports import STRUCTURES, off_structure, violations
from bayesdsl.source import Span
from bayesdsl.types.supports import CATEGORY, Support

# Distributions whose density is zero or infinite on an end of their support that is written as part of it: for the
# lower and the upper end, the argument that must be 1 for the end to have a density after all ("" if none does it,
# None where the end has one anyway).
EDGES: Mapping[str, tuple[str | None, str | None]] = {
    "Beta": ("concentration1", "concentration0"),
    "Kumaraswamy": ("", ""),
    "AffineBeta": ("concentration1", None),
    "RelaxedBernoulli": ("", ""),
    "RelaxedBernoulliStraightThrough": ("", ""),
    "Uniform": (None, ""),
    "Dirichlet": ("concentration", None),
    "LogisticNormal": ("", None),
    "RelaxedOneHotCategorical": ("", None),
    "RelaxedOneHotCategoricalStraightThrough": ("", None),
}


@dataclass(frozen=True)
class Bound:
    """A bound of a likelihood that an argument gives. `limit` broadcasts against the values."""

    limit: np.ndarray
    what: str
    span: Span


@dataclass(eq=False)
class Likelihood:
    """One `observe` statement, whose column is sound."""

    joined: Joined
    known: Known
    statement: ir.Observed

    def __post_init__(self) -> None:
        model, name = self.joined.model, self.statement.name
        self.source = model.source
        self.column = model.columns[name]
        self.table = self.joined.table_of(name)
        values = self.joined.values.get(name)
        self.values = self.joined.codes[name].astype(np.float64) if values is None else values
        self.there = ~np.isnan(self.values)
        mixed = isinstance(self.statement.dist, ir.Mix)
        self.dist = self.statement.dist.component if mixed else self.statement.dist
        self.plates = (*self.column.plates, *((self.statement.dist.plate,) if mixed else ()))

    def findings(self) -> Iterator[Diagnostic]:
        """What is wrong with the values: the first kind of thing, as the others follow from it."""
        if not isinstance(self.dist, ir.Call):
            return
        for check in (self._family, self._levels, self._structure, self._bounds, self._edges, self._total):
            finding = check()
            if finding is not None:
                yield finding
                return

    def _family(self) -> Diagnostic | None:
        """Values that the distribution has for no arguments at all."""
        support = self._support()
        bad = violations(self.values, support) & self.there
        if not bad.any():
            return None
        name, example = self.column.name, float(self.values[bad][0])
        return errors.outside_likelihood(
            self.source, self.statement.span, name, support, self._cells(bad), int(bad.sum()), example
        )

    def _support(self) -> Support:
        """What the data may lie in: also values between the distribution's own, if the program was made for them."""
        row = self.dist.row
        beyond = row.accepts is not None and not self.column.support.within(row.support)
        return row.accepts if beyond else row.support

    def _levels(self) -> Diagnostic | None:
        """Numbers that stand for more levels than the distribution has probabilities for."""
        row = self.dist.row
        if row.support.name != CATEGORY.name or self.column.category is not None:
            return None
        plate, short = next(
            ((own, row.parameter(name).short) for name, own in self.dist.own if row.parameter(name)), (None, 0)
        )
        if plate is None or ir.base_plate(plate) not in self.joined.members:
            return None
        levels = self.joined.size(plate) + short
        bad = self.values >= levels
        if not bad.any():
            return None
        name, example = self.column.name, float(self.values[bad][0])
        return errors.level_beyond(
            self.source, self.statement.span, name, example, levels, self._cells(bad), int(bad.sum())
        )

    def _structure(self) -> Diagnostic | None:
        """Rows that are no vector of the kind the distribution has."""
        support = self.dist.row.support
        if support.name not in STRUCTURES or self.values.ndim != 2:
            return None
        bad = off_structure(self.values, support)
        if not bad.any():
            return None
        first = self.values[bad][0]
        measure = float(np.linalg.norm(first) if support.name == "unit_vector" else first.sum())
        name = self.column.name
        return errors.not_of_structure(
            self.source, self.statement.span, name, support, self._cells(bad), int(bad.sum()), measure
        )

    # Bounds that arguments give

    def _bound(self, upper: bool) -> Bound | None:
        """The bound on a side, None where there is none or it depends on parameters and data together."""
        name = self.dist.row.bounds[upper]
        if name is None:
            return None
        what, arg = f"`{name}` of {self.dist.row.name}", self.dist.arg(name)
        if arg is None:
            default = self.dist.row.parameter(name).default
            what = f"the default of {what}"
            return None if default is None else Bound(np.float64(default), what, self.dist.span)
        if not isinstance(arg, ir.Expr):
            return None
        if not self.known.fixed(arg):
            # Whatever the parameters are, they keep to the supports of their priors.
            end = arg.support.hi if upper else arg.support.lo
            return None if self.known.columns(arg) else Bound(np.float64(end), what, arg.span)
        grid = self.known.value(arg)
        if grid is None:
            return None
        limit = grid.over(self.plates)
        if len(self.plates) > self.values.ndim:
            # The density of a mixture is computed from those of all its components, and each must have one.
            limit = limit.min(axis=-1) if upper else limit.max(axis=-1)
        return Bound(limit, what, arg.span)

    def _bounds(self) -> Diagnostic | None:
        """Values past a bound that is known, row by row."""
        for upper in (False, True):
            bound = self._bound(upper)
            if bound is None:
                continue
            limit = np.broadcast_to(bound.limit, self.values.shape)
            bad = (self.values > limit) if upper else (self.values < limit)
            if bad.any():
                value, allowed = float(self.values[bad][0]), float(limit[bad][0])
                where = (self._cells(bad), int(bad.sum()))
                name, span = self.column.name, self.statement.span
                return errors.beyond_bound(self.source, span, name, bound.span, bound.what, value, allowed, *where)
        return None

    def _edges(self) -> Diagnostic | None:
        """Values on an end of the support where the density is zero or infinite."""
        for upper, argument in enumerate(EDGES.get(self.dist.row.name, ())):
            if argument is None or _is_one(self.dist.arg(argument)):
                continue
            bound = self._bound(bool(upper))
            support = self.dist.row.support
            edge = (support.hi if upper else support.lo) if bound is None else bound.limit
            edge = np.broadcast_to(edge, self.values.shape)
            bad = self.values == edge
            if bad.any():
                where = (self._cells(bad), int(by_row(bad).sum()))
                name, dist, at = self.column.name, self.dist.row.name, float(edge[bad][0])
                return errors.on_the_edge(self.source, self.statement.span, name, dist, at, *where)
        return None

    def _total(self) -> Diagnostic | None:
        """Counts that do not sum to the number of trials."""
        row = self.dist.row
        bound = self._bound(upper=True)
        if not (row.event == 1 and row.support.integer and row.bounds[1]) or bound is None:
            return None
        total = np.broadcast_to(bound.limit, (*self.values.shape[:-1], 1))[..., 0]
        sums = self.values.sum(axis=-1)
        bad = sums != total
        if not bad.any():
            return None
        name, example = self.column.name, (float(sums[bad][0]), float(total[bad][0]))
        return errors.wrong_total(self.source, self.statement.span, name, *example, self._cells(bad), int(bad.sum()))

    def _cells(self, bad: np.ndarray):
        return self.table.cells(self.column.name, bad)


def _is_one(arg: object) -> bool:
    return isinstance(arg, ir.Number) and arg.value == 1
