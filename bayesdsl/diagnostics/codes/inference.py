"""BD5xx: inference settings that cannot work with the model they are for."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code("BD501", "unknown-engine", Severity.ERROR, "What follows `infer` is not an inference", "Being written: What follows `infer` is not an inference; this text is on its way, see the message.", "..", "..."),
    Code("BD502", "unknown-setting", Severity.ERROR, "An inference or its parts have no such setting", "Being written: An inference or its parts have no such setting; this text is on its way, see the message.", "..", "..."),
    Code("BD503", "setting-value", Severity.ERROR, "A setting has a value that it cannot have", "Being written: A setting has a value that it cannot have; this text is on its way, see the message.", "..", "..."),
    Code("BD504", "unknown-component", Severity.ERROR, "A guide, optimiser or loss of that name does not exist", "Being written: A guide, optimiser or loss of that name does not exist; this text is on its way, see the message.", "..", "..."),
    Code("BD505", "discrete-latent", Severity.ERROR, "A method that needs gradients meets a discrete latent", "Being written: A method that needs gradients meets a discrete latent; this text is on its way, see the message.", "..", "..."),
    Code("BD506", "param-without-prior", Severity.ERROR, "A param has no prior, and the method samples", "Being written: A param has no prior, and the method samples; this text is on its way, see the message.", "..", "..."),
    Code("BD507", "guide-sites", Severity.ERROR, "A guide does not cover the latents of the model", "Being written: A guide does not cover the latents of the model; this text is on its way, see the message.", "..", "..."),
    Code("BD508", "guide-plates", Severity.ERROR, "A latent has other plates in the guide than in the model", "Being written: A latent has other plates in the guide than in the model; this text is on its way, see the message.", "..", "..."),
    Code("BD509", "guide-support", Severity.ERROR, "A guide can draw values where the model has no density", "Being written: A guide can draw values where the model has no density; this text is on its way, see the message.", "..", "..."),
    Code("BD510", "nothing-to-infer", Severity.ERROR, "The model leaves nothing to infer", "Being written: The model leaves nothing to infer; this text is on its way, see the message.", "..", "..."),
    Code("BD511", "minibatch", Severity.ERROR, "A method that needs all rows is given minibatches", "Being written: A method that needs all rows is given minibatches; this text is on its way, see the message.", "..", "..."),
)
