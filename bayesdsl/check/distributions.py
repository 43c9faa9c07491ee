"""Distributions: arguments matched to parameters, parameterisations turned into Pyro's, supports and plates checked.

Normal(mu, var = s2)  over plates (house)
->  Call(Normal, loc = mu, scale = Apply(sqrt, s2))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.catalogue.rows import Alternative, Distribution, Extent, Parameter
from bayesdsl.catalogue.spelling import foreign_argument, foreign_distribution, nearest
from bayesdsl.catalogue.types import DATA_TYPES
from bayesdsl.check import errors
from bayesdsl.check.expressions import Expressions, leaf_of
from bayesdsl.check.scope import Scope, is_unknown
from bayesdsl.check.structure import event_of
from bayesdsl.check.types import type_support
from bayesdsl.model import ir
from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast
from bayesdsl.types.supports import CATEGORY, COUNT, ORDERED, REAL, SIMPLEX, UNIT, UNKNOWN, Support, interval


@dataclass(frozen=True)
class Place:
    """Where a distribution stands: the plates of independent copies and those of one value.

    `left` is what the plates come from, for messages: a target, or the data of an `observe`. `category` is the plate
    of a category column being observed.
    """

    plates: ir.Plates
    event: ir.Plates
    left: str
    span: Span
    observed: bool = False
    category: str | None = None

    @property
    def all(self) -> ir.Plates:
        return (*self.plates, *self.event)


def distribution_row(scope: Scope, expr: ast.Expr) -> Distribution | None:
    """The row of the distribution an expression calls, without a finding where it calls none."""
    return DISTRIBUTIONS.get(expr.func.name) if isinstance(expr, ast.Call) else None


def event_dims(expr: ast.Expr) -> int:
    """How many of the left side's plates belong to one value of this distribution."""
    match expr:
        case ast.Call(ast.Ident("Mixture"), _, args) if len(args) > 1:
            return event_dims(args[1].value)
        case ast.Call(ast.Ident("Flat"), _, args) if args and isinstance(args[0].value, ast.Name):
            support = DATA_TYPES.get(args[0].value.name)
            return support.support.event if support else 0
        case ast.Call(func, _, _) if func.name in DISTRIBUTIONS:
            return DISTRIBUTIONS[func.name].event
    return 0


# What other libraries' switches are set to, in arguments that there are not.
TRUTHS = ("true", "false", "True", "False")


def mention(scope: Scope, expr: ast.Expr) -> None:
    """Look at the names of a distribution whose place is not known: they are used, and may be undeclared."""
    match expr:
        case ast.Call(_, _, args):
            for arg in args:
                _mention_value(scope, arg.value)


def _mention_value(scope: Scope, expr: ast.Expr) -> None:
    match expr:
        case ast.Name(name, span):
            if name not in DATA_TYPES and name not in TRUTHS:
                scope.value(name, span)
        case ast.Unary(_, operand):
            _mention_value(scope, operand)
        case ast.Binary(_, left, right):
            _mention_value(scope, left)
            _mention_value(scope, right)
        case ast.Index(base):
            _mention_value(scope, base)
        case ast.Call():
            mention(scope, expr)


def distribution(scope: Scope, expr: ast.Expr, place: Place) -> ir.Dist | None:
    """Elaborate the right side of `~`; None, with findings, where it is not a distribution."""
    source = scope.source
    match expr:
        case ast.Call(ast.Ident("Flat"), _, args, span):
            return _flat(scope, args, span)
        case ast.Call(ast.Ident("Mixture"), _, args, span):
            return _mixture(scope, args, span, place)
        case ast.Call(func, None, args, span):
            row = DISTRIBUTIONS.get(func.name)
            if row is not None:
                return _call(scope, row, args, span, place)
            if not scope.is_silent(func.name):
                known = foreign_distribution(func.name) or foreign_distribution(func.name.lower())
                near = nearest(func.name, [*DISTRIBUTIONS, "Flat", "Mixture"])
                scope.report(errors.unknown_distribution(source, func.span, func.name, known, near))
        case ast.Name(name, span) if name in DISTRIBUTIONS or name in ("Flat", "Mixture"):
            scope.report(errors.distribution_without_arguments(source, span, name))
        case _:
            scope.report(errors.not_a_distribution(source, expr.span))
    # The arguments are still looked at: their names are used, and may be wrong.
    if isinstance(expr, ast.Call):
        for arg in expr.args:
            if not isinstance(arg.value, ast.Str | ast.ListOf | ast.TupleOf):
                Expressions(scope, place.all).expression(arg.value)
    return None


