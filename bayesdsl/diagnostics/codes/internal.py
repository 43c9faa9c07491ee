"""BD9xx: limits that hold for every spec, and mistakes of the compiler itself."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD901",
        "internal-error",
        Severity.ERROR,
        "The compiler itself failed: a bug in bayesdsl, not in the spec",
        """
        Whatever a spec or its data contain, the answer should be a result or a finding that says what to change. This
        time it was neither: a step of bayesdsl met a case it was not written for. Nothing about the spec needs to be
        wrong. Please report it on the project's issue tracker with the spec, or better the shortest part of it that
        still fails, the command, all that it printed, and the version. Data is seldom needed: a few made-up rows with
        the same columns usually show the same failure. Writing the statement named in the message in another way
        often gets around it until it is fixed.
        """,
        """
        It fails on my model.
        """,
        """
        $ bayesdsl --version
        $ bayesdsl check short.bayes      (and everything that it printed)
        $ cat short.bayes                 (the shortest spec that still fails)
        """,
    ),
)
