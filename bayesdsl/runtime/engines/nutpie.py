"""nutpie's sampler over a compiled density: all that this package knows of nutpie is here.

nutpie's own way in from Python imports arviz and pandas, which takes a second and a half, and none of it is needed: the
extension beside it, `nutpie._lib`, holds the sampler, and takes the addresses of C functions, as nutpie's models by
numba give it. That way is private, so the versions are pinned, and a test tells what has changed when they move.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import torch

    from bayesdsl.runtime.engines.chain import NutsSettings

VERSIONS = ("0.16.8", "0.17")
"""The first version that this module was written for, and the first that may be another."""

LEAST_WARMUP = 20
"""With fewer steps nutpie may end its warmup with a step size at which every trajectory diverges."""

WARMUP_OF_DRAWS = 300
"""With so many steps the mass matrix is learned from the draws alone: fewer are too few after the way to the bulk."""

# What nutpie's statistics are called here.
STATISTICS = {
    "lp": "logp",
    "energy": "energy",
    "diverging": "diverging",
    "step_size": "step_size",
    "tree_depth": "depth",
    "n_steps": "n_steps",
    "acceptance_rate": "mean_tree_accept",
}

# nutpie tells of its progress through a template, a text each time. Its step size has two decimals.
_TOLD = "{% for c in chains %}{{ c.finished_draws }} {{ c.divergences }} {{ c.step_size }}{% endfor %}"


class Native(Protocol):
    """A log density over R^`dimension` as machine code.

    `address` is that of `int64_t f(uint64_t dim, const double *u, double *gradient, double *value, void *context)`,
    `copy` that of `int64_t f(uint64_t dim, uint64_t size, const double *u, double *out, void *context)`, which
    copies `u`. Both return 0 and may be called from several threads with the one `context`.
    """

    @property
    def dimension(self) -> int: ...
    @property
    def address(self) -> int: ...
    @property
    def copy(self) -> int: ...
    @property
    def context(self) -> int: ...

    def value_and_grad(self, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The density and its gradient at a vector."""
        ...

    def values(self, us: np.ndarray) -> dict[str, np.ndarray]:
        """Values and derived quantities, of shape (n, *site), at points of shape (n, dimension)."""
        ...


class Failed(Exception):
    """nutpie gave up; the message is the first line of what it said."""


@cache
def library() -> ModuleType:
    """nutpie's extension, loaded from its file. Raises ImportError, which says why, as a clause."""
    try:
        found = version("nutpie")
    except PackageNotFoundError:
        raise ImportError("nutpie is not installed") from None
    least, below = VERSIONS
    if not _parts(least) <= _parts(found) < _parts(below):
        raise ImportError(f"nutpie {found} is installed, and it takes {least} up to {below}")
    if "nutpie._lib" in sys.modules:
        return sys.modules["nutpie._lib"]
    package = find_spec("nutpie")
    spec = PathFinder.find_spec("nutpie._lib", package.submodule_search_locations) if package else None
    if spec is None or spec.loader is None:
        raise ImportError("the extension of nutpie is not where it was")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def refusal(settings: NutsSettings) -> str | None:
    """Why nutpie cannot run with these settings, as a clause; None where it can."""
    try:
        library()
    except ImportError as error:
        return str(error)
    if not settings.adapt_mass_matrix:
        return "nutpie cannot leave the mass matrix as it is"
    if settings.warmup < LEAST_WARMUP:
        return f"nutpie needs a warmup of {LEAST_WARMUP} steps"
    return None


