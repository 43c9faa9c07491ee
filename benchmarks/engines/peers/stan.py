"""Stan's own sampler, from the compiler and headers that pystan brings.

A model is what Stan's compiler makes of it, linked to `stan_driver.cpp`, and kept between runs.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engines import timing
from benchmarks.engines.forked import forked
from benchmarks.engines.peers import Sampled
from benchmarks.engines.setting import CORES, MODELS_AT, Model, Setting

VARIABLES: dict[str, str] = {}
LIBRARIES = ("httpstan",)
DRIVER = Path(__file__).with_name("stan_driver.cpp")
# httpstan's flags, without what it needs for threads: chains have processes.
FLAGS = [
    *("-O3", "-std=c++14", "-fPIC", "-w"),
    *("-DBOOST_DISABLE_ASSERTS", "-DBOOST_PHOENIX_NO_VARIADIC_EXPRESSION"),
    *("-D_REENTRANT", "-D_GLIBCXX_USE_CXX11_ABI=0"),
]
STATISTICS = 7


def library(stem: str) -> Path:
    """The compiled model."""
    import httpstan
    import httpstan.compile

    home = Path(httpstan.__file__).parent
    program = (MODELS_AT / f"{stem}.stan").read_text(encoding="utf-8")
    version = f"{httpstan.__version__} {FLAGS}".encode()
    compiler = ["g++", *FLAGS, "-I", str(home / "include")]
    driver = timing.built("driver.o", DRIVER.read_bytes(), version)
    if not driver.exists():
        _compile([*compiler, "-c", DRIVER], driver)
    found = timing.built(f"{stem}.so", DRIVER.read_bytes(), program.encode(), version)
    if not found.exists():
        code, _ = httpstan.compile.compile(program, f"{stem}_model")
        source = found.with_suffix(".cpp")
        source.write_text(code, encoding="utf-8")
        libraries = ["-L", str(home / "lib"), "-ltbb", f"-Wl,-rpath,{home / 'lib'}"]
        _compile([*compiler, "-shared", source, driver, *libraries], found)
    return found


def _compile(command: list[Any], target: Path) -> None:
    """A file is there whole or not at all, also where the compiler was stopped."""
    unfinished = target.with_suffix(".unfinished")
    subprocess.run([*command, "-o", unfinished], check=True)
    unfinished.replace(target)


def inputs(stem: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The data as the Stan program declares them."""
    sizes: dict[str, Any] = {"n": len(next(iter(arrays.values())))}
    if "x" in arrays and arrays["x"].ndim == 2:
        sizes["k"] = arrays["x"].shape[1]
    if "at" in arrays:
        sizes["g"] = len(arrays["at"])
    if "county" in arrays:
        sizes["groups"] = int(arrays["county"].max()) + 1
        arrays = {**arrays, "county": arrays["county"] + 1}
    return {name: np.asarray(value) for name, value in {**sizes, **arrays}.items()}


class Peer:
    def __init__(self, model: Model, arrays: dict[str, np.ndarray]) -> None:
        self.stan = ctypes.CDLL(str(library(model.stem)))
        self.stan.stan_create.restype = ctypes.c_void_p
        self.stan.stan_dimension.restype = ctypes.c_int64
        self.stan.stan_columns.restype = ctypes.c_char_p
        given = inputs(model.stem, arrays)
        whole = {name: value for name, value in given.items() if value.dtype.kind in "iu"}
        real = {name: value for name, value in given.items() if name not in whole}
        made = self.stan.stan_create(*_packed(real, np.float64), *_packed(whole, np.int32))
        if not made:
            raise ValueError(f"Stan takes no such data for {model.stem}")
        self.context = ctypes.c_void_p(made)
        self.dimension = self.stan.stan_dimension(self.context)
        self.columns = self.stan.stan_columns(self.context).decode().splitlines()

    def gradient(self) -> float:
        address = ctypes.cast(self.stan.stan_density, ctypes.c_void_p).value
        return timing.seconds_per_density(address, self.context.value, self.dimension)

    def slow(self) -> bool:
        return False

    def ready(self, setting: Setting) -> None:
        """Everything is compiled."""

    def sample(self, setting: Setting, seed: int) -> Sampled:
        started = time.perf_counter()
        chains = forked(lambda chain: self._chain(setting, seed, chain), range(1, setting.chains + 1), CORES)
        table = np.stack(chains)
        seconds = time.perf_counter() - started
        notes = {
            "divergences": int(table[..., self.columns.index("divergent__")].sum()),
            "leapfrogs": int(table[..., self.columns.index("n_leapfrog__")].sum()),
        }
        return Sampled(seconds, _by_name(self.columns[STATISTICS:], table[..., STATISTICS:]), notes)

    def _chain(self, setting: Setting, seed: int, chain: int) -> np.ndarray:
        out = np.full((setting.draws, len(self.columns)), np.nan)
        failed = self.stan.stan_sample(
            self.context, seed, chain, setting.warmup, setting.draws, setting.depth, ctypes.c_void_p(out.ctypes.data)
        )
        if failed or np.isnan(out[-1]).any():
            raise RuntimeError("Stan's sampler failed")
        return out


def _packed(arrays: dict[str, np.ndarray], dtype: Any) -> list[Any]:
    """Arrays as `stan_create` takes them: their number, names, values, ranks and dimensions."""
    names = (ctypes.c_char_p * max(len(arrays), 1))(*(name.encode() for name in arrays))
    flat = [np.asarray(value, dtype=dtype).ravel(order="F") for value in arrays.values()]
    values = flat[0] if len(flat) == 1 else np.concatenate([*flat, np.zeros(0, dtype)])
    ranks = np.array([value.ndim for value in arrays.values()], dtype=np.int64)
    dims = np.array([size for value in arrays.values() for size in value.shape], dtype=np.int64)
    # The caller holds on to what a pointer of ctypes alone would not keep alive.
    pointers = [np.ctypeslib.as_ctypes(array) if array.size else None for array in (values, ranks, dims)]
    return [ctypes.c_int64(len(arrays)), names, *pointers]


def _by_name(columns: list[str], table: np.ndarray) -> dict[str, np.ndarray]:
    """Arrays (chain, draw) or (chain, draw, member) from columns `mu`, `theta.1`, `theta.2`, .."""
    places: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        places.setdefault(column.partition(".")[0], []).append(place)
    return {
        name: table[..., found[0]] if columns[found[0]] == name else table[..., found] for name, found in places.items()
    }


if __name__ == "__main__":
    # Apart from what is measured: a compiler takes more memory than a model.
    library(sys.argv[1])