def _flat(scope: Scope, args: tuple[ast.Arg, ...], span: Span) -> ir.Improper | None:
    if not args:
        return ir.Improper(span, REAL)
    first = args[0]
    match first.value:
        case ast.Name(name, at):
            wanted = ast.TypeName(name, (), at)
        case ast.Call(func, None, inner, at):
            wanted = ast.TypeName(func.name, tuple(a.value for a in inner), at)
        case _:
            scope.report(errors.flat_takes_a_type(scope.source, first.span))
            return None
    if len(args) > 1 or first.keyword is not None:
        scope.report(errors.flat_takes_a_type(scope.source, args[-1].span))
        return None
    support = type_support(scope, wanted)
    return None if support is None else ir.Improper(span, support)


def _mixture(scope: Scope, args: tuple[ast.Arg, ...], span: Span, place: Place) -> ir.Mix | None:
    if len(args) != 2 or any(arg.keyword is not None for arg in args):
        scope.report(errors.mixture_arguments(scope.source, span))
        return None
    weights = Expressions(scope, place.all).expression(args[0].value)
    own = [plate for plate in weights.plates if plate not in place.all]
    finding = None
    if is_unknown(weights):
        pass
    elif len(own) != 1:
        finding = errors.own_plate(scope.source, weights.span, errors.WEIGHTS, tuple(own), "w", SIMPLEX, None)
    elif event_of(weights) not in ((), tuple(own)):
        finding = errors.other_direction(scope.source, weights.span, errors.WEIGHTS, event_of(weights)[0], own[0])
    elif not _is_simplex(weights):
        finding = errors.outside_support(scope.source, weights.span, errors.WEIGHTS, SIMPLEX, weights.support)
    if finding is not None:
        scope.report(finding)
    if finding is not None or is_unknown(weights):
        # Over which plate the components vary is not known.
        mention(scope, args[1].value)
        return None
    inner = replace(place, plates=(*place.plates, *own))
    component = distribution(scope, args[1].value, inner)
    if component is None:
        return None
    if not isinstance(component, ir.Call) or component.row.discrete != component.support.integer:
        scope.report(errors.mixture_arguments(scope.source, args[1].span))
        return None
    return ir.Mix(weights, component, own[0], span, component.support)


def _call(scope: Scope, row: Distribution, args: tuple[ast.Arg, ...], span: Span, place: Place) -> ir.Call | None:
    given = _match(scope, row, args, span)
    if given is None:
        for arg in args:
            _mention_value(scope, arg.value)
        return None
    alternative = _alternative(row, given)
    expressions: dict[str, ir.Expr | ir.Dist] = {}
    own: dict[str, str] = {}
    sound = True
    for name, arg in given.items():
        parameter = _parameter(row, alternative, name)
        if name in row.takes:
            inner = _inner(scope, row, name, arg, place)
            sound = sound and inner is not None
            if inner is not None:
                expressions[name] = inner
            continue
        expr = Expressions(scope, _allowed(place, parameter)).expression(arg.value)
        expressions[name] = expr
        if parameter.extent in OWN_EXTENTS:
            if is_unknown(expr):
                continue
            own_plate = _own_plate(scope, row, parameter, expr, arg, place)
            if own_plate is None:
                sound = False
                continue
            own[name] = own_plate
        else:
            sound = _check_plates(scope, row, parameter, expr, place) and sound
        sound = _check_support(scope, row, parameter, expr) and sound
    if not (sound and _has_room(scope, row, alternative, expressions, given)):
        return None
    if alternative is not None:
        translated = _translate(scope, row, alternative, expressions, span)
        if translated is None:
            return None
        expressions = translated
    ordered = tuple((p.name, expressions[p.name]) for p in row.parameters if p.name in expressions)
    ordered += tuple(
        (name, expressions[name]) for name in row.takes if name in expressions and row.parameter(name) is None
    )
    return ir.Call(row, ordered, span, _support(row, dict(ordered)), tuple(own.items()))


