"""Tokens as documents: how statements and expressions are spaced, and where they may be broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bayesdsl.syntax.layout import LINE, SOFT, Broken, Comment, Doc, concat, fill, group, has_comment, indent
from bayesdsl.syntax.tokens import OPERATORS, PARTNER, RESERVED, STATEMENT_WORDS, Token

# How tightly binary operators bind; a line is broken at those that bind loosest.
BINDING = {
    **{"->": 0, "or": 1, "and": 2},
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/%", 5),
}
# After these a sign is that of a number.
BEFORE_SIGN = OPERATORS | {",", ":"}


@dataclass(slots=True)
class Piece:
    """A token with the comments above it and the one behind it; `word` says that it is no name but a word."""

    token: Token
    above: tuple[Comment, ...] = ()
    behind: Comment | None = None
    word: bool = False

    @property
    def text(self) -> str:
        return self.token.text

    @property
    def doc(self) -> Doc:
        if not self.above and self.behind is None:
            return self.text
        return concat(*self.above, self.text, *self.comments)

    @property
    def comments(self) -> tuple[Comment, ...]:
        return (self.behind,) if self.behind is not None else ()


@dataclass(slots=True)
class Bracket:
    opening: Piece
    inside: list[Tokens]
    closing: Piece


Tokens = Piece | Bracket


def pieces(tokens: list[Token]) -> list[Piece]:
    """The tokens of a statement with the comments that stand around them."""
    result: list[Piece] = []
    above: list[Comment] = []
    newline = False
    for token in tokens:
        if token.kind == "comment" and newline:
            above.append(Comment(token.text.rstrip(), True))
        elif token.kind == "comment":
            result[-1].behind = Comment(token.text.rstrip(), False)
        elif token.kind != "newline":
            word = token.text in RESERVED or (not result and token.text in STATEMENT_WORDS)
            result.append(Piece(token, tuple(above), word=word))
            above = []
        newline = token.kind == "newline"
    return result


def nest(pieces: list[Piece]) -> list[Tokens]:
    """Pieces with those in brackets put together."""
    nodes: list[Tokens] = []
    around: list[tuple[Piece, list[Tokens]]] = []
    for piece in pieces:
        if piece.token.kind != "bracket":
            nodes.append(piece)
        elif piece.text in PARTNER:
            around.append((piece, nodes))
            nodes = []
        else:
            opening, outside = around.pop()
            outside.append(Bracket(opening, nodes, piece))
            nodes = outside
    return nodes


def is_text(node: Tokens, *texts: str) -> bool:
    return isinstance(node, Piece) and node.text in texts


def statement(pieces: list[Piece]) -> Doc:
    """A statement without its block. It is broken after its `=` or `~` or in the brackets that follow."""
    nodes = nest(pieces)
    at = next((i for i, node in enumerate(nodes) if is_text(node, "~", "=")), None)
    if at is None:
        at = next((i for i, node in enumerate(nodes) if is_text(node, ":")), None)
    if at is None:
        return indent(sequence(nodes)) if _operators(nodes) else sequence(nodes)
    left, sign, right = sequence(nodes[:at]), nodes[at].doc, nodes[at + 1 :]
    doc = sequence(right)
    if _operators(right) or has_comment(sign) or has_comment(_first(right)):
        return group(indent(left, " ", sign, LINE, doc))
    return concat(indent(left, " ", sign), " ", doc)


def _first(nodes: list[Tokens]) -> Doc:
    node = nodes[0]
    return (node if isinstance(node, Piece) else node.opening).doc


def _parts(nodes: list[Tokens]) -> tuple[list[list[Tokens]], list[Piece]]:
    """What stands between commas, and the commas."""
    parts: list[list[Tokens]] = [[]]
    commas: list[Piece] = []
    for node in nodes:
        if isinstance(node, Piece) and node.text == ",":
            commas.append(node)
            parts.append([])
        else:
            parts[-1].append(node)
    return parts, commas


def sequence(nodes: list[Tokens]) -> Doc:
    parts, commas = _parts(nodes)
    docs = [_chain(part) for part in parts]
    return fill(*_joined(docs, commas)) if commas else docs[0]


def _joined(docs: list[Doc], commas: list[Piece]) -> Iterator[Doc]:
    for doc, comma in zip(docs, commas, strict=False):
        yield concat(doc, comma.doc)
        yield LINE
    yield docs[-1]


def _operators(nodes: list[Tokens]) -> list[int]:
    """Where the binary operators are at which a line is broken first."""
    binary = [
        i for i, node in enumerate(nodes) if isinstance(node, Piece) and node.text in BINDING and not _is_sign(nodes, i)
    ]
    loosest = min((BINDING[nodes[i].text] for i in binary), default=0)
    return [i for i in binary if BINDING[nodes[i].text] == loosest]


def _is_sign(nodes: list[Tokens], i: int) -> bool:
    """Whether a `+` or `-` belongs to the value after it."""
    if not is_text(nodes[i], "+", "-"):
        return False
    before = nodes[i - 1] if i else None
    return before is None or (isinstance(before, Piece) and (before.word or before.text in BEFORE_SIGN))


def _chain(nodes: list[Tokens]) -> Doc:
    """An expression, to be broken after its loosest operators, or before the arrows of a pipeline."""
    if len(nodes) > 2 and is_text(nodes[1], "="):
        value = nodes[2:]
        doc = indent(_chain(value)) if _operators(value) else _chain(value)
        return concat(nodes[0].doc, " ", nodes[1].doc, " ", doc)
    operators = _operators(nodes)
    if not operators:
        return _row(nodes)
    operands = [_chain(nodes[a + 1 : b]) for a, b in zip([-1, *operators], [*operators, len(nodes)], strict=True)]
    signs = [nodes[i].doc for i in operators]
    if is_text(nodes[operators[0]], "->"):
        steps = [part for sign, operand in zip(signs, operands[1:], strict=True) for part in (LINE, sign, " ", operand)]
        return group(operands[0], *steps)
    docs: list[Doc] = []
    operand = operands[0]
    for i, sign, following in zip(operators, signs, operands[1:], strict=True):
        if _ends_in_comment(nodes[i - 1]) or nodes[i].above:
            docs += [operand, LINE]
            operand = concat(sign, " ", following)
        else:
            docs += [concat(operand, " ", sign), LINE]
            operand = following
    return fill(*docs, operand)


def _ends_in_comment(node: Tokens) -> bool:
    return (node if isinstance(node, Piece) else node.closing).behind is not None


def _row(nodes: list[Tokens]) -> Doc:
    """Nodes between which no line is broken."""
    docs: list[Doc] = []
    for i, node in enumerate(nodes):
        docs += [_gap(nodes, i), node.doc if isinstance(node, Piece) else _bracket(node)]
    return concat(*docs)


def _gap(nodes: list[Tokens], i: int) -> str:
    """What stands before a node in a row."""
    if not i:
        return ""
    before, node = nodes[i - 1], nodes[i]
    if is_text(before, "^") or is_text(node, "^") or _is_sign(nodes, i - 1):
        return ""
    if isinstance(node, Bracket):
        called = isinstance(before, Bracket) or (before.token.kind == "name" and not before.word)
        if called or (node.opening.text == "[" and before.token.kind in ("string", "number")):
            return ""
    return " "


def _bracket(node: Bracket) -> Doc:
    """A bracket: on one line, or its parts each on its own; simple ones fill lines. A comma after the last part stays
    where the bracket is broken."""
    parts, commas = _parts(node.inside)
    last: list[Doc] = []
    if not parts[-1]:
        parts.pop()
        if commas:
            comma = commas.pop()
            last = [*comma.above, Broken(","), *comma.comments]
    opening = concat(*node.opening.above, node.opening.text)
    closing = concat(node.closing.text, *node.closing.comments)
    comments = [*last, *node.closing.above]
    if not parts:
        return group(opening, indent(*node.opening.comments, *comments), SOFT, closing)
    docs = [_part(part, len(parts) > 1) for part in parts]
    simple = all(isinstance(n, Piece) for part in parts for n in part)
    short = node.opening.text == "[" or all(len(part) <= 2 for part in parts)
    inside = (fill if simple and short else concat)(*_joined(docs, commas))
    return group(opening, indent(*node.opening.comments, SOFT, inside, *comments), SOFT, closing)


def _part(nodes: list[Tokens], several: bool) -> Doc:
    doc = _chain(nodes)
    return indent(doc) if several and _operators(nodes) and not is_text(nodes[1], "=") else doc
