"""Printed source is read back by Python as the tree that was printed, whatever the tree and the width."""

import ast
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdsl.pysrc.nodes import (
    ARITHMETIC_OPS,
    COMPARISON_OPS,
    LOGICAL_OPS,
    PREFIX_OPS,
    AnnAssign,
    Assign,
    Attribute,
    BinOp,
    Blank,
    BoolOp,
    Call,
    ClassDef,
    Comment,
    Compare,
    Constant,
    Dict,
    ExprStmt,
    For,
    FunctionDef,
    If,
    IfExp,
    Import,
    ImportFrom,
    Lambda,
    List,
    Module,
    Name,
    Param,
    Return,
    Slice,
    Starred,
    Subscript,
    Tuple,
    UnaryOp,
    With,
)
from bayesdsl.pysrc.printer import print_expr, print_module

# The same trees on every run; none of them takes long, but a machine may be busy.
reproducible = settings(derandomize=True, deadline=None)

# Our nodes as Python's own

OPERATORS = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "@": ast.MatMult,
    "**": ast.Pow,
    "&": ast.BitAnd,
    "|": ast.BitOr,
    "^": ast.BitXor,
    "<<": ast.LShift,
    ">>": ast.RShift,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "==": ast.Eq,
    "!=": ast.NotEq,
    "in": ast.In,
    "not in": ast.NotIn,
    "is": ast.Is,
    "is not": ast.IsNot,
    "and": ast.And,
    "or": ast.Or,
}
PREFIXES = {"-": ast.USub, "+": ast.UAdd, "~": ast.Invert, "not": ast.Not}


def as_ast(node):
    """An expression, or None, as the node of `ast` that Python should read."""
    match node:
        case None:
            return None
        case Name(name):
            return ast.Name(name, ast.Load())
        case Constant(value):
            return constant_as_ast(value)
        case Call(func, args, kwargs):
            keywords = [ast.keyword(keyword, as_ast(value)) for keyword, value in kwargs]
            return ast.Call(as_ast(func), [*map(as_ast, args)], keywords)
        case Starred(value):
            return ast.Starred(as_ast(value), ast.Load())
        case Attribute(value, name):
            return ast.Attribute(as_ast(value), name, ast.Load())
        case Subscript(value, items):
            several = ast.Tuple([*map(as_ast, items)], ast.Load())
            return ast.Subscript(as_ast(value), several if len(items) > 1 else as_ast(items[0]), ast.Load())
        case Slice(lower, upper, step):
            return ast.Slice(as_ast(lower), as_ast(upper), as_ast(step))
        case BinOp(op, left, right):
            return ast.BinOp(as_ast(left), OPERATORS[op](), as_ast(right))
        case UnaryOp(op, operand):
            return ast.UnaryOp(PREFIXES[op](), as_ast(operand))
        case Compare(op, left, right):
            return ast.Compare(as_ast(left), [OPERATORS[op]()], [as_ast(right)])
        case BoolOp(op, values):
            return ast.BoolOp(OPERATORS[op](), [*map(as_ast, values)])
        case IfExp(test, body, orelse):
            return ast.IfExp(as_ast(test), as_ast(body), as_ast(orelse))
        case Tuple(items):
            return ast.Tuple([*map(as_ast, items)], ast.Load())
        case List(items):
            return ast.List([*map(as_ast, items)], ast.Load())
        case Dict(items):
            return ast.Dict([as_ast(key) for key, _ in items], [as_ast(value) for _, value in items])
        case Lambda(params, body):
            return ast.Lambda(parameters_as_ast(params, ()), as_ast(body))
    raise AssertionError(node)


def constant_as_ast(value):
    if isinstance(value, float) and not math.isfinite(value):
        return ast.Call(ast.Name("float", ast.Load()), [ast.Constant(str(value))], [])
    if isinstance(value, int | float) and not isinstance(value, bool) and math.copysign(1, value) < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def parameters_as_ast(params, keyword_only):
    return ast.arguments(
        posonlyargs=[],
        args=[ast.arg(param.name, as_ast(param.annotation)) for param in params],
        kwonlyargs=[ast.arg(param.name, as_ast(param.annotation)) for param in keyword_only],
        kw_defaults=[as_ast(param.default) for param in keyword_only],
        defaults=[as_ast(param.default) for param in params if param.default is not None],
    )


