"""Statements of the model and of guides: priors, params, definitions, likelihoods, plate blocks.

a[county] ~ Normal(mu, tau)   ->   Sample(a, plates (county), Normal(loc = mu, scale = tau))
"""

from __future__ import annotations

from math import isfinite
from typing import assert_never

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.anchors import anchors
from bayesdsl.check.distributions import Place, distribution, event_dims, mention, moving, report_extra_plate
from bayesdsl.check.errors import layers as layer_errors
from bayesdsl.check.expressions import Expressions
from bayesdsl.check.scope import Scope, Symbol, is_unknown
from bayesdsl.check.structure import event_last, event_of
from bayesdsl.check.types import type_support
from bayesdsl.model import ir
from bayesdsl.source import Span
from bayesdsl.syntax import ast
from bayesdsl.types.supports import CATEGORY, REAL, UNKNOWN, Support

ModelStatement = ast.Prior | ast.Param | ast.Define | ast.Observe | ast.PlateBlock

# Types on the left of a prior that cut the distribution's support down to theirs.
RESTRICTING = ("ordered", "positive_ordered")


def model_statement(scope: Scope, statement: ModelStatement, outer: ir.Plates = ()) -> tuple[ir.Statement, ...]:
    """Elaborate one statement; nothing where it was wrong. `outer` are the plates of the blocks around it."""
    match statement:
        case ast.PlateBlock():
            return _block(scope, statement, outer)
        case ast.Prior():
            return tuple(s for t in statement.targets if (s := _prior(scope, statement, t, outer)) is not None)
        case ast.Param():
            return tuple(s for t in statement.targets if (s := _param(scope, statement, t, outer)) is not None)
        case ast.Define():
            return _define(scope, statement, outer)
        case ast.Observe():
            found = _observe(scope, statement, outer)
            return () if found is None else (found,)
        case _:
            assert_never(statement)


def _block(scope: Scope, block: ast.PlateBlock, outer: ir.Plates) -> tuple[ir.Statement, ...]:
    plates = list(outer)
    for ident in block.plates:
        plate = scope.plate(ident)
        if plate is None:
            continue
        if plate in plates:
            scope.report(errors.plate_twice(scope.source, ident.span, plate, matrix=False))
        else:
            plates.append(plate)
    return tuple(s for inner in block.body for s in model_statement(scope, inner, tuple(plates)))


def _left_plates(scope: Scope, target: ast.Target, outer: ir.Plates) -> ir.Plates | None:
    """The plates on the left side, those of the blocks around it first; None where one is wrong."""
    plates = list(outer)
    written: list[str] = []
    for ident in target.plates:
        plate = scope.plate(ident)
        if plate is None:
            return None
        if plate in written:
            scope.report(errors.plate_twice(scope.source, ident.span, plate, matrix=True))
            return None
        written.append(plate)
        if plate not in plates:
            plates.append(plate)
    for plate in plates:
        if plate.endswith("'") and ir.base_plate(plate) not in plates:
            scope.report(errors.prime_alone(scope.source, target.span, plate))
            return None
    return tuple(plates)


# Priors


def _prior(scope: Scope, statement: ast.Prior, target: ast.Target, outer: ir.Plates) -> ir.Sample | None:
    if target.name in scope.columns:
        return _prior_on_data(scope, statement, target)
    plates = _left_plates(scope, target, outer)
    sample = None if plates is None else _sample(scope, statement, target, plates)
    if plates is None:
        mention(scope, statement.dist)
    support = sample.support.interior if sample is not None else UNKNOWN
    all_plates = (*sample.plates, *sample.event) if sample is not None else plates or ()
    symbol = Symbol(target.name, ir.Kind.LATENT, all_plates, support, target.span)
    return sample if scope.declare(target.ident, symbol) else None


def _prior_on_data(scope: Scope, statement: ast.Prior, target: ast.Target) -> None:
    """A likelihood that does not say so: its right side is looked at as that of one."""
    column = scope.columns[target.name]
    scope.used.add(target.name)
    scope.report(errors.prior_on_data(scope.source, target.span, target.name, column.span))
    split = max(len(column.plates) - event_dims(statement.dist), 0)
    distribution(scope, statement.dist, Place(column.plates[:split], column.plates[split:], target.name, target.span))


