"""The directory of a run: written whole or not at all.

    penguins-nuts-20260102-150405/
        model.bayes     the spec
        model.py        the program that ran
        draws.nc        the draws, the sampler's record, the losses, the observed data
        summary.json    a row for every scalar element
        manifest.json   what was run, on what, with what, and the other files' fingerprints

Everything is written into a sibling, `.NAME.partial-PID`, every file is flushed to the disk, and the sibling is then
renamed. A crash leaves the sibling, which `open_run` refuses and `write_run` reports but does not touch, as it may
hold draws that somebody wants. `manifest.json` comes last, so a directory without it is not a run.

A run that is overwritten is renamed out of the way (`.NAME.replaced-PID`) before the new one is renamed in, and back
if that fails. A machine that dies between the two leaves both whole and neither under its name; both are reported.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from bayesdsl.results.errors import RunError
from bayesdsl.results.manifest import FORMAT_VERSION, FileRecord, Manifest, SummaryRecord, fingerprint
from bayesdsl.results.netcdf import Arrays, Stored, read_netcdf, write_netcdf
from bayesdsl.results.summary import Summary, summarise
from bayesdsl.results.verdict import Verdict
from bayesdsl.runtime.posterior import Posterior

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE, PROGRAM, DRAWS, SUMMARY, MANIFEST = "model.bayes", "model.py", "draws.nc", "summary.json", "manifest.json"
FILES = (SOURCE, PROGRAM, DRAWS, SUMMARY, MANIFEST)
RUNS = Path("runs")

Writer = Callable[[Path], None]


@dataclass(frozen=True)
class Written:
    """Where a run was written. `stale` are directories that earlier, crashed writes of the same name left behind."""

    directory: Path
    stale: tuple[Path, ...] = ()


def default_run_name(spec_stem: str, inference_name: str, now: datetime) -> str:
    """`runs/penguins-nuts-20260102-150405`, with what a file system might not take replaced."""
    parts = [re.sub(r"[^\w.-]+", "_", part).strip("._") or "run" for part in (spec_stem, inference_name)]
    return (RUNS / f"{parts[0]}-{parts[1]}-{now:%Y%m%d-%H%M%S}").as_posix()


def unused(directory: Path | str) -> Path:
    """The directory, or with -2, -3, .. after its name where there is one already: for names that nobody chose."""
    directory = Path(directory)
    candidate, number = directory, 2
    while os.path.lexists(candidate):
        candidate, number = directory.with_name(f"{directory.name}-{number}"), number + 1
    return candidate


def check_target(directory: Path | str, overwrite: bool = False) -> Path:
    """Where a run would be written, symbolic links followed. RunError where it may not be.

    To be asked before a long run as well as by `write_run` after it. An existing directory must be empty, or, with
    `overwrite`, a run: nothing else is ever replaced.
    """
    target = Path(os.path.realpath(directory))
    if _partial_of(target.name):
        raise RunError(f"{directory} is the name of an unfinished run", "choose another name")
    if not os.path.lexists(target):
        return target
    if not target.is_dir():
        raise RunError(f"{directory} is a file, and a run needs a directory", "choose another name")
    if not any(target.iterdir()):
        return target
    if not overwrite:
        raise RunError(f"{directory} exists and is not empty", "choose another name, or overwrite it")
    if not _is_run(target):
        raise RunError(
            f"{directory} is not a run, so it is not overwritten", "choose another name, or empty it yourself"
        )
    return target


def write_run(
    directory: Path | str,
    *,
    source: str,
    program: str,
    manifest: Manifest,
    posterior: Posterior,
    summary: Summary,
    observed: Arrays | None = None,
    constant: Arrays | None = None,
    extra: Mapping[str, str | bytes] | None = None,
    overwrite: bool = False,
) -> Written:
    """Write a run in one step. RunError where the target may not be written or the disk refuses.

    `observed` and `constant` go into the file of the draws (see `netcdf.to_datatree`); `extra` are further files by
    name. Parent directories are made. What a failed write got done stays in the partial directory that the error names.
    """
    writers: dict[str, Writer] = {
        DRAWS: lambda path: write_netcdf(path, posterior, observed, constant),
        SOURCE: _bytes(source),
        PROGRAM: _bytes(program),
        SUMMARY: _bytes(SummaryRecord.of(summary).to_json()),
        **{name: _bytes(content) for name, content in (extra or {}).items()},
        MANIFEST: lambda path: _bytes(_with_files(manifest, path.parent).to_json())(path),
    }
    return write_directory(directory, writers, overwrite)


def write_directory(directory: Path | str, writers: Mapping[str, Writer], overwrite: bool = False) -> Written:
    """Make a directory of files, each written by a function of its path, so that it appears whole or not at all."""
    target = check_target(directory, overwrite)
    stale = stale_partials(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = _new_partial(target)
    except OSError as refused:
        raise RunError(f"cannot write to {target.parent}: {refused.strerror}", "choose another directory") from refused
    with _kept_on_failure(partial):
        for name, write in writers.items():
            write(partial / name)
            _flush(partial / name)
        _flush(partial)
        _swap_in(partial, target, overwrite)
    _flush(target.parent)
    return Written(Path(directory), stale)


def stale_partials(directory: Path | str) -> tuple[Path, ...]:
    """What unfinished writes of this run left beside it (or are still writing)."""
    target = Path(os.path.realpath(directory))
    if not target.parent.is_dir():
        return ()
    return tuple(sorted(path for path in target.parent.iterdir() if _partial_of(path.name) == target.name))


# Reading


@dataclass(frozen=True)
class Run:
    """A run that was written. Files are read when they are asked for, and checked against the manifest then."""

    directory: Path
    manifest: Manifest

    @cached_property
    def stored(self) -> Stored:
        """Draws and data."""
        return read_netcdf(self._checked(DRAWS))

    @property
    def posterior(self) -> Posterior:
        return self.stored.posterior

    @cached_property
    def source(self) -> str:
        """The spec's text."""
        return self._checked(SOURCE).read_bytes().decode("utf-8")

    @cached_property
    def program(self) -> str:
        """The text of the program that ran."""
        return self._checked(PROGRAM).read_bytes().decode("utf-8")

    @property
    def verdict(self) -> Verdict:
        return self.manifest.verdict.verdict()

    def summary(self, interval: float | None = None) -> Summary:
        """The summary as written, or made anew from the draws for another interval."""
        return self._written_summary if interval is None else summarise(self.posterior, interval)

    def report(self, path: Path | str | None = None) -> Path:
        """Write a page of HTML that shows the run, `report.html` in its directory by default, and give its path.

        Raises RunError where a file of the run is damaged, BayesError where the page cannot be drawn or written.
        """
        from bayesdsl.results.report.material import Material
        from bayesdsl.results.report.page import FILE, write_page

        return write_page(Material.of_run(self), self.directory / FILE if path is None else path)

    @cached_property
    def _written_summary(self) -> Summary:
        text = self._checked(SUMMARY).read_text(encoding="utf-8")
        try:
            return SummaryRecord.model_validate_json(text).summary()
        except ValidationError as wrong:
            raise RunError(f"{self.directory / SUMMARY} is not a summary: {_first_error(wrong)}", _ANEW) from wrong

    def _checked(self, name: str) -> Path:
        """A file's path, once its content is known to be what was written."""
        path = self.directory / name
        try:
            intact = fingerprint(path) == self.manifest.files[name].sha256
        except OSError as refused:
            raise RunError(f"{path} cannot be read: {refused.strerror}", _ANEW) from refused
        if not intact:
            raise RunError(f"{path} is not as it was written: its fingerprint differs from the manifest's", _ANEW)
        return path


