"""The predictor of a fit: its module generated, loaded and given the posterior's draws."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

import bayesdsl
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.export.base import Base
from bayesdsl.lower.predictor import Output, PredictorProgram, lower_predictor
from bayesdsl.lower.prepared import parts
from bayesdsl.model import ir
from bayesdsl.prediction import errors
from bayesdsl.prediction.trained import Trained, table_to_predict
from bayesdsl.pysrc.printer import print_module
from bayesdsl.runtime.binding.plates import position_of
from bayesdsl.runtime.load import load

# Rows are computed in blocks of at most so many, and of at most so many numbers for each quantity.
MOST_ROWS, MOST_NUMBERS = 1000, 4_000_000


@dataclass(frozen=True, eq=False)
class Built:
    """A predictor for the rows of a table, with what it was made from. `kept` are the draws it has, of all."""

    trained: Trained
    program: PredictorProgram
    kept: np.ndarray

    @property
    def table(self) -> str:
        return self.program.table

    @cached_property
    def source(self) -> str:
        """The module as text."""
        return print_module(self.program.module).text

    @cached_property
    def module(self) -> Base:
        """The module with its draws."""
        model, program = self.trained.model, self.program
        stem = Path(model.source.name).stem.replace("-", "_")
        made = load(self.source, f"bayesdsl_{stem}_predictor")
        return made.Predictor(
            self._values(),
            table=self.table,
            count=len(self.kept),
            block_size=self._block_size(),
            levels={plate: self.trained.labels(plate) for plate in self._labelled()},
            sizes={plate: self.trained.training.sizes[plate] for plate in (*program.sizes, *self._categories())},
            places={key: self._place(*place) for key, place in program.places.items()},
            ordered={key: self._ordered(key) for key in program.ranked},
            redraws=sorted(program.plan.redraws),
            local=bool(program.local),
            key=self.key or "",
            about=json.dumps(self.about(), ensure_ascii=False),
        ).eval()

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The quantities over these rows that are left out."""
        missing = self.program.plan.missing.items()
        return tuple(errors.cannot_predict(self.trained.model, name, why, warning=True) for name, why in missing)

    def _values(self) -> dict[str, torch.Tensor]:
        values = {name: torch.tensor(self.trained.drawn(of, self.kept)) for name, of in self.program.drawn.items()}
        for name, column in self.program.given.items():
            found = self.trained.columns[column][1]
            whole = self.trained.model.columns[column].category is not None
            values[name] = torch.tensor(found, dtype=torch.int64 if whole else torch.float64)
        return values

    def _categories(self) -> list[str]:
        """The plates whose levels the rows' categories are."""
        columns = (self.trained.model.columns[name] for name in self.program.columns)
        return list(dict.fromkeys(column.category for column in columns if column.category is not None))

    @property
    def key(self) -> str | None:
        """The column by which rows of the fit are known again, where they have something of their own."""
        return self.trained.model.tables[self.table].key if self.program.plan.local else None

    def _labelled(self) -> list[str]:
        return [*self._categories(), *([self.table] if self.key is not None else [])]

    def _place(self, plate: str, label: object) -> int:
        return position_of(label, self.trained.labels(plate))

    def _ordered(self, key: str) -> torch.Tensor:
        """The numbers of the fit that ranks are taken among: ascending, a row for each column of a matrix."""
        found = self.trained.training.tables[self.table].statistics[key]
        length = max(map(len, found))
        padded = [[*values, *[float("inf")] * (length - len(values))] for values in found]
        return torch.tensor(padded if len(found) > 1 else padded[0], dtype=torch.float64)

    def _block_size(self) -> int:
        sizes = self.trained.training.sizes
        widths = [prod(sizes[ir.base_plate(p)] for p in o.dims) for o in self.program.outputs if o.over_rows]
        return max(1, min(MOST_ROWS, MOST_NUMBERS // (len(self.kept) * max(widths, default=1))))

    # What goes in and what comes out

    def about(self) -> dict[str, Any]:
        """The predictor's metadata, as plain values."""
        program, model = self.program, self.trained.model
        return {
            "format": "bayesdsl-predictor",
            "format_version": 1,
            "spec": Path(model.source.name).name,
            "table": self.table,
            "draws": len(self.kept),
            "block_size": self._block_size(),
            "numbers": list(program.numbers),
            "texts": {name: self._labels_of(name) for name in program.texts} | self._keys(),
            "columns": {f"{self.table}.{name}": self._column(name) for name in program.columns},
            "redraws": sorted(program.plan.redraws),
            "outputs": [self._output(output) for output in program.outputs],
            "bayesdsl": bayesdsl.__version__,
            "torch": torch.__version__,
        }

    def _labels_of(self, source: str) -> list[str] | None:
        """The levels that a column of text may have, None where it is only compared."""
        trained = self.trained.training.tables[self.table]
        for name in self.program.columns:
            column = self.trained.model.columns[name]
            exprs = parts(column, trained.patterns)
            if column.category is not None and isinstance(exprs[0], ir.RowName) and exprs[0].name == source:
                return self.trained.labels(column.category)
        return None

    def _keys(self) -> dict[str, list[str]]:
        return {self.key: self.trained.labels(self.table)} if self.key is not None else {}

    def _column(self, name: str) -> dict[str, Any]:
        column = self.trained.model.columns[name]
        levels = None if column.category is None else self.trained.labels(column.category)
        return {"computed": self._text(column), "support": str(column.support), "levels": levels}

    def _text(self, column: ir.Column) -> str:
        """What a column is computed from, as the spec has it."""
        source = self.trained.model.source
        if column.value is not None:
            return source.slice(column.value.span)
        if column.stack is not None:
            return f"[{', '.join(source.slice(part.span) for part in column.stack)}]"
        return f'columns("{column.pattern}")' if column.pattern is not None else column.name

    def _output(self, output: Output) -> dict[str, Any]:
        column = self.trained.model.columns.get(output.name) if output.kind == "likelihood" else None
        return {
            "name": output.name,
            "kind": output.kind,
            "unit": None if column is None else self._text(column),
            "dims": ["draw", *([self.table] if output.over_rows else []), *output.dims],
            "members": {plate: self.trained.labels(ir.base_plate(plate)) for plate in output.dims},
            "levels": None if output.category is None else self.trained.labels(output.category),
        }


def build(trained: Trained, table: str | None = None, draws: int | None = None) -> Built:
    """The predictor for a table: of all draws, or of so many.

    Raises `BayesError` where there is nothing to predict, or where nothing of it can be.
    """
    name = table_to_predict(trained.model, table)
    program = lower_predictor(trained.model, trained.training, name)
    if not program.plan.targets:
        missing = program.plan.missing.items()
        raise BayesError(tuple(errors.cannot_predict(trained.model, what, why) for what, why in missing))
    return Built(trained, program, trained.kept(draws))
