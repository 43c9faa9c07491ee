"""What a spec wrote, on one line: `Normal(⏎ 0,  # comment⏎ var = 2,⏎ )` becomes `Normal(0, var = 2)`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

from bayesdsl.source import Source, Span
from bayesdsl.syntax.tokens import BLANK, Token, tokenize

OPENING = frozenset("([{")
CLOSING = frozenset(")]}")


def written(source: Source, span: Span) -> str:
    """The text of a span without line ends, comments and the comma before a closing bracket."""
    tokens = _tokens(source, span)
    kept = [
        token
        for token, after in zip(tokens, [*tokens[1:], None], strict=True)
        if not (token.text == "," and after is not None and after.text in CLOSING)
    ]
    text = kept[0].text if kept else ""
    for before, token in pairwise(kept):
        apart = before.end != token.start and before.text not in OPENING and token.text not in CLOSING
        text += f"{' ' if apart else ''}{token.text}"
    return text


def names_in(source: Source, span: Span, known: Iterable[str]) -> tuple[str, ...]:
    """Which of some names are read in a span, in the order in which they appear; keywords of arguments are not."""
    tokens = _tokens(source, span)
    wanted = set(known)
    followed = zip(tokens, [*tokens[1:], None], strict=True)
    read = (t.text for t, after in followed if t.kind == "name" and (after is None or after.text != "="))
    return tuple(dict.fromkeys(name for name in read if name in wanted))


def _tokens(source: Source, span: Span) -> list[Token]:
    return [token for token in tokenize(source.slice(span)) if token.kind not in BLANK]


def pipeline(steps: Sequence[tuple[Hashable, str]]) -> str:
    """Steps as text, those that are repeated once: `Linear(1, 9) → (Tanh → Linear(9, 9)) × 3`.

    Each step has a key beside its text; steps with the same key are the same one again.
    """
    keys, texts = [key for key, _ in steps], [text for _, text in steps]
    parts: list[str] = []
    at = 0
    while at < len(steps):
        size, times = max(_runs(keys, at), key=lambda run: (run[0] * (run[1] - 1), -run[0]))
        block = " → ".join(texts[at : at + size])
        parts.append(block if times == 1 else f"({block}) × {times}" if size > 1 else f"{block} × {times}")
        at += size * times
    return " → ".join(parts)


def _runs(keys: Sequence[Hashable], at: int) -> Iterable[tuple[int, int]]:
    """Sizes of blocks that begin at a step, with how many times each stands there in a row."""
    for size in range(1, len(keys) - at + 1):
        times = 1
        while keys[at : at + size] == keys[at + times * size : at + (times + 1) * size]:
            times += 1
        if times > 1 or size == 1:
            yield size, times
