"""An aligned tensor broadcasts by name, whatever the layouts; plates that meet have dimensions of their own."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdsl.driver import compile_text
from bayesdsl.lower.layout import align, assign_dims, batch_layout, value_layout, without
from bayesdsl.pysrc import nodes as py
from bayesdsl.pysrc.printer import print_module

SIZES = {"a": 2, "b": 3, "c": 4, "d": 5}
PLATES = tuple(SIZES)


def layouts(most: int) -> list[tuple[str | None, ...]]:
    """Every layout of up to `most` dimensions, the first of which stands for a plate."""
    found = [()]
    for rank in range(1, most + 1):
        for dims in itertools.product((*PLATES[:3], None), repeat=rank):
            named = [plate for plate in dims if plate is not None]
            if dims[0] is not None and len(set(named)) == len(named):
                found.append(dims)
    return found


def tensor(layout: tuple[str | None, ...]) -> torch.Tensor:
    """A tensor whose element says which member of each plate it belongs to, in decimal places by plate."""
    total = torch.zeros([1 if plate is None else SIZES[plate] for plate in layout])
    for dim, plate in enumerate(layout):
        if plate is not None:
            shape = [-1 if i == dim else 1 for i in range(len(layout))]
            total = total + (10 ** PLATES.index(plate)) * torch.arange(SIZES[plate]).reshape(shape)
    return total


def evaluated(node: py.Expr, value: torch.Tensor) -> torch.Tensor:
    text = print_module(py.Module(None, (py.assign("result", node),))).text
    namespace = {"x": value, "torch": torch}
    exec(text, namespace)
    return namespace["result"]


PAIRS = [
    (layout, target)
    for layout in layouts(3)
    for target in layouts(4)
    if {plate for plate in layout if plate is not None} <= set(target)
]


def holds(layout: tuple[str | None, ...], target: tuple[str | None, ...]) -> None:
    found = evaluated(align(py.Name("x"), layout, target), tensor(layout))
    # Against a tensor that has every plate of the target, it must be where that one has its own.
    whole = tensor(target)
    assert found.dim() <= whole.dim()
    shape = torch.broadcast_shapes(found.shape, whole.shape)
    assert shape == whole.shape
    weights = [10 ** PLATES.index(plate) for plate in layout if plate is not None]
    digits = sum((whole // weight % 10) * weight for weight in weights) if weights else torch.zeros(whole.shape)
    assert torch.equal(found.expand(shape), digits)


def test_an_aligned_tensor_broadcasts_by_name():
    # Every layout of up to three dimensions in every target of up to four, a fifth of them: the rest under `slow`.
    for layout, target in PAIRS[::5]:
        holds(layout, target)


@pytest.mark.slow
def test_an_aligned_tensor_broadcasts_by_name_everywhere():
    for layout, target in PAIRS:
        holds(layout, target)


@given(st.lists(st.lists(st.sampled_from("pqrstu"), unique=True, min_size=1, max_size=4), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_plates_of_one_site_have_different_dimensions(sites: list[list[str]]):
    plates = sorted({plate for site in sites for plate in site})
    lines = [f"plate {plate} = 2" for plate in plates]
    lines += [f"x{i}[{', '.join(site)}] ~ Normal(0, 1)" for i, site in enumerate(sites)]
    dims = assign_dims(compile_text("\n".join(lines) + "\n").spec)
    assert set(dims) == set(plates)
    for site in sites:
        assert len({dims[plate] for plate in site}) == len(site)
        layout = batch_layout(tuple(site), dims)
        assert {plate: i - len(layout) for i, plate in enumerate(layout) if plate is not None} == {
            plate: dims[plate] for plate in site
        }
        assert value_layout(tuple(site), dims) == layout


def test_a_value_whose_plates_share_a_dimension_is_laid_out_as_written():
    assert value_layout(("a", "b"), {"a": -1, "b": -1}) == ("a", "b")
    assert value_layout(("a", "e"), {"a": -1}) == ("a", "e")
    assert without(("a", None, "b"), ("b",)) == ("a", None, None)
