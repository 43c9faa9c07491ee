"""Which newlines end a statement: not those inside ( ) and [ ], after an operator or a comma, or before a line that
begins with an operator."""

from __future__ import annotations

from bayesdsl.syntax.tokens import BLANK, OPERATORS, STATEMENT_WORDS, Token

# A newline after one of these does not end a statement, nor does one before one of the others.
CONTINUING = OPERATORS | {",", ":"}
LEADING = OPERATORS - {"not"} | {"{"}
# Which lines begin a statement even after one of these, so that what is missing there is missed there: after other
# operators all that look like one; but targets may go on after a comma, and a type may follow a colon.
ANY = frozenset({"word", "~", "=", ":"})
BEGINS_AFTER = {",": frozenset({"word"}), ":": frozenset({"word", ":"})}


def ends_statement(tokens: list[Token], before: str, after: int) -> bool:
    """Whether a newline outside of brackets ends the statement, between the text before it and the token after it."""
    if after == len(tokens):
        return True
    if before in CONTINUING and beginning(tokens, after) in BEGINS_AFTER.get(before, ANY):
        return True
    return before not in CONTINUING and tokens[after].text not in LEADING


def beginning(tokens: list[Token], i: int) -> str:
    """How a line that begins with this token begins a statement: "word", or the `~`, `=` or `:` that follows its
    targets; "" where it does not look like one."""
    line = iter(tokens[i : line_end(tokens, i)])
    first, token = next(line, None), next(line, None)
    if first is None or first.kind != "name" or token is None:
        return ""
    if first.text in STATEMENT_WORDS and token.kind in ("name", "string"):
        return "word"
    while token is not None:
        if token.text == "[":
            token = next((token for token in line if token.kind == "bracket"), None)
            if token is None or token.text != "]":
                return ""
            token = next(line, None)
        if token is None or token.text != ",":
            break
        name, token = next(line, None), next(line, None)
        if name is None or name.kind != "name":
            return ""
    return token.text if token is not None and token.text in ("~", "=", ":") else ""


def line_end(tokens: list[Token], i: int) -> int:
    while i < len(tokens) and tokens[i].kind != "newline":
        i += 1
    return i


def following(tokens: list[Token]) -> list[int]:
    """For each token the index of the next that is not blank."""
    result = [len(tokens)] * len(tokens)
    for i in range(len(tokens) - 2, -1, -1):
        result[i] = result[i + 1] if tokens[i + 1].kind in BLANK else i + 1
    return result