_ANEW = "restore the run from a copy, or run the model again"


def open_run(directory: Path | str) -> Run:
    """Open a run. RunError where it is missing, unfinished, damaged or of a newer format."""
    path = Path(directory)
    if not path.is_dir():
        raise RunError(f"there is no run at {directory}", _nearby(path))
    if _partial_of(path.resolve().name):
        raise RunError(f"{directory} is an unfinished run: the write of it was cut off", "run the model again")
    manifest = _read_manifest(path)
    for name in FILES[:-1]:
        _check_presence(path / name, manifest.files.get(name))
    return Run(path, manifest)


def _read_manifest(directory: Path) -> Manifest:
    path = directory / MANIFEST
    if not path.is_file():
        raise RunError(f"{directory} is not a run: it has no {MANIFEST}", "give the directory that `run` wrote")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise RunError(f"{path} cannot be read: {wrong}", _ANEW) from wrong
    version = values.get("format_version") if isinstance(values, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        message = f"{path} is of format {version}, and this version of bayesdsl knows formats up to {FORMAT_VERSION}"
        raise RunError(message, "update bayesdsl")
    try:
        return Manifest.model_validate_json(json.dumps(values))
    except ValidationError as wrong:
        raise RunError(f"{path} is not a run's manifest: {_first_error(wrong)}", _ANEW) from wrong


def _check_presence(path: Path, record: FileRecord | None) -> None:
    if record is None:
        raise RunError(f"{path.parent / MANIFEST} does not name {path.name}", _ANEW)
    if not path.is_file():
        raise RunError(f"{path} is missing", _ANEW)
    if path.stat().st_size != record.bytes:
        raise RunError(f"{path} has {path.stat().st_size} bytes, and {record.bytes} were written", _ANEW)


def _nearby(path: Path) -> str:
    """What may be meant instead: an unfinished write, a replaced run, or the newest runs beside it."""
    if not path.parent.is_dir():
        return "check the path"
    if left := stale_partials(path):
        return f"a write of it was cut off; see {' and '.join(str(entry) for entry in left)}"
    runs = sorted((entry.name for entry in path.parent.iterdir() if (entry / MANIFEST).is_file()), reverse=True)
    runs = [name for name in runs if not _partial_of(name)]
    return f"there are: {', '.join(runs[:3])}" if runs else "check the path"


def _first_error(wrong: ValidationError) -> str:
    error = wrong.errors()[0]
    place = ".".join(str(part) for part in error["loc"])
    return f"{place}: {error['msg']}" if place else error["msg"]


# Writing


def _bytes(content: str | bytes) -> Writer:
    """Writes just these bytes: a text's line ends are those of the spec on every system."""
    encoded = content.encode("utf-8") if isinstance(content, str) else content

    def write(path: Path) -> None:
        path.write_bytes(encoded)

    return write


def _with_files(manifest: Manifest, directory: Path) -> Manifest:
    files = {
        path.name: FileRecord(sha256=fingerprint(path), bytes=path.stat().st_size)
        for path in sorted(directory.iterdir())
        if path.name != MANIFEST
    }
    return manifest.model_copy(update={"files": files})


def _partial_of(name: str) -> str | None:
    """The run that a directory is a partial, or replaced, one of."""
    match = re.fullmatch(r"\.(.+)\.(?:partial|replaced)-\d+(?:-\d+)?", name)
    return match[1] if match else None


def _new_partial(target: Path, kind: str = "partial") -> Path:
    """Make a new, empty sibling; the number of the process tells whose it is."""
    number = 1
    while True:
        suffix = f"-{number}" if number > 1 else ""
        partial = target.with_name(f".{target.name}.{kind}-{os.getpid()}{suffix}")
        try:
            partial.mkdir()
        except FileExistsError:
            number += 1
        else:
            return partial


@contextmanager
def _kept_on_failure(partial: Path) -> Iterator[None]:
    """Tell, with whatever goes wrong, where the part that was written lies."""
    try:
        yield
    except RunError as error:
        raise RunError(error.message, f"{error.hint}; what was written so far is in {partial}") from error
    except OSError as refused:
        hint = f"check the room on the disk; what was written so far is in {partial}"
        raise RunError(f"the run could not be written: {refused}", hint) from refused
    except BaseException as error:
        error.add_note(f"what was written of the run so far is in {partial}")
        raise


def _swap_in(partial: Path, target: Path, overwrite: bool) -> None:
    """Give the partial directory its name. A run that is overwritten is set aside first and removed after.

    Without `overwrite`, a run that somebody else wrote meanwhile makes the renaming fail, as it should.
    """
    replaced: Path | None = None
    if overwrite and target.is_dir() and any(target.iterdir()):
        replaced = _new_partial(target, "replaced")
        os.replace(target, replaced)
    try:
        if target.is_dir():
            target.rmdir()
        os.replace(partial, target)
    except BaseException:
        if replaced is not None:
            os.replace(replaced, target)
        raise
    if replaced is not None:
        shutil.rmtree(replaced, ignore_errors=True)


def _flush(path: Path) -> None:
    """Have the disk keep a file, or a directory's entries, before going on."""
    with suppress(OSError) if path.is_dir() else nullcontext():  # not every file system does this for directories
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_run(directory: Path) -> bool:
    try:
        _read_manifest(directory)
    except RunError:
        return False
    return True
