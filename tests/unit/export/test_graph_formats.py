"""The graph as SVG, dot and Mermaid."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from test_graph_value import graph_of

from bayesdsl.export.graph.texts import pipeline
from bayesdsl.export.graph.value import Box, Edge, Formula, Graph, Kind, Node

SVG = "{http://www.w3.org/2000/svg}"

# One of every kind, a plate of a known size, and a plate in another one.
MODEL = """\
const k0 = 2
plate g = 3
data s { y : real; x : real }
param t : positive = 1
m[g] ~ Normal(0, k0)
n[g, s] ~ Normal(m, t)
mean = sum[g](n) * x
observe y ~ Normal(mean, 1)
"""
DOT = """\
digraph "model" {
    label="k0 = 2\\lt : positive, learned, starting at 1\\lm[g] ~ Normal(0, k0)\\ln[g, s] ~ Normal(m, t)\\l\
mean = sum[g](n) * x\\ly ~ Normal(mean, 1)\\l"; labelloc=b; labeljust=l;
    node [fontname="Helvetica", fontsize=14]; edge [arrowsize=0.7];
    fontname="Helvetica"; fontsize=13;
    "k0" [label="", xlabel="k0", shape=square, style=filled, fillcolor=black, width=0.12, fixedsize=true];
    "t" [label="", xlabel="t", shape=point, width=0.12, tooltip="model.bayes:4  param t : positive = 1"];
    subgraph cluster_0 {
        label="s"; labelloc=b; labeljust=r; style=rounded;
        "y" [label="y", shape=ellipse, style=filled, fillcolor="#d5dbe3", \
tooltip="model.bayes:8  observe y ~ Normal(mean, 1)"];
        "x" [label="x", shape=box, style=filled, fillcolor="#d5dbe3", \
tooltip="model.bayes:3  data s { y : real; x : real }"];
        "mean" [label="mean", shape=ellipse, peripheries=2, tooltip="model.bayes:7  mean = sum[g](n) * x"];
        subgraph cluster_1 {
            label="g (3)"; labelloc=b; labeljust=r; style=rounded;
            "n" [label="n", shape=ellipse, tooltip="model.bayes:6  n[g, s] ~ Normal(m, t)"];
        }
    }
    subgraph cluster_2 {
        label="g (3)"; labelloc=b; labeljust=r; style=rounded;
        "m" [label="m", shape=ellipse, tooltip="model.bayes:5  m[g] ~ Normal(0, k0)"];
    }
    "k0" -> "m";
    "m" -> "n";
    "t" -> "n";
    "n" -> "mean";
    "x" -> "mean";
    "mean" -> "y";
}
"""
MERMAID = """\
flowchart TD
    n2(("k0")):::const
    n3(("t")):::param
    subgraph p0["s"]
        n0(["y"]):::observed
        n1["x"]:::data
        n6(["mean"]):::deterministic
        subgraph p1["g (3)"]
            n5(["n"]):::latent
        end
    end
    subgraph p2["g (3)"]
        n4(["m"]):::latent
    end
    n2 --> n4
    n4 --> n5
    n3 --> n5
    n5 --> n6
    n1 --> n6
    n6 --> n0
    formulas["k0 = 2<br/>t : positive, learned, starting at 1<br/>m[g] ~ Normal(0, k0)<br/>\
n[g, s] ~ Normal(m, t)<br/>mean = sum[g](n) #42; x<br/>y ~ Normal(mean, 1)"]
    style formulas fill:none,stroke:none,color:#1f2328,text-align:left
    classDef observed fill:#d5dbe3,stroke:#1f2328,color:#1f2328
    classDef data fill:#d5dbe3,stroke:#1f2328,color:#1f2328
    classDef const fill:#fff,stroke:#1f2328,color:#1f2328,stroke-dasharray:2
    classDef param fill:#fff,stroke:#1f2328,color:#1f2328,stroke-dasharray:2
    classDef latent fill:#fff,stroke:#1f2328,color:#1f2328
    classDef deterministic fill:#fff,stroke:#1f2328,color:#1f2328,stroke-dasharray:6
    classDef plate fill:none,stroke:#8c959f,color:#57606a
    class p0,p1,p2 plate
