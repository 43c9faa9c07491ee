"""The page on dependencies: each one that is declared, each place where it is used, and none that is not declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]
# What is imported where it is not the package's name.
MODULES = {"pyro-ppl": "pyro", "arviz-stats": "arviz_stats", "arro3-core": "arro3"}


def _names(requirements: list[str]) -> list[str]:
    return [re.match(r"[\w-]+", requirement)[0] for requirement in requirements]


RUNTIME = _names(PROJECT["dependencies"])


def _section(package: str) -> str:
    found = re.search(rf"^### {re.escape(package)}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section on {package}"
    return found[1]


def _imported(path: Path) -> set[str]:
    """The top-level modules that a file imports, anywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    absolute = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    plain = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return {name.split(".")[0] for name in (*absolute, *plain)}


def _used_in(path: Path, module: str) -> bool:
    """Whether a file imports a module, or names it in text: a row of a catalogue, or what xarray is told."""
    return module in _imported(path) or f'"{module}' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("package", [*RUNTIME, *_names(OPTIONAL["parquet"]), *_names(OPTIONAL["report"])])
def test_a_dependency_is_used_where_the_page_says(package: str):
    section = _section(package)
    places = re.findall(r"^- (.*?)(?::|names)", section, re.MULTILINE)
    files = [ROOT / name for place in places for name in re.findall(r"`(bayesdsl/[\w/]+\.py)`", place)]
    assert files
    module = MODULES.get(package, package)
    assert [str(file) for file in files if not file.is_file() or not _used_in(file, module)] == []


def test_every_path_on_the_page_exists():
    assert [path for path in re.findall(r"`(bayesdsl/[\w/.]+)`", PAGE) if not (ROOT / path).exists()] == []


def test_nothing_is_imported_that_is_not_declared():
    declared = [*RUNTIME, *_names(OPTIONAL["parquet"]), *_names(OPTIONAL["frames"]), *_names(OPTIONAL["report"])]
    known = {MODULES.get(package, package) for package in declared} | {"bayesdsl"} | sys.stdlib_module_names
    imported = {name for path in (ROOT / "bayesdsl").rglob("*.py") for name in _imported(path)}
    assert imported - known == set()


def test_the_page_has_a_section_for_each_dependency_and_no_other():
    told = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    alone = [name for extra in ("report", "numpyro") for name in _names(OPTIONAL[extra])]
    optional = [*_names(OPTIONAL["parquet"]), ", ".join(_names(OPTIONAL["frames"])), *alone]
    assert told == [*RUNTIME, *optional]


def test_the_page_tells_what_each_package_of_the_tests_is_for():
    rows = re.findall(r"^\| ([\w, -]+) \|", PAGE[PAGE.index("## To test") :], re.MULTILINE)
    told = {name for row in rows for name in row.split(", ")} - {"package", "---"}
    assert told == set(_names(OPTIONAL["test"]))
