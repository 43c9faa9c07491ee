"""From a checked model to its graph.

mu ~ Normal(0, 5)                        nodes  mu (latent), theta (latent, in school), y (observed, in school)
theta[school] ~ Normal(mu, 1)     ->     edges  mu -> theta, theta -> y
observe y ~ Normal(theta, 1)             boxes  school (8): theta, y
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bayesdsl.export.graph.texts import names_in, pipeline, written
from bayesdsl.export.graph.value import Box, Edge, Formula, Graph, Kind, Node
from bayesdsl.model import ir
from bayesdsl.source import Span


def model_graph(model: ir.Model) -> Graph:
    """The graph of a model: what it computes with, and what each of its quantities depends on.

    A layer is one node, with its weights in it. Columns and constants that nothing reads are left out.
    """
    edges = _edges(model)
    nodes = tuple(_nodes(model, {edge.source for edge in edges}))
    left = [(node.name, node.plates) for node in nodes]
    outside, boxes = _boxes(model, left)
    return Graph(Path(model.source.name).stem, nodes, edges, outside, boxes, tuple(_formulas(model)))


# Nodes


def _nodes(model: ir.Model, read: set[str]) -> Iterator[Node]:
    """Columns, constants and layers first, then statements as they are written."""
    observed = {s.name: s for s in model.of(ir.Observed)}
    for table in model.tables.values():
        for column in table.columns:
            if (likelihood := observed.get(column.name)) is not None:
                yield Node(column.name, Kind.OBSERVED, likelihood.plates, (), _hover(model, likelihood.span))
            elif column.name in read:
                yield Node(column.name, Kind.DATA, column.plates, (), _hover(model, column.span))
    for name in model.constants:
        if name in read:
            yield Node(name, Kind.CONST)
    for layer in model.layers.values():
        yield Node(layer.name, Kind.LAYER, (), tuple(_layer_lines(model, layer)), _hover(model, layer.span))
    for statement in model.statements:
        match statement:
            case ir.Sample(layer=None):
                yield Node(statement.name, Kind.LATENT, statement.plates, (), _hover(model, statement.span))
            case ir.Parameter(layer=None):
                yield Node(statement.name, Kind.PARAM, statement.plates, (), _hover(model, statement.span))
            case ir.Let():
                yield Node(statement.name, Kind.DETERMINISTIC, statement.plates, (), _hover(model, statement.span))


def _hover(model: ir.Model, span: Span) -> str:
    """Where a name is declared, with the line: `radon.bayes:9  a[county] ~ Normal(mu, tau)`."""
    number, _ = model.source.position(span.start)
    return f"{Path(model.source.name).name}:{number}  {' '.join(model.source.line(number).split())}"


def _layer_lines(model: ir.Model, layer: ir.Layer) -> Iterator[str]:
    """The steps of a layer, then its weights: `weight, bias ~ Normal(0, 1)`, or `learned` where they have no prior."""
    yield _steps(model, layer.steps)
    if layer.heads:
        yield f"→ ({', '.join(_steps(model, head) for head in layer.heads)})"
    weights = {s.name: s for s in model.statements if isinstance(s, ir.Sample | ir.Parameter) and s.layer == layer.name}
    said: dict[str, dict[str, None]] = {}
    for name in layer.weights():
        match weights[name]:
            case ir.Sample(dist=dist):
                text = f"~ {written(model.source, dist.span)}"
            case ir.Parameter():
                text = "learned"
        said.setdefault(text, {})[name.rpartition(".")[2]] = None
    for text, names in said.items():
        yield f"{', '.join(names)} {text}"


def _steps(model: ir.Model, steps: Sequence[ir.Step]) -> str:
    return pipeline([(step.span, written(model.source, step.span)) for step in steps])


# Edges


def _edges(model: ir.Model) -> tuple[Edge, ...]:
    layer_of = {s.name: s.layer for s in model.statements if isinstance(s, ir.Sample | ir.Parameter) and s.layer}
    edges = {}
    for statement in model.statements:
        target = layer_of.get(statement.name, statement.name)
        for name in _read_by(model, statement):
            edge = Edge(layer_of.get(name, name), target)
            if edge.source != edge.target:
                edges[edge] = None
    return tuple(edges)


def _read_by(model: ir.Model, statement: ir.Statement) -> Iterator[str]:
    """The names that a statement's value depends on, repeats included. A param's start has no part in its value."""
    match statement:
        case ir.Sample(dist=dist) | ir.Observed(dist=dist):
            span, exprs = dist.span, tuple(ir.dist_exprs(dist))
        case ir.Let(expr=expr):
            span, exprs = expr.span, (expr,)
        case ir.Parameter():
            return
    for expr in exprs:
        for part in ir.walk(expr):
            match part:
                case ir.Ref(name):
                    yield name
                case ir.At(indices=indices):
                    yield from (index.column for _, index in indices if isinstance(index, ir.Rows))
                case ir.Network(layer=layer):
                    yield layer
    # The checker puts a constant's number in its place, so only the text has its name.
    yield from names_in(model.source, span, model.constants)


# Boxes


def _boxes(model: ir.Model, nodes: Sequence[tuple[str, ir.Plates]]) -> tuple[tuple[str, ...], tuple[Box, ...]]:
    """The nodes without plates, and boxes for the others: the plate of most nodes is the outermost."""
    order = {plate: i for i, plate in enumerate(model.plates)}
    outside = tuple(name for name, plates in nodes if not plates)
    rest = [(name, plates) for name, plates in nodes if plates]
    boxes = []
    while rest:
        plates = dict.fromkeys(plate for _, plates in rest for plate in plates)
        plate = max(plates, key=lambda p: (sum(p in own for _, own in rest), -order[ir.base_plate(p)], -len(p)))
        inside = [(name, tuple(p for p in own if p != plate)) for name, own in rest if plate in own]
        declared = model.plates[ir.base_plate(plate)]
        boxes.append(Box(plate, _label(declared, plate), *_boxes(model, inside), _hover(model, declared.span)))
        rest = [(name, own) for name, own in rest if plate not in own]
    return outside, tuple(boxes)


def _label(plate: ir.Plate, name: str) -> str:
    size = plate.size if plate.labels is None else len(plate.labels)
    return name if size is None else f"{name} ({size})"


# Formulas


def _formulas(model: ir.Model) -> Iterator[Formula]:
    """The lines of the model, but for those of layers, which stand in their nodes. What has one prior has one line."""
    for name, value in model.constants.items():
        yield Formula(name, "=", str(value))
    last: Span | None = None
    held: Formula | None = None
    for statement in model.statements:
        if getattr(statement, "layer", None) is not None:
            continue
        formula, span = _formula(model, statement)
        if held is not None and span == last and formula.right == held.right:
            held = Formula(f"{held.left}, {formula.left}", formula.sign, formula.right)
            continue
        if held is not None:
            yield held
        held, last = formula, span
    if held is not None:
        yield held


def _formula(model: ir.Model, statement: ir.Statement) -> tuple[Formula, Span]:
    left = written(model.source, statement.span)
    match statement:
        case ir.Sample(dist=dist, support=support):
            left += f" : {support}" if statement.restricted else ""
            word = " noncentered" if statement.noncentered else ""
            return Formula(left, "~", written(model.source, dist.span) + word), dist.span
        case ir.Observed(dist=dist):
            return Formula(left, "~", written(model.source, dist.span)), dist.span
        case ir.Let(expr=expr):
            return Formula(left, "=", written(model.source, expr.span)), expr.span
        case ir.Parameter(support=support, init=init):
            start = f", starting at {written(model.source, init.span)}" if init is not None else ""
            return Formula(left, ":", f"{support}, learned{start}"), statement.span
