"""What the checker can find, one constructor a finding: the only place where its messages are written.

`diagnostics/codes/` holds why each rule exists; here stand the words for one occurrence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from bayesdsl.catalogue.rows import REQUIRED, Distribution, Setting, SettingKind
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.model.ir import Kind
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that an expression consists of: its name, and what it stands for."""

    name: str
    kind: Kind


def _quoted(names: Iterable[str], last: str = "and") -> str:
    shown = [f"`{name}`" for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {last} {shown[-1]}" if shown else ""


def _plate_set(plates: Sequence[str]) -> str:
    return "{" + ", ".join(plates) + "}"


def _has_plates(plates: Sequence[str]) -> str:
    return f"has plates {_plate_set(plates)}" if plates else "has no plates"


def _target(name: str, plates: Sequence[str]) -> str:
    """A left side as it is written."""
    return f"{name}[{', '.join(plates)}]" if plates else name


def _did_you_mean(near: str | None, otherwise: str | None = None) -> str | None:
    return f"did you mean `{near}`?" if near else otherwise


_STRUCTURES = {
    "simplex": "a simplex: probabilities that sum to one",
    "ordered": "in increasing order (type `ordered`)",
    "positive_ordered": "positive and in increasing order (type `positive_ordered`)",
    "lower_cholesky": "a Cholesky factor (lower triangular)",
    "cholesky_corr": "the Cholesky factor of a correlation matrix",
    "correlation": "a correlation matrix",
    "covariance": "a covariance matrix",
    "one_hot": "a vector with one 1 among 0s",
}


def argument(row: Distribution, name: str) -> str:
    """What an argument is called in a message."""
    return f"`{name}` of {row.name}"


WEIGHTS = "the weights of a mixture"


def _one(support: Support) -> str:
    """A support as the complement of `must be`: `positive`, `between 0 and 1`."""
    if support.name in _STRUCTURES:
        return _STRUCTURES[support.name]
    if support.name in ("positive", "positive_vector", "positive_matrix"):
        return "positive"
    if support.name == "binary":
        return "0 or 1"
    bounds = _bounds(support)
    if support.integer:
        return f"a whole number{', ' if bounds else ''}{bounds}"
    return bounds or "a number"


def _bounds(support: Support) -> str:
    """The bounds of an interval in words, empty where there are none."""
    lo, hi = support.lo, support.hi
    low = "" if lo == -inf else f"over {lo:g}" if support.lo_open else f"{lo:g} or more"
    high = "" if hi == inf else f"under {hi:g}" if support.hi_open else f"{hi:g} or less"
    if low and high:
        return f"between {lo:g} and {hi:g}"
    return low or high


def _lies_in(found: Support) -> str:
    """What a label says of a value; of a known number, that stands there, nothing."""
    return "" if found.constant is not None else f"lies in: {str(found).replace('_', ' ')}"


# Names


def undeclared(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = _did_you_mean(
        near, f"declare it above: a prior `{name} ~ ..`, a definition `{name} = ..`, or a column of data"
    )
    return Diagnostic("BD201", f"`{name}` is not declared", source, Label(span), hint=hint)


RENAME = "give one of them another name"
ONE_PRIOR = "an unknown has one prior: keep one of the two, or give one another name"
COVER_ONCE = "a guide covers each latent once: keep one of the two"


def declared_twice(source: Source, span: Span, name: str, first: Span, hint: str = RENAME) -> Diagnostic:
    return Diagnostic(
        "BD202",
        f"`{name}` is declared twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
        hint=hint,
    )


def column_twice(
    source: Source, span: Span, name: str, first: Span, table: str, type_: str | None, levels: str | None
) -> Diagnostic:
    """A column of the table `table`, with the name of one in another; `levels` is the plate of its category."""
    kind = f"category({levels})" if levels is not None else type_ or "real"
    return Diagnostic(
        "BD202",
        f"`{name}` is declared twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here, in another table"),),
        hint=f"names belong to the whole spec: call it {table}_{name} : {kind} = {name}",
    )


def said_twice(source: Source, span: Span, what: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD202",
        f"`{what}` is said twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
        hint="keep one of the two",
    )


def observed_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD202",
        f"`{name}` is observed twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
        hint="its rows would count double; keep one likelihood",
    )


def used_before_declared(source: Source, span: Span, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD203",
        f"`{name}` is used before it is declared",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint=f"move the declaration of `{name}` above this line",
    )


def depends_on_itself(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD203",
        f"`{name}` depends on itself",
        source,
        Label(span),
        hint="its value is needed before it has one: give one of the two another name",
    )


def of_the_model(source: Source, span: Span, name: str, declared: Span, is_latent: bool) -> Diagnostic:
    hint = (
        f"draw it in the guide above this line, `{name} ~ ..`, or use data and the guide's own params"
        if is_latent
        else "a guide sees data, constants and its own names"
    )
    return Diagnostic(
        "BD201",
        f"`{name}` is the model's, and the guide does not see it",
        source,
        Label(span),
        (Label(declared, "in the model"),),
        hint=hint,
    )


def plate_as_value(source: Source, span: Span, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD211",
        f"`{name}` is a plate, not a value",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint=f"a plate stands in brackets: a[{name}], sum[{name}](..)",
    )


def value_called(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD211",
        f"`{name}` is a value and cannot be called",
        source,
        Label(span),
        hint=f"a product is written with `*`: {name} * (..); an index with brackets: {name}[..]",
    )


def names_a_plate(source: Source, span: Span, name: str, plate: Span) -> Diagnostic:
    return Diagnostic(
        "BD207",
        f"`{name}` is the name of a plate",
        source,
        Label(span, "a value here"),
        (Label(plate, "a plate here"),),
        hint="give the value another name",
    )


