"""Text to AST, with every syntax error of the file in one go.

    "a ~ Normal(0, 1)"  ->  Spec(statements=(Prior(targets=(a,), dist=Call(Normal, ..)),))

After an error the statement it stands in is blanked out and the rest parsed again, so that each mistake is one
finding; the names in what was blanked are kept, for the checker not to call them undeclared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.resources import cache_directory, grammar_text
from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast, errors

if TYPE_CHECKING:
    from lark import Lark, Token, Tree
    from lark.exceptions import UnexpectedInput

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 100
MAX_FINDINGS = 20

CLOSING = {"(": ")", "[": "]", "{": "}"}
# Tokens after which a newline does not end the statement.
CONTINUING = frozenset({"SIGN", "TIMES", "POWER", "COMPARISON", "COMMA", "EQUAL", "TILDE", "COLON", "AND", "OR", "NOT"})
KEYWORDS = frozenset(
    "data plate const param derive observe layer guide infer unseen from where missing and or not of".split()
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A spec, what was wrong with it, and the names that stood in statements that could not be read."""

    spec: ast.Spec
    diagnostics: tuple[Diagnostic, ...]
    broken_names: frozenset[str] = frozenset()


def parse(source: Source) -> Parsed:
    """Parse a spec. Never raises on what a user wrote."""
    if len(source.text) > MAX_CHARACTERS:
        found = errors.too_large(source, len(source.text), MAX_CHARACTERS)
        return Parsed(ast.Spec(source), (found,))
    text, findings, broken = _balance(source)
    while len(findings) < MAX_FINDINGS:
        tree, error = _parse_text(text)
        if error is None:
            break
        finding, offset = _explain(source, text, error)
        findings.append(finding)
        text, lost = _blank_statement(text, offset)
        broken |= lost
    else:
        tree = None
    if tree is None:
        return Parsed(ast.Spec(source), tuple(findings), frozenset(broken))
    builder = _Builder(source)
    too_deep = _too_deep(tree, source)
    if too_deep:
        return Parsed(ast.Spec(source), (*findings, too_deep), frozenset(_names(text)))
    spec = builder.spec(tree)
    return Parsed(spec, (*findings, *builder.findings), frozenset(broken))


@lru_cache(maxsize=1)
def _lark() -> Lark:
    from lark import Lark

    directory = cache_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        cache: str | bool = str(directory / "grammar.lark-cache")
    except OSError:
        cache = False
    return Lark(
        grammar_text(),
        parser="lalr",
        start="spec",
        propagate_positions=True,
        maybe_placeholders=True,
        postlex=_Newlines(),
        cache=cache,
    )


