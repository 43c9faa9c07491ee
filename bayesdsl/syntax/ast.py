"""What the parser gives: the spec as written. Names are strings here; the checker resolves them.

Spans take no part in comparisons, so that two specs are equal when they say the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bayesdsl.source import Source, Span


@dataclass(frozen=True, slots=True)
class Ident:
    """A name being declared or referred to. A prime (`k'`) is part of it."""

    name: str
    span: Span = field(compare=False)


# Expressions


@dataclass(frozen=True, slots=True)
class Num:
    value: float | int
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Str:
    value: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument or an index: `3`, `lr = 0.1`, `county = "HENNEPIN"`, `batch = 256 of image`."""

    keyword: Ident | None
    value: Expr
    span: Span = field(compare=False)
    of: Ident | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """`f(..)`, or over plates `f[p, q](..)`."""

    func: Ident
    plates: tuple[Ident, ...] | None
    args: tuple[Arg, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Index:
    base: Expr
    items: tuple[Arg, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    op: str
    operand: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison, `and`, `or`, and the arrow of a layer's pipeline."""

    op: str
    left: Expr
    right: Expr
    span: Span = field(compare=False)
    op_span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Expr, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class TupleOf:
    items: tuple[Expr, ...]
    span: Span = field(compare=False)


Expr = Num | Str | Name | Call | Index | Unary | Binary | ListOf | TupleOf


# Statements


@dataclass(frozen=True, slots=True)
class TypeName:
    """`positive`, `interval(0, 10)`, `category(team)`."""

    name: str
    args: tuple[Expr, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Target:
    """The left of a statement: `a`, `a[county]`, `L[k, k']`."""

    ident: Ident
    plates: tuple[Ident, ...]
    span: Span = field(compare=False)

    @property
    def name(self) -> str:
        return self.ident.name


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `target.plates` holds the plate of a matrix of columns."""

    target: Target
    type: TypeName | None
    value: Expr | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Where:
    condition: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Missing:
    policy: Ident
    span: Span = field(compare=False)


DataItem = Column | Where | Missing


@dataclass(frozen=True, slots=True)
class Data:
    plate: Ident
    source: Str | None
    options: tuple[Arg, ...]
    items: tuple[DataItem, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class PlateDecl:
    plate: Ident
    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Const:
    ident: Ident
    value: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Prior:
    """`a, b[p] ~ D(..) noncentered`. `type` restricts the support: `mu[k] : ordered ~ Normal(0, 2)`."""

    targets: tuple[Target, ...]
    type: TypeName | None
    dist: Expr
    modifiers: tuple[Ident, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Param:
    targets: tuple[Target, ...]
    type: TypeName | None
    init: Expr | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Define:
    """`name = expr`, or with `derive` one that is reported."""

    targets: tuple[Target, ...]
    value: Expr
    derive: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Observe:
    target: Target
    dist: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class PlateBlock:
    plates: tuple[Ident, ...]
    body: tuple[Statement, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Layer:
    """`layer f : [in] -> [out], [out] = pipeline { weight ~ D }`."""

    ident: Ident
    inputs: tuple[tuple[Ident, ...], ...]
    outputs: tuple[tuple[Ident, ...], ...]
    pipeline: Expr
    body: tuple[Statement, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class GuideMap:
    """`tau, sigma : AutoDelta` inside a guide."""

    sites: tuple[Ident, ...]
    guide: Expr
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Guide:
    ident: Ident
    body: tuple[Statement, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Unseen:
    plate: Ident
    policy: Ident
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Infer:
    ident: Ident | None
    engine: Expr
    span: Span = field(compare=False)


Statement = (
    Data | PlateDecl | Const | Prior | Param | Define | Observe | PlateBlock | Layer | GuideMap | Guide | Unseen | Infer
)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its `#`. `alone` says that nothing stands before it on its line."""

    text: str
    span: Span
    alone: bool


@dataclass(frozen=True, slots=True)
class Spec:
    source: Source = field(compare=False)
    statements: tuple[Statement, ...] = ()
    comments: tuple[Comment, ...] = field(default=(), compare=False)
