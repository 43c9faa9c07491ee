"""The snippets of the table of codes do what their rows say: a wrong one has its finding alone, a right one none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bayesdsl.check import check
from bayesdsl.diagnostics.codes import CODES, Code
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.source import Source
from bayesdsl.syntax.parser import MAX_CHARACTERS, MAX_DEPTH, parse

# Snippets that show a part of something too large to show, or bytes.
ABRIDGED = ("BD105", "BD106", "BD109")
CHECKED = [row for row in CODES.values() if row.code < "BD7" and row.code not in ABRIDGED]

# Rows whose snippets are specs that need a file, with a file that has what the wrong one is about.
FILES: dict[str, tuple[str, str]] = {
    "BD751": ("rugged.csv", "rgdppc_2000,rugged\n800,0.1\n,0.2\n1200,0.3\n"),
    "BD752": ("radon.csv", "county,floor,log_radon\nAitkin,0,0.83\n"),
    "BD753": ("people.csv", "age\n31\n-99\n58\n"),
    "BD756": ("rugged.csv", "continent,rugged\nAfrica,0.858\nEurope,3.427\n"),
    "BD760": ("towns.csv", "income\n800\n0\n1200\n"),
}

# Rows whose snippets are data files, with a spec that reads them.
SPECS: dict[str, str] = {
    "BD706": 'data d from "d.csv" { x : real }',
    "BD714": 'data d from "d.csv" { y : real }',
    "BD715": 'data d from "d.csv" { x : real }',
    "BD716": 'data d from "d.csv" { y : real }',
    "BD717": 'data d from "d.csv" { x : real }',
    "BD720": 'data d from "d.json" { x : real }',
    "BD721": 'data d from "d.json" { x : real }',
    "BD723": 'data d from "d.json" { y : real }',
    "BD750": 'data d from "d.csv" { weight : real }',
    "BD764": 'data d from "d.csv" (key = "name") { uranium : real }',
}
# Rows about programs for NumPyro, whose snippets are specs.
NUMPYRO = ("BD838", "BD839", "BD840")
# Rows about data whose snippets are specs that hold their data.
IN_PLACE = ("BD754", "BD755", "BD758", "BD759", "BD761", "BD763")


def by_code(row: Code) -> str:
    return row.code


def checked(text: str) -> tuple[Diagnostic, ...]:
    return check(parse(Source("snippet.bayes", text + "\n"))).diagnostics


def messages(findings: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{found.code}: {found.message}" for found in findings]


def bound(text: str, directory: Path) -> list[str]:
    """The codes of what is found when the data of a spec are bound."""
    from bayesdsl.driver import compile

    try:
        found = compile(Source(str(directory / "snippet.bayes"), text + "\n")).bind().warnings
    except BayesError as error:
        found = error.diagnostics
    return [diagnostic.code for diagnostic in found]


@pytest.mark.parametrize("row", CHECKED, ids=by_code)
def test_a_wrong_snippet_has_its_finding_and_no_other(row: Code):
    found = checked(row.wrong)
    assert {diagnostic.code for diagnostic in found} == {row.code}, messages(found)


@pytest.mark.parametrize("row", CHECKED, ids=by_code)
def test_a_right_snippet_has_no_finding(row: Code):
    assert messages(checked(row.right)) == []


def test_a_formula_nested_too_deep_is_refused():
    text = f"y = {'exp(' * (MAX_DEPTH + 1)}0{')' * (MAX_DEPTH + 1)}"
    assert {found.code for found in checked(text)} == {"BD105"}


def test_a_spec_of_too_many_characters_is_refused():
    assert {found.code for found in checked("#" * MAX_CHARACTERS)} == {"BD106"}


@pytest.mark.parametrize("side", ["wrong", "right"])
def test_the_bytes_of_the_row_on_encodings_are_what_it_says(side: str, tmp_path: Path):
    from bayesdsl.driver import read_spec

    shown = getattr(CODES["BD109"], side)
    (tmp_path / "m.bayes").write_bytes(bytes.fromhex("".join(shown.split()[:8])))
    if side == "wrong":
        with pytest.raises(BayesError) as caught:
            read_spec(tmp_path / "m.bayes")
        assert [found.code for found in caught.value.diagnostics] == ["BD109"]
    else:
        assert read_spec(tmp_path / "m.bayes").text == "a ~ Norm"


@pytest.mark.parametrize("code", FILES)
def test_snippets_that_read_a_file_find_what_is_wrong_in_it(code: str, tmp_path: Path):
    name, content = FILES[code]
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert bound(CODES[code].wrong, tmp_path) == [code]
    assert bound(CODES[code].right, tmp_path) == []


@pytest.mark.parametrize("code", SPECS)
def test_snippets_of_data_are_wrong_and_right_as_a_source(code: str, tmp_path: Path):
    spec, row = SPECS[code], CODES[code]
    file = tmp_path / spec.split('"')[1]
    file.write_text(row.wrong + "\n", encoding="utf-8")
    assert bound(spec, tmp_path) == [code]
    file.write_text(row.right + "\n", encoding="utf-8")
    assert bound(spec, tmp_path) == []


@pytest.mark.parametrize("code", IN_PLACE)
def test_snippets_with_data_in_place_are_wrong_and_right_when_bound(code: str, tmp_path: Path):
    assert bound(CODES[code].wrong, tmp_path) == [code]
    assert bound(CODES[code].right, tmp_path) == []


@pytest.mark.parametrize("code", NUMPYRO)
def test_snippets_about_numpyro_are_wrong_and_right_for_it(code: str):
    from bayesdsl.driver import compile_text

    with pytest.raises(BayesError) as caught:
        compile_text(CODES[code].wrong + "\n").emit("numpyro")
    assert {found.code for found in caught.value.diagnostics} == {code}
    assert "import numpyro" in compile_text(CODES[code].right + "\n").emit("numpyro")


@pytest.mark.parametrize("row", [row for row in CODES.values() if row.code[2] in "78"], ids=by_code)
def test_specs_among_the_snippets_of_data_and_runs_have_no_syntax_error(row: Code):
    for snippet in (row.wrong, row.right):
        if snippet.startswith(("data ", "plate ", "infer ")):
            assert messages(parse(Source("snippet.bayes", snippet + "\n")).diagnostics) == []
