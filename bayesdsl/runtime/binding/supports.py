"""Values held against supports: each by itself, and those that make up a vector or a matrix together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bayesdsl.types.supports import Support

# torch's own tolerances; Pyro's for a unit vector is a few rounding errors.
SIMPLEX_TOLERANCE = 1e-6
SYMMETRY_TOLERANCE = 1e-6


def violations(values: np.ndarray, support: Support) -> np.ndarray:
    """Where values are not within the bounds of a support, or are no numbers: bool, of their shape."""
    inside = (values > support.lo) if support.lo_open else (values >= support.lo)
    inside &= (values < support.hi) if support.hi_open else (values <= support.hi)
    if support.integer:
        inside &= values == np.floor(values)
    return ~inside


def sphere_tolerance(width: int) -> float:
    return 10 * float(np.finfo(np.float64).eps) * width**0.5


def _off_simplex(vectors: np.ndarray) -> np.ndarray:
    return np.abs(vectors.sum(axis=-1) - 1) >= SIMPLEX_TOLERANCE


def _off_one_hot(vectors: np.ndarray) -> np.ndarray:
    return vectors.sum(axis=-1) != 1


def _off_sphere(vectors: np.ndarray) -> np.ndarray:
    return np.abs(np.linalg.norm(vectors, axis=-1) - 1) >= sphere_tolerance(vectors.shape[-1])


def _out_of_order(vectors: np.ndarray) -> np.ndarray:
    return (np.diff(vectors, axis=-1) <= 0).any(axis=-1)


def _no_covariance(matrices: np.ndarray) -> np.ndarray:
    symmetric = np.isclose(matrices, np.swapaxes(matrices, -2, -1), atol=SYMMETRY_TOLERANCE).all(axis=(-2, -1))
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    definite = np.array([_has_root(matrix) for matrix in flat]).reshape(symmetric.shape)
    return ~(symmetric & definite)


def _has_root(matrix: np.ndarray) -> bool:
    """Whether a matrix has a Cholesky factor, which is what a density takes of it."""
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _no_factor(matrices: np.ndarray) -> np.ndarray:
    above = (np.triu(matrices, 1) != 0).any(axis=(-2, -1))
    return above | (np.diagonal(matrices, axis1=-2, axis2=-1) <= 0).any(axis=-1)


# What the last dimensions of an array must be together, by the support's name: how many they are, and where they fail.
STRUCTURES: Mapping[str, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    "simplex": (1, _off_simplex),
    "one_hot": (1, _off_one_hot),
    "unit_vector": (1, _off_sphere),
    "ordered": (1, _out_of_order),
    "positive_ordered": (1, _out_of_order),
    "covariance": (2, _no_covariance),
    "lower_cholesky": (2, _no_factor),
}


def off_structure(values: np.ndarray, support: Support) -> np.ndarray:
    """Which vectors or matrices in the last dimensions of finite values are not of a support's structure.

    Bool, of the shape of the dimensions before them.
    """
    dims, fails = STRUCTURES.get(support.name, (0, None))
    if fails is None or values.size == 0:
        return np.zeros(values.shape[: values.ndim - dims], dtype=bool)
    return fails(values)
