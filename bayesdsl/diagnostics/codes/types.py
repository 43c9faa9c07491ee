"""BD4xx: types, supports, and the arguments of distributions and functions."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code("BD401", "argument-support", Severity.ERROR, "An argument can take values that the distribution forbids", "Being written: An argument can take values that the distribution forbids; this text is on its way, see the message.", "..", "..."),
    Code("BD402", "likelihood-support", Severity.ERROR, "The likelihood cannot produce data of this type", "Being written: The likelihood cannot produce data of this type; this text is on its way, see the message.", "..", "..."),
    Code("BD403", "distribution-arguments", Severity.ERROR, "A distribution is not given the arguments that it takes", "Being written: A distribution is not given the arguments that it takes; this text is on its way, see the message.", "..", "..."),
    Code("BD404", "unknown-type", Severity.ERROR, "A type is unknown, or written with the wrong arguments", "Being written: A type is unknown, or written with the wrong arguments; this text is on its way, see the message.", "..", "..."),
    Code("BD405", "column-declaration", Severity.ERROR, "A column of a data block is not declared soundly", "Being written: A column of a data block is not declared soundly; this text is on its way, see the message.", "..", "..."),
    Code("BD406", "not-a-number", Severity.ERROR, "A category, a text or a list stands where a number should", "Being written: A category, a text or a list stands where a number should; this text is on its way, see the message.", "..", "..."),
    Code("BD407", "outside-domain", Severity.ERROR, "A function can get values that it is not defined for", "Being written: A function can get values that it is not defined for; this text is on its way, see the message.", "..", "..."),
    Code("BD408", "not-a-known-number", Severity.ERROR, "What must be a known, finite number is not", "Being written: What must be a known, finite number is not; this text is on its way, see the message.", "..", "..."),
    Code("BD409", "modifier", Severity.ERROR, "A word after a distribution does not apply to it", "Being written: A word after a distribution does not apply to it; this text is on its way, see the message.", "..", "..."),
    Code("BD410", "type-outside-support", Severity.ERROR, "The type of a latent lies outside its distribution", "Being written: The type of a latent lies outside its distribution; this text is on its way, see the message.", "..", "..."),
    Code("BD411", "param-declaration", Severity.ERROR, "A param cannot be learned from where or as what it starts", "Being written: A param cannot be learned from where or as what it starts; this text is on its way, see the message.", "..", "..."),
    Code("BD412", "unknown-option", Severity.ERROR, "A data block or `unseen` is given an option it does not know", "Being written: A data block or `unseen` is given an option it does not know; this text is on its way, see the message.", "..", "..."),
    Code("BD413", "flat-likelihood", Severity.ERROR, "An improper distribution is used as a likelihood", "Being written: An improper distribution is used as a likelihood; this text is on its way, see the message.", "..", "..."),
    Code("BD490", "not-yet", Severity.ERROR, "A part of the language that cannot be run yet", "Being written: A part of the language that cannot be run yet; this text is on its way, see the message.", "..", "..."),
)
