"""What cannot be predicted, and what is said of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from reference.gallery import fit_of_prior

import bayesdsl as bd
from bayesdsl.diagnostics.codes import CODES


def fitted(text: str, data: dict | None = None):
    return fit_of_prior(bd.compile_text(text).bind(data))


def test_the_snippets_of_the_codes_are_wrong_and_right():
    for code in ("BD820", "BD824"):
        row = CODES[code]
        new = {"x": [3.0]} if code == "BD820" else {"sigma": [9.0]}
        with pytest.raises(bd.BayesError) as caught:
            fitted(row.wrong).predict(new)
        assert {finding.code for finding in caught.value.diagnostics} == {code}
        assert fitted(row.right).predict(new).warnings == ()


def test_what_is_left_out_is_a_warning_and_the_rest_is_predicted():
    row = CODES["BD821"]
    found = fitted(row.wrong).predict()
    assert [w.code for w in found.warnings] == ["BD821"]
    assert list(found.draws) == ["y"]
    right = fitted(row.right).predict()
    assert right.warnings == ()
    assert set(right.draws) == {"y", "share", "total"}


def test_a_value_of_the_fit_is_used_where_it_is_reported():
    fit = fitted("""
data point { x = [1, 2, 6]; y = [1.2, 2.3, 3.9] }
b ~ Normal(0, 1)
derive middle = mean[point](x)
m = b * (x - middle)
observe y ~ Normal(m, 1)
""")
    # The middle of the rows of the fit, not of the new ones.
    np.testing.assert_allclose(fit.predict({"x": [3.0, 5.0]})["m"], fit["b"][0][:, None] * [0.0, 2.0], atol=1e-12)


def test_a_process_over_rows_is_predicted_where_the_fit_has_it():
    fit = fitted("""
data point { t = [0.0, 1.0, 2.5]; y = [1.2, 2.3, 3.9] }
K[point, point'] = exp(-(t - t[point'])^2) + 0.01 * (t == t[point'])
f[point] ~ MultivariateNormal(0, K)
observe y ~ Normal(f, 0.000001)
""")
    np.testing.assert_allclose(fit.predict()["y"], fit["f"][0], atol=1e-4)
    with pytest.raises(bd.BayesError) as caught:
        fit.predict({"t": [3.0]})
    assert [f.code for f in caught.value.diagnostics] == ["BD824"]


TWO = """
data house { floor : real; radon : real }
data county { uranium : real; soil : real }
b, c ~ Normal(0, 1)
observe radon ~ Normal(b * floor, 1)
observe soil ~ Normal(c * uranium, 1)
"""


def test_of_several_tables_one_has_to_be_chosen():
    fit = fitted(TWO, {"house": {"floor": [1.0], "radon": [1.0]}, "county": {"uranium": [1.0, 2.0], "soil": [1.0, 2]}})
    for table, words in ((None, "say which"), ("hause", "did you mean `house`")):
        with pytest.raises(bd.BayesError, match=words) as caught:
            fit.predict(table=table)
        assert [f.code for f in caught.value.diagnostics] == ["BD822"]
    assert list(fit.predict(table="county").draws) == ["soil"]


def test_a_column_that_others_read_is_asked_of_new_rows():
    """An outcome that predicts another one is given, not drawn."""
    fit = fitted(
        """
data day { rain : binary; umbrellas : count }
p ~ Beta(1, 1)
a, b ~ Normal(0, 1)
observe rain ~ Bernoulli(p)
rate = exp(a + b * rain)
observe umbrellas ~ Poisson(rate)
""",
        {"day": {"rain": [0, 1], "umbrellas": [1, 5]}},
    )
    found = fit.predict({"rain": [1]})
    np.testing.assert_allclose(found["rate"][:, 0], np.exp(fit["a"][0] + fit["b"][0]))
    assert set(found.draws) == {"rain", "rate", "umbrellas"}
    with pytest.raises(bd.BayesError, match="rain"):
        fit.predict({"umbrellas": [1]})


def test_a_run_of_an_earlier_version_says_what_to_do(tmp_path):
    fit = fitted(CODES["BD820"].right)
    directory = fit.save(tmp_path / "run")
    manifest = json.loads((directory / "manifest.json").read_text())
    (directory / "prediction.json").unlink()
    del manifest["files"]["prediction.json"]
    (directory / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(bd.BayesError, match="run the model again") as caught:
        bd.open_run(directory).predict()
    assert [f.code for f in caught.value.diagnostics] == ["BD825"]


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_predictor_is_not_loaded(tmp_path, content):
    path = tmp_path / "p.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(bd.BayesError) as caught:
        bd.load_predictor(path)
    assert [f.code for f in caught.value.diagnostics] == ["BD827"]


def test_a_column_of_a_predictor_is_one_value_for_each_row(tmp_path):
    predictor = fitted(CODES["BD820"].right).predictor()
    for column in (1.5, [1.5, "a"], [[[1.0]]]):
        with pytest.raises(bd.BayesError) as caught:
            predictor.mean({"x": column})
        assert [f.code for f in caught.value.diagnostics] == ["BD828"]


def test_a_loop_cannot_be_written_as_a_program_of_torch_export(tmp_path):
    from bayesdsl.prediction.archive import save

    fit = fitted("data wind { a = [0.1, 0.3] }\nm ~ Normal(0, 1)\nobserve a ~ VonMises(m, 2)\n")
    with pytest.raises(bd.BayesError, match="--format pt") as caught:
        save(fit.trained, tmp_path / "p.pt2", "pt2", None, None)
    assert [f.code for f in caught.value.diagnostics] == ["BD826"]
    assert fit.predictor().draws({"a": [0.0]})["a"].shape == (40, 1)


PARTS = """
data click from "clicks.csv" (stream = true) { site : category; depth : real = zscore(pages); bought : binary }
a[site] ~ Normal(0, 1)
b ~ Normal(0, 1)
odds = a[site] + b * depth
observe bought ~ Bernoulli(logits = odds)
infer svi(steps = 3, draws = 10)
"""


def test_rows_that_were_read_in_parts_are_predicted_where_they_are_given(tmp_path):
    rows = {"site": ["s", "t", "s", "u"], "pages": [1.0, 4.0, 2.0, 9.0], "bought": [0, 1, 0, 1]}
    lines = [",".join(rows), *(",".join(map(str, row)) for row in zip(*rows.values(), strict=True))]
    (tmp_path / "clicks.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "clicks.bayes").write_text(PARTS, encoding="utf-8")
    fit = bd.compile(tmp_path / "clicks.bayes").fit(seed=1)
    with pytest.raises(bd.BayesError) as caught:
        fit.predict()
    assert [f.code for f in caught.value.diagnostics] == ["BD829"]
    depth = (np.array([9.0, 1.0]) - np.mean(rows["pages"])) / np.std(rows["pages"], ddof=1)
    expected = fit["a"][0][:, [2, 0]] + fit["b"][0][:, None] * depth
    np.testing.assert_allclose(fit.predict({"site": ["u", "s"], "pages": [9.0, 1.0]})["odds"], expected, rtol=1e-12)
