"""One mistake is one finding: in the sensible models, anything broken in one place is reported there alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bayesdsl.check import check
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.source import Source, Span
from bayesdsl.syntax import ast
from bayesdsl.syntax.parser import parse

MODELS = sorted((Path(__file__).parent / "models").glob("*.bayes"))

# A place, and what is written there instead.
Mistake = tuple[Span, str]


def mistakes(spec: ast.Spec) -> Iterator[Mistake]:
    """Ways to go wrong in one place of a spec."""
    for statement in _all(spec.statements):
        match statement:
            case ast.Data(items=items):
                columns = [item for item in items if isinstance(item, ast.Column)]
                yield statement.plate.span, "another_table"
                for column in columns:
                    yield from _of_column(column, alone=len(columns) == 1)
            case ast.PlateDecl(plate, value):
                yield plate.span, "another_plate"
                yield value.span, "0"
            case ast.Const(ident, value):
                yield ident.span, "another_constant"
                yield value.span, "1 / 0"
            case ast.Prior(targets=targets, dist=dist):
                yield from _of_prior(targets, dist)
                if len(targets) == 1:
                    yield statement.span, ""
            case ast.Define(targets=targets, value=value):
                yield targets[0].ident.span, "another_definition"
                yield value.span, "log(-1)"
                yield value.span, "2 +"
                yield value.span, "unheard"
            case ast.Observe(target, dist):
                yield target.ident.span, "another_column"
                yield dist.span, "Foo(1)"
            case ast.Infer(engine=engine):
                yield engine.span, "foo()"


def _all(statements: tuple[ast.Statement, ...]) -> Iterator[ast.Statement]:
    for statement in statements:
        yield statement
        if isinstance(statement, ast.PlateBlock):
            yield from _all(statement.body)


def _of_column(column: ast.Column, alone: bool) -> Iterator[Mistake]:
    yield column.target.ident.span, "another_name"
    if column.type is not None:
        yield column.type.span, "foo"
    if column.value is not None:
        yield column.value.span, "foo(1)"
    if not (alone or column.target.plates):
        yield column.span, ""


def _of_prior(targets: tuple[ast.Target, ...], dist: ast.Expr) -> Iterator[Mistake]:
    for target in targets:
        yield target.ident.span, "another_latent"
        for plate in target.plates:
            yield plate.span, "nowhere"
    if targets[0].plates:
        yield targets[0].span, targets[0].name
    for wrong in ("Foo(0, 1)", "Normal(0,, 1)", "Normal(0, -1)", "Normal(0, 1, 2)"):
        yield dist.span, wrong


def errors_in(text: str) -> list[Diagnostic]:
    return list(check(parse(Source("broken.bayes", text))).errors)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_mistake_in_one_place_is_at_most_one_error(path: Path):
    text = path.read_text(encoding="utf-8")
    found = 0
    for span, instead in mistakes(parse(Source(path.name, text)).spec):
        broken = text[: span.start] + instead + text[span.end :]
        errors = errors_in(broken)
        told = [f"{error.code}: {error.message}" for error in errors]
        assert len(errors) <= 1, f"`{text[span.start : span.end]}` -> `{instead}`\n" + "\n".join(told)
        found += len(errors)
    # Some of them are no mistakes: a table or a definition may have another name where nothing uses it.
    assert found > 10
