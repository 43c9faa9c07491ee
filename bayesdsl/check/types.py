"""Types of data and parameters, as supports."""

from __future__ import annotations

from bayesdsl.catalogue.spelling import FOREIGN_TYPES, nearest
from bayesdsl.catalogue.types import DATA_TYPES
from bayesdsl.check import errors
from bayesdsl.check.expressions import Expressions
from bayesdsl.check.scope import Scope
from bayesdsl.syntax import ast
from bayesdsl.types.supports import Support, interval


def type_support(scope: Scope, written: ast.TypeName) -> Support | None:
    """The support a type names; None and a finding where it names none."""
    source = scope.source
    if written.name == "interval":
        return _interval(scope, written)
    row = DATA_TYPES.get(written.name)
    if row is None:
        near = FOREIGN_TYPES.get(written.name) or nearest(written.name, DATA_TYPES)
        scope.report(errors.unknown_type(source, written.span, written.name, near))
        return None
    if written.args:
        scope.report(errors.type_takes_no_arguments(source, written.span, written.name))
        return None
    return row.support


def _interval(scope: Scope, written: ast.TypeName) -> Support | None:
    if len(written.args) != 2:
        scope.report(errors.interval_bounds(scope.source, written.span))
        return None
    bounds = [Expressions(scope, ()).number(arg) for arg in written.args]
    if None in bounds:
        return None
    if not bounds[0] < bounds[1]:
        scope.report(errors.interval_bounds(scope.source, written.span))
        return None
    return interval(bounds[0], bounds[1])


def literal_support(values: tuple[float | int, ...]) -> Support:
    """The smallest interval that holds values written in place."""
    integer = all(float(value).is_integer() for value in values)
    return interval(min(values), max(values), integer=integer)