def shadows_site(source: Source, span: Span, name: str, site: Span) -> Diagnostic:
    return Diagnostic(
        "BD207",
        f"`{name}` in the guide hides the model's `{name}`",
        source,
        Label(span),
        (Label(site, "the model's"),),
        hint=f"give the guide's another name, or approximate the model's: {name} ~ ..",
    )


def unknown_plate(source: Source, span: Span, name: str, near: str | None, is_value: bool) -> Diagnostic:
    message = f"`{name}` is a value, not a plate" if is_value else f"there is no plate `{name}`"
    hint = _did_you_mean(
        near, f"declare it: `plate {name} = 10`, a table `data {name} ..`, or a column `{name} : category`"
    )
    return Diagnostic("BD210", message, source, Label(span), hint=hint)


def column_as_plate(source: Source, span: Span, name: str, column: Span, levels: str | None) -> Diagnostic:
    hint = (
        f"its levels are the members of `{levels}`: write {levels}"
        if levels
        else f"declare it as a category, `{name} : category`, for a plate of its levels"
    )
    return Diagnostic(
        "BD210",
        f"`{name}` is a column, not a plate",
        source,
        Label(span),
        (Label(column, "declared here"),),
        hint=hint,
    )


def unknown_distribution(source: Source, span: Span, name: str, known: str | None, near: str | None) -> Diagnostic:
    hint = (
        f"here it is called `{known}`"
        if known
        else _did_you_mean(near, "`bayesdsl explain distributions` lists them all")
    )
    return Diagnostic("BD204", f"there is no distribution `{name}`", source, Label(span), hint=hint)


def distribution_without_arguments(source: Source, span: Span, name: str) -> Diagnostic:
    hint = "write: Flat()" if name == "Flat" else f"write its arguments: {name}(..)"
    return Diagnostic("BD204", f"`{name}` is a distribution and needs parentheses", source, Label(span), hint=hint)


def not_a_distribution(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD204",
        "what stands on the right of `~` is not a distribution",
        source,
        Label(span),
        hint="write a distribution, as in Normal(mu, sigma); a deterministic quantity is written with `=`",
    )


def distribution_in_expression(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD204",
        f"the distribution {name} stands in an expression",
        source,
        Label(span),
        hint=f"draw from it on a line of its own, `x ~ {name}(..)`, and use `x` here",
    )


