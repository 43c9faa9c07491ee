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


@pytest.mark.parametrize("support", ["real", "positive"])
def test_a_param_that_is_kept_as_it_is_learned_is_followed(support: str) -> None:
    # Over the reals nothing is done to it between the store and the draws.
    text = f"data point {{ y = [1.0, 2.0] }}\nparam shift : {support} = 0.5\n"
    text += "b ~ Normal(0, 1)\nobserve y ~ Normal(b + shift, 1)\n"
    fit = compile_text(text).fit("svi", steps=300, draws=5, seed=1)
    assert fit.posterior.facts["engine"] == "compiled"
    assert len(set(fit["shift"].ravel())) == 1
    assert fit["shift"][0, 0] != 0.5


def test_a_guide_that_draws_its_own_shape_is_machine_code_whatever_the_seed() -> None:
    # The order of a flow is drawn when it is made, and another one at made-up lengths of data.
    text = 'data point from "p.csv" { y : real }\na, b, c, d ~ Normal(0, 1)\nobserve y ~ Normal(a + b + c + d, 1)\n'
    bound = compile_text(text).bind({"point": {"y": [1.0, 2.0]}})
    for seed in range(4):
        fit = bound.fit("svi", guide="AutoIAFNormal", steps=200, draws=5, seed=seed)
        assert fit.posterior.facts["engine"] == "compiled"
