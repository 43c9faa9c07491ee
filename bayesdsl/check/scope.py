"""What is declared so far, and where findings are gathered."""

from __future__ import annotations

from dataclasses import dataclass, field

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast
from bayesdsl.types.supports import UNKNOWN, Support


@dataclass(frozen=True, slots=True)
class Symbol:
    """A value that expressions can name."""

    name: str
    kind: ir.Kind
    plates: ir.Plates
    support: Support
    span: Span


@dataclass
class Scope:
    """The checker's state: symbols in force, names used, findings made."""

    source: Source
    broken_names: frozenset[str] = frozenset()
    plates: dict[str, ir.Plate] = field(default_factory=dict)
    tables: dict[str, ir.Table] = field(default_factory=dict)
    columns: dict[str, ir.Column] = field(default_factory=dict)
    constants: dict[str, ir.Number] = field(default_factory=dict)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    layers: dict[str, Span] = field(default_factory=dict)
    guides: dict[str, Span] = field(default_factory=dict)
    later: dict[str, Span] = field(default_factory=dict)
    observed: dict[str, Span] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    findings: list[Diagnostic] = field(default_factory=list)
    silenced: set[str] = field(default_factory=set)

    def report(self, finding: Diagnostic) -> None:
        if finding not in self.findings:
            self.findings.append(finding)

    def silence(self, name: str) -> None:
        """A name whose declaration was wrong: what follows from it is not reported."""
        self.silenced.add(name)

    def is_silent(self, name: str) -> bool:
        return name in self.silenced or name in self.broken_names

    # Plates

    def plate(self, ident: ast.Ident) -> str | None:
        """The plate an identifier names, or None and a finding."""
        name = ir.base_plate(ident.name)
        if name in self.plates:
            self.used.add(f"plate {name}")
            return ident.name
        if not self.is_silent(name):
            self.report(
                errors.unknown_plate(self.source, ident.span, name, nearest(name, self.plates), name in self.symbols)
            )
            self.silence(name)
        return None

    # Values

    def value(self, name: str, span: Span) -> ir.Expr:
        """The value a name stands for; unknown, with a finding, where it stands for none."""
        if name in self.constants:
            self.used.add(name)
            return ir.Number(self.constants[name].value, span, (), self.constants[name].support)
        symbol = self.symbols.get(name)
        if symbol is not None:
            self.used.add(name)
            return ir.Ref(name, symbol.kind, span, symbol.plates, symbol.support)
        column = self.columns.get(name)
        if column is not None:
            self.used.add(name)
            return ir.Ref(name, ir.Kind.COLUMN, span, column.plates, column.support)
        if not self.is_silent(name):
            self.report(self._undeclared(name, span))
            self.silence(name)
        return unknown(span)

    def _undeclared(self, name: str, span: Span) -> Diagnostic:
        if name in self.later:
            return errors.used_before_declared(self.source, span, name, self.later[name])
        if name in self.plates:
            return errors.plate_as_value(self.source, span, name, self.plates[name].span)
        if name in self.layers:
            return errors.layer_as_value(self.source, span, name, self.layers[name])
        known = [*self.symbols, *self.columns, *self.constants]
        return errors.undeclared(self.source, span, name, nearest(name, known))

    def where_declared(self, name: str) -> Span | None:
        """Where a value of this name is declared already."""
        for table in (self.symbols, self.columns, self.constants):
            if name in table:
                return table[name].span
        return self.layers.get(name)

    def declare(self, target: ast.Ident, symbol: Symbol) -> bool:
        """Add a value to the scope; a finding where its name is taken."""
        taken = self.where_declared(target.name)
        if taken is not None:
            self.report(errors.declared_twice(self.source, target.span, target.name, taken))
            return False
        if target.name in self.plates:
            self.report(errors.names_a_plate(self.source, target.span, target.name, self.plates[target.name].span))
            self.silence(target.name)
            return False
        self.symbols[target.name] = symbol
        return True


def unknown(span: Span) -> ir.Expr:
    """The value of something already reported: it satisfies every demand."""
    return ir.Ref("", ir.Kind.LET, span, (), UNKNOWN)


def is_unknown(expr: ir.Expr) -> bool:
    return any(not node.support.known for node in ir.walk(expr))
