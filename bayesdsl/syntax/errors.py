"""What can be wrong with the syntax: one constructor per finding, and a table of broken snippets.

The parser knows only which token it stumbled on. `SNIPPETS` says what the common ones mean: a snippet that stops the
parser in the same state and at the same token as the user's text has the same cause.
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span


@dataclass(frozen=True, slots=True)
class Snippet:
    """A mistake people make, told by examples that make it."""

    message: str
    hint: str
    examples: tuple[str, ...]


SNIPPETS: tuple[Snippet, ...] = (
    Snippet(
        "the right side of `~` is missing",
        "name a distribution: a ~ Normal(0, 1)",
        ("a ~\n", "a[p] ~\n", "observe y ~\n", "a ~ ;", "observe y ~ ;", "a, b ~\n"),
    ),
    Snippet(
        "the right side of `=` is missing",
        "write an expression after `=`",
        ("a =\n", "derive a =\n", "const a =\n", "plate p =\n", "a = ;", "param a =\n", "data p { a = }"),
    ),
    Snippet(
        "`observe` needs the data's name and a distribution",
        "write: observe y ~ Normal(mu, sigma)",
        ("observe y = 1", "observe y\n", "observe\n", "observe ~ Normal(0, 1)"),
    ),
    Snippet(
        "a name that stands alone says nothing",
        "give it a prior, `name ~ Normal(0, 1)`, or a value, `name = 1`",
        ("a\n", "a, b\n", "a[p]\n", "a ;"),
    ),
    Snippet(
        "`data` needs the name of its plate and a block of columns",
        'write: data house from "radon.csv" { y : real }',
        ("data\n", "data x\n", 'data x from "a.csv"\n', 'data "a.csv" {', "data x from {", "data {"),
    ),
    Snippet(
        "a plate's name is missing",
        "write: plate group = 20, or a block: plate house { .. }",
        ("plate = 3", "plate {", "plate\n", "plate 20", "plate p\n"),
    ),
    Snippet(
        "the type is missing after `:`",
        "write one: real, positive, unit, count, binary, category",
        ("data p { a : }", "data p { a :\n", "param a : = 1", "param a :\n", "param a : ;"),
    ),
    Snippet(
        "the index is empty",
        "name the plates: a[county], or leave the brackets out",
        ("a[] ~ Normal(0, 1)", "b = a[]", "observe y ~ Normal(a[], 1)"),
    ),
    Snippet(
        "an argument is missing",
        "remove the comma or write the argument",
        ("a ~ Normal(,1)", "a ~ Normal(0,,1)", "b = f(1,,2)", "b = [1,,2]"),
    ),
    Snippet(
        "an operator is missing between two values",
        "write the operator: 2 * x",
        ("b = 2 x", "b = a b", "b = (a) b", "b = 2 (x)", "a ~ Normal(2 x, 1)", "a ~ Normal(b c, 1)", "b = f(2 x)"),
    ),
    Snippet(
        "an operator has nothing on its right",
        "write the value after the operator",
        ("b = (a + )", "a ~ Normal(b *, 1)", "b = a ^ )", "b = [a -]", "b = f(a /)"),
    ),
    Snippet(
        "comparisons do not chain",
        "join two with `and`: a < b and b < c",
        ("b = a < c < d", "data p { where a < c < d }"),
    ),
    Snippet(
        "`infer` needs an engine",
        "write: infer nuts(chains = 4), or infer quick = svi(steps = 2000)",
        ("infer\n", "infer =", "infer a =\n", "infer a b"),
    ),
    Snippet(
        "`unseen` needs a plate and what to do",
        "write: unseen county redraw, or: unseen county error",
        ("unseen\n", "unseen county\n", "unseen county = redraw"),
    ),
    Snippet(
        "a call cannot stand on the left",
        "write a name on the left: a ~ Normal(0, 1), or mean = a + b * x",
        (
            "f(x) = 3",
            "Normal(0, 1) ~ a",
            "log(y) ~ Normal(0, 1)",
            "observe log(y) ~ Normal(0, 1)",
            "observe Normal(0, 1)",
        ),
    ),
)

# How terminals of the grammar are called in messages.
TERMINALS: dict[str, str] = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a "string"',
    "SIGN": "`+` or `-`",
    "TIMES": "`*` or `/`",
    "POWER": "`^`",
    "COMPARISON": "a comparison",
    "_NEWLINE": "the end of the line",
    "$END": "the end of the file",
}

# What people bring along from other languages, by the text at the place where the parser stopped.
HABITS: dict[str, tuple[str, str]] = {
    "**": ("`**` is not an operator here", "a power is written with `^`: x^2"),
    "<-": ("`<-` is not an operator here", "a definition is written with `=`, a prior with `~`"),
    ":=": ("`:=` is not an operator here", "a definition is written with `=`"),
    "+=": ("there are no assignments that change a name", "give the sum a name of its own with `=`"),
    "//": ("`//` is not an operator here", "a comment begins with `#`; division is `/`"),
    "/*": ("`/*` does not begin a comment", "a comment begins with `#` and ends with the line"),
    "'": ("strings are written with double quotes", 'write "text"'),
    "@": ("`@` is not an operator here", "a matrix product sums over a named plate: dot[feature](x, beta)"),
    ".": ("a name cannot contain a dot", "names are letters, digits and `_`; there are no attributes or methods"),
    "|": ("`|` is not an operator here", "the arguments of a distribution are separated by commas; write `or` for or"),
    "&": ("`&` is not an operator here", "write `and`"),
    "!": ("`!` is not an operator here", "write `not`"),
    "%%": ("`%%` is not an operator here", "the remainder is `%`"),
}


def unexpected(source: Source, span: Span, message: str, hint: str | None) -> Diagnostic:
    return Diagnostic("BD101", message, source, Label(span), hint=hint)


def expected_tokens(source: Source, span: Span, found: str, expected: list[str]) -> Diagnostic:
    wanted = [TERMINALS.get(name, name) for name in expected]
    shown = ", ".join(wanted[:-1]) + (" or " if len(wanted) > 1 else "") + wanted[-1] if wanted else ""
    what = (
        "the line ends too early"
        if found == "\n"
        else "the file ends too early"
        if not found
        else f"`{found}` does not fit here"
    )
    hint = f"what could stand here: {shown}" if wanted and len(wanted) <= 8 else None
    return Diagnostic("BD101", what, source, Label(span), hint=hint)


def keyword_as_name(source: Source, span: Span, word: str) -> Diagnostic:
    return Diagnostic(
        "BD102",
        f"`{word}` is a word of the language and cannot be a name",
        source,
        Label(span),
        hint=f"choose another name, such as {word}_",
    )


def unclosed_bracket(source: Source, opening: Span, bracket: str) -> Diagnostic:
    closing = {"(": ")", "[": "]", "{": "}"}[bracket]
    return Diagnostic(
        "BD103",
        f"this `{bracket}` is never closed",
        source,
        Label(opening, "opened here"),
        hint=f"add the matching `{closing}`",
    )


def unmatched_bracket(source: Source, span: Span, bracket: str, opening: Span | None, expected: str) -> Diagnostic:
    labels = (Label(opening, f"this one wants `{expected}`"),) if opening else ()
    message = (
        f"`{bracket}` closes nothing" if opening is None else f"`{bracket}` does not match the bracket that is open"
    )
    hint = (
        f"remove the `{bracket}`" if opening is None else f"write `{expected}` here, or close the other bracket first"
    )
    return Diagnostic("BD103", message, source, Label(span), labels, hint=hint)


def unclosed_string(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD104", "this string is never closed", source, Label(span), hint='end it with `"` on the same line'
    )


def too_deep(source: Source, span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "BD105",
        f"this expression is nested more than {limit} deep",
        source,
        Label(span),
        hint="give parts of it names with `name = ..`",
    )


def too_large(source: Source, size: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "BD106",
        f"the spec has {size:,} characters; the limit is {limit:,}",
        source,
        hint='a spec holds the model: read the data from a file with `data plate from "file"`',
    )


def not_a_type(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD107",
        "this is not a type",
        source,
        Label(span),
        hint="types are real, positive, nonnegative, unit, interval(a, b), int, count, binary, category, ordered, ..",
    )


def misplaced(source: Source, span: Span, what: str, where: str) -> Diagnostic:
    return Diagnostic("BD108", f"{what} cannot stand here", source, Label(span), hint=where)


def not_text(name: str, reason: str) -> Diagnostic:
    return Diagnostic("BD109", f"{name} is not UTF-8 text: {reason}", hint="save the spec as UTF-8")
