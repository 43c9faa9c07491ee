"""Whether an inference can work on a model."""

from __future__ import annotations

from math import isfinite

from bayesdsl.check import errors
from bayesdsl.check.batches import batch_findings
from bayesdsl.check.errors import layers as layer_errors
from bayesdsl.check.scope import Scope
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.source import Source, Span


def check_inferences(scope: Scope, model: tuple[ir.Statement, ...], inferences: tuple[ir.Inference, ...]) -> None:
    """Report inferences that cannot run: discrete latents, params without priors, nothing to infer."""
    names: dict[str, ir.Inference] = {}
    said: set[tuple[str, Span]] = set()
    for inference in inferences:
        if inference.name in names:
            scope.report(
                errors.declared_twice(scope.source, inference.span, inference.name, names[inference.name].span)
            )
        names[inference.name] = inference
        for finding in _findings(scope.source, model, inference):
            # What could not be read may hold the latents that seem to be missing.
            if finding.code == "BD510" and scope.findings:
                continue
            # A latent that no inference can have is one mistake, however many there are.
            about = {(finding.code, label.span) for label in finding.labels}
            if not about or not about <= said:
                scope.report(finding)
            said |= about


def inference_findings(model: ir.Model, inference: ir.Inference) -> tuple[Diagnostic, ...]:
    """The findings of one inference, which need not be one of the spec's."""
    return (*_findings(model.source, model.statements, inference), *batch_findings(model, inference))


def _findings(source: Source, statements: tuple[ir.Statement, ...], inference: ir.Inference) -> list[Diagnostic]:
    engine, span = inference.engine, inference.span
    latents = [s for s in statements if isinstance(s, ir.Sample)]
    params = [s for s in statements if isinstance(s, ir.Parameter)]
    found: list[Diagnostic] = []
    if not engine.discrete:
        found += [
            errors.discrete_latent(source, span, engine.name, latent.name, latent.span, isfinite(latent.support.hi))
            for latent in latents
            if latent.support.integer and latent.support.known
        ]
    if not engine.params:
        found += [
            errors.param_without_prior(source, span, engine.name, p.name, p.span, p.support)
            for p in params
            if p.layer is None
        ]
        learned = {p.layer: p.span for p in params if p.layer is not None}
        found += [
            layer_errors.weights_without_priors(source, span, engine.name, layer, declared)
            for layer, declared in learned.items()
        ]
    settings = dict(inference.settings)
    schedule = settings.get("schedule")
    if isinstance(schedule, ir.Setup):
        # Of a schedule that ends, torch takes no step beyond.
        planned = dict(schedule.settings).get("total_steps", settings["steps"])
        if planned < settings["steps"]:
            found.append(errors.schedule_too_short(source, span, planned, settings["steps"]))
    if not latents and not (params and engine.params):
        found.append(errors.nothing_to_infer(source, span, engine.name))
    return found
