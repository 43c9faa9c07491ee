"""The LALR tables of the grammar, kept between runs, and parsing tokens with them."""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bayesdsl.resources import cache_directory, grammar_text
from bayesdsl.syntax.tokens import RESERVED, Token

if TYPE_CHECKING:
    from lark import Lark, Tree

OPTIONS = {"parser": "lalr", "lexer": "basic", "start": "spec", "propagate_positions": True, "maybe_placeholders": True}

# Which terminal of the grammar an operator is; other signs and words have a terminal of their own.
TERMINALS = {
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), "COMPARISON"),
    **dict.fromkeys("+-", "SIGN"),
    **dict.fromkeys("*/%", "TIMES"),
    ";": "_SEPARATOR",
}
KINDS = {"name": "NAME", "number": "NUMBER", "string": "STRING"}
END = "_SEPARATOR"


class Refused(Exception):
    """The token that does not fit, the one before it, and where the parser stood.

    `state` is a number of the LALR table; `token` is None at the end of a statement; `expected` are terminals.
    """

    def __init__(
        self, token: Token | None, before: Token | None, terminal: str, state: int, expected: set[str]
    ) -> None:
        super().__init__(terminal)
        self.token = token
        self.before = before
        self.terminal = terminal
        self.state = state
        self.expected = expected


def parse_tokens(tokens: Iterable[Token | None]) -> Tree:
    """The tree of a list of statements; None stands for the end of each. Raises `Refused`."""
    from lark import Token as Leaf
    from lark.exceptions import UnexpectedToken

    words = terminals()
    parser = lark().parse_interactive()
    token: Token | None = None
    before: Token | None = None
    try:
        for token in tokens:
            if token is None:
                parser.feed_token(Leaf(END, "\n", 0, 0, 0, 0, 0, 0))
            else:
                terminal = _terminal(token, words, parser)
                parser.feed_token(Leaf(terminal, token.text, token.start, 0, 0, 0, 0, token.end))
                before = token
        return parser.feed_eof()
    except UnexpectedToken as error:
        state = parser.parser_state.position
        raise Refused(token, before, error.token.type, state, set(error.expected)) from None


def _terminal(token: Token, words: dict[str, str], parser) -> str:
    if token.kind != "name":
        return KINDS.get(token.kind) or words.get(token.text, token.text)
    terminal = words.get(token.text)
    if terminal is not None and (token.text in RESERVED or terminal in parser.choices()):
        return terminal
    return "NAME"


@cache
def terminals() -> dict[str, str]:
    """Which terminal a sign or a word is."""
    return {t.pattern.value: t.name for t in lark().terminals if t.pattern.type == "str"} | TERMINALS


@cache
def lark() -> Lark:
    """The parser, from tables made by an earlier run where there are any."""
    from lark import Lark, __version__

    grammar = grammar_text()
    path = _path(f"{__version__} {sys.implementation.cache_tag} {OPTIONS} {grammar}")
    tables = _read(path) if path is not None else None
    if tables is not None:
        try:
            return Lark.load(tables)
        except Exception:  # Tables of another make; what they raise is not known. They are made anew below.
            pass
    built = Lark(grammar, **OPTIONS)
    if path is not None:
        _write(path, built)
    return built


def _path(made_from: str) -> Path | None:
    """The file of the tables that are made from a text: another text has another file."""
    try:
        return cache_directory() / f"grammar-{zlib.crc32(made_from.encode()):08x}.tables"
    except RuntimeError:  # There is no home directory.
        return None


def _read(path: Path) -> dict | None:
    """The tables in a file, None where there are none or they are damaged."""
    try:
        content = path.read_bytes()
        checksum, data = content[:4], content[4:]
        return marshal.loads(data) if zlib.crc32(data).to_bytes(4, "big") == checksum else None
    except (OSError, ValueError, EOFError, TypeError):
        return None


def _write(path: Path, parser: Lark) -> None:
    """Keep the tables; that they cannot be kept is no reason to stop. Another process sees all of the file or none."""
    import io
    import pickle  # What is read back is plain data, for which marshal runs no code.

    buffer = io.BytesIO()
    parser.save(buffer)
    data = marshal.dumps(pickle.loads(buffer.getvalue()))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(zlib.crc32(data).to_bytes(4, "big") + data)
        os.replace(name, path)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
