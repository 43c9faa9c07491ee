"""The graph as SVG: one file without scripts, styles or fonts of its own, as browsers, editors and papers take it."""

from __future__ import annotations

from collections.abc import Iterator
from math import atan2, cos, sin
from xml.sax.saxutils import escape, quoteattr

from bayesdsl.diagnostics.text import visible
from bayesdsl.export.graph.layout import MARGIN, Drawn, Picture, Placed, layout
from bayesdsl.export.graph.metrics import text_width, wrapped
from bayesdsl.export.graph.place import LABEL_SIZE
from bayesdsl.export.graph.route import ARROW, Curve
from bayesdsl.export.graph.shapes import DOT, LINE, LINE_SIZE, NAME_LINE, NAME_SIZE, RING, SHAPES, Form, lines_of
from bayesdsl.export.graph.value import Formula, Graph, Kind

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
INK, SOFT, LINE_INK, PAPER, SHADE = "#1f2328", "#57606a", "#8c959f", "#ffffff", "#d5dbe3"
FORMULA_SIZE, FORMULA_LINE = 13.0, 19.0
FORMULA_WIDTH = 560.0
# The head of an arrow: half its width at the foot, in radians as seen from the tip.
HEAD = 0.36


def render_svg(graph: Graph, formulas: bool = True) -> str:
    """The text of an SVG file. `formulas` writes the lines of the model below the picture."""
    return "".join(f"{line}\n" for line in _lines(graph, layout(graph), formulas))


def _lines(graph: Graph, picture: Picture, formulas: bool) -> Iterator[str]:
    block = _Block(graph.formulas if formulas else ())
    frame = picture.frame
    width = max(frame.width, block.width + 2 * MARGIN)
    height = frame.height + block.height
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" role="img" font-family="{FONT}" fill="{INK}">'
    )
    yield f"<title>{_text(graph.name)}</title>"
    yield f'<rect width="100%" height="100%" fill="{PAPER}"/>'
    yield f'<g transform="translate({_n((width - frame.width) / 2 - frame.left)} {_n(-frame.top)})">'
    for drawn in picture.boxes:
        yield from _box(drawn)
    for curve in picture.curves:
        yield from _edge(curve)
    for placed in picture.nodes:
        yield from _node(placed)
    # Labels come last, on a rim of paper, so that an edge that must run through one leaves it legible.
    for drawn in picture.boxes:
        yield _label(drawn)
    yield "</g>"
    yield from block.lines((width - block.width) / 2, frame.height)
    yield "</svg>"


# Boxes and edges


def _box(drawn: Drawn) -> Iterator[str]:
    rect = drawn.rect
    yield f'<g class="plate" data-name={_attribute(drawn.box.plate)}>'
    yield f"<title>{_text(drawn.box.hover or drawn.box.label)}</title>"
    yield (
        f'<rect x="{_n(rect.left)}" y="{_n(rect.top)}" width="{_n(rect.width)}" height="{_n(rect.height)}" rx="8" '
        f'fill="{PAPER}" fill-opacity="0" stroke="{LINE_INK}"/>'
    )
    yield "</g>"


def _label(drawn: Drawn) -> str:
    return (
        f'<text class="plate-label" x="{_n(drawn.label.left)}" y="{_n(drawn.label.bottom - 2)}" '
        f'font-size="{_n(LABEL_SIZE)}" fill="{SOFT}" stroke="{PAPER}" stroke-width="3" paint-order="stroke">'
        f"{_text(drawn.box.label)}</text>"
    )


def _edge(curve: Curve) -> Iterator[str]:
    pieces = " ".join(f"C {' '.join(_point(p) for p in piece)}" for piece in curve.pieces)
    (x, y), (foot_x, foot_y) = curve.tip, curve.pieces[-1][2]
    back = atan2(foot_y - y, foot_x - x)
    sides = (f"{_n(x + ARROW * cos(back + turn))} {_n(y + ARROW * sin(back + turn))}" for turn in (HEAD, -HEAD))
    yield f'<g class="edge" data-source={_attribute(curve.source)} data-target={_attribute(curve.target)}>'
    yield f"<title>{_text(f'{curve.source} → {curve.target}')}</title>"
    yield f'<path d="M {_point(curve.start)} {pieces}" fill="none" stroke="{INK}" stroke-width="1.2"/>'
    yield f'<path d="M {_point(curve.tip)} L {" L ".join(sides)} Z"/>'
    yield "</g>"


