"""The graph in the language of Graphviz: plates are clusters, formulas a label of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bayesdsl.diagnostics.text import visible
from bayesdsl.export.graph.value import Box, Graph, Kind, Node

SHADED = 'style=filled, fillcolor="#d5dbe3"'
# How each kind is drawn.
LOOKS: dict[Kind, str] = {
    Kind.LATENT: "shape=ellipse",
    Kind.OBSERVED: f"shape=ellipse, {SHADED}",
    Kind.DATA: f"shape=box, {SHADED}",
    Kind.PARAM: "shape=point, width=0.12",
    Kind.CONST: "shape=square, style=filled, fillcolor=black, width=0.12, fixedsize=true",
    Kind.DETERMINISTIC: "shape=ellipse, peripheries=2",
    Kind.LAYER: "shape=box, style=rounded",
}
# Their name stands beside them.
SMALL = frozenset({Kind.PARAM, Kind.CONST})


def render_dot(graph: Graph, formulas: bool = True) -> str:
    """The text of a dot file. `formulas` writes the lines of the model below the picture."""
    return "".join(f"{line}\n" for line in _lines(graph, formulas))


def _lines(graph: Graph, formulas: bool) -> Iterator[str]:
    nodes = {node.name: node for node in graph.nodes}
    yield f"digraph {_quoted(graph.name)} {{"
    if formulas and graph.formulas:
        text = "".join(f"{_escaped(str(formula))}\\l" for formula in graph.formulas)
        yield f'    label="{text}"; labelloc=b; labeljust=l;'
    yield '    node [fontname="Helvetica", fontsize=14]; edge [arrowsize=0.7];'
    yield '    fontname="Helvetica"; fontsize=13;'
    for name in graph.outside:
        yield f"    {_node(nodes[name])}"
    counter = iter(range(len(list(graph.walk()))))
    yield from _boxes(graph.boxes, nodes, counter, "    ")
    for edge in graph.edges:
        yield f"    {_quoted(edge.source)} -> {_quoted(edge.target)};"
    yield "}"


def _boxes(boxes: Sequence[Box], nodes: dict[str, Node], counter: Iterator[int], margin: str) -> Iterator[str]:
    inner = f"{margin}    "
    for box in boxes:
        # Graphviz draws a subgraph as a box where its name begins so; a plate may have several.
        yield f"{margin}subgraph cluster_{next(counter)} {{"
        yield f"{inner}label={_quoted(box.label)}; labelloc=b; labeljust=r; style=rounded;"
        for name in box.nodes:
            yield f"{inner}{_node(nodes[name])}"
        yield from _boxes(box.boxes, nodes, counter, inner)
        yield f"{margin}}}"


def _node(node: Node) -> str:
    label = "\\n".join(_escaped(text) for text in (node.name, *node.lines))
    named = f'label="", xlabel="{label}"' if node.kind in SMALL else f'label="{label}"'
    hover = f', tooltip="{_escaped(node.hover)}"' if node.hover else ""
    return f"{_quoted(node.name)} [{named}, {LOOKS[node.kind]}{hover}];"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')
