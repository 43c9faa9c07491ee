"""From the checked model to the Pyro program that is printed, read and run.

mu ~ Normal(0, 5)           ->  mu = pyro.sample("mu", dist.Normal(real(0), real(5)))
theta[school] ~ Normal(mu, tau) noncentered
                            ->  with school_plate:
                                    theta_raw = pyro.sample("theta_raw", dist.Normal(real(0), real(1)))
                                theta = pyro.deterministic("theta", mu + tau * theta_raw)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from math import inf
from typing import assert_never

from bayesdsl.lower.distributions import Distributions, constraint, event_count
from bayesdsl.lower.expressions import Expressions, is_number, real
from bayesdsl.lower.inputs import Codes, Input, Inputs, Position, Size, Values
from bayesdsl.lower.layout import Layout, align, assign_dims, batch_layout, value_layout
from bayesdsl.lower.names import Names
from bayesdsl.model import ir
from bayesdsl.model.levels import in_order
from bayesdsl.pysrc import nodes as py
from bayesdsl.types.supports import Support


@dataclass(frozen=True, slots=True)
class Reported:
    """A quantity that runs report: its plates in the spec's order, and how the program lays it out."""

    name: str
    role: str
    dims: ir.Plates
    layout: Layout


@dataclass(frozen=True, slots=True)
class Program:
    """The emitted program and what is needed to run it.

    `inputs` maps the program's arguments to what they are; `optional` are the observed ones. `sites` maps each latent
    of the spec to its site in the program, `guide_functions` each guide to its function. `automatic` are the guides that are built from the model. `prior_terms`
    are factors that belong to priors. `moving` are the sites whose support depends on other latents.
    """

    module: py.Module
    inputs: dict[str, Input]
    optional: frozenset[str]
    reported: tuple[Reported, ...]
    sites: dict[str, str]
    guide_functions: dict[str, str]
    automatic: frozenset[str]
    prior_terms: tuple[str, ...]
    moving: tuple[str, ...]


def lower(model: ir.Model, dtype: str = "float64") -> Program:
    """Lower a checked model. `dtype` is that of every real: `"float64"` or `"float32"`."""
    return _Lowering(model, dtype).program()


@dataclass
class _Piece:
    """Statements that stand together in the function, inside the plates `context`."""

    context: ir.Plates
    statements: list[py.Stmt]


