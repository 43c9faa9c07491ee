"""Tree to AST: the parser's trees turned into the classes of `ast.py`, and what the grammar lets through reported.

binary(name(a), SIGN(+), name(b))  ->  Binary("+", Name("a"), Name("b"))
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast, errors
from bayesdsl.syntax.tokens import KEYWORDS, names_in, tokenize

if TYPE_CHECKING:
    from lark import Token, Tree

# Longer whole numbers are read as floats: Python refuses to convert very long ones to int.
MAX_DIGITS = 18
ESCAPES = {"n": "\n", "t": "\t"}

# Which statements, by the names of their rules, each kind of block holds.
_MODEL = frozenset({"prior", "param", "define", "derive", "observe", "plate_block"})
_GUIDE = frozenset({"prior", "param", "define", "plate_block"})
ALLOWED: dict[str, frozenset[str]] = {
    "spec": _MODEL | {"data", "plate", "const", "layer", "guide", "unseen", "infer"},
    "plate": _MODEL,
    "guide": _GUIDE | {"layer", "guide_map"},
    "plate of a guide": _GUIDE,
    "layer": frozenset({"prior"}),
}
# What to say of each in the wrong place.
PLACES: dict[str, tuple[str, str]] = {
    "data": ("a data block", "data blocks stand at the top of the spec"),
    "plate": ("a plate declaration", "plates are declared at the top of the spec"),
    "const": ("a constant", "constants stand at the top of the spec"),
    "prior": ("a prior", "priors stand in the model, a plate block, a guide or a layer"),
    "param": ("a `param`", "params stand in the model, a plate block or a guide"),
    "define": ("a definition", "definitions stand in the model, a plate block or a guide"),
    "derive": ("`derive`", "what is reported belongs to the model, not to a guide or a layer"),
    "observe": ("`observe`", "a likelihood belongs to the model, not to a guide or a layer"),
    "plate_block": ("a plate block", "plate blocks stand in the model or a guide"),
    "layer": ("a layer", "layers stand at the top of the spec or in a guide"),
    "guide": ("a guide", "guides stand at the top of the spec"),
    "guide_map": (
        "a name with nothing but a type",
        "types stand in data blocks, after `param` and before the `~` of a prior; guides by site, in `guide q { .. }`",
    ),
    "unseen": ("`unseen`", "it stands at the top of the spec"),
    "infer": ("`infer`", "it stands at the top of the spec"),
}


class Builder:
    """Makes statements from trees; keeps the findings, and the names in statements that were left out."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Diagnostic] = []
        self.lost: set[str] = set()

    def statements(self, tree: Tree, home: str = "spec") -> tuple[ast.Statement, ...]:
        """The statements of a block, less those that do not belong into one of its kind."""
        return tuple(self._statement(child, home) for child in tree.children if self._belongs(child, home))

    def _belongs(self, tree: Tree, home: str) -> bool:
        if tree.data in ALLOWED[home]:
            return True
        span = span_of(tree)
        self.findings.append(errors.misplaced(self.source, span, *PLACES[tree.data]))
        self.lost |= {name for token in tokenize(self.source.slice(span)) for name in names_in(token)}
        return False

    def _statement(self, tree: Tree, home: str) -> ast.Statement:
        span, c = span_of(tree), tree.children
        match tree.data:
            case "data":
                items = tuple(self._data_item(child) for child in c[3:])
                return ast.Data(self._new(c[0]), self._string(c[1]), self._args(c[2]), items, span)
            case "plate":
                return ast.PlateDecl(self._new(c[0]), self._expr(c[1]), span)
            case "const":
                return ast.Const(self._new(c[0]), self._expr(c[1]), span)
            case "prior":
                modifiers = tuple(_ident(m) for m in c[3].children)
                return ast.Prior(self._targets(c[0]), self._type_of(c[1]), self._expr(c[2]), modifiers, span)
            case "param":
                return ast.Param(self._targets(c[0]), self._type(c[1]), self._optional(c[2]), span)
            case "define" | "derive":
                return ast.Define(self._targets(c[0]), self._expr(c[1]), tree.data == "derive", span)
            case "observe":
                return ast.Observe(self._target(c[0]), self._expr(c[1]), span)
            case "plate_block":
                inside = "plate" if home in ("spec", "plate") else "plate of a guide"
                return ast.PlateBlock(_idents(c[0]), self.statements(c[1], inside), span)
            case "layer":
                ins, outs = _plate_lists(c[1]), _plate_lists(c[2])
                body = self.statements(c[4], "layer") if c[4] is not None else ()
                return ast.Layer(self._new(c[0]), ins, outs, self._expr(c[3]), body, span)
            case "guide":
                return ast.Guide(self._new(c[0]), self.statements(c[1], "guide"), span)
            case "guide_map":
                return ast.GuideMap(tuple(self._site(t) for t in c[0].children), self._expr(c[1]), span)
            case "unseen":
                return ast.Unseen(_ident(c[0]), _ident(c[1]), span)
            case "infer":
                return ast.Infer(self._new(c[0]) if c[0] is not None else None, self._expr(c[1]), span)
        raise AssertionError(tree.data)

    def _data_item(self, tree: Tree) -> ast.DataItem:
        span, c = span_of(tree), tree.children
        match tree.data:
            case "typed_column":
                return ast.Column(self._target(c[0], new=True), self._type(c[1]), self._optional(c[2]), span)
            case "untyped_column":
                return ast.Column(self._target(c[0], new=True), None, self._expr(c[1]), span)
            case "where":
                return ast.Where(self._expr(c[0]), span)
            case "missing":
                return ast.Missing(_ident(c[0]), span)
        raise AssertionError(tree.data)

    # Names and types

    def _new(self, tree: Tree) -> ast.Ident:
        """A name that is declared here."""
        ident = _ident(tree)
        if ident.name in KEYWORDS:
            self.findings.append(errors.keyword_as_name(self.source, ident.span, ident.name))
        return ident

    def _targets(self, tree: Tree) -> tuple[ast.Target, ...]:
        return tuple(self._target(child, new=True) for child in tree.children)

    def _target(self, tree: Tree, new: bool = False) -> ast.Target:
        name, plates = tree.children
        ident = self._new(name) if new else _ident(name)
        return ast.Target(ident, _idents(plates) if plates is not None else (), span_of(tree))

    def _site(self, tree: Tree) -> ast.Ident:
        target = self._target(tree)
        if target.plates:
            where = "name the site alone: a guide covers all its members"
            self.findings.append(errors.misplaced(self.source, target.span, "an index", where))
        return target.ident

    def _type(self, tree: Tree | None) -> ast.TypeName | None:
        if tree is None:
            return None
        name, *args = tree.children
        return ast.TypeName(str(name), tuple(self._expr(a) for a in args if a is not None), span_of(tree))

    def _type_of(self, tree: Tree | None) -> ast.TypeName | None:
        """A type that the grammar read as an expression, since a guide's mapping may stand in its place."""
        if tree is None:
            return None
        match self._expr(tree):
            case ast.Name(name, span):
                return ast.TypeName(name, (), span)
            case ast.Call(func, None, args, span) if all(a.keyword is None and a.of is None for a in args):
                return ast.TypeName(func.name, tuple(a.value for a in args), span)
            case other:
                self.findings.append(errors.not_a_type(self.source, other.span))
                return None

    # Expressions

    def _expr(self, tree: Tree) -> ast.Expr:
        span, c = span_of(tree), tree.children
        match tree.data:
            case "name":
                return ast.Name(str(c[0]), span)
            case "number":
                return ast.Num(_number(str(c[0])), span)
            case "string":
                return ast.Str(_text(str(c[0])), span)
            case "parens":
                return self._expr(c[0])
            case "list":
                return ast.ListOf(tuple(self._expr(e) for e in c if e is not None), span)
            case "tuple":
                return ast.TupleOf(tuple(self._expr(e) for e in c), span)
            case "unary":
                return ast.Unary(str(c[0]), self._expr(c[1]), span)
            case "binary":
                return ast.Binary(str(c[1]), self._expr(c[0]), self._expr(c[2]), span, _span_of_token(c[1]))
            case "call":
                return self._call(c[0], self._args(c[1]), span)
            case "index":
                return ast.Index(self._expr(c[0]), self._args(c[1]), span)
        raise AssertionError(tree.data)

    def _optional(self, tree: Tree | None) -> ast.Expr | None:
        return None if tree is None else self._expr(tree)

    def _string(self, tree: Tree | None) -> ast.Str | None:
        return None if tree is None else ast.Str(_text(str(tree.children[0])), span_of(tree))

    def _args(self, tree: Tree | None) -> tuple[ast.Arg, ...]:
        if tree is None:
            return ()
        return tuple(
            ast.Arg(_ident_of(c.children[0]), self._expr(c.children[1]), span_of(c), _ident_of(c.children[2]))
            for c in tree.children
            if c is not None
        )

    def _call(self, tree: Tree, args: tuple[ast.Arg, ...], span: Span) -> ast.Expr:
        callee = self._expr(tree)
        match callee:
            case ast.Name(name, at) if tree.data == "name":
                return ast.Call(ast.Ident(name, at), None, args, span)
            case ast.Index(ast.Name(name, at), items) if tree.data == "index":
                return ast.Call(ast.Ident(name, at), self._plate_names(items), args, span)
        where = "only a function's or a distribution's name can be called; a product is written with `*`"
        self.findings.append(errors.misplaced(self.source, Span(span_of(tree).end, span.end), "a call", where))
        return callee

    def _plate_names(self, items: tuple[ast.Arg, ...]) -> tuple[ast.Ident, ...]:
        names = []
        for arg in items:
            match arg:
                case ast.Arg(None, ast.Name(name, span), _, None):
                    names.append(ast.Ident(name, span))
                case _:
                    where = "name the plates to reduce over: sum[feature](b * x)"
                    self.findings.append(errors.misplaced(self.source, arg.span, "this", where))
        return tuple(names)


def span_of(tree: Tree) -> Span:
    return Span(tree.meta.start_pos, tree.meta.end_pos)


def _span_of_token(token: Token) -> Span:
    return Span(token.start_pos, token.end_pos)


def _ident_of(token: Token | None) -> ast.Ident | None:
    return None if token is None else ast.Ident(str(token), _span_of_token(token))


def _ident(tree: Tree) -> ast.Ident:
    token = tree.children[0]
    return ast.Ident(str(token), _span_of_token(token))


def _idents(tree: Tree) -> tuple[ast.Ident, ...]:
    return tuple(_ident(child) for child in tree.children)


def _plate_lists(tree: Tree | None) -> tuple[tuple[ast.Ident, ...], ...]:
    if tree is None:
        return ()
    return tuple(_idents(child.children[0]) if child.children[0] is not None else () for child in tree.children)


def _number(text: str) -> float | int:
    digits = text.replace("_", "")
    return int(digits) if digits.isdigit() and len(digits) <= MAX_DIGITS else float(digits)


def _text(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match.group(1), match.group(1)), quoted[1:-1])
