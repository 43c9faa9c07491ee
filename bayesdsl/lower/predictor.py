"""From the checked model to a predictor: plain torch, with the posterior's draws as one more plate on the left.

observe mass ~ Normal(a[species] + b[species] * flipper, sigma)
->  def block(self, columns, fresh, generator, seed, number):
        a = self.drawn_a                                     # (draw, species)
        species_of_penguin = columns["penguin.species"]
        mass_drawn = samplers.normal(a[:, species_of_penguin] + .., sigma[:, None], [n_draws, n_penguin], generator)

The module is what `predict` runs and what `export` compiles, so that they cannot disagree. `export/base.py` is the
part of it that is the same for every spec.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from bayesdsl.catalogue.samplers import SAMPLERS
from bayesdsl.lower.columns import FLOAT
from bayesdsl.lower.drawing import DRAW, DrawnExpressions, DrawnInputs, Draws, real
from bayesdsl.lower.drawn_layers import of_draws
from bayesdsl.lower.inputs import Codes, Input, Position, Size, Values
from bayesdsl.lower.layers import Layers
from bayesdsl.lower.layout import Layout
from bayesdsl.lower.names import Names
from bayesdsl.lower.predictable import Plan, calls, plan
from bayesdsl.lower.prepared import OWN_NAMES, Prepared, Quote, dict_of
from bayesdsl.lower.training import Training
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py
from bayesdsl.source import Span


@dataclass(frozen=True, slots=True)
class Output:
    """A predicted quantity: `kind` is `"likelihood"`, `"definition"` or `"derived"`; `dims` are its plates besides the
    rows, `category` the plate of the levels that it is one of; `over_rows` says that it has a value for each row."""

    name: str
    kind: str
    dims: ir.Plates
    category: str | None = None
    over_rows: bool = True


@dataclass(frozen=True, slots=True)
class PredictorProgram:
    """The generated module, and what is needed to make and to feed it.

    `drawn` maps attributes to the spec's names whose draws they hold, `given` to columns of other tables. `sizes` are
    the plates whose sizes it asks for, `places` the members it names, `ranked` the calls that rank. `numbers` and
    `texts` are the columns of the source that it reads, `columns` those of the spec, in their order.
    """

    module: py.Module
    table: str
    drawn: dict[str, str]
    given: dict[str, str]
    sizes: tuple[str, ...]
    places: dict[str, tuple[str, str | int | float]]
    ranked: tuple[str, ...]
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    columns: tuple[str, ...]
    outputs: tuple[Output, ...]
    plan: Plan
    loops: tuple[str, ...] = ()

    @property
    def local(self) -> tuple[str, ...]:
        """Latents that only rows of the fit have."""
        return tuple(name for name, redrawn in self.plan.local.items() if not redrawn)


def lower_predictor(model: ir.Model, training: Training, table: str) -> PredictorProgram:
    """Lower what can be predicted for rows of a table. `plan.missing` says what cannot."""
    return _Lowering(model, training, plan(model, table)).program()


@dataclass
class _Lowering:
    model: ir.Model
    training: Training
    plan: Plan
    names: Names = field(default_factory=Names)
    body: list[py.Stmt] = field(default_factory=list)
    drawn: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in OWN_NAMES:
            self.names.fresh(name)
        self.table = self.plan.table
        self.inputs = DrawnInputs(self.model, self.names)
        layouts: dict[str, Layout] = {column.name: column.plates for column in self.model.columns.values()}
        self.expressions = DrawnExpressions(self.inputs, layouts, dtype=FLOAT, real=real)
        self.draws = Draws(self.expressions)
        self.quoted = ""
        self.functions: list[py.FunctionDef] = []
        self._layers()

    def _layers(self) -> None:
        """Functions for the layers: of one draw of the weights, and of all where they are drawn."""
        layers = Layers(self.inputs)
        learned = {s.name for s in self.model.of(ir.Parameter) if s.layer is not None or "." in s.name}
        self.expressions.learned = frozenset(learned)
        for name, layer in self.model.layers.items():
            function = self.names.of(f"layer {name}", name)
            self.expressions.layers[name] = (layer, function)
            plain = layers.function(function, layer)
            self.functions.append(plain)
            if not learned.issuperset(layer.weights()):
                self.functions.append(of_draws(layers, f"{function}_of_draws", plain, layer))

    def program(self) -> PredictorProgram:
        steps = self._steps()
        outputs = self._outputs()
        constants = tuple(o for o in outputs if not o.over_rows)
        block = self._block(steps, [o for o in outputs if o.over_rows])
        prepared = Prepared(self.model, self.training.tables[self.table], self.table, self._quote)
        read = {kind.column for kind in self.inputs.used if isinstance(kind, Values | Codes)}
        needed = prepared.needed(read)
        columns = prepared.function(needed)
        module = self._module([columns, block, self._constants(constants)])
        return PredictorProgram(
            module=module,
            table=self.table,
            drawn=self.drawn,
            given=self._given(),
            sizes=tuple(k.plate for k in self.inputs.used if isinstance(k, Size) and k.plate not in (DRAW, self.table)),
            places={_place(k): (k.plate, k.label) for k in self.inputs.used if isinstance(k, Position)},
            ranked=tuple(prepared.rows.ranked),
            numbers=tuple(prepared.rows.numbers),
            texts=tuple(prepared.rows.texts),
            columns=tuple(needed),
            outputs=outputs,
            plan=self.plan,
            loops=tuple(dict.fromkeys(self._loops())),
        )

    # Statements

    def _statements(self) -> Iterable[ir.Statement]:
        """All that is taken or computed, in the order of the spec."""
        wanted = {id(step) for step in self.plan.steps} | {id(s) for s in self.plan.kept.values()}
        return [s for s in self.model.statements if id(s) in wanted]

    def _steps(self) -> list[py.Stmt]:
        """What all rows share comes first, with random numbers of its own: it is the same in every block of rows."""
        found = self._statements()
        rows = [s for s in found if isinstance(s, ir.Observed) or self.table in map(ir.base_plate, self._dims(s))]
        shared = [step for s in found if s not in rows for step in self._step(s)]
        if any(isinstance(step, py.If) for step in shared):
            shared.insert(0, _begin(py.Constant(0)))
        return [
            *shared,
            _begin(py.BinOp("+", py.Name("number"), py.Constant(1))),
            *(t for s in rows for t in self._step(s)),
        ]

    def _step(self, statement: ir.Statement) -> list[py.Stmt]:
        match statement:
            case ir.Observed():
                return [self._observed(statement)]
            case ir.Sample() | ir.Parameter() | ir.Let() if statement.name in self.plan.local:
                return self._local(statement)
            case ir.Let(name=name) if name not in self.plan.kept:
                return [self._let(statement)]
            case ir.Sample() | ir.Let() | ir.Parameter():
                return self._kept(statement)
            case _:
                assert_never(statement)

    def _quote(self, span: Span) -> Quote:
        """The spec's line as a comment above what is made of it, once."""
        line = self.model.source.position(span.start)[0]
        text = f"{line}: {self.model.source.line(line).strip()}"
        if text == self.quoted:
            return {"origin": line}
        self.quoted = text
        return {"origin": line, "comment": text}

    def _taken(self, statement: ir.Sample | ir.Parameter | ir.Let) -> tuple[str, py.Expr]:
        """The variable of a value whose draws are kept, and the attribute that holds them."""
        variable = self.names.of(statement.name)
        self.drawn[f"drawn_{variable}"] = statement.name
        return variable, py.dotted(f"self.drawn_{variable}")

    def _kept(self, statement: ir.Sample | ir.Parameter | ir.Let) -> list[py.Stmt]:
        dims = (*statement.plates, *getattr(statement, "event", ()))
        lead = () if statement.name in self.expressions.learned else (DRAW,)
        self.expressions.layouts[statement.name] = (*lead, *dims)
        variable, value = self._taken(statement)
        found: list[py.Stmt] = [py.assign(variable, value)]
        redrawn = [plate for plate in dims if plate in self.plan.redraws]
        if redrawn and isinstance(statement, ir.Sample):
            anew = self._sampled(statement)
            grown = py.method("self", "grown", py.Name(variable), anew)
            some = [py.Compare(">", py.index("fresh", plate), py.Constant(0)) for plate in redrawn]
            test = some[0] if len(some) == 1 else py.BoolOp("or", tuple(some))
            found.append(py.If(test, (py.assign(variable, grown),), **self._quote(statement.span)))
        return found

    def _local(self, statement: ir.Sample | ir.Parameter | ir.Let) -> list[py.Stmt]:
        """A latent of the rows: the fit's own for its rows; for new ones a draw, where the spec asks for it."""
        dims = (*statement.plates, *getattr(statement, "event", ()))
        self.expressions.layouts[statement.name] = (DRAW, *dims)
        variable, value = self._taken(statement)
        dim = 1 + dims.index(self.table)
        places = self._rows_of_the_fit()
        if self.plan.local[statement.name]:
            anew = self._sampled(statement)
            node = py.method("self", "or_drawn", value, anew, places, dim)
        else:
            node = py.method("self", "of_rows", value, places, dim)
        return [py.assign(variable, node, **self._quote(statement.span))]

    def _rows_of_the_fit(self) -> py.Expr:
        return py.index("columns", self.table)

    def _sampled(self, statement: ir.Sample | ir.Observed) -> py.Expr:
        return self.draws.draw(statement.dist, (DRAW, *statement.plates), statement.event, py.Name("generator"))

    def _let(self, statement: ir.Let) -> py.Stmt:
        layout = (DRAW, *statement.plates)
        value = self.expressions.tensor(statement.expr, layout)
        self.expressions.layouts[statement.name] = layout
        full = py.method(value, "expand", *self.draws.sizes(layout))
        return py.assign(self.names.of(statement.name), full, **self._quote(statement.span))

    def _observed(self, statement: ir.Observed) -> py.Stmt:
        variable = self._drawn_variable(statement.name)
        return py.assign(variable, self._sampled(statement), **self._quote(statement.span))

    def _drawn_variable(self, name: str) -> str:
        return self.names.of(f"{name} drawn", f"{name}_drawn")

    # Outputs

    def _outputs(self) -> tuple[Output, ...]:
        """Likelihoods and definitions over the rows, then what is reported beside them."""
        found: list[Output] = []
        for target in self.plan.targets:
            column = self.model.columns.get(target.name) if isinstance(target, ir.Observed) else None
            kind = "likelihood" if column is not None else "derived" if target.reported else "definition"
            dims = tuple(plate for plate in self._dims(target) if plate != self.table)
            found.append(Output(target.name, kind, dims, column.category if column is not None else None))
        for statement in self.model.of(ir.Let):
            if statement.reported and self.table not in map(ir.base_plate, statement.plates):
                found.append(Output(statement.name, "derived", statement.plates, over_rows=False))
        return tuple(found)

    def _dims(self, target: ir.Statement) -> ir.Plates:
        return (*target.plates, *getattr(target, "event", ()))

    def _output(self, target: ir.Observed | ir.Let) -> py.Expr:
        """A target's variable, the rows right behind the draws."""
        observed = isinstance(target, ir.Observed)
        node: py.Expr = py.Name(self._drawn_variable(target.name) if observed else self.names.of(target.name))
        dims = self._dims(target)
        place = dims.index(self.table)
        return node if place == 0 else py.method(node, "movedim", 1 + place, 1)

    def _block(self, steps: list[py.Stmt], outputs: list[Output]) -> py.FunctionDef:
        by_name = {target.name: target for target in self.plan.targets}
        items = tuple((py.Constant(o.name), self._output(by_name[o.name])) for o in outputs)
        body = [*self._prelude(), *steps, py.Return(py.Dict(items))]
        doc = f"Draws for some rows of {self.table}, each of shape (draw, row, ..)."
        params = (
            py.Param("self"),
            py.Param("columns", annotation=dict_of("Tensor")),
            py.Param("fresh", annotation=dict_of("int")),
            py.Param("generator", annotation=py.BinOp("|", py.Name("Generator"), py.Constant(None))),
            py.Param("seed", annotation=py.Name("int")),
            py.Param("number", annotation=py.Name("int")),
        )
        return py.FunctionDef("block", params, tuple(body), docstring=doc, returns=dict_of("Tensor"))

    def _prelude(self) -> list[py.Stmt]:
        """What the statements use besides draws: sizes, members by name, data."""
        return [py.assign(name, self._input(kind)) for kind, name in self.inputs.used.items()]

    def _input(self, kind: Input) -> py.Expr:
        match kind:
            case Size(plate) if plate == DRAW:
                return py.dotted("self.count")
            case Size(plate) if plate == self.table:
                return py.method(self._rows_of_the_fit(), "size", 0)
            case Size(plate):
                known = py.index("self.sizes", plate)
                return py.BinOp("+", known, py.index("fresh", plate)) if plate in self.plan.redraws else known
            case Position():
                return py.index("self.places", _place(kind))
            case Values(column) | Codes(column) if self.model.columns[column].plates[0] == self.table:
                return py.index("columns", f"{self.table}.{column}")
            case Values() | Codes():
                return py.dotted(f"self.given_{self.inputs.used[kind]}")
            case _:
                assert_never(kind)

    def _given(self) -> dict[str, str]:
        """Columns of other tables, by attribute."""
        return {
            f"given_{name}": kind.column
            for kind, name in self.inputs.used.items()
            if isinstance(kind, Values | Codes) and self.model.columns[kind.column].plates[0] != self.table
        }

    def _constants(self, outputs: tuple[Output, ...]) -> py.FunctionDef:
        items: list[tuple[py.Expr, py.Expr]] = []
        for output in outputs:
            attribute = f"drawn_{self.names.of(output.name)}"
            self.drawn[attribute] = output.name
            items.append((py.Constant(output.name), py.dotted(f"self.{attribute}")))
        body: list[py.Stmt] = [py.AnnAssign(py.Name("drawn"), dict_of("Tensor"), py.Dict(tuple(items)))]
        doc = "Reported quantities that are the same for every row, of shape (draw, ..)."
        return py.FunctionDef(
            "constants",
            (py.Param("self"),),
            (*body, py.Return(py.Name("drawn"))),
            docstring=doc,
            returns=dict_of("Tensor"),
        )

    def _loops(self) -> Iterable[str]:
        for step in self._statements():
            drawn = isinstance(step, ir.Observed) or self.plan.local.get(step.name, False)
            if drawn or (isinstance(step, ir.Sample) and self.plan.redraws.intersection(step.plates)):
                yield from (call.row.name for call in calls(step.dist) if SAMPLERS[call.row.name].loops)

    # The module

    def _module(self, methods: list[py.FunctionDef]) -> py.Module:
        name = self.model.source.name.replace("\\", "/").rsplit("/", 1)[-1]
        doc = f"{name} as a predictor for rows of {self.table}.\n\nWritten by bayesdsl. Comments give the spec's lines."
        functions = self.functions
        body: list[py.Stmt] = [
            py.Import("torch"),
            *([py.Import("torch.nn.functional", "F")] if functions else []),
            py.ImportFrom("torch", ("Generator", "Tensor")),
            py.Blank(),
            py.ImportFrom("bayesdsl.export", ("layers", "samplers") if functions else ("samplers",)),
            py.ImportFrom("bayesdsl.export.base", ("Base",)),
            *functions,
            py.ClassDef("Predictor", (py.Name("Base"),), tuple(methods), docstring="What the posterior says of rows."),
        ]
        return py.Module(doc, tuple(body))


def _place(kind: Position) -> str:
    return f"{kind.plate} {kind.label}"


def _begin(part: py.Expr) -> py.Stmt:
    """Random numbers for a part of the prediction."""
    return py.ExprStmt(py.method("self", "begin", py.Name("generator"), py.Name("seed"), part))
