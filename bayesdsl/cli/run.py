"""`bayesdsl run`: an inference from the spec to a directory with the draws."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import warnings
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdsl.cli import screen, specs
from bayesdsl.cli.arguments import (
    Parser,
    add_dtype,
    add_specs,
    files_of_tables,
    probability,
    seed,
    table_file,
    the_spec,
)
from bayesdsl.cli.failures import DONE, FOUND, INTERRUPTED, USAGE, Usage, run_refused
from bayesdsl.cli.interrupts import kept
from bayesdsl.cli.process import settled
from bayesdsl.results import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bayesdsl.cli.interrupts import Interrupts
    from bayesdsl.diagnostics.diagnostic import BayesError
    from bayesdsl.driver import Compiled, Fit
    from bayesdsl.model import ir
    from bayesdsl.results.errors import RunError
    from bayesdsl.runtime.binding.bind import TableFacts
    from bayesdsl.runtime.earlier.carry import Carry

# A seed that nobody chose is one that can be read out and typed in.
RANDOM_SEEDS = 10**6

EXAMPLES = """\
  bayesdsl run radon.bayes
  bayesdsl run radon.bayes --infer quick --seed 1 --out runs/quick
  bayesdsl run radon.bayes --set infer.draws=200 --set infer.chains=2
  bayesdsl run coin.bayes --infer auto --set 'infer.optim=Adam(lr = 0.05)'
  bayesdsl run coin.bayes --data toss=tuesday.csv --prior-from runs/monday
  bayesdsl run radon.bayes --data house=new.csv --overwrite --out runs/new

Ctrl-C stops a run and keeps the draws so far; so does SIGTERM.

