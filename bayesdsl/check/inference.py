"""Whether each inference can work on this model."""

from __future__ import annotations

from bayesdsl.check import errors
from bayesdsl.check.scope import Scope
from bayesdsl.model import ir


def check_inferences(scope: Scope, model: tuple[ir.Statement, ...], inferences: tuple[ir.Inference, ...]) -> None:
    """Report inferences that cannot run: discrete latents, params without priors, guides that do not fit."""
    names: dict[str, ir.Inference] = {}
    latents = [s for s in model if isinstance(s, ir.Sample)]
    params = [s for s in model if isinstance(s, ir.Parameter)]
    for inference in inferences:
        if inference.name in names:
            scope.report(errors.declared_twice(scope.source, inference.span, inference.name, names[inference.name].span))
        names[inference.name] = inference
        _discrete(scope, inference, latents)
        _without_prior(scope, inference, params)
        _nothing_to_infer(scope, inference, latents, params)


def _discrete(scope: Scope, inference: ir.Inference, latents: list[ir.Sample]) -> None:
    if inference.engine.discrete:
        return
    for latent in latents:
        if latent.support.integer and latent.support.known:
            scope.report(errors.discrete_latent(scope.source, inference.span, inference.engine.name, latent.name, latent.span))


def _without_prior(scope: Scope, inference: ir.Inference, params: list[ir.Parameter]) -> None:
    if not inference.engine.params:
        for param in params:
            scope.report(errors.param_without_prior(scope.source, inference.span, inference.engine.name, param.name, param.span, param.support))


def _nothing_to_infer(
    scope: Scope, inference: ir.Inference, latents: list[ir.Sample], params: list[ir.Parameter]
) -> None:
    if not latents and not (params and inference.engine.params) and not scope.findings:
        scope.report(errors.nothing_to_infer(scope.source, inference.span, inference.engine.name))
