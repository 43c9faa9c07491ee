"""Numbers that are as close together as some pairs ask for, while other pairs keep their distance.

Minimises the sum of weight * (x[j] - x[i] - length)^2 over springs, subject to x[j] - x[i] >= distance for the gaps:
a quadratic program, solved by the proximal point method with coordinate ascent on the dual, an update of two numbers at
a time. Pictures have some hundred pairs, for which this takes a fraction of a second without a numerical library.
"""

from __future__ import annotations

from collections.abc import Sequence

Spring = tuple[int, int, float, float]  # i, j, length, weight
Gap = tuple[int, int, float]  # i, j, distance

OUTER = 80
INNER = 5
# What holds a number where it was in the outer step before.
MASS = 1.0


def solve(start: Sequence[float], springs: Sequence[Spring], gaps: Sequence[Gap]) -> list[float]:
    """The numbers, from a first guess. Gaps hold to rounding: they must not lead around in a circle."""
    x = list(start)
    share = 1 / MASS
    pull = [0.0] * len(springs)
    push = [0.0] * len(gaps)
    for _ in range(OUTER):
        # The forces found so far are a good guess of those of this step: begin where they would move everything.
        for pairs, forces in ((springs, pull), (gaps, push)):
            for (i, j, *_), force in zip(pairs, forces, strict=True):
                x[i] -= force * share
                x[j] += force * share
        for _ in range(INNER):
            for k, (i, j, length, weight) in enumerate(springs):
                step = (length - x[j] + x[i] - pull[k] / weight) / (2 * share + 1 / weight)
                pull[k] += step
                x[i] -= step * share
                x[j] += step * share
            for k, (i, j, distance) in enumerate(gaps):
                step = max((distance - x[j] + x[i]) / (2 * share), -push[k])
                push[k] += step
                x[i] -= step * share
                x[j] += step * share
    return _kept(x, gaps)


def _kept(x: list[float], gaps: Sequence[Gap]) -> list[float]:
    """The numbers moved up as little as makes every gap hold, which is by what the iteration left over."""
    after: dict[int, list[tuple[int, float]]] = {}
    waiting = [0] * len(x)
    for i, j, distance in gaps:
        after.setdefault(i, []).append((j, distance))
        waiting[j] += 1
    ready = [i for i, count in enumerate(waiting) if not count]
    for i in ready:
        for j, distance in after.get(i, ()):
            x[j] = max(x[j], x[i] + distance)
            waiting[j] -= 1
            if not waiting[j]:
                ready.append(j)
    if len(ready) < len(x):
        raise AssertionError("gaps lead around in a circle")
    return x
