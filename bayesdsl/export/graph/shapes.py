"""The shape of each kind of node: how large it is with its name in it, and where edges meet it.

Latents are circles, wider with a long name; what is observed is shaded; deterministic quantities have a double outline;
params and constants are a dot below their name; columns of data are shaded rectangles, layers rectangles with their
steps. These are the conventions of textbooks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import hypot

from bayesdsl.export.graph.metrics import text_width, wrapped
from bayesdsl.export.graph.place import Rect
from bayesdsl.export.graph.value import Kind, Node

NAME_SIZE, LINE_SIZE = 14.0, 12.0
NAME_LINE, LINE = 18.0, 16.0
LINE_WIDTH = 270.0
RING = 4.0
DOT = 4.5


class Form(Enum):
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"
    DOT = "dot"
    CARD = "card"  # a rectangle with lines below the name


@dataclass(frozen=True, slots=True)
class Shape:
    """How a kind is drawn. `double` draws a second outline; `space` stands beside the name."""

    form: Form
    shaded: bool = False
    double: bool = False
    space: float = 11.0
    least: float = 44.0
    height: float = 44.0


SHAPES: dict[Kind, Shape] = {
    Kind.LATENT: Shape(Form.ELLIPSE),
    Kind.OBSERVED: Shape(Form.ELLIPSE, shaded=True),
    Kind.DETERMINISTIC: Shape(Form.ELLIPSE, double=True, space=15.0, least=50.0, height=48.0),
    Kind.DATA: Shape(Form.RECTANGLE, shaded=True, height=32.0),
    Kind.PARAM: Shape(Form.DOT, space=2.0, least=2 * DOT, height=NAME_LINE + 3 + 2 * DOT),
    Kind.CONST: Shape(Form.DOT, space=2.0, least=2 * DOT, height=NAME_LINE + 3 + 2 * DOT),
    Kind.LAYER: Shape(Form.CARD, space=14.0, height=36.0),
}


def lines_of(node: Node) -> list[str]:
    """What is written below a node's name, wrapped."""
    return [line for text in node.lines for line in wrapped(text, LINE_SIZE, LINE_WIDTH)]


def size(node: Node) -> tuple[float, float]:
    """Width and height of a node."""
    shape, lines = SHAPES[node.kind], lines_of(node)
    widest = max([text_width(node.name, NAME_SIZE), *(text_width(line, LINE_SIZE) for line in lines)])
    return max(shape.least, widest + 2 * shape.space), shape.height + LINE * len(lines)


def meeting_point(kind: Kind, rect: Rect, toward: tuple[float, float], apart: float = 0.0) -> tuple[float, float]:
    """Where an edge that runs in a direction from a node's middle leaves its outline, or `apart` beyond it."""
    (dx, dy), x = toward, (rect.left + rect.right) / 2
    length = hypot(dx, dy)
    dx, dy = dx / length, dy / length
    match SHAPES[kind].form:
        case Form.DOT:
            y, far = rect.bottom - DOT, DOT
        case Form.ELLIPSE:
            y = (rect.top + rect.bottom) / 2
            far = 1 / hypot(dx / (rect.width / 2), dy / (rect.height / 2))
        case Form.RECTANGLE | Form.CARD:
            y = (rect.top + rect.bottom) / 2
            ways = [half / abs(d) for half, d in ((rect.width / 2, dx), (rect.height / 2, dy)) if d]
            far = min(ways)
    return x + dx * (far + apart), y + dy * (far + apart)