@dataclass
class _Lowering:
    model: ir.Model
    dtype: str
    names: Names = field(default_factory=Names)
    reported: list[Reported] = field(default_factory=list)
    sites: dict[str, str] = field(default_factory=dict)
    prior_terms: list[str] = field(default_factory=list)
    moving: list[str] = field(default_factory=list)
    optional: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.dims = assign_dims(self.model)
        self.inputs = Inputs(self.model, self.names)
        self.expressions = Expressions(self.inputs)
        self.distributions = Distributions(self.expressions)
        for column in self.model.columns.values():
            self.expressions.layouts[column.name] = column.plates
            if column.category is None:
                self.names.of(column.name)
        for statement in self.model.statements:
            if not isinstance(statement, ir.Observed):
                self.names.of(statement.name)

    def program(self) -> Program:
        body = self._body(self.model.statements, "")
        guides = [self._guide(guide) for guide in self.model.guides.values()]
        automatic = frozenset(name for name, guide in self.model.guides.items() if isinstance(guide, ir.GuideMap))
        arguments = self._arguments()
        functions: list[py.Stmt] = [self._model_function(body, arguments)]
        for guide, (name, statements) in zip(self.model.guides.values(), guides, strict=True):
            functions.append(self._guide_function(guide, name, statements, arguments))
        rest = (*functions, *self._in_place())
        module = py.Module(self._docstring(), (*self._prelude(rest), *rest))
        given = {argument: kind for kind, argument in self._given()}
        return Program(
            module,
            given,
            frozenset(self.optional),
            tuple(self.reported),
            self.sites,
            {name: function for name, (function, _) in zip(self.model.guides, guides, strict=True)},
            automatic,
            tuple(self.prior_terms),
            tuple(self.moving),
        )

    # The module around the functions

    def _docstring(self) -> str:
        name = self.model.source.name.replace("\\", "/").rsplit("/", 1)[-1]
        return (
            f"{name} as a Pyro program.\n\n"
            "Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec."
        )

    def _prelude(self, rest: tuple[py.Stmt, ...]) -> list[py.Stmt]:
        """Imports and helpers, as far as the functions use them."""
        used = set(_names(rest))
        statements: list[py.Stmt] = [
            py.Import("pyro"),
            py.Import("pyro.distributions", "dist"),
            py.Import("torch"),
        ]
        if "poutine" in used:
            statements += [py.ImportFrom("pyro", ("poutine",)), py.ImportFrom("pyro.infer", ("autoguide",))]
        if "constraints" in used:
            statements.append(py.ImportFrom("pyro.distributions", ("constraints",)))
        statements.append(py.Blank())
        if used & {"real", "DTYPE"}:
            statements.append(py.assign("DTYPE", py.dotted(f"torch.{self.dtype}")))
        for kind, argument in self.inputs.used.items():
            if self._is_constant(kind):
                statements.append(self._constant(kind, argument))
        if "real" in used:
            made = py.call("torch.tensor", py.Name("value"), dtype=py.Name("DTYPE"))
            doc = "A constant as a tensor: Pyro alone would make it of torch's default dtype."
            statements.append(py.FunctionDef("real", (py.Param("value"),), (py.Return(made),), docstring=doc))
        return statements

    def _is_constant(self, kind: Input) -> bool:
        """Whether an argument is known from the spec alone: the size of a plate written out, a label's position."""
        if not isinstance(kind, Size | Position):
            return False
        plate = self.model.plates[kind.plate]
        if plate.origin in (ir.Origin.NUMBER, ir.Origin.LABELS):
            return True
        return plate.origin is ir.Origin.COLUMNS and plate.size is not None

    def _constant(self, kind: Input, argument: str) -> py.Stmt:
        plate = self.model.plates[kind.plate]
        origin = self._line(plate.span)
        if isinstance(kind, Size):
            return py.assign(argument, plate.size - kind.short, origin=origin)
        labels = plate.labels if plate.labels is not None else range(1, (plate.size or 0) + 1)
        return py.assign(argument, [str(label) for label in labels].index(str(kind.label)), origin=origin)

    def _given(self) -> list[tuple[Input, str]]:
        """The arguments in their order: sizes, positions, codes, columns, and what is observed last."""
        order = {Size: 0, Position: 1, Codes: 2, Values: 3}
        given = [(kind, name) for kind, name in self.inputs.used.items() if not self._is_constant(kind)]
        return sorted(given, key=lambda item: (item[1] in self.optional, order[type(item[0])]))

    def _arguments(self) -> tuple[py.Param, ...]:
        return tuple(py.Param(name, py.Constant(None) if name in self.optional else None) for _, name in self._given())

    def _model_function(self, body: list[py.Stmt], arguments: tuple[py.Param, ...]) -> py.FunctionDef:
        return py.FunctionDef("model", arguments, tuple(body), docstring=self._argument_docs())

    def _argument_docs(self) -> str:
        lines = ["The model. Observed arguments left out are drawn instead.", ""]
        for kind, name in self._given():
            match kind:
                case Size(plate):
                    what = f"the number of members of plate {plate}, an int"
                case Values(column):
                    what = f"shape ({', '.join(self.model.columns[column].plates)})"
                case Codes(column):
                    found = self.model.columns[column]
                    what = f"for each {found.plates[0]} the position of its {found.category}, int64, shape ({found.plates[0]})"
                case Position(plate, label):
                    what = f"the position of {plate} {label!r}, an int"
                case _:
                    assert_never(kind)
            lines.append(f"{name}: {what}{', observed' if name in self.optional else ''}")
        return "\n".join(lines)

    def _in_place(self) -> list[py.Stmt]:
        """The data that the spec itself holds, ready to be given to the model."""
        entries: list[tuple[py.Expr, py.Expr]] = []
        for kind, name in self._given():
            value = self._literal(kind)
            if value is None:
                return []
            entries.append((py.Constant(name), value))
        if not entries:
            return []
        return [
            py.Assign(
                (py.Name("IN_PLACE"),),
                py.Dict(tuple(entries)),
                comment="The data written in the spec: model(**IN_PLACE).",
            )
        ]

    def _literal(self, kind: Input) -> py.Expr | None:
        match kind:
            case Size(plate):
                levels = self._levels(plate)
                return py.Constant(len(levels)) if levels is not None else None
            case Position(plate, label):
                levels = self._levels(plate)
                known = levels is not None and str(label) in levels
                return py.Constant(levels.index(str(label))) if known else None
            case Values(column):
                literal = self.model.columns[column].literal
                if literal is None:
                    return None
                return py.call("torch.tensor", list(literal), dtype=py.Name("DTYPE"))
            case Codes(column):
                found = self.model.columns[column]
                levels = self._levels(found.category)
                if found.literal is None or levels is None:
                    return None
                texts = [str(label) for label in found.literal]
                if not set(texts) <= set(levels):
                    return None
                return py.call("torch.tensor", [levels.index(label) for label in texts])
            case _:
                assert_never(kind)

    def _levels(self, plate: str) -> list[str] | None:
        """The members of a plate that the spec alone tells."""
        found = self.model.plates[plate]
        if found.labels is not None:
            return list(found.labels)
        if found.size is not None:
            return [str(number) for number in range(1, found.size + 1)]
        columns = [c for c in self.model.columns.values() if c.category == plate]
        if found.origin is not ir.Origin.LEVELS or not columns or any(c.literal is None for c in columns):
            return None
        return in_order(str(label) for column in columns for label in column.literal)

    # Functions

    def _body(self, statements: tuple[ir.Statement, ...], guide: str) -> list[py.Stmt]:
        """The statements of a function, those under the same plates gathered in one block."""
        pieces: list[_Piece] = []
        for statement in statements:
            for piece in self._statement(statement, guide):
                if pieces and pieces[-1].context == piece.context:
                    pieces[-1].statements += piece.statements
                else:
                    pieces.append(piece)
        _say_once(pieces)
        used = dict.fromkeys(plate for piece in pieces for plate in piece.context)
        body = [self._plate(plate) for plate in sorted(used, key=lambda plate: self.dims[plate])]
        for piece in pieces:
            if not piece.context:
                body += piece.statements
                continue
            contexts = sorted(piece.context, key=lambda plate: self.dims[plate])
            items = tuple((py.Name(self.names.of(f"{p} plate", f"{p}_plate")), None) for p in contexts)
            body.append(py.With(items, tuple(piece.statements)))
        return body

    def _plate(self, plate: str) -> py.Stmt:
        variable = self.names.of(f"{plate} plate", f"{plate}_plate")
        # A category column has the name of its plate, and as data it is a site of that name.
        observed = any(s.name == plate for s in self.model.of(ir.Observed))
        site = self._own_site(f"{plate}_plate") if observed else plate
        return py.assign(variable, py.call("pyro.plate", site, self.inputs.size(plate), dim=self.dims[plate]))

    def _own_site(self, wanted: str) -> str:
        """A name of Pyro's for something that the spec has no name for."""
        known = {*self.model.plates, *self.model.columns, *(s.name for s in self.model.statements)}
        while wanted in known:
            wanted += "_"
        return wanted

    def _statement(self, statement: ir.Statement, guide: str) -> list[_Piece]:
        match statement:
            case ir.Sample():
                return self._sample(statement, guide)
            case ir.Observed():
                return [self._observed(statement)]
            case ir.Parameter():
                return [self._parameter(statement, guide)]
            case ir.Let():
                return [self._let(statement, guide)]
            case _:
                assert_never(statement)

    def _line(self, span) -> int:
        return self.model.source.position(span.start)[0]

    def _quote(self, span) -> dict[str, object]:
        """The spec's line as a comment above the statement made from it."""
        line = self._line(span)
        return {"origin": line, "comment": f"{line}: {self.model.source.line(line).strip()}"}

    def _sample(self, statement: ir.Sample, guide: str) -> list[_Piece]:
        batch = batch_layout(statement.plates, self.dims)
        layout = (*batch, *statement.event)
        self.expressions.layouts[statement.name] = layout
        variable = self.names.of(statement.name)
        quote = self._quote(statement.span)
        if statement.noncentered and not guide:
            return self._noncentered(statement, batch, variable, quote)
        if statement.restricted and not isinstance(statement.dist, ir.Improper):
            return self._restricted(statement, batch, variable, quote, guide)
        if statement.restricted:
            dist = self.distributions.improper(statement.support, statement.event)
        else:
            dist = self.distributions.lower(statement.dist, batch, statement.event)
        self._report(statement, layout, guide)
        sample = py.assign(variable, py.call("pyro.sample", statement.name, dist), **quote)
        return [_Piece(statement.plates, [sample])]

    def _report(self, statement: ir.Sample, layout: Layout, guide: str, site: str | None = None) -> None:
        if guide:
            return
        self.sites[statement.name] = site or statement.name
        role = "latent" if site is None else "derived"
        self.reported.append(Reported(statement.name, role, (*statement.plates, *statement.event), layout))
        if statement.moving:
            self.moving.append(site or statement.name)

    def _noncentered(
        self, statement: ir.Sample, batch: Layout, variable: str, quote: dict[str, object]
    ) -> list[_Piece]:
        """A standard draw, then location and scale: the sampler sees no funnel."""
        loc_name, scale_name = statement.dist.row.location_scale
        standard = {
            name: ir.Number(0 if name == loc_name else 1, statement.span, (), value.support)
            if name in (loc_name, scale_name)
            else value
            for name, value in statement.dist.args
        }
        raw = self.names.of(f"{statement.name} raw", f"{statement.name}_raw")
        site = self._own_site(raw)
        dist = self.distributions.lower(replace(statement.dist, args=tuple(standard.items())), batch, ())
        value: py.Expr = py.Name(raw)
        loc, scale = statement.dist.arg(loc_name), statement.dist.arg(scale_name)
        if scale is not None and not _is(scale, 1):
            value = py.binary("*", self.expressions.lower(scale, batch), value)
        if loc is not None and not _is(loc, 0):
            value = py.binary("+", self.expressions.lower(loc, batch), value)
        self._report(statement, batch, "", site)
        sample = py.assign(raw, py.call("pyro.sample", site, dist), **quote)
        result = py.assign(variable, py.call("pyro.deterministic", statement.name, value), origin=quote["origin"])
        return [_Piece(statement.plates, [sample]), _Piece((), [result])]

    def _restricted(
        self, statement: ir.Sample, batch: Layout, variable: str, quote: dict[str, object], guide: str
    ) -> list[_Piece]:
        """A prior cut down to a type: flat on the type, times the distribution's density (up to a constant)."""
        # The distribution's own plates hold the event plates of the type as independent copies.
        inner = (*batch, *statement.event)
        own = event_count(statement.dist)
        dist = self.distributions.lower(statement.dist, inner[: len(inner) - own], inner[len(inner) - own :])
        flat = self.distributions.improper(statement.support, statement.event)
        density = py.method(dist, "log_prob", py.Name(variable))
        extra = len(statement.event) - own
        if extra:
            density = py.method(density, "sum", tuple(range(-extra, 0)) if extra > 1 else -1)
        factor = self._own_site(f"{statement.name}_prior")
        self._report(statement, inner, guide)
        self.prior_terms.append(factor)
        return [
            _Piece(
                statement.plates,
                [
                    py.assign(variable, py.call("pyro.sample", statement.name, flat), **quote),
                    py.ExprStmt(py.call("pyro.factor", factor, density), origin=quote["origin"]),
                ],
            )
        ]

    def _observed(self, statement: ir.Observed) -> _Piece:
        batch = batch_layout(statement.plates, self.dims)
        dist = self.distributions.lower(statement.dist, batch, statement.event)
        column = self.model.columns[statement.name]
        if self._beyond(statement, column):
            dist = replace(dist, kwargs=(*dist.kwargs, ("validate_args", py.Constant(False))))
        value = self.inputs.value(statement.name)
        argument = self.inputs.used[Codes(column.name) if column.category is not None else Values(column.name)]
        self.optional.add(argument)
        aligned = align(value, column.plates, (*batch, *statement.event))
        if aligned != value:
            aligned = py.IfExp(py.Compare("is", value, py.Constant(None)), py.Constant(None), aligned)
        sample = py.call("pyro.sample", statement.name, dist, obs=aligned)
        return _Piece(statement.plates, [py.ExprStmt(sample, **self._quote(statement.span))])

    def _beyond(self, statement: ir.Observed, column: ir.Column) -> bool:
        """Whether the data may lie outside the values of the distribution, where its density is extended to them."""
        return (
            isinstance(statement.dist, ir.Call)
            and statement.dist.row.accepts is not None
            and not column.support.within(statement.dist.support)
        )

    def _parameter(self, statement: ir.Parameter, guide: str) -> _Piece:
        """A value of the parameter store, laid out as the spec's left side."""
        self.expressions.layouts[statement.name] = statement.plates
        name = f"{guide}.{statement.name}" if guide else statement.name
        variable = self.names.of(name, statement.name)
        if guide:
            self.inputs.locals[statement.name] = variable
        else:
            self.reported.append(Reported(statement.name, "param", statement.plates, statement.plates))
        init = self._start(statement)
        value = py.call("pyro.param", name, init, constraint=constraint(statement.support))
        return _Piece((), [py.assign(variable, value, **self._quote(statement.span))])

    def _start(self, statement: ir.Parameter) -> py.Expr:
        sizes = tuple(self.inputs.size(plate) for plate in statement.plates)
        support = statement.support
        if statement.init is None or (is_number(statement.init) and support.event == 0):
            if support.event:
                return _structured_start(support, sizes)
            value = self.expressions.lower(statement.init, ()) if statement.init is not None else _inside(support)
            return py.call("torch.full", sizes, value, dtype=py.Name("DTYPE")) if sizes else real(py.expr(value))
        node = self.expressions.tensor(statement.init, statement.plates)
        if set(statement.init.plates) != set(statement.plates):
            node = py.method(node, "expand", *sizes)
        return py.method(node, "clone")

    def _let(self, statement: ir.Let, guide: str) -> _Piece:
        layout = value_layout(statement.plates, self.dims)
        self.expressions.layouts[statement.name] = layout
        name = f"{guide}.{statement.name}" if guide else statement.name
        variable = self.names.of(name, statement.name)
        if guide:
            self.inputs.locals[statement.name] = variable
        value = self.expressions.tensor(statement.expr, layout)
        if set(statement.expr.plates) != set(statement.plates):
            sizes = [self.inputs.size(p) if p is not None else py.Constant(1) for p in layout]
            value = py.method(value, "expand", *sizes)
        if statement.reported and not guide:
            value = py.call("pyro.deterministic", statement.name, value)
            self.reported.append(Reported(statement.name, "derived", statement.plates, layout))
        return _Piece((), [py.assign(variable, value, **self._quote(statement.span))])

    # Guides

    def _guide(self, guide: ir.Guide) -> tuple[str, list[py.Stmt]]:
        name = self.names.of(f"guide {guide.name}", guide.name)
        if isinstance(guide, ir.GuideMap):
            return name, self._guide_map(guide)
        layouts = dict(self.expressions.layouts)
        # The guide's latents are its own variables, under the same names.
        body = self._body(guide.statements, guide.name)
        self.expressions.layouts = layouts
        self.inputs.locals = {}
        return name, body

    def _guide_map(self, guide: ir.GuideMap) -> list[py.Stmt]:
        body: list[py.Stmt] = [
            py.assign("guide", py.call("autoguide.AutoGuideList", py.Name("model")), origin=self._line(guide.span))
        ]
        for part in guide.parts:
            sites = [self.sites[site] for site in part.sites]
            blocked = py.call("poutine.block", py.Name("model"), expose=sites)
            settings = tuple((name, py.expr(_plain(value))) for name, value in part.setup.settings)
            made = py.Call(
                py.dotted(f"autoguide.{part.setup.row.name}"), (blocked,), (*settings, (None, py.Name("settings")))
            )
            body.append(py.ExprStmt(py.method("guide", "append", made)))
        body.append(py.Return(py.Name("guide")))
        return body

    def _guide_function(
        self, guide: ir.Guide, name: str, body: list[py.Stmt], arguments: tuple[py.Param, ...]
    ) -> py.FunctionDef:
        if isinstance(guide, ir.GuideMap):
            params = (py.Param("model"), py.Param("settings", py.Constant(None)))
            unpacked = py.assign("settings", py.BoolOp("or", (py.Name("settings"), py.Dict())))
            return py.FunctionDef(
                name,
                params,
                (unpacked, *body),
                docstring="The guide for a model, put together from Pyro's; `settings` are given to each part.",
            )
        return py.FunctionDef(name, arguments, tuple(body), docstring="The guide, with the model's arguments.")


