"""The summary as a table. Of a quantity over many members the first are shown, and the others on request."""

from __future__ import annotations

import re
from itertools import groupby

from bayesdsl.results.checks.chains import in_trouble
from bayesdsl.results.report.curves import listed
from bayesdsl.results.report.material import Material
from bayesdsl.results.report.nodes import Element, h
from bayesdsl.results.summary import Row, Summary
from bayesdsl.results.table import Layout, Line, format_count, format_rhat, lay_out

# Rows of a quantity that are shown at once, and on request; beyond these it is told as a whole.
AT_ONCE = 12
ON_REQUEST = 200
# Rows on request in all, so that the page stays small.
MOST_ROWS = 2_000


def table(material: Material) -> list[Element]:
    """What is known of every quantity."""
    summary = material.summary
    shown, folded = [], []
    for variable, group in groupby(summary.rows, key=lambda row: row.variable):
        rows = list(group)
        if len(rows) > AT_ONCE:
            folded.append((variable, rows))
        else:
            shown += rows
    weights = frozenset(quantity.name for quantity in material.quantities if quantity.layer is not None)
    parts: list[Element] = []
    if shown:
        parts.append(_figures(summary, shown, weights))
    most = min(ON_REQUEST, max(MOST_ROWS // max(len(folded), 1), AT_ONCE))
    parts += [_many(summary, variable, rows, most, weights) for variable, rows in folded]
    return [*parts, h("p", *_legend(summary), class_="note")]


def _many(summary: Summary, variable: str, rows: list[Row], most: int, weights: frozenset[str]) -> Element:
    """A quantity with many elements: the whole of it in a sentence, its elements on request."""
    listed_rows = rows[:most]
    rest = len(rows) - len(listed_rows)
    return h(
        "div",
        h("h3", variable),
        h("p", _overview(summary, rows), class_="note"),
        h(
            "details",
            h("summary", f"{len(listed_rows)} elements" if not rest else f"the first {len(listed_rows)} elements"),
            _figures(summary, listed_rows, weights),
            h("p", f"{rest:,} more are in the draws and in summary.json.", class_="note") if rest else None,
        ),
    )


def _overview(summary: Summary, rows: list[Row]) -> str:
    """`85 elements, means from -0.9 to 2.2, sd from 0.1 to 0.4; R-hat at most 1.003, ESS at least 1,240.`"""

    def values(figure: str) -> list[float]:
        return [value for row in rows if (value := getattr(row, figure)) is not None]

    words = [f"{len(rows):,} elements"]
    for figure, name in (("mean", "means"), ("estimate", "estimates"), ("sd", "sd"), ("std_error", "standard errors")):
        if found := values(figure):
            words.append(f"{name} from {min(found):.3g} to {max(found):.3g}")
    ends = []
    if found := values("rhat"):
        ends.append(f"R-hat at most {format_rhat(max(found))}")
    if found := [*values("ess_bulk"), *values("ess_tail")]:
        ends.append(f"effective sample sizes at least {format_count(min(found))}")
    text = f"{', '.join(words)}{'; ' if ends else ''}{listed(ends) if ends else ''}."
    return re.sub(r"(?<= )-(?=\d)", "\N{MINUS SIGN}", text)


def _figures(summary: Summary, rows: list[Row], weights: frozenset[str]) -> Element:
    layout = lay_out(Summary(**{**_fields(summary), "rows": tuple(rows)}), limit=None)
    head = h("thead", h("tr", h("th"), [h("th", text.strip(), scope="col") for text in layout.heading[-1]]))
    groups = [
        h("tbody", [_row(summary, layout, line, weights) for line in lines], class_="group")
        for _, lines in groupby(layout.lines, key=_group)
    ]
    return h("div", h("table", head, groups, class_="figures"), class_="scroll")


def _group(line: Line) -> str:
    """Elements of one quantity stand together, and scalars that follow each other do."""
    return line.row.variable if line.row.index else ""


def _row(summary: Summary, layout: Layout, line: Line, weights: frozenset[str]) -> Element:
    # Weights of networks are not compared between chains.
    compared = summary.kind == "mcmc" and line.row.variable not in weights
    trouble = in_trouble(line.row, summary.chains) if compared else ()
    cells = [
        h(
            "td",
            cell.replace("-", "\N{MINUS SIGN}") if cell.strip() != "-" else cell,
            class_="trouble" if column.figure in trouble else None,
        )
        for column, cell in zip(layout.columns, line.cells, strict=True)
    ]
    return h("tr", h("th", line.row.name, scope="row"), cells)


def _fields(summary: Summary) -> dict[str, object]:
    names = ("kind", "engine", "interval", "chains", "draws")
    return {name: getattr(summary, name) for name in names}


def _legend(summary: Summary) -> list[str]:
    low, high = (f"{100 * tail:.4g}" for tail in summary.tails)
    bounds = f"{low} % and {high} % bound the {100 * summary.interval:.4g} % interval."
    match summary.kind:
        case "mcmc":
            draws = f"{summary.chains} × {summary.draws:,} draws" if summary.chains > 1 else f"{summary.draws:,} draws"
            limits = "R-hat over 1.01 and effective sample sizes (ESS) under 100 a chain are marked."
            return [f"{draws}. {bounds} MCSE is the Monte Carlo error of the mean. {limits}"]
        case "svi":
            return [f"{summary.draws:,} draws from the fitted guide. {bounds}"]
        case _:
            return ["Estimates with their standard errors, where the curvature at the point gives them."]
