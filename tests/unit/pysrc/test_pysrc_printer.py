"""The printer: what source looks like, where its lines break, and the map of lines to the spec."""

import ast
import subprocess
import sys
import textwrap

import pytest

from bayesdsl.pysrc.nodes import (
    AnnAssign,
    Assign,
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
    assign,
    attr,
    binary,
    call,
    dotted,
    expr,
    index,
    method,
)
from bayesdsl.pysrc.printer import print_expr, print_module

A, B, C, X = Name("a"), Name("b"), Name("c"), Name("x")
ONE = Constant(1)


def text_of(*statements, width=100, docstring=None):
    return print_module(Module(docstring, statements), width).text


def dedent(text):
    return textwrap.dedent(text).lstrip("\n")


EXPRESSIONS = [
    # literals
    (Constant(0.1), "0.1"),
    (Constant(10.0), "10.0"),
    (Constant(1e16), "1e16"),
    (Constant(1e-5), "1e-05"),
    (Constant(-0.0), "-0.0"),
    (Constant(float("inf")), 'float("inf")'),
    (Constant(float("-inf")), 'float("-inf")'),
    (Constant(float("nan")), 'float("nan")'),
    (Constant(True), "True"),
    (Constant(None), "None"),
    (Constant(...), "..."),
    (Constant("plain"), '"plain"'),
    (Constant('say "hi"'), "'say \"hi\"'"),
    (Constant("it's \"both\" 'ways'"), '"it\'s \\"both\\" \'ways\'"'),
    (Constant("back\\slash"), '"back\\\\slash"'),
    (Constant("line\nbreak\ttab\0nul"), '"line\\nbreak\\ttab\\x00nul"'),
    (Constant("Doña Ana"), '"Doña Ana"'),
    (Constant("\u202e\u2028\ud800"), '"\\u202e\\u2028\\ud800"'),
    # powers and signs
    (BinOp("**", A, BinOp("**", B, C)), "a**b**c"),
    (BinOp("**", BinOp("**", A, B), C), "(a**b) ** c"),
    (UnaryOp("-", BinOp("**", A, Constant(2))), "-(a**2)"),
    (BinOp("**", UnaryOp("-", A), Constant(2)), "(-a) ** 2"),
    (BinOp("**", Constant(-1), A), "(-1) ** a"),
    (BinOp("**", A, Constant(-0.5)), "a**-0.5"),
    (BinOp("**", A, UnaryOp("-", B)), "a**-b"),
    (BinOp("**", call("f", A), Constant(2)), "f(a) ** 2"),
    (BinOp("**", attr("a", "b"), Constant(2)), "a.b**2"),
    (BinOp("**", BinOp("+", A, B), Constant(2)), "(a + b) ** 2"),
    (UnaryOp("-", UnaryOp("-", A)), "-(-a)"),
    (UnaryOp("-", Constant(-1)), "-(-1)"),
    (UnaryOp("-", call("f")), "-f()"),
    (UnaryOp("-", BinOp("*", A, B)), "-(a * b)"),
    (BinOp("*", UnaryOp("-", A), B), "-a * b"),
    (BinOp("-", A, Constant(-1)), "a - -1"),
    # grouping
    (BinOp("-", A, BinOp("-", B, C)), "a - (b - c)"),
    (BinOp("-", BinOp("-", A, B), C), "a - b - c"),
    (BinOp("/", A, BinOp("*", B, C)), "a / (b * c)"),
    (BinOp("*", BinOp("+", A, B), C), "(a + b) * c"),
    (BinOp("+", BinOp("*", A, B), BinOp("@", C, X)), "a * b + c @ x"),
    (BinOp("&", Compare("<", A, B), UnaryOp("~", C)), "(a < b) & ~c"),
    (UnaryOp("~", BinOp("&", A, B)), "~(a & b)"),
    (BinOp("|", A, BinOp("&", B, C)), "a | b & c"),
    (BinOp("&", A, BinOp("|", B, C)), "a & (b | c)"),
    (Compare("<", Compare("<", A, B), C), "(a < b) < c"),
    (Compare("==", A, Compare("in", B, C)), "a == (b in c)"),
    (Compare("not in", BinOp("+", A, B), C), "a + b not in c"),
    (BoolOp("or", (BoolOp("and", (A, B)), C)), "a and b or c"),
    (BoolOp("and", (BoolOp("or", (A, B)), C)), "(a or b) and c"),
    (BoolOp("and", (BoolOp("and", (A, B)), C)), "(a and b) and c"),
    (UnaryOp("not", Compare("is", A, Constant(None))), "not a is None"),
    (UnaryOp("not", BoolOp("and", (A, B))), "not (a and b)"),
    (Compare("==", A, UnaryOp("not", B)), "a == (not b)"),
    # loosest of all
    (IfExp(B, A, C), "a if b else c"),
    (BinOp("+", IfExp(B, A, C), X), "(a if b else c) + x"),
    (IfExp(A, B, IfExp(B, C, X)), "b if a else (c if b else x)"),
    (Lambda((), A), "lambda: a"),
    (Lambda((Param("a"), Param("b", ONE)), IfExp(A, B, C)), "lambda a, b=1: b if a else c"),
    (BinOp("+", A, Lambda((), B)), "a + (lambda: b)"),
    (call("f", Lambda((), A)), "f(lambda: a)"),
    (Call(Lambda((), A)), "(lambda: a)()"),
    # what is called, indexed, looked into
    (attr(ONE, "real"), "(1).real"),
    (attr(Constant(1.5), "real"), "(1.5).real"),
    (attr(Constant(-1), "real"), "(-1).real"),
    (attr(Constant("a"), "join"), '"a".join'),
    (attr(Constant(float("inf")), "real"), 'float("inf").real'),
    (method(BinOp("+", A, B), "sum", -1), "(a + b).sum(-1)"),
    (index(UnaryOp("-", A), 0), "(-a)[0]"),
    (method(method("a", "exp"), "sum", dim=-1), "a.exp().sum(dim=-1)"),
    (call("f", 1, Starred(A), k="v"), 'f(1, *a, k="v")'),
    (
        Call(A, (Starred(BoolOp("or", (A, B))),), (("k", A), (None, BoolOp("or", (A, B))))),
        "a(*(a or b), k=a, **a or b)",
    ),
    (call("f", infer={"enumerate": "parallel"}), 'f(infer={"enumerate": "parallel"})'),
    # displays
    (Tuple(()), "()"),
    (Tuple((A,)), "(a,)"),
    (Tuple((A, B)), "(a, b)"),
    (Tuple((Starred(A), B)), "(*a, b)"),
    (List(()), "[]"),
    (List((A, List((B,)))), "[a, [b]]"),
    (Dict(()), "{}"),
    (Dict(((Constant("k"), A), (None, B))), '{"k": a, **b}'),
    # subscripts
    (index("a", slice(None), None), "a[:, None]"),
    (index("a", ..., 0), "a[..., 0]"),
    (index("a", slice(1, A), slice(None, None, 2)), "a[1:a, ::2]"),
    (index("a", slice(Constant(-1), None)), "a[-1:]"),
    (index("a", slice(BinOp("+", A, ONE), None)), "a[a + 1 :]"),
    (index("a", slice(None, BinOp("+", A, ONE))), "a[: a + 1]"),
    (index("a", slice(A, call("f"), 2)), "a[a : f() : 2]"),
    (index("a", slice(IfExp(A, B, C), None)), "a[(b if a else c) :]"),
    (index("a", Tuple((A, B))), "a[(a, b)]"),
    (Subscript(A, (Slice(), Slice(ONE, None, Constant(-1)))), "a[:, 1::-1]"),
]