def _sample(scope: Scope, statement: ast.Prior, target: ast.Target, plates: ir.Plates) -> ir.Sample | None:
    declared = type_support(scope, statement.type) if statement.type is not None else None
    dims = event_dims(statement.dist)
    event_count = max(dims, declared.event if declared is not None else 0)
    source = statement.type if declared is not None and declared.event > dims else statement.dist
    if not _event_plates(scope, target, plates, event_count, source):
        return None
    split = len(plates) - event_count
    # A type that cuts down independent copies leaves the distribution its plates: `mu[k] : ordered ~ Normal(0, 2)`.
    inner = len(plates) - dims
    place = Place(plates[:inner], plates[inner:], target.name, target.span)
    dist = distribution(scope, statement.dist, place)
    if dist is None:
        return None
    support, restricted = dist.support, False
    if declared is not None:
        narrowed = _narrowed(scope, statement.type, declared, dist)
        if narrowed is None:
            return None
        support, restricted = narrowed
    noncentered = _modifiers(scope, statement, dist)
    return ir.Sample(
        target.name,
        plates[:split],
        plates[split:],
        dist,
        support,
        target.span,
        noncentered,
        restricted,
        bool(moving(dist)),
    )


def _event_plates(
    scope: Scope, target: ast.Target, plates: ir.Plates, count: int, source: ast.Expr | ast.TypeName
) -> bool:
    """Whether the last plates on the left are those that one value needs: one for a vector, twice one for a matrix."""
    if count > len(plates):
        free = [
            name
            for name, plate in scope.plates.items()
            if plate.origin is not ir.Origin.ROWS and name not in plates and name != target.name
        ]
        known = plates[-1] if plates else free[0] if len(free) == 1 else None
        is_type = isinstance(source, ast.TypeName)
        scope.report(
            errors.event_plate_missing(
                scope.source, target.span, target.name, plates, count, source.span, is_type, known
            )
        )
        return False
    if count == 2 and not _is_square(plates[-2:]):
        scope.report(errors.not_square(scope.source, target.span, target.name, plates, source.span))
        return False
    return True


def _is_square(plates: ir.Plates) -> bool:
    return len(plates) == 2 and plates[1] == f"{plates[0]}'"


def _narrowed(scope: Scope, written: ast.TypeName, declared: Support, dist: ir.Dist) -> tuple[Support, bool] | None:
    """The support under a type on the left, and whether the type cuts the distribution's own down."""
    if declared.name in RESTRICTING or declared.event == 0:
        if dist.support.within(declared):
            return dist.support, False
        # An order cuts down a distribution on all that the type spans; one with narrower bounds would be lost under it.
        narrower = dist.support.lo > declared.lo or dist.support.hi < declared.hi
        if (declared.event == 0 and not declared.within(dist.support)) or (declared.event and narrower):
            scope.report(errors.type_outside_support(scope.source, written.span, declared, dist.support))
            return None
        if dist.support.integer or (declared.integer and not dist.support.integer):
            scope.report(errors.type_outside_support(scope.source, written.span, declared, dist.support))
            return None
        return declared, True
    if dist.support.within(declared):
        return dist.support, False
    scope.report(errors.type_outside_support(scope.source, written.span, declared, dist.support))
    return None


def _modifiers(scope: Scope, statement: ast.Prior, dist: ir.Dist) -> bool:
    noncentered = False
    for modifier in statement.modifiers:
        if modifier.name != "noncentered":
            near = nearest(modifier.name, ["noncentered"])
            scope.report(errors.unknown_modifier(scope.source, modifier.span, modifier.name, near))
        elif statement.type is not None:
            scope.report(errors.noncentered_and_cut(scope.source, modifier.span, statement.type.span))
        elif not isinstance(dist, ir.Call) or dist.row.location_scale is None:
            name = dist.row.name if isinstance(dist, ir.Call) else "this"
            scope.report(errors.cannot_noncenter(scope.source, modifier.span, name))
        else:
            noncentered = True
    return noncentered


# Params and definitions


