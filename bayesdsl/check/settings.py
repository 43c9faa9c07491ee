"""Settings of `infer`: engines, guides, optimisers and losses by name, with every value checked.

svi(guide = parts, optim = Adam(lr = 0.03), steps = 1500)
->  Inference(engine = svi, settings = {guide: "parts", optim: Setup(Adam, lr = 0.03), steps: 1500, draws: 1000, ..})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bayesdsl.catalogue.inference import ENGINES, GUIDES, LOSSES, OPTIMISERS, SCHEDULES
from bayesdsl.catalogue.rows import REQUIRED, Component, Setting, SettingKind
from bayesdsl.catalogue.spelling import FOREIGN_ENGINES, FOREIGN_SETTINGS, nearest
from bayesdsl.check import errors
from bayesdsl.check.expressions import Expressions
from bayesdsl.check.scope import Scope
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast

EXAMPLES = {
    "guide": "AutoNormal",
    "optimiser": "Adam(lr = 0.01)",
    "loss": "Trace_ELBO",
    "schedule": "ExponentialLR(gamma = 0.999)",
}
COMPONENTS: dict[SettingKind, tuple[dict[str, Component], str]] = {
    SettingKind.GUIDE: (GUIDES, "guide"),
    SettingKind.OPTIMISER: (OPTIMISERS, "optimiser"),
    SettingKind.LOSS: (LOSSES, "loss"),
    SettingKind.SCHEDULE: (SCHEDULES, "schedule"),
}


def inference(scope: Scope, statement: ast.Infer) -> ir.Inference | None:
    """Elaborate an `infer` statement."""
    match statement.engine:
        case ast.Call(func, None, args, span):
            name, at = func.name, func.span
        case ast.Name(name, at):
            args, span = (), at
        case other:
            scope.report(errors.not_an_engine(scope.source, other.span))
            return None
    row = ENGINES.get(name)
    if row is None:
        scope.report(
            errors.unknown_engine(scope.source, at, name, FOREIGN_ENGINES.get(name.lower()) or nearest(name, ENGINES))
        )
        return None
    values = _settings(scope, row.settings, row.name, args, 0)
    if values is None:
        return None
    label = statement.ident.name if statement.ident is not None else row.name
    return ir.Inference(label, row, tuple(values.items()), span)


def component(scope: Scope, expr: ast.Expr, rows: dict[str, Component], kind: str) -> ir.Setup | None:
    """A guide, optimiser or loss of the catalogue with its settings."""
    match expr:
        case ast.Call(func, None, args):
            name, at = func.name, func.span
        case ast.Name(name, at):
            args = ()
        case other:
            scope.report(errors.not_a_component(scope.source, other.span, kind, EXAMPLES[kind]))
            return None
    row = rows.get(name)
    if row is None:
        known = [*rows, *(scope.guides if kind == "guide" else ())]
        scope.report(errors.unknown_component(scope.source, at, kind, name, nearest(name, known)))
        return None
    values = _settings(scope, row.settings, name, args, row.positional, defaults=False)
    missing = [s.name for s in row.settings if s.default is REQUIRED and values is not None and s.name not in values]
    if missing:
        scope.report(errors.setting_missing(scope.source, expr.span, name, missing, [s.name for s in row.settings]))
        return None
    return None if values is None else ir.Setup(row, tuple(values.items()))


def _settings(
    scope: Scope,
    rows: tuple[Setting, ...],
    owner: str,
    args: tuple[ast.Arg, ...],
    positional: int,
    defaults: bool = True,
) -> dict[str, object] | None:
    by_name = {row.name: row for row in rows}
    values: dict[str, object] = {row.name: _default(row) for row in rows} if defaults else {}
    given: dict[str, Span] = {}
    sound = True
    for i, arg in enumerate(args):
        if arg.keyword is None:
            if i >= positional:
                scope.report(errors.setting_by_position(scope.source, arg.span, owner, tuple(by_name)))
                sound = False
                continue
            row = rows[i]
        else:
            row = by_name.get(arg.keyword.name)
            if row is None and arg.keyword.name == "batch" and owner in ENGINES:
                scope.report(errors.minibatch(scope.source, arg.span, owner))
                sound = False
                continue
            if row is None:
                foreign = FOREIGN_SETTINGS.get(arg.keyword.name)
                near = foreign if foreign in by_name else nearest(arg.keyword.name, by_name)
                scope.report(
                    errors.unknown_setting(
                        scope.source, arg.keyword.span, owner, arg.keyword.name, near, tuple(by_name)
                    )
                )
                sound = False
                continue
        if row.name in given:
            scope.report(errors.setting_twice(scope.source, arg.span, row.name, given[row.name]))
            sound = False
            continue
        given[row.name] = arg.span
        value = _batch(scope, row, owner, arg) if _is_batch(row, arg) else _value(scope, row, owner, arg.value)
        if value is None:
            sound = False
        else:
            values[row.name] = value
    return values if sound else None


def _value(scope: Scope, row: Setting, owner: str, expr: ast.Expr) -> object | None:
    """The value of one setting; None and a finding where it is not of the setting's kind."""
    if row.kind in COMPONENTS:
        rows, kind = COMPONENTS[row.kind]
        if row.kind is SettingKind.GUIDE and isinstance(expr, ast.Name) and expr.name in scope.guides:
            scope.used.add(f"guide {expr.name}")
            return expr.name
        if row.kind is SettingKind.GUIDE and isinstance(expr, ast.Name) and scope.is_silent(expr.name):
            return None
        return component(scope, expr, rows, kind)
    before = len(scope.findings)
    if row.kind is SettingKind.WORD:
        value = expr.name if isinstance(expr, ast.Name) else None
    else:
        value = constant(scope, expr)
    reason = errors.setting_problem(row, value)
    if reason is not None and len(scope.findings) > before:
        return None
    if reason is not None:
        scope.report(errors.setting_value(scope.source, expr.span, owner, row, reason))
        return None
    match row.kind:
        case SettingKind.INT | SettingKind.BATCH:
            return int(value)
        case SettingKind.FLOAT:
            return float(value)
    return value


