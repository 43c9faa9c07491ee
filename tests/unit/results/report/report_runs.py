"""Runs to report on, made without waiting for a sampler: the draws are given, the models and data are real."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import numpy as np

import bayesdsl as bd
from bayesdsl.driver import Bound, Fit
from bayesdsl.runtime.posterior import Posterior

# Two groups, a predictor, a centred hierarchy and what is derived from it.
GROUPS = """\
data cell { size : real; warm : binary; kind : category; mass : real }
mu ~ Normal(0, 1)
tau ~ HalfNormal(1)
a[kind] ~ Normal(mu, tau)
b, c ~ Normal(0, 1)
sigma ~ HalfNormal(1)
observe mass ~ Normal(a[kind] + b * size + c * warm * size, sigma)
derive slope_warm = b + c
derive slope_cold = b
infer nuts(chains = 4)
"""
KINDS = ["round", "long", "flat"]
WHEN = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)


def cells(rows: int = 90, kinds: list[str] = KINDS) -> dict[str, dict[str, Any]]:
    rng = np.random.default_rng(4)
    size = rng.normal(0, 1, rows)
    warm = rng.integers(0, 2, rows)
    kind = [kinds[row % len(kinds)] for row in range(rows)]
    mass = 1 + 0.5 * size + 0.4 * warm * size + rng.normal(0, 0.5, rows)
    return {"cell": {"size": size, "warm": warm, "kind": kind, "mass": mass}}


def bound_groups(kinds: list[str] = KINDS) -> Bound:
    return bd.compile_text(GROUPS, name="cells.bayes").bind(cells(kinds=kinds))


def draws_of_groups(chains: int = 4, draws: int = 200, kinds: list[str] = KINDS) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20260102)
    shape = (chains, draws)
    b, c = rng.normal(-0.2, 0.1, shape), rng.normal(0.45, 0.1, shape)
    return {
        "mu": rng.normal(1, 0.1, shape),
        "tau": np.exp(rng.normal(-1, 0.6, shape)),
        "a": rng.normal(1, 0.1, (*shape, len(kinds))),
        "b": b,
        "c": c,
        "sigma": np.abs(rng.normal(0.5, 0.03, shape)),
        "slope_warm": b + c,
        "slope_cold": b,
    }


def sampled(bound: Bound, draws: dict[str, np.ndarray], **changes: Any) -> Fit:
    """A fit of chains with these draws, some of them divergent."""
    shape = next(iter(draws.values())).shape[:2]
    rng = np.random.default_rng(1)
    dims = {variable.name: variable.dims for variable in bound.model.variables}
    learned = {variable.name: variable.dims for variable in bound.model.learned}
    posterior = Posterior(
        kind="mcmc",
        engine="nuts",
        draws={name: draws[name] for name in dims},
        dims=dims | learned,
        coords={dim: list(bound.data.coords[dim]) for plates in dims.values() for dim in plates},
        stats={
            "diverging": np.arange(np.prod(shape)).reshape(shape) % 97 == 0,
            "energy": rng.normal(100, 2, shape),
            "step_size": np.full(shape, 0.4),
            "n_steps": np.full(shape, 7),
        },
        warmup=500,
    )
    compiled = bound.compiled
    return Fit(bound, compiled.inference(), replace(posterior, **changes), 7, WHEN, WHEN)


@dataclass
class Page(HTMLParser):
    """A page as it was parsed: elements must nest. `text` is what is to be read, `tags` the elements."""

    source: str
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "svg"} & set(self._open):
            self.text += f"{data} "

    @property
    def sections(self) -> list[str]:
        return [attributes["id"] for tag, attributes in self.tags if tag == "section"]

    @property
    def drawings(self) -> list[str]:
        """What is said of each drawing to who cannot see it."""
        return [attributes["aria-label"] for tag, attributes in self.tags if tag == "svg"]

    def values(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]
