"""What `bayesdsl --help` says: what the language looks like, what to try, and what each verb is for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from bayesdsl.cli import VERBS

EXAMPLE = """\
data school {
    y     = [28, 8, -3, 7, -1, 1, 18, 12]
    sigma = [15, 10, 16, 11, 9, 11, 10, 18]
}

mu  ~ Normal(0, 5)
tau ~ HalfCauchy(5)
theta[school] ~ Normal(mu, tau) noncentered
observe y ~ Normal(theta, sigma)

derive best = max[school](theta)
infer nuts(chains = 4)
"""

TRIES = (
    ("bayesdsl check schools.bayes", "every mistake, where it is, what to write"),
    ("bayesdsl run schools.bayes", "the posterior, and whether to trust it"),
    ("bayesdsl emit schools.bayes", "the Pyro program that runs, to read or keep"),
)

STATUSES = (
    ("0", "done, and nothing was found"),
    ("1", "the spec or its data have findings, or a run failed"),
    ("2", "the command line is wrong, or a file cannot be read"),
    ("130", "interrupted; a run that has draws by then keeps them"),
    ("70", "a bug in bayesdsl, with how to report it"),
)


def top() -> str:
    """The help of the command as a whole, for 80 columns."""
    return f"""\
bayesdsl: a language for Bayesian models, checked and compiled to Pyro

A model is a text file. This one, schools.bayes, is complete:

{textwrap.indent(EXAMPLE, "    ")}
Save it, then try:

{_table(TRIES, 4, 32)}

Commands:

{_table(VERBS.items(), 4, 9)}

  bayesdsl COMMAND --help    its options, with examples
  bayesdsl explain           every code and catalogue there is to look up
  bayesdsl --version         the version

Exit status:

{_table(STATUSES, 4, 5)}"""


def _table(rows: Iterable[tuple[str, str]], indent: int, width: int) -> str:
    """Lines of two columns, the second beginning `width` columns after the first."""
    return "\n".join(f"{'':{indent}}{left:<{width}}{right}" for left, right in rows)
