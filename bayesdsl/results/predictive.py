"""Predictions: for every row what the draws say of each quantity, as a table, as a file, as draws.

A table has a row for each row: the columns that tell the rows apart, then `mass_mean`, `mass_sd`, `mass_5%`,
`mass_95%` for every quantity, one set for each element of a vector (`y[a]_mean`). Of a category there is the likeliest
level (`party_mode`) and the probability of each (`party[green]_mean`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.results.elements import label_text
from bayesdsl.results.errors import RunError
from bayesdsl.runtime.posterior import Posterior

if TYPE_CHECKING:
    import xarray as xr

SUFFIXES = (".csv", ".parquet", ".nc")
TABLE_ROWS = 20
TABLE_COLUMNS = 16
GAP = "  "


@dataclass(frozen=True)
class Quantity:
    """A predicted quantity. `kind` is `"likelihood"`, `"definition"` or `"derived"`. `dims` are its plates besides the
    rows, `members` those of each; `levels` are those of a category; `over_rows` says that it has a value a row."""

    name: str
    kind: str
    dims: tuple[str, ...] = ()
    members: tuple[tuple[str, ...], ...] = ()
    levels: tuple[str, ...] | None = None
    over_rows: bool = True

    def elements(self) -> list[tuple[str, tuple[int, ...]]]:
        """The names of the elements that one row has, with their places."""
        places = product(*(range(len(members)) for members in self.members))
        return [(self._element(place), place) for place in places]

    def _element(self, place: tuple[int, ...]) -> str:
        labels = (label_text(members[i]) for members, i in zip(self.members, place, strict=True))
        return f"{self.name}[{', '.join(labels)}]" if place else self.name


@dataclass(frozen=True, eq=False)
class Figures:
    """Of shape (row, *dims), or (*dims) for what is the same for every row.

    `shares` are the probabilities of the levels of a category, of shape (row, *dims, level).
    """

    mean: np.ndarray
    sd: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    shares: np.ndarray | None = None


def figures_of(draws: np.ndarray, interval: float, levels: int | None = None) -> Figures:
    """Figures of draws, which are the first dimension. `levels` is the number of a category's."""
    tails = [(1 - interval) / 2, (1 + interval) / 2]
    lower, upper = _quantiles(draws, tails)
    sd = draws.std(axis=0, ddof=1) if len(draws) > 1 else np.full(draws.shape[1:], np.nan)
    # The mean of equal numbers can differ from them in the last digit.
    sd = np.where((draws == draws[:1]).all(axis=0) & ~np.isnan(sd), 0.0, sd)
    shares = None
    if levels is not None:
        shares = np.stack([(draws == level).mean(axis=0) for level in range(levels)], axis=-1)
    return Figures(draws.mean(axis=0), sd, lower, upper, shares)


def _quantiles(draws: np.ndarray, probabilities: list[float]) -> list[np.ndarray]:
    """As numpy's, by a partial sort of each row's draws side by side."""
    places = [probability * (len(draws) - 1) for probability in probabilities]
    ends = sorted({end for place in places for end in (int(place), min(int(place) + 1, len(draws) - 1))})
    # A copy, whatever the strides: it is sorted in place.
    beside = np.array(np.moveaxis(draws, 0, -1), order="C")
    beside.partition(ends, axis=-1)
    found = []
    for place in places:
        low, high = int(place), min(int(place) + 1, len(draws) - 1)
        with np.errstate(invalid="ignore"):  # inf - inf
            found.append(beside[..., low] + (place - low) * (beside[..., high] - beside[..., low]))
    return found