@pytest.mark.parametrize(("node", "expected"), EXPRESSIONS, ids=[expected for _, expected in EXPRESSIONS])
def test_expression_on_one_line(node, expected):
    assert print_expr(node) == expected
    compile(expected, "<test>", "eval")


STATEMENTS = [
    (assign("x", 1), "x = 1"),
    (Assign((A, Tuple((B, C))), X), "a = b, c = x"),
    (Assign((Tuple((A,)),), X), "(a,) = x"),
    (Assign((Tuple((A, Starred(B))),), X), "a, *b = x"),
    (Assign((index("a", 0), attr("b", "c")), Tuple((A, B))), "a[0] = b.c = (a, b)"),
    (ExprStmt(call("f")), "f()"),
    (Import("torch"), "import torch"),
    (Import("pyro.distributions", "dist"), "import pyro.distributions as dist"),
    (ImportFrom("pyro.infer", ("SVI", "Trace_ELBO")), "from pyro.infer import SVI, Trace_ELBO"),
    (Comment("one\ntwo"), "# one\n# two"),
    (With(((call("f"), None),), (ExprStmt(A),)), "with f():\n    a"),
    (With(((call("f"), A), (call("g"), B)), ()), "with f() as a, g() as b:\n    pass"),
    (If(A, (ExprStmt(B),)), "if a:\n    b"),
    (If(A, (ExprStmt(B),), (ExprStmt(C),)), "if a:\n    b\nelse:\n    c"),
    (If(A, (), (If(B, (), (ExprStmt(C),)),)), "if a:\n    pass\nelif b:\n    pass\nelse:\n    c"),
    (If(A, (Comment("nothing"),)), "if a:\n    # nothing\n    pass"),
    (FunctionDef("f", (), ()), "def f():\n    pass"),
    (FunctionDef("f", (), (), "What it does."), 'def f():\n    """What it does."""'),
    (FunctionDef("f", (), (Return(),)), "def f():\n    return"),
    (FunctionDef("f", (), (Return(Tuple((A, B))),)), "def f():\n    return a, b"),
    (
        FunctionDef("f", (Param("a"), Param("b", ONE)), (), returns=dotted("x.y"), keyword_only=(Param("c"),)),
        "def f(a, b=1, *, c) -> x.y:\n    pass",
    ),
    (FunctionDef("f", (Param("a", ONE, Name("int")),), ()), "def f(a: int = 1):\n    pass"),
    (AnnAssign(A, index("dict", B, C), Dict()), "a: dict[b, c] = {}"),
    (For(A, call("range", 3), (ExprStmt(B),)), "for a in range(3):\n    b"),
    (For(Tuple((A, B)), X, ()), "for a, b in x:\n    pass"),
    (ClassDef("A", (), ()), "class A:\n    pass"),
    (ClassDef("A", (B, C), (), "What it is."), 'class A(b, c):\n    """What it is."""'),
    (ClassDef("A", (B,), (FunctionDef("f", (), ()),)), "class A(b):\n    def f():\n        pass"),
    (assign("x", 1, comment="first\nsecond"), "# first\n# second\nx = 1"),
]


