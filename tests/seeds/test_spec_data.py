"""The data beside the specs are what their script makes, and what the specs say they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from seeds.made import made


@pytest.mark.parametrize("name", list(made.TABLES))
def test_the_simulated_data_can_be_made_anew(name: str, specs: Path, tmp_path: Path) -> None:
    made.write(name, tmp_path)
    fresh, shipped = (np.loadtxt(folder / name, delimiter=",", skiprows=1) for folder in (tmp_path, specs))

    # Six digits are written; the last one may round the other way on another machine.
    assert fresh == pytest.approx(shipped, rel=2e-5)
    assert (tmp_path / name).read_text().splitlines()[0] == (specs / name).read_text().splitlines()[0]


def test_the_digits_are_those_of_scikit_learn(specs: Path) -> None:
    pytest.importorskip("sklearn")
    with np.load(specs / "digits.npz") as shipped:
        assert (shipped["pixels"] == made.digits()).all()


def test_the_digits_are_images_with_pixels_from_0_to_1(specs: Path) -> None:
    with np.load(specs / "digits.npz") as shipped:
        pixels = shipped["pixels"]
    assert pixels.shape == (1797, 64)
    assert (pixels.min(), pixels.max()) == (0, 1)
    assert (np.round(pixels * 16) == pixels * 16).all()


def test_the_points_leave_a_gap(specs: Path) -> None:
    x = np.loadtxt(specs / "curve.csv", delimiter=",", skiprows=1)[:, 0]
    new = np.loadtxt(specs / "curve_new.csv", delimiter=",", skiprows=1)[:, 0]
    assert not ((x > 0.2) & (x < 0.6)).any()
    assert ((new >= 0.2) & (new <= 0.6)).all()


def test_every_file_beside_the_specs_is_explained(specs: Path) -> None:
    page = (specs / "README.md").read_text(encoding="utf-8")
    names = [path.name for path in specs.iterdir() if path.suffix in (".csv", ".npz", ".bayes")]
    assert [name for name in names if f"`{name}`" not in page] == []
