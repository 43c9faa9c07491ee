"""Simulated data sets: tables to be fitted, the truth behind them, and both in files.

One table goes into a file beside which the truth lies (sim.csv, sim.truth.json), several into a directory
(county.csv, house.csv, truth.json). Files are written with the options that the spec reads its own source with.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.results.errors import RunError
from bayesdsl.runtime.sources.options import FORMATS, MISSING_IN_TEXT, Settings, read_options
from bayesdsl.runtime.sources.table import spell_float

if TYPE_CHECKING:
    from bayesdsl.runtime.simulation.making import Said
    from bayesdsl.runtime.simulation.simulate import Simulated

WRITTEN = ("csv", "tsv", "npz")
TRUTH = "truth.json"


@dataclass(frozen=True, eq=False)
class DataSet:
    """One simulated data set.

    `data` maps each table to its columns by the names of the source: arrays of numbers of shape (rows,), or (rows, k)
    for a matrix that the source holds as one, and arrays of texts. `truth` maps every unknown, param and derived
    quantity to its value: a float, or an array over its plates in the order of the spec's left side.
    """

    data: dict[str, dict[str, np.ndarray]]
    truth: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated data sets of a spec. `data` and `truth` are those of the first; `simulation[i]` is the one number i.

    `dims` are the plates of each value in `truth`, `coords` the members of these plates. `made_up` says of each
    predictor that was not given how it was drawn; the predictors are the same in all data sets. `warnings` are about
    what was drawn.
    """

    model: ir.Model
    seed: int
    sets: tuple[DataSet, ...]
    dims: dict[str, tuple[str, ...]]
    coords: dict[str, list[Any]]
    made_up: tuple[Said, ...]
    warnings: tuple[Diagnostic, ...]

    @classmethod
    def of(cls, model: ir.Model, seed: int, drawn: Simulated) -> Simulation:
        sets = tuple(
            DataSet(tables, {name: values.item() if values.ndim == 0 else values for name, values in truth.items()})
            for tables, truth in drawn.sets
        )
        return cls(model, seed, sets, drawn.dims, drawn.coords, drawn.said, drawn.warnings)

    @property
    def data(self) -> dict[str, dict[str, np.ndarray]]:
        return self.sets[0].data

    @property
    def truth(self) -> dict[str, Any]:
        return self.sets[0].truth

    def __len__(self) -> int:
        return len(self.sets)

    def __iter__(self) -> Iterator[DataSet]:
        return iter(self.sets)

    def __getitem__(self, number: int) -> DataSet:
        return self.sets[number]

    def save(self, target: str | os.PathLike[str], *, overwrite: bool = False) -> list[Path]:
        """Write data and truth, and give the files that hold tables.

        `target` is a file (`.csv`, `.tsv` or `.npz`) for a spec with one table, else a directory. Several data sets
        are numbered from 1. Raises `RunError` where files exist already or cannot be written.
        """
        files: dict[Path, bytes] = {}
        tables: list[Path] = []
        for number, one in enumerate(self.sets, start=1):
            paths, truth = self.places(Path(target), number)
            for table, path in paths.items():
                files[path] = encoded(self.model.tables[table], one.data[table], path)
            files[truth] = (json.dumps(self._record(one, number), indent=2) + "\n").encode()
            tables += paths.values()
        if not overwrite:
            there = [path for path in files if path.exists()]
            if there:
                raise RunError(f"{there[0]} exists already", "choose another place, or replace it with --overwrite")
        for path, content in files.items():
            _write(path, content)
        return tables

    def places(self, target: Path, number: int) -> tuple[dict[str, Path], Path]:
        """Where the tables of a data set go, and its truth. Raises `RunError` for a file that cannot hold them."""
        several = len(self.sets) > 1
        names = list(self.model.tables)
        if target.suffix.lower() in _suffixes():
            if len(names) != 1:
                tables = ", ".join(names) or "none"
                raise RunError(f"{target} is one file, and the tables are: {tables}", "name a directory")
            stem = f"{target.stem}_{number}" if several else target.stem
            return {names[0]: target.with_name(f"{stem}{target.suffix}")}, target.with_name(f"{stem}.{TRUTH}")
        if target.suffix and not target.is_dir():
            known = ", ".join(suffix for name in WRITTEN for suffix in FORMATS[name])
            raise RunError(
                f"{target} has no ending of a table's file", f"files may end in {known}; or name a directory"
            )
        end = f"_{number}" if several else ""
        data = self.sets[number - 1].data
        paths = {name: target / f"{name}{end}.{'npz' if _has_matrix(data[name]) else 'csv'}" for name in names}
        return paths, target / (f"truth{end}.json" if several else TRUTH)

    def _record(self, one: DataSet, number: int) -> dict[str, Any]:
        values = {
            name: {"plates": list(self.dims[name]), "value": np.asarray(value).tolist()}
            for name, value in one.truth.items()
        }
        record: dict[str, Any] = {"spec": Path(self.model.source.name).name, "seed": self.seed}
        if len(self.sets) > 1:
            record["draw"] = number
        used = dict.fromkeys(ir.base_plate(dim) for name in one.truth for dim in self.dims[name])
        return {**record, "truth": values, "members": {plate: self.coords[plate] for plate in used}}


