"""A predictor that was exported gives what `predict` gives, for every spec of the gallery that can predict new rows."""

from __future__ import annotations

import numpy as np
import pytest
from reference.gallery import ROWS_OF_THE_FIT_ALONE, SPECS

import bayesdsl as bd

NAMES = [path.stem for path in SPECS]
# Draws for many rows: of images there are many numbers.
FEW = 5
EXPORTED = [name for name in NAMES if name not in ROWS_OF_THE_FIT_ALONE]


def equal(one, other) -> None:
    """The same numbers: the compiler of TorchScript may put operations together, so that the last bits differ."""
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].shape == other[name].shape
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_of_the_fit_are_predicted(case, name):
    found = case(name)
    prediction = found.fit.predict(seed=1)
    for quantity in prediction.quantities:
        values = prediction[quantity.name]
        assert len(values) == found.fit.trained.count
        if quantity.over_rows:
            assert values.shape[1] == len(prediction)


@pytest.mark.parametrize("rows", [1, 7, 5000])
@pytest.mark.parametrize("name", EXPORTED)
def test_a_loaded_predictor_gives_what_predict_gives(case, name, rows, tmp_path):
    found = case(name)
    new, draws = found.rows(rows), FEW if rows > 100 else None
    expected = found.fit.predict(new, seed=11, draws=draws)
    loaded = bd.load_predictor(found.fit.predictor(draws=draws).save(tmp_path / "predictor.pt"))
    equal(loaded.draws(new, seed=11), expected.draws)
    means = loaded.mean(new, seed=11)
    tails = loaded.quantiles(new, (0.05, 0.95), seed=11)
    for name, figures in expected.figures.items():
        # Sums of a few dozen numbers in another order, and a product more or less in the quantiles.
        np.testing.assert_allclose(means[name], figures.mean, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(tails[name][0], figures.lower, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(tails[name][1], figures.upper, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", EXPORTED)
def test_a_run_predicts_from_itself_alone_what_the_fit_predicts(case, name, tmp_path):
    found = case(name)
    new = found.rows(7)
    run = bd.open_run(found.fit.save(tmp_path / "run"))
    equal(run.predict(new, seed=2).draws, found.fit.predict(new, seed=2).draws)
    equal(run.predict(seed=2).draws, found.fit.predict(seed=2).draws)


@pytest.mark.parametrize("name", sorted(ROWS_OF_THE_FIT_ALONE))
def test_latents_of_rows_are_not_exported_without_being_asked_for(case, name):
    with pytest.raises(bd.BayesError, match="redraw") as caught:
        case(name).fit.predictor()
    assert [finding.code for finding in caught.value.diagnostics] == ["BD824"]
