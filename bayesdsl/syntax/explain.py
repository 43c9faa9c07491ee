"""Which mistake it was: from the token that the parser refused to a finding.

    a ~ Normal(0, 1) b ~ Normal(0, 1)     refused: `~` after `b`     ->     two statements stand on one line

What is known to be wrong without the grammar, such as a sign that the language does not have, is told first.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.source import Source, Span
from bayesdsl.syntax import errors, mistakes
from bayesdsl.syntax.grammar import KINDS, Refused, parse_tokens, terminals
from bayesdsl.syntax.lines import beginning
from bayesdsl.syntax.outline import Block, Segment, outline
from bayesdsl.syntax.snippets import SNIPPETS, Snippet
from bayesdsl.syntax.tokens import KEYWORDS, PARTNER, RESERVED, STATEMENT_WORDS, Token

# What begins like a number but is something else, or a number as other languages write it.
DECIMAL = re.compile(r"\d+,\d+")
RANGE = re.compile(r"\d+(?:\.{2,3}|\s*:\s*)\w+")
DIGIT_FIRST = re.compile(r"\d+[^\W\d]\w*")
NOT_NUMBERS = re.compile(r"0[xXbBoO]\w+|[\d.]+[eEdD](?:[-+]?\d+)?|[\d.]+[lLfF]\b|\d*\.\d+\.\d*")
IN_DATA = frozenset({"where", "missing"})


class Key(NamedTuple):
    state: int
    given: str
    word: str
    column: bool
    sign: str
    bracket: str


def known(source: Source, segment: Segment) -> Diagnostic | None:
    """What is wrong with a statement without asking the grammar. A stray sign may be why brackets do not match."""
    found = foreign_statement(source, segment)
    if found is None and segment.stray is not None:
        found = stray(source, segment.stray)
    return found or segment.finding or misplaced_word(source, segment)


def stray(source: Source, token: Token) -> Diagnostic:
    """What is wrong with a token that is wrong wherever it stands."""
    text = token.text
    match token.kind:
        case "unclosed":
            return errors.unclosed_string(source, token.span)
        case "remark":
            return errors.remark(source, token.span, text, 0)
        case "sign" | "foreign" if text in mistakes.SIGNS:
            return errors.unexpected(source, token.span, *mistakes.SIGNS[text])
        case "name":
            at = next(i for i in range(len(text)) if not text[: i + 1].isidentifier())
            span = Span(token.start + at, token.start + at + 1)
            if text[at] in mistakes.SUPERSCRIPTS:
                return errors.superscript(source, span, mistakes.SUPERSCRIPTS.index(text[at]))
            return errors.foreign_letter(source, span, text[at])
    return errors.foreign_character(source, token.span, text, mistakes.CHARACTERS.get(text))


def foreign_statement(source: Source, segment: Segment) -> Diagnostic | None:
    """A statement of another language, told by its first word where that is not used as a name."""
    words = [item for item in segment.items if isinstance(item, Token)]
    row = next((row for row in mistakes.FOREIGN_STATEMENTS if segment.word in row.words), None)
    if row is None or (len(segment.items) > 1 and _is_target(words)):
        return None
    if row is mistakes.DECLARATIONS and segment.parent is not None and segment.parent.word == "data":
        return None  # `real y` among columns, where types do belong.
    return errors.unexpected(source, words[0].span, row.message, row.hint)


def _is_target(words: list[Token]) -> bool:
    """Whether the tokens begin like `name ~` or `name[..] =`."""
    after = 1
    if len(words) > 1 and words[1].text == "[":
        after += 1 + next((i for i, word in enumerate(words[1:]) if word.text == "]"), len(words))
    return after < len(words) and words[after].text in ("~", "=", ":", ",", "==")


def misplaced_word(source: Source, segment: Segment) -> Diagnostic | None:
    """A statement that the grammar does not even begin to read where it stands."""
    words = [item for item in segment.items if isinstance(item, Token)]
    if len(words) < 2 or _is_target(words):
        return None
    in_data = segment.parent is not None and segment.parent.word == "data"
    if in_data and segment.word in STATEMENT_WORDS - IN_DATA and words[1].kind in ("name", "string"):
        where = "a data block holds columns, `where` and `missing`"
        return errors.misplaced(source, segment.span, f"`{segment.word}`", where)
    if not in_data and segment.word in IN_DATA:
        return errors.misplaced(source, segment.span, f"`{segment.word}`", "it belongs inside a data block")
    return None


def culprit(segment: Segment, refused: Refused) -> Segment:
    """The innermost statement at fault: an end of statement or a `}` blames what stands before it."""
    token = refused.token
    if refused.before is not None and (token is None or token.text == "}"):
        token = refused.before
    return segment.at(token.start)


def explain(source: Source, segment: Segment, refused: Refused) -> Diagnostic:
    """Why the statement could not be read. `segment` is the one at fault."""
    token, before = refused.token, refused.before
    place = before if before is not None and (token is None or token.text == "}") else token
    assert place is not None
    if token is not None and source.text.startswith("<-", token.start):
        return errors.unexpected(source, Span(token.start, token.start + 2), *mistakes.SIGNS["<-"])
    key = _key(segment, refused)
    found = (
        _word_as_name(source, segment, refused)
        or _number(source, refused, key.bracket)
        or _foreign_word(source, refused)
        or _statement_on_same_line(source, segment, refused, key)
        or _sign_missing(source, segment, refused, key)
    )
    if found is not None:
        return found
    snippet = _snippets().get(key)
    if snippet is not None:
        return errors.unexpected(source, place.span, snippet.message, snippet.hint)
    if before is not None:
        found = _pair(source, refused, before, place, key)
        if found is not None:
            return found
    text = token.text if place is token else None
    return errors.expected_tokens(source, place.span, text, _readable(refused.expected))


def _pair(source: Source, refused: Refused, before: Token, place: Token, key: Key) -> Diagnostic | None:
    """What two neighbours say, wherever they stand."""
    token, kind = refused.token, _kind(before)
    if token is not None and token.text == ";":
        return errors.semicolon_inside(source, token.span)
    for pair in mistakes.PAIRS:
        if (
            kind in pair.first
            and refused.terminal in pair.second
            and (pair.brackets is None or key.bracket in pair.brackets)
        ):
            return errors.unexpected(source, (before if pair.at_first else place).span, pair.message, pair.hint)
    if token is None or refused.terminal not in mistakes.VALUE_BEGINS:
        return None
    if before.text == ":" and not key.bracket:
        return errors.not_a_type(source, token.span)
    if kind in mistakes.VALUE_ENDS and (key.sign or key.bracket):
        return errors.missing_between(source, before, token, key.bracket != "")
    return None


def _statement_on_same_line(source: Source, segment: Segment, refused: Refused, key: Key) -> Diagnostic | None:
    """Another statement that begins at the refused token, or at a name before it that was taken for a modifier."""
    if refused.token is not None and refused.before is not None and refused.before.text == "}":
        return errors.two_statements(source, refused.token.span)
    if not key.sign or key.bracket or segment.word == "infer":
        return None
    tokens = [item for item in segment.items if isinstance(item, Token)]
    for i, token in enumerate(tokens):
        if i and token in (refused.token, refused.before) and _kind(tokens[i - 1]) in mistakes.VALUE_ENDS:
            if beginning(tokens, i):
                return errors.two_statements(source, token.span)
    return None


def _sign_missing(source: Source, segment: Segment, refused: Refused, key: Key) -> Diagnostic | None:
    """`a Normal(0, 1)`"""
    token, before = refused.token, refused.before
    if token is None or before is None or token.kind != "name" or key.sign or key.bracket:
        return None
    i = segment.items.index(token)
    called = i + 1 < len(segment.items) and segment.items[i + 1]
    named = segment.word not in STATEMENT_WORDS or (segment.word in ("observe", "param", "derive") and i > 1)
    if named and isinstance(called, Token) and called.text == "(" and _kind(before) in mistakes.VALUE_ENDS:
        name = next(item.text for item in segment.items[segment.word in STATEMENT_WORDS :])
        return errors.sign_missing(source, token.span, name, token.text)
    return None


def _foreign_word(source: Source, refused: Refused) -> Diagnostic | None:
    """`a if b else c`, `lambda x`, `x for x in y`."""
    for token in (refused.token, refused.before):
        if token is not None and token.text in mistakes.INNER_WORDS:
            row = next(row for row in mistakes.FOREIGN_STATEMENTS if token.text in row.words)
            return errors.unexpected(source, token.span, row.message, row.hint)
    return None


def _word_as_name(source: Source, segment: Segment, refused: Refused) -> Diagnostic | None:
    token, before = refused.token, refused.before
    if token is None:
        return None
    if token.text in RESERVED and (before is None or before.text in STATEMENT_WORDS):
        following = segment.items[1] if len(segment.items) > 1 else None
        if before is not None or (isinstance(following, Token) and following.text in ("=", "~")):
            return errors.keyword_as_name(source, token.span, token.text)
    first = segment.items[0]
    if before is first and token.text in ("=", "~", "[", ",", ":") and segment.word in KEYWORDS:
        if (segment.word, token.text) != ("infer", "="):
            return errors.keyword_as_name(source, before.span, before.text)
    return None


def _number(source: Source, refused: Refused, bracket: str) -> Diagnostic | None:
    token = refused.token
    if token is None:
        return None
    text, before = source.text, refused.before
    if before is not None and before.kind == "number":
        match = DECIMAL.match(text, before.start)
        if match and token.text == ",":
            return errors.decimal_comma(source, Span(*match.span()), match.group())
        match = RANGE.match(text, before.start)
        if match and not bracket:
            return errors.unexpected(source, Span(*match.span()), *mistakes.SIGNS[".."])
        match = NOT_NUMBERS.match(text, before.start)
        if match and match.end() > before.end:
            return errors.not_a_number(source, Span(*match.span()))
    match = DIGIT_FIRST.match(text, token.start)
    if match and (before is None or "NAME" in refused.expected):
        return errors.digit_first(source, Span(*match.span()), match.group())
    return None


@cache
def _snippets() -> dict[Key, Snippet]:
    """Where the parser stops in each example; an earlier snippet goes before a later one."""
    table: dict[Key, Snippet] = {}
    for snippet in SNIPPETS:
        for example in snippet.examples:
            table.setdefault(_example_key(example), snippet)
    return table


def _example_key(example: str) -> Key:
    (segment,) = outline(Source("example", example)).segments
    try:
        parse_tokens(segment.stream())
    except Refused as refused:
        return _key(culprit(segment, refused), refused)
    raise ValueError(f"not a mistake: {example}")


def _key(segment: Segment, refused: Refused) -> Key:
    """What two mistakes of the same kind share: where the parser stood, what it was given, and what goes before it.

    The last is the word their statements begin with, whether they stand among columns, the last `~`, `=` or `:` outside
    of brackets, and the innermost bracket that is open.
    """
    before = list(takewhile(lambda item: item is not refused.token, segment.items))
    word = segment.word if segment.word in STATEMENT_WORDS else ""
    column = segment.parent is not None and segment.parent.word == "data"
    brackets = [""]
    sign = ""
    for item in before:
        if isinstance(item, Block):
            continue
        if item.text in PARTNER:
            brackets.append(item.text)
        elif item.text == PARTNER.get(brackets[-1]):
            brackets.pop()
        elif item.text in ("~", "=", ":") and len(brackets) == 1:
            sign = item.text
    given = "==" if refused.token is not None and refused.token.text == "==" else refused.terminal
    return Key(refused.state, given, word, column, sign, brackets[-1])


def _kind(token: Token) -> str:
    """The terminal of a token, a word being a name unless it always is one of the language."""
    if token.text in RESERVED:
        return terminals()[token.text]
    return KINDS.get(token.kind) or terminals().get(token.text, token.text)


def _readable(expected: set[str]) -> list[str]:
    """The terminals as they are written."""
    written = {terminal: f"`{text}`" for text, terminal in terminals().items()} | mistakes.TERMINALS
    return sorted(written.get(terminal, terminal) for terminal in expected)
