"""Specs bound to data that the tests make up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.driver import Bound, compile
from bayesdsl.source import Source

Files = Mapping[str, str | bytes]


@pytest.fixture(autouse=True)
def one_thread():
    """The tensors are tiny, and the machine is shared."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def bind(tmp_path: Path) -> Callable[..., Bound]:
    """Binds a spec to data; `files` are written beside it first."""

    def bound(spec: str, data: object = None, files: Files | None = None, dtype: str = "float64") -> Bound:
        for name, content in (files or {}).items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return compile(Source(str(tmp_path / "m.bayes"), spec), dtype=dtype).bind(data)

    return bound


@pytest.fixture
def findings(bind: Callable[..., Bound]) -> Callable[..., tuple[Diagnostic, ...]]:
    """Everything that is found when a spec is bound: the errors, or without any the warnings."""

    def found(spec: str, data: object = None, files: Files | None = None, dtype: str = "float64"):
        try:
            return bind(spec, data, files, dtype).warnings
        except BayesError as error:
            return error.diagnostics

    return found
