"""`bayesdsl show`: a run that was written, once more."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bayesdsl.cli import screen
from bayesdsl.cli.arguments import Parser, probability, the_run
from bayesdsl.cli.failures import DONE
from bayesdsl.results import settings

if TYPE_CHECKING:
    from bayesdsl.results.manifest import Manifest

LABEL = 9

EXAMPLES = """\
  bayesdsl show runs/radon-nuts-20260102-150405
  bayesdsl show runs/quick --interval 0.5

exit status: 0 done, 2 there is no such run, or it is damaged"""


def parser() -> Parser:
    made = Parser("show", "RUN", "Show what was run, the table and the verdict of a run again.", EXAMPLES)
    made.add_argument("runs", metavar="RUN", nargs="*", help="a directory that `bayesdsl run` wrote")
    made.add_argument(
        "--interval",
        metavar="P",
        type=probability,
        help="probability between the lower and upper bound in the table (as the run was written)",
    )
    return made


def run(options: argparse.Namespace) -> int:
    """Show a run. Raises RunError where it is missing or damaged."""
    screen.tell_libraries_of_colour()
    directory = the_run(options.runs, "show")
    from bayesdsl.results.rundir import open_run
    from bayesdsl.results.terminal import show_summary, show_verdict

    opened = open_run(directory)
    summary = opened.summary(options.interval)
    screen.say("\n".join(_facts(opened.manifest)), sys.stdout)
    screen.say("", sys.stdout)
    show_summary(summary)
    screen.say("", sys.stdout)
    show_verdict(opened.verdict)
    return DONE


def _facts(manifest: Manifest) -> Iterator[str]:
    """What was run, on what and with what, a labelled line each."""
    name = "" if manifest.inference == manifest.engine else f"{manifest.inference} = "
    began = manifest.started.astimezone()
    environment = manifest.environment
    facts = {
        "spec": manifest.spec,
        "inference": name + settings.worth_reading(manifest.engine, manifest.settings),
        "engine": manifest.machinery,
        "data": ", ".join(map(settings.table_of, manifest.data)) or "none",
        "seed": f"{manifest.seed}, {manifest.dtype}",
        "time": f"{began:%Y-%m-%d %H:%M}, {settings.duration(manifest.elapsed_seconds)}"
        + (", interrupted" if manifest.interrupted else ""),
        "with": f"bayesdsl {environment.bayesdsl}, Pyro {environment.pyro}, torch {environment.torch}, "
        f"Python {environment.python}",
    }
    width = min(screen.width_of(sys.stdout) or screen.WIDTH, 100)
    for label, text in facts.items():
        if not text:
            continue
        yield screen.fold(text, width, f"{label:<{LABEL}}  ", " " * (LABEL + 2))
