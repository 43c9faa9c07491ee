"""The whole pipeline, top to bottom, and the two things it gives to Python: `Compiled` and `Fit`.

    read -> parse -> check -> lower -> print -> load -> bind -> run -> summarise

`analyse` needs none of torch, pyro or numpy; they are imported by what comes after it.
"""

from __future__ import annotations

import os

from bayesdsl.check import Checked, check
from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.driver.bound import Bound
from bayesdsl.driver.compiled import TARGETS, Compiled
from bayesdsl.driver.fit import Fit
from bayesdsl.driver.reading import decode_spec, read_spec
from bayesdsl.driver.settings import overridden
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse

__all__ = [
    "DTYPES",
    "TARGETS",
    "Bound",
    "Compiled",
    "Fit",
    "analyse",
    "compile",
    "compile_text",
    "decode_spec",
    "overridden",
    "read_spec",
]


DTYPES = ("float64", "float32")


def analyse(source: Source) -> Checked:
    """Parse and check a spec: the typed model, and every finding. Never raises on what a user wrote."""
    return check(parse(source))


def compile(spec: str | os.PathLike[str] | Source, *, dtype: str = "float64") -> Compiled:
    """Compile a spec: a path, or a `Source` made from text.

    `dtype` is that of every real in the program, `"float64"` or `"float32"`. Raises `BayesError` with every finding
    where the spec has errors.
    """
    if dtype not in DTYPES:
        raise ValueError(f"dtype is one of {', '.join(DTYPES)}, not {dtype!r}")
    source = spec if isinstance(spec, Source) else read_spec(spec)
    checked = analyse(source)
    if checked.model is None:
        raise BayesError(checked.errors)
    return Compiled(checked.model, checked.diagnostics, dtype)


def compile_text(text: str, *, name: str = "model.bayes", dtype: str = "float64") -> Compiled:
    """Compile a spec given as text. Files it names are looked for in the current directory."""
    return compile(Source(name, text), dtype=dtype)
