"""BD3xx: plates that do not match, and reductions and indices that make no sense."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code("BD301", "bad-index", Severity.ERROR, "An index does not select members of a plate", "Being written: An index does not select members of a plate; this text is on its way, see the message.", "..", "..."),
    Code("BD302", "plate-mismatch", Severity.ERROR, "The right side varies over a plate that the left does not", "Being written: The right side varies over a plate that the left does not; this text is on its way, see the message.", "..", "..."),
    Code("BD303", "event-plate-missing", Severity.ERROR, "A vector or matrix has no plate to run over", "Being written: A vector or matrix has no plate to run over; this text is on its way, see the message.", "..", "..."),
    Code("BD304", "nothing-to-reduce", Severity.ERROR, "A reduction runs over a plate that its argument does not have", "Being written: A reduction runs over a plate that its argument does not have; this text is on its way, see the message.", "..", "..."),
    Code("BD305", "index-of-other-plate", Severity.ERROR, "A value is indexed by a plate it does not vary over", "Being written: A value is indexed by a plate it does not vary over; this text is on its way, see the message.", "..", "..."),
    Code("BD306", "own-plate", Severity.ERROR, "An argument needs exactly one plate of its own", "Being written: An argument needs exactly one plate of its own; this text is on its way, see the message.", "..", "..."),
    Code("BD307", "unknown-member", Severity.ERROR, "A plate has no member of that name", "Being written: A plate has no member of that name; this text is on its way, see the message.", "..", "..."),
    Code("BD308", "plate-members", Severity.ERROR, "The members of a plate are not a number or distinct names", "Being written: The members of a plate are not a number or distinct names; this text is on its way, see the message.", "..", "..."),
    Code("BD309", "plate-repeated", Severity.ERROR, "A plate stands twice where one value has it once", "Being written: A plate stands twice where one value has it once; this text is on its way, see the message.", "..", "..."),
    Code("BD310", "observe-plate", Severity.ERROR, "An observation is given a plate that its data lack", "Being written: An observation is given a plate that its data lack; this text is on its way, see the message.", "..", "..."),
    Code("BD311", "matrix-column", Severity.ERROR, "A column of data is stacked in a way that is no matrix", "Being written: A column of data is stacked in a way that is no matrix; this text is on its way, see the message.", "..", "..."),
)