def block_as_ast(statements):
    return [found for statement in statements for found in statement_as_ast(statement)] or [ast.Pass()]


def statement_as_ast(statement):
    match statement:
        case Assign(targets, value):
            return [ast.Assign([stored(as_ast(target)) for target in targets], as_ast(value))]
        case AnnAssign(target, annotation, value):
            return [ast.AnnAssign(stored(as_ast(target)), as_ast(annotation), as_ast(value), 1)]
        case ExprStmt(value):
            return [ast.Expr(as_ast(value))]
        case Return(value):
            return [ast.Return(as_ast(value))]
        case With(items, body):
            contexts = [ast.withitem(as_ast(context), name and stored(as_ast(name))) for context, name in items]
            return [ast.With(contexts, block_as_ast(body))]
        case If(test, body, orelse):
            return [ast.If(as_ast(test), block_as_ast(body), block_as_ast(orelse) if orelse else [])]
        case For(target, iterable, body):
            return [ast.For(stored(as_ast(target)), as_ast(iterable), block_as_ast(body), [])]
        case ClassDef(name, bases, body, docstring):
            doc = [] if docstring is None else [ast.Expr(ast.Constant(docstring))]
            inner = [found for inner in body for found in statement_as_ast(inner)]
            return [ast.ClassDef(name, [as_ast(base) for base in bases], [], doc + inner or [ast.Pass()], [])]
        case FunctionDef(name, params, body, docstring, keyword_only, returns):
            doc = [] if docstring is None else [ast.Expr(ast.Constant(docstring))]
            inner = [found for inner in body for found in statement_as_ast(inner)]
            arguments = parameters_as_ast(params, keyword_only)
            return [ast.FunctionDef(name, arguments, doc + inner or [ast.Pass()], [], as_ast(returns))]
        case Import(module, alias):
            return [ast.Import([ast.alias(module, alias)])]
        case ImportFrom(module, names):
            return [ast.ImportFrom(module, [ast.alias(name) for name in names], 0)]
        case Comment() | Blank():
            return []
    raise AssertionError(statement)


def stored(target):
    """The same target, marked as one that is assigned to."""
    target.ctx = ast.Store()
    match target:
        case ast.Tuple(elts=items):
            for item in items:
                stored(item)
        case ast.Starred(value=value):
            stored(value)
    return target


def reads_as(text, node):
    return ast.dump(ast.parse(text, mode="eval").body) == ast.dump(as_ast(node))


# Random trees

names = st.sampled_from(["x", "mu", "log_radon", "county", "intercept_by_county", "number_of_houses_in_the_county"])
any_text = st.text(st.characters(exclude_categories=()), max_size=12)
constants = st.one_of(
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.sampled_from([0, 1, -1, 2, 0.0, -0.0, True, False, None, ..., math.inf, -math.inf]),
    any_text,
)
leaves = st.one_of(names.map(Name), constants.map(Constant))


def tuples(strategy, least=0, most=3):
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


@st.composite
def params(draw, defaults, annotations):
    found = draw(st.lists(names, unique=True, max_size=3))
    without = draw(st.integers(0, len(found)))
    return tuple(
        Param(name, draw(defaults) if position >= without else None, draw(annotations))
        for position, name in enumerate(found)
    )


@st.composite
def calls(draw, inner):
    keywords = draw(st.lists(names, unique=True, max_size=3))
    kwargs = [(keyword, draw(inner)) for keyword in keywords] + [(None, value) for value in draw(tuples(inner, most=1))]
    return Call(draw(inner), draw(tuples(st.one_of(inner, inner.map(Starred)))), tuple(kwargs))


