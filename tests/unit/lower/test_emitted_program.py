"""The emitted text by itself: it runs with torch and pyro alone, whatever names, numbers and comments the spec has."""

from __future__ import annotations

import keyword
from textwrap import dedent

import pyro
import pytest
import torch
from pyro.infer import SVI, Trace_ELBO
from pyro.infer.autoguide import AutoNormal
from reference.agreement import agree, at_random_point, compiled_twice
from reference.interpreter import log_density

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver import compile_text

torch.set_num_threads(1)

ROWS = {"row": {"g": ["a", "b", "a"], "x": [0.5, -1.0, 2.0], "y": [1.0, 2.0, 3.0]}}
TABLE = "data row { g : category; x : real; y : real }\n"


def standalone(source: str) -> dict[str, object]:
    """The program run as a script, with nothing of this project in sight."""
    namespace: dict[str, object] = {"__name__": "emitted"}
    exec(compile(source, "emitted.py", "exec", dont_inherit=True), namespace)
    return namespace


# Data that the spec holds

IN_PLACE = {
    "numbers": """
        data school { y = [28, 8, -3]; sigma = [15, 10, 16] }
        mu ~ Normal(0, 5)
        observe y ~ Normal(mu, sigma)
        """,
    "a category of texts": """
        data d { g : category = ["b", "a", "b"]; y = [1.5, 2, 3] }
        a[g] ~ Normal(0, 1)
        observe y ~ Normal(a[g], 1)
        derive first = a[g = "a"]
        """,
    "a category of numbers": """
        data d { g : category = [10, 9, 10]; y = [1, 2, 3] }
        a[g] ~ Normal(0, 1)
        observe y ~ Normal(a[g], 1)
        """,
    "members of a labelled plate": """
        plate k = ["x", "z"]
        data d { g : category(k) = ["z", "x", "z"]; y = [1, 2, 3] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(a[g], 1)
        """,
    "members of a numbered plate": """
        plate k = 3
        data d { g : category(k) = [3, 1, 3]; y = [1, 2, 3] }
        a[k] ~ Normal(0, 1)
        observe y ~ Normal(a[g] + a[k = 2], 1)
        """,
    "rows of another table": """
        data team { skill = [0.5, 1.5] }
        data game { home : category(team) = [2, 1, 2]; y = [1, 2, 3] }
        b ~ Normal(0, 1)
        observe y ~ Normal(b * skill[home], 1)
        """,
    "counts": """
        data d { n : count = [1, 0, 4] }
        r ~ Gamma(1, 1)
        observe n ~ Poisson(r)
        """,
    "an observed category": """
        data d { g : category = ["b", "a", "b"] }
        p[g] ~ Dirichlet(1)
        b[g] ~ Normal(0, 1)
        observe g ~ Categorical(softmax[g](b + log(p)))
        """,
    "nothing": """
        plate k = 2
        a[k] ~ Normal(0, 1)
        """,
}


@pytest.mark.parametrize("text", IN_PLACE.values(), ids=IN_PLACE)
def test_a_spec_that_holds_its_data_is_a_program_that_runs_by_itself(text: str):
    point = agree(dedent(text))
    namespace = standalone(point.bound.compiled.source)
    given = namespace.get("IN_PLACE", {})
    assert set(given) == set(point.bound.inputs)
    for name, value in given.items():
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(point.bound.inputs[name])), name
    conditioned = pyro.poutine.condition(namespace["model"], point.tensors)
    trace = pyro.poutine.trace(conditioned).get_trace(**given)
    assert trace.log_prob_sum().item() == pytest.approx(log_density(point.world), rel=1e-10)


# Names

