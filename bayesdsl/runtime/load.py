"""Runs the text of an emitted program, so that a traceback through it shows its lines."""

from __future__ import annotations

import linecache
from types import ModuleType


def load(source: str, name: str) -> ModuleType:
    """The module that `source` makes, called `name`.

    The text is kept where tracebacks and `inspect.getsource` look for lines, under the file name `<name>`. The module
    is not put in `sys.modules`: loading leaves nothing behind that another import could find.

    Raises SyntaxError where `source` is not Python, and whatever running it raises.
    """
    filename = _register(source, f"<{name}>")
    module = ModuleType(name)
    module.__file__ = filename
    exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)
    return module


def _register(source: str, filename: str) -> str:
    """Put the lines where tracebacks look; a second, different text of the same name gets a number."""
    lines = source.splitlines(keepends=True)
    candidate, number = filename, 1
    while candidate in linecache.cache and linecache.cache[candidate][2] != lines:
        number += 1
        candidate = f"{filename[:-1]}#{number}>"
    linecache.cache[candidate] = (len(source), None, lines, candidate)
    return candidate
