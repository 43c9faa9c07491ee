"""What the layout works on: the boxes as a tree whose leaves are nodes, and points that long edges pass through.

An edge over several rows passes a point in each row between. The point stands in the boxes of the edge's target where
their rows reach that far up, else in those of its source, so that an edge crosses as few borders as it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bayesdsl.export.graph.value import Box, Graph


@dataclass(slots=True, eq=False)
class Leaf:
    """A node, or a point of a long edge (`name` is None), with its size."""

    name: str | None
    rank: int
    width: float
    height: float

    @property
    def first(self) -> int:
        return self.rank

    @property
    def last(self) -> int:
        return self.rank

    def leaves(self) -> Iterator[Leaf]:
        yield self


@dataclass(slots=True, eq=False)
class Group:
    """A box with what is in it, from left to right; `box` is None for the whole. It reaches over rows first to last.

    `twin` is another box that is drawn as one with it.
    """

    box: Box | None
    items: list[Item]
    first: int = 0
    last: int = 0
    twin: Group | None = None

    def contents(self) -> list[Item]:
        """What the box that is drawn for it holds."""
        return self.items + (self.twin.items if self.twin is not None else [])

    def leaves(self) -> Iterator[Leaf]:
        for item in self.items:
            yield from item.leaves()

    def groups(self) -> Iterator[Group]:
        """Itself and the boxes in it, outermost first."""
        yield self
        for item in self.items:
            if isinstance(item, Group):
                yield from item.groups()


Item = Leaf | Group


@dataclass(slots=True)
class Route:
    """An edge: the leaves it passes, from its upper end to its lower one. `turned`: its arrow is at the upper end."""

    upper: str
    lower: str
    leaves: list[Leaf]
    turned: bool = False


@dataclass(slots=True, eq=False)
class Shared:
    """A plate with members in another one and outside of it: two boxes that overlap, instead of three.

    `part` stands in `outer` and `rest` beside it, both in `parent`; one box is drawn around `part` and `rest`. For that
    `part` stands on that side of `outer` on which `rest` follows.
    """

    parent: Group
    outer: Group
    part: Group
    rest: Group

    def to_the_right(self) -> bool:
        return self.parent.items.index(self.rest) > self.parent.items.index(self.outer)

    def tie(self) -> None:
        """Put `rest` next to `outer`, and `part` to that side of it."""
        right = self.to_the_right()
        self.parent.items.remove(self.rest)
        self.parent.items.insert(self.parent.items.index(self.outer) + right, self.rest)
        self.outer.items.remove(self.part)
        self.outer.items.insert(len(self.outer.items) if right else 0, self.part)


@dataclass(slots=True)
class Tree:
    root: Group
    leaf: dict[str, Leaf]
    routes: list[Route] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)

    def rows(self) -> int:
        return self.root.last + 1


def make_tree(graph: Graph, rank: dict[str, int], sizes: dict[str, tuple[float, float]]) -> Tree:
    """The tree of a graph with the row of each node. `sizes` are widths and heights of nodes."""
    leaf = {node.name: Leaf(node.name, rank[node.name], *sizes[node.name]) for node in graph.nodes}
    root = _group(None, graph.outside, graph.boxes, leaf)
    tree = Tree(root, leaf)
    taken: set[Group] = set()
    for group in root.groups():
        tree.shared += _overlaps(group, taken)
    around = {item: path for item, path in _paths(root, ()) if isinstance(item, Leaf)}
    for edge in graph.edges:
        turned = rank[edge.source] > rank[edge.target]
        upper, lower = (edge.target, edge.source) if turned else (edge.source, edge.target)
        passed = _points(leaf[upper], leaf[lower], around[leaf[upper]], around[leaf[lower]])
        tree.routes.append(Route(upper, lower, [leaf[upper], *passed, leaf[lower]], turned))
    return tree


def _group(box: Box | None, names: Sequence[str], boxes: Sequence[Box], leaf: dict[str, Leaf]) -> Group:
    items: list[Item] = [leaf[name] for name in names]
    items += [_group(inner, inner.nodes, inner.boxes, leaf) for inner in boxes]
    # What stands higher in the picture is met first, with what was written first before what was written later.
    items.sort(key=lambda item: item.first)
    return Group(box, items, min((i.first for i in items), default=0), max((i.last for i in items), default=0))


def _paths(item: Item, path: tuple[Group, ...]) -> Iterator[tuple[Item, tuple[Group, ...]]]:
    """Everything in the tree with the groups around it, outermost first."""
    yield item, path
    if isinstance(item, Group):
        for inner in item.items:
            yield from _paths(inner, (*path, item))


def _overlaps(parent: Group, taken: set[Group]) -> Iterator[Shared]:
    """Boxes in a group that are drawn as overlapping, none twice; `part` and `rest` get the same rows."""
    boxes = [item for item in parent.items if isinstance(item, Group)]
    for outer in boxes:
        for part in (item for item in outer.items if isinstance(item, Group)):
            rest = next((b for b in boxes if b is not outer and b.box.plate == part.box.plate), None)
            if rest is None or not taken.isdisjoint((outer, part, rest)):
                continue
            taken |= {outer, part, rest}
            rest.first, rest.last = min(rest.first, part.first), max(rest.last, part.last)
            part.first, part.last = max(rest.first, outer.first), min(rest.last, outer.last)
            part.twin, rest.twin = rest, part
            yield Shared(parent, outer, part, rest)


def _points(upper: Leaf, lower: Leaf, above: tuple[Group, ...], below: tuple[Group, ...]) -> list[Leaf]:
    """The points between two ends, put into the groups that they pass."""
    points = []
    for row in range(upper.rank + 1, lower.rank):
        common = [a for a, b in zip(above, below, strict=False) if a is b]
        entered = [g for g in below[len(common) :] if g.first <= row]
        staying = [g for g in above[len(common) :] if g.last >= row]
        inside = (entered or staying or common)[-1] if entered or staying else common[-1]
        point = Leaf(None, row, LANE, 0)
        inside.items.append(point)
        points.append(point)
    return points


# The room that an edge takes beside nodes.
LANE = 12.0
