"""The text of a spec, from a file or from bytes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.source import Source
from bayesdsl.syntax import errors as syntax_errors


def read_spec(path: str | os.PathLike[str]) -> Source:
    """The text of a spec. Raises `BayesError` where it cannot be read."""
    name = os.fspath(path)
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise BayesError((_unreadable(name, error),)) from None
    return decode_spec(name, data)


def decode_spec(name: str, data: bytes) -> Source:
    """A spec from its bytes: UTF-8, with either kind of line ends. Raises `BayesError` where they are no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"byte {data[error.start]:#04x} at offset {error.start:,}"
        raise BayesError((syntax_errors.not_text(name, reason),)) from None
    return Source(name, text.replace("\r\n", "\n"))


def _unreadable(name: str, error: OSError) -> Diagnostic:
    directory = Path(name).parent
    specs: list[str] = []
    with suppress(OSError):
        specs = sorted(p.name for p in directory.iterdir() if p.suffix == ".bayes")
    without_suffix = f"{Path(name).name}.bayes"
    near = without_suffix if without_suffix in specs else nearest(Path(name).name, specs)
    hint = f"did you mean `{directory / near}`?" if near else None
    return Diagnostic("BD809", f"`{name}` cannot be read: {(error.strerror or str(error)).lower()}", hint=hint)
