"""Plates and indices that do not match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesdsl.check.errors.inference import with_article
from bayesdsl.check.errors.words import has_plates, left_side, plate_set, quoted
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support


@dataclass(frozen=True, slots=True)
class ByRow:
    """A value as it is written when indexed by category columns, and the first of these: its place, table, levels."""

    written: str
    column: Span
    table: str
    plate: str


def extra_plate(
    source: Source,
    span: Span,
    name: str | None,
    plate: str,
    left: str,
    left_span: Span,
    left_plates: Sequence[str],
    rows: ByRow | None,
    observed: bool,
) -> Diagnostic:
    what = f"`{name}`" if name else "this"
    value = name or ".."
    if rows is not None:
        labels: tuple[Label, ...] = (Label(rows.column, f"maps each {rows.table} to {with_article(rows.plate)}"),)
        hint = f"index it by row: {rows.written}"
    else:
        labels = (Label(left_span, has_plates(left_plates)),) if left_span != span else ()
        hint = f"reduce over it, as in sum[{plate}]({value}), or select a member, {value}[{plate} = ..]"
        if not observed:
            hint = f"{hint}, or write {left_side(left, [*left_plates, plate])}"
    return Diagnostic(
        "BD302",
        f"{what} varies over plate `{plate}`, but `{left}` does not",
        source,
        Label(span, has_plates([plate])),
        labels,
        hint=hint,
    )


def varies_within_value(
    source: Source, span: Span, name: str | None, plate: str, left: str, left_span: Span, left_plates: Sequence[str]
) -> Diagnostic:
    what = f"`{name}`" if name else "this"
    return Diagnostic(
        "BD302",
        f"{what} varies over plate `{plate}`, which runs over the elements of one value of `{left}`",
        source,
        Label(span, has_plates([plate])),
        (Label(left_span, has_plates(left_plates)),),
        hint=f"this argument is one number for the whole value: reduce over `{plate}`, or leave it out",
    )


def event_plate_missing(
    source: Source,
    span: Span,
    name: str,
    written: Sequence[str],
    count: int,
    what: Span,
    is_type: bool,
    plate: str | None,
) -> Diagnostic:
    """`written` are the plates that there are, `count` those that one value needs, `plate` one that would do."""
    one, many = ("a vector", "vectors") if count == 1 else ("a matrix", "matrices")
    own = f"names only the plate `{written[-1]}`" if written else "names no plate"
    k = plate or ("k" if name != "k" else "j")
    example = f"{name}[{k}]" if count == 1 else f"{name}[{k}, {k}']"
    declare = "" if plate else f"declare one, as in `plate {k} = 3`, and "
    return Diagnostic(
        "BD303",
        f"one value of this {'type' if is_type else 'distribution'} is {one}, and `{name}` {own} for it",
        source,
        Label(span),
        (Label(what, f"its values are {many}"),),
        hint=f"{declare}name {'it' if declare else 'the plate'} last on the left: {example}",
    )


def not_square(source: Source, span: Span, name: str, plates: Sequence[str], what: Span) -> Diagnostic:
    k = plates[-2].rstrip("'")
    batch = [plate for plate in plates[:-2] if plate != k]
    return Diagnostic(
        "BD303",
        f"one value of this is a square matrix, and `{name}` names `{plates[-2]}` and `{plates[-1]}` for it",
        source,
        Label(span),
        (Label(what, "its rows and columns have the same members"),),
        hint=f"name one plate, and the same with a prime: {left_side(name, [*batch, k, k + chr(39)])}",
    )


def data_without_matrices(source: Source, span: Span, name: str, what: Span) -> Diagnostic:
    return Diagnostic(
        "BD303",
        f"one value of this distribution is a square matrix, and one of `{name}` is not",
        source,
        Label(span),
        (Label(what, "its values are matrices"),),
        hint="data are numbers and vectors: choose a distribution of these",
    )


def event_plates_of_data(source: Source, span: Span, name: str, plates: Sequence[str], what: Span) -> Diagnostic:
    return Diagnostic(
        "BD303",
        f"one value of this distribution is a vector, and one of `{name}` is a number",
        source,
        Label(span, has_plates(plates)),
        (Label(what, "its values are vectors"),),
        hint=f"stack columns into one of vectors where data are declared, {name}[part] = [a, b, c], "
        "or choose a distribution of numbers",
    )


def does_not_vary(source: Source, span: Span, plate: str, plate_span: Span, plates: Sequence[str]) -> Diagnostic:
    over = plate_set(plates) if plates else "no plate"
    return Diagnostic(
        "BD304",
        f"this does not vary over `{plate}`",
        source,
        Label(span, f"varies over {over}"),
        (Label(plate_span, "to be reduced"),),
        hint="name one of its own plates, or leave the reduction out",
    )


def no_such_plate(
    source: Source, span: Span, name: str, plate: str, plates: Sequence[str], declared: Span
) -> Diagnostic:
    labels = (Label(declared, f"it varies over {plate_set(plates)}" if plates else "it is one number"),)
    hint = f"index it by {quoted(plates, 'or')}" if plates else f"write `{name}` alone"
    return Diagnostic("BD305", f"`{name}` does not vary over `{plate}`", source, Label(span), labels, hint=hint)


def own_plate(
    source: Source,
    span: Span,
    what: str,
    found: Sequence[str],
    name: str | None,
    wanted: Support,
    levels: str | None,
) -> Diagnostic:
    """`levels` is the plate it would have to be, where that is known."""
    message = (
        f"{what} must vary over a plate of its own"
        if not found
        else f"{what} must vary over one plate of its own, not over {quoted(found)}"
    )
    match wanted.name:
        case "ordered":
            hint = f"declare it with one extra plate, {name or 'c'}[cut] : ordered ~ Normal(0, 2), of one member "
            hint += "fewer than there are levels"
        case "simplex":
            hint = f"declare it with one extra plate, as in {name or 'p'}[{levels or 'k'}] ~ Dirichlet(1)"
        case _:
            hint = f"declare it with one extra plate, as in {name or 'a'}[{levels or 'k'}] ~ Normal(0, 1)"
    return Diagnostic("BD306", message, source, Label(span), hint=hint)


def indexed_by_outcome(source: Source, span: Span, argument: str, dist: str, name: str, column: str) -> Diagnostic:
    return Diagnostic(
        "BD306",
        f"`{argument}` of {dist} must be there for every level of `{column}`, and this is the one of each row's own",
        source,
        Label(span),
        hint=f"leave the index out: {name}",
    )


def other_direction(source: Source, span: Span, what: str, event: str, own: str) -> Diagnostic:
    return Diagnostic(
        "BD306",
        f"{what} run over `{own}`, and this is one vector over `{event}`",
        source,
        Label(span),
        hint=f"declare it with `{own}` last on the left, or index it so that only `{event}` is left",
    )


def not_a_matrix(source: Source, span: Span, dist: str, argument: str, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD306",
        f"`{argument}` of {dist} must be a matrix over `{plate}` and `{plate}'`",
        source,
        Label(span),
        hint=f"declare it as S[{plate}, {plate}'], or scale a Cholesky factor: scale_tril = sigma * L",
    )


def wrong_own_plate(source: Source, span: Span, left: str, category: str, found: str) -> Diagnostic:
    return Diagnostic(
        "BD306",
        f"`{left}` has the levels of `{category}`, but these are probabilities over `{found}`",
        source,
        Label(span),
        hint=f"declare them over the plate `{category}`",
    )


def no_such_member(
    source: Source, span: Span, plate: str, label: object, labels: Sequence[object], near: str | None
) -> Diagnostic:
    return Diagnostic(
        "BD307",
        f"plate `{plate}` has no member `{label}`",
        source,
        Label(span),
        hint=f'did you mean "{near}"?' if near else f"its members are {_shown(labels)}",
    )


def level_in_place(
    source: Source, span: Span, plate: str, declared: Span, label: object, labels: Sequence[object], near: str | None
) -> Diagnostic:
    return Diagnostic(
        "BD755",
        f"`{label}` is not a member of plate `{plate}`",
        source,
        Label(span),
        (Label(declared, "its members are listed here"),),
        hint=f'did you mean "{near}"?' if near else f"its members are {_shown(labels)}",
    )


def _shown(labels: Sequence[object]) -> str:
    return ", ".join(f'"{label}"' for label in labels[:6]) + (", .." if len(labels) > 6 else "")


def bad_plate_size(source: Source, span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "BD308",
        "a plate's members are a whole number of them, or a list of names",
        source,
        Label(span),
        hint=f'write `plate k = 20` (1 to {limit:,}) or `plate k = ["a", "b"]`; a table declares the plate of its rows',
    )


def labels_repeat(source: Source, span: Span, label: str) -> Diagnostic:
    return Diagnostic(
        "BD308",
        "a plate's members must have different names",
        source,
        Label(span, "again here"),
        hint=f'leave out one "{label}"',
    )


def plate_twice(source: Source, span: Span, plate: str, matrix: bool) -> Diagnostic:
    return Diagnostic(
        "BD309",
        f"plate `{plate}` stands here already",
        source,
        Label(span),
        hint=f"for the second index of a matrix write a prime: {plate}'" if matrix else "name it once",
    )


def prime_alone(source: Source, span: Span, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD309",
        f"`{plate}` is a second index, and the first is missing",
        source,
        Label(span),
        hint=f"write both: [{plate.rstrip(chr(39))}, {plate}]",
    )


def prime_in_name(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD309",
        f"the name `{name}` ends in a prime, which marks a plate's second index",
        source,
        Label(span),
        hint=f"leave the prime out: {name.rstrip(chr(39))}_2",
    )


def observe_plate(source: Source, span: Span, name: str, plate: str, plates: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD310",
        f"`{name}` does not vary over plate `{plate}`",
        source,
        Label(span),
        hint=f"data bring their own plates, here {plate_set(plates)}: write `observe {name} ~ ..`",
    )


def matrix_plates(source: Source, span: Span) -> Diagnostic:
    return Diagnostic("BD311", "a column has at most one plate beside that of its rows", source, Label(span))


def stacked_twice(source: Source, span: Span, text: str, plate: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD311",
        f"`{text}` is stacked twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
        hint=f"leave one out: the members of `{plate}` are called by what is written",
    )


def columns_pattern(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD311",
        "`columns` stacks the columns of a name pattern into a matrix",
        source,
        Label(span),
        hint='write: x[feature] = columns("x*")',
    )


def bad_index(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD301",
        "this is not an index",
        source,
        Label(span),
        hint='index by a plate or a category column, a[county], or by a label, a[county = "HENNEPIN"]',
    )


def category_matrix(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD311",
        f"`{name}` is a category, and levels do not stack into a matrix",
        source,
        Label(span),
        hint="declare a category column for each, with a plate in common: first : category(k)",
    )


def positional_index(
    source: Source, span: Span, name: str, plate: str | None, text: str, label: str | None
) -> Diagnostic:
    """`label` is a member of the plate, None where none is known."""
    if plate is None:
        hint = f"write `{name}` alone: it is one number"
    elif label is not None:
        hint = f"write: {name}[{plate} = {label}]"
    else:
        hint = f"write the plate and the label of a member, as in {name}[{plate} = {text}]"
    return Diagnostic(
        "BD301", "members are selected by the name of their plate, not by position", source, Label(span), hint=hint
    )


def lags_not_yet(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD490",
        "lagged values are not part of the language yet",
        source,
        Label(span),
        hint="give the lagged values as columns of the data, which a regression on past values can use",
    )


def index_of_expression(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD301",
        "only names can be indexed",
        source,
        Label(span),
        hint="give the expression a name with `name = ..` first",
    )


def index_of_constant(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD301", f"`{name}` is one number and has no members", source, Label(span), hint=f"write `{name}` alone"
    )


def indexed_twice(source: Source, span: Span, name: str, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD301", f"plate `{plate}` of `{name}` is indexed twice", source, Label(span), hint="leave out one of the two"
    )


def not_an_index(source: Source, span: Span, name: str, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD301",
        f"`{name}` is not a category column with the levels of `{plate}`",
        source,
        Label(span),
        hint=f'name a column of type category({plate}), or a label in quotes: {plate} = "{name}"',
    )


def latent_index(source: Source, span: Span, name: str, declared: Span, discrete: bool) -> Diagnostic:
    hint = (
        "sum over its levels instead: Mixture(w, D(..)) with the probabilities of the levels as weights"
        if discrete
        else "an index is a plate, a category column of data, or a label"
    )
    return Diagnostic(
        "BD301",
        f"`{name}` is computed or unknown, and cannot be an index",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint=hint,
    )


def column_index(source: Source, span: Span, name: str, column: Span, plates: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD301",
        f"`{name}` is a column of numbers, and an index is a category",
        source,
        Label(span),
        (Label(column, "declared here"),),
        hint=f"declare it as a category, {name} : category({plates[0]})" if plates else None,
    )
