"""Guides: mappings of sites to autoguides, and guides by hand, held against the model.

guide parts { tau, sigma : AutoDelta }   ->   GuideMap(parts=(GuidePart((tau, sigma), AutoDelta),))
"""

from __future__ import annotations

from bayesdsl.catalogue.inference import GUIDES
from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.scope import Scope
from bayesdsl.check.settings import component
from bayesdsl.check.statements import model_statement
from bayesdsl.model import ir
from bayesdsl.source import Span
from bayesdsl.syntax import ast


def check_guide(scope: Scope, guide: ast.Guide, model: tuple[ir.Statement, ...]) -> ir.Guide | None:
    """Elaborate a guide and hold its sites, plates and supports against the model's."""
    name = guide.ident.name
    if name in scope.guides:
        scope.report(errors.declared_twice(scope.source, guide.ident.span, name, scope.guides[name]))
        return None
    scope.guides[name] = guide.ident.span
    latents = {s.name: s for s in model if isinstance(s, ir.Sample)}
    maps = [s for s in guide.body if isinstance(s, ast.GuideMap)]
    layer = next((s for s in guide.body if isinstance(s, ast.Layer)), None)
    if layer is not None:
        scope.report(errors.layers_not_yet(scope.source, layer.ident.span))
        scope.silence(name)
        return None
    if not guide.body:
        scope.report(errors.empty_guide(scope.source, guide.ident.span, name, tuple(latents)))
        return None
    if maps and len(maps) < len(guide.body):
        scope.report(errors.mixed_guide(scope.source, guide.ident.span, name))
        return None
    return _map(scope, guide, maps, latents) if maps else _body(scope, guide, latents)


def _map(scope: Scope, guide: ast.Guide, maps: list[ast.GuideMap], latents: dict[str, ir.Sample]) -> ir.GuideMap | None:
    parts: list[ir.GuidePart] = []
    covered: dict[str, Span] = {}
    sound = True
    for entry in maps:
        for site in entry.sites:
            sound = _site(scope, site, covered, latents) and sound
        setup = component(scope, entry.guide, GUIDES, "guide")
        if setup is None:
            sound = False
        else:
            parts.append(ir.GuidePart(tuple(site.name for site in entry.sites), setup))
    return (
        ir.GuideMap(guide.ident.name, tuple(parts), guide.ident.span)
        if _complete(scope, guide, covered, latents) and sound
        else None
    )


def _site(scope: Scope, site: ast.Ident, covered: dict[str, Span], latents: dict[str, ir.Sample]) -> bool:
    if site.name in covered:
        scope.report(errors.declared_twice(scope.source, site.span, site.name, covered[site.name]))
        return False
    covered[site.name] = site.span
    if site.name not in latents:
        if not scope.is_silent(site.name):
            known = scope.where_declared(site.name)
            scope.report(errors.not_a_site(scope.source, site.span, site.name, known, nearest(site.name, latents)))
        return False
    return True


def _complete(scope: Scope, guide: ast.Guide, covered: dict[str, Span], latents: dict[str, ir.Sample]) -> bool:
    missing = [name for name in latents if name not in covered]
    # With latents that could not be read, what is missing is not known.
    if missing and not scope.broken_names:
        spans = tuple(latents[name].span for name in missing)
        scope.report(errors.guide_incomplete(scope.source, guide.ident.span, guide.ident.name, tuple(missing), spans))
    return not missing


def _body(scope: Scope, guide: ast.Guide, latents: dict[str, ir.Sample]) -> ir.GuideBody | None:
    inner = Scope(
        scope.source,
        scope.broken_names,
        scope.plates,
        scope.tables,
        scope.columns,
        scope.constants,
        used=scope.used,
        findings=scope.findings,
        silenced=set(scope.silenced),
    )
    # A guide sees data and its own names, not the model's latents: they are what it approximates.
    inner.later = {name: latent.span for name, latent in latents.items()}
    statements: list[ir.Statement] = []
    for statement in guide.body:
        for found in model_statement(inner, statement):
            statements.append(found)
    covered: dict[str, Span] = {}
    sound = True
    for statement in statements:
        match statement:
            case ir.Sample():
                ident = ast.Ident(statement.name, statement.span)
                if not _site(scope, ident, covered, latents):
                    sound = False
                else:
                    sound = _agrees(scope, statement, latents[statement.name]) and sound
            case ir.Parameter() | ir.Let() if statement.name in latents:
                scope.report(
                    errors.shadows_site(scope.source, statement.span, statement.name, latents[statement.name].span)
                )
                sound = False
    declared = {t.name for s in guide.body if isinstance(s, ast.Prior) for t in s.targets}
    for name in declared - set(covered):
        covered[name] = guide.ident.span
        sound = False
    _unused_params(scope, inner, statements)
    return (
        ir.GuideBody(guide.ident.name, tuple(statements), guide.ident.span)
        if _complete(scope, guide, covered, latents) and sound
        else None
    )


def _unused_params(scope: Scope, inner: Scope, statements: list[ir.Statement]) -> None:
    for statement in statements:
        if isinstance(statement, ir.Parameter | ir.Let) and statement.name not in inner.used:
            scope.report(errors.unused(scope.source, statement.span, statement.name, "the guide"))


def _agrees(scope: Scope, guide: ir.Sample, model: ir.Sample) -> bool:
    """Whether a guide's site has the model's plates and stays within its support."""
    if set(guide.plates) != set(model.plates) or guide.event != model.event:
        scope.report(
            errors.guide_plates(
                scope.source,
                guide.span,
                guide.name,
                (*guide.plates, *guide.event),
                (*model.plates, *model.event),
                model.span,
            )
        )
        return False
    if model.noncentered:
        scope.report(errors.guide_of_noncentered(scope.source, guide.span, guide.name, model.span))
        return False
    if not guide.support.interior.within(model.support.interior):
        scope.report(
            errors.guide_support(scope.source, guide.span, guide.name, guide.support, model.support, model.span)
        )
        return False
    return True
