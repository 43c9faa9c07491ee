"""What can be wrong with a predictor as a file, or with what it is given."""

from __future__ import annotations

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic


def not_a_predictor(path: object, reason: str) -> BayesError:
    hint = "give a file that `bayesdsl export` wrote"
    return BayesError((Diagnostic("BD827", f"{path} is not a predictor: {reason}", hint=hint),))


def bad_column(name: str, reason: str) -> BayesError:
    hint = "give numbers as an array, texts as a list"
    return BayesError((Diagnostic("BD828", f"column `{name}` {reason}", hint=hint),))
