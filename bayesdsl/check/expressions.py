"""Expressions: names resolved, plates joined, supports computed.

a[county] + b * basement   (in a statement over plate `house`)
->  Apply(+, At(a, county by rows of house), Apply(*, b, basement))   plates (house), support real
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bayesdsl.catalogue.distributions import DISTRIBUTIONS, SPECIAL
from bayesdsl.catalogue.functions import ALIASES, COLUMN_FUNCTIONS, FUNCTIONS, OPERATORS, REDUCTIONS, SCANS
from bayesdsl.catalogue.rows import Function, Reduction
from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.anchors import anchors
from bayesdsl.check.errors import layers as layer_errors
from bayesdsl.check.indexing import Indexing
from bayesdsl.check.ranges import averaged, refined
from bayesdsl.check.scope import Scope, is_unknown, unknown
from bayesdsl.check.structure import applied, event_last, fold, is_finite, without
from bayesdsl.model import ir
from bayesdsl.source import Span
from bayesdsl.syntax import ast
from bayesdsl.types.supports import (
    CATEGORY,
    REAL,
    UNKNOWN,
    Support,
    interval,
)

# Reductions of which there is a function of two values.
OF_TWO = {"min": "minimum", "max": "maximum", "logsumexp": "logaddexp"}


@dataclass
class Expressions:
    """Elaborates expressions of one statement.

    `plates` are those of the statement, which decide whether `a[county]` is a member or a gather by row; None in a
    definition without a left list, whose plates follow from the expression. `names` are local bindings, used for
    the formulas of the catalogue.
    """

    scope: Scope
    plates: ir.Plates | None = None
    names: dict[str, ir.Expr] = field(default_factory=dict)

    def expression(self, expr: ast.Expr) -> ir.Expr:
        """Elaborate a whole expression."""
        if self.plates is None:
            return Expressions(self.scope, anchors(self.scope, self.names, expr), self.names)._expr(expr)
        return self._expr(expr)

    def number(self, expr: ast.Expr) -> float | int | None:
        """The value of an expression that must be a known number, or None and a finding."""
        found = self._expr(expr)
        if isinstance(found, ir.Number):
            return found.value
        if not is_unknown(found):
            self.scope.report(errors.not_a_known_number(self.scope.source, expr.span))
        return None

    def _expr(self, expr: ast.Expr) -> ir.Expr:
        match expr:
            case ast.Num(value, span):
                if not is_finite(value):
                    self.scope.report(errors.not_finite(self.scope.source, span))
                    return unknown(span)
                return number(value, span)
            case ast.Name(name, span):
                return self.names[name] if name in self.names else self._name(name, span)
            case ast.Unary("+", operand):
                return self._expr(operand)
            case ast.Unary(op, operand, span):
                return self.apply(OPERATORS["neg" if op == "-" else op], (self._expr(operand),), span)
            case ast.Binary("->", _, _, _, op_span):
                self.scope.report(errors.arrow_outside_layer(self.scope.source, op_span))
                return unknown(expr.span)
            case ast.Binary("==" | "!=", ast.Str(_, span), other) | ast.Binary("==" | "!=", other, ast.Str(_, span)):
                name = other.name if isinstance(other, ast.Name) else None
                self.scope.report(errors.compares_text(self.scope.source, span, name))
                return unknown(expr.span)
            case ast.Binary(op, left, right, span):
                return self.apply(OPERATORS[op], (self._expr(left), self._expr(right)), span)
            case ast.Index():
                return Indexing(self.scope, self.plates).index(expr)
            case ast.Call(_, None, _, _):
                return self._call(expr)
            case ast.Call():
                return self._reduce(expr)
            case ast.Str(_, span):
                self.scope.report(errors.text_in_expression(self.scope.source, span))
                return unknown(span)
            case ast.ListOf(_, span) | ast.TupleOf(_, span):
                self.scope.report(errors.list_in_expression(self.scope.source, span))
                return unknown(span)

    def _name(self, name: str, span: Span) -> ir.Expr:
        value = self.scope.value(name, span)
        if isinstance(value, ir.Ref) and value.kind is ir.Kind.COLUMN and value.support.name == CATEGORY.name:
            column = self.scope.columns[name]
            self.scope.report(
                errors.category_as_number(self.scope.source, span, name, column.span, column.category or name)
            )
            return unknown(span)
        return value

    # Functions

    def apply(self, row: Function, args: tuple[ir.Expr, ...], span: Span) -> ir.Expr:
        """Apply an operator or function, folding known numbers."""
        if row.domain is not None:
            for arg in args:
                if not arg.support.within(row.domain):
                    leaf = leaf_of(arg)
                    self.scope.report(
                        errors.outside_domain(self.scope.source, arg.span, row.name, row.domain, arg.support, leaf)
                    )
                    return unknown(span)
        if row.math and all(isinstance(arg, ir.Number) for arg in args):
            folded = fold(row, tuple(arg.value for arg in args))
            if folded is None:
                self.scope.report(errors.cannot_evaluate(self.scope.source, span))
                return unknown(span)
            return number(folded, span)
        plates = ir.join(*(arg.plates for arg in args))
        if any(is_unknown(arg) for arg in args):
            return ir.Apply(row.name, args, span, plates, UNKNOWN)
        support, event = applied(row, args)
        made = ir.Apply(row.name, args, span, event_last(plates, event), support)
        tighter = refined(made, self.scope.lets)
        return made if tighter == support else replace(made, support=tighter)

    def _call(self, call: ast.Call) -> ir.Expr:
        layer = self.scope.layers.get(call.func.name)
        if layer is not None:
            if len(layer.outputs) > 1:
                self.scope.used.add(layer.name)
                self.scope.report(layer_errors.results_asked(self.scope.source, call.span, layer, 1))
                return unknown(call.span)
            return self.network(layer, call)[0]
        name = ALIASES.get(call.func.name, call.func.name)
        row = FUNCTIONS.get(name)
        if row is None:
            self._unknown_function(call)
            for arg in call.args:
                if not isinstance(arg.value, ast.Str | ast.ListOf):
                    self._expr(arg.value)
            return unknown(call.span)
        args = self._arguments(call, row.arity)
        return unknown(call.span) if args is None else self.apply(row, args, call.span)

    def _arguments(self, call: ast.Call, arity: tuple[int, int]) -> tuple[ir.Expr, ...] | None:
        for arg in call.args:
            if arg.keyword is not None:
                self.scope.report(errors.keyword_in_function(self.scope.source, arg.span, call.func.name))
                return None
        if not arity[0] <= len(call.args) <= arity[1]:
            self.scope.report(errors.wrong_arity(self.scope.source, call.span, call.func.name, arity, len(call.args)))
            return None
        return tuple(self._expr(arg.value) for arg in call.args)

    def _unknown_function(self, call: ast.Call) -> None:
        name, source = call.func.name, self.scope.source
        if self.scope.is_silent(name):
            return
        if name in DISTRIBUTIONS or name in SPECIAL:
            self.scope.report(errors.distribution_in_expression(source, call.span, name))
        elif name in COLUMN_FUNCTIONS:
            of = call.args[0].value if len(call.args) == 1 else None
            column = of.name if isinstance(of, ast.Name) and of.name in self.scope.columns else None
            self.scope.report(errors.column_function(source, call.func.span, name, column))
        elif name in REDUCTIONS or name in SCANS:
            first = call.args[0].value if call.args else None
            plates = anchors(self.scope, self.names, first) if first is not None else ()
            of_two = OF_TWO.get(name) if len(call.args) == 2 else None
            self.scope.report(
                errors.reduction_without_plate(source, call.func.span, name, plates[0] if plates else None, of_two)
            )
        elif self.scope.where_declared(name) is not None:
            self.scope.report(errors.value_called(source, call.func.span, name))
        else:
            self.scope.report(errors.unknown_function(source, call.func.span, name, nearest(name, FUNCTIONS)))

    # Layers

    def network(self, layer: ir.Layer, call: ast.Call) -> tuple[ir.Expr, ...]:
        """The results of a layer applied to values."""
        self.scope.used.add(layer.name)
        nothing = (unknown(call.span),) * len(layer.outputs)
        args = self._layer_arguments(layer, call)
        if args is None:
            return nothing
        if any(is_unknown(arg) for arg in args):
            return nothing
        lead = ir.join(*(without(arg.plates, plates) for arg, plates in zip(args, layer.inputs, strict=True)))
        again = next((p for plates in layer.outputs for p in plates if p in lead), None)
        if again is not None:
            self.scope.report(layer_errors.repeats_output(self.scope.source, call.span, layer, again))
            return nothing
        supports = [_result_support(layer, i) for i in range(len(layer.outputs))]
        return tuple(
            ir.Network(layer.name, args, i, call.span, (*lead, *plates), support)
            for i, (plates, support) in enumerate(zip(layer.outputs, supports, strict=True))
        )

    def _layer_arguments(self, layer: ir.Layer, call: ast.Call) -> tuple[ir.Expr, ...] | None:
        source = self.scope.source
        keyword = next((arg for arg in call.args if arg.keyword is not None), None)
        if keyword is not None:
            self.scope.report(errors.keyword_in_function(source, keyword.span, layer.name))
            return None
        if len(call.args) != len(layer.inputs):
            self.scope.report(layer_errors.wrong_arguments(source, call.span, layer, len(call.args)))
            return None
        codes = layer.all_steps()[0].row.takes_category
        args = tuple(self._codes(arg.value) if codes else self._expr(arg.value) for arg in call.args)
        for arg, plates in zip(args, layer.inputs, strict=True):
            if not is_unknown(arg) and not set(plates) <= set(arg.plates):
                self.scope.report(layer_errors.input_plates(source, arg.span, layer, plates, arg.plates))
                return None
        return args

    def _codes(self, expr: ast.Expr) -> ir.Expr:
        """A category column as the positions of its rows' levels, which only an embedding takes."""
        if isinstance(expr, ast.Name) and (column := self.scope.columns.get(expr.name)) is not None:
            if column.category is not None and column.support.known:
                self.scope.used.add(expr.name)
                return ir.Ref(expr.name, ir.Kind.COLUMN, expr.span, column.plates, column.support)
        return self._expr(expr)

    # Reductions

    def _reduce(self, call: ast.Call) -> ir.Expr:
        name = ALIASES.get(call.func.name, call.func.name)
        row = REDUCTIONS.get(name) or SCANS.get(name)
        if row is None:
            candidates = [*REDUCTIONS, *SCANS]
            self.scope.report(
                errors.unknown_reduction(
                    self.scope.source, call.func.span, name, nearest(name, candidates), name in FUNCTIONS
                )
            )
            return unknown(call.span)
        over = tuple(plate for ident in call.plates if (plate := self.scope.plate(ident)) is not None)
        for i, ident in enumerate(call.plates):
            if ident in call.plates[:i]:
                self.scope.report(errors.plate_twice(self.scope.source, ident.span, ident.name, matrix=False))
                return unknown(call.span)
        if row.name in SCANS and len(call.plates) > 1:
            self.scope.report(errors.one_plate(self.scope.source, call.plates[1].span, name))
            return unknown(call.span)
        inside = Expressions(self.scope, ir.join(self.plates or (), over), self.names)
        args = inside._arguments(call, (row.arity, row.arity))
        if args is None or len(over) != len(call.plates):
            return unknown(call.span)
        return self._reduced(row, call, over, args)

    def _reduced(self, row: Reduction, call: ast.Call, over: ir.Plates, args: tuple[ir.Expr, ...]) -> ir.Expr:
        plates = ir.join(*(arg.plates for arg in args))
        silent = any(is_unknown(arg) for arg in args)
        for ident, plate in zip(call.plates, over, strict=True):
            if plate not in plates and not silent:
                self.scope.report(
                    errors.does_not_vary(self.scope.source, call.args[0].value.span, plate, ident.span, plates)
                )
                return unknown(call.span)
        keeps = row.name in SCANS
        left = plates if keeps else tuple(plate for plate in plates if plate not in over)
        support = UNKNOWN if silent else row.rule(*(arg.support for arg in args))
        if support.event:
            left = event_last(left, over)
        made = ir.Reduce(row.name, over, args, call.span, left, support, keeps)
        return made if silent or keeps else replace(made, support=averaged(made, self.scope.lets))


def number(value: float | int | bool, span: Span) -> ir.Number:
    if isinstance(value, bool):
        value = int(value)
    return ir.Number(value, span, (), interval(value, value, integer=float(value).is_integer()))


def leaf_of(expr: ir.Expr) -> errors.Leaf | None:
    """The value an expression consists of, if it is one."""
    match expr:
        case ir.Ref(name, kind) | ir.At(base=ir.Ref(name, kind)):
            return errors.Leaf(name, kind)
    return None


def _result_support(layer: ir.Layer, output: int) -> Support:
    """Where a layer's result lies, as the last module that says so has it."""
    steps = (*layer.steps, *layer.heads[output]) if layer.heads else layer.steps
    last = next((step for step in reversed(steps) if step.row.support is not None), None)
    if last is None:
        return REAL
    whole = last.row.vector is not None and last is steps[-1] and len(layer.outputs[output]) == 1
    return last.row.vector if whole else last.row.support
