"""What all tests share: where the shared data are, and a parameter store of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected files of tests/golden anew")


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether the expected files of tests/golden are to be written instead of compared."""
    return request.config.getoption("--update-golden")


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


@pytest.fixture(autouse=True)
def _own_parameter_store() -> Iterator[None]:
    """Tests that use plain Pyro put values into its store, which is the process's: each test has its own."""
    if "pyro" not in sys.modules:
        yield
        if "pyro" in sys.modules:
            sys.modules["pyro"].clear_param_store()
        return
    with sys.modules["pyro"].get_param_store().scope():
        yield