@dataclass(frozen=True, eq=False)
class Prediction:
    """What was predicted for the rows of `table`.

    `rows` are the columns that tell the rows apart, `quantities` what was predicted, `figures` what the draws say of
    each with `interval` as the probability between the bounds. `draws` are of shape (draw, row, *dims), or
    (draw, *dims) for what is the same for every row; None where they were not kept. `of_fit` says that the rows are
    those of the fit. `warnings` say what could not be predicted.
    """

    table: str
    rows: dict[str, np.ndarray]
    quantities: tuple[Quantity, ...]
    figures: dict[str, Figures]
    interval: float
    seed: int
    chains: int = 1
    of_fit: bool = False
    kept: dict[str, np.ndarray] | None = None
    warnings: tuple[Diagnostic, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.rows.values())))

    @property
    def draws(self) -> dict[str, np.ndarray]:
        """Draws by quantity. RunError where there were too many to keep."""
        if self.kept is None:
            raise RunError("the draws of these rows were not kept: there are too many", "predict fewer rows or draws")
        return self.kept

    def __getitem__(self, name: str) -> np.ndarray:
        return self.draws[name]

    def summary(self, interval: float | None = None) -> PredictionTable:
        """The table of the rows. Another interval than that of the prediction needs the draws."""
        if interval is None or interval == self.interval:
            return self._table(self.figures, self.interval)
        if not 0 < interval < 1:
            raise ValueError(f"interval must be a probability between 0 and 1, not {interval}")
        anew = {
            q.name: figures_of(self.draws[q.name], interval, None if q.levels is None else len(q.levels))
            for q in self.quantities
        }
        return self._table(anew, interval)

    def _table(self, figures: Mapping[str, Figures], interval: float) -> PredictionTable:
        columns: dict[str, np.ndarray] = dict(self.rows)
        for quantity in self.quantities:
            if quantity.over_rows:
                columns |= dict(_columns(quantity, figures[quantity.name], interval))
        beside = [q for q in self.quantities if not q.over_rows]
        same = {name: value for q in beside for name, value in _columns(q, figures[q.name], interval)}
        return PredictionTable(columns, tuple(self.rows), same)

    def to_datatree(self) -> xr.DataTree:
        """The draws in ArviZ's groups: `posterior_predictive` for the rows of the fit, `predictions` for others, with
        the rows' columns in `constant_data` or `predictions_constant_data`."""
        import xarray as xr

        from bayesdsl.results.netcdf import to_datatree

        draws, dims, coords = {}, {}, {self.table: self._row_labels()}
        for q in self.quantities:
            values = self.draws[q.name]
            chains = self.chains if len(values) % self.chains == 0 else 1
            draws[q.name] = values.reshape(chains, -1, *values.shape[1:])
            dims[q.name] = (*([self.table] if q.over_rows else []), *q.dims)
            coords |= {plate.rstrip("'"): list(members) for plate, members in zip(q.dims, q.members, strict=True)}
        posterior = Posterior("svi", "predict", draws, dims, coords, facts={"seed": self.seed})
        numeric = {n: ((self.table,), v) for n, v in self.rows.items() if v.dtype.kind in "bif" and n != self.table}
        tree = to_datatree(posterior, constant=numeric)
        group, data = ("posterior_predictive", "constant_data") if self.of_fit else _PREDICTIONS
        groups = {f"/{group}": tree["posterior"].to_dataset()}
        if numeric:
            groups[f"/{data}"] = tree["constant_data"].to_dataset()
        return xr.DataTree.from_dict(groups)

    def _row_labels(self) -> list[Any]:
        found = self.rows.get(self.table)
        return found.tolist() if found is not None else list(range(1, len(self) + 1))

    def save(self, path: str | Path) -> Path:
        """Write a file: `.csv` or `.parquet` for the table, `.nc` for all draws. Raises RunError."""
        target = Path(path)
        match target.suffix.lower():
            case ".csv":
                write = self.summary().write_csv
            case ".parquet":
                write = self.summary().write_parquet
            case ".nc":
                write = self._write_netcdf
            case suffix:
                raise RunError(
                    f"{target} cannot be written: `{suffix}` is no format of predictions",
                    f"name it {target.stem}.csv, .parquet (tables) or .nc (all draws)",
                )
        try:
            write(target)
        except OSError as refused:
            raise RunError(
                f"{target} cannot be written: {refused.strerror or refused}", "check the directory"
            ) from refused
        return target

    def _write_netcdf(self, path: Path) -> None:
        self.to_datatree().to_netcdf(path, engine="h5netcdf", format="NETCDF4")

    def __str__(self) -> str:
        return str(self.summary())


_PREDICTIONS = ("predictions", "predictions_constant_data")


def _columns(quantity: Quantity, figures: Figures, interval: float) -> Iterator[tuple[str, np.ndarray]]:
    """A quantity's columns of the table."""
    low, high = (f"{100 * tail:g}%" for tail in ((1 - interval) / 2, (1 + interval) / 2))
    lead = (slice(None),) if quantity.over_rows else ()
    for name, place in quantity.elements():
        at = (*lead, *place)
        if figures.shares is not None:
            shares = figures.shares[at]
            yield f"{name}_mode", np.asarray(quantity.levels, dtype=object)[shares.argmax(axis=-1)]
            inside = name[:-1] + ", " if place else f"{name}["
            for i, level in enumerate(quantity.levels):
                yield f"{inside}{label_text(level)}]_mean", shares[..., i]
            continue
        yield f"{name}_mean", figures.mean[at]
        yield f"{name}_sd", figures.sd[at]
        yield f"{name}_{low}", figures.lower[at]
        yield f"{name}_{high}", figures.upper[at]


@dataclass(frozen=True, eq=False)
class PredictionTable:
    """Columns by name, one value for each row. `told_apart_by` are those that were given; `same` are figures of
    quantities that are the same for every row."""

    columns: dict[str, np.ndarray]
    told_apart_by: tuple[str, ...]
    same: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name] if name in self.columns else self.same[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def write_csv(self, path: Path) -> None:
        """A table of text, numbers in as many digits as tell them apart."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows(zip(*(values.tolist() for values in self.columns.values()), strict=True))

    def write_parquet(self, path: Path) -> None:
        """A Parquet file, by pyarrow or polars. RunError where neither is installed."""
        columns = {name: values.tolist() for name, values in self.columns.items()}
        try:
            import pyarrow
            import pyarrow.parquet

            pyarrow.parquet.write_table(pyarrow.table(columns), path)
        except ImportError:
            try:
                import polars
            except ImportError:
                message = "a Parquet file needs pyarrow or polars, and neither is installed"
                raise RunError(message, "pip install 'bayesdsl[parquet]', or write a .csv") from None
            polars.DataFrame(columns).write_parquet(path)

    def to_pandas(self) -> Any:
        """A frame. Needs pandas."""
        import pandas as pd

        return pd.DataFrame(self.columns)

    def __str__(self) -> str:
        """The first rows of the first columns, side by side."""
        names = list(self.columns)[: len(self.told_apart_by) + TABLE_COLUMNS]
        shown = {name: self.columns[name][:TABLE_ROWS] for name in names}
        cells = [[name, *map(_spelled, values.tolist())] for name, values in shown.items()]
        widths = [max(map(len, column)) for column in cells]
        lines = [
            GAP.join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
            for row in zip(*cells, strict=True)
        ]
        if len(self) > TABLE_ROWS:
            lines.append(f"  .. {len(self) - TABLE_ROWS:,} more rows")
        if len(self.columns) > len(names):
            lines.append(f"  .. {len(self.columns) - len(names):,} more columns, which a file has")
        return "\n".join(lines)


def _spelled(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