def unknown_function(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    return Diagnostic("BD205", f"there is no function `{name}`", source, Label(span), hint=_did_you_mean(near))


def function_as_value(source: Source, span: Span, name: str, reduces: bool) -> Diagnostic:
    written = f"{name}[p](..), with the plate it runs over" if reduces else f"{name}(..)"
    return Diagnostic(
        "BD205", f"`{name}` is a function, not a value", source, Label(span), hint=f"give it arguments: {written}"
    )


def unknown_reduction(source: Source, span: Span, name: str, near: str | None, elementwise: bool) -> Diagnostic:
    hint = (
        f"it is computed for every member as it is: write {name}(..)"
        if elementwise
        else _did_you_mean(near, "reductions are sum, mean, prod, min, max, logsumexp, sd, var, dot, any, all")
    )
    return Diagnostic("BD205", f"`{name}` is not a reduction over plates", source, Label(span), hint=hint)


def reduction_without_plate(source: Source, span: Span, name: str, plate: str | None, of_two: str | None) -> Diagnostic:
    """`plate` is one that its argument has, `of_two` the function of two values of the same kind."""
    hint = (
        f"of two values it is written {of_two}(a, b); over a plate, {name}[{plate or 'feature'}](..)"
        if of_two
        else f"name it in brackets: {name}[{plate or 'feature'}](..)"
    )
    return Diagnostic("BD205", f"`{name}` needs the plate it runs over", source, Label(span), hint=hint)


def column_function(source: Source, span: Span, name: str, column: str | None) -> Diagnostic:
    z, x = (column, column) if column else ("z", "x")
    return Diagnostic(
        "BD205",
        f"`{name}` works on columns of data only",
        source,
        Label(span),
        hint=f"use it where the column is declared: {z} : real = {name}({x})",
    )


def column_reduction(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD205",
        f"`{name}` cannot stand in a column's expression",
        source,
        Label(span),
        hint="declare the column as it is, and reduce it in the model: sum[feature](x)",
    )


def one_plate(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic("BD205", f"`{name}` runs along one plate", source, Label(span), hint=f"name one: {name}[k](..)")


def keyword_in_function(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD206", f"`{name}` takes its arguments by position", source, Label(span), hint="leave the name out"
    )


def wrong_arity(source: Source, span: Span, name: str, arity: tuple[int, int], given: int) -> Diagnostic:
    wants = str(arity[0]) if arity[0] == arity[1] else f"{arity[0]} to {arity[1]}"
    plural = "" if wants == "1" else "s"
    return Diagnostic("BD206", f"`{name}` takes {wants} argument{plural}, not {given}", source, Label(span))


def prior_on_data(source: Source, span: Span, name: str, column: Span) -> Diagnostic:
    return Diagnostic(
        "BD208",
        f"`{name}` is data; a likelihood must say `observe`",
        source,
        Label(span),
        (Label(column, "a column of data"),),
        hint=f"write: observe {name} ~ ..",
    )


def observes_latent(source: Source, span: Span, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD209",
        f"`{name}` is not data and cannot be observed",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint=f"remove `observe` for a prior, or declare `{name}` as a column of a data block",
    )


def observes_plate(source: Source, span: Span, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD209",
        f"`{name}` is a plate, not a column of data",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint="observe one of its columns",
    )


def observes_nothing(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = _did_you_mean(near, f'declare it as a column: data rows from "file.csv" {{ {name} : real }}')
    return Diagnostic("BD209", f"there is no data column `{name}` to observe", source, Label(span), hint=hint)


def many_targets(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD212", "a definition gives one name a value", source, Label(span), hint="write a line for each name"
    )


# Plates and indices


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
        labels: tuple[Label, ...] = (Label(rows.column, f"maps each {rows.table} to {_article(rows.plate)}"),)
        hint = f"index it by row: {rows.written}"
    else:
        labels = (Label(left_span, _has_plates(left_plates)),) if left_span != span else ()
        hint = f"reduce over it, as in sum[{plate}]({value}), or select a member, {value}[{plate} = ..]"
        if not observed:
            hint = f"{hint}, or write {_target(left, [*left_plates, plate])}"
    return Diagnostic(
        "BD302",
        f"{what} varies over plate `{plate}`, but `{left}` does not",
        source,
        Label(span, _has_plates([plate])),
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
        Label(span, _has_plates([plate])),
        (Label(left_span, _has_plates(left_plates)),),
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
        hint=f"name one plate, and the same with a prime: {_target(name, [*batch, k, k + chr(39)])}",
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
        Label(span, _has_plates(plates)),
        (Label(what, "its values are vectors"),),
        hint=f"stack columns into one of vectors where data are declared, {name}[part] = [a, b, c], "
        "or choose a distribution of numbers",
    )


def does_not_vary(source: Source, span: Span, plate: str, plate_span: Span, plates: Sequence[str]) -> Diagnostic:
    over = _plate_set(plates) if plates else "no plate"
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
    labels = (Label(declared, f"it varies over {_plate_set(plates)}" if plates else "it is one number"),)
    hint = f"index it by {_quoted(plates, 'or')}" if plates else f"write `{name}` alone"
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
        else f"{what} must vary over one plate of its own, not over {_quoted(found)}"
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
        hint=f"data bring their own plates, here {_plate_set(plates)}: write `observe {name} ~ ..`",
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


# Types, supports, arguments


def argument_support(
    source: Source, span: Span, row: Distribution, argument: str, wanted: Support, found: Support, leaf: Leaf | None
) -> Diagnostic:
    what = f"`{leaf.name}`" if leaf else "this"
    logits = argument == "probs" and row.parameter("logits") is not None
    return Diagnostic(
        "BD401",
        f"`{argument}` of {row.name} must be {_one(wanted)}, but {what} {_can_be(found, wanted)}",
        source,
        Label(span, _lies_in(found)),
        hint=_support_hint(wanted, found, leaf, logits),
    )


def outside_support(source: Source, span: Span, what: str, wanted: Support, found: Support) -> Diagnostic:
    return Diagnostic(
        "BD401",
        f"{what} must be {_one(wanted)}",
        source,
        Label(span, _lies_in(found)),
        hint=_support_hint(wanted, found, None, False),
    )


def nothing_between(source: Source, span: Span, dist: str, low: str, high: str) -> Diagnostic:
    return Diagnostic(
        "BD401",
        f"`{low}` of {dist} must be under `{high}`, and never is",
        source,
        Label(span),
        hint=f"the lower bound comes first, as in {low} = 0, {high} = 10",
    )


def impossible_parameters(source: Source, span: Span, dist: str, given: Sequence[tuple[str, str]]) -> Diagnostic:
    shown = " and ".join(f"{name} = {value}" for name, value in given)
    return Diagnostic(
        "BD401",
        f"no {dist} has {shown}",
        source,
        Label(span),
        hint="the spread must fit between the bounds of its values" if len(given) > 1 else None,
    )


def _can_be(found: Support, wanted: Support) -> str:
    if found.constant is not None:
        return f"is {found.constant:g}"
    if wanted.integer and not found.integer:
        return "need not be whole"
    if wanted.name in _STRUCTURES and found.name != wanted.name:
        return "need not be"
    if found.lo < wanted.lo:
        return "can be negative" if wanted.lo == 0 else f"can be under {wanted.lo:g}"
    if found.hi > wanted.hi:
        return f"can be over {wanted.hi:g}"
    return f"can be {wanted.lo if found.lo == wanted.lo else wanted.hi:g}"


def _support_hint(wanted: Support, found: Support, leaf: Leaf | None, logits: bool, maps: bool = True) -> str | None:
    """How a value comes to lie in a support; with `maps` also by a function onto it."""
    if found.constant is not None:
        return None
    match wanted.name:
        case "positive" | "nonnegative" | "positive_vector" | "positive_matrix":
            prior = "a positive prior such as HalfNormal(1)"
            return _declared_hint(leaf, "positive", prior, "exp({})" if maps else None, "maximum({}, 0.001)")
        case "unit" | "open unit":
            mapped = "inv_logit({})" if maps else None
            hint = _declared_hint(leaf, "unit", "a Beta prior", mapped, "clamp({}, 0.001, 0.999)")
            return f"{hint}; or give it as `logits =`" if logits else hint
        case "simplex":
            return "use a Dirichlet prior or softmax[k](..)" + (", or give it as `logits =`" if logits else "")
        case "ordered":
            return "declare it in increasing order, c[k] : ordered ~ Normal(0, 2), or add up steps: cumsum[k](exp(..))"
        case "lower_cholesky":
            return "use an LKJCholesky prior, with its rows scaled: sigma * L"
        case "binary":
            return f"compare it, as in {leaf.name if leaf else '(..)'} > 0, or declare data as binary"
        case "count" | "int" | "positive int":
            return "declare data as count, or use a constant"
    return None


def _declared_hint(leaf: Leaf | None, type_: str, prior: str, mapped: str | None, held: str) -> str:
    """By its declaration, by a function onto the type, or by being held there."""
    inner = leaf.name if leaf else ".."
    written = f"write {mapped.format(inner)}" if mapped else ""
    match leaf.kind if leaf else None:
        case Kind.COLUMN:
            declared = f"declare the column with that type, {inner} : {type_}"
        case Kind.PARAM:
            declared = f"declare it with that type, param {inner} : {type_}"
        case Kind.LATENT:
            declared = f"give `{inner}` {prior}"
        case _:
            return f"{f'{written}, or ' if written else ''}where it cannot be outside, hold it: {held.format(inner)}"
    return f"{declared}, or {written}" if written else declared


def cannot_produce(source: Source, span: Span, name: str, column: Span, support: Support, data: Support) -> Diagnostic:
    return Diagnostic(
        "BD402",
        f"this likelihood cannot produce `{name}`: its values are {_values(support)}",
        source,
        Label(span),
        (Label(column, f"lies in: {data}"),),
        hint=f"declare `{name}` with a type it can produce, such as {_type_for(support)}, or choose another likelihood",
    )


def _values(support: Support) -> str:
    """A support as the complement of `its values are`."""
    if support.name in _STRUCTURES or support.event:
        return f"{'vectors' if support.event == 1 else 'matrices'} ({str(support).replace('_', ' ')})"
    if support.name == "binary":
        return "0 or 1"
    kind = "whole numbers" if support.integer else "real numbers"
    return " ".join(word for word in (kind, _bounds(support)) if word)


def _type_for(support: Support) -> str:
    if support.name in ("count", "binary", "int", "positive", "nonnegative", "unit", "real"):
        return f"`{support.name}`"
    if support.integer:
        return "`count`" if support.lo >= 0 else "`int`"
    if support.hi == inf:
        return "`positive`" if support.lo >= 0 else "`real`"
    return f"`interval({support.lo:g}, {support.hi:g})`"


def category_likelihood(source: Source, span: Span, name: str, column: Span) -> Diagnostic:
    return Diagnostic(
        "BD402",
        f"`{name}` is a category, which this likelihood cannot produce",
        source,
        Label(span),
        (Label(column, "a category"),),
        hint=f"use Categorical(p) with p over its levels, or OrderedLogistic; a number is declared {name} : count",
    )


def flat_likelihood(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD413", "Flat has no density over data", source, Label(span), hint="a likelihood needs a proper distribution"
    )


def _signature(row: Distribution, names: Sequence[str]) -> str:
    return f"{row.name}({', '.join(names)})"


def too_many_arguments(source: Source, span: Span, row: Distribution, names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"{row.name} takes at most {len(names)} argument{'s' if len(names) != 1 else ''}",
        source,
        Label(span),
        hint=f"its arguments are {_signature(row, names)}",
    )


def positional_after_keyword(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD403",
        "an argument by position stands after one by name",
        source,
        Label(span),
        hint="give this one by name too",
    )


def unknown_argument(
    source: Source, span: Span, row: Distribution, name: str, near: str | None, names: Sequence[str]
) -> Diagnostic:
    known = f"; or by name: {_ways(row, ())}" if row.alternatives else ""
    return Diagnostic(
        "BD403",
        f"{row.name} has no argument `{name}`",
        source,
        Label(span),
        hint=_did_you_mean(near, f"its arguments are {_signature(row, names)}{known}"),
    )


def argument_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD403", f"`{name}` is given twice", source, Label(span, "again here"), (Label(first, "first here"),)
    )


def missing_argument(source: Source, span: Span, row: Distribution, wanted: Sequence[str]) -> Diagnostic:
    names = [*row.takes, *(p.name for p in row.parameters if p.name not in row.sizes)]
    return Diagnostic(
        "BD403",
        f"{row.name} needs {_quoted(wanted, 'or')}",
        source,
        Label(span),
        hint=f"its arguments are {_signature(row, names)}",
    )


def one_of(source: Source, span: Span, row: Distribution, choice: Sequence[str], given: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"{row.name} takes one of {_quoted(choice)}, not {_quoted(given)} together",
        source,
        Label(span),
        hint="leave out all but one",
    )


def no_such_parameterisation(source: Source, span: Span, row: Distribution, given: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"{row.name} cannot be given by {_quoted(given)}{' alone' if len(given) == 1 else ''}",
        source,
        Label(span),
        hint=f"ways to give it: {_ways(row, given) or _ways(row, ())}",
    )


def _ways(row: Distribution, holding: Sequence[str]) -> str:
    """The parameterisations that have all of these arguments, each with every argument it needs."""
    ways = []
    for alternative in row.alternatives:
        replaced = {name for name, _ in alternative.gives}
        left = [p.name for p in row.parameters if p.name not in replaced and p.default is None]
        chosen = {name for choice in row.choices if replaced & set(choice) for name in choice}
        names = [name for name in left if name not in chosen and name not in row.sizes]
        names += [p.name for p in alternative.parameters if p.name not in names]
        if set(holding) <= set(names):
            ways.append(f"{row.name}({', '.join(f'{name} = ..' for name in names)})")
    return ", ".join(ways)


def argument_given_by_another(
    source: Source, span: Span, row: Distribution, name: str, others: Sequence[str]
) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"`{name}` of {row.name} is given twice: {_quoted(others)} already say{'s' if len(others) == 1 else ''} it",
        source,
        Label(span),
        hint="leave one of them out",
    )


def inner_distribution(source: Source, span: Span, row: Distribution, name: str, wanted: Support) -> Diagnostic:
    example = "Poisson(rate)" if wanted.integer else "StudentT(3, 0, 2)"
    return Diagnostic(
        "BD403",
        f"{argument(row, name)} must be a distribution with all {_values(wanted)} for its values",
        source,
        Label(span),
        hint=f"as in {row.name}({example}{', gate = g' if row.choices else ''})",
    )


def mixture_arguments(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD403",
        "a mixture takes its weights and one distribution whose arguments vary over the components",
        source,
        Label(span),
        hint="write: Mixture(w, Normal(mu, sigma)), with w[k] ~ Dirichlet(1) and mu[k], sigma[k]",
    )


def flat_takes_a_type(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD403",
        "Flat takes a type or nothing",
        source,
        Label(span),
        hint="write Flat(), Flat(positive) or Flat(interval(0, 10))",
    )


def must_be_known(source: Source, span: Span, dist: str, argument: str) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"`{argument}` of {dist} must be a known number",
        source,
        Label(span),
        hint="write a number or a `const`",
    )


