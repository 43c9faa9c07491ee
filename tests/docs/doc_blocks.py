"""Fenced code blocks of the documentation, and the conventions by which they are read.

A block's first line is its language and some words: `bayes fragment error=BD302`. Of the language `bayes`,

- without a word: a whole spec, in which nothing is found;
- `setup`: the beginning of a spec, which the fragments after it continue;
- `fragment`: what follows the last `setup`; the two together are a spec;
- `error=CODE`, `warning=CODE`: a spec in which exactly this is found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(?P<language>\w+)(?P<words>[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_KNOWN = frozenset({"setup", "fragment", "error", "warning", "file", "needs"})


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its first line of text. `setup` is what a fragment continues."""

    path: Path
    line: int
    language: str
    words: dict[str, str]
    text: str
    setup: str = ""

    @property
    def spec(self) -> str:
        """The spec that a block of the language says, whole."""
        return f"{self.setup}\n{self.text}" if "fragment" in self.words else self.text

    @property
    def whole(self) -> bool:
        return not self.words.keys() & {"setup", "fragment"}

    @property
    def found(self) -> list[str]:
        """The codes of what is to be found in it."""
        return [self.words[word] for word in ("error", "warning") if word in self.words]

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}"


def blocks(path: Path, language: str) -> list[Block]:
    """The blocks of a language, in order. ValueError for a word that means nothing, and a fragment without a setup."""
    text = path.read_text(encoding="utf-8")
    found: list[Block] = []
    setup = ""
    for match in _FENCE.finditer(text):
        if match["language"] != language:
            continue
        words = {name: value for name, _, value in (word.partition("=") for word in match["words"].split())}
        line = text.count("\n", 0, match.start()) + 2
        if not words.keys() <= _KNOWN or ("fragment" in words and not setup):
            raise ValueError(f"{path.name}:{line}: the words after ```{language} are not understood: {match['words']}")
        if "setup" in words:
            setup = match["text"]
        found.append(Block(path, line, language, words, match["text"], setup))
    return found
