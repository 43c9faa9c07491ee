"""The layers of the package are kept, and nothing from `source` to `lower` imports a numerical library."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is not installed")

ROOT = Path(__file__).resolve().parent.parent.parent
CHECKED_BEFORE_DATA = "bayesdsl.check | bayesdsl.lower"
NUMERICAL = {"torch", "pyro", "numpy", "pandas", "pydantic"}
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"


def contract(kind: str) -> dict:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    return next(found for found in contracts if found["type"] == kind)


def test_the_contracts_are_kept():
    done = subprocess.run([sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kept, 0 broken" in done.stdout


def test_the_contract_covers_every_layer_up_to_the_checker_and_the_lowering():
    layers = contract("layers")["layers"]
    below = layers[layers.index(CHECKED_BEFORE_DATA) :]
    assert set(contract("forbidden")["source_modules"]) == {name for layer in below for name in layer.split(" | ")}
    assert set(contract("forbidden")["forbidden_modules"]) == NUMERICAL


def test_every_room_of_the_package_has_its_layer():
    named = {name for layer in contract("layers")["layers"] for name in layer.split(" | ")}
    rooms = {f"bayesdsl.{path.parent.name}" for path in (ROOT / "bayesdsl").glob("*/__init__.py")}
    assert rooms <= named
