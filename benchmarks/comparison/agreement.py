"""Whether two programs agree, by the Monte Carlo error of both.

Each runs with several seeds. How far the means of one program move from seed to seed is what chance does to them: the
draws, the optimiser's noise, where it started. The error of a difference follows from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# A part has up to some hundreds of quantities, and the largest of so many standard normal differences is about three
# and a half. Errors that are estimated from few seeds, and the tail, take the rest.
ERRORS = 5.0
# Optimisers that have arrived are this near to the optimum, in units of the quantity.
ARRIVED = 0.01
# Points that a noisy loss leaves move from seed to seed; more than this share of their value is no agreement.
NOISE = 0.05

Answer = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Agreement:
    """The quantity that differs most for what may be expected of it: by how much, and how much may be.

    Both in posterior standard deviations, for points in the quantity's own units.
    """

    quantity: str
    difference: float
    tolerance: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.difference <= self.tolerance


def agreement(ours: Sequence[Answer], theirs: Sequence[Answer]) -> Agreement:
    """Compare answers, one for each seed. Arrays have shape (draw, *quantity), one draw for points.

    Raises KeyError where ours lacks a quantity of theirs, ValueError where shapes differ.
    """
    names = [name for name in theirs[0] if not name.startswith("_")]
    found = []
    points = {name for name in names if len(theirs[0][name]) == 1}
    for some, unit in ((points, ""), (set(names) - points, "sd")):
        chosen = [name for name in names if name in some]
        if chosen:
            found.append(_compare(chosen, ours, theirs, unit))
    return max(found, key=lambda one: one.difference / one.tolerance)


def _compare(names: list[str], ours: Sequence[Answer], theirs: Sequence[Answer], unit: str) -> Agreement:
    ours_means, ours_sds = _moments(names, ours)
    their_means, their_sds = _moments(names, theirs)
    if ours_means.shape != their_means.shape:
        raise ValueError(f"{names}: {ours_means.shape[1]} quantities against {their_means.shape[1]}")
    seeds = len(ours)
    scale = np.sqrt((ours_sds**2 + their_sds**2).mean(0) / 2) if unit else np.ones(ours_means.shape[1])
    moved = (ours_means.var(0, ddof=1) + their_means.var(0, ddof=1)) / 2 / scale**2
    error = np.sqrt(2 / seeds * np.maximum(moved, moved.mean()))
    tolerance = ERRORS * error
    if not unit:
        tolerance = ARRIVED + np.minimum(tolerance, NOISE * np.abs(their_means.mean(0)))
    difference = np.abs(ours_means.mean(0) - their_means.mean(0)) / scale
    worst = int((difference / tolerance).argmax())
    return Agreement(_labels(names, theirs[0])[worst], float(difference[worst]), float(tolerance[worst]), unit)


def _moments(names: list[str], answers: Sequence[Answer]) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations over the draws, (seed, quantity)."""
    flat = [np.concatenate([answer[n].reshape(len(answer[n]), -1) for n in names], axis=1) for answer in answers]
    return np.stack([f.mean(0) for f in flat]), np.stack([f.std(0) for f in flat])


def _labels(names: list[str], answer: Answer) -> list[str]:
    labels = []
    for name in names:
        size = answer[name][0].size
        labels += [name] if size == 1 else [f"{name}[{i}]" for i in range(1, size + 1)]
    return labels