exit status: 0 done, whatever the verdict; 1 the spec or the data have findings,
or the run failed; 2 the command line is wrong; 130 interrupted, also where
draws were kept"""


def parser() -> Parser:
    made = Parser(
        "run",
        "SPEC",
        "Check a spec, read its data, infer, and say whether the result can be trusted.\n"
        "The spec, its program, the draws and a summary are kept in a directory.",
        EXAMPLES,
    )
    add_specs(made)
    made.add_argument(
        "--infer", metavar="NAME", help="an `infer` of the spec by its name (the first by default), or nuts, svi, .."
    )
    made.add_argument(
        "--set",
        metavar="infer.NAME=VALUE",
        action="append",
        default=[],
        help="change a setting of it, written as in a spec; may be repeated",
    )
    made.add_argument(
        "--data",
        metavar="TABLE=FILE",
        action="append",
        default=[],
        type=table_file,
        help="read a table from another file; may be repeated; a spec's only table needs no name",
    )
    made.add_argument(
        "--prior-from",
        metavar="RUN",
        help="the posterior of an earlier run, a directory, as the prior of the unknowns that it has",
    )
    made.add_argument(
        "--seed",
        metavar="N",
        type=seed,
        help="the same seed gives the same draws; by default a new one, which is shown",
    )
    made.add_argument("--out", metavar="DIR", help="where to write the run (by default a new directory in runs/)")
    made.add_argument("--overwrite", action="store_true", help="replace the run that is in DIR")
    made.add_argument("--no-save", action="store_true", help="show the result and write nothing")
    made.add_argument("--report", action="store_true", help="write a page about the run too, report.html in DIR")
    made.add_argument(
        "--interval",
        metavar="P",
        type=probability,
        default=0.9,
        help="probability between the lower and upper bound in the table (default 0.9)",
    )
    add_dtype(made)
    made.add_argument(
        "--compiled", metavar="DIR", help="use what `bayesdsl compile` wrote there instead of compiling anything"
    )
    made.add_argument(
        "--device",
        metavar="NAME",
        default="cpu",
        help="where svi takes its steps, and nuts those of all its chains at once: cpu (the default), cuda or cuda:1",
    )
    made.add_argument("-q", "--quiet", action="store_true", help="no announcement and no progress")
    return made


def run(options: argparse.Namespace) -> int:
    """Infer, and write the run. What can be wrong is found before the long part begins."""
    from bayesdsl.diagnostics.diagnostic import BayesError
    from bayesdsl.driver import compile, overridden

    screen.tell_libraries_of_colour()
    changes = _changes(options.set)
    if options.no_save and options.out is not None:
        raise Usage("--out and --no-save contradict each other", "leave one of them out")
    if options.report:
        _check_report(options)
    compiled = compile(specs.read(the_spec(options.specs, "run")), dtype=options.dtype)
    data = files_of_tables(options.data, list(compiled.spec.tables))
    screen.report(compiled.diagnostics, sys.stderr)
    try:
        inference = overridden(compiled.spec, compiled.inference(options.infer), changes)
    except BayesError as error:  # it is the command that asks for what there is not
        screen.report(error.diagnostics, sys.stderr)
        return USAGE
    _check_suits(compiled, inference)
    if options.device != "cpu":
        _check_device(options.device, inference)
    target = None if options.no_save else _target(compiled, inference, options)
    number = options.seed if options.seed is not None else secrets.randbelow(RANDOM_SEEDS)
    # On a device chains run all at once, and tell of themselves as one.
    chains = dict(inference.settings).get("chains", 1) if options.device == "cpu" else 1
    with kept(inference.engine.name, chains) as interrupts:
        with _compiled_ahead(compiled, options):
            fit = _fit(compiled, inference, data, number, options, interrupts)
        interrupts.sampling = False
        refused = None if target is None else _save(fit, target, options)
    return _conclude(fit, target, refused, options)


# What was asked for


def _changes(texts: Sequence[str]) -> dict[str, str]:
    """Settings by name, as written after `infer.`."""
    changes: dict[str, str] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        prefix, _, setting = name.partition(".")
        if prefix != "infer" or not setting.isidentifier():
            raise _bad_override(text, "does not name a setting")
        if not (sign and value):
            raise _bad_override(text, "has no value")
        changes[setting] = value
    return changes


def _bad_override(text: str, reason: str) -> BayesError:
    from bayesdsl.diagnostics.diagnostic import BayesError
    from bayesdsl.runtime.errors import bad_override

    return BayesError((bad_override(text, reason),))


def _check_suits(compiled: Compiled, inference: ir.Inference) -> None:
    """Hold an inference that was chosen or changed here against the model. Raises BayesError."""
    from bayesdsl.check.inference import inference_findings
    from bayesdsl.diagnostics.diagnostic import BayesError

    findings = inference_findings(compiled.spec, inference)
    if findings:
        raise BayesError(findings)


def _check_device(name: str, inference: ir.Inference) -> None:
    """Raise BayesError for a device that is not there, before data are read."""
    from bayesdsl.runtime.engines.device import device_of

    device_of(name, inference.engine.name)


def _target(compiled: Compiled, inference: ir.Inference, options: argparse.Namespace) -> Path:
    """Where the run goes. Raises RunError where it could not be written."""
    from bayesdsl.results.rundir import check_target, default_run_name, stale_partials, unused

    if options.out is not None:
        target = Path(options.out)
    else:
        target = unused(default_run_name(compiled.name, inference.name, datetime.now()))
    _check_parent(check_target(target, options.overwrite))
    for left in stale_partials(target):
        _announce(f"note: an earlier run was cut off as it was written; what there is of it is in {left}")
    return target


def _check_parent(target: Path) -> None:
    """Raise RunError where a directory cannot be made there: after hours of sampling it would be too late."""
    from bayesdsl.results.errors import RunError

    parent = next(path for path in target.parents if path.exists())
    if not parent.is_dir():
        raise RunError(f"{parent} is a file, and a run there needs a directory", "choose another directory")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise RunError(f"{parent} may not be written to", "choose another directory with --out")


def _check_report(options: argparse.Namespace) -> None:
    """What a report needs is asked for before the long part begins."""
    from bayesdsl.results.report.page import check_drawing

    if options.no_save:
        raise Usage("--report and --no-save contradict each other", "leave one of them out")
    check_drawing()


# Running


@contextmanager
def _compiled_ahead(compiled: Compiled, options: argparse.Namespace) -> Iterator[None]:
    """Use the programs in the directory that was named. Raises BayesError where they do not run here."""
    from bayesdsl.runtime.compiled.cache import AHEAD

    given = options.compiled if options.compiled is not None else os.environ.get(AHEAD)
    if not given:
        yield
        return
    from bayesdsl.results.manifest import fingerprint
    from bayesdsl.results.versions import version_of
    from bayesdsl.runtime.compiled import ahead, cache

    directory = Path(given).absolute()
    text, versions = fingerprint(compiled.spec.source.text), {name: version_of(name) for name in ahead.VERSIONS}
    screen.report(ahead.usable(directory, text, compiled.dtype, versions), sys.stderr)
    with cache.using(directory):
        yield


def _fit(
    compiled: Compiled,
    inference: ir.Inference,
    data: dict[str, str],
    number: int,
    options: argparse.Namespace,
    interrupts: Interrupts,
) -> Fit:
    """Bind the data and run, telling what is done. Raises BayesError."""
    quiet = options.quiet
    if not quiet:
        name = "" if inference.name == inference.engine.name else f"{inference.name} = "
        spec = Path(compiled.spec.source.name).name
        _announce(f"{spec}: {name}{settings.shown(inference)}, seed {number}")
    with _libraries_silent():
        bound = compiled.bind(data, prior_from=options.prior_from)
        screen.report(bound.warnings, sys.stderr)
        if not quiet:
            _announce(f"data: {', '.join(map(_table, bound.data.tables)) or 'none'}")
            for line in _prior(bound.prior):
                _announce(line)
        from bayesdsl.results.terminal import ProgressView

        settled()
        with ProgressView(interrupts.chains, quiet=quiet) as view:
            progress = interrupts.listening(view.report)
            return bound.fit(inference, seed=number, progress=progress, device=options.device)


def _announce(text: str) -> None:
    screen.say(screen.fold(text, screen.width_of(sys.stderr) or 10**6, hanging="  "), sys.stderr)


def _table(table: TableFacts) -> str:
    """`house (907 rows of radon.csv, 12 left out)`."""
    rows = f"{table.rows:,} row{'' if table.rows == 1 else 's'}"
    where = "in the spec" if table.sha256 is None else f"of {table.source}"
    dropped = f", {table.rows_dropped:,} left out" if table.rows_dropped else ""
    return f"{table.plate} ({rows} {where}{dropped})"


def _prior(prior: Carry | None) -> Iterator[str]:
    """`prior: mu and tau from runs/monday (2 numbers together, 4,000 draws)`, then what is not from there."""
    if prior is None:
        return
    names = [name.replace("`", "") for name in prior.names]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    numbers = "1 number" if prior.numbers == 1 else f"{prior.numbers:,} numbers together"
    yield f"prior: {listed} from {prior.earlier.run} ({numbers}, {prior.draws:,} draws)"
    for note in prior.notes:
        yield f"note: {note}"


@contextmanager
def _libraries_silent() -> Iterator[None]:
    """Keep remarks that libraries make to programmers off the screen, unless Python was asked for them."""
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield


# The result


def _conclude(fit: Fit, target: Path | None, refused: RunError | None, options: argparse.Namespace) -> int:
    """Show a run that was written, also where it could not be, and say where it is."""
    saved = target if refused is None else None
    try:
        _show(fit, options.interval, saved)
    finally:
        _say_where(saved, fit.posterior.interrupted)
    if options.report and saved is not None and fit.posterior.draws_per_chain:
        _report(fit, saved)
    if refused is not None:
        screen.report((run_refused(refused),), sys.stderr)
        return FOUND
    return INTERRUPTED if fit.posterior.interrupted else DONE


def _save(fit: Fit, target: Path, options: argparse.Namespace) -> RunError | None:
    """Write the run, before it is shown, as that can be cut off. Gives why it cannot be written; where that is for a
    reason that nobody thought of, at least the draws are."""
    from bayesdsl.results.errors import RunError

    try:
        with _libraries_silent():
            fit.save(target, overwrite=options.overwrite, interval=options.interval)
    except RunError as error:
        return _saved_elsewhere(error, fit, target, options)
    except Exception as error:
        from bayesdsl.results.netcdf import write_netcdf

        rescued = target.with_name(f"{target.name}.draws.nc")
        with suppress(Exception):
            rescued.parent.mkdir(parents=True, exist_ok=True)
            write_netcdf(rescued, fit.posterior)
            error.add_note(f"the draws are kept in {rescued}")
        raise
    return None


def _saved_elsewhere(error: RunError, fit: Fit, target: Path, options: argparse.Namespace) -> RunError:
    """Write a run that its directory does not take into a temporary one: it may have taken hours. Gives the error, with
    where the run is."""
    import tempfile

    from bayesdsl.results.errors import RunError

    try:
        elsewhere = Path(tempfile.mkdtemp(prefix="bayesdsl-")) / target.name
        with _libraries_silent():
            fit.save(elsewhere, interval=options.interval)
    except (RunError, OSError):
        return error
    return RunError(f"{error.message}; the run is in {elsewhere} instead", error.hint)


def _show(fit: Fit, interval: float, saved: Path | None) -> None:
    from bayesdsl.results.terminal import ELSEWHERE, show_summary, show_verdict

    with _libraries_silent():
        summary, verdict = fit.summary(interval), fit.verdict()
    show_summary(summary, elsewhere=ELSEWHERE if saved else "")
    screen.say("", sys.stdout)
    show_verdict(verdict)


def _say_where(saved: Path | None, stopped: bool) -> None:
    from bayesdsl.diagnostics.text import visible

    if saved is not None:
        what = "interrupted; the draws so far are" if stopped else "saved"
        screen.say(f"\n{what} in {visible(str(saved))}", sys.stderr)
    elif stopped:
        screen.say("\ninterrupted; these are the draws so far", sys.stderr)


def _report(fit: Fit, saved: Path) -> None:
    from bayesdsl.diagnostics.text import visible
    from bayesdsl.results.report.page import FILE

    with _libraries_silent():
        path = fit.report(saved / FILE)
    screen.say(f"report in {visible(str(path))}", sys.stderr)