def _param(scope: Scope, statement: ast.Param, target: ast.Target, outer: ir.Plates) -> ir.Parameter | None:
    plates = _left_plates(scope, target, outer)
    support = type_support(scope, statement.type) if statement.type is not None else REAL
    init = Expressions(scope, plates or ()).expression(statement.init) if statement.init is not None else None
    sound = plates is not None and support is not None
    if sound and support.integer:
        scope.report(errors.discrete_param(scope.source, statement.type.span, target.name))
        sound = False
    if sound and support.event:
        sound = _event_plates(scope, target, plates, support.event, statement.type)
    if sound and init is not None and not is_unknown(init):
        sound = _param_init(scope, init, plates, target, support)
    symbol = Symbol(target.name, ir.Kind.PARAM, plates or (), support.interior if sound else UNKNOWN, target.span)
    if not scope.declare(target.ident, symbol) or not sound:
        return None
    return ir.Parameter(target.name, plates, support, init, target.span)


def _param_init(scope: Scope, init: ir.Expr, plates: ir.Plates, target: ast.Target, support: Support) -> bool:
    varying = next((n for n in ir.walk(init) if isinstance(n, ir.Ref) and n.kind is not ir.Kind.COLUMN), None)
    if varying is not None:
        scope.report(errors.param_init_varies(scope.source, varying.span, target.name, varying.name))
        return False
    if not set(init.plates) <= set(plates):
        report_extra_plate(scope, init, plates, Place(plates, (), target.name, target.span))
        return False
    if support.event == 0 and not init.support.within(support):
        scope.report(errors.param_init_outside(scope.source, init.span, target.name, support, init.support))
        return False
    return True


def _define(scope: Scope, statement: ast.Define, outer: ir.Plates) -> tuple[ir.Statement, ...]:
    if len(statement.targets) > 1:
        layer = _layer_called(scope, statement.value)
        if layer is not None:
            return _results(scope, statement, layer, outer)
        scope.report(errors.many_targets(scope.source, statement.targets[1].span))
        mention(scope, statement.value)
        for target in statement.targets:
            scope.declare(target.ident, Symbol(target.name, ir.Kind.LET, (), UNKNOWN, target.span))
        return ()
    target = statement.targets[0]
    explicit = _left_plates(scope, target, outer)
    given = explicit if target.plates or outer else None
    expr = Expressions(scope, given).expression(statement.value)
    sound = explicit is not None and not is_unknown(expr)
    if sound and target.plates and not set(expr.plates) <= set(given):
        report_extra_plate(scope, expr, given, Place(given, (), target.name, target.span))
        sound = False
    event = event_of(expr)
    # A block adds its plates to the left; what else the expression varies over comes with it.
    written = target.plates and explicit is not None
    plates = explicit if written else event_last(ir.join(given or (), expr.plates), event)
    whole = plates[len(plates) - len(event) :] == event
    support = expr.support if whole else expr.support.elements
    symbol = Symbol(target.name, ir.Kind.LET, plates, support if sound else UNKNOWN, target.span)
    if not scope.declare(target.ident, symbol) or not sound:
        return ()
    scope.lets[target.name] = expr
    return (ir.Let(target.name, plates, expr, statement.derive, target.span),)


def _layer_called(scope: Scope, expr: ast.Expr) -> ir.Layer | None:
    return scope.layers.get(expr.func.name) if isinstance(expr, ast.Call) and expr.plates is None else None


def _results(scope: Scope, statement: ast.Define, layer: ir.Layer, outer: ir.Plates) -> tuple[ir.Statement, ...]:
    """`loc, log_scale = encoder(pixels)`: a name for each result of a layer."""
    targets = statement.targets
    listed = next((target for target in targets if target.plates), None)
    results: tuple[ir.Expr, ...] = ()
    if len(targets) != len(layer.outputs):
        scope.used.add(layer.name)
        scope.report(layer_errors.results_asked(scope.source, statement.value.span, layer, len(targets)))
    elif listed is not None:
        scope.report(errors.many_targets(scope.source, listed.span))
    else:
        anchored = Expressions(scope, outer or anchors(scope, {}, statement.value))
        results = anchored.network(layer, statement.value)
    found: list[ir.Statement] = []
    for i, target in enumerate(targets):
        expr = results[i] if results and not is_unknown(results[i]) else None
        plates = ir.join(outer, expr.plates) if expr is not None else ()
        support = expr.support if expr is not None else UNKNOWN
        declared = scope.declare(target.ident, Symbol(target.name, ir.Kind.LET, plates, support, target.span))
        if declared and expr is not None:
            scope.lets[target.name] = expr
            found.append(ir.Let(target.name, plates, expr, statement.derive, target.span))
    return tuple(found)


