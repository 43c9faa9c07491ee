"""`verify` takes every model of the checker, and fails on one with a piece in the wrong place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bayesdsl.check import check
from bayesdsl.model import ir
from bayesdsl.model.invariants import verify
from bayesdsl.source import Source, Span
from bayesdsl.syntax.parser import parse
from bayesdsl.types.supports import CATEGORY, ORDERED, REAL, SIMPLEX, UNKNOWN

TEXT = """
const c = 2
plate k = 3
data house {
    county : category = ["A", "B", "A"]
    x = [0.1, 0.5, 0.9]
    y = [1.2, 0.7, 2.1]
}
tau ~ HalfNormal(c)
w[k] ~ Dirichlet(1)
m[k] : ordered ~ Normal(0, 1)
a[county] ~ Normal(0, tau)
L[k, k'] ~ LKJCholesky(1)
v[k] ~ MultivariateNormal(0, scale_tril = L)
param s : positive = 1
mean = a[county] + sum[k](v) * x
derive first = m[k = 1]
observe y ~ Mixture(w, Normal(m + mean, s))
guide q { tau, w, m, a, L, v : AutoNormal }
infer svi(guide = q)
"""


@pytest.fixture(scope="module")
def model() -> ir.Model:
    checked = check(parse(Source("m.bayes", TEXT)))
    assert checked.diagnostics == ()
    return checked.model


def test_a_model_of_the_checker_is_well_formed(model: ir.Model):
    verify(model)


def changed(model: ir.Model, name: str, change: Callable[[ir.Statement], ir.Statement]) -> ir.Model:
    """The model with one statement changed."""
    statements = tuple(change(s) if s.name == name else s for s in model.statements)
    return replace(model, statements=statements)


def without(model: ir.Model, name: str) -> ir.Model:
    return replace(model, statements=tuple(s for s in model.statements if s.name != name))


def reference(name: str, kind: ir.Kind = ir.Kind.LATENT, plates: ir.Plates = (), support=REAL) -> ir.Ref:
    return ir.Ref(name, kind, Span(0, 1), plates, support)


def let(model: ir.Model, expr: ir.Expr, plates: ir.Plates | None = None) -> ir.Model:
    """The model with a definition of its mean replaced."""
    return changed(model, "mean", lambda s: replace(s, expr=expr, plates=s.plates if plates is None else plates))


def with_arg(statement: ir.Sample, name: str, value: ir.Expr) -> ir.Sample:
    args = tuple((n, value if n == name else v) for n, v in statement.dist.args)
    return replace(statement, dist=replace(statement.dist, args=args))


def with_column(model: ir.Model, name: str, **changes: object) -> ir.Model:
    table = model.tables["house"]
    columns = tuple(replace(c, **changes) if c.name == name else c for c in table.columns)
    return replace(model, tables={"house": replace(table, columns=columns)})


NUMBER = ir.Number(1, Span(0, 1), (), REAL)
TAU = reference("tau")
BROKEN: dict[str, Callable[[ir.Model], ir.Model]] = {
    "is not declared above": lambda m: without(m, "tau"),
    "`tau` is declared twice": lambda m: replace(m, statements=(*m.statements, m.statements[0])),
    "is a constant as well": lambda m: replace(m, constants={"tau": 1}),
    "is a latent, not a param": lambda m: let(m, reference("tau", ir.Kind.PARAM)),
    "`tau` is over ()": lambda m: let(m, reference("tau", plates=("house",))),
    "a support is not known": lambda m: let(m, reference("tau", support=UNKNOWN)),
    "there is no plate `nowhere`": lambda m: changed(m, "tau", lambda s: replace(s, plates=("nowhere",))),
    "repeat a plate": lambda m: changed(m, "w", lambda s: replace(s, plates=("k",))),
    "without its first index": lambda m: changed(m, "tau", lambda s: replace(s, plates=("k'",))),
    "is not in the source": lambda m: changed(m, "tau", lambda s: replace(s, span=Span(0, 10_000))),
    "there is no function `f`": lambda m: let(m, ir.Apply("f", (TAU,), Span(0, 1), (), REAL)),
    "`exp` has 2 arguments": lambda m: let(m, ir.Apply("exp", (TAU, TAU), Span(0, 1), (), REAL)),
    "`exp` of () is over": lambda m: let(m, ir.Apply("exp", (TAU,), Span(0, 1), ("house",), REAL)),
    "is indexed by `house`": lambda m: let(m, ir.At(TAU, (("house", ir.Rename("house'")),), Span(0, 1), (), REAL)),
    "has other levels": lambda m: let(
        m, ir.At(reference("m", plates=("k",)), (("k", ir.Rows("county")),), Span(0, 1), ("house",), REAL)
    ),
    "indexed is over": lambda m: let(
        m, ir.At(reference("a", plates=("county",)), (("county", ir.Rows("county")),), Span(0, 1), (), REAL)
    ),
    "is read as": lambda m: let(
        m,
        ir.At(
            reference("m", plates=("k",)),
            (
                (
                    "k",
                    ir.Rename("county"),
                ),
            ),
            Span(0, 1),
            ("county",),
            REAL,
        ),
    ),
    "there is no reduction `total`": lambda m: let(
        m, ir.Reduce("total", ("k",), (reference("m", plates=("k",)),), Span(0, 1), (), REAL)
    ),
    "of a value over ()": lambda m: let(m, ir.Reduce("sum", ("k",), (TAU,), Span(0, 1), (), REAL)),
    "leaves": lambda m: let(m, ir.Reduce("sum", ("k",), (reference("m", plates=("k",)),), Span(0, 1), ("k",), REAL)),
    "its value": lambda m: let(m, reference("a", plates=("county",)), plates=("house",)),
    "lacks `scale`": lambda m: changed(m, "tau", lambda s: replace(s, dist=replace(s.dist, args=()))),
    "has the arguments": lambda m: changed(
        m, "tau", lambda s: replace(s, dist=replace(s.dist, args=(("width", NUMBER),)))
    ),
    "`scale` is over": lambda m: changed(
        m, "a", lambda s: with_arg(s, "scale", reference("x", ir.Kind.COLUMN, ("house",)))
    ),
    "values of Dirichlet have 1 plates": lambda m: changed(
        m, "w", lambda s: replace(s, plates=("k",), event=(), support=REAL)
    ),
    "has only the plates": lambda m: changed(m, "tau", lambda s: replace(s, support=ORDERED)),
    "has no plates to run over": lambda m: let(m, reference("tau", support=SIMPLEX)),
    "cannot be noncentered": lambda m: changed(m, "tau", lambda s: replace(s, noncentered=True)),
    "it cannot be": lambda m: changed(m, "s", lambda s: replace(s, support=CATEGORY)),
    "it is observed and no column": lambda m: changed(m, "y", lambda s: replace(s, name="z")),
    "it is over ('house',)": lambda m: changed(m, "y", lambda s: replace(s, plates=())),
    "it has no density": lambda m: changed(m, "y", lambda s: replace(s, dist=ir.Improper(s.span, REAL))),
    "the weights do not vary": lambda m: changed(m, "y", lambda s: replace(s, dist=replace(s.dist, weights=NUMBER))),
    "its columns have": lambda m: with_column(m, "x", literal=(1,)),
    "it has the levels of no plate": lambda m: with_column(m, "county", category="state"),
    "from more than one place": lambda m: with_column(m, "x", pattern="x*"),
    "it covers": lambda m: replace(m, guides={"q": replace(m.guides["q"], parts=m.guides["q"].parts[:0])}),
    "its settings are": lambda m: replace(m, inferences=(replace(m.inferences[0], settings=()),)),
    "there is no guide `q`": lambda m: replace(m, guides={}),
    "it is called": lambda m: replace(m, plates={**m.plates, "k": replace(m.plates["k"], name="j")}),
    "has 2 members": lambda m: replace(m, plates={**m.plates, "k": replace(m.plates["k"], size=2, labels=("a",))}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_piece_in_the_wrong_place_is_found(model: ir.Model, what: str):
    with pytest.raises(AssertionError) as failed:
        verify(BROKEN[what](model))
    assert what in str(failed.value)
