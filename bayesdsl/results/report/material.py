"""What a report is made of: a run that is at hand or one that was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdsl.model import ir
from bayesdsl.results.manifest import Manifest
from bayesdsl.results.netcdf import Arrays
from bayesdsl.results.summary import Row, Summary
from bayesdsl.results.verdict import Verdict
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.types.supports import Support

if TYPE_CHECKING:
    from bayesdsl.results.report.outcomes import Outcomes
    from bayesdsl.results.rundir import Run

ROLES = ("derived", "latent", "param")


@dataclass(frozen=True, eq=False)
class Quantity:
    """A reported quantity and those of its elements that vary.

    `rows` are the elements' in the summary, `places` where they stand in `values`, of shape (chain, draw, element).
    `size` counts the elements that do not vary as well. `support` is None where the spec is not understood any more.
    """

    name: str
    role: str
    plates: tuple[str, ...]
    support: Support | None
    layer: str | None
    rows: tuple[Row, ...]
    places: tuple[int, ...]
    values: np.ndarray
    size: int

    def __len__(self) -> int:
        return len(self.rows)

    def draws(self, element: int) -> np.ndarray:
        """Those of the nth element that varies, of shape (chain, draw)."""
        return self.values[:, :, self.places[element]].astype(np.float64)

    @property
    def labels(self) -> tuple[str, ...]:
        """The elements by the members of their plates."""
        return tuple(", ".join(row.index) for row in self.rows)

    @property
    def signed(self) -> bool:
        """Whether it may be on either side of zero."""
        if self.support is None or not self.support.known:
            return any((row.lower or 0) < 0 for row in self.rows)
        return self.support.lo < 0 < self.support.hi


@dataclass(frozen=True, eq=False)
class Material:
    """A run and its data. `observed` and `constant` are the columns by name: their plates and values.

    `coords` holds the members of the plates that are known, `model` is None where this version does not understand
    the spec of the run any more.
    """

    manifest: Manifest
    source: str
    posterior: Posterior
    summary: Summary
    verdict: Verdict
    observed: Arrays
    constant: Arrays
    coords: Mapping[str, Sequence[Any]]
    model: ir.Model | None

    @classmethod
    def of_run(cls, run: Run) -> Material:
        """That of a run directory. Raises RunError where a file is missing or damaged."""
        from bayesdsl.check import check
        from bayesdsl.source import Source
        from bayesdsl.syntax.parser import parse

        stored = run.stored
        return cls(
            manifest=run.manifest,
            source=run.source,
            posterior=stored.posterior,
            summary=run.summary(),
            verdict=run.verdict,
            observed=stored.observed,
            constant=stored.constant,
            coords=stored.posterior.coords,
            model=check(parse(Source(run.manifest.spec, run.source))).model,
        )

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Everything that is reported, in the order of the spec, what is derived first."""
        rows = {name: tuple(group) for name, group in groupby(self.summary.rows, key=lambda row: row.variable)}
        found = [self._quantity(name, rows.get(name, ())) for name in self.posterior.draws]
        return tuple(sorted(found, key=lambda quantity: ROLES.index(quantity.role)))

    @cached_property
    def outcomes(self) -> Outcomes:
        """What the likelihoods give at the rows of the data."""
        from bayesdsl.results.report.outcomes import Outcomes

        return Outcomes.of(self)

    @cached_property
    def _statements(self) -> dict[str, ir.Statement]:
        statements = () if self.model is None else self.model.statements
        return {s.name: s for s in statements if not isinstance(s, ir.Observed)}

    def _quantity(self, name: str, rows: tuple[Row, ...]) -> Quantity:
        values = self.posterior.draws[name]
        role, support, layer = _known(self._statements.get(name))
        varying = [place for place, row in enumerate(rows) if row.sd != 0]
        return Quantity(
            name=name,
            role=role,
            plates=tuple(self.posterior.dims.get(name, ())),
            support=support,
            layer=layer,
            rows=tuple(rows[place] for place in varying),
            places=tuple(varying),
            values=values.reshape(*values.shape[:2], prod(values.shape[2:])),
            size=len(rows),
        )


def _known(statement: ir.Statement | None) -> tuple[str, Support | None, str | None]:
    """What the spec says of a quantity: its role, its support and the layer it is a weight of."""
    match statement:
        case ir.Sample(support=support, layer=layer):
            return "latent", support.elements, layer
        case ir.Parameter(support=support, layer=layer):
            return "param", support.elements, layer
        case ir.Let(expr=expr):
            return "derived", expr.support.elements, None
        case _:
            return "latent", None, None