@pytest.mark.parametrize(("node", "expected"), STATEMENTS, ids=[expected for _, expected in STATEMENTS])
def test_statement(node, expected):
    assert text_of(node) == expected + "\n"
    compile(expected, "<test>", "exec")


def test_a_call_that_does_not_fit_has_an_argument_a_line_and_a_trailing_comma():
    statement = assign("x", call("pyro.sample", "x", call("dist.Normal", Name("location"), scale=Name("spread"))))
    assert text_of(statement, width=48) == dedent(
        """
        x = pyro.sample(
            "x",
            dist.Normal(location, scale=spread),
        )
        """
    )
    assert text_of(statement, width=30) == dedent(
        """
        x = pyro.sample(
            "x",
            dist.Normal(
                location,
                scale=spread,
            ),
        )
        """
    )


def test_operators_that_do_not_fit_are_put_in_parentheses_and_lead_their_lines():
    mean = binary("+", Name("intercept"), binary("*", Name("slope"), Name("rainfall")), Name("county_effect"))
    assert text_of(assign("mean", mean), width=40) == dedent(
        """
        mean = (
            intercept
            + slope * rainfall
            + county_effect
        )
        """
    )
    assert text_of(ExprStmt(call("f", mean, key=mean)), width=40) == dedent(
        """
        f(
            intercept
            + slope * rainfall
            + county_effect,
            key=(
                intercept
                + slope * rainfall
                + county_effect
            ),
        )
        """
    )


def test_one_operator_before_a_bracket_is_broken_inside_the_bracket():
    value = binary("*", Name("scale"), call("torch.exp", Name("log_rate"), Name("offset")))
    assert text_of(assign("rate", value), width=36) == dedent(
        """
        rate = scale * torch.exp(
            log_rate,
            offset,
        )
        """
    )


def test_an_operand_in_parentheses_is_indented():
    value = binary("*", Name("scale"), binary("+", Name("intercept"), Name("county_effect"), Name("trend")), Name("w"))
    assert text_of(assign("x", value), width=30) == dedent(
        """
        x = (
            scale
            * (
                intercept
                + county_effect
                + trend
            )
            * w
        )
        """
    )


