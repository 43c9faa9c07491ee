"""Guides by hand draw the model's latents from the distributions they say; guides from parts cover every site."""

from __future__ import annotations

import pyro
import torch
from pyro.infer import SVI, Trace_ELBO
from reference.agreement import RELATIVE, by_name, compiled_twice, world_of
from reference.interpreter import terms

from bayesdsl.model import ir

DATA = {"house": {"county": ["a", "b", "c", "a"], "y": [1.0, 2.0, 3.0, 4.0], "x": [0.1, 0.2, 0.3, 0.4]}}

SPEC = """
data house { county : category; y : real; x : real }
plate k = 2
a[county, k] ~ Normal(0, 1)
tau ~ HalfNormal(1)
w[k] ~ Dirichlet(1)
G[k, k'] ~ LKJCholesky(1)
s[k] ~ HalfNormal(1)
v[house, k] ~ MultivariateNormal(0, scale_tril = G)
m = sum[k](a[county] * w + v) * x
observe y ~ Normal(m, tau * s[k = 1])
derive total = sum[k](s)

guide by_hand {
    param loc[k, county]
    param scale : positive = 0.3
    param c[k] : positive = 2
    param shift[county] = 1
    param slope[k]
    param L[k, k'] : cholesky_corr
    m = loc + shift
    a[k, county] ~ Normal(m, scale)
    tau ~ LogNormal(mean[house](x), 1)
    w[k] ~ Dirichlet(c)
    G[k, k'] ~ LKJCholesky(3)
    plate k { s ~ Gamma(c, 1 + tau) }
    v[house, k] ~ MultivariateNormal(slope * x, scale_tril = L)
}
guide parts {
    a, tau : AutoDiagonalNormal
    w, G   : AutoDelta
    s, v   : AutoLowRankMultivariateNormal(rank = 1)
}
infer svi(guide = by_hand)
"""


def test_a_guide_by_hand_has_the_density_it_says():
    bound = compiled_twice(SPEC).bind(DATA)
    guide = bound.compiled.spec.guides["by_hand"]
    with torch.random.fork_rng(), pyro.get_param_store().scope():
        torch.manual_seed(1)
        function = bound.model.guides["by_hand"]
        function(**bound.inputs)
        for value in pyro.get_param_store().values():
            value.unconstrained().data.add_(0.5 * torch.randn_like(value.unconstrained()))
        trace = pyro.poutine.trace(function).get_trace(**bound.inputs)
        trace.compute_log_prob()
    world = world_of(bound)
    layouts = {variable.name: variable.layout for variable in bound.model.variables}
    for statement in guide.statements:
        match statement:
            case ir.Parameter(name, plates):
                value = trace.nodes[f"by_hand.{name}"]["value"]
                world.values[name] = by_name(world, plates, plates, value)
            case ir.Sample(name, plates, event):
                value = trace.nodes[name]["value"]
                world.values[name] = by_name(world, (*plates, *event), layouts[name], value)
    found = terms(world, guide.statements)
    assert set(found) == {"a", "tau", "w", "G", "s", "v"}
    for name, expected in found.items():
        assert abs(trace.nodes[name]["log_prob_sum"].item() - expected) <= RELATIVE * max(1.0, abs(expected)), name
    # What the guide draws, the model takes.
    replayed = pyro.poutine.trace(pyro.poutine.replay(bound.model.model, trace)).get_trace(**bound.inputs)
    assert replayed.log_prob_sum().isfinite()


def test_a_guide_from_parts_covers_every_latent_and_runs():
    bound = compiled_twice(SPEC).bind(DATA)
    with torch.random.fork_rng(), pyro.get_param_store().scope():
        torch.manual_seed(1)
        guide = bound.model.guides["parts"](bound.model.model)
        loss = SVI(bound.model.model, guide, pyro.optim.Adam({"lr": 0.01}), Trace_ELBO()).step(**bound.inputs)
        trace = pyro.poutine.trace(guide).get_trace(**bound.inputs)
    assert torch.isfinite(torch.tensor(loss))
    assert {"a", "tau", "w", "G", "s", "v"} <= set(trace.nodes)


def test_guides_leave_the_models_own_names_alone():
    compiled = compiled_twice(SPEC)
    functions = {name: compiled.module.__dict__[name] for name in ("model", "by_hand", "parts")}
    assert all(map(callable, functions.values()))
    bound = compiled.bind(DATA)
    with pyro.get_param_store().scope():
        bound.model.guides["by_hand"](**bound.inputs)
        assert set(pyro.get_param_store()) == {f"by_hand.{n}" for n in ("loc", "scale", "c", "shift", "slope", "L")}
