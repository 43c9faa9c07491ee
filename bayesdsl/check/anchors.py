"""The plates of a definition without a left list.

mean = a[county] + b * basement   ->   house, over which `basement` varies
"""

from __future__ import annotations

from collections.abc import Mapping

from bayesdsl.catalogue.functions import SCANS
from bayesdsl.check.scope import Scope
from bayesdsl.check.structure import without
from bayesdsl.model import ir
from bayesdsl.syntax import ast


def anchors(scope: Scope, names: Mapping[str, ir.Expr], expr: ast.Expr) -> ir.Plates:
    """The plates an expression surely varies over: those of the names that are not indexed by a category.

    They decide how `a[county]` is read in `mean = a[county] + b * basement`: by row, since `basement` varies over
    houses. `names` are local bindings.
    """
    match expr:
        case ast.Name(name):
            if name in names:
                return names[name].plates
            declared = scope.symbols.get(name) or scope.columns.get(name)
            return declared.plates if declared is not None else ()
        case ast.Unary(_, operand):
            return anchors(scope, names, operand)
        case ast.Binary(_, left, right):
            return ir.join(anchors(scope, names, left), anchors(scope, names, right))
        case ast.Call(ast.Ident(name), None, args) if name in scope.layers:
            layer = scope.layers[name]
            inside = ir.join(*(anchors(scope, names, arg.value) for arg in args))
            return ir.join(without(inside, ir.join(*layer.inputs)), *layer.outputs)
        case ast.Call(_, plates, args):
            inside = ir.join(*(anchors(scope, names, arg.value) for arg in args))
            keeps = plates is None or expr.func.name in SCANS
            return inside if keeps else tuple(p for p in inside if p not in {i.name for i in plates})
        case ast.Index(ast.Name(name), items):
            return _index_anchors(scope, name, items)
    return ()


def _index_anchors(scope: Scope, name: str, items: tuple[ast.Arg, ...]) -> ir.Plates:
    declared = scope.symbols.get(name) or scope.columns.get(name)
    if declared is None:
        return ()
    plates = list(declared.plates)
    for item in items:
        named = item.value.name if isinstance(item.value, ast.Name) else None
        column = scope.columns.get(named) if named else None
        if item.keyword is not None and item.keyword.name in plates:
            plates.remove(item.keyword.name)
        elif named in plates:
            if column is not None:
                plates.remove(named)  # by row or by member: not known yet
            continue
        elif column is not None and column.category in plates:
            plates.remove(column.category)
        elif named and ir.base_plate(named) in plates:
            plates[plates.index(ir.base_plate(named))] = named
            continue
        if column is not None and named not in declared.plates:
            plates.append(column.plates[0])
    return ir.join(tuple(plates))
