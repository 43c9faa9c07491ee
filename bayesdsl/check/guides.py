"""Guides: mappings of sites to autoguides, and guides by hand, held against the model.

guide parts { tau, sigma : AutoDelta }   ->   GuideMap(parts=(GuidePart((tau, sigma), AutoDelta),))
"""

from __future__ import annotations

from dataclasses import replace

from bayesdsl.catalogue.inference import GUIDES
from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.errors import layers as layer_errors
from bayesdsl.check.layers import declare_layer
from bayesdsl.check.scope import Scope, declared_names
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
    if scope.ends_in_prime(guide.ident):
        return None
    latents = {s.name: s for s in model if isinstance(s, ir.Sample)}
    maps = [s for s in guide.body if isinstance(s, ast.GuideMap)]
    if not guide.body:
        scope.report(errors.empty_guide(scope.source, guide.ident.span, name, tuple(latents)))
        return None
    if maps and len(maps) < len(guide.body):
        scope.report(errors.mixed_guide(scope.source, guide.ident.span, name))
        return None
    return _map(scope, guide, maps, latents) if maps else _body(scope, guide, latents)


def _sites(scope: Scope, ident: ast.Ident, latents: dict[str, ir.Sample]) -> tuple[ast.Ident, ...]:
    """The latents that a name in a mapping stands for: for a layer, its weights."""
    weights = [s.name for s in latents.values() if s.layer == ident.name]
    scope.used |= {ident.name} if weights else set()
    return tuple(ast.Ident(name, ident.span) for name in weights) or (ident,)


def _map(scope: Scope, guide: ast.Guide, maps: list[ast.GuideMap], latents: dict[str, ir.Sample]) -> ir.GuideMap | None:
    parts: list[ir.GuidePart] = []
    covered: dict[str, Span] = {}
    sound = True
    for entry in maps:
        sites = tuple(site for ident in entry.sites for site in _sites(scope, ident, latents))
        for site in sites:
            sound = _site(scope, site, covered, latents) and sound
        setup = component(scope, entry.guide, GUIDES, "guide")
        if setup is None:
            sound = False
        else:
            parts.append(ir.GuidePart(tuple(site.name for site in sites), setup))
    return (
        ir.GuideMap(guide.ident.name, tuple(parts), guide.ident.span)
        if _complete(scope, guide, covered, latents) and sound
        else None
    )


def _site(scope: Scope, site: ast.Ident, covered: dict[str, Span], latents: dict[str, ir.Sample]) -> bool:
    if site.name in covered:
        hint = errors.COVER_ONCE
        scope.report(errors.declared_twice(scope.source, site.span, site.name, covered[site.name], hint))
        return False
    covered[site.name] = site.span
    if site.name not in latents:
        if not (scope.is_silent(site.name) or _unread(scope, site.name)):
            known = scope.where_declared(site.name)
            scope.report(errors.not_a_site(scope.source, site.span, site.name, known, nearest(site.name, latents)))
        return False
    return True


def _unread(scope: Scope, name: str) -> bool:
    """Whether the model has a latent of this name with a mistake in it, which has been reported."""
    symbol = scope.symbols.get(name)
    return symbol is not None and symbol.kind is ir.Kind.LATENT


def _complete(scope: Scope, guide: ast.Guide, covered: dict[str, Span], latents: dict[str, ir.Sample]) -> bool:
    missing = [name for name in latents if name not in covered]
    weights = {latents[name].layer: latents[name].span for name in missing if latents[name].layer is not None}
    missing = [name for name in missing if latents[name].layer is None]
    if weights and not scope.broken_names:
        by_hand = not any(isinstance(s, ast.GuideMap) for s in guide.body)
        scope.report(layer_errors.guide_of_weights(scope.source, guide.ident.span, guide.ident.name, weights, by_hand))
    # With latents that could not be read, what is missing is not known.
    if missing and not scope.broken_names:
        spans = tuple(latents[name].span for name in missing)
        scope.report(errors.guide_incomplete(scope.source, guide.ident.span, guide.ident.name, tuple(missing), spans))
    return not missing and not weights


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
        labels=scope.labels,
        # A guide sees data and its own names, not the model's latents: they are what it approximates.
        outside=scope.symbols,
        later=declared_names(guide.body),
        two_priors=errors.COVER_ONCE,
        guide=guide.ident.name,
    )
    statements: list[ir.Statement] = []
    for statement in guide.body:
        if isinstance(statement, ast.Layer):
            statements += _learned(inner, statement)
        else:
            statements += model_statement(inner, statement)
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
    # What the guide has in another way, or with a mistake in it, is not missing as well.
    for name in set(declared_names(guide.body)) - set(covered):
        covered[name] = guide.ident.span
        sound = sound and name not in latents
    _unused_params(scope, inner, statements)
    return (
        ir.GuideBody(guide.ident.name, tuple(statements), guide.ident.span, inner.layers)
        if _complete(scope, guide, covered, latents) and sound
        else None
    )


def _learned(scope: Scope, layer: ast.Layer) -> tuple[ir.Statement, ...]:
    """The weights of a guide's layer, which are learned: the guide draws the model's latents and nothing else."""
    if layer.body:
        scope.report(layer_errors.guide_prior(scope.source, layer.body[0].span, layer.ident.name))
        layer = replace(layer, body=())
    return declare_layer(scope, layer)


def _unused_params(scope: Scope, inner: Scope, statements: list[ir.Statement]) -> None:
    for statement in statements:
        weight = isinstance(statement, ir.Parameter) and statement.layer is not None
        if isinstance(statement, ir.Parameter | ir.Let) and not weight and statement.name not in inner.used:
            scope.report(errors.unused_in_guide(scope.source, statement.span, statement.name))
    for name, layer in inner.layers.items():
        if name not in inner.used:
            scope.report(errors.unused_in_guide(scope.source, layer.span, name))


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
    if guide.restricted:
        scope.report(errors.cannot_draw(scope.source, guide.span, guide.name, "its distribution is cut by a type"))
        return False
    undrawable = _undrawable(guide.dist)
    if undrawable is not None:
        scope.report(errors.cannot_draw(scope.source, guide.dist.span, guide.name, undrawable))
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


def _undrawable(dist: ir.Dist) -> str | None:
    """Why nothing can be drawn from a distribution, None where it can be."""
    match dist:
        case ir.Improper():
            return "Flat is the same everywhere"
        case ir.Mix(component=component):
            return _undrawable(component)
        case ir.Call(row, args):
            if not row.samples:
                return f"{row.name} has a density, and nothing to draw from it by"
            inner = (value for _, value in args if isinstance(value, ir.Call | ir.Improper | ir.Mix))
            return next((why for value in inner if (why := _undrawable(value)) is not None), None)
