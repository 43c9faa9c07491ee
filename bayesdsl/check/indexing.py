"""Indices: which plate of a value each speaks of, and whether it picks a member or gathers by row.

a[county]             in a statement over houses   ->   At(a, county by rows of house)
a[county = "ANOKA"]                                ->   At(a, county at the member "ANOKA")
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.scope import Scope, unknown
from bayesdsl.check.structure import event_of
from bayesdsl.model import ir
from bayesdsl.source import Span
from bayesdsl.syntax import ast


@dataclass
class Indexing:
    """Elaborates indices in a statement over `plates`, which decide whether `a[county]` is a member or a gather by
    row."""

    scope: Scope
    plates: ir.Plates | None

    def index(self, expr: ast.Index) -> ir.Expr:
        """Elaborate a value with indices."""
        source = self.scope.source
        if not isinstance(expr.base, ast.Name):
            self.scope.report(errors.index_of_expression(source, expr.base.span))
            return unknown(expr.span)
        base = self.scope.value(expr.base.name, expr.base.span)
        if not base.support.known or not isinstance(base, ir.Ref):
            if base.support.known:
                self.scope.report(errors.index_of_constant(source, expr.span, expr.base.name))
            return unknown(expr.span)
        indices: dict[str, ir.Index] = {}
        taken: set[str] = set()
        for item in expr.items:
            found = self._index_item(base, item)
            if found is None:
                return unknown(expr.span)
            plate, index = found
            if plate in taken:
                self.scope.report(errors.indexed_twice(source, item.span, base.name, plate))
                return unknown(expr.span)
            taken.add(plate)
            if index is not None:
                indices[plate] = index
        if not indices:
            return ir.Ref(base.name, base.kind, expr.span, base.plates, base.support)
        plates = self._indexed_plates(base, indices)
        # Independent copies picked leave each value whole; a member of a value is one of its elements.
        whole = all(plate not in indices and plates.count(plate) == 1 for plate in event_of(base))
        support = base.support if whole else base.support.elements
        return ir.At(base, tuple(indices.items()), expr.span, ir.join(plates), support)

    def _indexed_plates(self, base: ir.Ref, indices: dict[str, ir.Index]) -> ir.Plates:
        plates: list[str] = []
        for plate in base.plates:
            match indices.get(plate):
                case None:
                    plates.append(plate)
                case ir.Rows(column):
                    plates.append(self.scope.columns[column].plates[0])
                case ir.Rename(name):
                    plates.append(name)
                case ir.Member():
                    pass
        return tuple(plates)

    def _index_item(self, base: ir.Ref, item: ast.Arg) -> tuple[str, ir.Index | None] | None:
        """Which plate of the value an index speaks of, and how; None and a finding where it speaks of none."""
        source = self.scope.source
        if item.keyword is not None:
            plate = item.keyword.name
            if plate not in base.plates:
                self._other_plate(base, plate, item.span)
                return None
            return self._labelled(base, plate, item)
        match item.value:
            case ast.Name(name, span):
                return self._named_index(base, name, span)
            case ast.Num(_, span) | ast.Str(_, span):
                plate = base.plates[0] if base.plates else None
                text = source.slice(span)
                label = self._member_like(plate, str(item.value.value), text) if plate is not None else None
                self.scope.report(errors.positional_index(source, span, base.name, plate, text, label))
                return None
            case ast.Binary("-" | "+", ast.Name(), ast.Num(), span):
                self.scope.report(errors.lags_not_yet(source, span))
                return None
        self.scope.report(errors.bad_index(source, item.span))
        return None

    def _member_like(self, plate: str, label: str, text: str) -> str | None:
        """A member of the plate as it is written: the one of this label, else the first that is known."""
        labels = self.scope.members(plate)
        if labels is None:
            return None
        if label in labels:
            return text
        return labels[0] if self.scope.plates[ir.base_plate(plate)].origin is ir.Origin.NUMBER else f'"{labels[0]}"'

    def _other_plate(self, base: ir.Ref, plate: str, span: Span) -> None:
        declared = self.scope.where_declared(base.name)
        self.scope.report(errors.no_such_plate(self.scope.source, span, base.name, plate, base.plates, declared))
        if not base.plates:
            self.scope.distrust(base.name)

    def _labelled(self, base: ir.Ref, plate: str, item: ast.Arg) -> tuple[str, ir.Index] | None:
        match item.value:
            case ast.Str(label, span) | ast.Num(label, span):
                labels = self.scope.members(plate)
                if labels is not None and str(label) not in labels:
                    near = nearest(str(label), labels)
                    self.scope.report(errors.no_such_member(self.scope.source, span, plate, label, labels, near))
                    return None
                self.scope.used.add(f"plate {plate}")
                return plate, ir.Member(label, span)
            case ast.Name(name, span):
                column = self.scope.columns.get(name)
                if column is not None and column.category == plate:
                    self.scope.used.add(name)
                    return plate, ir.Rows(name)
                self.scope.report(errors.not_an_index(self.scope.source, span, name, plate))
                return None
        self.scope.report(errors.bad_index(self.scope.source, item.span))
        return None

    def _named_index(self, base: ir.Ref, name: str, span: Span) -> tuple[str, ir.Index | None] | None:
        column = self.scope.columns.get(name)
        category = column.category if column is not None else None
        here = self.plates or ()
        if column is None and name not in here and self.scope.is_silent(name):
            return None
        if column is not None and not column.support.known:
            return None
        if name in base.plates:
            gathers = category == name and name not in here and column.plates[0] in here
            if gathers:
                self.scope.used.add(name)
            self.scope.used.add(f"plate {ir.base_plate(name)}")
            return name, ir.Rows(name) if gathers else None
        if category is not None and category in base.plates:
            self.scope.used.add(name)
            return category, ir.Rows(name)
        if ir.base_plate(name) in base.plates and ir.base_plate(name) in self.scope.plates:
            return ir.base_plate(name), ir.Rename(name)
        if self.scope.is_silent(ir.base_plate(name)):
            return None
        if column is not None and category is None:
            self.scope.report(errors.column_index(self.scope.source, span, name, column.span, base.plates))
        elif ir.base_plate(name) in self.scope.plates or column is not None:
            self._other_plate(base, name, span)
        elif name in self.scope.symbols:
            symbol = self.scope.symbols[name]
            discrete = symbol.support.integer and symbol.kind is ir.Kind.LATENT
            self.scope.report(errors.latent_index(self.scope.source, span, name, symbol.span, discrete))
        else:
            near = nearest(name, [*self.scope.plates, *(c.name for c in self.scope.columns.values() if c.category)])
            self.scope.report(errors.unknown_plate(self.scope.source, span, name, near, False))
            self.scope.silence(name)
        return None