def test_a_chain_of_calls_is_broken_at_its_dots():
    normal = call("dist.Normal", Name("location"), Name("spread"))
    chain = method(method(normal, "expand", [8]), "to_event", 1)
    assert text_of(assign("prior", chain), width=40) == dedent(
        """
        prior = (
            dist.Normal(location, spread)
            .expand([8])
            .to_event(1)
        )
        """
    )
    assert text_of(ExprStmt(call("pyro.sample", "x", chain)), width=40) == dedent(
        """
        pyro.sample(
            "x",
            dist.Normal(location, spread)
            .expand([8])
            .to_event(1),
        )
        """
    )


def test_of_two_brackets_the_wider_is_broken():
    normal = call("dist.Normal", Name("location"), Name("spread"))
    assert text_of(assign("prior", method(normal, "to_event", 1)), width=44) == dedent(
        """
        prior = dist.Normal(
            location,
            spread,
        ).to_event(1)
        """
    )


def test_a_condition_is_broken_at_if_and_else():
    value = IfExp(Name("condition"), Name("something"), Name("something_else"))
    assert text_of(Return(value), width=40) == dedent(
        """
        return (
            something
            if condition
            else something_else
        )
        """
    )


def test_a_lambda_is_broken_in_its_body():
    value = Lambda((Param("x"),), call("f", Name("something"), Name("something_else")))
    assert text_of(assign("g", value), width=30) == "g = lambda x: f(\n    something,\n    something_else,\n)\n"
    value = Lambda((Param("x"),), binary("+", Name("something"), Name("something_else")))
    assert text_of(assign("g", value), width=28) == "g = lambda x: (\n    something\n    + something_else\n)\n"


def test_a_subscript_of_one_item_gets_no_comma_for_that_would_make_it_a_tuple():
    statement = assign("value", index("effects", Name("county_of_house")))
    assert text_of(statement, width=30) == "value = effects[\n    county_of_house\n]\n"


def test_a_tuple_of_one_item_keeps_its_comma():
    statement = Return(Tuple((Name("a_name_that_is_long"),)))
    assert text_of(statement, width=24) == "return (\n    a_name_that_is_long,\n)\n"


def test_what_cannot_be_broken_goes_in_parentheses_only_where_that_helps():
    short = assign("loc", attr("parameters", "location"))
    assert text_of(short, width=24) == "loc = (\n    parameters.location\n)\n"
    assert text_of(short, width=22) == "loc = parameters.location\n"


def test_several_contexts_that_do_not_fit_stand_one_a_line():
    plates = tuple((call("pyro.plate", name, Name(f"n_{name}")), Name(name)) for name in ("row", "column"))
    assert text_of(With(plates, (ExprStmt(A),)), width=50) == dedent(
        """
        with (
            pyro.plate("row", n_row) as row,
            pyro.plate("column", n_column) as column,
        ):
            a
        """
    )


def test_a_signature_and_an_import_that_do_not_fit_are_broken():
    function = FunctionDef("model", (Param("data"), Param("batch_size", Constant(None))), (), returns=Name("Tensor"))
    assert text_of(function, width=36) == dedent(
        """
        def model(
            data,
            batch_size=None,
        ) -> Tensor:
            pass
        """
    )
    assert text_of(ImportFrom("pyro.infer", ("SVI", "Trace_ELBO")), width=30) == dedent(
        """
        from pyro.infer import (
            SVI,
            Trace_ELBO,
        )
        """
    )


def test_empty_lines_stand_where_people_put_them():
    statements = (
        Blank(),
        Import("torch"),
        Import("pyro"),
        assign("n", 1),
        Blank(),
        Blank(),
        assign("m", 2),
        Comment("about f"),
        FunctionDef("f", (), (Blank(), ExprStmt(A), FunctionDef("g", (), (ExprStmt(B),)), Return(C), Blank())),
        ExprStmt(call("f")),
        FunctionDef("h", (), (ExprStmt(A), Blank(), ExprStmt(B)), "Doc.", comment="about h"),
        Blank(),
    )
    assert text_of(*statements, docstring="A module.") == dedent(
        '''
        """A module."""

        import torch
        import pyro

        n = 1

        m = 2


        # about f
        def f():
            a

            def g():
                b

            return c


        f()


        # about h
        def h():
            """Doc."""
            a

            b
        '''
    )


def test_an_empty_line_may_carry_a_comment():
    assert text_of(assign("x", 1), Blank(comment="then"), assign("y", 2)) == "x = 1\n\n# then\ny = 2\n"