def _inner(scope: Scope, row: Distribution, name: str, arg: ast.Arg, place: Place) -> ir.Dist | None:
    """A distribution that is an argument of another one: of whole numbers where that is, else of the whole line."""
    wanted = COUNT if row.support.integer else REAL
    inner = distribution(scope, arg.value, place) if isinstance(arg.value, ast.Call) else None
    if inner is None and isinstance(arg.value, ast.Call):
        return None
    fits = isinstance(inner, ir.Call) and inner.row.event == 0 and inner.support.integer == wanted.integer
    if not fits or not (wanted.integer or wanted.within(inner.support)):
        scope.report(errors.inner_distribution(scope.source, arg.value.span, row, name, wanted))
        return None
    return inner


# Which argument is which


def _match(scope: Scope, row: Distribution, args: tuple[ast.Arg, ...], span: Span) -> dict[str, ast.Arg] | None:
    """Arguments by parameter name; None and a finding where they do not match."""
    source = scope.source
    positional = [*row.takes, *(p.name for p in row.parameters if p.name not in row.sizes)]
    keywords = {p.name for a in row.alternatives for p in a.parameters} | set(positional)
    given: dict[str, ast.Arg] = {}
    sound = True
    for i, arg in enumerate(args):
        if arg.keyword is None:
            if i >= len(positional):
                scope.report(errors.too_many_arguments(source, arg.span, row, positional))
                return None
            if any(a.keyword is not None for a in args[:i]):
                scope.report(errors.positional_after_keyword(source, arg.span))
                return None
            name = positional[i]
        else:
            name = arg.keyword.name
            if name not in keywords:
                foreign = foreign_argument(name, row)
                near = foreign if foreign in keywords else nearest(name, [k for k in keywords if k not in given])
                scope.report(errors.unknown_argument(source, arg.keyword.span, row, name, near, positional))
                sound = False
                continue
        if name in given:
            scope.report(errors.argument_twice(source, arg.span, name, given[name].span))
            return None
        given[name] = arg
    return given if sound and _complete(scope, row, given, span) else None


def _complete(scope: Scope, row: Distribution, given: dict[str, ast.Arg], span: Span) -> bool:
    source = scope.source
    alternative = _alternative(row, given)
    extra = [name for name in given if row.parameter(name) is None and name not in row.takes]
    if extra and alternative is None:
        scope.report(errors.no_such_parameterisation(source, span, row, tuple(given)))
        return False
    replaced = {name for name, _ in alternative.gives} if alternative else set()
    doubled = next((name for name in given if name in replaced and _parameter_of(alternative, name) is None), None)
    if doubled is not None:
        scope.report(errors.argument_given_by_another(source, given[doubled].span, row, doubled, extra))
        return False
    present = set(given) | replaced
    for choice in row.choices:
        chosen = [name for name in choice if name in present]
        if len(chosen) > 1:
            scope.report(errors.one_of(source, span, row, choice, tuple(chosen)))
            return False
        if not chosen and not any(_has_default(row, name) for name in choice):
            scope.report(errors.missing_argument(source, span, row, choice))
            return False
    in_choice = {name for choice in row.choices for name in choice}
    for parameter in row.parameters:
        required = parameter.default is None and parameter.name not in row.sizes and parameter.name not in in_choice
        if required and parameter.name not in present:
            scope.report(errors.missing_argument(source, span, row, (parameter.name,)))
            return False
    for name in row.takes:
        if name not in present:
            scope.report(errors.missing_argument(source, span, row, (name,)))
            return False
    return True


