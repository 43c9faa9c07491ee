"""HTML as data, written in one place, so that nothing a user wrote is ever taken for markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from bayesdsl.diagnostics.text import encodable

_VOID = frozenset({"meta", "br", "hr", "col"})
# Characters that HTML has no place for; a spec may hold them in its comments.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Element:
    """An element. Attributes that are None are left out, those that are True stand without a value."""

    tag: str
    attributes: tuple[tuple[str, str | bool | None], ...]
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Markup:
    """What is markup already: a drawing, a style sheet."""

    text: str


Node = str | Element | Markup


def h(tag: str, *children: Node | Iterable[Node] | None, **attributes: str | bool | None) -> Element:
    """An element. None among the children is nothing; `class_` is `class`, `aria_label` is `aria-label`."""
    named = tuple((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
    return Element(tag, named, tuple(_flat(children)))


def render(node: Node) -> str:
    """The text of a node."""
    return "".join(_pieces(node))


def _flat(children: Iterable[Node | Iterable[Node] | None]) -> Iterator[Node]:
    for child in children:
        if isinstance(child, str | Element | Markup):
            yield child
        elif child is not None:
            yield from _flat(child)


def _pieces(node: Node) -> Iterator[str]:
    match node:
        case str():
            yield plain(node)
        case Markup(text):
            yield text
        case Element(tag, attributes, children):
            yield f"<{tag}{''.join(_attribute(name, value) for name, value in attributes)}>"
            if tag not in _VOID:
                for child in children:
                    yield from _pieces(child)
                yield f"</{tag}>"


def _attribute(name: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{plain(value)}"'


def plain(text: str) -> str:
    """Text that is shown as it is."""
    return escape(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", encodable(text)))