class _Newlines:
    """Drops the newlines that do not end a statement."""

    always_accept = ("_NEWLINE",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        open_brackets: list[str] = []
        previous = ""
        for token in stream:
            if token.type == "_NEWLINE":
                if (open_brackets and open_brackets[-1] in "([") or previous in CONTINUING or previous == "ARROW":
                    continue
            elif token.value in CLOSING:
                open_brackets.append(token.value)
            elif token.value in (")", "]", "}") and open_brackets:
                open_brackets.pop()
            previous = "ARROW" if token.value == "->" else token.type
            yield token


def _parse_text(text: str) -> tuple[Tree | None, UnexpectedInput | None]:
    from lark.exceptions import UnexpectedInput

    try:
        return _lark().parse(text + "\n"), None
    except UnexpectedInput as error:
        return None, error


# Brackets and recovery


_PIECES = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|"[^\n]*|[()\[\]{}]|[^\W\d]\w*\'?')


def _balance(source: Source) -> tuple[str, list[Diagnostic], set[str]]:
    """Find brackets that do not match and strings that do not end; blank the lines they make unreadable."""
    text = source.text
    findings: list[Diagnostic] = []
    broken: set[str] = set()
    stack: list[tuple[str, int]] = []
    blank: list[int] = []
    deep = False
    for match in _PIECES.finditer(text):
        piece, start = match.group(), match.start()
        if piece[0] == '"' and (len(piece) == 1 or not piece.endswith('"') or piece.endswith('\\"')):
            findings.append(errors.unclosed_string(source, Span(start, match.end())))
            blank.append(start)
        elif piece in CLOSING:
            stack.append((piece, start))
            if len(stack) > MAX_DEPTH and not deep:
                deep = True
                findings.append(errors.too_deep(source, Span(start, start + 1), MAX_DEPTH))
        elif piece in (")", "]", "}"):
            if stack and CLOSING[stack[-1][0]] == piece:
                stack.pop()
                continue
            # A bracket left open inside another: close it here when an outer one matches.
            depth = next((i for i in range(len(stack) - 1, -1, -1) if CLOSING[stack[i][0]] == piece), None)
            if depth is None:
                opening = stack[-1] if stack else None
                findings.append(
                    errors.unmatched_bracket(
                        source,
                        Span(start, start + 1),
                        piece,
                        Span(opening[1], opening[1] + 1) if opening else None,
                        CLOSING[opening[0]] if opening else "",
                    )
                )
                blank.append(start)
                if opening and opening[0] != "{":
                    stack.pop()
            else:
                for bracket, at in stack[depth + 1 :]:
                    findings.append(errors.unclosed_bracket(source, Span(at, at + 1), bracket))
                    blank.append(at)
                del stack[depth:]
    for bracket, at in stack:
        findings.append(errors.unclosed_bracket(source, Span(at, at + 1), bracket))
    if stack or deep:
        # Nothing after a bracket that stays open can be trusted.
        at = stack[0][1] if stack else 0
        start = text.rfind("\n", 0, at) + 1
        broken |= _names(text[start:])
        text = text[:start]
    for at in blank:
        if at < len(text):
            text, lost = _blank_statement(text, at)
            broken |= lost
    return text, findings[:MAX_FINDINGS], broken


def _blank_statement(text: str, offset: int) -> tuple[str, set[str]]:
    """Replace the statement around an offset by spaces: its line, with whatever brackets open on it up to their close."""
    offset = min(offset, max(len(text) - 1, 0))
    if text[offset : offset + 1] == "\n" and offset > 0:
        offset -= 1
    start = text.rfind("\n", 0, offset) + 1
    # A line that goes on from a bracket opened before: go back to where the bracket opened.
    opening = _open_bracket(text, start)
    if opening is not None and text[opening] in "([":
        start = text.rfind("\n", 0, opening) + 1
    end = start
    depth = 0
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|[()\[\]{}]|\n', text[start:]):
        piece = match.group()
        end = start + match.end()
        if piece in CLOSING:
            depth += 1
        elif piece in (")", "]", "}"):
            if depth == 0 and piece == "}":
                end = start + match.start()
                break
            depth -= 1
        elif piece == "\n" and depth <= 0 and end > offset:
            break
    else:
        end = len(text)
    lost = _names(text[start:end])
    blanked = re.sub(r"[^\n]", " ", text[start:end])
    return text[:start] + blanked + text[end:], lost


def _open_bracket(text: str, before: int) -> int | None:
    """The innermost bracket that is open at an offset."""
    stack: list[int] = []
    for match in _PIECES.finditer(text, 0, before):
        if match.group() in CLOSING:
            stack.append(match.start())
        elif match.group() in (")", "]", "}") and stack:
            stack.pop()
    return stack[-1] if stack else None


def _names(text: str) -> set[str]:
    return {m.group() for m in _PIECES.finditer(text) if m.group()[0] not in '"#()[]{}'} - KEYWORDS


# Explaining an error


def _explain(source: Source, text: str, error: UnexpectedInput) -> tuple[Diagnostic, int]:
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    if isinstance(error, UnexpectedCharacters):
        offset = error.pos_in_stream
        habit = _habit(text, offset)
        span = Span(offset, offset + len(habit or " "))
        if habit:
            return errors.unexpected(source, span, *errors.HABITS[habit]), offset
        return errors.unexpected(source, span, f"the character `{text[offset]}` has no meaning here", None), offset
    assert isinstance(error, UnexpectedToken)
    token = error.token
    offset = token.start_pos if token.type != "$END" and token.start_pos is not None else len(text)
    offset = min(offset, len(text))
    span = Span(
        min(offset, len(source.text)), min(offset + max(len(token.value.rstrip("\n")), 1), len(source.text) + 1)
    )
    habit = _habit(text, offset) or (_habit(text, offset - 1) if offset else None)
    if habit:
        return errors.unexpected(source, span, *errors.HABITS[habit]), offset
    if str(token) in KEYWORDS and "NAME" in error.expected:
        return errors.keyword_as_name(source, span, str(token)), offset
    keyword = _keyword_before(text, offset)
    if keyword:
        return errors.keyword_as_name(source, Span(*keyword), text[slice(*keyword)]), offset
    snippet = _matching_snippet(error)
    if snippet:
        return errors.unexpected(source, span, snippet.message, snippet.hint), offset
    return errors.expected_tokens(source, span, str(token) if token.type != "$END" else "", _readable(error)), offset


def _habit(text: str, offset: int) -> str | None:
    return next(
        (habit for habit in sorted(errors.HABITS, key=len, reverse=True) if text.startswith(habit, offset)), None
    )


def _keyword_before(text: str, offset: int) -> tuple[int, int] | None:
    """A word of the language used as a name, as in `data ~ Normal(0, 1)`: the word before the `~` or `=`."""
    if text[offset : offset + 1] not in ("~", "=", "["):
        return None
    match = re.search(r"(\w+)[ \t]*$", text[:offset])
    return match.span(1) if match and match.group(1) in KEYWORDS and match.group(1) != "derive" else None


def _matching_snippet(error: UnexpectedInput) -> errors.Snippet | None:
    def attempt(example: str) -> None:
        _lark().parse(example + "\n")

    table = {snippet.message: list(snippet.examples) for snippet in errors.SNIPPETS}
    message = error.match_examples(attempt, table, token_type_match_fallback=False, use_accepts=True)
    return next((snippet for snippet in errors.SNIPPETS if snippet.message == message), None)


def _readable(error: UnexpectedInput) -> list[str]:
    """The expected terminals as they are written."""
    patterns = {t.name: t.pattern.value for t in _lark().terminals if t.pattern.type == "str"}
    accepts = getattr(error, "accepts", None) or getattr(error, "expected", None) or ()
    return sorted(f"`{patterns[name]}`" if name in patterns and name != "_NEWLINE" else name for name in accepts)


def _too_deep(tree: Tree, source: Source) -> Diagnostic | None:
    """Nested expressions are walked by recursion further on: refuse what Python's stack could not hold."""
    stack = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH + 20:
            meta = node.meta
            return errors.too_deep(source, Span(meta.start_pos, meta.end_pos), MAX_DEPTH)
        stack.extend((child, depth + 1) for child in node.children if hasattr(child, "children"))
    return None


# Tree to AST


class _Builder:
    """Turns lark's tree into the AST, and reports what the grammar lets through."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Diagnostic] = []

    def spec(self, tree: Tree) -> ast.Spec:
        statements = tuple(s for child in tree.children for s in self.statement(child, top=True))
        return ast.Spec(self.source, statements, _comments(self.source.text))

    def body(self, tree: Tree, **where: bool) -> tuple[ast.Statement, ...]:
        return tuple(s for child in tree.children for s in self.statement(child, **where))

    def statement(
        self, tree: Tree, *, top: bool = False, plate: bool = False, guide: bool = False, layer: bool = False
    ) -> tuple[ast.Statement, ...]:
        """One statement, or none where it stands in a block that cannot hold it."""
        node = self._statement(tree)
        if node is None:
            return ()
        home = "model" if top else "plate" if plate else "guide" if guide else "layer"
        if type(node) not in ALLOWED[home]:
            what, where = STATEMENT_HOME[type(node)]
            self.findings.append(errors.misplaced(self.source, node.span, what, where))
            return ()
        return (node,)

    def _statement(self, tree: Tree) -> ast.Statement | None:
        span, c = _span(tree), tree.children
        match tree.data:
            case "data":
                items = tuple(item for child in c[3:] if (item := self.data_item(child)) is not None)
                return ast.Data(_ident(c[0]), self.string(c[1]), self.args(c[2]), items, span)
            case "plate":
                return ast.PlateDecl(_ident(c[0]), self.expr(c[1]), span)
            case "const":
                return ast.Const(_ident(c[0]), self.expr(c[1]), span)
            case "prior":
                modifiers = tuple(_ident(m) for m in c[3].children)
                return ast.Prior(self.targets(c[0]), self.type_of(c[1]), self.expr(c[2]), modifiers, span)
            case "param":
                return ast.Param(self.targets(c[0]), self.type(c[1]), self.optional(c[2]), span)
            case "define":
                return ast.Define(self.targets(c[0]), self.expr(c[1]), False, span)
            case "derive":
                return ast.Define(self.targets(c[0]), self.expr(c[1]), True, span)
            case "observe":
                return ast.Observe(self.target(c[0]), self.expr(c[1]), span)
            case "plate_block":
                return ast.PlateBlock(_idents(c[0]), self.body(c[1], plate=True), span)
            case "layer":
                ins, outs = self.plate_lists(c[1]), self.plate_lists(c[2])
                body = self.body(c[4], layer=True) if c[4] is not None else ()
                return ast.Layer(_ident(c[0]), ins, outs, self.expr(c[3]), body, span)
            case "guide":
                return ast.Guide(_ident(c[0]), self.body(c[1], guide=True), span)
            case "guide_map":
                targets = self.targets(c[0])
                for target in targets:
                    if target.plates:
                        where = "name the site alone: a guide covers all its members"
                        self.findings.append(errors.misplaced(self.source, target.span, "an index", where))
                return ast.GuideMap(tuple(t.ident for t in targets), self.expr(c[1]), span)
            case "unseen":
                return ast.Unseen(_ident(c[0]), _ident(c[1]), span)
            case "infer":
                return ast.Infer(_ident(c[0]) if c[0] is not None else None, self.expr(c[1]), span)
        raise AssertionError(tree.data)

    def data_item(self, tree: Tree) -> ast.DataItem:
        span, c = _span(tree), tree.children
        match tree.data:
            case "typed_column":
                return ast.Column(self.target(c[0]), self.type(c[1]), self.optional(c[2]), span)
            case "untyped_column":
                return ast.Column(self.target(c[0]), None, self.expr(c[1]), span)
            case "where":
                return ast.Where(self.expr(c[0]), span)
            case "missing":
                return ast.Missing(_ident(c[0]), span)
        raise AssertionError(tree.data)

    def targets(self, tree: Tree) -> tuple[ast.Target, ...]:
        return tuple(self.target(child) for child in tree.children)

    def target(self, tree: Tree) -> ast.Target:
        name, plates = tree.children
        return ast.Target(_ident(name), _idents(plates) if plates is not None else (), _span(tree))

    def plate_lists(self, tree: Tree | None) -> tuple[tuple[ast.Ident, ...], ...]:
        return tuple(_idents(child.children[0]) for child in tree.children) if tree is not None else ()

    def type(self, tree: Tree | None) -> ast.TypeName | None:
        if tree is None:
            return None
        name, *args = tree.children
        return ast.TypeName(str(name), tuple(self.expr(a) for a in args if a is not None), _span(tree))

    def type_of(self, tree: Tree | None) -> ast.TypeName | None:
        """A type that the grammar read as an expression, since a guide's mapping may stand in its place."""
        if tree is None:
            return None
        match self.expr(tree):
            case ast.Name(name, span):
                return ast.TypeName(name, (), span)
            case ast.Call(func, None, args, span) if all(a.keyword is None for a in args):
                return ast.TypeName(func.name, tuple(a.value for a in args), span)
            case other:
                self.findings.append(errors.not_a_type(self.source, other.span))
                return None

    def optional(self, tree: Tree | None) -> ast.Expr | None:
        return None if tree is None else self.expr(tree)

    def args(self, tree: Tree | None) -> tuple[ast.Arg, ...]:
        if tree is None:
            return ()
        return tuple(
            ast.Arg(_token_ident(c.children[0]), self.expr(c.children[1]), _span(c), _token_ident(c.children[2]))
            for c in tree.children
            if c is not None
        )

    def string(self, tree: Tree | None) -> ast.Str | None:
        if tree is None:
            return None
        text = str(tree.children[0])[1:-1]
        return ast.Str(
            re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)), text), _span(tree)
        )

    def expr(self, tree: Tree) -> ast.Expr:
        span, c = _span(tree), tree.children
        match tree.data:
            case "name":
                return ast.Name(str(c[0]), span)
            case "number":
                text = str(c[0]).replace("_", "")
                return ast.Num(int(text) if text.isdigit() else float(text), span)
            case "string":
                return self.string(tree)
            case "parens":
                return self.expr(c[0])
            case "list":
                return ast.ListOf(tuple(self.expr(e) for e in c if e is not None), span)
            case "tuple":
                return ast.TupleOf(tuple(self.expr(e) for e in c), span)
            case "unary":
                op = str(c[0]) if len(c) == 2 else "not"
                return ast.Unary(op, self.expr(c[-1]), span)
            case "binary":
                left, right = self.expr(c[0]), self.expr(c[-1])
                if len(c) == 3:
                    op_span = Span(c[1].start_pos, c[1].end_pos)
                    return ast.Binary(str(c[1]), left, right, span, op_span)
                gap = self.source.text[left.span.end : right.span.start]
                op = next(word for word in ("->", "and", "or") if word in gap)
                at = left.span.end + gap.index(op)
                return ast.Binary(op, left, right, span, Span(at, at + len(op)))
            case "call":
                return self.call(self.expr(c[0]), self.args(c[1]), span)
            case "index":
                return ast.Index(self.expr(c[0]), self.args(c[1]), span)
        raise AssertionError(tree.data)

    def call(self, callee: ast.Expr, args: tuple[ast.Arg, ...], span: Span) -> ast.Expr:
        match callee:
            case ast.Name(name, at):
                return ast.Call(ast.Ident(name, at), None, args, span)
            case ast.Index(ast.Name(name, at), items):
                return ast.Call(ast.Ident(name, at), self.plate_names(items), args, span)
        where = "only a function's or a distribution's name can be called; a product is written with `*`"
        self.findings.append(errors.misplaced(self.source, Span(callee.span.end, span.end), "a call", where))
        return callee

    def plate_names(self, items: tuple[ast.Arg, ...]) -> tuple[ast.Ident, ...]:
        names = []
        for arg in items:
            if arg.keyword is None and isinstance(arg.value, ast.Name):
                names.append(ast.Ident(arg.value.name, arg.value.span))
            else:
                where = "name the plates to reduce over: sum[feature](b * x)"
                self.findings.append(errors.misplaced(self.source, arg.span, "this", where))
        return tuple(names)