def unknown_type(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = _did_you_mean(
        near, "types are real, positive, nonnegative, unit, interval(a, b), int, count, binary, category, .."
    )
    return Diagnostic("BD404", f"there is no type `{name}`", source, Label(span), hint=hint)


def type_takes_no_arguments(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD404", f"the type `{name}` takes no arguments", source, Label(span), hint="bounds are written interval(a, b)"
    )


def interval_bounds(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD404", "`interval` takes its two bounds, the lower first", source, Label(span), hint="write: interval(0, 10)"
    )


def category_argument(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD404",
        "`category` takes the plate whose levels it has, or nothing",
        source,
        Label(span),
        hint="write `home : category(team)`, or `county : category` for a plate of its own",
    )


def column_without_type(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405", f"the column `{name}` has no type", source, Label(span), hint=f"write: {name} : real = .."
    )


def text_column(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"`{name}` holds text, which is not a number",
        source,
        Label(span),
        hint=f"declare it as {name} : category = [..]",
    )


def mixed_labels(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"`{name}` mixes numbers and texts",
        source,
        Label(span),
        hint="write all of its labels in quotes, or all of its numbers without",
    )


def text_in_column(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD405",
        "a text has no value in a column's expression",
        source,
        Label(span),
        hint='text is compared: modern : binary = style == "modern"',
    )


def structured_column(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"a column cannot have the type `{name}`",
        source,
        Label(span),
        hint="declare the type of one cell: real, positive, unit, count, ..",
    )


def literal_outside_type(
    source: Source, name: str, support: Support, value: float, span: Span, others: Sequence[Span]
) -> Diagnostic:
    """`others` are the other values of the column that are not of its type."""
    labels = tuple(Label(other, "nor is this") for other in others[:3])
    return Diagnostic(
        "BD405",
        f"{value:g} is not {_one(support)}, which the type of `{name}` asks for",
        source,
        Label(span),
        labels,
        hint=f"correct it, or give `{name}` another type",
    )


def unequal_lengths(
    source: Source, span: Span, name: str, length: int, first: Span, first_name: str, first_length: int
) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"`{name}` has {_counted(length, 'value')}, and `{first_name}` has {first_length}",
        source,
        Label(span),
        (Label(first, _counted(first_length, "value")),),
        hint="every column of a table has one value for each row",
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def literal_in_file(source: Source, span: Span, file: Span) -> Diagnostic:
    return Diagnostic(
        "BD405",
        "values in place stand beside a file",
        source,
        Label(span),
        (Label(file, "the table's file"),),
        hint="put them into the file, or into a data block of their own",
    )


def empty_list(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405", f"`{name}` has no values", source, Label(span), hint="write them, or declare its type: x : real"
    )


def column_without_values(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"`{name}` has no values, and other columns of the table have theirs in place",
        source,
        Label(span),
        hint=f"write them: {name} = [..]",
    )


def no_columns(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD405", "the table has no columns", source, Label(span), hint="declare those the model uses: { y : real }"
    )


def bad_column_expression(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD405", "a column's expression is made of the source's columns, numbers and functions", source, Label(span)
    )


def category_as_number(source: Source, span: Span, name: str, column: Span, levels: str) -> Diagnostic:
    return Diagnostic(
        "BD406",
        f"`{name}` is a category, not a number",
        source,
        Label(span),
        (Label(column, "declared here"),),
        hint=f"index by it, as in a[{name}], with a prior a[{levels}] ~ .. for each level",
    )


def compares_text(source: Source, span: Span, name: str | None) -> Diagnostic:
    column = name or "style"
    return Diagnostic(
        "BD406",
        "text is not compared in the model",
        source,
        Label(span),
        hint=f'compare it where data are declared, is_that : binary = {column} == "..", and use the column',
    )


def text_in_expression(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD406",
        "text has no value in the model",
        source,
        Label(span),
        hint='a label selects a member: a[county = "HENNEPIN"]',
    )


def list_in_expression(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD406",
        "a list has no value in the model",
        source,
        Label(span),
        hint="put the numbers into a data block, `data k { x = [1, 2, 3] }`, and use the name",
    )


def outside_domain(
    source: Source, span: Span, function: str, domain: Support, found: Support, leaf: Leaf | None
) -> Diagnostic:
    what = f"`{leaf.name}`" if leaf else "this"
    return Diagnostic(
        "BD407",
        f"`{function}` needs a value that is {_one(domain)}, and {what} {_can_be(found, domain)}",
        source,
        Label(span, _lies_in(found)),
        hint=_support_hint(domain, found, leaf, logits=False, maps=False),
    )


def not_a_known_number(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD408", "this must be a known number", source, Label(span), hint="write a number, or one made of constants"
    )


def cannot_evaluate(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD408",
        "this has no finite value",
        source,
        Label(span),
        hint="a division by zero, or a function outside its domain",
    )


def not_finite(source: Source, span: Span) -> Diagnostic:
    return Diagnostic("BD408", "this number is too large to be represented", source, Label(span))


def unknown_modifier(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    return Diagnostic(
        "BD409",
        f"`{name}` says nothing after a distribution",
        source,
        Label(span),
        hint=_did_you_mean(near, "the one word that may stand here is `noncentered`"),
    )


def cannot_noncenter(source: Source, span: Span, dist: str) -> Diagnostic:
    return Diagnostic(
        "BD409",
        f"{dist} is not a location and a scale, and cannot be noncentered",
        source,
        Label(span),
        hint="it goes with Normal, StudentT, Cauchy, Laplace, Logistic, Gumbel and others that have both",
    )


def noncentered_and_cut(source: Source, span: Span, type_: Span) -> Diagnostic:
    return Diagnostic(
        "BD409",
        "what a type cuts down cannot be noncentered",
        source,
        Label(span),
        (Label(type_, "the type"),),
        hint="leave out the type, or `noncentered`",
    )


def type_outside_support(source: Source, span: Span, declared: Support, found: Support) -> Diagnostic:
    return Diagnostic(
        "BD410",
        f"the distribution does not cover this type: its values are {_values(found)}, those of the type "
        f"{_values(declared)}",
        source,
        Label(span),
        hint="choose a distribution that has all values of the type, or a type within those of the distribution",
    )


def discrete_param(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD411",
        f"the param `{name}` cannot be a whole number: it is learned by gradients",
        source,
        Label(span),
        hint="use real or positive, or a `const`",
    )


def param_init_outside(source: Source, span: Span, name: str, support: Support, found: Support) -> Diagnostic:
    return Diagnostic(
        "BD411",
        f"`{name}` must be {_one(support)}, and starts outside",
        source,
        Label(span, _lies_in(found)),
        hint="start it at a value of its type, or leave the start out",
    )


def param_init_varies(source: Source, span: Span, name: str, other: str) -> Diagnostic:
    return Diagnostic(
        "BD411",
        f"the start of `{name}` depends on `{other}`, which is not known",
        source,
        Label(span),
        hint="start it from a number or from data",
    )


def unknown_option(source: Source, span: Span, name: str | None, known: Sequence[str], near: str | None) -> Diagnostic:
    message = f"`data` has no option `{name}`" if name else "an option of `data` has a name"
    return Diagnostic(
        "BD412", message, source, Label(span), hint=_did_you_mean(near, f"options are {', '.join(known)}")
    )


def option_value(source: Source, span: Span, name: str) -> Diagnostic:
    hint = "name a column, in quotes" if name == "key" else "write a text in quotes, or a list of texts"
    return Diagnostic("BD412", f"the option `{name}` does not take this", source, Label(span), hint=hint)


def unknown_policy(
    source: Source, span: Span, what: str, name: str, known: Sequence[str], near: str | None
) -> Diagnostic:
    return Diagnostic(
        "BD412",
        f"`{what}` does not take `{name}`",
        source,
        Label(span),
        hint=_did_you_mean(near, f"it is one of: {', '.join(known)}"),
    )


# What the language leaves room for


def arrow_outside_layer(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD206",
        "`->` joins the modules of a layer",
        source,
        Label(span),
        hint="call one function on another, f(g(x)); a layer is declared first: layer f = Linear(1, 5) -> Tanh",
    )


# Inference and guides


def not_an_engine(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD501",
        "this is not an inference",
        source,
        Label(span),
        hint="write: infer nuts(chains = 4), or infer quick = svi(steps = 2000)",
    )


def unknown_engine(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    return Diagnostic(
        "BD501",
        f"there is no inference `{name}`",
        source,
        Label(span),
        hint=_did_you_mean(near, "there are nuts, svi, map and mle"),
    )


def setting_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD502",
        f"the setting `{name}` is given twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
    )


def schedule_too_short(source: Source, span: Span, planned: int, steps: int) -> Diagnostic:
    return Diagnostic(
        "BD503",
        f"the schedule ends after {planned:,} steps, and there are {steps:,}",
        source,
        Label(span),
        hint=f"write: OneCycleLR(.., total_steps = {steps})",
    )


def setting_missing(source: Source, span: Span, owner: str, names: Sequence[str], known: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD502", f"{owner} lacks {_quoted(names)}", source, Label(span), hint=f"{owner}({', '.join(known)})"
    )


def setting_by_position(source: Source, span: Span, owner: str, known: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD502",
        f"the settings of {owner} are given by name",
        source,
        Label(span),
        hint=f"they are {', '.join(known)}" if known else f"{owner} has none",
    )


def unknown_setting(
    source: Source, span: Span, owner: str, name: str, near: str | None, known: Sequence[str]
) -> Diagnostic:
    listed = f"its settings are {', '.join(known)}" if known else "it has no settings"
    return Diagnostic(
        "BD502", f"{owner} has no setting `{name}`", source, Label(span), hint=_did_you_mean(near, listed)
    )


def setting_value(source: Source, span: Span, owner: str, row: Setting, reason: str) -> Diagnostic:
    return Diagnostic("BD503", f"`{row.name}` of {owner} {reason}", source, Label(span), hint=_setting_hint(row))


def _setting_hint(row: Setting) -> str:
    """What a setting is for, and the value that it has where nothing is said."""
    doc = f"{row.doc[0].lower()}{row.doc[1:].rstrip('.')}"
    return doc if row.default in (None, REQUIRED) else f"{doc}; {_written(row.default)} if it is not said"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.islower():
        return f'"{value}"'
    return f"[{', '.join(map(_written, value))}]" if isinstance(value, tuple) else str(value)


_KINDS = {
    SettingKind.INT: "a whole number",
    SettingKind.FLOAT: "a number",
    SettingKind.BOOL: "true or false",
    SettingKind.TEXT: "a text in quotes",
    SettingKind.FLOATS: "a list of numbers, as in [0.9, 0.999]",
    SettingKind.INTS: "a list of whole numbers, as in [10, 10]",
    SettingKind.BATCH: "a whole number of rows",
    SettingKind.EXTENTS: "a whole number, or one for each dimension, as in [3, 3]",
}
_LISTS = (SettingKind.FLOATS, SettingKind.INTS, SettingKind.EXTENTS)


def setting_problem(row: Setting, value: object) -> str | None:
    """Why a value does not do for a setting, None where it does."""
    if row.choices and value not in row.choices:
        return "must be one of " + ", ".join(f'"{choice}"' for choice in row.choices)
    if not _of_kind(row.kind, value):
        return f"must be {_KINDS[row.kind]}"
    if isinstance(value, tuple) and isinstance(row.default, tuple) and len(value) != len(row.default):
        return f"must have {len(row.default)} numbers"
    for number in value if isinstance(value, tuple) else (value,):
        problem = _bound_problem(row, number) if _is_number(number) else None
        if problem is not None:
            return problem
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_kind(kind: SettingKind, value: object) -> bool:
    match kind:
        case SettingKind.INT | SettingKind.BATCH:
            return _is_number(value) and float(value).is_integer()
        case SettingKind.FLOAT:
            return _is_number(value)
        case SettingKind.BOOL:
            return isinstance(value, bool)
        case SettingKind.TEXT:
            return isinstance(value, str)
        case SettingKind.FLOATS:
            return isinstance(value, tuple) and all(map(_is_number, value))
        case SettingKind.INTS:
            return isinstance(value, tuple) and all(_of_kind(SettingKind.INT, v) for v in value)
        case SettingKind.EXTENTS:
            return _of_kind(SettingKind.INT, value) or _of_kind(SettingKind.INTS, value)
    return True


def _bound_problem(row: Setting, value: float) -> str | None:
    if row.lo is not None and (value < row.lo or (row.lo_open and value == row.lo)):
        return f"must be {'over' if row.lo_open else 'at least'} {row.lo:g}"
    if row.hi is not None and (value > row.hi or (row.hi_open and value == row.hi)):
        return f"must be {'under' if row.hi_open else 'at most'} {row.hi:g}"
    if value in row.excludes:
        return f"must not be {value:g}"
    return None


def not_a_component(source: Source, span: Span, kind: str, example: str) -> Diagnostic:
    return Diagnostic(
        "BD504",
        f"this is not {_article(kind)}",
        source,
        Label(span),
        hint=f"give the name of {_article(kind)}, as in {example}",
    )


def unknown_component(source: Source, span: Span, kind: str, name: str, near: str | None) -> Diagnostic:
    return Diagnostic(
        "BD504",
        f"there is no {kind} `{name}`",
        source,
        Label(span),
        hint=_did_you_mean(near, f"`bayesdsl explain {_plural(kind)}` lists them all"),
    )


def _plural(word: str) -> str:
    return f"{word}es" if word.endswith("s") else f"{word}s"


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def discrete_latent(source: Source, span: Span, engine: str, name: str, declared: Span, finite: bool) -> Diagnostic:
    hint = (
        "sum it out: Mixture(w, D(..)) in the likelihood says the same without it"
        if finite
        else "sum it out by hand, as a NegativeBinomial does with a Poisson's rate, or give it a continuous prior"
    )
    return Diagnostic(
        "BD505",
        f"{engine} follows gradients, and `{name}` takes whole numbers only",
        source,
        Label(span),
        (Label(declared, "discrete"),),
        hint=hint,
    )


def param_without_prior(
    source: Source, span: Span, engine: str, name: str, declared: Span, support: Support
) -> Diagnostic:
    bounded = support.name.startswith(("[", "("))
    type_ = f"interval({support.lo:g}, {support.hi:g})" if bounded else support.name
    flat = "Flat()" if support.name == "real" else f"Flat({type_})"
    return Diagnostic(
        "BD506",
        f"{engine} samples, and the param `{name}` has no prior to sample from",
        source,
        Label(span),
        (Label(declared, "learned, not sampled"),),
        hint=f"give it a prior, `{name} ~ {flat}`, or use svi, map or mle",
    )


def minibatch(source: Source, span: Span, engine: str) -> Diagnostic:
    return Diagnostic(
        "BD511",
        f"{engine} needs all rows at every step and cannot take minibatches",
        source,
        Label(span),
        hint="leave `batch` out, or use svi",
    )


def not_a_batch(source: Source, span: Span, tables: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD518",
        "a minibatch is a number of rows of a table",
        source,
        Label(span),
        hint=f"name the table, as in batch = 256 of {tables[0] if tables else 'obs'}",
    )


def of_a_plate(source: Source, span: Span, name: str, plate: str) -> Diagnostic:
    hint = f"leave `of {plate}` out"
    return Diagnostic("BD518", f"`{name}` is not a number of members of a plate", source, Label(span), hint=hint)


def batch_of_members(source: Source, span: Span, plate: str, declared: Span, tables: Sequence[str]) -> Diagnostic:
    hint = f"the tables of this spec are {_quoted(tables)}" if tables else "put the data into a table"
    labels = (Label(declared, "declared here"),)
    return Diagnostic(
        "BD518",
        f"minibatches are of a table's rows, and `{plate}` is not a table",
        source,
        Label(span),
        labels,
        hint=hint,
    )


def batch_of_nothing(source: Source, span: Span, plate: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD518",
        f"minibatches of `{plate}` leave nothing out: neither a likelihood nor a latent varies over it",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint="leave `batch` out, or name the table whose rows are observed",
    )


def mixes_rows(source: Source, span: Span, plate: str, what: str, batch: Span) -> Diagnostic:
    return Diagnostic(
        "BD519",
        f"{what}, and a minibatch has only some rows of `{plate}`",
        source,
        Label(span),
        (Label(batch, f"minibatches of `{plate}`"),),
        hint="leave `batch` out, or compute it from the data beforehand, as a column",
    )


def guide_of_rows(source: Source, span: Span, guide: str, plate: str, site: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD520",
        f"{guide} holds all of `{site}` at once, and a minibatch has only some rows of `{plate}`",
        source,
        Label(span),
        (Label(declared, "a value for each row"),),
        hint=f"give `{site}` AutoNormal or AutoDelta, or a guide by hand that computes it from the row's data",
    )


def loss_of_rows(source: Source, span: Span, loss: str, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD521",
        f"{loss} is not a sum over rows, so minibatches of `{plate}` would bias it",
        source,
        Label(span),
        hint="use Trace_ELBO or TraceMeanField_ELBO, or leave `batch` out",
    )


def nothing_to_infer(source: Source, span: Span, engine: str) -> Diagnostic:
    return Diagnostic(
        "BD510",
        f"the model has nothing for {engine} to infer",
        source,
        Label(span),
        hint="give at least one quantity a prior",
    )


def not_a_site(source: Source, span: Span, name: str, declared: Span | None, near: str | None) -> Diagnostic:
    labels = (Label(declared, "not a latent"),) if declared is not None else ()
    return Diagnostic(
        "BD507",
        f"the model has no latent `{name}`",
        source,
        Label(span),
        labels,
        hint=_did_you_mean(near, "a guide approximates the model's latents, and only them"),
    )


def guide_incomplete(
    source: Source, span: Span, guide: str, missing: Sequence[str], places: Sequence[Span]
) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"the guide `{guide}` says nothing of {_quoted(missing)}",
        source,
        Label(span),
        tuple(Label(place, "not in the guide") for place in places[:4]),
        hint="a guide covers every latent of the model",
    )


def empty_guide(source: Source, span: Span, guide: str, latents: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"the guide `{guide}` is empty",
        source,
        Label(span),
        hint=f"cover {_quoted(latents)}" if latents else None,
    )


def mixed_guide(source: Source, span: Span, guide: str) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"the guide `{guide}` mixes a mapping to autoguides with statements",
        source,
        Label(span),
        hint="write it all by hand (`x ~ ..`), or all as a mapping (`x : AutoNormal`)",
    )