def larger(inner):
    slices = st.builds(Slice, *[st.none() | inner] * 3)
    starred = st.one_of(inner, inner.map(Starred))
    return st.one_of(
        calls(inner),
        st.builds(Attribute, inner, names),
        st.builds(Subscript, inner, tuples(st.one_of(inner, slices), least=1)),
        st.builds(BinOp, st.sampled_from(ARITHMETIC_OPS), inner, inner),
        st.builds(BinOp, st.sampled_from(ARITHMETIC_OPS), inner, inner),
        st.builds(UnaryOp, st.sampled_from(PREFIX_OPS), inner),
        st.builds(Compare, st.sampled_from(COMPARISON_OPS), inner, inner),
        st.builds(BoolOp, st.sampled_from(LOGICAL_OPS), tuples(inner, least=2)),
        st.builds(IfExp, inner, inner, inner),
        st.builds(Tuple, tuples(starred)),
        st.builds(List, tuples(starred)),
        st.builds(Dict, tuples(st.tuples(st.none() | inner, inner))),
        st.builds(Lambda, params(inner, st.none()), inner),
    )


exprs = st.recursive(leaves, larger, max_leaves=20)
widths = st.integers(20, 120)


@settings(reproducible, max_examples=400)
@given(exprs)
def test_an_expression_is_read_back_as_it_was(node):
    assert reads_as(print_expr(node), node)


@settings(reproducible, max_examples=400)
@given(exprs, widths)
def test_an_expression_is_read_back_as_it_was_wherever_its_lines_break(node, width):
    text = print_module(Module(None, (ExprStmt(node),)), width).text
    assert reads_as(f"({text})", node)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.Module([ast.Expr(as_ast(node))], []))


A, B, C = Name("a"), Name("b"), Name("c")


def infix(op, left, right):
    if op in LOGICAL_OPS:
        return BoolOp(op, (left, right))
    return Compare(op, left, right) if op in COMPARISON_OPS else BinOp(op, left, right)


INFIX_OPS = (*ARITHMETIC_OPS, *COMPARISON_OPS, *LOGICAL_OPS)


@pytest.mark.parametrize("outer", INFIX_OPS)
def test_operators_have_the_parentheses_that_they_need_and_no_others(outer):
    for inner in INFIX_OPS:
        for node in (infix(outer, infix(inner, A, B), C), infix(outer, A, infix(inner, B, C))):
            text = print_expr(node)
            assert reads_as(text, node), text
            without = text.replace("(", "").replace(")", "")
            assert text == without or not reads_as(without, node), text


@pytest.mark.parametrize(("prefix", "op"), [*itertools.product(PREFIX_OPS, INFIX_OPS)])
def test_signs_and_operators_are_read_back_as_they_were(prefix, op):
    for node in (
        UnaryOp(prefix, infix(op, A, B)),
        infix(op, UnaryOp(prefix, A), B),
        infix(op, A, UnaryOp(prefix, B)),
        infix(op, Constant(-1), Constant(-1.5)),
    ):
        assert reads_as(print_expr(node), node), print_expr(node)


small = st.recursive(leaves, larger, max_leaves=6)
targets = st.recursive(
    st.one_of(names.map(Name), st.builds(Attribute, small, names), st.builds(Subscript, small, tuples(small, least=1))),
    lambda inner: st.builds(
        lambda items, rest: Tuple((*items, *map(Starred, rest))), tuples(inner, least=1), tuples(inner, most=1)
    ),
    max_leaves=3,
)
origins = st.none() | st.integers(1, 99)
about = {"origin": origins, "comment": st.none() | any_text}
contexts = small.filter(lambda node: not isinstance(node, Tuple))
simple = st.one_of(
    st.builds(Assign, tuples(targets, least=1, most=2), small, **about),
    st.builds(ExprStmt, small, **about),
    st.builds(AnnAssign, names.map(Name), small, small, **about),
    st.builds(Return, st.none() | small, **about),
    st.builds(Import, st.sampled_from(["torch", "pyro.distributions"]), st.none() | names, **about),
    st.builds(ImportFrom, st.just("pyro.infer"), tuples(names, least=1, most=5), **about),
    st.builds(Comment, any_text, **about),
    st.builds(Blank, **about),
)


