"""Predictors to take away: compiled for TorchScript, or written down by `torch.export`."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.export import archive
from bayesdsl.export.archive import Predictor
from bayesdsl.model import ir
from bayesdsl.prediction import errors
from bayesdsl.prediction.build import Built, build
from bayesdsl.prediction.trained import Trained

FORMATS = ("pt", "pt2")
# One row would be taken for the only number of rows there is.
EXAMPLE_ROWS = 3


def exported(trained: Trained, *, table: str | None = None, draws: int | None = None) -> Predictor:
    """The compiled predictor for rows of a table. Raises `BayesError` where new rows cannot be predicted."""
    return archive.compiled(_for_new_rows(trained, table, draws).module)


def save(trained: Trained, path: str | os.PathLike[str], format: str, table: str | None, draws: int | None) -> Built:
    """Write a predictor in one of the formats, and give what it was made of. Raises `BayesError`."""
    built = _for_new_rows(trained, table, draws)
    if format == "pt2":
        _save_program(built, Path(path))
    else:
        archive.compiled(built.module).save(path)
    return built


def _for_new_rows(trained: Trained, table: str | None, draws: int | None) -> Built:
    """A predictor to be fed with rows: latents of rows are drawn anew, or the rows of the fit are known by a key."""
    built = build(trained, table, draws)
    if built.program.local and built.key is None:
        latent = built.program.local[0]
        raise BayesError((errors.no_new_rows(trained.model, built.table, latent),))
    return built


def _save_program(built: Built, path: Path) -> None:
    source = built.trained.model.source
    if built.program.loops:
        reason = f"draws of {built.program.loops[0]} are accepted or refused in a loop, which torch.export has not"
        raise BayesError((errors.cannot_export(source, reason, "export it as TorchScript: --format pt"),))
    try:
        program = archive.export_program(built.module, _example(built))
    except Exception as refused:
        # Whatever stands in the way, torch says so in an exception of one of a dozen kinds.
        what = (str(refused).strip() or type(refused).__name__).splitlines()[0]
        reason = f"torch.export cannot write it down ({what})"
        hint = "export it as TorchScript: --format pt"
        raise BayesError((errors.cannot_export(source, reason, hint),)) from refused
    torch.export.save(program, os.fspath(path), extra_files={"metadata.json": built.module.about})


def _example(built: Built) -> dict[str, torch.Tensor]:
    """The columns that a program takes, for a few rows: their numbers do not matter."""
    table, sizes = built.table, built.trained.training.sizes
    example = {table: torch.full((EXAMPLE_ROWS,), 0 if built.program.local else -1)}
    for name in built.program.columns:
        column = built.trained.model.columns[name]
        dtype = torch.int64 if column.category is not None else torch.float64
        width = [sizes[ir.base_plate(plate)] for plate in column.plates[1:]]
        example[f"{table}.{name}"] = torch.zeros([EXAMPLE_ROWS, *width], dtype=dtype)
    return example
