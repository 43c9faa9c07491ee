"""Simulated tables in files that a spec reads with the options of its own source."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bayesdsl.driver import compile_text
from bayesdsl.results.errors import RunError

MODEL = "b ~ Normal(0, 1)\nobserve y ~ Normal(b * x, 1)\n"
PIXELS = """\
data image from "digits.npz" { pixels[pixel] : unit }
p[pixel] ~ Beta(1, 1)
observe pixels ~ Bernoulli(p)
"""


@pytest.mark.parametrize(
    "options",
    [
        "",
        '(sep = ";", decimal = ",")',
        '(sep = "|")',
        '(header = ["unused", "y", "x", "group"])',
        '(quote = "\'")',
        '(missing = ["-99"])',
        '(encoding = "latin-1", comment = "#")',
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".npz"])
def test_a_file_is_read_back_to_the_last_digit(options: str, suffix: str, tmp_path: Path):
    model = compile_text(f'data d from "d.csv" {options} {{ group : category; x : real; y : real }}\n{MODEL}')
    found = model.simulate({"d": 20}, seed=1, levels={"group": "Île,Ö b,c"})
    (path,) = found.save(tmp_path / f"sim{suffix}")
    bound = model.bind({"d": path})
    for name in ("x", "y"):
        columns = {**bound.data.constant, **bound.data.observed}
        np.testing.assert_array_equal(columns[name][1], found.data["d"][name])
    assert bound.data.coords["group"] == ["c", "Île", "Ö b"]


def test_a_matrix_that_is_one_array_needs_a_file_that_holds_one(tmp_path: Path):
    model = compile_text(PIXELS)
    found = model.simulate({"image": 6}, levels={"pixel": 4}, seed=1)
    with pytest.raises(RunError, match="cannot hold `pixels`"):
        found.save(tmp_path / "sim.csv")
    assert [path.name for path in found.save(tmp_path / "sim")] == ["image.npz"]
    (path,) = found.save(tmp_path / "sim.npz")
    bound = model.bind({"image": path})
    np.testing.assert_array_equal(bound.data.observed["pixels"][1], found.data["image"]["pixels"])


def test_the_truth_is_beside_the_data_with_its_plates_and_members(tmp_path: Path):
    found = compile_text(PIXELS).simulate({"image": 6}, levels={"pixel": 2}, seed=1)
    found.save(tmp_path / "sim.npz")
    record = json.loads((tmp_path / "sim.truth.json").read_text())
    assert record["truth"]["p"] == {"plates": ["pixel"], "value": found.truth["p"].tolist()}
    assert record["members"] == {"pixel": ["1", "2"]}


def test_nothing_is_replaced_unless_asked_for(tmp_path: Path):
    found = compile_text(PIXELS).simulate({"image": 6}, levels={"pixel": 2}, seed=1)
    found.save(tmp_path)
    with pytest.raises(RunError, match="exists already"):
        found.save(tmp_path)
    assert len(found.save(tmp_path, overwrite=True)) == 1
