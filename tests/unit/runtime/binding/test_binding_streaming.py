"""Tables read in parts: the same arguments as those read whole, the same findings at the same places, little memory."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import polars
import pytest
import torch

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.driver import compile
from bayesdsl.runtime.binding.wholes import Moments
from bayesdsl.runtime.sources import parts

ROWS = 500
SPEC = """
data visit from "{file}" ({options}) {{
    where minutes > 2
    missing drop
    site    : category
    weekday : category = 1 + day
    z       : real = zscore(log(minutes))
    twice   : real = rescale(center(minutes) + 2)
    late    : binary = kind == "late"
    x[part] = columns("x*")
    w[two]  = [minutes / 10, zscore(x1)]
    minutes : positive
}}
data site from "sites.csv" (key = "name") {{ size : real }}
a[weekday] ~ Normal(0, 1)
b[part]    ~ Normal(0, 1)
c[two]     ~ Normal(0, 1)
m = a[weekday] + dot[part](x, b) + dot[two](w, c) + z + twice + late + size[site]
observe minutes ~ LogNormal(m, 1)
infer svi(steps = 20, draws = 120, batch = 32 of visit)
"""
# As long as `stream = true`, so that places in the spec are the same.
PLAIN = 'sep     = ","'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a table as CSV, Parquet and npz, to be read a hundred rows or so at a time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parts, "VALUES", 700)
    rng = np.random.default_rng(3)
    kinds = rng.choice(["late", "early", "a, quoted\nline"], ROWS)
    table = {
        "site": rng.choice(["north", "south", "west"], ROWS),
        # A level that comes late, and one that comes in the first part alone.
        "day": np.where(np.arange(ROWS) > 450, 6, np.where(np.arange(ROWS) < 9, 5, rng.integers(0, 3, ROWS))),
        "kind": kinds,
        "minutes": rng.gamma(2, 4, ROWS).round(6),
        "x1": rng.normal(1000, 1, ROWS).round(6),
        "x2": rng.normal(size=ROWS).round(6),
    }
    frame = polars.DataFrame(table).with_columns(
        polars.when(polars.int_range(polars.len()) == 77).then(None).otherwise(polars.col("x2")).alias("x2")
    )
    frame.write_csv("visits.csv")
    frame.write_parquet("visits.parquet", row_group_size=60)
    x2 = np.where(np.arange(ROWS) == 77, np.nan, table["x2"])
    np.savez("visits.npz", **{name: np.asarray(value) for name, value in table.items()} | {"x2": x2})
    polars.DataFrame({"name": ["south", "north", "west"], "size": [1.0, 2.5, 3.0]}).write_csv("sites.csv")
    return tmp_path


def spec(here: Path, file: str, options: str, text: str = SPEC) -> Path:
    path = here / "visits.bayes"
    path.write_text(text.format(file=file, options=options))
    return path


def inputs(here: Path, file: str, options: str) -> dict[str, object]:
    return dict(compile(spec(here, file, options)).bind().inputs)


@pytest.mark.parametrize("file", ["visits.csv", "visits.parquet", "visits.npz"])
def test_a_table_read_in_parts_is_the_table(here: Path, file: str) -> None:
    missing = ', missing = ["nan"]' if file.endswith("npz") else ""
    whole = inputs(here, file, 'format = "' + file.split(".")[1] + f'"{missing}')
    streamed = inputs(here, file, f"stream = true{missing}")
    assert whole.keys() == streamed.keys()
    assert 100 < whole["n_visit"] < ROWS
    for name, value in whole.items():
        if isinstance(value, torch.Tensor):
            assert streamed[name].dtype == value.dtype
            # Means of all rows are sums of means of parts: some rounding apart.
            assert torch.allclose(streamed[name], value, rtol=1e-12, atol=1e-12), name
        else:
            assert streamed[name] == value, name


def test_what_is_bound_of_a_table_in_parts_can_be_fitted_in_minibatches(here: Path) -> None:
    fits = [compile(spec(here, "visits.csv", o)).fit(seed=1) for o in ("stream = true", PLAIN)]
    streamed, whole = fits
    assert streamed.bound.data.coords["visit"] == range(1, whole.bound.inputs["n_visit"] + 1)
    assert np.allclose(streamed.posterior.losses, whole.posterior.losses, rtol=1e-9)
    assert np.allclose(streamed["b"], whole["b"], rtol=1e-9, atol=1e-12)
    facts = [next(t for t in fit.bound.data.tables if t.plate == "visit") for fit in fits]
    assert facts[0] == facts[1]
    assert {name for name in whole.bound.data.observed} == {"minutes"}
    assert streamed.bound.data.observed == {}
    assert set(streamed.bound.data.constant) == {"size"}


def found(path: Path) -> list[Diagnostic]:
    with pytest.raises(BayesError) as caught:
        compile(path).bind()
    return list(caught.value.diagnostics)


def without_notes(finding: Diagnostic) -> tuple[object, ...]:
    return finding.code, finding.primary, finding.cells[:1]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (300, "north,1,late,many,1,1"),
        (300, "north,1,late,-4,1,1"),
        (300, "north,1,late,inf,1,1"),
        (300, "nowhere,1,late,5,1,1"),
        (300, "north,1,late,5,1"),
        (300, 'north,1,"late,5,1,1'),
        (2, "north,1,late,5,1,one"),
    ],
)
def test_what_is_wrong_far_down_is_found_at_its_place(here: Path, line: int, text: str) -> None:
    lines = Path("visits.csv").read_text().replace("a, quoted\nline", "quoted").splitlines()
    lines[line - 1] = text
    Path("visits.csv").write_text("\n".join(lines) + "\n")
    plain = SPEC.replace("    where minutes > 2\n", "")
    whole, streamed = (found(spec(here, "visits.csv", o, plain)) for o in (PLAIN, "stream = true"))
    assert without_notes(streamed[0]) in list(map(without_notes, whole))
    if streamed[0].code != "BD714":  # which speaks of the line where the quote is opened
        assert streamed[0].cells[0].line == line


def test_a_byte_that_is_no_text_is_found_at_its_place(here: Path) -> None:
    data = Path("visits.csv").read_bytes()
    at = data.index(b"\n", 3000) + 1
    Path("visits.csv").write_bytes(data[:at] + b"\xff" + data[at:])
    whole, streamed = (found(spec(here, "visits.csv", o)) for o in (PLAIN, "stream = true"))
    assert (streamed[0].code, streamed[0].message, streamed[0].cells) == (
        whole[0].code,
        whole[0].message,
        whole[0].cells,
    )


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("BD766", "rescale(center(minutes) + 2)", "rank(minutes)"),
        ("BD756", "where minutes > 2", "where minutes > 2000"),
        ("BD767", "({options})", '({options}, key = "kind")'),
        ("BD767", 'key = "name") {{ size', 'key = "name", stream = true) {{ size'),
        ("BD765", '"{file}"', '"https://example.org/visits.csv"'),
    ],
)
def test_what_cannot_be_read_in_parts_is_said(here: Path, code: str, old: str, new: str) -> None:
    assert SPEC.count(old) == 1
    assert found(spec(here, "visits.csv", "stream = true", SPEC.replace(old, new)))[0].code == code


def test_what_has_to_be_read_whole_is_said_with_a_remedy(here: Path) -> None:
    import gzip

    np.savez_compressed("packed.npz", **dict(np.load("visits.npz")))
    Path("visits.csv.gz").write_bytes(gzip.compress(Path("visits.csv").read_bytes()))
    Path("visits.json").write_text("[]")
    compiled = compile(spec(here, "visits.csv", "stream = true"))
    for file in ("packed.npz", "visits.csv.gz", "visits.json"):
        with pytest.raises(BayesError) as caught:
            compiled.bind({"visit": file})
        (finding,) = caught.value.diagnostics
        assert finding.code == "BD765"


def test_data_in_memory_are_bound_whole(here: Path) -> None:
    compiled = compile(spec(here, "visits.csv", "stream = true"))
    frame = polars.read_csv("visits.csv")
    bound = compiled.bind({"visit": frame})
    assert "minutes" in bound.data.observed


def test_moments_of_parts_are_those_of_the_whole() -> None:
    x = np.random.default_rng(0).normal(1e6, 1, 10_001)
    moments = Moments()
    for part in np.array_split(x, 7):
        moments.add(part)
    moments.add(x[:0])
    assert moments.mean == pytest.approx(x.mean(), rel=1e-14)
    assert moments.sd == pytest.approx(x.std(ddof=1), rel=1e-9)  # a million times smaller than the mean
    assert (moments.count, moments.least, moments.greatest) == (len(x), x.min(), x.max())


# Binds and fits a table with a limit on the memory that the process may add to what it has after its imports.
LIMITED = """
import resource, sys
import numpy as np
import bayesdsl.runtime.engines.svi, bayesdsl.results.summary
from bayesdsl.driver import compile, compile_text
compile_text("data d { y = [1, 2] }; m ~ Normal(0, 1); observe y ~ Normal(m, 1); infer svi").fit(steps=3, draws=120)
def status(key):
    line = next(line for line in open("/proc/self/status") if line.startswith(key))
    return int(line.split()[1]) * 1024