def _has_default(row: Distribution, name: str) -> bool:
    parameter = row.parameter(name)
    return parameter is not None and parameter.default is not None


def _alternative(row: Distribution, given: dict[str, ast.Arg]) -> Alternative | None:
    """The parameterisation whose keywords were given: the smallest that holds them all."""
    extra = {name for name in given if row.parameter(name) is None and name not in row.takes}
    if not extra:
        return None
    fitting = [a for a in row.alternatives if extra <= {p.name for p in a.parameters} <= set(given)]
    return min(fitting, key=lambda a: len(a.parameters), default=None)


def _parameter_of(alternative: Alternative | None, name: str) -> Parameter | None:
    return next((p for p in alternative.parameters if p.name == name), None) if alternative else None


def _parameter(row: Distribution, alternative: Alternative | None, name: str) -> Parameter:
    return _parameter_of(alternative, name) or row.parameter(name) or Parameter(name, UNKNOWN)


@cache
def _formula(text: str) -> ast.Expr:
    from bayesdsl.syntax.parser import parse

    return parse(Source("catalogue", f"x = {text}")).spec.statements[0].value


def _translate(
    scope: Scope, row: Distribution, alternative: Alternative, given: dict[str, ir.Expr | ir.Dist], span: Span
) -> dict[str, ir.Expr | ir.Dist] | None:
    """Pyro's arguments from those of another parameterisation; None and a finding where no values do."""
    names = {name: value for name, value in given.items() if isinstance(value, ir.Expr)}
    result = {name: value for name, value in given.items() if row.parameter(name) is not None or name in row.takes}
    for name, text in alternative.gives:
        # What is found in a formula of the catalogue is about the values that were given to it.
        formulas = Scope(scope.source)
        expr = Expressions(formulas, (), names).expression(_formula(text))
        outside = isinstance(expr, ir.Number) and not expr.support.within(row.parameter(name).support.elements)
        if formulas.findings or outside:
            numbers = [(n, f"{v.value:g}") for n, v in names.items() if isinstance(v, ir.Number)]
            scope.report(errors.impossible_parameters(scope.source, span, row.name, numbers))
            return None
        # The formula maps legal values to legal values, which interval arithmetic need not see.
        result[name] = _with_span(expr, span)
    return result


BOUNDS = (("low", "high"),)


def _has_room(
    scope: Scope,
    row: Distribution,
    alternative: Alternative | None,
    expressions: dict[str, ir.Expr | ir.Dist],
    given: dict[str, ast.Arg],
) -> bool:
    """Whether a lower bound can be under the upper one at all."""
    for low, high in BOUNDS:
        if low in expressions and high in expressions and not is_unknown(expressions[low]):
            least, most = expressions[low].support, expressions[high].support
            if most.known and least.lo >= most.hi:
                span = given[low].span.to(given[high].span)
                scope.report(errors.nothing_between(scope.source, span, row.name, low, high))
                return False
    return True


def _with_span(expr: ir.Expr, span: Span) -> ir.Expr:
    """Formulas have places in the catalogue; what is reported of them belongs to the call."""
    match expr:
        case ir.Apply():
            return replace(expr, args=tuple(_with_span(a, span) for a in expr.args), span=span)
    return expr


# Plates

OWN_EXTENTS = (Extent.OWN, Extent.VALUE_OWN, Extent.OWN_VALUE)


def _allowed(place: Place, parameter: Parameter) -> ir.Plates:
    """The plates of the left side that an argument may vary over."""
    match parameter.extent:
        case Extent.SCALAR:
            return place.plates
        case Extent.SQUARE if len(place.event) == 1:
            return (*place.all, f"{place.event[0]}'")
    return place.all


