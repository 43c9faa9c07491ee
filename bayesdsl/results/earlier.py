"""An earlier run, or a fit, as what the next prior is made from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayesdsl.check import check
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.model import ir
from bayesdsl.results.manifest import CarriedRecord, PriorRecord, fingerprint
from bayesdsl.results.rundir import DRAWS, MANIFEST, Run, open_run
from bayesdsl.results.summary import Summary
from bayesdsl.results.verdict import Verdict
from bayesdsl.runtime import errors as running
from bayesdsl.runtime.earlier import errors
from bayesdsl.runtime.earlier.carry import Carry, carry
from bayesdsl.runtime.earlier.match import Before, Now
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class EarlierRun:
    """What a prior takes from a run: its draws, what they are worth, and where it is kept (None for a fit)."""

    before: Before
    summary: Summary
    verdict: Verdict
    directory: str | None = None
    manifest_sha256: str | None = None
    draws_sha256: str | None = None

    @classmethod
    def at(cls, run: Run | str | os.PathLike[str]) -> EarlierRun:
        """A run that was written. Raises `BayesError` where it cannot be read."""
        from bayesdsl.results.errors import RunError

        try:
            opened = run if isinstance(run, Run) else open_run(run)
            posterior, source, summary = opened.posterior, opened.source, opened.summary()
        except RunError as refused:
            raise BayesError((running.run_directory(refused.message, refused.hint),)) from refused
        name = opened.directory.as_posix()
        return cls(
            Before(name, posterior, check(parse(Source(opened.manifest.spec, source))).model),
            summary,
            opened.verdict,
            name,
            fingerprint(opened.directory / MANIFEST),
            opened.manifest.files[DRAWS].sha256,
        )

    @classmethod
    def of_fit(cls, model: ir.Model, posterior: Posterior, summary: Summary, verdict: Verdict) -> EarlierRun:
        """A fit that is in memory."""
        return cls(Before("the earlier fit", posterior, model), summary, verdict)

    def carry(self, model: ir.Model, layouts: dict[str, tuple[str | None, ...]], coords: dict) -> Carry:
        """The posterior as the prior of a model with its data. Raises `BayesError`."""
        return carry(Now(model, layouts, coords), self.before, self._effective(), tuple(self._doubts()))

    def record(self, made: Carry) -> PriorRecord:
        """What a manifest says of it."""
        return PriorRecord(
            run=self.directory,
            manifest_sha256=self.manifest_sha256,
            draws_sha256=self.draws_sha256,
            density=made.family,
            numbers=made.numbers,
            draws=made.draws,
            effective_draws=made.effective,
            latents=tuple(
                CarriedRecord(name=latent.name, copies=None if latent.known is None else sum(latent.known))
                for latent in made.earlier.latents
            ),
            notes=made.notes,
        )

    def _effective(self) -> dict[str, float]:
        """By latent, how many independent draws the worst of its elements has."""
        found: dict[str, float] = {}
        for row in self.summary.rows:
            if row.ess_bulk is not None and row.ess_bulk > 0:
                found[row.variable] = min(found.get(row.variable, row.ess_bulk), row.ess_bulk)
        return found

    def _doubts(self) -> Iterator[Diagnostic]:
        if self.before.posterior.kind == "point":
            return
        if self.before.posterior.interrupted:
            yield errors.interrupted(self.before.name)
        if not self.verdict.ok:
            yield errors.doubtful(self.before.name, self.verdict.sentence)
