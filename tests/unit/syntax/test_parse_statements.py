"""What a spec is read as."""

from __future__ import annotations

import math

import pytest
from unit.syntax.canonical import CANONICAL
from unit.syntax.nodes import nodes, walk

from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast
from bayesdsl.syntax.parser import parse

AT = Span(0, 0)


def read(text: str) -> ast.Spec:
    result = parse(Source("test.bayes", text))
    assert result.diagnostics == ()
    return result.spec


def statement(text: str) -> ast.Statement:
    (found,) = read(text).statements
    return found


def expression(text: str) -> ast.Expr:
    return statement(f"a = {text}").value


def name(text: str) -> ast.Name:
    return ast.Name(text, AT)


def ident(text: str) -> ast.Ident:
    return ast.Ident(text, AT)


def target(text: str, *plates: str) -> ast.Target:
    return ast.Target(ident(text), tuple(ident(plate) for plate in plates), AT)


def call(func: str, *args: ast.Expr) -> ast.Call:
    return ast.Call(ident(func), None, tuple(ast.Arg(None, arg, AT) for arg in args), AT)


def binary(left: ast.Expr, op: str, right: ast.Expr) -> ast.Binary:
    return ast.Binary(op, left, right, AT, AT)


A, B, C, X = name("a"), name("b"), name("c"), name("x")

STATEMENTS: dict[str, ast.Statement] = {
    "plate p = 20": ast.PlateDecl(ident("p"), ast.Num(20, AT), AT),
    "const n = a": ast.Const(ident("n"), A, AT),
    "a ~ D(b)": ast.Prior((target("a"),), None, call("D", B), (), AT),
    "a, b[p, q] ~ D(c) noncentered": ast.Prior(
        (target("a"), target("b", "p", "q")), None, call("D", C), (ident("noncentered"),), AT
    ),
    "L[k, k'] ~ D(b)": ast.Prior((target("L", "k", "k'"),), None, call("D", B), (), AT),
    "a : interval(b, c) ~ D(x)": ast.Prior((target("a"),), ast.TypeName("interval", (B, C), AT), call("D", X), (), AT),
    "param a : positive = b": ast.Param((target("a"),), ast.TypeName("positive", (), AT), B, AT),
    "param a[p]": ast.Param((target("a", "p"),), None, None, AT),
    "a = b": ast.Define((target("a"),), B, False, AT),
    "derive a = b": ast.Define((target("a"),), B, True, AT),
    "loc, scale = f(x)": ast.Define((target("loc"), target("scale")), call("f", X), False, AT),
    "observe y[p] ~ D(b)": ast.Observe(target("y", "p"), call("D", B), AT),
    "unseen county redraw": ast.Unseen(ident("county"), ident("redraw"), AT),
    "infer f(x)": ast.Infer(None, call("f", X), AT),
    "infer quick = f(x)": ast.Infer(ident("quick"), call("f", X), AT),
    "plate p, q { a = b }": ast.PlateBlock((ident("p"), ident("q")), (ast.Define((target("a"),), B, False, AT),), AT),
    "guide g { a, b : c }": ast.Guide(ident("g"), (ast.GuideMap((ident("a"), ident("b")), C, AT),), AT),
    "layer f : [p, q] -> [r], [p] = a -> b": ast.Layer(
        ident("f"), ((ident("p"), ident("q")),), ((ident("r"),), (ident("p"),)), binary(A, "->", B), (), AT
    ),
    "layer f = a { w ~ D(b) }": ast.Layer(
        ident("f"), (), (), A, (ast.Prior((target("w"),), None, call("D", B), (), AT),), AT
    ),
    'data p from "f.csv" (sep = a) { where b; missing drop; c : real; x[q] = a }': ast.Data(
        ident("p"),
        ast.Str("f.csv", AT),
        (ast.Arg(ident("sep"), A, AT),),
        (
            ast.Where(B, AT),
            ast.Missing(ident("drop"), AT),
            ast.Column(target("c"), ast.TypeName("real", (), AT), None, AT),
            ast.Column(target("x", "q"), None, A, AT),
        ),
        AT,
    ),
    "data p {}": ast.Data(ident("p"), None, (), (), AT),
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements(text: str):
    assert statement(text) == STATEMENTS[text]


EXPRESSIONS: dict[str, ast.Expr] = {
    "a + b * c": binary(A, "+", binary(B, "*", C)),
    "(a + b) * c": binary(binary(A, "+", B), "*", C),
    "a - b - c": binary(binary(A, "-", B), "-", C),
    "a / b % c": binary(binary(A, "/", B), "%", C),
    "a ^ b ^ c": binary(A, "^", binary(B, "^", C)),
    "-a ^ b": ast.Unary("-", binary(A, "^", B), AT),
    "a ^ -b": binary(A, "^", ast.Unary("-", B, AT)),
    "-a * b": binary(ast.Unary("-", A, AT), "*", B),
    "not a == b": ast.Unary("not", binary(A, "==", B), AT),
    "not a and b or c": binary(binary(ast.Unary("not", A, AT), "and", B), "or", C),
    "a or b and c": binary(A, "or", binary(B, "and", C)),
    "a < b + c": binary(A, "<", binary(B, "+", C)),
    "a -> b -> c": binary(binary(A, "->", B), "->", C),
    "a[b]": ast.Index(A, (ast.Arg(None, B, AT),), AT),
    'a[b = "x"]': ast.Index(A, (ast.Arg(ident("b"), ast.Str("x", AT), AT),), AT),
    "f[a, b](x)": ast.Call(ident("f"), (ident("a"), ident("b")), (ast.Arg(None, X, AT),), AT),
    "f(a = b, x of c)": ast.Call(ident("f"), None, (ast.Arg(ident("a"), B, AT), ast.Arg(None, X, AT, ident("c"))), AT),
    "f()": ast.Call(ident("f"), None, (), AT),
    "[a, b,]": ast.ListOf((A, B), AT),
    "[]": ast.ListOf((), AT),
    "(a, b)": ast.TupleOf((A, B), AT),
    "((a))": A,
    '"a\\"b\\\\c\\nd"': ast.Str('a"b\\c\nd', AT),
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions(text: str):
    assert expression(text) == EXPRESSIONS[text]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("007", 7),
        ("10_000", 10_000),
        ("1.50", 1.5),
        (".5", 0.5),
        ("3.", 3.0),
        ("1e-3", 0.001),
        ("1_0.5E2", 1050.0),
    ],
)
def test_numbers(text: str, value: float):
    found = expression(text)
    assert isinstance(found, ast.Num)
    assert (found.value, type(found.value)) == (value, type(value))


