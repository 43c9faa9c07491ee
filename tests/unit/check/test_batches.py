"""Minibatches: what may come in them, how they are written, and what is said once."""

from __future__ import annotations

import pytest

from bayesdsl.check import check
from bayesdsl.check.batches import batch_findings
from bayesdsl.check.settings import default_inference, override
from bayesdsl.model import ir
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse

SPEC = """
data obs from "large.csv" (key = "name") {{ g : category; x : real; y : real; h[k] = [x, y] }}
{statements}
infer svi({guide}batch = 256 of obs)
"""


def model(statements: str, guide: str = "") -> ir.Model | None:
    return check(parse(Source("case.bayes", SPEC.format(statements=statements, guide=guide)))).model


def codes(statements: str, guide: str = "") -> list[str]:
    found = check(parse(Source("case.bayes", SPEC.format(statements=statements, guide=guide))))
    return [finding.code for finding in found.errors]


@pytest.mark.parametrize(
    "statements",
    {
        "levels by row": "a[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)",
        "other plates reduced": "b[k] ~ Normal(0, 1)\nobserve y ~ Normal(dot[k](h, b), 1)",
        "latents": "z[obs, k] ~ Normal(0, 1) noncentered\nobserve y ~ Normal(sum[k](z * h), 1)",
        "params": "param s[obs] : positive\nm ~ Normal(0, 1)\nobserve y ~ Normal(m, s)",
        "reported by row": "m ~ Normal(0, 1)\nderive f = m * x\nobserve y ~ Normal(f, 1)",
        "a member of another plate": 'b[k] ~ Normal(0, 1)\nobserve y ~ Normal(b[k = "x"] * x, 1)',
        "a mixture of another plate": "w[k] ~ Dirichlet(1)\nm[k] ~ Normal(0, 1)\nobserve y ~ Mixture(w, Normal(m, 1))",
    }.values(),
)
def test_what_takes_each_row_by_itself_may_come_in_minibatches(statements: str) -> None:
    text = SPEC.format(statements=statements, guide="")
    assert [f.message for f in check(parse(Source("case.bayes", text))).errors] == []


def test_the_setting_holds_the_number_and_the_plate():
    found = model("m ~ Normal(0, 1)\nobserve y ~ Normal(m, 1)").inferences[0]
    assert found.setting("batch") == ir.batch_of(found) == ir.Batch(256, "obs")
    assert ir.batch_of(default_inference("svi")) is None
    assert ir.batch_of(default_inference("nuts")) is None


@pytest.mark.parametrize("size", ["0", "2.5", "-3", '"many"', "[1, 2]"])
def test_the_number_is_a_whole_one_from_one(size: str):
    text = SPEC.format(statements="m ~ Normal(0, 1)\nobserve y ~ Normal(m, 1)", guide="").replace("256", size)
    assert [f.code for f in check(parse(Source("case.bayes", text))).errors] == ["BD503"]


def test_an_unknown_plate_is_said_as_everywhere():
    text = SPEC.format(statements="m ~ Normal(0, 1)\nobserve y ~ Normal(m, 1)", guide="").replace("of obs", "of obss")
    (finding,) = check(parse(Source("case.bayes", text))).errors
    assert (finding.code, finding.hint) == ("BD210", "did you mean `obs`?")


def test_an_override_is_checked_as_the_spec_is():
    made = model("theta[obs] ~ Normal(0, 1)\nobserve y ~ Normal(theta, 1)")
    plain = default_inference("svi")
    changed, found = override(plain, "batch", "32 of obs", {}, made.plates)
    assert (ir.batch_of(changed), found) == (ir.Batch(32, "obs"), ())
    assert batch_findings(made, changed) == []
    guided, _ = override(changed, "guide", "AutoLowRankMultivariateNormal", {})
    assert [f.code for f in batch_findings(made, guided)] == ["BD520"]
    for text, code in (("32 of obz", "BD210"), ("32", "BD518"), ("0 of obs", "BD503"), ("32 of k", "BD518")):
        changed, found = override(plain, "batch", text, {}, made.plates)
        assert changed is None
        assert [f.code for f in found] == [code]


def test_what_mixes_rows_is_said_once_for_all_inferences():
    text = SPEC.format(statements="m ~ Normal(mean[obs](x), 1)\nobserve y ~ Normal(m, 1)", guide="")
    assert len(check(parse(Source("case.bayes", text + "infer again = svi(batch = 8 of obs)\n"))).errors) == 1


def test_a_guide_that_no_minibatch_uses_may_mix_rows():
    statements = "m ~ Normal(0, 1)\nobserve y ~ Normal(m, 1)\nguide q { m ~ Normal(mean[obs](y), 1) }\n"
    assert codes(statements + "infer slow = svi(guide = q)") == []
    assert codes(statements, "guide = q, ") == ["BD519"]


def test_a_layer_may_take_a_row_and_not_all_rows():
    row = "layer f : [k] -> [] = Linear(k, 4) -> Tanh -> Linear(4, 1) { weight ~ Normal(0, 1); bias ~ Normal(0, 1) }\n"
    assert codes(row + "observe y ~ Normal(f(h), 1)") == []
    rows = row.replace("[k]", "[obs]").replace("(k,", "(obs,")
    assert codes(rows + "observe y ~ Normal(f(x), 1)") == ["BD519"]


def test_a_spec_with_other_mistakes_says_those_first():
    assert codes("m ~ Normal(mean[obs](x), 1)\nobserve y ~ Normal(mm, 1)") == ["BD201"]
