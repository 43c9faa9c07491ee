"""Where everything stands: rows from top to bottom, and in each row what the order says, close to its neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from bayesdsl.export.graph.metrics import text_width
from bayesdsl.export.graph.solve import Gap, Spring, solve
from bayesdsl.export.graph.tree import Group, Item, Leaf, Shared, Tree

LABEL_SIZE = 12.0

# Around what stands in a box; below it there is the box's label.
SIDE, TOP, BOTTOM = 14.0, 12.0, 24.0
BETWEEN_NODES, BETWEEN_BOXES, BESIDE_POINT = 26.0, 20.0, 10.0
BETWEEN_ROWS, LEAST_BETWEEN_ROWS, MOST_BETWEEN_ROWS = 30.0, 50.0, 100.0
# The least height of an edge, in parts of how far it goes to the side.
FLAT = 0.3
# What pulls: an edge's pieces to be upright, more so in one box and most between points; the sides of a box together.
EDGE, INNER_EDGE, LONG_EDGE, BOX = 1.0, 8.0, 8.0, 0.05


@dataclass(frozen=True, slots=True)
class Rect:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def overlaps(self, other: Rect, apart: float = 0.0) -> bool:
        """Whether they share an area, or come closer than `apart`."""
        return (
            self.left < other.right + apart
            and other.left < self.right + apart
            and self.top < other.bottom + apart
            and other.top < self.bottom + apart
        )

    def holds(self, other: Rect) -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A row of nodes: what is tallest in it reaches from top to bottom."""

    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Places:
    """Middles of leaves, rectangles of boxes, and the rows."""

    x: dict[Leaf, float]
    rows: list[Row]
    boxes: list[tuple[Group, Rect]]

    def rect(self, leaf: Leaf) -> Rect:
        x, y = self.x[leaf], self.rows[leaf.rank].middle
        return Rect(x - leaf.width / 2, y - leaf.height / 2, x + leaf.width / 2, y + leaf.height / 2)


def place(tree: Tree) -> Places:
    """The places for a tree whose order is set."""
    x, sides = _columns(tree)
    rows = _rows(tree, x)
    boxes, parts = [], {shared.part for shared in tree.shared}
    for group, (left, right) in sides.items():
        if group in parts:
            continue
        top, bottom = rows[group.first].top - _above(group), rows[group.last].bottom + _below(group)
        boxes.append((group, Rect(left, top, right, bottom)))
    return Places(x, rows, boxes)


# Rows


def _rows(tree: Tree, x: dict[Leaf, float]) -> list[Row]:
    heights = [0.0] * tree.rows()
    for leaf in tree.root.leaves():
        heights[leaf.rank] = max(heights[leaf.rank], leaf.height)
    above, below = [0.0] * tree.rows(), [0.0] * tree.rows()
    for group in list(tree.root.groups())[1:]:
        above[group.first] = max(above[group.first], _above(group))
        below[group.last] = max(below[group.last], _below(group))
    # Where edges go far to the side there is more room, so that they are not too flat.
    flat = [0.0] * tree.rows()
    for route in tree.routes:
        for upper, lower in pairwise(route.leaves):
            flat[lower.rank] = max(flat[lower.rank], abs(x[upper] - x[lower]))
    rows: list[Row] = []
    at = above[0]
    for r, height in enumerate(heights):
        if r:
            apart = min(MOST_BETWEEN_ROWS, FLAT * flat[r])
            at += max(LEAST_BETWEEN_ROWS, BETWEEN_ROWS + below[r - 1] + above[r], apart)
        rows.append(Row(at, at + height))
        at += height
    return rows


def _above(group: Group) -> float:
    """How far a box reaches above its first row."""
    inner = (_above(i) for i in group.contents() if isinstance(i, Group) and i.first == group.first)
    return TOP + max(inner, default=0.0)


def _below(group: Group) -> float:
    inner = (_below(i) for i in group.contents() if isinstance(i, Group) and i.last == group.last)
    return BOTTOM + max(inner, default=0.0)


# Columns


