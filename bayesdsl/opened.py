"""A run that was written, with all that can be done with it: what `bayesdsl.open_run` gives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver import analyse
from bayesdsl.lower.amortised import amortised
from bayesdsl.prediction import errors
from bayesdsl.prediction.archive import exported
from bayesdsl.prediction.predict import predict
from bayesdsl.prediction.trained import Trained
from bayesdsl.results import rundir
from bayesdsl.results.training import PREDICTION, read_training
from bayesdsl.source import Source

if TYPE_CHECKING:
    from bayesdsl.export.archive import Predictor
    from bayesdsl.results.predictive import Prediction


@dataclass(frozen=True)
class Run(rundir.Run):
    """A run that was written. Files are read when they are asked for, and checked against the manifest then."""

    @cached_property
    def trained(self) -> Trained:
        """What predictions are made from. Raises `BayesError` where the run was written before it was kept."""
        if PREDICTION not in self.manifest.files:
            raise BayesError((errors.older_run(self.directory),))
        training = read_training(self._checked(PREDICTION))
        checked = analyse(Source(self.manifest.spec, self.source))
        if checked.model is None:
            raise BayesError(checked.errors)
        stored = self.stored
        columns = {**stored.observed, **stored.constant}
        guide = self.manifest.settings.get("guide")
        model = amortised(checked.model, guide[0] if isinstance(guide, list | tuple) else None)
        return Trained(model, training, stored.posterior, columns)

    def predict(
        self,
        data: Any = None,
        *,
        grid: Mapping[str, Any] | None = None,
        at: Mapping[str, Any] | None = None,
        table: str | None = None,
        seed: int = 0,
        interval: float = 0.9,
        draws: int | None = None,
    ) -> Prediction:
        """What the posterior says of rows, from the run alone: as `Fit.predict`."""
        return predict(self.trained, data, grid=grid, at=at, table=table, seed=seed, interval=interval, draws=draws)

    def predictor(self, *, table: str | None = None, draws: int | None = None) -> Predictor:
        """A program that predicts new rows: as `Fit.predictor`."""
        return exported(self.trained, table=table, draws=draws)


def open_run(directory: str | os.PathLike[str]) -> Run:
    """Open a run. `RunError` where it is missing, unfinished, damaged or of a newer format."""
    found = rundir.open_run(os.fspath(directory))
    return Run(found.directory, found.manifest)
