"""Writes the tables of the language reference from the catalogue, between their markers.

    python docs/generate.py            rewrite docs/language.md
    python docs/generate.py --check    only say whether it would change; the exit status is 1 then

A table stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`; `TABLES` says how each is made. What lies
between the markers is never edited by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

if __name__ == "__main__":  # run as a script, from a checkout that need not be installed
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bayesdsl.catalogue import distributions as d
from bayesdsl.catalogue import functions as f
from bayesdsl.catalogue import inference as i
from bayesdsl.catalogue.modules import MODULES, MODULES_LEFT_OUT
from bayesdsl.catalogue.rows import (
    REQUIRED,
    Component,
    Distribution,
    Extent,
    Function,
    Module,
    Parameter,
    Setting,
    SettingKind,
)
from bayesdsl.catalogue.sources import DATA_OPTIONS
from bayesdsl.catalogue.types import DATA_TYPES
from bayesdsl.check.declarations import MAX_PLATE
from bayesdsl.diagnostics.codes import SECTIONS
from bayesdsl.diagnostics.diagnostic import Severity
from bayesdsl.diagnostics.render import render_text
from bayesdsl.driver import analyse
from bayesdsl.source import Source
from bayesdsl.syntax.parser import MAX_BRACKETS, MAX_CHARACTERS, MAX_DEPTH
from bayesdsl.syntax.tokens import KEYWORDS
from bayesdsl.types.supports import Support

REFERENCE = Path(__file__).resolve().parent / "language.md"
MARKED = re.compile(r"(<!-- begin: (?P<name>[\w-]+) -->\n)(?P<body>.*?)(<!-- end: (?P=name) -->)", re.DOTALL)
BLOCK = re.compile(r"^```bayes(?P<words>[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def updated(text: str) -> str:
    """The reference with every table as the catalogue has it now. ValueError for a marker of no known table."""

    def table(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in TABLES:
            raise ValueError(f"there is no table `{name}`; there are {', '.join(TABLES)}")
        made = TABLES[name](text[: match.start()])
        return f"{match[1]}\n{made}\n\n{match[4]}"

    return MARKED.sub(table, text)


# Markdown


def _code(text: object) -> str:
    return f"`{text}`"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)])


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1 and value == int(value) else f"{value:g}"


# Distributions

_MATRIX = "[k, k']"
_PLATES = {
    Extent.SCALAR: "",
    Extent.VALUE: "[k]",
    Extent.OWN: "[j]",
    Extent.SQUARE: _MATRIX,
    Extent.VALUE_OWN: "[k, j]",
    Extent.OWN_VALUE: "[j, k]",
}
_SUPPORTS = {
    "real": "all numbers",
    "positive": "over 0",
    "nonnegative": "0 or more",
    "unit": "0 to 1",
    "count": "0, 1, 2, ..",
    "int": "whole numbers",
    "binary": "0 or 1",
    "category": "a level",
    "real_vector": "a vector",
    "count_vector": "a vector of counts",
    "simplex": "a simplex",
    "one_hot": "one 1 among 0s",
    "unit_vector": "a vector of length 1",
    "cholesky_corr": "a Cholesky factor of a correlation matrix",
    "correlation": "a correlation matrix",
    "covariance": "a covariance matrix",
}


def _argument(row: Distribution, parameter: Parameter) -> str:
    default = "" if parameter.default is None else f" = {_number(parameter.default)}"
    plates = _PLATES[parameter.extent]
    return f"{parameter.name}{plates}{default}" if not parameter.keyword else f"{parameter.name} = {plates or '..'}"


def signature(row: Distribution) -> str:
    """How a distribution is called: `StudentT(df, loc = 0, scale = 1)`. Of arguments to choose from, the first."""
    left_out = {name for choice in row.choices for name in choice[1:]} | set(row.sizes)
    named = [f"{name} = D(..)" for name in row.takes]
    positional = [_argument(row, p) for p in row.parameters if p.name not in left_out and not p.keyword]
    by_name = [_argument(row, p) for p in row.parameters if p.name not in left_out and p.keyword and p.default is None]
    return f"{row.name}({', '.join([*positional, *named, *by_name])})"


def other_ways(row: Distribution) -> str:
    """The arguments that may be given instead: those to choose from, then the other parameterisations."""
    chosen = [f"{name}{_PLATES[row.parameter(name).extent]}" for choice in row.choices for name in choice[1:]]
    ways = [", ".join(p.name for p in alternative.parameters) for alternative in row.alternatives]
    return "; ".join(map(_code, [*chosen, *ways]))


def _values(row: Distribution) -> str:
    low, high = row.bounds
    words = _SUPPORTS.get(row.support.name, row.support.name)
    if low is not None and low == high:
        return f"`{low}`"
    if low is not None and high is not None:
        return f"`{low}` to `{high}`"
    if low is not None:
        return f"`{low}` and more"
    return f"{words}, to `{high}`" if high is not None else words


def _remark(row: Distribution) -> str:
    sizes = f" `k` has {_either([str(n) for n in row.event_sizes])} members." if row.event_sizes else ""
    short = next((p for p in row.parameters if p.short), None)
    fewer = f" `{short.name}` has one member fewer than there are levels." if short is not None else ""
    draws = "" if row.samples else " Has a density, and cannot be drawn from."
    noncentered = " May be `noncentered`." if row.location_scale is not None else ""
    return f"{row.doc}{sizes}{fewer}{draws}{noncentered}"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _distributions(rows: Sequence[Distribution]) -> str:
    head = ("distribution", "or by name", "values", "")
    return _table(head, ((_code(signature(r)), other_ways(r), _values(r), _remark(r)) for r in rows))


def left_out(_: str) -> str:
    return _table(("Pyro's", "why not here"), ((_code(name), why) for name, why in d.LEFT_OUT.items()))


# Functions

_ARGUMENTS = {"clamp": "x, lo, hi", "where": "condition, a, b"}


def _call(name: str, arity: int) -> str:
    return f"{name}({_ARGUMENTS.get(name) or ('x' if arity == 1 else 'a, b')})"


def _aliases(name: str) -> str:
    return ", ".join(_code(alias) for alias, meant in f.ALIASES.items() if meant == name)


def functions(_: str) -> str:
    head = ("function", "", "its argument is", "also called")
    rows = ((_code(_call(r.name, r.arity[1])), r.doc, _domain(r), _aliases(r.name)) for r in f.FUNCTIONS.values())
    return _table(head, rows)


def _domain(row: Function) -> str:
    return "" if row.domain is None else _SUPPORTS.get(row.domain.name) or _interval(row.domain)


def _interval(support: Support) -> str:
    if support.hi == float("inf"):
        return f"{'over' if support.lo_open else 'at least'} {_number(support.lo)}"
    return f"{_number(support.lo)} to {_number(support.hi)}"


def reductions(_: str) -> str:
    rows = [(f"{r.name}[p]({'x' if r.arity == 1 else 'a, b'})", r) for r in f.REDUCTIONS.values()]
    return _table(("reduction", "", "also called"), ((_code(call), r.doc, _aliases(r.name)) for call, r in rows))


def scans(_: str) -> str:
    return _table(("along a plate", ""), ((_code(f"{r.name}[p](x)"), r.doc) for r in f.SCANS.values()))


def column_functions(_: str) -> str:
    head = ("of a whole column", "", "also called")
    return _table(head, ((_code(f"{r.name}(x)"), r.doc, _aliases(r.name)) for r in f.COLUMN_FUNCTIONS.values()))


# Data


def types(_: str) -> str:
    rows = DATA_TYPES.values()
    written = {r.name: f"{r.name}(a, b)" if r.arguments else r.name for r in rows}
    return _table(
        ("type", "", "columns", "params"),
        ((_code(written[r.name]), r.doc, _yes(not r.support.event), _yes(_learnable(r.support))) for r in rows),
    )


def _learnable(support: Support) -> bool:
    return not support.integer


def _yes(holds: bool) -> str:
    return "yes" if holds else ""


def options(_: str) -> str:
    from bayesdsl.runtime.sources.options import FORMATS, OPTIONS

    rows = [OPTIONS[name] for name in DATA_OPTIONS]
    every = tuple(FORMATS)
    return _table(
        ("option", "", "formats"),
        ((_code(_short(r.example)), r.doc, "all" if r.formats == every else ", ".join(r.formats)) for r in rows),
    )


def _short(example: str) -> str:
    """An example without the rest of a checksum or a list that holds numbers beside texts."""
    return re.sub(r'"(0123)[0-9a-f]{60}"', r'"\1.."', example.replace(", -99]", ', "-99"]'))


def formats(_: str) -> str:
    from bayesdsl.runtime.sources.options import FORMATS

    return _table(
        ("format", "file names end in", "a table is"),
        ((_code(name), ", ".join(map(_code, suffixes)), _TABLE_IN[name]) for name, suffixes in FORMATS.items()),
    )


_TABLE_IN = {
    "csv": "lines of fields with a header; commas between them unless `sep` says otherwise",
    "tsv": "the same, with tabs",
    "json": "a list of objects, one a row, or an object of arrays, one a column",
    "npz": "arrays of one dimension, or of two for a matrix of columns",
    "parquet": "a Parquet file; needs `pyarrow` or `polars`",
}


def missing_words(_: str) -> str:
    from bayesdsl.runtime.sources.options import MISSING_IN_TEXT

    empty = "an empty field" if "" in MISSING_IN_TEXT.words else ""
    words = [_code(word) for word in MISSING_IN_TEXT.words if word]
    return f"In text files these stand for a missing value: {', '.join([empty, *words])}."


# Inference


def engines(_: str) -> str:
    parts = []
    for engine in i.ENGINES.values():
        kinds = "Learns params." if engine.params else "Needs a prior for every unknown: no params."
        parts.append(f"#### `{engine.name}`\n\n{engine.doc} {kinds}\n\n{_settings(engine.settings)}")
    return "\n\n".join(parts)


def _settings(rows: Sequence[Setting]) -> str:
    return _table(("setting", "default", "may be", ""), ((_code(r.name), _default(r), _range(r), r.doc) for r in rows))


def _default(row: Setting) -> str:
    if row.default is REQUIRED:
        return ""
    match row.default:
        case None:
            return ""
        case bool():
            return _code(str(row.default).lower())
        case tuple():
            return _code(f"[{', '.join(map(str, row.default))}]")
        case str() if row.kind is SettingKind.TEXT:
            return _code(f'"{row.default}"')
    return _code(row.default)


def _range(row: Setting) -> str:
    kinds = {
        SettingKind.BOOL: "`true` or `false`",
        SettingKind.GUIDE: "a guide",
        SettingKind.OPTIMISER: "an optimiser",
        SettingKind.LOSS: "a loss",
        SettingKind.BATCH: "a number of rows of a table, as in `256 of image`",
        SettingKind.SCHEDULE: "a schedule",
    }
    if row.choices:
        quotes = "" if row.kind is SettingKind.WORD else '"'
        return ", ".join(_code(f"{quotes}{choice}{quotes}") for choice in row.choices)
    if row.kind in kinds:
        return kinds[row.kind]
    what = "whole numbers" if row.kind in (SettingKind.INT, SettingKind.INTS) else "numbers"
    low = "" if row.lo is None else f"{'over' if row.lo_open else 'from'} {_number(row.lo)}"
    high = "" if row.hi is None else f"{'under' if row.hi_open else 'to'} {_number(row.hi)}"
    but = f", not {_either([_number(value) for value in row.excludes])}" if row.excludes else ""
    of_list = "a list of " if row.kind in (SettingKind.FLOATS, SettingKind.INTS) else ""
    return " ".join(part for part in (f"{of_list}{what}", low, high) if part) + but


def _components(rows: Iterable[Component]) -> str:
    return _table(("name", "", "settings"), ((_code(r.name), r.doc, _component_settings(r)) for r in rows))


def _component_settings(row: Component) -> str:
    return ", ".join(_code(f"{s.name} = {_default(s).strip('`') or '..'}") for s in row.settings)


# Layers


def modules(_: str) -> str:
    return _table(("module", "settings", ""), ((_code(r.name), _module_settings(r), r.doc) for r in MODULES.values()))


def _module_settings(row: Module) -> str:
    def written(setting: Setting) -> str:
        if setting.default is REQUIRED:
            return setting.name
        return f"{setting.name} = {_default(setting).strip('`') or '..'}"

    return ", ".join(_code(written(setting)) for setting in row.settings)


def modules_left_out(_: str) -> str:
    return _table(("module", ""), ((_code(name), reason) for name, reason in sorted(MODULES_LEFT_OUT.items())))


# Words, limits, codes


def reserved(_: str) -> str:
    return ", ".join(_code(word) for word in sorted(KEYWORDS))


def limits(_: str) -> str:
    from bayesdsl.runtime.binding.bind import MAX_ELEMENTS
    from bayesdsl.runtime.sources.options import DEFAULT_MAX_BYTES

    rows = (
        ("characters in a spec", f"{MAX_CHARACTERS:,}"),
        ("brackets inside each other", str(MAX_BRACKETS)),
        ("expressions inside each other", str(MAX_DEPTH)),
        ("members of a plate that is a number", f"{MAX_PLATE:,}"),
        ("elements of one quantity, over all its plates", f"{MAX_ELEMENTS:,}"),
        ("size of a data file", f"{DEFAULT_MAX_BYTES // 2**30} GiB"),
    )
    return _table(("what", "at most"), rows)


def codes(_: str) -> str:
    def severities(rows: Sequence) -> str:
        return " and ".join(f"{s.value}s" for s in Severity if any(row.severity is s for row in rows))

    rows = ((f"`BD{digit}..`", title, severities(rows)) for digit, title, rows in SECTIONS)
    return _table(("codes", "about", "severity"), rows)


def finding(before: str) -> str:
    """What a terminal shows of the last spec before the marker."""
    *_, last = BLOCK.finditer(before)
    found = analyse(Source("radon.bayes", last["text"])).diagnostics
    return "```text\n" + "\n\n".join(render_text(diagnostic) for diagnostic in found) + "\n```"


TABLES: dict[str, Callable[[str], str]] = {
    "types": types,
    "formats": formats,
    "options": options,
    "missing-words": missing_words,
    "distributions-continuous": lambda _: _distributions(d.CONTINUOUS),
    "distributions-discrete": lambda _: _distributions(d.DISCRETE),
    "distributions-vectors": lambda _: _distributions(d.VECTORS),
    "distributions-matrices": lambda _: _distributions(d.MATRIX_VALUED),
    "distributions-left-out": left_out,
    "functions": functions,
    "reductions": reductions,
    "scans": scans,
    "column-functions": column_functions,
    "engines": engines,
    "modules": modules,
    "modules-left-out": modules_left_out,
    "guides": lambda _: _components(i.GUIDES.values()),
    "optimisers": lambda _: _components(i.OPTIMISERS.values()),
    "schedules": lambda _: _components(i.SCHEDULES.values()),
    "losses": lambda _: _components(i.LOSSES.values()),
    "reserved": reserved,
    "limits": limits,
    "codes": codes,
    "finding": finding,
}


def main(arguments: Sequence[str]) -> int:
    text = REFERENCE.read_text(encoding="utf-8")
    made = updated(text)
    if "--check" in arguments:
        return int(made != text)
    REFERENCE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