def nested(inner):
    body = tuples(inner)
    return st.one_of(
        st.builds(With, tuples(st.tuples(contexts, st.none() | names.map(Name)), least=1), body, **about),
        st.builds(If, small, body, body, **about),
        st.builds(For, targets, small, body, **about),
        st.builds(ClassDef, names, tuples(small, most=2), body, st.none() | st.just("What it does."), **about),
        st.builds(
            FunctionDef,
            names,
            params(small, st.none() | small),
            body,
            st.none() | st.sampled_from(["What it does.", 'a "quoted" \\ word']),
            returns=st.none() | small,
            **about,
        ),
        st.builds(FunctionDef, names, st.just(()), body, keyword_only=params(small, small), **about),
    )


statements = tuples(st.recursive(simple, nested, max_leaves=8), most=4)


@settings(reproducible, max_examples=150)
@given(statements, widths)
def test_a_module_is_read_back_as_it_was(body, width):
    text = print_module(Module(None, body), width).text
    expected = [found for statement in body for found in statement_as_ast(statement)]
    assert ast.dump(ast.parse(text)) == ast.dump(ast.Module(expected, []))


def simple_statements(body, inherited=None):
    """The statements without a body, in order, each with the line of the spec that it comes from."""
    for statement in body:
        origin = inherited if statement.origin is None else statement.origin
        match statement:
            case With(body=inner) | FunctionDef(body=inner) | For(body=inner) | ClassDef(body=inner):
                yield from simple_statements(inner, origin)
            case If(body=inner, orelse=orelse):
                yield from simple_statements(inner, origin)
                yield from simple_statements(orelse, origin)
            case Comment() | Blank():
                pass
            case _:
                yield statement, origin


@settings(reproducible, max_examples=150)
@given(statements, widths)
def test_every_line_of_a_statement_is_mapped_to_where_it_came_from(body, width):
    printed = print_module(Module(None, body), width)
    compound = (ast.With, ast.If, ast.For, ast.FunctionDef, ast.ClassDef, ast.Pass)
    parsed = [
        node
        for node in ast.walk(ast.parse(printed.text))
        if isinstance(node, ast.stmt) and not isinstance(node, compound) and not is_docstring(node)
    ]
    parsed.sort(key=lambda node: node.lineno)
    expected = list(simple_statements(body))
    assert len(parsed) == len(expected)
    for node, (_, origin) in zip(parsed, expected, strict=True):
        assert {printed.lines.get(line) for line in range(node.lineno, node.end_lineno + 1)} == {origin}


def is_docstring(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and node.value.value in ("What it does.", 'a "quoted" \\ word')
    )


# Trees of which every part can be broken: no long literals, slices, parameters or keys.
breakable = st.recursive(
    st.sampled_from("abcdef").map(Name),
    lambda inner: st.one_of(
        st.builds(Call, st.just(Name("f")), tuples(inner, least=1)),
        st.builds(BinOp, st.sampled_from(ARITHMETIC_OPS), inner, inner),
        st.builds(BoolOp, st.sampled_from(LOGICAL_OPS), tuples(inner, least=2)),
        st.builds(Compare, st.sampled_from(COMPARISON_OPS), inner, inner),
        st.builds(IfExp, inner, inner, inner),
        st.builds(List, tuples(inner, least=1)),
    ),
    max_leaves=30,
)


def depth(node):
    return 1 + max((depth(child) for child in ast.iter_child_nodes(node)), default=0)


@settings(reproducible, max_examples=300)
@given(breakable, widths)
def test_no_line_is_wider_than_asked_where_there_is_a_place_to_break(node, width):
    text = print_module(Module(None, (Assign((Name("x"),), node),)), width).text
    # A level of nesting costs four columns of indentation, and once there a name with its operator needs few.
    allowed = max(width, 4 * depth(as_ast(node)) + 16)
    assert max(map(len, text.splitlines())) <= allowed
