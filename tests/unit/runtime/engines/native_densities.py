"""Densities in C, written by hand: what a compiled density looks like from outside."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

SOURCE = r"""
#include <math.h>
#include <stdint.h>
#include <string.h>

/* The context is the precision matrix, after it the constant of the density. */
int64_t normal(uint64_t n, const double *u, double *gradient, double *value, void *context) {
    const double *precision = context;
    *value = precision[n * n];
    for (uint64_t i = 0; i < n; i++) {
        double sum = 0;
        for (uint64_t j = 0; j < n; j++) sum += precision[i * n + j] * u[j];
        gradient[i] = -sum;
        *value -= 0.5 * u[i] * sum;
    }
    return 0;
}

/* v ~ Normal(0, 3), x_i ~ Normal(0, exp(v / 2)). */
int64_t funnel(uint64_t n, const double *u, double *gradient, double *value, void *context) {
    double precision = exp(-u[0]), squares = 0;
    for (uint64_t i = 1; i < n; i++) {
        squares += u[i] * u[i];
        gradient[i] = -u[i] * precision;
    }
    *value = -u[0] * u[0] / 18 - 0.5 * precision * squares - 0.5 * (n - 1) * u[0];
    gradient[0] = -u[0] / 9 + 0.5 * precision * squares - 0.5 * (n - 1);
    return 0;
}

/* A standard normal, NaN where the first element is over 1. */
int64_t cut(uint64_t n, const double *u, double *gradient, double *value, void *context) {
    *value = 0;
    for (uint64_t i = 0; i < n; i++) {
        gradient[i] = -u[i];
        *value -= 0.5 * u[i] * u[i];
    }
    if (u[0] > 1) *value = NAN;
    return 0;
}

/* NaN but where u[0] is what the context says. */
int64_t island(uint64_t n, const double *u, double *gradient, double *value, void *context) {
    for (uint64_t i = 0; i < n; i++) gradient[i] = 1;
    *value = u[0] == *(const double *)context ? 0 : NAN;
    return 0;
}

/* A standard normal of the first element; the others change nothing. */
int64_t level(uint64_t n, const double *u, double *gradient, double *value, void *context) {
    for (uint64_t i = 1; i < n; i++) gradient[i] = 0;
    gradient[0] = -u[0];
    *value = -0.5 * u[0] * u[0];
    return 0;
}

int64_t nowhere(uint64_t n, const double *u, double *gradient, double *value, void *context) {
    for (uint64_t i = 0; i < n; i++) gradient[i] = 1;
    *value = NAN;
    return 0;
}

/* It refuses to go on, as no density should, once it has been called as often as the context says. */
int64_t refusing(uint64_t n, const double *u, double *gradient, double *value, void *context) {
    double *left = context;
    cut(n, u, gradient, value, 0);
    return (*left)-- > 0 ? 0 : -1;
}

/* A standard normal, each evaluation of which takes as many rounds as the context says. */
int64_t slow(uint64_t n, const double *u, double *gradient, double *value, void *context) {
    volatile double rounds = *(const double *)context;
    while (rounds > 0) rounds -= 1;
    *value = 0;
    for (uint64_t i = 0; i < n; i++) {
        gradient[i] = -u[i];
        *value -= 0.5 * u[i] * u[i];
    }
    return 0;
}

int64_t bd_copy(uint64_t n, uint64_t size, const double *u, double *out, void *context) {
    memcpy(out, u, n * sizeof(double));
    return 0;
}
"""


@dataclass(frozen=True)
class ByHand:
    """A density of C, and values that are the unconstrained ones, by the names and columns of `sites`."""

    library: ctypes.CDLL
    name: str
    dimension: int
    given: np.ndarray
    sites: dict[str, slice | int]

    @property
    def address(self) -> int:
        return _address(self.library, self.name)

    @property
    def copy(self) -> int:
        return _address(self.library, "bd_copy")

    @property
    def context(self) -> int:
        return self.given.ctypes.data

    def value_and_grad(self, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        value, gradient = torch.empty((), dtype=torch.float64), torch.empty(self.dimension, dtype=torch.float64)
        places = (ctypes.c_void_p(tensor.data_ptr()) for tensor in (u.contiguous(), gradient, value))
        getattr(self.library, self.name)(ctypes.c_uint64(self.dimension), *places, ctypes.c_void_p(self.context))
        return value, gradient

    def values(self, us: np.ndarray) -> dict[str, np.ndarray]:
        return {name: us[:, columns] for name, columns in self.sites.items()}


Make = Callable[..., ByHand]


def _address(library: ctypes.CDLL, name: str) -> int:
    address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    assert address is not None
    return address


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


def build(directory: Path) -> ctypes.CDLL:
    source, target = directory / "densities.c", directory / "densities.so"
    source.write_text(SOURCE)
    # No fused operations: the tests look at bits.
    command = [compiler(), "-O2", "-ffp-contract=off", "-shared", "-fPIC", str(source), "-o", str(target), "-lm"]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(target))
