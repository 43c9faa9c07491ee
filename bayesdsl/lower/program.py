"""From the checked model to the Pyro program that is printed, read and run.

mu ~ Normal(0, 5)           ->  def model(n_school, sigma, y=None):
observe y ~ Normal(mu, sigma)       mu = pyro.sample("mu", dist.Normal(real(0), real(5)))
                                    with school_plate:
                                        pyro.sample("y", dist.Normal(mu, sigma), obs=y)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import assert_never

from bayesdsl.lower.earlier import (
    before_plates_helper,
    carried_statements,
    flat_helper,
    triangle_helper,
    unconstrained_helper,
)
from bayesdsl.lower.in_place import in_place, members
from bayesdsl.lower.inputs import Codes, Input, Inputs, Position, Size, Values
from bayesdsl.lower.names import Names
from bayesdsl.lower.statements import Reported, Statements
from bayesdsl.model import ir
from bayesdsl.model.earlier import Earlier
from bayesdsl.pysrc import nodes as py
from bayesdsl.source import Span


@dataclass(frozen=True, slots=True)
class Program:
    """The emitted program and what is needed to run it.

    `inputs` maps the program's arguments to what they are; `optional` are those of data that may be left out, to be
    drawn instead. `reported` are the quantities that runs give draws of, `learned` the weights of layers and the params
    of guides, which have one value. `sites` maps each latent of the spec to its site in the program, `guide_functions`
    each guide to its function; `automatic` are the guides that are built from the model. `prior_terms` are factors that
    belong to priors, `moving` the sites whose support depends on other latents. `batches` maps each plate of which the
    program can take a minibatch to how it does.
    """

    module: py.Module
    inputs: dict[str, Input]
    optional: frozenset[str]
    reported: tuple[Reported, ...]
    learned: tuple[Reported, ...]
    sites: dict[str, str]
    guide_functions: dict[str, str]
    automatic: frozenset[str]
    prior_terms: tuple[str, ...]
    moving: tuple[str, ...]
    batches: dict[str, BatchArgument] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchArgument:
    """How a program takes a minibatch: the argument for its rows, and the name and the dimension of Pyro's plate."""

    rows: str
    site: str
    dim: int


def lower(
    model: ir.Model,
    dtype: str = "float64",
    batched: frozenset[str] = frozenset(),
    earlier: Earlier | None = None,
) -> Program:
    """Lower a checked model. `dtype` is that of every real: `"float64"` or `"float32"`.

    Of the tables in `batched` the program takes all rows, or those of a minibatch. `earlier` is the posterior of a run,
    in the place of the priors of the latents that it has.
    """
    carried = model if earlier is None else carried_statements(model, earlier)
    return _Lowering(carried, dtype, batched, earlier).program()


