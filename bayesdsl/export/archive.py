"""Predictors as files: TorchScript archives, and programs of `torch.export`.

A predictor is a program. Loading one runs code that is in the file: load those alone whose origin is known.
"""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bayesdsl.export import errors
from bayesdsl.export.base import Base
from bayesdsl.runtime.sources.table import RawColumn

Columns = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Predictor:
    """A compiled predictor. Columns are given by name: numbers as arrays, texts as lists of str.

    The same seed gives the same numbers, here, from C++ and from `predict`. Rows are not held against the spec as
    `predict` does it: a value outside a column's type gives an answer all the same.
    """

    module: Any

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """What goes in and what comes out: columns, levels, quantities with their dimensions and units."""
        return json.loads(self.module.metadata())

    def draws(self, columns: Columns, *, seed: int = 0) -> dict[str, np.ndarray]:
        """Draws by quantity, of shape (draw, row, ..), or (draw, ..) for what is the same for every row."""
        return _arrays(self.module.draws(*self._split(columns), seed))

    def mean(self, columns: Columns, *, seed: int = 0) -> dict[str, np.ndarray]:
        """Means over the draws, of shape (row, ..)."""
        return _arrays(self.module.mean(*self._split(columns), seed))

    def quantiles(
        self, columns: Columns, probabilities: Sequence[float] = (0.05, 0.95), *, seed: int = 0
    ) -> dict[str, np.ndarray]:
        """Quantiles over the draws, of shape (probability, row, ..)."""
        return _arrays(self.module.quantiles(*self._split(columns), [float(p) for p in probabilities], seed))

    def _split(self, columns: Columns) -> tuple[dict[str, torch.Tensor], dict[str, list[str]]]:
        return split(columns, frozenset(self.metadata["texts"]))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a TorchScript archive, which Python and C++ load."""
        target = Path(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.jit.save(self.module, os.fspath(target))
        return target


def compiled(module: Base) -> Predictor:
    """A generated module, compiled."""
    with warnings.catch_warnings():
        # TorchScript announces its end at every use; `.pt2` is there for when it comes.
        warnings.simplefilter("ignore", DeprecationWarning)
        return Predictor(torch.jit.script(module))


def load_predictor(path: str | os.PathLike[str]) -> Predictor:
    """Load a predictor that was saved. It is a program: load those alone whose origin is known.

    Raises `BayesError`.
    """
    target = Path(path)
    if not target.is_file():
        raise errors.not_a_predictor(path, "there is no such file")
    if not zipfile.is_zipfile(target):
        raise errors.not_a_predictor(path, "it is no archive of torch")
    if target.suffix == ".pt2":
        raise errors.not_a_predictor(path, "it is a program of torch.export: load it with torch.export.load")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            module = torch.jit.load(os.fspath(target), map_location="cpu")
        about = json.loads(module.metadata())
    except (RuntimeError, AttributeError, ValueError) as wrong:
        raise errors.not_a_predictor(path, str(wrong).strip().splitlines()[0]) from wrong
    if about.get("format") != "bayesdsl-predictor":
        raise errors.not_a_predictor(path, "its metadata are those of something else")
    return Predictor(module)


def split(
    columns: Columns, labels: frozenset[str] = frozenset()
) -> tuple[dict[str, torch.Tensor], dict[str, list[str]]]:
    """Columns as a module takes them: numbers and texts apart. `labels` are texts though they may look like numbers.

    Raises `BayesError`.
    """
    numbers: dict[str, torch.Tensor] = {}
    texts: dict[str, list[str]] = {}
    for name, column in columns.items():
        if isinstance(column, torch.Tensor):
            numbers[name] = column
            continue
        array = _array(name, column)
        if array.ndim not in (1, 2):
            what = "has more than two dimensions" if array.ndim else "is a single value, not one for each row"
            raise errors.bad_column(name, what)
        if name in labels and array.dtype.kind in "biuf":
            texts[name] = RawColumn(name, _plain(array)).as_text().tolist()
        elif array.dtype.kind in "biuf":
            whole = array.dtype.kind in "iu" and "." in name
            numbers[name] = torch.tensor(array, dtype=torch.int64 if whole else torch.float64)
        elif all(isinstance(value, str) for value in column):
            texts[name] = list(column)
        else:
            raise errors.bad_column(name, "is neither numbers nor texts")
    return numbers, texts


def _array(name: str, column: Any) -> np.ndarray:
    try:
        return np.asarray(column)
    except ValueError as ragged:
        raise errors.bad_column(name, "has rows of different lengths") from ragged


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype({"b": np.bool_, "f": np.float64}.get(array.dtype.kind, np.int64))


def _arrays(found: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in found.items()}


# torch.export


class _Exportable(torch.nn.Module):
    """The part of a predictor that `torch.export` can write down: one pass over all rows, for columns of the spec and
    positions of levels, with torch's own random numbers."""

    def __init__(self, module: Base) -> None:
        super().__init__()
        self.module = module
        self.plates = list(module.sizes)

    def forward(self, columns: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        table = self.module.table
        made = self.module.columns(columns, {}, {})
        made[table] = columns[table]
        drawn = self.module.block(made, dict.fromkeys(self.plates, 0), None, 0, 0)
        return {**drawn, **self.module.constants()}


def export_program(module: Base, example: dict[str, torch.Tensor]) -> Any:
    """A program of `torch.export` for any number of rows; `example` has the columns that it takes, of a few rows.

    Raises what torch raises where it cannot write the module down.
    """
    rows = torch.export.Dim("rows", min=1)
    module.checks = False
    try:
        dynamic = {name: {0: rows} for name in example}
        return torch.export.export(_Exportable(module), (example,), dynamic_shapes=(dynamic,))
    finally:
        module.checks = True
