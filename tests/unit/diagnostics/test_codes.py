"""The table of codes is complete and consistent."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from bayesdsl.diagnostics import codes
from bayesdsl.diagnostics.codes import CODES, SECTIONS, Code
from bayesdsl.diagnostics.diagnostic import Severity
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse

ROWS = [row for _, _, rows in SECTIONS for row in rows]
LINTS = 6
# Snippets of the syntax section that show a part of something too large to show, or bytes.
ABRIDGED = {"BD105", "BD106", "BD109"}
SNIPPETS = [row for row in CODES.values() if row.code.startswith("BD1") and row.code not in ABRIDGED]


def by_code(row: Code) -> str:
    return row.code


def test_codes_are_unique():
    assert [code for code, count in Counter(row.code for row in ROWS).items() if count > 1] == []


def test_names_are_unique():
    assert [name for name, count in Counter(row.name for row in ROWS).items() if count > 1] == []


def test_rows_stand_in_the_section_of_their_hundred_in_order():
    for digit, title, rows in SECTIONS:
        numbers = [row.code for row in rows]
        assert numbers == sorted(numbers), title
        assert all(number.startswith(f"BD{digit}") for number in numbers), title


def test_the_sections_are_the_nine_hundreds():
    assert [digit for digit, _, _ in SECTIONS] == list(range(1, 10))


@pytest.mark.parametrize("row", ROWS, ids=by_code)
def test_every_field_is_well_formed(row: Code):
    assert re.fullmatch(r"BD[1-9]\d\d", row.code)
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", row.name)
    assert len(row.name) <= 32
    assert isinstance(row.severity, Severity)
    assert row.title[0].isupper()
    assert not row.title.endswith(".")
    assert len(row.title) <= 64
    assert "\n" not in row.title
    assert len(row.why) >= 60
    assert row.why.endswith(".")
    assert "  " not in row.why
    assert row.wrong
    assert row.right
    assert row.wrong != row.right
    # Four columns of indentation and 76 make the 80 that `explain` is laid out for.
    assert max(map(len, f"{row.wrong}\n{row.right}".splitlines())) <= 76
    assert "\t" not in row.wrong + row.right


def test_lints_are_warnings():
    assert all(row.severity is Severity.WARNING for row in ROWS if row.code.startswith(f"BD{LINTS}"))


def test_the_indentation_of_a_row_is_taken_away():
    row = Code("BD101", "n", Severity.ERROR, "T", "\n    one\n    two\n    ", "\n    a {\n        b\n    }\n    ", "c")
    assert row.why == "one two"
    assert row.wrong == "a {\n    b\n}"


def test_every_code_that_the_package_makes_has_a_row():
    package = Path(codes.__file__).parents[2]
    tables = Path(codes.__file__).parent
    used = {
        node.value
        for path in package.rglob("*.py")
        if tables not in path.parents
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"BD\d{3}", node.value)
    }
    assert used
    assert sorted(used - set(CODES)) == []


def test_every_row_is_of_a_code_that_the_package_makes():
    package, tables = Path(codes.__file__).parents[2], Path(codes.__file__).parent
    text = "".join(p.read_text(encoding="utf-8") for p in package.rglob("*.py") if tables not in p.parents)
    assert [code for code in CODES if f'"{code}"' not in text] == []


@pytest.mark.parametrize("row", SNIPPETS, ids=by_code)
def test_the_wrong_snippet_of_a_syntax_row_has_its_finding_and_no_other(row: Code):
    found = {diagnostic.code for diagnostic in parse(Source("wrong.bayes", row.wrong + "\n")).diagnostics}
    assert found == {row.code}


@pytest.mark.parametrize("row", SNIPPETS, ids=by_code)
def test_the_right_snippet_of_a_syntax_row_has_no_finding(row: Code):
    assert parse(Source("right.bayes", row.right + "\n")).diagnostics == ()


def test_the_bytes_shown_for_text_that_is_not_utf8_are_what_they_say():
    row = CODES["BD109"]
    wrong = bytes.fromhex(row.wrong.split("     ")[0])
    right = bytes.fromhex(row.right.split("     ")[0])
    assert wrong.decode("utf-16") == "a ~"
    assert right.decode("utf-8") == "a ~ Norm"
    with pytest.raises(UnicodeDecodeError):
        wrong.decode("utf-8")
