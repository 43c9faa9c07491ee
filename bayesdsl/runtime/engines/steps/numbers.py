"""Random numbers by their position: `random.c`, and the same in Python where there is no compiler.

The pair of numbers at a position is made of the 128 bits that a counter becomes under a key: position 7 of stream 0 is
the same whether it is made alone or with a million others.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
import torch

from bayesdsl.runtime.compiled.compiler import BuildError
from bayesdsl.runtime.engines.steps.library import library

_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_ROUNDS = 10
# Of a uniform number of four bytes as many bits are kept as it has.
_SINGLE = np.uint64(0xFFFFFF0000000000)

Pair = tuple[np.ndarray, np.ndarray]


class Numbers:
    """Numbers under a key, in machine code where that can be had."""

    def __init__(self, key: int) -> None:
        self._key = key
        try:
            self._random = library().bd_random
            self._random.restype = None
        except BuildError:
            self._random = None

    def of(self, kind: str, dtype: torch.dtype, stream: int, first: int, rows: int, size: int) -> torch.Tensor:
        """`rows` rows of numbers from the row `first` of a stream on: a tensor (rows, size or one more), float64 or
        float32. `kind` is the name of a tensor's method that draws such numbers."""
        pairs = (size + 1) // 2
        found = torch.empty(rows, 2 * pairs, dtype=dtype)
        if self._random is None:
            one, two = bits(self._key, stream, np.arange(first * pairs, (first + rows) * pairs, dtype=np.uint64))
            if kind == "uniform_" and dtype == torch.float32:
                one, two = one & _SINGLE, two & _SINGLE
            made = np.stack(KINDS[kind](one, two), axis=1)
            return found.copy_(torch.from_numpy(made).reshape(found.shape))
        self._random(
            ctypes.c_int64(list(KINDS).index(kind)),
            ctypes.c_uint64(self._key),
            ctypes.c_uint64(stream),
            ctypes.c_uint64(first * pairs),
            ctypes.c_int64(rows * pairs),
            ctypes.c_int64(found.element_size()),
            ctypes.c_void_p(found.data_ptr()),
        )
        return found


def bits(key: int, stream: int, counters: np.ndarray) -> Pair:
    """Twice 64 random bits for each of the counters (uint64): Philox 4x32."""
    a, b = counters & _LOW, counters >> _HALF
    c, d = (np.full_like(counters, part) for part in (stream & int(_LOW), stream >> 32))
    k, m = key & int(_LOW), key >> 32
    for _ in range(_ROUNDS):
        p, q = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b, c, d = (q >> _HALF) ^ b ^ np.uint64(k), q & _LOW, (p >> _HALF) ^ d ^ np.uint64(m), p & _LOW
        k, m = (k + 0x9E3779B9) & int(_LOW), (m + 0xBB67AE85) & int(_LOW)
    return a | b << _HALF, c | d << _HALF


def _open(bits: np.ndarray) -> np.ndarray:
    """From 0 to 1, without either."""
    return ((bits >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52


def _normal(one: np.ndarray, two: np.ndarray) -> Pair:
    """Box and Muller's."""
    radius, angle = np.sqrt(-2 * np.log(_open(one))), np.pi * (2 * _open(two) - 1)
    return radius * np.cos(angle), radius * np.sin(angle)


def _uniform(one: np.ndarray, two: np.ndarray) -> Pair:
    return _open(one) - 2.0**-53, _open(two) - 2.0**-53


def _exponential(one: np.ndarray, two: np.ndarray) -> Pair:
    return -np.log(_open(one)), -np.log(_open(two))


def _cauchy(one: np.ndarray, two: np.ndarray) -> Pair:
    """Cotangents. What lies beyond a half is taken from the other end, where numbers are fine enough."""
    parts = (np.where(u > 0.5, u - 1, u) for u in (_open(one), _open(two)))
    return tuple(1 / np.tan(np.pi * part) for part in parts)


# In the order of random.c.
KINDS: dict[str, Callable[[np.ndarray, np.ndarray], Pair]] = {
    "normal_": _normal,
    "uniform_": _uniform,
    "exponential_": _exponential,
    "cauchy_": _cauchy,
}
