"""What can be wrong with the syntax: one constructor per finding. `mistakes.py` holds the tables they speak from."""

from __future__ import annotations

from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span
from bayesdsl.syntax.tokens import PARTNER, Token


def unexpected(source: Source, span: Span, message: str, hint: str | None) -> Diagnostic:
    return Diagnostic("BD101", message, source, Label(span), hint=hint)


def expected_tokens(source: Source, span: Span, found: str | None, expected: list[str]) -> Diagnostic:
    """`found` is None where the statement ends too early; `expected` is how the terminals are written."""
    shown = ", ".join(expected[:-1]) + (" or " if len(expected) > 1 else "") + expected[-1] if expected else ""
    message = "the statement ends too early" if found is None else f"`{found}` does not fit here"
    hint = f"what could stand here: {shown}" if shown and len(expected) <= 8 else None
    return Diagnostic("BD101", message, source, Label(span), hint=hint)


def missing_between(source: Source, before: Token, found: Token, in_brackets: bool) -> Diagnostic:
    """Two values without anything between them."""
    plain = before.kind in ("name", "number", "string") and found.kind in ("name", "number", "string")
    if in_brackets:
        message, hint = "a comma or an operator is missing before this", None
        if plain:
            named = f"`{before.text} = {found.text}` or " if before.kind == "name" and found.kind != "name" else ""
            hint = f"write {named}`{before.text}, {found.text}`"
    else:
        message, hint = "an operator is missing before this", "a product is written with `*`"
        if plain and "string" not in (before.kind, found.kind):
            hint += f": {before.text} * {found.text}"
    return unexpected(source, found.span, message, hint)


def two_statements(source: Source, span: Span) -> Diagnostic:
    return unexpected(
        source, span, "two statements stand on one line", "put each on a line of its own, or a `;` between them"
    )


def sign_missing(source: Source, span: Span, name: str, value: str) -> Diagnostic:
    hint = f"a prior is written `{name} ~ {value}(..)`, a definition `{name} = {value}(..)`"
    return unexpected(source, span, "`~` or `=` is missing before this", hint)


def semicolon_inside(source: Source, span: Span) -> Diagnostic:
    return unexpected(source, span, "`;` separates statements, not arguments", "write a comma")


def not_a_number(source: Source, span: Span) -> Diagnostic:
    return unexpected(source, span, "this is not a number", "numbers are written like 10, 0.5, 1e-3 and 10_000")


def decimal_comma(source: Source, span: Span, number: str) -> Diagnostic:
    hint = f"write {number.replace(',', '.')}"
    return unexpected(source, span, "decimals are written with a point, not with a comma", hint)


def digit_first(source: Source, span: Span, name: str) -> Diagnostic:
    return unexpected(source, span, "a name cannot begin with a digit", f"begin it with a letter, as in x{name}")


def foreign_character(source: Source, span: Span, character: str, plain: str | None) -> Diagnostic:
    """A character that the language does not have; `plain` is what it looks like of those that it has."""
    if plain is not None:
        return unexpected(source, span, f"`{character}` is not the `{plain}` of the keyboard", f"write {plain}")
    if character.isprintable():
        return unexpected(source, span, f"`{character}` has no meaning here", None)
    name = f"an invisible character (U+{ord(character):04X})"
    return unexpected(source, span, f"{name} has no meaning here", "remove it, or type the line again")


def foreign_letter(source: Source, span: Span, letter: str) -> Diagnostic:
    return unexpected(source, span, f"`{letter}` cannot be part of a name", "names are letters, digits and `_`")


def superscript(source: Source, span: Span, digit: int) -> Diagnostic:
    return unexpected(source, span, "a power is written with `^`", f"write x^{digit}")


def remark(source: Source, span: Span, text: str, more: int) -> Diagnostic:
    """A comment as other languages write it; `more` is how many follow."""
    sign = text[:2] if text[0] == "/" else text[:3]
    hint = "a comment begins with `#`" + ("; division is `/`" if sign == "//" else "")
    notes = (f"{more} more of them follow",) if more else ()
    place = Span(span.start, span.start + len(sign))
    return Diagnostic("BD101", f"`{sign}` does not begin a comment", source, Label(place), notes=notes, hint=hint)


def keyword_as_name(source: Source, span: Span, word: str) -> Diagnostic:
    return Diagnostic(
        "BD102",
        f"`{word}` is a word of the language and cannot be a name",
        source,
        Label(span),
        hint=f"choose another name, such as {word}_",
    )


def unclosed_bracket(source: Source, opening: Span, bracket: str) -> Diagnostic:
    return Diagnostic(
        "BD103",
        f"this `{bracket}` is never closed",
        source,
        Label(opening, "opened here"),
        hint=f"add the matching `{PARTNER[bracket]}`",
    )


def missing_brace(source: Source, span: Span) -> Diagnostic:
    return Diagnostic("BD103", "the `{` of this block is missing", source, Label(span), hint="end this line with `{`")


def early_brace(source: Source, span: Span, again: Span) -> Diagnostic:
    return Diagnostic(
        "BD103",
        "this `}` closes the block, which seems to go on",
        source,
        Label(span),
        (Label(again, "this one closes nothing"),),
        hint="remove one of the two",
    )


def unmatched_bracket(source: Source, span: Span, bracket: str) -> Diagnostic:
    return Diagnostic("BD103", f"`{bracket}` closes nothing", source, Label(span), hint=f"remove the `{bracket}`")


def wrong_bracket(source: Source, span: Span, bracket: str, opening: Span, expected: str) -> Diagnostic:
    return Diagnostic(
        "BD103",
        f"`{bracket}` does not match the bracket that is open",
        source,
        Label(span),
        (Label(opening, f"this one wants `{expected}`"),),
        hint=f"write `{expected}` here, or close the other bracket first",
    )


def unclosed_string(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD104", "this string is never closed", source, Label(span), hint='end it with `"` on the same line'
    )


def brackets_too_deep(source: Source, span: Span, limit: int) -> Diagnostic:
    """`span` is the first bracket beyond the limit."""
    return _too_deep(source, span, f"brackets are nested more than {limit} deep here")


def expression_too_deep(source: Source, span: Span, limit: int) -> Diagnostic:
    """A sum of so many terms is as deep as so many brackets: each `+` holds what stands on its left."""
    return _too_deep(source, span, f"this expression joins more than {limit} operations into one")


def _too_deep(source: Source, span: Span, message: str) -> Diagnostic:
    return Diagnostic("BD105", message, source, Label(span), hint="give parts of it names with `name = ..`")


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
