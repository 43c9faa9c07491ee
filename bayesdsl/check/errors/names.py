"""Names: undeclared, declared twice, used as something else."""

from __future__ import annotations

from bayesdsl.check.errors.words import did_you_mean
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span


def undeclared(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = did_you_mean(
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
    hint = did_you_mean(
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
        else did_you_mean(near, "`bayesdsl explain distributions` lists them all")
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
    return Diagnostic("BD205", f"there is no function `{name}`", source, Label(span), hint=did_you_mean(near))


def function_as_value(source: Source, span: Span, name: str, reduces: bool) -> Diagnostic:
    written = f"{name}[p](..), with the plate it runs over" if reduces else f"{name}(..)"
    return Diagnostic(
        "BD205", f"`{name}` is a function, not a value", source, Label(span), hint=f"give it arguments: {written}"
    )


def unknown_reduction(source: Source, span: Span, name: str, near: str | None, elementwise: bool) -> Diagnostic:
    hint = (
        f"it is computed for every member as it is: write {name}(..)"
        if elementwise
        else did_you_mean(near, "reductions are sum, mean, prod, min, max, logsumexp, sd, var, dot, any, all")
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
    hint = did_you_mean(near, f'declare it as a column: data rows from "file.csv" {{ {name} : real }}')
    return Diagnostic("BD209", f"there is no data column `{name}` to observe", source, Label(span), hint=hint)


def many_targets(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD212", "a definition gives one name a value", source, Label(span), hint="write a line for each name"
    )
