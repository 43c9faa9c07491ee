"""A graph laid out: rectangles, curves and labels, in the unit of a pixel, from the upper left corner.

The layout is by rows, after Sugiyama: every edge leads down, few edges cross, and plates stay boxes: nothing stands in
one that does not belong there. Ranks, order, places and routes are a module each.
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.export.graph.metrics import text_width
from bayesdsl.export.graph.order import order
from bayesdsl.export.graph.place import LABEL_SIZE, Rect, place
from bayesdsl.export.graph.ranks import acyclic, ranks
from bayesdsl.export.graph.route import Curve, curves
from bayesdsl.export.graph.shapes import size
from bayesdsl.export.graph.tree import make_tree
from bayesdsl.export.graph.value import Box, Graph, Node

MARGIN = 12.0
LABEL_SIDE, LABEL_BOTTOM = 9.0, 8.0
LABEL_PLACES = 9


@dataclass(frozen=True, slots=True)
class Placed:
    """A node and the rectangle around its shape."""

    node: Node
    rect: Rect


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box with the names of the nodes in it, its rectangle, and the rectangle of its label.

    It stands for two boxes of the graph where the plate overlaps another one.
    """

    box: Box
    members: tuple[str, ...]
    rect: Rect
    label: Rect


@dataclass(frozen=True, slots=True)
class Picture:
    width: float
    height: float
    nodes: tuple[Placed, ...]
    boxes: tuple[Drawn, ...]
    curves: tuple[Curve, ...]


def layout(graph: Graph) -> Picture:
    """Lay a graph out. The same graph gives the same picture."""
    names = [node.name for node in graph.nodes]
    edges = acyclic(names, [(edge.source, edge.target) for edge in graph.edges])
    tree = make_tree(graph, ranks(names, edges), {node.name: size(node) for node in graph.nodes})
    order(tree)
    places = place(tree)
    rects = {node.name: places.rect(tree.leaf[node.name]) for node in graph.nodes}
    drawn = curves(graph, tree.routes, places)
    boxes = [(group.box, rect) for group, rect in places.boxes if group.box is not None]
    ends = [*rects.values(), *(rect for _, rect in boxes)]
    points = [point for curve in drawn for point in curve.points()]
    left = min([r.left for r in ends] + [x for x, _ in points], default=0.0) - MARGIN
    top = min((r.top for r in ends), default=0.0) - MARGIN
    right = max([r.right for r in ends] + [x for x, _ in points], default=0.0) + MARGIN
    bottom = max((r.bottom for r in ends), default=0.0) + MARGIN
    labels = [_label(box, rect, drawn, [r for _, r in boxes if not r.holds(rect)]) for box, rect in boxes]
    parts = {shared.rest.box: shared.part.box.members() for shared in tree.shared}
    members = [(*box.members(), *parts.get(box, ())) for box, _ in boxes]
    return Picture(
        right - left,
        bottom - top,
        tuple(Placed(node, _moved(rects[node.name], left, top)) for node in graph.nodes),
        tuple(
            Drawn(box, names, _moved(rect, left, top), _moved(label, left, top))
            for (box, rect), names, label in zip(boxes, members, labels, strict=True)
        ),
        tuple(_curve_moved(curve, left, top) for curve in drawn),
    )


def _label(box: Box, rect: Rect, drawn: list[Curve], others: list[Rect]) -> Rect:
    """Where a box's label stands: at the bottom, to the right if no edge runs there and no box overlaps it there."""
    width = text_width(box.label, LABEL_SIZE)
    bottom = rect.bottom - LABEL_BOTTOM
    right, left = rect.right - LABEL_SIDE - width, rect.left + LABEL_SIDE
    along = (right + (left - right) * k / (LABEL_PLACES - 1) for k in range(LABEL_PLACES))
    at = [Rect(x, bottom - LABEL_SIZE, x + width, bottom + 2) for x in along]
    return min(at, key=lambda p: sum(_runs_through(c, p) for c in drawn) + sum(o.overlaps(p) for o in others))


def _runs_through(curve: Curve, rect: Rect) -> bool:
    return any(rect.left - 3 < x < rect.right + 3 and rect.top - 1 < y < rect.bottom + 1 for x, y in curve.points())


def _moved(rect: Rect, left: float, top: float) -> Rect:
    return Rect(rect.left - left, rect.top - top, rect.right - left, rect.bottom - top)


def _curve_moved(curve: Curve, left: float, top: float) -> Curve:
    def moved(point: tuple[float, float]) -> tuple[float, float]:
        return point[0] - left, point[1] - top

    pieces = tuple((moved(a), moved(b), moved(c)) for a, b, c in curve.pieces)
    return Curve(curve.source, curve.target, moved(curve.start), pieces, moved(curve.tip))
