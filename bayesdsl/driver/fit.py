"""What a run gave."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesdsl.driver.settings import engine_settings
from bayesdsl.model import ir

if TYPE_CHECKING:
    from bayesdsl.driver.bound import Bound
    from bayesdsl.export.archive import Predictor
    from bayesdsl.prediction.trained import Trained
    from bayesdsl.results.predictive import Prediction
    from bayesdsl.results.summary import Summary
    from bayesdsl.results.verdict import Verdict
    from bayesdsl.runtime.posterior import Posterior


@dataclass(frozen=True)
class Fit:
    """What a run gave: the draws, and how far they can be trusted."""

    bound: Bound
    inference: ir.Inference
    posterior: Posterior
    seed: int
    started: datetime
    finished: datetime
    _summaries: dict[float, Summary] = field(default_factory=dict, repr=False, compare=False)

    @property
    def draws(self) -> dict[str, Any]:
        """Arrays of shape (chain, draw, *plates) by name."""
        return self.posterior.draws

    def __getitem__(self, name: str) -> Any:
        return self.posterior.draws[name]

    def summary(self, interval: float = 0.9) -> Summary:
        """Mean, sd, median, an interval of this probability, and what the draws are worth, for every quantity."""
        from bayesdsl.results.summary import summarise

        if interval not in self._summaries:
            self._summaries[interval] = summarise(self.posterior, interval)
        return self._summaries[interval]

    def verdict(self) -> Verdict:
        """Whether to trust the draws, which parameter is in trouble, and what to try."""
        from bayesdsl.results.verdict import judge

        return judge(self.posterior, self.summary())

    @cached_property
    def trained(self) -> Trained:
        """What predictions are made from."""
        from bayesdsl.lower.amortised import amortised
        from bayesdsl.prediction.trained import Trained

        data = self.bound.data
        columns = {**data.observed, **data.constant}
        guide = dict(self.inference.settings).get("guide")
        model = amortised(self.bound.compiled.spec, guide if isinstance(guide, str) else None)
        return Trained(model, data.training, self.posterior, columns)

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
        """What the posterior says of rows: of `data` (a path, a frame, a dict of columns); of a `grid` (values by
        column, or `"LOW:HIGH:NUMBER"`; several make a product) with other columns fixed by `at`; of those of the fit.

        The same seed gives the same numbers. Raises `BayesError`.
        """
        from bayesdsl.prediction.predict import predict

        return predict(self.trained, data, grid=grid, at=at, table=table, seed=seed, interval=interval, draws=draws)

    def predictor(self, *, table: str | None = None, draws: int | None = None) -> Predictor:
        """A program that predicts new rows, to be saved and used without bayesdsl. Raises `BayesError`."""
        from bayesdsl.prediction.archive import exported

        return exported(self.trained, table=table, draws=draws)

    def to_datatree(self) -> Any:
        """The draws as an xarray DataTree in ArviZ's conventions."""
        from bayesdsl.results.netcdf import to_datatree

        return to_datatree(self.posterior, self.bound.data.observed, self.bound.data.constant)

    def save(self, directory: str | os.PathLike[str], *, overwrite: bool = False, interval: float = 0.9) -> Path:
        """Write a run directory, whole or not at all. Raises `RunError` where it may not be written.

        `interval` is the probability between the bounds of the summary that is written.
        """
        from bayesdsl.results.rundir import write_run
        from bayesdsl.results.training import PREDICTION, PredictionRecord

        compiled = self.bound.compiled
        return write_run(
            os.fspath(directory),
            source=compiled.spec.source.text,
            program=compiled.source,
            manifest=self.manifest(),
            posterior=self.posterior,
            summary=self.summary(interval),
            observed=self.bound.data.observed,
            constant=self.bound.data.constant,
            extra={PREDICTION: PredictionRecord.of(self.bound.data.training).to_json()},
            overwrite=overwrite,
        ).directory

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write a page of HTML that shows the run, one file that needs no other, and give its path.

        Raises `BayesError` where it cannot be drawn, as matplotlib is missing, or written.
        """
        from bayesdsl.results.report.material import Material
        from bayesdsl.results.report.page import write_page

        compiled, data = self.bound.compiled, self.bound.data
        material = Material(
            manifest=self.manifest(),
            source=compiled.spec.source.text,
            posterior=self.posterior,
            summary=self.summary(),
            verdict=self.verdict(),
            observed=data.observed,
            constant=data.constant,
            coords=data.coords,
            model=compiled.spec,
        )
        return write_page(material, path)

    def manifest(self) -> Any:
        """What was run, on what and with what, as a record."""
        import torch

        from bayesdsl.results.manifest import DataRecord, Manifest, VerdictRecord, fingerprint
        from bayesdsl.results.settings import machinery

        compiled = self.bound.compiled
        text = compiled.spec.source.text
        return Manifest(
            spec=Path(compiled.spec.source.name).name,
            spec_sha256=fingerprint(text),
            inference=self.inference.name,
            engine=self.inference.engine.name,
            settings=engine_settings(self.inference),
            machinery=machinery(self.posterior.facts),
            seed=self.seed,
            threads=torch.get_num_threads(),
            dtype=compiled.dtype,
            data=tuple(
                DataRecord(
                    plate=t.plate,
                    source=None if t.sha256 is None else t.source,
                    sha256=t.sha256 or fingerprint(text),
                    rows=t.rows,
                    rows_dropped=t.rows_dropped,
                )
                for t in self.bound.data.tables
            ),
            prior=self.bound.prior_record,
            started=self.started,
            finished=self.finished,
            elapsed_seconds=(self.finished - self.started).total_seconds(),
            interrupted=self.posterior.interrupted,
            verdict=VerdictRecord.of(self.verdict()),
        )
