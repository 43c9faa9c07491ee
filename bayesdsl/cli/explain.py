"""`bayesdsl explain`: what a code means, and what the language's names stand for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bayesdsl.cli import screen
from bayesdsl.cli.arguments import Parser
from bayesdsl.cli.failures import DONE, Usage

if TYPE_CHECKING:
    from bayesdsl.diagnostics.codes import Code

CODE_NAME = 24

EXAMPLES = """\
  bayesdsl explain BD302
  bayesdsl explain distributions
  bayesdsl explain Gamma
  bayesdsl explain nuts
  bayesdsl explain            everything that there is to look up

exit status: 0 done, 2 there is nothing of that name"""


def parser() -> Parser:
    made = Parser(
        "explain",
        "[NAME]",
        "Tell what a code means, with a wrong and a right example, or what a name of the\n"
        "language stands for: a distribution's arguments, an engine's settings.",
        EXAMPLES,
    )
    made.add_argument("words", metavar="NAME", nargs="*", help="a code, a name, or a topic such as distributions")
    return made


def run(options: argparse.Namespace) -> int:
    """Explain one thing. Raises Usage, with what is spelled alike, where there is none of that name."""
    asked = " ".join(options.words).strip()
    screen.say(explained(asked) if asked else overview(), sys.stdout)
    return DONE


def overview() -> str:
    """Topics and codes, a line each."""
    from bayesdsl.cli.reference import TOPICS
    from bayesdsl.diagnostics.codes import SECTIONS

    topics = [f"  {topic.name:<15}{topic.about}" for topic in TOPICS.values()]
    parts = [
        "\n".join(("bayesdsl explain TOPIC, or any name in it:", "", *topics)),
        "bayesdsl explain CODE:",
        *(
            "\n".join((title, *map(_line, sorted(rows, key=lambda row: row.code))))
            for _, title, rows in SECTIONS
            if rows
        ),
    ]
    return "\n\n".join(parts)


def _line(row: Code) -> str:
    kind = "" if row.severity.value == "error" else f" ({row.severity.value})"
    hanging = " " * (9 + CODE_NAME)
    return screen.fold(row.title + kind, screen.WIDTH, f"  {row.code}  {row.name:<{CODE_NAME}}", hanging)


def explained(asked: str) -> str:
    """All that is known under a name. Raises Usage."""
    from bayesdsl.diagnostics.explain import explain, find

    if find(asked) is not None:
        return explain(asked)
    from bayesdsl.cli.reference import TOPICS

    # Singular or plural, however it is formed: `guide`, `guides`, `loss`, `losses`.
    topic = next((t for name, t in TOPICS.items() if name.rstrip("es") == asked.lower().rstrip("es")), None)
    if topic is not None:
        return topic.listing()
    pages = list(_pages(asked))
    if not pages:
        raise _unknown(asked)
    return "\n\n\n".join(pages)


def _pages(asked: str) -> Iterator[str]:
    """The pages of a name: as it is written, else as another language has it, else whatever its case."""
    from bayesdsl.catalogue.functions import ALIASES
    from bayesdsl.cli.reference import ABSENT, TOPICS

    name = asked.split("(", 1)[0].strip() or asked
    for wanted in (name, ALIASES.get(name)):
        exact = [topic.pages[wanted] for topic in TOPICS.values() if wanted in topic.pages]
        if exact:
            yield from (page() for page in exact)
            return
    ours = _called_elsewhere(name)
    if ours is not None:
        yield f"What others call `{name}` is written {ours} here."
        yield from _pages(ours)
        return
    if name in ABSENT:
        yield f"{name}: not in the language\n{screen.fold(ABSENT[name], screen.WIDTH, '  ', '  ')}"
        return
    for topic in TOPICS.values():
        yield from (page() for known, page in topic.pages.items() if known.casefold() == name.casefold())


def _called_elsewhere(name: str) -> str | None:
    """What to write for a name of another language."""
    from bayesdsl.catalogue import spelling

    tables: tuple[Mapping[str, str], ...] = (
        spelling.FOREIGN_DISTRIBUTIONS,
        spelling.FOREIGN_FUNCTIONS,
        spelling.FOREIGN_TYPES,
        spelling.FOREIGN_ENGINES,
    )
    return next((table[name] for table in tables if name in table), None) or spelling.foreign_distribution(name)


def _unknown(asked: str) -> Usage:
    from bayesdsl.catalogue.spelling import nearest
    from bayesdsl.cli.reference import TOPICS
    from bayesdsl.diagnostics import explain
    from bayesdsl.diagnostics.text import shown

    near = [found for topic in TOPICS.values() if (found := nearest(asked, topic.pages))]
    near += [found for found in [nearest(asked, TOPICS)] if found]
    near += [f"{row.code} ({row.name})" for row in explain.nearest(asked, most=2)]
    hint = f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else "`bayesdsl explain` lists what there is"
    return Usage(f"there is nothing called `{shown(asked, 60)}`", hint)