class _Columns:
    """The unknowns: a middle for each leaf, two sides for each box. `part` and `rest` of an overlap have the same."""

    def __init__(self, tree: Tree) -> None:
        self.middle = {leaf: i for i, leaf in enumerate(tree.root.leaves())}
        boxes = list(tree.root.groups())[1:]
        self.side = {group: len(self.middle) + 2 * i for i, group in enumerate(boxes)}
        self.count = len(self.middle) + 2 * len(boxes)
        self.outer = {shared.part: shared for shared in tree.shared}
        self.pairs = {frozenset((shared.outer, shared.rest)) for shared in tree.shared}
        self.down = {upper for r in tree.routes for upper, _ in pairwise(r.leaves)}
        for shared in tree.shared:
            self.side[shared.part] = self.side[shared.rest]

    def end(self, item: Item, right: bool) -> tuple[int, float]:
        """The unknown that a side of an item hangs on, and how far beyond it the side is."""
        if isinstance(item, Leaf):
            return self.middle[item], item.width / 2
        return self.side[item] + right, 0.0

    def gap(self, left: Item, right: Item, apart: float) -> Gap:
        """An item's right side keeps from the left side of another."""
        (i, beyond), (j, before) = self.end(left, True), self.end(right, False)
        return i, j, beyond + before + apart

    def inside(self, group: Group, item: Item, right: bool) -> Gap:
        """An item keeps from a side of a box that it is in."""
        i, beyond = self.end(item, right)
        side = self.side[group] + right
        return (i, side, beyond + SIDE) if right else (side, i, beyond + SIDE)


def _columns(tree: Tree) -> tuple[dict[Leaf, float], dict[Group, tuple[float, float]]]:
    columns = _Columns(tree)
    gaps = [gap for group in tree.root.groups() for gap in _gaps(group, columns)]
    gaps += [gap for shared in tree.shared for gap in _shared_gaps(shared, columns)]
    springs = list(_springs(tree, columns))
    x = solve(_start(tree, columns), springs, list(dict.fromkeys(gaps)))
    sides = {group: (x[at], x[at + 1]) for group, at in columns.side.items()}
    return {leaf: x[at] for leaf, at in columns.middle.items()}, sides


def _gaps(group: Group, columns: _Columns) -> Iterator[Gap]:
    """Neighbours in each row keep apart, and what is in a box keeps from its sides."""
    for row in range(group.first, group.last + 1):
        for left, right in pairwise(item for item in group.items if item.first <= row <= item.last):
            if frozenset((left, right)) not in columns.pairs:
                yield columns.gap(left, right, _between(left, right))
    if group.box is None:
        return
    side, label = columns.side[group], text_width(group.box.label, LABEL_SIZE)
    yield side, side + 1, label + 2 * SIDE
    for item in group.items:
        if item not in columns.outer:
            yield columns.inside(group, item, False)
            yield columns.inside(group, item, True)
    lowest = [leaf for leaf in group.leaves() if leaf.rank == group.last]
    if lowest and lowest[-1] in columns.down:
        # An edge that leaves the box downwards passes the label on its left.
        yield columns.middle[lowest[-1]], side + 1, label + SIDE + BESIDE_POINT


def _shared_gaps(shared: Shared, columns: _Columns) -> Iterator[Gap]:
    """Each of two boxes that overlap sticks out on its side, and holds nothing of the other one but the part."""
    outer, right = shared.outer, shared.to_the_right()
    left_box, right_box = (outer, shared.rest) if right else (shared.rest, outer)
    for side in (0, 1):
        yield columns.side[left_box] + side, columns.side[right_box] + side, SIDE
    for item in shared.part.items:
        yield columns.inside(outer, item, right)
    for item in shared.rest.items:
        if item.first <= outer.last and outer.first <= item.last:
            yield columns.gap(outer, item, BETWEEN_BOXES) if right else columns.gap(item, outer, BETWEEN_BOXES)


def _between(left: Item, right: Item) -> float:
    pair = (left, right)
    if any(isinstance(item, Leaf) and item.name is None for item in pair):
        return BESIDE_POINT
    return BETWEEN_BOXES if any(isinstance(item, Group) for item in pair) else BETWEEN_NODES


def _springs(tree: Tree, columns: _Columns) -> Iterator[Spring]:
    around = {item: group for group in tree.root.groups() for item in group.items}
    for route in tree.routes:
        for upper, lower in pairwise(route.leaves):
            together = around[upper] is around[lower] is not tree.root
            weight = INNER_EDGE if together else EDGE
            weight = LONG_EDGE if upper.name is None or lower.name is None else weight
            yield columns.middle[upper], columns.middle[lower], 0.0, weight
    for side in dict.fromkeys(columns.side.values()):
        yield side, side + 1, 0.0, BOX


def _start(tree: Tree, columns: _Columns) -> list[float]:
    """Rows filled from their middles, boxes around what is in them."""
    x = [0.0] * columns.count
    rows: list[list[Leaf]] = [[] for _ in range(tree.rows())]
    for leaf in tree.root.leaves():
        rows[leaf.rank].append(leaf)
    for row in rows:
        at = -sum(leaf.width + BETWEEN_NODES for leaf in row) / 2
        for leaf in row:
            x[columns.middle[leaf]] = at + leaf.width / 2
            at += leaf.width + BETWEEN_NODES
    for group, side in columns.side.items():
        middles = [x[columns.middle[leaf]] for leaf in group.leaves()]
        x[side], x[side + 1] = min(middles), max(middles)
    return x
