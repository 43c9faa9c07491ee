"""A model as nodes, edges and boxes, which every format draws.

A box is a plate. A node in the plates a and b stands in a box of b in a box of a; where other nodes stand in b alone,
there is a box of b outside as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a node stands for."""

    LATENT = "latent"
    OBSERVED = "observed"
    DATA = "data"
    PARAM = "param"
    CONST = "const"
    DETERMINISTIC = "deterministic"
    LAYER = "layer"


@dataclass(frozen=True, slots=True)
class Node:
    """A copy for each member of `plates`. `lines` are written below its name; `hover` tells where it is declared."""

    name: str
    kind: Kind
    plates: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    hover: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """What `target` is computed or drawn from is `source`. Both are names of nodes."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Box:
    """A plate as a box: the names of the nodes that stand in it directly, and the boxes in it."""

    plate: str
    label: str
    nodes: tuple[str, ...]
    boxes: tuple[Box, ...] = ()
    hover: str = ""

    def walk(self) -> Iterator[Box]:
        """The box and those in it, outermost first."""
        yield self
        for box in self.boxes:
            yield from box.walk()

    def members(self) -> tuple[str, ...]:
        """The names of all nodes in it, and in the boxes in it."""
        return tuple(name for box in self.walk() for name in box.nodes)


@dataclass(frozen=True, slots=True)
class Formula:
    """A line of the model: `theta[school]`, `~`, `Normal(mu, tau)`."""

    left: str
    sign: str
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


@dataclass(frozen=True, slots=True)
class Graph:
    """The picture of a model. `outside` are the nodes in no box; `formulas` are written beside the picture."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    outside: tuple[str, ...]
    boxes: tuple[Box, ...]
    formulas: tuple[Formula, ...]

    def node(self, name: str) -> Node:
        """A node by its name. Raises KeyError."""
        return {node.name: node for node in self.nodes}[name]

    def walk(self) -> Iterator[Box]:
        """All boxes, outer ones before those in them."""
        for box in self.boxes:
            yield from box.walk()

    def svg(self, *, formulas: bool = True) -> str:
        """The picture as SVG, laid out here. `formulas` writes the distributions below it."""
        from bayesdsl.export.graph.svg import render_svg

        return render_svg(self, formulas=formulas)

    def dot(self, *, formulas: bool = True) -> str:
        """The graph in the language of Graphviz."""
        from bayesdsl.export.graph.dot import render_dot

        return render_dot(self, formulas=formulas)

    def mermaid(self, *, formulas: bool = True) -> str:
        """The graph as a flowchart of Mermaid, as Markdown pages show it."""
        from bayesdsl.export.graph.mermaid import render_mermaid

        return render_mermaid(self, formulas=formulas)

    def _repr_svg_(self) -> str:
        return self.svg()
