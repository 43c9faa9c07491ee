"""What is written down of a fit takes no more room than the fit."""

from __future__ import annotations

import pytest

from bayesdsl.driver import compile_text
from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.trials import made_up, numbers_of
from bayesdsl.runtime.engines import svi

SPEC = """\
data house from "house.csv" {
    county : category
    street : category
    y      : real
}
mu ~ Normal(0, 1)
a[county, street] ~ Normal(mu, 1)
observe y ~ Normal(a[county, street], 1)
"""
HOUSES = {"county": ["a", "b", "a", "c"], "street": ["x", "x", "y", "y"], "y": [0.1, 0.7, -0.3, 1.2]}

pytestmark = pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler here")


@pytest.mark.parametrize(("guide", "made"), [("AutoNormal", True), ("AutoMultivariateNormal", False)])
def test_a_guide_with_a_matrix_over_all_unknowns_is_not_made_for_thousands(
    guide: str, made: bool, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path))
    bound = compile_text(SPEC).bind({"house": HOUSES})
    # Three by two of them, and one: the made-up lengths are not all small.
    assert numbers_of(bound.model) == 7
    assert max(numbers_of(one.bound) for one in made_up(bound.model)) > 1000
    others: list[int] = []
    like = svi._Fit.like

    def counted(fit: svi._Fit, made: object) -> svi._Fit:
        others.append(numbers_of(made.bound))
        return like(fit, made)

    monkeypatch.setattr(svi._Fit, "like", counted)
    fit = bound.fit("svi", guide=guide, steps=200, draws=5, seed=1)
    assert fit.posterior.facts["engine"] == "compiled"
    assert bool(others) == made


def test_data_of_many_plates_at_once_are_not_made_up() -> None:
    # Over three plates of a hundred members there would be a million numbers.
    text = SPEC.replace("a[county, street] ~", "a[county, street, house] ~").replace("a[county, street],", "mu,")
    bound = compile_text(text).bind({"house": HOUSES})
    assert made_up(bound.model) == []
    fit = bound.fit("map", steps=200, seed=1)
    assert fit.posterior.facts["engine"] == "compiled"
