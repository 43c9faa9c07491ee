"""The data of every model, from one generator of numpy with a fixed seed, as arrays that all peers are handed."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]

ROOT = Path(__file__).resolve().parents[2]
RUGGED = Path("shared/data/rugged.csv")
LARGE = (5.0, -5.0, 6.0, -4.0, 4.5, -6.5, 5.5, -5.5, 4.0, -4.5)


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng([20, seed])


def rugged(path: str) -> Arrays:
    """Income by ruggedness: the 170 nations of `rugged.csv` whose income is known."""
    with open(path, encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["rgdppc_2000"]]
    return {
        "africa": np.array([float(row["cont_africa"]) for row in rows]),
        "rugged": np.array([float(row["rugged"]) for row in rows]),
        "log_gdp": np.array([math.log(float(row["rgdppc_2000"])) for row in rows]),
    }


def schools() -> Arrays:
    return {
        "y": np.array([28.0, 8, -3, 7, -1, 1, 18, 12]),
        "se": np.array([15.0, 10, 16, 11, 9, 11, 10, 18]),
    }


def radon(rows: int = 919, groups: int = 85) -> Arrays:
    """Groups of very different sizes, each with a row at least; `county` counts from 0."""
    rng = _rng(1)
    share = rng.dirichlet(np.full(groups, 0.7))
    county = np.concatenate([np.arange(groups), rng.choice(groups, size=rows - groups, p=share)])
    a = 1.3 + 0.35 * rng.normal(size=groups)
    basement = (rng.uniform(size=rows) < 0.8).astype(float)
    log_radon = a[county] + 0.6 * basement + 0.75 * rng.normal(size=rows)
    return {"county": county, "basement": basement, "log_radon": log_radon}


def logistic(rows: int, features: int) -> Arrays:
    rng = _rng(2)
    x = rng.normal(size=(rows, features))
    b = rng.normal(size=features) / math.sqrt(features)
    y = (rng.uniform(size=rows) < 1 / (1 + np.exp(-(0.5 + x @ b)))).astype(np.int64)
    return {"x": x, "y": y}


def horseshoe(rows: int = 100, features: int = 100) -> Arrays:
    rng = _rng(3)
    x = rng.normal(size=(rows, features))
    return {"x": x, "y": x[:, : len(LARGE)] @ np.array(LARGE) + 0.5 * rng.normal(size=rows)}


def network(rows: int = 1000) -> Arrays:
    """One wave with noise, and a grid within it."""
    rng = _rng(4)
    x = rng.uniform(-1, 1, size=rows)
    return {
        "x": x,
        "y": np.sin(np.pi * x) + 0.2 * rng.normal(size=rows),
        "at": np.linspace(-0.9, 0.9, 10),
    }


def digits() -> Arrays:
    """Digits of 8 x 8 pixels, from 0 to 1, in single precision."""
    with np.load(ROOT / "specs" / "digits.npz") as file:
        return {"pixels": file["pixels"].astype(np.float32)}


def normals(rows: int) -> Arrays:
    return {"y": math.sqrt(2) * _rng(5).normal(size=rows)}
