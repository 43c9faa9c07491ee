"""Values of sites, laid out as the spec has them."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdsl.runtime.bound import Variable
from bayesdsl.runtime.engines.collect import arranged, members

COORDS = {"house": [1, 2, 3], "county": ["a", "b"], "k": ["x", "y", "z", "w"]}


def numbered(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=float).reshape(shape)


@pytest.mark.parametrize(
    ("dims", "layout", "site", "expected"),
    [
        ((), (), (), ()),
        (("house",), ("house",), (3,), (3,)),
        (("county",), ("county", None), (2, 1), (2,)),
        (("county", "house"), ("county", "house"), (2, 3), (2, 3)),
        (("house", "county"), ("county", "house"), (2, 3), (3, 2)),
        (("house", "k"), ("house", None, "k"), (3, 1, 4), (3, 4)),
        (("k", "k'"), ("k", "k'"), (4, 4), (4, 4)),
        (("house",), (None, "house"), (3,), (3,)),  # leading dimensions of size one may be left out
        (("house",), ("house",), (1, 3), (3,)),  # or be too many
        (("house",), ("house",), (), (3,)),  # what does not differ between members is repeated
    ],
)
def test_dims_are_those_of_the_spec(
    dims: tuple[str, ...], layout: tuple[str | None, ...], site: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    found = arranged(Variable("v", "latent", dims, layout), numbered(2, 5, *site), COORDS)
    assert found.shape == (2, 5, *expected)
    assert found.flags.c_contiguous


def test_members_keep_their_values_when_dims_change_places() -> None:
    values = numbered(1, 1, 2, 3)
    found = arranged(Variable("v", "latent", ("house", "county"), ("county", "house")), values, COORDS)
    assert np.array_equal(found[0, 0], values[0, 0].T)


def test_a_single_value_has_no_dims() -> None:
    assert arranged(Variable("v", "latent", (), ()), np.array(3.0), COORDS, lead=0).shape == ()


def test_a_shape_that_is_not_the_layouts_is_told() -> None:
    with pytest.raises(ValueError, match=r"v has shape \(4,\)"):
        arranged(Variable("v", "latent", ("house",), ("house",)), numbered(1, 1, 4), COORDS)


def test_a_second_side_of_a_matrix_has_the_same_members() -> None:
    assert members("k'", COORDS) == COORDS["k"]
