"""Statements of the model and of guides as the body of a function.

theta[school] ~ Normal(mu, tau) noncentered
->  with school_plate:
        theta_raw = pyro.sample("theta_raw", dist.Normal(real(0), real(1)))
    theta = pyro.deterministic("theta", mu + tau * theta_raw)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypedDict, assert_never

from bayesdsl.lower.distributions import Distributions, constraint, event_count
from bayesdsl.lower.earlier import EarlierPrior
from bayesdsl.lower.expressions import Expressions
from bayesdsl.lower.inputs import Inputs
from bayesdsl.lower.layers import Layers
from bayesdsl.lower.layout import Layout, align, assign_dims, batch_layout, value_layout
from bayesdsl.lower.names import Names
from bayesdsl.lower.starts import start
from bayesdsl.model import ir
from bayesdsl.model.earlier import Earlier
from bayesdsl.pysrc import nodes as py
from bayesdsl.source import Span


@dataclass(frozen=True, slots=True)
class Reported:
    """A quantity that runs report: its plates in the spec's order, and how the program lays it out."""

    name: str
    role: str
    dims: ir.Plates
    layout: Layout


@dataclass
class _Piece:
    """Statements that stand together in the function, inside the plates `context`."""

    context: ir.Plates
    statements: list[py.Stmt]


class _Quote(TypedDict, total=False):
    """Where a statement comes from, and the line it quotes."""

    origin: int
    comment: str


