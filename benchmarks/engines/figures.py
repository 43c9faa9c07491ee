"""What the cells say: ratios, whether answers agree, and how far the targets are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import geometric_mean, median
from typing import Any

from benchmarks.engines.setting import EVERY, MODELS, PEERS

Cells = Mapping[str, Mapping[str, Any]]

SAME_SAMPLER = "numpyro"
# Of some hundred standard normal differences a model, the largest is about three; effective draws are estimates.
ERRORS = 5.0
# Where what is compared differs by less, it agrees: in standard deviations of the posterior.
NO_MATTER = 0.02


def cell(cells: Cells, figure: str, model: str, peer: str) -> Mapping[str, Any] | None:
    """A cell that has figures."""
    found = cells.get(f"{figure}/{model}/{peer}")
    return None if found is None or "failed" in found else found


def ess_per_second(cells: Cells, model: str, peer: str, figure: str = "nuts") -> float | None:
    found = cell(cells, figure, model, peer)
    if found is None:
        return None
    if not scaled(cells, model, peer, figure):
        return median(found["ess_per_second"])
    other = cell(cells, figure, model, SAME_SAMPLER)
    return other and median(found["leapfrogs_per_second"]) * median(other["ess_per_leapfrog"])


def scaled(cells: Cells, model: str, peer: str, figure: str = "nuts") -> bool:
    """Whether a peer's effective draws a second are made from its steps a second, and another's draws a step."""
    found = cell(cells, figure, model, peer)
    return found is not None and "leapfrogs_per_second" in found


def microseconds(cells: Cells, model: str, peer: str, figure: str = "nuts") -> float | None:
    """Of a gradient. One that was measured by itself comes first."""
    found = (figure == "nuts" and cell(cells, "gradient", model, peer)) or cell(cells, figure, model, peer)
    return None if found is None else found["gradient_us"]


def steps_per_second(cells: Cells, model: str, guide: str, peer: str) -> float | None:
    found = cell(cells, "svi", model, peer)
    return None if found is None or guide not in found["guides"] else found["guides"][guide]["steps_per_second"]


def guides(cells: Cells) -> list[tuple[str, str]]:
    """Models with guides that some peer has steps for."""
    names = [name for name in EVERY for peer in PEERS if cell(cells, "svi", name, peer)]
    found = {(name, guide): None for name in names for peer in PEERS for guide in _guides(cells, name, peer)}
    return list(found)


def _guides(cells: Cells, model: str, peer: str) -> Mapping[str, Any]:
    found = cell(cells, "svi", model, peer)
    return found["guides"] if found else {}


def cold(cells: Cells, peer: str, which: str) -> float | None:
    found = cell(cells, "cold", "rugged", peer)
    return None if found is None else median(found[f"{which}_seconds"])


def ratio(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else ours / theirs


@dataclass(frozen=True)
class Difference:
    """The quantity of two answers that differs most for its Monte Carlo error: by how many of them, and standard
    deviations."""

    quantity: str
    errors: float
    deviations: float

    @property
    def holds(self) -> bool:
        return self.errors <= ERRORS or self.deviations <= NO_MATTER


def reference(cells: Cells, model: str) -> str | None:
    """The peer with the most effective draws: what others are compared with."""
    least = {}
    for peer in PEERS:
        found = cell(cells, "nuts", model, peer)
        if found and "quantities" in found:
            least[peer] = min(ess for _, _, ess in found["quantities"].values())
    others = {peer: ess for peer, ess in least.items() if peer != "ours"}
    return max(others, key=others.__getitem__) if others else None


def difference(cells: Cells, model: str, peer: str) -> Difference | None:
    """Of posterior means of a peer from those of the reference."""
    other = reference(cells, model)
    found = cell(cells, "nuts", model, peer)
    if other is None or other == peer or found is None or "quantities" not in found:
        return None
    theirs = cell(cells, "nuts", model, other)["quantities"]
    compared = [_compared(name, one, theirs[name]) for name, one in found["quantities"].items()]
    return max(compared, key=lambda one: one.errors)


def _compared(name: str, one: list[float], other: list[float]) -> Difference:
    (mean, sd, ess), (other_mean, other_sd, other_ess) = one, other
    apart = abs(mean - other_mean)
    scale = math.sqrt((sd**2 + other_sd**2) / 2)
    # Chains that did not move have no deviation, and no agreement either.
    error = math.sqrt(sd**2 / max(ess, 1) + other_sd**2 / max(other_ess, 1))
    return Difference(name, apart / error if error else math.inf, apart / scale if scale else math.inf)


@dataclass(frozen=True)
class Target:
    """`figures` gives what was measured, by what it is of; the worst counts, of `whole` the geometric mean.

    `least` says that figures have to be at least `bound`, otherwise at most.
    """

    name: str
    text: str
    bound: float
    figures: Callable[[Cells], dict[str, float | None]]
    least: bool = True
    whole: bool = False
    unit: str = "x"

    def measured(self, cells: Cells) -> tuple[float, str] | None:
        """The figure that counts, and what it is of."""
        known = {name: value for name, value in self.figures(cells).items() if value is not None}
        if not known:
            return None
        if self.whole:
            return geometric_mean(known.values()), f"geometric mean of {len(known)}"
        worst = (min if self.least else max)(known, key=known.__getitem__)
        return known[worst], worst

    def met(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound


def _nuts(peer: str, *models: str) -> Callable[[Cells], dict[str, float | None]]:
    def figures(cells: Cells) -> dict[str, float | None]:
        return {
            name: ratio(ess_per_second(cells, name, "ours"), ess_per_second(cells, name, peer))
            for name in models or MODELS
        }

    return figures


def _svi(peer: str, size: str) -> Callable[[Cells], dict[str, float | None]]:
    def figures(cells: Cells) -> dict[str, float | None]:
        return {
            f"{name}, {guide}": ratio(
                steps_per_second(cells, name, guide, "ours"), steps_per_second(cells, name, guide, peer)
            )
            for name, guide in guides(cells)
            if EVERY[name].size == size
        }

    return figures


def _cold(peer: str) -> Callable[[Cells], dict[str, float | None]]:
    return lambda cells: {"rugged": ratio(cold(cells, peer, "first"), cold(cells, "ours", "first"))}


def _second(cells: Cells) -> dict[str, float | None]:
    return {"rugged": cold(cells, "ours", "second")}


def _memory(cells: Cells) -> dict[str, float | None]:
    found = cell(cells, "nuts", "million", "ours")
    return {"million": found and found["grown"]}


def _threads(cells: Cells) -> dict[str, float | None]:
    found = cell(cells, "threads", "million", "ours")
    if found is None:
        return {}
    few, *_, many = sorted(found["gradient_us"], key=int)
    return {f"million, {many} threads": found["gradient_us"][few] / found["gradient_us"][many]}


TARGETS = (
    Target("nuts-pymc", "NUTS, min-ESS/s, beside nutpie on PyMC", 2, _nuts("pymc"), whole=True),
    Target("nuts-stan", "NUTS, min-ESS/s, beside Stan", 10, _nuts("stan"), whole=True),
    Target("nuts-pyro", "NUTS, min-ESS/s, beside Pyro", 300, _nuts("pyro"), whole=True),
    Target("nuts-least", "NUTS, min-ESS/s, beside nutpie on PyMC, on each model", 1.1, _nuts("pymc")),
    Target("glm", "NUTS, min-ESS/s, logistic, beside Stan's GLM", 3, _nuts("stan", "logistic", "million")),
    Target("svi-pyro", "SVI, steps/s, beside Pyro, on each small model", 100, _svi("pyro", "small")),
    Target("svi-numpyro", "SVI, steps/s, beside NumPyro, on each small model", 5, _svi("numpyro", "small")),
    Target("svi-large", "SVI, steps/s, beside Pyro, on each large model", 1, _svi("pyro", "large")),
    Target("cold-numpyro", "from the shell to the summary, NumPyro's time over ours", 1, _cold("numpyro")),
    Target("cold-pymc", "from the shell to the summary, nutpie on PyMC's time over ours", 1, _cold("pymc")),
    Target("second", "second run, from the shell to the summary", 3, _second, least=False, unit="s"),
    Target("memory", "a million rows, memory over that of the data", 3, _memory, least=False),
    Target("threads", "a million rows, one thread's time over that of several", 1.05, _threads),
)
