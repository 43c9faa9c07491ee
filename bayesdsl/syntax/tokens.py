"""The text of a spec as tokens: what the outline, the grammar and the formatter work on.

Every character is in a token or is white space between two, and nothing is an error here: what the language has no
use for becomes a token too.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from bayesdsl.source import Span

NAME = r"[^\W\d]\w*'?"
NUMBER = r"(\d[\d_]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?"
STRING = r'"([^"\\\n]|\\.)*"'
OPERATOR = r"->|==|!=|<=|>=|[-+*/%^<>=~:,;]"

_STATEMENTS = "data plate const param derive observe layer guide infer unseen where missing"
_OPERATORS = "-> == != <= >= < > + - * / % ^ ~ ="

# These are words of the language wherever they stand; the others may also name an argument, as in `svi(guide = q)`.
RESERVED = frozenset({"and", "or", "not"})
STATEMENT_WORDS = frozenset(_STATEMENTS.split())
KEYWORDS = STATEMENT_WORDS | RESERVED | {"from", "of"}
OPERATORS = RESERVED | frozenset(_OPERATORS.split())
PARTNER = {"(": ")", "[": "]", "{": "}"}
CLOSING = frozenset(PARTNER.values())

# Signs of other languages that would fall apart into operators of this one. None of them is valid here in any place.
FOREIGN_SIGNS = (
    *("**", ":=", "+=", "-=", "*=", "/=", "^=", "%%", "%*%", "%>%", "|>", "||", "&&", "=>", "===", "<>", "~~", "~="),
    *("=~", "..", ".*"),
)

BLANK = frozenset({"newline", "comment", "remark"})
STRAY = frozenset({"unclosed", "remark", "sign", "foreign"})


class Token(NamedTuple):
    """A stretch of text; `column` is its offset in its line.

    Kinds: newline, comment, string, number, name, operator, bracket; and those that are wrong wherever they stand:
    unclosed (a string without its end), remark (a comment of another language), sign (an operator of one) and foreign
    (any other character).
    """

    kind: str
    text: str
    start: int
    column: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + len(self.text))

    @property
    def stray(self) -> bool:
        """Whether it is wrong wherever it stands."""
        if self.kind == "name":
            return not self.text.isascii() and not self.text.rstrip("'").isidentifier()
        return self.kind in STRAY


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, in order. Takes time in proportion to its length."""
    tokens = []
    line = 0
    for match in _pattern().finditer(text):
        kind, start = match.lastgroup, match.start()
        if kind != "space":
            tokens.append(Token(kind, match.group(), start, start - line))
        if kind == "newline":
            line = start + 1
    return tokens


def names_in(token: Token) -> list[str]:
    """The names that a token is or, where it should not have swallowed them, holds."""
    if token.kind == "name":
        return [token.text]
    return re.findall(NAME, token.text) if token.kind in ("unclosed", "remark") else []


@cache
def _pattern() -> re.Pattern[str]:
    signs = "|".join(re.escape(sign) for sign in sorted(FOREIGN_SIGNS, key=len, reverse=True))
    kinds = (
        ("space", r"[^\S\n]+|\ufeff"),
        ("newline", r"\n"),
        ("comment", r"#[^\n]*"),
        ("remark", r'//[^\n]*|/\*(?:(?s:.*?)\*/|[^\n]*)|"""(?:(?s:.*?)"""|[^\n]*)'),
        ("string", STRING),
        ("unclosed", r'"[^\n]*'),
        ("number", NUMBER),
        ("name", NAME),
        ("sign", signs),
        ("operator", OPERATOR),
        ("bracket", r"[()\[\]{}]"),
        ("foreign", r"."),
    )
    return re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds))