def guide_of_noncentered(source: Source, span: Span, name: str, model: Span) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"`{name}` is noncentered in the model, and a guide by hand cannot speak of it",
        source,
        Label(span),
        (Label(model, "noncentered here"),),
        hint="remove `noncentered`, or use a mapping to autoguides",
    )


def guide_plates(
    source: Source, span: Span, name: str, guide: Sequence[str], model: Sequence[str], declared: Span
) -> Diagnostic:
    return Diagnostic(
        "BD508",
        f"`{name}` has other plates in the guide than in the model",
        source,
        Label(span, _has_plates(guide)),
        (Label(declared, _has_plates(model)),),
        hint=f"write: {_target(name, model)} ~ ..",
    )


def guide_support(source: Source, span: Span, name: str, guide: Support, model: Support, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD509",
        f"the guide can draw `{name}` where the model has no density",
        source,
        Label(span, f"lies in: {guide}"),
        (Label(declared, f"lies in: {model}"),),
        hint=f"choose a distribution whose values are {_values(model)}",
    )


def cannot_draw(source: Source, span: Span, name: str, why: str) -> Diagnostic:
    return Diagnostic(
        "BD512",
        f"the guide cannot draw `{name}`: {why}",
        source,
        Label(span),
        hint="a guide is a distribution to draw from: Normal, LogNormal, Beta, Dirichlet, Delta, ..",
    )


