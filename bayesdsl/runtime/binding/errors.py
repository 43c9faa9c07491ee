"""What can be wrong with data, one constructor a finding: the only place where the binding's messages are written.

A finding names the place in the spec (`source`, `span`) and, where there is one, the places in the data (`cells`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic, Label
from bayesdsl.model import ir
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support

NO_DATA = "BD757"
# Names that a message lists before it says how many more there are.
LISTED = 8
# More labels than this are not searched for one that is spelled alike.
SEARCHED = 5_000

_SUPPORTS = {
    "nonnegative": "0 or more",
    "unit": "between 0 and 1",
    "open unit": "between 0 and 1, the ends left out",
    "int": "a whole number",
    "count": "a whole number, 0 or more",
    "positive int": "a whole number, 1 or more",
    "binary": "0 or 1",
    "real": "a number",
    "positive": "positive",
    "real_vector": "numbers",
    "positive_vector": "positive",
    "count_vector": "whole numbers, 0 or more",
    "real_matrix": "numbers",
    "positive_matrix": "positive",
    "simplex": "probabilities that sum to one",
    "one_hot": "a 1 and otherwise zeros",
    "unit_vector": "of length one",
    "ordered": "in increasing order",
    "positive_ordered": "positive and in increasing order",
    "covariance": "a covariance matrix: symmetric, with positive eigenvalues",
    "lower_cholesky": "a Cholesky factor: zero above the diagonal, positive on it",
}


def near_label(label: str, known: Sequence[object]) -> str | None:
    """The label that another one was most likely meant to be, not looked for among very many."""
    return nearest(label, map(str, known)) if len(known) <= SEARCHED else None


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _listed(names: Sequence[object], count: int | None = None) -> str:
    """The first names, and how many more there are; `count` is how many in all, where not all are at hand."""
    rest = (len(names) if count is None else count) - LISTED
    more = f" and {rest:,} more" if rest > 0 else ""
    return ", ".join(f"`{name}`" for name in names[:LISTED]) + more


def _more(count: int) -> str:
    return f", and {count - 1:,} more like it" if count > 1 else ""


def _number(value: float) -> str:
    return f"{value:.12g}"


def _one(support: Support) -> str:
    """A support as the complement of `must be`."""
    return _SUPPORTS.get(support.name) or f"in {support}"


# What was given


def data_not_by_table(kind: str, tables: Sequence[str]) -> Diagnostic:
    table = tables[0] if tables else "table"
    return Diagnostic(
        "BD709",
        f"data are given by the name of their table, not as a `{kind}`",
        hint=f'write: data = {{"{table}": ..}}' if tables else "the spec has no data block; leave them out",
    )


def unknown_table(name: str, near: str | None, known: Sequence[str]) -> Diagnostic:
    listed = f"its tables are {_listed(known)}" if known else "it has no data block"
    return Diagnostic("BD762", f"the spec has no table `{name}`", hint=f"did you mean `{near}`?" if near else listed)


def columns_without_table(names: Sequence[str], table: str) -> Diagnostic:
    what = "it is a column" if len(names) == 1 else "they are columns"
    return Diagnostic(
        "BD762",
        f"the spec has no table {_listed(names)}; {what} of `{table}`",
        hint=f'give columns under the name of their table: data = {{"{table}": {{"{names[0]}": ..}}}}',
    )


def no_data(source: Source, span: Span, table: str) -> Diagnostic:
    return Diagnostic(
        NO_DATA,
        f"the data of `{table}` are not given",
        source,
        Label(span),
        hint=f'give them when running, --data {table}=FILE, or in the spec: data {table} from "FILE"',
    )


def placed(diagnostic: Diagnostic, source: Source, span: Span) -> Diagnostic:
    """A finding of the source's reader, with the place of the spec that names the source."""
    return diagnostic if diagnostic.primary else replace(diagnostic, source=source, primary=Label(span))


# Which columns there are


def missing_column(
    source: Source,
    span: Span,
    name: str,
    data: str,
    known: Sequence[str],
    others: Sequence[str],
    aside: str | None,
    own: bool,
) -> Diagnostic:
    """`others` are names that would do beside the source's. `aside` says why what has the name is no column, `own` that
    it is a column of the spec that is read under its own name.
    """
    if aside is not None:
        notes, hint = (f"what is called `{name}` there is {aside}",), None
    else:
        near = nearest(name, [*known, *others])
        notes = (f"its columns are {_listed(known)}",)
        renamed = f"say which column it is: {name} : real = its_name" if own else "write a name that the data have"
        hint = f"did you mean `{near}`?" if near else renamed
    return Diagnostic("BD752", f"{data} has no column `{name}`", source, Label(span), notes=notes, hint=hint)


