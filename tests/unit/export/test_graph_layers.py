"""A layer is one node with its weights in it."""

from __future__ import annotations

from reference.pictures import faults
from test_graph_value import arrows, graph_of, kinds

from bayesdsl.export.graph.layout import layout

DEEP = """
data point { x : real; y : real }
layer f = Linear(1, 10) -> Tanh -> (Linear(10, 10) -> Tanh) * 4 -> Linear(10, 1) {
    weight ~ Normal(0, 5 * sqrt(2 / fan_in))
    bias   ~ Normal(0, 5)
}
s ~ Gamma(0.5, 1)
observe y ~ Normal(f(x), var = s)
"""
DECODER = """
plate latent = 20
data image from "digits.npz" { pixels[pixel] : unit }
layer decoder : [latent] -> [pixel] = Linear(latent, 400) -> Softplus -> Linear(400, pixel)
z[image, latent] ~ Normal(0, 1)
observe pixels ~ Bernoulli(logits = decoder(z))
"""
SHRUNK = """
data point { x[feature] = columns("x*"); y : real }
tau ~ HalfNormal(1)
layer f : [feature] -> [] = Linear(feature, 5) -> Tanh -> Linear(5, 1) { weight ~ Normal(0, tau) }
mean = f(x)
observe y ~ Normal(mean, 1)
"""


def test_weights_with_a_prior_stand_in_the_layer():
    graph = graph_of(DEEP)
    assert kinds(graph) == {"x": "data", "y": "observed", "f": "layer", "s": "latent"}
    assert arrows(graph) == {"f -> y", "x -> y", "s -> y"}
    assert graph.node("f").plates == ()
    assert graph.node("f").lines == (
        "Linear(1, 10) → Tanh → (Linear(10, 10) → Tanh) × 4 → Linear(10, 1)",
        "weight ~ Normal(0, 5 * sqrt(2 / fan_in))",
        "bias ~ Normal(0, 5)",
    )
    assert [str(formula) for formula in graph.formulas] == ["s ~ Gamma(0.5, 1)", "y ~ Normal(f(x), var = s)"]
    assert graph.node("f").hover.startswith("model.bayes:3  layer f = Linear(1, 10)")


def test_weights_without_a_prior_are_learned():
    graph = graph_of(DECODER)
    assert arrows(graph) == {"decoder -> pixels", "z -> pixels"}
    assert graph.node("decoder").lines == (
        "Linear(latent, 400) → Softplus → Linear(400, pixel)",
        "weight, bias learned",
    )


def test_what_the_priors_of_weights_depend_on_leads_to_the_layer():
    graph = graph_of(SHRUNK)
    assert arrows(graph) == {"tau -> f", "f -> mean", "x -> mean", "mean -> y"}
    assert graph.node("f").lines[1:] == ("weight ~ Normal(0, tau)", "bias learned")


def test_pictures_with_layers_are_sound_in_every_format():
    for text in (DEEP, DECODER, SHRUNK):
        graph = graph_of(text)
        assert faults(graph, layout(graph)) == []
        assert "Linear(" in graph.svg()
        assert "shape=box, style=rounded" in graph.dot()
        assert '[["' in graph.mermaid()
