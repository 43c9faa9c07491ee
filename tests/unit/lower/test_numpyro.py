"""The program for NumPyro: Pyro's density and guides, and a finding for what NumPyro does not have."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import numpy as np
import pyro
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from reference.generator import Spec, specs
from reference.synthetic import synthetic

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.driver import Bound, Compiled, analyse, compile, compile_text, read_spec
from bayesdsl.lower.numpyro import to_numpyro
from bayesdsl.pysrc import nodes as py
from bayesdsl.pysrc.reader import read_expression
from bayesdsl.runtime.engines.errors import InitFailed

pytest.importorskip("numpyro", reason="NumPyro is not installed")

import jax
import jax.numpy as jnp
import numpyro
from numpyro.infer import SVI, Predictive, Trace_ELBO
from numpyro.infer.util import log_density
from reference.numpyro_agreement import as_arrays, emitted, numpyro_agrees

torch.set_num_threads(1)

SPECS = sorted((Path(__file__).resolve().parents[3] / "specs").glob("**/*.bayes"))
ROWS = {"row": {"g": ["a", "b", "a"], "x": [0.5, -1.0, 2.0], "y": [1.0, 2.0, 3.0], "n": [0, 3, 5], "yes": [0, 1, 1]}}
TABLE = "data row { g : category; x : real; y : real; n : count; yes : binary }\n"
NOT_IN_NUMPYRO = {"BD838", "BD839", "BD840"}


def against(compiled: Compiled) -> tuple[Diagnostic, ...]:
    """What stands against a program for NumPyro."""
    try:
        compiled.emit("numpyro")
    except BayesError as error:
        return error.diagnostics
    return ()


def bound(text: str) -> Bound:
    return compile_text(TABLE + dedent(text)).bind(ROWS)


# The density


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_an_example_spec_has_pyros_density(path: Path):
    if any(finding.code == "BD490" for finding in analyse(read_spec(path)).errors):
        pytest.skip("layers are not lowered yet")
    compiled = compile(path)
    findings = against(compiled)
    if findings:
        assert {finding.code for finding in findings} <= NOT_IN_NUMPYRO
        pytest.skip("; ".join(finding.message for finding in findings))
    try:
        found = compiled.bind()
    except BayesError:
        found = compiled.bind(synthetic(compiled.spec))
    numpyro_agrees(found)


# Each uses something that no other does.
MODELS = {
    "a moving bound in a prior cut down to a type": """
        m ~ HalfNormal(1)
        s : positive ~ Uniform(-m, m)
        observe y ~ Normal(0, 1 + s)
        """,
    "starts of params": """
        plate k = 2
        param r[k] : positive = 2
        param w[k] : simplex
        param o[g, k] : ordered
        param L[k, k'] : cholesky_corr
        param u : unit
        a[g, k] ~ Normal(o, r * u)
        observe y ~ Normal(sum[k](w * a[g]) + sum[k, k'](L), 1)
        """,
    "numbers as values": """
        c = 2
        d = c > 1
        derive e = 3
        observe y ~ Normal(c + d * e + 12345678901234567890 / 1e19, 1)
        """,
    "arguments at full size": """
        plate k = 3
        w[k] ~ Dirichlet(2)
        z[k] ~ MultivariateNormal(w, scale_tril = L)
        v[g, k] ~ MultivariateNormal(0, covariance_matrix = S)
        L[k, k'] ~ LKJCholesky(2)
        S[k, k'] ~ Wishart(df = 5, scale_tril = L)
        observe y ~ Normal(sum[k](v[g] * z), 1)
        """,
    "what a mixture mixes": """
        plate k = 2
        w[k] ~ Dirichlet(1)
        s[k] ~ HalfNormal(1)
        a[g] ~ Mixture(w, Normal(0, s))
        p ~ Mixture(w, Gamma(2, 1))
        observe y ~ Mixture(w, Normal(a[g], p))
        """,
    "counts with extra zeros": """
        gate ~ Beta(1, 1)
        r ~ Gamma(2, 1)
        observe n ~ ZeroInflatedPoisson(r, gate = gate)
        """,
    "layers": """
        plate k = 2
        layer f : [] -> [k] = Linear(1, 3) -> GELU -> Linear(3, k)
        layer h : [k], [] -> [] = Linear(3, 4) -> LayerNorm(4) -> Tanh -> Linear(4, 1) {
            weight ~ Normal(0, 2); bias ~ Normal(0, 1)
        }
        layer e : [] -> [k] = Embedding(g, k) { weight ~ Normal(0, 1) }
        observe y ~ Normal(h(f(x) + e(g), x), 1)
        """,
    "all reductions and scans": """
        plate k = 3
        a[k] ~ Normal(0, 1)
        b[k] ~ HalfNormal(1)
        t = prod[k](b) + sd[k](a) + var[k](b) + logsumexp[k](a) + (any[k](a > 0) and all[k](b > 0))
        derive c = cumsum[k](b) + cumprod[k](b) + softmax[k](a)
        observe y ~ Normal(t + x % 2 + sum[k](c), 1 + dot[k](b, b))
        """,
}
ORDERS = {"arguments at full size": ("L", "S", "w", "z", "v")}


def in_order(name: str, text: str) -> str:
    """Statements in the order in which they use each other."""
    lines = dedent(text).strip().splitlines()
    starts = ORDERS.get(name, ())
    rank = {line: starts.index(line[0]) for line in lines if starts and line[0] in starts and "~" in line}
    ordered = iter(sorted(rank, key=rank.__getitem__))
    return "\n".join(next(ordered) if line in rank else line for line in lines) + "\n"


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_pyros_density(name: str):
    numpyro_agrees(bound(in_order(name, MODELS[name])))


UNSHRUNK = (Phase.explicit, Phase.generate)
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def holds(spec: Spec) -> None:
    compiled = compile_text(spec.text)
    findings = against(compiled)
    assert {finding.code for finding in findings} <= {"BD838"}
    assume(not findings)
    try:
        numpyro_agrees(compiled.bind(spec.data))
    except InitFailed:
        # An expression that overflows wherever one looks says nothing of the program.
        assume(False)


@seed(20240501)
@settings(max_examples=12, deadline=None, phases=UNSHRUNK, suppress_health_check=CHECKS, database=None)
@given(specs())
def test_generated_specs_have_pyros_density(spec: Spec):
    holds(spec)


@pytest.mark.slow
@seed(20240502)
@settings(max_examples=400, deadline=None, phases=UNSHRUNK, suppress_health_check=CHECKS, database=None)
@given(specs())
def test_many_generated_specs_have_pyros_density(spec: Spec):
    holds(spec)


def test_data_beyond_a_moving_bound_have_no_density():
    """NumPyro's Uniform is as dense outside its bounds as inside, unless it is told to look."""
    namespace = emitted(bound("top ~ HalfNormal(5)\nobserve y ~ Uniform(0, top)\n"))
    inputs = {"n_row": 3, "y": jnp.array([1.0, 2.0, 3.0])}

    @jax.jit
    def density(top):
        return log_density(namespace["model"], (), inputs, {"top": top})[0]

    assert np.isfinite(density(4.0))
    assert density(2.5) == -np.inf


def test_single_precision_is_jaxs_own():
    found = bound("a[g] ~ Normal(0, 1)\ns ~ HalfNormal(2)\nobserve y ~ StudentT(4, a[g] * x, s)\n")
    values = {"a": np.array([0.3, -0.8]), "s": np.array(1.4)}
    conditioned = pyro.poutine.condition(found.model.model, {name: torch.tensor(v) for name, v in values.items()})
    expected = pyro.poutine.trace(conditioned).get_trace(**found.inputs).log_prob_sum().item()
    singles = {name: jnp.asarray(value, dtype=float) for name, value in values.items()}
    value, trace = log_density(emitted(found)["model"], (), as_arrays(found.inputs), singles)
    assert {site["value"].dtype.name for site in trace.values() if site["type"] == "sample"} == {"float32"}
    # Six terms, each rounded to 24 bits.
    assert float(value) == pytest.approx(expected, rel=1e-5)


# Running


def test_what_is_observed_is_drawn_when_it_is_left_out():
    text = "a[g] ~ Normal(0, 1)\nobserve x ~ Normal(a[g], 1)\nobserve y ~ Normal(2 * x, 0.001)\nderive r = y - 2 * x\n"
    found = bound(text)
    inputs = {**as_arrays(found.inputs), "x": None, "y": None}
    draws = Predictive(emitted(found)["model"], num_samples=5)(jax.random.key(0), **inputs)
    assert draws["y"].shape == (5, 3)
    assert not np.allclose(draws["x"][0], draws["x"][1])
    # Six standard deviations of the second likelihood.
    np.testing.assert_allclose(draws["y"], 2 * draws["x"], atol=0.006)
    np.testing.assert_allclose(draws["r"], draws["y"] - 2 * draws["x"], atol=1e-6)


def test_a_spec_that_holds_its_data_is_a_program_that_runs_by_itself():
    text = (
        'data d { g : category = ["b", "a", "b"]; y = [1.5, 2, 3] }\na[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)\n'
    )
    found = compile_text(text).bind()
    script = found.compiled.emit("numpyro") + dedent(
        """
        from numpyro.infer.util import log_density
        print(log_density(model, (), IN_PLACE, {"a": jnp.array([0.5, -0.5])})[0])
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", timeout=120, env={"JAX_ENABLE_X64": "1"}
    )
    conditioned = pyro.poutine.condition(found.model.model, {"a": torch.tensor([0.5, -0.5], dtype=torch.float64)})
    expected = pyro.poutine.trace(conditioned).get_trace(**found.inputs).log_prob_sum().item()
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(expected, rel=1e-10)


BY_HAND = """\
    data toss { heads : binary = [1, 0, 1, 1, 0, 1] }
    p ~ Beta(1, 1)
    observe heads ~ Bernoulli(p)
    guide by_hand {
        param a : positive = 1
        param b : positive = 1
        p ~ Beta(a, b)
    }
    infer svi(guide = by_hand)
    """


def test_a_guide_by_hand_has_pyros_density():
    found = compile_text(dedent(BY_HAND)).bind()
    values = {"by_hand.a": 2.5, "by_hand.b": 0.7, "p": 0.3}
    tensors = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    with pyro.get_param_store().scope():
        for name in ("by_hand.a", "by_hand.b"):
            pyro.get_param_store()[name] = tensors[name]
        conditioned = pyro.poutine.condition(found.compiled.guide, {"p": tensors["p"]})
        expected = pyro.poutine.trace(conditioned).get_trace(**found.inputs).log_prob_sum().item()
    with jax.enable_x64(True):
        namespace = emitted(found)
        value, trace = log_density(namespace["by_hand"], (), namespace["IN_PLACE"], values)
    assert float(value) == pytest.approx(expected, rel=1e-10)
    assert trace["by_hand.a"]["kwargs"]["constraint"] is numpyro.distributions.constraints.positive


AMORTISED = """
    plate k = 2
    layer decoder : [k] -> [] = Linear(k, 3) -> Softplus -> Linear(3, 1)
    z[row, k] ~ Normal(0, 1)
    observe y ~ Normal(decoder(z), 1)
    guide q {
        layer encoder : [] -> [k], [k] = Linear(1, 3) -> Tanh -> (Linear(3, k), Linear(3, k))
        loc, log_scale = encoder(y)
        z[row, k] ~ Normal(loc, exp(log_scale))
    }
    infer svi(guide = q)
    """


def test_an_amortised_guide_has_pyros_density():
    found = bound(AMORTISED)
    with torch.random.fork_rng(), pyro.get_param_store().scope():
        torch.manual_seed(0)
        trace = pyro.poutine.trace(found.compiled.guide).get_trace(**found.inputs)
        values = {"z": trace.nodes["z"]["value"].detach()}
        values |= {name: value.detach() for name, value in pyro.get_param_store().items()}
        expected = trace.log_prob_sum().item()
    with jax.enable_x64(True):
        value, _ = log_density(emitted(found)["q"], (), as_arrays(found.inputs), as_arrays(values))
    assert len(values) == 7
    assert float(value) == pytest.approx(expected, rel=1e-10)


@pytest.mark.slow
def test_params_and_a_guide_by_hand_are_fitted():
    """Beta(1 + 4, 1 + 2) is in the guide's family, so the guide gets there."""
    namespace = emitted(compile_text(dedent(BY_HAND)).bind())
    svi = SVI(namespace["model"], namespace["by_hand"], numpyro.optim.Adam(0.02), Trace_ELBO(num_particles=20))
    result = svi.run(jax.random.key(0), 1500, progress_bar=False, **namespace["IN_PLACE"])
    a, b = float(result.params["by_hand.a"]), float(result.params["by_hand.b"])
    # The noise of the gradients leaves some percent at this learning rate.
    assert a / (a + b) == pytest.approx(5 / 8, abs=0.03)
    assert (a, b) == pytest.approx((5, 3), rel=0.25)


PARTS = """
    mu, b ~ Normal(0, 1)
    tau   ~ HalfNormal(1)
    a[g]  ~ Normal(mu, tau)
    observe y ~ Normal(a[g] + b * x, tau)
    guide parts {
        tau, b : AutoDelta
        a, mu  : AutoNormal(init_loc_fn = "init_to_mean", init_scale = 0.2)
    }
    infer svi(guide = parts)
    """


def test_a_guide_is_put_together_from_numpyros():
    found = bound(PARTS)
    source = " ".join(found.compiled.emit("numpyro").split()).replace("( ", "(")
    # A part's guide sees its sites and the plates around them.
    assert 'handlers.block(model, expose=["a", "mu", "g"])' in source
    namespace = emitted(found)
    guide = namespace["parts"](namespace["model"])
    run = numpyro.handlers.trace(numpyro.handlers.seed(guide, 0)).get_trace(**as_arrays(found.inputs))
    drawn = {name: site["value"].shape for name, site in run.items() if site["type"] == "sample"}
    assert drawn == {"tau": (), "b": (), "a": (2,), "mu": ()}
    params = {name: float(np.mean(site["value"])) for name, site in run.items() if site["type"] == "param"}
    assert params.keys() == {
        *("tau_parts_0_loc", "b_parts_0_loc"),
        *("a_parts_1_loc", "mu_parts_1_loc", "a_parts_1_scale", "mu_parts_1_scale"),
    }
    assert (params["mu_parts_1_loc"], params["a_parts_1_scale"]) == pytest.approx((0, 0.2))


def guide_names() -> list[str]:
    from bayesdsl.catalogue.inference import GUIDES
    from bayesdsl.catalogue.numpyro import MISSING_GUIDES

    return [name for name in GUIDES if name not in MISSING_GUIDES]


@pytest.mark.slow
@pytest.mark.parametrize("name", guide_names())
def test_every_guide_that_numpyro_has_runs_as_a_part(name: str):
    text = f"a[g] ~ Normal(0, 1)\nb ~ HalfNormal(1)\nobserve y ~ Normal(a[g], b)\nguide q {{ a, b : {name} }}\n"
    found = bound(text + "infer svi(guide = q)\n")
    namespace = emitted(found)
    svi = SVI(namespace["model"], namespace["q"](namespace["model"]), numpyro.optim.Adam(0.01), Trace_ELBO())
    inputs = as_arrays(found.inputs)
    _, loss = svi.update(svi.init(jax.random.key(0), **inputs), **inputs)
    assert np.isfinite(loss)


# What NumPyro does not have

REFUSED = {
    "a distribution": ("a ~ Stable(1.5, 0)\nobserve y ~ Normal(a, 1)\n", ["BD838"]),
    "two distributions": ("a ~ SkewLogistic(0, 1)\nobserve y ~ NanMaskedNormal(a, 1)\n", ["BD838", "BD838"]),
    "a distribution inside another": (
        "a ~ FoldedDistribution(SoftAsymmetricLaplace(0, 1))\nobserve y ~ Normal(a, 1)\n",
        ["BD838"],
    ),
    "a distribution of a guide by hand": (
        "a ~ Normal(0, 1)\nobserve y ~ Normal(a, 1)\nguide q { a ~ SkewLogistic(0, 1) }\ninfer svi(guide = q)\n",
        ["BD838"],
    ),
    "a mixture of levels": (
        "plate k = 2\nw[k] ~ Dirichlet(1)\np[k, g] ~ Dirichlet(1)\nobserve g ~ Mixture(w, Categorical(p))\n",
        ["BD838"],
    ),
    "a guide": (
        "a, b ~ Normal(0, 1)\nobserve y ~ Normal(a, 1)\nguide q { a : AutoStructured; b : AutoGaussian }\n"
        "infer svi(guide = q)\n",
        ["BD839", "BD839"],
    ),
    "a guide that leaves out an improper prior": (
        "a ~ Flat()\nb ~ Normal(0, 1)\nobserve y ~ Normal(a, exp(b))\nguide q { a : AutoNormal; b : AutoNormal }\n"
        "infer svi(guide = q)\n",
        ["BD839"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_numpyro_does_not_have_is_a_finding(text: str, expected: list[str]):
    assert [finding.code for finding in against(compile_text(TABLE + text))] == expected


def test_a_finding_tells_place_reason_and_remedy():
    (finding,) = against(compile_text(TABLE + "a ~ Stable(1.5, 0)\nobserve y ~ Normal(a, 1)\n"))
    assert finding.source.slice(finding.primary.span) == "Stable(1.5, 0)"
    assert finding.notes == ("NumPyro has no such distribution.",)
    assert "StudentT" in finding.hint


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("torch.frobnicate(x)", "torch.frobnicate"),
        ("x.frobnicate()", ".frobnicate()"),
        ("x.frobnicate", ".frobnicate"),
        ("dist.Frobnicated(x)", "dist.Frobnicated"),
        ("dist.Normal(x, x).frobnicate(x)", ".frobnicate()"),
        ("F.elu(x, beta=2)", "F.elu"),
        ("constraints.integer", "constraints.integer"),
        ("autoguide.AutoFrobnicate(x)", "autoguide.AutoFrobnicate"),
        ('pyro.plate("p", 3, subsample=x)', "subsample of pyro.plate"),
        ("lambda: torch.nn.Frobnicate(x).weight.detach()", "torch.nn.Frobnicate"),
        ("lambda: x", "lambda"),
    ],
)
def test_what_no_table_has_is_a_finding_at_its_line_and_never_code(code: str, name: str):
    """Programs for Pyro that no spec gives today, as a later version might write them."""
    compiled = compile_text("x ~ Normal(0, 1)\n")
    module = compiled.program.module
    function = next(s for s in module.body if isinstance(s, py.FunctionDef) and s.name == "model")
    odd = replace(function, body=(*function.body, py.assign("z", read_expression(code), origin=1)))
    program = replace(compiled.program, module=replace(module, body=(*module.body[:-1], odd)))
    with pytest.raises(BayesError) as caught:
        to_numpyro(compiled.spec, program)
    (finding,) = caught.value.diagnostics
    assert finding.code == "BD841"
    assert f"`{name}`" in finding.message
    assert finding.source.slice(finding.primary.span) == "x ~ Normal(0, 1)"


def test_a_target_is_one_of_two():
    with pytest.raises(ValueError, match="pyro, numpyro"):
        compile_text("a ~ Normal(0, 1)\n").emit("stan")


def test_the_program_for_pyro_is_the_one_that_runs():
    compiled = compile_text("a ~ Normal(0, 1)\n")
    assert compiled.emit() == compiled.emit("pyro") == compiled.source


def test_names_of_the_program_give_way_to_those_of_the_spec():
    names = ("jax", "jnp", "numpyro", "handlers", "expand", "float", "shape", "value", "prefix", "row_plate", "n_row")
    latents = "".join(f"{name}[g] ~ Normal(0, 1)\n" for name in names)
    # The mean is brought to full size, which the program has a function of its own for.
    text = f"plate k = 2\nL[k, k'] ~ LKJCholesky(1)\n{latents}m[g, k] ~ MultivariateNormal(jax, scale_tril = L)\n"
    found = bound(f"{text}observe y ~ Normal({' + '.join(f'{name}[g]' for name in names)} + sum[k](m[g]), 1)\n")
    assert "def expand(" in found.compiled.emit("numpyro")
    numpyro_agrees(found)


def test_lines_of_the_spec_are_quoted_as_in_the_program_for_pyro():
    compiled = compile(SPECS[0])

    def comments(source: str) -> list[str]:
        return [line.strip() for line in source.splitlines() if line.strip().startswith("#")]

    assert comments(compiled.emit("numpyro")) == comments(compiled.source)


def test_a_program_is_python_that_reads_as_python():
    for path in SPECS:
        if not any(finding.code == "BD490" for finding in analyse(read_spec(path)).errors):
            ast.parse(compile(path).emit("numpyro"))


# A posterior


@pytest.mark.slow
def test_numpyros_nuts_and_ours_give_one_posterior():
    """Eight schools: means within five Monte Carlo errors of each other."""
    compiled = compile(next(path for path in SPECS if path.stem == "eight_schools"))
    ours = compiled.fit("nuts", seed=1, chains=2, warmup=500, draws=1500).summary()
    namespace = emitted(compiled.bind())
    kernel = numpyro.infer.NUTS(namespace["model"], target_accept_prob=0.9)
    mcmc = numpyro.infer.MCMC(
        kernel, num_warmup=500, num_samples=2000, num_chains=2, chain_method="sequential", progress_bar=False
    )
    mcmc.run(jax.random.key(0), **namespace["IN_PLACE"])
    theirs = mcmc.get_samples(group_by_chain=True)
    for name in ("mu", "tau"):
        row = ours[name]
        figures = numpyro.diagnostics.summary({name: theirs[name]})[name]
        error = np.hypot(row.mcse_mean, figures["std"] / np.sqrt(figures["n_eff"]))
        assert abs(row.mean - figures["mean"]) < 5 * error, name
