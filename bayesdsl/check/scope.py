"""What is declared so far, and where findings are gathered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bayesdsl.catalogue.distributions import DISTRIBUTIONS, SPECIAL
from bayesdsl.catalogue.functions import ALIASES, FUNCTIONS, REDUCTIONS, SCANS
from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.errors import layers as layer_errors
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast
from bayesdsl.types.supports import UNKNOWN, Support

# Members that are numbers up to here are listed when a label is looked for.
MANY = 10_000
MANY_FINDINGS = 200


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
    """The checker's state: symbols in force, names used, findings made.

    `lets` are what definitions stand for, `labels` the members of plates whose labels the spec itself holds, `later`
    the names that are declared somewhere below, `outside` in a guide those of the model, which a guide does not see.
    `local` are values that have their names in one statement only: the `fan_in` of a layer's weights. `guide` is the
    guide that the scope is that of, empty for the model's.
    """

    source: Source
    broken_names: frozenset[str] = frozenset()
    plates: dict[str, ir.Plate] = field(default_factory=dict)
    tables: dict[str, ir.Table] = field(default_factory=dict)
    columns: dict[str, ir.Column] = field(default_factory=dict)
    constants: dict[str, ir.Number] = field(default_factory=dict)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    layers: dict[str, ir.Layer] = field(default_factory=dict)
    guides: dict[str, Span] = field(default_factory=dict)
    lets: dict[str, ir.Expr] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    later: dict[str, Span] = field(default_factory=dict)
    outside: dict[str, Symbol] = field(default_factory=dict)
    observed: dict[str, Span] = field(default_factory=dict)
    unseen: dict[str, Span] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    findings: list[Diagnostic] = field(default_factory=list)
    silenced: set[str] = field(default_factory=set)
    two_priors: str = errors.ONE_PRIOR
    local: dict[str, ir.Expr] = field(default_factory=dict)
    guide: str = ""

    def report(self, finding: Diagnostic) -> None:
        if finding not in self.findings:
            self.findings.append(finding)

    def silence(self, name: str) -> None:
        """A name whose declaration was wrong: what follows from it is not reported."""
        self.silenced.add(name)

    def ends_in_prime(self, ident: ast.Ident) -> bool:
        """Whether a name that is declared ends in a prime, with a finding."""
        if not ident.name.endswith("'"):
            return False
        self.report(errors.prime_in_name(self.source, ident.span, ident.name))
        self.silence(ident.name)
        self.silence(ir.base_plate(ident.name))
        return True

    def distrust(self, name: str) -> None:
        """A value that is most likely not declared as it was meant: its further uses are not reported."""
        for table in (self.symbols, self.columns):
            if name in table:
                table[name] = replace(table[name], support=UNKNOWN)

    def is_silent(self, name: str) -> bool:
        return name in self.silenced or name in self.broken_names

    # Plates

    def plate(self, ident: ast.Ident) -> str | None:
        """The plate an identifier names, or None and a finding."""
        name = ir.base_plate(ident.name)
        if name in self.plates:
            self.used.add(f"plate {name}")
            return ident.name
        column = self.columns.get(name)
        if not (self.is_silent(name) or (column is not None and not column.support.known)):
            self.report(self._no_plate(name, ident.span))
            self.silence(name)
        return None

    def _no_plate(self, name: str, span: Span) -> Diagnostic:
        column = self.columns.get(name)
        if column is not None:
            return errors.column_as_plate(self.source, span, name, column.span, column.category)
        return errors.unknown_plate(self.source, span, name, nearest(name, self.plates), name in self.symbols)

    def members(self, plate: str) -> tuple[str, ...] | None:
        """The labels of a plate's members, None where only the data tell."""
        known = self.plates.get(ir.base_plate(plate))
        if known is None:
            return None
        table = self.tables.get(known.name)
        # The rows of a table in place are called by their numbers, and by those alone where none is left out.
        whole = table is not None and not (table.where or table.drop_missing or table.key)
        if known.origin is ir.Origin.NUMBER or (whole and known.size is not None):
            return tuple(map(str, range(1, known.size + 1))) if known.size <= MANY else None
        if known.labels is not None:
            return tuple(map(str, known.labels))
        return self.labels.get(known.name)

    # Values

    def value(self, name: str, span: Span) -> ir.Expr:
        """The value a name stands for; unknown, with a finding, where it stands for none."""
        if name in self.local:
            return self.local[name]
        if name in self.constants:
            self.used.add(name)
            return ir.Number(self.constants[name].value, span, (), self.constants[name].support)
        symbol = self.symbols.get(name)
        if symbol is not None:
            self.used.add(name)
            # Of a declaration with a mistake in it, the plates may be wrong as well.
            known = symbol.support.known
            return ir.Ref(name, symbol.kind, span, symbol.plates, symbol.support) if known else unknown(span)
        column = self.columns.get(name)
        if column is not None:
            self.used.add(name)
            known = column.support.known
            return ir.Ref(name, ir.Kind.COLUMN, span, column.plates, column.support) if known else unknown(span)
        if not self.is_silent(name):
            self.report(self._undeclared(name, span))
            self.silence(name)
        return unknown(span)

    def _undeclared(self, name: str, span: Span) -> Diagnostic:
        if name in self.layers:
            self.used.add(name)
            return layer_errors.as_value(self.source, span, self.layers[name])
        if name in self.later:
            if self.later[name].start < span.start and name in self.outside:
                return errors.of_the_model(self.source, span, name, self.outside[name].span, is_latent=False)
            if self.later[name].start < span.start:
                return errors.depends_on_itself(self.source, span, name)
            return errors.used_before_declared(self.source, span, name, self.later[name])
        if name in self.outside:
            symbol = self.outside[name]
            return errors.of_the_model(self.source, span, name, symbol.span, symbol.kind is ir.Kind.LATENT)
        if name in self.plates:
            return errors.plate_as_value(self.source, span, name, self.plates[name].span)
        if name in DISTRIBUTIONS or name in SPECIAL:
            return errors.distribution_in_expression(self.source, span, name)
        if name in FUNCTIONS or name in REDUCTIONS or name in SCANS or name in ALIASES:
            reduces = ALIASES.get(name, name) in (*REDUCTIONS, *SCANS)
            return errors.function_as_value(self.source, span, name, reduces)
        # Of very many findings, nobody reads the hints.
        known = [*self.symbols, *self.columns, *self.constants] if len(self.findings) < MANY_FINDINGS else []
        return errors.undeclared(self.source, span, name, nearest(name, known))

    def where_declared(self, name: str) -> Span | None:
        """Where a value of this name is declared already."""
        for table in (self.symbols, self.columns, self.constants):
            if name in table:
                return table[name].span
        return self.layers[name].span if name in self.layers else None

    def declare(self, target: ast.Ident, symbol: Symbol) -> bool:
        """Add a value to the scope; a finding where its name is taken."""
        if self.ends_in_prime(target):
            return False
        taken = self.where_declared(target.name)
        if taken is not None:
            before = self.symbols.get(target.name)
            latents = before is not None and before.kind is symbol.kind is ir.Kind.LATENT
            hint = self.two_priors if latents else errors.RENAME
            self.report(errors.declared_twice(self.source, target.span, target.name, taken, hint))
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


def declared_names(statements: tuple[ast.Statement, ...]) -> dict[str, Span]:
    """Every name the model declares somewhere, for `used before it is declared`."""
    names = {}
    for statement in statements:
        match statement:
            case ast.Prior(targets) | ast.Param(targets) | ast.Define(targets):
                names |= {target.name: target.span for target in targets if target.name not in names}
            case ast.Const(ident) | ast.Layer(ident):
                names.setdefault(ident.name, ident.span)
            case ast.Data(items=items):
                for item in items:
                    if isinstance(item, ast.Column):
                        names.setdefault(item.target.name, item.target.span)
            case ast.PlateBlock(body=body):
                names = declared_names(body) | names
    return names
