"""What every engine gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Posterior:
    """Draws from a posterior, or a point.

    `draws` maps a name of the spec (a latent, a `param`, a `derive`) to an array of shape (chain, draw, *dims), its
    dims named by `dims` and their members by `coords`. `stats` maps ArviZ's names (`diverging`, `energy`, `lp`,
    `step_size`, `tree_depth`, `n_steps`, `acceptance_rate`) to arrays of shape (chain, draw), empty for engines that
    do not sample. `learned` holds what has one value for all draws, of shape dims: the weights of layers without
    priors and the params of a guide by hand (`guide.name`). `kind` is `"mcmc"` (chains), `"svi"` (independent draws
    from a fitted guide, one chain) or `"point"` (one chain, one draw). `losses` are an optimiser's, one a step, in
    nats. `warmup` counts the draws dropped. `interrupted` says that the run was stopped early and these are the draws
    so far. `facts` are what an engine has to say of its run beyond that, by name, as plain numbers and strings.
    """

    kind: str
    engine: str
    draws: dict[str, np.ndarray]
    dims: dict[str, tuple[str, ...]]
    coords: dict[str, list[Any]]
    stats: dict[str, np.ndarray] = field(default_factory=dict)
    losses: np.ndarray | None = None
    warmup: int = 0
    interrupted: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    learned: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def chains(self) -> int:
        return next(iter(self.draws.values())).shape[0] if self.draws else 0

    @property
    def draws_per_chain(self) -> int:
        return next(iter(self.draws.values())).shape[1] if self.draws else 0