def _span(tree: Tree) -> Span:
    meta = tree.meta
    return Span(meta.start_pos, meta.end_pos) if not meta.empty else Span(0, 0)


def _token_ident(token: Token | None) -> ast.Ident | None:
    return None if token is None else ast.Ident(str(token), Span(token.start_pos, token.end_pos))


def _ident(tree: Tree) -> ast.Ident:
    return _token_ident(tree.children[0])


def _idents(tree: Tree) -> tuple[ast.Ident, ...]:
    return tuple(_ident(child) for child in tree.children)


def _comments(text: str) -> tuple[ast.Comment, ...]:
    comments = []
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*', text):
        if match.group().startswith("#"):
            before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            comments.append(ast.Comment(match.group().rstrip(), Span(match.start(), match.end()), not before.strip()))
    return tuple(comments)


# Which statements each kind of block holds, and what to say of one in the wrong place.
_MODEL = (ast.Prior, ast.Param, ast.Define, ast.Observe, ast.PlateBlock)
ALLOWED: dict[str, tuple[type, ...]] = {
    "model": (*_MODEL, ast.Data, ast.PlateDecl, ast.Const, ast.Layer, ast.Guide, ast.Unseen, ast.Infer),
    "plate": _MODEL,
    "guide": (ast.Prior, ast.Param, ast.Define, ast.PlateBlock, ast.Layer, ast.GuideMap),
    "layer": (ast.Prior,),
}
STATEMENT_HOME: dict[type, tuple[str, str]] = {
    ast.Data: ("a data block", "data blocks stand at the top of the spec"),
    ast.PlateDecl: ("a plate declaration", "plates are declared at the top of the spec"),
    ast.Const: ("a constant", "constants stand at the top of the spec"),
    ast.Prior: ("a prior", "priors stand in the model, a plate block, a guide or a layer"),
    ast.Param: ("a `param`", "params stand in the model, a plate block or a guide"),
    ast.Define: ("a definition", "definitions stand in the model, a plate block or a guide"),
    ast.Observe: ("`observe`", "a likelihood belongs to the model, not to a guide or a layer"),
    ast.PlateBlock: ("a plate block", "plate blocks stand in the model or a guide"),
    ast.Layer: ("a layer", "layers stand at the top of the spec or in a guide"),
    ast.GuideMap: (
        "a mapping of sites to guides",
        "it belongs inside `guide name { .. }`; a type belongs to `data`, `param` or a prior",
    ),
    ast.Guide: ("a guide", "guides stand at the top of the spec"),
    ast.Unseen: ("`unseen`", "it stands at the top of the spec"),
    ast.Infer: ("`infer`", "it stands at the top of the spec"),
}
