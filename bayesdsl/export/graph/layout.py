"""A graph laid out: rectangles, curves and labels, in pixels, x to the right and y downwards.

The layout is by rows, after Sugiyama: every edge leads down, few edges cross, and plates stay boxes: nothing stands in
one that does not belong there. Ranks, order, places and routes are a module each.
"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.export.graph.metrics import text_width
from bayesdsl.export.graph.order import order
from bayesdsl.export.graph.place import LABEL_SIZE, Rect, place
from bayesdsl.export.graph.ranks import acyclic, ranks
from bayesdsl.export.graph.route import Curve, Point, curves
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
    """Everything, within `frame`."""

    frame: Rect
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
    points = [point for curve in drawn for point in curve.points()]
    labels = [_label(box, rect, points, [r for _, r in boxes if not r.holds(rect)]) for box, rect in boxes]
    members = [
        tuple(leaf.name for item in group.contents() for leaf in item.leaves() if leaf.name is not None)
        for group, _ in places.boxes
    ]
    return Picture(
        _frame([*rects.values(), *(rect for _, rect in boxes)], points),
        tuple(Placed(node, rects[node.name]) for node in graph.nodes),
        tuple(Drawn(box, names, rect, label) for (box, rect), names, label in zip(boxes, members, labels, strict=True)),
        tuple(drawn),
    )


def _frame(rects: list[Rect], points: list[Point]) -> Rect:
    """The rectangle around everything, with a margin."""
    xs = [x for r in rects for x in (r.left, r.right)] + [x for x, _ in points]
    ys = [y for r in rects for y in (r.top, r.bottom)] + [y for _, y in points]
    if not xs:
        return Rect(0.0, 0.0, 2 * MARGIN, 2 * MARGIN)
    return Rect(min(xs) - MARGIN, min(ys) - MARGIN, max(xs) + MARGIN, max(ys) + MARGIN)


def _label(box: Box, rect: Rect, points: list[Point], others: list[Rect]) -> Rect:
    """Where a box's label stands: at the bottom, to the right if no edge runs there and no box overlaps it there.

    `points` are those of all edges.
    """
    width = text_width(box.label, LABEL_SIZE)
    bottom = rect.bottom - LABEL_BOTTOM
    right, left = rect.right - LABEL_SIDE - width, rect.left + LABEL_SIDE
    along = (right + (left - right) * k / (LABEL_PLACES - 1) for k in range(LABEL_PLACES))
    at = [Rect(x, bottom - LABEL_SIZE, x + width, bottom + 2) for x in along]
    return min(at, key=lambda p: (sum(o.overlaps(p) for o in others) + _crowd(points, p) > 0, _crowd(points, p)))


def _crowd(points: list[Point], rect: Rect) -> int:
    """How many points lie in a rectangle or close to it."""
    left, right, top, bottom = rect.left - 3, rect.right + 3, rect.top - 1, rect.bottom + 1
    return sum(left < x < right and top < y < bottom for x, y in points)
