"""Nodes: what they refuse, and the helpers that build them."""

import pytest

from bayesdsl.pysrc import printer
from bayesdsl.pysrc.nodes import (
    ARITHMETIC_OPS,
    COMPARISON_OPS,
    LOGICAL_OPS,
    PREFIX_OPS,
    Assign,
    Attribute,
    BinOp,
    BoolOp,
    Call,
    ClassDef,
    Compare,
    Constant,
    Dict,
    For,
    FunctionDef,
    Import,
    ImportFrom,
    Lambda,
    List,
    Name,
    Param,
    Slice,
    Starred,
    Subscript,
    Tuple,
    UnaryOp,
    With,
    assign,
    attr,
    binary,
    call,
    dotted,
    expr,
    index,
    is_identifier,
    method,
)

X, Y = Name("x"), Name("y")

NOT_IDENTIFIERS = [
    "",
    " ",
    "1x",
    "a b",
    "a.b",
    "a-b",
    "x\n",
    "x; import os",
    "x)",
    "*",
    "#",
    "class",
    "lambda",
    "None",
    "True",
    "\N{MICRO SIGN}",  # folds to a Greek mu
    "\N{LATIN SMALL LIGATURE FI}t",  # folds to fit
    "\N{MATHEMATICAL BOLD SMALL I}\N{MATHEMATICAL BOLD SMALL F}",  # folds to if
]


@pytest.mark.parametrize("name", NOT_IDENTIFIERS)
@pytest.mark.parametrize(
    "build",
    [
        Name,
        Param,
        lambda name: Attribute(X, name),
        lambda name: Call(X, (), ((name, Y),)),
        lambda name: FunctionDef(name, (), ()),
        lambda name: Import("torch", name),
        lambda name: ImportFrom("torch", ("nn", name)),
        lambda name: attr("x", name),
        lambda name: method("x", name),
        lambda name: call("f", **{name: 1}),
    ],
)
def test_what_is_no_identifier_makes_no_node(build, name):
    with pytest.raises(ValueError, match="not an identifier"):
        build(name)


@pytest.mark.parametrize("name", ["", ".", "a..b", "a.", ".a", "torch.1", "a.class", "os;x"])
@pytest.mark.parametrize("build", [dotted, Import, lambda name: ImportFrom(name, ("x",))])
def test_every_part_of_a_dotted_path_is_an_identifier(build, name):
    with pytest.raises(ValueError, match="not an identifier"):
        build(name)


@pytest.mark.parametrize("name", ["x", "_", "match", "type", "log_gdp", "\N{GREEK SMALL LETTER MU}", "Größe"])
def test_names_people_use_are_identifiers(name):
    assert is_identifier(name)
    assert Name(name).id == name


@pytest.mark.parametrize(
    "build",
    [
        lambda: BinOp("and", X, Y),
        lambda: UnaryOp("!", X),
        lambda: Compare("=", X, Y),
        lambda: BoolOp("&", (X, Y)),
        lambda: BoolOp("and", (X,)),
        lambda: Subscript(X, ()),
        lambda: Call(X, (), (("a", X), ("a", Y))),
        lambda: Lambda((Param("a"), Param("a")), X),
        lambda: Lambda((Param("a", annotation=X),), X),
        lambda: FunctionDef("f", (Param("a", Constant(1)), Param("b")), ()),
        lambda: FunctionDef("f", (Param("a"),), (), keyword_only=(Param("a"),)),
        lambda: With((), ()),
        lambda: With(((Tuple((X, Y)), None),), ()),
        lambda: Assign((), X),
        lambda: Assign((Constant(1),), X),
        lambda: Assign((call("f"),), X),
        lambda: Assign((Tuple(()),), X),
        lambda: Assign((Tuple((Starred(X), Starred(Y))),), X),
        lambda: ImportFrom("torch", ()),
        lambda: For(call("f"), X, ()),
        lambda: ClassDef("class", (), ()),
    ],
)
def test_nodes_that_are_no_python_are_refused(build):
    with pytest.raises(ValueError):
        build()


def test_parameters_by_keyword_alone_may_lack_a_default_after_others_that_have_one():
    function = FunctionDef("f", (Param("a", Constant(1)),), (), keyword_only=(Param("b", Constant(2)), Param("c")))
    assert [param.name for param in function.keyword_only] == ["b", "c"]


class _Float(float):
    pass


@pytest.mark.parametrize("value", [1j, b"x", _Float(1.0), {1}, object(), X])
def test_only_plain_values_make_constants(value):
    with pytest.raises(TypeError, match="no literal"):
        Constant(value)


def test_constants_are_equal_where_they_print_alike():
    different = [Constant(value) for value in (1, 1.0, True, 0.0, -0.0, 0, False, "1", None, ..., float("nan"))]
    assert len(set(different)) == len(different)
    assert Constant(float("nan")) == Constant(float("nan"))
    assert Constant(1) != 1


def test_the_precedence_table_has_every_operator():
    assert set(printer.INFIX) == {*ARITHMETIC_OPS, *COMPARISON_OPS, *LOGICAL_OPS}
    assert set(printer.PREFIX) == set(PREFIX_OPS)


def test_plain_values_become_expressions():
    assert expr(2.0) == Constant(2.0)
    assert expr("a.b") == Constant("a.b")
    assert expr((1, X)) == Tuple((Constant(1), X))
    assert expr([None, ...]) == List((Constant(None), Constant(...)))
    assert expr({"a": [1]}) == Dict(((Constant("a"), List((Constant(1),))),))
    assert expr(X) is X


def test_helpers_take_a_dotted_path_for_what_is_called_and_strings_for_arguments():
    normal = Attribute(Name("dist"), "Normal")
    assert dotted("dist.Normal") == normal
    assert attr("a", "b", "c") == dotted("a.b.c")
    assert attr(call("f"), "T") == Attribute(Call(Name("f")), "T")
    assert call("dist.Normal", 0, X, scale="s") == Call(normal, (Constant(0), X), (("scale", Constant("s")),))
    assert call("f", Starred(X)) == Call(Name("f"), (Starred(X),))
    assert method(X, "sum", -1) == Call(Attribute(X, "sum"), (Constant(-1),))
    assert assign("x", 1, origin=3, comment="why") == Assign((X,), Constant(1), origin=3, comment="why")


def test_helpers_leave_every_keyword_to_the_call():
    assert call("f", func=1, value=2).kwargs == (("func", Constant(1)), ("value", Constant(2)))
    assert method("x", "f", name="a", value=2).kwargs == (("name", Constant("a")), ("value", Constant(2)))


def test_index_takes_python_slices():
    items = (Constant(...), Slice(), Slice(Constant(1), None, X), Slice(upper=Y))
    assert index("x", ..., slice(None), slice(1, None, X), Slice(upper=Y)) == Subscript(X, items)


def test_binary_groups_from_the_left():
    assert binary("-", X, 1, Y) == BinOp("-", BinOp("-", X, Constant(1)), Y)
    assert binary("-", X) is X