@dataclass
class _Lowering:
    """The module around the functions."""

    model: ir.Model
    dtype: str
    batched: frozenset[str]
    earlier: Earlier | None = None
    names: Names = field(default_factory=Names)

    def __post_init__(self) -> None:
        self.inputs = Inputs(self.model, self.names, self.batched)
        self.statements = Statements(self.model, self.names, self.inputs, earlier=self.earlier)

    def program(self) -> Program:
        found, guides = self.statements, self.model.guides
        body = found.of_model()
        guide_functions = {name: self.names.of(f"guide {name}", name) for name in guides}
        bodies = {name: self._guide_body(guide) for name, guide in guides.items()}
        given = self._given()
        batches = self._batches()
        arguments = tuple(py.Param(name, py.Constant(None) if name in found.optional else None) for _, name in given)
        arguments += tuple(py.Param(batch.rows, py.Constant(None)) for batch in batches.values())
        functions: list[py.Stmt] = [
            *found.functions,
            py.FunctionDef("model", arguments, tuple(body), docstring=self._model_doc(given)),
        ]
        for name, guide in guides.items():
            functions.append(_guide_function(guide_functions[name], guide, bodies[name], arguments))
        prior = found.prior
        if prior is not None:
            functions.insert(0, prior.definition())
        data = in_place(self.model, given)
        rest = (*functions, *([prior.constants()] if prior is not None else []), *([data] if data is not None else []))
        return Program(
            module=py.Module(self._docstring(), (*self._prelude(rest), *rest)),
            inputs={argument: kind for kind, argument in given},
            optional=frozenset(found.optional),
            reported=tuple(found.reported),
            learned=tuple(found.learned),
            sites=found.sites,
            guide_functions=guide_functions,
            automatic=frozenset(name for name, guide in guides.items() if isinstance(guide, ir.GuideMap)),
            prior_terms=tuple(found.prior_terms),
            moving=tuple(found.moving),
            batches=batches,
        )

    def _docstring(self) -> str:
        name = self.model.source.name.replace("\\", "/").rsplit("/", 1)[-1]
        return (
            f"{name} as a Pyro program.\n\n"
            "Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec."
        )

    def _line(self, span: Span) -> int:
        return self.model.source.position(span.start)[0]

    def _prelude(self, rest: tuple[py.Stmt, ...]) -> list[py.Stmt]:
        """Imports, known numbers and helpers, as far as the functions use them."""
        used = set(names_in(rest))
        statements: list[py.Stmt] = [
            py.Import("pyro"),
            py.Import("pyro.distributions", "dist"),
            py.Import("torch"),
        ]
        if "poutine" in used:
            statements += [py.ImportFrom("pyro", ("poutine",)), py.ImportFrom("pyro.infer", ("autoguide",))]
        if "constraints" in used:
            statements.append(py.ImportFrom("pyro.distributions", ("constraints",)))
        if "F" in used:
            statements.append(py.Import("torch.nn.functional", "F"))
        if "unconstrained" in used:
            statements.append(py.ImportFrom("torch.distributions", ("biject_to",)))
        statements.append(py.Blank())
        if used & {"real", "DTYPE"}:
            statements.append(py.assign("DTYPE", py.dotted(f"torch.{self.dtype}")))
        for kind, argument in self.inputs.used.items():
            if self._is_constant(kind):
                statements.append(self._constant(kind, argument))
        return statements + [helper for name, helper in HELPERS.items() if name in used]

    # Arguments

    def _is_constant(self, kind: Input) -> bool:
        """Whether an argument is known from the spec whatever the data: a size written out, a label's position."""
        if not isinstance(kind, Size | Position):
            return False
        plate = self.model.plates[kind.plate]
        if plate.origin in (ir.Origin.NUMBER, ir.Origin.LABELS):
            return True
        return plate.origin is ir.Origin.COLUMNS and plate.size is not None

    def _constant(self, kind: Size | Position, argument: str) -> py.Stmt:
        known = members(self.model, kind.plate)
        value = len(known) if isinstance(kind, Size) else known.index(str(kind.label))
        return py.assign(argument, value, origin=self._line(self.model.plates[kind.plate].span))

    def _given(self) -> list[tuple[Input, str]]:
        """The arguments in their order: sizes, positions, codes, columns, and what is observed last."""
        order = {Size: 0, Position: 1, Codes: 2, Values: 3}
        given = [(kind, name) for kind, name in self.inputs.used.items() if not self._is_constant(kind)]
        return sorted(given, key=lambda item: (item[1] in self.statements.optional, order[type(item[0])]))

    def _model_doc(self, given: list[tuple[Input, str]]) -> str:
        optional = self.statements.optional
        lines = ["The model. Observed arguments left out are drawn instead." if optional else "The model."]
        if given:
            lines.append("")
        for kind, name in given:
            lines.append(f"{name}: {self._describe(kind)}{', observed' if name in optional else ''}")
        for plate, batch in self._batches().items():
            whole = self.inputs.whole(plate).id
            lines += [
                f"{batch.rows}: the positions of a minibatch's rows among all {whole} of plate {plate}, int64. The",
                f"    arguments of shape ({plate}, ..) then hold these rows alone, whose log density is scaled to that",
                "    of all. Left out, they hold all rows.",
            ]
        return "\n".join(lines)

    def _describe(self, kind: Input) -> str:
        match kind:
            case Size(plate):
                return f"the number of members of plate {plate}, an int"
            case Values(column):
                return f"shape ({', '.join(self.model.columns[column].plates)})"
            case Codes(column):
                found = self.model.columns[column]
                table = found.plates[0]
                return f"for each {table} the position of its {found.category}, int64, shape ({table})"
            case Position(plate, label):
                return f"the position of {plate} {label!r}, an int"
            case _:
                assert_never(kind)

    def _batches(self) -> dict[str, BatchArgument]:
        """How minibatches are given, for the plates that have a site."""
        sites, dims = self.statements.plate_sites, self.statements.dims
        return {p: BatchArgument(self.inputs.rows(p).id, sites[p], dims[p]) for p in sorted(self.batched) if p in sites}

    # Guides

    def _guide_body(self, guide: ir.Guide) -> list[py.Stmt]:
        match guide:
            case ir.GuideBody():
                return self.statements.of_guide(guide)
            case ir.GuideMap():
                return self._guide_map(guide)
            case _:
                assert_never(guide)

    def _guide_map(self, guide: ir.GuideMap) -> list[py.Stmt]:
        unpacked = py.BoolOp("or", (py.Name("settings"), py.Dict()))
        made = py.call("autoguide.AutoGuideList", py.Name("model"))
        body: list[py.Stmt] = [py.assign("settings", unpacked), py.assign("guide", made, origin=self._line(guide.span))]
        for part in guide.parts:
            sites = [self.statements.sites[site] for site in part.sites]
            exposed = py.call("poutine.block", py.Name("model"), expose=sites)
            settings = tuple((name, _setting(name, value)) for name, value in part.setup.settings)
            row = py.dotted(f"autoguide.{part.setup.row.name}")
            made = py.Call(row, (exposed,), (*settings, (None, py.Name("settings"))))
            body.append(py.ExprStmt(py.method("guide", "append", made)))
        return [*body, py.Return(py.Name("guide"))]