def test_an_empty_module_is_empty():
    assert text_of() == ""
    assert text_of(Blank()) == ""


def test_a_comment_cannot_break_out_of_its_line():
    text = text_of(Comment("a\nimport os\r\nb\rc\x0bd\x0ce\u2028f\x85g\x00h"), assign("x", 1, comment="y\n\nz"))
    code, *_ = [line for line in text.splitlines() if not line.startswith("#")]
    assert code == "x = 1"
    assert [line for line in text.split("\n") if line and not line.startswith("#")] == ["x = 1"]
    assert "# y\n#\n# z\nx = 1\n" in text
    assert len(ast.parse(text).body) == 1


@pytest.mark.parametrize("comment", ["coding: latin-1", "a\nencoding: utf-7, coding=latin-1", "coding:coding=latin-1"])
def test_a_comment_cannot_set_the_encoding_of_the_file(comment):
    in_a_file = text_of(Comment(comment), assign("x", "é")).encode()
    assert ast.literal_eval(ast.parse(in_a_file).body[0].value) == "é"


@pytest.mark.parametrize(
    "docstring",
    [
        "plain",
        'ends in a quote"',
        '"starts with one',
        'has """ inside',
        '""""""""',
        "ends in a backslash\\",
        "a \\n that is none",
        'first\n\n    indented """\nlast"',
        "a nul \0 and a \u202e",
    ],
)
def test_a_docstring_is_text_and_nothing_else(docstring):
    text = text_of(FunctionDef("f", (), (Return(ONE),), docstring), docstring=docstring)
    module = ast.parse(text)
    assert [type(node) for node in module.body] == [ast.Expr, ast.FunctionDef]
    assert len(module.body[1].body) == 2
    assert ast.get_docstring(module) == docstring
    assert ast.get_docstring(module.body[1]) == docstring


def test_what_is_no_node_is_named():
    with pytest.raises(TypeError, match=r"not an expression: 1\.5"):
        text_of(ExprStmt(Call(A, (1.5,))))
    with pytest.raises(TypeError, match="not a statement"):
        text_of(A)


def lines_by_origin(printed):
    found = {}
    for number, line in enumerate(printed.text.splitlines(), 1):
        found.setdefault(printed.lines.get(number), []).append(line.strip())
    return found


def test_each_line_is_mapped_to_the_line_of_the_spec_it_came_from():
    body = (
        assign("x", call("pyro.sample", "x", Name("something_long")), origin=4, comment="a prior"),
        assign("y", X),
        Blank(),
        If(
            A,
            (ExprStmt(A, origin=6),),
            (If(B, (ExprStmt(B),), (ExprStmt(C, origin=8),), origin=7, comment="or"),),
            origin=5,
        ),
    )
    function = FunctionDef("f", (), (With(((call("p"), None),), body, origin=3), Return(X)), "Doc.", origin=2)
    printed = print_module(Module("Title.", (Import("torch"), function)), 30)
    assert lines_by_origin(printed) == {
        None: ['"""Title."""', "", "import torch", "", "", ""],
        2: ["def f():", '"""Doc."""', "return x"],
        3: ["with p():", "y = x"],
        4: ["# a prior", "x = pyro.sample(", '"x",', "something_long,", ")"],
        5: ["if a:"],
        6: ["a"],
        7: ["# or", "elif b:", "b", "else:"],
        8: ["c"],
    }


