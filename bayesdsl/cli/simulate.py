"""`bayesdsl simulate`: data from the prior, or from values of one's own, in files that `bayesdsl run` reads."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesdsl.cli import screen, specs
from bayesdsl.cli.arguments import Parser, add_dtype, add_specs, files_of_tables, pair, positive, seed, table_file, the_spec
from bayesdsl.cli.failures import DONE, Usage
from bayesdsl.cli.run import RANDOM_SEEDS

if TYPE_CHECKING:
    from bayesdsl.results.simulated import Simulation

# How much is shown of what is not written to files.
SHOWN_ROWS, SHOWN_COLUMNS, SHOWN_MEMBERS = 6, 8, 8

EXAMPLES = """\
  bayesdsl simulate line.bayes --rows point=100 --set w=1.5 -o sim.csv
  bayesdsl run line.bayes --data point=sim.csv
  bayesdsl simulate radon.bayes --rows house=300 --levels county=20 --seed 1
  bayesdsl simulate radon.bayes --data house=radon.csv --set 'a[county = "X"]=2'
  bayesdsl simulate line.bayes --rows point=9 --column x=-1:1 --draws 9 -o sims

exit status: 0 done; 1 the spec or the data have findings, or the model draws
what cannot be data; 2 the command line is wrong"""


def parser() -> Parser:
    made = Parser(
        "simulate",
        "SPEC",
        "Draw data from a model: unknowns from their priors or as given, outcomes from\n"
        "their likelihoods. Predictors are made up by their types, unless given.",
        EXAMPLES,
    )
    add_specs(made)
    _repeated(made, "--rows", pair("TABLE", "N", "--rows point=100"), "TABLE=N", "rows of a table that is made up")
    made.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="the value of an unknown, or of members of it; may be repeated",
    )
    _repeated(made, "--data", table_file, "[TABLE=]FILE", "predictors from a file")
    _repeated(
        made,
        "--column",
        pair("NAME", "RULE", "--column x=-1:1"),
        "NAME=RULE",
        "how a predictor is made up: normal(0, 2), -1:1, grid(-1, 1), a number, a list",
    )
    _repeated(
        made, "--levels", pair("PLATE", "N", "--levels county=10"), "PLATE=N", "levels of a category: number or names"
    )
    made.add_argument("--draws", metavar="N", type=positive, default=1, help="data sets to draw (default 1)")
    made.add_argument(
        "--seed",
        metavar="N",
        type=seed,
        help="the same seed gives the same data; by default a new one, which is shown",
    )
    made.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="a file (.csv, .tsv, .npz) for one table, else a directory; without it the first rows are shown",
    )
    made.add_argument("--overwrite", action="store_true", help="replace files that are there")
    add_dtype(made)
    return made


def _repeated(made: Parser, option: str, kind: Callable[[str], Any], shape: str, what: str) -> None:
    made.add_argument(option, metavar=shape, action="append", default=[], type=kind, help=f"{what}; may be repeated")


def run(options: argparse.Namespace) -> int:
    """Draw, and write or show. Nothing is written where there are findings."""
    from bayesdsl.driver import compile

    rows = _once("--rows", options.rows, _number)
    columns, levels = _once("--column", options.column), _once("--levels", options.levels)
    pinned = _pinned(options.set)
    compiled = compile(specs.read(the_spec(options.specs, "simulate")), dtype=options.dtype)
    data = files_of_tables(options.data, list(compiled.spec.tables))
    screen.report(compiled.diagnostics, sys.stderr)
    number = options.seed if options.seed is not None else secrets.randbelow(RANDOM_SEEDS)
    found = compiled.simulate(
        rows, set=pinned, data=data, columns=columns, levels=levels, draws=options.draws, seed=number
    )
    _announce(Path(compiled.spec.source.name).name, found)
    screen.report(found.warnings, sys.stderr)
    if options.output is None:
        screen.say(shown(found), sys.stdout)
        return DONE
    written = found.save(options.output, overwrite=options.overwrite)
    _say_how_to_fit(the_spec(options.specs, "simulate"), options.output, found, written)
    return DONE


# What was asked for


def _once(
    option: str, pairs: Sequence[tuple[str, str]], read: Callable[[str], Any] = lambda text: text
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in pairs:
        if name in found:
            raise Usage(f"{option} gives `{name}` twice", "leave one of them out")
        found[name] = read(text)
    return found


def _number(text: str) -> int | str:
    """A number of rows; what is none is reported with everything else that is wrong."""
    plain = text.replace("_", "").replace(",", "")
    return int(plain) if plain.isdecimal() else text


def _pinned(texts: Sequence[str]) -> dict[str, object]:
    from bayesdsl.diagnostics.diagnostic import BayesError
    from bayesdsl.runtime.simulation.errors import bad_pin, pinned_twice
    from bayesdsl.runtime.simulation.pins import Unreadable, split

    found: dict[str, object] = {}
    wrong = []
    for text in texts:
        try:
            target, value = split(text)
        except Unreadable as reason:
            wrong.append(bad_pin(text, str(reason)))
            continue
        if target in found:
            wrong.append(pinned_twice(text, target))
        found[target] = value
    if wrong:
        raise BayesError(tuple(wrong))
    return found


# What is said


def _announce(spec: str, found: Simulation) -> None:
    sets = "" if len(found) == 1 else f"{len(found):,} data sets, "
    tables = ", ".join(f"{name} ({_rows(columns)})" for name, columns in found.data.items())
    _say(f"{spec}: {sets}{tables or 'no data'}, seed {found.seed}")
    by_table: dict[str, list[str]] = {}
    for said in found.made_up:
        by_table.setdefault(said.table, []).append(f"{said.column} ({said.text})")
    for table, columns in by_table.items():
        _say(f"made up for {table}: {', '.join(columns)}")


def _rows(columns: Mapping[str, Any]) -> str:
    count = len(next(iter(columns.values())))
    return f"{count:,} row{'' if count == 1 else 's'}"


def _say(text: str) -> None:
    screen.say(screen.fold(text, screen.width_of(sys.stderr) or 10**6, hanging="  "), sys.stderr)


def _say_how_to_fit(spec: str, output: str, found: Simulation, written: Sequence[Path]) -> None:
    from bayesdsl.diagnostics.text import visible

    where = visible(output) if len(written) > 1 else visible(str(written[0]))
    screen.say(f"\nsaved in {where}, with the truth beside the data", sys.stderr)
    paths, _ = found.places(Path(output), 1)
    data = " ".join(f"--data {table}={path}" for table, path in paths.items())
    screen.say(f"fit with: bayesdsl run {visible(spec)} {visible(data)}", sys.stderr)


def shown(found: Simulation) -> str:
    """The first rows of every table of the first data set, and the truth behind it."""
    pieces = [_table(name, columns) for name, columns in found.data.items()]
    lines = [f"{name}{_plates(found.dims[name])} = {_value(value)}" for name, value in found.truth.items()]
    return "\n\n".join([*pieces, "\n".join(["truth:", *(f"  {line}" for line in lines)])])


def _table(name: str, columns: Mapping[str, Any]) -> str:
    flat = [
        (f"{title}[{i + 1}]" if values.ndim == 2 else title, values[:, i] if values.ndim == 2 else values)
        for title, values in columns.items()
        for i in range(values.shape[1] if values.ndim == 2 else 1)
    ]
    fields = [[title, *(_cell(v) for v in values[:SHOWN_ROWS].tolist())] for title, values in flat[:SHOWN_COLUMNS]]
    widths = [max(map(len, column)) for column in fields]
    lines = ["  ".join(f"{field:>{width}}" for field, width in zip(row, widths)) for row in zip(*fields)]
    count = len(flat[0][1])
    rest = [f"{count - SHOWN_ROWS:,} more rows"] if count > SHOWN_ROWS else []
    rest += [f"{len(flat) - SHOWN_COLUMNS:,} more columns"] if len(flat) > SHOWN_COLUMNS else []
    end = [f"  .. {' and '.join(rest)}"] if rest else []
    return "\n".join([f"{name}:", *(f"  {line}" for line in lines), *end])


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plates(dims: Sequence[str]) -> str:
    return f"[{', '.join(dims)}]" if dims else ""


def _value(value: Any) -> str:
    if isinstance(value, float | int):
        return f"{value:.6g}"
    flat = value.ravel().tolist()
    more = f", .. {len(flat) - SHOWN_MEMBERS:,} more" if len(flat) > SHOWN_MEMBERS else ""
    return f"[{', '.join(f'{v:.4g}' for v in flat[:SHOWN_MEMBERS])}{more}]"
