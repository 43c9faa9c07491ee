"""What stands left of what: an order in every box such that few edges cross each other, or borders of boxes.

Each item goes to the middle of its neighbours, rows downwards and upwards in turn; then single items are moved as long
as that helps. One sequence of all leaves gives the order in every row, which keeps what is in a box together.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator

from bayesdsl.export.graph.tree import Group, Item, Leaf, Tree

SWEEPS = 12
# Models of a page need some hundred trials; this bounds the time for larger ones.
TRIALS = 1500
Cost = tuple[int, float]


class Ordering:
    """The order of a tree while it is being improved, in place."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.segments = [pair for r in tree.routes for pair in zip(r.leaves, r.leaves[1:], strict=False)]
        self.groups = list(tree.root.groups())
        self.neighbours: dict[Leaf, list[Leaf]] = {leaf: [] for leaf in tree.root.leaves()}
        for upper, lower in self.segments:
            self.neighbours[upper].append(lower)
            self.neighbours[lower].append(upper)

    def cost(self) -> Cost:
        """Crossings, then how far the ends of edges are apart."""
        at, place = self._positions()
        rows: list[list[tuple[float, float]]] = [[] for _ in range(self.tree.rows())]
        for upper, lower in self.segments:
            rows[upper.rank].append((at[upper], at[lower]))
        for group in self.groups[1:]:
            # A box reaches into the space above it and below: an edge that passes there runs through it.
            left, right = at[group]
            for row in range(max(group.first - 1, 0), min(group.last + 1, len(rows) - 1)):
                rows[row] += [(left, left), (right, right)]
        length = sum(abs(place[upper] - place[lower]) for upper, lower in self.segments)
        return sum(map(_crossings, rows)), length

    def _positions(self) -> tuple[dict, dict[Leaf, float]]:
        """Places of leaves and of borders in the sequence, and of leaves in their rows, counted from the middle."""
        at: dict = {}
        rows: list[list[Leaf]] = [[] for _ in range(self.tree.rows())]
        count = 0

        def visit(group: Group) -> None:
            nonlocal count
            left = count = count + 1
            for item in group.items:
                if isinstance(item, Leaf):
                    at[item] = count = count + 1
                    rows[item.rank].append(item)
                else:
                    visit(item)
            count += 1
            at[group] = (left, count)

        visit(self.tree.root)
        place = {leaf: i - (len(row) - 1) / 2 for row in rows for i, leaf in enumerate(row)}
        return at, place

    # Sweeps

    def sweep(self, upwards: bool) -> None:
        """Put every item to the mean place of the neighbours above it, or below."""
        _, place = self._positions()
        for group in self.groups:
            middles = {item: self._middle(item, place, upwards) for item in group.items}
            group.items.sort(key=middles.__getitem__)
        self.tie()

    def tie(self) -> None:
        """Keep together what overlaps."""
        for shared in self.tree.shared:
            shared.tie()

    def _middle(self, item: Item, place: dict[Leaf, float], upwards: bool) -> float:
        own = dict.fromkeys(item.leaves())
        wanted = [
            place[other]
            for leaf in own
            for other in self.neighbours[leaf]
            if other not in own and (other.rank > leaf.rank) == upwards
        ]
        wanted = wanted or [place[leaf] for leaf in own]
        return sum(wanted) / len(wanted)

    # Single moves

    def moves(self) -> Iterator[tuple[Group, int, int]]:
        """Every item of every group to every other place in it, the near ones first."""
        for group in self.groups:
            size = len(group.items)
            for distance in range(1, size):
                for i in range(size - distance):
                    yield group, i, i + distance
                    yield group, i + distance, i


def order(tree: Tree) -> None:
    """Set the order of the items in every group of a tree."""
    ordering = Ordering(tree)
    ordering.tie()
    best, kept = ordering.cost(), _snapshot(ordering)
    for turn in range(SWEEPS):
        ordering.sweep(upwards=turn % 2 == 0)
        cost = ordering.cost()
        if cost < best:
            best, kept = cost, _snapshot(ordering)
    _restore(ordering, kept)
    _refine(ordering, best)


def _refine(ordering: Ordering, best: Cost) -> None:
    trials, improved, kept = 0, True, _snapshot(ordering)
    while improved and trials < TRIALS:
        improved = False
        for group, start, end in ordering.moves():
            group.items.insert(end, group.items.pop(start))
            ordering.tie()
            cost = ordering.cost()
            trials += 1
            if cost < best:
                best, improved, kept = cost, True, _snapshot(ordering)
            else:
                _restore(ordering, kept)
            if trials >= TRIALS:
                return


def _snapshot(ordering: Ordering) -> list[list[Item]]:
    return [list(group.items) for group in ordering.groups]


def _restore(ordering: Ordering, kept: list[list[Item]]) -> None:
    for group, items in zip(ordering.groups, kept, strict=True):
        group.items[:] = items


def _crossings(segments: list[tuple[float, float]]) -> int:
    """How many of the lines between two rows cross. Lines that share an end do not."""
    count, seen = 0, []
    for _, ends in _grouped(sorted(segments)):
        count += sum(len(seen) - bisect_right(seen, end) for end in ends)
        for end in ends:
            insort(seen, end)
    return count


def _grouped(segments: list[tuple[float, float]]) -> Iterator[tuple[float, list[float]]]:
    start = 0
    for i in range(1, len(segments) + 1):
        if i == len(segments) or segments[i][0] != segments[start][0]:
            yield segments[start][0], [end for _, end in segments[start:i]]
            start = i
