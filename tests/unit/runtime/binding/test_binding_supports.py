"""Values held against supports."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import constraints

from bayesdsl.runtime.binding.supports import STRUCTURES, off_structure, violations
from bayesdsl.types import supports
from bayesdsl.types.supports import interval

VALUES = np.array([-1.0, -0.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan])

# (support, which of VALUES are outside)
BOUNDS = [
    (supports.REAL, [0, 0, 0, 0, 0, 0, 0, 1]),
    (supports.POSITIVE, [1, 1, 1, 0, 0, 0, 0, 1]),
    (supports.NONNEGATIVE, [1, 0, 0, 0, 0, 0, 0, 1]),
    (supports.UNIT, [1, 0, 0, 0, 0, 1, 1, 1]),
    (supports.OPEN_UNIT, [1, 1, 1, 0, 1, 1, 1, 1]),
    (supports.COUNT, [1, 0, 0, 1, 0, 0, 0, 1]),
    (supports.BINARY, [1, 0, 0, 1, 0, 1, 1, 1]),
    (interval(0.5, 1.0, lo_open=True), [1, 1, 1, 1, 0, 1, 1, 1]),
    (supports.SIMPLEX, [1, 0, 0, 0, 0, 1, 1, 1]),
]


@pytest.mark.parametrize(("support", "outside"), BOUNDS, ids=[row[0].name for row in BOUNDS])
def test_values_outside_the_bounds_and_what_is_no_number_are_found(support, outside):
    assert violations(VALUES, support).astype(int).tolist() == outside


VECTORS = {
    "simplex": ([[0.2, 0.8], [0.2, 0.7], [0.5, 0.5 + 1e-7]], constraints.simplex),
    "one_hot": ([[0, 1], [1, 1], [0, 0]], constraints.one_hot),
    "unit_vector": ([[0.6, 0.8], [1, 1], [0.6, 0.8000001]], None),
    "ordered": ([[1, 2], [2, 1], [1, 1]], None),
}


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_are_held_against_their_structure_as_torch_and_pyro_do(name):
    import pyro.distributions as dist

    rows, constraint = VECTORS[name]
    if constraint is None:
        constraint = {"unit_vector": dist.constraints.sphere, "ordered": dist.constraints.ordered_vector}[name]
    support = next(s for s in vars(supports).values() if getattr(s, "name", None) == name)
    wrong = off_structure(np.array(rows, dtype=float), support)
    assert (~wrong).tolist() == constraint.check(torch.tensor(rows, dtype=torch.float64)).tolist()


MATRICES = [
    ("covariance", [[2, 1], [1, 2]], True),
    ("covariance", [[1, 2], [2, 1]], False),
    ("covariance", [[2, 1], [0, 2]], False),
    ("covariance", [[0, 0], [0, 0]], False),
    ("covariance", [[1e300, 0], [0, 1e-300]], True),
    ("lower_cholesky", [[1, 0], [5, 2]], True),
    ("lower_cholesky", [[1, 1], [0, 2]], False),
    ("lower_cholesky", [[1, 0], [1, 0]], False),
]


@pytest.mark.parametrize(("name", "matrix", "sound"), MATRICES)
def test_matrices_are_held_against_their_structure(name, matrix, sound):
    support = supports.COVARIANCE if name == "covariance" else supports.LOWER_CHOLESKY
    stacked = np.array([matrix, np.eye(2)], dtype=float)
    assert off_structure(stacked, support).tolist() == [not sound, False]


def test_a_support_without_a_structure_asks_nothing_more():
    assert off_structure(np.ones((2, 3)), supports.REAL_VECTOR).tolist() == [[False] * 3] * 2
    assert set(STRUCTURES) <= {s.name for s in vars(supports).values() if isinstance(s, supports.Support)}
