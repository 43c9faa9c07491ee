"""Programs compiled ahead are used where they can run, and nowhere else."""

from __future__ import annotations

import platform
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bayesdsl.runtime.compiled import artefact, cache, compiler
from bayesdsl.runtime.compiled.artefact import Damaged, Manifest
from bayesdsl.runtime.compiled.compiler import NoCompiler, build
from bayesdsl.runtime.compiled.cpu import Cpu, cpu
from bayesdsl.runtime.compiled.entries import Cache

TWICE = "double twice(double x) { return 2 * x; }"
PLAIN = Manifest(
    spec="coin.bayes",
    spec_sha256="0" * 64,
    dtype="float64",
    inferences=("nuts",),
    architecture="x86_64",
    march="x86-64-v3",
    features=("avx2", "fma"),
    model="a processor",
    system="Linux",
    versions={"bayesdsl": "0.1.0"},
)
HERE = Cpu("x86_64", "another", frozenset({"avx2", "fma", "sse4_2"}))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CC", cache.AHEAD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "cache"))


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    PLAIN.write(tmp_path)
    assert artefact.read(tmp_path) == PLAIN


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"format": 1}'])
def test_a_directory_without_programs_says_why(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / artefact.MANIFEST).write_text(text)
    with pytest.raises(Damaged, match=r"manifest\.json"):
        artefact.read(tmp_path)


@pytest.mark.parametrize(
    ("made", "here", "said"),
    [
        (PLAIN, HERE, None),
        (replace(PLAIN, features=("avx2", "avx512f")), HERE, "avx512f, which this processor does not have"),
        (replace(PLAIN, architecture="aarch64"), HERE, "for Linux on aarch64, and this is Linux on x86_64"),
        (replace(PLAIN, system="Darwin"), HERE, "for Darwin on x86_64"),
        (PLAIN, replace(HERE, features=None), None),
        (replace(PLAIN, march="native"), replace(HERE, features=None), "they are for a processor"),
        (replace(PLAIN, march="native"), replace(HERE, features=None, model="a processor"), None),
    ],
)
def test_programs_run_where_the_processor_has_what_they_use(made: Manifest, here: Cpu, said: str | None) -> None:
    found = made.misfit(here, "Linux")
    assert found is None if said is None else said in (found or "")


def test_programs_that_are_missing_or_damaged_are_counted(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    for name in names:
        Cache(tmp_path).store(name, {"kernel.so": b"x"})
    made = replace(PLAIN, programs=names)
    assert made.damage(tmp_path) is None
    (tmp_path / "a" / "kernel.so").write_bytes(b"")
    assert made.damage(tmp_path) == "of 3 programs, 1 is missing or damaged"
    shutil.rmtree(tmp_path / "b")
    assert made.damage(tmp_path) == "of 3 programs, 2 are missing or damaged"


@pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler")
def test_a_machine_without_a_compiler_runs_what_was_compiled_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cache.recording(tmp_path / "made"):
        build(TWICE)
    here = cpu()
    manifest = replace(PLAIN, architecture=here.architecture, features=(), system=platform.system(), model=here.model)
    manifest.write(tmp_path / "made")
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with cache.using(tmp_path / "made"):
        assert build(TWICE).is_relative_to(tmp_path / "made")
    with pytest.raises(NoCompiler):
        build(TWICE)
    # The same programs, said to be for a processor that this one is not.
    shutil.copytree(tmp_path / "made", tmp_path / "other")
    replace(manifest, features=("no-such-feature",)).write(tmp_path / "other")
    with cache.using(tmp_path / "other"), pytest.raises(NoCompiler):
        build(TWICE)
