"""BD8xx: what goes wrong while a model runs, and results that should not be trusted."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code("BD801", "init-failed", Severity.ERROR, "No starting point with a finite density was found", "Being written: No starting point with a finite density was found; this text is on its way, see the message.", "..", "..."),
    Code("BD802", "loss-not-finite", Severity.ERROR, "The loss became infinite or undefined", "Being written: The loss became infinite or undefined; this text is on its way, see the message.", "..", "..."),
    Code("BD803", "worker-failed", Severity.ERROR, "A process that ran a chain ended early", "Being written: A process that ran a chain ended early; this text is on its way, see the message.", "..", "..."),
    Code("BD804", "unknown-inference", Severity.ERROR, "The spec has no inference of the name asked for", "Being written: The spec has no inference of the name asked for; this text is on its way, see the message.", "..", "..."),
    Code("BD805", "run-directory", Severity.ERROR, "The directory of a run exists already or is damaged", "Being written: The directory of a run exists already or is damaged; this text is on its way, see the message.", "..", "..."),
    Code("BD806", "no-inference", Severity.ERROR, "The spec has no `infer`, and none was asked for", "Being written: The spec has no `infer`, and none was asked for; this text is on its way, see the message.", "..", "..."),
    Code("BD807", "discrete-at-run-time", Severity.ERROR, "A latent turned out to be discrete when the model ran", "Being written: A latent turned out to be discrete when the model ran; this text is on its way, see the message.", "..", "..."),
    Code("BD808", "bad-override", Severity.ERROR, "A `--set` is not of the form it must have", "Being written: A `--set` is not of the form it must have; this text is on its way, see the message.", "..", "..."),
    Code("BD809", "cannot-read", Severity.ERROR, "The spec cannot be read", "Being written: The spec cannot be read; this text is on its way, see the message.", "..", "..."),
)