soft = status("VmData") + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_DATA, (soft, resource.getrlimit(resource.RLIMIT_DATA)[1]))
fit = compile(sys.argv[1]).fit(seed=1)
print(fit["a"].mean() + fit["k"].mean(), fit["sigma"].mean(), fit.bound.inputs["n_row"], "khat" in fit.posterior.facts)
"""

LARGE = """
data row from "{file}" ({options}) {{
    where present(y)
    x[feature] = columns("x*")
    kind : category
    z : real = zscore(x0)
    y : real
}}
a ~ Normal(0, 10)
b[feature] ~ Normal(0, 1)
k[kind] ~ Normal(0, 1)
c ~ Normal(0, 1)
sigma ~ HalfNormal(5)
observe y ~ Normal(a + dot[feature](x, b) + k[kind] + c * z, sigma)
infer svi(optim = Adam(lr = 0.05), steps = 300, draws = 120, batch = 256 of row)
"""


def limited(directory: Path, file: str, options: str, mebibytes: int) -> subprocess.CompletedProcess[str]:
    path = directory / "large.bayes"
    path.write_text(LARGE.format(file=file, options=options))
    command = [sys.executable, "-c", textwrap.dedent(LIMITED), str(path), str(mebibytes * 2**20)]
    # One arena: what several keep in hand for threads would count as well, more at one time than at another.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=environment)


def large_arrays(rows: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 8))
    y = 3 + x[:, 0] + rng.normal(size=rows)
    return {"kind": rng.integers(0, 3, rows), **{f"x{i}": x[:, i] for i in range(8)}, "y": y}


def is_close(output: str, rows: int) -> bool:
    """Whether the fit found the mean and the noise that the rows were made with, to what 300 noisy steps leave."""
    a, sigma, count, weighed = output.split()
    return abs(float(a) - 3) < 0.7 and abs(float(sigma) - 1) < 0.5 and int(count) == rows and weighed == "False"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is Linux's")
def test_memory_stays_bounded_where_the_rows_do_not_fit(tmp_path: Path) -> None:
    # 120 MB of numbers, read and kept with 105 MB: a part takes some 50, an epoch's order 12 and as much to make it,
    # and how whole the free memory is differs from machine to machine. Read whole, the numbers alone are more.
    rows = 1_500_000
    np.savez(tmp_path / "large.npz", **large_arrays(rows))
    done = limited(tmp_path, "large.npz", "stream = true", 105)
    assert done.returncode == 0, done.stderr
    assert is_close(done.stdout, rows)
    whole = limited(tmp_path, "large.npz", 'format = "npz"', 105)
    assert whole.returncode != 0
    assert "emory" in whole.stderr


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is Linux's")
def test_memory_stays_bounded_on_a_large_text_file(tmp_path: Path) -> None:
    rows = 2_000_000  # 250 MB of text
    polars.DataFrame(large_arrays(rows)).write_csv(tmp_path / "large.csv")
    assert (tmp_path / "large.csv").stat().st_size > 2e8
    # It takes some 150, as parts of text take more than numbers; read whole, the numbers alone are 160.
    done = limited(tmp_path, "large.csv", "stream = true", 192)
    assert done.returncode == 0, done.stderr
    assert is_close(done.stdout, rows)
    whole = limited(tmp_path, "large.csv", 'format = "csv"', 192)
    assert whole.returncode != 0
    assert "emory" in whole.stderr
