"""The graph as a flowchart of Mermaid: plates are subgraphs, formulas a node of text that nothing leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bayesdsl.diagnostics.text import visible
from bayesdsl.export.graph.value import Box, Graph, Kind, Node

# The brackets of each kind's shape.
SHAPES: dict[Kind, tuple[str, str]] = {
    Kind.LATENT: ("([", "])"),
    Kind.OBSERVED: ("([", "])"),
    Kind.DATA: ("[", "]"),
    Kind.PARAM: ("((", "))"),
    Kind.CONST: ("((", "))"),
    Kind.DETERMINISTIC: ("([", "])"),
    Kind.LAYER: ("[[", "]]"),
}
CLASSES: dict[Kind, str] = {
    Kind.LATENT: "fill:#fff,stroke:#1f2328,color:#1f2328",
    Kind.OBSERVED: "fill:#d5dbe3,stroke:#1f2328,color:#1f2328",
    Kind.DATA: "fill:#d5dbe3,stroke:#1f2328,color:#1f2328",
    Kind.PARAM: "fill:#fff,stroke:#1f2328,color:#1f2328,stroke-dasharray:2",
    Kind.CONST: "fill:#fff,stroke:#1f2328,color:#1f2328,stroke-dasharray:2",
    Kind.DETERMINISTIC: "fill:#fff,stroke:#1f2328,color:#1f2328,stroke-dasharray:6",
    Kind.LAYER: "fill:#fff,stroke:#1f2328,color:#1f2328",
}
BOX = "fill:none,stroke:#8c959f,color:#57606a"
TEXT = "fill:none,stroke:none,color:#1f2328,text-align:left"


def render_mermaid(graph: Graph, formulas: bool = True) -> str:
    """The text of a Mermaid file. `formulas` writes the lines of the model as a block beside the graph."""
    return "".join(f"{line}\n" for line in _lines(graph, formulas))


def _lines(graph: Graph, formulas: bool) -> Iterator[str]:
    # Names of a spec may be words of Mermaid or letters it does not take, so that nodes are numbered.
    ids = {node.name: f"n{i}" for i, node in enumerate(graph.nodes)}
    nodes = {node.name: node for node in graph.nodes}
    boxes = {id(box): f"p{i}" for i, box in enumerate(graph.walk())}
    yield "flowchart TD"
    for name in graph.outside:
        yield f"    {_node(nodes[name], ids)}"
    yield from _boxes(graph.boxes, nodes, ids, boxes, "    ")
    for edge in graph.edges:
        yield f"    {ids[edge.source]} --> {ids[edge.target]}"
    if formulas and graph.formulas:
        yield f'    formulas["{"<br/>".join(_escaped(str(formula)) for formula in graph.formulas)}"]'
        yield f"    style formulas {TEXT}"
    for kind in dict.fromkeys(node.kind for node in graph.nodes):
        yield f"    classDef {kind.value} {CLASSES[kind]}"
    if boxes:
        yield f"    classDef plate {BOX}"
        yield f"    class {','.join(boxes.values())} plate"


def _boxes(
    found: Sequence[Box], nodes: dict[str, Node], ids: dict[str, str], boxes: dict[int, str], margin: str
) -> Iterator[str]:
    for box in found:
        yield f'{margin}subgraph {boxes[id(box)]}["{_escaped(box.label)}"]'
        for name in box.nodes:
            yield f"{margin}    {_node(nodes[name], ids)}"
        yield from _boxes(box.boxes, nodes, ids, boxes, f"{margin}    ")
        yield f"{margin}end"


def _node(node: Node, ids: dict[str, str]) -> str:
    before, after = SHAPES[node.kind]
    label = "<br/>".join(_escaped(text) for text in (node.name, *node.lines))
    return f'{ids[node.name]}{before}"{label}"{after}:::{node.kind.value}'


# Signs that Mermaid, or the HTML or Markdown that it makes of a label, would read as their own.
_SIGN = re.compile(r'[#&<>"\\`*]|(?<!\w)_|_(?!\w)')


def _escaped(text: str) -> str:
    return _SIGN.sub(lambda found: f"#{ord(found[0])};", visible(text))
