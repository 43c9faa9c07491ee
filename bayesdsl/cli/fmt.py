"""`bayesdsl fmt`: specs laid out in the standard way."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bayesdsl.cli import screen, specs
from bayesdsl.cli.arguments import Parser, add_specs, some_specs
from bayesdsl.cli.failures import DONE, FOUND, USAGE, Stop
from bayesdsl.source import Source

EXAMPLES = """\
  bayesdsl fmt radon.bayes
  bayesdsl fmt specs/ --check
  bayesdsl fmt radon.bayes --diff
  cat radon.bayes | bayesdsl fmt - > tidy.bayes

exit status: 0 done, 1 with --check or --diff where a file would change, 2 a
file cannot be read, written or understood (such files are left as they are)"""


def parser() -> Parser:
    made = Parser(
        "fmt",
        "SPEC ..",
        "Lay specs out in the standard way, in place. Comments and meaning stay.",
        EXAMPLES,
    )
    add_specs(made, many=True)
    made.add_argument("--check", action="store_true", help="change nothing; name the files that would change")
    made.add_argument("--diff", action="store_true", help="change nothing; show what would change")
    return made


def run(options: argparse.Namespace) -> int:
    """Format specs. The status is the worst of theirs."""
    names = specs.found(some_specs(options.specs, "fmt"))
    status = DONE
    for name in names:
        status = max(status, _file(name, options))
    return status


def _file(name: str, options: argparse.Namespace) -> int:
    """Format one spec; one that cannot be done does not keep the others from it."""
    from bayesdsl.diagnostics.diagnostic import BayesError

    try:
        source = specs.read(name)
        tidy = formatted(source)
        if options.check or options.diff:
            return _told(source, tidy, options)
        if name == specs.STDIN:
            screen.hand_over(tidy)
        elif tidy != source.text:
            specs.write_whole(Path(name), tidy.replace("\n", _line_end(name)))
    except BayesError as error:
        screen.report(error.diagnostics, sys.stderr)
        return USAGE
    except Stop as stop:
        screen.problem(stop.message, stop.hint)
        return stop.status
    return DONE


def formatted(source: Source) -> str:
    """The text of a spec in the standard layout. Raises BayesError with its syntax errors."""
    from bayesdsl.diagnostics.diagnostic import BayesError, Severity
    from bayesdsl.syntax.format import format_spec
    from bayesdsl.syntax.parser import parse

    parsed = parse(source)
    if any(finding.severity is Severity.ERROR for finding in parsed.diagnostics):
        raise BayesError(parsed.diagnostics)
    return format_spec(parsed.spec)


def _told(source: Source, tidy: str, options: argparse.Namespace) -> int:
    """Say what would change."""
    if tidy == source.text:
        return DONE
    if options.diff:
        from difflib import unified_diff

        lines = [text.splitlines(keepends=True) for text in (source.text, tidy)]
        difference = unified_diff(*lines, source.name, f"{source.name} (formatted)")
        screen.hand_over("".join(line if line.endswith("\n") else f"{line}\n" for line in difference))
    else:
        screen.say(f"{source.name} would change", sys.stdout)
    return FOUND


def _line_end(name: str) -> str:
    """The line end that a file uses throughout, `\\n` where it uses both."""
    data = Path(name).read_bytes()
    ends = data.count(b"\r\n")
    return "\r\n" if ends and ends == data.count(b"\n") else "\n"
