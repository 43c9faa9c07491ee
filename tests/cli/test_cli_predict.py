"""`bayesdsl predict` and `bayesdsl export`."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

SPEC = """\
data house {
    county : category
    floor  : real = zscore(level)
    y      : real
}
mu, b ~ Normal(0, 1)
a[county] ~ Normal(mu, 1)
observe y ~ Normal(a[county] + b * floor, 1)
derive twice = b * 2
infer svi(steps = 3, draws = 20)
"""
ROWS = "county,level,y\nA,0,1.0\nB,1,2.0\nA,1,1.5\nC,0,0.5\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a spec, its data and a run."""
    import bayesdsl as bd

    directory = tmp_path_factory.mktemp("written")
    (directory / "house.bayes").write_text(SPEC, encoding="utf-8")
    (directory / "rows.csv").write_text(ROWS, encoding="utf-8")
    fit = bd.compile(directory / "house.bayes").fit(data={"house": "rows.csv"}, seed=1)
    fit.save(directory / "fit")
    return directory


@pytest.fixture
def run(here: Path, written: Path) -> Path:
    """A run of one's own, in the current directory."""
    shutil.copytree(written, here, dirs_exist_ok=True)
    return here / "fit"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_without_data_the_rows_of_the_fit_are_shown(run, command):
    done = command("predict", "fit")
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["house", "county", "floor", "y_mean", "y_sd", "y_5%", "y_95%"]
    assert len(lines) == 1 + 4 + 1
    assert lines[-1].startswith("twice, the same for every row")


def test_new_rows_become_a_table(run, command, here):
    (here / "new.csv").write_text("id,county,level\nn1,B,0.5\nn2,C,1\n", encoding="utf-8")
    done = command("predict", "fit", "--data", "new.csv", "-o", "out.csv", "--interval", "0.5")
    assert done.status == 0, done.err
    rows = table(here / "out.csv")
    assert list(rows[0]) == ["id", "county", "level", "y_mean", "y_sd", "y_25%", "y_75%"]
    assert [row["id"] for row in rows] == ["n1", "n2"]
    assert float(rows[0]["y_25%"]) < float(rows[0]["y_mean"]) < float(rows[0]["y_75%"])


def test_a_grid_becomes_draws(run, command, here):
    import xarray as xr

    done = command("predict", "fit", "--grid", "level=0:1:3", "--grid", "county=A,B", "-o", "out.nc", "--draws", "10")
    assert done.status == 0, done.err
    with xr.open_datatree(here / "out.nc") as tree:
        assert tree["predictions"]["y"].sizes == {"chain": 1, "draw": 10, "house": 6}
        assert tree["predictions_constant_data"]["level"].values.tolist() == [0, 0, 0.5, 0.5, 1, 1]


def test_a_parquet_file_holds_the_same_table(run, command, here):
    parquet = pytest.importorskip("pyarrow.parquet")
    for name in ("out.csv", "out.parquet"):
        assert command("predict", "fit", "--grid", "level=0:1:3", "--at", "county=A", "-o", name).status == 0
    found = parquet.read_table(here / "out.parquet").to_pydict()
    assert [float(row["y_mean"]) for row in table(here / "out.csv")] == found["y_mean"]


def test_a_seed_gives_the_same_file(run, command, here):
    for name, seed in (("a.csv", "1"), ("b.csv", "1"), ("c.csv", "2")):
        assert command("predict", "fit", "-o", name, "--seed", seed).status == 0
    a, b, c = ((here / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert a == b
    assert a != c


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--grid", "level=0:1:3"), 2, "--at county=VALUE"),
        (("--grid", "levle=0:1:3", "--at", "county=A"), 2, "did you mean `level`"),
        (("--grid", "level"), 2, "--grid"),
        (("--grid", "level=0:1:3", "--data", "rows.csv"), 2, "leave one of them out"),
        (("--data", "nothing.csv"), 1, "nothing.csv"),
        (("--data", "rows.csv", "--table", "county"), 2, "nothing to predict"),
        (("-o", "out.txt"), 2, "no format"),
        (("-o", "house.bayes"), 2, "no format"),
        (("-o", "nowhere/out.csv"), 2, "no directory"),
        (("--draws", "0"), 2, "whole number from 1"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(run, command, arguments, status, words):
    done = command("predict", "fit", *arguments)
    assert done.status == status, done.err
    assert words in done.err
    assert "Traceback" not in done.err


def test_an_unseen_level_is_a_finding(run, command, here):
    (here / "new.csv").write_text("county,level\nZ,0.5\n", encoding="utf-8")
    done = command("predict", "fit", "--data", "new.csv")
    assert done.status == 1
    assert "BD755" in done.err
    assert "unseen county redraw" in done.err


def test_a_file_is_not_replaced_unasked(run, command, here):
    (here / "out.csv").write_text("mine", encoding="utf-8")
    assert command("predict", "fit", "-o", "out.csv").status == 2
    assert (here / "out.csv").read_text() == "mine"
    assert command("predict", "fit", "-o", "out.csv", "--force").status == 0


def test_verbs_on_runs_ask_for_one(command):
    for verb in ("predict", "export"):
        done = command(verb)
        assert done.status == 2
        assert f"`bayesdsl {verb}` needs a run" in done.err


def test_an_exported_predictor_gives_what_predict_gives(run, command, here):
    import bayesdsl as bd

    done = command("export", "fit", "-o", "house.pt")
    assert done.status == 0, done.err
    assert "it is a program" in done.err
    predictor = bd.load_predictor(here / "house.pt")
    rows = {"county": ["A", "B"], "level": [0.0, 1.0]}
    expected = bd.open_run("fit").predict(rows, seed=3)
    np.testing.assert_array_equal(predictor.draws(rows, seed=3)["y"], expected["y"])
    assert predictor.metadata["texts"] == {"county": ["A", "B", "C"]}


def test_a_program_of_torch_export_takes_any_number_of_rows(run, command, here):
    import torch

    done = command("export", "fit", "-o", "house.pt2")
    assert done.status == 0, done.err
    extra = {"metadata.json": ""}
    program = torch.export.load(here / "house.pt2", extra_files=extra).module()
    about = json.loads(extra["metadata.json"])
    assert set(about["columns"]) == {"house.county", "house.floor"}
    for rows in (1, 7, 5000):
        columns = {
            "house": torch.full((rows,), -1),
            "house.county": torch.zeros(rows, dtype=torch.int64),
            "house.floor": torch.zeros(rows, dtype=torch.float64),
        }
        with torch.random.fork_rng():
            torch.manual_seed(0)
            one, other = program(columns)["y"], program(columns)["y"]
        assert one.shape == (20, rows)
        # Drawn at each call: no draw was frozen into the program.
        assert not torch.equal(one, other)
    # The same distribution as the other format: means of 20 x 5,000 draws, four standard errors of their difference.
    import bayesdsl as bd

    rows = {"county": ["A"] * 5000, "level": [0.5] * 5000}
    mean = bd.open_run("fit").predict(rows)["y"].mean(axis=1)
    assert np.abs(one.mean(dim=1).numpy() - mean).max() < 4 * np.sqrt(2 / 5000)


def test_export_asks_for_a_file_of_its_format(run, command):
    assert command("export", "fit").status == 2
    assert command("export", "fit", "-o", "p.txt").status == 2
    assert command("export", "fit", "-o", "p.pt", "--format", "pt2").status == 2
