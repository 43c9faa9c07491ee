"""BD2xx: names that are not declared, declared twice, or declared and never used."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code("BD201", "undeclared-name", Severity.ERROR, "A name is used that nothing declares", "Being written: A name is used that nothing declares; this text is on its way, see the message.", "..", "..."),
    Code("BD202", "declared-twice", Severity.ERROR, "A name is declared twice", "Being written: A name is declared twice; this text is on its way, see the message.", "..", "..."),
    Code("BD203", "used-before-declared", Severity.ERROR, "A name is used above the line that declares it", "Being written: A name is used above the line that declares it; this text is on its way, see the message.", "..", "..."),
    Code("BD204", "not-a-distribution", Severity.ERROR, "A distribution is unknown, or stands where none can", "Being written: A distribution is unknown, or stands where none can; this text is on its way, see the message.", "..", "..."),
    Code("BD205", "unknown-function", Severity.ERROR, "A function or reduction is unknown, or cannot stand there", "Being written: A function or reduction is unknown, or cannot stand there; this text is on its way, see the message.", "..", "..."),
    Code("BD206", "function-arguments", Severity.ERROR, "A function is given arguments that it does not take", "Being written: A function is given arguments that it does not take; this text is on its way, see the message.", "..", "..."),
    Code("BD207", "name-of-another-kind", Severity.ERROR, "One name would stand for two things", "Being written: One name would stand for two things; this text is on its way, see the message.", "..", "..."),
    Code("BD208", "prior-on-data", Severity.ERROR, "A column of data is given a prior", "Being written: A column of data is given a prior; this text is on its way, see the message.", "..", "..."),
    Code("BD209", "observed-not-data", Severity.ERROR, "What is observed is not data", "Being written: What is observed is not data; this text is on its way, see the message.", "..", "..."),
    Code("BD210", "unknown-plate", Severity.ERROR, "What should be a plate is not one", "Being written: What should be a plate is not one; this text is on its way, see the message.", "..", "..."),
    Code("BD211", "plate-as-value", Severity.ERROR, "A plate, layer or value is used as another kind of thing", "Being written: A plate, layer or value is used as another kind of thing; this text is on its way, see the message.", "..", "..."),
    Code("BD212", "many-targets", Severity.ERROR, "One definition is written for several names", "Being written: One definition is written for several names; this text is on its way, see the message.", "..", "..."),
)
