"""A compiled spec with its data, and how its inferences are run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bayesdsl.catalogue.rows import SettingKind
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.driver.blame import said, spec_line
from bayesdsl.driver.fit import Fit
from bayesdsl.driver.known import centred_scales, flat, networks
from bayesdsl.driver.settings import as_written, check_runnable, engine_settings, overridden
from bayesdsl.model import ir

if TYPE_CHECKING:
    from bayesdsl.driver.compiled import Compiled
    from bayesdsl.results.manifest import PriorRecord
    from bayesdsl.runtime.binding.bind import BoundData
    from bayesdsl.runtime.bound import BoundModel
    from bayesdsl.runtime.earlier.carry import Carry
    from bayesdsl.runtime.posterior import Posterior
    from bayesdsl.runtime.progress import Report


@dataclass(frozen=True)
class Bound:
    """A compiled spec with its data. `prior` says what is carried from an earlier run, None where there is none."""

    compiled: Compiled
    data: BoundData
    model: BoundModel
    prior: Carry | None = None
    prior_record: PriorRecord | None = field(default=None, repr=False)

    @property
    def inputs(self) -> dict[str, Any]:
        return self.data.inputs

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What the data showed that is probably not meant."""
        return self.data.warnings

    def fit(
        self,
        infer: str | ir.Inference | None = None,
        *,
        seed: int = 0,
        progress: Report | None = None,
        device: str = "cpu",
        **settings: Any,
    ) -> Fit:
        """As `Compiled.fit`, on these data."""
        from bayesdsl.runtime.earlier import errors as earlier_errors

        inference = infer if isinstance(infer, ir.Inference) else self.compiled.inference(infer)
        texts = {row.name for row in inference.engine.settings if row.kind is SettingKind.TEXT}
        written = {
            name: f'"{value}"' if name in texts and isinstance(value, str) else as_written(value)
            for name, value in settings.items()
        }
        inference = overridden(self.compiled.spec, inference, written)
        check_runnable(self.compiled.spec, inference)
        if self.prior is not None and not inference.engine.priors:
            raise BayesError((earlier_errors.no_prior_used(inference.engine.name),))
        return self._batching(inference)._run(inference, seed, progress, device)

    def _batching(self, inference: ir.Inference) -> Bound:
        """The same data bound to a program that can take the minibatches of an inference."""
        batch = ir.batch_of(inference)
        if batch is None or batch.plate in self.model.minibatches:
            return self
        compiled = replace(self.compiled, batched=self.compiled.batched | {batch.plate})
        known = {given: self.data.inputs[name] for name, given in self.compiled.program.inputs.items()}
        # Rows are taken from them again and again: each in one piece.
        known = {given: value if isinstance(value, int) else value.contiguous() for given, value in known.items()}
        data = replace(self.data, inputs={name: known[given] for name, given in compiled.program.inputs.items()})
        model = replace(compiled._bound_model(data), starts=self.model.starts)
        return replace(self, compiled=compiled, data=data, model=model)

    def _run(self, inference: ir.Inference, seed: int, progress: Report | None, device: str) -> Fit:
        from bayesdsl.runtime import errors
        from bayesdsl.runtime.engines import run_engine
        from bayesdsl.runtime.engines.errors import EngineError
        from bayesdsl.runtime.progress import silent

        started = datetime.now(UTC)
        try:
            posterior = run_engine(
                inference.engine.name, self.model, engine_settings(inference), seed, progress or silent, device
            )
        except EngineError as error:
            line = spec_line(self.compiled, error.__cause__) if error.__cause__ else None
            raise BayesError((errors.engine_failed(self.compiled.spec, error, line),)) from error
        except (ValueError, RuntimeError, IndexError, NotImplementedError) as error:
            line = spec_line(self.compiled, error)
            if line is None:
                raise
            raise BayesError((errors.program_failed(self.compiled.spec, line, said(error)),)) from error
        spec = self.compiled.spec
        known = {"centred": centred_scales(spec), "networks": networks(spec)} if posterior.kind == "mcmc" else {}
        posterior = replace(posterior, facts={**posterior.facts, **known, **self._improper(posterior)})
        return Fit(self, inference, posterior, seed, started, datetime.now(UTC))

    def _improper(self, posterior: Posterior) -> dict[str, list[str]]:
        """What a verdict is to know of improper priors: the latents that the data do not make proper."""
        unknowns = flat(self.compiled.spec)
        if not unknowns or posterior.kind == "point" or posterior.draws_per_chain < 2:
            return {}
        from bayesdsl.runtime.engines.propriety import improper

        found = improper(self.model, posterior.draws, unknowns)
        return {"improper": list(found)} if found else {}
