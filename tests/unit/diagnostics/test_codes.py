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
    assert row.title[0].isupper() and not row.title.endswith(".") and len(row.title) <= 64 and "\n" not in row.title
    assert len(row.why) >= 60 and row.why.endswith(".") and "  " not in row.why
    assert row.wrong and row.right and row.wrong != row.right
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
    used = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Diagnostic", "Code") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    used.add(first.value)
    assert used
    assert sorted(used - set(CODES)) == []


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