NAMES = [
    *(name for name in keyword.kwlist if name not in ("and", "or", "not", "from")),
    *("print", "list", "hasattr", "torch", "pyro", "dist", "constraints", "poutine", "autoguide", "model", "real"),
    *("mixture", "settings", "DTYPE", "value", "weights", "n_row", "g_of_row", "row_plate", "n_k", "a_raw", "y_prior"),
    *("g_a", "x_", "µ", "μ", "é", "ﬁ", "K"),
]
PLACES = {
    "latent": """
        data row { g : category; x : real; y : real }
        NAME[g] ~ Normal(0, 1)
        observe y ~ Normal(NAME[g] * x, 1)
        """,
    "plate": """
        data row { g : category; x : real; y : real }
        plate NAME = 2
        a[NAME, g] ~ Normal(0, 1) noncentered
        observe y ~ Normal(sum[NAME](a[g]) * x, 1)
        """,
    "column": """
        data row { NAME : real; y : real }
        a ~ Normal(0, 1)
        observe y ~ Normal(a * NAME, 1)
        """,
    "category": """
        data row { NAME : category; y : real }
        a[NAME] ~ Normal(0, 1)
        observe y ~ Normal(a[NAME], 1)
        """,
    "param": """
        data row { x : real; y : real }
        param NAME : positive
        derive a = NAME * mean[row](1 + abs(x))
        b : positive ~ Normal(0, a)
        observe y ~ Normal(b, NAME)
        """,
}
# Which of the columns given has the name.
RENAMED = {"column": "x", "category": "g"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", PLACES)
def test_any_name_will_do(name: str, place: str):
    columns = {name if column == RENAMED.get(place) else column: values for column, values in ROWS["row"].items()}
    agree(dedent(PLACES[place]).replace("NAME", name), {"row": columns})


def test_names_that_python_folds_together_stay_apart():
    # A micro sign and a Greek mu are one identifier to Python.
    text = "µ ~ Normal(0, 1)\nμ ~ Normal(µ, 2)\nﬁ ~ Normal(μ, 3)\nfi ~ Normal(ﬁ, 4)\nobserve y ~ Normal(fi, 1)\n"
    assert len(agree(TABLE + text, ROWS).world.values) == 4


CLASHES = [
    "m_prior ~ Normal(0, 1)\nm : positive ~ Normal(m_prior, 1)\nobserve y ~ Normal(m, 1)\n",
    "a_raw ~ Normal(0, 1)\na ~ Normal(a_raw, 2) noncentered\nobserve y ~ Normal(a, 1)\n",
    "plate a_raw = 2\na[a_raw] ~ Normal(0, 2) noncentered\nobserve y ~ Normal(sum[a_raw](a), 1)\n",
    "plate m_prior = 2\nm[m_prior] : positive ~ Normal(0, 2)\nobserve y ~ Normal(sum[m_prior](m), 1)\n",
    "b[g] ~ Normal(0, 1)\nobserve g ~ Categorical(logits = b * x)\nobserve y ~ Normal(b[g], 1)\n",
    "g_plate ~ Normal(0, 1)\nb[g] ~ Normal(g_plate, 1)\nobserve g ~ Categorical(logits = b * x)\n",
    "n_row ~ Normal(0, 1)\ng_of_row ~ Normal(0, 1)\nrow_plate ~ Normal(0, 1)\ng_a ~ Normal(0, 1)\na[g] ~ Normal(0, 1)\n"
    'observe y ~ Normal(a[g] + a[g = "a"] + n_row * g_of_row * row_plate * g_a, 1)\n',
]


@pytest.mark.parametrize("text", CLASHES)
def test_names_of_the_program_give_way_to_those_of_the_spec(text: str):
    agree(TABLE + text, ROWS)


# Numbers, text, types


NUMBERS = ["10000000000000000000000", "1e300", "1e-300", "123456789012345678", "0.1", "00012", "3.", "1_000"]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_mean_what_is_written(number: str):
    text = f"a ~ Normal(0, 1)\nb = a * {number}\nderive c = b / {number}\nobserve y ~ Normal(c, 1)\n"
    values = agree(TABLE + text, ROWS).world.values
    assert float(values["b"]) == pytest.approx(float(values["a"]) * float(number))


COMMENTS = [
    '"""',
    "\\",
    "\\N{DEGREE SIGN} \\x",
    "'''",
    "#" * 300,
    "é µ 漢字 🎲",
    "\t\f tabs",
    "{braces} %s",
    "\u2028 \x85",
    "\x1f",
]


@pytest.mark.parametrize("comment", COMMENTS)
def test_any_comment_will_do(comment: str):
    text = f"# {comment}\n{TABLE}a ~ Normal(0, 1) # {comment}\nobserve y ~ Normal(a, 1) # {comment}\n"
    standalone(agree(text, ROWS).bound.compiled.source)


def test_any_label_will_do():
    label = '""" it\'s µ \\ {x}'
    quoted = label.replace("\\", "\\\\").replace('"', '\\"')
    data = {"row": {**ROWS["row"], "g": [label, "b", label]}}
    text = TABLE + f'a[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g] - a[g = "{quoted}"], 1)\n'
    standalone(agree(text, data).bound.compiled.source)


def test_a_very_long_expression_is_wrapped_and_right():
    terms = " + ".join(f"{i} * a ^ {i % 4}" for i in range(1, 90))
    agree(TABLE + f"a ~ Normal(0, 1)\nobserve y ~ Normal({terms}, 1000)\n", ROWS)


SINGLE = """
    data row { g : category; x : real; y : real }
    plate k = 2
    c = 3
    param t[k] : positive = 2
    L[k, k'] ~ LKJCholesky(1)
    v[g, k] ~ MultivariateNormal(0, scale_tril = L)
    s ~ HalfNormal(c)
    w[k] ~ Dirichlet(1)
    m = sum[k](v[g] * t * w) + (x > 0)
    derive r = where(x > 0, 1, 2)
    observe y ~ Normal(m, s)
    """


def test_float32_is_the_type_of_every_number():
    compiled = compile_text(dedent(SINGLE), dtype="float32")
    bound = compiled.bind(ROWS)
    point = at_random_point(bound)
    assert {value.dtype for value in point.tensors.values()} == {torch.float32}
    # Some thirty terms, each rounded to 24 bits.
    assert point.density == pytest.approx(log_density(point.world), rel=1e-5)
    with torch.random.fork_rng(), pyro.get_param_store().scope():
        trace = pyro.poutine.trace(compiled.model).get_trace(**{**bound.inputs, "y": None})
    drawn = {name: node["value"].dtype for name, node in trace.nodes.items() if node["type"] in ("sample", "param")}
    # Pyro's plates are sites of their own, whose values are the members' positions.
    assert {dtype for name, dtype in drawn.items() if name not in bound.model.coords} == {torch.float32}


def test_running_a_program_leaves_the_default_type_alone():
    before = torch.get_default_dtype()
    agree(TABLE + "a ~ Normal(0, 1)\nobserve y ~ Normal(a, 1)\n", ROWS)
    assert torch.get_default_dtype() is before


# Simulating and inferring with Pyro alone


def simulated(text: str, *left_out: str) -> tuple[pyro.poutine.Trace, dict[str, object]]:
    """A run of the program without some of its data."""
    compiled = compiled_twice(TABLE + text)
    inputs = compiled.inputs(ROWS)
    assert set(left_out) <= compiled.program.optional
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return pyro.poutine.trace(compiled.model).get_trace(**{**inputs, **dict.fromkeys(left_out)}), inputs


def test_what_is_observed_is_drawn_when_it_is_left_out():
    trace, _ = simulated("plate k = 2\nz[row, k] ~ Normal(0, 1)\nobserve y ~ Normal(sum[k](z) * x, 1)\n", "y")
    assert trace.nodes["y"]["value"].shape == (3, 1)
    assert not trace.nodes["y"]["is_observed"]


def test_what_depends_on_drawn_data_takes_the_draw():
    """A chain of likelihoods: the second covariate is the first one's outcome."""
    text = (
        "plate k = 2\nz[row, k] ~ Normal(0, 1)\na[g] ~ Normal(0, 1)\nobserve g ~ Categorical(logits = a)\n"
        "observe x ~ Normal(sum[k](z) + a[g], 1)\nobserve y ~ Normal(2 * x, 0.001)\nderive r = y - 2 * x\n"
    )
    trace, inputs = simulated(text, "g_of_row", "x", "y")
    x, y = trace.nodes["x"]["value"], trace.nodes["y"]["value"]
    assert not torch.allclose(x[:, 0], inputs["x"])
    # Five standard deviations of the second likelihood.
    torch.testing.assert_close(y, 2 * x, rtol=0, atol=0.005)
    torch.testing.assert_close(trace.nodes["r"]["value"], y - 2 * x)
    agree(TABLE + text, ROWS)


def test_what_is_used_before_it_is_observed_must_be_given():
    compiled = compiled_twice(TABLE + "b ~ Normal(0, 1)\nobserve y ~ Normal(b * x, 1)\nobserve x ~ Normal(0, 1)\n")
    assert compiled.program.optional == {"y"}
    agree(compiled.spec.source.text, ROWS)


def test_mixtures_have_a_support_that_pyros_guides_can_use():
    text = TABLE + (
        "plate k = 2\nw[k] ~ Dirichlet(1)\na[g] ~ Mixture(w, Normal(0, s))\ns[k] ~ HalfNormal(1)\n"
        "p ~ Mixture(w, Gamma(2, s))\nobserve y ~ Normal(a[g], p)\n"
    )
    lines = text.splitlines()
    lines[3], lines[4] = lines[4], lines[3]
    bound = agree("\n".join(lines) + "\n", ROWS).bound
    with torch.random.fork_rng(), pyro.get_param_store().scope():
        torch.manual_seed(0)
        guide = AutoNormal(bound.model.model)
        loss = SVI(bound.model.model, guide, pyro.optim.Adam({"lr": 0.01}), Trace_ELBO()).step(**bound.inputs)
    assert torch.tensor(loss).isfinite()


# What a user may write by mistake


def test_a_number_that_no_float_holds_is_a_finding():
    with pytest.raises(BayesError) as caught:
        compile_text("a ~ Normal(0, " + "9" * 400 + ")\n")
    assert [d.code for d in caught.value.diagnostics] == ["BD408"]
