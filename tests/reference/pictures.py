"""What must hold of every picture, whatever the model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import dist

from bayesdsl.export.graph.layout import Picture
from bayesdsl.export.graph.value import Graph

# Solving moves by rounding alone; pixels have a decimal in the file.
ROUNDING = 1e-6


def faults(graph: Graph, picture: Picture) -> list[str]:
    """What is wrong with a picture of a graph, in words; empty for a sound one."""
    return [*_nodes(picture), *_boxes(graph, picture), *_edges(graph, picture), *_frame(picture)]


def _nodes(picture: Picture) -> Iterator[str]:
    for one, other in combinations(picture.nodes, 2):
        if one.rect.overlaps(other.rect, -ROUNDING):
            yield f"{one.node.name} overlaps {other.node.name}"


def _boxes(graph: Graph, picture: Picture) -> Iterator[str]:
    drawn = {}
    for box in picture.boxes:
        for placed in picture.nodes:
            inside = placed.node.name in box.members
            if inside:
                drawn.setdefault(placed.node.name, []).append(box.box.plate)
            if inside and not box.rect.holds(placed.rect):
                yield f"{placed.node.name} is not in the box {box.box.plate}"
            if not inside and box.rect.overlaps(placed.rect, -ROUNDING):
                yield f"{placed.node.name} touches the box {box.box.plate}"
        if not box.rect.holds(box.label):
            yield f"the label of {box.box.plate} sticks out"
        for placed in picture.nodes:
            if box.label.overlaps(placed.rect, -ROUNDING):
                yield f"the label of {box.box.plate} touches {placed.node.name}"
    for node in graph.nodes:
        if sorted(drawn.get(node.name, [])) != sorted(node.plates):
            yield f"{node.name} is drawn in {drawn.get(node.name)}, not in {node.plates}"
    for one, other in combinations(picture.boxes, 2):
        apart = set(one.members).isdisjoint(other.members)
        if apart and one.rect.overlaps(other.rect, -ROUNDING):
            yield f"the boxes {one.box.plate} and {other.box.plate} overlap and share nothing"


def _edges(graph: Graph, picture: Picture) -> Iterator[str]:
    if {(c.source, c.target) for c in picture.curves} != {(e.source, e.target) for e in graph.edges}:
        yield "the curves are not the edges"
    rects = {placed.node.name: placed.rect for placed in picture.nodes}
    for curve in picture.curves:
        points = list(curve.points())
        for name, rect in rects.items():
            if name in (curve.source, curve.target):
                continue
            if any(rect.left < x < rect.right and rect.top < y < rect.bottom for x, y in points):
                yield f"{curve.source} -> {curve.target} runs through {name}"
        for name, point in ((curve.source, points[0]), (curve.target, points[-1])):
            rect = rects[name]
            nearest = (min(max(point[0], rect.left), rect.right), min(max(point[1], rect.top), rect.bottom))
            if dist(point, nearest) > 1:
                yield f"{curve.source} -> {curve.target} does not meet {name}"


def _frame(picture: Picture) -> Iterator[str]:
    frame = picture.frame
    for rect in (*(n.rect for n in picture.nodes), *(b.rect for b in picture.boxes)):
        if not frame.holds(rect):
            yield f"{rect} is outside"
    for curve in picture.curves:
        if not all(frame.left < x < frame.right and frame.top < y < frame.bottom for x, y in curve.points()):
            yield f"{curve.source} -> {curve.target} leaves the picture"
