"""What holds of every model that the checker hands on. `verify` fails where it does not: a bug, not a user's mistake.

a ~ Normal(b, 1), where nothing above declares b   ->   AssertionError: a: `b` is not declared above
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

from bayesdsl.catalogue.functions import FUNCTIONS, OPERATORS, REDUCTIONS, SCANS
from bayesdsl.catalogue.rows import Distribution, Extent, SettingKind
from bayesdsl.model import ir
from bayesdsl.source import Span
from bayesdsl.types.supports import Support


@dataclass(frozen=True)
class _Value:
    """A value that expressions may name."""

    kind: ir.Kind
    plates: ir.Plates


@dataclass
class _Verifier:
    """`where` is what is being looked at, for messages; `values` those declared so far."""

    model: ir.Model
    values: dict[str, _Value] = field(default_factory=dict)
    layers: dict[str, ir.Layer] = field(default_factory=dict)
    where: str = "the model"

    def ensure(self, holds: bool, what: str) -> None:
        if not holds:
            raise AssertionError(f"{self.where}: {what}")

    # Pieces

    def span(self, span: Span) -> None:
        self.ensure(0 <= span.start <= span.end <= len(self.model.source.text), f"{span} is not in the source")

    def support(self, support: Support) -> None:
        self.ensure(support.known, "a support is not known")
        self.ensure(support.lo <= support.hi, f"the support {support} is empty")

    def plates(self, plates: ir.Plates) -> None:
        self.ensure(len(set(plates)) == len(plates), f"{plates} repeat a plate")
        for plate in plates:
            self.ensure(ir.base_plate(plate) in self.model.plates, f"there is no plate `{plate}`")

    def left(self, plates: ir.Plates) -> None:
        """The plates of a left side: a second index has its first beside it."""
        self.plates(plates)
        for plate in plates:
            self.ensure(ir.base_plate(plate) in plates, f"`{plate}` stands without its first index")

    def declare(self, name: str, kind: ir.Kind, plates: ir.Plates) -> None:
        self.ensure(name not in self.values, f"`{name}` is declared twice")
        self.ensure(name not in self.model.constants, f"`{name}` is a constant as well")
        self.values[name] = _Value(kind, plates)

    # Expressions

    def expression(self, expr: ir.Expr) -> None:
        for node in ir.walk(expr):
            self.span(node.span)
            self.support(node.support)
            self.plates(node.plates)
            self.ensure(node.support.event <= len(node.plates), f"{node.support} has no plates to run over")
            self._node(node)

    def _node(self, node: ir.Expr) -> None:
        match node:
            case ir.Number(value, plates=plates):
                self.ensure(isfinite(value) and plates == (), f"{value} is no known number")
            case ir.Ref(name, kind, plates=plates):
                self.ensure(name in self.values, f"`{name}` is not declared above")
                known = self.values[name]
                self.ensure(known.kind is kind, f"`{name}` is a {known.kind.value}, not a {kind.value}")
                self.ensure(set(known.plates) == set(plates), f"`{name}` is over {known.plates}, not {plates}")
            case ir.At():
                self._at(node)
            case ir.Apply(name, args):
                row = OPERATORS.get(name) or FUNCTIONS.get(name)
                self.ensure(row is not None, f"there is no function `{name}`")
                self.ensure(row.arity[0] <= len(args) <= row.arity[1], f"`{name}` has {len(args)} arguments")
                joined = ir.join(*(arg.plates for arg in args))
                self.ensure(set(node.plates) == set(joined), f"`{name}` of {joined} is over {node.plates}")
            case ir.Reduce():
                self._reduce(node)
            case ir.Network():
                self._network(node)
            case ir.Members(count):
                for plate in count.plates:
                    self.ensure(plate in self.model.plates, f"there is no plate `{plate}`")

    def _network(self, node: ir.Network) -> None:
        layer = self.layers.get(node.layer)
        self.ensure(layer is not None, f"there is no layer `{node.layer}`")
        self.ensure(len(node.args) == len(layer.inputs), f"`{node.layer}` has {len(node.args)} arguments")
        self.ensure(0 <= node.output < len(layer.outputs), f"`{node.layer}` has no result {node.output}")
        lead = []
        for arg, plates in zip(node.args, layer.inputs, strict=True):
            self.ensure(set(plates) <= set(arg.plates), f"`{node.layer}` of {arg.plates} takes {plates}")
            lead += [plate for plate in arg.plates if plate not in plates]
        found = {*lead, *layer.outputs[node.output]}
        self.ensure(found == set(node.plates), f"`{node.layer}` gives {found}, not {node.plates}")
        for weight in layer.weights():
            self.ensure(weight in self.values, f"the weight `{weight}` is not declared above")

    def _at(self, node: ir.At) -> None:
        base = node.base
        left = []
        for plate, index in node.indices:
            self.ensure(plate in base.plates, f"`{base.name}` is indexed by `{plate}`, which it does not vary over")
            match index:
                case ir.Rows(column):
                    known = self.model.columns.get(column)
                    self.ensure(known is not None and known.category is not None, f"`{column}` is no category")
                    self.ensure(known.category == ir.base_plate(plate), f"`{column}` has other levels than `{plate}`")
                    left += known.plates
                case ir.Member(label, span):
                    self.span(span)
                    labels = self.model.plates[ir.base_plate(plate)].labels
                    known = labels is None or str(label) in map(str, labels)
                    self.ensure(known, f"plate `{plate}` has no member {label!r}")
                case ir.Rename(name):
                    self.ensure(ir.base_plate(name) == ir.base_plate(plate), f"`{plate}` is read as `{name}`")
                    left.append(name)
        indexed = {plate for plate, _ in node.indices}
        self.ensure(len(indexed) == len(node.indices), f"`{base.name}` is indexed twice by a plate")
        left += [plate for plate in base.plates if plate not in indexed]
        self.ensure(set(left) == set(node.plates), f"`{base.name}` indexed is over {left}, not {node.plates}")

    def _reduce(self, node: ir.Reduce) -> None:
        row = (SCANS if node.keeps else REDUCTIONS).get(node.function)
        self.ensure(row is not None, f"there is no reduction `{node.function}`")
        self.ensure(len(node.args) == row.arity, f"`{node.function}` has {len(node.args)} arguments")
        inside = ir.join(*(arg.plates for arg in node.args))
        self.ensure(len(set(node.over)) == len(node.over) > 0, f"`{node.function}` runs over {node.over}")
        self.ensure(set(node.over) <= set(inside), f"`{node.function}` over {node.over} of a value over {inside}")
        left = set(inside) if node.keeps else set(inside) - set(node.over)
        self.ensure(set(node.plates) == left, f"`{node.function}` leaves {left}, not {node.plates}")

    # Distributions

    def dist(self, dist: ir.Dist, batch: ir.Plates, event: ir.Plates) -> None:
        """A distribution with independent copies over `batch`, whose values run over `event`."""
        self.span(dist.span)
        self.support(dist.support)
        match dist:
            case ir.Improper(support=support):
                self.ensure(support.event == len(event), f"Flat over {support} has values over {event}")
            case ir.Mix(weights, component, plate):
                self.expression(weights)
                self.plates((plate, *batch, *event))
                self.ensure(plate in weights.plates, f"the weights do not vary over `{plate}`")
                self.within(weights, (*batch, plate), "the weights")
                self.dist(component, (*batch, plate), event)
            case ir.Call(row):
                self._call(dist, row, batch, event)

    def _call(self, dist: ir.Call, row: Distribution, batch: ir.Plates, event: ir.Plates) -> None:
        self.ensure(row.event == len(event), f"values of {row.name} have {row.event} plates, not {event}")
        given = dict(dist.args)
        self.ensure(len(given) == len(dist.args), f"{row.name} has an argument twice")
        known = {*row.takes, *(p.name for p in row.parameters)} - set(row.sizes)
        self.ensure(set(given) <= known, f"{row.name} has the arguments {sorted(given)}")
        for name in row.takes:
            self.ensure(name in given, f"{row.name} lacks `{name}`")
            self.dist(given[name], batch, event)
        for choice in row.choices:
            self.ensure(sum(name in given for name in choice) <= 1, f"{row.name} has more than one of {choice}")
        chosen = {name for choice in row.choices for name in choice}
        own = dict(dist.own)
        for parameter in row.parameters:
            expr = given.get(parameter.name)
            if expr is None:
                needed = parameter.default is None and parameter.name not in (*row.sizes, *chosen)
                self.ensure(not needed, f"{row.name} lacks `{parameter.name}`")
                continue
            self.expression(expr)
            self.within(expr, (*batch, *_spanned(parameter.extent, event, own.get(parameter.name))), parameter.name)
        self.ensure(set(own) <= set(given), f"{row.name} has plates of its own for what it is not given")

    def within(self, expr: ir.Expr, allowed: ir.Plates, what: str) -> None:
        self.ensure(set(expr.plates) <= set(allowed), f"`{what}` is over {expr.plates}, not within {allowed}")

    # Statements

    def statement(self, statement: ir.Statement) -> None:
        self.where = statement.name
        self.span(statement.span)
        match statement:
            case ir.Sample(name, plates, event, dist, support):
                self.left((*plates, *event))
                self.support(support)
                self.ensure(support.event <= len(event), f"a value of {support} has only the plates {event}")
                inner = len(event) - _event_count(dist)
                self.dist(dist, (*plates, *event[:inner]), event[inner:])
                if statement.noncentered:
                    located = isinstance(dist, ir.Call) and dist.row.location_scale is not None
                    self.ensure(located and not statement.restricted, "it cannot be noncentered")
                self.declare(name, ir.Kind.LATENT, (*plates, *event))
            case ir.Observed(name, plates, event, dist):
                column = self.model.columns.get(name)
                self.ensure(column is not None, "it is observed and no column")
                self.ensure((*plates, *event) == column.plates, f"it is over {column.plates}")
                self.ensure(not isinstance(dist, ir.Improper), "it has no density")
                self.dist(dist, plates, event)
            case ir.Parameter(name, plates, support, init):
                self.left(plates)
                self.support(support)
                self.ensure(not support.integer and support.event <= len(plates), f"it cannot be {support}")
                if init is not None:
                    self.expression(init)
                    self.within(init, plates, "its start")
                self.declare(name, ir.Kind.PARAM, plates)
            case ir.Let(name, plates, expr):
                self.plates(plates)
                self.expression(expr)
                self.within(expr, plates, "its value")
                self.declare(name, ir.Kind.LET, plates)

    # The whole

    def tables(self) -> None:
        for name, table in self.model.tables.items():
            self.where = f"table {name}"
            self.ensure(table.plate == name and name in self.model.plates, "it has no plate")
            self.span(table.span)
            lengths = {len(column.literal) for column in table.columns if column.literal is not None}
            self.ensure(len(lengths) <= 1, f"its columns have {lengths} values")
            for column in table.columns:
                self.where = f"column {column.name}"
                self._column(table, column)

    def _column(self, table: ir.Table, column: ir.Column) -> None:
        self.span(column.span)
        self.support(column.support)
        self.plates(column.plates)
        self.ensure(column.plates[:1] == (table.plate,) and len(column.plates) <= 2, f"it is over {column.plates}")
        self.ensure(column.support.event == 0, "it is of numbers")
        if column.category is not None:
            self.ensure(column.category in self.model.plates, f"it has the levels of no plate `{column.category}`")
        ways = (column.value, column.stack, column.pattern, column.literal)
        self.ensure(sum(way is not None for way in ways) <= 1, "it has its values from more than one place")
        self.declare(column.name, ir.Kind.COLUMN, column.plates)

    def guides(self) -> None:
        latents = {s.name: s for s in self.model.statements if isinstance(s, ir.Sample)}
        columns = {name: value for name, value in self.values.items() if value.kind is ir.Kind.COLUMN}
        for guide in self.model.guides.values():
            self.where = f"guide {guide.name}"
            self.span(guide.span)
            match guide:
                case ir.GuideMap(parts=parts):
                    sites = [site for part in parts for site in part.sites]
                case ir.GuideBody(statements=statements, layers=layers):
                    inner = _Verifier(self.model, dict(columns), layers)
                    for statement in statements:
                        inner.statement(statement)
                    drawn = {s.name: s for s in statements if isinstance(s, ir.Sample)}
                    sites = list(drawn)
                    for name, sample in drawn.items():
                        model = latents.get(name)
                        same = model is not None and set(sample.plates) == set(model.plates)
                        self.ensure(same and sample.event == model.event, f"`{name}` has other plates in the model")
            self.ensure(sorted(sites) == sorted(latents), f"it covers {sites}, and the latents are {list(latents)}")

    def inferences(self) -> None:
        for inference in self.model.inferences:
            self.where = f"infer {inference.name}"
            self.span(inference.span)
            settings = dict(inference.settings)
            rows = {row.name: row for row in inference.engine.settings}
            self.ensure(list(settings) == list(rows), f"its settings are {list(settings)}")
            for name, value in settings.items():
                if rows[name].kind is SettingKind.GUIDE and isinstance(value, str):
                    self.ensure(value in self.model.guides, f"there is no guide `{value}`")


def _spanned(extent: Extent, event: ir.Plates, own: str | None) -> ir.Plates:
    """The plates beside the batch's that an argument may vary over."""
    match extent:
        case Extent.SCALAR:
            return ()
        case Extent.SQUARE:
            return tuple(f"{plate}{prime}" for plate in event[:1] for prime in ("", "'"))
        case Extent.VALUE:
            return event
    return (*event, *((own,) if own is not None else ()))


def _event_count(dist: ir.Dist) -> int:
    match dist:
        case ir.Call(row):
            return row.event
        case ir.Mix(component=component):
            return component.row.event
        case ir.Improper(support=support):
            return support.event


def verify(model: ir.Model) -> None:
    """Fail with an AssertionError, which says where, unless the model is one that the checker may hand on.

    Every name refers to something declared above it, of the kind and over the plates that it says; plates are known
    and join as they should; no support is unknown; distributions have the arguments and event plates of their rows;
    guides cover the latents; every setting has a value.
    """
    verifier = _Verifier(model, layers=model.layers)
    for name, plate in model.plates.items():
        verifier.where = f"plate {name}"
        verifier.span(plate.span)
        verifier.ensure(plate.name == name == ir.base_plate(name), f"it is called `{plate.name}`")
        counted = plate.labels is None or plate.size == len(set(plate.labels))
        verifier.ensure(counted, f"it has {plate.size} members, called {plate.labels}")
    verifier.tables()
    for statement in model.statements:
        verifier.statement(statement)
    verifier.guides()
    verifier.inferences()
