"""What a prediction is made from, whether of a fit at hand or of a run that was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.lower.predictable import tables_to_predict
from bayesdsl.lower.training import Training
from bayesdsl.model import ir
from bayesdsl.prediction import errors
from bayesdsl.runtime.posterior import Posterior

# Outcomes drawn around a point.
OF_A_POINT = 1000


@dataclass(frozen=True, eq=False)
class Trained:
    """A model with its posterior. `columns` are the rows of the fit: plates and values by the spec's names of columns,
    categories as positions of their levels."""

    model: ir.Model
    training: Training
    posterior: Posterior
    columns: Mapping[str, tuple[tuple[str, ...], np.ndarray]]

    @property
    def count(self) -> int:
        """The number of draws, over all chains."""
        return self.posterior.chains * self.posterior.draws_per_chain

    def labels(self, plate: str) -> list[str]:
        """The members of a plate as text; numbers where they have no names."""
        known = self.training.labels.get(plate)
        return list(known) if known is not None else [str(i) for i in range(1, self.training.sizes[plate] + 1)]

    def rows(self, table: str) -> np.ndarray:
        """What the rows of a table are called: their keys, or their numbers in the source from 1."""
        if table in self.training.labels:
            return np.asarray(self.training.labels[table], dtype=object)
        facts = self.training.tables[table]
        return np.asarray(facts.numbers) if facts.numbers is not None else np.arange(1, facts.rows + 1)

    def kept(self, draws: int | None) -> np.ndarray:
        """The positions of the draws to use, among those of all chains: all, or so many, evenly spread.

        Of a point, which is one draw, as many copies: outcomes vary around it all the same.

        Raises ValueError where `draws` is not positive.
        """
        if draws is not None and draws < 1:
            raise ValueError(f"draws is a positive number, not {draws}")
        if self.posterior.kind == "point":
            return np.zeros(draws or OF_A_POINT, dtype=np.int64)
        if draws is None or draws >= self.count:
            return np.arange(self.count)
        return np.linspace(0, self.count - 1, draws).round().astype(np.int64)

    def drawn(self, name: str, kept: np.ndarray) -> np.ndarray:
        """Draws of a quantity, of shape (draw, *dims); of shape dims for the learned weights of layers."""
        if name in self.posterior.learned:
            return np.asarray(self.posterior.learned[name], dtype=np.float64)
        values = self.posterior.draws[name]
        return np.asarray(values, dtype=np.float64).reshape(-1, *values.shape[2:])[kept]


def table_to_predict(model: ir.Model, asked: str | None) -> str:
    """The table whose rows are predicted. Raises `BayesError` where that is not clear."""
    tables = tables_to_predict(model)
    if not tables:
        raise BayesError((errors.nothing_to_predict(model.source.name),))
    if asked in tables:
        return asked
    if asked is not None or len(tables) > 1:
        raise BayesError((errors.which_table(tables, asked),))
    return tables[0]
