"""The whole page: its sections in their order, and the file that it is written to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.results.report.chains import chains
from bayesdsl.results.report.checks import checks
from bayesdsl.results.report.densities import densities
from bayesdsl.results.report.drawing import FONTS
from bayesdsl.results.report.forests import forests
from bayesdsl.results.report.heading import heading, title, verdict
from bayesdsl.results.report.listing import settings, spec
from bayesdsl.results.report.losses import losses
from bayesdsl.results.report.material import Material
from bayesdsl.results.report.nodes import Element, Markup, h, render
from bayesdsl.results.report.pairs import pairs
from bayesdsl.results.report.regressions import regressions
from bayesdsl.results.report.style import STYLE_SHEET
from bayesdsl.results.report.table import table
from bayesdsl.runtime import errors

FILE = "report.html"
_DRAWS_WITH = "matplotlib"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page. `make` gives what stands in it, None where the run has nothing of the kind."""

    name: str
    heading: str
    make: Callable[[Material], Iterable[Element] | None]


SECTIONS: tuple[Section, ...] = (
    Section("summary", "Summary", table),
    Section("densities", "Posterior densities", densities),
    Section("forests", "Plates", forests),
    Section("regressions", "Regression", regressions),
    Section("checks", "Predictive checks", checks),
    Section("chains", "Chains", chains),
    Section("loss", "Loss", losses),
    Section("pairs", "Pairs", pairs),
    Section("spec", "Spec", spec),
    Section("settings", "Settings", settings),
)


def page(material: Material) -> str:
    """The page as HTML: one file without references to others. The same run gives the same page.

    Raises BayesError where the library that draws is not installed.
    """
    check_drawing()
    made = [(section, section.make(material)) for section in SECTIONS]
    there = [(section, content) for section, content in made if content]
    links = [h("a", section.heading, href=f"#{section.name}") for section, _ in there]
    body = h(
        "main",
        heading(material),
        h("nav", links, aria_label="Sections"),
        verdict(material),
        [h("section", h("h2", section.heading), content, id=section.name) for section, content in there],
    )
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("title", title(material)),
        h("style", Markup(f":root{{--sans:{FONTS}}}\n{STYLE_SHEET}")),
    )
    return f"<!DOCTYPE html>\n{render(h('html', head, h('body', body), lang='en'))}\n"


def write_page(material: Material, path: str | os.PathLike[str]) -> Path:
    """Write the page, replacing a file that is there. Raises BayesError where it may not be written."""
    target = Path(path)
    reason = _not_writable(target)
    if reason is None:
        text = page(material)
        try:
            target.write_text(text, encoding="utf-8", newline="\n")
            return target
        except OSError as refused:
            reason = (refused.strerror or str(refused)).lower()
    raise BayesError((errors.report_not_written(str(target), reason),))


def _not_writable(target: Path) -> str | None:
    """What can be seen to be wrong with a path before the page is made."""
    if target.is_dir():
        return "it is a directory"
    return None if target.parent.is_dir() else f"there is no directory {target.parent}"


def check_drawing() -> None:
    """Raise BayesError where the library that draws is not installed."""
    if find_spec(_DRAWS_WITH) is None:
        raise BayesError((errors.nothing_to_draw_with(_DRAWS_WITH),))
