"""Edges as curves: straight where nothing is in the way, else upright through rows and bent between them.

A curve is a start and pieces of three points each, as a cubic Bezier path has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, sin

from bayesdsl.export.graph.place import Places, Rect
from bayesdsl.export.graph.shapes import meeting_point
from bayesdsl.export.graph.tree import Leaf, Route
from bayesdsl.export.graph.value import Graph, Kind

Point = tuple[float, float]

ARROW = 8.0
# Edges meet a node at most so far from upright and from each other, in radians, and keep so far from other nodes.
SLANT = 1.05
FAN = 0.17
CLEAR = 3.0
# How much of the slant at the upper and lower end is kept, in turn, where a node is in the way.
UPRIGHTER = ((1.0, 1.0), (0.6, 1.0), (1.0, 0.6), (0.3, 1.0), (1.0, 0.3), (0.3, 0.3))
# How far along a piece its inner points lie.
BEND = 0.45
SAMPLES = 24


@dataclass(frozen=True, slots=True)
class Curve:
    """`tip` is where the arrow's head ends; the curve ends at its foot."""

    source: str
    target: str
    start: Point
    pieces: tuple[tuple[Point, Point, Point], ...]
    tip: Point

    def points(self) -> Iterator[Point]:
        """Points on the curve, close together, and the arrow's tip."""
        at = self.start
        for a, b, c in self.pieces:
            for k in range(SAMPLES):
                t = k / SAMPLES
                u = 1 - t
                w, v = 3 * u * u * t, 3 * u * t * t
                yield (
                    u**3 * at[0] + w * a[0] + v * b[0] + t**3 * c[0],
                    u**3 * at[1] + w * a[1] + v * b[1] + t**3 * c[1],
                )
            at = c
        yield from (at, self.tip)


def curves(graph: Graph, routes: Sequence[Route], places: Places) -> list[Curve]:
    """The curve of each route."""
    kinds = {node.name: node.kind for node in graph.nodes}
    obstacles = {leaf.name: places.rect(leaf) for leaf in places.x if leaf.name is not None}
    headings = _headings(routes, places)
    found = []
    for i, route in enumerate(routes):
        others = [rect for name, rect in obstacles.items() if name not in (route.upper, route.lower)]
        for curve in _candidates(route, headings[i, True], headings[i, False], kinds, places):
            points = list(curve.points())
            if not any(_touches(points, rect) for rect in others):
                break
        found.append(curve)
    return found


def _candidates(route: Route, first: Point, last: Point, kinds: dict[str, Kind], places: Places) -> Iterator[Curve]:
    """Ways to draw a route: as directly as may be, then leaving its ends more and more upright."""
    stations = _stations(route, places)
    for upper, lower in UPRIGHTER:
        yield _through(route, stations, ((upper * first[0], first[1]), (lower * last[0], last[1])), kinds, places)
    yield _through(route, _upright(route, places), ((0.0, 1.0), (0.0, -1.0)), kinds, places)


def _stations(route: Route, places: Places) -> list[Point]:
    """Where the curve is upright between its ends: at its points, above and below their rows."""
    stations: list[Point] = []
    for point in route.leaves[1:-1]:
        row = places.rows[point.rank]
        stations += [(places.x[point], row.top), (places.x[point], row.bottom)]
    return stations


def _upright(route: Route, places: Places) -> list[Point]:
    """The same for a curve that is upright in the rows of its ends as well, which keeps it from the nodes there."""
    upper, lower = route.leaves[0], route.leaves[-1]
    first = (places.x[upper], places.rows[upper.rank].bottom)
    last = (places.x[lower], places.rows[lower.rank].top)
    return [first, *_stations(route, places), last]


def _headings(routes: Sequence[Route], places: Places) -> dict[tuple[int, bool], Point]:
    """The direction in which each route leaves its upper end, and the one from its lower end back up."""
    ends: dict[tuple[Leaf, bool], list[tuple[float, int]]] = {}
    for i, route in enumerate(routes):
        stations = _stations(route, places)
        upper, lower = route.leaves[0], route.leaves[-1]
        for leaf, down, goal in (
            (upper, True, stations[0] if stations else _middle(places, lower)),
            (lower, False, stations[-1] if stations else _middle(places, upper)),
        ):
            x, y = _middle(places, leaf)
            ends.setdefault((leaf, down), []).append((atan2(goal[0] - x, abs(goal[1] - y)), i))
    found = {}
    for (_, down), wanted in ends.items():
        wanted.sort()
        for angle, (_, i) in zip(_fanned([angle for angle, _ in wanted]), wanted, strict=True):
            found[i, down] = (sin(angle), cos(angle) if down else -cos(angle))
    return found


def _fanned(angles: Sequence[float]) -> list[float]:
    """Angles from upright, in rising order, moved apart and within what an edge may be slanted."""
    apart = min(FAN, 2 * SLANT / len(angles))
    near = [max(-SLANT, min(SLANT, angle)) for angle in angles]
    up, down = list(near), list(near)
    for k in range(1, len(near)):
        up[k] = max(up[k], up[k - 1] + apart)
        down[-k - 1] = min(down[-k - 1], down[-k] - apart)
    middle = [(a + b) / 2 for a, b in zip(up, down, strict=True)]
    beyond = max(middle[-1] - SLANT, 0.0) - max(-SLANT - middle[0], 0.0)
    return [angle - beyond for angle in middle]


def _through(
    route: Route, stations: Sequence[Point], ends: tuple[Point, Point], kinds: dict[str, Kind], places: Places
) -> Curve:
    """The curve by way of the stations; `ends` are the directions from the two nodes."""
    upper, lower = places.rect(route.leaves[0]), places.rect(route.leaves[-1])
    first, last = ends
    start = meeting_point(kinds[route.upper], upper, first, ARROW if route.turned else 0.0)
    end = meeting_point(kinds[route.lower], lower, last, 0.0 if route.turned else ARROW)
    headings = [first, *[(0.0, 1.0)] * len(stations), (-last[0], -last[1])]
    knots = [start, *stations, end]
    pieces = []
    for (p, q), (out, into) in zip(pairwise(knots), pairwise(headings), strict=True):
        reach = BEND * max(q[1] - p[1], 0.0)
        pieces.append((_along(p, out, reach), _along(q, into, -reach), q))
    if not route.turned:
        return Curve(route.upper, route.lower, start, tuple(pieces), meeting_point(kinds[route.lower], lower, last))
    starts = [start, *(piece[2] for piece in pieces)]
    back = tuple((b, a, at) for at, (a, b, _) in zip(starts[-2::-1], reversed(pieces), strict=True))
    return Curve(route.lower, route.upper, end, back, meeting_point(kinds[route.upper], upper, first))


def _middle(places: Places, leaf: Leaf) -> Point:
    return places.x[leaf], places.rows[leaf.rank].middle


def _along(point: Point, heading: Point, reach: float) -> Point:
    """The point that lies `reach` further down, or up, in a direction."""
    scale = reach / max(abs(heading[1]), 0.3)
    return point[0] + heading[0] * scale, point[1] + heading[1] * scale


def _touches(points: Sequence[Point], rect: Rect) -> bool:
    """Whether a curve, given by points on it, comes too close to a rectangle."""
    left, right, top, bottom = rect.left - CLEAR, rect.right + CLEAR, rect.top - CLEAR, rect.bottom + CLEAR
    return any(left < x < right and top < y < bottom for x, y in points)
