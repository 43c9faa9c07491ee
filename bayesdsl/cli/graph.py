"""`bayesdsl graph`: the model of a spec as a picture."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bayesdsl.cli import screen, specs
from bayesdsl.cli.arguments import Parser, add_specs, one_of, the_spec
from bayesdsl.cli.failures import DONE, Usage

# The formats, and the endings of files by which each is meant.
FORMATS: dict[str, tuple[str, ...]] = {"svg": (".svg",), "dot": (".dot", ".gv"), "mermaid": (".mmd", ".mermaid")}

EXAMPLES = """\
  bayesdsl graph radon.bayes -o radon.svg
  bayesdsl graph radon.bayes -o radon.dot     (also .gv; .mmd for Mermaid)
  bayesdsl graph radon.bayes                  (Mermaid, to paste into Markdown)

exit status: 0 done, 1 the spec has errors, 2 a file cannot be read or written"""


def parser() -> Parser:
    made = Parser(
        "graph",
        "SPEC",
        "Draw the model: plates as boxes, latents as circles, what is observed shaded,\n"
        "deterministic quantities with a double outline, params as dots, data as\n"
        "rectangles, and the distributions below. No data are read.",
        EXAMPLES,
    )
    add_specs(made)
    made.add_argument("-o", "--output", metavar="FILE", help="write it to a file, in the format of its ending")
    made.add_argument(
        "--format",
        metavar="FORMAT",
        type=one_of(*FORMATS),
        help=f"{', '.join(FORMATS)} (by the ending of FILE; without one, mermaid)",
    )
    made.add_argument("--no-formulas", action="store_true", help="leave the distributions out")
    return made


def run(options: argparse.Namespace) -> int:
    """Draw a spec's model. Raises BayesError where the spec has errors."""
    from bayesdsl.driver import compile

    name = the_spec(options.specs, "graph")
    format_ = options.format or _format_of(options.output)
    compiled = compile(specs.read(name))
    if options.output is not None:
        _check_target(options.output, name)
    screen.report(compiled.diagnostics, sys.stderr)
    text = getattr(compiled.graph(), format_)(formulas=not options.no_formulas)
    if options.output is None:
        screen.hand_over(text)
    else:
        specs.write_whole(Path(options.output), text)
    return DONE


def _format_of(output: str | None) -> str:
    """The format that a file's ending asks for. Raises Usage for one that is none."""
    if output is None:
        return "mermaid"
    ending = Path(output).suffix.lower()
    for name, endings in FORMATS.items():
        if ending in endings:
            return name
    known = ", ".join(first for first, *_ in FORMATS.values())
    raise Usage(f"no format is known by the ending of `{output}`", f"end it in {known}, or give --format")


def _check_target(output: str, spec: str) -> None:
    """Raise Usage where the picture would replace the spec itself, or another one."""
    if Path(output).suffix == specs.SUFFIX or (
        spec != specs.STDIN and os.path.isfile(output) and os.path.samefile(output, spec)
    ):
        raise Usage(f"`{output}` is a spec", "choose another file, such as -o model.svg")
