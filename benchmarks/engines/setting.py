"""What is measured: models, peers, and how long each runs. One row a model."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.engines import data
from benchmarks.engines.data import Arrays

MODELS_AT = Path(__file__).resolve().parent / "models"
PEERS = ("ours", "pyro", "numpyro", "pymc", "stan")
TITLES = {"ours": "bayesdsl", "pyro": "Pyro", "numpyro": "NumPyro", "pymc": "nutpie on PyMC", "stan": "Stan"}
CHAINS, CORES = 4, 2


@dataclass(frozen=True)
class Setting:
    """How much of a sampler is run: `depth` is the largest tree depth.

    `scaled` says that so few draws tell the time of a leapfrog step and no more: how many effective draws a step is
    worth is taken from NumPyro, whose sampler is the same.
    """

    chains: int = CHAINS
    warmup: int = 1000
    draws: int = 1000
    depth: int = 10
    scaled: bool = False

    def __str__(self) -> str:
        return f"{self.chains} x ({self.warmup} + {self.draws})"


@dataclass(frozen=True)
class Model:
    """A model with its data.

    `stem` names its files, `table` our spec's table of rows, `reported` the quantities whose effective draws count,
    the same for all peers. `slow` holds what a peer runs instead of `setting`. `seeds` is how many runs every peer
    makes, however long they take, where a few would be luck: otherwise as many as time allows.
    """

    name: str
    stem: str
    about: str
    make: Callable[[], Arrays]
    table: str
    reported: tuple[str, ...]
    setting: Setting = Setting()
    slow: tuple[tuple[str, Setting], ...] = ()
    size: str = "small"
    seeds: int | None = None

    def setting_of(self, peer: str, quick: bool) -> Setting:
        found = dict(self.slow).get(peer, self.setting)
        return replace(found, warmup=min(found.warmup, 40), draws=min(found.draws, 40)) if quick else found

    def tables(self, arrays: Arrays) -> dict[str, Arrays]:
        """The arrays as our specs take them."""
        if self.stem == "network":
            return {"point": {name: arrays[name] for name in ("x", "y")}, "grid": {"at": arrays["at"]}}
        return {self.table: arrays}


def rugged_file() -> str:
    """Where `rugged.csv` lies, as the command was told."""
    return os.environ["BENCH_RUGGED"]


def _pyro(warmup: int, draws: int) -> tuple[tuple[str, Setting], ...]:
    """Pyro takes minutes for what others do in a second: two chains, one a core, with fewer draws."""
    return (("pyro", Setting(CORES, warmup, draws)),)


# Where even a hundred draws take Pyro minutes.
_SCALED = (("pyro", Setting(CORES, 10, 10, 6, scaled=True)),)


_ROWS = (
    Model(
        "rugged",
        "rugged",
        "rugged, 170 rows",
        lambda: data.rugged(rugged_file()),
        "nation",
        ("a", "bA", "bR", "bAR", "sigma"),
        slow=_pyro(150, 150),
    ),
    Model(
        "schools",
        "schools",
        "eight schools, noncentred",
        data.schools,
        "school",
        ("mu", "tau", "theta"),
        slow=_pyro(150, 150),
    ),
    Model(
        "radon",
        "radon",
        "varying intercepts, 919 rows in 85 groups",
        data.radon,
        "house",
        ("m", "b", "tau", "sigma", "a"),
        slow=_pyro(100, 100),
    ),
    Model(
        "logistic",
        "logistic",
        "logistic, 10,000 x 20",
        lambda: data.logistic(10_000, 20),
        "row",
        ("a", "b"),
        slow=_pyro(100, 100),
        size="large",
    ),
    Model(
        "million",
        "logistic",
        "logistic, 1,000,000 x 10",
        lambda: data.logistic(1_000_000, 10),
        "row",
        ("a", "b"),
        setting=Setting(draws=100, warmup=100),
        slow=(*_SCALED, *((peer, Setting(warmup=50, draws=50)) for peer in ("numpyro", "pymc"))),
        size="large",
    ),
    Model(
        "horseshoe",
        "horseshoe",
        "regularised horseshoe, 100 x 100",
        data.horseshoe,
        "row",
        ("tau", "slab", "sigma", "beta"),
        setting=Setting(warmup=500, draws=500),
        slow=_SCALED,
        seeds=6,
    ),
    Model(
        "network",
        "network",
        "1-5-1 network, 1,000 rows",
        data.network,
        "point",
        ("s", "curve"),
        setting=Setting(warmup=300, draws=300, depth=8),
        slow=_SCALED,
        # Its posterior has several modes, and a run is worth what its chains find.
        seeds=12,
    ),
)
AUTOENCODER = Model(
    "autoencoder", "autoencoder", "autoencoder, 256 of 1,797 digits a step", data.digits, "image", (), size="large"
)

ROWS = (10**3, 10**4, 10**5, 10**6)
DIMENSIONS = (10, 10**2, 10**3, 10**4)

MODELS = {model.name: model for model in _ROWS}
# How figures grow: the same models with more rows, and one with as many unknowns as rows.
BY_ROWS = {
    f"{stem}-{rows}": Model(f"{stem}-{rows}", stem, f"{title}, {rows:,} rows", make, table, reported)
    for rows in ROWS
    for stem, title, make, table, reported in (
        ("logistic", "logistic x 10", lambda rows=rows: data.logistic(rows, 10), "row", ("a", "b")),
        ("radon", "85 varying intercepts", lambda rows=rows: data.radon(rows), "house", ("m", "b", "tau", "sigma")),
    )
}
BY_DIMENSIONS = {
    f"normals-{size}": Model(
        f"normals-{size}",
        "normals",
        f"{size:,} normals",
        lambda size=size: data.normals(size),
        "row",
        ("m",),
        setting=Setting(warmup=300, draws=300),
        slow=_SCALED,
    )
    for size in DIMENSIONS
}
EVERY = {**MODELS, AUTOENCODER.name: AUTOENCODER, **BY_ROWS, **BY_DIMENSIONS}