"""
# Names and labels that a format would read as something else.
AWKWARD = ('a"b', "<b>&", "back\\slash", "µ_ü", "end", "x\ny", "日本", "*bold*", "]]>", "#35;")


def awkward() -> Graph:
    nodes = tuple(Node(name, Kind.LATENT, (), (), name) for name in AWKWARD)
    edges = tuple(Edge(a, b) for a, b in pairwise(AWKWARD))
    box = Box("p", 'plate "<1>"', AWKWARD[:2])
    return Graph('"awkward" & <more>', nodes, edges, AWKWARD[2:], (box,), (Formula("a", "~", 'f("<\\n>")'),))


def test_dot():
    assert graph_of(MODEL).dot() == DOT


def test_mermaid():
    assert graph_of(MODEL).mermaid() == MERMAID


def test_formulas_may_be_left_out():
    graph = graph_of(MODEL)
    assert "labeljust=l" not in graph.dot(formulas=False)
    assert "formulas" not in graph.mermaid(formulas=False)
    assert "formulas" not in graph.svg(formulas=False)
    assert len(graph.svg(formulas=False)) < len(graph.svg())


def classes(svg: str) -> dict[str, list[str]]:
    """The groups of an SVG by their class, each by the name that it stands for."""
    found: dict[str, list[str]] = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        if "class" in group.attrib:
            name = group.get("data-name") or f"{group.get('data-source')} -> {group.get('data-target')}"
            found.setdefault(group.attrib["class"], []).append(name)
    return found


def test_svg_has_a_group_for_everything_with_a_title():
    svg = graph_of(MODEL).svg()
    found = classes(svg)
    assert found["observed"] == ["y"]
    assert found["deterministic"] == ["mean"]
    assert found["param"] == ["t"]
    assert found["const"] == ["k0"]
    assert sorted(found["latent"]) == ["m", "n"]
    assert sorted(found["plate"]) == ["g", "s"]
    assert len(found["edge"]) == 6
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("class") not in (None, "formulas"):
            assert group.findtext(f"{SVG}title")
    assert "model.bayes:5  m[g] ~ Normal(0, k0)" in svg


def test_svg_shows_kinds_as_textbooks_do():
    shapes = {}
    for group in ElementTree.fromstring(graph_of(MODEL).svg()).iter(f"{SVG}g"):
        shapes[group.get("data-name")] = group
    assert len(shapes["mean"].findall(f"{SVG}ellipse")) == 2
    assert len(shapes["n"].findall(f"{SVG}ellipse")) == 1
    assert shapes["x"].find(f"{SVG}rect") is not None
    assert shapes["t"].find(f"{SVG}circle") is not None
    shades = {name: shapes[name].find(f"{SVG}ellipse").get("fill") for name in ("y", "n", "mean")}
    assert shades["y"] != shades["n"] == shades["mean"] == "#ffffff"


def test_svg_says_what_the_formulas_say():
    texts = [text.text for text in ElementTree.fromstring(graph_of(MODEL).svg()).iter(f"{SVG}text")]
    assert {"n[g, s]", "Normal(m, t)", "positive, learned, starting at 1"} <= set(texts)


def test_awkward_texts_come_through_svg():
    root = ElementTree.fromstring(awkward().svg())
    assert root.findtext(f"{SVG}title") == '"awkward" & <more>'
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {'a"b', "<b>&", "back\\slash", "µ_ü", "x\\ny", "日本", "]]>", 'plate "<1>"', 'f("<\\n>")'} <= set(texts)


def test_awkward_texts_come_through_dot():
    text = awkward().dot()
    assert '"a\\"b" [label="a\\"b"' in text
    assert '"back\\\\slash" -> "µ_ü";' in text
    assert "x\\\\ny" in text
    assert "\nend" not in text


def test_awkward_texts_come_through_mermaid():
    text = awkward().mermaid()
    assert 'n0(["a#34;b"])' in text
    assert 'n1(["#60;b#62;#38;"])' in text
    assert 'n3(["µ_ü"])' in text
    assert '(["#42;bold#42;"])' in text
    assert '(["#35;35;"])' in text
    assert 'subgraph p0["plate #34;#60;1#62;#34;"]' in text


def test_a_notebook_shows_the_svg():
    graph = graph_of(MODEL)
    assert graph._repr_svg_() == graph.svg()


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        (["A"], "A"),
        (["A", "B", "A", "B", "C"], "(A → B) × 2 → C"),
        (["I", "T", "L", "T", "L", "T", "O"], "I → (T → L) × 2 → T → O"),
        (["A", "A", "A"], "A × 3"),
        ([], ""),
    ],
)
def test_what_is_repeated_in_a_layer_is_written_once(steps, text):
    assert pipeline([(step, step.upper()) for step in steps]) == text