# Likelihoods


def _observe(scope: Scope, statement: ast.Observe, outer: ir.Plates) -> ir.Observed | None:
    target = statement.target
    column = scope.columns.get(target.name)
    if column is None:
        return _not_data(scope, statement)
    scope.used.add(target.name)
    if target.name in scope.observed:
        scope.report(errors.observed_twice(scope.source, target.span, target.name, scope.observed[target.name]))
        return None
    scope.observed[target.name] = target.span
    written = [plate for ident in target.plates if (plate := scope.plate(ident)) is not None]
    for plate in (*outer, *written):
        if plate not in column.plates:
            scope.report(errors.observe_plate(scope.source, target.span, target.name, plate, column.plates))
            return None
    dims = event_dims(statement.dist)
    if not _data_events(scope, target, column, dims, statement.dist.span):
        return None
    split = len(column.plates) - dims
    place = Place(
        column.plates[:split], column.plates[split:], target.name, target.span, observed=True, category=column.category
    )
    dist = distribution(scope, statement.dist, place)
    if dist is None or not _producible(scope, statement, column, dist):
        return None
    return ir.Observed(target.name, place.plates, place.event, dist, target.span)


def _data_events(scope: Scope, target: ast.Target, column: ir.Column, dims: int, dist: Span) -> bool:
    """Whether each row of the data is one value of the distribution: a vector for those of vectors."""
    if dims == 0 or (dims == 1 and len(column.plates) == 2):
        return True
    if dims == 1:
        scope.report(errors.event_plates_of_data(scope.source, target.span, target.name, column.plates, dist))
    else:
        scope.report(errors.data_without_matrices(scope.source, target.span, target.name, dist))
    return False


def _not_data(scope: Scope, statement: ast.Observe) -> None:
    name, span = statement.target.name, statement.target.span
    mention(scope, statement.dist)
    if scope.is_silent(name):
        return None
    if name in scope.symbols:
        scope.used.add(name)
        scope.report(errors.observes_latent(scope.source, span, name, scope.symbols[name].span))
    elif name in scope.plates:
        scope.report(errors.observes_plate(scope.source, span, name, scope.plates[name].span))
    else:
        scope.report(errors.observes_nothing(scope.source, span, name, nearest(name, scope.columns)))
        scope.silence(name)
    return None


def _producible(scope: Scope, statement: ast.Observe, column: ir.Column, dist: ir.Dist) -> bool:
    """Whether the likelihood can produce data of this type."""
    support = dist.support
    if not (column.support.known and support.known) or isinstance(dist, ir.Improper):
        if isinstance(dist, ir.Improper):
            scope.report(errors.flat_likelihood(scope.source, dist.span))
            return False
        return True
    if column.support.name == CATEGORY.name:
        if support.name == CATEGORY.name:
            return True
        scope.report(errors.category_likelihood(scope.source, statement.dist.span, column.name, column.span))
        return False
    family = support
    if isinstance(dist, ir.Call):
        # What a type says is compared with what the family can produce at all; a bound such as a number of trials is
        # held against the values when the data are bound.
        support, family = dist.row.accepts or dist.row.support, dist.row.support
    if not _fits(column.support, support, family):
        scope.report(
            errors.cannot_produce(scope.source, statement.dist.span, column.name, column.span, family, column.support)
        )
        return False
    return True


def _fits(data: Support, taken: Support, family: Support) -> bool:
    """Whether a likelihood takes values of the data's type, but for single ones, which are found when data are bound.

    `family` is where the distribution's own values lie, `taken` what it takes as data.
    """
    if taken.integer and not data.integer:
        return False
    if data.lo < taken.lo or data.hi > taken.hi:
        return False
    if family.integer or not data.integer or data.hi - data.lo > 1:
        return True
    # Under a density, whole numbers may all lie on its ends, where there is none.
    return any(family.interior.holds(end) for end in (data.lo, data.hi) if isfinite(end))
