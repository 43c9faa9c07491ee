"""What of a model can be computed for new rows of a table, from what, and what stands in the way of the rest.

observe mass ~ Normal(a[species] + b[species] * flipper, sigma)   for rows of penguin
->  Plan(targets (mass), kept (a, b, sigma), columns (species, flipper))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bayesdsl.catalogue.samplers import NOT_DRAWN, SAMPLERS
from bayesdsl.model import ir
from bayesdsl.source import Span


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something cannot be computed for new rows. `kind` is a row of the findings; `what` is what it is about."""

    kind: str
    what: str
    span: Span
    plate: str = ""


@dataclass
class Plan:
    """What a predictor for rows of `table` computes.

    `targets` are likelihoods and definitions over the rows. `steps` are these and what they need that is computed, in
    the order of the spec; `kept` the latents, params and derived quantities whose draws are taken as they are.
    `columns` are the columns of data that are read, of this table and of others. `local` are latents of the rows:
    True where they are drawn anew for rows that the fit does not know. `redraws` are the plates whose unseen levels
    are drawn, `fixed` why those of another plate cannot be. `missing` says why a quantity is no target.
    """

    table: str
    targets: list[ir.Observed | ir.Let] = field(default_factory=list)
    steps: list[ir.Statement] = field(default_factory=list)
    kept: dict[str, ir.Statement] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    local: dict[str, bool] = field(default_factory=dict)
    redraws: set[str] = field(default_factory=set)
    fixed: dict[str, Obstacle] = field(default_factory=dict)
    missing: dict[str, Obstacle] = field(default_factory=dict)


def tables_to_predict(model: ir.Model) -> list[str]:
    """The tables whose rows have something to predict: those of likelihoods, or else of definitions."""
    for kind in (ir.Observed, ir.Let):
        found = dict.fromkeys(
            plate for statement in model.of(kind) for plate in statement.plates if plate in model.tables
        )
        if found:
            return list(found)
    return []


def plan(model: ir.Model, table: str) -> Plan:
    """What can be predicted for rows of a table."""
    return _Planner(model, table).plan()


def calls(dist: ir.Dist) -> Iterator[ir.Call]:
    """The distributions that one is made of."""
    match dist:
        case ir.Call():
            yield dist
            for _, value in dist.args:
                if isinstance(value, ir.Dist):
                    yield from calls(value)
        case ir.Mix(component=component):
            yield from calls(component)