def _check_plates(scope: Scope, row: Distribution, parameter: Parameter, expr: ir.Expr, place: Place) -> bool:
    """Whether an argument has no plates but the left side's, and as a matrix both of its own.

    Plates too many are reported also of what holds unknown names beside them.
    """
    allowed = _allowed(place, parameter)
    extra = next((plate for plate in expr.plates if plate not in allowed), None)
    if extra is not None:
        report_extra_plate(scope, expr, allowed, place)
        return False
    if parameter.extent is Extent.SQUARE and place.event and not is_unknown(expr):
        k = place.event[0]
        if not {k, f"{k}'"} <= set(expr.plates):
            scope.report(errors.not_a_matrix(scope.source, expr.span, row.name, parameter.name, k))
            return False
    return True


def _own_plate(
    scope: Scope, row: Distribution, parameter: Parameter, expr: ir.Expr, arg: ast.Arg, place: Place
) -> str | None:
    """The one plate of its own that an argument runs over; None and a finding where there is none."""
    what = errors.argument(row, parameter.name)
    levels = place.category if row.support.name == CATEGORY.name and not parameter.short else None
    own = tuple(plate for plate in expr.plates if plate not in place.all)
    if len(own) != 1:
        picked = None if own or levels is None else _picked(expr, place.left)
        if picked is not None:
            finding = errors.indexed_by_outcome(
                scope.source, arg.value.span, parameter.name, row.name, picked, place.left
            )
        else:
            leaf = leaf_of(expr)
            name = leaf.name if leaf is not None else None
            finding = errors.own_plate(scope.source, arg.span, what, own, name, parameter.support, levels)
        scope.report(finding)
        return None
    if levels is not None and own[0] != levels:
        scope.report(errors.wrong_own_plate(scope.source, arg.span, place.left, levels, own[0]))
        return None
    if event_of(expr) not in ((), own) and parameter.extent is Extent.OWN:
        scope.report(errors.other_direction(scope.source, arg.span, what, event_of(expr)[0], own[0]))
        return None
    return own[0]


def _picked(expr: ir.Expr, column: str) -> str | None:
    """The value of which the row's own level was picked, where that is what leaves no plate."""
    return next(
        (
            node.base.name
            for node in ir.walk(expr)
            if isinstance(node, ir.At) and any(index == ir.Rows(column) for _, index in node.indices)
        ),
        None,
    )


def report_extra_plate(scope: Scope, expr: ir.Expr, allowed: ir.Plates, place: Place) -> None:
    """`a` varies over plate `county`, but `log_radon` does not."""
    plate = next(plate for plate in expr.plates if plate not in allowed)
    leaf = next((n for n in ir.walk(expr) if isinstance(n, ir.Ref | ir.At) and plate in n.plates), expr)
    named = leaf_of(leaf)
    name = named.name if named else None
    if plate in place.event:
        finding = errors.varies_within_value(scope.source, leaf.span, name, plate, place.left, place.span, place.all)
    else:
        rows = _by_row(scope, leaf, tuple(p for p in leaf.plates if p not in allowed), place) if named else None
        finding = errors.extra_plate(
            scope.source, leaf.span, name, plate, place.left, place.span, place.all, rows, place.observed
        )
    scope.report(finding)


