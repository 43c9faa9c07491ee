"""Posteriors against the reference draws of posteriordb (10,000 draws each, made with Stan and checked there).

The tolerances are a tenth of the posterior's standard deviation for means and a tenth for standard deviations. The
Monte Carlo error of draws with an effective size of 1,500 is 0.026 sd for a mean and 2 % for an sd, that of the
references 0.01 sd: the tolerance is three of these errors or more, and the seed is fixed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import bayesdsl as bd

HERE = Path(__file__).parent
SPECS = HERE.parent.parent / "specs"

# The spec, the posterior's name in posteriordb, and where its vectors are in the spec.
CASES = {
    "eight_schools": (SPECS / "eight_schools.bayes", "eight_schools-eight_schools_noncentered", {}),
    "kidscore_momiq": (HERE / "kidscore_momiq.bayes", "kidiq-kidscore_momiq", {"beta[1]": "b0", "beta[2]": "b1"}),
    "kidscore_interaction": (HERE / "kidscore_interaction.bayes", "kidiq-kidscore_interaction", {"beta": "b"}),
    "logearn_interaction": (HERE / "logearn_interaction.bayes", "earnings-logearn_interaction", {"beta": "b"}),
    "logmesquite_logvas": (HERE / "logmesquite_logvas.bayes", "mesquite-logmesquite_logvas", {"beta": "b"}),
    "nes": (HERE / "nes.bayes", "nes1972-nes", {"beta": "b"}),
}
# Draws a chain. tau of the eight schools has a heavy tail, so its sd needs more than the others.
DRAWS = {"eight_schools": 2000, "logearn_interaction": 1000}
ENOUGH = 600
# Uncentred predictors, whose coefficients are strongly correlated: their warmup is long.
LONG = ("kidscore_interaction", "logearn_interaction")


@pytest.mark.parametrize("case", [pytest.param(c, marks=[pytest.mark.slow] if c in LONG else []) for c in CASES])
def test_posterior_matches_its_reference(case: str, shared_data: Path) -> None:
    path, posterior, names = CASES[case]
    directory = shared_data / "posteriordb" / posterior
    reference = json.loads((directory / "reference.json").read_text())["parameters"]
    compiled = bd.compile(path)
    table = next(iter(compiled.spec.tables.values()))
    data = {} if table.in_place else {table.plate: directory / "data.json"}
    bound = compiled.bind(data)
    fit = bound.fit(seed=20, draws=DRAWS.get(case, ENOUGH))

    assert not compiled.diagnostics
    assert not bound.warnings
    assert fit.verdict().ok, str(fit.verdict())
    for name, expected in reference.items():
        draws = _draws(fit, name, names)
        assert abs(draws.mean() - expected["mean"]) < 0.1 * expected["sd"], name
        assert abs(draws.std(ddof=1) / expected["sd"] - 1) < 0.1, name


def _draws(fit: bd.Fit, name: str, names: dict[str, str]) -> np.ndarray:
    """All draws of a scalar that the reference calls `beta[2]`."""
    if name in names:
        return fit[names[name]].ravel()
    base, _, index = name.partition("[")
    values = fit[names.get(base, base)]
    return (values[..., int(index.rstrip("]")) - 1] if index else values).ravel()
