"""Lines to write: those that are neither empty, nor comments, nor documentation."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

_LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER}


def lines_to_write(path: Path) -> int:
    """The lines of a Python program or a spec that say something."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return len(_python(text))
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())


def _python(text: str) -> set[int]:
    """Lines with code, by number. A docstring is an expression statement that is a text and nothing else."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines
