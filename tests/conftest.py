"""What all tests share: where the shared data are, and one thread for torch."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Data that the tests may read and the project may not ship; tests skip where they are absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared data are not beside this checkout")
    return SHARED / "data"