@dataclass
class Statements:
    """Lowers the statements of a model, and those of its guides after them.

    What the program must know of them besides their text is gathered on the way: what is `reported`, what is `learned`
    besides (the weights of layers, and the params of guides under their names in the store), the site of each latent in
    `sites`, the arguments that may be left out in `optional`, factors that are part of priors in
    `prior_terms`, sites whose support depends on other latents in `moving`, Pyro's name of each plate in `plate_sites`.
    `earlier` is the posterior of a run that takes the place of priors.
    """

    model: ir.Model
    names: Names
    inputs: Inputs
    reported: list[Reported] = field(default_factory=list)
    learned: list[Reported] = field(default_factory=list)
    sites: dict[str, str] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    prior_terms: list[str] = field(default_factory=list)
    moving: list[str] = field(default_factory=list)
    plate_sites: dict[str, str] = field(default_factory=dict)
    functions: list[py.FunctionDef] = field(default_factory=list)
    guide: str = ""
    earlier: Earlier | None = None

    def __post_init__(self) -> None:
        self.dims = assign_dims(self.model)
        self.expressions = Expressions(self.inputs)
        self.layers = Layers(self.inputs)
        self.distributions = Distributions(self.expressions)
        self.expressions.layouts = self._given_layouts()
        # The spec's own names come first: what the program needs besides gives way to them.
        for column in self.model.columns.values():
            if column.category is None:
                self.names.of(column.name)
        for statement in self.model.statements:
            if not isinstance(statement, ir.Observed):
                self.names.of(statement.name)
        self.prior = (
            EarlierPrior(self.earlier, self.names, -min(self.dims.values(), default=0))
            if self.earlier is not None
            else None
        )
        self._to_come = {latent.name for latent in self.earlier.latents} if self.earlier is not None else set()

    def of_model(self) -> list[py.Stmt]:
        """The body of the model function."""
        self._enter(self.model.layers)
        return self._body(self.model.statements)

    def of_guide(self, guide: ir.GuideBody) -> list[py.Stmt]:
        """The body of a guide by hand: its latents have the model's names, its definitions and params their own."""
        self.guide = guide.name
        self._enter(guide.layers)
        self.expressions.layouts = self._given_layouts()
        self.inputs.locals = {}
        return self._body(guide.statements)

    def _enter(self, layers: dict[str, ir.Layer]) -> None:
        """Make the layers' functions."""
        self.expressions.layers = {}
        for name, layer in layers.items():
            function = self.names.of(f"layer {self.guide}.{name}", name)
            self.expressions.layers[name] = (layer, function)
            made = self.layers.function(function, layer)
            self.functions.append(replace(made, **self._quote(layer.span)))

    def _given_layouts(self) -> dict[str, Layout]:
        """How the data are laid out as arguments."""
        return {column.name: column.plates for column in self.model.columns.values()}

    # Blocks

    def _body(self, statements: tuple[ir.Statement, ...]) -> list[py.Stmt]:
        """Statements under the same plates are gathered in one block."""
        pieces: list[_Piece] = []
        for position, statement in enumerate(statements):
            together = _results_of_one_call(statements, position)
            if together and together[0] is not statement:
                continue
            for piece in self._together(together) if together else self._statement(statement, position):
                if pieces and pieces[-1].context == piece.context:
                    pieces[-1].statements += piece.statements
                else:
                    pieces.append(piece)
        _quote_once(pieces)
        used = dict.fromkeys(plate for piece in pieces for plate in piece.context)
        body = [self._plate(plate) for plate in sorted(used, key=self.dims.__getitem__)]
        for piece in pieces:
            if piece.context:
                contexts = sorted(piece.context, key=self.dims.__getitem__)
                items = tuple((py.Name(self._plate_variable(plate)), None) for plate in contexts)
                body.append(py.With(items, tuple(piece.statements)))
            else:
                body += piece.statements
        return [*self.inputs.counts(), *body]

    def _plate(self, plate: str) -> py.Stmt:
        # A category column has the name of its plate, and where it is observed it is a site of that name.
        observed = any(statement.name == plate for statement in self.model.of(ir.Observed))
        site = self._own_site(f"{plate}_plate") if observed else plate
        batch = {"subsample": self.inputs.rows(plate)} if plate in self.inputs.batched else {}
        self.plate_sites[plate] = site
        made = py.call("pyro.plate", site, self.inputs.whole(plate), dim=self.dims[plate], **batch)
        return py.assign(self._plate_variable(plate), made)

    def _plate_variable(self, plate: str) -> str:
        return self.names.of(f"{plate} plate", f"{plate}_plate")

    def _own_site(self, wanted: str) -> str:
        """A name of Pyro's for something that the spec has no name for."""
        known = {*self.model.plates, *self.model.columns, *(s.name for s in self.model.statements)}
        while wanted in known:
            wanted += "_"
        return wanted

    def _quote(self, span: Span) -> _Quote:
        """The spec's line as a comment above the statement made from it."""
        line = self.model.source.position(span.start)[0]
        return {"origin": line, "comment": f"{line}: {self.model.source.line(line).strip()}"}

    def _statement(self, statement: ir.Statement, position: int) -> list[_Piece]:
        match statement:
            case ir.Sample():
                return self._sample(statement)
            case ir.Observed():
                return [self._observed(statement, position)]
            case ir.Parameter():
                return [self._parameter(statement)]
            case ir.Let():
                return [self._let(statement)]
            case _:
                assert_never(statement)

    # Latents

    def _weight(self, statement: ir.Sample) -> list[_Piece]:
        """A weight of a layer: its elements are independent, and drawn as one value."""
        layout = self.expressions.layouts[statement.name] = statement.plates
        if isinstance(statement.dist, ir.Improper):
            dist = self.distributions.improper(statement.support, statement.plates)
        else:
            sizes = tuple(self.inputs.size(plate) for plate in statement.plates)
            dist = self.distributions.prior(statement.dist, statement.support, layout, ())
            dist = py.method(dist, "expand", sizes)
            if self._carried(statement):
                dist = self.prior.uncounted(statement.name, dist)
            dist = py.method(dist, "to_event", len(sizes))
        return self._drawn(statement, (), dist)

    def _sample(self, statement: ir.Sample) -> list[_Piece]:
        if statement.layer is not None:
            return self._weight(statement)
        batch = batch_layout(statement.plates, self.dims)
        self.expressions.layouts[statement.name] = (*batch, *statement.event)
        if statement.noncentered and not self.guide:
            return self._noncentered(statement, batch)
        if statement.restricted and not isinstance(statement.dist, ir.Improper):
            return [self._restricted(statement, batch), *self._earlier(statement)]
        if statement.restricted:
            dist = self.distributions.improper(statement.support, statement.event)
        else:
            dist = self.distributions.prior(statement.dist, statement.support, batch, statement.event)
        if self._carried(statement):
            dist = self.prior.uncounted(statement.name, dist)
        return self._drawn(statement, statement.plates, dist)

    def _drawn(self, statement: ir.Sample, context: ir.Plates, dist: py.Expr) -> list[_Piece]:
        self._report(statement, statement.name, "latent")
        sampled = py.call("pyro.sample", statement.name, dist)
        return [_Piece(context, [self._assigned(statement, sampled)]), *self._earlier(statement)]

    def _carried(self, statement: ir.Sample) -> bool:
        """Whether an earlier run gives the prior of a latent."""
        return self.prior is not None and not self.guide and self.earlier.of(statement.name) is not None

    def _earlier(self, statement: ir.Sample) -> list[_Piece]:
        """After the last of the latents that an earlier run gives, their density together."""
        if not self._carried(statement):
            return []
        self._to_come.discard(statement.name)
        if self._to_come:
            return []
        site = self._own_site("earlier")
        self.prior_terms.append(site)
        return [_Piece((), [self.prior.factor(site)])]

    def _assigned(self, statement: ir.Sample, value: py.Expr) -> py.Stmt:
        return py.assign(self.names.of(statement.name), value, **self._quote(statement.span))

    def _report(self, statement: ir.Sample, site: str, role: str) -> None:
        if self.guide:
            return
        self.sites[statement.name] = site
        dims = (*statement.plates, *statement.event)
        self.reported.append(Reported(statement.name, role, dims, self.expressions.layouts[statement.name]))
        if statement.moving:
            self.moving.append(site)

    def _noncentered(self, statement: ir.Sample, batch: Layout) -> list[_Piece]:
        """A standard draw, then location and scale: the sampler sees no funnel."""
        loc_name, scale_name = statement.dist.row.location_scale
        loc, scale = statement.dist.arg(loc_name), statement.dist.arg(scale_name)
        raw = self.names.of(f"{statement.name} raw", f"{statement.name}_raw")
        site = self._own_site(raw)
        standard = _with_arguments(statement.dist, {loc_name: 0, scale_name: 1})
        drawn = py.call("pyro.sample", site, self.distributions.lower(standard, batch, ()))
        value: py.Expr = py.Name(raw)
        if scale is not None and not _is(scale, 1):
            value = py.binary("*", self.expressions.lower(scale, batch), value)
        if loc is not None and not _is(loc, 0):
            value = py.binary("+", self.expressions.lower(loc, batch), value)
        self._report(statement, site, "derived")
        quote = self._quote(statement.span)
        shifted = py.call("pyro.deterministic", statement.name, value)
        return [
            _Piece(statement.plates, [py.assign(raw, drawn, **quote)]),
            _Piece((), [py.assign(self.names.of(statement.name), shifted, origin=quote["origin"])]),
        ]

    def _restricted(self, statement: ir.Sample, batch: Layout) -> _Piece:
        """A prior cut down to a type: flat on the type, times the distribution's density (up to a constant)."""
        layout = (*batch, *statement.event)
        # To the distribution, event plates of the type are independent copies, unless they are its own.
        split = len(layout) - event_count(statement.dist)
        dist = self.distributions.lower(statement.dist, layout[:split], layout[split:])
        density = py.method(dist, "log_prob", py.Name(self.names.of(statement.name)))
        if split > len(batch):
            density = py.method(density, "sum", -1)
        if self._carried(statement):
            density = self.prior.weighted(statement.name, density)
        flat = self.distributions.improper(statement.support, statement.event)
        factor = self._own_site(f"{statement.name}_prior")
        self._report(statement, statement.name, "latent")
        sampled = self._assigned(statement, py.call("pyro.sample", statement.name, flat))
        if density is None:
            return _Piece(statement.plates, [sampled])
        self.prior_terms.append(factor)
        weighted = py.ExprStmt(py.call("pyro.factor", factor, density), origin=sampled.origin)
        return _Piece(statement.plates, [sampled, weighted])

    # Data

    def _observed(self, statement: ir.Observed, position: int) -> _Piece:
        column = self.model.columns[statement.name]
        batch = batch_layout(statement.plates, self.dims)
        layout = (*batch, *statement.event)
        dist = self.distributions.lower(statement.dist, batch, statement.event)
        if _beyond(statement.dist, column):
            dist = replace(dist, kwargs=(*dist.kwargs, ("validate_args", py.Constant(False))))
        value = self.inputs.value(statement.name)
        uses = self._uses(column)
        if all(use > position for use in uses):
            self.optional.add(value.id)
        given = align(value, column.plates, layout)
        if given != value and value.id in self.optional:
            given = py.IfExp(py.Compare("is", value, py.Constant(None)), py.Constant(None), given)
        sampled = py.call("pyro.sample", statement.name, dist, obs=given)
        quote = self._quote(statement.span)
        if not uses or max(uses) <= position:
            return _Piece(statement.plates, [py.ExprStmt(sampled, **quote)])
        # What comes after it takes the value from here, which is a draw where no data are given.
        self.expressions.layouts[statement.name] = layout
        return _Piece(statement.plates, [py.assign(value, sampled, **quote)])

    def _uses(self, column: ir.Column) -> list[int]:
        """The statements whose right side depends on a column's values."""
        return [
            position
            for position, statement in enumerate(self.model.statements)
            if any(_reads(node, column) for expr in _expressions(statement) for node in ir.walk(expr))
        ]

    # Params and definitions

    def _parameter(self, statement: ir.Parameter) -> _Piece:
        """A value of the parameter store, laid out as the spec's left side."""
        self.expressions.layouts[statement.name] = statement.plates
        name, variable = self._local(statement.name)
        if self.guide:
            self.learned.append(Reported(name, "param", statement.plates, statement.plates))
        else:
            found = self.reported if statement.layer is None else self.learned
            found.append(Reported(statement.name, "param", statement.plates, statement.plates))
        if statement.layer is not None:
            init = self.layers.start(statement.name, self.expressions.layers[statement.layer][0])
            value = py.call("pyro.param", name, init)
        else:
            init = start(statement, self.expressions)
            value = py.call("pyro.param", name, init, constraint=constraint(statement.support))
        assigned = [py.assign(variable, value, **self._quote(statement.span))]
        for dim, plate in enumerate(statement.plates):
            if plate in self.inputs.batched:
                assigned.append(py.assign(variable, self._of_batch(py.Name(variable), plate, dim)))
        return _Piece((), assigned)

    def _of_batch(self, value: py.Expr, plate: str, dim: int) -> py.Expr:
        """The members of a minibatch, of a tensor that has all of them."""
        rows = self.inputs.rows(plate)
        picked = py.index(value, *(slice(None),) * dim, rows)
        return py.IfExp(py.Compare("is", rows, py.Constant(None)), value, picked)

    def _let(self, statement: ir.Let) -> _Piece:
        layout = value_layout(statement.plates, self.dims)
        value = self.expressions.tensor(statement.expr, layout)
        if set(statement.expr.plates) != set(statement.plates):
            sizes = [py.Constant(1) if plate is None else self.inputs.size(plate) for plate in layout]
            value = py.method(value, "expand", *sizes)
        self.expressions.layouts[statement.name] = layout
        _, variable = self._local(statement.name)
        if statement.reported and not self.guide:
            value = py.call("pyro.deterministic", statement.name, value)
            self.reported.append(Reported(statement.name, "derived", statement.plates, layout))
        return _Piece((), [py.assign(variable, value, **self._quote(statement.span))])

    def _together(self, lets: tuple[ir.Let, ...]) -> list[_Piece]:
        """The results of a layer that gives several, from one call."""
        expr, quote = lets[0].expr, self._quote(lets[0].span)
        layer, _ = self.expressions.layers[expr.layer]
        own = layer.outputs[0]
        layouts = [value_layout(let.plates, self.dims) for let in lets]
        first = layouts[0]
        lead = first[: len(first) - len(own)] if first[len(first) - len(own) :] == own else ()
        found = tuple((*lead, *layer.outputs[let.expr.output]) for let in lets)
        if found != tuple(layouts) or any(let.reported for let in lets):
            return [self._let(let) for let in lets]
        call = self.expressions.layer_call(expr, lead)
        names = []
        for let, layout in zip(lets, layouts, strict=True):
            self.expressions.layouts[let.name] = layout
            names.append(py.Name(self._local(let.name)[1]))
        return [_Piece((), [py.assign(py.Tuple(tuple(names)), call, **quote)])]

    def _local(self, name: str) -> tuple[str, str]:
        """The name of a param or definition in the parameter store, and its variable; a guide's are its own."""
        if not self.guide:
            return name, self.names.of(name)
        stored = f"{self.guide}.{name}"
        self.inputs.locals[name] = self.names.of(stored, name)
        return stored, self.inputs.locals[name]