def _names(node: object) -> Iterator[str]:
    """Every name that stands in a piece of source."""
    if isinstance(node, py.Name):
        yield node.id
    elif isinstance(node, tuple):
        for item in node:
            yield from _names(item)
    elif is_dataclass(node):
        for item in fields(node):
            yield from _names(getattr(node, item.name))


def _say_once(pieces: list[_Piece]) -> None:
    """Several statements made from one line of the spec quote it once."""
    last = None
    for piece in pieces:
        for i, statement in enumerate(piece.statements):
            if statement.comment is not None and statement.comment == last:
                piece.statements[i] = replace(statement, comment=None)
            last = statement.comment or last


def _is(expr: ir.Expr, value: int) -> bool:
    return isinstance(expr, ir.Number) and expr.value == value


def _plain(value: object) -> py.Value:
    return list(value) if isinstance(value, tuple) else value


def _inside(support: Support) -> float:
    """Where a param starts that was given no start: 0, or a point well inside its bounds."""
    if support.lo == -inf and support.hi == inf:
        return 0.0
    if support.hi == inf:
        return support.lo + 1.0
    if support.lo == -inf:
        return support.hi - 1.0
    return (support.lo + support.hi) / 2


def _structured_start(support: Support, sizes: tuple[py.Expr, ...]) -> py.Expr:
    """A start for a vector or matrix: equal probabilities, the numbers in order, the identity."""
    dtype = py.Name("DTYPE")
    last = sizes[-1]
    match support.name:
        case "simplex":
            return py.method(py.call("torch.ones", *sizes, dtype=dtype), "div", last)
        case "ordered" | "positive_ordered":
            start = py.call("torch.arange", 1, py.binary("+", last, 1), dtype=dtype)
        case _:
            start = py.call("torch.eye", last, dtype=dtype)
    return py.method(py.method(start, "expand", *sizes), "clone") if len(sizes) > support.event else start
