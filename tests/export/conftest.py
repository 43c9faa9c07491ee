"""Cases of the gallery, each made once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reference.gallery import Case, case_of


@pytest.fixture(scope="session")
def case() -> Callable[[str], Case]:
    """A case by the name of its spec."""
    made: dict[str, Case] = {}

    def get(name: str) -> Case:
        if name not in made:
            made[name] = case_of(name)
        return made[name]

    return get
