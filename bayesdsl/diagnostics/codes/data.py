"""BD7xx: data that cannot be read, or does not fit what the spec declares."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code("BD750", "bad-cell", Severity.ERROR, "A cell does not hold a value of its column's type", "Being written: the explanation of this code is on its way; see the message.", "..", "..."),
    Code("BD751", "missing-values", Severity.ERROR, "Values are missing, and the spec does not say what to do", "Being written: Values are missing, and the spec does not say what to do; this text is on its way, see the message.", "..", "..."),
    Code("BD752", "missing-column", Severity.ERROR, "The data have no column of the name the spec reads", "Being written: The data have no column of the name the spec reads; this text is on its way, see the message.", "..", "..."),
    Code("BD753", "outside-type", Severity.ERROR, "A value lies outside its column's type", "Being written: the explanation of this code is on its way; see the message.", "..", "..."),
    Code("BD754", "outside-likelihood", Severity.ERROR, "A value lies where the likelihood has no density", "Being written: A value lies where the likelihood has no density; this text is on its way, see the message.", "..", "..."),
    Code("BD755", "unseen-level", Severity.ERROR, "A level or key refers to no known member", "Being written: A level or key refers to no known member; this text is on its way, see the message.", "..", "..."),
    Code("BD756", "no-rows-left", Severity.ERROR, "No rows are left after `where` and `missing drop`", "Being written: No rows are left after `where` and `missing drop`; this text is on its way, see the message.", "..", "..."),
    Code("BD757", "no-data", Severity.ERROR, "A table that must be given when run was not given", "Being written: A table that must be given when run was not given; this text is on its way, see the message.", "..", "..."),
    Code("BD758", "empty-group", Severity.WARNING, "A level has no rows", "Being written: A level has no rows; this text is on its way, see the message.", "..", "..."),
    Code("BD759", "collinear", Severity.WARNING, "A column is a linear combination of others", "Being written: A column is a linear combination of others; this text is on its way, see the message.", "..", "..."),
    Code("BD760", "column-expression", Severity.ERROR, "A column's expression has no value for some rows", "Being written: the explanation of this code is on its way; see the message.", "..", "..."),
    Code("BD761", "model-too-large", Severity.ERROR, "The plates together are larger than memory", "Being written: The plates together are larger than memory; this text is on its way, see the message.", "..", "..."),
    Code("BD762", "unknown-table", Severity.ERROR, "Data are given for a table that the spec does not have", "Being written: Data are given for a table that the spec does not have; this text is on its way, see the message.", "..", "..."),
    Code("BD763", "matrix-size", Severity.ERROR, "A matrix has another size than its plate", "Being written: A matrix has another size than its plate; this text is on its way, see the message.", "..", "..."),
    Code("BD764", "duplicate-key", Severity.ERROR, "Two rows of a table have the same key", "Being written: Two rows of a table have the same key; this text is on its way, see the message.", "..", "..."),
)
