"""Which row each node stands in: below all that it depends on, and no further from it than it must be.

mu -> theta -> y, sigma -> y     ->     mu 0, theta 1, sigma 1, y 2
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Pair = tuple[str, str]


def acyclic(names: Sequence[str], edges: Iterable[Pair]) -> list[Pair]:
    """The edges with those turned around that lead back, so that none is on a cycle. No repeats, no loops.

    Only data can depend on each other in a circle.
    """
    targets: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        targets[source].append(target)
    done: set[str] = set()
    kept: dict[Pair, None] = {}
    for start in names:
        path, stack = set(), [(start, False)]
        while stack:
            name, left = stack.pop()
            if left:
                path.discard(name)
                done.add(name)
            elif name not in done and name not in path:
                path.add(name)
                stack.append((name, True))
                for target in targets[name]:
                    if target != name:
                        kept[(target, name) if target in path else (name, target)] = None
                stack += [(target, False) for target in reversed(targets[name]) if target not in path]
    return list(kept)


def ranks(names: Sequence[str], edges: Sequence[Pair]) -> dict[str, int]:
    """The row of each node, from 0 downwards. Every edge leads down by at least one row."""
    above: dict[str, list[str]] = {name: [] for name in names}
    below: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    found = _longest_paths(names, above, below)
    last = max(found.values(), default=0)
    # What has more to do with the rows below it than with those above goes down as far as it can.
    for _ in range(len(names)):
        before = dict(found)
        for name in names:
            if len(below[name]) > len(above[name]):
                found[name] = min((found[n] for n in below[name]), default=last + 1) - 1
        if found == before:
            break
    first = min(found.values(), default=0)
    return {name: found[name] - first for name in names}


def _longest_paths(names: Sequence[str], above: dict[str, list[str]], below: dict[str, list[str]]) -> dict[str, int]:
    waiting = {name: len(above[name]) for name in names}
    ready = [name for name in names if not waiting[name]]
    found = dict.fromkeys(names, 0)
    for name in ready:
        for target in below[name]:
            found[target] = max(found[target], found[name] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return found
