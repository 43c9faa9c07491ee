"""The settings of an inference, as they are written, replaced and handed to engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.model import ir


def overridden(model: ir.Model, inference: ir.Inference, settings: Mapping[str, str]) -> ir.Inference:
    """An inference of a model with settings replaced, each written as in a spec. Raises `BayesError`."""
    from bayesdsl.check.settings import override

    guides = {name: guide.span for name, guide in model.guides.items()}
    for name, text in settings.items():
        changed, findings = override(inference, name, text, guides, model.plates)
        if changed is None:
            raise BayesError(findings)
        inference = changed
    return inference


def as_written(value: Any) -> str:
    """A Python value as a spec writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_written, value))}]"
    return str(value)


def engine_settings(inference: ir.Inference) -> dict[str, Any]:
    """Settings as engines take them: numbers, and (name, settings) for guides, optimisers and losses."""

    def plain(value: object) -> object:
        if isinstance(value, ir.Setup):
            return value.row.name, dict(value.settings)
        if isinstance(value, ir.Batch):
            return value.size, value.plate
        return value

    values = {name: plain(value) for name, value in inference.settings}
    if isinstance(values.get("guide"), str):
        values["guide"] = (values["guide"], {})
    return values


def check_runnable(model: ir.Model, inference: ir.Inference) -> None:
    """What the checker asks of an `infer` statement, asked of one that was chosen when running."""
    from bayesdsl.check.inference import inference_findings

    found = inference_findings(model, inference)
    if found:
        raise BayesError(found)