class Chain:
    """One chain under way in threads of nutpie's, from `start`, of shape (dimension,). It depends on its arguments
    alone. `every` is the time between news of it, in seconds."""

    def __init__(self, native: Native, settings: NutsSettings, seed: int, start: np.ndarray, every: float) -> None:
        lib = library()
        self.warmup = settings.warmup
        self._news = "0 0 0"
        dimension = self.dimension = native.dimension
        sizes = {"number": dimension, "unconstrained_parameter": dimension}
        model = lib.PyMcModel(
            lib.LogpFunc(native.address, native.context, native),
            lib.ExpandFunc(dimension, dimension, native.copy, native.context, native),
            lib.PyVariable.new_variables(["u"], ["float64"], [(dimension,)], sizes, {"u": ["number"]}),
            dimension,
            sizes,
            {},
            lambda _: start,
            None,
        )
        told = lib.ProgressType.template_callback(max(1, round(1000 * every)), _TOLD, 1, self._hear)
        self._sampler = lib.PySampler.from_pymc(_settings(lib, settings, seed), 1, model, told, lib.PyStorage.arrow())

    def _hear(self, news: str) -> None:
        # Called from one of nutpie's threads: nothing is done here but to keep it.
        self._news = news

    @property
    def news(self) -> tuple[int, int, float]:
        """Steps done, warmup included, divergences after it, and the step size, which is 0 where it is not known."""
        done, divergences, step_size = self._news.split()
        return int(done), int(divergences), float(step_size)

    def wait(self, seconds: float) -> bool:
        """Wait for the chain's end, at most so long; whether it has ended. Raises Failed, and KeyboardInterrupt."""
        try:
            self._sampler.wait(seconds)
        except TimeoutError:
            return False
        except BaseException as error:
            raise _failure(error) from error
        return True

    def stop(self) -> None:
        """End it after the draw at hand, with the draws so far."""
        try:
            self._sampler.abort()
        except BaseException as error:
            raise _failure(error) from error

    def drawn(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The draws after the warmup, of shape (draw, dimension), and statistics of shape (draw,), of a chain that has
        ended. May be asked for once."""
        from arro3.core import list_flatten

        try:
            (draws,), (stats,) = self._sampler.take_results().get_arrow_trace()
        except BaseException as error:
            raise _failure(error) from error
        # Copies, as the warmup would otherwise be kept in memory with the rest.
        us = list_flatten(draws.column("u")).to_numpy().reshape(stats.num_rows, self.dimension)[self.warmup :].copy()
        columns = {ours: stats.column(theirs).to_numpy() for ours, theirs in STATISTICS.items()}
        return us, {name: _plain(values[self.warmup :]) for name, values in columns.items()}


def _settings(lib: ModuleType, settings: NutsSettings, seed: int) -> Any:
    """nutpie's settings. Its mass matrix is diagonal, or has besides those directions in which the draws and the
    gradients differ most from it. The step size does not jitter: it is the one that is reported."""
    given = (lib.PyNutsSettings.LowRank if settings.full_mass else lib.PyNutsSettings.Diag)(seed)
    if not settings.full_mass:
        # From draws and gradients, nutpie's own choice, or from draws alone: see "The mass matrix" in docs/engine.md.
        given.use_grad_based_mass_matrix = settings.warmup < WARMUP_OF_DRAWS
    given.num_chains = 1
    given.num_tune = settings.warmup
    given.num_draws = settings.draws
    given.maxdepth = settings.max_tree_depth
    given.target_accept = settings.target_accept_prob
    given.initial_step = settings.step_size
    given.step_size_jitter = None
    if not settings.adapt_step_size:
        given.step_size_adapt_method = repr(float(settings.step_size))
    return given


def _plain(values: np.ndarray) -> np.ndarray:
    return values.astype(np.int64) if values.dtype == np.uint64 else values.copy()


def _failure(error: BaseException) -> BaseException:
    """What nutpie's errors mean. It says them with a stack of its own, and its panics are no Exceptions."""
    if isinstance(error, RuntimeError | ValueError) or type(error).__name__ == "PanicException":
        lines = [line.strip() for line in str(error).splitlines()]
        cause = lines[lines.index("Caused by:") + 1] if "Caused by:" in lines[:-1] else ""
        return Failed(": ".join(filter(None, (lines[0] if lines else "", cause))) or type(error).__name__)
    return error


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in text.split(".")[:3])
