"""Running a predictor on rows, block by block, so that only what is kept is in memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bayesdsl.lower.predictor import Output
from bayesdsl.model import ir
from bayesdsl.prediction.build import Built, build
from bayesdsl.prediction.rows import rows_to_predict
from bayesdsl.prediction.trained import Trained
from bayesdsl.results.predictive import Figures, Prediction, Quantity, figures_of

# Draws are kept up to so many numbers: 2 GB of them.
MOST_KEPT = 250_000_000


def predict(
    trained: Trained,
    data: object | None = None,
    *,
    grid: Mapping[str, Any] | None = None,
    at: Mapping[str, Any] | None = None,
    table: str | None = None,
    seed: int = 0,
    interval: float = 0.9,
    draws: int | None = None,
    base_dir: Path | str = "",
    keep: bool = True,
) -> Prediction:
    """Predictions for rows: of `data` (a path, a frame, a dict of columns), of a `grid` with columns fixed by `at`, or
    of the fit.

    `table` is the one whose rows they are, needed where there are several; data may also be given under its name.
    `draws` uses so many of the posterior's, evenly spread. `keep` False keeps figures alone. The same seed gives the
    same numbers. Raises `BayesError`.
    """
    if not 0 < interval < 1:
        raise ValueError(f"interval must be a probability between 0 and 1, not {interval}")
    if isinstance(data, Mapping) and len(data) == 1:
        table, data = _by_table(trained, table, data)
    built = build(trained, table, draws)
    rows = rows_to_predict(built, data, grid, at, Path(base_dir))
    quantities = tuple(_quantity(trained, output) for output in built.program.outputs)
    widest = sum(prod(map(len, q.members)) for q in quantities if q.over_rows)
    keep = keep and len(built.kept) * rows.count * widest <= MOST_KEPT
    figures, drawn = _blocks(built, rows.numbers, rows.texts, quantities, seed, interval, keep)
    everything = len(built.kept) == trained.count
    return Prediction(
        table=built.table,
        rows=rows.identity,
        quantities=quantities,
        figures=figures,
        interval=interval,
        seed=seed,
        chains=trained.posterior.chains if everything else 1,
        of_fit=rows.of_fit,
        kept=drawn if keep else None,
        warnings=built.warnings,
    )


def _by_table(trained: Trained, table: str | None, data: Mapping[str, Any]) -> tuple[str | None, Any]:
    """The table and its data, where they are given as a fit takes them: `{"house": frame}`."""
    ((name, inside),) = data.items()
    whole = isinstance(inside, Mapping | str | os.PathLike) or hasattr(inside, "columns")
    return (name, inside) if name in trained.model.tables and whole else (table, data)


def _quantity(trained: Trained, output: Output) -> Quantity:
    members = tuple(tuple(trained.labels(ir.base_plate(plate))) for plate in output.dims)
    levels = None if output.category is None else tuple(trained.labels(output.category))
    return Quantity(output.name, output.kind, output.dims, members, levels, output.over_rows)


def _blocks(
    built: Built,
    numbers: dict[str, torch.Tensor],
    texts: dict[str, list[str]],
    quantities: tuple[Quantity, ...],
    seed: int,
    interval: float,
    keep: bool,
) -> tuple[dict[str, Figures], dict[str, np.ndarray]]:
    """Figures of every quantity, and the draws where they are kept."""
    module = built.module
    # Rows were held against the spec already.
    module.checks = False
    parts: dict[str, list[Figures]] = {q.name: [] for q in quantities}
    drawn: dict[str, list[np.ndarray]] = {q.name: [] for q in quantities}
    levels = {q.name: None if q.levels is None else len(q.levels) for q in quantities}
    with torch.no_grad():
        columns, fresh = module.prepare(numbers, texts)
        count = len(columns[built.table])
        for number in range(-(-count // module.block_size)):
            for name, value in module.draw_block(columns, fresh, seed, number).items():
                values = value.numpy()
                parts[name].append(figures_of(values, interval, levels[name]))
                if keep:
                    drawn[name].append(values)
        same = {name: value.numpy() for name, value in module.constants().items()}
    module.checks = True
    figures = {name: _joined(blocks) for name, blocks in parts.items() if blocks}
    figures |= {name: figures_of(values, interval) for name, values in same.items()}
    whole = {name: np.concatenate(blocks, axis=1) for name, blocks in drawn.items() if blocks}
    return figures, whole | same


def _joined(blocks: list[Figures]) -> Figures:
    """The figures of rows that were computed in blocks."""

    def join(name: str) -> np.ndarray:
        return np.concatenate([getattr(block, name) for block in blocks])

    shares = None if blocks[0].shares is None else join("shares")
    return Figures(join("mean"), join("sd"), join("lower"), join("upper"), shares)
