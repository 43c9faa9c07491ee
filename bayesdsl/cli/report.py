"""`bayesdsl report`: a run as a page to look at."""

from __future__ import annotations

import argparse
import sys

from bayesdsl.cli import screen
from bayesdsl.cli.arguments import Parser, the_run
from bayesdsl.cli.failures import DONE

EXAMPLES = """\
  bayesdsl report runs/radon-nuts-20260102-150405
  bayesdsl report runs/quick -o quick.html

exit status: 0 done; 2 there is no such run, it is damaged, or the page cannot
be written"""


def parser() -> Parser:
    made = Parser(
        "report",
        "RUN",
        "Write a page about a run: the verdict, figures, densities, the data among data\n"
        "drawn anew, chains or losses. It is one file of HTML that needs no other.",
        EXAMPLES,
    )
    made.add_argument("runs", metavar="RUN", nargs="*", help="a directory that `bayesdsl run` wrote")
    made.add_argument("-o", "--out", metavar="FILE", help="where to write it (by default report.html in RUN)")
    return made


def run(options: argparse.Namespace) -> int:
    """Write the page and say where it is. Raises RunError for the run, BayesError for the page."""
    from bayesdsl.diagnostics.text import visible
    from bayesdsl.results.rundir import open_run

    path = open_run(the_run(options.runs, "report")).report(options.out)
    screen.say(f"report in {visible(str(path))}", sys.stderr)
    return DONE