def _results_of_one_call(statements: tuple[ir.Statement, ...], position: int) -> tuple[ir.Let, ...]:
    """The definitions that take the results of the same call of a layer, if this statement is one of them."""
    here = statements[position]
    if not isinstance(here, ir.Let) or not isinstance(here.expr, ir.Network):
        return ()
    found = tuple(
        s
        for s in statements
        if isinstance(s, ir.Let) and isinstance(s.expr, ir.Network) and s.expr.span == here.expr.span
    )
    return found if len(found) > 1 else ()


def _expressions(statement: ir.Statement) -> list[ir.Expr]:
    """The expressions a statement depends on."""
    match statement:
        case ir.Sample(dist=dist) | ir.Observed(dist=dist):
            return list(ir.dist_exprs(dist))
        case ir.Parameter(init=init):
            return [init] if init is not None else []
        case ir.Let(expr=expr):
            return [expr]
        case _:
            assert_never(statement)


def _reads(node: ir.Expr, column: ir.Column) -> bool:
    match node:
        case ir.Ref(name, ir.Kind.COLUMN):
            return name == column.name
        case ir.At(indices=indices):
            return any(index == ir.Rows(column.name) for _, index in indices)
    return False


def _beyond(dist: ir.Dist, column: ir.Column) -> bool:
    """Whether data may lie outside the values of a distribution, which Pyro then must not take for a mistake.

    Either its density is extended to them, or its bounds depend on latents and the density there is zero.
    """
    if not isinstance(dist, ir.Call):
        return False
    if dist.row.accepts is not None and not column.support.within(dist.support):
        return True
    bounds = (dist.arg(name) for name in dist.row.bounds if name is not None)
    return any(
        isinstance(node, ir.Ref) and node.kind is not ir.Kind.COLUMN
        for bound in bounds
        if bound is not None
        for node in ir.walk(bound)
    )


def _with_arguments(dist: ir.Call, numbers: dict[str, int]) -> ir.Call:
    """The distribution with known numbers for some of the arguments it was given."""
    args = (
        (name, ir.Number(numbers[name], value.span, (), value.support) if name in numbers else value)
        for name, value in dist.args
    )
    return replace(dist, args=tuple(args))


def _is(expr: ir.Expr, value: int) -> bool:
    return isinstance(expr, ir.Number) and expr.value == value


def _quote_once(pieces: list[_Piece]) -> None:
    """Several statements made from one line of the spec quote it once."""
    last = None
    for piece in pieces:
        for i, statement in enumerate(piece.statements):
            if statement.comment is not None and statement.comment == last:
                piece.statements[i] = replace(statement, comment=None)
            last = statement.comment or last
