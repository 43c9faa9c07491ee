"""C texts become shared objects once, with the compiler and the flags that work."""

from __future__ import annotations

import ctypes
import math
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bayesdsl.runtime.compiled import cache, compiler, flags
from bayesdsl.runtime.compiled.compiler import BuildError, NoCompiler, build, load
from bayesdsl.runtime.compiled.prelude import PRELUDE

REAL = next((path for name in compiler.COMPILERS if (path := shutil.which(name))), None)
TWICE = "double twice(double x) { return 2 * x; }"
LOOP = """
#include <math.h>
double total(const double *x, long n) {
    double s = 0;
    #pragma omp simd reduction(+:s)
    for (long i = 0; i < n; i++) s += exp(-x[i]);
    return s;
}
"""

needs_compiler = pytest.mark.skipif(REAL is None, reason="there is no C compiler on the PATH")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that is empty, and no wishes about the compiler."""
    for name in ("CC", cache.AHEAD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "compiled"


def wrapper(directory: Path, refused: str = "nothing-is-refused") -> tuple[Path, Path]:
    """A compiler that is the real one but refuses some flags, and the file that it writes its command lines to."""
    log, script = directory / "log", directory / "wrapped-cc"
    script.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {log}\n'
        f'for word in "$@"; do case "$word" in {refused}) echo "no $word" >&2; exit 1;; esac; done\n'
        f'exec {REAL} "$@"\n'
    )
    script.chmod(0o755)
    return script, log


def twice(path: Path) -> float:
    function = ctypes.CDLL(str(path)).twice
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double]
    return function(21.0)


@needs_compiler
def test_a_text_is_compiled_and_runs() -> None:
    assert twice(build(TWICE)) == 42.0


@needs_compiler
def test_a_loop_gives_the_right_sum_whatever_flags_were_found() -> None:
    function = load(LOOP).total
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_void_p, ctypes.c_long]
    numbers = (ctypes.c_double * 1000)(*(i / 100 for i in range(1000)))
    # 1,000 terms of at most 1, each exact to 4 units in the last place
    assert function(numbers, 1000) == pytest.approx(sum(math.exp(-i / 100) for i in range(1000)), rel=1e-13)


@needs_compiler
def test_what_was_compiled_is_not_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, log = wrapper(tmp_path)
    monkeypatch.setenv("CC", str(script))
    path = build(TWICE)
    calls = log.read_text()
    compiler._tried.cache_clear()  # as in another process
    assert build(TWICE) == path
    assert log.read_text() == calls
    assert build(TWICE + "\n") != path


@needs_compiler
def test_another_compiler_makes_another_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = build(TWICE)
    script, log = wrapper(tmp_path, refused="-fopenmp")
    monkeypatch.setenv("CC", f"{script} -DNAME=1")
    other = build(TWICE)
    assert other != path
    assert "-DNAME=1" in log.read_text().splitlines()[-1]
    assert twice(other) == 42.0


@needs_compiler
@pytest.mark.parametrize("refused", ["-fopenmp", "-lmvec", "-march=*", "-m*"])
def test_flags_that_do_not_work_are_left_out_and_the_others_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    whole = compiler.compiler()
    script, _ = wrapper(tmp_path, refused)
    monkeypatch.setenv("CC", str(script))
    found = compiler.compiler()
    assert twice(build(TWICE)) == 42.0
    assert set(found.flags) < set(whole.flags) or set(found.libraries) < set(whole.libraries)
    assert found.openmp == (whole.openmp and refused != "-fopenmp")
    assert "-fopenmp-simd" in found.flags or "-fopenmp-simd" not in whole.flags
    # What is declared is linked: every function of the prelude can be called.
    text = PRELUDE + "void all(double *x, int64_t n) { for (int64_t i = 0; i < n; i++) x[i] = exp(bd_lgamma(x[i])); }"
    numbers = (ctypes.c_double * 20)(*[4.0] * 20)
    load(text).all(numbers, ctypes.c_int64(20))
    assert list(numbers) == pytest.approx([6.0] * 20, rel=1e-13)  # two functions exact to a few units


@needs_compiler
def test_a_text_that_is_refused_is_kept_with_what_the_compiler_said(own_cache: Path) -> None:
    with pytest.raises(BuildError) as raised:
        build("int f( = ;")
    assert "kernel.c:1" in raised.value.reason
    assert "error" in raised.value.reason
    assert raised.value.source is not None
    assert raised.value.source.read_text() == "int f( = ;"
    shutil.rmtree(raised.value.source.parent)
    assert not list(own_cache.glob(".part-*"))


@needs_compiler
def test_a_damaged_object_is_made_anew() -> None:
    path = build(TWICE)
    path.write_bytes(b"no library")
    assert load(TWICE).twice is not None
    assert twice(build(TWICE)) == 42.0


@needs_compiler
def test_a_damaged_object_that_was_compiled_ahead_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cache.recording(tmp_path / "made"):
        build(TWICE)
    monkeypatch.setattr(cache.artefact, "unusable", lambda directory: None)
    with cache.using(tmp_path / "made"):
        path = build(TWICE)
        path.write_bytes(b"no library")
        assert load(TWICE).twice is not None
    assert path.read_bytes() == b"no library"


@needs_compiler
def test_processes_that_compile_the_same_text_at_once_all_get_it(tmp_path: Path) -> None:
    program = f"from bayesdsl.runtime.compiled.compiler import build; print(build({TWICE!r}))"
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    assert len({out for out, _ in ended}) == 1
    assert twice(Path(ended[0][0].strip())) == 42.0


@needs_compiler
def test_an_object_of_which_a_part_is_missing_is_not_loaded() -> None:
    # Loading it would end the process.
    path = build(TWICE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert load(TWICE).twice is not None
    assert twice(build(TWICE)) == 42.0


@needs_compiler
def test_it_is_told_when_something_is_compiled_and_only_then() -> None:
    told: list[str] = []
    with compiler.telling(lambda: told.append("compiling")):
        build(TWICE)
        build(TWICE)
    build(LOOP)
    assert told == ["compiling"]


def test_a_compiler_that_cannot_be_tried_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(flags, "called", lambda *_: subprocess.CompletedProcess([], 0, "cc 1.0", ""))
    monkeypatch.setenv("CC", sys.executable)
    monkeypatch.setattr(flags.tempfile, "TemporaryDirectory", full)
    assert (compiler.why_not() or "").endswith("cannot be tried: no space left on device")


def test_without_a_compiler_the_reason_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCompiler) as raised:
        build(TWICE)
    assert raised.value.reason == (
        "no C compiler was found (looked for cc, gcc, clang); set CC, or compile elsewhere with `bayesdsl compile`"
    )
    assert compiler.why_not() == raised.value.reason


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nowhere/cc", "CC names `/nowhere/cc`, which is not there"),
        (f"{sys.executable} -c pass", "does not compile C"),
        ("false", "does not work"),
        ("true", "it says nothing and writes nothing"),
    ],
)
def test_a_compiler_that_does_not_work_is_named(monkeypatch: pytest.MonkeyPatch, command: str, said: str) -> None:
    if "/" not in command and shutil.which(command) is None:
        pytest.skip(f"there is no `{command}` here")
    monkeypatch.setenv("CC", command)
    assert said in (compiler.why_not() or "")


@needs_compiler
def test_what_was_compiled_runs_where_the_compiler_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = build(TWICE)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build(TWICE) == path
    with pytest.raises(NoCompiler):
        build(TWICE + "\n")


@needs_compiler
def test_a_kind_of_processor_that_the_compiler_does_not_know_is_an_error() -> None:
    with pytest.raises(NoCompiler, match="does not compile for no-such-kind"):
        compiler.compiler("no-such-kind")


@needs_compiler
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the levels are those of x86-64")
def test_features_are_those_of_the_kind_of_processor() -> None:
    features = compiler.compiler("x86-64-v3").features()
    assert {"avx2", "fma", "bmi2"} <= features
    assert not any(feature.startswith("avx512") for feature in features)