def _guide_function(name: str, guide: ir.Guide, body: list[py.Stmt], arguments: tuple[py.Param, ...]) -> py.FunctionDef:
    if isinstance(guide, ir.GuideMap):
        doc = "The guide for a model, put together from Pyro's; `settings` are given to each part."
        return py.FunctionDef(
            name, (py.Param("model"), py.Param("settings", py.Constant(None))), tuple(body), docstring=doc
        )
    return py.FunctionDef(name, arguments, tuple(body), docstring="The guide, with the model's arguments.")


def _setting(name: str, value: object) -> py.Expr:
    """A setting of an autoguide; ways to choose where a latent starts are functions."""
    if name == "init_loc_fn":
        return py.dotted(f"autoguide.{value}")
    return py.expr(list(value) if isinstance(value, tuple) else value)


# Functions that programs bring along, by the names they are used under


def _real() -> py.FunctionDef:
    made = py.call("torch.tensor", py.Name("value"), dtype=py.Name("DTYPE"))
    doc = "A constant as a tensor: Pyro alone would make it of torch's default dtype."
    return py.FunctionDef("real", (py.Param("value"),), (py.Return(made),), docstring=doc)


def _mixture() -> py.FunctionDef:
    bases = py.Tuple((py.dotted("dist.MixtureSameFamily"),))
    made = py.call("type", "Mixture", bases, {"support": py.Name("support")})
    params = tuple(map(py.Param, ("weights", "components", "support")))
    doc = "A mixture that lies in `support`: the constraint that torch gives it cannot be mapped to the reals."
    value = py.call(made, py.Name("weights"), py.Name("components"))
    return py.FunctionDef("mixture", params, (py.Return(value),), docstring=doc)


HELPERS: dict[str, py.FunctionDef] = {
    "real": _real(),
    "mixture": _mixture(),
    "unconstrained": unconstrained_helper(),
    "flat": flat_helper(),
    "before_plates": before_plates_helper(),
    "triangle": triangle_helper(),
}


def names_in(node: object) -> Iterator[str]:
    """Every name that stands in a piece of source."""
    if isinstance(node, py.Name):
        yield node.id
    elif isinstance(node, tuple):
        for item in node:
            yield from names_in(item)
    elif is_dataclass(node):
        for item in fields(node):
            yield from names_in(getattr(node, item.name))
