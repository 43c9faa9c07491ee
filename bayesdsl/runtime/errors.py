"""What can go wrong in a run: a row for each kind of `EngineError`, and findings about runs as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.model import ir
from bayesdsl.runtime.engines.errors import EngineError
from bayesdsl.source import Span


@dataclass(frozen=True, slots=True)
class Remedy:
    """The code of a kind of failure and what to try."""

    code: str
    hint: str


REMEDIES: dict[str, Remedy] = {
    "init-failed": Remedy(
        "BD801", "give tighter priors, or scale the data, so that parameters near 0 have a finite density"
    ),
    "loss-not-finite": Remedy("BD802", "use a smaller learning rate, or priors that keep scales away from zero"),
    "worker-failed": Remedy("BD803", "run one chain to see the whole message: --set infer.chains=1"),
    "sampler-failed": Remedy("BD870", "let Pyro sample: --set infer.engine=pyro"),
    "too-many-values": Remedy("BD863", "take fewer draws, or report less than one value for each row"),
    "not-together": Remedy("BD888", "leave `--device` out: chains then run on the cores, each by itself"),
    "pyro-on-device": Remedy("BD887", "leave `engine = pyro` out, or `--device`"),
    "device-full": Remedy("BD889", "run fewer chains, as with --set infer.chains=64"),
    "interrupted": Remedy("BD810", "let it run for longer: past the warmup, or for some steps"),
}
OTHER = Remedy("BD807", "choose another inference for this model")


def engine_failed(model: ir.Model, error: EngineError, line: int | None = None) -> Diagnostic:
    """An engine's failure, at the place of the latent it names, or at the line that it comes from."""
    remedy = REMEDIES.get(error.kind, OTHER)
    site = error.facts.get("site")
    statement = next((s for s in model.statements if getattr(s, "name", None) == site), None)
    span = statement.span if statement is not None else _span(model, line) if line is not None else None
    primary = Label(span) if span is not None else None
    return Diagnostic(remedy.code, error.message, model.source if primary else None, primary, hint=remedy.hint)


def program_failed(model: ir.Model, line: int | None, message: str) -> Diagnostic:
    """The emitted program raised an error at a line of the spec."""
    if line is None:
        return Diagnostic("BD811", f"the model cannot be evaluated: {message}")
    return Diagnostic("BD811", f"this cannot be evaluated: {message}", model.source, Label(_span(model, line)))


def _span(model: ir.Model, line: int) -> Span:
    """What is written in a line of the spec."""
    text = model.source.line(line)
    start = model.source.text.find(text) if line == 1 else _offset(model, line)
    indent = len(text) - len(text.lstrip())
    return Span(start + indent, start + len(text.rstrip()))


def _offset(model: ir.Model, line: int) -> int:
    text = model.source.text
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start


def unknown_inference(name: str, near: str | None, known: Sequence[str]) -> Diagnostic:
    listed = f"its inferences are {', '.join(known)}" if known else "it has none: add `infer nuts(chains = 4)`"
    return Diagnostic(
        "BD804", f"the spec has no inference `{name}`", hint=f"did you mean `{near}`?" if near else listed
    )


def no_inference(spec: str) -> Diagnostic:
    return Diagnostic(
        "BD806",
        f"{spec} does not say how to infer",
        hint="add a line `infer nuts(chains = 4)`, or run with --infer nuts",
    )


def bad_override(text: str, reason: str) -> Diagnostic:
    return Diagnostic("BD808", f"`{text}` {reason}", hint="write it as infer.NAME=VALUE, as in --set infer.draws=200")


def cannot_read(name: str, reason: str, hint: str | None) -> Diagnostic:
    return Diagnostic("BD809", f"{name} cannot be read: {reason}", hint=hint)


def run_directory(message: str, hint: str) -> Diagnostic:
    return Diagnostic("BD805", message, hint=hint)


def nothing_to_draw_with(library: str) -> Diagnostic:
    return Diagnostic(
        "BD849",
        f"a report has drawings, and {library}, which makes them, is not installed",
        hint="pip install 'bayesdsl[report]'",
    )


def report_not_written(path: str, reason: str) -> Diagnostic:
    return Diagnostic(
        "BD850", f"the report cannot be written to {path}: {reason}", hint="name another file, as in -o report.html"
    )
