"""`bayesdsl check`: every finding of every spec."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayesdsl.cli import screen, specs
from bayesdsl.cli.arguments import Parser, add_specs, one_of, some_specs
from bayesdsl.cli.failures import DONE, FOUND, USAGE, Usage

if TYPE_CHECKING:
    from bayesdsl.diagnostics.diagnostic import Diagnostic

FORMATS = ("text", "json", "github", "sarif")
ALL_WARNINGS = "warnings"

EXAMPLES = """\
  bayesdsl check radon.bayes
  bayesdsl check specs/ --allow BD601 --format github
  cat radon.bayes | bayesdsl check - --format json

exit status: 0 clean, 1 findings, 2 a file cannot be read"""


def parser() -> Parser:
    made = Parser(
        "check", "SPEC ..", "Find the mistakes in specs, without data and without running anything.", EXAMPLES
    )
    add_specs(made, many=True)
    made.add_argument(
        "--format",
        metavar="FORMAT",
        default="text",
        type=one_of(*FORMATS),
        help="text (the default), json, github (annotations in a pull request) or sarif (code scanning)",
    )
    made.add_argument(
        "--allow",
        metavar="CODE",
        action="append",
        default=[],
        help="leave this warning out, by code or name (BD601, unused); `warnings` for all of them; may be repeated",
    )
    made.add_argument(
        "--warnings-pass",
        action="store_true",
        help="show warnings, and let errors alone decide the exit status",
    )
    made.add_argument("-q", "--quiet", action="store_true", help="no line that sums up, only findings")
    return made


def run(options: argparse.Namespace) -> int:
    """Check specs. The status is 2 where one cannot be read, else 1 where something is found."""
    from bayesdsl.diagnostics.diagnostic import BayesError, Severity
    from bayesdsl.driver import analyse

    names = specs.found(some_specs(options.specs, "check"))
    allowed = _allowed(options.allow)
    findings: list[Diagnostic] = []
    unreadable = False
    for name in names:
        try:
            findings += analyse(specs.read(name)).diagnostics
        except BayesError as error:
            findings += error.diagnostics
            unreadable = True
    findings = [finding for finding in findings if finding.code not in allowed]
    _show(findings, [specs.STDIN_NAME if name == specs.STDIN else name for name in names], options)
    if unreadable:
        return USAGE
    counted = [f for f in findings if f.severity is Severity.ERROR or not options.warnings_pass]
    return FOUND if counted else DONE


def _allowed(words: Sequence[str]) -> frozenset[str]:
    """The codes of the warnings that are to be left out."""
    from bayesdsl.diagnostics.codes import CODES
    from bayesdsl.diagnostics.diagnostic import Severity
    from bayesdsl.diagnostics.explain import find, nearest

    codes: set[str] = set()
    for word in words:
        if word == ALL_WARNINGS:
            codes |= {row.code for row in CODES.values() if row.severity is Severity.WARNING}
            continue
        row = find(word)
        if row is None:
            near = [f"{r.code} ({r.name})" for r in nearest(word)]
            raise Usage(f"--allow: there is no code `{word}`", f"did you mean {' or '.join(near)}?" if near else None)
        if row.severity is Severity.ERROR:
            raise Usage(f"--allow: {row.code} ({row.name}) is an error, and only warnings can be allowed")
        codes.add(row.code)
    return frozenset(codes)


def _show(findings: Sequence[Diagnostic], files: Sequence[str], options: argparse.Namespace) -> None:
    match options.format:
        case "json":
            from bayesdsl.diagnostics.schema import render_json

            screen.say(render_json(findings, files), sys.stdout)
        case "sarif":
            from bayesdsl.diagnostics.sarif import render_sarif

            screen.say(render_sarif(findings), sys.stdout)
        case "github":
            from bayesdsl.diagnostics.render import render_github

            for finding in findings:
                screen.say(render_github(finding), sys.stdout)
        case _:
            _show_text(findings, files, options.quiet)


def _show_text(findings: Sequence[Diagnostic], files: Sequence[str], quiet: bool) -> None:
    from bayesdsl.diagnostics.render import render_summary

    screen.report(findings, sys.stdout)
    if not quiet:
        gap = "\n" if findings else ""
        screen.say(gap + render_summary(findings, files), sys.stdout)
