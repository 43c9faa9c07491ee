"""What a program of the comparison is told: where its data are, which seed, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Where curves are compared: on the points, where every mode of a network's posterior has to pass.
ON_THE_POINTS = (-0.15, -0.05, 0.05, 0.15, 0.65, 0.75, 0.85, 0.95)


@dataclass(frozen=True)
class Setting:
    """One run of one program. `folder` is empty, and the program's own."""

    specs: Path
    rugged: str
    folder: Path
    seed: int
    short: bool = False

    def steps(self, full: int, short: int) -> int:
        """A number of steps or draws: enough for an answer, or no more than a program needs to be run at all."""
        return short if self.short else full

    @staticmethod
    def at(grid: Any, predicted: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """The curves `mean`, (draw, grid point), at some of the points; a value of `y` there."""
        where = [int(np.abs(np.asarray(grid) - x).argmin()) for x in ON_THE_POINTS]
        return {name: np.asarray(predicted[name])[..., where] for name in ("mean", "y")}
