"""What a posterior says of each quantity, a row a scalar element."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdsl.results.convergence import FEWEST_DRAWS, chain_figures
from bayesdsl.results.elements import by_element, constant_elements, element_indices, element_name
from bayesdsl.runtime.posterior import Posterior

if TYPE_CHECKING:
    import pandas as pd

# The tails whose effective sample size is reported are those of Vehtari et al. (2021), whatever the interval shown.
_TAILS = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Row:
    """One scalar element of one quantity, in the quantity's own units.

    `name` is `a[Adelie]`, `variable` is `a`, `index` the labels as text. `lower` and `upper` bound the equal-tailed
    interval of the summary. `estimate` and `std_error` are a point's. What does not apply is None; what is not finite
    in the draws stays so here.
    """

    name: str
    variable: str
    index: tuple[str, ...] = ()
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    lower: float | None = None
    upper: float | None = None
    ess_bulk: float | None = None
    ess_tail: float | None = None
    rhat: float | None = None
    mcse_mean: float | None = None
    estimate: float | None = None
    std_error: float | None = None


FIGURES = tuple(field.name for field in fields(Row) if field.name not in ("name", "variable", "index"))


@dataclass(frozen=True)
class Summary:
    """Rows in the order of the spec. `kind` is the posterior's; `interval` is the probability between the bounds."""

    kind: str
    engine: str
    interval: float
    chains: int
    draws: int
    rows: tuple[Row, ...]

    @property
    def tails(self) -> tuple[float, float]:
        """The probabilities at which the interval's bounds stand."""
        return (1 - self.interval) / 2, (1 + self.interval) / 2

    @cached_property
    def _by_name(self) -> dict[str, Row]:
        return {row.name: row for row in self.rows}

    def __getitem__(self, name: str) -> Row:
        """The row of an element, as `summary["a[Adelie]"]`; blanks do not matter. KeyError says what there is."""
        row = self._by_name.get(name) or next((r for r in self.rows if _squeezed(r.name) == _squeezed(name)), None)
        if row is None:
            raise KeyError(_unknown_name(name, self._by_name))
        return row

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON: figures that are not finite are None."""
        head = {"kind": self.kind, "engine": self.engine, "interval": self.interval}
        head |= {"chains": self.chains, "draws": self.draws}
        return head | {"rows": [_plain(row) for row in self.rows]}

    def to_json(self, indent: int | None = 1) -> str:
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Summary:
        """The reverse of `to_dict`."""
        rows = tuple(Row(**{**row, "index": tuple(row["index"])}) for row in values["rows"])
        return cls(**{**values, "rows": rows})

    def to_pandas(self) -> pd.DataFrame:
        """A frame indexed by name, with the columns that apply to this kind of posterior. Needs pandas."""
        try:
            import pandas as pd
        except ImportError as missing:
            raise ImportError("Summary.to_pandas needs pandas, which is not installed: pip install pandas") from missing
        frame = pd.DataFrame([asdict(row) for row in self.rows]).drop(columns=["index"], errors="ignore")
        if frame.empty:
            return frame
        unused = [name for name in FIGURES if frame[name].isna().all()]
        figures = [name for name in FIGURES if name not in unused]
        return frame.drop(columns=unused).set_index("name").astype(dict.fromkeys(figures, float))

    def __str__(self) -> str:
        from bayesdsl.results.table import text_table

        return text_table(self)

    def _repr_html_(self) -> str:
        from bayesdsl.results.table import html_table

        return html_table(self)


def summarise(posterior: Posterior, interval: float = 0.9) -> Summary:
    """Mean, spread and equal-tailed interval of every element, and how far the draws are to be trusted.

    Chains get rank-normalised R-hat, bulk and tail effective sample sizes (Vehtari et al. 2021) and the mean's Monte
    Carlo error. Draws from a guide are independent, so they get the Monte Carlo error alone; a point gets its
    estimate and, where the engine gives them in `facts["std_errors"]`, standard errors. ValueError where `interval` is
    not between 0 and 1.
    """
    if not 0 < interval < 1:
        raise ValueError(f"interval must be a probability between 0 and 1, not {interval}")
    rows_of = _point_rows if posterior.kind == "point" else _draw_rows
    rows = tuple(row for variable in posterior.draws for row in rows_of(posterior, variable, interval))
    return Summary(
        kind=posterior.kind,
        engine=posterior.engine,
        interval=float(interval),
        chains=posterior.chains,
        draws=posterior.draws_per_chain,
        rows=rows,
    )


def _point_rows(posterior: Posterior, variable: str, _: float) -> list[Row]:
    values = posterior.draws[variable]
    if values.size == 0:
        return []
    estimates = by_element(values)[:, 0, 0]
    errors = _standard_errors(posterior, variable, len(estimates))
    return [
        Row(**_names(variable, index), estimate=float(estimate), std_error=error)
        for index, estimate, error in zip(element_indices(posterior, variable), estimates, errors, strict=True)
    ]


def _standard_errors(posterior: Posterior, variable: str, size: int) -> list[float | None]:
    """The engine's standard errors of a variable, None where it could not give one."""
    given = (posterior.facts.get("std_errors") or {}).get(variable)
    errors = np.array([] if given is None else given, dtype=np.float64).ravel()
    if errors.size != size:
        return [None] * size
    return [float(error) if isfinite(error) else None for error in errors]


