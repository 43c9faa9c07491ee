"""The Pyro program of a model as a NumPyro program: the same functions, arguments, sites and comments.

mu = pyro.sample("mu", dist.Normal(real(0), real(5)))   ->  mu = numpyro.sample("mu", dist.Normal(0.0, 5.0))
with school_plate:                                      ->  with school_plate:
    pyro.sample("y", dist.Normal(mu, torch.exp(s)))     ->      numpyro.sample("y", dist.Normal(mu, jnp.exp(s)))
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from bayesdsl.catalogue.numpyro import MISSING_DISTRIBUTIONS, MISSING_GUIDES, MISSING_MIXTURE, UNMIXED
from bayesdsl.catalogue.numpyro_layers import HELPERS
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.lower import errors
from bayesdsl.lower.numpyro_expressions import NoCounterpartError, path_of, rewrite_value
from bayesdsl.lower.numpyro_layers import missing_modules
from bayesdsl.lower.program import HELPERS as PYRO_HELPERS
from bayesdsl.lower.program import Program, names_in
from bayesdsl.model import ir
from bayesdsl.pysrc import nodes as py
from bayesdsl.pysrc.reader import read_function


def to_numpyro(model: ir.Model, program: Program) -> py.Module:
    """The NumPyro program of a model, made from its Pyro program.

    Raises `BayesError` with a finding for all that NumPyro does not have.
    """
    rewriting = _Rewriting(model, program)
    body = rewriting.body()
    # What those of the spec say at their places would be said again of the program's lines.
    findings = tuple(_missing(model)) or tuple(rewriting.findings)
    if findings:
        raise BayesError(findings)
    # Known numbers come before the functions that the program brings along.
    first = next((i for i, statement in enumerate(body) if not isinstance(statement, py.Assign)), len(body))
    imports, helpers = _prelude(body)
    return py.Module(_docstring(program.module.docstring), (*imports, *body[:first], *helpers, *body[first:]))


def _docstring(pyro: str) -> str:
    first, _, _ = pyro.partition("\n")
    return (
        f"{first.replace('as a Pyro program', 'as a NumPyro program')}\n\n"
        "Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.\n"
        'Reals have JAX\'s precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).'
    )


# What NumPyro does not have


def _missing(model: ir.Model) -> Iterator[Diagnostic]:
    """Findings for distributions, modules of layers and guides, at their places in the spec."""
    yield from missing_modules(model)
    bodies = [model.statements, *(g.statements for g in model.guides.values() if isinstance(g, ir.GuideBody))]
    for statements in bodies:
        for statement in statements:
            if isinstance(statement, ir.Sample | ir.Observed):
                yield from _missing_distributions(model, statement.dist)
    for guide in model.guides.values():
        if isinstance(guide, ir.GuideMap):
            yield from _missing_parts(model, guide)


def _missing_distributions(model: ir.Model, dist: ir.Dist) -> Iterator[Diagnostic]:
    match dist:
        case ir.Call(row, args):
            if row.name in MISSING_DISTRIBUTIONS:
                yield errors.no_numpyro_distribution(model.source, dist.span, row.name, MISSING_DISTRIBUTIONS[row.name])
            for _, value in args:
                if isinstance(value, ir.Call | ir.Mix):
                    yield from _missing_distributions(model, value)
        case ir.Mix(component=component):
            yield from _missing_distributions(model, component)
            if any(call.row.name in UNMIXED for call in _taken(component)):
                yield errors.no_numpyro_mixture(model.source, dist.span, component.row.name, MISSING_MIXTURE)


def _taken(dist: ir.Call) -> Iterator[ir.Call]:
    """A distribution and those it takes."""
    yield dist
    for _, value in dist.args:
        if isinstance(value, ir.Call):
            yield from _taken(value)


def _missing_parts(model: ir.Model, guide: ir.GuideMap) -> Iterator[Diagnostic]:
    improper = {s.name: s for s in model.of(ir.Sample) if s.restricted or isinstance(s.dist, ir.Improper)}
    for part in guide.parts:
        name = part.setup.row.name
        if name in MISSING_GUIDES:
            yield errors.no_numpyro_guide(model.source, guide.span, guide.name, name, MISSING_GUIDES[name])
    left_out = [s for name, s in improper.items() if any(name not in part.sites for part in guide.parts)]
    for sample in left_out[:1]:
        yield errors.no_numpyro_draw(model.source, guide.span, guide.name, sample.name, sample.span)


# Statements


@dataclass
class _Rewriting:
    """Rewrites the statements of a program; what cannot be is gathered in `findings`."""

    model: ir.Model
    program: Program
    findings: list[Diagnostic] = field(default_factory=list)

    def body(self) -> list[py.Stmt]:
        """All of the program but its imports and what only torch needs."""
        kept = [statement for statement in self.program.module.body if not _is_pyros(statement)]
        return [made for statement in kept if (made := self._statement(statement, None)) is not None]

    def _statement(self, statement: py.Stmt, line: int | None) -> py.Stmt | None:
        line = statement.origin or line
        match statement:
            case py.FunctionDef(name) if name in self._guide_maps():
                return self._guide_map(statement)
            case py.FunctionDef("model"):
                # JAX's whole numbers have its precision too.
                doc = statement.docstring.replace(", int64, shape (", ", whole numbers, shape (")
                return replace(statement, body=self._block(statement.body, line), docstring=doc)
            case py.FunctionDef() | py.With():
                return replace(statement, body=self._block(statement.body, line))
            case py.If(test):
                return replace(
                    statement,
                    test=self._rewritten(test, line),
                    body=self._block(statement.body, line),
                    orelse=self._block(statement.orelse, line),
                )
            case py.Assign() | py.ExprStmt() | py.Return() if statement.value is not None:
                return replace(statement, value=self._rewritten(statement.value, line))
            case _:
                return statement

    def _block(self, statements: tuple[py.Stmt, ...], line: int | None) -> tuple[py.Stmt, ...]:
        return tuple(self._statement(statement, line) for statement in statements)

    def _rewritten(self, node: py.Expr, line: int | None) -> py.Expr:
        try:
            return rewrite_value(node)
        except NoCounterpartError as error:
            self.findings.append(errors.no_numpyro_construct(self.model.source, line, error.name))
            return node

    # Guides that are put together

    def _guide_maps(self) -> set[str]:
        return {self.program.guide_functions[name] for name in self.program.automatic}

    def _guide_map(self, function: py.FunctionDef) -> py.FunctionDef:
        """The parts have parameters of their own names, and see the plates of their sites."""
        plates = self._plates_of_sites()
        numbers = count()
        body = []
        for statement in function.body:
            match statement:
                case py.ExprStmt(py.Call(append, (py.Call() as part,))):
                    prefix = ("prefix", py.Constant(f"{function.name}_{next(numbers)}"))
                    exposing = replace(part, args=(_exposing(part.args[0], plates),))
                    part = replace(exposing, kwargs=(prefix, *exposing.kwargs))
                    statement = replace(statement, value=py.Call(append, (part,)))
            body.append(self._statement(statement, None))
        doc = "The guide for a model, put together from NumPyro's; `settings` are given to each part."
        return replace(function, body=tuple(body), docstring=doc)

    def _plates_of_sites(self) -> dict[str, list[str]]:
        """The names of the plates around each site of the model."""
        model = next(s for s in self.program.module.body if isinstance(s, py.FunctionDef) and s.name == "model")
        names: dict[str, str] = {}
        found: dict[str, list[str]] = {}
        for statement in model.body:
            match statement:
                case py.Assign((py.Name(variable),), py.Call(func, (py.Constant(name), *_))):
                    if path_of(func) == "pyro.plate":
                        names[variable] = name
                case py.With(items, body):
                    around = [names[path_of(plate)] for plate, _ in items]
                    found |= {site: around for site in _sites(body)}
        return found


def _is_pyros(statement: py.Stmt) -> bool:
    match statement:
        case py.Import() | py.ImportFrom() | py.Blank():
            return True
        case py.FunctionDef(name):
            return name in PYRO_HELPERS
        case py.Assign((py.Name("DTYPE"),)):
            return True
    return False


def _sites(statements: tuple[py.Stmt, ...]) -> Iterator[str]:
    for statement in statements:
        match getattr(statement, "value", None):
            case py.Call(func, (py.Constant(name), *_)) if path_of(func) == "pyro.sample":
                yield name


def _exposing(block: py.Call, plates: dict[str, list[str]]) -> py.Call:
    """`block` exposing the plates of the sites it exposes: without them a guide cannot tell their sizes."""
    (_, sites), *_ = block.kwargs
    names = [item.value for item in sites.items]
    around = dict.fromkeys(plate for name in names for plate in plates.get(name, ()))
    return replace(block, kwargs=(("expose", py.expr([*names, *around])),))


# The module around them


def _prelude(body: list[py.Stmt]) -> tuple[list[py.Stmt], list[py.Stmt]]:
    """Imports and functions that programs bring along, as far as the statements use them."""
    used = set(names_in(tuple(body)))
    helpers: list[py.Stmt] = []
    # Helpers are in the order in which they use each other.
    for name, text in reversed(HELPERS.items()):
        if name in used:
            helpers.insert(0, read_function(text))
            used |= set(names_in(helpers[0]))
    statements: list[py.Stmt] = []
    if "jax" in used:
        statements.append(py.Import("jax"))
    if "jnp" in used:
        statements.append(py.Import("jax.numpy", "jnp"))
    statements += [py.Import("numpyro"), py.Import("numpyro.distributions", "dist")]
    for name, module in (
        ("handlers", "numpyro"),
        ("constraints", "numpyro.distributions"),
        ("autoguide", "numpyro.infer"),
    ):
        if name in used:
            statements.append(py.ImportFrom(module, (name,)))
    return [*statements, py.Blank()], helpers
