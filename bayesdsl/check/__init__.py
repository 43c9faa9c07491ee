"""From the spec as written to the typed model, with every finding of the file.

Each pass is a module with one public function; `errors.py` holds what they say.
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.batches import check_batches
from bayesdsl.check.declarations import declare_constant, declare_plates, declare_table
from bayesdsl.check.guides import check_guide
from bayesdsl.check.inference import check_inferences
from bayesdsl.check.layers import declare_layer
from bayesdsl.check.lints import lint
from bayesdsl.check.scope import Scope, declared_names
from bayesdsl.check.settings import inference
from bayesdsl.check.statements import model_statement
from bayesdsl.diagnostics.diagnostic import Diagnostic, Severity
from bayesdsl.model import ir
from bayesdsl.syntax import ast
from bayesdsl.syntax.parser import Parsed


@dataclass(frozen=True, slots=True)
class Checked:
    """A model, None where an error stands in its way, and every finding, in the order of the file."""

    model: ir.Model | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


def check(parsed: Parsed) -> Checked:
    """Check a parsed spec. Never raises on what a user wrote."""
    spec = parsed.spec
    scope = Scope(spec.source, _broken(parsed), findings=list(parsed.diagnostics))
    scope.later = declared_names(spec.statements)
    declare_plates(scope, spec)
    statements: list[ir.Statement] = []
    for statement in spec.statements:
        match statement:
            case ast.Data():
                declare_table(scope, statement)
            case ast.Const():
                declare_constant(scope, statement)
            case ast.Layer():
                statements.extend(declare_layer(scope, statement))
            case ast.Unseen():
                _unseen(scope, statement)
            case ast.Prior() | ast.Param() | ast.Define() | ast.Observe() | ast.PlateBlock():
                statements.extend(model_statement(scope, statement))
    model_statements = tuple(statements)
    guides = {}
    for statement in spec.statements:
        if isinstance(statement, ast.Guide):
            guide = check_guide(scope, statement, model_statements)
            if guide is not None:
                guides[guide.name] = guide
    found = [inference(scope, s) for s in spec.statements if isinstance(s, ast.Infer)]
    inferences = tuple(i for i in found if i is not None)
    check_inferences(scope, model_statements, inferences)
    model = ir.Model(
        spec.source,
        scope.plates,
        scope.tables,
        model_statements,
        guides,
        inferences,
        {name: constant.value for name, constant in scope.constants.items()},
        scope.layers,
    )
    if not any(d.severity is Severity.ERROR for d in scope.findings):
        if not spec.statements:
            scope.report(errors.empty_spec(scope.source))
        check_batches(scope, model)
        lint(scope, model)
    ordered = tuple(sorted(scope.findings, key=lambda d: d.primary.span.start if d.primary else -1))
    failed = any(d.severity is Severity.ERROR for d in ordered)
    return Checked(None if failed else model, ordered)


def _broken(parsed: Parsed) -> frozenset[str]:
    """Names of which nothing is known: those in statements that could not be read, and words used as names."""
    source = parsed.spec.source
    words = {source.slice(d.primary.span) for d in parsed.diagnostics if d.code == "BD102" and d.primary}
    return parsed.broken_names | words


def _unseen(scope: Scope, statement: ast.Unseen) -> None:
    """`unseen county redraw`: what a level means that was not in the data."""
    plate = scope.plates.get(statement.plate.name)
    if plate is None:
        scope.plate(statement.plate)
        return
    policies = ("redraw", "error")
    if statement.policy.name not in policies:
        near = nearest(statement.policy.name, policies)
        scope.report(
            errors.unknown_policy(scope.source, statement.policy.span, "unseen", statement.policy.name, policies, near)
        )
        return
    if plate.name in scope.unseen:
        scope.report(
            errors.said_twice(scope.source, statement.plate.span, f"unseen {plate.name}", scope.unseen[plate.name])
        )
        return
    scope.unseen[plate.name] = statement.plate.span
    scope.plates[plate.name] = ir.Plate(
        plate.name, plate.origin, plate.span, plate.size, plate.labels, statement.policy.name == "redraw"
    )
