"""How far the last part of a fit still moved the guide."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pyro
import torch

# The windows between which a guide's move is measured, as a share of the steps, and the spread under which a guide is a
# point.
WINDOW = 0.2
_NO_SPREAD = 1e-12

# The mean and the standard deviation of draws of each latent.
Centres = dict[str, tuple[torch.Tensor, torch.Tensor]]


@dataclass
class Window:
    """The mean of the guide's unconstrained parameters over some steps."""

    steps: int = 0
    sums: dict[str, torch.Tensor] = field(default_factory=dict)

    def add(self, parameters: Iterable[tuple[str, torch.Tensor]], steps: int = 1) -> None:
        """Take note of the parameters after a step, or of their sum over several."""
        self.steps += steps
        for name, value in parameters:
            known = self.sums.get(name)
            self.sums[name] = value.detach().clone() if known is None else known.add_(value.detach())

    def means(self) -> dict[str, torch.Tensor]:
        return {name: total / self.steps for name, total in self.sums.items()}


@dataclass
class Drift:
    """The guide over the last window of the steps, and over the one before."""

    windows: tuple[Window, Window] = field(default_factory=lambda: (Window(), Window()))

    def watch(self, share: float) -> None:
        """Take note of the parameters after this share of the steps."""
        window = self.window(share)
        if window is not None:
            window.add(_store().named_parameters())

    def window(self, share: float) -> Window | None:
        """The window that this share of the steps is in."""
        return self.windows[share > 1 - WINDOW] if share > 1 - 2 * WINDOW else None

    def ends(self, steps: int) -> tuple[int, ...]:
        """After which steps, of so many, the window changes."""
        starts = (1 - 2 * WINDOW, 1 - WINDOW)
        return (*(bisect_right(range(1, steps + 1), start, key=lambda step: step / steps) for start in starts), steps)

    def measure(self, centres: Callable[[], Centres]) -> dict[str, float]:
        """How far the guide's mean of each latent moved from one window of the steps to the last, in standard
        deviations of the guide.

        The two guides have the parameters' means over the windows, which the noise of single steps leaves alone, and
        are drawn from with the same noise. Empty where the run ended before, and for guides that have no spread.
        """
        before, last = self.windows
        if not (before.steps and last.steps):
            return {}
        fitted = {name: p.detach().clone() for name, p in _store().named_parameters()}
        _set_store(before.means())
        then = centres()
        _set_store(last.means())
        now = centres()
        _set_store(fitted)
        moved = {
            name: float(((mean - then[name][0]).abs() / spread).max())
            for name, (mean, spread) in now.items()
            if name in then and bool((spread > _NO_SPREAD * (1 + mean.abs())).all())
        }
        return {name: move for name, move in moved.items() if math.isfinite(move)}


def _store() -> Any:
    return pyro.get_param_store()


def _set_store(values: dict[str, torch.Tensor]) -> None:
    """Give the parameters of the store these unconstrained values, in place."""
    with torch.no_grad():
        for name, parameter in _store().named_parameters():
            if name in values and values[name].shape == parameter.shape:
                parameter.copy_(values[name])
