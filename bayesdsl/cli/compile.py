"""`bayesdsl compile`: what runs of a spec compile when they begin, made ahead."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdsl.cli import screen, specs
from bayesdsl.cli.arguments import Parser, add_dtype, add_specs, files_of_tables, table_file, the_spec
from bayesdsl.cli.failures import DONE, Usage

if TYPE_CHECKING:
    from bayesdsl.driver import Bound, Compiled
    from bayesdsl.model import ir

EXAMPLES = """\
  bayesdsl compile radon.bayes -o radon.compiled
  bayesdsl run radon.bayes --compiled radon.compiled
  bayesdsl compile radon.bayes -o radon.compiled --march x86-64-v3

What is written is machine code: others who use it run it.

exit status: 0 done, 1 the spec or its data have findings, or nothing of it can
be compiled, 2 the command line is wrong, or there is no compiler"""


def parser() -> Parser:
    made = Parser(
        "compile",
        "SPEC",
        "Compile what runs of a spec would compile, into a directory that they are given\n"
        "with `--compiled`, also on machines without a compiler and with other data.",
        EXAMPLES,
    )
    add_specs(made)
    made.add_argument("-o", "--output", metavar="DIR", help="the directory to write, such as radon.compiled")
    made.add_argument("--force", action="store_true", help="replace the programs in DIR")
    made.add_argument("--infer", metavar="NAME", help="for this inference alone (by default for all of the spec's)")
    made.add_argument(
        "--data",
        metavar="TABLE=FILE",
        action="append",
        default=[],
        type=table_file,
        help="read a table from another file; may be repeated; a spec's only table needs no name",
    )
    made.add_argument("--prior-from", metavar="RUN", help="for runs with the posterior of an earlier run as the prior")
    made.add_argument(
        "--march",
        metavar="KIND",
        default="native",
        help="the kind of processor, as the compiler calls it (default native: this one)",
    )
    add_dtype(made)
    return made


def run(options: argparse.Namespace) -> int:
    """Compile a spec's inferences, and say what was made."""
    from bayesdsl.driver import compile
    from bayesdsl.runtime.compiled import ahead

    name = the_spec(options.specs, "compile")
    if options.output is None:
        raise Usage("`bayesdsl compile` needs a directory to write", f"as in: bayesdsl compile {name} -o compiled")
    target = Path(options.output)
    taken = ahead.free(target, options.force)
    if taken is not None:
        raise Usage(f"`{target}` cannot be written: {taken}", "choose another directory, or give --force")
    compiled = compile(specs.read(name), dtype=options.dtype)
    screen.report(compiled.diagnostics, sys.stderr)
    inferences = _inferences(compiled, options.infer)
    made_by = ahead.maker(options.march)
    data = files_of_tables(options.data, list(compiled.spec.tables))
    bound = compiled.bind(data, prior_from=options.prior_from)
    screen.report(bound.warnings, sys.stderr)
    with ahead.making(target, options.march) as directory:
        reasons = {inference.name: _why_not(bound, inference) for inference in inferences}
        done = tuple(name for name, reason in reasons.items() if not reason)
        _check_some(compiled, reasons, done)
        _describe(compiled, directory, made_by, done)
    left = {name: reason for name, reason in reasons.items() if reason}
    screen.report((ahead.not_compiled(name, reason) for name, reason in left.items()), sys.stderr)
    screen.say(f"{target} has the programs of {', '.join(done)}", sys.stderr)
    screen.say("they are machine code: let others use them only where they would run it", sys.stderr)
    return DONE


def _inferences(compiled: Compiled, name: str | None) -> list[ir.Inference]:
    """Those asked for. Raises BayesError where there is none."""
    if name is None and compiled.spec.inferences:
        return list(compiled.spec.inferences)
    return [compiled.inference(name)]


def _why_not(bound: Bound, inference: ir.Inference) -> str:
    """Use what a run of an inference uses, for it to be compiled and recorded; why it is not machine code, "" where
    it is."""
    from bayesdsl.model import ir
    from bayesdsl.runtime.compiled import ahead

    batch = ir.batch_of(inference)
    rows = None if batch is None else len(bound.model.coords[batch.plate])
    given = dict(inference.settings)
    if given.get("engine") == "pyro":
        return "it asks for engine = pyro"
    settings = ahead.shortened(inference.engine.name, given, rows, None if batch is None else batch.size)
    facts = bound.fit(inference, seed=0, **settings).posterior.facts
    if facts.get("engine") == "compiled":
        return ""
    return facts.get("engine_note") or "it runs on Pyro's engine"


def _check_some(compiled: Compiled, reasons: dict[str, str], done: tuple[str, ...]) -> None:
    from bayesdsl.diagnostics.diagnostic import BayesError
    from bayesdsl.runtime.compiled.ahead import nothing_to_compile

    if not done:
        raise BayesError((nothing_to_compile(Path(compiled.spec.source.name).name, reasons),))


def _describe(compiled: Compiled, directory: Path, made_by: object, done: tuple[str, ...]) -> None:
    import platform

    from bayesdsl.results.manifest import fingerprint
    from bayesdsl.results.versions import version_of
    from bayesdsl.runtime.compiled import ahead, cache

    text = compiled.spec.source.text
    versions = {name: version_of(name) for name in ("bayesdsl", "torch", "pyro-ppl", "numpy", "scipy")}
    found = ahead.manifest(
        made_by,
        directory,
        spec=Path(compiled.spec.source.name).name,
        sha256=fingerprint(text),
        dtype=compiled.dtype,
        inferences=done,
        versions={**versions, "python": platform.python_version()},
    )
    with cache.writing():
        found.write(directory)
        (directory / ahead.SPEC).write_text(text, encoding="utf-8")
