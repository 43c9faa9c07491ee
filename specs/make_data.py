"""Makes the simulated data beside the specs, and packs the digits: `python specs/make_data.py [DIRECTORY]`.

Every file has a seed of its own, so each can be made anew without the others.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

# What the simulated data were made with: the tests look for it in the answers.
WEIGHTS, BIAS, NOISE = (1.5, -2.8), 10.5, 1.0
LARGE = (5.0, -5.0, 6.0, -4.0, 4.5, -6.5, 5.5, -5.5, 4.0, -4.5)
SPARSE_NOISE = 0.5


def linear(rows: int = 50) -> tuple[list[str], np.ndarray]:
    """`linear.csv`: a linear model with two weights, a bias and normal noise."""
    rng = np.random.default_rng(123)
    x = rng.normal(size=(rows, len(WEIGHTS)))
    y = x @ np.array(WEIGHTS) + BIAS + NOISE * rng.normal(size=rows)
    return [*_numbered("x", len(WEIGHTS)), "y"], np.column_stack([x, y])


def sparse(rows: int = 100, features: int = 100) -> tuple[list[str], np.ndarray]:
    """`sparse.csv`: as many features as rows; the first few have large coefficients, all others none."""
    rng = np.random.default_rng(456)
    x = rng.normal(size=(rows, features))
    y = x[:, : len(LARGE)] @ np.array(LARGE) + SPARSE_NOISE * rng.normal(size=rows)
    return [*_numbered("x", features), "y"], np.column_stack([x, y])


def curve(
    segments: Sequence[tuple[float, float, int]] = ((-0.2, 0.2, 500), (0.6, 1.0, 500)), seed: int = 42
) -> tuple[list[str], np.ndarray]:
    """`curve.csv`: points on a wave, with a gap; the noise moves them along the wave as well as off it."""
    x = np.concatenate([np.linspace(*segment) for segment in segments])
    noise = 0.02 * np.random.default_rng(seed).normal(size=len(x))
    return ["x", "y"], np.column_stack([x, x + waves(x + noise) + noise])


def waves(x: np.ndarray) -> np.ndarray:
    """What winds around the line y = x."""
    return 0.3 * np.sin(2 * np.pi * x) + 0.3 * np.sin(4 * np.pi * x)


def digits() -> np.ndarray:
    """`digits.npz`: 1,797 handwritten digits of 8 x 8 pixels, each pixel from 0 to 1. Needs scikit-learn."""
    packed = files("sklearn.datasets.data").joinpath("digits.csv.gz").read_bytes()
    table = np.loadtxt(gzip.decompress(packed).decode().splitlines(), delimiter=",")
    return (table[:, :64] / 16).astype(np.float32)


def _numbered(name: str, count: int) -> list[str]:
    return [f"{name}{i}" for i in range(1, count + 1)]


TABLES = {
    "linear.csv": linear,
    "sparse.csv": sparse,
    "curve.csv": curve,
    # The gap, filled: what comes in later.
    "curve_new.csv": lambda: curve(((0.2, 0.6, 100),), seed=43),
}


def write(name: str, directory: Path) -> None:
    header, rows = TABLES[name]()
    with (directory / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([[f"{value:.6g}" for value in row] for row in rows])


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    for table in TABLES:
        write(table, target)
    np.savez_compressed(target / "digits.npz", pixels=digits())
