"""What every fit by steps needs in C, whatever its model: compiled once."""

from __future__ import annotations

import ctypes
from importlib import resources

from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.prelude import PRELUDE

_HERE = resources.files("bayesdsl.runtime.engines.steps")
_TEXT = "\n".join((PRELUDE, *((_HERE / name).read_text(encoding="utf-8") for name in ("random.c", "loop.c"))))


def library() -> ctypes.CDLL:
    """`bd_steps` and `bd_random`. Raises BuildError."""
    return compiler.load(_TEXT)
