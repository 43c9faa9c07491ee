"""`bayesdsl export`: a predictor as a file of its own."""

from __future__ import annotations

import argparse
import sys

from bayesdsl.cli import screen
from bayesdsl.cli.arguments import Parser, one_of, positive, the_run
from bayesdsl.cli.failures import DONE, Usage
from bayesdsl.cli.predict import check_output

FORMATS = ("pt", "pt2")

EXAMPLES = """\
  bayesdsl export runs/radon -o radon.pt
  bayesdsl export runs/radon -o radon.pt2 --format pt2 --draws 500

A predictor is a program: whoever loads it runs it.

exit status: 0 done, 1 it cannot be exported, 2 there is no such run, or the
command line is wrong"""


def parser() -> Parser:
    made = Parser(
        "export",
        "RUN",
        "Write the predictor of a run as a program that needs torch alone, from Python\n"
        "or C++: TorchScript (pt), or a program of torch.export (pt2).",
        EXAMPLES,
    )
    made.add_argument("runs", metavar="RUN", nargs="*", help="a directory that `bayesdsl run` wrote")
    made.add_argument("-o", "--output", metavar="FILE", help="the file to write, such as predictor.pt")
    made.add_argument("--force", action="store_true", help="replace FILE")
    made.add_argument("--format", metavar="F", type=one_of(*FORMATS), help="pt or pt2 (by default as FILE is named)")
    made.add_argument("--table", metavar="TABLE", help="the table whose rows are predicted, where there are several")
    made.add_argument("--draws", metavar="N", type=positive, help="keep so many of the posterior's draws (default all)")
    return made


def run(options: argparse.Namespace) -> int:
    """Write a predictor, and say what it is."""
    directory = the_run(options.runs, "export")
    if options.output is None:
        raise Usage("`bayesdsl export` needs a file to write", f"as in: bayesdsl export {directory} -o predictor.pt")
    chosen = options.format or ("pt2" if options.output.endswith(".pt2") else "pt")
    check_output(options.output, options.force, (f".{chosen}",))
    from bayesdsl.opened import open_run
    from bayesdsl.prediction.archive import save

    built = save(open_run(directory).trained, options.output, chosen, options.table, options.draws)
    screen.report(built.warnings, sys.stderr)
    names = ", ".join(output.name for output in built.program.outputs)
    screen.say(
        f"{options.output} predicts {names} for rows of {built.table}, from {len(built.kept):,} draws", sys.stderr
    )
    screen.say("it is a program: let others load it only where they would run it", sys.stderr)
    return DONE
