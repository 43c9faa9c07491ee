"""Whether minibatches of a plate's rows can stand for all of them.

infer svi(batch = 256 of image)   needs   observe pixels ~ Bernoulli(logits = decoder(z))    each image by itself
                                  not     centre = mean[image](x)                            all images at once

A step sees the data of some rows, and its log density counts them for all. That is right on average where the log
density is a sum over rows; where something mixes rows, as a mean over all of them does, no scale makes it right.
"""

from __future__ import annotations

from collections.abc import Iterator

from bayesdsl.check import errors
from bayesdsl.check.scope import Scope
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.source import Span


def check_batches(scope: Scope, model: ir.Model) -> None:
    """Report inferences of a spec whose minibatches cannot work; what mixes rows is said once."""
    said: set[Span] = set()
    for inference in model.inferences:
        for finding in batch_findings(model, inference):
            if finding.primary.span not in said:
                scope.report(finding)
        said |= {finding.primary.span for finding in scope.findings if finding.primary}


def batch_findings(model: ir.Model, inference: ir.Inference) -> list[Diagnostic]:
    """What stands in the way of an inference's minibatches, which need not be one of the spec's."""
    batch = ir.batch_of(inference)
    if batch is None:
        return []
    source, span, plate = model.source, inference.span, batch.plate
    guide, loss = inference.setting("guide"), inference.setting("loss")
    by_hand = model.guides.get(guide) if isinstance(guide, str) else None
    bodies = [(model.statements, model.layers)]
    if isinstance(by_hand, ir.GuideBody):
        bodies.append((by_hand.statements, {**model.layers, **by_hand.layers}))
    if not any(isinstance(s, ir.Sample | ir.Observed) and plate in s.plates for s in model.statements):
        return [errors.batch_of_nothing(source, span, plate, model.plates[plate].span)]
    mixed = [found for statements, layers in bodies for s in statements for found in _mixing(s, layers, plate)]
    found = [errors.mixes_rows(source, at, plate, what, span) for at, what in mixed]
    members = [s for s in model.statements if isinstance(s, ir.Sample) and plate in s.plates]
    if not mixed:
        found += [
            errors.guide_of_rows(source, span, name, plate, sample.name, sample.span)
            for sample in members[:1]
            for name in _whole(by_hand if by_hand is not None else guide, sample.name)
        ]
    if isinstance(loss, ir.Setup) and not loss.row.by_row:
        found.append(errors.loss_of_rows(source, span, loss.row.name, plate))
    return found


def _whole(guide: object, site: str) -> Iterator[str]:
    """The autoguide that holds a latent together with others, and so cannot have some members of it alone."""
    match guide:
        case ir.Setup(row) if not row.by_row:
            yield row.name
        case ir.GuideMap(parts=parts):
            for part in parts:
                if site in part.sites:
                    yield from _whole(part.setup, site)


def _mixing(statement: ir.Statement, layers: dict[str, ir.Layer], plate: str) -> Iterator[tuple[Span, str]]:
    """What in a statement takes several rows of the plate at once: where it stands, and what it does."""
    pairs = f"{plate}'"
    match statement:
        case ir.Sample(event=event, plates=plates) | ir.Observed(event=event, plates=plates):
            if pairs in (*plates, *event):
                yield statement.span, f"`{statement.name}` has a value for each pair of rows"
                return
            if plate in event:
                yield statement.span, f"`{statement.name}` is one draw over all rows"
                return
            yield from _mixing_distribution(statement.dist, layers, plate)
        case ir.Parameter(init=init, plates=plates):
            if pairs in plates:
                yield statement.span, f"`{statement.name}` has a value for each pair of rows"
            elif init is not None and plate in init.plates:
                yield init.span, f"`{statement.name}` starts from the data of all rows"
        case ir.Let(expr=expr):
            yield from _mixing_expression(expr, layers, plate)


def _mixing_distribution(dist: ir.Dist, layers: dict[str, ir.Layer], plate: str) -> Iterator[tuple[Span, str]]:
    match dist:
        case ir.Mix(plate=over, component=component):
            if over == plate:
                yield dist.span, "the mixture runs over all rows"
                return
            yield from _mixing_distribution(component, layers, plate)
            yield from _mixing_expression(dist.weights, layers, plate)
        case ir.Call(own=own):
            if plate in (over for _, over in own):
                yield dist.span, f"{dist.row.name} runs over all rows"
                return
            for expr in ir.dist_exprs(dist):
                yield from _mixing_expression(expr, layers, plate)


def _mixing_expression(expr: ir.Expr, layers: dict[str, ir.Layer], plate: str) -> Iterator[tuple[Span, str]]:
    """The outermost of what mixes rows in an expression."""
    what = _mixes(expr, layers, plate)
    if what is not None:
        yield expr.span, what
        return
    for child in ir.children(expr):
        yield from _mixing_expression(child, layers, plate)


def _mixes(expr: ir.Expr, layers: dict[str, ir.Layer], plate: str) -> str | None:
    match expr:
        case ir.Reduce(function=function, over=over) if plate in map(ir.base_plate, over):
            return f"`{function}` runs over all rows"
        case ir.At(indices=indices):
            index = next((index for at, index in indices if ir.base_plate(at) == plate), None)
            match index:
                case ir.Member():
                    return "one row is picked by its label"
                case ir.Rows(column):
                    return f"`{column}` picks rows"
                case ir.Rename():
                    return "rows are paired with each other"
        case ir.Network(layer=layer) if plate in _plates_of(layers.get(layer)):
            return f"the layer `{layer}` takes all rows at once"
    return "rows are paired with each other" if f"{plate}'" in expr.plates else None


def _plates_of(layer: ir.Layer | None) -> ir.Plates:
    """The plates that a layer has weights for."""
    return ir.join(*layer.inputs, *layer.outputs) if layer is not None else ()
