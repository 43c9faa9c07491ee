"""The mistakes in the source documents that a user copies: each is caught, or cannot be written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyro
import pyro.distributions as dist
import pytest
import torch

import bayesdsl as bd

LINE = """
data row { x : real; y : real }
slope ~ Normal(0, 10)
sigma ~ HalfNormal(5)
observe y ~ Normal(slope * x, sigma)
infer nuts(chains = 1, warmup = 100, draws = 200)
"""


def points() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=50)
    return x, 2 * x + rng.normal(size=50)


def test_a_column_of_shape_n_1_is_refused_and_nuts_finds_the_slope() -> None:
    """Plain Pyro takes y of shape (N, 1), makes N times N rows of it and prefers a slope of 0 to the true 2."""
    x, y = points()

    def plain(observed: torch.Tensor, slope: float) -> torch.Tensor:
        with pyro.plate("row", 50):
            pyro.sample("y", dist.Normal(slope * torch.tensor(x), 1.0), obs=observed)
        return observed

    def log_density(observed: np.ndarray, slope: float) -> float:
        return float(pyro.poutine.trace(plain).get_trace(torch.tensor(observed), slope).log_prob_sum())

    assert log_density(y[:, None], 0.0) > log_density(y[:, None], 2.0)
    assert log_density(y, 2.0) > log_density(y, 0.0)

    model = bd.compile_text(LINE)
    with pytest.raises(bd.BayesError) as refused:
        model.bind({"row": {"x": x, "y": y[:, None]}})
    assert "`y`" in str(refused.value)

    slope = model.fit(data={"row": {"x": x, "y": y}}, seed=1)["slope"]
    # The posterior sd is 1 / sqrt(50), 0.14, and least squares is within three of them of the truth.
    assert abs(slope.mean() - (x @ y) / (x @ x)) < 0.05
    assert abs(slope.mean() - 2) < 0.45


@pytest.mark.parametrize("scale", ["sigma * sigma", "sigma^2", "square(sigma)"])
def test_a_variance_where_a_scale_is_asked_is_noticed(scale: str) -> None:
    text = f"data row {{ y : real }}\nsigma ~ HalfNormal(5)\nobserve y ~ Normal(0, {scale})\n"
    (found,) = [d for d in bd.compile_text(text).diagnostics if d.code == "BD602"]

    assert "var =" in found.hint
    named = bd.compile_text(text.replace(f"0, {scale}", f"0, var = {scale}"))
    assert named.diagnostics == ()
    trace = pyro.poutine.trace(pyro.condition(named.model, data={"sigma": torch.tensor(3.0)}))
    trace.get_trace(**named.inputs({"row": {"y": [1.0]}}))
    assert float(trace.trace.nodes["y"]["fn"].scale) == pytest.approx(3.0)


def test_an_earlier_posterior_is_carried_by_name_whatever_the_order() -> None:
    """The same model with its statements in another order, and a name more: everything lands where it belongs."""
    x, y = points()
    first = bd.compile_text(LINE).fit(data={"row": {"x": x, "y": y}}, seed=1)
    reordered = bd.compile_text("""
data row { x : real; y : real }
sigma ~ HalfNormal(5)
shift ~ Normal(0, 1)
slope ~ Normal(0, 10)
observe y ~ Normal(shift + slope * x, sigma)
infer nuts(chains = 2, warmup = 300, draws = 500)
""")
    # A single row at x = 0, which says nothing of the slope and next to nothing of sigma.
    second = reordered.fit(data={"row": {"x": [0.0], "y": [0.5]}}, prior_from=first, seed=2)

    for name in ("slope", "sigma"):
        # Some 300 effective draws: a Monte Carlo error of 0.06 sd of the mean, and 4 % of the sd.
        assert abs(second[name].mean() - first[name].mean()) < 0.2 * first[name].std(), name
        assert second[name].std() == pytest.approx(first[name].std(), rel=0.2), name


def test_clearing_the_parameter_store_while_a_fit_runs_changes_nothing(specs: Path) -> None:
    """Document 004 clears it at every step, and learns nothing. A fit's parameters are its own."""
    model = bd.compile(specs / "coin.bayes").bind({"toss": specs / "toss.csv"})
    cleared = []

    def clear(_: object) -> None:
        pyro.clear_param_store()
        cleared.append(1)

    alone = model.fit(seed=1, steps=100, draws=50)
    pyro.param("mine", torch.tensor(1.0))
    disturbed = model.fit(seed=1, steps=100, draws=50, progress=clear)

    assert len(cleared) >= 100
    assert np.array_equal(disturbed.posterior.losses, alone.posterior.losses)
    assert np.array_equal(disturbed["p"], alone["p"])
    assert alone.posterior.losses[-10:].mean() < alone.posterior.losses[0]


def test_a_predictor_gives_as_many_columns_as_it_gets_rows(tmp_path: Path) -> None:
    """Document 000 traces the size of a plate: a batch of one then comes out as 50 columns."""
    x, y = points()
    fit = bd.compile_text(LINE).fit(data={"row": {"x": x, "y": y}}, seed=1, draws=60)
    path = fit.predictor().save(tmp_path / "line.pt")
    served = torch.jit.load(str(path))

    for rows in (1, 7, 50):
        columns = {"x": torch.linspace(0, 1, rows, dtype=torch.float64)}
        assert tuple(served.draws(columns, {}, 1)["y"].shape) == (60, rows)
