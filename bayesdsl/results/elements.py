"""The scalar elements of a posterior's quantities: their order and their names.

`a` over the plate `species` has the elements `a[Adelie]`, `a[Gentoo]`, ... in the order of the plate's members, the
last plate of a matrix moving fastest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from bayesdsl.runtime.posterior import Posterior

_NEEDS_QUOTES = frozenset(",[]\"'")


def members(posterior: Posterior, plate: str, size: int) -> Sequence[Any]:
    """The `size` labels of a plate; `k'` has those of `k`, and a plate without labels is counted from 0. Numbers that
    follow each other are a range."""
    for known in (plate, plate.rstrip("'")):
        labels = posterior.coords.get(known)
        if labels is not None and len(labels) == size:
            return labels if isinstance(labels, range) else list(labels)
    return range(size)


def label_text(label: Any) -> str:
    """A label as it stands in an element's name, in quotes where it would otherwise be ambiguous or not print."""
    text = str(label)
    plain = text and text.isprintable() and text == text.strip() and not _NEEDS_QUOTES.intersection(text)
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())


def element_indices(posterior: Posterior, variable: str) -> list[tuple[Any, ...]]:
    """The labels of every element of a variable, `[()]` for a scalar."""
    sizes = posterior.draws[variable].shape[2:]
    plates = posterior.dims.get(variable, ())
    if len(plates) != len(sizes):
        plates = tuple(f"{variable}_dim_{i}" for i in range(len(sizes)))
    return list(product(*(members(posterior, plate, size) for plate, size in zip(plates, sizes, strict=True))))


def element_name(variable: str, index: tuple[Any, ...]) -> str:
    """`a[Adelie]`, `w[Adelie, 2]`, or the bare name of a scalar."""
    return f"{variable}[{', '.join(label_text(label) for label in index)}]" if index else variable


def by_element(values: np.ndarray) -> np.ndarray:
    """An array of shape (chain, draw, *dims) as float64 of shape (element, chain, draw)."""
    chains, draws = values.shape[:2]
    flat = np.asarray(values, dtype=np.float64).reshape(chains, draws, math.prod(values.shape[2:]))
    return np.ascontiguousarray(np.moveaxis(flat, -1, 0))


def constant_elements(values: np.ndarray) -> np.ndarray:
    """Which elements of an array of shape (chain, draw, *dims) are the same in every draw, up to rounding.

    A correlation's diagonal is computed as one, give or take an ulp: it is a constant all the same.
    """
    elements = by_element(values)
    if elements.shape[1] * elements.shape[2] == 0:
        return np.zeros(len(elements), dtype=bool)
    ulp = np.finfo(values.dtype if np.issubdtype(values.dtype, np.floating) else np.float64).eps
    low, high = elements.min(axis=(1, 2)), elements.max(axis=(1, 2))
    with np.errstate(invalid="ignore"):  # inf - inf
        return high - low <= 8 * ulp * np.maximum(np.abs(low), np.abs(high))
