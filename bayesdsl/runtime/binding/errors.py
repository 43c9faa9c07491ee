"""What can be wrong with data, one constructor a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bayesdsl.diagnostics.diagnostic import Cell, Diagnostic, Label
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support


def bad_cells(source: Source, span: Span, column: str, cells: Sequence[Cell], count: int) -> Diagnostic:
    what = "a cell" if count == 1 else f"{count:,} cells"
    return Diagnostic(
        "BD750",
        f"`{column}` is to be a number, and {what} of it {'is' if count == 1 else 'are'} not",
        source,
        Label(span, "read as numbers"),
        cells=tuple(cells),
        hint='correct them, say what stands for a missing value (missing = ["n/a"]), or declare the column as category',
    )


def not_number_column(source: Source, span: Span, column: str, cells: Sequence[Cell]) -> Diagnostic:
    return Diagnostic(
        "BD750",
        f"`{column}` holds text, which this expression cannot use as a number",
        source,
        Label(span),
        cells=tuple(cells),
        hint='compare it with a text: male : binary = sex == "male"; or declare it as category',
    )


def missing_values(source: Source, span: Span, column: str, cells: Sequence[Cell], count: int) -> Diagnostic:
    return Diagnostic(
        "BD751",
        f"`{column}` is missing in {count:,} row{'s' if count != 1 else ''}",
        source,
        Label(span),
        cells=tuple(cells),
        hint=f"leave these rows out with `missing drop` or `where present({column})` in the data block",
    )


def missing_column(
    source: Source, span: Span, column: str, table: str, near: str | None, known: Sequence[str]
) -> Diagnostic:
    shown = ", ".join(known[:12]) + (f", .. ({len(known)} in all)" if len(known) > 12 else "")
    return Diagnostic(
        "BD752",
        f"{table} has no column `{column}`",
        source,
        Label(span),
        notes=(f"its columns are {shown}",),
        hint=f"did you mean `{near}`?" if near else "name the column: a : real = its_name",
    )


def ambiguous_matrix(source: Source, span: Span, column: str, wanted: str) -> Diagnostic:
    return Diagnostic("BD763", f"`{column}` {wanted}", source, Label(span))


def outside_type(
    source: Source, span: Span, column: str, support: Support, cells: Sequence[Cell], count: int, example: float
) -> Diagnostic:
    return Diagnostic(
        "BD753",
        f"`{column}` is declared as {support}, and {count:,} value{'s are' if count != 1 else ' is'} not: {example:g}",
        source,
        Label(span),
        cells=tuple(cells),
        hint="correct the values, leave the rows out with `where`, or declare another type",
    )


def outside_likelihood(
    source: Source, span: Span, column: str, support: Support, cells: Sequence[Cell], count: int, example: float
) -> Diagnostic:
    return Diagnostic(
        "BD754",
        f"the likelihood of `{column}` gives {count:,} of its values no density: {example:g}",
        source,
        Label(span, f"produces: {support}".replace("_", " ")),
        cells=tuple(cells),
        hint="correct the values, leave the rows out with `where`, or choose a likelihood that can produce them",
    )


def not_a_simplex(
    source: Source, span: Span, column: str, cells: Sequence[Cell], count: int, total: float
) -> Diagnostic:
    return Diagnostic(
        "BD754",
        f"the likelihood of `{column}` needs rows that sum to one, and {count:,} do not: {total:g}",
        source,
        Label(span),
        cells=tuple(cells),
        hint="divide each row by its sum",
    )


def unknown_level(
    source: Source, span: Span, column: str, plate: str, label: str, near: str | None, cells: Sequence[Cell], count: int
) -> Diagnostic:
    return Diagnostic(
        "BD755",
        f"`{label}` is not a member of plate `{plate}`"
        + (f", nor are {count - 1:,} other rows' values" if count > 1 else ""),
        source,
        Label(span, f"refers to {plate}"),
        cells=tuple(cells),
        hint=f'did you mean "{near}"?' if near else f"add it to the table or the list that declares `{plate}`",
    )


def unknown_label(source: Source, span: Span, plate: str, label: object, near: str | None) -> Diagnostic:
    return Diagnostic(
        "BD755",
        f"plate `{plate}` has no member `{label}` in these data",
        source,
        Label(span),
        hint=f'did you mean "{near}"?' if near else None,
    )


def no_rows(source: Source, span: Span, table: str, rows: int) -> Diagnostic:
    notes = (f"the source has {rows:,} rows, and the filters leave none",) if rows else ()
    return Diagnostic(
        "BD756", f"`{table}` has no rows", source, Label(span), notes=notes, hint="loosen `where`, or give other data"
    )


def no_data(source: Source, span: Span, table: str) -> Diagnostic:
    return Diagnostic(
        "BD757",
        f"the data of `{table}` are not given",
        source,
        Label(span),
        hint=f'give them when running, --data {table}=FILE, or in the spec: data {table} from "FILE"',
    )


def empty_groups(source: Source, span: Span, plate: str, labels: Sequence[object], count: int) -> Diagnostic:
    shown = ", ".join(str(label) for label in labels[:5]) + (", .." if count > 5 else "")
    return Diagnostic(
        "BD758",
        f"{count:,} member{'s' if count != 1 else ''} of `{plate}` {'have' if count != 1 else 'has'} no rows: {shown}",
        source,
        Label(span),
        hint="their parameters are drawn from the prior alone; leave them out of the table if that is not meant",
    )


def collinear(source: Source, span: Span, table: str, columns: Sequence[str]) -> Diagnostic:
    shown = ", ".join(f"`{column}`" for column in columns)
    verb = "is constant" if len(columns) == 1 else "are linear combinations of each other (with a constant)"
    return Diagnostic(
        "BD759",
        f"in `{table}`, {shown} {verb}",
        source,
        Label(span),
        hint="leave one out, or give the coefficients informative priors: the data cannot tell them apart",
    )


def not_finite(
    source: Source, span: Span, column: str, cells: Sequence[Cell], count: int, example: float
) -> Diagnostic:
    return Diagnostic(
        "BD760",
        f"`{column}` has no finite value in {count:,} row{'s' if count != 1 else ''} (it gives {example})",
        source,
        Label(span),
        cells=tuple(cells),
        hint="a logarithm of zero, or a division by zero? leave the rows out with `where`, or change the expression",
    )


def too_large(source: Source, span: Span, plates: Sequence[str], elements: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "BD761",
        f"plates {' x '.join(plates)} have {elements:,} members together; the limit is {limit:,}",
        source,
        Label(span),
        hint="reduce over one of them, or give it fewer members",
    )


def unknown_table(name: str, near: str | None, known: Sequence[str]) -> Diagnostic:
    listed = f"its tables are {', '.join(known)}" if known else "it has no data block"
    return Diagnostic("BD762", f"the spec has no table `{name}`", hint=f"did you mean `{near}`?" if near else listed)


def sizes_differ(source: Source, span: Span, what: str) -> Diagnostic:
    return Diagnostic("BD763", what, source, Label(span))


def duplicate_keys(source: Source, span: Span, key: str, label: str, cells: Sequence[Cell]) -> Diagnostic:
    return Diagnostic(
        "BD764",
        f"the key `{key}` has `{label}` more than once",
        source,
        Label(span),
        cells=tuple(cells),
        hint="a key names each row of its table once",
    )


def placed(diagnostic: Diagnostic, source: Source, span: Span) -> Diagnostic:
    """A finding of the source's reader, with the place of the spec that names the source."""
    return diagnostic if diagnostic.primary else replace(diagnostic, source=source, primary=Label(span))
