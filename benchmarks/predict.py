"""How long predictions take beside Pyro's `Predictive`, which runs the model once for every draw.

    python benchmarks/predict.py [ROWS] [DRAWS]

1,000 rows and 1,000 draws of a regression with varying intercepts, by default. Both give a draw of the outcome for
every row and every draw of the posterior. The figures are the best of a few runs, after one that warms up.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyro
import torch
from pyro.infer import Predictive

import bayesdsl as bd

SPEC = """
data house { county : category; floor : real; log_radon : real }
mu, b      ~ Normal(0, 1)
tau, sigma ~ HalfNormal(1)
a[county]  ~ Normal(mu, tau)
observe log_radon ~ Normal(a[county] + b * floor, sigma)
infer quick = svi(steps = 1)
"""
COUNTIES = 85


@dataclass(frozen=True)
class Times:
    """Seconds: of `predict` with its summaries, of the exported predictor's draws, of Pyro's `Predictive`."""

    predict: float
    predictor: float
    pyro: float

    @property
    def ratio(self) -> float:
        """What the draws take, as a share of Pyro's."""
        return self.predictor / self.pyro


def best(work: Callable[[], object], times: int) -> float:
    """The shortest of some runs."""
    work()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def measure(rows: int = 1000, draws: int = 1000, times: int = 3) -> Times:
    """Time both on the same rows and the same draws."""
    rng = np.random.default_rng(0)
    data = {
        "county": [str(i % COUNTIES) for i in range(rows)],
        "floor": rng.integers(0, 2, rows).astype(float),
        "log_radon": rng.normal(size=rows),
    }
    bound = bd.compile_text(SPEC).bind({"house": data})
    fit = bound.fit(draws=draws, seed=1)
    new = {name: data[name] for name in ("county", "floor")}
    predictor = fit.predictor()
    samples = {name: torch.tensor(np.asarray(fit[name][0])) for name in ("mu", "b", "tau", "sigma", "a")}
    inputs = {**bound.inputs, "log_radon": None}
    predictive = Predictive(bound.model.model, posterior_samples=samples, return_sites=["log_radon"])

    def by_pyro() -> object:
        with torch.no_grad(), pyro.validation_enabled(False):
            return predictive(**inputs)

    return Times(
        predict=best(lambda: fit.predict(new), times),
        predictor=best(lambda: predictor.draws(new), times),
        pyro=best(by_pyro, 1),
    )


def main() -> None:
    rows, draws = (int(text) for text in (sys.argv[1:] + ["1000", "1000"][len(sys.argv) - 1 :]))
    found = measure(rows, draws)
    print(f"{rows:,} rows x {draws:,} draws")
    print(f"predictor.draws    {found.predictor:8.3f} s")
    print(f"fit.predict        {found.predict:8.3f} s, with summaries")
    print(f"Pyro's Predictive  {found.pyro:8.3f} s")
    print(f"ratio              {found.ratio:8.3f}")


if __name__ == "__main__":
    main()
