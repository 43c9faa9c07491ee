"""Drawings for the page: matplotlib's figures as SVG that stands in the page itself.

Figures are made by their objects alone. The settings that they are made with hold while one is drawn, whatever the
user's own are, and go back after. The same draws give the same text: nothing in it depends on the time or on chance.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from bayesdsl.results.report.nodes import Element, Markup, h, plain
from bayesdsl.results.report.style import by_name, colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches of a drawing as wide as the page; its type is then some 11 px on a screen and 8 pt on paper.
FULL_WIDTH = 7.6
BESIDE = 4.15

_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    # A name with dollar signs is a name, not a formula.
    "text.parse_math": False,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "axes.labelsize": 8,
    "axes.labelcolor": colour("muted"),
    "axes.edgecolor": colour("muted"),
    "axes.titlecolor": colour("ink"),
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.formatter.limits": (-4, 5),
    "figure.facecolor": "none",
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.05,
    "xtick.color": colour("muted"),
    "ytick.color": colour("muted"),
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.2,
    "lines.solid_capstyle": "round",
    "patch.linewidth": 0,
    "text.color": colour("ink"),
    "path.simplify_threshold": 0.2,
}
FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif'
# A hundredth of a point is more than a screen shows. Only places are cut short, and never what is written there.
_PLACES = re.compile(r'\b(?:d|x|y|x1|x2|y1|y2|transform|width|height|viewBox)="[^"]*"')
_DIGITS = re.compile(r"(\d\.\d{2})\d+")
_HEAD = {"Date": None, "Creator": None, "Format": None, "Type": None}


def drawn(
    paint: Callable[[Figure], None], *, height: float, alt: str, caption: str | None = None, width: float = FULL_WIDTH
) -> Element:
    """A figure of the page: what `paint` draws on an empty figure of so many inches. `alt` says in words what is to be
    seen; no two drawings of a page have the same."""
    from matplotlib import style
    from matplotlib.figure import Figure

    with style.context(["default", {**_STYLE, "svg.hashsalt": alt}]), warnings.catch_warnings():
        # Widths of characters that the font does not have, which the reader's browser will.
        warnings.simplefilter("ignore")
        figure = Figure(figsize=(width, height), layout="constrained")
        paint(figure)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata=_HEAD)
    return h("figure", Markup(_inline(stream.getvalue(), alt)), None if caption is None else h("figcaption", caption))


def _inline(svg: str, alt: str) -> str:
    """The drawing as an element of a page: no prolog, no name spaces, its colours those of the page."""
    svg = svg[svg.index("<svg") :]
    box = re.search(r'viewBox="([^"]*)"', svg)
    opening = f'<svg role="img" aria-label="{plain(alt)}" viewBox="{box[1]}">'
    body = svg[svg.index(">") + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"/>', "", body)
    body = re.sub(r'<g id="[^"]*">', "<g>", body)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"\n\s*", "\n", body)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"'DejaVu Sans'(, [^;\"]*)?", "var(--sans)", body)
    body = _MARKS.sub(_shared, body)
    body = _PLACES.sub(lambda place: _DIGITS.sub(r"\1", place[0]), body)
    return by_name(opening + body).strip()


# Marks that stand together: the first with its style, then others.
_MARKS = re.compile(r'<use [^>]*? (style="[^"]*")/>\n(?:<use [^>]*? \1/>\n)+')


def _shared(marks: re.Match[str]) -> str:
    """Marks of one style, of which there may be hundreds, in a group that has it once."""
    return f"<g {marks[1]}>\n{marks[0].replace(f' {marks[1]}', '')}</g>\n"


# What all drawings have in common


def bare(axes: Axes) -> None:
    """Axes whose height has no unit worth reading."""
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def at_zero(axes: Axes) -> None:
    """A thin line at zero, where zero is in sight."""
    low, high = axes.get_xlim()
    if low < 0 < high:
        axes.axvline(0, color=colour("rule"), linewidth=0.8, zorder=0)


def calm(axes: Axes, across: int = 4, up: int | None = None) -> None:
    """Few ticks, at round numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(across, steps=[1, 2, 2.5, 5, 10]))
    if up is not None:
        axes.yaxis.set_major_locator(MaxNLocator(up, steps=[1, 2, 2.5, 5, 10]))


def short(text: str, width: int = 28) -> str:
    """A name cut for a drawing, where the whole of it has no room."""
    from bayesdsl.results.table import shorten

    return shorten(text, width)