def representative_module():
    """A model and a guide with what generated source is made of."""
    sample, plate, param = "pyro.sample", "pyro.plate", "pyro.param"
    mean = binary(
        "+",
        index("intercept_by_county", attr("data", "county")),
        binary("*", Name("slope"), attr("data", "basement")),
        binary("*", Name("uranium_effect"), index(attr("data", "log_uranium"), attr("data", "county"))),
    )
    likelihood = call("dist.Normal", Name("expected_log_radon"), Name("sigma"))
    varying = method(method(call("dist.Normal", Name("mu"), Name("tau")), "expand", [85]), "mask", attr("data", "keep"))
    model = FunctionDef(
        "model",
        (Param("data"),),
        (
            assign("mu", call(sample, "mu", call("dist.Normal", 0.0, 1.0)), origin=6, comment="radon.bayes:6"),
            assign("tau", call(sample, "tau", call("dist.HalfNormal", 1.0)), origin=7),
            assign("slope", call(sample, "slope", call("dist.Normal", 0.0, 1e16)), origin=7),
            Blank(),
            With(
                ((call(plate, "county", attr("data", "n_county"), dim=-1), None),),
                (
                    assign("intercept_by_county", call(sample, "intercept_by_county", varying), origin=8),
                    assign(
                        "raw",
                        call(sample, "raw", method(call("dist.Normal", 0.0, 1.0), "to_event", 1)),
                        comment="noncentered",
                    ),
                ),
                origin=8,
            ),
            Blank(),
            assign("uranium_effect", binary("*", 2, binary("**", Name("tau"), 2), index("raw", ..., slice(1, None)))),
            assign(
                "sigma",
                call(param, "sigma", call("torch.tensor", 1.0), constraint=attr("constraints", "positive")),
            ),
            With(
                (
                    (call(plate, "house", attr("data", "n_house"), subsample_size=attr("data", "batch"), dim=-2), X),
                    (call(plate, "replicate", attr("data", "n_replicate"), dim=-1), None),
                ),
                (
                    assign("expected_log_radon", mean, origin=9),
                    ExprStmt(call(sample, "log_radon", likelihood, obs=attr("data", "log_radon")), origin=9),
                    ExprStmt(
                        call(
                            "pyro.factor",
                            "prior_of_slope",
                            UnaryOp("-", binary("**", binary("/", Name("slope"), attr("data", "scale")), 2)),
                            has_rsample=IfExp(Compare("is", Name("mask"), Constant(None)), expr(True), Name("mask")),
                        ),
                    ),
                ),
                origin=9,
            ),
            If(
                BoolOp(
                    "and",
                    (
                        Compare("in", Constant("hennepin"), attr("data", "labels_of_the_counties")),
                        UnaryOp("not", Compare("==", attr("data", "n_county_with_measurements"), ONE)),
                    ),
                ),
                (ExprStmt(call("pyro.deterministic", "hennepin", index("intercept_by_county", 3))),),
            ),
            Return(
                Dict(
                    tuple(
                        (Constant(name), Name(name))
                        for name in ("intercept_by_county", "slope", "uranium_effect", "expected_log_radon")
                    )
                )
            ),
        ),
        docstring='Radon in houses, by county.\n\nEquivalent to the "partial pooling" model.',
        origin=1,
    )
    guide = FunctionDef(
        "guide",
        (Param("data", annotation=Name("Data")), Param("scale", Constant(0.1), Name("float"))),
        (
            assign(
                "loc",
                binary(
                    "/",
                    call("torch.log", binary("+", attr("data", "log_radon"), Constant(1e-6))),
                    call("torch.sqrt", attr("data", "number_of_houses_in_county"), out=Constant(None)),
                ),
            ),
            ExprStmt(call(sample, "mu", call("dist.Delta", Name("loc")), infer={"is_auxiliary": True})),
        ),
        returns=Constant(None),
        keyword_only=(Param("generator", Constant(None)),),
    )
    transform = Lambda((Param("draws"),), binary("+", index("draws", "intercept"), index("draws", "slope"), Name("x")))
    return Module(
        "Generated from radon.bayes.",
        (
            Import("math"),
            Blank(),
            Import("pyro"),
            Import("pyro.distributions", "dist"),
            Import("torch"),
            ImportFrom("torch.distributions", ("constraints",)),
            assign("COUNTIES", ["AITKIN", "ANOKA", "BECKER", 'LAC "QUI" PARLE', "ST LOUIS", "YELLOW MEDICINE", "ROCK"]),
            assign("AT", Tuple((Constant(1), Constant(-2.5), Constant(float("inf"))))),
            Comment("The model."),
            model,
            guide,
            assign("derived", Dict(((Constant("slope_in_counties_with_a_basement"), transform),))),
        ),
    )


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_ruff_leaves_a_representative_module_as_it_is(width):
    pytest.importorskip("ruff")
    text = print_module(representative_module(), width).text
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(width), "-"]
    formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    assert formatted == text


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_a_representative_module_fits_its_width_and_compiles(width):
    text = print_module(representative_module(), width).text
    assert max(map(len, text.splitlines())) <= width
    compile(text, "<test>", "exec")


def test_wrapping_changes_layout_alone():
    trees = {ast.dump(ast.parse(print_module(representative_module(), width).text)) for width in range(20, 121, 5)}
    assert len(trees) == 1
