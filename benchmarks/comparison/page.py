"""The page of the comparison, from its figures."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

OPENING = """\
# Specs beside plain Pyro

For each of five introductions to Bayesian modelling there are two programs of our own: one in plain Pyro that does what
the introduction describes, and one that does the same with specs. `make compare` runs both, compares their answers,
counts their lines, and writes this page. The programs are in `benchmarks/comparison`.

## Lines to write

Lines that are neither empty, nor comments, nor documentation, counted alike in all files. Under *spec and driver* are
the specs and the Python that runs them; reading data and yielding answers count on both sides.
"""

ANSWERS = """\
## Answers and times

Each program runs several times with different seeds, both in turn, on one thread. Times are medians of seconds on the
processor, which other programs on the machine do not change much; they are compared within a row and not between rows:
for plain Pyro in single precision, its default, for specs in double precision, theirs; compiling the spec and reading
the data count. What the first of a spec's runs compiled the others find. *Largest difference* is that of the quantity
that differs most for what may be expected of it, in posterior standard deviations (`sd`), for points in its own units.
*May be* is five standard errors of the difference, from how much the answers of each program move from seed to seed;
for points at most a twentieth of their value, and {arrived} more.

Where an introduction takes tens of thousands of steps or chains that run for minutes, both programs make do with a few
thousand steps, where needed larger ones, and with shorter paths of the chains. A step costs what it costs. Where *may
be* is several standard deviations, the runs were too short to settle from every start, and that they agree says little.
"""

SHORT = "\n**These figures are from short runs, which the tests make: too few steps to say anything.**\n"


def page(figures: Mapping[str, Any]) -> str:
    """The whole page."""
    short = SHORT if any(document["short"] for document in figures.values()) else ""
    answers = ANSWERS.format(arrived="0.01")
    slower = _slower(figures)
    parts = [OPENING, table_of_lines(figures), answers + short, table_of_parts(figures), slower, *_wholes(figures)]
    return "\n".join(parts)


def table_of_lines(figures: Mapping[str, Any]) -> str:
    rows = ["| document | about | plain Pyro | spec and driver | |", "| --- | --- | ---: | ---: | --- |"]
    for number, document in sorted(figures.items()):
        lines = document["lines"]
        ours = lines["spec"] + lines["driver"]
        rows.append(
            f"| {number} | {document['about']} | {lines['plain']} | {ours} | {lines['spec']} + {lines['driver']} |"
        )
    return "\n".join(rows) + "\n"


def table_of_parts(figures: Mapping[str, Any]) -> str:
    rows = [
        "| document | part | runs | plain Pyro | spec | times faster | largest difference | may be | |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: | --- |",
    ]
    for number, document in sorted(figures.items()):
        for part in document["parts"]:
            faster = part["plain_seconds"] / max(part["spec_seconds"], 1e-3)
            rows.append(
                f"| {number} | {part['name']} | {document['seeds']} | {_seconds(part['plain_seconds'])} | "
                f"{_seconds(part['spec_seconds'])} | {faster:.2g} | {_difference(part)} | "
                f"{part['tolerance']:.2g} | {'agrees' if part['holds'] else '**differs**'} |"
            )
    return "\n".join(rows) + "\n"


def _wholes(figures: Mapping[str, Any]) -> Iterator[str]:
    """A paragraph for each part that is run at its full length with the spec alone."""
    for number, document in sorted(figures.items()):
        found = document.get("whole")
        if found is None:
            continue
        steps, gradient = found["steps"], found["plain_gradient_seconds"]
        text = (
            f"Cut short above for the sake of plain Pyro, at its full length with the spec alone: {found['part']} "
            f"({number}), {found['chains']} chains of {found['draws']} draws. The spec takes "
            f"{_seconds(found['spec_seconds'])} seconds on the processor, warmup and all. Its draws alone are "
            f"{steps:,} steps of the paths; a gradient of plain Pyro takes {1000 * gradient:.2g} ms, so that these "
            f"steps would take it {steps * gradient / 60:.0f} minutes."
        )
        yield textwrap.fill(text, 120) + "\n"


def _difference(part: Mapping[str, Any]) -> str:
    unit = f" {part['unit']}" if part["unit"] else ""
    return f"{part['difference']:.2g}{unit} (`{part['quantity']}`)"


def _seconds(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _slower(figures: Mapping[str, Any]) -> str:
    """Where plain Pyro is faster, in a sentence."""
    found = [
        f"{part['name']} ({number})"
        for number, document in sorted(figures.items())
        for part in document["parts"]
        if part["spec_seconds"] > part["plain_seconds"]
    ]
    return f"Slower than plain Pyro: {'; '.join(found) or 'nothing'}.\n"
