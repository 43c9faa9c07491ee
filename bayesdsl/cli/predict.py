"""`bayesdsl predict`: what a run says of new rows, of a grid, or of the rows it was fitted on."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdsl.cli import screen
from bayesdsl.cli.arguments import Parser, pair, positive, probability, seed, the_run
from bayesdsl.cli.failures import DONE, FOUND, Usage, run_refused

if TYPE_CHECKING:
    from bayesdsl.opened import Run
    from bayesdsl.results.predictive import Prediction

SUFFIXES = (".csv", ".parquet", ".nc")

EXAMPLES = """\
  bayesdsl predict runs/radon --data new.csv -o predictions.csv
  bayesdsl predict runs/rugged --grid rugged=0:8:50 --at africa=1
  bayesdsl predict runs/rugged --grid rugged=0:8:50 --grid africa=0,1 -o g.csv
  bayesdsl predict runs/radon -o draws.nc

Without --data and --grid the rows of the fit are predicted.

exit status: 0 done; 1 the data have findings, or nothing can be predicted;
2 the command line is wrong, or the run is missing or damaged"""


def parser() -> Parser:
    made = Parser(
        "predict",
        "RUN",
        "Predict: mean, standard deviation, interval and draws of every likelihood and\n"
        "of every quantity over its rows. All that is needed is in the run.",
        EXAMPLES,
    )
    made.add_argument("runs", metavar="RUN", nargs="*", help="a directory that `bayesdsl run` wrote")
    made.add_argument("--data", metavar="FILE", help="new rows; FILE, or TABLE=FILE where there are several tables")
    made.add_argument(
        "--grid",
        metavar="COLUMN=LOW:HIGH:NUMBER",
        action="append",
        default=[],
        type=pair("COLUMN", "LOW:HIGH:NUMBER", "--grid x=0:1:50"),
        help="rows with these values of a column, or COLUMN=VALUE,VALUE,..; several grids make every combination",
    )
    made.add_argument(
        "--at",
        metavar="COLUMN=VALUE",
        action="append",
        default=[],
        type=pair("COLUMN", "VALUE", "--at africa=1"),
        help="the value of another column, the same in every row of the grid",
    )
    made.add_argument("--table", metavar="TABLE", help="the table whose rows they are, where there are several")
    made.add_argument(
        "-o", "--output", metavar="FILE", help="write a table (.csv, .parquet) or all draws (.nc) instead of showing it"
    )
    made.add_argument("--force", action="store_true", help="replace FILE")
    made.add_argument(
        "--interval",
        metavar="P",
        type=probability,
        default=0.9,
        help="probability between the lower and upper bound (default 0.9)",
    )
    made.add_argument(
        "--seed", metavar="N", type=seed, default=0, help="the same seed gives the same draws (default 0)"
    )
    made.add_argument("--draws", metavar="N", type=positive, help="use so many of the posterior's draws (default all)")
    return made


def run(options: argparse.Namespace) -> int:
    """Predict, and show a table or write a file."""
    from bayesdsl.opened import open_run
    from bayesdsl.results.errors import RunError

    screen.tell_libraries_of_colour()
    directory = the_run(options.runs, "predict")
    table, data = _data(options.data, options.table)
    grid, at = _columns(options.grid, "--grid"), _columns(options.at, "--at")
    if data is not None and (grid or at):
        raise Usage("rows are given both as data and as a grid", "leave one of them out")
    if options.output is not None:
        check_output(options.output, options.force, SUFFIXES)
    prediction = _predict(open_run(directory), data, grid, at, table, options)
    screen.report(prediction.warnings, sys.stderr)
    if options.output is None:
        _show(prediction)
        return DONE
    try:
        prediction.save(options.output)
    except RunError as error:
        screen.report((run_refused(error),), sys.stderr)
        return FOUND
    rows = f"{len(prediction):,} row{'' if len(prediction) == 1 else 's'}"
    screen.say(f"{rows} of {prediction.table} in {options.output}", sys.stderr)
    return DONE


def _predict(
    opened: Run,
    data: str | None,
    grid: dict[str, str],
    at: dict[str, str],
    table: str | None,
    options: argparse.Namespace,
) -> Prediction:
    from bayesdsl.prediction.predict import predict

    keep = options.output is not None and options.output.lower().endswith(".nc")
    return predict(
        opened.trained,
        data,
        grid=grid,
        at=at,
        table=table,
        seed=options.seed,
        interval=options.interval,
        draws=options.draws,
        keep=keep,
    )


def _data(given: str | None, table: str | None) -> tuple[str | None, str | None]:
    """The table and the file of `--data`; a path is meant from where the command is given."""
    if given is None:
        return table, None
    name, sign, file = given.partition("=")
    if not sign or not name.isidentifier() or os.path.exists(given):
        name, file = table, given
    elif table is not None and name != table:
        raise Usage(f"--data is for `{name}`, and --table says `{table}`", "leave one of them out")
    local = "://" not in file and not file.startswith("~")
    return name, os.path.abspath(file) if local else file


def _columns(pairs: list[tuple[str, str]], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Usage(f"{option} gives column `{name}` twice", "leave one of them out")
        found[name] = value
    return found


def check_output(output: str, force: bool, suffixes: tuple[str, ...]) -> None:
    """Raise Usage where a file should not or cannot be written: before the work and not after it."""
    path = Path(output)
    if path.suffix.lower() not in suffixes:
        raise Usage(f"`{output}` is no format to write", f"name it {path.stem or 'out'}{' or '.join(suffixes)}")
    if path.is_dir():
        raise Usage(f"`{output}` is a directory", "name a file")
    if not path.parent.is_dir():
        raise Usage(f"there is no directory `{path.parent}`", "make it first")
    if path.exists() and not force:
        raise Usage(f"`{output}` exists", "choose another file, or replace it with --force")


def _show(prediction: Prediction) -> None:
    """The table of the rows, and the quantities that are the same for all of them."""
    table = prediction.summary()
    screen.say(str(table), sys.stdout)
    for name, value in table.same.items():
        if name.endswith("_mean"):
            screen.say(f"{name.removesuffix('_mean')}, the same for every row: mean {float(value):.4g}", sys.stdout)
