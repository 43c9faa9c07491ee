"""`bayesdsl emit`: the Pyro program that a spec stands for, or the same for NumPyro."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bayesdsl.cli import screen, specs
from bayesdsl.cli.arguments import Parser, add_dtype, add_specs, one_of, the_spec
from bayesdsl.cli.failures import DONE, Usage

# What the docstring of an emitted program says, by which it is known again.
MARK = "Written by bayesdsl"

EXAMPLES = """\
  bayesdsl emit radon.bayes
  bayesdsl emit radon.bayes -o radon.py --dtype float32
  bayesdsl emit radon.bayes --target numpyro -o radon_jax.py

exit status: 0 done, 1 the spec has errors, 2 a file cannot be read or written"""


def parser() -> Parser:
    made = Parser(
        "emit",
        "SPEC",
        "Print the Pyro program of a spec: a Python file that needs torch and pyro alone.\n"
        "It is what `bayesdsl run` runs. With `--target numpyro` it is the same model for\n"
        "NumPyro, and needs jax and numpyro alone. Warnings go to standard error.",
        EXAMPLES,
    )
    add_specs(made)
    made.add_argument("-o", "--output", metavar="FILE", help="write it to a file instead")
    made.add_argument("--force", action="store_true", help="replace a FILE that `emit` did not write")
    made.add_argument(
        "--target",
        metavar="NAME",
        default="pyro",
        type=one_of("pyro", "numpyro"),
        help="the library to write it for: pyro (the default) or numpyro",
    )
    add_dtype(made)
    return made


def run(options: argparse.Namespace) -> int:
    """Compile a spec and print its program."""
    from bayesdsl.driver import compile

    name = the_spec(options.specs, "emit")
    if options.target == "numpyro" and options.dtype != "float64":
        raise Usage("`--dtype` is not for NumPyro", "JAX has one precision for all: set JAX_ENABLE_X64 to 0 or 1")
    compiled = compile(specs.read(name), dtype=options.dtype)
    if options.output is not None:
        _check_target(options.output, name, options.force)
    screen.report(compiled.diagnostics, sys.stderr)
    program = compiled.emit(options.target)
    if options.output is None:
        screen.hand_over(program)
    else:
        specs.write_whole(Path(options.output), program)
    return DONE


def _check_target(output: str, spec: str, force: bool) -> None:
    """Raise Usage where writing would lose something: the spec itself, or a file that did not come from here."""
    if not os.path.isfile(output):
        return
    if spec != specs.STDIN and os.path.samefile(output, spec):
        raise Usage(f"`{output}` is the spec itself", "choose another file, such as -o model.py")
    if not force and not _is_emitted(output):
        raise Usage(
            f"`{output}` exists, and `bayesdsl emit` did not write it",
            "choose another file, or replace it with --force",
        )


def _is_emitted(path: str) -> bool:
    try:
        with open(path, encoding="utf-8") as file:
            head = file.read(1000)
    except (OSError, UnicodeDecodeError):
        return False
    return MARK in head or not head