def _by_row(scope: Scope, leaf: ir.Ref | ir.At, extra: ir.Plates, place: Place) -> errors.ByRow | None:
    """A value indexed so that each row has one, where there is a category column for every plate too many."""
    tables = [plate for plate in place.plates if plate in scope.tables]
    columns = []
    for plate in extra:
        column = next(
            (c for c in scope.columns.values() if c.category == ir.base_plate(plate) and c.plates[0] in tables), None
        )
        if column is None or plate.endswith("'"):
            return None
        columns.append(column)
    base = leaf.base if isinstance(leaf, ir.At) else leaf
    written = scope.source.slice(leaf.span)
    kept = []
    if "[" in written:
        items = (item.strip() for item in written[written.index("[") + 1 : written.rindex("]")].split(","))
        kept = [item for item in items if ir.base_plate(item) not in extra]
    indexed = f"{base.name}[{', '.join((*kept, *(column.name for column in columns)))}]"
    first = columns[0]
    return errors.ByRow(indexed, first.span, first.plates[0], ir.base_plate(extra[0]))


# Supports


def _check_support(scope: Scope, row: Distribution, parameter: Parameter, expr: ir.Expr) -> bool:
    wanted = parameter.support
    if parameter.static and not isinstance(expr, ir.Number) and not is_unknown(expr):
        scope.report(errors.must_be_known(scope.source, expr.span, row.name, parameter.name))
        return False
    if parameter.extent is Extent.SQUARE and expr.support.event == 0:
        # A matrix computed element by element: whether it is a covariance, only its values tell.
        return True
    if wanted.name == SIMPLEX.name and _is_simplex(expr):
        return True
    if wanted.name == ORDERED.name and _is_ordered(expr):
        return True
    if wanted.event and expr.support.event == 0 and wanted.name not in (SIMPLEX.name, ORDERED.name):
        wanted = wanted.elements
    elif wanted.event == 0 and expr.support.event:
        wanted = replace(wanted, name="real_vector", event=expr.support.event)
    if expr.support.within(wanted):
        return True
    scope.report(
        errors.argument_support(scope.source, expr.span, row, parameter.name, wanted, expr.support, leaf_of(expr))
    )
    return False


def _is_simplex(expr: ir.Expr) -> bool:
    """Whether elements may be taken for probabilities: a simplex, or computed numbers from 0 to 1.

    Numbers that each have a prior of their own do not sum to one; of those in data, the data tell.
    """
    if expr.support.event or not expr.support.known:
        return expr.support.within(SIMPLEX)
    leaf = leaf_of(expr)
    drawn = leaf is not None and leaf.kind in (ir.Kind.LATENT, ir.Kind.PARAM)
    return not drawn and expr.support.within(UNIT)


def _is_ordered(expr: ir.Expr) -> bool:
    """Whether elements are in increasing order: by their type, or as data, of which the data tell."""
    leaf = leaf_of(expr)
    return expr.support.within(ORDERED) or (leaf is not None and leaf.kind is ir.Kind.COLUMN)


def _support(row: Distribution, args: dict[str, ir.Expr | ir.Dist]) -> Support:
    """Where the values lie, with bounds taken from the arguments where the row says so."""
    if row.takes:
        inner = next((args[name] for name in row.takes if name in args), None)
        if inner is not None and row.support.name == "real":
            return inner.support
    low, high = row.bounds
    if low is None and high is None:
        return row.support
    lo, hi = row.support.lo, row.support.hi
    if low is not None and low in args:
        lo = args[low].support.lo
    if high is not None and high in args:
        hi = args[high].support.hi
    if not (lo <= hi):
        return row.support
    named = interval(lo, hi, integer=row.support.integer)
    return replace(named, event=row.support.event) if row.support.event else named


def moving(dist: ir.Dist) -> tuple[str, ...]:
    """The latents and definitions that the support of a distribution depends on."""
    if not isinstance(dist, ir.Call):
        return moving(dist.component) if isinstance(dist, ir.Mix) else ()
    names: list[str] = []
    for bound in dist.row.bounds:
        expr = dist.arg(bound) if bound else None
        if isinstance(expr, ir.Expr):
            names += [
                n.name
                for n in ir.walk(expr)
                if isinstance(n, ir.Ref) and n.kind in (ir.Kind.LATENT, ir.Kind.LET, ir.Kind.PARAM)
            ]
    return tuple(dict.fromkeys(names))