# Lints


def unused(source: Source, span: Span, name: str, what: str) -> Diagnostic:
    hint = "use it, remove it, or report it with `derive`" if what == "a definition" else "use it or remove it"
    return Diagnostic("BD601", f"`{name}` is {what} that nothing uses", source, Label(span), hint=hint)


def unused_in_guide(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic("BD601", f"`{name}` is not used in the guide", source, Label(span), hint="use it or remove it")


def unused_guide(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD601",
        f"`{name}` is a guide that no inference uses",
        source,
        Label(span),
        hint=f"use it, infer svi(guide = {name}), or remove it",
    )


def square_as_scale(source: Source, span: Span, dist: str, argument: str, keyword: str | None) -> Diagnostic:
    hint = (
        f"if this is a variance, say so: {dist}(.., {keyword} = {source.slice(span)})"
        if keyword
        else f"if this is a variance, take its square root: sqrt({source.slice(span)})"
    )
    return Diagnostic(
        "BD602", f"`{argument}` of {dist} is a standard deviation, and this is a square", source, Label(span), hint=hint
    )


def centred_hierarchy(source: Source, span: Span, name: str, plate: str, scale: Span) -> Diagnostic:
    return Diagnostic(
        "BD603",
        f"`{name}` is centred, with one row of data for each {plate}",
        source,
        Label(span),
        (Label(scale, "a small value of this makes a funnel"),),
        hint="say `noncentered` after the distribution",
    )


def few_rows(source: Source, span: Span, name: str, plate: str, rows: float) -> Diagnostic:
    return Diagnostic(
        "BD603",
        f"`{name}` is centred, with about {rows:g} rows of data for each {plate}",
        source,
        Label(span),
        hint="say `noncentered` after the distribution: it samples better where groups are small",
    )


def moving_likelihood(source: Source, span: Span, name: str, latent: str) -> Diagnostic:
    return Diagnostic(
        "BD604",
        f"where `{name}` can lie depends on `{latent}`, so the density falls to zero at a step",
        source,
        Label(span),
        hint=f"bound the prior of `{latent}` by the data, or choose a likelihood with a fixed support",
    )


def predicts_itself(source: Source, span: Span, name: str, use: Span) -> Diagnostic:
    labels = (Label(use, "here"),) if use != span else ()
    return Diagnostic(
        "BD607",
        f"the likelihood of `{name}` is given `{name}` itself",
        source,
        Label(span),
        labels,
        hint="predict it by other columns; its values of the time before are a column of their own",
    )


def no_likelihood(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD605",
        "nothing is observed: the posterior is the prior",
        source,
        Label(span),
        hint="add a likelihood: observe y ~ ..",
    )


def empty_spec(source: Source) -> Diagnostic:
    return Diagnostic(
        "BD606", "the spec says nothing", source, Label(Span(0, 0)), hint="begin with data, a prior and a likelihood"
    )
