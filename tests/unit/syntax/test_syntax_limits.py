"""What is too deep or too long is a finding, and what is merely long is read in time that grows with its length."""

from __future__ import annotations

import pytest

from bayesdsl.source import Source
from bayesdsl.syntax.format import format_spec
from bayesdsl.syntax.parser import MAX_BRACKETS, MAX_CHARACTERS, MAX_DEPTH, Parsed, parse


def parsed(text: str) -> Parsed:
    return parse(Source("test.bayes", text))


def codes(text: str) -> list[str]:
    return [finding.code for finding in parsed(text).diagnostics]


def chain(operator: str, terms: int) -> str:
    return "x = " + operator.join(["a"] * terms)


WITHIN = {
    "sum": chain(" + ", MAX_DEPTH + 1),
    "product": chain(" * ", MAX_DEPTH + 1),
    "power": chain("^", MAX_DEPTH + 1),
    "pipeline": "layer f = " + " -> ".join(["a"] * (MAX_DEPTH + 1)),
    "signs": "x = " + "-" * MAX_DEPTH + "a",
    "words": "x = " + "not " * MAX_DEPTH + "a",
    "brackets": "x = " + "(" * MAX_BRACKETS + "a" + ")" * MAX_BRACKETS,
    "lists": "x = " + "[" * MAX_BRACKETS + "a" + "]" * MAX_BRACKETS,
    "calls": "x = " + "f(" * MAX_BRACKETS + "a" + ")" * MAX_BRACKETS,
    "indices": "x = a" + "[p]" * MAX_DEPTH,
    "blocks": "plate p {\n" * MAX_BRACKETS + "}" * MAX_BRACKETS,
    "sums in calls": "x = " + "1 + f(" * (MAX_BRACKETS - 1) + "a" + ")" * (MAX_BRACKETS - 1),
}
BEYOND = {
    "sum": chain(" + ", MAX_DEPTH + 2),
    "long sum": chain(" + ", 5000),
    "power": chain("^", 5000),
    "pipeline": "layer f = " + " -> ".join(["a"] * 5000),
    "signs": "x = " + "-" * 5000 + "a",
    "words": "x = " + "not " * 5000 + "a",
    "brackets": "x = " + "(" * (MAX_BRACKETS + 1) + "a" + ")" * (MAX_BRACKETS + 1),
    "many brackets": "x = " + "(" * 5000 + "a" + ")" * 5000,
    "lists": "x = " + "[" * 5000 + "]" * 5000,
    "calls": "x = " + "f(" * 5000 + ")" * 5000,
    "calls of calls": "x = f" + "(a)" * 5000,
    "indices": "x = a" + "[p]" * 5000,
    "blocks": "plate p {\n" * 5000 + "}" * 5000,
    "sums in calls": "x = " + "1 + f(-g(" * 24 + "a" + "))" * 24 + " + a" * 160,
}


@pytest.mark.parametrize("case", WITHIN)
def test_within_the_limits_a_spec_is_read_and_laid_out(case: str):
    result = parsed(WITHIN[case])
    assert result.diagnostics == ()
    tidy = format_spec(result.spec)
    assert parsed(tidy).spec == result.spec
    assert format_spec(parsed(tidy).spec) == tidy


@pytest.mark.parametrize("case", BEYOND)
def test_beyond_the_limits_there_is_one_finding_and_the_rest_is_read(case: str):
    result = parsed(f"b = 1\n{BEYOND[case]}\nc = 2\n")
    assert [finding.code for finding in result.diagnostics] == ["BD105"]
    ends = result.spec.statements[0], result.spec.statements[-1]
    assert [statement.targets[0].name for statement in ends] == ["b", "c"]


def test_the_names_in_what_is_too_deep_are_kept():
    assert parsed(chain(" + ", 5000)).broken_names == {"a", "x"}


def test_a_spec_may_be_as_long_as_the_limit_and_no_longer():
    assert codes("#" * MAX_CHARACTERS) == []
    assert codes("#" * (MAX_CHARACTERS + 1)) == ["BD106"]


# Texts for which a careless scan would take time that grows with the square of their length: with these sizes, hours.
LONG = {
    "blank lines": ("\n" * 300_000, []),
    "comments": ("# ( \n" * 60_000, []),
    "semicolons": (";" * 300_000, []),
    "a line that goes on after many blank ones": ("a =" + "\n" * 300_000 + "b", []),
    "digits": ("a = " + "9" * 300_000, []),
    "a name": ("a" * 300_000, ["BD101"]),
    "a string": ('a = f("' + "\\\\" * 150_000 + '")', []),
    "a string without end": ('a = "' + "\\" * 300_001, ["BD104"]),
    "quotes": ('"' * 300_000, ["BD101"]),
    "closing braces": ("}" * 60_000, ["BD103"]),
    "closing braces on lines": ("a\n" + "}\n" * 60_000, ["BD101"] + ["BD103"] * 19),
    "braces that close nothing after a block": ("plate p { a = 1 }\n" * 200 + " }" * 60_000, ["BD103"]),
    "opening brackets": ("(" * 100_000, ["BD103"]),
    "opening brackets on lines": ("a[\n" * 60_000, ["BD103"]),
    "blocks without braces": ("data p\n" * 20_000 + "}\n" * 10, ["BD101"] * 20),
    "targets": (", ".join(["a"] * 20_000) + " ~ D(1)", []),
    "signs without values": ("a ~\n" * 20_000, ["BD101"] * 20),
    "a block of mistakes": ("plate p {\n" + "a ~ ~\n" * 80_000 + "}", ["BD101"]),
    "remarks": ("//\n" * 60_000, ["BD101"]),
    "remarks without end": ("/* " * 60_000, ["BD101"]),
    "characters of no use": ("€" * 100_000, ["BD101"]),
}


@pytest.mark.parametrize("case", LONG)
def test_long_texts_are_answered(case: str):
    text, expected = LONG[case]
    found = codes(text)
    if case == "opening brackets on lines":
        found = found[:1]
    assert found == expected


def test_many_statements_are_read_and_laid_out():
    text = "a ~ Normal(0, 1)\nbc ~ Normal(0, 1)\n" * 1000
    result = parsed(text)
    assert len(result.spec.statements) == 2000
    assert format_spec(result.spec) == text.replace("a ~", "a  ~")