def _suffixes() -> tuple[str, ...]:
    return tuple(suffix for name in WRITTEN for suffix in FORMATS[name])


def _has_matrix(columns: Mapping[str, np.ndarray]) -> bool:
    return any(values.ndim == 2 for values in columns.values())


# Tables as files


def encoded(table: ir.Table, columns: Mapping[str, np.ndarray], path: Path) -> bytes:
    """A table's file, which a spec reads in place of its source with that source's options."""
    settings = read_options(dict(table.options), table.plate)
    if path.suffix.lower() in FORMATS["npz"]:
        stream = io.BytesIO()
        np.savez(stream, **columns)
        return stream.getvalue()
    if _has_matrix(columns):
        name = next(name for name, values in columns.items() if values.ndim == 2)
        raise RunError(f"{path} cannot hold `{name}`, which is a matrix", "write an .npz file")
    tab = path.suffix.lower() in FORMATS["tsv"]
    return as_text(columns, settings, "\t" if tab else ",").encode(settings.encoding or "utf-8")


def as_text(columns: Mapping[str, np.ndarray], settings: Settings, sep: str = ",") -> str:
    """Lines of fields, a header first unless the spec gives the names."""
    names = [*(settings.header or ()), *(name for name in columns if name not in (settings.header or ()))]
    missing = (settings.missing or MISSING_IN_TEXT).words
    gap = "" if "" in missing or not missing else missing[0]
    stream = io.StringIO(newline="")
    quote = '"' if settings.quote is None else settings.quote
    writer = csv.writer(
        stream,
        delimiter=settings.sep or sep,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=None if quote else "\\",
        lineterminator="\n",
    )
    if settings.header is None:
        writer.writerow(names)
    fields = [_fields(columns[name], settings.decimal or ".", gap) for name in names]
    writer.writerows(zip(*fields, strict=True))
    return stream.getvalue()


def _fields(values: np.ndarray, decimal: str, gap: str) -> list[str]:
    """Numbers with all their digits; what is no number is missing."""
    if values.dtype.kind == "U":
        return values.tolist()
    if values.dtype.kind not in "biuf":
        return [str(value) for value in values.tolist()]
    if values.dtype.kind == "b":
        return ["true" if value else "false" for value in values.tolist()]
    texts = [gap if value != value else spell_float(value) for value in values.astype(float).tolist()]
    return texts if decimal == "." else [text.replace(".", decimal) for text in texts]


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RunError(f"{path} cannot be written: {reason}", "choose another place") from error
