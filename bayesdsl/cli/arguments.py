"""Arguments of a verb: argparse, but what is wrong is told in a sentence that names what was meant."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from bayesdsl.cli.failures import Usage

MOST_SEED = 2**63 - 1


class Parser(argparse.ArgumentParser):
    """The parser of one verb. Options may stand before, between and after what the verb takes."""

    def __init__(self, verb: str, takes: str, does: str, examples: str) -> None:
        super().__init__(
            prog=f"bayesdsl {verb}",
            usage=f"bayesdsl {verb} {takes} [options]",
            description=does,
            epilog=f"examples:\n{examples}",
            formatter_class=_Layout,
            allow_abbrev=False,
        )
        self._optionals.title = "options"
        self._positionals.title = "takes"

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        options, unknown = self.parse_known_intermixed_args(list(arguments))
        if unknown:
            raise self._unknown(unknown[0])
        return options

    def error(self, message: str) -> NoReturn:
        """What argparse has to say, without its dump of the usage."""
        raise Usage(message.removeprefix("argument "), f"`{self.prog} --help` lists its options")

    def _unknown(self, word: str) -> Usage:
        from bayesdsl.catalogue.spelling import nearest

        name = word.split("=", 1)[0]
        near = nearest(name, self._option_string_actions)
        hint = f"did you mean `{near}`?" if near else f"`{self.prog} --help` lists its options"
        return Usage(f"`{self.prog}` has no option `{name}`", hint)


class _Layout(argparse.RawDescriptionHelpFormatter):
    """Help for 80 columns, with room for the options' names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=80)


def one_of(*choices: str) -> Callable[[str], str]:
    """The type of an argument that is one of some words."""

    def read(text: str) -> str:
        if text in choices:
            return text
        raise argparse.ArgumentTypeError(f"`{text}` is not one of {', '.join(choices)}")

    return read


def seed(text: str) -> int:
    """The type of a seed."""
    if not text.isdecimal() or int(text) > MOST_SEED:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 0 to {MOST_SEED}")
    return int(text)


def positive(text: str) -> int:
    """The type of a number of things."""
    if not text.isdecimal() or not 0 < int(text) <= MOST_SEED:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 1")
    return int(text)


def probability(text: str) -> float:
    """The type of the probability between the ends of an interval."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a probability between 0 and 1, such as 0.9")
    return value


def pair(left: str, right: str, example: str) -> Callable[[str], tuple[str, str]]:
    """The type of `LEFT=RIGHT`."""

    def read(text: str) -> tuple[str, str]:
        before, sign, after = text.partition("=")
        if not (before.strip() and sign and after.strip()):
            raise argparse.ArgumentTypeError(f"`{text}` is not of the form {left}={right}, as in {example}")
        return before.strip(), after.strip()

    return read


def table_file(text: str) -> tuple[str, str]:
    """The type of `TABLE=FILE`, or of `FILE` alone, whose table is then ""."""
    if "=" not in text and text.strip():
        return "", text.strip()
    return pair("TABLE", "FILE", "--data house=radon.csv")(text)


def files_of_tables(pairs: Sequence[tuple[str, str]], tables: Sequence[str]) -> dict[str, str]:
    """Files by table, for a spec with these tables. A path is meant from where the command is given, not from where
    the spec lies."""
    files: dict[str, str] = {}
    for table, file in pairs:
        if not table and len(tables) != 1:
            named = f"its tables are {', '.join(tables)}" if tables else "it has none"
            raise Usage(f"--data {file} does not say which table it is", f"write --data TABLE=FILE; {named}")
        table = table or tables[0]
        if table in files:
            raise Usage(f"--data gives table `{table}` twice", "leave one of them out")
        local = "://" not in file and not file.startswith("~")
        files[table] = os.path.abspath(file) if local else file
    return files


def the_spec(given: list[str], verb: str) -> str:
    """The one spec that a verb takes."""
    if len(given) > 1:
        raise Usage(f"`bayesdsl {verb}` takes one spec at a time, and was given {len(given)}")
    return some_specs(given, verb)[0]


def some_specs(given: list[str], verb: str) -> list[str]:
    """The specs that a verb takes, at least one."""
    if not given:
        near = sorted(str(path) for path in Path().glob("*.bayes"))
        raise Usage(f"`bayesdsl {verb}` needs a spec", f"as in: bayesdsl {verb} {near[0] if near else 'model.bayes'}")
    return given


def the_run(given: list[str], verb: str) -> str:
    """The directory of the one run that a verb takes."""
    if len(given) == 1:
        return given[0]
    if given:
        raise Usage(f"`bayesdsl {verb}` takes one run at a time, and was given {len(given)}")
    newest = sorted(Path("runs").glob("*/manifest.json"), key=os.path.getmtime, reverse=True)
    example = newest[0].parent.as_posix() if newest else "runs/NAME"
    raise Usage(f"`bayesdsl {verb}` needs a run", f"as in: bayesdsl {verb} {example}")


def add_specs(parser: Parser, many: bool = False) -> None:
    """The argument SPEC, or SPEC .. for verbs that take several."""
    several = "; directories are searched for *.bayes" if many else ""
    parser.add_argument("specs", metavar="SPEC", nargs="*", help=f"a file, - for standard input{several}")


def add_dtype(parser: Any) -> None:
    parser.add_argument(
        "--dtype",
        metavar="TYPE",
        default="float64",
        type=one_of("float64", "float32"),
        help="precision of the reals: float64 (the default) or float32",
    )
