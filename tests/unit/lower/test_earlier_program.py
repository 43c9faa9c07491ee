"""The program with an earlier run: it runs alone, its density is the fitted one, no name in it clashes with a spec."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyro
import pytest
import torch
from reference.known_fits import fit_with

import bayesdsl as bd
from bayesdsl.model.earlier import Bend, Carried, Conditional, Earlier, LowRank
from bayesdsl.runtime.density import Density
from bayesdsl.types.supports import POSITIVE, REAL

ROW = {"row": {"x": [0.5, -1.0, 2.0], "y": [1.0, 2.0, 3.0]}}
TEXT = """
data row { x : real; y : real }
a, b ~ Normal(0, 10)
sigma ~ Gamma(2, 1)
observe y ~ Normal(a + b * x, sigma)
infer nuts(chains = 1)
"""
CONDITIONAL = Conditional(
    centre=(0.1, 0.2, 0.3),
    spread=(1.5, 2.5, 0.5),
    mean=(0.0, 0.1, 0.2),
    slopes=((0.0, 0.0, 0.0), (0.3, 0.0, 0.0), (0.4, -0.5, 0.0)),
    log_scale=(-0.1, 0.0, -0.3),
    scale_slopes=((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.2, 0.0, 0.0)),
    bend=Bend((0.1, 0.0, 0.0), (1.2, 1.0, 1.0), (0.3, 0.0, 0.0), (0.8, 1.0, 1.0)),
)
LOW_RANK = LowRank((0.1, 0.2, 0.3), (1.5, 2.5, 0.5), ((0.5,), (0.6,), (-0.7,)), (0.75, 0.64, 0.51))
LATENTS = (Carried("sigma", POSITIVE), Carried("a", REAL), Carried("b", REAL))


def program_of(earlier: Earlier, text: str = TEXT) -> bd.Compiled:
    return replace(bd.compile_text(text), earlier=earlier)


def integral(log_density, points: np.ndarray) -> float:
    """Over a grid of three numbers, by the midpoint rule."""
    step = points[1] - points[0]
    grid = np.stack(np.meshgrid(points, points, points, indexing="ij"), -1).reshape(-1, 3)
    with torch.no_grad():
        return sum(float(log_density(torch.tensor(u)).exp()) for u in grid) * step**3


@pytest.mark.parametrize("density", [CONDITIONAL, LOW_RANK])
def test_the_density_of_a_program_has_a_whole_of_one(density):
    """Integrated over sigma, a and b themselves. With spreads of about 1 and steps of 0.7 the midpoint rule is good to
    a hundredth for curves like a normal's; the grid ends where less than a thousandth is left."""
    unit = replace(density, centre=(0.0, 0.0, 0.0), spread=(1.0, 1.0, 1.0))
    function = program_of(Earlier("runs/x", 100, LATENTS, unit)).module.earlier

    def over_the_line(u: torch.Tensor) -> torch.Tensor:
        # d sigma = sigma d log(sigma)
        return function(u[0].exp(), u[1], u[2]) + u[0]

    assert integral(over_the_line, np.arange(-5.25, 5.3, 0.7)) == pytest.approx(1, abs=0.02)


def test_what_is_zero_is_left_out():
    plain = replace(CONDITIONAL, scale_slopes=None, bend=None)
    source = program_of(Earlier("runs/x", 100, LATENTS, plain)).source
    assert "asinh" not in source
    assert "scale_slopes" not in source
    alone = Conditional((0.0,), (1.0,), (0.0,), None, (0.0,))
    source = program_of(Earlier("runs/x", 100, LATENTS[1:2], alone)).source
    assert "slopes" not in source
    assert "triangle" not in source
    assert "unconstrained" not in source


def test_the_program_runs_with_torch_and_pyro_alone():
    compiled = program_of(Earlier("runs/x", 100, LATENTS, CONDITIONAL))
    namespace: dict[str, object] = {"__name__": "emitted"}
    exec(compile(compiled.source, "emitted.py", "exec", dont_inherit=True), namespace)
    trace = pyro.poutine.trace(namespace["model"]).get_trace(**compiled.inputs(ROW))
    assert {"a", "b", "sigma", "earlier", "y"} <= set(trace.nodes)
    assert trace.log_prob_sum().isfinite()
    for name in ("a", "b", "sigma"):
        assert float(trace.nodes[name]["log_prob_sum"]) == 0


def test_the_factor_is_a_term_of_the_prior():
    """The likelihood alone leaves it out."""
    compiled = program_of(Earlier("runs/x", 100, LATENTS, CONDITIONAL))
    plain = bd.compile_text(TEXT)
    u = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
    ours, theirs = (Density(c.bind(ROW).model, prior=False) for c in (compiled, plain))
    assert float(ours.log_density(u)) == pytest.approx(float(theirs.log_density(u)), rel=1e-12)
    assert compiled.program.prior_terms == ("earlier",)


CLASHES = """
data row {{ x : real; y : real }}
{0} ~ Normal(0, 10)
{1} ~ Normal(0, 10)
{2} ~ Gamma(2, 1)
observe y ~ Normal({0} + {1} * x, {2})
infer nuts(chains = 1)
"""


@pytest.mark.parametrize(
    "names",
    [
        ("earlier", "t", "u"),
        ("EARLIER", "centre", "rest"),
        ("triangle", "biject_to", "unconstrained"),
        ("y_", "z", "bent"),
    ],
)
def test_names_of_a_spec_do_not_clash_with_those_of_the_density(names):
    text = CLASHES.format(*names)
    latents = tuple(replace(c, name=n) for c, n in zip(LATENTS, (names[2], *names[:2]), strict=True))
    compiled = program_of(Earlier("runs/x", 100, latents, CONDITIONAL), text)
    same = program_of(Earlier("runs/x", 100, LATENTS, CONDITIONAL))
    u = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
    values = [float(Density(c.bind(ROW).model).log_density(u)) for c in (compiled, same)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_a_hierarchy_that_is_carried_is_a_draw_of_its_own_scale():
    """The run knows theta, not the standard draw behind it."""
    text = """
        data school { key : category = ["A", "B"]; y = [1.0, 2.0] }
        mu ~ Normal(0, 5)
        tau ~ HalfNormal(1)
        theta[key] ~ Normal(mu, tau) noncentered
        observe y ~ Normal(theta[key], 1)
        infer nuts(chains = 1)
        """
    model = bd.compile_text(text)
    rng = np.random.default_rng(1)
    draws = {"mu": rng.normal(size=99), "tau": rng.gamma(9, size=99), "theta": rng.normal(size=(99, 2))}
    bound = model.bind(prior_from=fit_with(model, None, draws))
    assert bound.compiled.program.sites["theta"] == "theta"
    assert "theta_raw" not in bound.compiled.source
    assert model.program.sites["theta"] == "theta_raw"
