"""The graph of a model: which nodes, edges and boxes, and what is written beside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bayesdsl.driver import analyse, compile
from bayesdsl.export.graph.build import model_graph
from bayesdsl.export.graph.value import Box, Graph, Kind
from bayesdsl.source import Source

ROOT = Path(__file__).parents[3]

RADON = """
data house from "radon.csv" { county : category; basement : binary = floor == 0; log_radon : real }
mu, b ~ Normal(0, 1)
tau, sigma ~ HalfNormal(1)
a[county] ~ Normal(mu, tau)
observe log_radon ~ Normal(a[county] + b * basement, sigma)
derive hennepin = a[county = "HENNEPIN"]
"""
HORSESHOE = """
data sample from "sparse.csv" { x[feature] = columns("x*"); y : real }
tau ~ HalfCauchy(1)
lam[feature] ~ HalfCauchy(1)
beta[feature] ~ Normal(0, tau * lam)
param sigma : positive = 1
observe y ~ Normal(dot[feature](x, beta), sigma)
"""


def graph_of(text: str) -> Graph:
    checked = analyse(Source("model.bayes", text))
    assert checked.model is not None, checked.errors
    return model_graph(checked.model)


def spec_graph(name: str) -> Graph:
    return compile(ROOT / "specs" / f"{name}.bayes").graph()


def arrows(graph: Graph) -> set[str]:
    return {f"{edge.source} -> {edge.target}" for edge in graph.edges}


def kinds(graph: Graph) -> dict[str, str]:
    return {node.name: node.kind.value for node in graph.nodes}


def shown(box: Box) -> tuple:
    return (box.label, set(box.nodes), *map(shown, box.boxes))


def test_eight_schools():
    graph = spec_graph("eight_schools")
    assert kinds(graph) == {"y": "observed", "sigma": "data", "mu": "latent", "tau": "latent", "theta": "latent"}
    assert arrows(graph) == {"mu -> theta", "tau -> theta", "theta -> y", "sigma -> y"}
    assert graph.outside == ("mu", "tau")
    assert [shown(box) for box in graph.boxes] == [("school (8)", {"y", "sigma", "theta"})]


def test_rugged_has_its_mean_and_its_slopes_as_deterministic_nodes():
    graph = spec_graph("rugged")
    assert {name for name, kind in kinds(graph).items() if kind == "deterministic"} == {
        *("mean", "slope_in_africa", "slope_elsewhere")
    }
    assert {a for a in arrows(graph) if a.endswith("log_gdp")} == {"mean -> log_gdp", "sigma -> log_gdp"}
    assert {a for a in arrows(graph) if a.startswith("bR ")} == {
        *("bR -> mean", "bR -> slope_in_africa", "bR -> slope_elsewhere")
    }
    assert [shown(box) for box in graph.boxes] == [("nation", {"africa", "rugged", "log_gdp", "mean"})]


def test_penguins_have_the_column_that_picks_a_species_as_a_node():
    graph = spec_graph("penguins")
    assert kinds(graph)["species"] == "data"
    assert "species -> mass" in arrows(graph)
    assert {(box.plate, frozenset(box.nodes)) for box in graph.boxes} == {
        ("penguin", frozenset({"species", "flipper", "mass"})),
        ("species", frozenset({"a", "b"})),
    }


def test_coin_draws_the_model_and_not_its_guide():
    graph = spec_graph("coin")
    assert kinds(graph) == {"heads": "observed", "p": "latent"}


def test_radon():
    graph = graph_of(RADON)
    assert arrows(graph) == {
        *("mu -> a", "tau -> a", "a -> log_radon", "b -> log_radon", "sigma -> log_radon"),
        *("basement -> log_radon", "county -> log_radon", "a -> hennepin"),
    }
    assert graph.node("a").plates == ("county",)
    assert graph.node("hennepin").plates == ()


def test_a_plate_that_crosses_another_has_a_box_in_it_and_one_outside():
    graph = graph_of(HORSESHOE)
    assert graph.node("sigma").kind is Kind.PARAM
    assert graph.node("x").plates == ("sample", "feature")
    assert [shown(box) for box in graph.boxes] == [
        ("feature", {"lam", "beta"}, ("sample", {"x"})),
        ("sample", {"y"}),
    ]


def test_plates_of_one_value_are_no_box():
    graph = graph_of("plate k = 3\ndata s { y : category(k) }\nw[k] ~ Dirichlet(1)\nobserve y ~ Categorical(w)\n")
    assert graph.node("w").plates == ()
    assert [shown(box) for box in graph.boxes] == [("s", {"y"})]


def test_a_constant_is_a_node_where_it_is_read():
    graph = graph_of("const scale = 2.5\nconst other = 1\ndata s { y : real }\nm ~ Normal(0, scale)\n" + LIKELIHOOD)
    assert graph.node("scale").kind is Kind.CONST
    assert "scale -> m" in arrows(graph)
    assert "other" not in kinds(graph)


LIKELIHOOD = "observe y ~ Normal(m, 1)\n"


def test_columns_that_nothing_reads_are_left_out():
    assert "z" not in kinds(graph_of("data s { y : real; z : real }\nm ~ Normal(0, 1)\n" + LIKELIHOOD))


def test_what_starts_a_param_is_no_dependence():
    graph = graph_of("data s { y : real }\nparam m : real = 0.5\n" + LIKELIHOOD)
    assert arrows(graph) == {"m -> y"}


def test_data_that_depend_on_each_other_in_a_circle_are_drawn():
    text = "data s { y : real; z : real }\na ~ Normal(0, 1)\nobserve y ~ Normal(a * z, 1)\nobserve z ~ Normal(y, 1)\n"
    assert arrows(graph_of(text)) == {"a -> y", "z -> y", "y -> z"}


def test_formulas_are_what_the_spec_wrote_on_a_line_each():
    text = """
    data s { y : real }
    a, b ~ Normal(0, 1)   # two
    c : positive ~ Normal(
        0,   # the mean
        var = 2,
    )
    param d : positive = 1
    m = a + b *
        c
    observe y ~ Normal(m, d)
    """
    assert [str(formula) for formula in graph_of(text).formulas] == [
        "a, b ~ Normal(0, 1)",
        "c : positive ~ Normal(0, var = 2)",
        "d : positive, learned, starting at 1",
        "m = a + b * c",
        "y ~ Normal(m, d)",
    ]


def test_a_node_tells_where_it_is_declared():
    assert spec_graph("eight_schools").node("mu").hover == "eight_schools.bayes:7  mu ~ Normal(0, 5)"


@pytest.mark.parametrize("format_", ["svg", "dot", "mermaid"])
def test_a_picture_needs_no_library(format_):
    script = (
        "import sys, bayesdsl\n"
        f"bayesdsl.compile('specs/penguins.bayes').graph().{format_}()\n"
        "print(*sorted({'torch', 'pyro', 'numpy', 'pandas', 'pydantic', 'rich'} & set(sys.modules)))\n"
    )
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
