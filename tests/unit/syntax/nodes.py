"""Every node of a spec, and what its span must cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import get_args

from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast
from bayesdsl.syntax.parser import parse

EXPRESSIONS = get_args(ast.Expr)
STATEMENTS = get_args(ast.Statement)


def nodes(tree: object) -> Iterator[object]:
    """A node and all below it."""
    if isinstance(tree, tuple):
        for item in tree:
            yield from nodes(item)
    elif is_dataclass(tree) and not isinstance(tree, Source | Span):
        yield tree
        for field in fields(tree):
            yield from nodes(getattr(tree, field.name))


def walk(spec: ast.Spec) -> int:
    """Hold every span of a spec against its text; gives the number of nodes."""
    text = spec.source.text
    count = 0
    for node in nodes(spec.statements):
        piece = text[node.span.start : node.span.end]
        assert piece
        assert piece == piece.strip()
        count += 1
        match node:
            case ast.Ident(name) | ast.Name(name):
                assert piece == name
            case ast.Num():
                assert read(piece) == node
            case ast.Binary(op):
                assert text[node.op_span.start : node.op_span.end] == op
                assert node.left.span.end <= node.op_span.start < node.op_span.end <= node.right.span.start
                assert read(piece) == node
            case _ if isinstance(node, EXPRESSIONS):
                assert read(piece) == node
            case _ if isinstance(node, STATEMENTS) and node in spec.statements:
                assert parse(Source("statement", piece)).spec.statements == (node,)
            case ast.TypeName():
                assert parse(Source("type", f"param a : {piece}")).spec.statements[0].type == node
            case ast.Target():
                assert parse(Source("target", f"param {piece}")).spec.statements[0].targets == (node,)
            case ast.Arg():
                assert parse(Source("argument", f"a = f({piece}\n)")).spec.statements[0].value.args == (node,)
            case ast.Column() | ast.Where() | ast.Missing():
                assert parse(Source("item", f"data p {{ {piece}\n}}")).spec.statements[0].items == (node,)
        for inner in (inner for field in fields(node) for inner in nodes(getattr(node, field.name))):
            assert node.span.start <= inner.span.start
            assert inner.span.end <= node.span.end
    return count


def read(text: str) -> ast.Expr:
    """An expression by itself, where newlines do not end it."""
    return parse(Source("expression", f"a = (\n{text}\n)")).spec.statements[0].value
