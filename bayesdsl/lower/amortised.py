"""A model fitted with an amortised guide, as new rows are predicted: their latents come from the guide.

z[image, latent] ~ Normal(0, 1)                                    amortised.loc = amortised.encoder(pixels)
guide amortised { loc, log_scale = encoder(pixels); ..        ->   amortised.log_scale = ..
                  z[image, latent] ~ Normal(loc, exp(log_scale)) } z[image, latent] ~ Normal(amortised.loc, ..)

What the guide computes for a row, it computes from the row's data, so that it can do so for a row of which it knows
nothing else. Names of the guide get its own name before them, as they have in the posterior. A table whose spec says
what a new row means (`unseen image redraw`) is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bayesdsl.model import ir


def amortised(model: ir.Model, guide: str | None) -> ir.Model:
    """The model with the guide's statements for the latents of rows, where the guide has them for all of a table."""
    body = model.guides.get(guide) if guide is not None else None
    if not isinstance(body, ir.GuideBody):
        return model
    tables = [plate for plate in model.tables if _is_amortised(model, body, plate)]
    if not tables:
        return model
    rename = _Renaming(f"{body.name}.", frozenset(s.name for s in body.statements if not isinstance(s, ir.Sample)))
    before = tuple(rename.statement(s) for s in body.statements if not isinstance(s, ir.Sample))
    guided = {s.name: rename.statement(s) for s in body.statements if isinstance(s, ir.Sample)}
    statements = [
        _as_guided(s, guided[s.name]) if isinstance(s, ir.Sample) and _over(s, tables) else s for s in model.statements
    ]
    layers = {rename.prefix + name: rename.layer(layer) for name, layer in body.layers.items()}
    plates = {name: replace(p, redraw_unseen=True) if name in tables else p for name, p in model.plates.items()}
    return replace(model, statements=(*before, *statements), layers={**model.layers, **layers}, plates=plates)


def _as_guided(statement: ir.Sample, guided: ir.Sample) -> ir.Sample:
    return replace(statement, dist=guided.dist, plates=guided.plates, event=guided.event, noncentered=False)


def _is_amortised(model: ir.Model, guide: ir.GuideBody, table: str) -> bool:
    """Whether a guide draws every latent of a table's rows, from what it computes and not from params of the rows."""
    if model.plates[table].redraw_unseen:
        return False
    drawn = {s.name for s in guide.statements if isinstance(s, ir.Sample)}
    local = [s for s in model.of(ir.Sample) if _over(s, [table])]
    own = any(table in map(ir.base_plate, s.plates) for s in guide.statements if isinstance(s, ir.Parameter))
    return bool(local) and not own and all(s.name in drawn for s in local)


def _over(statement: ir.Sample, tables: list[str]) -> bool:
    return any(ir.base_plate(plate) in tables for plate in statement.plates)


@dataclass(frozen=True)
class _Renaming:
    """Puts the guide's name before what is its own."""

    prefix: str
    own: frozenset[str]

    def statement(self, statement: ir.Statement) -> ir.Statement:
        match statement:
            case ir.Let(name=name, expr=expr):
                return replace(statement, name=self.prefix + name, expr=self.expr(expr), reported=False)
            case ir.Parameter(name=name, layer=layer):
                prefixed = None if layer is None else self.prefix + layer
                return replace(statement, name=self.prefix + name, init=None, layer=prefixed)
            case ir.Sample(dist=dist):
                return replace(statement, dist=self.dist(dist))
        return statement

    def dist(self, dist: ir.Dist) -> ir.Dist:
        match dist:
            case ir.Call(args=args):
                return replace(dist, args=tuple((name, self._argument(value)) for name, value in args))
            case ir.Mix(weights=weights, component=component):
                return replace(dist, weights=self.expr(weights), component=self.dist(component))
        return dist

    def _argument(self, value: ir.Expr | ir.Dist) -> ir.Expr | ir.Dist:
        return self.dist(value) if isinstance(value, ir.Dist) else self.expr(value)

    def expr(self, expr: ir.Expr) -> ir.Expr:
        match expr:
            case ir.Ref(name=name) if name in self.own:
                return replace(expr, name=self.prefix + name)
            case ir.At(base=base):
                return replace(expr, base=self.expr(base))
            case ir.Apply(args=args) | ir.Reduce(args=args):
                return replace(expr, args=tuple(map(self.expr, args)))
            case ir.Network(layer=layer, args=args):
                return replace(expr, layer=self.prefix + layer, args=tuple(map(self.expr, args)))
        return expr

    def layer(self, layer: ir.Layer) -> ir.Layer:
        steps = tuple(map(self._step, layer.steps))
        heads = tuple(tuple(map(self._step, head)) for head in layer.heads)
        return replace(layer, name=self.prefix + layer.name, steps=steps, heads=heads)

    def _step(self, step: ir.Step) -> ir.Step:
        return replace(step, weights=tuple((leaf, self.prefix + name) for leaf, name in step.weights))
