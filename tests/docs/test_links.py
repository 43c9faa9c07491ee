"""Links in the documentation lead somewhere: to a file that is there, and to a heading that it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
LINK = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")


def _text(page: Path) -> str:
    """A page without its code, in which brackets mean something else."""
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_to_what_is_there(page: Path):
    astray = []
    for match in LINK.finditer(_text(page)):
        file, _, anchor = match["target"].partition("#")
        if file.startswith(("http://", "https://", "mailto:")):
            continue
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            astray.append(match["target"])
    assert astray == []


def test_a_heading_has_the_anchor_that_links_use(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A first spec\n\n### `nuts`, for short\n\n```sh\n# not a heading\n```\n", encoding="utf-8")
    assert _anchors(page) == {"a-first-spec", "nuts-for-short"}