def _is_batch(row: Setting, arg: ast.Arg) -> bool:
    """Whether a setting is, or is written as, a number of members of a plate."""
    return row.kind is SettingKind.BATCH or arg.of is not None


def _batch(scope: Scope, row: Setting, owner: str, arg: ast.Arg) -> ir.Batch | None:
    """The value of `batch = 256 of image`."""
    tables = [name for name, plate in scope.plates.items() if plate.origin is ir.Origin.ROWS]
    if row.kind is not SettingKind.BATCH:
        scope.report(errors.of_a_plate(scope.source, arg.span, row.name, arg.of.name))
        return None
    if arg.of is None:
        scope.report(errors.not_a_batch(scope.source, arg.span, tables))
        return None
    size, plate = _value(scope, row, owner, arg.value), scope.plate(arg.of)
    if size is None or plate is None:
        return None
    if plate not in tables:
        declared = scope.plates[ir.base_plate(plate)].span
        scope.report(errors.batch_of_members(scope.source, arg.of.span, plate, declared, tables))
        return None
    return ir.Batch(size, plate)


def constant(scope: Scope, expr: ast.Expr) -> object | None:
    """A literal: a number, a text, true or false, none, a list of numbers."""
    match expr:
        case ast.Name("true" | "True", _):
            return True
        case ast.Name("false" | "False", _):
            return False
        case ast.Str(value):
            return value
        case ast.ListOf(items) | ast.TupleOf(items):
            return tuple(constant(scope, item) for item in items)
        case ast.Num() | ast.Unary() | ast.Binary():
            found = Expressions(scope, ()).expression(expr)
            return found.value if isinstance(found, ir.Number) else None
        case ast.Name(name) if name in scope.constants:
            scope.used.add(name)
            return scope.constants[name].value
    return None


def _default(row: Setting) -> object:
    """A row's default; those of components are written in the language itself."""
    if row.kind in COMPONENTS and isinstance(row.default, str):
        from bayesdsl.syntax.parser import parse

        rows, kind = COMPONENTS[row.kind]
        source = Source("catalogue", f"infer {row.default}")
        return component(Scope(source), parse(source).spec.statements[0].engine, rows, kind)
    return row.default


def default_inference(name: str) -> ir.Inference | None:
    """An engine with its default settings, as `--infer nuts` asks for where the spec has none of that name."""
    if name not in ENGINES:
        return None
    return _written(Source("--infer", f"infer {name}"))[0]


def override(
    changed: ir.Inference,
    name: str,
    text: str,
    guides: Mapping[str, Span] | None = None,
    plates: Mapping[str, ir.Plate] | None = None,
) -> tuple[ir.Inference | None, tuple[Diagnostic, ...]]:
    """An inference with one setting changed, as by `--set infer.draws=200`; the findings where it cannot be.

    `guides` and `plates` are the spec's, by name, which the text may refer to.
    """
    engine = changed.engine.name
    given, findings = _written(Source(f"--set infer.{name}={text}", f"infer {engine}({name} = {text})"), guides, plates)
    if given is None:
        return None, findings
    settings = {**dict(changed.settings), name: given.setting(name)}
    return replace(changed, settings=tuple(settings.items())), findings


def _written(
    source: Source, guides: Mapping[str, Span] | None = None, plates: Mapping[str, ir.Plate] | None = None
) -> tuple[ir.Inference | None, tuple[Diagnostic, ...]]:
    """An inference from the text of its statement."""
    from bayesdsl.syntax.parser import parse

    parsed = parse(source)
    scope = Scope(source, guides=dict(guides or {}), plates=dict(plates or {}))
    statements = parsed.spec.statements
    sound = not parsed.diagnostics and len(statements) == 1 and isinstance(statements[0], ast.Infer)
    made = inference(scope, statements[0]) if sound else None
    return made, (*parsed.diagnostics, *scope.findings)
