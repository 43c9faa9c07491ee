"""What is legal and probably not meant: unused names, squares passed as scales, centred hierarchies."""

from __future__ import annotations

from bayesdsl.catalogue.rows import Distribution
from bayesdsl.check import errors
from bayesdsl.check.distributions import moving
from bayesdsl.check.ranges import same_value
from bayesdsl.check.scope import Scope
from bayesdsl.model import ir

# Arguments that are standard deviations, and the keyword that takes a variance instead.
SCALES: dict[str, str] = {"scale": "var"}


def lint(scope: Scope, model: ir.Model) -> None:
    """Report what is legal and probably not meant."""
    _unused(scope, model)
    lets = {s.name: s.expr for s in model.statements if isinstance(s, ir.Let)}
    for statement in model.statements:
        match statement:
            case ir.Sample(dist=dist) | ir.Observed(dist=dist):
                _square_as_scale(scope, dist, lets)
    for statement in model.statements:
        match statement:
            case ir.Sample():
                _centred(scope, model, statement)
            case ir.Observed(dist=dist):
                _moving_likelihood(scope, statement, dist)
                _predicts_itself(scope, statement, lets)
    if not any(isinstance(s, ir.Observed) for s in model.statements):
        _no_data(scope, model)


def _unused(scope: Scope, model: ir.Model) -> None:
    """Names that nothing depends on; where nothing is observed, what is drawn may be what is wanted."""
    simulates = not any(isinstance(s, ir.Observed) for s in model.statements)
    for statement in model.statements:
        match statement:
            case ir.Sample() if simulates:
                continue
            case ir.Sample() | ir.Parameter() if statement.layer is not None:
                continue
            case ir.Sample() | ir.Parameter() if statement.name not in scope.used:
                what = "a latent" if isinstance(statement, ir.Sample) else "a param"
                scope.report(errors.unused(scope.source, statement.span, statement.name, what))
            case ir.Let(reported=False) if statement.name not in scope.used:
                scope.report(errors.unused(scope.source, statement.span, statement.name, "a definition"))
    for name, layer in model.layers.items():
        if name not in scope.used:
            scope.report(errors.unused(scope.source, layer.span, name, "a layer"))
    for name, column in model.columns.items():
        if name not in scope.used and f"plate {name}" not in scope.used:
            scope.report(errors.unused(scope.source, column.span, name, "a column"))
    for name, constant in scope.constants.items():
        if name not in scope.used:
            scope.report(errors.unused(scope.source, constant.span, name, "a constant"))
    for name, plate in model.plates.items():
        referred = any(column.category == name for column in model.columns.values())
        declared = plate.origin in (ir.Origin.NUMBER, ir.Origin.LABELS)
        if declared and not referred and f"plate {name}" not in scope.used:
            scope.report(errors.unused(scope.source, plate.span, name, "a plate"))
    for name, guide in model.guides.items():
        if model.inferences and f"guide {name}" not in scope.used:
            scope.report(errors.unused_guide(scope.source, guide.span, name))


def _square_as_scale(scope: Scope, dist: ir.Dist, lets: dict[str, ir.Expr]) -> None:
    """`Normal(mu, sigma * sigma)`: Pyro, Stan and R all take a standard deviation there."""
    if isinstance(dist, ir.Mix):
        _square_as_scale(scope, dist.component, lets)
    if not isinstance(dist, ir.Call):
        return
    for name, value in dist.args:
        if isinstance(value, ir.Dist):
            _square_as_scale(scope, value, lets)
        elif name in SCALES and _is_square(lets.get(value.name, value) if isinstance(value, ir.Ref) else value):
            keyword = SCALES[name] if _takes(dist.row, SCALES[name]) else None
            scope.report(errors.square_as_scale(scope.source, value.span, dist.row.name, name, keyword))


def _takes(row: Distribution, keyword: str) -> bool:
    return any(p.name == keyword for a in row.alternatives for p in a.parameters)


def _is_square(expr: ir.Expr) -> bool:
    match expr:
        case ir.Apply("*", (left, right)):
            return same_value(left, right) and not isinstance(left, ir.Number)
        case ir.Apply("^", (_, ir.Number(2 | 2.0))) | ir.Apply("square"):
            return True
    return False


def _centred(scope: Scope, model: ir.Model, sample: ir.Sample) -> None:
    """A hierarchy whose members have one row each is a funnel: `theta[school] ~ Normal(mu, tau)`."""
    scale = ir.hierarchical_scale(sample)
    if scale is None:
        return
    rows = [plate for plate in sample.plates if plate in model.tables]
    if not rows or not _informed_by_rows(model, sample.name, rows) or _known_otherwise(model, scale, rows):
        return
    scope.report(errors.centred_hierarchy(scope.source, sample.span, sample.name, rows[0], scale.span))


def _informed_by_rows(model: ir.Model, name: str, rows: list[str]) -> bool:
    """Whether a likelihood over the same rows depends on the latent, directly or through definitions."""
    depends = {name}
    for statement in model.statements:
        if isinstance(statement, ir.Let) and depends & _names(statement.expr):
            depends.add(statement.name)
        if isinstance(statement, ir.Observed) and any(plate in rows for plate in statement.plates):
            if any(depends & _names(expr) for expr in ir.dist_exprs(statement.dist)):
                return True
    return False


def _known_otherwise(model: ir.Model, scale: ir.Expr, rows: list[str]) -> bool:
    """Whether data of other rows tell the scale, so that it does not shrink with the members."""
    others = [s for s in model.statements if isinstance(s, ir.Observed) and not set(s.plates) & set(rows)]
    told = {name for s in others for expr in ir.dist_exprs(s.dist) for name in _names(expr)}
    latents = {node.name for node in ir.walk(scale) if isinstance(node, ir.Ref) and node.kind is ir.Kind.LATENT}
    return latents <= told


def _names(expr: ir.Expr) -> set[str]:
    return {node.name for node in ir.walk(expr) if isinstance(node, ir.Ref)}


def _moving_likelihood(scope: Scope, statement: ir.Observed, dist: ir.Dist) -> None:
    names = moving(dist)
    if names:
        scope.report(errors.moving_likelihood(scope.source, dist.span, statement.name, names[0]))


def _predicts_itself(scope: Scope, statement: ir.Observed, lets: dict[str, ir.Expr]) -> None:
    """`observe y ~ Normal(a + b * y, 1)`, also through definitions."""
    for expr in ir.dist_exprs(statement.dist):
        for node in ir.walk(expr):
            if isinstance(node, ir.Ref) and statement.name in _columns_of(node, lets):
                scope.report(errors.predicts_itself(scope.source, statement.span, statement.name, node.span))
                return


def _columns_of(ref: ir.Ref, lets: dict[str, ir.Expr]) -> set[str]:
    """The columns of data that a value is, or is computed from."""
    columns: set[str] = set()
    seen: set[str] = set()
    stack = [ref]
    while stack:
        node = stack.pop()
        if node.kind is ir.Kind.COLUMN:
            columns.add(node.name)
        elif node.kind is ir.Kind.LET and node.name not in seen:
            seen.add(node.name)
            stack += [inner for inner in ir.walk(lets[node.name]) if isinstance(inner, ir.Ref)]
    return columns


def _no_data(scope: Scope, model: ir.Model) -> None:
    if model.inferences and model.statements:
        scope.report(errors.no_likelihood(scope.source, model.inferences[0].span))
