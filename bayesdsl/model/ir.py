"""The checked model: what the checker hands on. Every name is resolved, every expression has its plates and support.

Plates are referred to by name; `k'` is a second index of the plate `k`. `Expr.plates` is in the order of first
appearance and has no repeats: an expression has one value for each combination of their members.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from bayesdsl.catalogue.rows import Component, Distribution, Engine, Module
from bayesdsl.source import Source, Span
from bayesdsl.types.sizes import Count
from bayesdsl.types.supports import Support

Plates = tuple[str, ...]


def base_plate(plate: str) -> str:
    """The plate that a primed index runs over."""
    return plate.rstrip("'")


def join(*sets: Plates) -> Plates:
    """The union, in the order of first appearance."""
    return tuple(dict.fromkeys(plate for plates in sets for plate in plates))


# Plates and data


class Origin(Enum):
    """Where a plate's members come from."""

    ROWS = "rows"  # the rows of a table
    LEVELS = "levels"  # the levels of category columns
    COLUMNS = "columns"  # the columns that a matrix stacks
    NUMBER = "number"  # `plate k = 20`
    LABELS = "labels"  # `plate k = ["a", "b"]`
    WEIGHTS = "weights"  # a dimension of a layer's weights


@dataclass(frozen=True, slots=True)
class Plate:
    """A named dimension. `size` and `labels` are None where only the data tell.

    A dimension of a layer's weights has a name that no spec can write (`f.0.weight[1]`), and `count` is its size.
    """

    name: str
    origin: Origin
    span: Span
    size: int | None = None
    labels: tuple[str | int, ...] | None = None
    redraw_unseen: bool = False
    count: Count | None = None


