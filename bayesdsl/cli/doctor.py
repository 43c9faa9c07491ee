"""`bayesdsl doctor`: what there is on this machine, and whether it works."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bayesdsl.cli import screen
from bayesdsl.cli.arguments import Parser
from bayesdsl.cli.failures import DONE, FOUND

if TYPE_CHECKING:
    from bayesdsl.results.doctor import Row, Section

LABEL = 11
EXAMPLES = """\
  bayesdsl doctor
  bayesdsl doctor --json
  bayesdsl doctor --clear-cache

exit status: 0 all that is installed works, 1 something is broken"""


def parser() -> Parser:
    made = Parser(
        "doctor",
        "",
        "Look at what a run needs and may use: versions, the C compiler, threads, the\n"
        "cache of what was compiled, devices, and what each engine can use here.",
        EXAMPLES,
    )
    made.add_argument("--json", action="store_true", help="write it as JSON")
    made.add_argument("--clear-cache", action="store_true", help="forget what was compiled, and do nothing else")
    return made


def run(options: argparse.Namespace) -> int:
    """Show what there is; the status says whether something is broken."""
    if options.clear_cache:
        return _clear()
    from bayesdsl.results.doctor import broken, examine

    sections = examine()
    if options.json:
        screen.say(_json(sections), sys.stdout)
    else:
        screen.say("\n\n".join(_shown(section) for section in sections), sys.stdout)
    return FOUND if broken(sections) else DONE


def _clear() -> int:
    from bayesdsl.results.doctor import megabytes
    from bayesdsl.runtime.compiled import cache

    kept = cache.current()
    was = kept.clear()
    entries = "1 entry" if was.entries == 1 else f"{was.entries:,} entries"
    screen.say(f"{entries}, {megabytes(was.bytes)}, removed from {kept.directory}", sys.stdout)
    return DONE


def _json(sections: tuple[Section, ...]) -> str:
    import json
    from dataclasses import asdict

    return json.dumps({section.title: [asdict(row) for row in section.rows] for section in sections}, indent=2)


def _shown(section: Section) -> str:
    return "\n".join((section.title, *_lines(section)))


def _lines(section: Section) -> Iterator[str]:
    from bayesdsl.diagnostics.colours import Paint

    paint = Paint(screen.wants_colour(sys.stdout))
    width = min(screen.width_of(sys.stdout) or screen.WIDTH, 100)
    for row in section.rows:
        text = screen.fold(_said(row), width, f"  {row.name:<{LABEL}}  ", " " * (LABEL + 4))
        yield paint("error", text) if row.state == "broken" else text


def _said(row: Row) -> str:
    if row.state == "ok":
        return ", ".join(filter(None, (row.value, row.note)))
    mark = "broken: " if row.state == "broken" else ""
    return mark + ": ".join(filter(None, (row.value, row.note)))