@dataclass
class _Planner:
    model: ir.Model
    table: str

    def __post_init__(self) -> None:
        self.made = Plan(self.table)
        self.values = {s.name: s for s in self.model.statements if not isinstance(s, ir.Observed)}
        self.found: dict[str, Obstacle | None] = {}
        self.wanted: dict[str, None] = {}

    def plan(self) -> Plan:
        for statement in self.model.statements:
            over = self.table in map(ir.base_plate, statement.plates)
            # What an amortised guide computes is no quantity of the model's.
            if isinstance(statement, ir.Observed | ir.Let) and over and "." not in statement.name:
                obstacle = self._target(statement)
                if obstacle is None:
                    self.made.targets.append(statement)
                else:
                    self.made.missing[statement.name] = obstacle
        for statement in self.made.targets:
            self._want(statement)
        self._redraws()
        targets = {id(s) for s in self.made.targets}
        for statement in self.model.statements:
            computed = not isinstance(statement, ir.Observed) and statement.name in self.wanted
            if id(statement) in targets or (computed and statement.name not in self.made.kept):
                self.made.steps.append(statement)
        return self.made

    # What can be computed

    def _target(self, statement: ir.Observed | ir.Let) -> Obstacle | None:
        if isinstance(statement, ir.Let):
            return self._value(statement.name)
        if self._is_joint(statement):
            return Obstacle("joint", statement.name, statement.span, self.table)
        return self._dist(statement.dist, statement.span)

    def _is_joint(self, statement: ir.Sample | ir.Observed) -> bool:
        """Whether rows are dimensions of one value, or stand twice."""
        here = [plate for plate in statement.plates if ir.base_plate(plate) == self.table]
        return len(here) > 1 or self.table in map(ir.base_plate, statement.event)

    def _dist(self, dist: ir.Dist, span: Span) -> Obstacle | None:
        if isinstance(dist, ir.Improper):
            return Obstacle("flat", "Flat", span)
        for call in calls(dist):
            if call.row.name in NOT_DRAWN or call.row.name not in SAMPLERS:
                return Obstacle("not drawn", call.row.name, call.span)
        return self._first(self._expr(expr) for expr in ir.dist_exprs(dist))

    def _expr(self, expr: ir.Expr) -> Obstacle | None:
        """What stands in the way of an expression over rows."""
        for node in ir.walk(expr):
            if isinstance(node, ir.Reduce) and self.table in map(ir.base_plate, node.over):
                return Obstacle(
                    "along" if node.keeps else "reduced", self.model.source.slice(node.span), node.span, self.table
                )
            if isinstance(node, ir.At) and any(ir.base_plate(plate) == self.table for plate, _ in node.indices):
                return Obstacle("other rows", self.model.source.slice(node.span), node.span, self.table)
            if any(plate != self.table and ir.base_plate(plate) == self.table for plate in node.plates):
                return Obstacle("other rows", self.model.source.slice(node.span), node.span, self.table)
            if isinstance(node, ir.Network) and self.table in map(ir.base_plate, self._inside(node)):
                return Obstacle("other rows", self.model.source.slice(node.span), node.span, self.table)
            for name in self._read(node):
                obstacle = self._value(name)
                if obstacle is not None:
                    return obstacle
        return None

    def _inside(self, node: ir.Network) -> ir.Plates:
        """The plates that a layer takes as one value and gives as one."""
        layer = self.model.layers[node.layer]
        return tuple(plate for plates in (*layer.inputs, *layer.outputs) for plate in plates)

    def _read(self, node: ir.Expr) -> tuple[str, ...]:
        """The values of the model that a node reads itself: its own name, a layer's weights."""
        if isinstance(node, ir.Network):
            return self.model.layers[node.layer].weights()
        return (node.name,) if isinstance(node, ir.Ref) and node.name in self.values else ()

    def _value(self, name: str) -> Obstacle | None:
        if name not in self.found:
            self.found[name] = None
            self.found[name] = self._find(self.values[name])
        return self.found[name]

    def _find(self, statement: ir.Statement) -> Obstacle | None:
        dims = (*statement.plates, *getattr(statement, "event", ()))
        here = [plate for plate in dims if ir.base_plate(plate) == self.table]
        over = self.table in map(ir.base_plate, statement.plates)
        match statement:
            case ir.Sample() | ir.Parameter() if dims.count(self.table) < len(here):
                return Obstacle("joint", statement.name, statement.span, self.table)
            case ir.Sample() if over:
                self.made.local[statement.name] = self._can_be_drawn(statement)
            case ir.Sample() | ir.Parameter() if here:
                self.made.local[statement.name] = False
            case ir.Let() if over:
                obstacle = self._expr(statement.expr)
                if obstacle is not None and statement.reported and len(here) == 1:
                    # The run has its values for the rows of the fit.
                    self.made.local[statement.name] = False
                    return None
                return obstacle
            case ir.Let() if self._of_rows(statement.expr):
                if not statement.reported:
                    return Obstacle("reduced", statement.name, statement.span, self.table)
                self.made.kept[statement.name] = statement
            case ir.Let(expr=expr):
                return self._first(self._value(name) for node in ir.walk(expr) for name in self._read(node))
        return None

    def _can_be_drawn(self, statement: ir.Sample) -> bool:
        """Whether a latent of a new row is drawn from its prior."""
        if not self.model.plates[self.table].redraw_unseen or statement.restricted:
            return False
        return self._dist(statement.dist, statement.span) is None

    def _of_rows(self, expr: ir.Expr) -> bool:
        """Whether a value that is not over the rows depends on them: it is then a fact of the rows of the fit."""
        for node in ir.walk(expr):
            if self.table in map(ir.base_plate, node.plates):
                return True
            if isinstance(node, ir.At) and any(ir.base_plate(plate) == self.table for plate, _ in node.indices):
                return True
            for name in self._read(node):
                if isinstance(found := self.values[name], ir.Let) and self._of_rows(found.expr):
                    return True
        return False

    def _first(self, obstacles: Iterator[Obstacle | None]) -> Obstacle | None:
        return next((obstacle for obstacle in obstacles if obstacle is not None), None)

    # What is needed

    def _want(self, statement: ir.Statement) -> None:
        """Gather all that a statement is computed from."""
        match statement:
            case ir.Observed(dist=dist):
                self._want_all(ir.dist_exprs(dist))
            case ir.Let(name=name, expr=expr):
                self.wanted[name] = None
                if name not in self.made.kept and name not in self.made.local:
                    self._want_all([expr])
            case ir.Sample(name=name):
                self.wanted[name] = None
                if name not in self.made.local:
                    self.made.kept[name] = statement
                redrawn = any(self.model.plates[p].redraw_unseen for p in statement.plates if p in self.model.plates)
                if self.made.local.get(name) or (redrawn and self._unfixed(statement) is None):
                    self._want_all(ir.dist_exprs(statement.dist))
            case ir.Parameter(name=name):
                self.wanted[name] = None
                if name not in self.made.local:
                    self.made.kept[name] = statement

    def _want_all(self, exprs) -> None:
        for expr in exprs:
            for node in ir.walk(expr):
                for name in self._read(node):
                    if name not in self.wanted:
                        self._want(self.values[name])
                if isinstance(node, ir.Ref) and node.name not in self.values:
                    self.made.columns[node.name] = None
                for _, index in node.indices if isinstance(node, ir.At) else ():
                    if isinstance(index, ir.Rows):
                        self.made.columns[index.column] = None

    # Unseen levels

    def _redraws(self) -> None:
        """Which plates' unseen levels are drawn, of those that the rows' categories refer to."""
        for name in list(self.made.columns):
            column = self.model.columns[name]
            plate = column.category
            if plate is None or column.plates[0] != self.table or not self.model.plates[plate].redraw_unseen:
                continue
            obstacle = self._first(self._fixed(plate, self.values[value]) for value in self.wanted)
            obstacle = obstacle or self._first(
                self._reads_other(plate, expr) for s in self.made.targets for expr in _expressions(s)
            )
            if obstacle is None:
                self.made.redraws.add(plate)
            else:
                self.made.fixed[plate] = replace(obstacle, plate=plate)

    def _fixed(self, plate: str, statement: ir.Statement) -> Obstacle | None:
        """Why a value cannot be extended to an unseen level of a plate."""
        dims = (*statement.plates, *getattr(statement, "event", ()))
        if plate in map(ir.base_plate, dims):
            alone = dims.count(plate) == 1 and plate in statement.plates and f"{plate}'" not in dims
            if not alone or statement.name in self.made.local:
                return Obstacle("joint", statement.name, statement.span)
            match statement:
                case ir.Parameter():
                    return Obstacle("no prior", statement.name, statement.span)
                case ir.Sample():
                    obstacle = self._unfixed(statement)
                    if obstacle is not None:
                        return obstacle
                case ir.Let() if statement.name in self.made.kept:
                    return Obstacle("reduced", statement.name, statement.span)
        return self._first(self._reads_other(plate, expr) for expr in _expressions(statement))

    def _unfixed(self, statement: ir.Sample) -> Obstacle | None:
        """Why a latent cannot be drawn anew from its prior."""
        if statement.restricted:
            return Obstacle("restricted", statement.name, statement.span)
        if isinstance(statement.dist, ir.Improper):
            return Obstacle("flat", statement.name, statement.span)
        for call in calls(statement.dist):
            if call.row.name not in SAMPLERS:
                return Obstacle("not drawn", call.row.name, call.span)
        return None

    def _reads_other(self, plate: str, expr: ir.Expr) -> Obstacle | None:
        """Where an expression needs data of the level itself, or looks at all levels together."""
        for node in ir.walk(expr):
            if isinstance(node, ir.Reduce) and plate in map(ir.base_plate, node.over):
                return Obstacle("all levels", self.model.source.slice(node.span), node.span)
            column = self.model.columns.get(node.name) if isinstance(node, ir.Ref) else None
            if column is not None and column.plates[0] != self.table and plate in map(ir.base_plate, column.plates):
                return Obstacle("level data", node.name, node.span)
            if any(p != plate and ir.base_plate(p) == plate for p in node.plates):
                return Obstacle("all levels", self.model.source.slice(node.span), node.span)
        return None


def _expressions(statement: ir.Statement) -> list[ir.Expr]:
    match statement:
        case ir.Sample(dist=dist) | ir.Observed(dist=dist):
            return list(ir.dist_exprs(dist))
        case ir.Let(expr=expr):
            return [expr]
    return []
