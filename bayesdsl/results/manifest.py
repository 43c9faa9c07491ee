"""The records of a run, as JSON with a published schema: `manifest.json` and `summary.json`."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from bayesdsl.results.summary import Row, Summary
from bayesdsl.results.verdict import Verdict
from bayesdsl.results.versions import version_of

FORMAT_VERSION = 1

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


def _iso(time: datetime) -> str:
    """UTC to the millisecond, `2026-01-02T15:04:05.123Z`."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[AwareDatetime, PlainSerializer(_iso, return_type=str, when_used="json")]


class Record(BaseModel):
    """Records do not change and hold nothing that the schema does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class EnvironmentRecord(Record):
    """What the run was made with. A library that is not installed has the version `unknown`."""

    bayesdsl: str
    python: str
    torch: str
    pyro: str
    numpy: str
    platform: str = Field(description="operating system and machine, as Python's platform module words it")

    @classmethod
    def current(cls) -> EnvironmentRecord:
        """This process's, without importing the libraries."""
        return cls(
            bayesdsl=version_of("bayesdsl"),
            python=platform.python_version(),
            torch=version_of("torch"),
            pyro=version_of("pyro-ppl"),
            numpy=version_of("numpy"),
            platform=platform.platform(terse=True) + f"-{platform.machine()}",
        )


class DataRecord(Record):
    """The data of one plate. `source` is None for a table written in the spec."""

    plate: str
    source: str | None
    sha256: Sha256 = Field(description="of the file's bytes, or of the values where there is no file")
    rows: int = Field(ge=0, description="rows that the model saw")
    rows_dropped: int = Field(ge=0, default=0, description="rows that `where` or `missing drop` left out")


class CarriedRecord(Record):
    """A latent whose prior is from an earlier run."""

    name: str
    copies: int | None = Field(default=None, description="of its copies those that the run had; null for all")


class PriorRecord(Record):
    """The earlier run whose posterior was the prior. `run` is null for a fit that was not written."""

    run: str | None = Field(description="its directory, as it was given")
    manifest_sha256: Sha256 | None = None
    draws_sha256: Sha256 | None = None
    density: str = Field(description="the family that was fitted to its draws: conditional or low-rank")
    numbers: int = Field(ge=1, description="unconstrained numbers that the density is of")
    draws: int = Field(ge=1)
    effective_draws: float = Field(gt=0)
    latents: tuple[CarriedRecord, ...]
    notes: tuple[str, ...] = Field(default=(), description="what was not carried, in words")


class FindingRecord(Record):
    kind: str
    serious: bool
    parameter: str | None
    message: str
    advice: str


class VerdictRecord(Record):
    ok: bool
    sentence: str
    findings: tuple[FindingRecord, ...] = ()

    @classmethod
    def of(cls, verdict: Verdict) -> VerdictRecord:
        return cls.model_validate(verdict.to_dict())

    def verdict(self) -> Verdict:
        return Verdict.from_dict(self.model_dump())


class FileRecord(Record):
    """A file of the run, so that damage is noticed."""

    sha256: Sha256
    bytes: int = Field(ge=0)


class Manifest(Record):
    """What was run, on what, with what, and how it went. `files` is filled in by `rundir.write_run`."""

    format: Literal["bayesdsl-run"] = "bayesdsl-run"
    format_version: Literal[1] = FORMAT_VERSION
    spec: str = Field(description="name of the spec's file")
    spec_sha256: Sha256
    inference: str = Field(description="name of the `infer` statement")
    engine: str
    settings: dict[str, Any] = Field(default_factory=dict, description="every setting, as resolved")
    machinery: str = Field(default="", description="what did the work: `compiled`, Pyro and why, or a device")
    seed: int
    threads: int = Field(ge=1)
    dtype: str = Field(description="of reals, such as float64")
    data: tuple[DataRecord, ...] = ()
    prior: PriorRecord | None = Field(default=None, description="the earlier run that priors are from")
    environment: EnvironmentRecord = Field(default_factory=EnvironmentRecord.current)
    started: Time
    finished: Time
    elapsed_seconds: float = Field(ge=0)
    interrupted: bool = False
    verdict: VerdictRecord
    files: dict[str, FileRecord] = Field(default_factory=dict)

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"


class SummaryRecord(Record):
    """`summary.json`: a row for every scalar element. `interval` is the probability between lower and upper."""

    kind: Literal["mcmc", "svi", "point"]
    engine: str
    interval: float = Field(gt=0, lt=1)
    chains: int = Field(ge=0)
    draws: int = Field(ge=0)
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, summary: Summary) -> SummaryRecord:
        return cls.model_validate(summary.to_dict())

    def summary(self) -> Summary:
        return Summary(**dict(self))

    def to_json(self) -> str:
        return self.model_dump_json(indent=1) + "\n"


RECORDS: dict[str, type[Record]] = {"manifest": Manifest, "summary": SummaryRecord}


def json_schema(record: str = "manifest") -> dict[str, Any]:
    """The JSON schema of a record, `manifest` or `summary`, as it is written."""
    schema = RECORDS[record].model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def fingerprint(content: bytes | str | Path | Iterable[bytes]) -> str:
    """The SHA-256 of some bytes, of a text as UTF-8, of a file, or of pieces one after the other, in hex."""
    digest = hashlib.sha256()
    for piece in _pieces(content):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(content: bytes | str | Path | Iterable[bytes]) -> Iterator[bytes]:
    match content:
        case bytes():
            yield content
        case str():
            yield content.encode()
        case Path():
            with content.open("rb") as file:
                while piece := file.read(1 << 20):
                    yield piece
        case _:
            yield from content