def condition_on_declared(source: Source, span: Span, name: str, data: str) -> Diagnostic:
    return Diagnostic(
        "BD752",
        f"{data} has no column `{name}`, and rows are filtered before the columns of the spec are computed",
        source,
        Label(span),
        hint=f"write what `{name}` is computed from",
    )


def no_match(source: Source, span: Span, pattern: str, data: str, known: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD752",
        f"{data} has no column that matches `{pattern}`",
        source,
        Label(span),
        notes=(f"its columns are {_listed(known)}",),
        hint="`*` stands for any characters, and capitals count",
    )


# What cells hold


def bad_cells(source: Source, span: Span, column: str, cells: Sequence[Cell], count: int) -> Diagnostic:
    what = "a cell" if count == 1 else _counted(count, "cell")
    return Diagnostic(
        "BD750",
        f"`{column}` is to be a number, and {what} of it {'is' if count == 1 else 'are'} not",
        source,
        Label(span, "read as numbers"),
        cells=tuple(cells),
        hint='correct them, say what stands for a missing value (missing = ["n/a"]), or declare the column as category',
    )


def text_column(source: Source, span: Span, column: str, cells: Sequence[Cell]) -> Diagnostic:
    return Diagnostic(
        "BD750",
        f"`{column}` holds text, which is no number",
        source,
        Label(span, "read as numbers"),
        cells=tuple(cells),
        hint='declare it as category, or compare it with a text, as in male : binary = sex == "male"',
    )


def text_as_number(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD750",
        "text stands where a number is needed",
        source,
        Label(span),
        hint="text can be compared with == and !=",
    )


def not_text(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD750",
        "this is compared with text, and is no column of text",
        source,
        Label(span),
        hint="only a column of the source, or a category above, can be compared with text",
    )


def category_as_number(source: Source, span: Span, column: str) -> Diagnostic:
    return Diagnostic(
        "BD750",
        f"`{column}` is a category, not a number",
        source,
        Label(span),
        hint=f'compare it with a label, as in {column} == "a"',
    )


def missing_values(source: Source, span: Span, column: str, cells: Sequence[Cell], count: int) -> Diagnostic:
    return Diagnostic(
        "BD751",
        f"`{column}` is missing in {_counted(count, 'row')}",
        source,
        Label(span),
        cells=tuple(cells),
        hint=f"leave these rows out with `missing drop` or `where present({column})` in the data block",
    )


def not_finite(
    source: Source, span: Span, what: str, cells: Sequence[Cell], count: int, example: float, direct: bool
) -> Diagnostic:
    """`direct`: it is the data themselves that are infinite, and not what is computed from them."""
    rows = _counted(count, "row")
    if direct:
        message, hint = f"`{what}` is infinite in {rows}", "correct the values, or leave the rows out with `where`"
    else:
        message = f"`{what}` has no finite value in {rows}: it gives {_number(example)}"
        hint = "a logarithm of zero, or a division by zero? leave the rows out with `where`, or change the expression"
    return Diagnostic("BD760", message, source, Label(span), cells=tuple(cells), hint=hint)


def no_spread(source: Source, span: Span, function: str, what: str, value: float, count: int) -> Diagnostic:
    rows = f"in all {count:,} rows" if count > 1 else "in the only row"
    return Diagnostic(
        "BD760",
        f"`{function}` divides by the spread of `{what}`, which is {_number(value)} {rows}",
        source,
        Label(span),
        hint="a column that does not vary says nothing here: leave it out, or check the filters",
    )


def beyond_precision(
    source: Source, span: Span, column: str, cells: Sequence[Cell], count: int, example: float
) -> Diagnostic:
    return Diagnostic(
        "BD760",
        f"`{column}` has {_counted(count, 'value')} beyond the range of single precision: {_number(example)}",
        source,
        Label(span),
        cells=tuple(cells),
        hint="rescale the column, or run with float64",
    )


def outside_type(
    source: Source, span: Span, column: str, support: Support, cells: Sequence[Cell], count: int, example: float
) -> Diagnostic:
    return Diagnostic(
        "BD753",
        f"`{column}` is declared as {support}, and {_counted(count, 'value')} {'is' if count == 1 else 'are'} not: "
        f"{_number(example)}",
        source,
        Label(span),
        cells=tuple(cells),
        hint="correct the values, leave the rows out with `where`, or declare another type",
    )


