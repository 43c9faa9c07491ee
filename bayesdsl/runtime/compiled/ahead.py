"""Compiling ahead: what a short run of an inference uses is what a long one does, so a short run is what is recorded.

compile radon.bayes -o radon.compiled  ->  radon.compiled/manifest.json, model.bayes, 5f../kernel.so, 5f../kernel.c
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.runtime.compiled import artefact, cache
from bayesdsl.runtime.compiled.artefact import MANIFEST, NATIVE, Damaged, Manifest
from bayesdsl.runtime.compiled.compiler import Compiler, NoCompiler, compiler
from bayesdsl.runtime.compiled.cpu import cpu

SPEC = "model.bayes"
# What programs depend on: other versions write them in other ways.
VERSIONS = ("bayesdsl", "torch")
# Settings, at most, of a run that uses what any other does. A chain needs some steps for its step size to settle, and a
# fit of fewer steps is not worth compiling.
SHORT: dict[str, dict[str, int]] = {
    "nuts": {"chains": 1, "warmup": 20, "draws": 2, "max_tree_depth": 1},
    "svi": {"steps": 200},
    "map": {"steps": 200},
    "mle": {"steps": 200},
}


def shortened(engine: str, settings: Mapping[str, object], rows: int | None, batch: int | None) -> dict[str, int]:
    """What to change in the settings of an engine for a short run.

    With minibatches of `batch` of so many rows it goes over them once at least: the last may be a smaller one.
    """
    most = dict(SHORT.get(engine, {}))
    if rows is not None and batch is not None and "steps" in most:
        most["steps"] = max(most["steps"], -(-rows // batch) + 1)
    return {name: min(value, found) for name, value in most.items() if isinstance(found := settings.get(name), int)}


def maker(march: str) -> Compiler:
    """The compiler for a kind of processor, which this one must be. Raises BayesError."""
    try:
        found = compiler(march)
    except NoCompiler as error:
        raise BayesError((cannot_compile(error.reason),)) from None
    lacking = cpu().lacks(found.features()) if cpu().features is not None else ()
    if lacking:
        reason = f"programs for {march} use {', '.join(lacking)}, which this processor does not have"
        raise BayesError((cannot_compile(reason),))
    return found


def manifest(
    made_by: Compiler,
    directory: Path,
    *,
    spec: str,
    sha256: str,
    dtype: str,
    inferences: tuple[str, ...],
    versions: Mapping[str, str],
) -> Manifest:
    """What a directory of programs is to say of itself. Raises NotRecorded where it cannot be read."""
    here = cpu()
    with cache.writing():
        programs = tuple(sorted(path.name for path in directory.iterdir() if path.is_dir()))
    return Manifest(
        spec=spec,
        spec_sha256=sha256,
        dtype=dtype,
        inferences=inferences,
        architecture=here.architecture,
        march=made_by.march,
        features=tuple(sorted(made_by.features())),
        model=here.model,
        system=platform.system(),
        versions={**versions, "compiler": made_by.version},
        programs=programs,
    )


@contextmanager
def making(target: Path, march: str = NATIVE) -> Iterator[Path]:
    """Record what is used into a directory beside the target, which takes its place where nothing was raised.

    Raises BayesError where it cannot be written.
    """
    partial = target
    try:
        with cache.writing():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        with cache.recording(partial, march):
            yield partial
        with cache.writing():
            _put(partial, target)
    except cache.NotRecorded as error:
        raise BayesError((not_written(target, str(error)),)) from None
    finally:
        if partial != target:
            shutil.rmtree(partial, ignore_errors=True)


def _put(partial: Path, target: Path) -> None:
    """Move a directory to its place. What is there goes last, so that there is always one of the two."""
    mask = os.umask(0)
    os.umask(mask)
    partial.chmod(0o777 & ~mask)
    if target.is_dir():
        before = partial.with_name(f"{partial.name}-before")
        target.rename(before)
        partial.rename(target)
        shutil.rmtree(before, ignore_errors=True)
    else:
        partial.rename(target)


def free(target: Path, force: bool) -> str | None:
    """Why programs cannot be written there, as a clause; None where they can."""
    if not target.exists():
        return None
    if not target.is_dir():
        return "it is a file"
    inside = {path.name for path in target.iterdir()}
    if not inside:
        return None
    if MANIFEST not in inside or SPEC not in inside:
        return "it is a directory with other files"
    return None if force else "there are programs in it"


def usable(directory: Path, sha256: str, dtype: str, versions: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """What is to be said before the programs in a directory are used for a spec, by these versions. Raises BayesError
    where they cannot be."""
    try:
        found = artefact.read(directory)
    except Damaged as reason:
        raise BayesError((nothing_compiled(directory, str(reason)),)) from None
    damage = found.damage(directory)
    if damage is not None:
        raise BayesError((not_whole(directory, damage),))
    misfit = found.misfit(cpu(), platform.system())
    if misfit is not None:
        raise BayesError((other_processor(directory, misfit),))
    for name, version in versions.items():
        if found.versions.get(name) != version:
            made_by = found.versions.get(name, "another version")
            return (another_text(directory, f"they were made with {name} {made_by}, and this is {version}"),)
    if found.spec_sha256 != sha256:
        return (another_text(directory, f"{found.spec} was another text then"),)
    if found.dtype != dtype:
        return (another_text(directory, f"they are for {found.dtype}, and this run is in {dtype}"),)
    return ()


# Findings


def nothing_compiled(directory: Path, reason: str) -> Diagnostic:
    return Diagnostic(
        "BD880",
        f"there are no compiled programs in `{directory}`: {reason}",
        hint=f"make them: bayesdsl compile SPEC -o {directory}",
    )


def not_whole(directory: Path, reason: str) -> Diagnostic:
    return Diagnostic(
        "BD891",
        f"the programs in `{directory}` are not all there: {reason}",
        hint="copy the whole directory again, or make it again with `bayesdsl compile --force`",
    )


def other_processor(directory: Path, misfit: str) -> Diagnostic:
    return Diagnostic(
        "BD881",
        f"the programs in `{directory}` do not run here: {misfit}",
        hint="compile them with `--march x86-64-v3`, or here, or run without `--compiled`",
    )


def another_text(directory: Path, reason: str) -> Diagnostic:
    return Diagnostic(
        "BD882",
        f"the programs in `{directory}` may not be those of this run: {reason}",
        hint="compile them again with `bayesdsl compile`",
    )


def nothing_to_compile(spec: str, reasons: Mapping[str, str]) -> Diagnostic:
    return Diagnostic(
        "BD883",
        f"no inference of {spec} can be compiled",
        notes=tuple(f"{name}: {reason}" for name, reason in reasons.items()),
        hint="run it: it works uncompiled",
    )


def not_compiled(name: str, reason: str) -> Diagnostic:
    return Diagnostic("BD884", f"`{name}` is not compiled: {reason}", hint="it runs uncompiled")


def not_written(directory: Path, reason: str) -> Diagnostic:
    return Diagnostic(
        "BD890", f"`{directory}` cannot be written: {reason}", hint="choose another directory, or make room"
    )


def cannot_compile(reason: str) -> Diagnostic:
    return Diagnostic("BD885", reason, hint="`bayesdsl doctor` tells which compiler there is")