def test_numbers_too_long_for_whole_ones_are_floats():
    assert expression("9" * 18).value == 10**18 - 1
    assert expression("9" * 19).value == 1e19
    # Python refuses to read so many digits as an int.
    assert expression("9" * 10_000).value == math.inf


# Which newlines end a statement


@pytest.mark.parametrize(
    "text",
    [
        "a = b +\n c",
        "a = b\n + c",
        "a = b # why\n\n # still\n + c",
        "a =\n\n b + c",
        "a\n = b + c",
        "a = (b\n + c)",
        "a = (b +\n\n# so\n c\n)",
    ],
)
def test_a_line_goes_on_inside_brackets_and_at_operators(text: str):
    assert statement(text) == statement("a = b + c")


@pytest.mark.parametrize(
    "text",
    ["a,\n b ~\n D(x)", "a, b\n ~ D(x)", "a, b ~ D(\n x\n)", "a, b ~ D(x);", "\n;; a, b ~ D(x) ;\n;"],
)
def test_a_line_goes_on_after_commas_and_signs(text: str):
    assert statement(text) == statement("a, b ~ D(x)")


def test_a_block_may_open_on_the_next_line():
    assert statement("plate p # why\n{\n a = b }") == statement("plate p { a = b }")


def test_a_pipeline_goes_on_before_its_arrows():
    assert statement("layer f = a\n -> b\n -> c") == statement("layer f = a -> b -> c")


def test_statements_are_separated_by_newlines_and_semicolons():
    assert len(read("a = 1\nb = 2; c = 3;; d = 4\n\n").statements) == 4
    assert len(read("plate p {\n a = 1; b = 2\n\n c = 3 }\nd = 4").statements) == 2


@pytest.mark.parametrize("blank", ["\r\n", "\t", "\u00a0", "\ufeff", "\u2003", "\f"])
def test_white_space_of_every_kind_separates(blank: str):
    assert statement(f"{blank}a{blank}={blank}b{blank}") == statement("a = b")


def test_comments_are_kept_in_order():
    comments = read('# one\na = "# none"  # two \n   # three\n').comments
    assert [(c.text, c.alone) for c in comments] == [("# one", True), ("# two", False), ("# three", True)]


def test_names_may_be_of_any_alphabet():
    assert read("α_1 ~ D(1)\nметр = α_1\n").statements[0].targets[0].name == "α_1"


# Places


@pytest.mark.parametrize("case", CANONICAL)
def test_the_span_of_every_node_of_a_canonical_spec_covers_its_text(case: str):
    spec = read(CANONICAL[case])
    assert walk(spec) > 30


def test_spans_of_nodes_with_brackets_comments_and_words_around_them():
    text = """
x = ( (a + b) # or else
    and not (c) ) or -(f[p](y, k = (z)) ^ ( 2 )) [q = "s",]  # and so on
"""
    spec = read(text)
    walk(spec)
    found = {text[node.span.start : node.span.end] for node in nodes(spec.statements) if isinstance(node, ast.Binary)}
    assert "a + b" in found
    assert {text[node.op_span.start : node.op_span.end] for node in nodes(spec) if isinstance(node, ast.Binary)} == {
        "+",
        "and",
        "or",
        "^",
    }


def test_spans_take_no_part_in_comparisons():
    assert read("a = b") == read("\n\n  a   =  b")
    assert hash(statement("a = b")) == hash(statement("a  =  b"))