# Nodes


def _node(placed: Placed) -> Iterator[str]:
    node, rect = placed.node, placed.rect
    x, y = (rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2
    yield f'<g class="{node.kind.value}" data-name={_attribute(node.name)} text-anchor="middle">'
    yield f"<title>{_text(node.hover or node.name)}</title>"
    yield from _outline(placed)
    match SHAPES[node.kind].form:
        case Form.DOT:
            y = rect.top + NAME_LINE / 2
        case Form.CARD:
            lines = lines_of(node)
            y = rect.top + (rect.height - LINE * len(lines)) / 2 + 2
            for i, line in enumerate(lines):
                below = y + NAME_LINE / 2 + LINE * (i + 0.5) + LINE_SIZE * 0.3
                at = f'x="{_n(x)}" y="{_n(below)}"'
                yield f'<text {at} font-size="{_n(LINE_SIZE)}" fill="{SOFT}">{_text(line)}</text>'
    yield f'<text x="{_n(x)}" y="{_n(y + NAME_SIZE * 0.35)}" font-size="{_n(NAME_SIZE)}">{_text(node.name)}</text>'
    yield "</g>"


def _outline(placed: Placed) -> Iterator[str]:
    rect, shape = placed.rect, SHAPES[placed.node.kind]
    x, y = (rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2
    look = f'fill="{SHADE if shape.shaded else PAPER}" stroke="{INK}" stroke-width="1.2"'
    match shape.form:
        case Form.ELLIPSE:
            for inside in (0.0, RING)[: 1 + shape.double]:
                rx, ry = rect.width / 2 - inside, rect.height / 2 - inside
                yield f'<ellipse cx="{_n(x)}" cy="{_n(y)}" rx="{_n(rx)}" ry="{_n(ry)}" {look}/>'
        case Form.DOT if placed.node.kind is Kind.PARAM:
            yield f'<circle cx="{_n(x)}" cy="{_n(rect.bottom - DOT)}" r="{_n(DOT)}"/>'
        case Form.DOT:
            side = _n(2 * DOT)
            yield f'<rect x="{_n(x - DOT)}" y="{_n(rect.bottom - 2 * DOT)}" width="{side}" height="{side}"/>'
        case Form.RECTANGLE | Form.CARD:
            radius = 3 if shape.form is Form.RECTANGLE else 6
            yield (
                f'<rect x="{_n(rect.left)}" y="{_n(rect.top)}" width="{_n(rect.width)}" height="{_n(rect.height)}" '
                f'rx="{radius}" {look}/>'
            )


# Formulas


class _Block:
    """The lines of the model, aligned at their signs."""

    def __init__(self, formulas: tuple[Formula, ...]) -> None:
        self.formulas = [(f.left, f.sign, wrapped(f.right, FORMULA_SIZE, FORMULA_WIDTH)) for f in formulas]
        self.left = max((text_width(left, FORMULA_SIZE) for left, _, _ in self.formulas), default=0.0)
        rights = [text_width(line, FORMULA_SIZE) for _, _, lines in self.formulas for line in lines]
        self.width = self.left + 2 * self.SIGN + max(rights) if rights else 0.0
        self.height = FORMULA_LINE * len(rights) + MARGIN if rights else 0.0

    SIGN = 12.0

    def lines(self, x: float, y: float) -> Iterator[str]:
        if not self.formulas:
            return
        yield f'<g class="formulas" font-size="{_n(FORMULA_SIZE)}">'
        for left, sign, rights in self.formulas:
            y += FORMULA_LINE
            at = x + self.left
            yield f'<text x="{_n(at)}" y="{_n(y)}" text-anchor="end">{_text(left)}</text>'
            yield f'<text x="{_n(at + self.SIGN)}" y="{_n(y)}" text-anchor="middle">{_text(sign)}</text>'
            for i, right in enumerate(rights):
                y += FORMULA_LINE if i else 0
                yield f'<text x="{_n(at + 2 * self.SIGN)}" y="{_n(y)}">{_text(right)}</text>'
        yield "</g>"


# Words


def _n(value: float) -> str:
    """A number with at most one decimal."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def _point(point: tuple[float, float]) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _text(text: str) -> str:
    return escape(visible(text))


def _attribute(text: str) -> str:
    return quoteattr(visible(text))
