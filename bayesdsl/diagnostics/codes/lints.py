"""BD6xx: specs that run, but probably do not say what was meant. All are warnings."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code("BD601", "unused", Severity.WARNING, "Something is declared and never used", "Being written: Something is declared and never used; this text is on its way, see the message.", "..", "..."),
    Code("BD602", "square-as-scale", Severity.WARNING, "A square is passed as a standard deviation", "Being written: A square is passed as a standard deviation; this text is on its way, see the message.", "..", "..."),
    Code("BD603", "centred-hierarchy", Severity.WARNING, "A centred hierarchy has few rows in each group", "Being written: A centred hierarchy has few rows in each group; this text is on its way, see the message.", "..", "..."),
    Code("BD604", "moving-support", Severity.WARNING, "Where the data can lie depends on what is inferred", "Being written: Where the data can lie depends on what is inferred; this text is on its way, see the message.", "..", "..."),
    Code("BD605", "nothing-observed", Severity.WARNING, "Nothing is observed, so the posterior is the prior", "Being written: Nothing is observed, so the posterior is the prior; this text is on its way, see the message.", "..", "..."),
    Code("BD606", "empty-spec", Severity.WARNING, "The spec says nothing", "Being written: The spec says nothing; this text is on its way, see the message.", "..", "..."),
)