def _draw_rows(posterior: Posterior, variable: str, interval: float) -> list[Row]:
    values = posterior.draws[variable]
    indices = element_indices(posterior, variable)
    if values.size == 0:
        return [Row(**_names(variable, index)) for index in indices]
    elements, constant = by_element(values), constant_elements(values)
    columns = _location_and_spread(elements, constant, interval)
    columns |= _monte_carlo(elements, constant, independent=posterior.kind != "mcmc")
    return [
        Row(**_names(variable, index), **{name: _number(column[i]) for name, column in columns.items()})
        for i, index in enumerate(indices)
    ]


def _location_and_spread(elements: np.ndarray, constant: np.ndarray, interval: float) -> dict[str, np.ndarray]:
    """Mean, sd, median and bounds of each of (element, chain, draw)."""
    pooled = elements.reshape(len(elements), -1)
    tails = [0.5, (1 - interval) / 2, (1 + interval) / 2]
    with np.errstate(all="ignore"):  # draws that are not finite are reported by the verdict
        median, lower, upper = np.quantile(pooled, tails, axis=1)
        sd = pooled.std(axis=1, ddof=1) if pooled.shape[1] > 1 else np.full(len(pooled), np.nan)
        mean = pooled.mean(axis=1)
    # The mean of equal numbers can differ from them in the last digit.
    mean, sd = np.where(constant, pooled[:, 0], mean), np.where(constant, 0.0, sd)
    if pooled.shape[1] == 1:
        sd = np.full(len(pooled), None)
    return {"mean": mean, "sd": sd, "median": median, "lower": lower, "upper": upper}


def _monte_carlo(elements: np.ndarray, constant: np.ndarray, independent: bool) -> dict[str, np.ndarray]:
    """R-hat, effective sample sizes and the mean's Monte Carlo error, None where they say nothing."""
    names = ("mcse_mean",) if independent else ("ess_bulk", "ess_tail", "rhat", "mcse_mean")
    columns = {name: np.full(len(elements), None, dtype=object) for name in names}
    _, chains, draws = elements.shape
    varying = np.isfinite(elements).all(axis=(1, 2)) & ~constant
    if draws < FEWEST_DRAWS or not varying.any():
        return columns
    moving = elements[varying]
    if independent:
        figures = {"mcse_mean": moving.std(axis=(1, 2), ddof=1) / np.sqrt(chains * draws)}
    else:
        figures = chain_figures(moving, _TAILS)
    for name, values in figures.items():
        columns[name][varying] = values
    return columns


def _names(variable: str, index: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "name": element_name(variable, index),
        "variable": variable,
        "index": tuple(str(label) for label in index),
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _plain(row: Row) -> dict[str, Any]:
    values = asdict(row)
    values["index"] = list(row.index)
    for name in FIGURES:
        if values[name] is not None and not isfinite(values[name]):
            values[name] = None
    return values


def _squeezed(name: str) -> str:
    return "".join(name.split())


def _unknown_name(name: str, known: dict[str, Row]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(name), known, n=3, cutoff=0.5) or list(known)[:3]
    return f"no quantity is called {name!r}; did you mean {' or '.join(repr(n) for n in near)}?" if near else name
