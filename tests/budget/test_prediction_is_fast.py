"""Predictions take a small part of the time of Pyro's `Predictive`, on the same rows and draws."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import predict as benchmark


def test_draws_take_a_fraction_of_what_predictive_takes():
    """`python benchmarks/predict.py` finds a twentieth with 1,000 draws. A busy machine may slow one of the two: a
    quarter is a sign that something is computed draw by draw."""
    assert benchmark.measure(rows=1000, draws=300).ratio < 0.25
