"""What an engine may disturb for everybody else, set aside while it runs.

Random numbers, Pyro's parameter store, its checks and its remarks are global to the process. Inside, they are the
engine's own, set from a seed; outside, they are as if the engine had never been there.
"""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyro
import torch

# Pyro's checks speak to people who write models by hand, and cost more than the density of a small model. The compiler
# has checked the model, and engines check what they get.
_CHECKS = ("validate_distributions_torch", "validate_distributions_pyro", "validate_poutine", "validate_infer")


@dataclass
class _State:
    """All that is set aside."""

    torch_random: torch.Tensor
    numpy_random: Any
    python_random: Any
    threads: int
    logging: int
    checks: dict[str, bool]
    params: dict[str, Any]

    @classmethod
    def now(cls) -> _State:
        return cls(
            torch.get_rng_state(),
            np.random.get_state(),
            random.getstate(),
            torch.get_num_threads(),
            pyro.log.level,
            {name: pyro.settings.get(name) for name in _CHECKS},
            pyro.get_param_store().get_state(),
        )

    @classmethod
    def fresh(cls, seed: int, threads: int | None) -> _State:
        words = np.random.SeedSequence(seed).generate_state(4)
        return cls(
            torch.Generator().manual_seed(_whole(words[:2])).get_state(),
            np.random.RandomState(words[2:3]).get_state(),
            random.Random(int(words[3])).getstate(),
            torch.get_num_threads() if threads is None else threads,
            logging.WARNING,
            dict.fromkeys(_CHECKS, False),
            {"params": {}, "constraints": {}},
        )

    def restore(self) -> None:
        # torch.manual_seed would set the generators of every device; only that of the CPU is used.
        torch.set_rng_state(self.torch_random)
        np.random.set_state(self.numpy_random)
        random.setstate(self.python_random)
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        pyro.log.setLevel(self.logging)
        pyro.settings.set(**self.checks)
        store = pyro.get_param_store()
        store.clear()
        store.set_state(self.params)


class Isolated:
    """A context with a parameter store of its own, random numbers that depend on `seed` alone, and checks and warnings
    off: engines look at what comes out, and say what is wrong with it.

    With `threads`, torch uses so many inside.
    """

    def __init__(self, seed: int, threads: int | None = None) -> None:
        self._other = _State.fresh(seed, threads)

    def __enter__(self) -> Self:
        self._enter()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Outside again for a while: whoever is told of progress meets their own random numbers."""
        self._leave()
        try:
            yield
        finally:
            self._enter()

    def _enter(self) -> None:
        self._swap()
        self._silence = warnings.catch_warnings()
        self._silence.__enter__()
        warnings.simplefilter("ignore")

    def _leave(self) -> None:
        self._silence.__exit__(None, None, None)
        self._swap()

    def _swap(self) -> None:
        now = _State.now()
        self._other.restore()
        self._other = now


def chain_seed(seed: int, chain: int) -> int:
    """The seed of one chain of a run: the same wherever the chain is run, unrelated to those of the others."""
    return _whole(np.random.SeedSequence(seed, spawn_key=(chain,)).generate_state(2))


def _whole(words: np.ndarray) -> int:
    return int(words[0]) << 32 | int(words[1])
