"""`bayesdsl simulate` writes data that `bayesdsl run` reads, says what was made up, and what cannot be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

LINE = """\
data point from "line.csv" { x : real; y : real }
a, w  ~ Normal(0, 1)
sigma ~ HalfNormal(1)
observe y ~ Normal(a + w * x, sigma)
infer map(steps = 1500, optim = Adam(lr = 0.05))
"""
GROUPS = """\
data county from "counties.csv" (key = "name") { uranium : positive }
data house { county : category; log_radon : real }
g, tau ~ HalfNormal(1)
a[county] ~ Normal(g * uranium, tau)
observe log_radon ~ Normal(a[county], 1)
"""


@pytest.fixture
def line(here: Path) -> Path:
    path = here / "line.bayes"
    path.write_text(LINE)
    return path


@pytest.fixture
def groups(here: Path) -> Path:
    path = here / "groups.bayes"
    path.write_text(GROUPS)
    return path


def test_what_it_writes_is_fitted_as_it_says(command, line, here):
    done = command("simulate", "line.bayes", "--rows", "point=200", "--set", "w=1.5", "--seed", "1", "-o", "sim.csv")
    assert (done.status, done.out) == (0, "")
    assert done.err == (
        "line.bayes: point (200 rows), seed 1\n"
        "made up for point: x (standard normal)\n"
        "\n"
        "saved in sim.csv, with the truth beside the data\n"
        "fit with: bayesdsl run line.bayes --data point=sim.csv\n"
    )
    truth = json.loads((here / "sim.truth.json").read_text())
    assert truth["truth"]["w"] == {"plates": [], "value": 1.5}
    assert (truth["spec"], truth["seed"]) == ("line.bayes", 1)
    words = done.err.splitlines()[-1].partition("bayesdsl ")[2].split()
    fitted = command(*words, "--no-save", "--seed", "1")
    assert fitted.status == 0
    w = float(re.search(r"^w +(\S+)", fitted.out, re.MULTILINE)[1])
    # Noise of at most some 2 over the root of 200 rows.
    assert w == pytest.approx(1.5, abs=0.3)


def test_without_a_place_to_write_to_the_first_rows_and_the_truth_are_shown(command, line, here):
    done = command("simulate", "line.bayes", "--rows", "point=9", "--set", "a=2", "--seed", "3")
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0] == "point:"
    assert lines[1].split() == ["x", "y"]
    assert lines[8] == "  .. 3 more rows"
    assert lines[10:12] == ["truth:", "  a = 2"]
    assert [path.name for path in here.iterdir()] == ["line.bayes"]


def test_a_seed_that_nobody_chose_repeats_the_data(command, line):
    done = command("simulate", "line.bayes", "--rows", "point=5")
    seed = re.search(r"seed (\d+)", done.err)[1]
    assert command("simulate", "line.bayes", "--rows", "point=5", "--seed", seed).out == done.out


def test_several_tables_go_into_a_directory(command, groups, here):
    done = command("simulate", "groups.bayes", "--rows", "county=4", "--rows", "house=30", "--seed", "1", "-o", "sim")
    assert done.status == 0
    assert sorted(path.name for path in (here / "sim").iterdir()) == ["county.csv", "house.csv", "truth.json"]
    assert "--data county=sim/county.csv --data house=sim/house.csv" in done.err
    truth = json.loads((here / "sim" / "truth.json").read_text())
    assert truth["members"] == {"county": ["county 1", "county 2", "county 3", "county 4"]}
    assert truth["truth"]["a"]["plates"] == ["county"]
    assert len((here / "sim" / "house.csv").read_text().splitlines()) == 31


def test_several_data_sets_are_numbered(command, line, here):
    command("simulate", "line.bayes", "--rows", "point=3", "--draws", "3", "--seed", "1", "-o", "sim.csv")
    names = sorted(path.name for path in here.iterdir() if path.name.startswith("sim"))
    assert names == [f"sim_{i}.{end}" for i in (1, 2, 3) for end in ("csv", "truth.json")]
    assert json.loads((here / "sim_2.truth.json").read_text())["draw"] == 2
    command("simulate", "line.bayes", "--rows", "point=3", "--seed", "1", "-o", "one.csv")
    assert (here / "one.csv").read_text() == (here / "sim_1.csv").read_text()


def test_predictors_come_from_a_file_or_a_rule(command, line, here):
    (here / "x.csv").write_text("x,other\n1.5,a\n2.5,b\n")
    done = command("simulate", "line.bayes", "--data", "point=x.csv", "--seed", "1", "-o", "sim.csv")
    assert done.status == 0
    assert "made up" not in done.err
    assert [row.split(",")[0] for row in (here / "sim.csv").read_text().splitlines()] == ["x", "1.5", "2.5"]
    done = command("simulate", "line.bayes", "--rows", "point=5", "--column", "x=grid(-1, 1)", "-o", "grid.csv")
    assert "made up for point: x (grid(-1, 1))" in done.err
    assert np.loadtxt(here / "grid.csv", delimiter=",", skiprows=1)[:, 0].tolist() == [-1, -0.5, 0, 0.5, 1]


def test_files_are_replaced_only_when_that_is_asked_for(command, line, here):
    (here / "sim.csv").write_text("kept")
    done = command("simulate", "line.bayes", "--rows", "point=3", "-o", "sim.csv")
    assert done.status == 2
    assert "sim.csv exists already" in done.err
    assert (here / "sim.csv").read_text() == "kept"
    assert command("simulate", "line.bayes", "--rows", "point=3", "-o", "sim.csv", "--overwrite").status == 0


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        ([], "table `point` needs a number of rows", 2),
        (["--rows", "point=many"], "cannot have many rows", 2),
        (["--rows", "pint=3"], "did you mean `point`?", 2),
        (["--rows", "point"], "is not of the form TABLE=N", 2),
        (["--rows", "point=3", "--rows", "point=4"], "--rows gives `point` twice", 2),
        (["--rows", "point=3", "--set", "w"], "`w` has no value", 2),
        (["--rows", "point=3", "--set", "w="], "`w=` has no value", 2),
        (["--rows", "point=3", "--set", "w=high"], "neither a number nor a list", 2),
        (["--rows", "point=3", "--set", "w=1", "--set", "w=2"], "`w` has a value already", 2),
        (["--rows", "point=3", "--set", "sigma=-1"], "-1 is no value of `sigma`", 2),
        (["--rows", "point=3", "--column", "x=norm(0, 1)"], "did you mean `normal`?", 2),
        (["--rows", "point=3", "--draws", "0"], "`0` is not a whole number from 1", 2),
        (["--data", "point=none.csv"], "none.csv", 1),
        (["--rows", "point=3", "-o", "sim.xlsx"], "has no ending of a table's file", 2),
    ],
)
def test_asking_for_what_cannot_be(command, line, here, arguments, said, status):
    done = command("simulate", "line.bayes", *arguments)
    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert [path.name for path in here.iterdir()] == ["line.bayes"]


def test_a_model_that_cannot_be_drawn_is_a_finding_of_the_spec(command, here):
    (here / "flat.bayes").write_text(LINE.replace("a, w  ~ Normal(0, 1)", "a, w ~ Flat()"))
    done = command("simulate", "flat.bayes", "--rows", "point=3")
    assert done.status == 1
    assert done.err.count("error[BD855]") == 2
    assert "--set w=.." in done.err
    assert command("simulate", "flat.bayes", "--rows", "point=3", "--set", "a=1", "--set", "w=1").status == 0


def test_several_tables_do_not_go_into_one_file(command, groups):
    done = command("simulate", "groups.bayes", "--rows", "county=2", "--rows", "house=4", "-o", "sim.csv")
    assert done.status == 2
    assert "name a directory" in done.err