# Matrices


def _matrix(source: Source, span: Span, message: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic("BD763", message, source, Label(span), hint=hint)


def matrix_as_column(source: Source, span: Span, column: str, width: int) -> Diagnostic:
    hint = f"name their plate, as in {column}[k] : real"
    return _matrix(source, span, f"`{column}` has {_counted(width, 'value')} a row", hint)


def matrix_as_category(source: Source, span: Span, width: int) -> Diagnostic:
    message = f"this has {_counted(width, 'value')} a row, and a category one"
    return _matrix(source, span, message, "give each its column")


def matrix_as_condition(source: Source, span: Span, width: int) -> Diagnostic:
    message = f"this has {_counted(width, 'value')} a row, and a condition one"
    return _matrix(source, span, message, "ask about a column with one value a row")


def stacked_matrices(source: Source, span: Span, column: str) -> Diagnostic:
    message = f"`{column}` stacks columns that have several values a row themselves"
    return _matrix(source, span, message, "declare each of them with a plate of its own")


def unlike_matrices(source: Source, span: Span, widths: Sequence[int]) -> Diagnostic:
    message = f"these have {' and '.join(map(str, widths))} values a row"
    return _matrix(source, span, message, "compute matrices of one width together")


def wrong_width(
    source: Source, span: Span, column: str, width: int, plate: str, size: int, declared: Span
) -> Diagnostic:
    return Diagnostic(
        "BD763",
        f"plate `{plate}` has {_counted(size, 'member')}, and `{column}` has {_counted(width, 'column')}",
        source,
        Label(span),
        (Label(declared, _counted(size, "member")),) if declared != span else (),
        hint="give it one column for each member, or a plate of its own",
    )


def members_differ(
    source: Source, span: Span, column: str, name: str, here: int, plate: str, there: int, declared: Span
) -> Diagnostic:
    return Diagnostic(
        "BD763",
        f"`{name}` is column {here} of `{column}` and member {there} of plate `{plate}`",
        source,
        Label(span),
        (Label(declared, "the plate's members"),) if declared != span else (),
        hint="name the columns alike or in the same order, or give the matrix a plate of its own",
    )


def argument_size(
    source: Source, span: Span, argument: str, plate: str, size: int, wanted: int, why: str
) -> Diagnostic:
    return Diagnostic(
        "BD763",
        f"`{argument}` runs over plate `{plate}` with {_counted(size, 'member')}, and needs {wanted:,}: {why}",
        source,
        Label(span),
        hint="give the plate that many members",
    )


def event_size(source: Source, span: Span, name: str, dist: str, size: int, allowed: Sequence[int]) -> Diagnostic:
    wanted = " or ".join(map(str, allowed))
    return _matrix(source, span, f"a value of {dist} has {wanted} elements, and `{name}` has {size:,}")


def too_large(source: Source, span: Span, plates: Sequence[str], elements: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "BD761",
        f"plates {' x '.join(plates)} have {elements:,} members together; the limit is {limit:,}",
        source,
        Label(span),
        hint="reduce over one of them, or give it fewer members",
    )


# Rows, keys and levels


def not_of_parts(source: Source, span: Span, function: str) -> Diagnostic:
    """A function of whole columns that cannot be computed part by part."""
    return Diagnostic(
        "BD766",
        f"`{function}` needs all of a column at once, and the table is read in parts",
        source,
        Label(span),
        hint="leave `stream` out of the options, or write the column into the file",
    )


def not_streamed(source: Source, span: Span, plate: str, why: str, hint: str) -> Diagnostic:
    """A table that is to be read in parts, and that something needs whole."""
    return Diagnostic("BD767", f"`{plate}` cannot be read in parts: {why}", source, Label(span), hint=hint)


def no_rows(source: Source, span: Span, table: str, filters: Sequence[str], near: tuple[str, str] | None) -> Diagnostic:
    """`filters` say what each keeps; `near` is a text that no row has, and a label that may be meant by it."""
    return Diagnostic(
        "BD756",
        f"`{table}` has no rows left",
        source,
        Label(span),
        notes=tuple(filters),
        hint=f'for "{near[0]}", did you mean "{near[1]}"?' if near else "loosen the conditions, or give other data",
    )


def duplicate_keys(source: Source, span: Span, key: str, label: str, cells: Sequence[Cell], others: int) -> Diagnostic:
    more = f", and {others:,} more labels repeat" if others else ""
    return Diagnostic(
        "BD764",
        f"the key `{key}` has `{label}` more than once{more}",
        source,
        Label(span),
        cells=tuple(cells),
        hint="a key names each row of its table once",
    )


def unseen_levels(
    source: Source,
    span: Span,
    plate: ir.Plate,
    counts: Mapping[str, int],
    members: Sequence[object],
    left_out: frozenset[str],
    cells: Sequence[Cell],
) -> Diagnostic:
    """`counts` are the labels that are no members, with their rows; `left_out` those of rows that were filtered."""
    (label, rows), *others = counts.items()
    also = f" (nor {'is' if len(others) == 1 else 'are'} {_listed([name for name, _ in others])})" if others else ""
    notes = [f"`{name}` is one of its rows, and is left out by a filter" for name in counts if name in left_out]
    near = {name: near_label(name, members) for name, _ in others[:LISTED] if name not in left_out}
    notes += [f"for `{name}`, did you mean `{found}`?" for name, found in near.items() if found]
    return Diagnostic(
        "BD755",
        f"`{label}`, in {_counted(rows, 'row')}, is not a member of plate `{plate.name}`{also}",
        source,
        Label(span, f"refers to {plate.name}"),
        (Label(plate.span, "its members"),) if plate.span != span else (),
        cells=tuple(cells),
        notes=tuple(notes[:LISTED]),
        hint=_level_hint(label, plate, members, left_out),
    )


def _level_hint(label: str, plate: ir.Plate, members: Sequence[object], left_out: frozenset[str]) -> str:
    if label in left_out:
        return f"leave out the rows that refer to it, or keep it in `{plate.name}`"
    near = near_label(label, members)
    if near is not None:
        return f'did you mean "{near}"?'
    if isinstance(members, range):
        return f"the members of `{plate.name}` are called by their numbers, 1 to {len(members):,}"
    return f"add it to the table or the list that declares `{plate.name}`; its members are {_listed(members)}"


def unknown_label(source: Source, span: Span, plate: str, label: object, members: Sequence[object]) -> Diagnostic:
    near = near_label(str(label), members)
    return Diagnostic(
        "BD755",
        f"plate `{plate}` has no member `{label}` in these data",
        source,
        Label(span),
        hint=f'did you mean "{near}"?' if near else f"its members are {_listed(members)}",
    )


# The model on these values


def argument_outside(
    source: Source,
    span: Span,
    dist: str,
    argument: str,
    support: Support,
    cells: Sequence[Cell],
    example: float | None,
    count: int,
) -> Diagnostic:
    """An argument that the data alone decide has values that the distribution forbids; None for vectors of them."""
    rows = f" in {_counted(count, 'row')}" if cells else ""
    made = f"the data make it {_number(example) if example is not None else 'otherwise'}"
    return Diagnostic(
        "BD401",
        f"`{argument}` of {dist} must be {_one(support)}, and {made}{rows}",
        source,
        Label(span),
        cells=tuple(cells),
        hint="correct the values, or leave the rows out with `where`",
    )


def start_outside(source: Source, span: Span, name: str, support: Support, example: float) -> Diagnostic:
    return Diagnostic(
        "BD411",
        f"`{name}` must be {_one(support)}, and on these data it starts at {_number(example)}",
        source,
        Label(span),
        hint="start it from another number",
    )


def on_given_values(diagnostic: Diagnostic, ranges: Sequence[tuple[str, Support, Support]]) -> Diagnostic:
    """A finding of the checker on given values that lie beyond those of the spec: by column, the spec's and theirs."""
    text = diagnostic.source.slice(diagnostic.primary.span)
    named = [row for row in ranges if re.search(rf"\b{re.escape(row[0])}\b", text)]
    notes = tuple(
        f"the data given for `{name}` lie in {given}, those in the spec in {known}"
        for name, known, given in named or ranges
    )
    return replace(diagnostic, notes=(*diagnostic.notes, *notes))


def outside_likelihood(
    source: Source, span: Span, column: str, support: Support, cells: Sequence[Cell], count: int, example: float
) -> Diagnostic:
    return Diagnostic(
        "BD754",
        f"the likelihood of `{column}` gives {_counted(count, 'value')} no density: {_number(example)}",
        source,
        Label(span, f"its values are {support}".replace("_", " ")),
        cells=tuple(cells),
        hint="correct the values, leave the rows out with `where`, or choose a likelihood that can produce them",
    )


def on_the_edge(
    source: Source, span: Span, column: str, dist: str, edge: float, cells: Sequence[Cell], count: int
) -> Diagnostic:
    return Diagnostic(
        "BD754",
        f"`{column}` is {_number(edge)} in {_counted(count, 'row')}, where {dist} has no finite density",
        source,
        Label(span),
        cells=tuple(cells),
        hint="leave the rows out with `where`, move the values off the edge, or give them a likelihood of their own",
    )


def beyond_bound(
    source: Source,
    span: Span,
    column: str,
    bound: Span,
    what: str,
    value: float,
    limit: float,
    cells: Sequence[Cell],
    count: int,
) -> Diagnostic:
    """A value past a bound of the likelihood that the data or the spec give, such as a number of trials."""
    side = "over" if value > limit else "under"
    return Diagnostic(
        "BD754",
        f"`{column}` is {_number(value)}, {side} the {_number(limit)} that {what} allows{_more(count)}",
        source,
        Label(span),
        (Label(bound, f"{'at most' if value > limit else 'at least'} {_number(limit)}"),),
        cells=tuple(cells),
        hint="correct the values, or leave the rows out with `where`",
    )


def level_beyond(
    source: Source, span: Span, column: str, value: float, levels: int, cells: Sequence[Cell], count: int
) -> Diagnostic:
    verb = "is" if count == 1 else "are"
    return Diagnostic(
        "BD754",
        f"the likelihood of `{column}` has {_counted(levels, 'level')}, numbered from 0, "
        f"and {_counted(count, 'value')} {verb} not among them: {_number(value)}",
        source,
        Label(span),
        cells=tuple(cells),
        hint=f"declare `{column}` as category to have its values named and numbered",
    )


_STRUCTURES = {
    "simplex": ("that sum to one", "divide each row by its sum"),
    "one_hot": ("with one 1 and otherwise zeros", "write a 1 for the level of each row and 0 for the others"),
    "unit_vector": ("of length one", "divide each row by its length: sqrt(x^2 + y^2)"),
}


def not_of_structure(
    source: Source, span: Span, column: str, support: Support, cells: Sequence[Cell], count: int, measure: float
) -> Diagnostic:
    """Rows whose elements are in bounds, and not together; `measure` is the sum or the length of the first."""
    what, hint = _STRUCTURES[support.name]
    verb = "does" if count == 1 else "do"
    return Diagnostic(
        "BD754",
        f"the likelihood of `{column}` needs rows {what}, and {count:,} {verb} not: {_number(measure)}",
        source,
        Label(span),
        cells=tuple(cells),
        hint=hint,
    )


def wrong_total(
    source: Source, span: Span, column: str, sum: float, total: float, cells: Sequence[Cell], count: int
) -> Diagnostic:
    return Diagnostic(
        "BD754",
        f"the counts of `{column}` sum to {_number(sum)}, where `total_count` is {_number(total)}{_more(count)}",
        source,
        Label(span),
        cells=tuple(cells),
        hint="give the number of trials as `total_count`",
    )


# Warnings


def empty_groups(source: Source, span: Span, plate: str, labels: Sequence[object], count: int) -> Diagnostic:
    """`labels` are the first of the `count` members without rows."""
    return Diagnostic(
        "BD758",
        f"{_counted(count, 'member')} of `{plate}` {'has' if count == 1 else 'have'} no rows: {_listed(labels, count)}",
        source,
        Label(span),
        hint="their parameters are drawn from the prior alone; leave them out of the table if that is not meant",
    )


def few_rows(source: Source, span: Span, name: str, plate: str, rows: float) -> Diagnostic:
    """A centred hierarchy whose groups have about this many rows (the median)."""
    count = f"{rows:g} row{'' if rows == 1 else 's'} of data"
    return Diagnostic(
        "BD603",
        f"`{name}` is centred, with about {count} for each {plate}",
        source,
        Label(span),
        hint="say `noncentered` after the distribution: it samples better where groups are small",
    )


def collinear(source: Source, span: Span, terms: Sequence[str], intercept: bool) -> Diagnostic:
    """Factors of coefficients of which a linear combination is zero, with a constant if there is an intercept."""
    if len(terms) == 1:
        message = (
            f"{_listed(terms)} is constant, as the intercept beside it is"
            if intercept
            else (f"{_listed(terms)} is zero in all rows")
        )
    else:
        message = f"{_listed(terms)} are linear combinations of each other" + (" and a constant" if intercept else "")
    return Diagnostic(
        "BD759",
        message,
        source,
        Label(span),
        hint="leave one out, or give the coefficients informative priors: the data cannot tell them apart",
    )


def with_data(finding: Diagnostic) -> Diagnostic:
    """A finding of the checker that only the data could show."""
    return replace(finding, code="BD768")
