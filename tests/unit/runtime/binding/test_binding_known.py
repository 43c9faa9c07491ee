"""Expressions that the data alone decide, against what the emitted program computes of them."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdsl.model import ir
from bayesdsl.runtime.binding.known import Known
from bayesdsl.runtime.binding.plates import join
from bayesdsl.runtime.binding.tables import bind_table

SPEC = """\
plate k = ["p", "q"]
data g { u = [2, 3, 5] }
data t {
    x = [1, 4, 2, 9]
    n : count = [1, 2, 3, 4]
    to : category(g) = [3, 1, 1, 2]
    w[k] = [x, n]
}
m ~ Normal(0, 1)
observe n ~ Poisson(1)
v = x * 2 - n
"""

EXPRESSIONS = [
    "x + 1",
    "-x / n",
    "x^2 % 3",
    "log(x) + sqrt(n) - exp(-n)",
    "where(x > n, x, n)",
    "where(x >= 4 and not (n == 2), 1, 0)",
    "minimum(x, n) + clamp(x, 2, 5)",
    "inv_logit(x - 3) + softplus(x) + relu(2 - x)",
    "u[to] * x",
    "u[g = 2] + x",
    'w[k = "q"] + x',
    "x - x[t']",
    "sum[t'](abs(x - x[t']))",
    "sum[k](w)",
    "dot[k](w, w)",
    "mean[t, k](w) + x",
    "max[t](x) - min[t](x) + x",
    "prod[k](w) + sd[t](x) + var[t](x)",
    "logsumexp[k](w)",
    "softmax[k](w)",
    "cumsum[t](x) + cumprod[t](n)",
    "any[t](x > 8) + all[t](x > 8) + x",
    "v + x",
    "u + sum[t](v)",
]


@pytest.mark.parametrize("written", EXPRESSIONS)
def test_a_known_expression_has_the_value_that_the_program_computes(bind, written):
    bound = bind(SPEC + f"derive found = {written}\n")
    from pyro import poutine

    program = poutine.trace(bound.model.model).get_trace(**bound.inputs).nodes["found"]["value"].squeeze().numpy()
    model = bound.compiled.spec
    tables = {name: bind_table(model, table)[0] for name, table in model.tables.items()}
    known = Known(join(model, tables), model.statements)
    let = next(s for s in model.statements if isinstance(s, ir.Let) and s.name == "found")
    grid = known.value(let.expr)
    assert grid.plates == let.expr.plates
    variable = next(v for v in bound.model.variables if v.name == "found")
    order = [p for p in variable.layout if p is not None]
    # The same formula in numpy and in torch, both in float64.
    np.testing.assert_allclose(grid.over(tuple(order)), program, rtol=1e-12)


@pytest.mark.parametrize("written", ["m + x", "x * exp(m)", "sum[t](x) + m"])
def test_what_a_parameter_is_in_is_not_known(bind, written):
    bound = bind(SPEC + f"y = {written}\nderive found = y + 1\n")
    model = bound.compiled.spec
    tables = {name: bind_table(model, table)[0] for name, table in model.tables.items()}
    known = Known(join(model, tables), model.statements)
    let = next(s for s in model.statements if isinstance(s, ir.Let) and s.name == "found")
    assert not known.fixed(let.expr)
    assert known.value(let.expr) is None
    assert known.columns(let.expr) == ("x",)
