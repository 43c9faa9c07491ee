"""Types of data and of parameters, columns, values, params, options of data."""

from __future__ import annotations

from collections.abc import Sequence

from bayesdsl.check.errors.distributions import can_be, support_hint, values_of
from bayesdsl.check.errors.words import Leaf, did_you_mean, lies_in, spoken
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support


def unknown_type(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = did_you_mean(
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
        f"{value:g} is not {spoken(support)}, which the type of `{name}` asks for",
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
        f"`{function}` needs a value that is {spoken(domain)}, and {what} {can_be(found, domain)}",
        source,
        Label(span, lies_in(found)),
        hint=support_hint(domain, found, leaf, logits=False, maps=False),
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
        hint=did_you_mean(near, "the one word that may stand here is `noncentered`"),
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
        f"the distribution does not cover this type: its values are {values_of(found)}, those of the type "
        f"{values_of(declared)}",
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
        f"`{name}` must be {spoken(support)}, and starts outside",
        source,
        Label(span, lies_in(found)),
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
    return Diagnostic("BD412", message, source, Label(span), hint=did_you_mean(near, f"options are {', '.join(known)}"))


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
        hint=did_you_mean(near, f"it is one of: {', '.join(known)}"),
    )