@dataclass(frozen=True, slots=True)
class RowName:
    """In a column's expression: a column of the source, one declared above, or a constant; only the data tell."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class RowValue:
    """A number, or a text to compare with."""

    value: float | int | str
    span: Span


@dataclass(frozen=True, slots=True)
class RowCall:
    """An operator, an elementwise function, a function of whole columns, or `present`."""

    function: str
    args: tuple[RowExpr, ...]
    span: Span


# What a column is computed by, row by row, from the columns of its source.
RowExpr = RowName | RowValue | RowCall


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, or a matrix of columns.

    `plates` is the table's plate, then the matrix's. `type` is what was declared (None for values in place).
    `category` names the plate that a category column maps rows to. `value` is the expression over the source's
    columns (None: the column of the same name); `stack` those of a matrix, `pattern` that of `columns("x*")`;
    `literal` the values written in place.
    """

    name: str
    plates: Plates
    support: Support
    span: Span
    type: Support | None = None
    category: str | None = None
    value: RowExpr | None = None
    stack: tuple[RowExpr, ...] | None = None
    pattern: str | None = None
    literal: tuple[float | int | str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A data block. `source` is None where the data are given in place or when the model is run."""

    plate: str
    span: Span
    columns: tuple[Column, ...]
    source: str | None = None
    source_span: Span | None = None
    options: tuple[tuple[str, object], ...] = ()
    where: tuple[RowExpr, ...] = ()
    drop_missing: bool = False
    key: str | None = None

    @property
    def in_place(self) -> bool:
        return any(column.literal is not None for column in self.columns)


# Expressions


@dataclass(frozen=True, slots=True)
class Number:
    value: float | int
    span: Span
    plates: Plates
    support: Support


class Kind(Enum):
    """What a name stands for."""

    COLUMN = "data"
    LATENT = "latent"
    PARAM = "param"
    LET = "definition"


@dataclass(frozen=True, slots=True)
class Ref:
    """A value by its name, over all its plates."""

    name: str
    kind: Kind
    span: Span
    plates: Plates
    support: Support


@dataclass(frozen=True, slots=True)
class Rows:
    """An index by the category column `column`: one member for each row of its table."""

    column: str


@dataclass(frozen=True, slots=True)
class Member:
    """An index by label."""

    label: str | int | float
    span: Span


@dataclass(frozen=True, slots=True)
class Rename:
    """An index that reads the plate under another of its names: `x[k']`."""

    plate: str


Index = Rows | Member | Rename


@dataclass(frozen=True, slots=True)
class At:
    """Members of a value: `indices` maps plates of `base` to how they are indexed; the others are kept."""

    base: Ref
    indices: tuple[tuple[str, Index], ...]
    span: Span
    plates: Plates
    support: Support


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or elementwise function of the catalogue."""

    function: str
    args: tuple[Expr, ...]
    span: Span
    plates: Plates
    support: Support


@dataclass(frozen=True, slots=True)
class Reduce:
    """A reduction over plates (`sum`, `dot`), or with `keeps` a scan along one (`softmax`, `cumsum`)."""

    function: str
    over: Plates
    args: tuple[Expr, ...]
    span: Span
    plates: Plates
    support: Support
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """A layer applied: `f(x)`. `output` is which of the layer's outputs this is."""

    layer: str
    args: tuple[Expr, ...]
    output: int
    span: Span
    plates: Plates
    support: Support


@dataclass(frozen=True, slots=True)
class Members:
    """A number of members of which only the data tell, as the `fan_in` of a layer's weights."""

    count: Count
    span: Span
    plates: Plates
    support: Support


Expr = Number | Ref | At | Apply | Reduce | Network | Members


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions an expression is made of."""
    match expr:
        case Number() | Ref() | Members():
            return ()
        case At():
            return (expr.base,)
        case Apply() | Reduce() | Network():
            return expr.args


def walk(expr: Expr):
    """The expression and everything in it, outermost first."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


# Distributions


@dataclass(frozen=True, slots=True)
class Call:
    """A distribution with the arguments Pyro takes. `own` names each OWN argument's plate."""

    row: Distribution
    args: tuple[tuple[str, Expr | Dist], ...]
    span: Span
    support: Support
    own: tuple[tuple[str, str], ...] = ()

    def arg(self, name: str) -> Expr | Dist | None:
        return next((value for key, value in self.args if key == name), None)


@dataclass(frozen=True, slots=True)
class Improper:
    """`Flat()`: density one everywhere on the support."""

    span: Span
    support: Support


@dataclass(frozen=True, slots=True)
class Mix:
    """A mixture over the members of `plate`, marginalised."""

    weights: Expr
    component: Call
    plate: str
    span: Span
    support: Support


Dist = Call | Improper | Mix


def dist_exprs(dist: Dist):
    """The expressions a distribution depends on."""
    match dist:
        case Call():
            for _, value in dist.args:
                if isinstance(value, Call | Improper | Mix):
                    yield from dist_exprs(value)
                else:
                    yield value
        case Mix():
            yield dist.weights
            yield from dist_exprs(dist.component)
        case Improper():
            return


# Statements


@dataclass(frozen=True, slots=True)
class Sample:
    """A latent: `plates` are independent copies, `event` the dimensions of one value.

    `support` is that of the value: the distribution's, or what a type on the left narrows it to (`restricted`).
    `moving` says that the support depends on other latents. `layer` is the layer that a weight belongs to: its name is
    that of torch's parameter (`f.0.weight`), its plates are the dimensions of the tensor, its copies are drawn as one.
    """

    name: str
    plates: Plates
    event: Plates
    dist: Dist
    support: Support
    span: Span
    noncentered: bool = False
    restricted: bool = False
    moving: bool = False
    layer: str | None = None


def hierarchical_scale(sample: Sample) -> Expr | None:
    """The scale of a centred hierarchy: members with a prior whose scale is itself uncertain. None for other priors."""
    if sample.noncentered or not sample.plates or not isinstance(sample.dist, Call):
        return None
    pair = sample.dist.row.location_scale
    scale = sample.dist.arg(pair[1]) if pair else None
    uncertain = scale is not None and any(isinstance(n, Ref) and n.kind is Kind.LATENT for n in walk(scale))
    return scale if uncertain else None


@dataclass(frozen=True, slots=True)
class Observed:
    """A likelihood of the data column `name`."""

    name: str
    plates: Plates
    event: Plates
    dist: Dist
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """A learnable value without a prior. A weight of the layer `layer` starts as torch's modules do."""

    name: str
    plates: Plates
    support: Support
    init: Expr | None
    span: Span
    layer: str | None = None


@dataclass(frozen=True, slots=True)
class Let:
    """A deterministic quantity; `reported` with `derive`."""

    name: str
    plates: Plates
    expr: Expr
    reported: bool
    span: Span


Statement = Sample | Observed | Parameter | Let


# Layers


@dataclass(frozen=True, slots=True)
class Step:
    """A module of torch.nn in a layer.

    `settings` are all of the module's, a size written by plates as a `Count`. `place` is where torch's Sequential has
    it (`0`, `2.1`). `weights` maps torch's names of its parameters to their statements. `before` and `after` are the
    sizes of one value, None where only the data tell.
    """

    row: Module
    settings: tuple[tuple[str, object], ...]
    place: str
    weights: tuple[tuple[str, str], ...]
    span: Span
    before: tuple[Count | None, ...] = ()
    after: tuple[Count | None, ...] = ()

    def setting(self, name: str) -> object:
        return dict(self.settings)[name]


@dataclass(frozen=True, slots=True)
class Layer:
    """A network. Its weights are statements of the model: latents with a prior, params without.

    `inputs` are the plates of each argument, side by side in what the first step takes; () is one number.
    `outputs` are those of each result. `steps` run in order; where there are several results, `heads` are the steps
    that give each from what the last of `steps` gives.
    """

    name: str
    inputs: tuple[Plates, ...]
    outputs: tuple[Plates, ...]
    steps: tuple[Step, ...]
    heads: tuple[tuple[Step, ...], ...]
    span: Span

    def all_steps(self) -> tuple[Step, ...]:
        return (*self.steps, *(step for head in self.heads for step in head))

    def weights(self) -> tuple[str, ...]:
        """The names of the statements of its weights, in torch's order."""
        return tuple(name for step in self.all_steps() for _, name in step.weights)


# Guides and inference


@dataclass(frozen=True, slots=True)
class Setup:
    """A guide, optimiser or loss with its settings."""

    row: Component
    settings: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class GuidePart:
    sites: tuple[str, ...]
    setup: Setup


@dataclass(frozen=True, slots=True)
class GuideMap:
    """A guide put together from autoguides."""

    name: str
    parts: tuple[GuidePart, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class GuideBody:
    """A guide written by hand."""

    name: str
    statements: tuple[Statement, ...]
    span: Span
    layers: dict[str, Layer] = field(default_factory=dict)


Guide = GuideMap | GuideBody


@dataclass(frozen=True, slots=True)
class Batch:
    """`256 of image`: how many rows of a plate each step takes."""

    size: int
    plate: str

    def __str__(self) -> str:
        return f"{self.size} of {self.plate}"


@dataclass(frozen=True, slots=True)
class Inference:
    """An `infer` statement with every setting resolved, defaults included.

    A setting's value is a number, a bool, a text, a `Setup`, a `Batch`, or for `guide` the name of one of the spec's
    guides.
    """

    name: str
    engine: Engine
    settings: tuple[tuple[str, object], ...]
    span: Span

    def setting(self, name: str) -> object:
        return dict(self.settings)[name]


def batch_of(inference: Inference) -> Batch | None:
    """The minibatches of an inference, None where it takes all rows at every step."""
    return dict(inference.settings).get("batch")


@dataclass(frozen=True, slots=True)
class Model:
    """A whole checked spec."""

    source: Source
    plates: dict[str, Plate]
    tables: dict[str, Table]
    statements: tuple[Statement, ...]
    guides: dict[str, Guide] = field(default_factory=dict)
    inferences: tuple[Inference, ...] = ()
    constants: dict[str, float | int] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Column]:
        return {column.name: column for table in self.tables.values() for column in table.columns}

    def table_of(self, column: str) -> Table:
        return next(table for table in self.tables.values() if any(c.name == column for c in table.columns))

    def of(self, kind: type) -> tuple:
        return tuple(s for s in self.statements if isinstance(s, kind))
