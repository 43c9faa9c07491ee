"""`prediction.json`: what a run keeps of its data so that new rows can be predicted from the run alone."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from bayesdsl.lower.training import TrainedTable, Training
from bayesdsl.results.errors import RunError
from bayesdsl.results.manifest import Record

PREDICTION = "prediction.json"


class TableRecord(Record):
    """A table as it was fitted; see `lower.training.TrainedTable`."""

    rows: int = Field(ge=0)
    sources: tuple[str, ...] = Field(description="columns of the source that the spec's columns are computed from")
    texts: tuple[str, ...] = ()
    matrices: tuple[str, ...] = ()
    patterns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    orders: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    statistics: dict[str, list[list[float]]] = Field(
        default_factory=dict, description="what functions of whole columns found, by the place of the call in the spec"
    )
    numbers: tuple[int, ...] | None = None


class PredictionRecord(Record):
    """The tables of a fit, the sizes of plates and the names of their members."""

    format: str = "bayesdsl-prediction"
    format_version: int = Field(ge=1, default=1)
    tables: dict[str, TableRecord]
    sizes: dict[str, int]
    labels: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, training: Training) -> PredictionRecord:
        tables = {
            name: TableRecord(**{field: getattr(table, field) for field in TrainedTable.__slots__})
            for name, table in training.tables.items()
        }
        return cls(tables=tables, sizes=training.sizes, labels=training.labels)

    def training(self) -> Training:
        tables = {name: TrainedTable(**dict(table)) for name, table in self.tables.items()}
        return Training(tables, self.sizes, self.labels)

    def to_json(self) -> str:
        return self.model_dump_json() + "\n"


def read_training(path: Path) -> Training:
    """The facts of a file. RunError where it is none."""
    try:
        return PredictionRecord.model_validate_json(path.read_text(encoding="utf-8")).training()
    except (OSError, ValidationError) as wrong:
        raise RunError(
            f"{path} cannot be read: {wrong}", "restore the run from a copy, or run the model again"
        ) from wrong
